"""An architecture: clamped inputs, vertices (layers) in a directed acyclic graph, and a cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from sympy import Expr, Integer, Rational, Symbol, sympify

from dyadic.symbolic.costs import COST_OWNER, COSTS, CostEquation
from dyadic.symbolic.energy import LayerKind, derive_layer
from dyadic.symbolic.errors import SpecError, expect
from dyadic.symbolic.expressions import Element, Tensor, elements
from dyadic.symbolic.layers import LAYERS, ShapeError
from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.limits import LARGEST_SIZE, few_axes, few_entries, few_inputs
from dyadic.symbolic.printing import NUMBERED, readable_alone, text_name
from dyadic.symbolic.tensor_names import Name, Owner, V

InputRole = Literal["data", "index", "parameter", "constant"]


@dataclass(frozen=True)
class Input:
    """A clamped vertex; ``shape`` is that of one sample, without the batch axis.

    role: "data"; "index" (integers in 0, ..., below - 1, such as tokens: no sensitivity); "parameter" (a trained
    array that any layer may list among its inputs, so that it can be shared: it has a gradient, and no batch axis);
    "constant" (a given array: no gradient, and no batch axis).
    """

    name: str
    shape: Shape
    role: InputRole = "data"
    below: Expr | None = None


class IndependentLayer(SpecError):
    """A layer that does not depend on what it reads.  ``value``: what every entry of it is."""

    def __init__(self, where: str, value: Expr) -> None:
        super().__init__(where, "does not depend on what it reads", "leave it out, or change its options")
        self.value = value


@dataclass(frozen=True)
class Vertex:
    """A layer: its kind's equation with the symbolic sizes bound by ``sizes``."""

    name: str
    kind: LayerKind
    inputs: tuple[str, ...]
    sizes: Mapping[Expr, Expr]
    shape: Shape

    @property
    def owners(self) -> dict[Owner, str]:
        """What the placeholders v, u (or u1, u2, ...) of the kind's equation stand for here."""
        tensors = derive_layer(self.kind).equation.inputs
        return {V: self.name, **{t.name.owner: parent for t, parent in zip(tensors, self.inputs, strict=True)}}

    @property
    def parameters(self) -> dict[str, Shape]:
        """Shape of each parameter, by its name within the layer (``weight``, ``bias``)."""
        equation = derive_layer(self.kind).equation
        return {
            name: tuple(extent.xreplace(dict(self.sizes)) for extent in parameter.tensor.shape)
            for name, parameter in equation.parameters.items()
        }

    @property
    def lookups(self) -> list[tuple[str, Expr]]:
        """The inputs whose entries serve as indices, each with the size of the axis it chooses from."""
        equation, owners = derive_layer(self.kind).equation, self.owners
        tables = [*equation.inputs, *(parameter.tensor for parameter in equation.parameters.values())]
        shapes = {tensor.name: tensor.shape for tensor in tables}
        entries = [entry for item in equation.definitions for entry in elements(item.body)]
        return [
            (owners[index.name.owner], shapes[entry.name][axis].xreplace(dict(self.sizes)))
            for entry in entries
            for axis, index in enumerate(entry.indices)
            if isinstance(index, Element)
        ]


@dataclass(frozen=True)
class Cost:
    """A term ``weight`` * C of the cost: of one vertex's activation against a target.

    owner: the name of the cost's own tensors: "cost", or "cost1", "cost2", ... where there are several.
    """

    type: str
    input: str
    sizes: Mapping[Expr, Expr]
    shape: Shape
    settings: tuple[tuple[str, Any], ...] = ()
    owner: str = COST_OWNER
    weight: Rational = Integer(1)  # noqa: RUF009 (immutable)

    @property
    def equation(self) -> CostEquation:
        return COSTS[self.type].equation(len(self.shape), dict(self.settings))

    @property
    def target_shape(self) -> Shape:
        return tuple(extent.xreplace(dict(self.sizes)) for extent in self.equation.target.shape)


@dataclass(frozen=True)
class Architecture:
    """``vertices`` are in topological order: every vertex stands after its parents.

    decay: lambda of the term lambda/2 |theta|^2 of the cost, for every parameter.
    explicit_batch: the tensors carry their own batch axis (imported models): emitted code adds none.
    values: arrays for parameters and constants that came with the model, by name.
    notes: what a reader left out or changed, in words.
    given_sizes: the numbers that were put in for sizes given by name.
    compared: at how many points the gradients were compared with those of the program that was read; None where that
        defines none of its own.
    reading: the words of a command line that read it: the file's name, then options; empty where no file was read.
    """

    name: str
    inputs: tuple[Input, ...]
    vertices: tuple[Vertex, ...]
    costs: tuple[Cost, ...]
    decay: Rational = Integer(0)  # noqa: RUF009 (immutable)
    explicit_batch: bool = False
    values: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    given_sizes: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    compared: int | None = field(default=None, compare=False)
    reading: tuple[str, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        counts = f"inputs {len(self.inputs)}, layers {len(self.vertices)}, costs {len(self.costs)}"
        return f"<Architecture {self.name!r}: {counts}, L = {self.L}>"

    @cached_property
    def by_name(self) -> dict[str, Vertex]:
        return {vertex.name: vertex for vertex in self.vertices}

    @cached_property
    def by_input(self) -> dict[str, Input]:
        return {node.name: node for node in self.inputs}

    @cached_property
    def own_names(self) -> frozenset[str]:
        """Inputs that are written under their own name in equations: parameters and constants.

        Where that name, or the one of its adjoint, would be read as something else, it is written as any other.
        """
        own = {node.name for node in self.inputs if node.role in ("parameter", "constant")}
        taken = {text_name(name) for name in self._tensor_names()} if own else set()
        alone = own - NUMBERED
        return frozenset(n for n in alone if readable_alone(n) and not {n, f"{n}bar"} & (taken | own - {n}))

    def _tensor_names(self) -> Iterator[Name]:
        """Every tensor of the equations, and what can be derived from it."""
        plain = [Name("x", node.name) for node in self.inputs]
        for vertex in self.vertices:
            equation = derive_layer(vertex.kind).equation
            plain += [Name(letter, vertex.name) for letter in "xsE"]
            plain += [parameter.tensor.name.of(vertex.name) for parameter in equation.parameters.values()]
            plain += [item.tensor.name.of(vertex.name) for item in equation.definitions]
        for cost in self.costs:
            plain += [Name("y", cost.owner), *(item.tensor.name.of(cost.owner) for item in cost.equation.definitions)]
        for name in plain:
            yield from (name, name.adjoint, name.choice)

    @cached_property
    def by_cost(self) -> dict[str, Cost]:
        return {cost.owner: cost for cost in self.costs}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of one sample's activation at every input and vertex."""
        return {n.name: n.shape for n in self.inputs} | {v.name: v.shape for v in self.vertices}

    @cached_property
    def edges_out(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """For every vertex and input, the (child, input slot) pairs that read it, in topological order."""
        readers: dict[str, list[tuple[str, int]]] = {name: [] for name in self.shapes}
        for vertex in self.vertices:
            for slot, parent in enumerate(vertex.inputs):
                readers[parent].append((vertex.name, slot))
        return {name: tuple(pairs) for name, pairs in readers.items()}

    @cached_property
    def depth(self) -> dict[str, int]:
        """Longest path from an input, counted in vertices."""
        depth = {node.name: 0 for node in self.inputs}
        for vertex in self.vertices:
            depth[vertex.name] = 1 + max(depth[parent] for parent in vertex.inputs)
        return depth

    @property
    def L(self) -> int:
        """The largest depth: the number of layers in the 2L theorem, counted in vertices."""
        return max(self.depth.values())

    @cached_property
    def parameters(self) -> dict[str, Shape]:
        """Shape of every parameter by its full name: ``layer.parameter``, or the name of an input of that role."""
        own = {f"{v.name}.{name}": shape for v in self.vertices for name, shape in v.parameters.items()}
        given = {node.name: node.shape for node in self.inputs if node.role == "parameter"}
        for name in own.keys() & given.keys():  # one name would be two tensors, with one gradient
            raise SpecError(f"the parameter {name!r}", "has the name of a layer's own parameter", "rename it")
        return own | given

    @property
    def unknown_sizes(self) -> list[str]:
        """Sizes given by name rather than number, sorted."""
        shapes = [*self.shapes.values(), *self.parameters.values()]
        return sorted({str(symbol) for shape in shapes for extent in shape for symbol in extent.free_symbols})

    def with_sizes(self, values: Mapping[str, int]) -> Architecture:
        """The same architecture with numbers put in for sizes given by name."""
        expect("sizes", values, Mapping)
        unknown = sorted(set(values) - set(self.unknown_sizes))
        if unknown:
            named = ", ".join(self.unknown_sizes) or "none"
            raise SpecError(self.name, f"has no size named {', '.join(unknown)}", f"sizes given by name: {named}")
        for name, value in values.items():
            if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_SIZE:
                raise SpecError(self.name, f"the size {name} cannot be {value!r:.40}", f"give 1 to {LARGEST_SIZE}")
        table: dict[Expr, Expr] = {extent_of(name): Integer(value) for name, value in values.items()}

        def shape(old: Shape) -> Shape:
            return tuple(extent.xreplace(table) for extent in old)

        def sizes(old: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
            return {symbol: extent.xreplace(table) for symbol, extent in old.items()}

        inputs = (
            replace(n, shape=shape(n.shape), below=n.below if n.below is None else n.below.xreplace(table))
            for n in self.inputs
        )
        found = replace(
            self,
            inputs=tuple(inputs),
            vertices=tuple(replace(v, sizes=sizes(v.sizes), shape=shape(v.shape)) for v in self.vertices),
            costs=tuple(replace(c, sizes=sizes(c.sizes), shape=shape(c.shape)) for c in self.costs),
            given_sizes=(*self.given_sizes, *values.items()),
        )
        found._has_entries()
        return found

    def _has_entries(self) -> None:
        """Refuse numbers for sizes with which a layer would be empty, or larger than any machine holds."""
        for node in self.inputs:
            few_entries(f"input {node.name!r}", node.shape)
        for vertex in self.vertices:
            where = f"layer {vertex.name!r}"
            few_entries(where, vertex.shape)
            if any(extent.is_Integer and extent < 1 for extent in (*vertex.shape, *vertex.sizes.values())):
                raise SpecError(where, f"would have the shape {show(vertex.shape)}", "give larger sizes")
        for cost in self.costs:
            smallest = COSTS[cost.type].smallest_size
            if cost.shape and cost.shape[-1].is_Integer and cost.shape[-1] < smallest:
                raise SpecError(cost.owner, f"reads the shape {show(cost.shape)}", f"its last axis needs {smallest}")


def make_vertex(
    name: str, type_: str, options: Mapping[str, Any], inputs: Mapping[str, Shape], slots: tuple[str, ...]
) -> Vertex:
    """Bind a layer type to its parents' shapes.

    ``inputs`` maps names to shapes, ``slots`` are the parents in order, then perhaps parameters.  Raises
    :class:`SpecError` where the shapes do not fit the layer's equation.
    """
    layer, where = LAYERS[type_], f"layer {name!r}"
    few_inputs(where, len(slots))
    shapes = [inputs[slot] for slot in slots]
    largest = layer.arity[1]
    read = shapes if largest is None else shapes[:largest]
    rule = f"{type_} takes {layer.input_rule}"
    for parent, shape in zip(slots, read, strict=False):
        if len(shape) < layer.smallest_rank:
            raise SpecError(where, f"input {parent!r} has shape {show(shape)}", rule)
    try:
        options = layer.complete(options, read)
        settings = layer.specialise(options, read)
        kind = LayerKind(type_, tuple(settings.items()), tuple(map(len, read)), len(shapes) - len(read))
        derived = derive_layer(kind)
        equation = derived.equation
    except ShapeError as error:
        raise SpecError(where, f"{error.problem} ({_shapes(slots, shapes)})", error.remedy or rule) from error
    if not derived.gradients and all(item.body == 0 for item in derived.adjoints):
        raise IndependentLayer(where, equation.output.body)
    sizes: dict[Expr, Expr] = {}
    for key, pattern in equation.sizes.items():
        if options[key] is None:  # given by the shape of a parameter among the inputs
            continue
        patterns, values = (pattern, options[key]) if isinstance(pattern, tuple) else ((pattern,), (options[key],))
        if len(patterns) != len(values):
            raise SpecError(where, f"{key} has {len(values)} entries", f"it needs {len(patterns)}")
        for one, value in zip(patterns, values, strict=True):
            if not _match(one, sympify(value), sizes):
                raise SpecError(where, f"{key} = {value} does not fit {one.xreplace(sizes)}", rule)
    if len(equation.inputs) != len(shapes):
        raise SpecError(where, f"has {len(shapes)} inputs", rule)
    for tensor, shape in zip(equation.inputs, shapes, strict=True):
        if len(tensor.shape) != len(shape) or not _bind(tensor, shape, sizes):
            raise SpecError(where, f"its inputs have shapes {_shapes(slots, shapes)}", rule)
    for key, pattern in equation.sizes.items():
        if any(not one.free_symbols <= set(sizes) for one in (pattern if isinstance(pattern, tuple) else (pattern,))):
            raise SpecError(where, f"{key!r} is missing", f"add {key} = ...")
    for symbol, formula in equation.extents.items():
        sizes[symbol] = formula.xreplace(sizes)
    shape = tuple(extent.xreplace(sizes) for extent in equation.output.tensor.shape)
    few_axes(where, len(shape))
    few_entries(where, shape)
    if any(extent.is_Integer and extent < 1 for extent in shape):
        raise SpecError(where, f"its output would be empty ({_shapes(slots, shapes)})", rule)
    if any(sizes[symbol].is_Integer and sizes[symbol] < 1 for symbol in equation.extents):
        raise SpecError(where, f"does not fit its inputs ({_shapes(slots, shapes)})", rule)
    return Vertex(name, kind, slots, sizes, shape)


def make_cost(
    type_: str,
    vertex: str,
    shape: Shape,
    settings: Mapping[str, Any] | None = None,
    owner: str = COST_OWNER,
    weight: Rational = Integer(1),  # noqa: B008 (immutable)
) -> Cost:
    """Bind a cost to the vertex whose activation it reads."""
    cost = COSTS[type_]
    too_small = bool(shape) and shape[-1].is_Integer and shape[-1] < cost.smallest_size
    largest = len(shape) if cost.largest_rank is None else cost.largest_rank
    if too_small or not cost.smallest_rank <= len(shape) <= largest:
        raise SpecError("cost", f"input {vertex!r} has shape {show(shape)}", f"{type_} takes {cost.size_rule}")
    sizes: dict[Expr, Expr] = {}
    chosen = dict(settings or {})
    try:
        equation = cost.equation(len(shape), chosen)
    except ShapeError as error:
        raise SpecError("cost", error.problem, error.remedy) from error
    _bind(equation.input, shape, sizes)
    return Cost(type_, vertex, sizes, shape, tuple(chosen.items()), owner, weight)


def _bind(tensor: Tensor, shape: Shape, sizes: dict[Expr, Expr]) -> bool:
    """Match an equation's symbolic shape with an actual one; False if one symbol would need two values."""
    return all(_match(pattern, extent, sizes) for pattern, extent in zip(tensor.shape, shape, strict=True))


def _match(pattern: Expr, extent: Expr, sizes: dict[Expr, Expr]) -> bool:
    """Match one extent: a symbol, a number, a formula of known symbols, or a multiple ``2 m`` or ``g m`` (g known)."""
    if isinstance(pattern, Symbol):
        return bool(sizes.setdefault(pattern, extent) == extent)
    if pattern.free_symbols <= set(sizes):
        return bool(pattern.xreplace(sizes) == extent)
    factor, symbol = pattern.xreplace(sizes).as_coeff_Mul()
    if isinstance(symbol, Symbol) and extent.is_Integer and factor.is_Integer:
        return extent % factor == 0 and bool(sizes.setdefault(symbol, extent / factor) * factor == extent)
    return False


def _shapes(slots: tuple[str, ...], shapes: list[Shape]) -> str:
    return ", ".join(f"{n!r} {show(s)}" for n, s in zip(slots, shapes, strict=True))


def show(shape: Shape) -> str:
    """A shape as the user writes it."""
    return "[" + ", ".join(map(str, shape)) + "]"


def extent_of(value: int | str) -> Expr:
    """A size given as a number or as a name."""
    return Integer(value) if isinstance(value, int) else Symbol(value, integer=True, positive=True)

"""An architecture: clamped inputs, vertices (layers) in a directed acyclic graph, and a cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, Integer, Symbol

from symbolic.costs import COSTS, CostEquation
from symbolic.energy import LayerKind, derive_layer
from symbolic.errors import SpecError
from symbolic.expressions import Tensor
from symbolic.layers import LAYERS

Shape = tuple[Expr, ...]


@dataclass(frozen=True)
class Input:
    """A clamped vertex; ``shape`` is that of one sample, without the batch axis."""

    name: str
    shape: Shape


@dataclass(frozen=True)
class Vertex:
    """A layer: its kind's equation with the symbolic sizes bound by ``sizes``."""

    name: str
    kind: LayerKind
    inputs: tuple[str, ...]
    sizes: Mapping[Expr, Expr]
    shape: Shape

    @property
    def owners(self) -> dict[str, str]:
        """What the names v, u (or u1, u2, ...) of the kind's equation stand for here."""
        tensors = derive_layer(self.kind).equation.inputs
        return {"v": self.name, **{t.owner: parent for t, parent in zip(tensors, self.inputs, strict=True)}}

    @property
    def parameters(self) -> dict[str, Shape]:
        """Shape of each parameter, by its name within the layer (``weight``, ``bias``)."""
        equation = derive_layer(self.kind).equation
        return {
            name: tuple(extent.xreplace(dict(self.sizes)) for extent in parameter.tensor.shape)
            for name, parameter in equation.parameters.items()
        }


@dataclass(frozen=True)
class Cost:
    """The cost of one vertex's activation against a target of the same shape."""

    type: str
    input: str
    sizes: Mapping[Expr, Expr]
    shape: Shape

    @property
    def equation(self) -> CostEquation:
        return COSTS[self.type].equation(len(self.shape))


@dataclass(frozen=True)
class Architecture:
    """``vertices`` are in topological order: every vertex stands after its parents."""

    name: str
    inputs: tuple[Input, ...]
    vertices: tuple[Vertex, ...]
    cost: Cost

    @cached_property
    def by_name(self) -> dict[str, Vertex]:
        return {vertex.name: vertex for vertex in self.vertices}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shape of one sample's activation at every input and vertex."""
        return {n.name: n.shape for n in self.inputs} | {v.name: v.shape for v in self.vertices}

    @cached_property
    def edges_out(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """For every vertex, the (child, input slot) pairs that read it, in topological order of the children."""
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

    @property
    def parameters(self) -> dict[str, Shape]:
        """Shape of every parameter by its full name, ``layer.parameter``."""
        return {f"{v.name}.{name}": shape for v in self.vertices for name, shape in v.parameters.items()}

    @property
    def unknown_sizes(self) -> list[str]:
        """Sizes given by name rather than number, sorted."""
        shapes = [*self.shapes.values(), *self.parameters.values()]
        return sorted({str(symbol) for shape in shapes for extent in shape for symbol in extent.free_symbols})


def make_vertex(
    name: str, type_: str, options: Mapping[str, Any], inputs: Mapping[str, Shape], slots: tuple[str, ...]
) -> Vertex:
    """Bind a layer type to its parents' shapes.

    ``inputs`` maps names to shapes, ``slots`` are the parents in order.  Raises :class:`SpecError` where the
    shapes do not fit the layer's equation.
    """
    layer = LAYERS[type_]
    shapes = [inputs[slot] for slot in slots]
    for parent, shape in zip(slots, shapes, strict=True):
        if len(shape) < layer.smallest_rank:
            raise SpecError(
                f"layer {name!r}", f"input {parent!r} has shape {show(shape)}", f"{type_} takes {layer.input_rule}"
            )
    settings = tuple((k, options[k]) for k, o in layer.options.items() if o.kind != "size")
    kind = LayerKind(type_, settings, tuple(len(shape) for shape in shapes))
    if len(set(kind.ranks)) > 1:
        raise SpecError(f"layer {name!r}", _mismatch(slots, shapes), f"{type_} takes {layer.input_rule}")
    equation = derive_layer(kind).equation
    sizes: dict[Expr, Expr] = {symbol: options[key] for key, symbol in equation.sizes.items()}
    for tensor, shape in zip(equation.inputs, shapes, strict=True):
        if not _bind(tensor, shape, sizes):
            raise SpecError(f"layer {name!r}", _mismatch(slots, shapes), f"{type_} takes {layer.input_rule}")
    shape = tuple(extent.xreplace(sizes) for extent in equation.output.tensor.shape)
    return Vertex(name, kind, slots, sizes, shape)


def make_cost(type_: str, vertex: str, shape: Shape) -> Cost:
    """Bind a cost to the vertex whose activation it reads."""
    cost = COSTS[type_]
    too_small = any(extent.is_Integer and extent < cost.smallest_size for extent in shape)
    largest = len(shape) if cost.largest_rank is None else cost.largest_rank
    if too_small or not cost.smallest_rank <= len(shape) <= largest:
        raise SpecError("cost", f"input {vertex!r} has shape {show(shape)}", f"{type_} takes {cost.size_rule}")
    sizes: dict[Expr, Expr] = {}
    _bind(cost.equation(len(shape)).input, shape, sizes)
    return Cost(type_, vertex, sizes, shape)


def _bind(tensor: Tensor, shape: Shape, sizes: dict[Expr, Expr]) -> bool:
    """Match an equation's symbolic shape with an actual one; False if one symbol would need two values."""
    return all(
        sizes.setdefault(symbol, extent) == extent if isinstance(symbol, Symbol) else symbol == extent
        for symbol, extent in zip(tensor.shape, shape, strict=True)
    )


def _mismatch(slots: tuple[str, ...], shapes: list[Shape]) -> str:
    return "its inputs have shapes " + ", ".join(f"{n!r} {show(s)}" for n, s in zip(slots, shapes, strict=True))


def show(shape: Shape) -> str:
    """A shape as the user writes it."""
    return "[" + ", ".join(map(str, shape)) + "]"


def extent_of(value: int | str) -> Expr:
    """A size given as a number or as a name."""
    return Integer(value) if isinstance(value, int) else Symbol(value, integer=True, positive=True)

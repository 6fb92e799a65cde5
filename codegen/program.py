"""From a derivation to programs: what is computed, in which order, with a batch axis, before any target.

One :class:`LayerProgram` serves all vertices of a layer kind.  Three changes are made to the derived equations:

* a batch index ``sample`` is put in front of everything but parameters; parameter gradients become means over it;
* opaque activations get their closed forms;
* a subexpression that equals the body of a definition already evaluated is replaced by its value, so that
  tanh'(z) = 1 - tanh(z)^2 becomes 1 - f^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Mul

from symbolic.costs import COST_OWNER
from symbolic.derivation import Derivation
from symbolic.energy import CostDerivation, LayerDerivation, needed
from symbolic.expressions import Definition, Element, Index, Tensor, elements, size, total
from symbolic.functions import expand_functions

SAMPLE = Index("sample")
BATCH = size("batch")


@dataclass(frozen=True)
class Routine:
    """A straight-line function: tensors in, definitions in order, the values of ``outputs`` out.

    equations: the same definitions as derived, without batch axis, for the docstring.
    """

    arguments: tuple[Tensor, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[Tensor, ...]
    equations: tuple[Definition, ...]


@dataclass(frozen=True)
class LayerProgram:
    """The routines of one layer kind.

    forward: parameters, activations -> intermediates and f_v.
    bars: -> adjoints of the intermediates (empty if there are none).
    adjoints: -> one contribution per input slot.  gradients: -> dE/dtheta per parameter, a mean over the batch.
    """

    name: str
    layer: LayerDerivation
    forward: Routine
    bars: Routine
    adjoints: tuple[Routine, ...]
    gradients: dict[str, Routine]

    @property
    def parameters(self) -> tuple[tuple[str, Tensor], ...]:
        return tuple((name, p.tensor) for name, p in self.layer.equation.parameters.items())


@dataclass(frozen=True)
class CostProgram:
    """value: activation, target -> C per sample.  sensitivity: -> dC/dx per sample."""

    value: Routine
    sensitivity: Routine
    cost: CostDerivation


def layer_program(name: str, layer: LayerDerivation) -> LayerProgram:
    """The routines of a layer kind under the given function name."""
    batcher = _Batcher({(p.tensor.kind, p.tensor.owner) for p in layer.equation.parameters.values()})
    forward = tuple(batcher.definition(item) for item in layer.equation.definitions)
    replacing = [(item.body, item.element) for item in forward]
    bars = tuple(batcher.definition(item, replacing) for item in layer.intermediates)
    known = _tensors((*forward, *bars))
    parameters = {n: p.tensor for n, p in layer.equation.parameters.items()}
    sources = [*parameters.values(), *map(batched, layer.equation.inputs)]
    s = Tensor("s", "v", layer.equation.output.tensor.shape)
    everything = [*sources, *known.values(), batched(s)]

    def routine(
        definitions: tuple[Definition, ...], equations: Sequence[Definition], outputs: Sequence[Definition]
    ) -> Routine:
        return _routine(definitions, equations, [item.tensor for item in outputs], everything)

    adjoints = tuple(batcher.definition(item, replacing) for item in layer.adjoints)
    gradients = {n: batcher.mean(item, replacing) for n, item in layer.gradients.items()}
    return LayerProgram(
        name,
        layer,
        routine(forward, layer.equation.definitions, forward),
        routine(bars, layer.intermediates, bars),
        tuple(routine((a,), (e,), (a,)) for a, e in zip(adjoints, layer.adjoints, strict=True)),
        {n: routine((g,), (layer.gradients[n],), (g,)) for n, g in gradients.items()},
    )


def cost_program(cost: CostDerivation) -> CostProgram:
    """The cost's value and sensitivity, per sample."""
    batcher = _Batcher(set())
    value = tuple(batcher.definition(item) for item in cost.equation.definitions)
    where = tuple(
        batcher.definition(item)
        for item in needed(cost.gradient.body, (*cost.equation.definitions[:-1], *cost.intermediates))
    )
    gradient = batcher.definition(cost.gradient)
    sources = [batched(cost.equation.input), batched(cost.equation.target)]
    everything = [*sources, *_tensors((*value, *where)).values()]
    equations = (*needed(cost.gradient.body, (*cost.equation.definitions[:-1], *cost.intermediates)), cost.gradient)
    return CostProgram(
        _routine(value, cost.equation.definitions, [value[-1].tensor], everything),
        _routine((*where, gradient), equations, [gradient.tensor], everything),
        cost,
    )


def _routine(
    definitions: tuple[Definition, ...],
    equations: Sequence[Definition],
    outputs: Sequence[Tensor],
    known: Sequence[Tensor],
) -> Routine:
    """Arguments are the known tensors that the definitions read and do not define, in the order of ``known``."""
    own = {(item.tensor.kind, item.tensor.owner) for item in definitions}
    read = {(e.kind, e.owner) for item in definitions for e in elements(item.body)} - own
    arguments = tuple(t for t in known if (t.kind, t.owner) in read)
    return Routine(arguments, definitions, tuple(outputs), tuple(equations))


def _tensors(definitions: Sequence[Definition]) -> dict[tuple[str, str], Tensor]:
    return {(item.tensor.kind, item.tensor.owner): item.tensor for item in definitions}


def batched(tensor: Tensor) -> Tensor:
    """The tensor with a leading batch axis."""
    return Tensor(tensor.kind, tensor.owner, (BATCH, *tensor.shape))


class _Batcher:
    """Puts the batch index in front of every tensor that is not a parameter."""

    def __init__(self, parameters: set[tuple[str, str]]) -> None:
        self.parameters = parameters

    def definition(self, item: Definition, replacing: Sequence[tuple[Expr, Expr]] = ()) -> Definition:
        return Definition(batched(item.tensor), (SAMPLE, *item.indices), self._body(item.body, replacing))

    def mean(self, item: Definition, replacing: Sequence[tuple[Expr, Expr]] = ()) -> Definition:
        """A parameter's gradient: the mean over the batch."""
        body = total(SAMPLE, BATCH, self._body(item.body, replacing))
        return Definition(item.tensor, item.indices, Mul(body, 1 / BATCH, evaluate=False))

    def _body(self, body: Expr, replacing: Sequence[tuple[Expr, Expr]]) -> Expr:
        table = {
            e: Element(e.kind, e.owner, SAMPLE, *e.indices)
            for e in elements(body)
            if (e.kind, e.owner) not in self.parameters
        }
        return expand_functions(body.xreplace(table)).xreplace(dict(replacing))


def programs(derivation: Derivation) -> tuple[dict[str, LayerProgram], CostProgram]:
    """One program per distinct layer derivation, by its digest, with readable and distinct names."""
    found: dict[str, LayerProgram] = {}
    taken: set[str] = set()
    for vertex in derivation.architecture.vertices:
        content = derivation.content_of(vertex.name)
        if content not in found:
            base = routine_name(derivation.layers[vertex.name])
            name, count = base, 1
            while name in taken:
                count += 1
                name = f"{base}_{count}"
            taken.add(name)
            found[content] = layer_program(name, derivation.layers[vertex.name])
    return found, cost_program(derivation.cost)


def routine_name(layer: LayerDerivation) -> str:
    """``dense_tanh``, ``dense_relu_nobias``, ``add_3``, ``tanh_2axes``: short, from type and options."""
    parts = [layer.kind.type]
    for key, value in layer.kind.settings:
        if isinstance(value, bool):
            parts += [] if value else [f"no{key}"]
        elif value != "identity":
            parts.append(str(value))
    if len(layer.kind.ranks) > 1:
        parts.append(str(len(layer.kind.ranks)))
    if set(layer.kind.ranks) != {1}:
        parts.append(f"{layer.kind.ranks[0]}axes")
    return "_".join(parts)


def variable(tensor: Tensor | Element) -> str:
    """The name of a tensor in a layer's routine: W, x, x2, z, f, s, z_bar, y, lse, C."""
    kind = f"{tensor.kind[4:]}_bar" if tensor.kind.startswith("bar ") else tensor.kind
    owner = tensor.owner
    return kind if owner in ("v", "u", COST_OWNER) else kind + owner[1:]

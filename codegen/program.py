"""From a derivation to programs: what is computed, in which order, with a batch axis, before any target.

One :class:`LayerProgram` serves all vertices of a layer kind.  Four changes are made to the derived equations:

* a batch index ``sample`` is put in front of everything but parameters, constants and what depends on nothing else;
  parameter gradients become means over it (nothing of this where the tensors carry their own batch axis);
* opaque activations get their closed forms;
* differences from a log-sum-exp are taken so that it is not lost beside large numbers (:mod:`.log_sums`);
* a subexpression that equals the body of a definition already evaluated is replaced by its value, so that
  tanh'(z) = 1 - tanh(z)^2 becomes 1 - f^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Mul

from dyadic.codegen.function_names import free_name, program_names
from dyadic.codegen.log_sums import LogSums
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, needed
from dyadic.symbolic.expressions import Definition, Element, Index, Tensor, elements, free_indices, size, total
from dyadic.symbolic.functions import expand_functions
from dyadic.symbolic.structure import Vertex
from dyadic.symbolic.tensor_names import COST, Name, NameRole, U, V

SAMPLE = Index("sample")
BATCH = size("batch")


@dataclass(frozen=True)
class Routine:
    """A straight-line function: tensors in, definitions in order, the values of ``outputs`` out.

    equations: the same definitions as derived, without batch axis, for the docstring.
    inside: equations of what is formed where it is read and has no definition of its own here.
    """

    arguments: tuple[Tensor, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[Tensor, ...]
    equations: tuple[Definition, ...]
    inside: tuple[Definition, ...] = ()


@dataclass(frozen=True)
class LayerProgram:
    """The routines of one layer kind.

    forward: parameters, activations -> the intermediates that another routine reads, and f_v, the last.
    bars: -> adjoints of the intermediates, as far as another routine reads them (empty if there are none).
    adjoints: -> one contribution per input slot; for a slot that a parameter fills, a mean over the batch.
    gradients: -> dE/dtheta per parameter, a mean over the batch.
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

    name: str
    value: Routine
    sensitivity: Routine
    cost: CostDerivation


def layer_program(name: str, layer: LayerDerivation, static: frozenset[int], batched: bool) -> LayerProgram:
    """The routines of a layer kind under the given function name.

    static: the input slots that parameters or constants fill.  batched: whether to add a batch axis.
    """
    unbatched = {p.tensor.name for p in layer.equation.parameters.values()}
    unbatched |= {t.name for slot, t in enumerate(layer.equation.inputs) if slot in static or not batched}
    batcher = Batcher(unbatched, batched)
    sums = LogSums(layer.equation.definitions)
    behind = [*layer.intermediates, *layer.adjoints, *layer.gradients.values()]
    own, equations = sums.definitions(layer.equation.definitions, behind, result=True)
    forward = (*map(batcher.definition, own[:-1]), batcher.result(own[-1]))
    replacing = [(item.body, item.element) for item in forward if _known_by_its_value(item)]
    bars = tuple(batcher.definition(sums.definition(item), replacing) for item in layer.intermediates)
    known = _tensors((*forward, *bars))
    parameters = {n: p.tensor for n, p in layer.equation.parameters.items()}
    sources = [*parameters.values(), *map(batcher.tensor, layer.equation.inputs)]
    s = Tensor(Name("s", V), layer.equation.output.tensor.shape)
    everything = [*sources, *known.values(), batcher.tensor(s)]

    def routine(
        definitions: tuple[Definition, ...], equations: Sequence[Definition], outputs: Sequence[Definition]
    ) -> Routine:
        return make_routine(definitions, equations, [item.tensor for item in outputs], everything)

    adjoints = tuple(
        (batcher.mean if slot in static else batcher.result)(sums.definition(item), replacing)
        for slot, item in enumerate(layer.adjoints)
    )
    gradients = {n: batcher.mean(sums.definition(item), replacing) for n, item in layer.gradients.items()}
    later = [*adjoints, *gradients.values()]
    return LayerProgram(
        name,
        layer,
        routine(forward, equations, [*kept(forward[:-1], [*bars, *later]), forward[-1]]),
        routine(bars, layer.intermediates, kept(bars, later)),
        tuple(routine((a,), (e,), (a,)) for a, e in zip(adjoints, layer.adjoints, strict=True)),
        {n: routine((g,), (layer.gradients[n],), (g,)) for n, g in gradients.items()},
    )


def _known_by_its_value(item: Definition) -> bool:
    """Whether its body, wherever it stands, is an entry of it: one without elements or without an index is not."""
    return bool(elements(item.body)) and set(item.indices) <= free_indices(item.body)


def kept(definitions: Sequence[Definition], by: Sequence[Definition]) -> list[Definition]:
    """Those whose values others read: the rest is not kept."""
    wanted = {entry.name for item in by for entry in elements(item.body)}
    return [item for item in definitions if item.tensor.name in wanted]


def cost_program(name: str, cost: CostDerivation, batched: bool) -> CostProgram:
    """The cost's value and sensitivity, per sample."""
    batcher = Batcher(set() if batched else {t.name for t in (cost.equation.input, cost.equation.target)}, batched)
    sums = LogSums(cost.equation.definitions)
    own, equations = sums.definitions(cost.equation.definitions, ())
    value = tuple(map(batcher.definition, own))
    wanted = needed(cost.gradient.body, (*cost.equation.definitions[:-1], *cost.intermediates))
    own, before = sums.definitions(wanted, [cost.gradient])
    where = tuple(map(batcher.definition, own))
    gradient = batcher.result(sums.definition(cost.gradient))
    sources = [batcher.tensor(cost.equation.input), batcher.tensor(cost.equation.target)]
    everything = [*sources, *_tensors((*value, *where)).values()]
    return CostProgram(
        name,
        make_routine(value, equations, [value[-1].tensor], everything),
        make_routine((*where, gradient), (*before, cost.gradient), [gradient.tensor], everything),
        cost,
    )


def make_routine(
    definitions: tuple[Definition, ...],
    equations: Sequence[Definition],
    outputs: Sequence[Tensor],
    known: Sequence[Tensor],
) -> Routine:
    """Arguments are the known tensors that the definitions read and do not define, in the order of ``known``."""
    own = {item.tensor.name for item in definitions}
    read = {e.name for item in definitions for e in elements(item.body)} - own
    arguments = tuple(t for t in known if t.name in read)
    return Routine(arguments, definitions, tuple(outputs), tuple(equations))


def _tensors(definitions: Sequence[Definition]) -> dict[Name, Tensor]:
    return {item.tensor.name: item.tensor for item in definitions}


class Batcher:
    """Puts the batch index in front of every tensor that is not ``static``.

    A definition that reads static tensors only is static too.
    """

    def __init__(self, static: set[Name], batched: bool) -> None:
        self.static, self.batched = static, batched

    def tensor(self, tensor: Tensor) -> Tensor:
        """The tensor with a leading batch axis, if it has one."""
        if not self.batched or tensor.name in self.static:
            return tensor
        return Tensor(tensor.name, (BATCH, *tensor.shape))

    def definition(self, item: Definition, replacing: Sequence[tuple[Expr, Expr]] = ()) -> Definition:
        if self.batched and not self._moves(item.body):
            self.static.add(item.tensor.name)
        return self.result(item, replacing)

    def result(self, item: Definition, replacing: Sequence[tuple[Expr, Expr]] = ()) -> Definition:
        """The same with the batch axis that a layer's result and its sensitivity have, even where no sample is read."""
        lead = (SAMPLE,) if self.batched and item.tensor.name not in self.static else ()
        return Definition(self.tensor(item.tensor), (*lead, *item.indices), self._body(item.body, replacing))

    def mean(self, item: Definition, replacing: Sequence[tuple[Expr, Expr]] = ()) -> Definition:
        """A parameter's gradient: the mean over the batch."""
        body = self._body(item.body, replacing)
        if self._moves(item.body):
            body = Mul(total(SAMPLE, BATCH, body), 1 / BATCH, evaluate=False)
        return Definition(item.tensor, item.indices, body)

    def _moves(self, body: Expr) -> bool:
        """Whether a body differs from sample to sample."""
        return self.batched and any(e.name not in self.static for e in elements(body))

    def _body(self, body: Expr, replacing: Sequence[tuple[Expr, Expr]]) -> Expr:
        return expand_functions(self._entries(body)).xreplace(dict(replacing))

    def _entries(self, node: Expr) -> Expr:
        if isinstance(node, Element):
            indices = tuple(self._entries(index) for index in node.indices)
            lead = (SAMPLE,) if self.batched and node.name not in self.static else ()
            return Element(node.name, *lead, *indices)
        if not node.args or not node.has(Element):
            return node
        return node.func(*(self._entries(a) if isinstance(a, Expr) else a for a in node.args))


def adjoint_part(program: LayerProgram, slot: int) -> str:
    """``adjoint``, or ``adjoint_1``, ``adjoint_2``, ... where there are several inputs."""
    return "adjoint" if len(program.adjoints) == 1 else f"adjoint_{slot + 1}"


def parts(program: LayerProgram) -> list[tuple[str, Routine]]:
    """Every routine of a layer program with its part name, the empty ones left out."""
    found = [("", program.forward), ("bars", program.bars)]
    found += [(adjoint_part(program, slot), routine) for slot, routine in enumerate(program.adjoints)]
    found += [(f"gradient_{name}", routine) for name, routine in program.gradients.items()]
    return [(part, routine) for part, routine in found if routine.definitions]


Programs = dict[tuple[str, frozenset[int]], LayerProgram]


def programs(derivation: Derivation) -> tuple[Programs, dict[str, CostProgram]]:
    """One program per distinct layer derivation and set of static slots, and one per cost, with distinct names."""
    batched = not derivation.architecture.explicit_batch
    taken: set[str] = set()
    kinds = {program_key(derivation, v): derivation.layers[v.name] for v in derivation.architecture.vertices}
    found: Programs = {}
    for (key, layer), name in zip(kinds.items(), program_names(list(kinds.values())), strict=True):
        found[key] = layer_program(free_name(name, taken), layer, key[1], batched)
    known: dict[int, CostProgram] = {}
    costs = {}
    for owner, cost in derivation.costs.items():
        if id(cost) not in known:
            known[id(cost)] = cost_program(free_name(cost.type, taken), cost, batched)
        costs[owner] = known[id(cost)]
    return found, costs


def program_key(derivation: Derivation, vertex: Vertex) -> tuple[str, frozenset[int]]:
    """The layer derivation of a vertex and the slots that parameters and constants fill."""
    sources = derivation.architecture.by_input
    static = (
        k for k, name in enumerate(vertex.inputs) if name in sources and sources[name].role in ("parameter", "constant")
    )
    return derivation.content_of(vertex.name), frozenset(static)


def takes_batch(routine: Routine) -> bool:
    """Whether a routine is told the batch size: it is a mean over the batch, or no argument of it has that axis."""
    if any(item.body.has(BATCH) for item in routine.definitions):
        return True
    return any(BATCH in item.tensor.shape for item in routine.definitions) and not any(
        BATCH in tensor.shape for tensor in routine.arguments
    )


def variable(tensor: Tensor | Element) -> str:
    """The name of a tensor in a layer's routine: W, x, x2, z, f, s, z_bar, y, lse, C."""
    name = tensor.name
    letter = name.letter
    text = {NameRole.PLAIN: letter, NameRole.ADJOINT: f"{letter}_bar", NameRole.CHOICE: f"arg_{letter}"}[name.role]
    return text if name.owner in (U, V, COST) else text + str(name.owner)[1:]

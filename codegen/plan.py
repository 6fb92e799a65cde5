"""What a module of a network does, as data: which routine is called for which vertex, from what, in which order.

Targets write their text from it.  Nothing is called whose result nobody reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sympy import Expr, S

from dyadic.codegen.program import (
    CostProgram,
    LayerProgram,
    Programs,
    Routine,
    adjoint_part,
    program_key,
    takes_batch,
    variable,
)
from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.expressions import Tensor
from dyadic.symbolic.structure import Cost, Vertex

SourceGroup = Literal["parameter", "activation", "sensitivity", "value", "bar", "contribution", "target"]


@dataclass(frozen=True)
class Source:
    """One array at run time.

    name: a parameter, a vertex or a cost.  position: among the results of the vertex's forward routine ("value") or of
    its "bar" routine, or the input slot of a "contribution".
    """

    group: SourceGroup
    name: str
    position: int = 0


@dataclass(frozen=True)
class RoutineCall:
    """A routine applied.

    program: the name of the program that it is of.
    owner: the vertex or cost that it is of; part: "" (forward), "bars", "adjoint", "adjoint_2", "gradient_weight",
    "value", "sensitivity"; batch: whether the batch size is a further argument.
    """

    program: str
    owner: str
    part: str
    routine: Routine
    sources: tuple[Source, ...]
    batch: bool


@dataclass(frozen=True)
class Summand:
    """A summand: an array, or what a call yields, times a number."""

    of: Source | RoutineCall
    weight: Expr = S.One


@dataclass(frozen=True)
class Backward:
    """One vertex on the way back: its sensitivity, the adjoints of its intermediates, what it hands to its parents."""

    vertex: str
    sensitivity: tuple[Summand, ...]
    bars: RoutineCall | None
    contributions: tuple[tuple[int, RoutineCall], ...]


@dataclass(frozen=True)
class Plan:
    """forward: every vertex, parents first; backward: children first; gradients: by parameter; loss: by cost."""

    forward: tuple[RoutineCall, ...]
    backward: tuple[Backward, ...]
    gradients: tuple[tuple[str, tuple[Summand, ...]], ...]
    loss: tuple[tuple[str, Summand], ...]

    @property
    def calls(self) -> Iterator[RoutineCall]:
        """All calls, in the order of a wavefront and the gradients after it."""
        yield from self.forward
        for step in self.backward:
            yield from (term.of for term in step.sensitivity if isinstance(term.of, RoutineCall))
            yield from ([step.bars] if step.bars else [])
            yield from (call for _, call in step.contributions)
        sums = (*((term,) for _, term in self.loss), *(terms for _, terms in self.gradients))
        yield from (term.of for terms in sums for term in terms if isinstance(term.of, RoutineCall))


def make_plan(
    derivation: Derivation,
    programs: Programs,
    costs: Mapping[str, CostProgram],
    instead: Mapping[str, LayerProgram] | None = None,
) -> Plan:
    """The plan of a network whose routines are known.  instead: by vertex, a program to run in place of its own."""
    return _Planner(derivation, programs, costs, instead or {}).plan()


class _Planner:
    def __init__(
        self,
        derivation: Derivation,
        programs: Programs,
        costs: Mapping[str, CostProgram],
        instead: Mapping[str, LayerProgram],
    ) -> None:
        self.derivation, self.programs, self.costs, self.instead = derivation, programs, costs, instead
        self.inputs = derivation.architecture.by_input

    def plan(self) -> Plan:
        architecture = self.derivation.architecture
        vertices = architecture.vertices
        gradients = [
            (f"{v.name}.{p}", (Summand(self._call(v, f"gradient_{p}", routine)),))
            for v in vertices
            for p, routine in self._program(v).gradients.items()
        ]
        return Plan(
            tuple(self._call(v, "", self._program(v).forward) for v in vertices),
            tuple(self._backward(v) for v in reversed(vertices)),
            (*gradients, *((name, self._shared(name)) for name in self.derivation.shared)),
            tuple((cost.owner, self._cost(cost, "value")) for cost in architecture.costs),
        )

    def _program(self, vertex: Vertex) -> LayerProgram:
        return self.instead.get(vertex.name) or self._own(vertex)

    def _own(self, vertex: Vertex) -> LayerProgram:
        return self.programs[program_key(self.derivation, vertex)]

    def _named(self, vertex: Vertex, routine: Routine) -> str:
        """The name of the program that a routine is of: the vertex's own one, where that has the very same routine."""
        own = self._own(vertex)
        known = (own.forward, own.bars, *own.adjoints, *own.gradients.values())
        return (own if any(one is routine for one in known) else self._program(vertex)).name

    def _backward(self, vertex: Vertex) -> Backward:
        program, costs = self._program(vertex), self.derivation.architecture.by_cost
        terms = tuple(
            self._cost(costs[term.child], "sensitivity")
            if term.child in costs
            else Summand(Source("contribution", term.child, term.slot))
            for term in self.derivation.terms[vertex.name]
        )
        return Backward(
            vertex.name,
            terms,
            self._call(vertex, "bars", program.bars) if program.bars.definitions else None,
            tuple(
                (slot, self._call(vertex, adjoint_part(program, slot), routine))
                for slot, routine in enumerate(program.adjoints)
                if vertex.inputs[slot] not in self.inputs
            ),
        )

    def _shared(self, name: str) -> tuple[Summand, ...]:
        """The gradient of a shared parameter: the contributions of all layers that read it."""
        found = []
        for term in self.derivation.shared[name]:
            vertex = self.derivation.architecture.by_name[term.child]
            program = self._program(vertex)
            found.append(Summand(self._call(vertex, adjoint_part(program, term.slot), program.adjoints[term.slot])))
        return tuple(found)

    def _cost(self, cost: Cost, part: str) -> Summand:
        program = self.costs[cost.owner]
        routine = program.value if part == "value" else program.sensitivity
        table = {
            "x": Source("activation", cost.input),
            "y": Source("target", "" if cost.owner == COST_OWNER else cost.owner),
        }
        sources = tuple(table[variable(tensor)] for tensor in routine.arguments)
        return Summand(RoutineCall(program.name, cost.owner, part, routine, sources, takes_batch(routine)), cost.weight)

    def _call(self, vertex: Vertex, part: str, routine: Routine) -> RoutineCall:
        program = self._program(vertex)
        sources = tuple(self._source(vertex, program, tensor) for tensor in routine.arguments)
        return RoutineCall(self._named(vertex, routine), vertex.name, part, routine, sources, takes_batch(routine))

    def _source(self, vertex: Vertex, program: LayerProgram, tensor: Tensor) -> Source:
        """Where a vertex finds one argument of its routine."""
        for parameter, known in program.parameters:
            if known == tensor:
                return Source("parameter", f"{vertex.name}.{parameter}")
        if tensor.name.is_plain("x"):
            name = vertex.owners[tensor.name.owner]
            static = name in self.inputs and self.inputs[name].role in ("parameter", "constant")
            return Source("parameter" if static else "activation", name)
        if tensor.name.is_plain("s"):
            return Source("sensitivity", vertex.name)
        groups: tuple[tuple[SourceGroup, Routine], ...] = (("value", program.forward), ("bar", program.bars))
        for group, routine in groups:
            for position, known in enumerate(routine.outputs):
                if known.name == tensor.name:
                    return Source(group, vertex.name, position)
        raise DyadicError(f"layer {vertex.name!r}: no source for {tensor.name.kind}")


__all__ = ["Backward", "Plan", "RoutineCall", "Source", "Summand", "make_plan"]

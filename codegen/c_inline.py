"""A network's plan as the body of one C function: its kernels in the order of the wavefront, and the arrays between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Mul

from dyadic.codegen.c_integers import IntegerPrinter
from dyadic.codegen.c_printer import parameters, takes_batch
from dyadic.codegen.function_names import free_name
from dyadic.codegen.loops.nest import Nest
from dyadic.codegen.plan import Plan, RoutineCall, Source, Summand
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.expressions import Tensor
from dyadic.symbolic.tensor_names import Name

ROUNDING = 64
"""Arrays start at multiples of this many bytes."""


@dataclass(frozen=True)
class LaunchedRoutine:
    """A routine at its sizes: the nests to run in order; or the argument that it hands on."""

    nests: tuple[Nest, ...]
    tensors: Mapping[Name, Tensor]
    handed: Tensor | None


class CInliner:
    """launched: the routine of a call; given: the C expression of what comes from outside."""

    def __init__(
        self, plan: Plan, launched: Callable[[RoutineCall], LaunchedRoutine], given: Mapping[Source, str], itemsize: int
    ) -> None:
        self.plan, self.launched, self.given, self.itemsize = plan, launched, dict(given), itemsize
        self.places: dict[Source, str] = {}
        self.sizes: dict[str, Expr] = {}
        self.taken = {"p", "x", "y", "g", "batch", "work", "loss"}
        self.result: list[str] = ["double loss = 0;"]
        self.room: Expr = Integer(0)

    def lines(
        self, shapes: Mapping[str, Sequence[Expr]], decay: str | None, tag: Callable[[str, str], str], vertices: Sizes
    ) -> list[str]:
        """The statements; ``room`` is then how many bytes they need.  shapes: of the parameters, by name."""
        for call in self.plan.forward:
            self._remark(tag("x", call.owner))
            names = self._called(call)
            for position, name in enumerate(names):
                self.places[Source("value", call.owner, position)] = name
            self.places[Source("activation", call.owner)] = names[-1]
        for step in self.plan.backward:
            self._remark(tag("s", step.vertex))
            count = vertices[step.vertex]
            self.places[Source("sensitivity", step.vertex)] = self._sum(step.sensitivity, count, f"s_{step.vertex}")
            for position, name in enumerate(self._called(step.bars) if step.bars else ()):
                self.places[Source("bar", step.vertex, position)] = name
            for slot, call in step.contributions:
                (self.places[Source("contribution", step.vertex, slot)],) = self._called(call)
        for place, (parameter, terms) in enumerate(self.plan.gradients):
            self._remark(tag("g", parameter))
            self._gradient(f"g[{place}]", parameter, terms, Mul(*shapes[parameter]), decay)
        for owner, term in self.plan.loss:
            assert isinstance(term.of, RoutineCall)
            self._remark(tag("C", owner))
            (name,) = self._called(term.of)
            factor = "" if term.weight == 1 else f"{float(term.weight)!r} * "
            self.result.append(f"loss += {factor}mean({self._number(self.sizes[name])}, {name});")
        return self.result

    def _remark(self, tag: str) -> None:
        self.result.append(f"// {tag}")

    def _called(self, call: RoutineCall, into: str | None = None) -> list[str]:
        """Append a routine's kernels; where its results are.  into: the place for its one result."""
        routine = self.launched(call)
        places = dict(zip((t.name for t in call.routine.arguments), map(self._source, call.sources), strict=True))
        if routine.handed is not None:
            return [places[routine.handed.name]]
        results = [tensor.name for tensor in call.routine.outputs]
        for nest in routine.nests:
            for written in nest.kernel.writes:
                tensor = routine.tensors.get(written.name, written)
                last = into is not None and written.name == results[-1]
                name = f"{variable(written)}_{call.owner}"
                places[written.name] = into if last and into else self._array(name, Mul(*tensor.shape))
            arguments = [places[tensor.name] for tensor in parameters(nest)] + (["batch"] if takes_batch(nest) else [])
            self.result.append(f"{nest.kernel.name}({', '.join(arguments)});")
        return [places[name] for name in results]

    def _array(self, name: str, count: Expr) -> str:
        """A new array of ``count`` numbers in the work space."""
        found = free_name(name, self.taken)
        self.sizes[found] = count
        self.result.append(f"void* {found} = work; work += rounded({self._number(count)} * sizeof(real));")
        self.room += count * self.itemsize + ROUNDING
        return found

    def _sum(self, terms: Sequence[Summand], count: Expr, base: str) -> str:
        """Where the sum of some terms is."""
        parts = [self._weighted(term, count, base) for term in terms]
        total = parts[0]
        for part in parts[1:]:
            total = self._step(f"add({self._number(count)}, {total}, {part}, ", count, base)
        return total

    def _weighted(self, term: Summand, count: Expr, base: str) -> str:
        place = self._called(term.of)[0] if isinstance(term.of, RoutineCall) else self._source(term.of)
        if term.weight == 1:
            return place
        return self._step(f"times({self._number(count)}, {float(term.weight)!r}, {place}, ", count, base)

    def _step(self, head: str, count: Expr, base: str) -> str:
        name = self._array(base, count)
        self.result.append(f"{head}{name});")
        return name

    def _gradient(self, into: str, parameter: str, terms: Sequence[Summand], count: Expr, decay: str | None) -> None:
        only = terms[0].of if len(terms) == 1 and terms[0].weight == 1 and decay is None else None
        if isinstance(only, RoutineCall):
            place = self._called(only, into)[0]
        else:
            place = self._sum(terms, count, f"g_{parameter}")
        if decay is not None:
            own = self.given[Source("parameter", parameter)]
            decayed = self._step(f"times({self._number(count)}, {decay}, {own}, ", count, f"decay_{parameter}")
            self.result.append(f"add({self._number(count)}, {place}, {decayed}, {into});")
        elif place != into:
            self.result.append(f"memcpy({into}, {place}, {self._number(count)} * sizeof(real));")

    def _source(self, source: Source) -> str:
        return self.places.get(source) or self.given[source]

    def _number(self, count: Expr) -> str:
        text = IntegerPrinter({}, {})(count)
        return f"(size_t){text}" if count.has(BATCH) else text


Sizes = Mapping[str, Expr]
"""How many numbers each vertex has, by name."""
__all__ = ["CInliner", "LaunchedRoutine"]

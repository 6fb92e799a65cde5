"""Residues modulo a prime in which the functions keep their algebra.

A number has a *value* (atoms.py), which is what is compared, and a *form*: a polynomial over the rationals in
generators, by which arguments are recognised.  Built in are relations of the true functions: those of exponentials,
logarithms and roots (exponentials.py), and where a > 0, a = 0, a < 0 three cases that exclude each other (cases.py).

What a function is in these terms stands in function_facts.py; any other function is unknown.  An agreement at drawn
residues is an identity of the true functions wherever both sides are defined (Schwartz-Zippel).  A difference proves
nothing: numbers must show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Tape, TapeNumber
from dyadic.proofs.statements.number_systems.exponentials import Exponentials
from dyadic.proofs.statements.number_systems.function_facts import FACTS
from dyadic.proofs.statements.number_systems.known_slopes import KnownSteps, KnownWeights
from dyadic.proofs.statements.number_systems.laurent import Residue


class Closed(Exponentials):
    """The ring."""

    def apply(self, name: str, order: int, argument: Residue) -> Residue:
        fact = FACTS.get(name)
        if fact is None or order > 1:
            return self.unknown(name, argument, order)
        return self.by_cases(lambda a: fact(self, order, a), argument, (name, order))

    def logsumexp(self, arguments: Sequence[Residue]) -> Residue:
        return self.log(self.add([self.by_cases(self.exp, a, ("exp", 0)) for a in arguments]))


class Brief(Closed):
    """The same with short forms: quicker, and what is not recognised by these may be by longer ones."""

    longest_sum = longest_product = 16


@dataclass(frozen=True)
class Position:
    """Where the largest of several numbers stands: 1 or 0 by the index, and the index as a number."""

    weights: dict[int, Any]
    number: Any


class Unplaced:
    """An index of which nothing but its weights is known: no entry is read there, and no comparison holds or fails."""

    def __eq__(self, other: object) -> bool:
        raise Rejected("the index of a largest value", "is not known")

    __hash__ = None  # type: ignore[assignment]


class Weighing(Tape):
    """A tape on which the largest of several numbers is the sum of all, each with its weight (``Maxima.weights``)."""

    def largest(self, arguments: Sequence[TapeNumber]) -> TapeNumber:
        values = [argument.value for argument in arguments]
        weights = self.base.weights(values) if isinstance(self.base, Closed | KnownSteps | KnownWeights) else None
        if weights is None:
            return super().largest(arguments)
        return self.variable(self.base.largest(values), list(zip(arguments, weights, strict=True)))

    def power(self, base: TapeNumber, p: int, q: int = 1) -> TapeNumber:
        if q == 1 or p < 0 or not isinstance(self.base, Closed):
            return super().power(base, p, q)
        value = base.value
        return self.variable(self.base.power(value, p, q), ((base, self._slope_of_root(value, p, q)),))

    def apply(self, name: str, order: int, argument: TapeNumber) -> TapeNumber:
        if name != "sqrt" or order or not isinstance(self.base, Closed):
            return super().apply(name, order, argument)
        value = argument.value
        return self.variable(self.base.apply(name, 0, value), ((argument, self._slope_of_root(value, 1, 2)),))

    def _slope_of_root(self, value: Any, p: int, q: int) -> Any:
        """The derivative of a root; 0 in the cases in which there is 0 under it, which stays so all around."""
        ring: Any = self.base

        def slope(number: Any) -> Any:
            return ring.mul([ring.number(p, q), ring.power(number, p - q, q)]) if number.value else number

        return ring.by_cases(slope, value, (f"slope of root {p}", q))

    def argmax(self, arguments: Sequence[TapeNumber], indices: Sequence[int]) -> Any:
        """A :class:`Position`."""
        values = [argument.value for argument in arguments]
        weights = self.base.weights(values) if isinstance(self.base, KnownSteps | KnownWeights) else None
        if weights is not None:
            return Position(dict(zip(indices, weights, strict=True)), Unplaced())
        number: Any = self.base.argmax(values, indices)
        if isinstance(self.base, Closed):
            return Position(dict(zip(indices, self.base.weights(values), strict=True)), number)
        # An index that is not known (of a bound on degrees) equals all of them.
        return Position({index: self.base.number(int(number == index)) for index in indices}, number)


@contextmanager
def noting(ring: Any, whether: bool) -> Iterator[None]:
    """Whether what is evaluated here must have a value wherever the claim does (``Quotients.noting``)."""
    if not isinstance(ring, Closed):
        yield
        return
    before, ring.noting = ring.noting, whether
    try:
        yield
    finally:
        ring.noting = before

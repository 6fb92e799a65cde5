"""Numbers as NumPy has them: exact ones, infinities, and what is no number.

A function outside of its domain gives what is no number, and all that is made of it is none, also 0 times it; where a
mask chooses, what is not taken is left out.  What is not certain is *unknown*, and nothing is told from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import arb

from dyadic.proofs.evaluate.number_rings import Tape, TapeNumber, Undetermined
from dyadic.proofs.statements.number_systems.rings import Neighbourhood, Traced, traced

NO_NUMBER, INFINITE, UNKNOWN = (Traced(arb("nan"), frozenset({word})) for word in ("nan", "inf", "unknown"))
FLAT = frozenset({"the same all around"})
"""What a number was made from that is a constant all around: relu of a negative number is 0 there."""
PERHAPS_LOG = "perhaps log"
"""A logarithm that the code may do without: it is unknown where it has no value."""


def special(value: Traced) -> Traced | None:
    """Which of the three it is; None for a number."""
    return next((one for one in (NO_NUMBER, INFINITE, UNKNOWN) if value is one), None)


class NumpyValues(Neighbourhood):
    """The ring.  A value that exists at a point alone, and not all around it, is unknown."""

    def add(self, terms: Sequence[Traced]) -> Traced:
        terms = list(map(traced, terms))
        found = _first(terms)
        if found is INFINITE and sum(term is INFINITE for term in terms) > 1:
            return UNKNOWN
        return super().add(terms) if found is None else found

    def mul(self, factors: Sequence[Traced]) -> Traced:
        factors = list(map(traced, factors))
        found = _first(factors)
        if found is INFINITE and any(factor.zero for factor in factors):
            return NO_NUMBER
        return super().mul(factors) if found is None else found

    def more(self, total: Traced, one: Traced, two: Traced) -> Traced:
        """On the way back what is multiplied by 0 is not read."""
        return total if traced(one).zero else super().more(total, one, two)

    def power(self, base: Traced, p: int, q: int = 1) -> Traced:
        base = traced(base)
        if base.used == FLAT:
            return _flat(self.power(Traced(base.value), p, q))
        if special(base) is not None:
            return base if base is not INFINITE or (p > 0 and q == 1) else UNKNOWN
        if q != 1 and self._below(base, 0):
            return NO_NUMBER
        try:
            return super().power(base, p, q)
        except Undetermined:
            return INFINITE if base.zero and p < 0 and q == 1 else UNKNOWN

    def apply(self, name: str, order: int, argument: Traced) -> Traced:
        argument, known = traced(argument), name != PERHAPS_LOG
        name = name if known else "log"
        if argument.used == FLAT:
            return _flat(self.apply(name if known else PERHAPS_LOG, order, Traced(argument.value)))
        if name in ("relu", "step") and special(argument) is None and self._below(argument, 0):
            return Traced(Fraction(0), FLAT)
        if name == "step" and special(argument) is None and not order and argument.above(self.number(0)):
            return Traced(Fraction(1), FLAT)
        if special(argument) is not None:
            return argument if argument is NO_NUMBER and name not in ("step", "sign") and known else UNKNOWN
        if self._outside(name, argument):
            return NO_NUMBER if known else UNKNOWN
        try:
            return super().apply(name, order, argument)
        except Undetermined:
            return UNKNOWN

    def largest(self, arguments: Sequence[Traced]) -> Traced:
        found = _first(list(map(traced, arguments)))
        return super().largest(arguments) if found is None else (found if found is NO_NUMBER else UNKNOWN)

    def argmax(self, arguments: Sequence[Traced], indices: Sequence[int]) -> int:
        if _first(list(map(traced, arguments))) is not None:
            raise Undetermined("which of several is the largest")
        return super().argmax(arguments, indices)

    def taken(self, mask: Traced, value: Traced) -> Traced:
        """The value where the mask is 1, else 0."""
        mask = traced(mask)
        if special(mask) is not None:
            return UNKNOWN
        return self.number(0) if mask.zero else value

    def _below(self, value: Traced, limit: int) -> bool:
        return self.number(limit).above(value)

    def _outside(self, name: str, z: Traced) -> bool:
        """Whether a function has no value there for certain."""
        if name in ("log", "sqrt", "rsqrt"):
            return self._below(z, 0)
        if name == "log1p":
            return self._below(z, -1)
        if name == "acosh":
            return self._below(z, 1)
        return name in ("asin", "acos", "atanh") and (self._below(z, -1) or z.above(self.number(1)))


def _flat(value: Traced) -> Traced:
    return value if special(value) is not None else Traced(value.value, FLAT)


def _first(values: Sequence[Traced]) -> Traced | None:
    """What a sum or product of them is that is no number; None where all are numbers."""
    kinds = {id(value) for value in values if special(value) is not None}
    return next((one for one in (NO_NUMBER, UNKNOWN, INFINITE) if id(one) in kinds), None)


class NumpyTape(Tape):
    """Derivatives of what is computed so: what is not taken has none."""

    def power(self, base: TapeNumber, p: int, q: int = 1) -> TapeNumber:
        return self._constant(base, self.base.power(base.value, p, q)) or super().power(base, p, q)

    def apply(self, name: str, order: int, argument: TapeNumber) -> TapeNumber:
        return self._constant(argument, self.base.apply(name, order, argument.value)) or super().apply(
            name, order, argument
        )

    def _constant(self, argument: TapeNumber, value: Traced) -> TapeNumber | None:
        """A value of what is a constant all around, which has no derivative to hand on."""
        return self.variable(value) if traced(argument.value).used == FLAT else None

    def taken(self, mask: TapeNumber, value: TapeNumber) -> TapeNumber:
        found: Any = self.base
        chosen = found.taken(mask.value, value.value)
        if chosen is not value.value:
            return self.variable(chosen)
        return value


__all__ = ["FLAT", "INFINITE", "NO_NUMBER", "PERHAPS_LOG", "UNKNOWN", "NumpyTape", "NumpyValues", "special"]

"""How often a function multiplies what its argument is made of, read off what is known of it.

hard_swish(z) is z^2/6 + z/2 where it is neither 0 nor z, gelu'(z) has exp(-z^2/2), softsign(z) divides by 1 + |z|, and
tanh(log(p)) is (p^2 - 1) / (p^2 + 1).  What a function is stands in function_facts.py for any ring; here that is
evaluated in one whose numbers are degrees, so that what is counted is what is computed with.

A power of an exponential is another exponential: a sum of products P exp(Q), put together by equal Q, is 0 where every
P is, so that P and Q are counted beside each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from math import prod
from operator import or_

from dyadic.proofs.statements.number_systems.function_facts import FACTS

UNBOUNDED = 1_000
Count = Counter[str]
"""Indices by the key of their extent."""


def multiple(count: Count, factor: int) -> Count:
    return Counter({key: factor * number for key, number in count.items()})


def _often(count: Count, factor: int) -> Count:
    """Without more digits than say that there is no bound."""
    return Counter({key: min(UNBOUNDED, factor * number) for key, number in count.items()})


def _most(counts: Sequence[Count]) -> Count:
    return reduce(or_, counts, Counter())


def _sum(counts: Sequence[Count]) -> Count:
    return sum(counts, Counter())


@dataclass
class Counted:
    """How many indices a monomial has, of numerator and denominator.

    inside: of what stands in exponents and other arguments, where two of them are the same or not.
    logs: of what stands under logarithms, as often as an exponential would make it a factor.
    nested: it may stand under logarithms of logarithms, so that the exponential has it there still.
    factor: how often it multiplies a logarithm beside it.
    """

    top: Count = field(default_factory=Counter)
    bottom: Count = field(default_factory=Counter)
    inside: Count = field(default_factory=Counter)
    logs: Count = field(default_factory=Counter)
    nested: bool = False
    factor: int = UNBOUNDED
    real: bool = True

    @property
    def whole(self) -> Count:
        """Of numerator, denominator and arguments, whichever has most."""
        return self.top | self.bottom | self.inside

    @property
    def form(self) -> dict[str, Fraction]:
        """Nothing is known of the number itself."""
        return {"any": Fraction(1)}


class CountingRing:
    """The ring, as far as the facts use it."""

    i = Counted(factor=1)

    def number(self, p: int, q: int = 1) -> Counted:
        return Counted(factor=-(-abs(p) // q))

    def pi(self) -> Counted:
        return Counted()

    def add(self, terms: Sequence[Counted]) -> Counted:
        """Over a common denominator."""
        tops = [
            term.top + _sum([other.bottom for place, other in enumerate(terms) if place != here])
            for here, term in enumerate(terms)
        ]
        factor = min(UNBOUNDED, sum(term.factor for term in terms))
        return replace(self._beside(terms), top=_most(tops), logs=_sum([term.logs for term in terms]), factor=factor)

    def mul(self, factors: Sequence[Counted]) -> Counted:
        """An exponential of a product of logarithms is no power of anything."""
        logs = [one.logs for one in factors if one.logs]
        often = UNBOUNDED
        if len(logs) < 2:
            often = min(UNBOUNDED, max(1, prod([one.factor for one in factors if not one.logs])))
        factor = min(UNBOUNDED, prod([one.factor for one in factors]))
        return replace(
            self._beside(factors),
            top=_sum([one.top for one in factors]),
            logs=_often(_sum(logs), often),
            factor=factor,
        )

    def _beside(self, parts: Sequence[Counted]) -> Counted:
        bottom, inside = _sum([one.bottom for one in parts]), _most([one.inside for one in parts])
        return Counted(bottom=bottom, inside=inside, nested=any(one.nested for one in parts))

    def minus(self, z: Counted) -> Counted:
        return z

    def power(self, z: Counted, exponent: int) -> Counted:
        often = abs(exponent)
        top, bottom = multiple(z.top, often), multiple(z.bottom, often)
        logs = z.logs if exponent == 1 else _often(z.logs, UNBOUNDED)
        factor = min(UNBOUNDED, z.factor ** min(often, 10)) if exponent > 0 else UNBOUNDED
        return replace(
            z, top=top if exponent > 0 else bottom, bottom=bottom if exponent > 0 else top, logs=logs, factor=factor
        )

    def root(self, z: Counted, q: int) -> Counted:
        return replace(z, factor=UNBOUNDED)

    def exp(self, z: Counted) -> Counted:
        """What stands under a logarithm in the argument is a factor of it, of numerator or denominator."""
        logs = z.logs if z.nested else Counter[str]()
        return Counted(top=z.logs, bottom=z.logs, inside=z.whole, logs=logs, nested=z.nested)

    rotation = exp

    def log(self, z: Counted) -> Counted:
        return Counted(inside=z.whole, logs=(z.top | z.bottom) + z.logs, nested=bool(z.logs))

    def turned(self, name: str, z: Counted, cosine: Counted, sine: Counted) -> Counted:
        """A logarithm of the cosine and the sine."""
        return self.log(self.add([cosine, sine]))

    def odd(self, function: Callable[[Counted], Counted], z: Counted) -> Counted:
        return function(z)

    def unknown(self, name: str, z: Counted, order: int = 0) -> Counted:
        """It is what it is of, and may hand on a logarithm."""
        return Counted(inside=z.whole + z.logs, logs=z.logs, nested=z.nested)

    def rounded(self, name: str, z: Counted) -> None:
        """No number is known here."""

    def sign(self, z: Counted) -> tuple[Counted, Counted, Counted]:
        case = Counted(inside=z.whole + z.logs, factor=1)
        return case, case, case

    def halves(self, z: Counted) -> tuple[Counted, Counted]:
        return self.sign(z)[:2]

    def apply(self, name: str, order: int, z: Counted) -> Counted:
        """Of a function, as closed.py evaluates it."""
        fact = FACTS.get(name)
        found: Counted = self.unknown(name, z, order) if fact is None or order > 1 else fact(self, order, z)
        return found


__all__ = ["UNBOUNDED", "Count", "Counted", "CountingRing", "multiple"]

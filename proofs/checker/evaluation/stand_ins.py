"""Fractions, each with a slope, for the evaluator, with piecewise linear functions in place of the true ones.

f(z) = a z for z > 0 and b z otherwise, with numbers a and b of its own for every function; relu keeps 1 and 0, the
identity 1 and 1.  The derivative is the one that goes with it.  logsumexp is the largest of its arguments, with the
weights exp(v - logsumexp); of several largest the first is taken.  Activations and parameters are small integers; what
they are displaced by is drawn from 2^60 integers, so that two slopes agree by accident with a chance below 2^-59.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Costly

Linear = tuple[Fraction, Fraction]
"""value + slope * epsilon."""
MOST_BITS = 20_000
_KNOWN = {"relu": (1, 0), "identity": (1, 1), "outer": (1, 1)}


class DividesByZero(Exception):
    """A division by 0 at the point that was drawn."""


class StandIns:
    """The numbers."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def _random(self, *key: Any) -> random.Random:
        return random.Random(repr((self.seed, key)))

    def number(self, p: int, q: int = 1) -> Linear:
        return Fraction(p, q), Fraction(0)

    def draw(self, *key: Any) -> Linear:
        far = Fraction(self._random("far", *key).getrandbits(60) + 1)
        return (far if key[0] == "delta" else Fraction(self._random(*key).randint(-3, 3))), far

    def constant(self, number: Linear) -> Linear:
        return number[0], Fraction(0)

    def slope(self, number: Linear) -> Linear:
        return number[1], Fraction(0)

    def add(self, terms: Iterable[Linear]) -> Linear:
        value, slope = Fraction(0), Fraction(0)
        for v, d in terms:
            value, slope = value + v, slope + d
        return _short(value), _short(slope)

    def multiply(self, factors: Iterable[Linear]) -> Linear:
        value, slope = Fraction(1), Fraction(0)
        for v, d in factors:
            value, slope = _short(value * v), _short(slope * v + value * d)
        return value, slope

    def power(self, base: Linear, p: int, q: int) -> Linear:
        root = base[0] if q == 1 else self._line(f"root {q}", base[0]) * base[0]
        if root == 0 and p < q:
            raise DividesByZero
        return _short(root**p), Fraction(p, q) * root ** (p - q) * base[1] if p else Fraction(0)

    def _line(self, name: str, z: Fraction) -> Fraction:
        """The slope of a function's stand-in."""
        if name in _KNOWN:
            return Fraction(_KNOWN[name][z <= 0])
        return _drawn_slope(name, z > 0)

    def apply(self, name: str, order: int, z: Linear) -> Linear:
        line = self._line(name, z[0])
        return (line * z[0], line * z[1]) if order == 0 else (line if order == 1 else Fraction(0), Fraction(0))

    def reduce(self, kind: str, terms: Sequence[tuple[int, Linear]], where: str) -> Any:
        if not terms:
            raise DividesByZero
        position, (value, slope) = max(terms, key=lambda term: term[1][0])
        if kind == "logsumexp":
            weighted = (self.apply("exp", 0, (v - value, Fraction(0)))[0] * d for _, (v, d) in terms)
            return value, _short(sum(weighted, Fraction(0)))
        return position if kind == "argmax" else (value, slope)


@lru_cache(maxsize=1024)
def _drawn_slope(name: str, positive: bool) -> Fraction:
    """The slope of a stand-in on one side of 0, which its name decides."""
    drawn = random.Random(name)
    return Fraction(drawn.randint(2, 6), 3) if positive else Fraction(-drawn.randint(1, 5), 2)


def _short(number: Fraction) -> Fraction:
    bits = number.numerator.bit_length() + number.denominator.bit_length()
    spend(3 + (bits >> 5), "fractions")
    if bits > MOST_BITS:
        raise Costly("architecture", "the fractions become too long to evaluate here")
    return number


__all__ = ["DividesByZero", "StandIns"]

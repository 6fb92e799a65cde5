"""Weights of what kind_pairing.py evaluates, for the probability that an agreement is one of chance.

A value is a quotient of two polynomials with rational coefficients.  The *weight* of a polynomial is a number w with
w >= D, its degree in the drawn values, w >= H, where 2^H bounds the sum of the absolute values of its coefficients, and
w >= 16 h, where its coefficients times M^h are integers.  Here M is the least common multiple of the denominators of
all constants.  Of a product all three add up.  Of a sum each is at most the largest, but for log2 of the number of
terms, which the bits have besides.  So a number weighs as many bits as it has, and what is drawn weighs 1.

With integer coefficients a polynomial has at most H + h log2 M bits, which is at most w (1 + log2(M) / 16).  What
follows is said in prime_numbers.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation.equations import ANYWHERE

Degree = tuple[int, int] | None
"""Weights of numerator and denominator; None for the number 0."""


def _times(one: Degree, two: Degree) -> Degree:
    return None if one is None or two is None else (one[0] + two[0], one[1] + two[1])


def _plus(terms: list[Degree]) -> Degree:
    """Over the product of all denominators."""
    known = [term for term in terms if term is not None]
    below = sum(b for _, b in known)
    return (max(a + below - b for a, b in known) + (len(known) - 1).bit_length(), below) if known else None


_UNIT, _LONGEST = 16, 4096
"""What a denominator weighs at least; the bits of constants that are computed."""


class ExactWeight(tuple[int, int]):
    """The weight of a number that is known, and is not 0."""

    exact: Fraction


class Degrees:
    """Weights of what the checker's field would compute.

    A number is a pair of :data:`Degree`: of the value and of the slope.  Bounds, not exact degrees: cancellation is
    not seen, every function value is a value drawn afresh, and the position of a maximum is any.
    """

    def __init__(self) -> None:
        self._above, self._below, self._common = 0, 0, 1

    @property
    def deepest(self) -> int:
        """The weight of the difference of what two function values are of, over one denominator."""
        return self.integral(self._above + self._below + 1)

    def integral(self, weight: int) -> int:
        """The weight of a polynomial with integer coefficients, from that of one with rational ones."""
        return weight + weight * -(-(self._common - 1).bit_length() // _UNIT)

    def _asked(self, z: Degree) -> None:
        if z is not None:
            self._above, self._below = max(self._above, z[0]), max(self._below, z[1])

    def number(self, p: int, q: int = 1) -> tuple[Degree, Degree]:
        return (self._known(Fraction(p, q)) if p else None), None

    def _known(self, exact: Fraction) -> ExactWeight:
        self._common = math.lcm(self._common, exact.denominator)
        bits = (abs(exact.numerator) - 1).bit_length()
        found = ExactWeight((max(bits, _UNIT if exact.denominator > 1 else 0), 0))
        found.exact = exact
        return found

    def draw(self, *key: Any) -> tuple[Degree, Degree]:
        return (1, 0), (1, 0)

    def constant(self, number: tuple[Degree, Degree]) -> tuple[Degree, Degree]:
        return number[0], None

    def slope(self, number: tuple[Degree, Degree]) -> tuple[Degree, Degree]:
        return number[1], None

    def add(self, terms: Iterable[tuple[Degree, Degree]]) -> tuple[Degree, Degree]:
        listed = list(terms)
        return _plus([v for v, _ in listed]), _plus([d for _, d in listed])

    def multiply(self, factors: Iterable[tuple[Degree, Degree]]) -> tuple[Degree, Degree]:
        value: Degree = (0, 0)
        slope: Degree = None
        listed = list(factors)
        if all(type(v) is ExactWeight for v, _ in listed) and sum(v[0] for v, _ in listed if v) < _LONGEST:
            return self._known(
                math.prod((v.exact for v, _ in listed if type(v) is ExactWeight), start=Fraction(1))
            ), None
        for v, d in listed:
            value, slope = _times(value, v), _plus([_times(slope, v), _times(value, d)])
        return value, slope

    def power(self, base: tuple[Degree, Degree], p: int, q: int) -> tuple[Degree, Degree]:
        if q > 1:
            self._asked(base[0])
        root: Degree = base[0] if q == 1 else (1, 0)
        if root is None:
            return None, None
        if type(root) is ExactWeight and abs(p) * max(root[0], 1) < _LONGEST:
            return self._known(root.exact**p), None
        a, b = root
        value = (p * a, p * b) if p >= 0 else (-p * b, -p * a)
        less = p - q
        outer = (less * a, less * b) if less >= 0 else (-less * b, -less * a)
        return value, _times(_times(self.number(p, q)[0], outer), base[1])

    def apply(self, name: str, order: int, z: tuple[Degree, Degree]) -> tuple[Degree, Degree]:
        self._asked(z[0])
        return (1, 0), _times((1, 0), z[1])

    def reduce(self, kind: str, terms: Sequence[tuple[int, tuple[Degree, Degree]]], where: str) -> Any:
        for _, (value, _) in terms:
            self._asked(value)
            if kind == "logsumexp":  # its slope has exp of the difference
                self._asked(_plus([value, (1, 0)]))
        if kind == "argmax":
            return ANYWHERE
        slope = _plus([d if kind == "max" else _times((1, 0), d) for _, (_, d) in terms])
        return ((1, 0) if kind == "logsumexp" else _plus([v for _, (v, _) in terms])), slope


def trials_of_chance(
    forward: tuple[Degree, Degree],
    backward: tuple[Degree, Degree],
    degrees: Degrees,
    pairs: int,
    entries: Iterable[tuple[Degree, Degree]] = (),
) -> int:
    """The weight of all polynomials of which one vanishes if one run agrees although the identity is false.

    pairs: of arguments of one function.  entries: what is compared besides, with something of the same weight.
    With n entries, w the largest weight of a difference and a that of the difference of two arguments: n w for what is
    compared, and a for every pair, since two different arguments may have one residue.
    """
    compared = [_plus([forward[0], backward[0]]), *(_plus([value, value]) for value, _ in entries)]
    return sum(degrees.integral(max(degree[0], 1)) for degree in compared if degree) + pairs * degrees.deepest + 1

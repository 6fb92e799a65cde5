"""Degrees of what kind_pairing.py evaluates, for the probability that an agreement is one of chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Degree = tuple[int, int] | None
"""Degrees of numerator and denominator; None for the number 0."""


def _times(one: Degree, two: Degree) -> Degree:
    return None if one is None or two is None else (one[0] + two[0], one[1] + two[1])


def _plus(terms: list[Degree]) -> Degree:
    """Over the product of all denominators."""
    known = [term for term in terms if term is not None]
    below = sum(b for _, b in known)
    return (max(a + below - b for a, b in known), below) if known else None


class Degrees:
    """Degrees, in the drawn values, of what the checker's field would compute.

    calls: how many function values there are.  deepest: the largest degree, of numerator and denominator together, of
    what one is of.
    A number is a pair of :data:`Degree`: of the value and of the slope.  Bounds, not exact degrees: cancellation is
    not seen, and every function value is a value drawn afresh.
    """

    def __init__(self) -> None:
        self.calls, self.deepest = 0, 0

    def _asked(self, z: Degree, calls: int) -> None:
        self.calls += calls
        self.deepest = max(self.deepest, sum(z or (0, 0)))

    def number(self, p: int, q: int = 1) -> tuple[Degree, Degree]:
        return ((0, 0) if p else None), None

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
        for v, d in factors:
            value, slope = _times(value, v), _plus([_times(slope, v), _times(value, d)])
        return value, slope

    def power(self, base: tuple[Degree, Degree], p: int, q: int) -> tuple[Degree, Degree]:
        if q > 1:
            self._asked(base[0], 1)
        root: Degree = base[0] if q == 1 else (1, 0)
        if root is None:
            return None, None
        a, b = root
        value = (p * a, p * b) if p >= 0 else (-p * b, -p * a)
        less = p - q
        outer = (less * a, less * b) if less >= 0 else (-less * b, -less * a)
        return value, _times(outer, base[1])

    def apply(self, name: str, order: int, z: tuple[Degree, Degree]) -> tuple[Degree, Degree]:
        self._asked(z[0], 2)
        return (1, 0), _times((1, 0), z[1])

    def reduce(self, kind: str, terms: Sequence[tuple[int, tuple[Degree, Degree]]], where: str) -> Any:
        for _, (value, _) in terms:
            self._asked(value, 1)
        self.calls += 1
        if kind == "argmax":
            return terms[0][0]
        slope = _plus([d if kind == "max" else _times((1, 0), d) for _, (_, d) in terms])
        return ((1, 0) if kind == "logsumexp" else _plus([v for _, (v, _) in terms])), slope


def trials_of_chance(
    forward: tuple[Degree, Degree], backward: tuple[Degree, Degree], degrees: Degrees, entries: int
) -> int:
    """The t for which one run modulo p agrees with probability at most t / p although the identity is false.

    With D the degree of the difference's numerator in the drawn values, n the entries compared, N the function values
    drawn and A the largest degree of an argument: n D (Schwartz and Zippel) + N (N - 1) / 2 * 2 A (two different
    arguments with one residue).
    """
    difference = _plus([forward[0], backward[0]])
    degree = sum(difference) if difference else 0
    pairs = degrees.calls * (degrees.calls - 1) // 2
    return (entries + pairs) * max(degree, 2 * degrees.deepest, 1)

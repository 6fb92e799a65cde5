"""Intervals that contain a real number, with integers as ends: rigorous arithmetic and the elementary functions.

An enclosure [low, high] stands for low / 2^BITS <= x <= high / 2^BITS.  Every operation rounds outwards.  A series is
summed in enclosures, and a bound on what is left of it is added.  Where a function has no value, or one too large to
be of use, :class:`NoValue` is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import isqrt

from dyadic.proofs.checker.intake.effort import spend

BITS = 160
ONE = 1 << BITS
LARGEST = 1024
"""The number of bits before the point that an end may have."""


class NoValue(Exception):
    """A function outside of its domain, a division by what may be 0, or a number that is too large."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """low <= x 2^BITS <= high, for integers low <= high."""

    low: int
    high: int

    @staticmethod
    def of(number: Fraction | int) -> Enclosure:
        exact = Fraction(number) * ONE
        return _within(exact.numerator // exact.denominator, -(-exact.numerator // exact.denominator))

    def __add__(self, other: Enclosure) -> Enclosure:
        return _within(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Enclosure:
        return Enclosure(-self.high, -self.low)

    def __sub__(self, other: Enclosure) -> Enclosure:
        return self + -other

    def __mul__(self, other: Enclosure) -> Enclosure:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return _within(min(ends) >> BITS, -(-max(ends) >> BITS))

    def inverse(self) -> Enclosure:
        if self.low <= 0 <= self.high:
            raise NoValue("division by what may be 0")
        return _within(ONE * ONE // self.high, -(-ONE * ONE // self.low))

    def power(self, n: int) -> Enclosure:
        """x^n for an integer n, by repeated squaring."""
        result, factor, left = NUMBER_ONE, self if n >= 0 else self.inverse(), abs(n)
        spend(20 * left.bit_length(), "enclosures")
        while left:
            if left % 2:
                result = result * factor
            left //= 2
            if left:
                factor = factor * factor
        return result

    def widened(self, by: int) -> Enclosure:
        return _within(self.low - by, self.high + by)

    @property
    def sign(self) -> int | None:
        """1, -1 or 0 where it is certain."""
        if self.low > 0 or self.high < 0:
            return 1 if self.low > 0 else -1
        return 0 if self.low == self.high == 0 else None


def _within(low: int, high: int) -> Enclosure:
    if max(low.bit_length(), high.bit_length()) > BITS + LARGEST:
        raise NoValue("a number that is too large")
    return Enclosure(low, high)


NUMBER_ONE = Enclosure(ONE, ONE)
_HALF = Enclosure(ONE >> 1, ONE >> 1)


def _joined(low: Enclosure, high: Enclosure) -> Enclosure:
    """Of a function that grows, from what it is at either end."""
    return Enclosure(min(low.low, high.low), max(low.high, high.high))


def _ends(x: Enclosure, point: Callable[[int], Enclosure]) -> Enclosure:
    """A monotone function."""
    return point(x.low) if x.low == x.high else _joined(point(x.low), point(x.high))


def _about(x: Enclosure, point: Callable[[int], Enclosure], slope: int) -> Enclosure:
    """A function with a derivative of at most ``slope``: its value in the middle, widened."""
    middle = (x.low + x.high) // 2
    return point(middle).widened(slope * (x.high - middle + 1) if x.low < x.high else 0)


# -- exponentials and logarithms ---------------------------------------------------------------------------------------


def exp(x: Enclosure) -> Enclosure:
    return _ends(x, _exp)


def _exp(a: int) -> Enclosure:
    """e^y = (e^(y / 2^k))^(2^k), |y / 2^k| < 2^-8; the series' rest after n terms is at most twice the next one."""
    if abs(a) > 500 * ONE:
        if a < 0:
            return Enclosure(0, 1)  # e^-500 is below 2^-BITS
        raise NoValue("a number that is too large")
    k = max(0, abs(a).bit_length() - BITS + 8)
    y = Enclosure(a >> k, -(-a >> k))
    total, term = NUMBER_ONE, NUMBER_ONE
    for n in range(1, 24):
        term = term * y * _over(n)
        total = total + term
    total = total.widened(2 * max(abs(term.low), abs(term.high)) + 1)
    for _ in range(k):
        total = total * total
    return total


@cache
def _over(n: int) -> Enclosure:
    return Enclosure.of(Fraction(1, n))


def log(x: Enclosure) -> Enclosure:
    if x.low <= 0:
        raise NoValue("the logarithm of what may not be positive")
    return _ends(x, _log)


def _log(a: int) -> Enclosure:
    """log(2^e m) = e log 2 + log m, with 1 <= m < 2."""
    e = a.bit_length() - 1 - BITS
    m = Enclosure(a >> e, -(-a >> e)) if e >= 0 else Enclosure(a << -e, a << -e)
    return _log_two() * Enclosure(e * ONE, e * ONE) + _area(m)


@cache
def _log_two() -> Enclosure:
    return _area(Enclosure(2 * ONE, 2 * ONE))


def _area(m: Enclosure) -> Enclosure:
    """log m = 2 (t + t^3 / 3 + ...) with t = (m - 1) / (m + 1) <= 1/3; the rest is below 9/4 of its first term."""
    t = (m - NUMBER_ONE) * (m + NUMBER_ONE).inverse()
    square, power, total = t * t, t, Enclosure(0, 0)
    for n in range(1, 110, 2):
        total = total + power * _over(n)
        power = power * square
    return (total + total).widened(3 * abs(power.high) + 1)


def sqrt(x: Enclosure) -> Enclosure:
    if x.low < 0:
        raise NoValue("the root of what may be negative")
    return Enclosure(isqrt(x.low << BITS), isqrt(x.high << BITS) + 1)


# -- angles ------------------------------------------------------------------------------------------------------------


def sin(x: Enclosure) -> Enclosure:
    return _about(x, lambda a: _wave(a, 1), 1)


def cos(x: Enclosure) -> Enclosure:
    return _about(x, lambda a: _wave(a, 0), 1)


def _wave(a: int, first: int) -> Enclosure:
    """The alternating series; what is left of it is at most the first term left out, once the terms fall."""
    if abs(a) > 64 * ONE:
        raise NoValue("an angle that is too large")
    y = Enclosure(a, a)
    square, term, total, n = y * y, y if first else NUMBER_ONE, Enclosure(0, 0), first
    while max(abs(term.low), abs(term.high)) > 4 or (n + 1) * (n + 2) * ONE <= square.high:
        total = total + term
        term = -(term * square * _over((n + 1) * (n + 2)))
        n += 2
    return total.widened(max(abs(term.low), abs(term.high)))


def atan(x: Enclosure) -> Enclosure:
    return _ends(x, _atan)


def _atan(a: int) -> Enclosure:
    """atan y = 2 atan(y / (1 + sqrt(1 + y^2))), three times: then |y| < 1/5 and the series alternates."""
    y = Enclosure(a, a)
    for _ in range(3):
        y = y * (NUMBER_ONE + sqrt(NUMBER_ONE + y * y)).inverse()
    return _arc(y) * Enclosure(8 * ONE, 8 * ONE)


def _arc(y: Enclosure) -> Enclosure:
    square, power, total, sign = y * y, y, Enclosure(0, 0), 1
    for n in range(1, 80, 2):
        part = power * _over(n)
        total = total + part if sign > 0 else total - part
        power, sign = power * square, -sign
    return total.widened(max(abs(power.low), abs(power.high)) + 1)


@cache
def pi() -> Enclosure:
    """16 atan(1/5) - 4 atan(1/239)."""
    one, two = _arc(_over(5)), _arc(_over(239))
    return one * Enclosure(16 * ONE, 16 * ONE) - two * Enclosure(4 * ONE, 4 * ONE)


def asin(x: Enclosure) -> Enclosure:
    if x.low < -ONE or x.high > ONE:
        raise NoValue("the arc sine of what may not lie between -1 and 1")
    return _ends(x, _asin)


def _asin(a: int) -> Enclosure:
    if abs(a) == ONE:
        half = pi() * _HALF
        return half if a > 0 else -half
    y = Enclosure(a, a)
    return atan(y * sqrt(NUMBER_ONE - y * y).inverse())


def acos(x: Enclosure) -> Enclosure:
    return pi() * _HALF - asin(x)


# -- the others --------------------------------------------------------------------------------------------------------


def erf(x: Enclosure) -> Enclosure:
    return _about(x, _erf, 2)


def _erf(a: int) -> Enclosure:
    """2 / sqrt(pi) (y - y^3 / 3 + y^5 / (2! 5) - ...); beyond 6, 1 - erf y is below e^(-y^2)."""
    y = Enclosure(a, a)
    if abs(a) > 6 * ONE:
        rest = exp(-(y * y)) if abs(a) < 20 * ONE else Enclosure(0, 1)
        far = Enclosure(ONE - rest.high, ONE)
        return far if a > 0 else -far
    square, power, total, n = y * y, y, Enclosure(0, 0), 0
    while max(abs(power.low), abs(power.high)) > 4 or (n + 1) * ONE <= square.high:
        total = total + power * _over(2 * n + 1)
        n += 1
        power = -(power * square * _over(n))
    total = total.widened(max(abs(power.low), abs(power.high)))
    return total * Enclosure(2 * ONE, 2 * ONE) * sqrt(pi()).inverse()


def floor(x: Enclosure) -> Enclosure:
    if x.low >> BITS != x.high >> BITS:
        raise NoValue("a jump of floor")
    return Enclosure(x.low >> BITS << BITS, x.low >> BITS << BITS)


def nearest(x: Enclosure) -> Enclosure:
    """The integer that is nearest; halfway between two there is a jump."""
    moved = x + _HALF
    if moved.low % ONE == 0:
        raise NoValue("a jump of round")
    return floor(moved)


ENCLOSED: dict[str, Callable[[Enclosure], Enclosure]] = {
    "exp": exp, "log": log, "sqrt": sqrt, "erf": erf, "sin": sin, "cos": cos, "asin": asin, "acos": acos, "atan": atan,
    "floor": floor, "round": nearest, "stop_gradient": lambda x: x,
}  # fmt: skip
"""The functions that are elementary to the checker."""

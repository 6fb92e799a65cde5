"""Numbers that carry a bound on how far a floating-point computation of them may be off, over a box of inputs.

A number is a ball that holds its exact value wherever the inputs lie in their boxes, and a bound on the difference from
what rounded arithmetic gives there.  A sum stands as its terms, as long as nothing else is done with it:

    |fl(t_1 + ... + t_n) - (t_1 + ... + t_n)| <= g (|t_1| + ... + |t_n|),   g = (n - 1) u / (1 - (n - 1) u),

in whatever order it is taken, with fused products or without (Higham, Accuracy and Stability, section 4.2).  A product,
quotient or root is off by half a unit in the last place, any other function by :data:`FUNCTION_UNITS` units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb, arb_series, ctx

from dyadic.physics.number_types import SERIES, ScalarMethods, Undetermined, elementwise, power

FUNCTION_UNITS = 4
"""How many units in the last place a function of NumPy's or of the C library's may be off; NumPy states at most 4."""


@dataclass(frozen=True)
class FloatFormat:
    """A format of floating-point numbers: bits of the significand, exponents of the smallest and the largest."""

    name: str
    bits: int
    smallest: int
    largest: int

    @property
    def unit(self) -> arb:
        """Half of the distance from 1 to the next number."""
        return arb(2) ** -self.bits

    @property
    def tiny(self) -> arb:
        """More than what a result below the normal numbers may be off by, whose units are the smallest number."""
        return arb(2) ** (self.smallest + 3)

    def held(self, value: arb) -> arb:
        """How far a number of the code may be off: 0 if the format holds it; else it is rounded, to a double first."""
        if value.is_exact():
            mantissa, exponent = value.man_exp()
            if abs(int(mantissa)).bit_length() <= self.bits and (mantissa == 0 or int(exponent) >= self.smallest):
                return arb(0)
        return _up(2 * self.unit * _size(value) + self.tiny)


FORMATS = {"float32": FloatFormat("float32", 24, -149, 128), "float64": FloatFormat("float64", 53, -1074, 1024)}


def _size(value: arb) -> arb:
    """An exact number not below the magnitude of a ball."""
    return abs(value).upper()


def _up(value: arb) -> arb:
    return value.upper()


def _hull(value: arb, error: arb) -> arb:
    return value + arb(0, error)


class Rounded(ScalarMethods):
    """A number, exact and as it is computed.

    exact: a ball.  off: how far the terms of the sum are off together.  terms: how many.  total: of their magnitudes.
    """

    __slots__ = ("exact", "format", "off", "terms", "total")

    def __init__(self, form: FloatFormat, exact: arb, off: Any = 0, terms: int = 1, total: Any = None) -> None:
        self.format, self.exact, self.off, self.terms = form, exact, arb(off), terms
        self.total = _size(exact) + self.off if total is None else total
        if not self.total.is_finite() or self.total >= arb(2) ** form.largest:
            raise Undetermined(f"whether a number is too large for {form.name}")

    @property
    def error(self) -> arb:
        """A bound on the difference between the number and what is computed."""
        if self.terms == 1:
            return self.off
        steps = (self.terms - 1) * self.format.unit
        return _up(self.off + steps / (1 - steps) * self.total)

    @property
    def centre(self) -> arb:
        return _hull(self.exact, self.error)

    def number(self, other: Any) -> Rounded:
        """A number of the code as one of these: what the format does not hold is rounded."""
        if isinstance(other, Rounded):
            return other
        value = arb(other)
        if not value.is_finite():
            raise Undetermined(f"what becomes of {value} in {self.format.name}")
        return Rounded(self.format, value, self.format.held(value))

    def rounded(self, exact: arb, error: arb, units: int = 0) -> Rounded:
        """A result: of arguments that make it off by ``error``, and then rounded, or off by some units."""
        size = _size(exact) + error
        share = (2 * units if units else 1) * self.format.unit
        return Rounded(self.format, exact, _up(error + share * size + self.format.tiny))

    def composed(self, name: str) -> Rounded:
        error = self.error
        before, ctx.cap = ctx.cap, 2
        try:
            exact = SERIES[name](arb_series([self.exact, 1]))[0]
            slope = SERIES[name](arb_series([_hull(self.exact, error), 1]))[1] if error else arb(0)
        finally:
            ctx.cap = before
        return self.rounded(exact, _up(_size(slope) * error), 0 if name == "sqrt" else FUNCTION_UNITS)

    @elementwise
    def __add__(self, other: Any) -> Any:
        if _is_infinite(other):  # a masked entry, in either arithmetic
            return arb(other)
        other = self.number(other)
        terms, total = self.terms + other.terms, _up(self.total + other.total)
        return Rounded(self.format, self.exact + other.exact, _up(self.off + other.off), terms, total)

    @elementwise
    def __mul__(self, other: Any) -> Rounded:
        other = self.number(other)
        one, two = self.error, other.error
        error = _up(_size(self.exact) * two + _size(other.exact) * one + one * two)
        return self.rounded(self.exact * other.exact, error)

    def __neg__(self) -> Rounded:
        return Rounded(self.format, -self.exact, self.off, self.terms, self.total)

    @elementwise
    def __sub__(self, other: Any) -> Rounded:
        return self + -self.number(other)

    @elementwise
    def __rsub__(self, other: Any) -> Any:
        return -self + other

    @elementwise
    def __truediv__(self, other: Any) -> Rounded:
        other = self.number(other)
        nearest = abs(other.exact).lower()
        if not nearest > other.error:
            raise Undetermined("whether a divisor is 0")
        exact = self.exact / other.exact
        error = (_size(exact) * other.error + self.error) / (nearest - other.error)
        return self.rounded(exact, _up(error))

    @elementwise
    def __rtruediv__(self, other: Any) -> Rounded:
        return self.number(other) / self

    def __pow__(self, exponent: Any) -> Rounded:
        if not isinstance(exponent, int):
            exponent = arb(exponent)
        error, off = self.error, self.format.held(arb(exponent))
        hull = _hull(self.exact, error)
        slope = exponent * power(hull, exponent - 1) if error else arb(0)
        exact = power(self.exact, exponent)
        error = _size(slope) * error
        if off > 0:  # the exponent is rounded as well
            error += _size(power(hull, _hull(arb(exponent), off)) * hull.log()) * off
        if not error.is_finite() or not exact.is_finite():
            raise Undetermined(f"a power of {exponent}")
        return self.rounded(exact, _up(error), FUNCTION_UNITS)

    def __abs__(self) -> Rounded:
        return Rounded(self.format, abs(self.exact), self.error)

    def larger(self, other: Any) -> Rounded:
        """The larger one, as both arithmetics choose it: off by no more than either."""
        if _is_infinite(other) and arb(other) < 0:
            return self
        other = self.number(other)
        return Rounded(self.format, self.exact.max(other.exact), self.error.max(other.error))

    def smaller(self, other: Any) -> Rounded:
        """The smaller one."""
        return -((-self).larger(-self.number(other)))

    def log_of_sum(self, other: Any) -> Rounded:
        """log(exp(a) + exp(b)), computed as the larger one plus log1p(exp(-|a - b|)); no slope of it is above 1."""
        other = self.number(other)
        exact = self.exact + (other.exact - self.exact).exp().log1p()
        error = self.error.max(other.error)
        inner = (_size(self.exact).max(_size(other.exact)) + error + 1) * (4 * FUNCTION_UNITS) * self.format.unit
        return Rounded(self.format, exact, _up(error + inner + self.format.tiny))

    def __gt__(self, other: Any) -> bool:
        return self._above(self.number(other))

    def __lt__(self, other: Any) -> bool:
        return self.number(other)._above(self)

    def __ge__(self, other: Any) -> bool:
        return self > other

    def __le__(self, other: Any) -> bool:
        return self < other

    def _above(self, other: Rounded) -> bool:
        """Both arithmetics decide alike, or nothing is said."""
        if self.centre > other.centre:
            return True
        if self.centre < other.centre:
            return False
        raise Undetermined("which of two numbers is larger")

    __radd__, __rmul__ = __add__, __mul__


def _is_infinite(value: Any) -> bool:
    return not isinstance(value, Rounded) and bool(abs(arb(value)) == arb("inf"))


__all__ = ["FORMATS", "FUNCTION_UNITS", "FloatFormat", "Rounded"]

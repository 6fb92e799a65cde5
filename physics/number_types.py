"""Numbers that the emitted NumPy code computes with as it computes with doubles: objects in arrays.

NumPy applies ``tanh`` to an array of objects by calling their method ``tanh``, and ``+``, ``*`` by their operators, so
the same emitted functions give

* balls (python-flint's ``arb``): rigorous enclosures of what they would give in exact arithmetic;
* :class:`Slopes`: enclosures of all first derivatives over a box;
* :class:`Series`: the coefficients of a power series in a small parameter, each as a ball.

A function that needs to know which of two numbers is larger raises :class:`Undetermined` where the balls do not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import numpy as np
from flint import arb, arb_series, ctx

from dyadic.proofs.evaluate.reals import Undetermined

EMITTED_IN_BALLS = "the emitted code, executed in ball arithmetic (its constants are doubles)"
"""What a claim trusts whose numbers come from here."""
Array = Any
PRECISION = 128
"""Bits of the balls."""


def balls(array: Array) -> Array:
    """An array of balls that hold exactly these doubles; integers stay as they are."""
    if np.asarray(array).dtype.kind in "iu":
        return array
    return mapped(lambda value: arb(float(value)), array)


def ratio(number: Any) -> arb:
    """A rational number as a ball."""
    return arb(int(number.p)) / arb(int(number.q))


def power(base: Any, exponent: Any) -> Any:
    """A number to a power; of balls a whole one by products, as Arb's own has no value where the middle is 0."""
    if isinstance(exponent, arb) and exponent.is_integer():
        exponent = int(exponent.unique_fmpz())
    if not isinstance(base, arb):
        return base**exponent
    if not isinstance(exponent, int | np.integer):
        return base ** arb(exponent)
    found = arb(1)
    for bit in bin(abs(int(exponent)))[2:]:
        found = _squared(found) * base if bit == "1" else _squared(found)
    return found if exponent >= 0 else 1 / found


def _squared(ball: arb) -> arb:
    """The square of a ball, which is nowhere negative."""
    size = abs(ball)
    return size * size


def mapped(function: Callable[[Any], Any], array: Array) -> Array:
    """The function of every entry, as an array of objects."""
    values = np.asarray(array)
    found = np.empty(values.shape, dtype=object)
    for place in np.ndindex(values.shape):
        found[place] = function(values[place])
    return found


def around(values: Array, radii: Array) -> Array:
    """Balls of these midpoints (doubles or balls) and radii."""
    found = np.empty(np.shape(values), dtype=object)
    for place in np.ndindex(found.shape):
        found[place] = arb(values[place]) + arb(0, arb(float(radii[place])))
    return found


def upper(value: Any) -> float:
    """A double not below the magnitude of a ball."""
    return _above(abs(arb(value)).upper())


def lower(value: Any) -> float:
    """A double not above the magnitude of a ball, at least 0."""
    found = abs(arb(value)).lower()
    return max(0.0, float(np.nextafter(float(found), -np.inf))) if found > 0 else 0.0


def _above(value: arb) -> float:
    return 0.0 if value == 0 else float(np.nextafter(float(value), np.inf))


class ScalarMethods:
    """The scalar functions as methods, for a class that can compose itself with one by :meth:`composed`."""

    def composed(self, name: str) -> Any:
        raise NotImplementedError

    @property
    def centre(self) -> arb:
        """The ball that says how it compares with other numbers."""
        raise NotImplementedError

    def __abs__(self) -> Any:
        return self if _larger(self.centre, arb(0)) else -self  # type: ignore[operator]

    def tanh(self) -> Any:
        return self.composed("tanh")

    def exp(self) -> Any:
        return self.composed("exp")

    def log(self) -> Any:
        return self.composed("log")

    def sqrt(self) -> Any:
        return self.composed("sqrt")

    def sin(self) -> Any:
        return self.composed("sin")

    def cos(self) -> Any:
        return self.composed("cos")

    def expm1(self) -> Any:
        return self.composed("expm1")

    def log1p(self) -> Any:
        return self.composed("log1p")

    def sinh(self) -> Any:
        return self.composed("sinh")

    def cosh(self) -> Any:
        return self.composed("cosh")

    def arctan(self) -> Any:
        return self.composed("arctan")


SERIES: dict[str, Callable[[Any], Any]] = {
    "tanh": lambda z: 1 - 2 / (1 + (2 * z).exp()),
    "exp": lambda z: z.exp(),
    "log": lambda z: z.log(),
    "sqrt": lambda z: z.sqrt(),
    "sin": lambda z: z.sin(),
    "cos": lambda z: z.cos(),
    "expm1": lambda z: z.exp() - 1,
    "log1p": lambda z: (1 + z).log(),
    "sinh": lambda z: (z.exp() - (-z).exp()) / 2,
    "cosh": lambda z: (z.exp() + (-z).exp()) / 2,
    "tan": lambda z: z.tan(),
    "arctan": lambda z: z.atan(),
    "arcsin": lambda z: z.asin(),
    "arccos": lambda z: z.acos(),
    "arcsinh": lambda z: (z + (z * z + 1).sqrt()).log(),
    "arccosh": lambda z: (z + (z * z - 1).sqrt()).log(),
    "arctanh": lambda z: ((1 + z) / (1 - z)).log() / 2,
    "erf": lambda z: z.erf(),
}
"""The functions on power series, from those that python-flint has."""


def tanh(ball: arb) -> arb:
    """From both ends, as it never falls; Arb's own has no value on wide balls."""
    low: arb = arb(ball.lower()).tanh()
    return low.union(arb(ball.upper()).tanh())


def _slope_of_tanh(value: arb) -> arb:
    """1 - tanh^2, from where tanh is furthest from 0 and where it is nearest."""
    far, near = arb(abs(value).upper()), arb(abs(value).lower()).max(arb(0))
    return (1 - far * far).union(1 - near * near)


def _terms(value: Any) -> arb_series:
    return value.terms if isinstance(value, Series) else arb_series([arb(value)])


def elementwise(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator that leaves arrays to NumPy, which applies it entry by entry."""

    @wraps(operation)
    def applied(self: Any, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else operation(self, other)

    return applied


class Series(ScalarMethods):
    """A power series c_0 + c_1 e + ... + c_{n-1} e^{n-1} with balls for coefficients."""

    __slots__ = ("terms",)

    def __init__(self, terms: arb_series) -> None:
        self.terms = terms

    @staticmethod
    def of(coefficients: Iterable[Any]) -> Series:
        return Series(arb_series([arb(value) for value in coefficients]))

    @property
    def centre(self) -> arb:
        return self.terms[0]

    def coefficient(self, k: int) -> arb:
        return self.terms[k]

    def composed(self, name: str) -> Series:
        return Series(SERIES[name](self.terms))

    @elementwise
    def __add__(self, other: Any) -> Series:
        return Series(self.terms + _terms(other))

    @elementwise
    def __mul__(self, other: Any) -> Series:
        return Series(self.terms * _terms(other))

    @elementwise
    def __sub__(self, other: Any) -> Series:
        return Series(self.terms - _terms(other))

    @elementwise
    def __rsub__(self, other: Any) -> Series:
        return Series(_terms(other) - self.terms)

    @elementwise
    def __truediv__(self, other: Any) -> Series:
        return Series(self.terms / _terms(other))

    @elementwise
    def __rtruediv__(self, other: Any) -> Series:
        return Series(_terms(other) / self.terms)

    def __neg__(self) -> Series:
        return Series(-self.terms)

    def __pow__(self, exponent: Any) -> Series:
        if int(exponent) != exponent or exponent < 0:
            raise Undetermined(f"a series to the power {exponent}")
        found = Series.of([1])
        for _ in range(int(exponent)):
            found = found * self
        return found

    def __gt__(self, other: Any) -> bool:
        return _larger(self.terms[0], _terms(other)[0])

    def __ge__(self, other: Any) -> bool:
        return self > other

    def __lt__(self, other: Any) -> bool:
        return _larger(_terms(other)[0], self.terms[0])

    def __le__(self, other: Any) -> bool:
        return self < other

    __radd__, __rmul__ = __add__, __mul__


def _larger(one: arb, two: arb) -> bool:
    """Whether one > two; what may be equal is undetermined, as a kink is no place for a derivative."""
    if one > two:
        return True
    if one < two:
        return False
    raise Undetermined("which of two numbers is larger")


class Slopes(ScalarMethods):
    """A ball with its derivatives by independent variables, each a ball over the same box: {number: slope}."""

    __slots__ = ("slopes", "value")

    def __init__(self, value: arb, slopes: Mapping[int, arb]) -> None:
        self.value, self.slopes = value, slopes

    @property
    def centre(self) -> arb:
        return self.value

    def _along(self, value: arb, factor: Any) -> Slopes:
        return Slopes(value, {k: factor * slope for k, slope in self.slopes.items()})

    def composed(self, name: str) -> Slopes:
        if name == "tanh":
            value = tanh(self.value)
            return self._along(value, _slope_of_tanh(value))
        before = ctx.cap
        ctx.cap = 2
        try:
            found = SERIES[name](arb_series([self.value, 1]))
        finally:
            ctx.cap = before
        return self._along(found[0], found[1])

    @elementwise
    def __add__(self, other: Any) -> Slopes:
        if not isinstance(other, Slopes):
            return Slopes(self.value + other, self.slopes)
        slopes = dict(self.slopes)
        for k, slope in other.slopes.items():
            slopes[k] = slopes[k] + slope if k in slopes else slope
        return Slopes(self.value + other.value, slopes)

    @elementwise
    def __mul__(self, other: Any) -> Slopes:
        if not isinstance(other, Slopes):
            return self._along(self.value * other, other)
        return self._along(self.value * other.value, other.value) + other._along(arb(0), self.value)

    def __neg__(self) -> Slopes:
        return self._along(-self.value, -1)

    @elementwise
    def __sub__(self, other: Any) -> Slopes:
        return self + (-other)

    @elementwise
    def __rsub__(self, other: Any) -> Slopes:
        return (-self) + other

    @elementwise
    def __truediv__(self, other: Any) -> Slopes:
        return self * (1 / arb(other)) if not isinstance(other, Slopes) else self * (1 / other)

    @elementwise
    def __rtruediv__(self, other: Any) -> Slopes:
        inverse = 1 / self.value
        return self._along(inverse, -inverse * inverse) * arb(other)

    def __pow__(self, exponent: Any) -> Slopes:
        if int(exponent) != exponent:
            raise Undetermined(f"a power of {exponent}")
        whole = int(exponent)
        if not whole:
            return Slopes(arb(1), {})
        return self._along(power(self.value, whole), whole * power(self.value, whole - 1))

    def __gt__(self, other: Any) -> bool:
        return _larger(self.value, _value(other))

    def __ge__(self, other: Any) -> bool:
        return self > other

    def __lt__(self, other: Any) -> bool:
        return _larger(_value(other), self.value)

    def __le__(self, other: Any) -> bool:
        return self < other

    __radd__, __rmul__ = __add__, __mul__


def _value(number: Any) -> arb:
    return number.value if isinstance(number, Slopes) else arb(number)


__all__ = [
    "EMITTED_IN_BALLS", "PRECISION", "SERIES", "ScalarMethods", "Series", "Slopes", "Undetermined", "around", "balls",
    "elementwise", "lower", "mapped", "power", "ratio", "tanh",
    "upper",
]  # fmt: skip

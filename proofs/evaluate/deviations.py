"""A real number and another run's deviation from it, both as rigorous enclosures.

The other run's number is value + deviation.  The deviation is carried through every operation by itself (a product by
the product rule, an elementary function by the mean value theorem), so that it keeps its relative precision however
small it gets; the difference of two enclosures would need digits in proportion to a network's depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from flint import arb

from dyadic.proofs.evaluate.number_rings import Ball, Composed, Undetermined
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS

_HIGHEST_PRODUCT = 16
_ZERO = arb(0)

ELEMENTARY: dict[str, tuple[Callable[[arb], arb], Callable[[arb], arb]]] = {
    "exp": (lambda z: z.exp(), lambda z: z.exp()),
    "expm1": (lambda z: z.expm1(), lambda z: z.exp()),
    "log": (lambda z: z.log(), lambda z: 1 / z),
    "log1p": (lambda z: z.log1p(), lambda z: 1 / (1 + z)),
    "tanh": (lambda z: z.tanh(), lambda z: z.sech() ** 2),
    "sinh": (lambda z: z.sinh(), lambda z: z.cosh()),
    "cosh": (lambda z: z.cosh(), lambda z: z.sinh()),
    "sqrt": (lambda z: z.sqrt(), lambda z: z.rsqrt() / 2),
    "rsqrt": (lambda z: z.rsqrt(), lambda z: -z.rsqrt() / (2 * z)),
    "erf": (lambda z: z.erf(), lambda z: 2 * (-z * z).exp() / arb.pi().sqrt()),
    "sin": (lambda z: z.sin(), lambda z: z.cos()),
    "cos": (lambda z: z.cos(), lambda z: -z.sin()),
    "atan": (lambda z: z.atan(), lambda z: 1 / (1 + z * z)),
}
"""Functions that the table of true functions is composed of, with their derivatives.

Where one of them is missing here, the difference of two enclosures is taken.
"""


class Deviated:
    """A number with a deviation.  Arithmetic, comparisons with numbers, and the methods of :data:`ELEMENTARY`.

    A comparison holds if it holds in both runs.
    """

    __slots__ = ("deviation", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: arb, deviation: arb = _ZERO) -> None:
        self.value, self.deviation = value, deviation

    @property
    def other(self) -> arb:
        """The number in the other run."""
        return self.value + self.deviation

    def carried(self, function: Callable[[arb], arb], slope: Callable[[arb], arb]) -> Deviated:
        """f(v) and f(v + d) - f(v), which is the slope somewhere in between times d."""
        value = function(self.value)
        if self.deviation.is_zero():
            return Deviated(value)
        mean = slope(self.value.union(self.other)) * self.deviation
        direct = function(self.other) - value
        return Deviated(value, mean if mean.is_finite() and not direct.rad() < mean.rad() else direct)

    def __getattr__(self, name: str) -> Callable[[], Deviated]:
        if name not in ELEMENTARY:
            raise AttributeError(name)
        return lambda: self.carried(*ELEMENTARY[name])

    def __add__(self, other: Any) -> Deviated:
        if isinstance(other, Deviated):
            return Deviated(self.value + other.value, self.deviation + other.deviation)
        return Deviated(self.value + other, self.deviation)

    def __mul__(self, other: Any) -> Deviated:
        if not isinstance(other, Deviated):
            return Deviated(self.value * other, self.deviation * other)
        deviation = self.deviation * other.value
        if not other.deviation.is_zero():
            deviation = deviation + self.other * other.deviation
        return Deviated(self.value * other.value, deviation)

    def __pow__(self, exponent: Any) -> Deviated:
        if isinstance(exponent, int) and 0 < exponent <= _HIGHEST_PRODUCT:
            result = self
            for _ in range(exponent - 1):
                result = result * self
            return result
        return self.carried(lambda z: z**exponent, lambda z: exponent * z ** (exponent - 1))

    def __neg__(self) -> Deviated:
        return Deviated(-self.value, -self.deviation)

    def __sub__(self, other: Any) -> Deviated:
        return self + -other

    def __rsub__(self, other: Any) -> Deviated:
        return -self + other

    def __truediv__(self, other: Any) -> Deviated:
        return self * other**-1 if isinstance(other, Deviated) else self * (1 / arb(other))

    def __rtruediv__(self, other: Any) -> Deviated:
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > other and self.other > other)

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= other and self.other <= other)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == other and self.other == other)

    def __abs__(self) -> Deviated:
        if self > 0:
            return self
        if self <= 0:
            return -self
        raise Undetermined("the sign of a number")


class Deviating(Composed):
    """The ring of :class:`Deviated` numbers.  What :class:`Ball` cannot decide is undetermined here as well."""

    def __init__(self) -> None:
        self.ball = Ball()

    def number(self, p: int, q: int = 1) -> Deviated:
        return Deviated(self.ball.number(p, q))

    def add(self, terms: Sequence[Deviated]) -> Deviated:
        return Deviated(sum((z.value for z in terms), _ZERO), sum((z.deviation for z in terms), _ZERO))

    def mul(self, factors: Sequence[Deviated]) -> Deviated:
        result, *rest = factors or [self.number(1)]
        for factor in rest:
            result = result * factor
        return result

    def power(self, base: Deviated, p: int, q: int = 1) -> Deviated:
        return base**p if q == 1 else base ** (arb(p) / q)

    def apply(self, name: str, order: int, argument: Deviated) -> Deviated:
        if argument.deviation.is_zero():
            return Deviated(self.ball.apply(name, order, argument.value))
        found = self._composed(name, order, argument)
        if found is not None:
            return found
        value, other = (self.ball.apply(name, order, z) for z in (argument.value, argument.other))
        return Deviated(value, other - value)

    def _composed(self, name: str, order: int, argument: Deviated) -> Deviated | None:
        """By the function's formula; None where that is not composed of what is known here, or of a kink in between."""
        function = TRUE_FUNCTIONS.get((name, order))
        try:
            if isinstance(function, FunctionType):
                found = function(argument)
            else:  # a method of arb itself, which must not be given anything else
                found = getattr(argument, getattr(function, "__name__", ""))()
        except (AttributeError, TypeError, Undetermined):
            return None
        return found if isinstance(found, Deviated) else None

    def logsumexp(self, arguments: Sequence[Deviated]) -> Deviated:
        """The deviation is a mean of the arguments' deviations, with weights from in between."""
        value = self.ball.logsumexp([z.value for z in arguments])
        between = [z.value.union(z.other) for z in arguments]
        middle = self.ball.logsumexp(between)
        parts = ((here - middle).exp() * z.deviation for here, z in zip(between, arguments, strict=True))
        return Deviated(value, sum(parts, _ZERO))

    def largest(self, arguments: Sequence[Deviated]) -> Deviated:
        value = self.ball.largest([z.value for z in arguments])
        try:
            return Deviated(value, arguments[self.argmax(arguments, range(len(arguments)))].deviation)
        except Undetermined:
            return Deviated(value, self.ball.largest([z.other for z in arguments]) - value)

    def argmax(self, arguments: Sequence[Deviated], indices: Sequence[int]) -> int:
        """The index of the largest, where it is the same for both runs."""
        here = self.ball.argmax([z.value for z in arguments], indices)
        if here != self.ball.argmax([z.other for z in arguments], indices):
            raise Undetermined("the two runs choose different arguments")
        return here

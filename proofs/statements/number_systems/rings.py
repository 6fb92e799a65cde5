"""Number systems in which the two sides of a claim are compared, besides those of the evaluator and ``Closed``.

* :class:`Growth`: how large a value's degree and constants can get, for the error bound and against blow-up;
* :class:`Exact`: rational numbers, and rigorous enclosures where a function leaves them, with what was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import arb, ctx, fmpz

from dyadic.proofs.evaluate.number_rings import Anywhere, Ball, Undetermined
from dyadic.proofs.evaluate.reals import AT_ZERO
from dyadic.proofs.statements.number_systems.work import spend
from dyadic.symbolic.functions import FUNCTIONS

_INDEX_BITS = 30
_LONGEST = 10**100
"""Numbers beyond it are not written out in full."""
_FUNCTION, _LABELS = 10, 16
"""Units of work (work.py) of a function value; the labels that take one."""
_NEAR = 40
"""Bits of the distance within which a value must exist."""


class Growth:
    """Degrees of a numerator and a denominator in the values drawn; constants count by their number of bits.

    Either is at least the degree, and at least log2 of the sum of the absolute values of the coefficients.
    ``deepest``: the largest degree among the arguments of functions.
    """

    bounding = True

    def __init__(self) -> None:
        self.deepest = 0

    def number(self, p: int, q: int = 1) -> tuple[int, int]:
        if isinstance(p, Anywhere):
            return _INDEX_BITS, 0
        return (abs(p) - 1).bit_length() if p else 0, (q - 1).bit_length()

    def add(self, terms: Sequence[tuple[int, int]]) -> tuple[int, int]:
        terms = list(map(_degrees, terms))
        below = sum(d for _, d in terms)
        top = max((n + below - d for n, d in terms), default=0)
        return top + (len(terms) - 1).bit_length() if terms else 0, below

    def mul(self, factors: Sequence[tuple[int, int]]) -> tuple[int, int]:
        factors = list(map(_degrees, factors))
        return sum(n for n, _ in factors), sum(d for _, d in factors)

    def dot(self, rows: Sequence[Sequence[tuple[int, int]]]) -> tuple[int, int]:
        return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])

    def more(self, total: tuple[int, int], one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
        return self.add([total, self.mul([one, two])])

    def power(self, base: tuple[int, int], p: int, q: int = 1) -> tuple[int, int]:
        if q != 1:
            base = self.logsumexp([base])
        n, d = _degrees(base) if p >= 0 else _degrees(base)[::-1]
        return abs(p) * n, abs(p) * d

    def largest(self, arguments: Sequence[tuple[int, int]]) -> tuple[int, int]:
        arguments = list(map(_degrees, arguments))
        self.deepest = max(self.deepest, *(n + d for n, d in arguments))
        return max(n for n, _ in arguments), max(d for _, d in arguments)

    def argmax(self, arguments: Sequence[tuple[int, int]], indices: Sequence[int]) -> Any:
        return Anywhere()

    def apply(self, name: str, order: int, argument: tuple[int, int]) -> tuple[int, int]:
        return self.logsumexp([argument])

    def logsumexp(self, arguments: Sequence[tuple[int, int]]) -> tuple[int, int]:
        self.deepest = max(self.deepest, *(n + d for n, d in map(_degrees, arguments)))
        return 1, 0


def _degrees(value: Any) -> tuple[int, int]:
    """Those of a value; the index of a largest value is a number, with its bits."""
    return value if isinstance(value, tuple) else (_INDEX_BITS, 0)


@dataclass(frozen=True)
class Traced:
    """A number, rational if possible, and the labels of the values that it was made from."""

    value: Any
    used: frozenset[str] = frozenset()

    @cached_property
    def zero(self) -> bool:
        return isinstance(self.value, Fraction) and not self.value

    def differs(self, other: Traced) -> bool:
        """Whether the two numbers differ for certain."""
        if isinstance(self.value, Fraction) and isinstance(other.value, Fraction):
            return self.value != other.value
        one, two = _ball(self.value), _ball(other.value)
        return bool(one.is_finite() and two.is_finite() and not one.overlaps(two))

    def above(self, other: Traced) -> bool:
        """Whether this is the larger number for certain."""
        if isinstance(self.value, Fraction) and isinstance(other.value, Fraction):
            return self.value > other.value
        return bool(_ball(self.value) > _ball(other.value))

    def about(self) -> Fraction:
        """A rational number nearby.  Raises :class:`Undetermined`."""
        if isinstance(self.value, Fraction):
            return self.value
        if not self.value.is_finite():
            raise Undetermined("a number that is not known")
        return Fraction(float(self.value.mid())).limit_denominator(1000)

    def __str__(self) -> str:
        return written(self.value) if isinstance(self.value, Fraction) else f"{self.value.str(15, radius=False)}..."


def written(value: Fraction) -> str:
    """A rational number, as it is or, where that has very many digits, about."""
    if max(abs(value.numerator), value.denominator) < _LONGEST:
        return str(value)
    return f"about {_ball(value).str(15, radius=False)}"


class Exact:
    """Rational arithmetic; function values that are not rational are enclosures, recorded by name in ``calls``."""

    bounding = False

    def __init__(self) -> None:
        self.calls: dict[str, str] = {}
        self._balls = Ball()

    def number(self, p: int, q: int = 1) -> Traced:
        return Traced(Fraction(p, q))

    def add(self, terms: Sequence[Traced]) -> Traced:
        terms = [term for term in map(traced, terms) if term.used or not term.zero]
        spend(len(terms) + sum(len(term.used) for term in terms) // _LABELS)
        used = frozenset().union(*(term.used for term in terms))
        return Traced(_total([term.value for term in terms]), used)

    def mul(self, factors: Sequence[Traced]) -> Traced:
        factors = list(map(traced, factors))
        for factor in factors:
            if factor.zero:  # nothing else matters
                return factor
        spend(len(factors) + sum(len(factor.used) for factor in factors) // _LABELS)
        result: Any = Fraction(1)
        for factor in factors:
            result = _product(result, factor.value)
        return Traced(result, frozenset().union(*(factor.used for factor in factors)))

    def dot(self, rows: Sequence[Sequence[Traced]]) -> Traced:
        return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])

    def more(self, total: Traced, one: Traced, two: Traced) -> Traced:
        product = self.mul([one, two])
        return self.add([total, product]) if product.used or not product.zero else total

    def power(self, base: Traced, p: int, q: int = 1) -> Traced:
        base = traced(base)
        if base.zero and p < 0:
            raise Undetermined("division by zero")
        if q == 1:
            if isinstance(base.value, Fraction):
                return replace(base, value=base.value**p)
            return replace(base, value=_defined(self._balls.power(base.value, p)))
        exact = _exact_root(base.value, q)
        if exact is not None:
            return replace(base, value=exact**p)
        return replace(base, value=_plain(_defined(self._balls.power(_ball(base.value), p, q))))

    def largest(self, arguments: Sequence[Traced]) -> Traced:
        arguments = list(map(traced, arguments))
        used = frozenset().union(*(a.used for a in arguments))
        try:
            return replace(arguments[self.argmax(arguments, range(len(arguments)))], used=used)
        except Undetermined:  # which is the largest; an enclosure of it there is
            return Traced(_defined(self._balls.largest([_ball(a.value) for a in arguments])), used)

    def argmax(self, arguments: Sequence[Traced], indices: Sequence[int]) -> int:
        return self._balls.argmax([_ball(traced(a).value) for a in arguments], indices)

    def apply(self, name: str, order: int, argument: Traced) -> Traced:
        argument = traced(argument)
        label = f"{name}{chr(39) * order}({argument})"
        used = argument.used | {label}
        value = rational_value(name, order, argument.value)
        if value is None:
            spend(_FUNCTION * max(1, ctx.prec >> 8))
            value = _plain(_defined(self._balls.apply(name, order, _ball(argument.value))))
        result = Traced(value, used)
        self.calls.setdefault(label, str(result))
        return result

    def logsumexp(self, arguments: Sequence[Traced]) -> Traced:
        label = f"log-sum-exp({', '.join(str(a) for a in arguments)})"
        used = frozenset({label}).union(*(a.used for a in arguments))
        if len(arguments) == 1:
            return arguments[0]
        spend(_FUNCTION * len(arguments) * max(1, ctx.prec >> 8))
        result = Traced(self._balls.logsumexp([_ball(a.value) for a in arguments]), used)
        self.calls.setdefault(label, str(result))
        return result


def rational_value(name: str, order: int, value: Any) -> Fraction | None:
    """A function's value, or its derivative's, at a rational number, where it is known to be rational itself."""
    if not isinstance(value, Fraction):
        return None
    if name == "identity":
        return Fraction(1) if order else value
    if name == "relu":
        return (Fraction(1) if order else value) if value > 0 else Fraction(0)
    if name == "step":
        return Fraction(int(value > 0 and not order))
    if name in ("sqrt", "rsqrt") and order == 0 and value > 0:
        root = _exact_root(value, 2)
        return root if root is None or name == "sqrt" else 1 / root
    if name == "log" and order == 1 and value:
        return 1 / value
    if name == "log" and order == 0 and value == 1:
        return Fraction(0)
    return AT_ZERO.get((name, order)) if value == 0 else None


def traced(value: Any) -> Traced:
    """A number; the index of a largest value is one."""
    return value if isinstance(value, Traced) else Traced(Fraction(value))


class Neighbourhood(Exact):
    """Values that exist in a neighbourhood of the numbers drawn, and not at these alone, as sqrt(-a^2) does at 0."""

    def power(self, base: Traced, p: int, q: int = 1) -> Traced:
        base = traced(base)
        if base.used and (p < 0 or q != 1):
            _defined(self._balls.power(_around(base.value), p, q))
        return super().power(base, p, q)

    def apply(self, name: str, order: int, argument: Traced) -> Traced:
        argument = traced(argument)
        if argument.used and bounded(name):
            _defined(self._balls.apply(name, order, _around(argument.value)))
        return super().apply(name, order, argument)


def bounded(name: str) -> bool:
    """Whether a function is not defined for all numbers."""
    return name in ("log", "sqrt", "rsqrt") or (name in FUNCTIONS and FUNCTIONS[name].defined is not None)


def _around(value: Any) -> arb:
    return _ball(value) + arb(0, 2**-_NEAR)


def _defined(value: arb) -> arb:
    if not value.is_finite():
        raise Undetermined("a function value that is not defined")
    return value


def _plain(value: arb) -> Fraction | arb:
    """The rational number that an enclosure is, where it is of one alone."""
    if not value.is_exact():
        return value
    mantissa, exponent = map(int, value.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent if abs(exponent) < _INDEX_BITS**2 else value


def _exact_root(value: Any, q: int) -> Fraction | None:
    """The q-th root of a rational number, where it is rational."""
    if not isinstance(value, Fraction) or value < 0:
        return None
    found = Fraction(int(fmpz(value.numerator).root(q)), int(fmpz(value.denominator).root(q)))
    return found if found**q == value else None


def _ball(value: Any) -> arb:
    return arb(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def _total(values: Sequence[Any]) -> Any:
    if all(isinstance(value, Fraction) for value in values):
        return sum(values, Fraction(0))
    return sum((_ball(value) for value in values), arb(0))


def _product(one: Any, two: Any) -> Any:
    if isinstance(one, Fraction) and isinstance(two, Fraction):
        spend(one.numerator.bit_length() + two.numerator.bit_length() >> 8)
        return one * two
    return _ball(one) * _ball(two)

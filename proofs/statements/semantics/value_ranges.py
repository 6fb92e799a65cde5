"""Between which numbers the values of an expression lie, and whether it is 0 at single points only.

Both are told from how the expression is written: intervals for its parts, and for the rest nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import inf
from typing import Any

from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.symbolic.readers.python_code.partial_values import POWER, WHERE

Bodies = Mapping[str, Any]
"""The right-hand sides of equations by the name that they define."""
_DEEPEST = 100
_ANALYTIC = (
    "exp", "expm1", "erf", "sin", "cos", "sinh", "cosh", "tanh", "asinh", "atan", "sigmoid", "softplus", "log_sigmoid",
    "gelu", "gelu_tanh", "silu", "mish",
)  # fmt: skip
_OF_POSITIVE = ("log", "log1p", "sqrt", "rsqrt")
"""Functions that are analytic where their arguments are positive."""
_ZERO_AT_ZERO = ("abs", "sign", "sqrt", "rsqrt", "tanh", "sinh", "asinh", "atan", "expm1", "erf")
"""Functions that are 0 where their arguments are, and nowhere else."""


@dataclass(frozen=True)
class ValueRange:
    """The numbers from low to high; open: whether these two are left out."""

    low: Fraction | float = -inf
    high: Fraction | float = inf
    open: tuple[bool, bool] = (False, False)

    @property
    def positive(self) -> bool:
        return self.low > 0 or (self.low == 0 and self.open[0])

    @property
    def negative(self) -> bool:
        return self.high < 0 or (self.high == 0 and self.open[1])

    def __add__(self, other: ValueRange) -> ValueRange:
        opened = (self.open[0] or other.open[0], self.open[1] or other.open[1])
        return ValueRange(self.low + other.low, self.high + other.high, opened)

    def __mul__(self, other: ValueRange) -> ValueRange:
        pairs = [(self.low, self.open[0]), (self.high, self.open[1])]
        others = [(other.low, other.open[0]), (other.high, other.open[1])]
        ends = [(_times(a, b), _reached(a, b, one, two)) for (a, one), (b, two) in product(pairs, others)]
        low, high = min(value for value, _ in ends), max(value for value, _ in ends)
        left_out = [all(not reached for value, reached in ends if value == end) for end in (low, high)]
        return ValueRange(low, high, (left_out[0], left_out[1]))

    @property
    def inverse(self) -> ValueRange:
        if self.positive:
            low = 1 / Fraction(self.high) if self.high < inf else 0
            high = 1 / Fraction(self.low) if self.low else inf
            return ValueRange(low, high, (self.open[1] or not low, self.open[0] or not self.low))
        if self.negative:
            return MINUS * (MINUS * self).inverse
        return NOT_NEGATIVE if self.low >= 0 else ValueRange(high=0) if self.high <= 0 else ANY

    @property
    def square(self) -> ValueRange:
        if self.low >= 0 or self.high <= 0:
            return self * self
        return ValueRange(0, _times(max(self.high, -self.low), max(self.high, -self.low)))


def _times(one: Fraction | float, two: Fraction | float) -> Fraction | float:
    return 0 if not one or not two else one * two


def _reached(one: Fraction | float, two: Fraction | float, one_open: bool, two_open: bool) -> bool:
    """Whether a product of two ends is one of numbers of the intervals: 0 is, where one of them holds 0."""
    return not (one_open or two_open) or (one == 0 and not one_open) or (two == 0 and not two_open)


ANY, NOT_NEGATIVE, MINUS = ValueRange(), ValueRange(0), ValueRange(Fraction(-1), Fraction(-1))
_UNIT, _ROUND = ValueRange(0, 1), ValueRange(-1, 1)
_KNOWN = {
    "sigmoid": ValueRange(0, 1, (True, True)), "hard_sigmoid": _UNIT, "step": _UNIT, "sign": _ROUND,
    "exp": ValueRange(0, inf, (True, True)),
    "softplus": ValueRange(0, inf, (True, True)), "log_sigmoid": ValueRange(-inf, 0, (True, True)),
    "tanh": ValueRange(-1, 1, (True, True)), "erf": ValueRange(-1, 1, (True, True)), "sin": _ROUND, "cos": _ROUND,
    "cosh": ValueRange(1), "softsign": ValueRange(-1, 1, (True, True)), "expm1": ValueRange(-1, inf, (True, True)),
    "abs": NOT_NEGATIVE, "relu": NOT_NEGATIVE, "sqrt": NOT_NEGATIVE, "acos": NOT_NEGATIVE, "acosh": NOT_NEGATIVE,
    "rsqrt": ValueRange(0, inf, (True, True)),
}  # fmt: skip
_RISING_FROM_ZERO = ("relu", "sqrt", "abs", "log1p", "expm1", "sinh", "tanh", "asinh", "atan")
"""Functions f with f(0) = 0 that are positive for positive numbers."""


class ValueRanges:
    """Of expressions that read equations; what has none may be any number."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._known: dict[str, ValueRange] = {}
        self._thin: dict[str, bool] = {}
        self._apart: dict[str, bool] = {}
        self._analytic: dict[str, bool] = {}
        for name in bodies:  # in order, so that each finds what it reads
            node = ["entry", "", name, []]
            self.of(node), self.analytic(node), self.thin(node), self.apart(node)

    def of(self, node: Any, depth: int = 0) -> ValueRange:
        """The interval in which all values of an expression lie that has a value."""
        if depth > _DEEPEST:
            return ANY

        def inner(child: Any) -> ValueRange:
            return self.of(child, depth + 1)

        match node:
            case int():
                return ValueRange(Fraction(node), Fraction(node))
            case ["rational", int(p), int(q)]:
                return ValueRange(Fraction(p, q), Fraction(p, q))
            case ["size", _]:
                return ValueRange(Fraction(1))
            case ["pi"]:
                return ValueRange(Fraction(3), Fraction(4))
            case ["entry", _, str(name), _]:
                if name not in self._known:
                    self._known[name] = ANY
                    self._known[name] = inner(self._bodies[name]) if name in self._bodies else ANY
                return self._known[name]
            case ["+", *terms]:
                pair = _by_mask(terms)
                if pair is not None:
                    one, two = map(inner, pair)
                    return _hull(one, two)
                return sum(map(inner, terms), ValueRange(Fraction(0), Fraction(0)))
            case ["*", *factors]:
                return self._product(factors, depth)
            case [str(head), _, value] if head == WHERE:
                return _UNIT * inner(value)
            case [str(head), _, value] if head == POWER:
                return inner(value)
            case ["^", base, exponent]:
                return _power(inner(base), exponent)
            case ["sum", _, _, body]:
                return _sum(inner(body))
            case ["max", _, _, body]:
                return inner(body)
            case ["apply", str(name), 0, argument]:
                return _applied(name, inner(argument))
            case [str(head), *_] if head in GUARDS:
                return _UNIT
        return ANY

    def _product(self, factors: Sequence[Any], depth: int) -> ValueRange:
        """Of equal factors the square is taken."""
        found = ValueRange(Fraction(1), Fraction(1))
        nodes = {repr(factor): factor for factor in factors}
        for text, count in Counter(map(repr, factors)).items():
            one = self.of(nodes[text], depth + 1)
            found = found * _power(one, count)
        return found

    def thin(self, node: Any, depth: int = 0) -> bool:
        """Whether an expression is known to be 0 at single points only, or everywhere, and not on a part alone."""
        if depth > _DEEPEST:
            return False
        found = self.of(node)
        if found.positive or found.negative or self.analytic(node):
            return True

        def inner(child: Any) -> bool:
            return self.thin(child, depth + 1)

        match node:
            case ["entry", _, str(name), _] if name in self._bodies:
                return self._told(self._thin, name, inner)
            case ["*" | "^" | "apply", *_]:
                return _of_its_parts(node, inner)
            case ["max", _, _, body]:
                return self.apart(body)
            case ["sum", _, _, body]:
                return self.of(body).low >= 0 and inner(body)
            case ["+", *terms]:
                pair = _by_mask(terms)
                if pair is not None:
                    return all(map(self.apart, pair))
                return all(self.of(term).low >= 0 and inner(term) for term in terms)
        return False

    def apart(self, node: Any, depth: int = 0) -> bool:
        """Whether an expression is known to be 0 at single points at most."""
        if depth > _DEEPEST:
            return False
        found = self.of(node)
        if found.positive or found.negative:
            return True

        def inner(child: Any) -> bool:
            return self.apart(child, depth + 1)

        match node:
            case ["entry", _, str(name), _]:
                return name not in self._bodies or self._told(self._apart, name, inner)
        return _of_its_parts(node, inner)

    def analytic(self, node: Any) -> bool:
        """Whether it is analytic on the whole of a connected set: no kink, no choice, no root of what may be 0."""
        if not isinstance(node, list) or not node:
            return True
        if node[0] in (WHERE, POWER, "max"):
            return False
        if node[0] == "entry":
            return node[2] not in self._bodies or self._told(self._analytic, node[2], self.analytic)
        if node[0] == "^" and not isinstance(node[2], int) and not self.of(node[1]).positive:
            return False
        if node[0] == "apply" and not (node[1] in _ANALYTIC or (node[1] in _OF_POSITIVE and self.of(node[3]).positive)):
            return False
        return all(map(self.analytic, node[1:]))

    def _told(self, known: dict[str, bool], name: str, ask: Callable[[Any], bool]) -> bool:
        """What is known of what a name stands for, asked once."""
        if name not in known:
            known[name] = False
            known[name] = ask(self._bodies[name])
        return known[name]


def _of_its_parts(node: Any, ask: Callable[[Any], bool]) -> bool:
    """Whether it is so of all that is 0 where a product, a power or a function is; of nothing else."""
    match node:
        case ["*", *factors]:
            return all(map(ask, factors))
        case ["^", base, _]:
            return ask(base)
        case ["apply", str(name), 0, argument] if name in _ZERO_AT_ZERO:
            return ask(argument)
    return False


def _by_mask(terms: Sequence[Any]) -> tuple[Any, Any] | None:
    """What stands where a mask holds, and where it does not."""
    match terms:
        case [["where", mask, one], ["where", ["+", 1, ["*", -1, other]], two]] if mask == other:
            return one, two
    return None


def _hull(one: ValueRange, two: ValueRange) -> ValueRange:
    low, high = min(one.low, two.low), max(one.high, two.high)
    below = all(part.open[0] for part in (one, two) if part.low == low)
    above = all(part.open[1] for part in (one, two) if part.high == high)
    return ValueRange(low, high, (below, above))


def _power(base: ValueRange, exponent: Any) -> ValueRange:
    if not isinstance(exponent, int):
        return ValueRange(0, inf, (base.positive, False))
    if exponent < 0:
        return _power(base, -exponent).inverse
    found = base.square if exponent > 1 else base if exponent else ValueRange(Fraction(1), Fraction(1))
    for _ in range(exponent // 2 - 1):
        found = found * base.square
    return found * base if exponent > 1 and exponent % 2 else found


def _sum(term: ValueRange) -> ValueRange:
    """Of one term or more."""
    if term.low >= 0:
        return ValueRange(term.low, inf, (term.open[0], False))
    if term.high <= 0:
        return ValueRange(-inf, term.high, (False, term.open[1]))
    return ANY


def _applied(name: str, argument: ValueRange) -> ValueRange:
    found = _KNOWN.get(name, ANY)
    if name == "exp" and argument.low >= 0:
        return ValueRange(1, inf, (argument.positive, True))
    if name == "exp" and argument.high <= 0:
        return ValueRange(0, 1, (True, argument.negative))
    if name == "relu" and argument.low < 0 < argument.high:
        return ValueRange(0, argument.high, (False, argument.open[1]))
    if name in ("relu", "abs") and argument.low >= 0:
        return argument
    if name in _RISING_FROM_ZERO and argument.low >= 0:
        return ValueRange(0, found.high, (argument.positive, found.open[1]))
    if name == "log" and argument.low >= 1:
        return ValueRange(0, inf, (argument.low > 1 or argument.open[0], False))
    return found


__all__ = ["ANY", "Bodies", "ValueRange", "ValueRanges"]

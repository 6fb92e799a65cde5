"""Numbers that Python has as floats: real ones where they are a value, the float itself where they decide something.

That ``0.1 + 0.2`` is not 0.3 matters where it is compared, cut off to an integer, or a condition.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

from dyadic.symbolic.readers.python_code.source_text import NotInSubset

_BY_PYTHON: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip


class KnownFloat(Fraction):
    """A real number, and the float that Python computes for it; None where its last digits are not known."""

    __slots__ = ("computed",)
    computed: float | None

    def __new__(cls, exact: int | Fraction, computed: float | None) -> KnownFloat:
        found = super().__new__(cls, exact)
        found.computed = computed
        return found


def as_python(value: int | Fraction) -> int | float:
    """A known number as Python has it."""
    if isinstance(value, int):
        return value
    computed = value.computed if isinstance(value, KnownFloat) else float(value)
    if computed is None:
        raise NotInSubset("what the last digits of a sum of decimals decide")
    return computed


def computed_by(kind: type[ast.operator], one: int | Fraction, two: int | Fraction) -> float | None:
    """The float that an operator gives.  Raises :class:`NotInSubset` where it is none, or not finite."""
    if any(isinstance(value, KnownFloat) and value.computed is None for value in (one, two)):
        return None
    try:
        found = _BY_PYTHON[kind](as_python(one), as_python(two))
    except ArithmeticError as error:
        raise NotInSubset("a number that is not finite") from error
    if isinstance(found, complex) or not isfinite(found):
        raise NotInSubset("a number that is not finite")
    return float(found)


def divided_down(kind: type[ast.operator], one: int | Fraction, two: int | Fraction) -> KnownFloat:
    """``//`` and ``%`` of floats: they are what Python makes of them where the quotient lies next to an integer."""
    as_python(one), as_python(two)
    quotient, found = computed_by(ast.FloorDiv, one, two), computed_by(kind, one, two)
    assert found is not None
    same = quotient == one // two
    return KnownFloat(one % two if same and kind is ast.Mod else Fraction(repr(found)), found)


def changed_sign(value: int | Fraction) -> int | Fraction:
    """``-x``."""
    if not isinstance(value, KnownFloat):
        return -value
    return KnownFloat(-Fraction(value), None if value.computed is None else -value.computed)


def magnitude(value: int | Fraction) -> int | Fraction:
    """``abs(x)``."""
    return changed_sign(value) if value < 0 else +value if isinstance(value, bool) else value


def rounded(value: int | Fraction, digits: int | None) -> int | Fraction:
    """``round(x, digits)``."""
    found = round(as_python(value)) if digits is None else round(as_python(value), digits)
    return found if isinstance(found, int) else KnownFloat(Fraction(repr(found)), found)


def is_integer(value: int | Fraction) -> bool:
    """Whether a number is an integer.  Raises :class:`NotInSubset` where its float is one and it is not, or is not."""
    found = value.denominator == 1
    if not isinstance(value, int) and float(as_python(value)).is_integer() != found:
        raise NotInSubset("a number whose last digits decide whether it is an integer")
    return found


__all__ = [
    "KnownFloat",
    "as_python",
    "changed_sign",
    "computed_by",
    "divided_down",
    "is_integer",
    "magnitude",
    "rounded",
]

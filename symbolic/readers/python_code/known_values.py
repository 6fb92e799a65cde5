"""Numbers that an expression of the subset is worth before any array is known, and how they compare."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from dyadic.symbolic.readers.python_code.call_arguments import sized
from dyadic.symbolic.readers.python_code.known_floats import KnownFloat, as_python
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, NumbersNeeded

_MOST_BITS = 256
_MOST_ITEMS = 1000
_COMPARED = (str, int, Fraction, tuple, type(None))
"""Values of which it is known whether they are equal: not texts whose letters are not known, nor types of arrays."""


def by_zero() -> Any:
    raise NotInSubset("a division by 0")


def is_number(value: Any) -> bool:
    return isinstance(value, int | Fraction)


def small(value: int) -> int:
    if value.bit_length() > _MOST_BITS:
        raise NotInSubset("a number of so many digits")
    return value


def whole(value: int | Fraction) -> int:
    """An integer."""
    return small(int(value))


def real(value: int | Fraction, computed: float | None) -> KnownFloat:
    """A real number, which stays one where it has no fraction.  computed: the float that Python has for it."""
    small(value.numerator), small(value.denominator)
    return KnownFloat(value, computed)


def short(value: Any) -> Any:
    if len(value) > _MOST_ITEMS:
        raise NotInSubset("a list of so many entries")
    return value


def repeated(value: Any, times: int) -> Any:
    """A tuple or a list so many times over."""
    if len(value) * times > _MOST_ITEMS:
        raise NotInSubset("a list of so many entries")
    return value * times


def known_comparison(operator: ast.cmpop, one: Any, two: Any) -> bool:
    if sized(one) or sized(two):
        if one == two and isinstance(operator, ast.Eq | ast.NotEq):
            return isinstance(operator, ast.Eq)
        raise NumbersNeeded
    if isinstance(operator, ast.Eq | ast.NotEq) and isinstance(one, _COMPARED) and isinstance(two, _COMPARED):
        items = [item for value in (one, two) if isinstance(value, tuple) for item in value]
        if not all(isinstance(item, int) or sized(item) for item in items):
            raise NotInSubset("a comparison of tuples of arrays")
        if any(map(sized, items)) and one != two:
            raise NumbersNeeded
        if isinstance(one, int | Fraction) and isinstance(two, int | Fraction):
            return (as_python(one) == as_python(two)) == isinstance(operator, ast.Eq)
        return (one == two) == isinstance(operator, ast.Eq)
    if not (is_number(one) and is_number(two)):
        raise NotInSubset("this comparison")
    one, two = as_python(one), as_python(two)
    match operator:
        case ast.Lt():
            return bool(one < two)
        case ast.LtE():
            return bool(one <= two)
        case ast.Gt():
            return bool(one > two)
    return bool(one >= two)


def items_for(parts: Sequence[ast.expr], value: Any) -> list[Any] | None:
    """An item for each target; the one behind a star gets a list of what is left.  None where they do not fit."""
    if not isinstance(value, tuple | list):
        return None
    items, more = list(value), len(value) - len(parts)
    starred = [at for at, one in enumerate(parts) if isinstance(one, ast.Starred)]
    if len(starred) == 1 and more >= -1:
        at = starred[0]
        items[at : at + more + 1] = [items[at : at + more + 1]]
        starred = []
    return items if len(items) == len(parts) and not starred else None


__all__ = ["by_zero", "is_number", "items_for", "known_comparison", "real", "repeated", "short", "small", "whole"]

"""What a caller gives besides arrays: numbers in their ranges.

Every function returns what it was given as Python's own type, or raises :class:`DyadicError` that names it.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from dyadic.symbolic.errors import DyadicError


def positive(name: str, value: Any) -> float:
    """A finite number above 0."""
    return _number(name, value, "write a positive number", lambda number: number > 0)


def not_negative(name: str, value: Any) -> float:
    """A finite number from 0 on."""
    return _number(name, value, "write a number that is not negative", lambda number: number >= 0)


def whole(name: str, value: Any, least: int = 0) -> int:
    """An integer that is not below ``least``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        what = "an integer that is not negative" if least == 0 else f"an integer from {least} on"
        raise DyadicError(f"{name} = {_shown(value)}: write {what}")
    return int(value)


def _number(name: str, value: Any, remedy: str, right: Any) -> float:
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.nan
    if not (math.isfinite(number) and right(number)):
        raise DyadicError(f"{name} = {_shown(value)}: {remedy}")
    return number


def _shown(value: Any) -> str:
    """A value in a message; NumPy's numbers as numbers, and nothing at length."""
    if isinstance(value, Integral) and abs(int(value)) >= 10**40:
        return "an integer of more than 40 digits"
    return str(value)[:60] if isinstance(value, Real) else repr(value)[:60]


__all__ = ["not_negative", "positive", "whole"]

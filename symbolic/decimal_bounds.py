"""Bounds with a few digits: from above rounded up, from below rounded down, so that what is printed is a bound."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal


def decimal_above(value: float, digits: int) -> Decimal:
    """A number of so many significant digits that is not below ``value``."""
    return _rounded(value, digits, ROUND_CEILING)


def decimal_below(value: float, digits: int) -> Decimal:
    """A number of so many significant digits that is not above ``value``."""
    return _rounded(value, digits, ROUND_FLOOR)


def _rounded(value: float, digits: int, rounding: str) -> Decimal:
    return Context(prec=digits, rounding=rounding).create_decimal(Decimal(value))


__all__ = ["decimal_above", "decimal_below"]

"""Numbers in sentences: bounds with a few digits, from above rounded up and from below rounded down, so that what is
printed is a bound; and numbers with all their digits, where a sentence speaks of that number and no other."""

from __future__ import annotations

import sys
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

SMALLEST = Fraction(5e-324)
"""The smallest float, of which those below the normal ones are multiples."""


def decimal_above(value: float | Fraction, digits: int) -> Decimal:
    """A number of so many significant digits that is not below ``value``; of fewer, where a float has no more."""
    return _rounded(value, digits, ROUND_CEILING)


def decimal_below(value: float | Fraction, digits: int) -> Decimal:
    """A number of so many significant digits that is not above ``value``; of fewer, where a float has no more."""
    return _rounded(value, digits, ROUND_FLOOR)


def text_above(value: float | Fraction, digits: int) -> str:
    """A bound from above as text, such as 1.3e-9; a float that is not finite as it is, and 0."""
    return "0" if value == 0 else f"{decimal_above(value, digits):.{_known(value, digits) - 1}e}"


def in_full(value: float) -> str:
    """The shortest text that is read as this number and no other, such as 1, 0.1 or 1e-07."""
    return repr(float(value)).removesuffix(".0")


def _rounded(value: float | Fraction, digits: int, rounding: str) -> Decimal:
    context = Context(prec=_known(value, digits), rounding=rounding)
    if isinstance(value, Fraction):
        return context.divide(Decimal(value.numerator), Decimal(value.denominator))
    return context.create_decimal(Decimal(value))


def _known(value: float | Fraction, digits: int) -> int:
    """A float below the normal ones has few digits: its neighbours differ in those that follow."""
    if isinstance(value, Fraction) or value == 0 or not abs(value) < sys.float_info.min:
        return digits
    return min(digits, len(str(abs(int(Fraction(value) / SMALLEST)))))


__all__ = ["SMALLEST", "decimal_above", "decimal_below", "in_full", "text_above"]

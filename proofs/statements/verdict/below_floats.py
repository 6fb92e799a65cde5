"""Counterexamples that no run of the code shows: both sides are 0 in any float, and differ as real numbers.

Masks by -1e9 and the like make them: a weight exp(-1e9) is not 0, and what it multiplies makes none in float64.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_LEAST = Decimal("2.4e-324")
"""Half of the smallest positive float64: what is below it is rounded to 0."""
_NOTE = "both are 0 in float64: where the code is run this difference is not seen"


def seen_by_no_float(one: str, other: str) -> dict[str, str]:
    """A note for a counterexample whose two sides, as it writes them, are both rounded to 0; else nothing."""
    try:
        small = all(abs(Decimal(text.removesuffix("..."))) < _LEAST for text in (one, other))
    except InvalidOperation:  # an interval, a fraction, a word
        return {}
    return {"note": _NOTE} if small else {}


__all__ = ["seen_by_no_float"]

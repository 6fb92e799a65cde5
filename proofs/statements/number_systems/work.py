"""What the dearer number systems have done, counted: what takes too long ends at the same step each time.

A unit is about a product of two terms.  The evaluator's own operations are counted beforehand (verdict/sizes.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Exhausted(Exception):
    """More work than was allowed.  Nothing follows from it: it is no verdict on what was being examined."""


class Meter:
    """How many units are left."""

    def __init__(self, units: int) -> None:
        self.units, self.left = units, units

    @property
    def spent(self) -> int:
        return self.units - self.left


_METER: ContextVar[Meter | None] = ContextVar("the meter that counts", default=None)


@contextmanager
def at_most(units: int) -> Iterator[Meter]:
    """While what is computed is worth that many units, and no more than an outer meter has left.

    Raises :class:`Exhausted` beyond.
    """
    outer = _METER.get()
    meter = Meter(units if outer is None else max(min(units, outer.left), 0))
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)
        if outer is not None:
            outer.left -= meter.spent


def spend(units: int) -> None:
    """Count units of work."""
    meter = _METER.get()
    if meter is not None:
        meter.left -= units
        if meter.left < 0:
            raise Exhausted

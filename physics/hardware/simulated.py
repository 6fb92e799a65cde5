"""What a simulation can show of a device: errors that stand out from its own rounding, and as many runs as fit."""

from __future__ import annotations

import numpy as np

from dyadic.physics.given_arrays import MOST_SAMPLED
from dyadic.physics.given_numbers import positive, whole
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Updates
from dyadic.symbolic.decimal_bounds import in_full, text_above
from dyadic.symbolic.errors import DyadicError

STANDS_OUT = 2.0**-20
"""The rounding of the simulation is at most this part of what a device is off by."""


def above_rounding(updates: Updates, what: str, size: float) -> float:
    """The size of a device's errors, if the simulation's rounding of the state is small beside it.

    Raises :class:`DyadicError` for one that is not a positive number, or so small that rounding would be measured.
    """
    size, exact = positive(what, size), updates.exact()
    largest = max(float(abs(on_host(exact[variable])).max(initial=0)) for variable in updates.variables)
    least = float(np.finfo(updates.network.module.DTYPE).eps) * max(1.0, largest) / STANDS_OUT
    if size < least:
        raise DyadicError(
            f"{what} = {in_full(size)}: is lost in the simulation's rounding; give at least {text_above(least, 2)}"
        )
    return size


def few_runs(what: str, count: int, entries: int) -> int:
    """A number of runs of which every one takes so many numbers.  Raises :class:`DyadicError` for more than fit."""
    most = max(1, MOST_SAMPLED // max(1, entries))
    if whole(what, count, 1) > most:
        raise DyadicError(f"{what} = {count}: is too many of {entries} numbers each; give at most {most}")
    return count


__all__ = ["STANDS_OUT", "above_rounding", "few_runs"]

"""Steps of methods that descend in two phases: a free one, and then with the output nudged or held.

How long the free phase has to be is asked, not assumed: it ends where a device can end it, when its slope has first
fallen to a power of ten of the largest so far, and no later than the wanted error asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from dyadic.physics.rivals.allowance import OutOfTime
from dyadic.physics.rivals.bench import LARGEST, Bench, Units
from dyadic.physics.rivals.descent import STEP, Objective, path
from dyadic.physics.rivals.method import Watch
from dyadic.physics.updates import Array

_DIGITS, _EVERY = 15, 10


@dataclass(frozen=True)
class Stop:
    """A free phase that ends early: after how many steps, and where."""

    steps: int
    u: Units


@dataclass(frozen=True)
class Phases:
    """free, then: steps of the free phase, and of what comes after it, to the wanted error."""

    free: int
    then: int


def stops(objective: Objective, start: Units, step: float = STEP) -> list[Stop]:
    """Where descent stands when its slope has first fallen to 1, 1/10, ... of the largest so far; then its end."""
    found, most, before, number = [Stop(0, start)], 0.0, start, 0
    with np.errstate(all="ignore"):
        for u, slope in path(objective, start, step):
            most = max(most, slope)
            while len(found) <= _DIGITS and slope <= most * 10.0 ** -len(found):
                found.append(Stop(number, before))
            before, number = u, number + 1
    return [*found, Stop(number, before)]


def fewest(ends: list[Stop], then: Callable[[Units], int | None]) -> Phases | None:
    """The shortest free phase of some that is long enough, by bisection; of those that were tried, the cheapest.

    then: the steps after a free phase that ended in a state; None where they never come to the wanted error.
    """
    enough: list[Phases] = []
    low, high = -1, len(ends)
    place = 0  # no free phase at all is enough for an estimate that the free state is no part of
    while low + 1 < high:
        steps = then(ends[place].u)
        if steps is None:
            low = place
        else:
            high = place
            enough.append(Phases(ends[place].steps, steps))
        place = len(ends) - 1 if place == 0 and high == len(ends) else (low + high) // 2
    return min(enough, key=lambda found: found.free + found.then, default=None)


def together(
    bench: Bench, phases: list[Iterator[tuple[Units, float]]], start: Units,
    estimate: Callable[..., Mapping[str, Array]],
) -> Watch:  # fmt: skip
    """Watches an estimate that is made from the states of several phases at once; one that is over stays where it is.

    phases: the states after each step, with a measure of what was left to do, which is not used.  Where the network is
    large, looking costs more than a step, and it is looked at every few steps.  Raises :class:`OutOfTime` with the
    error that was seen last.
    """
    every = 1 if bench.size <= LARGEST else _EVERY
    watch, states, number = Watch(bench, every), [start] * len(phases), 0
    try:
        with np.errstate(all="ignore"):
            watch.see(0, estimate(*states))
            for number, found in enumerate(zip_longest(*phases), 1):
                states = [state if new is None else new[0] for state, new in zip(states, found, strict=True)]
                if number % every == 0:
                    watch.see(number, estimate(*states))
            if number % every:
                watch.see(number, estimate(*states))
    except OutOfTime as error:
        raise OutOfTime(f"{error}; gradient error after {watch.seen} steps {watch.last[0]:.1e}") from error
    return watch


__all__ = ["Phases", "Stop", "fewest", "stops", "together"]

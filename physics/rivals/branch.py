"""The minimum of a nudged energy on the branch that leaves the free state with the nudge, by Newton's method.

At the free state u0 of an energy whose second derivatives H are positive the minimum of E + beta C is
u0 + beta w_1 + ..., by the implicit function theorem, and Newton's method from u0 goes there for small beta.  Only
products of H with vectors are asked for, so that large networks need no matrix; and no descent is waited for, which
takes about as many steps for each digit as the condition number of H is.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from dyadic.physics.rivals.allowance import spend
from dyadic.physics.rivals.bench import Units, added
from dyadic.physics.rivals.descent import Objective, Rest, curvature_along, positive_solution

_NEWTON, _IDLE = 30, 3
_PART, _ARRIVED = 1e-4, 1e-8
"""Of the slope, what a step's conjugate gradients leave; of the way from the free state, the last step's length."""
_LEFT, _ROUNDING = 1e-10, 1e-14
"""Of the nudge's slope, what may be left at the end; of the activations, what rounding may make of a slope of 0."""


def on_branch(objective: Objective, guess: Units | None = None) -> Rest | None:
    """The minimum near the free state, or None where Newton's method finds none: where E bends, or is not convex.

    guess: where it may be, as from a smaller nudge.
    """
    bench = objective.bench
    free = objective.flat(bench.free)
    at = free if guess is None else objective.flat(guess)
    terms = float(np.abs(objective.flat(objective.moving(bench.free))).max(initial=0))
    least, idle, length = np.inf, 0, np.inf
    with np.errstate(all="ignore"):
        for number in range(_NEWTON):
            slope = objective.flat(objective.moving(bench.units(at)))
            size = float(np.abs(slope).max(initial=0))
            spend(partial("step {} of Newton's method, slope left {:.1e}".format, number, size))
            way = float(np.abs(at - free).max(initial=0))
            little = _LEFT * terms + _ROUNDING * max(1.0, float(np.abs(at).max(initial=0)))
            if size == 0 or (size <= little and (length <= _ARRIVED * way or size > least / 2)):
                return Rest(bench.units(at), None, followed=True)
            least, idle = (size, 0) if size < least / 2 else (least, idle + 1)
            if not np.isfinite(size) or idle > _IDLE:  # as where it goes to and fro across a kink
                break
            direction = positive_solution(partial(curvature_along, objective, at), -slope, _PART)
            if direction is None:
                break
            at, length = at + direction, float(np.abs(direction).max(initial=0))
    return None


def scaled(free: Units, u: Units, ratio: float) -> Units:
    """u0 + ratio (u - u0): to first order where the minimum is when the nudge is so many times as strong."""
    return added((1 - ratio, free), (ratio, u))


__all__ = ["on_branch", "scaled"]

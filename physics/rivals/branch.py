"""The minimum of a nudged energy on the branch that leaves the free state with the nudge, by Newton's method.

At the free state u0 of an energy whose second derivatives H are positive the minimum of E + beta C is
u0 + beta w_1 + ..., by the implicit function theorem, and Newton's method from u0 goes there for small beta.  Only
products of H with vectors are asked for, so that large networks need no matrix; and no descent is waited for, which
takes about as many steps for each digit as the condition number of H is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from dyadic.physics.rivals.allowance import spend
from dyadic.physics.rivals.bench import Units, added, largest
from dyadic.physics.rivals.descent import Objective, Rest, curvature_along, positive_solution

_NEWTON, _IDLE = 30, 3
_PART, _ARRIVED = 1e-4, 1e-8
"""Of the slope, what a step's conjugate gradients leave; of the way from the free state, the last step's length."""
_SHORTEST, _MOST_PARTS, _SMALLER = 0.01, 50, 0.2
"""Of the way from one nudge to another, the shortest part; how many are tried; each step to the one before, at most."""
_LEFT, _ROUNDING = 1e-10, 1e-14
"""Of the nudge's slope, what may be left at the end; of the activations, what rounding may make of a slope of 0."""


def on_branch(
    nudged: Callable[[float], Objective], known: tuple[float, Units], beta: float
) -> tuple[Rest | None, float]:
    """The minimum for a nudge beta on the branch of the free state, or None; and the nudge up to which it was followed.

    The way is cut into parts until Newton's steps shrink in each, from the state before or from where that points to:
    a step to another branch does not pass for one along this.

    known: a nudge, or 0, and its minimum on the branch.
    """
    reached, u = known
    part = beta - reached
    for _ in range(_MOST_PARTS):
        ahead = beta if abs(beta - reached) <= abs(part) else reached + part
        objective = nudged(ahead)
        straight = scaled(objective.bench.free, u, ahead / reached) if reached else None
        found = None if straight is None else near(objective, straight, largest(added((1, straight), (-1, u))) / 2)
        found = found or near(objective, u)
        if found is not None:
            if ahead == beta:
                return found, beta
            reached, u, part = ahead, found.u, 2 * part
        elif abs(part / 2) < _SHORTEST * abs(beta - known[0]):
            break
        else:
            part = (ahead - reached) / 2
    return None, reached


def near(objective: Objective, guess: Units, within: float = np.inf) -> Rest | None:
    """The minimum by Newton's method from a guess, at most so far from it.

    None where it finds none, as where E bends or is not convex, and where its steps do not shrink from the first on.
    """
    bench = objective.bench
    free, start = objective.flat(bench.free), objective.flat(guess)
    at = start
    terms = float(np.abs(objective.flat(objective.moving(bench.free))).max(initial=0))
    least, idle, length = np.inf, 0, np.inf
    slope = direction = np.zeros_like(at)
    with np.errstate(all="ignore"):
        for number in range(_NEWTON):
            earlier, slope = slope, objective.flat(objective.moving(bench.units(at)))
            size = float(np.abs(slope).max(initial=0))
            spend(partial("step {} of Newton's method, slope left {:.1e}".format, number, size))
            way = float(np.abs(at - free).max(initial=0))
            if length > _ARRIVED * way and number and abs(slope @ direction) > _SMALLER * abs(earlier @ direction):
                break  # the curvature along the step is another where it ends
            if not float(np.abs(at - start).max(initial=0)) <= within + _ARRIVED * way:
                break
            little = _LEFT * terms + _ROUNDING * max(1.0, float(np.abs(at).max(initial=0)))
            if size == 0 or (size <= little and (length <= _ARRIVED * way or size > least / 2)):
                return Rest(bench.units(at), None, followed=True)
            least, idle = (size, 0) if size < least / 2 else (least, idle + 1)
            if not np.isfinite(size) or idle > _IDLE:  # as where it goes to and fro across a kink
                break
            solved = positive_solution(partial(curvature_along, objective, at), -slope, _PART)
            if solved is None:
                break
            direction = solved
            at, last, length = at + direction, length, float(np.abs(direction).max(initial=0))
            if length > max(_SMALLER * last, _ARRIVED * way):
                break
    return None


def scaled(free: Units, u: Units, ratio: float) -> Units:
    """u0 + ratio (u - u0): to first order where the minimum is when the nudge is so many times as strong."""
    return added((1 - ratio, free), (ratio, u))


__all__ = ["on_branch", "scaled"]

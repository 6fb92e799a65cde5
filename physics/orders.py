"""Schedules: which variables are updated at once, and in which order.

A schedule gives for every step a sequence of groups.  The variables of a group are updated together from the state
that the groups before it have left.  Every schedule but the wavefront updates each variable once in each step, so a
step is a round of a fair schedule and the state is exact after T of them (theory: any fair schedule settles within T
rounds).  The wavefront updates at step k the variables of rank k alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from dyadic.physics.updates import Variable
from dyadic.symbolic.errors import DyadicError

SCHEDULES = ("synchronous", "wavefront", "asynchronous", "blocks")
Groups = Sequence[Sequence[Variable]]
Schedule = Callable[[int], Groups]
"""From the number of a step, counted from 1, to its groups."""


def schedule(
    name: str, ranks: Mapping[Variable, int], seed: int = 0, blocks: int | Sequence[Sequence[Variable]] = 2
) -> Schedule:
    """A schedule of all variables.

    ranks: of every variable, in topological order.  seed: of the orders that ``asynchronous`` draws, a new one for
    every step.  blocks: groups that are updated one after the other, or into how many the variables are cut, in their
    order.  Raises :class:`DyadicError` for a schedule that there is not, or blocks that do not hold each variable once.
    """
    variables = list(ranks)
    if name == "synchronous":
        return lambda step: [variables]
    if name == "wavefront":
        return lambda step: [[variable for variable in variables if ranks[variable] == step]]
    if name == "asynchronous":
        return _asynchronous(variables, seed)
    if name == "blocks":
        groups = _cut(variables, blocks) if isinstance(blocks, int) else _given(variables, blocks)
        return lambda step: groups
    raise DyadicError(f"schedule {name!r} is unknown; choose one of {', '.join(SCHEDULES)}")


def _asynchronous(variables: Sequence[Variable], seed: int) -> Schedule:
    def groups(step: int) -> Groups:
        order = list(variables)
        random.Random(f"{seed} {step}").shuffle(order)
        return [[variable] for variable in order]

    return groups


def _given(variables: Sequence[Variable], blocks: Sequence[Sequence[Variable]]) -> list[list[Variable]]:
    try:
        groups = [list(block) for block in blocks]
        if sorted(v for group in groups for v in group) == sorted(variables):
            return groups
    except TypeError:  # no sequences of pairs of names
        pass
    raise DyadicError("blocks: must hold every variable exactly once, as (letter, name); or give their number")


def _cut(variables: Sequence[Variable], count: int) -> list[list[Variable]]:
    if isinstance(count, bool) or not 1 <= count <= len(variables):
        raise DyadicError(f"blocks = {count}: write a number from 1 to {len(variables)}, that of the variables")
    edges = [round(k * len(variables) / count) for k in range(count + 1)]
    return [list(variables[low:high]) for low, high in pairwise(edges)]


__all__ = ["SCHEDULES", "Groups", "Schedule", "schedule"]

"""A linear network with steps of size 1/3, in fractions, against the closed form of its deviation.

After n steps it is Sum_j binom(n, j) (1 - h)^(n - j) h^j M^j e_0, where M^j e_0 is what is left of the deviation after
j steps of size 1.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

from dyadic.proofs.checker.evaluation.simulation import NetworkInstance, Small, State
from dyadic.proofs.checker.evaluation.stand_ins import StandIns
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Costly, Rejected

STEP = Fraction(1, 3)
MOST_WORK = 200_000
States = tuple[State, State]


def check(graph: Graph, small: Small, seed: int, where: str) -> int:
    """The number of steps compared.  Raises :class:`Rejected` on a difference."""
    steps = graph.largest_rank + 2
    if small.work(graph) * steps > MOST_WORK:
        raise Costly(where, "the network is too large to simulate here")
    one = NetworkInstance(graph, small, StandIns(seed), seed)
    fixed, unit = _plain(one.wavefront()), one.random_state()
    state, left = unit, [_off(_plain(unit), fixed)]
    for n in range(1, steps + 1):
        unit, state = one.step(unit), _mixed(state, one.step(state))
        left.append(_off(_plain(unit), fixed))
        weights = [comb(n, j) * (1 - STEP) ** (n - j) * STEP**j for j in range(n + 1)]
        for key, value in _off(_plain(state), fixed).items():
            if value != sum(weight * power[key] for weight, power in zip(weights, left, strict=True)):
                raise Rejected(where, f"is wrong after {n} steps of size {STEP}")
    return steps


def _plain(state: States) -> dict[Any, Fraction]:
    return {
        (kind, name, at): value
        for kind, part in zip("xs", state, strict=True)
        for name, table in part.items()
        for at, (value, _) in table.items()
    }


def _off(values: dict[Any, Fraction], fixed: dict[Any, Fraction]) -> dict[Any, Fraction]:
    return {key: value - fixed[key] for key, value in values.items()}


def _mixed(old: States, new: States) -> States:
    """(1 - h) x + h f, entry by entry."""
    x, s = (
        {
            name: {at: ((1 - STEP) * before[name][at][0] + STEP * value, Fraction(0)) for at, (value, _) in t.items()}
            for name, t in after.items()
        }
        for before, after in zip(old, new, strict=True)
    )
    return x, s


__all__ = ["check"]

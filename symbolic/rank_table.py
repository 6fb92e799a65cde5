"""The rank table: after how many unit steps each variable has settled, and the number of steps T.

rank(x_v) is the depth of v.  rank(s_v) is one more than the largest rank among what its update reads, which
is taken from the derived equations, not assumed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RankTable:
    """Ranks of activations and sensitivities by vertex; inputs have rank 0 and are left out."""

    x: dict[str, int]
    s: dict[str, int]

    @property
    def steps(self) -> int:
        """T, the number of unit steps after which the whole state is exact."""
        return max(*self.x.values(), *self.s.values())


@dataclass(frozen=True)
class Reads:
    """What one update reads: activations and sensitivities, by vertex (inputs included)."""

    x: frozenset[str]
    s: frozenset[str]


def rank_table(inputs: set[str], order: list[str], x_reads: dict[str, Reads], s_reads: dict[str, Reads]) -> RankTable:
    """Ranks for vertices in topological ``order``."""
    x: dict[str, int] = dict.fromkeys(inputs, 0)
    for name in order:
        x[name] = 1 + max(x[parent] for parent in x_reads[name].x)
    s: dict[str, int] = {}
    for name in reversed(order):
        read = s_reads[name]
        s[name] = 1 + max([0, *(x[other] for other in read.x), *(s[other] for other in read.s)])
    return RankTable({name: x[name] for name in order}, s)

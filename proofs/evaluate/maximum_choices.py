"""With how many choices of the largest entries an evaluation modulo a prime is repeated.

Over a prime field nothing is the largest: of the values over which a maximum is taken any may be, and an evaluation
takes one.  A first one draws it for each maximum; the next takes the first value of each, the next the second, and so
on, as far as the longest maximum goes and the work allows.  An adjoint that is wrong at one entry of one maximum is
then met.  One that is wrong only where several maxima take certain entries may not be: a claim says how many choices
it is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dyadic.proofs.evaluate.network import whole

MOST_CHOICES = 17
"""The most with which one evaluation is repeated; the checker repeats no more."""


def longest_maximum(content: Any, sizes: Mapping[str, int], where: str) -> int:
    """Over how many values the longest maximum in a layer's or cost's equations is taken; 0 if there is none."""
    longest, left = 0, [content]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            left += node.values()
        elif isinstance(node, list):
            left += node
            if len(node) == 4 and node[0] in ("max", "argmax"):
                longest = max(longest, whole(node[2], sizes, where))
    return longest


def choice_count(longest: int, work: int, most_work: int) -> int:
    """How many choices are evaluated, at least one, where one of them costs ``work``."""
    return max(1, min(1 + longest, MOST_CHOICES, most_work // max(work, 1)))


def choices(count: int) -> Iterable[int | None]:
    """What :class:`.number_rings.PrimeField` is given for each: None for the one that draws."""
    return [None, *range(count - 1)]


__all__ = ["MOST_CHOICES", "choice_count", "choices", "longest_maximum"]

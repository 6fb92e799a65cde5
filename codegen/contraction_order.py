"""Which factors of a sum of products are multiplied first, whatever they are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from math import prod
from typing import Protocol, TypeVar

from dyadic.symbolic.expressions import Index
from dyadic.symbolic.indices import Ranges


class WithAxes(Protocol):
    """What has an index for each of its axes."""

    @property
    def axes(self) -> tuple[Index, ...]: ...


Factor = TypeVar("Factor", bound=WithAxes)


def contracted(
    factors: Sequence[Factor],
    bound: Sequence[Index],
    ranges: Ranges,
    reduced: Callable[[Factor, Sequence[Index]], Factor],
    merged: Callable[[Factor, Factor, Sequence[Index]], Factor],
) -> Factor:
    """The product of the factors, summed over the bound indices (each in at least one factor).

    Pairs are merged greedily, the one that shrinks the work space most (or grows it least) first.
    reduced: a factor summed over indices; merged: the product of two, summed over indices.
    """
    pool = list(factors)
    while True:
        for place, factor in enumerate(pool):
            others = {index for k, other in enumerate(pool) if k != place for index in other.axes}
            pool[place] = reduced(factor, [index for index in bound if index not in others])
        if len(pool) == 1:
            return pool[0]
        one, two = min(combinations(range(len(pool)), 2), key=lambda pair: _growth(pool, pair, bound, ranges))
        others = {index for k, other in enumerate(pool) if k not in (one, two) for index in other.axes}
        pool[one] = merged(pool[one], pool[two], [index for index in bound if index not in others])
        del pool[two]


def _growth(pool: Sequence[WithAxes], pair: tuple[int, int], bound: Sequence[Index], ranges: Ranges) -> int:
    one, two = (pool[place].axes for place in pair)
    kept = {index for k, other in enumerate(pool) if k not in pair for index in other.axes}
    result = [i for i in {*one, *two} if i in kept or i not in bound]
    return size_of(result, ranges) - size_of(one, ranges) - size_of(two, ranges)


def size_of(indices: Iterable[Index], ranges: Ranges, batch: int = 32) -> int:
    """Number of elements over some indices; a batch whose size is not known counts as 32."""
    return prod(int(ranges[index]) if ranges[index].is_Integer else batch for index in indices)


__all__ = ["contracted", "size_of"]

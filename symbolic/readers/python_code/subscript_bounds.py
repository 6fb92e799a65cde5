"""Integer expressions in subscripts: quotients, between which bounds one lies, and what it is as a number."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import Index
from dyadic.symbolic.readers.python_code.source_text import NotInSubset

Bounds = tuple[int, int]


def remainder(index: Index, count: int) -> Index:
    return index % count if isinstance(index, int) else ["remainder", index, count]


def quotient(index: Index, count: int) -> Index:
    """Rounded down."""
    return index // count if isinstance(index, int) else index if count == 1 else ["quotient", index, count]


def bounds(node: Any, extents: Mapping[str, int], below: Mapping[str, int]) -> Bounds:
    """The least and the largest value it may have.  extents: of its indices.  below: of arrays of integers.

    Each occurrence of an index counts by itself, so that the true bounds may be nearer.
    """
    if isinstance(node, int):
        return node, node
    match node:
        case ["index", name]:
            return 0, extents[name] - 1
        case ["entry", _, name, _] if name in below:
            return 0, below[name] - 1
        case ["+", *terms]:
            lows, highs = zip(*(bounds(term, extents, below) for term in terms), strict=True)
            return sum(lows), sum(highs)
        case ["*", *factors]:
            corners = list(map(prod, product(*(bounds(factor, extents, below) for factor in factors))))
            return min(corners), max(corners)
        case ["quotient", one, int() as divisor]:
            low, high = bounds(one, extents, below)
            return low // divisor, high // divisor
        case ["remainder", one, int() as divisor]:
            low, high = bounds(one, extents, below)
            return (low, high) if low >= 0 and high < divisor else (0, divisor - 1)
    raise NotInSubset("an index of this kind")


def value_of(node: Any) -> int | None:
    """The number; None where it depends on an array or an index."""
    if isinstance(node, int):
        return node
    if not isinstance(node, list) or node[0] in ("index", "entry"):
        return None
    parts = [value_of(part) for part in node[1:]]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    match node[0]:
        case "+":
            return sum(known)
        case "*":
            return prod(known)
        case "quotient":
            return known[0] // known[1]
        case "remainder":
            return known[0] % known[1]
    return None


__all__ = ["bounds", "quotient", "remainder", "value_of"]

"""What is asked of maxima at given sizes: whether each is over at least one term, and how many choices each has.

Where a maximum is over nothing, a layer has no value.

The proof for all sizes takes this as a hypothesis (``maxima_nonempty``).  Only the brackets of a maximum and the
indices that stand in them matter, so the sizes may be those of a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

from dyadic.proofs.checker.evaluation.domain import equations
from dyadic.proofs.checker.evaluation.equations import holds, integer, split_brackets
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.names import nodes
from dyadic.proofs.checker.intake.reading import Costly, Rejected, need

MOST_POINTS, MOST_CHOICES = 2_000_000, 17
"""Bounds on the terms that are looked at, and on the choices with which one evaluation is repeated."""


def takes_maxima(content: Mapping[str, Any]) -> bool:
    """Whether a layer or cost takes the largest of several values."""
    return any(True for _ in _maxima(content))


def _maxima(content: Mapping[str, Any]) -> Iterator[Any]:
    items = [item["body"] for item in equations(content)]
    return (node for node in nodes(items) if node[0] in ("max", "argmax") and len(node) == 4)


def longest_maximum(content: Mapping[str, Any], sizes: Mapping[str, int], where: str) -> int:
    """Over how many values its longest maximum is taken at these sizes, at most; 0 if it takes none."""
    return max((integer(node[2], sizes, {}, {}, where) for node in _maxima(content)), default=0)


def choice_count(longest: int, work: int, most_work: int) -> int:
    """How many choices are evaluated where one costs ``work``: all that the longest maximum has, if that is cheap."""
    return max(1, min(1 + longest, MOST_CHOICES, most_work // max(work, 1))) if longest else 1


def choices(count: int) -> tuple[int | None, ...]:
    """Of the entry that each maximum takes: one that is drawn for each, then the first of each, the second, ...

    A maximum over n values has each of them taken once in n + 1 choices.  What is wrong at one entry of one maximum is
    met by them; what is wrong only where several take certain ones may not be.
    """
    return (None, *range(count - 1))


def has_values(layer: Any, sizes: Mapping[str, int], where: str) -> bool:
    """Whether every definition of a layer has entries at these sizes, and no maximum, that can be looked at, none."""
    shapes = [item["shape"] for item in layer.get("definitions", [])]
    if any(integer(extent, sizes, {}, {}, where) < 1 for shape in shapes for extent in shape):
        return False
    try:
        return empty_maximum(layer, sizes, where) is None
    except Costly:
        raise
    except Rejected:
        return True  # there is too much to look at, or it depends on what is drawn


def empty_maximum(content: Any, sizes: Mapping[str, int], where: str) -> str | None:
    """An entry of a definition whose maximum is over nothing at these sizes, such as ``f_v[i = 0]``, or None.

    sizes: of every name, those that follow by the shape rule among them.  Raises :class:`Rejected` where there is too
    much to look at, or a bracket depends on the entries of a tensor.
    """
    for item in need(content, "definitions", list, where):
        match need(item, "body", (int, list), where):
            case ["max", str(name), extent, body]:
                ranges = dict(zip(need(item, "indices", list, where), need(item, "shape", list, where), strict=True))
                found = _empty(split_brackets(body)[0], name, extent, ranges, sizes, where)
                if found is not None:
                    return f"{item['kind']}_{item['owner']}[{found}]"
    return None


def _empty(
    guards: list[Any], name: str, extent: Any, ranges: Mapping[str, Any], sizes: Mapping[str, int], where: str
) -> str | None:
    terms = integer(extent, sizes, {}, {}, where)
    used = [index for index in ranges if index != name and any(_mentions(guard, index) for guard in guards)]
    lengths = [integer(ranges[index], sizes, {}, {}, where) for index in used]
    if prod(lengths) * max(terms, 1) > MOST_POINTS:
        raise Rejected(where, "a maximum has too many terms to look at here")
    for place in product(*map(range, lengths)):
        spend(3 * terms * len(guards), where)
        names = dict(zip(used, place, strict=True))
        if not any(all(holds(guard, sizes, {**names, name: k}, {}, where) for guard in guards) for k in range(terms)):
            return ", ".join(f"{index} = {value}" for index, value in names.items())
    return None


def _mentions(node: Any, index: str) -> bool:
    return isinstance(node, list) and (node == ["index", index] or any(_mentions(child, index) for child in node))

"""Whether a layer has values at given sizes: whether every maximum is over at least one term; elsewhere it has none.

The proof for all sizes takes this as a hypothesis (``maxima_nonempty``).  Only the brackets of a maximum and the
indices that stand in them matter, so the sizes may be those of a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from dyadic.proofs.checker.evaluation.equations import holds, integer, split_brackets
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Costly, Rejected, need

MOST_POINTS = 2_000_000


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

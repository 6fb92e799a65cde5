"""Sums and the like as expressions, with their ranges and what is said beside these.

``j != i`` or ``j < i`` below a sum over i is a condition on the terms where j is bound outside or stands elsewhere in
the equation; where it stands nowhere else, the sum is over j too.  So it is settled once all of an equation is read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.bodies import all_factors, factors_of
from dyadic.proofs.statements.parsing.conditions import LARGEST_INTEGER, index_names, less
from dyadic.proofs.statements.parsing.folded_numbers import negated
from dyadic.proofs.statements.parsing.tokens import Condition, ReductionHead, Unreadable

_UNSETTLED = "unsettled"


def reduced(head: ReductionHead, body: Any) -> Any:
    """A sum or the like of a body; a smallest value is the negative of a largest one."""
    if head.conditions:
        said = [one.bracket if one.certain else [_UNSETTLED, one] for one in head.conditions]
        body = ["*", *said, *factors_of(body)]
    if head.is_composed:
        body = ["*", *_within_range(head), *factors_of(body)]
    elif isinstance(head.start, int) and head.start:
        extent = head.extent if isinstance(head.extent, int) else ["size", head.extent]
        inside = ["inside", ["+", ["counted", head.index], -head.start], less(extent, head.start)]
        body = ["*", inside, *factors_of(body)]
    if head.kind == "min":
        return ["*", -1, ["max", head.index, head.extent, negated(body)]]
    return [head.kind, head.index, head.extent, body]


def settled(sides: list[Any], known: Collection[str] = ()) -> list[Any]:
    """The sides of an equation with every condition of a sum in its place.

    known: indices that stand elsewhere.  Raises :class:`Unreadable` where one may be meant to be summed over or not.
    """
    elsewhere = {*known}.union(*map(free_indices, sides))
    return [_settled(side, frozenset(), elsewhere) for side in sides]


def _within_range(head: ReductionHead) -> list[Any]:
    """What holds of the index of a range whose start or end is an expression; the extent is told by its largest end."""
    index, start, end = ["index", head.index], head.start, head.extent
    found = [] if start is None else [["inside", less(index, start), LARGEST_INTEGER]]
    return [*found, ["inside", index, end]] if index_names(end) or isinstance(end, int) else found


def _is_unsettled(node: Any) -> bool:
    return isinstance(node, list) and node[:1] == [_UNSETTLED]


def _conditions(body: Any) -> list[Condition]:
    """Those that are factors of what a sum is taken of."""
    return [one[1] for one in all_factors([body]) if _is_unsettled(one)]


def free_indices(node: Any) -> set[str]:
    """The names of free indices, but for those in sums with a condition on them."""
    if not isinstance(node, list) or not node or _is_unsettled(node):
        return set()
    if node[0] == "index":
        return {node[1]}
    if node[0] in REDUCTIONS:
        said = [one.bracket for one in _conditions(node[3])]
        return free_indices(node[3]) - {node[1]} - index_names(["+", *said])
    return set().union(*map(free_indices, node))


def _settled(node: Any, bound: frozenset[str], elsewhere: Collection[str]) -> Any:
    if not isinstance(node, list) or not node:
        return node
    if node[0] in REDUCTIONS:
        return [*node[:3], _settled(node[3], bound | {node[1]}, elsewhere)]
    if node[0] != "*":
        return [_settled(child, bound, elsewhere) for child in node]
    found = ["*"]
    for place, factor in enumerate(node[1:], 2):
        if not _is_unsettled(factor):
            found.append(_settled(factor, bound, elsewhere))
            continue
        condition: Condition = factor[1]
        head, left = condition.head, index_names(condition.bracket) - bound - {*elsewhere}
        if head is not None and left == {head.index}:
            rest = node[place] if len(node) == place + 1 else ["*", *node[place:]]
            return [*found, _settled(reduced(head, rest), bound, elsewhere)]
        if left:
            problem = f"the terms of a sum depend on {min(left)}, which stands nowhere else: one sum or two?"
            raise Unreadable(condition.position, f"{problem} write a range for it if it is summed over")
        found.append(condition.bracket)
    return found


__all__ = ["free_indices", "reduced", "settled"]

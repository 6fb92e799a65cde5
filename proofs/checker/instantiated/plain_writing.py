"""What a printed equation may hold only if its layer's does, because a normal form need not show it.

Integers that are read, and what is divided by or summed over where it is not seen to be positive, are the layer's own.
So are ways of writing that are right as numbers and mislead as text.

A bracket says where what stands beside it is read.  It says so as a factor of a product, and not as a number that is
raised to a power, hidden in a sum or given to a function.  An index that stands nowhere, or that has the name of
another one, says nothing or two things.
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.evaluation.equations import BRACKETS, REDUCTIONS
from dyadic.proofs.checker.intake.names import nodes

_MEASURED = {"quotient": 2, "remainder": 2, "divides": 1, **dict.fromkeys(REDUCTIONS, 2)}
"""Where in a node of each kind a divisor or a range stands."""


def oddities(body: Any, indices: frozenset[str]) -> set[str]:
    """What of this kind stands in an expression with these free indices, in words."""
    found: set[str] = set()
    _collect(body, indices, False, found)
    return found


def _collect(node: Any, indices: frozenset[str], is_factor: bool, found: set[str]) -> None:
    if not isinstance(node, list) or not node:
        return
    head, *rest = node
    if head == "entry":  # indices hold no brackets
        return
    if head in REDUCTIONS:
        index, _, body = rest
        if index in indices:
            found.add("an index with the name of another")
        if not _holds(body, ("index",), index):
            found.add("an index that stands for nothing")
        if _holds(body, BRACKETS) and not _holds(body, ("entry",)):
            found.add("a condition as a number")
        if head == "sum" and ["index", index] in _compared(body):
            found.add("a sum of which a bracket picks a term")
        _collect(body, indices | {index}, False, found)
        return
    if (head in ("^", "apply") or (head == "+" and is_factor)) and any(map(_is_conditional, rest)):
        found.add("a condition as a number")
    for child in rest:
        _collect(child, indices, head == "*", found)


def _compared(body: Any) -> list[Any]:
    """The sides of the equalities among the factors of a product."""
    if not isinstance(body, list):
        return []
    if body[0] == "same":
        return body[1:]
    return [side for factor in body[1:] for side in _compared(factor)] if body[0] == "*" else []


def _is_conditional(node: Any) -> bool:
    """Whether it is a bracket, or a sum or product with one."""
    if not isinstance(node, list):
        return False
    return node[0] in BRACKETS or (node[0] in ("+", "*", "^") and any(map(_is_conditional, node[1:])))


def _holds(node: Any, heads: tuple[str, ...], name: str | None = None) -> bool:
    return any(one[0] in heads and (name is None or one[1:] == [name]) for one in nodes(node))


def divisors_and_ranges(node: Any) -> list[Any]:
    """What integers are divided by, and what sums and maxima run over."""
    return [one[_MEASURED[one[0]]] for one in nodes(node) if one[0] in _MEASURED]


__all__ = ["divisors_and_ranges", "oddities"]

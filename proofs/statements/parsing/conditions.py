"""Brackets that are 1 where a condition holds: between integers (index_text.py) or between real numbers.

``[a > b]`` of real numbers is the step function at a - b, which is 0 at 0; the other relations are made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.statements.parsing.tokens import Unreadable

_RELATION = re.compile(r"<=|>=|!=|[<>=\u2264\u2265\u2260]")
_SPELLING = {"\u2264": "<=", "\u2265": ">=", "\u2260": "!="}
LARGEST_INTEGER = 2**30
"""No index is as large."""


def relations(text: str, offset: int) -> tuple[list[tuple[str, int]], list[str]]:
    """The parts between relations that stand in no bracket, with their positions, and the relations."""
    parts, signs, start, at = [], [], 0, 0
    depth = 0
    while at < len(text):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        match = _RELATION.match(text, at) if depth == 0 else None
        if match is None:
            at += 1
            continue
        parts.append((text[start:at], offset + start))
        signs.append(_SPELLING.get(match[0], match[0]))
        start = at = match.end()
    return [*parts, (text[start:], offset + start)], signs


def real_condition(text: str, offset: int, read: Callable[[str, int], Any]) -> Any:
    """A condition between real numbers; ``read`` gives the expression of a part."""
    parts, signs = relations(text, offset)
    if not signs:
        raise Unreadable(offset, "a condition has a relation, such as > or =")
    nodes = [read(part, at) for part, at in parts]
    found = [real_relation(sign, one, two) for sign, one, two in zip(signs, nodes, nodes[1:], strict=False)]
    return found[0] if len(found) == 1 else ["*", *found]


def real_relation(sign: str, one: Any, two: Any) -> Any:
    """A bracket for a relation between two real numbers."""
    above, below = _step(one, two), _step(two, one)
    match sign:
        case ">":
            return above
        case "<":
            return below
        case ">=":
            return _without(below)
        case "<=":
            return _without(above)
        case "=":
            return _without(above, below)
    return ["+", above, below]


def _step(one: Any, two: Any) -> Any:
    return ["apply", "step", 0, one if two == 0 else ["+", one, ["*", -1, two]]]


def _without(*cases: Any) -> Any:
    """1 less the cases."""
    return ["+", 1, *(["*", -1, case] for case in cases)]


def integer_relation(sign: str, one: Any, two: Any) -> Any:
    """A bracket for a relation between two integers."""
    match sign:
        case "=":
            return ["same", one, two]
        case "!=":
            return ["unless", ["same", one, two]]
        case "|":
            return ["divides", one, two]
        case ">":
            return _below(two, one)
        case ">=":
            return _below(two, more(one))
        case "<=":
            return _below(one, more(two))
    return _below(one, two)


def _below(one: Any, two: Any) -> Any:
    """one < two; an index and a number are at least 0."""
    if (isinstance(one, int) and one >= 0) or (isinstance(one, list) and one[0] in ("index", "size", "entry")):
        return ["inside", one, two]
    return ["inside", 0, less(two, one)]


def between(signs: tuple[str, str], least: Any, value: Any, end: Any) -> Any:
    """least <= value < end, or with < or <=: 0 <= value - least < end - least."""
    first = least if signs[0] == "<=" else more(least)
    last = end if signs[1] == "<" else more(end)
    return ["inside", *(node if first == 0 else less(node, first) for node in (value, last))]


def more(node: Any) -> Any:
    """An integer expression plus 1."""
    return node + 1 if isinstance(node, int) else ["+", node, 1]


def less(node: Any, least: Any) -> Any:
    """The difference of two integer expressions."""
    if isinstance(node, int) and isinstance(least, int):
        return node - least
    return ["+", node, -least if isinstance(least, int) else ["*", -1, least]]


def with_indices(node: Any, places: Mapping[str, Any]) -> Any:
    """An expression with others in place of its free indices."""
    if not isinstance(node, list) or not node:
        return node
    if node[0] == "index":
        return places.get(node[1], node)
    if node[0] in REDUCTIONS:
        return [*node[:3], with_indices(node[3], {name: at for name, at in places.items() if name != node[1]})]
    return [with_indices(child, places) for child in node]


def index_names(node: Any) -> set[str]:
    """The names of the indices in an expression."""
    if not isinstance(node, list) or not node:
        return set()
    return {node[1]} if node[0] == "index" else set().union(*map(index_names, node))

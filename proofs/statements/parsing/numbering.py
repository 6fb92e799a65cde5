"""Indices counted from 1, as in most books, put into indices counted from 0.

An index i stands for i + 1 wherever its number counts, and an entry at e for the one at e - 1.  The integers of the
network (classes, tokens, positions of largest values) count from 1 too.
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary


def counted_from_zero(node: Any, vocabulary: Vocabulary) -> Any:
    """The expression with indices counted from 0, where the claim counts from ``vocabulary.first``."""
    if not isinstance(node, list) or node[0] in ("size", "rational"):
        return node
    first = vocabulary.first
    match node:
        case ["part", inner, part]:
            return ["part", counted_from_zero(inner, vocabulary), part]
        case ["counted", name]:
            return ["index", name]
        case ["index", _]:
            return shifted(node, first)
        case ["entry", kind, owner, indices]:
            found = ["entry", kind, owner, [_place(index, vocabulary) for index in indices]]
            return shifted(found, first) if (kind, owner) in vocabulary.integers else found
        case ["subscript", inner, position, *indices]:
            places = [index if index is None else _place(index, vocabulary) for index in indices]
            return ["subscript", counted_from_zero(inner, vocabulary), position, *places]
        case ["argmax", *_]:
            end = _ended(node[2], vocabulary)
            return shifted([*node[:2], end, counted_from_zero(node[3], vocabulary)], first)
        case ["same", one, two]:
            return ["same", *_together(counted_from_zero(one, vocabulary), counted_from_zero(two, vocabulary))]
    if node[0] in REDUCTIONS:
        return [*node[:2], _ended(node[2], vocabulary), counted_from_zero(node[3], vocabulary)]
    return [node[0], *(counted_from_zero(child, vocabulary) for child in node[1:])]


def _ended(end: Any, vocabulary: Vocabulary) -> Any:
    """How many values a range has whose end is an expression."""
    return shifted(counted_from_zero(end, vocabulary), -vocabulary.first) if isinstance(end, list) else end


def _place(index: Any, vocabulary: Vocabulary) -> Any:
    found = shifted(counted_from_zero(index, vocabulary), -vocabulary.first)
    if isinstance(found, int) and found < 0:
        raise Unreadable(0, f"indices start from {vocabulary.first} here: there is no index {index}")
    return found


def shifted(node: Any, number: int) -> Any:
    """An integer expression plus a number."""
    if number == 0:
        return node
    if isinstance(node, int):
        return node + number
    terms = node[1:] if node[0] == "+" else [node]
    constant = number + sum(term for term in terms if isinstance(term, int))
    rest = [term for term in terms if not isinstance(term, int)]
    if not rest:
        return constant
    if constant == 0:
        return rest[0] if len(rest) == 1 else ["+", *rest]
    return ["+", *rest, constant]


def _together(one: Any, two: Any) -> tuple[Any, Any]:
    """Two sides of an equality of integers without a constant that both have."""
    common = min(_constant(one), _constant(two))
    return shifted(one, -common), shifted(two, -common)


def _constant(node: Any) -> int:
    if isinstance(node, int):
        return node
    return sum(term for term in node[1:] if isinstance(term, int)) if node[0] == "+" else 0

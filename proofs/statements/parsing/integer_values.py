"""Remainders and integer parts among real numbers: ``(i mod 2)``, ``floor(i / 2)``, ``(x mod 1)``.

Of indices, sizes and integer entries they are integers; else a mod m is a - m floor(a / m).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dyadic.proofs.statements.parsing.index_text import IndexReader
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_MOD = re.compile(r"(?<![A-Za-z0-9_])mod(?![A-Za-z0-9_])")


def remainder(inside: str, offset: int, vocabulary: Vocabulary, read: Callable[[str, int], Any]) -> Any:
    """What stands in a bracket, if it is a remainder; ``read`` gives the expression of a part.

    Raises :class:`Unreadable` where it is doubtful what belongs to it.
    """
    marks = [match for match in _MOD.finditer(inside) if _is_outside(inside, match.start())]
    if not marks:
        return None
    if len(marks) > 1:
        raise Unreadable(offset + marks[1].start(), "one mod in a bracket: write ((a mod m) mod n)")
    found = _integer(f"({inside})", offset - 1, vocabulary)
    if found is not None and _is_divisor(found[2]):
        return found
    left, right = inside[: marks[0].start()], inside[marks[0].end() :]
    if any(sign in left[1:] and _is_outside(left, left.rindex(sign)) for sign in "+-"):
        raise Unreadable(offset + marks[0].start(), "what mod belongs to is doubtful: write ((a + b) mod m)")
    value, by = read(left, offset), read(right, offset + marks[0].end())
    if by == 1:
        return ["+", value, ["*", -1, ["apply", "floor", 0, value]]]
    inverse = ["rational", 1, by] if isinstance(by, int) and by > 0 else ["^", by, -1]
    return ["+", value, ["*", -1, by, ["apply", "floor", 0, ["*", inverse, value]]]]


def integer_quotient(written: str, offset: int, vocabulary: Vocabulary) -> Any:
    """``floor(a / m)`` of integers; None where it is one of real numbers."""
    if written.count("/") != 1:
        return None
    found = _integer(written, offset, vocabulary)
    top = written[: written.index("/")].partition("(")[2].strip()
    plain = not (isinstance(found, list) and isinstance(found[1], list) and found[1][0] == "+") or top.endswith(")")
    return found if isinstance(found, list) and found[0] == "quotient" and _is_divisor(found[2]) and plain else None


def _integer(written: str, offset: int, vocabulary: Vocabulary) -> Any:
    """An integer expression, if this is one."""
    for name in _NAME.findall(written):
        tensor = vocabulary.tensors.get(name)
        if tensor is not None and (tensor.kind, tensor.owner) not in vocabulary.integers:
            return None
    try:
        return IndexReader(written, offset, vocabulary).expression()
    except Unreadable:
        return None


def _is_divisor(node: Any) -> bool:
    return (isinstance(node, int) and node > 0) or (isinstance(node, list) and node[0] == "size")


def _is_outside(text: str, at: int) -> bool:
    """Whether a place is in no bracket."""
    before = text[:at]
    return all(before.count(one) == before.count(other) for one, other in ("()", "[]"))


__all__ = ["integer_quotient", "remainder"]

"""Ranges of sums and the like: ``j<64``, ``1<=j<=n``, ``j=0..63``, ``j<n-1``, ``i<j<=n``, ``j<=i``, or ``j`` alone.

What else is said of an index, as in ``j<4, j != i``, is a condition on the terms (:mod:`.conditional_sums`).

An end or a start may be any integer expression of numbers, sizes and other indices; one with an index in it goes with
that index, as in ``Sum[j<=i]``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from dyadic.proofs.statements.parsing.conditions import index_names, more, relations
from dyadic.proofs.statements.parsing.index_text import IndexReader
from dyadic.proofs.statements.parsing.tokens import Condition, ReductionHead, Unreadable
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary

_RANGE = re.compile(
    r"\s*(?:(?P<first>\d{1,9})\s*(?P<open><=?)\s*)?(?P<index>[a-z][a-z0-9]*)\s*"
    r"(?:(?P<close><=?)\s*(?P<end>[A-Za-z0-9_]+)|=\s*(?P<from>\d{1,9})\s*\.\.\s*(?P<to>[A-Za-z0-9_]+(?:\s*-\s*1)?))?\s*\Z"
)
_UNEQUAL = re.compile(r"\s*([a-z][a-z0-9]*)\s*(?:!=|\u2260)(?!.*(?:!=|[<>=\u2260]))")
_ENDED = re.compile(r"\s*([a-z][a-z0-9]*)\s*[<\u2264]")
_RELATION = re.compile(r"[<>=|\u2260\u2264\u2265]")
_INDEX = re.compile(r"\s*([a-z][a-z0-9]*)\s*\Z")
_WANTED = "a range is written j<64, 1<=j<64, j=0..63, j<n-1, i<j<n, or j alone"
_BACKWARDS = {">": "<", ">=": "<="}


def read_reductions(kind: str, parts: list[tuple[str, int]], vocabulary: Vocabulary) -> list[ReductionHead]:
    """The heads of a sum or the like over one index or several, the outermost first; conditions go with the last."""
    if len(parts) == 1:
        return [_alone(kind, *parts[0], vocabulary)]
    heads: dict[str, ReductionHead] = {}
    stated: dict[str, tuple[str, int]] = {}
    conditions: list[Condition] = []
    for part in parts:
        found = _said(kind, *part, vocabulary)
        if isinstance(found, Condition):
            conditions.append(found)
            continue
        before = heads.get(found.index)
        if before is not None and (_is_bare(before) or _is_bare(found)):
            raise Unreadable(part[1], f"{found.index} is bound twice")
        other = part
        if before is None or (before.extent is None and found.extent is not None):
            heads[found.index], other = found, stated.get(found.index, part)
            stated[found.index] = part
        if before is not None:
            conditions.append(Condition(_bracket(*other, vocabulary), other[1], certain=True))
    for (bare, at), part in pairwise(parts):
        ended = _ENDED.match(part[0])
        if ended and _INDEX.match(bare) and stated.get(ended[1]) == part:
            problem = f"whether the range of {ended[1]} is that of {bare.strip()} too is doubtful"
            raise Unreadable(at, f"{problem}: write a range for each, or two sums")
    if not heads:
        mutual = any(one.head is not None for one in conditions)
        raise Unreadable(parts[0][1], "these ranges depend on each other" if mutual else _WANTED)
    if conditions and len(heads) > 1 and kind != "sum":
        raise Unreadable(parts[0][1], "conditions on several indices belong below a sum")
    *outer, last = (replace(head, among=True) for head in heads.values())
    return [*outer, replace(last, conditions=tuple(conditions))]


def _alone(kind: str, text: str, at: int, vocabulary: Vocabulary) -> ReductionHead:
    """One range; ``j != i`` alone is of j."""
    match = _UNEQUAL.match(text)
    if match is None:
        return _read_reduction(kind, text, at, vocabulary)
    return ReductionHead(
        kind, match[1], None, conditions=(Condition(_bracket(text, at, vocabulary), at, certain=True),)
    )


def _said(kind: str, text: str, at: int, vocabulary: Vocabulary) -> ReductionHead | Condition:
    """What one of several parts says: the range of an index that depends on no other one, or a condition."""
    try:
        head = _alone(kind, text, at, vocabulary)
    except Unreadable:
        if not _RELATION.search(text):
            raise
        return Condition(_bracket(text, at, vocabulary), at)
    if head.index in vocabulary.sizes and not _is_bare(head):
        return Condition(_bracket(text, at, vocabulary), at, certain=True)
    if head.conditions or index_names(["+", head.start, head.extent]):
        return Condition(_bracket(text, at, vocabulary), at, head)
    return head


def _bracket(text: str, at: int, vocabulary: Vocabulary) -> Any:
    return IndexReader(text, at, vocabulary).condition()


def _is_bare(head: ReductionHead) -> bool:
    return head.extent is None and head.start == 0


def _read_reduction(kind: str, text: str, at: int, vocabulary: Vocabulary) -> ReductionHead:
    """The head of a sum or the like, counted from 0; the vocabulary says from where the claim counts."""
    match = _RANGE.match(text)
    plain = match is not None and all(_is_plain(match[name] or "0", vocabulary) for name in ("end", "to"))
    found = _plain(kind, match, at, vocabulary.first) if match and plain else _composed(kind, text, at, vocabulary)
    if found.index in vocabulary.numbers:
        raise Unreadable(at, f"{found.index} is a number here: give the index another name")
    return found


def _is_plain(written: str, vocabulary: Vocabulary) -> bool:
    """Whether an end is a number or a size of the network; counted from 0 it may be one of these less 1."""
    name, minus, _ = written.partition("-")
    return (written[0].isdigit() or name.strip() in vocabulary.sizes) and not (minus and vocabulary.first)


def _composed(kind: str, text: str, at: int, vocabulary: Vocabulary) -> ReductionHead:
    """A range whose start or end is an expression; both as the claim counts."""
    start, index, end = _bounds(text, at, vocabulary)
    first = vocabulary.first
    if isinstance(end, int) and isinstance(start, int | None):
        least = first if start is None else start
        if least < first or end <= least:
            raise Unreadable(at, "the range holds no value: nothing would be compared")
        return ReductionHead(kind, index, end - first, least - first)
    if isinstance(start, int) and start < first:
        raise _no_first(-1, index, at, first)
    return ReductionHead(kind, index, end, None if start == first else start)


def _bounds(text: str, at: int, vocabulary: Vocabulary) -> tuple[Any, str, Any]:
    """The first value, the index, and the number before which it ends; None where there is none."""
    base = vocabulary.first
    if ".." in text:
        index, _, rest = text.partition("=")
        (first, _, last), signs = rest.partition(".."), ["<=", "<="]
        parts = [(first, at), (index, at), (last, at)]
    else:
        parts, signs = relations(text, at)
        if signs and set(signs) <= _BACKWARDS.keys():
            parts, signs = parts[::-1], [_BACKWARDS[sign] for sign in reversed(signs)]
        elif len(signs) == 1:
            parts, signs = [("", at), *parts], ["<=", *signs]
        if len(parts) == 2:
            parts, signs = [*parts, ("", at)], [*signs, "<"]
    match = _INDEX.match(parts[1][0]) if len(parts) == 3 and set(signs) <= {"<", "<="} else None
    if match is None:
        raise Unreadable(at, _WANTED)
    start, end = (IndexReader(*part, vocabulary).expression() if part[0].strip() else None for part in parts[::2])
    if ".." in text and isinstance(start, int) and start != base and not (base and start > base):
        raise _no_first(start - base, match[1], at, base)
    if isinstance(end, list) and end[0] == "size" and (signs[1] == "<=") != bool(base):
        last = "n" if base else "n - 1"
        raise Unreadable(at, f"the last index is {last} for n values counted from {base}")
    start = more(start) if signs[0] == "<" and start is not None else start
    return start, match[1], more(end) if signs[1] == "<=" and end is not None else end


def _plain(kind: str, match: re.Match[str], at: int, base: int) -> ReductionHead:
    end: int | str | None
    if match["from"] is not None:
        first, end = int(match["from"]) - base, _end(match["to"], at, base)
        if first < 0 or (first and not base):
            raise _no_first(first, match["index"], at, base)
    elif match["first"] is None and match["end"] is None:
        return ReductionHead(kind, match["index"], None)
    elif match["first"] is None and not base and match["close"] == "<":
        first, end = 0, _read_range(match["end"], at)
    else:
        first = int(match["first"] or base) + (match["open"] == "<") - base
        end = _read_range(match["end"], at)
        if end is None:
            raise Unreadable(at, "a range that has a first value needs an end, as in 1<=j<64")
        end = _end(match["end"], at, base) if match["close"] == "<=" else _before(end, at, base)
    empty = isinstance(end, int) and end <= first and not (kind == "sum" and end == first == 0)  # a sum of nothing is 0
    if first < 0 or empty:
        raise Unreadable(at, "the range holds no value: nothing would be compared")
    return ReductionHead(kind, match["index"], end, first)


def _no_first(first: int, index: str, at: int, base: int) -> Unreadable:
    hint = f"write {first}<={index}<..., or say first = 1 in the file"
    return Unreadable(at, f"indices start from {base} here: {hint if first > 0 else 'there is no index 0'}")


def _end(written: str, at: int, base: int) -> int | str:
    """The number of values up to a last one, counted from 0."""
    name, minus, _ = written.replace(" ", "").partition("-")
    found = _read_range(name, at)
    if isinstance(found, int):
        return found + 1 - base - bool(minus)
    if found is None or bool(minus) == bool(base):
        raise Unreadable(at, f"the last index is {'n' if base else 'n - 1'} for n values counted from {base}")
    return found


def _before(end: int | str, at: int, base: int) -> int | str:
    if base and isinstance(end, str):
        raise Unreadable(at, f"the last of {end} values counted from 1 is {end}: write <=")
    return end - base if isinstance(end, int) else end


def _read_range(written: str | None, at: int) -> int | str | None:
    if written is None or not written[0].isdigit():
        return written
    if not written.isdigit() or len(written) > 9:
        raise Unreadable(at, "a range is a number below a thousand million, or a size's name")
    return int(written)

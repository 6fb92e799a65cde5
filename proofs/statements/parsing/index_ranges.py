"""Ranges of sums and the like: ``j<64``, ``1<=j<=n``, ``j=0..63``, or ``j`` alone."""

from __future__ import annotations

import re

from dyadic.proofs.statements.parsing.tokens import ReductionHead, Unreadable

_RANGE = re.compile(
    r"\s*(?:(?P<first>\d{1,9})\s*(?P<open><=?)\s*)?(?P<index>[a-z][a-z0-9]*)\s*"
    r"(?:(?P<close><=?)\s*(?P<end>[A-Za-z0-9_]+)|=\s*(?P<from>\d{1,9})\s*\.\.\s*(?P<to>[A-Za-z0-9_]+(?:\s*-\s*1)?))?\s*\Z"
)


def read_reduction(kind: str, text: str, at: int, base: int) -> ReductionHead:
    """The head of a sum or the like, counted from 0; ``base``: from where the claim counts."""
    match = _RANGE.match(text)
    if match is None:
        raise Unreadable(at, "a range is written j<64, 1<=j<64, j=0..63, or j alone")
    end: int | str | None
    if match["from"] is not None:
        first, end = int(match["from"]) - base, _end(match["to"], at, base)
        if first < 0 or (first and not base):
            hint = f"write {first}<={match['index']}<..., or say first = 1 in the file"
            raise Unreadable(at, f"indices start from {base} here: {hint if first > 0 else 'there is no index 0'}")
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

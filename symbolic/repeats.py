"""Blocks of vertices that repeat, so that a large model is written out once per kind of block."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from dyadic.symbolic.structure import Architecture, Vertex

LARGEST_WHOLE = 60
"""Number of vertices up to which every equation is written out."""

LARGEST_PERIOD = 200
"""Number of vertices up to which a block is looked for."""


GROUP = 2
"""What a group costs besides its equations when the shortest description is looked for, in equations."""


@dataclass(frozen=True)
class RepeatedBlock:
    """``copies`` runs of vertices of the same kinds that are connected in the same way, one after the other.

    like: the first vertex of an earlier block of the same content, whose equations stand for these too.
    """

    copies: tuple[tuple[str, ...], ...]
    like: str | None = None

    @property
    def first(self) -> tuple[str, ...]:
        return self.copies[0]


def blocks(architecture: Architecture, whole: int = LARGEST_WHOLE) -> list[RepeatedBlock]:
    """The vertices in topological order as blocks; a network of up to ``whole`` of them is one block with one copy."""
    names = [vertex.name for vertex in architecture.vertices]
    if len(names) <= whole:
        return [RepeatedBlock((tuple(names),))]
    row = _numbered(_signatures(architecture))
    parsed = _parse(row, frozenset())
    parsed = _parse(row, frozenset(tuple(row[start : start + period]) for start, period, count in parsed if count > 1))
    found: list[RepeatedBlock] = []
    earlier: dict[tuple[int, ...], str] = {}
    for start, period, count in parsed:
        copies = tuple(tuple(names[k : k + period]) for k in range(start, start + period * count, period))
        content = tuple(row[start : start + period])
        found.append(RepeatedBlock(copies, earlier.get(content)))
        earlier.setdefault(content, copies[0][0])
    return found


def _signatures(architecture: Architecture) -> list[Hashable]:
    """Per vertex its kind and, for every input, how far back it stands or which role it has."""
    place = {vertex.name: k for k, vertex in enumerate(architecture.vertices)}

    def inputs(k: int, vertex: Vertex) -> tuple[Hashable, ...]:
        return tuple(k - place[n] if n in place else architecture.by_input[n].role for n in vertex.inputs)

    return [(vertex.kind, inputs(k, vertex)) for k, vertex in enumerate(architecture.vertices)]


def _numbered(items: Sequence[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(item, len(numbers)) for item in items]


def _parse(row: Sequence[int], known: frozenset[tuple[int, ...]]) -> list[tuple[int, int, int]]:
    """The shortest description as (start, period, count) from left to right.

    A run of vertices that do not repeat is one group; a block counts once however often it is repeated, and not at all
    if it is known.  Within a block nothing may repeat: that would be blocks of their own.
    """
    size = len(row)
    equal = _equal_runs(row)
    repeats_by = _first_repeat(size, equal)
    best: list[tuple[int, int, int]] = [(0, 0, 0)] * (size + 1)  # (cost, period, count) of row[i:]
    for i in range(size - 1, -1, -1):
        alone = 1 + best[i + 1][0] + (GROUP if best[i + 1][2] != 1 else 0)
        choices = [(alone, 1, 1)]
        for content in known:
            if tuple(row[i : i + len(content)]) == content:
                choices.append((GROUP + best[i + len(content)][0], len(content), 0))
        for period, lengths in equal.items():
            if i + period > repeats_by[i]:
                break
            cost = GROUP + (0 if tuple(row[i : i + period]) in known else period)
            for count in range(2, 2 + (lengths[i] // period)):
                choices.append((cost + best[i + period * count][0], period, count))
        best[i] = min(choices)
    return _groups(best, size)


def _groups(best: Sequence[tuple[int, int, int]], size: int) -> list[tuple[int, int, int]]:
    """The choices from left to right; single vertices are taken together (a count of 0: one copy of a known block)."""
    found: list[tuple[int, int, int]] = []
    i, single = 0, False
    while i < size:
        _, period, count = best[i]
        if count == 1 and single:
            start, length, _ = found.pop()
            found.append((start, length + 1, 1))
        else:
            found.append((i, period, max(count, 1)))
        single = count == 1
        i += period * max(count, 1)
    return found


def _equal_runs(row: Sequence[int]) -> dict[int, list[int]]:
    """By period p, for every i how long row[i:] goes on like row[i + p:]."""
    size = len(row)
    runs = {p: [0] * (size + 1) for p in range(1, min(size // 2, LARGEST_PERIOD) + 1)}
    for period, lengths in runs.items():
        for i in range(size - period - 1, -1, -1):
            lengths[i] = lengths[i + 1] + 1 if row[i] == row[i + period] else 0
    return runs


def _first_repeat(size: int, equal: Mapping[int, Sequence[int]]) -> list[int]:
    """For every i where the first repeat of two or more vertices that begins at or after i is complete."""
    ends = [size + 1] * (size + 1)
    for i in range(size - 1, -1, -1):
        own = next((i + 2 * p for p, lengths in equal.items() if p > 1 and lengths[i] >= p), size + 1)
        ends[i] = min(own, ends[i + 1])
    return ends

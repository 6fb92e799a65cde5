"""The wavefront of exactness: which variable is exact after which step, from the rank table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dyadic.paper.drawing import Box, Caption, Drawing, Shade, Shape, Stroke
from dyadic.paper.transliteration import plain_name
from dyadic.symbolic.derivation import Derivation

_WIDTH = 340.0
_ROW = 11.0
_MOST_ROWS = 20
_LONGEST = 18
_LETTER = 5.2
"""What a letter of a name takes, in a narrow column too, where the drawing shrinks more than its letters."""

_Row = tuple[str, int, int]
"""A vertex or several, and the steps after which x and s are exact there."""


def wavefront(derivation: Derivation, x: str = "x", s: str = "s") -> Drawing:
    """Vertices by depth against steps, in three shades: nothing exact, x exact, x and s exact.

    x, s: the letters of activations and sensitivities.
    """
    rows = _rows(derivation)
    steps = derivation.steps
    left = 8 + _LETTER * max(len(row[0]) for row in rows)
    cell = (_WIDTH - left - 14) / (steps + 1)
    row = _ROW if len(rows) <= _MOST_ROWS // 2 else 0.8 * _ROW
    bottom, top = 24.0, 24.0 + row * len(rows)
    shapes: list[Shape] = []
    for place, (name, x_step, s_step) in enumerate(rows):
        base = bottom + place * row
        shapes.append(Caption(left - 4, base + row / 2, name, "end", code=True))
        shapes += _boxes(left, base, cell, row, steps, x_step, s_step)
    for which, dashed in ((1, False), (2, True)):
        shapes += _front([(left + cell * _step(r, which)) for r in rows], bottom, row, dashed)
    shapes += _axis(left, cell, bottom, steps)
    half = f"{x} exact" if all(first <= second for _, first, second in rows) else f"{x} or {s} exact"
    shapes += _legend(top + 12, half, x, s)
    title = f"Wavefront of exactness: {x} and {s} of every vertex are exact after {steps} steps"
    return Drawing(_WIDTH, top + 22, tuple(shapes), title, (left, cell))


def _step(row: _Row, which: int) -> int:
    return row[1] if which == 1 else row[2]


def _rows(derivation: Derivation) -> list[_Row]:
    """Exact where all members of a row are."""
    ranks = derivation.ranks
    return [
        (label, max(ranks.x[name] for name in members), max(ranks.s[name] for name in members))
        for label, members in rows_by_depth(derivation)
    ]


def rows_by_depth(derivation: Derivation) -> list[tuple[str, list[str]]]:
    """Vertices by depth, each with its label; of a large network groups of neighbours in depth."""
    depth = derivation.ranks.x
    names = sorted((vertex.name for vertex in derivation.architecture.vertices), key=lambda name: depth[name])
    if len(names) <= _MOST_ROWS:
        return [(_cut(name), [name]) for name in names]
    deepest = derivation.L
    size = -(-deepest // _MOST_ROWS)
    found = []
    for first in range(1, deepest + 1, size):
        last = min(first + size - 1, deepest)
        members = [name for name in names if first <= depth[name] <= last]
        if members:
            found.append((f"depth {first}-{last}" if last > first else f"depth {first}", members))
    return found


def _cut(name: str) -> str:
    name = plain_name(name)
    return name if len(name) <= _LONGEST else f"{name[:8]}..{name[-8:]}"


def _boxes(left: float, base: float, cell: float, row: float, steps: int, x: int, s: int) -> list[Box]:
    """The states of one row, cell by cell where cells can be told apart."""
    first, second = sorted((x, s))
    edges = [0, first, second, steps + 1]
    if cell >= 5:
        edges = sorted({*edges, *range(steps + 2)})

    def shade(step: int) -> Shade:
        return "full" if step >= second else "half" if step >= first else "empty"

    gap = 0.8 if cell >= 5 else 0.0
    return [
        Box(left + cell * start, base, cell * (end - start) - gap, row - 0.8, shade(start))
        for start, end in pairwise(edges)
        if end > start
    ]


def _front(places: Sequence[float], bottom: float, row: float, dashed: bool) -> list[Stroke]:
    """A staircase through the left edges of the cells from which on a variable is exact."""
    found = [
        Stroke(place - 0.4, bottom + k * row - 0.4, place - 0.4, bottom + (k + 1) * row - 0.4, dashed)
        for k, place in enumerate(places)
    ]
    found += [
        Stroke(before - 0.4, bottom + (k + 1) * row - 0.4, after - 0.4, bottom + (k + 1) * row - 0.4, dashed)
        for k, (before, after) in enumerate(pairwise(places))
        if before != after
    ]
    return found


def _axis(left: float, cell: float, bottom: float, steps: int) -> list[Shape]:
    apart = 4 + 4.7 * len(str(steps))  # what a number takes with the space beside it
    stride = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if cell * s >= apart)
    marks = [t for t in range(0, steps + 1, stride) if t == steps or cell * (steps - t) >= apart]
    found: list[Shape] = [
        Caption(left + cell * (t + 0.5), bottom - 7, str(t), "middle") for t in (*marks, *({steps} - set(marks)))
    ]
    return [*found, Caption(left + cell * (steps + 1) / 2, bottom - 18, "step", "middle")]


def _legend(y: float, half: str, x: str, s: str) -> list[Shape]:
    found: list[Shape] = []
    left = 8.0
    states: list[tuple[Shade, str]] = [("empty", "not exact"), ("half", half), ("full", f"{x} and {s} exact")]
    for shade, text in states:
        found += [Box(left, y - 4, 10, 8, shade), Caption(left + 14, y, text)]
        left += 18 + 4.4 * len(text)
    for dashed, text in ((False, f"front of {x}"), (True, f"front of {s}")):
        found += [Stroke(left, y, left + 14, y, dashed), Caption(left + 18, y, text)]
        left += 22 + 4.2 * len(text)
    return found

"""A graph of boxes with lines from what is read up to what reads it: rows by depth, lanes for lines that pass some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dyadic.paper.drawing import Box, Caption, Curve, Shape
from dyadic.paper.transliteration import plain_name

_BOX, _ROW, _GAP, _LANE = 22.0, 36.0, 12.0, 9.0
LONGEST = 20
"""How many letters a box has room for."""

Edge = tuple[str, str]
"""From what is read to what reads it."""


@dataclass(frozen=True)
class GraphBox:
    """A box: its name, what stands under that, what it is for who points at it, and whether it is outside."""

    label: str
    below: str
    said: str
    outside: bool = False


@dataclass(frozen=True)
class Panel:
    """A graph as it is drawn, from the origin on."""

    shapes: tuple[Shape, ...]
    width: float
    height: float


@dataclass(frozen=True)
class _Seat:
    """The middle of a box, its width, and its row from below."""

    x: float
    width: float
    row: int

    @property
    def bottom(self) -> float:
        return 4 + self.row * _ROW

    @property
    def top(self) -> float:
        return self.bottom + _BOX


def graph_panel(cells: Mapping[str, GraphBox], edges: Sequence[Edge], counts: Mapping[str, int]) -> Panel:
    """The graph of these cells, given parents first.  counts: how often what repeats does, written beside its cell."""
    rows = _rows(list(cells), edges)
    places = _placed(rows, cells, left=30.0 if counts else 4.0)
    far = [edge for edge in edges if _is_far(places, edge)]
    shapes = [shape for edge in edges if edge not in far for shape in _near(places, edge)]
    right = max(place.x + place.width / 2 for place in places.values())
    lanes = _lanes(places, far)
    for edge in far:
        shapes += _around(places, edge, right + _LANE * (1 + lanes[edge]))
    for name, place in places.items():
        shapes += _box(cells[name], place)
        if name in counts:
            shapes.append(Caption(place.x - place.width / 2 - 4, place.bottom + _BOX / 2, f"x {counts[name]}", "end"))
    width = right + (_LANE * (1 + max(lanes.values())) if lanes else 0.0) + 4
    return Panel(tuple(shapes), width, 4 + _ROW * (len(rows) - 1) + _BOX + 4)


def cut(name: str) -> str:
    """A name that fits a box."""
    name = plain_name(name)
    return name if len(name) <= LONGEST else f"{name[:9]}..{name[-9:]}"


def _rows(names: Sequence[str], edges: Sequence[Edge]) -> list[list[str]]:
    """What is shown by the longest path to it."""
    parents: dict[str, list[str]] = {}
    for parent, child in edges:
        parents.setdefault(child, []).append(parent)
    depth: dict[str, int] = {}
    for name in names:
        depth[name] = 1 + max((depth[parent] for parent in parents.get(name, [])), default=-1)
    found: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, row in depth.items():
        found[row].append(name)
    return found


def _placed(rows: Sequence[Sequence[str]], cells: Mapping[str, GraphBox], left: float) -> dict[str, _Seat]:
    widths = [
        [max(44.0, 10 + 4.4 * len(cut(cells[name].label)), 10 + 4.6 * len(cells[name].below)) for name in row]
        for row in rows
    ]
    whole = max(sum(row) + _GAP * (len(row) - 1) for row in widths)
    found: dict[str, _Seat] = {}
    for number, (names, row) in enumerate(zip(rows, widths, strict=True)):
        x = left + (whole - sum(row) - _GAP * (len(row) - 1)) / 2
        for name, width in zip(names, row, strict=True):
            found[name] = _Seat(x + width / 2, width, number)
            x += width + _GAP
    return found


def _is_far(places: Mapping[str, _Seat], edge: Edge) -> bool:
    return places[edge[1]].row - places[edge[0]].row > 1


def _near(places: Mapping[str, _Seat], edge: Edge) -> list[Shape]:
    parent, child = places[edge[0]], places[edge[1]]
    return [Curve(((parent.x, parent.top), (child.x, child.bottom)), 0.8), *_head(child.x, child.bottom)]


def _head(x: float, y: float) -> list[Shape]:
    return [Curve(((x - 2.5, y - 4), (x, y), (x + 2.5, y - 4)), 0.8)]


def _lanes(places: Mapping[str, _Seat], far: Sequence[Edge]) -> dict[Edge, int]:
    """A lane beside the boxes for every edge that passes some, so that none shares one with another that it meets."""
    found: dict[Edge, int] = {}
    for edge in sorted(far, key=lambda e: (places[e[1]].row - places[e[0]].row, places[e[0]].row)):
        start, end = places[edge[0]].row, places[edge[1]].row
        taken = {
            lane
            for other, lane in found.items()
            if (places[other[0]].row < end and start < places[other[1]].row) or places[other[1]].row == end
        }
        found[edge] = next(lane for lane in range(len(far)) if lane not in taken)
    return found


def _around(places: Mapping[str, _Seat], edge: Edge, lane: float) -> list[Shape]:
    """Up from the parent, along the lane, and into the child from below, in the gaps between the rows."""
    parent, child = places[edge[0]], places[edge[1]]
    low, high, x = parent.top + 4, child.bottom - 8, child.x + min(8.0, child.width / 4)
    start = parent.x + min(8.0, parent.width / 4)
    points = ((start, parent.top), (start, low), (lane, low), (lane, high), (x, high), (x, child.bottom))
    return [Curve(points, 0.8), *_head(x, child.bottom)]


def _box(cell: GraphBox, place: _Seat) -> list[Shape]:
    left = place.x - place.width / 2
    outline = (
        (left, place.bottom), (left + place.width, place.bottom), (left + place.width, place.top), (left, place.top),
        (left, place.bottom),
    )  # fmt: skip
    return [
        Box(left, place.bottom, place.width, _BOX, "F1F1F1" if cell.outside else "DCE9F5", cell.said),
        Curve(outline, 0.6, (3, 2) if cell.outside and not cell.below else ()),
        Caption(place.x, place.bottom + (0.68 if cell.below else 0.5) * _BOX, cut(cell.label), "middle", code=True),
        *([Caption(place.x, place.bottom + 0.28 * _BOX, cell.below, "middle")] if cell.below else []),
    ]

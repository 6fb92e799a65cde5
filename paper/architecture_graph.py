"""The graph of an architecture: vertices by depth with their ranks, repeated blocks once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dyadic.paper.drawing import Box, Caption, Curve, Drawing, Shape
from dyadic.paper.transliteration import plain_name
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.repeats import blocks

_BOX, _ROW, _GAP, _LANE = 22.0, 38.0, 12.0, 9.0
_LONGEST = 20


@dataclass(frozen=True)
class _Seat:
    """The middle of a box, its width, and its row from below."""

    x: float
    width: float
    row: int

    @property
    def bottom(self) -> float:
        return 30 + self.row * _ROW

    @property
    def top(self) -> float:
        return self.bottom + _BOX


def architecture_graph(derivation: Derivation) -> Drawing:
    """Inputs below, outputs above; in every box the steps after which x and s are exact there."""
    repeated = blocks(derivation.architecture)
    stands_for = {
        name: first
        for block in repeated
        for copy in block.copies
        for name, first in zip(copy, block.first, strict=True)
    }
    shown = [name for block in repeated for name in block.first]
    edges = _edges(derivation, shown, stands_for)
    rows = _rows(shown, edges)
    places = _placed(rows, left=34.0 if any(len(block.copies) > 1 for block in repeated) else 8.0)
    shapes = [shape for edge in edges if not _is_far(places, edge) for shape in _near(places, edge)]
    far = [edge for edge in edges if _is_far(places, edge)]
    right = max(place.x + place.width / 2 for place in places.values())
    lanes = _lanes(places, far)
    for edge in far:
        shapes += _around(places, edge, right + _LANE * (1 + lanes[edge]))
    for name, place in places.items():
        shapes += _box(derivation, name, place)
    for block in repeated:
        if len(block.copies) > 1:
            shapes += _frame([places[name] for name in block.first], len(block.copies), right)
    width = max(right + _LANE * (1 + max(lanes.values(), default=0)) + 8, 190.0)
    shapes.append(Caption(8, 10, "in a box: the steps after which x | s is exact"))
    architecture = derivation.architecture
    title = f"The architecture of {architecture.name}: {len(architecture.vertices)} vertices with their ranks"
    return Drawing(width, 30 + _ROW * len(rows) + 4, tuple(shapes), title)


_Edge = tuple[str, str]


def _edges(derivation: Derivation, shown: Sequence[str], stands_for: Mapping[str, str]) -> list[_Edge]:
    """From what is read to what reads it, among what is shown; arrays that are read by one vertex are left out."""
    architecture = derivation.architecture
    readers: dict[str, int] = {}
    for vertex in architecture.vertices:
        for name in set(vertex.inputs):
            readers[name] = readers.get(name, 0) + 1
    found: dict[_Edge, None] = {}
    for name in shown:
        for parent in architecture.by_name[name].inputs:
            given = architecture.by_input.get(parent)
            if (
                given
                and given.role in ("parameter", "constant")
                and (readers[parent] < 2 or len(shown) < len(architecture.vertices))
            ):
                continue
            found[stands_for.get(parent, parent), name] = None
    return list(found)


def _rows(shown: Sequence[str], edges: Sequence[_Edge]) -> list[list[str]]:
    """What is shown by the longest path to it."""
    inputs = list(dict.fromkeys(parent for parent, _ in edges if parent not in shown))
    depth = dict.fromkeys(inputs, 0)
    for name in shown:
        depth[name] = 1 + max((depth.get(parent, 0) for parent, child in edges if child == name), default=0)
    found: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, row in depth.items():
        found[row].append(name)
    return [row for row in found if row]


def _placed(rows: Sequence[Sequence[str]], left: float) -> dict[str, _Seat]:
    widths = [[max(44.0, 10 + 4.4 * len(_cut(name))) for name in row] for row in rows]
    whole = max(sum(row) + _GAP * (len(row) - 1) for row in widths)
    found: dict[str, _Seat] = {}
    for number, (names, row) in enumerate(zip(rows, widths, strict=True)):
        x = left + (whole - sum(row) - _GAP * (len(row) - 1)) / 2
        for name, width in zip(names, row, strict=True):
            found[name] = _Seat(x + width / 2, width, number)
            x += width + _GAP
    return found


def _cut(name: str) -> str:
    name = plain_name(name)
    return name if len(name) <= _LONGEST else f"{name[:9]}..{name[-9:]}"


def _is_far(places: Mapping[str, _Seat], edge: _Edge) -> bool:
    return places[edge[1]].row - places[edge[0]].row > 1


def _near(places: Mapping[str, _Seat], edge: _Edge) -> list[Shape]:
    parent, child = places[edge[0]], places[edge[1]]
    return [Curve(((parent.x, parent.top), (child.x, child.bottom)), 0.8), *_head(child.x, child.bottom)]


def _head(x: float, y: float) -> list[Shape]:
    return [Curve(((x - 2.5, y - 4), (x, y), (x + 2.5, y - 4)), 0.8)]


def _lanes(places: Mapping[str, _Seat], far: Sequence[_Edge]) -> dict[_Edge, int]:
    """A lane beside the boxes for every edge that passes some, so that none shares one with another that it meets."""
    found: dict[_Edge, int] = {}
    for edge in sorted(far, key=lambda e: (places[e[1]].row - places[e[0]].row, places[e[0]].row)):
        start, end = places[edge[0]].row, places[edge[1]].row
        taken = {
            lane
            for other, lane in found.items()
            if (places[other[0]].row < end and start < places[other[1]].row) or places[other[1]].row == end
        }
        found[edge] = next(lane for lane in range(len(far)) if lane not in taken)
    return found


def _around(places: Mapping[str, _Seat], edge: _Edge, lane: float) -> list[Shape]:
    """Up from the parent, along the lane, and into the child from below, in the gaps between the rows."""
    parent, child = places[edge[0]], places[edge[1]]
    low, high, x = parent.top + 4, child.bottom - 8, child.x + min(8.0, child.width / 4)
    start = parent.x + min(8.0, parent.width / 4)
    points = ((start, parent.top), (start, low), (lane, low), (lane, high), (x, high), (x, child.bottom))
    return [Curve(points, 0.8), *_head(x, child.bottom)]


def _box(derivation: Derivation, name: str, place: _Seat) -> list[Shape]:
    ranks, left = derivation.ranks, place.x - place.width / 2
    inner = f"{ranks.x[name]} | {ranks.s[name]}" if name in ranks.s else "clamped"
    shade = "DCE9F5" if name in ranks.s else "F1F1F1"
    outline = (
        (left, place.bottom), (left + place.width, place.bottom), (left + place.width, place.top), (left, place.top),
        (left, place.bottom),
    )  # fmt: skip
    return [
        Box(left, place.bottom, place.width, _BOX, shade, name),
        Curve(outline, 0.6),
        Caption(place.x, place.bottom + 0.68 * _BOX, _cut(name), "middle", code=True),
        Caption(place.x, place.bottom + 0.28 * _BOX, inner, "middle"),
    ]


def _frame(members: Sequence[_Seat], count: int, right: float) -> list[Shape]:
    """Around a block that repeats, with how often it does."""
    low, high = min(place.bottom for place in members) - 4, max(place.top for place in members) + 3
    outline = ((30.0, low), (right + 3, low), (right + 3, high), (30.0, high), (30.0, low))
    return [Curve(outline, 0.6, (3, 2), 0.3), Caption(27, (low + high) / 2, f"x {count}", "end")]

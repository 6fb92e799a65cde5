"""The graph of an architecture: vertices by depth with ranks; of a large one its blocks, and each kind of them once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dyadic.paper.drawing import Caption, Drawing, Shape, moved
from dyadic.paper.graph_panel import LONGEST, Edge, GraphBox, Panel, cut, graph_panel
from dyadic.paper.prose import counted_by_letters
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.repeats import RepeatedBlock, blocks
from dyadic.symbolic.structure import Architecture

_BESIDE, _ABOVE, _FOOT = 14.0, 18.0, 26.0
_PAGE, _ACROSS = 700.0, 420.0
"""A column of panels may be so tall, the fewer there are the larger a page can show them; and so wide are they shown
in full size."""
_SMALL, _MUCH_SHORTER = 12, 0.7
"""Up to so many vertices are drawn one by one, and more where blocks would take more than this part of their boxes."""
_MOST_READERS = 3
"""Lines from an array to more vertices would hide the rest: a cell's weights at all its steps."""


def drawn_blocks(architecture: Architecture) -> list[RepeatedBlock]:
    """The blocks that are drawn, one of them where the whole graph is; in between where blocks make it much shorter."""
    repeated = blocks(architecture, whole=_SMALL)
    boxes = len(repeated) + sum(len(block.first) for block in repeated if not block.like)
    return repeated if boxes <= _MUCH_SHORTER * len(architecture.vertices) else blocks(architecture)


def architecture_graph(derivation: Derivation, x: str = "x", s: str = "s") -> Drawing:
    """Inputs below, outputs above; in every box the steps after which x and s, by their letters, are exact there."""
    architecture = derivation.architecture
    repeated = drawn_blocks(architecture)
    legend = f"in a box: the steps after which {x} | {s} is exact"
    if len(repeated) == 1:
        panels = {"": _whole(derivation)}
    else:
        letters = _letters(repeated)
        panels = {"": _overview(derivation, repeated, letters)}
        panels |= {
            letter: _detail(derivation, block)
            for block, letter in zip(repeated, letters, strict=True)
            if not block.like
        }
        legend += "; of a block, in its first copy; dashed: what a block reads"
    shapes, width, height = _arranged(panels)
    shapes.append(Caption(8, 10, legend))
    title = f"The architecture of {architecture.name}: {len(architecture.vertices)} vertices with their ranks"
    return Drawing(max(width, 12 + 3.9 * len(legend)), height, tuple(shapes), title)


def _letters(repeated: Sequence[RepeatedBlock]) -> list[str]:
    """What blocks are called: A, B, ..., the same where their content is the same."""
    names: dict[str, str] = {}
    for block in repeated:
        if not block.like:
            names[block.first[0]] = counted_by_letters(len(names)).upper()
    return [names[block.like or block.first[0]] for block in repeated]


def _arranged(panels: dict[str, Panel]) -> tuple[list[Shape], float, float]:
    """Panels in columns with their names above; the width and height of all.

    Columns are as low as the tallest panel lets them be, where all then fit beside each other; else as tall as a page.
    """
    above = _ABOVE if len(panels) > 1 else 0.0
    tallest = max(panel.height for panel in panels.values()) + above
    columns = _columns(panels, above, tallest)
    if sum(_width(panels, names) for _, names in columns) > _ACROSS:
        columns = _columns(panels, above, max(_PAGE, tallest))
    tall = max(taken for taken, _ in columns)
    shapes: list[Shape] = []
    x = 4.0
    for _, names in columns:
        y = _FOOT + tall
        for name in names:
            y -= panels[name].height + above
            shapes += [moved(shape, x, y) for shape in panels[name].shapes]
            if name:
                shapes.append(Caption(x + 4, y + panels[name].height + 7, f"block {name}"))
        x += _width(panels, names)
    return shapes, x - _BESIDE + 4, _FOOT + tall + 4


def _columns(panels: Mapping[str, Panel], above: float, most: float) -> list[tuple[float, list[str]]]:
    """Names of panels by column, with the column's height, up to ``most``: each where there is room first."""
    columns: list[tuple[float, list[str]]] = []
    for name, panel in panels.items():
        needed = panel.height + above
        place = next((k for k, (taken, _) in enumerate(columns) if taken + needed <= most), len(columns))
        if place == len(columns):
            columns.append((0.0, []))
        taken, names = columns[place]
        columns[place] = (taken + needed, [*names, name])
    return columns


def _width(panels: Mapping[str, Panel], names: Sequence[str]) -> float:
    return max(panels[name].width for name in names) + _BESIDE


def _whole(derivation: Derivation) -> Panel:
    architecture = derivation.architecture
    names = [vertex.name for vertex in architecture.vertices]
    return _graph(derivation, names, whole=True)


def _detail(derivation: Derivation, block: RepeatedBlock) -> Panel:
    return _graph(derivation, block.first, whole=False)


def _graph(derivation: Derivation, shown: Sequence[str], whole: bool) -> Panel:
    """These vertices with what they read; of arrays only those that a few share, and in a block none."""
    architecture, ranks = derivation.architecture, derivation.ranks
    readers: dict[str, int] = {}
    for vertex in architecture.vertices:
        for name in set(vertex.inputs):
            readers[name] = readers.get(name, 0) + 1
    edges: dict[Edge, None] = {}
    for name in shown:
        for parent in architecture.by_name[name].inputs:
            given = architecture.by_input.get(parent)
            is_array = given is not None and given.role in ("parameter", "constant")
            if not is_array or (whole and 2 <= readers[parent] <= _MOST_READERS):
                edges[parent, name] = None
    cells: dict[str, GraphBox] = {}
    for parent, _ in edges:
        if parent not in shown:
            cells[parent] = GraphBox(parent, "clamped" if parent in architecture.by_input else "", parent, outside=True)
    for name in shown:
        label = name if whole else _with_type(name, architecture.by_name[name].kind.type)
        cells[name] = GraphBox(label, f"{ranks.x[name]} | {ranks.s[name]}", name)
    return graph_panel(cells, list(edges), {})


def _with_type(name: str, layer: str) -> str:
    """A name that does not say it, with the layer's type where there is room."""
    both = f"{name} {layer}"
    return both if layer not in name and len(both) <= LONGEST else name


def _overview(derivation: Derivation, repeated: Sequence[RepeatedBlock], letters: Sequence[str]) -> Panel:
    """A box for each run of blocks, with the vertices and the ranks from its first to its last."""
    architecture, ranks = derivation.architecture, derivation.ranks
    home = {name: block.first[0] for block in repeated for copy in block.copies for name in copy}
    edges = {
        (home[parent], home[vertex.name]): None
        for vertex in architecture.vertices
        for parent in vertex.inputs
        if parent in home and home[parent] != home[vertex.name]
    }
    cells, counts = {}, {}
    for block, letter in zip(repeated, letters, strict=True):
        members = [name for copy in block.copies for name in copy]
        said = [
            f"{min(rank[name] for name in members)}-{max(rank[name] for name in members)}"
            for rank in (ranks.x, ranks.s)
        ]
        first = block.first[0]
        cells[first] = GraphBox(f"{letter}: {cut(first)[:14]}...", " | ".join(said), f"{members[0]} to {members[-1]}")
        if len(block.copies) > 1:
            counts[first] = len(block.copies)
    return graph_panel(cells, list(edges), counts)

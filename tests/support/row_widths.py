"""How wide the rows of an equation are, as it is broken for a line or for a narrow column."""

from __future__ import annotations

from dyadic.paper import layout
from dyadic.paper.layout import NARROW, QUAD, SIGN, WIDTH
from dyadic.paper.widths import RELATION
from dyadic.symbolic.expressions import apart_from_sizes

SLACK = 6.0
"""A sign that a first term does not have is counted when rows are broken."""


def too_wide(renderer, block):
    """The rows of an equation block that are wider than the line that they are for."""
    renderer.printer.kind = renderer.ruler.kind = block.kind
    lines = renderer.document.notation.apart([apart_from_sizes(line) for line in block.lines], block.kind)
    left = max(renderer.ruler(line.element) for line in lines) + RELATION
    cutter = layout.Cutter(renderer.printer, renderer.ruler)
    found = []
    for line in lines:
        pieces = cutter.of_sum(line.body, renderer.narrowest - left - SIGN)
        for room, below in ((NARROW - left, NARROW), (WIDTH - left, WIDTH - left)):
            if room >= renderer.narrowest - left:
                found += [text for text, width, limit in rows(pieces, room, below) if width > limit + SLACK]
    renderer.printer.kind = renderer.ruler.kind = ""
    return found


def rows(pieces, first, others):
    """Text, width and room of every row."""
    places = layout.breaks(pieces, first, others)
    text, width, room = "", 0.0, first
    for place, piece in enumerate(pieces):
        if place in places:
            yield text, width, room
            text, width, room = "", QUAD, others
        text += f" {piece.sign} {piece.text}"
        width += piece.width + (SIGN if piece.sign else 0)
    yield text, width, room

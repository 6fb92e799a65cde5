"""The graph of claims on a page: what the theorem rests on, what cross-checks it, and what stands beside it.

Shape is the kind of claim, border how far the statement reaches, fill what became of its proof; after the dependency
graphs of leanblueprint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dyadic.proofs.composition import METHOD_OF, Role, role

_WIDTH, _HEIGHT, _GAP, _ROW, _LABELS = 108.0, 34.0, 14.0, 70.0, 86.0
_ROWS: tuple[Role, ...] = ("checks", "theorem", "rests", "beside")
_SAID = {"theorem": "the theorem", "rests": "rests on", "checks": "cross-checks", "beside": "beside it"}
_ORDER = ("refuted", "undecided", "proved")
Claims = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ClaimNode:
    """All claims of one method.  place: the row in which they stand."""

    name: str
    place: Role
    claims: tuple[Mapping[str, Any], ...]

    @property
    def verdict(self) -> str:
        """The worst of them."""
        return min((claim["verdict"] for claim in self.claims), key=_ORDER.index)

    @property
    def everywhere(self) -> bool:
        """Whether the statements hold for all sizes, where that is a question."""
        return all(claim["numbers"].get("all_sizes", 1) for claim in self.claims)


def claim_nodes(claims: Claims) -> list[ClaimNode]:
    """The nodes in their rows; nothing where there is no theorem to stand above them."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for claim in claims:
        groups.setdefault(METHOD_OF.get(claim["kind"]) or str(claim["kind"]), []).append(claim)
    if "steps" not in groups:
        return []
    return [ClaimNode(name, role(name), tuple(members)) for name, members in groups.items()]


def claims_graph(claims: Claims, anchors: Mapping[str, str]) -> str:
    """The graph as SVG in a page.  anchors: where a claim's entry stands, by its id."""
    nodes = claim_nodes(claims)
    rows = [(place, [node for node in nodes if node.place == place]) for place in _ROWS]
    rows = [(place, members) for place, members in rows if members]
    if not nodes:
        return ""
    width = _LABELS + max(len(members) for _, members in rows) * (_WIDTH + _GAP)
    places: dict[str, tuple[float, float]] = {}
    said = []
    for number, (place, members) in enumerate(rows):
        start = _LABELS + (width - _LABELS - len(members) * (_WIDTH + _GAP) + _GAP) / 2
        said.append(f'<text class="said" x="0" y="{number * _ROW + 25:g}">{_SAID[place]}</text>')
        for k, node in enumerate(members):
            places[node.name] = (start + k * (_WIDTH + _GAP), number * _ROW + 4)
    lines = [
        _line(places[node.name], places["steps"], node.place) for node in nodes if node.place in ("rests", "checks")
    ]
    boxes = [_node(node, places[node.name], anchors) for node in nodes]
    height = len(rows) * _ROW - _ROW + _HEIGHT + 8
    return (
        f'<svg class="claims" viewBox="0 0 {width:g} {height:g}" role="group" aria-label="Graph of the claims">'
        f"{''.join(lines)}{''.join(said)}{''.join(boxes)}</svg>"
    )


def _line(start: tuple[float, float], end: tuple[float, float], place: str) -> str:
    """From a claim to the theorem below or above it."""
    upward = end[1] < start[1]
    (x1, y1), (x2, y2) = (
        (start[0] + _WIDTH / 2, start[1] + (0 if upward else _HEIGHT)),
        (end[0] + _WIDTH / 2, end[1] + (_HEIGHT if upward else 0)),
    )
    middle = (y1 + y2) / 2
    return f'<path class="{place}" d="M{x1:g} {y1:g} C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}"/>'


def _node(node: ClaimNode, place: tuple[float, float], anchors: Mapping[str, str]) -> str:
    count = f" ({len(node.claims)})" if len(node.claims) > 1 else ""
    stated = any("all_sizes" in claim["numbers"] for claim in node.claims)
    reach = (", for all sizes" if node.everywhere else ", at this network's sizes") if stated else ""
    said = escape(f"{node.name}{count}: {node.verdict}{reach}")
    border = "" if node.everywhere else " here"
    shown = node.name.rpartition(":")[2]  # the whole name would not fit its shape
    x, y = place
    return (
        f'<a href="#{escape(anchors[node.claims[0]["id"]])}" class="{node.verdict}{border}" '
        f'aria-label="{said}" data-say="{said}">'
        f'{_shape(node.place, x, y)}<text x="{x + _WIDTH / 2:g}" y="{y + 21:g}">{escape(shown)}{count}</text></a>'
    )


def _shape(place: str, x: float, y: float) -> str:
    """An ellipse for the theorem, a box for what it rests on, slanted for a check, rounded for what stands beside."""
    match place:
        case "theorem":
            return (
                f'<ellipse cx="{x + _WIDTH / 2:g}" cy="{y + _HEIGHT / 2:g}" rx="{_WIDTH / 2:g}" ry="{_HEIGHT / 2:g}"/>'
            )
        case "checks":
            corners = ((x + 9, y), (x + _WIDTH, y), (x + _WIDTH - 9, y + _HEIGHT), (x, y + _HEIGHT))
            return f'<polygon points="{" ".join(f"{a:g},{b:g}" for a, b in corners)}"/>'
    rounded = f' rx="{_HEIGHT / 2:g}"' if place == "beside" else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH:g}" height="{_HEIGHT:g}"{rounded}/>'

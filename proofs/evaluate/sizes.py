"""Small instances of a certificate's network.

Equations are for symbolic sizes, so a small instance exercises the same wiring and the same formulas.  A size that
nothing determines (of an input, or an option of a layer) is replaced by a small number, equal ones by equal ones;
every other size follows by matching shapes and by the layers' own shape rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from proofs.checker.graph import Graph
from proofs.evaluate.network import Rejected, field, whole

_MOST_ENTRIES = 60_000
_CAPS = (3, 4, 6, 8, 12, 16, 24, 32, 2**31)


class Instantiation:
    """Sizes of every vertex and cost for chosen values of the free ones.

    tables: symbol -> number, by vertex or cost.  shapes: of every activation.  targets: shape, by cost.
    below: for integer inputs and targets, the number that their entries are below.
    Raises :class:`Rejected` where the values do not fit together.
    """

    def __init__(self, graph: Graph, base: dict[str, int]) -> None:
        self.base = base
        self.tables: dict[str, dict[str, int]] = {}
        self.shapes = {name: [self._free(e) for e in node["shape"]] for name, node in graph.inputs.items()}
        self.below = {n: self._free(node["below"]) for n, node in graph.inputs.items() if "below" in node}
        self.targets: dict[str, list[int]] = {}
        self.entries = 0
        for name in graph.parents:
            self._vertex(graph, name)
        for owner in graph.costs:
            self._cost(graph, owner)

    def _vertex(self, graph: Graph, name: str) -> None:
        layer, where = graph.layers[graph.content[name]], f"vertex {name!r}"
        table = {symbol: self._free(graph.sizes[name][symbol]) for symbol in free_symbols(graph, name)}
        patterns = field(layer, "input_shapes", list, where)
        for pattern, parent in zip(patterns, graph.parents[name], strict=True):
            _match_shape(pattern, self.shapes[parent], table, where)
        for symbol, formula in field(layer, "extents", dict, where).items():
            table[symbol] = whole(formula, table, where)
        self.tables[name] = table
        self.shapes[name] = [whole(extent, table, where) for extent in layer["definitions"][-1]["shape"]]
        for item in layer["definitions"]:
            self._count([whole(extent, table, where) for extent in item["shape"]], where)

    def _cost(self, graph: Graph, owner: str) -> None:
        content, where = graph.cost_contents[owner], f"cost {owner!r}"
        table: dict[str, int] = {}
        shape = self.shapes[graph.costs[owner]["input"]]
        _match_shape(field(content, "shape", list, where), shape, table, where)
        self.tables[owner] = table
        self.targets[owner] = [whole(e, table, where) for e in field(content, "target_shape", list, where)]
        if field(content, "target_role", str, where) == "index":
            self.below[owner] = shape[-1]

    def _free(self, extent: Any) -> int:
        return self.base[repr(extent)]

    def _count(self, shape: list[int], where: str) -> None:
        count = 1
        for extent in shape:
            count *= extent
        self.entries += count
        if self.entries > _MOST_ENTRIES:
            raise Rejected(where, "the network is too large to evaluate entry by entry")


def _is_size(node: Any) -> bool:
    return isinstance(node, list) and len(node) == 2 and node[0] == "size"


def _factors(node: Any) -> list[str]:
    """The named sizes of a pattern such as 2 m or g m."""
    if not isinstance(node, list) or not node or node[0] != "*":
        return []
    return [child[1] for child in node[1:] if _is_size(child)]


def free_symbols(graph: Graph, name: str) -> Iterator[str]:
    """The sizes of a vertex that neither its inputs' shapes nor its shape rule determine."""
    layer = graph.layers[graph.content[name]]
    patterns = [extent for shape in layer["input_shapes"] for extent in shape]
    determined = {e[1] for e in patterns if _is_size(e)} | set(layer["extents"])
    for e in patterns:
        # Of the sizes in a product the last one follows from the others.
        open_ = [symbol for symbol in _factors(e) if symbol not in determined]
        determined |= set(open_[-1:])
    return (symbol for symbol in graph.sizes[name] if symbol not in determined)


def _match_shape(pattern: list[Any], shape: list[int], table: dict[str, int], where: str) -> None:
    if len(pattern) != len(shape):
        raise Rejected(where, "an input does not have the number of axes that its equation reads")
    for e, extent in zip(pattern, shape, strict=True):
        unknown = [symbol for symbol in _factors(e) if symbol not in table]
        if _is_size(e) and e[1] not in table:
            table[e[1]] = extent
        elif len(unknown) == 1:
            known = whole(["*", 1, *(child for child in e[1:] if child != ["size", unknown[0]])], table, where)
            if extent % known:
                raise Rejected(where, f"a size of {extent} is no multiple of {known}")
            table[unknown[0]] = extent // known
        elif whole(e, table, where) != extent:
            raise Rejected(where, "an input does not have the size that its equation reads")


def reduced_sizes(graph: Graph, smallest: int = 2, largest: int = 4) -> dict[str, int]:
    """A small value for each free size, by the JSON text of the architecture's own value.

    Different sizes get different values where that fits the layers' shape rules; otherwise sizes are capped, as
    little as needed.  Raises :class:`Rejected` if no small instance is found.
    """
    found: dict[str, int | None] = {}
    sources: list[Any] = []
    for node in graph.inputs.values():
        sources += [*node["shape"], *([node["below"]] if "below" in node else [])]
    for name in graph.parents:
        sources += [graph.sizes[name][symbol] for symbol in free_symbols(graph, name)]
    for extent in sources:
        found[repr(extent)] = extent if isinstance(extent, int) else None
    ordered = sorted(found, key=lambda key: (found[key] or 0, key))
    span = largest - smallest + 1
    chosen = {key: smallest + place % span for place, key in enumerate(ordered)}
    candidates = [{key: min(chosen[key], found[key] or largest) for key in ordered}]
    candidates += [{key: min(found[key] or largest, cap) for key in ordered} for cap in _CAPS]
    refused = Rejected("architecture", "has no sizes")
    for candidate in candidates:
        try:
            Instantiation(graph, candidate)
        except Rejected as error:
            refused = error
        else:
            return candidate
    raise refused


def position(label: str, below: int) -> int:
    """An entry of an integer input: it depends only on the label."""
    return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big") % below

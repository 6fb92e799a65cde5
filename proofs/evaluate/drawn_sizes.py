"""Small instances of a certificate's network.

Equations are for symbolic sizes, so a small instance exercises the same wiring and the same formulas.  A size that
nothing determines (of an input, or an option of a layer) is replaced by a small number, equal ones by equal ones;
every other size follows by matching shapes and by the layers' own shape rules.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from dyadic.proofs.checker.evaluation.maxima import has_values
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import REDUCTIONS, nodes
from dyadic.proofs.checker.intake.reading import Rejected, need
from dyadic.proofs.evaluate.integers import largest_tensor, most_terms
from dyadic.proofs.evaluate.network import whole

_MOST_ENTRIES = 100_000
_LITTLE_WORK = 1_000_000
_WINDOWS = (0, 3, 5, 7, 11)
_CAPS = (3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 2**31)

_CHOSEN: WeakKeyDictionary[Graph, dict[tuple[int, int], dict[str, int]]] = WeakKeyDictionary()
_FACTS: WeakKeyDictionary[Graph, dict[str, VertexFacts]] = WeakKeyDictionary()


@dataclass
class VertexFacts:
    """What is known of a vertex whatever sizes are chosen; vertices of one layer and sizes share it.

    free: see :func:`free_symbols`.  products: for each extent of its activation the named sizes that it is a product
    of, and its value in the architecture.  composed: the axes whose extent is composed of others, with that value.
    lookups: (slot, extent): the integers of an input slot stand on an axis of this extent, of another one or of a
    parameter.
    fitted: what followed from sizes tried before, by them and the shapes read.
    """

    free: tuple[str, ...]
    products: list[tuple[list[str], int | None]]
    composed: list[tuple[int, int]]
    lookups: list[tuple[int, Any]]
    fitted: dict[Any, tuple[dict[str, int], list[list[int]], list[int], int, int]] = field(default_factory=dict)


def facts(graph: Graph) -> dict[str, VertexFacts]:
    """By vertex."""
    if graph not in _FACTS:
        shared: dict[str, VertexFacts] = {}
        found: dict[str, VertexFacts] = {}
        for name, parents in graph.parents.items():
            roles = [follows(graph.inputs.get(parent, {})) for parent in parents]
            key = f"{graph.content[name]} {sorted(graph.sizes[name].items())} {roles}"
            if key not in shared:
                shared[key] = _facts(graph, name)
            found[name] = shared[key]
        _FACTS[graph] = found
    return _FACTS[graph]


def _facts(graph: Graph, name: str) -> VertexFacts:
    layer, own = graph.layers[graph.content[name]], graph.sizes[name]
    shape = layer["definitions"][-1]["shape"]
    numbers = [_number(extent, own) for extent in shape]
    composed = [
        (axis, number)
        for axis, (extent, number) in enumerate(zip(shape, numbers, strict=True))
        if number is not None and _is_composed(extent, layer["extents"])
    ]
    products = [(_factors(extent), number) for extent, number in zip(shape, numbers, strict=True)]
    return VertexFacts(tuple(free_symbols(graph, name)), products, composed, _lookups(layer))


def _lookups(layer: dict[str, Any]) -> list[tuple[int, Any]]:
    slots = {("x", owner): slot for slot, owner in enumerate(layer["inputs"])}
    tables = {("x", owner): shape for owner, shape in zip(layer["inputs"], layer["input_shapes"], strict=True)}
    tables |= {(parameter["kind"], "v"): parameter["shape"] for parameter in layer["parameters"].values()}
    found: list[tuple[int, Any]] = []
    for node in nodes([item["body"] for item in layer["definitions"]]):
        for axis, index in enumerate(node[3] if node[0] == "entry" else []):
            if isinstance(index, list) and index[0] == "entry":
                slot, shape = slots.get((index[1], index[2])), tables.get((node[1], node[2]))
                if slot is not None and shape is not None and (slot, shape[axis]) not in found:
                    found.append((slot, shape[axis]))
    return found


class Instantiation:
    """Sizes of every vertex and cost for chosen values of the free ones.

    tables: symbol -> number, by vertex or cost.  shapes: of every activation.  targets: shape, by cost.
    below: for integer inputs and targets, the number that their entries are below.
    work: the number of terms that one evaluation of every equation computes, roughly.
    Raises :class:`Rejected` where the values do not fit together, or make a tensor or a sum too large.
    """

    def __init__(self, graph: Graph, base: dict[str, int]) -> None:
        self.base = base
        self.work = 0
        self.learned: dict[int, int] = {}  # what numbers that follow from others have become
        self.tables: dict[str, dict[str, int]] = {}
        self.shapes: dict[str, list[int]] = {
            name: [self._free(e) for e in node["shape"]] for name, node in graph.inputs.items() if not follows(node)
        }
        self.below = {n: self._free(node["below"]) for n, node in graph.inputs.items() if "below" in node}
        self.targets: dict[str, list[int]] = {}
        self.entries = 0
        for name in graph.parents:
            self._vertex(graph, name)
        for owner in graph.costs:
            self._cost(graph, owner)
        for name, node in graph.inputs.items():  # those that nothing reads
            self.shapes.setdefault(name, [self._free(e) for e in node["shape"]])

    def _vertex(self, graph: Graph, name: str) -> None:
        known, own, parents = facts(graph)[name], graph.sizes[name], graph.parents[name]
        table = self._chosen(known, own)
        key = str((sorted(table.items()), [self.shapes.get(parent) for parent in parents]))
        if key not in known.fitted:
            known.fitted[key] = self._fit(graph, name, table)
        self.tables[name], read, self.shapes[name], entries, work = known.fitted[key]
        for parent, shape in zip(parents, read, strict=True):
            self.shapes.setdefault(parent, shape)
        for slot, extent in known.lookups:  # a small instance of an axis has fewer positions
            if parents[slot] in self.below:
                positions = whole(extent, self.tables[name], f"vertex {name!r}")
                self.below[parents[slot]] = min(self.below[parents[slot]], positions)
        for axis, number in known.composed:
            self.learned.setdefault(number, self.shapes[name][axis])
        self.entries += entries
        self.work += work
        if self.entries > _MOST_ENTRIES:
            raise Rejected(f"vertex {name!r}", "the network is too large to evaluate entry by entry")

    def _fit(
        self, graph: Graph, name: str, table: dict[str, int]
    ) -> tuple[dict[str, int], list[list[int]], list[int], int, int]:
        """All sizes, the shapes read, the activation's shape, the entries and the work of a vertex."""
        layer, where = graph.layers[graph.content[name]], f"vertex {name!r}"
        pairs = list(zip(need(layer, "input_shapes", list, where), graph.parents[name], strict=True))
        shapes = {parent: self.shapes[parent] for parent in graph.parents[name] if parent in self.shapes}
        for pattern, parent in pairs:
            if parent in shapes:
                _match_shape(pattern, shapes[parent], table, where)
        for pattern, parent in pairs:
            if parent not in shapes:
                shapes[parent] = [whole(e, table, where) for e in pattern]
            else:
                _match_shape(pattern, shapes[parent], table, where)
        for symbol, formula in need(layer, "extents", dict, where).items():
            table[symbol] = whole(formula, table, where)
        counts = [math.prod(whole(e, table, where) for e in item["shape"]) for item in layer["definitions"]]
        shape = [whole(extent, table, where) for extent in layer["definitions"][-1]["shape"]]
        if not has_values(layer, table, where):
            raise Rejected(where, "has no value at these sizes")
        return table, [shapes[parent] for _, parent in pairs], shape, sum(counts), _work(layer, table, where)

    def _cost(self, graph: Graph, owner: str) -> None:
        content, where = graph.cost_contents[owner], f"cost {owner!r}"
        table: dict[str, int] = {}
        shape = self.shapes[graph.costs[owner]["input"]]
        _match_shape(need(content, "shape", list, where), shape, table, where)
        self.tables[owner] = table
        self.targets[owner] = [whole(e, table, where) for e in need(content, "target_shape", list, where)]
        if need(content, "target_role", str, where) == "index":
            self.below[owner] = shape[-1]

    def _chosen(self, known: VertexFacts, own: dict[str, Any]) -> dict[str, int]:
        """Numbers for a vertex's free sizes.  Those of a product agree with what the product has become elsewhere."""
        table = {symbol: self.learned.get(own[symbol], self._free(own[symbol])) if isinstance(own[symbol], int)
                 else self._free(own[symbol]) for symbol in known.free}  # fmt: skip
        for factors, number in known.products:
            last = [symbol for symbol in factors if symbol in table][-1:]
            if last and number in self.learned:
                others = math.prod(table.get(symbol, 1) for symbol in factors if symbol != last[0])
                if all(symbol in table for symbol in factors) and self.learned[number] % others == 0:
                    table[last[0]] = self.learned[number] // others
        for symbol in known.free:
            if isinstance(own[symbol], int):
                self.learned.setdefault(own[symbol], table[symbol])
        return table

    def _free(self, extent: Any) -> int:
        return self.base[repr(extent)]


def _work(layer: dict[str, Any], table: dict[str, int], where: str) -> int:
    """The terms that one evaluation of a layer's equations computes, roughly."""
    work = 0
    for item in (*layer["definitions"], *layer["intermediates"], *layer["adjoints"]):
        entries = math.prod(whole(extent, table, where) for extent in item["shape"])
        terms = _terms(item["body"], table, entries, where)
        if entries > largest_tensor() or terms > most_terms() // 2:
            raise Rejected(where, "the network is too large to evaluate entry by entry")
        work += terms
    return work


def _terms(node: Any, table: dict[str, int], repeats: int, where: str) -> int:
    """How many nodes of an expression are visited when it is evaluated ``repeats`` times."""
    if not isinstance(node, list) or not node:
        return 0
    if node and node[0] in REDUCTIONS:
        return repeats + _terms(node[3], table, repeats * whole(node[2], table, where), where)
    return repeats + sum(_terms(child, table, repeats, where) for child in node)


def follows(node: dict[str, Any]) -> bool:
    """Whether the shape of an input follows from the first vertex that reads it: of parameters and constants."""
    return node.get("role") in ("parameter", "constant")


def _is_composed(extent: Any, formulas: dict[str, Any]) -> bool:
    """Whether an extent is a product or sum of others, and not the number of windows that fit into an axis."""
    formula = formulas.get(extent[1]) if _is_size(extent) else extent
    return isinstance(formula, list) and formula[0] in ("+", "*") and "quotient" not in repr(formula)


def _number(extent: Any, own: dict[str, Any]) -> int | None:
    """The value of an extent in the architecture; None where it holds a name."""
    numbers = {symbol: value for symbol, value in own.items() if isinstance(value, int)}
    try:
        return whole(extent, numbers, "")
    except Rejected:
        return None


def _is_size(node: Any) -> bool:
    return isinstance(node, list) and len(node) == 2 and node[0] == "size"


def _factors(node: Any) -> list[str]:
    """The named sizes of a pattern such as 2 m or g m."""
    if not isinstance(node, list) or not node or node[0] != "*":
        return []
    return [child[1] for child in node[1:] if _is_size(child)]


def free_symbols(graph: Graph, name: str) -> Iterator[str]:
    """The sizes of a vertex that neither its activations' shapes nor its shape rule determine."""
    layer = graph.layers[graph.content[name]]
    read = zip(layer["input_shapes"], graph.parents[name], strict=True)
    patterns = [e for shape, parent in read if not follows(graph.inputs.get(parent, {})) for e in shape]
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
    known = _CHOSEN.setdefault(graph, {})
    if (smallest, largest) not in known:
        known[smallest, largest] = _cheapest(graph, _rounds(graph, smallest, largest))
    return known[smallest, largest]


def _rounds(graph: Graph, smallest: int, largest: int) -> list[list[dict[str, int]]]:
    """Candidates, those of a round with images of one size."""
    data: set[str] = set()
    sources: list[Any] = []
    for node in graph.inputs.values():
        sources += [*node["shape"], *([node["below"]] if "below" in node else [])]
        data |= set() if follows(node) else {repr(extent) for extent in node["shape"]}
    for name in graph.parents:
        sources += graph.sizes[name].values()
    found: dict[str, int | None] = {repr(e): e if isinstance(e, int) else None for e in sources}
    ordered = sorted(found, key=lambda key: (found[key] or 0, key))
    span = largest - smallest + 1
    chosen = {key: smallest + place % span for place, key in enumerate(ordered)}
    varied = {key: min(chosen[key], found[key] or largest) for key in ordered}
    # Windows that shrink an image time and again need a large image, and windows of their own extents where they keep
    # its size; the other sizes may still be few.
    rounds: list[list[dict[str, int]]] = [[varied]]
    for cap in _CAPS:
        image = {key: min(found[key] or largest, cap) for key in data}
        capped = [{key: min(found[key] or largest, cap) for key in ordered}, varied]
        capped.append({key: found[key] or largest for key in ordered})  # slices that begin far from the edge
        for few in (2, 1, 4, 8):
            capped += [{k: n if (n := found[k] or few) <= kept else few for k in ordered} for kept in _WINDOWS]
        rounds.append(_different([candidate | image for candidate in capped]))
    return rounds


def _different(candidates: list[dict[str, int]]) -> list[dict[str, int]]:
    return list({tuple(candidate.items()): candidate for candidate in candidates}.values())


def _cheapest(graph: Graph, rounds: list[list[dict[str, int]]]) -> dict[str, int]:
    """From the first round in which a candidate fits: the first one that is small, or else the smallest."""
    refused = Rejected("architecture", "has no sizes")
    for candidates in rounds:
        fitting: list[tuple[int, dict[str, int]]] = []
        for candidate in candidates:
            try:
                work = Instantiation(graph, candidate).work
            except Rejected as error:
                refused = error
                continue
            if work <= _LITTLE_WORK:
                return candidate
            fitting.append((work, candidate))
        if fitting:
            return min(fitting, key=lambda pair: pair[0])[1]
    raise refused


def position(label: str, below: int) -> int:
    """An entry of an integer input: it depends only on the label."""
    return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big") % below

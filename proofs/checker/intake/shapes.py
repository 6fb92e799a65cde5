"""Sizes and shapes: what every vertex reads has the shape that its equation says, and its sizes follow the shape rule.

Extents are integer expressions of the architecture's named sizes, compared as polynomials with integer coefficients in
these and in quotients and remainders; with numbers only, as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.names import REDUCTIONS, nodes, sizes_of
from dyadic.proofs.checker.intake.reading import Rejected, tensor

Extent = tuple[tuple[tuple[str, ...], int], ...]
"""A polynomial: (monomial, coefficient) pairs in order, none of them 0."""
MOST_MONOMIALS, MOST_PAIRS, MOST_LETTERS = 200, 2_000, 1_900


def constant(number: int) -> Extent:
    return (((), number),) if number else ()


def number_of(extent: Extent) -> int | None:
    """The number that an extent is, or None if it depends on a named size."""
    if not extent:
        return 0
    return extent[0][1] if extent[0][0] == () and len(extent) == 1 else None


def evaluate(node: Any, sizes: Mapping[str, Extent], where: str) -> Extent:
    """An integer expression of sizes; Raises :class:`Rejected` for a size that is not known."""
    spend(2, where)
    if isinstance(node, int):
        return constant(node)
    head = node[0]
    if head == "size":
        if node[1] not in sizes:
            raise Rejected(where, f"the size {node[1]!r} is not known")
        return sizes[node[1]]
    if head not in ("+", "*", "quotient", "remainder"):
        raise Rejected(where, "is not made of sizes alone")
    parts = [evaluate(child, sizes, where) for child in node[1:]]
    if head == "+":
        return _collected([pair for part in parts for pair in part], where)
    if head == "*":
        product = constant(1)
        for part in parts:
            if len(product) * len(part) > MOST_PAIRS:
                raise Rejected(where, "is too large a size")
            spend(2 * len(product) * len(part), where)
            pairs = [(tuple(sorted((*a, *b))), p * q) for a, p in product for b, q in part]
            product = _collected(pairs, where)
        return product
    top, bottom = number_of(parts[0]), number_of(parts[1])
    if bottom is not None and bottom < 1:
        raise Rejected(where, "divides by a number that is not positive")
    if top is not None and bottom is not None:
        return constant(top // bottom if head == "quotient" else top % bottom)
    return (((_divided(head, *map(written, parts)),), 1),)


def _collected(pairs: Sequence[tuple[tuple[str, ...], int]], where: str) -> Extent:
    table: dict[tuple[str, ...], int] = {}
    for monomial, coefficient in pairs:
        table[monomial] = table.get(monomial, 0) + coefficient
    if len(table) > MOST_MONOMIALS or any(len(m) > 30 or abs(c) >= 2**63 for m, c in table.items()):
        raise Rejected(where, "is too large a size")
    return tuple(sorted((m, c) for m, c in table.items() if c))


def _divided(head: str, top: str, bottom: str) -> str:
    top, bottom = (f"({text})" if " " in text else text for text in (top, bottom))
    return f"floor({top} / {bottom})" if head == "quotient" else f"({top} mod {bottom})"


def written(extent: Extent) -> str:
    """An extent as a person writes it: ``N - 2``, ``floor((N - 3) / 2) + 1``."""
    text = ""
    for monomial, c in sorted(extent, key=lambda term: (not term[0], term)):
        factors = [str(abs(c))] if abs(c) != 1 or not monomial else []
        sign = (" - " if c < 0 else " + ") if text else "-" * (c < 0)
        text += sign + " ".join([*factors, *monomial])
    return text or "0"


def rule_text(content: Any, most: int = 120) -> str:
    """A layer's shape rule, such as ``o1 = n1 - 2``; cut off where it is long."""
    named = Named()
    rules = [f"{name} = {written(evaluate(node, named, name))}" for name, node in content.get("extents", {}).items()]
    text = ", ".join(rules)
    return text if len(text) <= most else text[: most - 4] + " ..."


def least(node: Any) -> int | None:
    """What an integer expression of sizes is not below, if each of these is at least 1; None if that is not seen."""
    if isinstance(node, int):
        return node
    head, parts = node[0], [least(child) for child in node[1:] if not isinstance(child, str)]
    if head == "size":
        return 1
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if head == "+":
        return sum(known)
    if head == "*":
        negative = [part for part in known if part < 0]
        return None if negative else prod(known)
    if head == "remainder":
        return 0
    return known[0] // node[2] if isinstance(node[2], int) and node[2] > 0 else min(known[0], 0)


class Named(dict[str, Extent]):
    """The architecture's own size names: each stands for itself, or for a number."""

    def __init__(self, numbers: Mapping[str, int] | None = None) -> None:
        super().__init__({name: constant(number) for name, number in (numbers or {}).items()})

    def __missing__(self, name: str) -> Extent:
        return (((name,), 1),)

    def __contains__(self, name: object) -> bool:
        return True


class Shapes:
    """The shape of every activation, after every vertex and cost has been held against what it reads.

    inputs: shapes, by name.  sizes: the sizes of every vertex and cost, by name.  Both are expressions, or numbers in
    a small instance of the network.  numbers: for the architecture's own size names, where each is to be one.
    """

    def __init__(
        self,
        graph: Any,
        inputs: Mapping[str, Any],
        sizes: Mapping[str, Any],
        where: str,
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        self.graph, self.where = graph, where
        self._named = named = Named(numbers)
        self.restrictions: dict[str, None] = {}
        self.of: dict[str, tuple[Extent, ...]] = {}
        self.tables: dict[str, dict[str, Extent]] = {}
        self.targets: dict[str, tuple[Extent, ...]] = {}
        self._sizes: dict[int, set[str]] = {}  # of a layer's or cost's equations, by its identity
        for name in graph.inputs:
            place = f"{where}.inputs.{name}"
            if name not in inputs:
                raise Rejected(place, "is missing")
            self.of[name] = tuple(self._positive(node, named, f"{place}.shape") for node in inputs[name])
            if len(inputs[name]) != len(graph.inputs[name]["shape"]):
                raise Rejected(f"{place}.shape", "does not have the input's number of axes")
            if "below" in graph.inputs[name]:  # of no integer at all nothing could be drawn
                self._positive(graph.inputs[name]["below"], named, f"architecture.inputs.{name}.below")
        for position, name in enumerate(graph.parents):
            layer, place = graph.layers[graph.content[name]], f"{where}.vertices[{position}]"
            table = self._table(name, layer, sizes, place)
            for slot, (pattern, parent) in enumerate(zip(layer["input_shapes"], graph.parents[name], strict=True)):
                self._fits(pattern, parent, table, f"{place}.inputs[{slot}]")
            output = layer["definitions"][-1]["shape"]
            self.of[name] = tuple(self._positive(node, table, f"{place}.sizes") for node in output)
            for item in (*layer["definitions"], *layer["parameters"].values()):
                for node in item["shape"]:
                    self._positive(node, table, f"{place}.sizes")
        for owner, cost in graph.costs.items():
            content, place = graph.cost_contents[owner], f"{where}.costs.{owner}"
            table = self._table(owner, content, sizes, place)
            self._fits(content["shape"], cost["input"], table, f"{place}.input")
            self.targets[owner] = tuple(self._positive(n, table, f"{place}.sizes") for n in content["target_shape"])
        if set(sizes) != set(self.tables):
            raise Rejected(where, "gives sizes of something that the architecture does not have")

    def _table(self, name: str, content: Any, sizes: Mapping[str, Any], where: str) -> dict[str, Extent]:
        rule = content.get("extents", {})
        if name not in sizes:
            raise Rejected(f"{where}.sizes", "are missing")
        if id(content) not in self._sizes:
            self._sizes[id(content)] = sizes_of(content) | set(rule)
        wanted = self._sizes[id(content)]
        if set(sizes[name]) != wanted:
            raise Rejected(f"{where}.sizes", f"are not those of its equation ({', '.join(sorted(wanted))})")
        table = {s: self._positive(node, self._named, f"{where}.sizes.{s}") for s, node in sizes[name].items()}
        for symbol, formula in rule.items():
            if evaluate(formula, table, f"{where}.sizes.{symbol}") != table[symbol]:
                raise Rejected(f"{where}.sizes.{symbol}", "does not follow the layer's shape rule")
        self.tables[name] = table
        return table

    def _fits(self, pattern: Sequence[Any], parent: str, table: Mapping[str, Extent], where: str) -> None:
        wanted = tuple(evaluate(node, table, where) for node in pattern)
        if wanted != self.of[parent]:
            shown = ", ".join(map(written, wanted))
            raise Rejected(where, f"{parent!r} does not have the shape [{shown}] that the equation reads")

    def _positive(self, node: Any, sizes: Mapping[str, Extent], where: str) -> Extent:
        extent = evaluate(node, sizes, where)
        number = number_of(extent)
        if number is not None and number < 1:
            raise Rejected(where, f"is a size of {number}")
        if number is None and (least(node) or 0) < 1:
            self.restrictions[written(extent)] = None
        return extent

    def hypotheses(self) -> list[str]:
        """Which sizes have to be at least 1 for the network to be one, where that is not so for all numbers."""
        texts: list[str] = []
        for size in sorted(self.restrictions):
            if not texts or len(texts[-1]) + len(size) > MOST_LETTERS:
                texts.append(f"these sizes are at least 1: {size}")
            else:
                texts[-1] += f", {size}"
        return texts

    def numbers(self, name: str) -> dict[str, int] | None:
        """The sizes of a vertex or cost where all are numbers."""
        table = {symbol: number_of(extent) for symbol, extent in self.tables[name].items()}
        return None if None in table.values() else {s: n for s, n in table.items() if n is not None}

    def entries(self, name: str) -> int:
        """How many entries an input or activation has, where its sizes are numbers; 0 for any other."""
        return prod(number_of(extent) or 0 for extent in self.of[name])


def network_shapes(graph: Any, numbers: Mapping[str, int] | None = None) -> Shapes:
    """Those of the network itself.  numbers: for its sizes that are names."""
    sizes = graph.sizes | {owner: cost["sizes"] for owner, cost in graph.costs.items()}
    inputs = {name: node["shape"] for name, node in graph.inputs.items()}
    return Shapes(graph, inputs, sizes, "architecture", numbers)


def integer_slots(content: Any) -> set[tuple[str, str]]:
    """The tensors that hold integers in a layer or cost."""
    return integers_read([item["body"] for item in content["definitions"]])


def integers_read(bodies: Any) -> set[tuple[str, str]]:
    """Tensors whose entries stand inside an index, a bracket, a division or an extent: they hold integers."""
    found: set[tuple[str, str]] = set()
    for node in nodes(bodies):
        inside: list[Any] = []
        if node[0] == "entry":
            inside = node[3]
        elif node[0] in ("inside", "divides", "same", "quotient", "remainder"):
            inside = node[1:]
        elif node[0] in REDUCTIONS:
            inside = [node[2]]
        found |= {(n[1], n[2]) for n in nodes(inside) if n[0] == "entry"}
    return found


def holds_integers(graph: Any) -> bool:
    """Whether an input or a target of the network holds integers, of which an evaluation has one choice of many."""
    given = any(node["role"] == "index" for node in graph.inputs.values())
    return given or any(content["target_role"] == "index" for content in graph.cost_contents.values())


def check_roles(graph: Any) -> None:
    """Integers are read where integers are given, and nowhere else."""
    integers: dict[str, set[tuple[str, str]]] = {key: integer_slots(layer) for key, layer in graph.layers.items()}
    for key, layer in graph.layers.items():
        _only_given(integers[key], {("x", owner) for owner in layer["inputs"]}, f"layers.{key}")
    for key, cost in graph.kinds.items():
        _only_given(integer_slots(cost), {("y", "cost")}, f"costs.{key}")
    for name, node in graph.inputs.items():
        if (node["role"] == "index") != ("below" in node):
            raise Rejected(f"architecture.inputs.{name}.below", "goes with the role index, and only with it")
    for position, (name, parents) in enumerate(graph.parents.items()):
        layer = graph.layers[graph.content[name]]
        for slot, (owner, parent) in enumerate(zip(layer["inputs"], parents, strict=True)):
            given = parent in graph.inputs and graph.inputs[parent]["role"] == "index"
            if (("x", owner) in integers[graph.content[name]]) != given:
                where = f"architecture.vertices[{position}].inputs[{slot}]"
                raise Rejected(where, f"{parent!r} does {'' if given else 'not '}hold integers, unlike what is read")


def _only_given(integers: set[tuple[str, str]], given: set[tuple[str, str]], where: str) -> None:
    """What is trained, computed or differentiated by holds no integers: nothing would move with it."""
    for kind, owner in sorted(integers - given):
        raise Rejected(where, f"{tensor(kind, owner)} stands in an index or a bracket, but is not given as integers")


def check_positions(graph: Any, shapes: Shapes) -> None:
    """The bound of an integer input is at most the length of each axis that it indexes, where no bracket guards that.

    The proofs of the adjoints rest on it (``positions_inside``): core/obligations.py takes it of the same entries.
    """
    indexed = {key: _indexed(layer) for key, layer in graph.layers.items()}
    for position, (name, parents) in enumerate(graph.parents.items()):
        for slot, axis in indexed[graph.content[name]]:
            below = evaluate(graph.inputs[parents[slot]]["below"], Named(), "architecture.inputs")
            length = evaluate(axis, shapes.tables[name], "architecture.vertices")
            low, high = number_of(below), number_of(length)
            if below != length and (low is None or high is None or low > high):
                where = f"architecture.vertices[{position}].inputs[{slot}]"
                raise Rejected(where, f"the integers of {parents[slot]!r} are not below the length of the axis")


def _indexed(layer: Any) -> list[tuple[int, Any]]:
    """(slot, length of an axis) for each input whose entries are an index into that axis where no bracket guards it."""
    known = dict(zip((("x", owner) for owner in layer["inputs"]), layer["input_shapes"], strict=True))
    known |= {(p["kind"], "v"): p["shape"] for p in layer["parameters"].values()}
    known |= {(item["kind"], item["owner"]): item["shape"] for item in layer["definitions"]}
    found: dict[str, tuple[int, Any]] = {}
    for item in layer["definitions"]:
        for index, axis in unguarded(item["body"], known):
            slot = layer["inputs"].index(index[2])
            found[repr((slot, axis))] = slot, axis
    return list(found.values())


def unguarded(body: Any, known: Mapping[tuple[str, str], Sequence[Any]]) -> Iterator[tuple[Any, Any]]:
    """The entries that are an index in one definition and stand in no bracket of it, each with the axis' length."""
    brackets = [n for n in nodes(body) if n[0] in ("inside", "divides", "same")]
    guarded = {repr(n) for n in nodes(brackets) if n[0] == "entry"}
    for entry in (n for n in nodes(body) if n[0] == "entry"):
        for index, axis in zip(entry[3], known[entry[1], entry[2]], strict=True):
            if isinstance(index, list) and index[0] == "entry" and repr(index) not in guarded:
                yield index, axis

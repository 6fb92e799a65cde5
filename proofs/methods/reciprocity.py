"""The inference flow's interactions are asymmetric, so no potential generates it.

Shows a block of the antisymmetric part of dF/dx that is not zero: for an edge u -> v between two layers,
dF_v/dx_u = D_u f_v, while dF_u/dx_v = 0 because v is not a parent of u.  A rigorous enclosure of one entry of
D_u f_v that excludes zero settles it: at the sizes that v has in the network, with the constants that it reads there,
which the witness then states.  Where none is found so, small sizes of the layer and any constants are tried; that is
said of such layers, and not of this network (``own`` is 0).  Where that finds none either, as with layers that only
round or a difference a - a, what is stated is another claim, about the structure: some layers that read each other in
this way are of that kind.  A network in which no layer reads another has no such block, and then that is stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import ctx

from dyadic.proofs.checker.evaluation.kind_pairing import KindEquations, completed, small_sizes
from dyadic.proofs.checker.evaluation.reciprocity_entry import cheapest
from dyadic.proofs.checker.intake.existence import own_shapes, own_sizes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.own_witness import may_lack_values, own_numbers
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.drawn_sizes import position
from dyadic.proofs.evaluate.identity_values import small_rational_source
from dyadic.proofs.evaluate.network import Entries, IntegerEntries, Layer, places, whole
from dyadic.proofs.evaluate.network_numbers import Constants, constants_among, own_constants, read, stated
from dyadic.proofs.evaluate.number_rings import Ball, Tape, Undetermined
from dyadic.proofs.methods.pairing import integers_of
from dyadic.proofs.sentences import told
from dyadic.proofs.subject import Subject

MOST_EDGES, MOST_TERMS = 8, 100_000
"""Bounds on the pairs of layers that are looked at, and on the terms of a layer at its own sizes."""


@dataclass(frozen=True)
class LayerNumbers:
    """Sizes of a layer and the entries of what it reads that are not drawn: integers, by place, and constants."""

    sizes: dict[str, int]
    given: dict[tuple[str, str], Entries]
    constants: Constants


def reciprocity_claim(subject: Subject, tries: int = 6) -> Claim:
    """Exhibit one non-zero entry of the antisymmetric part of the flow's Jacobian."""
    graph = subject.network
    edges = graph.layer_edges()
    if not edges:
        return told("nonreciprocity", Verdict.PROVED, {}, {"reads": 0, **own_numbers(graph, "nonreciprocity", None)})
    for witness in _witnesses(subject, tries):
        numbers = {"reads": 1, **own_numbers(graph, "nonreciprocity", witness)}
        return told("nonreciprocity", Verdict.PROVED, {}, numbers, witness=witness)
    parent, child = edges[0]
    return told("nonreciprocity:structure", Verdict.PROVED, {}, {}, witness={"reads": child, "read": parent})


def _witnesses(subject: Subject, tries: int) -> Iterator[dict[str, object]]:
    """Those at the network's own sizes first, from the layer that costs least."""
    graph, values = subject.network, subject.derivation.architecture.values
    for parent, child in [] if may_lack_values(graph) else _edges(graph)[:MOST_EDGES]:
        constants = own_constants(graph, graph.parents[child], values)
        for seed in range(tries if constants is not None else 0):
            found = own_entry(graph, parent, child, seed, constants or {})
            if found:
                yield found
    for parent, child in graph.layer_edges()[:MOST_EDGES]:
        for seed in range(tries):
            found = entry_elsewhere(graph, parent, child, seed)
            # At sizes that happen to be the network's own the integers may still be others.
            if found and not own_numbers(graph, "nonreciprocity", found)["own"]:
                yield found


def _edges(graph: Graph) -> list[tuple[str, str]]:
    try:
        return cheapest(graph, MOST_TERMS)
    except Rejected:  # shapes that do not fit
        return []


def again(graph: Graph, parent: str, child: str, witness: Mapping[str, Any]) -> dict[str, object] | None:
    """What the evaluation gives from which a witness was made; None if it would cost more than that did."""
    if own_numbers(graph, "nonreciprocity", witness)["own"]:
        if (parent, child) not in _edges(graph):
            return None
        return own_entry(graph, parent, child, witness["seed"], read(witness["constants"]))
    return entry_elsewhere(graph, parent, child, witness["seed"])


def own_entry(
    graph: Graph, parent: str, child: str, seed: int, constants: Mapping[str, tuple[Fraction, ...]]
) -> dict[str, object] | None:
    """A witness at the network's own sizes: an entry of dF_child/dx_parent that is not 0, or None."""
    where = f"vertex {child!r}"
    sizes, below = own_shapes(graph).numbers(child) or {}, own_sizes(graph)
    content, given = graph.layers[graph.content[child]], dict[tuple[str, str], Entries]()
    free = constants_among(graph, graph.parents[child], {})
    if any(name not in constants for name in free):
        return None
    for owner, name, shape in zip(content["inputs"], graph.parents[child], content["input_shapes"], strict=True):
        node = graph.inputs.get(name, {})
        if node.get("role") == "index":
            try:
                at = places([whole(extent, sizes, where) for extent in shape], where)
            except Rejected:  # too many of them
                return None
            most = below[repr(node["below"])]
            drawn = [position(f"{seed} x {name} {list(place)}", most) for place in at]
            integers = [int(number) for number in constants.get(name, drawn)]
            if len(integers) != len(at) or not all(0 <= number < most for number in integers):
                return None
            given["x", owner] = IntegerEntries(zip(at, integers, strict=True))
    return _entry(graph, parent, child, seed, LayerNumbers(sizes, given, constants))


def entry_elsewhere(graph: Graph, parent: str, child: str, seed: int) -> dict[str, object] | None:
    """The same at small sizes of the layer, with all that it reads drawn."""
    content, where = graph.layers[graph.content[child]], f"vertex {child!r}"
    try:
        drawn = small_sizes(content, seed, where, graph.sizes[child])
        sizes = completed(KindEquations(content, where).extents, drawn, where)
        return _entry(graph, parent, child, seed, LayerNumbers(sizes, integers_of(content, sizes, where), {}))
    except Rejected:
        return None


def _entry(graph: Graph, parent: str, child: str, seed: int, numbers: LayerNumbers) -> dict[str, object] | None:
    before, ctx.prec = ctx.prec, 128
    try:
        return _Jacobian(graph, child, seed, numbers).entry(parent)
    except (Undetermined, Rejected):  # the sign of a sum that may be zero
        return None
    finally:
        ctx.prec = before


class _Jacobian:
    """A layer at numbers, on a tape; equal parents are equal numbers."""

    def __init__(self, graph: Graph, child: str, seed: int, numbers: LayerNumbers) -> None:
        self.child, self.seed, self.numbers = child, seed, numbers
        self.tape, self.draw = Tape(Ball()), small_rational_source(seed)
        content, where = graph.layers[graph.content[child]], f"vertex {child!r}"
        read_ = KindEquations(content, where).read
        shapes = {key: [whole(extent, numbers.sizes, where) for extent in shape] for key, shape in read_.items()}
        parents = {("x", owner): name for owner, name in zip(content["inputs"], graph.parents[child], strict=True)}
        tensors = {key: self._tensor(key, parents.get(key), places(shapes[key], where)) for key in shapes}
        self.moved: dict[str, Entries] = {}
        for key, name in parents.items():  # what is read in several places is one activation
            first = self.moved.setdefault(name, tensors[key])
            if set(first) != set(tensors[key]):
                raise Rejected(where, "reads one activation in two shapes at these sizes")
            tensors[key] = first
        self.value = Layer(content, numbers.sizes, self.tape, where).forward(tensors)

    def _tensor(self, key: tuple[str, str], name: str | None, at: list[tuple[int, ...]]) -> Entries:
        if key in self.numbers.given:
            return self.numbers.given[key]
        if name is not None and name in self.numbers.constants:
            fractions = self.numbers.constants[name]
            if len(fractions) != len(at):
                raise Rejected(f"vertex {self.child!r}", f"reads {name!r}, which has other entries")
            return {p: self.tape.number(n.numerator, n.denominator) for p, n in zip(at, fractions, strict=True)}
        return {place: self.tape.variable(self.draw(f"{key[0]} {key[1]} {list(place)}")) for place in at}

    def entry(self, parent: str) -> dict[str, object] | None:
        """The entry of the first row that has one that is not 0 for certain, as a witness."""
        moved = self.moved[parent]
        rows = list(self.value)
        if self._column(rows, moved) is None:
            return None
        while len(rows) > 1:  # of a sum of rows that is not 0 some part is not 0
            half = rows[: len(rows) // 2]
            rows = half if self._column(half, moved) is not None else rows[len(half) :]
        column = self._column(rows, moved)
        if column is None:
            return None
        slope = self.tape.backward(self.value[rows[0]])[moved[column]]
        return {
            "row": f"F_{self.child}{list(rows[0])}", "column": f"x_{parent}{list(column)}",
            "entry": slope.str(15, radius=False), "transposed_entry": "0",
            "seed": self.seed, "sizes": self.numbers.sizes, "constants": stated(self.numbers.constants),
        }  # fmt: skip

    def _column(self, rows: list[tuple[int, ...]], moved: Entries) -> tuple[int, ...] | None:
        """An entry by which a sum of the rows, with numbers drawn as weights, does not have the derivative 0."""
        tape = self.tape
        weights = [tape.variable(self.draw(f"row {list(row)}")) for row in rows] if len(rows) > 1 else []
        terms = (
            [tape.mul([weight, self.value[row]]) for weight, row in zip(weights, rows, strict=True)]
            if weights
            else [self.value[rows[0]]]
        )
        slopes = tape.backward(tape.add(terms))
        return next((at for at, source in moved.items() if slopes[source] > 0 or slopes[source] < 0), None)


__all__ = ["again", "reciprocity_claim"]

"""A row of the antisymmetric part of the inference flow's Jacobian that is not 0.

For two layers u -> v the block dF_v/dx_u is D_u f_v, over all the places where v reads u, and dF_u/dx_v is 0, because u
does not read v.  All entries of x_u move at once, in a direction of small rationals; if 0 is not in the enclosure of
what an entry of f_v does then, a row of D_u f_v is not 0.  At the sizes that v has in the network, with the constants
that it reads there, that is said of the network; at small sizes, with all that v reads drawn, of such layers elsewhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from dyadic.proofs.checker.differentiation.integer_intervals import NoValue
from dyadic.proofs.checker.evaluation.enclosed_numbers import EnclosedNumbers
from dyadic.proofs.checker.evaluation.equations import Entries, Evaluator
from dyadic.proofs.checker.evaluation.kind_pairing import KindEquations, completed, draw_inputs, small_sizes, work
from dyadic.proofs.checker.intake.existence import own_shapes, own_sizes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected

MOST_EDGES, UNITS, MOST_WORK = 8, (8, 32), 60_000
"""Bounds on the pairs of layers, and on the terms visited for all of them; between them the parts of 1 that the numbers
are multiples of, of either sign and positive."""
_FEWEST = 3
"""What integers are below that are compared and index nothing (kind_pairing.py)."""

Constants = Mapping[str, Sequence[str]]
"""Entries in order as fractions, by input."""


@dataclass(frozen=True)
class JacobianRow:
    """F of ``child`` at ``row``, which does not have the derivative 0 by x of ``parent``."""

    child: str
    row: tuple[int, ...]
    parent: str


def find(graph: Graph) -> JacobianRow | None:
    """A row that is not 0 for certain at small sizes of its layer, or None where none was found."""
    return _first(graph, graph.layer_edges()[:MOST_EDGES], partial(_small, graph))


def find_own(graph: Graph, constants: Constants) -> JacobianRow | None:
    """The same at the sizes that the layer has in the network, of a layer that reads no constants but these."""
    given = {name for name, node in graph.inputs.items() if node["role"] == "constant"} - set(constants)
    shapes, below = own_shapes(graph), own_sizes(graph)

    def at_own(child: str, seed: int) -> _At:
        integers: dict[str, list[int]] = {}
        values: dict[str, list[Fraction]] = {}
        for owner, name in zip(graph.layers[graph.content[child]]["inputs"], graph.parents[child], strict=True):
            if graph.inputs.get(name, {}).get("role") == "index":
                most = min(below[repr(graph.inputs[name]["below"])], _FEWEST)
                count = shapes.entries(name)
                drawn = [secrets.randbelow(most) for _ in range(count)]
                integers[f"x {owner}"] = list(map(int, constants.get(name, drawn)))
            elif name in constants:
                values[owner] = list(map(Fraction, constants[name]))
        return _At(shapes.numbers(child) or {}, integers, values)

    edges = [edge for edge in cheapest(graph) if not given & set(graph.parents[edge[1]])]
    return _first(graph, edges[:MOST_EDGES], at_own)


def cheapest(graph: Graph, most: int = MOST_WORK) -> list[tuple[str, str]]:
    """The pairs of layers that can be evaluated at the network's own sizes, what costs least first."""
    shapes, known = own_shapes(graph), dict[str, int]()
    costs: list[tuple[int, tuple[str, str]]] = []
    for parent, child in graph.layer_edges():
        sizes, content = shapes.numbers(child) or {}, graph.content[child]
        key = f"{content} {sorted(sizes.items())}"
        if key not in known:
            known[key] = work({"definitions": graph.layers[content]["definitions"]}, sizes, f"vertex {child!r}")
        costs.append((known[key], (parent, child)))
    return [edge for cost, edge in sorted(costs, key=lambda pair: pair[0]) if cost <= most]


@dataclass(frozen=True)
class _At:
    """Sizes of a layer, the integers that it reads by kind and owner, and the values that are not drawn by owner."""

    sizes: dict[str, int]
    integers: dict[str, list[int]]
    values: dict[str, list[Fraction]]


def _small(graph: Graph, child: str, seed: int) -> _At:
    content, where = graph.layers[graph.content[child]], f"vertex {child!r}"
    drawn = small_sizes(content, seed, where, graph.sizes[child])
    return _At(completed(KindEquations(content, where).extents, drawn, where), {}, {})


def _first(graph: Graph, edges: Sequence[tuple[str, str]], numbers_of: Callable[[str, int], _At]) -> JacobianRow | None:
    """The first row that is not 0.  numbers_of: from a child and a seed."""
    spent = 0
    for parent, child in edges:
        for seed, positive, unit in _tries():
            try:
                at = numbers_of(child, seed)
                layer = _LayerAtNumbers(graph, child, EnclosedNumbers(seed, positive, unit), at)
                spent += layer.cost
                if spent > MOST_WORK:
                    return None
                row = layer.moved(parent)
            except (NoValue, Rejected):
                continue
            if row is not None:
                return JacobianRow(child, row, parent)
    return None


def _tries() -> Iterator[tuple[int, bool, int]]:
    for number in range(2 * len(UNITS)):
        yield secrets.randbits(60), number % 2 == 1, UNITS[number // 2]


class _LayerAtNumbers:
    """A layer with numbers for everything that it reads; equal parents are equal numbers."""

    def __init__(self, graph: Graph, child: str, numbers: EnclosedNumbers, at: _At) -> None:
        self.content, self.where = graph.layers[graph.content[child]], f"vertex {child!r}"
        self.cost = work({"definitions": self.content["definitions"]}, at.sizes, self.where)
        if self.cost > MOST_WORK:
            raise Rejected(self.where, "is too large to evaluate here")
        self.run = Evaluator(numbers, at.sizes, self.where)
        draw_inputs(self.run, KindEquations(self.content, self.where), numbers.seed, at.integers)
        for owner, values in at.values.items():
            places = list(self.run.tensors["x", owner])
            entries = [numbers.number(value.numerator, value.denominator) for value in values]
            self.run.tensors["x", owner] = dict(zip(places, entries, strict=True))
        self.read = dict[str, tuple[str, str]]()
        for owner, name in zip(self.content["inputs"], graph.parents[child], strict=True):
            first = self.read.setdefault(name, ("x", owner))
            if set(self.run.tensors[first]) != set(self.run.tensors["x", owner]):
                raise Rejected(self.where, "reads one activation in two shapes at these sizes")
            self.run.tensors["x", owner] = self.run.tensors[first]

    def moved(self, parent: str) -> tuple[int, ...] | None:
        """An entry of the layer's value that moves with a parent; integers do not move."""
        table: Entries = self.run.tensors[self.read[parent]]
        for at, number in table.items():
            if not isinstance(number, int):
                table[at] = number[0], self.run.field.draw("direction", at)[0]
        value: Entries = {}
        for item in self.content["definitions"]:
            value = self.run.define(item)
        return next((at for at, (_, slope) in value.items() if slope.sign), None)


__all__ = ["JacobianRow", "cheapest", "find", "find_own"]

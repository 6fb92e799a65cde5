"""An entry of the antisymmetric part of the inference flow's Jacobian that is not 0.

For two layers u -> v the block dF_v/dx_u is D_u f_v, over all the places where v reads u, and dF_u/dx_v is 0, because u
does not read v.  One entry of D_u f_v, enclosed at small rationals and small sizes of the layer, settles it if 0 is not
in the enclosure.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from dyadic.proofs.checker.differentiation.integer_intervals import NUMBER_ONE, NoValue
from dyadic.proofs.checker.evaluation.enclosed_numbers import EnclosedNumbers
from dyadic.proofs.checker.evaluation.equations import Entries, Evaluator
from dyadic.proofs.checker.evaluation.kind_pairing import KindEquations, completed, draw_inputs, small_sizes, work
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected

MOST_EDGES, UNITS, MOST_PLACES, MOST_WORK = 8, (8, 32), 6, 60_000
"""Bounds on the pairs of layers, on the entries moved, and on the terms visited for all of them; the parts of 1 that
the numbers are multiples of, of either sign and positive."""


@dataclass(frozen=True)
class JacobianEntry:
    """F of ``child`` at ``row`` by x of ``parent`` at ``column``, which is not 0."""

    child: str
    row: tuple[int, ...]
    parent: str
    column: tuple[int, ...]


def find(graph: Graph) -> JacobianEntry | None:
    """An entry that is not 0 for certain, or None where none was found at the numbers that were tried."""
    spent = 0
    for parent, child in graph.layer_edges()[:MOST_EDGES]:
        for number in range(2 * len(UNITS)):
            try:
                numbers = EnclosedNumbers(secrets.randbits(60), number % 2 == 1, UNITS[number // 2])
                instance = _LayerAtNumbers(graph, parent, child, numbers)
                for column in instance.columns():
                    spent += instance.cost
                    if spent > MOST_WORK:
                        return None
                    row = instance.moved(column)
                    if row is not None:
                        return JacobianEntry(child, row, parent, column)
            except (NoValue, Rejected):
                continue
    return None


class _LayerAtNumbers:
    """A layer at small sizes, with numbers for everything that it reads; equal parents are equal numbers."""

    def __init__(self, graph: Graph, parent: str, child: str, numbers: EnclosedNumbers) -> None:
        self.content, self.where = graph.layers[graph.content[child]], f"vertex {child!r}"
        equations = KindEquations(self.content, self.where)
        drawn = small_sizes(self.content, numbers.seed, self.where, graph.sizes[child])
        sizes = completed(equations.extents, drawn, self.where)
        self.run = Evaluator(numbers, sizes, self.where)
        self.cost = work({"definitions": self.content["definitions"]}, sizes, self.where)
        draw_inputs(self.run, equations, numbers.seed, {})
        read = dict[str, tuple[str, str]]()
        for owner, name in zip(self.content["inputs"], graph.parents[child], strict=True):
            first = read.setdefault(name, ("x", owner))
            if set(self.run.tensors[first]) != set(self.run.tensors["x", owner]):
                raise Rejected(self.where, "reads one activation in two shapes at these sizes")
            self.run.tensors["x", owner] = self.run.tensors[first]
        self.table: Entries = self.run.tensors[read[parent]]

    def columns(self) -> Iterator[tuple[int, ...]]:
        """Entries of what is read that may move: integers do not."""
        return iter([at for at, number in self.table.items() if not isinstance(number, int)][:MOST_PLACES])

    def moved(self, column: tuple[int, ...]) -> tuple[int, ...] | None:
        """An entry of the layer's value that moves with one of what it reads."""
        before = self.table[column]
        self.table[column] = before[0], NUMBER_ONE
        try:
            value: Entries = {}
            for item in self.content["definitions"]:
                value = self.run.define(item)
        finally:
            self.table[column] = before
        return next((at for at, (_, slope) in value.items() if slope.sign), None)


__all__ = ["JacobianEntry", "find"]

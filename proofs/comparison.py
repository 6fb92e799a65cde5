"""The relaxation against backpropagation at reduced sizes: what the methods with rings of their own share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proofs.checker.graph import Graph
from proofs.evaluate.rings import Ring
from proofs.evaluate.simulate import Draw, Instance, State, backpropagation


class Composed:
    """The operations of a ring that are made of its sums and products, written out."""

    def add(self, terms: Sequence[Any]) -> Any:
        raise NotImplementedError

    def mul(self, factors: Sequence[Any]) -> Any:
        raise NotImplementedError

    def dot(self, rows: Sequence[Sequence[Any]]) -> Any:
        return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])

    def more(self, total: Any, one: Any, two: Any) -> Any:
        return self.add([total, self.mul([one, two])])


@dataclass(frozen=True)
class Difference:
    """The first entry that is not the same on both sides."""

    variable: str
    entry: tuple[int, ...]
    relaxed: Any
    exact: Any


def compare(
    graph: Graph, steps: int | None, ring: Ring, sizes: dict[str, int], draw: Draw, initial: Draw
) -> tuple[Difference | None, int]:
    """Execute ``steps`` synchronous steps (None: the wavefront): (first difference, number of entries compared)."""
    instance = Instance(graph, ring, draw, sizes)
    state = instance.wavefront() if steps is None else instance.initial(initial)
    for _ in range(steps or 0):
        state = instance.step(state)
    gradients = instance.gradients(state)
    exact_state, exact_gradients = backpropagation(graph, ring, draw, sizes)
    count = 0
    for found, wanted, label in ((state, exact_state, "{}:{}"), (gradients, exact_gradients, "dE/d {}.{}")):
        for key, table in wanted.items():
            for place, value in table.items():
                count += 1
                if not bool(found[key][place] == value):
                    return Difference(label.format(*key).rstrip("."), place, found[key][place], value), count
    return None, count


def values(instance: Instance, state: State) -> list[Any]:
    """Every entry of a state and of its gradients."""
    tables = [*state.values(), *instance.gradients(state).values()]
    return [value for table in tables for value in table.values()]

"""The relaxation against backpropagation at reduced sizes: what the methods with rings of their own share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate.number_rings import Ring
from dyadic.proofs.evaluate.simulate import Draw, Instance, State, backpropagation


@dataclass(frozen=True)
class FirstDifference:
    """The first entry that is not the same on both sides."""

    variable: str
    entry: tuple[int, ...]
    relaxed: Any
    exact: Any


def compare(
    graph: Graph, steps: int | None, ring: Ring, sizes: dict[str, int], draw: Draw, initial: Draw
) -> tuple[FirstDifference | None, int]:
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
                    return FirstDifference(label.format(*key).rstrip("."), place, found[key][place], value), count
    return None, count


def values(instance: Instance, state: State) -> list[Any]:
    """Every entry of a state and of its gradients."""
    tables = [*state.values(), *instance.gradients(state).values()]
    return [value for table in tables for value in table.values()]

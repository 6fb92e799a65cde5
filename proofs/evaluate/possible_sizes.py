"""The sizes that a network can have: its own where they are numbers, and some of those that names can be.

What holds or fails at other sizes says nothing of the network.
"""

from __future__ import annotations

from collections.abc import Iterator

from dyadic.proofs.checker.intake.existence import check_existence, named_sizes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import network_shapes

_PATTERNS = ((2,), (1,), (1, 2, 3), (3, 2, 1), (2, 3), (4, 2, 3), (3, 1, 4, 2), (5, 3, 2), (6, 2), (4,), (7, 3, 2, 5))
_OTHERS = (2, 3)


def numbers_for_names(graph: Graph, largest: int = 1) -> Iterator[dict[str, int]]:
    """Numbers for the sizes that are names, at which the network exists; {} alone where there are none.

    largest: the largest number in the equations that are looked at; what it cuts off is seen beyond it, so that each
    size is larger than it, the others being small, and then all are.
    """
    names = named_sizes(graph)
    if not names:
        yield {}
        return
    tries = [check_existence(graph)]
    tries += [{name: pattern[k % len(pattern)] for k, name in enumerate(names)} for pattern in _PATTERNS]
    tries += [
        {n: largest + 2 if n == name else other + k % 2 for k, n in enumerate(names)}
        for other in _OTHERS for name in names
    ]  # fmt: skip
    tries += [{n: largest + 1 + step * k for k, n in enumerate(names)} for step in (1, 2)]
    for numbers in {tuple(one.items()): one for one in tries}.values():
        try:
            network_shapes(graph, numbers)
        except Rejected:
            continue
        yield numbers


def tables_of(graph: Graph, place: str, largest: int = 1) -> Iterator[dict[str, int]]:
    """The sizes with which a network uses the layer or cost at a place of its certificate, each table once."""
    group, _, key = place.partition(".")
    users = [name for name, content in graph.content.items() if group == "layers" and content == key]
    users += [owner for owner, cost in graph.costs.items() if group == "costs" and cost["cost"] == key]
    seen: set[tuple[tuple[str, int], ...]] = set()
    for numbers in numbers_for_names(graph, largest):
        shapes = network_shapes(graph, numbers)
        for name in users:
            table = shapes.numbers(name)
            if table is not None and (found := tuple(sorted(table.items()))) not in seen:
                seen.add(found)
                yield table


__all__ = ["numbers_for_names", "tables_of"]

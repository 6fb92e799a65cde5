"""The sizes that a network can have: its own where they are numbers, and some of those that names can be.

What holds or fails at other sizes says nothing of the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dyadic.proofs.checker.intake.existence import check_existence, named_sizes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import network_shapes

PATTERNS = ((2,), (1, 2, 3), (3, 2, 1), (2, 3), (4, 2, 3), (3, 1, 4, 2), (5, 3, 2), (6, 2), (4,), (7, 3, 2, 5))
"""Small numbers that sizes have in turn: different ones show most, equal ones are what shapes may ask for."""


def numbers_for_names(graph: Graph, largest: int = 1) -> Iterator[dict[str, int]]:
    """Numbers for the sizes that are names, at which the network exists; {} alone where there are none.

    largest: the largest number in the equations that are looked at.
    """
    names = named_sizes(graph)
    if not names:
        yield {}
        return
    tries = [check_existence(graph)]
    tries += [in_turn(pattern, names) for pattern in (PATTERNS[0], (1,), *PATTERNS[1:])]
    tries += sizes_beyond(names, largest)
    for numbers in {tuple(one.items()): one for one in tries}.values():
        try:
            network_shapes(graph, numbers)
        except Rejected:
            continue
        yield numbers


def in_turn(pattern: Sequence[int], names: Sequence[str]) -> dict[str, int]:
    """The numbers of a pattern for names, one after the other and then from the first on."""
    return {name: pattern[k % len(pattern)] for k, name in enumerate(names)}


def sizes_beyond(names: Sequence[str], largest: int) -> Iterator[dict[str, int]]:
    """Sizes larger than every number in some equations: what a number cuts off, such as [i < 10], is seen beyond it.

    First each size alone, the others small; then all.
    """
    for other in (2, 3):
        for name in names:
            yield {n: largest + 2 if n == name else other + k % 2 for k, n in enumerate(names)}
    for step in (1, 2):
        yield {n: largest + 1 + step * k for k, n in enumerate(names)}


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


__all__ = ["PATTERNS", "in_turn", "numbers_for_names", "sizes_beyond", "tables_of"]

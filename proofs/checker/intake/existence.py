"""Whether the sizes of a network exist: of sizes that no network has, everything would be true.

A claim for all sizes speaks of those at which every size is at least 1 and follows its shape rule.  Where a network's
sizes are numbers, these are some.  Where they are names, numbers are looked for here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from dyadic.proofs.checker.intake.names import sizes_of
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import Named, Shapes, evaluate, network_shapes, number_of

EQUAL = (2, 3, 5, 8, 12, 16, 31, 64, 127, 256, 1024, 4096, 2**16, 2**20, 2**24, 2**31, 2**40)
MOST_TRIES = 60
_SHAPES: WeakKeyDictionary[Any, Shapes] = WeakKeyDictionary()
_SIZES: WeakKeyDictionary[Any, dict[str, int]] = WeakKeyDictionary()


def check_existence(graph: Any) -> dict[str, int]:
    """Numbers for the sizes that are names, at which all other sizes are at least 1.  Raises :class:`Rejected`."""
    names = named_sizes(graph)
    if not names:
        return {}  # all are numbers, and every one of them was looked at
    reason = ""
    for numbers in _tries(names):
        try:
            network_shapes(graph, numbers)
        except Rejected as error:
            reason = reason or str(error)
            continue
        return numbers
    raise Rejected("architecture", f"no sizes were found at which every size is at least 1 ({reason:.200})")


def named_sizes(graph: Any) -> list[str]:
    """The sizes of an architecture that are names."""
    given = [list(node.values()) for node in graph.inputs.values()]
    tables = [*graph.sizes.values(), *(cost["sizes"] for cost in graph.costs.values())]
    return sorted(sizes_of([given, [list(table.values()) for table in tables]]))


def own_shapes(graph: Any) -> Shapes:
    """A network's own sizes as numbers; those that are names are the first ones at which it exists.

    Raises :class:`Rejected` where there are none.
    """
    if graph not in _SHAPES:
        _SHAPES[graph] = network_shapes(graph, check_existence(graph))
    return _SHAPES[graph]


def own_sizes(graph: Any) -> dict[str, int]:
    """The number of every extent that the architecture states, by its JSON text as the prover writes it.

    An instance of the network at these sizes is the network itself.  Raises :class:`Rejected` where there are none.
    """
    if graph not in _SIZES:
        _SIZES[graph] = sizes_with(graph, check_existence(graph))
    return _SIZES[graph]


def sizes_with(graph: Any, numbers: Mapping[str, int]) -> dict[str, int]:
    """The same with some other numbers for the sizes that are names."""
    named = Named(dict(numbers))
    stated: list[Any] = []
    for node in graph.inputs.values():
        stated += [*node["shape"], *([node["below"]] if "below" in node else [])]
    for table in graph.sizes.values():
        stated += table.values()
    return {repr(extent): number_of(evaluate(extent, named, "architecture")) or 0 for extent in stated}


def _tries(names: list[str]) -> Iterator[dict[str, int]]:
    """The same number for all, then numbers of different orders of magnitude."""
    for number in EQUAL:
        yield dict.fromkeys(names, number)
    for attempt in range(MOST_TRIES):
        yield {name: _drawn(name, attempt) for name in names}


def _drawn(name: str, attempt: int) -> int:
    raw = hashlib.blake2b(f"{name} {attempt}".encode(), digest_size=8).digest()
    return 1 + int.from_bytes(raw, "big") % 2 ** (1 + raw[0] % 20)


__all__ = ["check_existence", "named_sizes", "own_shapes", "own_sizes", "sizes_with"]

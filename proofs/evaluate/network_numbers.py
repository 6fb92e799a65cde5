"""A network as it is: at its own sizes, and with the values that its constants have in its file.

What is evaluated at other sizes, or with other constants, says nothing of the network: a softmax over one entry has no
derivative, a mask of zeros lets nothing through.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.intake.existence import own_shapes, own_sizes, sizes_with
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import network_shapes, number_of
from dyadic.proofs.checker.intake.witness_forms import MOST_CONSTANTS
from dyadic.proofs.evaluate.drawn_sizes import Instantiation

Constants = Mapping[str, Sequence[Fraction]]
"""Entries in order, by input."""


def own_instance(graph: Graph, numbers: Mapping[str, int] | None = None) -> Instantiation | None:
    """The network at its own sizes; None if it is too large to evaluate entry by entry, or has no sizes.

    numbers: of its sizes that are names; without them those of :func:`own_sizes`.
    """
    try:
        shapes = network_shapes(graph, numbers) if numbers else own_shapes(graph)
        found = Instantiation(graph, sizes_with(graph, numbers) if numbers else own_sizes(graph))
    except Rejected:
        return None
    tables = {name: shapes.numbers(name) for name in shapes.tables}
    extents = {name: [number_of(extent) for extent in shape] for name, shape in shapes.of.items()}
    targets = {owner: [number_of(extent) for extent in shape] for owner, shape in shapes.targets.items()}
    same = found.tables == tables and found.shapes == extents and found.targets == targets
    return found if same else None


def constants_among(graph: Graph, names: Iterable[str], values: Mapping[str, Any]) -> list[str]:
    """The inputs that are no free numbers: constants, and positions that have values of their own."""
    roles = {name: graph.inputs[name]["role"] for name in dict.fromkeys(names) if name in graph.inputs}
    return [name for name, role in roles.items() if role == "constant" or (role == "index" and name in values)]


def own_constants(
    graph: Graph, names: Iterable[str], values: Mapping[str, Any], numbers: Mapping[str, int] | None = None
) -> dict[str, tuple[Fraction, ...]] | None:
    """The numbers that inputs have in a network's file, exactly; None if there are too many, or no numbers.

    A constant without values is any, and has small numbers here.  The network must have sizes; numbers: see
    :func:`own_instance`.
    """
    found: dict[str, tuple[Fraction, ...]] = {}
    named = constants_among(graph, names, values)
    if not named:
        return found
    shapes = network_shapes(graph, numbers) if numbers else own_shapes(graph)
    for name in named:
        count = shapes.entries(name)
        if name not in values:
            found[name] = tuple(Fraction(1 + place % 4, 4) for place in range(min(count, MOST_CONSTANTS + 1)))
            continue
        if count > MOST_CONSTANTS or values[name].size != count:
            return None
        stated_there = entries(values[name])
        if stated_there is None:
            return None
        found[name] = stated_there
    return found if sum(map(len, found.values())) <= MOST_CONSTANTS else None


def entries(array: Any) -> tuple[Fraction, ...] | None:
    """The entries of an array in order, exactly; None if they are no numbers."""
    found = array.ravel().tolist()
    if not all(isinstance(entry, int | float) and math.isfinite(entry) for entry in found):
        return None
    return tuple(map(Fraction, found))


def stated(constants: Constants) -> dict[str, list[str]]:
    """Constants as a witness has them."""
    return {name: [str(number) for number in numbers] for name, numbers in constants.items()}


def read(constants: Mapping[str, Sequence[str]]) -> dict[str, tuple[Fraction, ...]]:
    """The same the other way round."""
    return {name: tuple(map(Fraction, numbers)) for name, numbers in constants.items()}


__all__ = ["Constants", "constants_among", "entries", "own_constants", "own_instance", "read", "stated"]

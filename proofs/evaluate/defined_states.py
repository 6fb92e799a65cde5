"""Whether there is a state at which every update of a network has a value: of none, whatever is said is true.

Constants that have values are looked at with these, at the network's own sizes, and so is a network that is small;
others at small sizes and with constants that are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from flint import ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.own_witness import may_lack_values
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.evaluate.drawn_sizes import reduced_sizes
from dyadic.proofs.evaluate.network_numbers import Constants, own_constants, own_instance
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, Instance
from dyadic.proofs.evaluate.tightness_witness import affordable, draw_with, is_finite

_SEEDS = (*range(6), *range(10, 16))
"""Quarters of integers, and integers."""
_SIGNS = ("positive", "mixed", "small", "negative")
MOST_VERTICES, _PRECISION = 20, 128
"""In a network of many vertices numbers that suit all of them are not met by chance."""
_FEW_ENTRIES, _MUCH_WORK = 60, 100_000
"""Of how many entries numbers are met by chance, and the terms of one evaluation."""


def none_is_found(graph: Graph, values: Mapping[str, Any], elsewhere: bool = False) -> bool:
    """Whether parameters, inputs and states were looked for at which all is defined, and none found.

    False of a network in which they would be hard to find, or to look at.  values: arrays of its constants, by name.
    elsewhere: whether a state is known of the same layers at small sizes, with constants that are drawn.
    """
    if len(graph.parents) > MOST_VERTICES or not may_lack_values(graph) or not affordable(graph):
        return False
    own = _own(graph, values)
    if own is None and elsewhere:
        return False
    sizes, constants = own or (reduced_sizes(graph, largest=2), {})
    before, ctx.prec = ctx.prec, _PRECISION
    try:
        return not any(
            _is_defined(graph, draw, sizes, constants)
            or _is_defined(graph, lambda label, draw=draw: abs(draw(label)), sizes, constants)  # type: ignore[misc]
            for draw in (draw_with(seed, signs) for seed, signs in product(_SEEDS, _SIGNS))
        )
    finally:
        ctx.prec = before


def _own(graph: Graph, values: Mapping[str, Any]) -> tuple[dict[str, int], Constants] | None:
    """The network's own sizes and constants, where it has constants with values, or few entries."""
    instance = own_instance(graph)
    if instance is None or instance.work > _MUCH_WORK or not (values or instance.entries <= _FEW_ENTRIES):
        return None
    constants = own_constants(graph, values, values)
    return None if constants is None else (instance.base, constants)


def _is_defined(graph: Graph, draw: Draw, sizes: dict[str, int], constants: Constants) -> bool:
    try:
        state = Instance(graph, Ball(), draw, sizes, constants).wavefront()
    except (Undetermined, Rejected):
        return False
    return is_finite(state)


__all__ = ["none_is_found"]

"""Whether there is a state at which every update of a network has a value: of none, whatever is said is true."""

from __future__ import annotations

from itertools import product

from flint import ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.evaluate.drawn_sizes import reduced_sizes
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Instance
from dyadic.proofs.evaluate.tightness_witness import affordable, draw_with

_SEEDS = (*range(6), *range(10, 16))
"""Quarters of integers, and integers."""
_SIGNS = ("positive", "mixed", "small", "negative")
_PRECISION = 128


def none_is_found(graph: Graph) -> bool:
    """Whether parameters, inputs and states were looked for at which all is defined, at small sizes, and none found.

    False where looking would take too long.
    """
    if not affordable(graph):
        return False
    before, ctx.prec = ctx.prec, _PRECISION
    try:
        return not any(_is_defined(graph, seed, signs) for seed, signs in product(_SEEDS, _SIGNS))
    finally:
        ctx.prec = before


def _is_defined(graph: Graph, seed: int, signs: str) -> bool:
    try:
        state = Instance(graph, Ball(), draw_with(seed, signs), reduced_sizes(graph, largest=2)).wavefront()
    except (Undetermined, Rejected):
        return False
    return all(value.is_finite() for table in state.values() for value in table.values())


__all__ = ["none_is_found"]

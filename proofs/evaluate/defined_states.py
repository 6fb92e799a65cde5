"""Whether there is a state at which every update of a network has a value: of none, whatever is said is true."""

from __future__ import annotations

from itertools import product

from flint import ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.evaluate.drawn_sizes import reduced_sizes
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, Instance
from dyadic.proofs.evaluate.tightness_witness import affordable, draw_with, is_finite

_SEEDS = (*range(6), *range(10, 16))
"""Quarters of integers, and integers."""
_SIGNS = ("positive", "mixed", "small", "negative")
MOST_VERTICES, _PRECISION = 20, 128
"""In a network of many vertices numbers that suit all of them are not met by chance."""


def none_is_found(graph: Graph) -> bool:
    """Whether parameters, inputs and states were looked for at which all is defined, at small sizes, and none found.

    False of a network in which they would be hard to find, or to look at.
    """
    if len(graph.parents) > MOST_VERTICES or not affordable(graph):
        return False
    before, ctx.prec = ctx.prec, _PRECISION
    try:
        return not any(
            _is_defined(graph, draw) or _is_defined(graph, lambda label, draw=draw: abs(draw(label)))  # type: ignore[misc]
            for draw in (draw_with(seed, signs) for seed, signs in product(_SEEDS, _SIGNS))
        )
    finally:
        ctx.prec = before


def _is_defined(graph: Graph, draw: Draw) -> bool:
    try:
        state = Instance(graph, Ball(), draw, reduced_sizes(graph, largest=2)).wavefront()
    except (Undetermined, Rejected):
        return False
    return is_finite(state)


__all__ = ["none_is_found"]

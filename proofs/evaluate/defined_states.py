"""Whether there is a state at which every update of a network has a value: of none, whatever is said is true.

A network's own solution is such a state if all that is evaluated there is finite: every step leaves it as it is.  So
parameters, inputs and targets are looked for at which the forward and the backward pass have values, at the network's
own sizes and with the values that its constants have.  First each input and parameter is one number throughout, and
whole tensors are enclosed (uniform_states.py), in networks of any size; then entries are drawn and enclosed one by
one, and sought step by step (sought_states.py), where that is not too much work.  Where none is found so, the same is
done at small sizes, which is said: one found there does not show that there is one at the network's own.  What is not
found is not known to be there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import islice, product
from typing import Any, Literal

from flint import arb, ctx

from dyadic.proofs.checker.evaluation.prime_numbers import chance
from dyadic.proofs.checker.intake.existence import own_shapes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.own_witness import may_lack_values
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.integers import enlarged
from dyadic.proofs.evaluate.network_numbers import Constants, constants_among, own_constants, own_instance
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, Instance
from dyadic.proofs.evaluate.sought_states import all_is_finite, is_reached
from dyadic.proofs.evaluate.tightness_witness import draw_with
from dyadic.proofs.evaluate.uniform_states import is_defined

Sizes = Literal["own", "other"]
"""Those of the network itself, or small ones."""
NOT_FOUND = "no state was found from which every update is defined: there may be none"
_SEEDS = (*range(6), *range(10, 16))
"""Quarters of integers, and integers."""
_SIGNS = ("positive", "mixed", "small", "negative")
PRECISION = 128
MUCH_WORK = 1_000_000
"""The terms of all evaluations entry by entry; at least one is made where one alone is not more."""
_MAGNITUDES = (1, 0, 2**-6, 4, -1, 2**-2, 2**6, -(2**-6), 2**-12, 2**12)
"""What entries are, and what drawn ones are multiplied by."""
_MIXED = 48
"""How often every input and parameter has a number of its own."""


def sizes_of_a_state(graph: Graph, values: Mapping[str, Any]) -> Sizes | None:
    """At which sizes parameters, inputs and targets were found at which all is defined; None if at none.

    values: arrays of its constants, by name.  Small sizes are looked at where nothing was found at the network's own.
    """
    if not may_lack_values(graph):
        return "own"
    before, ctx.prec = ctx.prec, PRECISION
    try:
        if _uniform(graph, values):
            return "own"
        with enlarged():
            found = _at_own_sizes(graph, values)
        return found if found else _at_small_sizes(graph, values)
    finally:
        ctx.prec = before


def _uniform(graph: Graph, values: Mapping[str, Any]) -> bool:
    """Whether there is one of which every input and parameter is one number throughout."""
    try:
        shapes = own_shapes(graph)
    except Rejected:
        return False
    sizes = {name: shapes.numbers(name) for name in shapes.tables}
    constants = {
        name: _enclosing(values[name]) for name in constants_among(graph, graph.inputs, values) if name in values
    }
    known = {name: found for name, found in constants.items() if found is not None}
    if len(known) < len(constants) or None in sizes.values():
        return False
    return any(is_defined(graph, sizes, given, known) for given in _numbers())  # type: ignore[arg-type]


def _enclosing(array: Any) -> arb | None:
    """An enclosure of all entries; None if they are no numbers."""
    if not array.size:
        return None
    low, high = array.min().item(), array.max().item()  # not numbers if some entry is none
    if not all(isinstance(end, int | float) and math.isfinite(end) for end in (low, high)):
        return None
    return arb(low).union(arb(high))


def _numbers() -> Iterator[Callable[[str], arb]]:
    """The numbers of all inputs and parameters by name: of both kinds the same, then one for each."""
    for read, trained in sorted(product(_MAGNITUDES, repeat=2), key=lambda pair: sum(map(_MAGNITUDES.index, pair))):
        yield lambda label, read=read, trained=trained: arb(read if _is_read(label) else trained)  # type: ignore[misc]
    for seed in range(_MIXED):
        yield lambda label, seed=seed: arb(_MAGNITUDES[chance(label, seed) % len(_MAGNITUDES)])  # type: ignore[misc]


def _is_read(label: str) -> bool:
    return label.startswith(("x ", "target"))


def _at_own_sizes(graph: Graph, values: Mapping[str, Any]) -> Sizes | None:
    """Whether there is one among drawn numbers, or among those that are sought step by step."""
    instance = own_instance(graph)
    constants = None if instance is None else own_constants(graph, graph.inputs, values)
    if instance is None or constants is None:
        return None
    return "own" if searched(graph, instance, constants) else None


def _at_small_sizes(graph: Graph, values: Mapping[str, Any]) -> Sizes | None:
    """The same of the network at small sizes, with some of the values of its constants."""
    try:
        small = Instantiation(graph, reduced_sizes(graph, largest=2))
        shapes = own_shapes(graph)
    except Rejected:
        return None
    if small.tables == {name: shapes.numbers(name) for name in shapes.tables}:
        return None  # these are its own
    constants: dict[str, tuple[Fraction, ...]] = {}
    for name in constants_among(graph, graph.inputs, values):
        if name in values:
            some = _some_of(values[name], math.prod(small.shapes[name]), small.below.get(name))
            if some is None:
                return None
            constants[name] = some
    return "other" if searched(graph, small, constants) else None


def _some_of(array: Any, count: int, below: int | None) -> tuple[Fraction, ...] | None:
    """As many of the entries, the smallest and the largest among them: a divisor that is 0 somewhere stays one."""
    every = array.ravel()
    if not every.size or _enclosing(array) is None:
        return None
    chosen = [every[place * (every.size - 1) // max(1, count - 1)].item() for place in range(count)]
    chosen[-1], chosen[0] = array.max().item(), array.min().item()
    return tuple(Fraction(one) if below is None else min(Fraction(one), Fraction(below - 1)) for one in chosen)


def searched(
    graph: Graph,
    sizes: Instantiation,
    constants: Constants,
    ring: Callable[[], Ball] = Ball,
    is_it: Callable[[Instance], bool] = all_is_finite,
) -> bool:
    """Whether numbers are found among drawn ones, or sought step by step.

    ring, is_it: the enclosures, and whether the network is as it should be at some numbers (all is a number).
    """

    def holds(draw: Draw) -> bool:
        try:
            return is_it(Instance(graph, ring(), draw, sizes.base, constants))
        except (Undetermined, Rejected):
            return False

    tries = list(islice(_draws(), MUCH_WORK // (sizes.work + 1)))
    return any(map(holds, tries)) or is_reached(graph, sizes, constants, ring, is_it)


def _draws() -> Iterator[Draw]:
    for seed, signs in product(_SEEDS, _SIGNS):
        draw = draw_with(seed, signs)
        yield draw
        yield lambda label, draw=draw: abs(draw(label))  # type: ignore[misc]
    for seed, read, trained in product((1, 2), _MAGNITUDES, _MAGNITUDES):
        draw = draw_with(seed, "mixed")
        yield lambda label, draw=draw, read=read, trained=trained: (  # type: ignore[misc]
            draw(label) * arb(read if _is_read(label) else trained)
        )


__all__ = ["MUCH_WORK", "NOT_FOUND", "PRECISION", "Sizes", "searched", "sizes_of_a_state"]

"""Whether there is a state at which every update of a network has a value: of none, whatever is said is true.

A network's own solution is such a state if all that is evaluated there is finite: every step leaves it as it is.  So
parameters, inputs and targets are looked for at which the forward and the backward pass have values, at the network's
own sizes and with the values that its constants have.  First each input and parameter is one number throughout, and
whole tensors are enclosed (uniform_states.py), in networks of any size; then entries are drawn and enclosed one by
one, where that is not too much work.  What is not found is not known to be there.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product
from typing import Any

from flint import arb, ctx

from dyadic.proofs.checker.intake.existence import own_shapes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.own_witness import may_lack_values
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.evaluate.network_numbers import Constants, constants_among, own_constants, own_instance
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, Instance, State
from dyadic.proofs.evaluate.tightness_witness import draw_with, is_finite
from dyadic.proofs.evaluate.uniform_states import is_defined

_SEEDS = (*range(6), *range(10, 16))
"""Quarters of integers, and integers."""
_SIGNS = ("positive", "mixed", "small", "negative")
_PRECISION = 128
_MUCH_WORK = 1_000_000
"""The terms of all evaluations entry by entry; at least one is made where one alone is not more."""
_MAGNITUDES = (1, 0, 2**-6, 4, -1, 2**-2, 2**6, -(2**-6), 2**-12, 2**12)
"""What entries are, and what drawn ones are multiplied by."""
_MIXED = 48
"""How often every input and parameter has a number of its own."""


def none_is_found(graph: Graph, values: Mapping[str, Any]) -> bool:
    """Whether parameters, inputs and states were looked for at which all is defined, and none found.

    values: arrays of its constants, by name.
    """
    if not may_lack_values(graph):
        return False
    before, ctx.prec = ctx.prec, _PRECISION
    try:
        return not (_uniform(graph, values) or _entry_by_entry(graph, values))
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
        yield lambda label, seed=seed: arb(_MAGNITUDES[_chance(label, seed) % len(_MAGNITUDES)])  # type: ignore[misc]


def _is_read(label: str) -> bool:
    return label.startswith(("x ", "target"))


def _chance(label: str, seed: int) -> int:
    raw = hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=4).digest()
    return int.from_bytes(raw, "big")


def _entry_by_entry(graph: Graph, values: Mapping[str, Any]) -> bool:
    """Whether there is one among drawn numbers."""
    instance = own_instance(graph)
    constants = None if instance is None else own_constants(graph, graph.inputs, values)
    if instance is None or constants is None:
        return False
    tries = islice(_draws(), _MUCH_WORK // (instance.work + 1))
    return any(_is_defined(graph, draw, instance.base, constants) for draw in tries)


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


def _is_defined(graph: Graph, draw: Draw, sizes: dict[str, int], constants: Constants) -> bool:
    try:
        instance, state = Instance(graph, Ball(), draw, sizes, constants), State()
        for kind, update, names in (
            ("x", instance.activation, list(instance.layers)),
            ("s", instance.sensitivity, list(reversed(instance.layers))),
        ):
            for name in names:
                state[kind, name] = update(name, state)
                if not is_finite({(kind, name): state[kind, name]}):
                    return False
    except (Undetermined, Rejected):
        return False
    return True


__all__ = ["none_is_found"]

"""Smallest numbers at which a refuted claim about a network fails, to be checked by hand.

Fewer steps than T are looked at in the network itself.  Otherwise the search goes from small to large: sub-networks of
one, two and three vertices before the whole network (subnetwork.py), sizes 1 before 2, integers near 0; then every
number is replaced by 0, 1 or -1 as long as the two sides still differ.  "Smallest" is what this search finds; that the
two sides differ is certain, since they are rigorous enclosures that do not meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from flint import arb, ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate import identity_values
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Ball, Ring, Undetermined
from dyadic.proofs.evaluate.simulate import Instance, State, backpropagation, reduced_sizes
from dyadic.proofs.methods.refutation.subnetwork import described, parts
from dyadic.proofs.methods.refutation.written import Number, Written

_RANGES = ((1,), (1, 2), (0, 1, -1), (1, -1, 2, -2), (1, 2, 3, -1, -2, -3))
_PRECISION = 128
_MOST_LABELS = 150
"""A network with more numbers than this is reported as it is found."""
_MOST_UPDATES = 2_000

Values = dict[str, int]
Outcome = tuple[str, tuple[int, ...], Any, Any]


@lru_cache(maxsize=16)
def smallest(graph: Graph, steps: int) -> dict[str, Any] | None:
    """Numbers for which ``steps`` steps do not give backpropagation, or None if none were found."""
    enough = steps >= graph.largest_rank
    before, ctx.prec = ctx.prec, _PRECISION
    try:
        for part in parts(graph) if enough else [graph]:
            count = steps if part is graph else part.largest_rank
            if count * len(part.parents) > _MOST_UPDATES:
                continue
            found = _search(part, count)
            if found is not None:
                return found
        return identity_values.real_counterexample(graph, steps)
    finally:
        ctx.prec = before


def _search(graph: Graph, steps: int) -> dict[str, Any] | None:
    for sizes in _sizes(graph):
        for seed, choices in enumerate(_RANGES):
            values: Values = {}

            def draw(label: str, choices: tuple[int, ...] = choices, seed: int = seed, values: Values = values) -> int:
                raw = hashlib.blake2b(f"{seed} {label}".encode(), digest_size=4).digest()
                return values.setdefault(label, choices[int.from_bytes(raw, "big") % len(choices)])

            try:
                if _difference(graph, steps, sizes, Ball(), draw) is None:
                    continue
            except Rejected:
                break  # the network cannot be evaluated at these sizes
            if len(values) <= _MOST_LABELS:
                _shrink(values, lambda v, sizes=sizes: _differs(graph, steps, sizes, v))  # type: ignore[misc]
            return _report(graph, steps, sizes, values)
    return None


def _sizes(graph: Graph) -> Iterator[dict[str, int]]:
    base = reduced_sizes(graph, smallest=1, largest=2)
    yield dict.fromkeys(base, 1)
    yield dict.fromkeys(base, 2)
    yield base


def _shrink(values: Values, differs: Callable[[Values], bool]) -> None:
    """Replace numbers by smaller ones, one at a time, as long as that leaves the two sides different."""
    before: Values = {}
    while before != values:
        before = dict(values)
        for label, value in before.items():
            candidates = [n for n in (0, 1, -1) if abs(n) < abs(value) or (n, value) == (1, -1)]
            smaller = next((n for n in candidates if differs({**values, label: n})), value)
            values[label] = smaller


def _differs(graph: Graph, steps: int, sizes: dict[str, int], values: Values) -> bool:
    return _difference(graph, steps, sizes, Ball(), values.__getitem__) is not None


def _difference(
    graph: Graph, steps: int, sizes: dict[str, int], ring: Ring, value: Callable[[str], int]
) -> Outcome | None:
    """The first entry whose two sides do not meet: (variable, entry, relaxation, backpropagation)."""

    def draw(label: str) -> Any:
        return ring.number(value(label))

    try:
        instance = Instance(graph, ring, draw, sizes)
        state = instance.initial(lambda label: ring.number(value(f"initial {label}")))
        for _ in range(steps):
            state = instance.step(state)
        gradients = instance.gradients(state)
        exact_state, exact_gradients = backpropagation(graph, ring, draw, sizes)
    except Undetermined:
        return None
    return _first(state, exact_state, "{}_{}") or _first(gradients, exact_gradients, "dE/d {}.{}")


def _first(found: State, wanted: State, label: str) -> Outcome | None:
    for key, table in wanted.items():
        for place, value in table.items():
            if not _ball(found[key][place]).overlaps(_ball(value)):
                return label.format(*key).rstrip("."), place, found[key][place], value
    return None


def _ball(value: Any) -> arb:
    return value.ball if isinstance(value, Number) else value


def _report(graph: Graph, steps: int, sizes: dict[str, int], values: Values) -> dict[str, Any]:
    """The numbers and both sides, in exact form where the layers allow it."""
    try:
        outcome = _difference(graph, steps, sizes, Written(), values.__getitem__)
    except (AttributeError, KeyError):
        outcome = None  # a layer with operations that have no written form: decimals
    variable, entry, claimed, exact = outcome or _difference(graph, steps, sizes, Ball(), values.__getitem__)  # type: ignore[misc]
    nonzero = {label: number for label, number in values.items() if number}
    return {
        "network": described(graph),
        "sizes": sizes,
        "values": {label: str(number) for label, number in nonzero.items()},
        "all_other_values": "0",
        "steps": steps,
        "variable": variable,
        "entry": list(entry),
        "claimed": _printed(claimed),
        "exact": _printed(exact),
    }


def _printed(value: Any) -> str:
    return str(value) if isinstance(value, Number) else str(value.str(12, radius=False))

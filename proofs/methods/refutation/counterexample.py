"""Smallest numbers at which a refuted claim about a network fails, to be checked by hand.

Fewer steps than T are looked at in the network itself.  Otherwise the search goes from small to large: sub-networks of
one, two and three vertices before the whole network (subnetwork.py), sizes 1 before 2, integers near 0; then every
number is replaced by 0, 1 or -1 as long as the two sides still differ.  "Smallest" is what this search finds; that the
two sides differ is certain, since they are rigorous enclosures that do not meet.

Of the network itself, at its own sizes and with its own constants, such numbers say nothing: :func:`of_the_network`
looks for some that do.  Numbers at which anything that is evaluated has no value are none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import cycle, islice
from typing import Any
from weakref import WeakKeyDictionary

from flint import arb, ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate import identity_values
from dyadic.proofs.evaluate.integers import enlarged
from dyadic.proofs.evaluate.network import Outside, Rejected
from dyadic.proofs.evaluate.network_numbers import Constants, own_constants, own_instance, stated
from dyadic.proofs.evaluate.number_rings import Ball, Ring, Tape, Undetermined
from dyadic.proofs.evaluate.possible_sizes import numbers_for_names
from dyadic.proofs.evaluate.simulate import Instance, State, backpropagation, reduced_sizes
from dyadic.proofs.evaluate.tightness_witness import is_finite
from dyadic.proofs.methods.refutation.numbers import largest_integer
from dyadic.proofs.methods.refutation.subnetwork import described, parts
from dyadic.proofs.methods.refutation.written import Number, Written

_RANGES = ((1,), (1, 2), (0, 1, -1), (1, -1, 2, -2), (1, 2, 3, -1, -2, -3))
_PRECISION = 128
_MOST_LABELS = 150
"""A network with more numbers than this is reported as it is found."""
_MOST_UPDATES = 2_000

_FRACTIONS = tuple(
    tuple(Fraction(n, divisor) for n in numerators)
    for numerators, divisor in (
        ((-4, -3, -2, -1, 1, 2, 3, 4), 4), ((1, 2, 3, 4), 4), ((2, 3, 4), 1), ((-3, -2, -1, 1, 2, 3), 8),
        ((1, 2, 3), 8), ((-3, -2, -1, 1, 2, 3), 1), ((5, 7, 11, 20), 1), ((-1, 1, 3, -3), 64), ((-9, -5, -4, -2), 4),
    )
)  # fmt: skip
"""Numbers of several magnitudes, for equations that have values at some only."""
_MOST_TRIES, _FEWER_TRIES = 36, 5
"""How often numbers are drawn: at sizes of its own, and at each of those that names can be."""
_MUCH_WORK = 6_000_000
"""Terms that all evaluations of the network itself may compute; one is made where it alone is not more."""
_LITTLE_WORK = 4_000
"""The terms of one evaluation up to which the numbers found are replaced by smaller ones."""

Values = dict[str, Fraction]
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
            draw = _drawing(tuple(map(Fraction, choices)), seed, values)
            try:
                if _difference(graph, steps, sizes, Ball(), draw) is None:
                    continue
            except Rejected:
                break  # the network cannot be evaluated at these sizes
            if len(values) <= _MOST_LABELS:
                _shrink(values, lambda v, sizes=sizes: _differs(graph, steps, sizes, v))  # type: ignore[misc]
            return _report(graph, steps, sizes, values)
    return None


def _drawing(choices: tuple[Fraction, ...], seed: int, values: Values) -> Callable[[str], Fraction]:
    """One of some numbers for each label, by a hash of both; they are written down in ``values``."""

    def draw(label: str) -> Fraction:
        raw = hashlib.blake2b(f"{seed} {label}".encode(), digest_size=4).digest()
        return values.setdefault(label, choices[int.from_bytes(raw, "big") % len(choices)])

    return draw


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
            candidates = [Fraction(n) for n in (0, 1, -1) if abs(n) < abs(value) or (n == 1 and value == -1)]
            smaller = next((n for n in candidates if differs({**values, label: n})), value)
            values[label] = smaller


def _differs(
    graph: Graph, steps: int, sizes: dict[str, int], values: Values, constants: Constants | None = None,
    settled: bool = False,
) -> bool:  # fmt: skip
    return _difference(graph, steps, sizes, Ball(), values.__getitem__, constants, settled) is not None


def _difference(
    graph: Graph, steps: int, sizes: dict[str, int], ring: Ring, value: Callable[[str], Fraction],
    constants: Constants | None = None, settled: bool = False,
) -> Outcome | None:  # fmt: skip
    """The first entry whose two sides do not meet: (variable, entry, relaxation, backpropagation).

    settled: no step changes the state that the updates give in the order of their ranks, and it is the one to look at.
    None also where something that is evaluated has no value.
    """

    def draw(label: str) -> Any:
        number = value(label)
        return ring.number(number.numerator, number.denominator)

    tape = Tape(ring)
    try:
        instance = Instance(graph, ring, draw, sizes, constants)
        state = instance.wavefront() if settled else instance.initial(lambda label: draw(f"initial {label}"))
        for _ in range(0 if settled else steps):
            state = instance.step(state)
            if not _has_values(ring, state):
                return None
        gradients = instance.gradients(state)
        exact_state, exact_gradients = backpropagation(graph, ring, draw, sizes, constants, tape)
    except Undetermined:
        return None
    if not (_has_values(ring, state) and _has_values(ring, gradients) and (_is_written(ring) or tape.is_finite())):
        return None
    return _first(state, exact_state, "{}_{}") or _first(gradients, exact_gradients, "dE/d {}.{}")


def _first(found: State, wanted: State, label: str) -> Outcome | None:
    for key, table in wanted.items():
        for place, value in table.items():
            if not _ball(found[key][place]).overlaps(_ball(value)):
                return label.format(*key).rstrip("."), place, found[key][place], value
    return None


def _is_written(ring: Ring) -> bool:
    return isinstance(ring, Written)


def _has_values(ring: Ring, state: State) -> bool:
    """Whether every enclosure is one of a number; their written forms are evaluated only where that was seen."""
    return _is_written(ring) or is_finite(state)


def _ball(value: Any) -> arb:
    return value.ball if isinstance(value, Number) else value


# -- the network itself ----------------------------------------------------------------------------------------


_OWN: WeakKeyDictionary[Graph, dict[int, dict[str, Any] | None]] = WeakKeyDictionary()


def of_the_network(graph: Graph, steps: int, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Numbers of the network itself, with its own functions, for which ``steps`` steps do not give backpropagation.

    At its own sizes, and if they are names at some that it can have; values: arrays of its constants, by name.  None if
    none were found, or if that is too much work.
    """
    known = _OWN.setdefault(graph, {})
    if steps not in known:
        before, ctx.prec = ctx.prec, _PRECISION
        try:
            with enlarged():
                known[steps] = _own(graph, steps, values)
        finally:
            ctx.prec = before
    return known[steps]


def _own(graph: Graph, steps: int, values: Mapping[str, Any]) -> dict[str, Any] | None:
    settled = steps >= graph.largest_rank and _has_ranks(graph)
    largest = max(map(largest_integer, (*graph.layers.values(), *graph.cost_contents.values())), default=1)
    left = _MUCH_WORK
    for numbers in numbers_for_names(graph, largest):
        instance = own_instance(graph, numbers)
        constants = None if instance is None else own_constants(graph, graph.inputs, values, numbers)
        if instance is None or constants is None:
            continue
        work = instance.work * (3 if settled else steps + 2)
        most = _FEWER_TRIES if numbers else _MOST_TRIES
        for seed, choices in enumerate(islice(cycle(_FRACTIONS), min(most, left // (work + 1)))):
            left -= work
            drawn: Values = {}
            draw = _drawing(choices, seed, drawn)
            try:
                outcome = _difference(graph, steps, instance.base, Ball(), draw, constants, settled)
            except Outside as error:
                if not _is_evaluated(graph, instance.base, draw, constants):
                    break
                outcome = error.field, (), f"undefined: {error.reason}", "a number"
            except (Rejected, KeyError):  # KeyError: terms that are wrong, so that something is read before it is known
                break
            if outcome is None:
                continue
            if len(drawn) <= _MOST_LABELS and work <= _LITTLE_WORK and outcome[1]:
                _shrink(drawn, lambda v: _differs(graph, steps, instance.base, v, constants, settled))  # noqa: B023
                draw = drawn.__getitem__
                outcome = _difference(graph, steps, instance.base, Ball(), draw, constants, settled) or outcome
            return _of_own(instance.base, numbers, constants, steps, outcome, drawn, {"seed": seed, "among": choices})
    return None


def _is_evaluated(graph: Graph, sizes: dict[str, int], value: Callable[[str], Fraction], constants: Constants) -> bool:
    """Whether the layers' own equations have values and derivatives."""
    tape, ring = Tape(Ball()), Ball()

    def draw(label: str) -> Any:
        return ring.number(value(label).numerator, value(label).denominator)

    try:
        backpropagation(graph, ring, draw, sizes, constants, tape)
    except (Undetermined, Rejected):
        return False
    return tape.is_finite()


def _has_ranks(graph: Graph) -> bool:
    try:
        graph.check_ranks()
    except Rejected:
        return False
    return True


def _of_own(
    sizes: dict[str, int], names: Mapping[str, int], constants: Constants, steps: int, outcome: Outcome, drawn: Values,
    how: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    variable, entry, claimed, exact = outcome
    found: dict[str, Any] = {"variable": variable, "entry": list(entry), "steps": steps, "sizes": sizes}
    found |= {"claimed": _printed(claimed), "exact": _printed(exact)}
    found |= {"size_names": dict(names)} if names else {}
    found |= {"constants": stated(constants)} if constants else {}
    if len(drawn) <= _MOST_LABELS:
        found |= {"values": {label: str(number) for label, number in drawn.items() if number}, "all_other_values": "0"}
    else:
        found |= {"seed": how["seed"], "drawn_from": list(map(str, how["among"]))}
    return found


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
    return str(value) if isinstance(value, Number | str) else str(value.str(12, radius=False))

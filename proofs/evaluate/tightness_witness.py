"""One step fewer is not enough: numbers for which the last variable is still wrong after T - 1 steps.

They are looked for at the network's own sizes, with the values that its constants have, where that is affordable, and
elsewhere at small sizes, which is said.

Simulating T - 1 steps is not needed, unless some update has no value at some states: then the steps are simulated as
well, so that every update on the way is seen to have one.  A variable w of rank r is wrong for the last time
after step r - 1, and its value then is its update applied to the entries of rank r - 1 as they were after step
r - 2 (their own last wrong values) and to entries of smaller rank, which had settled by then.  So the last
wrong values of all variables follow in one pass, in order of rank, from the initial state; the tests hold
this against the literal simulation.  The pass carries each variable's exact value and the last wrong one's deviation
from it; where the two runs part at a choice of the largest, the two are evaluated one after the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import Any

from flint import arb, ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.own_witness import may_lack_values
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.witness_forms import SIGNS
from dyadic.proofs.checker.trust import BLAKE, LEMMA, called
from dyadic.proofs.evaluate.deviations import Deviated, Deviating
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.identity_values import small_rational
from dyadic.proofs.evaluate.integers import enlarged
from dyadic.proofs.evaluate.network import Entries
from dyadic.proofs.evaluate.network_numbers import Constants, own_constants, own_instance, stated
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, Instance, State

PRECISIONS = (128, 512, 2048)
_BITS = 20
"""How many bits of a difference are certain where it is shown."""
_CERTAIN, _LARGEST = 4, 10**12
"""The bits of a number of which a digit is shown; the logarithm of the largest that is."""
_FEW_ENTRIES = 500
_SMALLER = 16
"""What parameters are divided by where they are to be small, so that wide layers do not saturate."""
MOST_VERTICES, MOST_ENTRIES = 3_000, 20_000
LITTLE_WORK, MUCH_WORK = 1_500_000, 60_000_000
"""The terms of all evaluations at the network's own sizes: where numbers are of interest, and where the verdict depends
on them."""
_MOST_SIMULATED = 5_000_000
"""Bound on the terms of a simulation of all steps."""


@dataclass(frozen=True)
class WitnessNumbers:
    """From what all numbers of an evaluation follow.

    seed, signs: of what is drawn.  precision: in bits.  initial: the state from which the steps start, ``zero`` or
    ``drawn``.  sizes: by the JSON text of the architecture's own extent.  constants: entries that are not drawn.
    """

    seed: int
    signs: str
    precision: int
    sizes: dict[str, int]
    initial: str = "zero"
    constants: Constants = field(default_factory=dict)

    def initially(self) -> Draw:
        """The entries of the state from which the steps start."""
        if self.initial == "zero":
            return lambda label: arb(0)
        draw = draw_with(self.seed, self.signs if self.signs in ("positive", "small") else "mixed")
        return lambda label: draw(f"initial {label}")


@dataclass(frozen=True)
class Witness:
    """s of ``vertex`` at ``entry`` is ``before`` after T - 1 steps and ``exact`` after T."""

    vertex: str
    entry: tuple[int, ...]
    steps: int
    before: str
    exact: str
    difference: str
    numbers: WitnessNumbers

    def as_dict(self) -> dict[str, Any]:
        numbers = self.numbers
        return {
            "variable": f"s:{self.vertex}", "entry": list(self.entry), "initial_state": numbers.initial,
            "steps": self.steps, "value_before": self.before, "value_exact": self.exact, "difference": self.difference,
            "seed": numbers.seed, "signs": numbers.signs, "precision": numbers.precision, "sizes": numbers.sizes,
            "constants": stated(numbers.constants),
        }  # fmt: skip


def draw_with(seed: int, signs: str) -> Draw:
    """Small rationals by label; ``signs`` says which sign parameters (but not inputs and target) have, or how small."""

    def draw(label: str) -> arb:
        value = _fine(label, seed) if signs == "small" else small_rational(label, seed)
        if signs != "mixed" and not label.startswith(("x ", "target ")):
            if signs == "small":
                value /= _SMALLER
            elif signs == "negative" and not label.split(" ")[0].endswith(".bias"):
                value = -abs(value)
            else:
                value = abs(value)
        return arb(value.numerator) / value.denominator

    return draw


def _fine(label: str, seed: int) -> Fraction:
    """An odd multiple of 2^-16 between -1 and 1: of a few such numbers no two are the largest."""
    raw = hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=2).digest()
    return Fraction(2 * int.from_bytes(raw, "big") + 1, 2**16) - 1


def size(graph: Graph) -> int:
    """Number of entries that one evaluation at reduced sizes computes."""
    return Instantiation(graph, reduced_sizes(graph, largest=2)).entries


def affordable(graph: Graph) -> bool:
    """Whether the numbers of a witness can be looked for, or enclosed again, without great cost."""
    if len(graph.parents) > MOST_VERTICES:
        return False
    try:
        return size(graph) <= MOST_ENTRIES
    except Rejected:
        return False


def find_own(graph: Graph, values: Mapping[str, Any], most: int = LITTLE_WORK) -> Witness | None:
    """Search at the network's own sizes, with its own constants; None if there are none, or that costs too much.

    values: arrays of the constants, by name.  most: the terms that all evaluations together may compute.
    """
    if most <= LITTLE_WORK:
        return _found_own(graph, values, most)
    with enlarged():
        return _found_own(graph, values, most)


def _found_own(graph: Graph, values: Mapping[str, Any], most: int) -> Witness | None:
    instance = own_instance(graph) if len(graph.parents) <= MOST_VERTICES else None
    constants = None if instance is None else own_constants(graph, graph.inputs, values)
    if instance is None or constants is None:
        return None
    tries = [
        WitnessNumbers(seed, signs, precision, instance.base, initial, constants)
        for precision in PRECISIONS
        for seed, signs, initial in _OWN_TRIES
    ]
    return _first_witness(graph, tries[: most // (2 * instance.work)])


_OWN_TRIES = [
    (seed, signs, initial)
    for seed in range(1, 4)
    for signs, initial in (
        ("small", "zero"), ("small", "drawn"), ("positive", "drawn"), ("mixed", "zero"), ("negative", "zero"),
    )
]  # fmt: skip


def find(graph: Graph, seeds: int = 6, sizes: dict[str, int] | None = None) -> Witness | None:
    """Search over seeds, signs and precisions with constants that are drawn; None if there is none among them.

    sizes: the free sizes to look at; without them reduced ones.
    """
    many = size(graph) > _FEW_ENTRIES
    sizes = reduced_sizes(graph, largest=2) if sizes is None else sizes
    precisions, seeds = (PRECISIONS[:1], 1) if many else (PRECISIONS, seeds)
    return _first_witness(graph, [
        WitnessNumbers(seed, signs, precision, sizes)
        for precision in precisions for seed in range(seeds) for signs in SIGNS
    ])  # fmt: skip


def _first_witness(graph: Graph, tries: Iterable[WitnessNumbers]) -> Witness | None:
    """From numbers in order of precision; more digits are tried where fewer left something open."""
    for _, alike in groupby(tries, lambda numbers: numbers.precision):
        blurred = False
        for numbers in alike:
            attempt = _attempt(graph, numbers)
            if attempt.witness:
                return attempt.witness
            blurred |= attempt.blurred
        if not blurred:  # more digits would show the same
            return None
    return None


def evaluate(graph: Graph, numbers: WitnessNumbers) -> Witness | None:
    """The last variable's value after T - 1 and after T steps, if the two differ for certain."""
    return _attempt(graph, numbers).witness


@dataclass(frozen=True)
class _Attempt:
    """What one set of numbers gave; ``blurred`` if there are differences that are not known to be 0 or not.

    Where two numbers are compared that cannot be told apart nothing is blurred: numbers drawn at random that agree to
    the first precision's digits are equal.
    """

    witness: Witness | None
    blurred: bool = False


def _attempt(graph: Graph, numbers: WitnessNumbers) -> _Attempt:
    called(LEMMA)
    called(BLAKE)
    before, ctx.prec = ctx.prec, numbers.precision
    blurred = False
    try:
        # Two evaluations give the difference to many digits, unless it is small beside the values, as in a deep
        # network; deviations are carried through with fewer digits, however small they are.
        for table in (differences, last_deviations):
            for name, place, late in _last(graph, table(graph, numbers)):
                if _is_certain(late):
                    if not _defined_on_the_way(graph, numbers):
                        return _Attempt(None)
                    texts = [_digits(number) for number in (late.other, late.value, late.deviation)]
                    if None in texts:
                        continue
                    before_last, exact, difference = map(str, texts)
                    steps = graph.largest_rank
                    return _Attempt(Witness(name, place, steps, before_last, exact, difference, numbers))
                blurred |= not late.deviation.is_exact()
    finally:
        ctx.prec = before
    return _Attempt(None, blurred)


def _defined_on_the_way(graph: Graph, numbers: WitnessNumbers) -> bool:
    """Whether every update has a value at each of T - 1 steps, where some update has none at some states."""
    if not may_lack_values(graph):
        return True
    steps = graph.largest_rank - 1
    if Instantiation(graph, numbers.sizes).work * steps > _MOST_SIMULATED:
        return False
    try:
        instance = _instance(graph, numbers)
        state = instance.initial(numbers.initially())
        for _ in range(steps):
            state = instance.step(state)
            if not is_finite(state):
                return False
    except Undetermined:
        return False
    return True


def is_finite(state: Mapping[Any, Entries]) -> bool:
    """Whether every enclosure in some tables, as those of a state, is one of a number."""
    return all(value.is_finite() for table in state.values() for value in table.values())


def _instance(graph: Graph, numbers: WitnessNumbers) -> Instance:
    return Instance(graph, Ball(), draw_with(numbers.seed, numbers.signs), numbers.sizes, numbers.constants)


def _last(graph: Graph, table: State | None) -> Iterator[tuple[str, tuple[int, ...], Deviated]]:
    """The entries of the sensitivities of the largest rank."""
    for name in (name for name in graph.parents if graph.rank_s[name] == graph.largest_rank):
        for place, late in (table or {}).get(("s", name), {}).items():
            yield name, place, late


def _is_certain(late: Deviated) -> bool:
    """Whether it is off for certain, by an amount of which digits are known."""
    finite = late.deviation.is_finite() and late.value.is_finite()
    return finite and not late.deviation.contains(0) and late.deviation.rel_accuracy_bits() >= _BITS


def last_deviations(graph: Graph, numbers: WitnessNumbers) -> State | None:
    """For every variable of rank r its exact value, and by how much it is off after step r - 1.

    None where the two runs cannot be told to take the same branch.
    """
    draw, initial = draw_with(numbers.seed, numbers.signs), numbers.initially()
    drawn = (Deviating(), lambda label: Deviated(draw(label)), numbers.sizes, numbers.constants)
    instance, rank = Instance(graph, *drawn), _ranks(graph)
    late: State = {}
    settled: State = {}
    try:
        for key in sorted(rank, key=rank.__getitem__):
            kind, name = key
            seen = _Seen(settled, late, rank, rank[key] - 1)
            found = instance.activation(name, seen) if kind == "x" else instance.sensitivity(name, seen)
            if rank[key] == 1:
                off = {place: initial(f"{kind} {name} {list(place)}") - value.value for place, value in found.items()}
                found = {place: Deviated(value.value, off[place]) for place, value in found.items()}
            late[key] = found
            settled[key] = {place: Deviated(number.value) for place, number in found.items()}
    except (Undetermined, KeyError):  # KeyError: ranks that are wrong, so that something is read before it is known
        return None
    return late


def differences(graph: Graph, numbers: WitnessNumbers) -> State | None:
    """The same from two evaluations of the network, with the digits that cancel lost."""
    try:
        instance = _instance(graph, numbers)
        exact = instance.wavefront()
        wrong = last_wrong_values(instance, exact, numbers.initially())
    except Undetermined:
        return None
    return {
        key: {place: Deviated(value, wrong[key][place] - value) for place, value in table.items()}
        for key, table in exact.items()
    }


def _ranks(graph: Graph) -> dict[tuple[str, str], int]:
    return {("x", n): r for n, r in graph.rank_x.items()} | {("s", n): r for n, r in graph.rank_s.items()}


def last_wrong_values(instance: Instance, exact: State, initial: Draw) -> State:
    """For every variable of rank r its value after step r - 1 from the given initial state."""
    graph = instance.graph
    rank = _ranks(graph)
    wrong: State = {}
    for key in sorted(rank, key=rank.__getitem__):
        kind, name = key
        if rank[key] == 1:
            wrong[key] = {place: initial(f"{kind} {name} {list(place)}") for place in instance.value_places[name]}
            continue
        seen = _Seen(exact, wrong, rank, rank[key] - 1)
        wrong[key] = instance.activation(name, seen) if kind == "x" else instance.sensitivity(name, seen)
    return wrong


class _Seen(dict[tuple[str, str], Entries]):
    """The state an update reads: last wrong values at the rank just below it, settled ones further down.

    It holds what has been computed, and nothing of a larger rank.
    """

    def __init__(self, exact: State, wrong: State, rank: dict[tuple[str, str], int], late: int) -> None:
        super().__init__()
        self._exact, self._wrong, self._rank, self._late = exact, wrong, rank, late

    def __contains__(self, key: object) -> bool:
        return key in self._exact

    def __missing__(self, key: tuple[str, str]) -> Entries:
        return (self._wrong if self._rank[key] == self._late else self._exact)[key]


def _digits(value: arb) -> str | None:
    """The digits of a number that are certain, or an enclosure of one that has none; None if that is too long to state.

    A number whose exponent has many digits itself has no short decimal form.
    """
    if not value.is_zero() and not -_LARGEST < value.abs_upper().log() < _LARGEST:
        return None
    certain = value.is_exact() or value.rel_accuracy_bits() >= _CERTAIN
    return str(value.str(15, radius=not certain))

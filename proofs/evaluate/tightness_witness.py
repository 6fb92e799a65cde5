"""One step fewer is not enough: numbers for which the last variable is still wrong after T - 1 steps.

Simulating T - 1 steps from the zero state is not needed.  A variable w of rank r is wrong for the last time
after step r - 1, and its value then is its update applied to the entries of rank r - 1 as they were after step
r - 2 (their own last wrong values) and to entries of smaller rank, which had settled by then.  So the last
wrong values of all variables follow in one pass, in order of rank, from the initial state; the tests hold
this against the literal simulation.  The pass carries each variable's exact value and the last wrong one's deviation
from it; where the two runs part at a choice of the largest, the two are evaluated one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flint import arb, ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.trust import LEMMA, called
from dyadic.proofs.evaluate.deviations import Deviated, Deviating
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.identity_values import small_rational
from dyadic.proofs.evaluate.network import Entries
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, Instance, State

SIGNS = ("negative", "mixed", "positive")
PRECISIONS = (128, 512, 2048)
_BITS = 20
"""How many bits of a difference are certain where it is shown."""
_FEW_ENTRIES = 500
MOST_VERTICES, MOST_ENTRIES = 3_000, 20_000


@dataclass(frozen=True)
class Witness:
    """From the zero state, s of ``vertex`` at ``entry`` is ``before`` after T - 1 steps and ``exact`` after T."""

    vertex: str
    entry: tuple[int, ...]
    steps: int
    before: str
    exact: str
    difference: str
    seed: int
    signs: str
    precision: int
    sizes: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {
            "variable": f"s:{self.vertex}", "entry": list(self.entry), "initial_state": "zero", "steps": self.steps,
            "value_before": self.before, "value_exact": self.exact, "difference": self.difference,
            "seed": self.seed, "signs": self.signs,
            "precision": self.precision, "sizes": self.sizes,
        }  # fmt: skip


def draw_with(seed: int, signs: str) -> Draw:
    """Small rationals by label; ``signs`` says which sign parameters (but not inputs and target) have."""

    def draw(label: str) -> arb:
        value = small_rational(label, seed)
        if signs != "mixed" and not label.startswith(("x ", "target ")):
            value = -abs(value) if signs == "negative" and not label.split(" ")[0].endswith(".bias") else abs(value)
        return arb(value.numerator) / value.denominator

    return draw


def size(graph: Graph) -> int:
    """Number of entries that one evaluation computes."""
    return Instantiation(graph, reduced_sizes(graph, largest=2)).entries


def affordable(graph: Graph) -> bool:
    """Whether the numbers of a witness can be looked for, or enclosed again, without great cost."""
    if len(graph.parents) > MOST_VERTICES:
        return False
    try:
        return size(graph) <= MOST_ENTRIES
    except Rejected:
        return False


def find(graph: Graph, seeds: int = 6, sizes: dict[str, int] | None = None) -> Witness | None:
    """Search for a witness over seeds, signs and precisions; None if there is none among them.

    sizes: the free sizes to look at; without them reduced ones.
    """
    many = size(graph) > _FEW_ENTRIES
    if many:
        seeds = 1
    for precision in PRECISIONS[:1] if many else PRECISIONS:
        blurred = False
        for seed in range(seeds):
            for signs in SIGNS:
                attempt = _attempt(graph, seed, signs, precision, sizes)
                if attempt.witness:
                    return attempt.witness
                blurred |= attempt.blurred
        if not blurred:  # more digits would show the same
            return None
    return None


def evaluate(
    graph: Graph, seed: int, signs: str, precision: int, sizes: dict[str, int] | None = None
) -> Witness | None:
    """The last variable's value after T - 1 and after T steps, if the two differ for certain."""
    return _attempt(graph, seed, signs, precision, sizes).witness


@dataclass(frozen=True)
class _Attempt:
    """What one set of numbers gave; ``blurred`` if there are differences that are not known to be 0 or not.

    Where two numbers are compared that cannot be told apart nothing is blurred: numbers drawn at random that agree to
    the first precision's digits are equal.
    """

    witness: Witness | None
    blurred: bool = False


def _attempt(graph: Graph, seed: int, signs: str, precision: int, sizes: dict[str, int] | None) -> _Attempt:
    called(LEMMA)
    sizes = reduced_sizes(graph, largest=2) if sizes is None else sizes
    before, ctx.prec = ctx.prec, precision
    blurred = False
    try:
        # Two evaluations give the difference to many digits, unless it is small beside the values, as in a deep
        # network; deviations are carried through with fewer digits, however small they are.
        draw = draw_with(seed, signs)
        for table in (_differences, last_deviations):
            for name, place, late in _last(graph, table(graph, draw, sizes)):
                if _is_certain(late):
                    before_last, exact, difference = map(_digits, (late.other, late.value, late.deviation))
                    return _Attempt(Witness(
                        name, place, graph.largest_rank, before_last, exact, difference, seed, signs, precision, sizes,
                    ))  # fmt: skip
                blurred |= not late.deviation.is_exact()
    finally:
        ctx.prec = before
    return _Attempt(None, blurred)


def _last(graph: Graph, table: State | None) -> Iterator[tuple[str, tuple[int, ...], Deviated]]:
    """The entries of the sensitivities of the largest rank."""
    for name in (name for name in graph.parents if graph.rank_s[name] == graph.largest_rank):
        for place, late in (table or {}).get(("s", name), {}).items():
            yield name, place, late


def _is_certain(late: Deviated) -> bool:
    """Whether it is off for certain, by an amount of which digits are known."""
    finite = late.deviation.is_finite() and late.value.is_finite()
    return finite and not late.deviation.contains(0) and late.deviation.rel_accuracy_bits() >= _BITS


def last_deviations(graph: Graph, draw: Draw, sizes: dict[str, int]) -> State | None:
    """For every variable of rank r its exact value, and by how much it is off after step r - 1 from the zero state.

    None where the two runs cannot be told to take the same branch.
    """
    instance = Instance(graph, Deviating(), lambda label: Deviated(draw(label)), sizes)
    rank = _ranks(graph)
    late: State = {}
    settled: State = {}
    try:
        for key in sorted(rank, key=rank.__getitem__):
            kind, name = key
            seen = _Seen(settled, late, rank, rank[key] - 1)
            found = instance.activation(name, seen) if kind == "x" else instance.sensitivity(name, seen)
            if rank[key] == 1:
                found = {place: Deviated(number.value, -number.value) for place, number in found.items()}
            late[key] = found
            settled[key] = {place: Deviated(number.value) for place, number in found.items()}
    except (Undetermined, KeyError):  # KeyError: ranks that are wrong, so that something is read before it is known
        return None
    return late


def _differences(graph: Graph, draw: Draw, sizes: dict[str, int]) -> State | None:
    """The same from two evaluations of the network, with the digits that cancel lost."""
    try:
        instance = Instance(graph, Ball(), draw, sizes)
        exact = instance.wavefront()
        wrong = last_wrong_values(instance, exact, lambda label: arb(0))
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


def _digits(value: arb) -> str:
    return str(value.str(15, radius=False))

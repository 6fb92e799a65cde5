"""One step fewer is not enough: numbers for which the last variable is still wrong after T - 1 steps.

Simulating T - 1 steps from the zero state is not needed.  A variable w of rank r is wrong for the last time
after step r - 1, and its value then is its update applied to the entries of rank r - 1 as they were after step
r - 2 (their own last wrong values) and to entries of smaller rank, which had settled by then.  So the last
wrong values of all variables follow in one pass, in order of rank, from the initial state; the tests hold
this against the literal simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb, ctx

from dyadic.proofs.checker.graph import Graph
from dyadic.proofs.checker.trust import LEMMA, called
from dyadic.proofs.evaluate.identity import small_rational
from dyadic.proofs.evaluate.network import Entries
from dyadic.proofs.evaluate.rings import Ball, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, Instance, State
from dyadic.proofs.evaluate.sizes import Instantiation, reduced_sizes

SIGNS = ("negative", "mixed", "positive")
PRECISIONS = (128, 512, 2048, 8192, 32768)
_FEW_ENTRIES = 500


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


def find(graph: Graph, seeds: int = 6) -> Witness | None:
    """Search for a witness over seeds, signs and precisions; None if there is none among them."""
    # A perturbation shrinks by a factor or so per layer: deep networks need digits in proportion to depth.
    enough = next((p for p in PRECISIONS if p >= 4 * graph.L), PRECISIONS[-1])
    if size(graph) > _FEW_ENTRIES:
        seeds = 1
    for precision in [p for p in PRECISIONS if p >= enough][:2]:
        for seed in range(seeds):
            for signs in SIGNS:
                witness = evaluate(graph, seed, signs, precision)
                if witness:
                    return witness
    return None


def evaluate(graph: Graph, seed: int, signs: str, precision: int) -> Witness | None:
    """The last variable's value after T - 1 and after T steps, if the two differ for certain."""
    called(LEMMA)
    sizes = reduced_sizes(graph, largest=2)
    before, ctx.prec = ctx.prec, precision
    try:
        instance = Instance(graph, Ball(), draw_with(seed, signs), sizes)
        exact = instance.wavefront()
        wrong = last_wrong_values(instance, exact, lambda label: arb(0))
    except Undetermined:
        return None
    finally:
        ctx.prec = before
    steps = graph.largest_rank
    for name in graph.parents:
        if graph.rank_s[name] != steps:
            continue
        for place, value in exact["s", name].items():
            late = wrong["s", name][place]
            if value.is_finite() and late.is_finite() and not late.overlaps(value):
                return Witness(
                    name,
                    place,
                    steps,
                    _digits(late),
                    _digits(value),
                    _digits(late - value),
                    seed,
                    signs,
                    precision,
                    sizes,
                )
    return None


def last_wrong_values(instance: Instance, exact: State, initial: Draw) -> State:
    """For every variable of rank r its value after step r - 1 from the given initial state."""
    graph = instance.graph
    rank = {("x", n): r for n, r in graph.rank_x.items()} | {("s", n): r for n, r in graph.rank_s.items()}
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
    """The state an update reads: last wrong values at the rank just below it, settled ones further down."""

    def __init__(self, exact: State, wrong: State, rank: dict[tuple[str, str], int], late: int) -> None:
        super().__init__()
        self._exact, self._wrong, self._rank, self._late = exact, wrong, rank, late

    def __contains__(self, key: object) -> bool:
        return key in self._rank

    def __missing__(self, key: tuple[str, str]) -> Entries:
        return (self._wrong if self._rank[key] == self._late else self._exact)[key]


def _digits(value: arb) -> str:
    return str(value.str(15, radius=False))

"""Other schedules reach the same state: synchronous, wavefront, asynchronous.

Proves: on hash-consed terms with opaque layers, from free symbols, the state after T synchronous steps, after the
wavefront (each variable once, in order of rank) and after T rounds of every asynchronous schedule drawn is the same,
term by term.  In a round every variable is updated once, in an order drawn anew, from whatever the others hold then:
a fair schedule.  Its seed is recorded.  (That *every* fair schedule settles is Schedules.v, proved in Coq.)

Trusts: hash-consing as coded in proofs/methods/wiring.py; Python's generator for the orders.
Blind to: what is inside a layer, and terms that are missing in the same way on every schedule.
"""

from __future__ import annotations

import random

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.wiring import Terms, relax, sensitivity, wavefront
from dyadic.proofs.sentences import told

SEEDS = (1, 2, 3)
MOST_UPDATES = 300_000
"""Bound on the updates of one schedule."""

Variables = dict[tuple[str, str], int]


def unfit(graph: Graph, steps: int) -> str | None:
    """Why the schedules are not executed, or None."""
    updates = 2 * len(graph.parents) * steps
    return None if updates <= MOST_UPDATES else f"{updates} updates are more than {MOST_UPDATES}"


def asynchronous(graph: Graph, terms: Terms, inputs: dict[str, int], rounds: int, seed: int) -> Variables:
    """Rounds in which every variable is updated once, in an order of its own."""
    order, generator = [(kind, name) for kind in "xs" for name in graph.parents], random.Random(seed)
    x = inputs | {name: terms("initial x", name) for name in graph.parents}
    s = {name: terms("initial s", name) for name in graph.parents}
    for _ in range(rounds):
        generator.shuffle(order)
        for kind, name in order:
            if kind == "x":
                x[name] = terms("f", name, *(x[parent] for parent in graph.parents[name]))
            else:
                s[name] = sensitivity(graph, terms, name, x, s)
    return _variables(graph, x, s)


def schedules_claim(graph: Graph, steps: int) -> Claim:
    """All schedules against the wavefront."""
    terms = Terms()
    inputs = {name: terms("input", name) for name in graph.inputs}
    counts = {"steps": steps, "schedules": len(SEEDS)}
    try:
        wanted = _variables(graph, *wavefront(graph, terms, inputs))
    except KeyError as error:  # an update reads what has no value yet: there is a cycle
        numbers: dict[str, object] = {"schedule": "wavefront", "read_before_it_is_known": str(error.args[0])}
        return told("schedules", Verdict.REFUTED, {}, counts, counterexample=numbers)
    reached = {"synchronous": _variables(graph, *relax(graph, terms, inputs, steps))}
    reached |= {f"asynchronous, seed {seed}": asynchronous(graph, terms, inputs, steps, seed) for seed in SEEDS}
    for schedule, state in reached.items():
        for (kind, name), term in state.items():
            if term != wanted[kind, name]:
                numbers = {"schedule": schedule, "variable": f"{kind}:{name}", "rounds": steps}
                return told("schedules", Verdict.REFUTED, {}, counts, counterexample=numbers)
    return told("schedules", Verdict.PROVED, {}, counts, witness={"seeds": list(SEEDS)})


def _variables(graph: Graph, x: dict[str, int], s: dict[str, int]) -> Variables:
    return {("x", name): x[name] for name in graph.parents} | {("s", name): s[name] for name in graph.parents}

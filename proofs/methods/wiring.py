"""The literal relaxation of the whole graph on symbolic terms, with opaque layers.

Proves: for every layer map and every vector-Jacobian product, T unit steps of all updates at once, from a state
of free symbols, leave at every vertex exactly the term that backpropagation builds there.  Terms are hash-consed,
so equality is equality of integers.  Backpropagation is written here from the lists of parents only, the
textbook way: forward in topological order, then each vertex hands its contribution to its parents.

Blind to: what the layer maps and their vector-Jacobian products are (adjoint and identity look at those).
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.graph import Graph
from dyadic.proofs.checker.trust import TERMS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.counterexample import smallest
from dyadic.proofs.sentences import told

LITERAL_BUDGET = 1_000_000
"""Largest number of variables times steps for which every step is executed."""


class Terms:
    """Hash-consing: equal terms are the same integer."""

    def __init__(self) -> None:
        called(TERMS)
        self._known: dict[tuple[Any, ...], int] = {}

    def __call__(self, *parts: Any) -> int:
        return self._known.setdefault(parts, len(self._known))


def wiring_claim(graph: Graph, steps: int) -> Claim:
    """Compare the relaxation's terms after ``steps`` steps with backpropagation's."""
    terms = Terms()
    inputs = {name: terms("input", name) for name in graph.inputs}
    literal = 2 * len(graph.parents) * steps <= LITERAL_BUDGET
    x, s = relax(graph, terms, inputs, steps) if literal else wavefront(graph, terms, inputs)
    wanted_x, wanted_s = backpropagation(graph, terms, inputs)
    numbers = {"steps": steps, "every_step": int(literal)}
    wrong = next(
        ((k, v) for k, one, two in (("x", x, wanted_x), ("s", s, wanted_s)) for v in two if one[v] != two[v]), None
    )
    if wrong is None:
        return told("wiring", Verdict.PROVED, {}, numbers)
    variable = f"{wrong[0]}:{wrong[1]}"
    detail = {"variable": variable, "steps": steps, "terms_stated": graph.terms[wrong[1]]}
    detail |= smallest(graph, steps) or {}
    return told("wiring", Verdict.REFUTED, {}, numbers, counterexample=detail)


def sensitivity(graph: Graph, terms: Terms, name: str, x: dict[str, int], s: dict[str, int]) -> int:
    """The update of s at a vertex, as a term."""
    parts = []
    for child, slot in graph.terms[name]:
        if child in graph.costs:
            parts.append(terms("dC", child, *(x[r] for r in sorted(graph.term_reads(child, slot)[0]))))
        else:
            read = tuple(x[r] for r in sorted(graph.term_reads(child, slot)[0]))
            parts.append(terms("vjp", child, slot, s[child], read))
    return terms("sum", *sorted(parts))


def relax(graph: Graph, terms: Terms, inputs: dict[str, int], steps: int) -> tuple[dict[str, int], dict[str, int]]:
    """Synchronous steps from free symbols: every update reads the old state."""
    x = inputs | {name: terms("initial x", name) for name in graph.parents}
    s = {name: terms("initial s", name) for name in graph.parents}
    for _ in range(steps):
        after = {name: terms("f", name, *(x[p] for p in parents)) for name, parents in graph.parents.items()}
        s = {name: sensitivity(graph, terms, name, x, s) for name in graph.parents}
        x = inputs | after
    return x, s


def wavefront(graph: Graph, terms: Terms, inputs: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Each variable once, in order of rank."""
    x = dict(inputs)
    s: dict[str, int] = {}
    for name in sorted(graph.rank_x, key=graph.rank_x.__getitem__):
        x[name] = terms("f", name, *(x[p] for p in graph.parents[name]))
    for name in sorted(graph.rank_s, key=graph.rank_s.__getitem__):
        s[name] = sensitivity(graph, terms, name, x, s)
    return x, s


def backpropagation(graph: Graph, terms: Terms, inputs: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Forward in topological order, then every vertex hands its contribution to its parents."""
    x = dict(inputs)
    for name, parents in graph.parents.items():
        x[name] = terms("f", name, *(x[p] for p in parents))
    received: dict[str, list[int]] = {name: [] for name in graph.parents}
    for owner, cost in graph.costs.items():
        received[cost["input"]].append(terms("dC", owner, *(x[r] for r in sorted(graph.term_reads(owner, 0)[0]))))
    s: dict[str, int] = {}
    for name in reversed(graph.parents):
        s[name] = terms("sum", *sorted(received[name]))
        for slot, parent in enumerate(graph.parents[name]):
            if parent in received:
                read = tuple(x[r] for r in sorted(graph.term_reads(name, slot)[0]))
                received[parent].append(terms("vjp", name, slot, s[name], read))
    return x, s

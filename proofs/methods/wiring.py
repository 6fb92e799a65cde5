"""The literal relaxation of the whole graph on symbolic terms, with opaque layers.

Proves: for every layer map and every vector-Jacobian product, T unit steps of all updates at once, from a state
of free symbols, leave at every vertex exactly the term that backpropagation builds there.  Terms are hash-consed,
so equality is equality of integers.  Backpropagation is written here from the lists of parents only, the
textbook way: forward in topological order, then each vertex hands its contribution to its parents.

Of a term that holds a symbol of the initial state only that is kept: with opaque layers an update that reads such a
term gives such a term again.  An update is executed in the step after the one in which the last of what it reads has
lost them; every later execution of it would read the same terms, and give the same.

Blind to: what the layer maps and their vector-Jacobian products are (adjoint and identity look at those).
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.trust import TERMS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.refutation.counterexample import smallest
from dyadic.proofs.sentences import told

Variable = tuple[str, str]
"""("x" or "s", vertex)."""


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
    x, s = settled(graph, terms, inputs, steps)
    wanted_x, wanted_s = backpropagation(graph, terms, inputs)
    numbers = {"steps": steps}
    wrong = next(
        ((k, v) for k, one, two in (("x", x, wanted_x), ("s", s, wanted_s)) for v in two if one.get(v) != two[v]), None
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
        activations, sensitivities = graph.term_reads(child, slot)
        read = tuple(x[r] for r in sorted(activations))
        if child in graph.costs:
            parts.append(terms("dC", child, *read))
        else:
            parts.append(terms("vjp", child, slot, read, tuple(s[r] for r in sorted(sensitivities))))
    return terms("sum", *sorted(parts))


def reads(graph: Graph) -> dict[Variable, set[Variable]]:
    """What every update reads that is not clamped."""
    found = {("x", name): {("x", parent) for parent in parents} for name, parents in graph.parents.items()}
    for name in graph.parents:
        read = graph.reads(name)
        found["s", name] = {(kind, other) for kind, others in zip("xs", read, strict=True) for other in others}
    return {variable: {v for v in others if v in found} for variable, others in found.items()}


def settled(graph: Graph, terms: Terms, inputs: dict[str, int], steps: int) -> tuple[dict[str, int], dict[str, int]]:
    """The state after synchronous steps from free symbols, without the variables whose term holds one of them."""
    table = reads(graph)
    waits_for = {variable: len(others) for variable, others in table.items()}
    readers: dict[Variable, list[Variable]] = {variable: [] for variable in table}
    for variable, others in table.items():
        for other in others:
            readers[other].append(variable)
    x, s = dict(inputs), dict[str, int]()
    ready = [variable for variable, count in waits_for.items() if not count]
    for _ in range(steps):
        if not ready:
            break
        # All of a step read the state before it: what one of them writes, no other of them reads.
        for kind, name in ready:
            if kind == "x":
                x[name] = terms("f", name, *(x[parent] for parent in graph.parents[name]))
            else:
                s[name] = sensitivity(graph, terms, name, x, s)
        after = []
        for variable in ready:
            for reader in readers[variable]:
                waits_for[reader] -= 1
                if not waits_for[reader]:
                    after.append(reader)
        ready = after
    return x, s


def relax(graph: Graph, terms: Terms, inputs: dict[str, int], steps: int) -> tuple[dict[str, int], dict[str, int]]:
    """The same with every term of every step built, as :mod:`schedules` compares it."""
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
                activations, sensitivities = graph.term_reads(name, slot)  # none of s where the product is 0
                read = tuple(x[r] for r in sorted(activations))
                received[parent].append(terms("vjp", name, slot, read, (s[name],) if sensitivities else ()))
    return x, s

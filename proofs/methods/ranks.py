"""The lemma's hypotheses for one architecture: its terms and its rank table.

Proves: the sensitivity updates consist of exactly the terms of dE/dx, every update reads only variables of smaller
rank, and L and T are the largest depth and the largest rank.  Reads are taken from the derived equations.

Trusts: the equations' list of entries.  Blind to: what the equations say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.methods.refutation.counterexample import smallest
from dyadic.proofs.sentences import told
from dyadic.proofs.subject import Subject


def rank_claims(subject: Subject) -> Iterator[Claim]:
    """``terms`` (only where they are wrong) and ``ranks``."""
    if subject.refusal is not None:
        yield terms_claim(subject.refusal, subject.graph)
    if subject.graph is not None:
        yield ranks_claim(subject.graph)


def terms_claim(refusal: Rejected, graph: Graph | None) -> Claim:
    """What the checker refuses, with numbers where the graph can still be evaluated."""
    found: dict[str, Any] = {"field": refusal.field, "reason": refusal.reason}
    if graph is not None:
        found |= smallest(graph, graph.steps) or {}
    return told("terms", Verdict.REFUTED, counterexample=found)


def ranks_claim(graph: Graph) -> Claim:
    """Every update against the table."""
    numbers = {"L": graph.L, "T": graph.largest_rank}
    try:
        graph.check_ranks()
    except Rejected as error:
        found = {"field": error.field, "reason": error.reason}
        return told("ranks", Verdict.REFUTED, {}, numbers, counterexample=found)
    return told("ranks", Verdict.PROVED, {}, numbers)

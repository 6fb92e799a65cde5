"""One step fewer is not enough: numbers, or for networks that are too large for them a chain of reads.

Proves, with numbers: for the parameters, input and target stated, from the zero state, two rigorous real enclosures
(the value of a sensitivity after T - 1 steps and the exact one) do not meet (proofs/evaluate/tightness.py).
Proves, with a chain: every variable of it reads the next, and it has T of them, so with opaque layers the term of the
first one after T - 1 steps still contains the initial value of the last one.

Trusts: Arb and the stabilisation lemma; the equations' list of entries.  Blind to: equations that are wrong in the
same way at every step; the chain also to layers that ignore what they read.
"""

from __future__ import annotations

from dyadic.proofs.checker.graph import Graph
from dyadic.proofs.checker.reading import Rejected
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import tightness
from dyadic.proofs.sentences import told

MOST_VERTICES, MOST_ENTRIES = 3_000, 20_000


def tightness_claim(graph: Graph) -> Claim:
    """Search for numbers where that is affordable; otherwise the chain."""
    steps = graph.largest_rank
    found = tightness.find(graph) if _affordable(graph) else None
    if found is not None:
        return told("tightness", Verdict.PROVED, {}, {"steps": steps - 1, "numbers": 1}, witness=found.as_dict())
    witness = {"chain": graph.longest_chain(), "steps": steps}
    return told("tightness", Verdict.PROVED, {}, {"steps": steps - 1, "numbers": 0}, witness=witness)


def _affordable(graph: Graph) -> bool:
    if len(graph.parents) > MOST_VERTICES:
        return False
    try:
        return tightness.size(graph) <= MOST_ENTRIES
    except Rejected:
        return False

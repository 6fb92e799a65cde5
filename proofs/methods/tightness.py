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

MOST_VERTICES, MOST_ENTRIES = 3_000, 20_000


def tightness_claim(graph: Graph) -> Claim:
    """Search for numbers where that is affordable; otherwise the chain."""
    steps = graph.largest_rank
    found = tightness.find(graph) if _affordable(graph) else None
    if found is not None:
        statement = f"{steps - 1} steps are not enough: there are numbers for which a sensitivity is still wrong then"
        return Claim(
            "tightness", statement, Verdict.PROVED, "rigorous real enclosures (Arb)",
            trusted=("Arb", "the stabilisation lemma"), witness=found.as_dict(),
        )  # fmt: skip
    statement = (
        f"{steps - 1} steps are not enough for layers of this network's structure: with opaque layers a sensitivity "
        "still contains an initial value then (no numbers were found for the layers themselves)"
    )
    witness = {"chain": graph.longest_chain(), "steps": steps}
    return Claim("tightness", statement, Verdict.PROVED, "a chain of reads as long as T", witness=witness)


def _affordable(graph: Graph) -> bool:
    if len(graph.parents) > MOST_VERTICES:
        return False
    try:
        return tightness.size(graph) <= MOST_ENTRIES
    except Rejected:
        return False

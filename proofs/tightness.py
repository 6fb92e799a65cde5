"""One step fewer is not enough: numbers at which a sensitivity is still wrong after T - 1 steps.

Proves: for the parameters, input and target stated, from the zero state, two rigorous real enclosures (the value
after T - 1 steps and the exact one) do not meet.  The evaluation is proofs/evaluate/tightness.py.

Trusts: Arb, and the stabilisation lemma.  Blind to: equations that are wrong in the same way at every step.
"""

from __future__ import annotations

from proofs.checker.graph import Graph
from proofs.claims import Claim, Verdict
from proofs.evaluate import tightness


def tightness_claim(graph: Graph) -> Claim:
    """Search for a witness."""
    steps = graph.largest_rank
    statement = f"{steps - 1} steps are not enough: there are numbers for which a sensitivity is still wrong then"
    found = tightness.find(graph)
    if found is None:
        reason = "no parameters were found for which the last variable is late"
        return Claim("tightness", statement, Verdict.UNDECIDED, "search with rigorous enclosures", reason=reason)
    return Claim(
        "tightness", statement, Verdict.PROVED, "rigorous real enclosures (Arb)",
        trusted=("Arb", "the stabilisation lemma"), witness=found.as_dict(),
    )  # fmt: skip

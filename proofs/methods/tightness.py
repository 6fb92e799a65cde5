"""One step fewer is not enough: numbers, or where none are found what the structure alone says.

Proves ``tightness``, with numbers: for the parameters, input and target stated, from the zero state, a rigorous real
enclosure of how far a sensitivity is off after T - 1 steps does not contain 0 (proofs/evaluate/tightness_witness.py).
Proves ``tightness:structure``, with a chain: every variable of it reads the next, and it has T of them, so with opaque
layers the term of the first one after T - 1 steps still contains the initial value of the last one.  This is no claim
about the network: its own layers may make fewer steps enough, as a difference a - a or a cost of weight 0 do.

Trusts: Arb and the stabilisation lemma; the equations' list of entries.  Blind to: equations that are wrong in the
same way at every step.
"""

from __future__ import annotations

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import tightness_witness
from dyadic.proofs.sentences import told


def tightness_claim(graph: Graph) -> Claim:
    """Search for numbers where that is affordable; where there are none, the claim about the structure."""
    steps = graph.largest_rank
    found = tightness_witness.find(graph) if tightness_witness.affordable(graph) else None
    if found is not None:
        return told("tightness", Verdict.PROVED, {}, {"steps": steps - 1}, witness=found.as_dict())
    witness = {"chain": graph.longest_chain(), "steps": steps}
    return told("tightness:structure", Verdict.PROVED, {}, {"T": steps}, witness=witness)

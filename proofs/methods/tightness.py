"""One step fewer is not enough: numbers, or where none are found what the structure alone says.

Proves ``tightness``, with numbers: for the parameters, input, target and initial state stated, a rigorous real
enclosure of how far a sensitivity is off after T - 1 steps does not contain 0 (proofs/evaluate/tightness_witness.py).
``own`` says of what: 1 of this network, at its own sizes and with the constants that its file gives, which the witness
then states; 0 of the same layers at other sizes or with other constants, which may need more steps than the network.
Proves ``tightness:structure``, with a chain: every variable of it reads the next, and it has T of them, so with opaque
layers the term of the first one after T - 1 steps still contains the initial value of the last one.  This is no claim
about the network: its own layers may make fewer steps enough, as a difference a - a or a cost of weight 0 do.

Trusts: Arb and the stabilisation lemma; the equations' list of entries.  Blind to: equations that are wrong in the
same way at every step.
"""

from __future__ import annotations

from dyadic.proofs.checker.intake.own_witness import own_numbers
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import tightness_witness
from dyadic.proofs.evaluate.tightness_witness import LITTLE_WORK, MUCH_WORK
from dyadic.proofs.sentences import told
from dyadic.proofs.subject import Subject


def tightness_claim(subject: Subject) -> Claim:
    """Numbers of the network itself, else of its layers at small sizes; where there are none, the structure's claim.

    Where fewer steps than T are claimed, the verdict depends on the numbers, and the search for them may cost more.
    """
    graph, values = subject.network, subject.derivation.architecture.values
    steps = graph.largest_rank
    most = MUCH_WORK if subject.steps < steps else LITTLE_WORK
    found = tightness_witness.find_own(graph, values, most)
    if found is None and tightness_witness.affordable(graph):
        found = tightness_witness.find(graph)
    if found is not None:
        numbers, witness = {"steps": steps - 1}, found.as_dict()
        numbers |= own_numbers(graph, "tightness", witness)
        return told("tightness", Verdict.PROVED, {}, numbers, witness=witness)
    witness = {"chain": graph.longest_chain(), "steps": steps}
    return told("tightness:structure", Verdict.PROVED, {}, {"T": steps}, witness=witness)

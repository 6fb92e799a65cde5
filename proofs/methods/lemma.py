"""The stabilisation lemma for every graph: induction over the number of steps, its step proved in natural deduction.

Proves: in a synchronous system whose updates read only variables of smaller rank (rank >= 1), after k steps no
variable of rank <= k depends on the initial state.  The proof is proofs/checker/stabilisation.py, checked rule by rule.
A model shows that the hypotheses can hold while two runs differ, and another that one rank more is too much to ask.
(The same lemma is proved in Coq, proofs/coq/Stabilisation.v, and the tests put the same formulas to Z3.)

Trusts: the kernel in proofs/checker/deduction.py, and induction over the natural numbers.  Blind to: any architecture.
"""

from __future__ import annotations

from dyadic.proofs.checker import stabilisation
from dyadic.proofs.claims import Claim, Verdict

KERNEL = "the rules of proofs/checker/deduction.py"


def lemma_claim() -> Claim:
    """The proof of the step, and the two models."""
    statement = (
        "Stabilisation lemma: if every update reads only variables of smaller rank, then after k steps every "
        "variable of rank <= k no longer depends on the initial state"
    )
    open_ = [question for question in stabilisation.QUESTIONS if not stabilisation.decide(question)]
    verdict = Verdict.UNDECIDED if open_ else Verdict.PROVED
    return Claim(
        "lemma", statement, verdict,
        "induction on k; step in natural deduction for graphs of any size, with vacuity twin and sharp bound",
        ("ranks are at least 1",), (KERNEL, "induction over the natural numbers"),
        reason=f"not shown: {', '.join(open_)}" if open_ else None,
    )  # fmt: skip

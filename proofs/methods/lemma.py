"""The stabilisation lemma for every graph: induction over the number of steps, its step proved in natural deduction.

Proves: in a synchronous system whose updates read only variables of smaller rank (rank >= 1), after k steps no
variable of rank <= k depends on the initial state.  The proof is proofs/checker/lemmas/stabilisation.py, checked rule
by rule.
A model shows that the hypotheses can hold while two runs differ, and another that one rank more is too much to ask.
(The same lemma is proved in Coq, proofs/coq/Stabilisation.v, and the tests put the same formulas to Z3.)

Trusts: the rules of proofs/checker/lemmas/deduction.py, and induction over the natural numbers.  Blind to: any
architecture.
"""

from __future__ import annotations

from dyadic.proofs.checker.lemmas import stabilisation
from dyadic.proofs.checker.trust import INDUCTION, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.sentences import RANKS, told
from dyadic.proofs.trusted import recorded


@recorded
def lemma_claim() -> Claim:
    """The proof of the step, and the two models."""
    called(INDUCTION)
    open_ = [question for question in stabilisation.QUESTIONS if not stabilisation.decide(question)]
    verdict, reason = (Verdict.UNDECIDED, f"not shown: {', '.join(open_)}") if open_ else (Verdict.PROVED, None)
    return told("lemma", verdict, hypotheses=[RANKS], reason=reason)

"""The stabilisation lemma for every graph: induction over the number of steps, its step decided by Z3.

Proves: in a synchronous system whose updates read only variables of smaller rank (rank >= 1), after k steps no
variable of rank <= k depends on the initial state.  The vacuity twin shows that the hypotheses can hold while two
runs differ, and a model at one rank more shows that the bound is sharp.

Trusts: Z3, and induction over the natural numbers.  Blind to: any architecture.
"""

from __future__ import annotations

from functools import cache

from dyadic.proofs.checker.trust import INDUCTION, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import lemma
from dyadic.proofs.sentences import RANKS, told
from dyadic.proofs.trusted import recorded


@cache
@recorded
def lemma_claim() -> Claim:
    """The lemma's three questions put to Z3."""
    answers = {question: lemma.decide(question) for question in lemma.QUESTIONS}
    called(INDUCTION)
    open_ = [f"{question}: {answer}" for question, (answer, wanted) in answers.items() if answer != wanted]
    verdict = Verdict.UNDECIDED if open_ else Verdict.PROVED
    return told("lemma", verdict, hypotheses=[RANKS], reason="; ".join(open_) or None)

"""The stabilisation lemma for every graph: induction over the number of steps, its step decided by Z3.

Proves: in a synchronous system whose updates read only variables of smaller rank (rank >= 1), after k steps no
variable of rank <= k depends on the initial state.  The vacuity twin shows that the hypotheses can hold while two
runs differ, and a model at one rank more shows that the bound is sharp.

Trusts: Z3, and induction over the natural numbers.  Blind to: any architecture.
"""

from __future__ import annotations

from functools import cache

from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate import lemma


@cache
def lemma_claim() -> Claim:
    """The lemma's three questions put to Z3."""
    statement = (
        "Stabilisation lemma: if every update reads only variables of smaller rank, then after k steps every "
        "variable of rank <= k no longer depends on the initial state"
    )
    answers = {question: lemma.decide(question) for question in lemma.QUESTIONS}
    open_ = [f"{question}: {answer}" for question, (answer, wanted) in answers.items() if answer != wanted]
    verdict = Verdict.UNDECIDED if open_ else Verdict.PROVED
    return Claim(
        "lemma", statement, verdict,
        "induction on k; step by Z3 over uninterpreted sorts, with vacuity twin and sharp bound",
        ("ranks are at least 1",), ("Z3", "induction over the natural numbers"), reason="; ".join(open_) or None,
    )  # fmt: skip

"""Which trusted components ran: each registers itself when it is called, and a claim lists those called for it.

Nothing is concluded here; it is bookkeeping that cannot drift from the code, since no list is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

CHECKER = "the evaluator in proofs/checker/evaluation"
GRAPH = "the list of reads that proofs/checker/intake/graph.py takes from the equations"
EVALUATOR = "the evaluator in proofs/evaluate"
BLAKE = "blake2b as a source of randomness"
SHAKE = "SHAKE-256 as a source of randomness"
DEDUCTION = "the rules of proofs/checker/lemmas/deduction.py"
ARB = "Arb"
COQ = "Coq's kernel"
COQ_MACHINE = "the virtual machine in Coq's kernel"
COQ_REALS = "the axioms of the real numbers in Coq's standard library"
FORMAL_TEXT = "the reader of Coq files in proofs/methods/formal/readback.py"
FORMAL_SHAPE = "the equations rewritten in proofs/methods/formal/contents.py"
LEMMA = "the stabilisation lemma"
INDUCTION = "induction over the natural numbers"
SMALL_MODELS = "the small-model argument in proofs/methods/induction.py"
READERS = "the readers of equations in proofs/statements/parsing"
INTEGER_FORMS = "the forms of integer expressions in proofs/checker/instantiated"
TERMS = "hash-consing as coded in proofs/methods/wiring.py"
MATRICES = "python-flint's matrix products"
POLYNOMIALS = "python-flint's polynomials"
FRACTIONS = "python-flint's fractions"
RULES = "the rules for sums and derivatives in proofs/checker/core"
DERIVATION_RULES = (
    "the derivatives of exp, log, erf, sin, cos, asin, acos, atan and the square root, quotient and chain rule"
)
SYMPY_POLYNOMIALS = "SymPy's polynomial arithmetic"
SYMPY_NUMBERS = "SymPy's substitution of numbers"

_RUNNING: ContextVar[dict[str, int] | None] = ContextVar("components called", default=None)


class Called(tuple[str, ...]):
    """The components that were called while something was shown, sorted."""

    __slots__ = ()


def called(component: str) -> None:
    """Register a component, if anybody is listening."""
    running = _RUNNING.get()
    if running is not None:
        running[component] = running.get(component, 0) + 1


@contextmanager
def recording() -> Iterator[dict[str, int]]:
    """Component -> how often it was called within; what an outer recording hears is not changed by an inner one."""
    outer = _RUNNING.get()
    running: dict[str, int] = {}
    token = _RUNNING.set(running)
    try:
        yield running
    finally:
        _RUNNING.reset(token)
        if outer is not None:
            for component, count in running.items():
                outer[component] = outer.get(component, 0) + count

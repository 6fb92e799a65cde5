"""Why it is true: claims about a derivation, each with a verdict and a method.

verify.py        the chosen methods on one derivation -> certificate
methods.py       every method by name            composition.py  the theorem, from what they show
claims.py        Claim and Verdict               certificate.py  the JSON document
subject.py       what the methods look at        layers.py       each layer kind once
checker/         re-verifies a certificate; imports nothing of the rest

One file per method: lemma, ranks, adjoint, functions, wiring, identity, tightness, variational, reciprocity, machine.
"""

from proofs.checker import Finding, Rejected
from proofs.claims import Claim, Verdict
from proofs.recheck import check
from proofs.verify import verify

__all__ = ["Claim", "Finding", "Rejected", "Verdict", "check", "verify"]

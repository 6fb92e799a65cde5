"""Why it is true: claims about a derivation, each with a verdict and a method.

verify.py        all methods on one derivation -> certificate
claims.py        Claim and Verdict               certificate.py  the JSON document
adjoint.py       adjoints for symbolic sizes     functions.py    derivatives of the activations
wiring.py        the literal relaxation on terms variational.py  constructions A, B, C
reciprocity.py   the flow has no potential
checker/         re-verifies a certificate; imports nothing of the rest
"""

from proofs.checker import Finding, Rejected, check
from proofs.claims import Claim, Verdict
from proofs.verify import verify

__all__ = ["Claim", "Finding", "Rejected", "Verdict", "check", "verify"]

"""Why it is true: claims about a derivation, each with a verdict and a method.

verify.py        the chosen methods on one derivation -> certificate
methods/         every way of knowing, by name    composition.py  the theorem, from what they show
claims.py        Claim and Verdict                certificate.py  the JSON document
subject.py       what the methods look at         recheck.py      a certificate, everything in it again
evaluate/        a network in several number systems
checker/         the theorem from a certificate alone; imports nothing of the rest
statements/      claims that people make about a derivation of their own
coq/             the theorem, machine-checked
"""

from proofs.checker import Finding, Rejected
from proofs.claims import Claim, Verdict
from proofs.recheck import check
from proofs.verify import verify

__all__ = ["Claim", "Finding", "Rejected", "Verdict", "check", "verify"]

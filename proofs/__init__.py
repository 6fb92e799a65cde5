"""Why it is true: claims about a derivation, each with a verdict and a method.

verification.py  the chosen methods on one derivation -> certificate
methods/         every way of knowing, by name    composition.py  the theorem, from what they show
claims.py        Claim and Verdict                sentences.py    what a claim says, made of its data
certificate.py   the JSON document                recheck.py      a certificate, everything in it again
subject.py       what the methods look at         trusted.py      what was called for a claim
evaluate/        a network in several number systems
checker/         the theorem from a certificate alone; imports nothing of the rest
statements/      claims that people make about a derivation of their own
coq/             the theorem, machine-checked
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dyadic.proofs.checker import Finding, NoCertificate, Rejected, Report
    from dyadic.proofs.claims import Claim, Verdict
    from dyadic.proofs.recheck import check
    from dyadic.proofs.verification import Notes, verify

_HOME = {
    "Claim": "claims", "Finding": "checker", "Rejected": "checker", "Report": "checker", "Verdict": "claims",
    "verify": "verification", "NoCertificate": "checker", "Notes": "verification", "check": "recheck",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """A public name, when it is first asked for: the checker is imported without the prover."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value


__all__ = ["Claim", "Finding", "NoCertificate", "Notes", "Rejected", "Report", "Verdict", "check", "verify"]

if __name__ != "dyadic.proofs":  # one module must not exist under two names
    raise ImportError("import dyadic.proofs, not proofs: the folder is a part of the package dyadic")

"""The checker: verifies a certificate again from its contents alone, and imports nothing of the rest of the project.

    python -m dyadic.proofs.checker FILE

    intake/           the file, read with suspicion: typed, bounded, every name and shape in its place
    core/             the proof of a layer's equations for all sizes, replayed step by step
    differentiation/  a scalar function's derivative
    lemmas/           what holds of every network
    instantiated/     every printed equation against the graph
    evaluation/       layers and the network, modulo primes
    wording.py        what each kind of claim says        assumptions.py    what it assumes
    verdicts.py       the claims against their data       trust.py          which trusted components ran
    confirmation.py   what all of it amounts to           findings.py       what is said of it

It needs the standard library and nothing else.
"""

from __future__ import annotations

from dyadic.proofs.checker.confirmation import check
from dyadic.proofs.checker.findings import Done, Finding, Report
from dyadic.proofs.checker.intake.reading import NoCertificate, Rejected

__all__ = ["Done", "Finding", "NoCertificate", "Rejected", "Report", "check"]

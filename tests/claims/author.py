"""Claims with an author's names, read and judged."""

from __future__ import annotations

from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims

CHAIN_NAMES = {"a^l": "x", r"\delta^l": "zbar", "z^l": "z", "w^l": "W", "b^l": "b"}


def judged(network, claim, kind="equal", names=None, functions=None, layers=(), **options):
    """The verdict on one formula; options are those of a statement."""
    statement = Statement("it", kind, "it", (claim,), **options)
    file = ClaimsFile((statement,), functions or {"sigma": "sigmoid"}, (), names or {}, tuple(layers))
    return verify_claims(network, file)[0]

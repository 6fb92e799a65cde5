"""Claims with an author's names, read and judged."""

from __future__ import annotations

from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims

CHAIN_NAMES = {"a^l": "x", r"\delta^l": "zbar", "z^l": "z", "w^l": "W", "b^l": "b"}


def statement_of(claim, kind="equal", **options):
    """One formula; options are those of a statement."""
    return Statement("it", kind, "it", (claim,), **options)


def verdict_on(network, statement, names=None, functions=None, layers=()):
    """The verdict on one statement."""
    file = ClaimsFile((statement,), functions or {"sigma": "sigmoid"}, (), names or {}, tuple(layers))
    return verify_claims(network, file)[0]


def judged(network, claim, kind="equal", names=None, functions=None, layers=(), **options):
    """The verdict on one formula; options are those of a statement."""
    return verdict_on(network, statement_of(claim, kind, **options), names, functions, layers)


def as_echoed(found):
    """The equation of a verdict as the report prints it."""
    return found.statement.removeprefix("equal: ").rpartition(" (probability")[0] or found.statement[7:]

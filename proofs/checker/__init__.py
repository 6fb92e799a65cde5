"""The checker: re-verifies a certificate from its contents alone, and imports nothing of the rest of the project.

    reading.py      access with suspicion                   graph.py    structure, hashes, terms, ranks
    equations.py    index equations modulo a prime          pairing.py  every layer against its own definitions
    relaxation.py   all steps on opaque terms               instances.py  every equation against the graph's demand
                                                             (demands.py, normal.py, entrywise.py)

From these the theorem for the network follows: its terms are those of the energy, its updates read smaller ranks
only, all steps from two states end alike, and every vector-Jacobian product is the adjoint of its layer's derivative.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker import instances
from dyadic.proofs.checker.graph import Graph, certificate_hash
from dyadic.proofs.checker.pairing import evaluate, is_prime, primes
from dyadic.proofs.checker.reading import Rejected, need
from dyadic.proofs.checker.relaxation import settles

MOST_CONTENTS, MOST_RUNS = 400, 4
"""Bounds on what a certificate can make the checker evaluate."""


@dataclass(frozen=True)
class Finding:
    """What is said of one claim: ``verified``, ``undecided``, or ``stated`` (by the prover, not shown again)."""

    claim: str
    outcome: str
    detail: str


def check(certificate: Any) -> list[Finding]:
    """Re-verify a certificate.  Raises :class:`Rejected`, naming the field, if any part does not hold."""
    stated = need(certificate, "hash", str, "certificate")
    if certificate_hash(certificate) != stated:
        raise Rejected("certificate.hash", "is not the hash of the contents")
    graph = Graph(certificate)
    claims = read_claims(certificate)
    graph.check_ranks()
    if graph.steps < graph.largest_rank:
        raise Rejected("certificate.steps", f"is {graph.steps}, but a variable settles only after {graph.largest_rank}")
    found = [
        Finding("ranks", "verified", f"every update reads only smaller ranks; L = {graph.L}, T = {graph.largest_rank}"),
        _wiring(graph),
        _pairing(graph, claims),
        _instances(graph, claims),
    ]
    found.append(Finding("steps", "verified", f"exact after {graph.steps} steps: the composition of the above"))
    done = {finding.claim for finding in found}
    found += [Finding(n, "stated", f"{c['verdict']} by {c['method']}") for n, c in claims.items() if n not in done]
    return found


def read_claims(certificate: Any) -> dict[str, Any]:
    """The claims by name, if they and the overall verdict are well formed and the theorem is claimed as proved."""
    claims: dict[str, Any] = {}
    for position, claim in enumerate(need(certificate, "claims", list, "certificate")):
        where = f"claims[{position}]"
        for key in ("id", "statement", "verdict", "method"):
            need(claim, key, str, where)
        if claim["id"] in claims:
            raise Rejected(f"{where}.id", "is used twice")
        if claim["verdict"] not in ("proved", "refuted", "undecided"):
            raise Rejected(f"{where}.verdict", "is not proved, refuted or undecided")
        if claim["verdict"] == "proved" and claim.get("counterexample") is not None:
            raise Rejected(f"{where}.counterexample", "stands beside the verdict proved")
        claims[claim["id"]] = claim
    verdicts = {claim["verdict"] for claim in claims.values()}
    wanted = "refuted" if "refuted" in verdicts else "undecided" if "undecided" in verdicts else "proved"
    if need(certificate, "verdict", str, "certificate") != wanted:
        raise Rejected("certificate.verdict", f"should be {wanted}")
    if "steps" not in claims:
        raise Rejected("claims", "the claim 'steps' is missing")
    if claims["steps"]["verdict"] != "proved":
        raise Rejected("claims.steps.verdict", f"is {claims['steps']['verdict']}: nothing here to confirm")
    return claims


def _wiring(graph: Graph) -> Finding:
    late = settles(graph, graph.steps)
    if late is not None:
        raise Rejected("certificate.steps", f"{late} still depends on the initial state after {graph.steps} steps")
    return Finding("wiring", "verified", f"after {graph.steps} steps nothing depends on the initial state")


def _pairing(graph: Graph, claims: dict[str, Any]) -> Finding:
    """The recorded runs again, and for every layer and cost one with a prime, a seed and sizes of its own."""
    contents = graph.contents()
    if len(contents) > MOST_CONTENTS:
        raise Rejected("layers", f"are more than {MOST_CONTENTS}, too many to evaluate here")
    recorded: list[Any] = []
    if "pairing" in claims:
        where = "claims.pairing.witness"
        recorded = need(need(claims["pairing"], "witness", dict, "claims.pairing"), "runs", list, where)
        if {need(run, "content", str, where) for run in recorded} != set(contents):
            raise Rejected(f"{where}.runs", "are not those of this certificate's layers and costs")
    if len(recorded) > MOST_RUNS * len(contents):
        raise Rejected("claims.pairing.witness.runs", f"are more than {MOST_RUNS} for each layer and cost")
    for position, run in enumerate(recorded):
        where = f"claims.pairing.witness.runs[{position}]"
        prime, seed, sizes = (
            _natural(run, "prime", where),
            need(run, "seed", int, where),
            need(run, "sizes", dict, where),
        )
        if not 2**60 < prime < 2**64 or not is_prime(prime):
            raise Rejected(f"{where}.prime", "is not a prime between 2^60 and 2^64")
        if not 0 <= seed < 2**64 or not all(isinstance(n, int) and 0 < n < 10_000 for n in sizes.values()):
            raise Rejected(where, "its seed or sizes are out of range")
        if _agreed(contents[run["content"]][0], run["content"], prime, seed, sizes) != _natural(run, "residue", where):
            raise Rejected(f"{where}.residue", "is not what the evaluation gives")
    for where, (content, own) in contents.items():
        _agreed(content, where, primes(secrets.randbits(60))[0], secrets.randbits(60), None, own)
    detail = (
        f"{len(recorded)} recorded runs and {len(contents)} fresh ones: forward mode and the derived adjoints agree"
    )
    return Finding("pairing", "verified", detail)


def _agreed(
    content: Any, where: str, prime: int, seed: int, sizes: dict[str, int] | None, own: dict[str, Any] | None = None
) -> int:
    outcome = evaluate(content, where, prime, seed, sizes, own)
    if outcome.forward != outcome.backward:
        values = f"{outcome.backward}, forward mode {outcome.forward}, mod {prime} at sizes {outcome.sizes}"
        raise Rejected(where, f"the derived adjoints give {values}")
    return outcome.forward


def _instances(graph: Graph, claims: dict[str, Any]) -> Finding:
    found = instances.check(graph)
    if "instances" in claims and claims["instances"].get("witness") != found.counts:
        raise Rejected("claims.instances.witness", f"should be {found.counts}")
    how = f"{found.by_form} definitions by form, {found.by_entry} by evaluation of every entry"
    detail = f"{found.equations} equations are the instances that the graph demands ({how})"
    return Finding("instances", "verified", detail)


def _natural(table: Any, key: str, where: str) -> int:
    text = need(table, key, str, where)
    if not text.isdecimal() or len(text) > 40:
        raise Rejected(f"{where}.{key}", "is not a natural number")
    return int(text)


__all__ = ["Finding", "Rejected", "check"]

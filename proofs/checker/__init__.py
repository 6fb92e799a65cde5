"""The checker: re-verifies a certificate from its contents alone.

    network.py   reads the equations, with suspicion     graph.py      structure, hashes, ranks
    rings.py     number systems to evaluate in           simulate.py   relaxation and backpropagation
    identity.py  the two agree (exact evaluation)        tightness.py  one step fewer is not enough
    lemma.py     the stabilisation lemma (Z3)

It imports neither ``symbolic`` nor the rest of ``proofs``; a test holds this.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from proofs.checker import identity, lemma, tightness
from proofs.checker.graph import Graph, certificate_hash
from proofs.checker.network import Rejected, field

RECHECKED = ("lemma", "ranks", "identity", "tightness", "steps")
"""Claims that are shown again from the certificate alone; the others are reported as stated by the prover."""


@dataclass(frozen=True)
class Finding:
    """What the checker says of one claim: ``verified``, ``rejected``, ``undecided`` or ``stated`` (not re-checked)."""

    claim: str
    outcome: str
    detail: str


def check(certificate: Any) -> list[Finding]:
    """Re-verify a certificate.  Raises :class:`Rejected`, naming the field, if any part does not hold."""
    stated = field(certificate, "hash", str, "certificate")
    if certificate_hash(certificate) != stated:
        raise Rejected("certificate.hash", "is not the hash of the contents")
    graph = Graph(certificate)
    graph.check_ranks()
    claims = _claims(certificate)
    findings = [
        Finding("ranks", "verified", f"every update reads only smaller ranks; L = {graph.L}, T = {graph.steps}")
    ]
    if graph.steps < graph.largest_rank:
        raise Rejected("certificate.steps", f"is {graph.steps}, but a variable settles only after {graph.largest_rank}")
    findings += [_lemma(), _identity(graph, claims), *_tightness(graph, claims)]
    proved = all(finding.outcome == "verified" for finding in findings)
    findings.append(
        Finding(
            "steps",
            "verified" if proved else "undecided",
            f"exact after {graph.steps} steps: the composition of the above",
        )
    )
    done = {finding.claim for finding in findings}
    findings += [
        Finding(name, "stated", f"{claim['verdict']} by {claim['method']}")
        for name, claim in claims.items()
        if name not in done
    ]
    _verdict(certificate, claims)
    return findings


def _claims(certificate: Any) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    for position, claim in enumerate(field(certificate, "claims", list, "certificate")):
        where = f"claims[{position}]"
        for key in ("id", "statement", "verdict", "method"):
            field(claim, key, str, where)
        if claim["id"] in claims:
            raise Rejected(f"{where}.id", "is used twice")
        if claim["verdict"] not in ("proved", "refuted", "undecided"):
            raise Rejected(f"{where}.verdict", "is not proved, refuted or undecided")
        claims[claim["id"]] = claim
    for name in RECHECKED:
        if name not in claims:
            raise Rejected("claims", f"the claim {name!r} is missing")
        if claims[name]["verdict"] != "proved":
            raise Rejected(f"claims.{name}.verdict", f"is {claims[name]['verdict']}: nothing here to confirm")
    return claims


def _verdict(certificate: Any, claims: dict[str, Any]) -> None:
    verdicts = {claim["verdict"] for claim in claims.values()}
    wanted = "refuted" if "refuted" in verdicts else "undecided" if "undecided" in verdicts else "proved"
    if field(certificate, "verdict", str, "certificate") != wanted:
        raise Rejected("certificate.verdict", f"should be {wanted}")


def _lemma() -> Finding:
    try:
        answers = {question: lemma.decide(question) for question in lemma.QUESTIONS}
    except ImportError:
        return Finding("lemma", "undecided", "z3-solver is not installed")
    wrong = [question for question, (answer, wanted) in answers.items() if answer != wanted]
    if wrong:
        return Finding("lemma", "undecided", f"Z3 did not settle: {', '.join(wrong)}")
    return Finding(
        "lemma", "verified", "induction step unsatisfiable to violate; hypotheses satisfiable; bound k + 1 sharp"
    )


def _identity(graph: Graph, claims: dict[str, Any]) -> Finding:
    """Repeat the recorded runs, compare their residues, and add a run with a prime and seed of our own."""
    recorded = field(
        field(claims["identity"], "witness", dict, "claims.identity"), "runs", list, "claims.identity.witness"
    )
    if len(recorded) < 2:
        raise Rejected("claims.identity.witness.runs", "needs two runs")
    for position, item in enumerate(recorded):
        where = f"claims.identity.witness.runs[{position}]"
        prime, seed = int(field(item, "prime", str, where)), field(item, "seed", int, where)
        if not 2**60 < prime < 2**64 or not identity.is_prime(prime):
            raise Rejected(f"{where}.prime", "is not a prime between 2^60 and 2^64")
        outcome = identity.run(graph, graph.steps, prime, seed)
        _agree(outcome)
        if outcome.residue != field(item, "residue", str, where):
            raise Rejected(f"{where}.residue", "is not what the evaluation gives")
    own = identity.run(graph, graph.steps, identity.primes_for(secrets.randbits(60))[0], secrets.randbits(60))
    _agree(own)
    return Finding(
        "identity",
        "verified",
        f"{len(recorded)} recorded runs and a fresh one agree in {own.entries} entries ({own.schedule})",
    )


def _agree(outcome: identity.Identity) -> None:
    if outcome.difference:
        variable, entry, found, wanted = outcome.difference
        raise Rejected(
            f"equations ({variable} at {entry})",
            f"relaxation gives {found}, backpropagation {wanted} mod {outcome.prime}",
        )


def _tightness(graph: Graph, claims: dict[str, Any]) -> list[Finding]:
    where = "claims.tightness.witness"
    witness = field(claims["tightness"], "witness", dict, "claims.tightness")
    seed, signs = field(witness, "seed", int, where), field(witness, "signs", str, where)
    precision = field(witness, "precision", int, where)
    if signs not in tightness.SIGNS or precision not in tightness.PRECISIONS or not 0 <= seed < 2**60:
        raise Rejected(where, "seed, signs or precision is out of range")
    found = tightness.evaluate(graph, seed, signs, precision)
    if found is None or found.as_dict() != witness:
        raise Rejected(where, "is not what the evaluation gives")
    text = (
        f"s of {found.vertex!r} is {found.before} after {found.steps - 1} steps and {found.exact} after {found.steps}"
    )
    return [Finding("tightness", "verified", text)]


__all__ = ["Finding", "Rejected", "check"]

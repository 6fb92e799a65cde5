"""Everything that can be shown again from a certificate: the checker, and the recorded evaluations of the network.

proofs/checker shows the theorem again with code of its own.  Here the prover's evaluator, which imports nothing of the
deriver either, repeats the evaluations of the whole network that a certificate records: the identity modulo primes,
with one more prime and seed, and the numbers of tightness; the proof of the stabilisation lemma is checked again,
and the variational constructions are replayed.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from dyadic.proofs import checker
from dyadic.proofs.checker import MOST_RUNS, Finding, stabilisation
from dyadic.proofs.checker.graph import Graph
from dyadic.proofs.checker.reading import Rejected, need
from dyadic.proofs.checker.variational import check_variational
from dyadic.proofs.evaluate import identity, tightness


def check(certificate: Any) -> list[Finding]:
    """Re-verify a certificate.  Raises :class:`Rejected`, naming the field, if any part does not hold."""
    found = {finding.claim: finding for finding in checker.check(certificate)}
    graph = Graph(certificate)
    claims = {claim["id"]: claim for claim in certificate["claims"] if claim["verdict"] == "proved"}
    repeated = {"lemma": _lemma, "identity": _identity, "tightness": _tightness, "tightness:structure": _structure}
    for name, again in repeated.items():
        if name in claims:
            found[name] = replace(again(graph, claims[name]), claim=name)
    for name in claims:
        kind, _, construction = name.partition(":")
        if kind == "variational":
            where = f"claims.{name}.witness"
            data = need(claims[name], "witness", dict, f"claims.{name}")
            if need(data, "construction", str, where) != construction:
                raise Rejected(f"{where}.construction", f"is not {construction}")
            found[name] = Finding(name, "verified", check_variational(data, where))
    return list(found.values())


def _lemma(graph: Graph, claim: Any) -> Finding:
    wrong = [question for question in stabilisation.QUESTIONS if not stabilisation.decide(question)]
    if wrong:
        return Finding("", "undecided", f"not shown: {', '.join(wrong)}")
    return Finding("", "verified", "proof of the induction step; a model of the hypotheses; bound k + 1 sharp")


def _identity(graph: Graph, claim: Any) -> Finding:
    """Repeat the recorded runs, compare their residues, and add a run with a prime and seed of our own."""
    where = "claims.identity.witness"
    recorded = need(need(claim, "witness", dict, "claims.identity"), "runs", list, where)
    if not 2 <= len(recorded) <= MOST_RUNS:
        raise Rejected(f"{where}.runs", f"should be between 2 and {MOST_RUNS}")
    for position, item in enumerate(recorded):
        place = f"{where}.runs[{position}]"
        text, seed = need(item, "prime", str, place), need(item, "seed", int, place)
        prime = int(text) if text.isdecimal() and len(text) < 40 else 0
        if not 2**60 < prime < 2**64 or not identity.is_prime(prime):
            raise Rejected(f"{place}.prime", "is not a prime between 2^60 and 2^64")
        if not 0 <= seed < 2**64:
            raise Rejected(f"{place}.seed", "is out of range")
        outcome = identity.run(graph, graph.steps, prime, seed)
        _agree(outcome)
        if (outcome.sizes, outcome.schedule) != (claim["witness"].get("sizes"), claim["witness"].get("schedule")):
            raise Rejected(f"{where}.sizes", "or the schedule are not those of the evaluation")
        if outcome.residue != need(item, "residue", str, place):
            raise Rejected(f"{place}.residue", "is not what the evaluation gives")
    own = identity.run(graph, graph.steps, identity.primes_for(secrets.randbits(60))[0], secrets.randbits(60))
    _agree(own)
    detail = f"{len(recorded)} recorded runs and a fresh one agree in {own.entries} entries ({own.schedule})"
    return Finding("", "verified", detail)


def _agree(outcome: identity.Identity) -> None:
    if outcome.difference:
        variable, entry, found, wanted = outcome.difference
        reason = f"relaxation gives {found}, backpropagation {wanted} mod {outcome.prime}"
        raise Rejected(f"equations ({variable} at {entry})", reason)


def _tightness(graph: Graph, claim: Any) -> Finding:
    where = "claims.tightness.witness"
    witness = need(claim, "witness", dict, "claims.tightness")
    seed, signs = need(witness, "seed", int, where), need(witness, "signs", str, where)
    precision = need(witness, "precision", int, where)
    if signs not in tightness.SIGNS or precision not in tightness.PRECISIONS or not 0 <= seed < 2**60:
        raise Rejected(where, "seed, signs or precision is out of range")
    found = tightness.evaluate(graph, seed, signs, precision)
    if found is None or found.as_dict() != witness:
        raise Rejected(where, "is not what the evaluation gives")
    value = (
        f"s of {found.vertex!r} is {found.before} after {found.steps - 1} steps and {found.exact} after {found.steps}"
    )
    return Finding("", "verified", value)


def _structure(graph: Graph, claim: Any) -> Finding:
    where = "claims.tightness:structure"
    if need(claim, "witness", dict, where) != {"chain": graph.longest_chain(), "steps": graph.largest_rank}:
        raise Rejected(f"{where}.witness", "is not a chain of reads from a variable of the largest rank down")
    return Finding("", "verified", f"each of {graph.largest_rank} variables reads the next")

"""The claims about the whole network that are evaluated: modulo primes of the checker's own, and in numbers."""

from __future__ import annotations

import secrets
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation import simulation
from dyadic.proofs.checker.evaluation.kind_pairing import primes
from dyadic.proofs.checker.examination import Examination
from dyadic.proofs.checker.findings import Done
from dyadic.proofs.checker.intake.reading import Costly, Rejected
from dyadic.proofs.checker.intake.shapes import number_of
from dyadic.proofs.checker.intake.witnesses import small_instance

MOST_ROUNDS = 5
"""Bound on the primes for one claim."""


class NetworkChecks:
    """What is done for the network of a certificate."""

    def __init__(self, exam: Examination) -> None:
        self.exam, self.graph, self.shapes, self.claims = exam, exam.graph, exam.shapes, exam.claims

    def run(self) -> None:
        for claim in self.claims.of_kind("identity", "rational", "polynomial"):
            self.exam.say(claim, Done.STATED, "not repeated here")
        for claim in self.claims.of_kind("identity"):
            where = self.claims.place[claim["id"]]
            small = small_instance(self.graph, claim["witness"], f"{where}.witness")
            self._simulated(claim, small, "at the sizes recorded")
        own = self._own_instance()
        for claim in self.claims.of_kind("residues"):
            if own is None:
                self.exam.say(claim, Done.STATED, "the network's sizes are not all numbers")
            else:
                self._simulated(claim, own, "at the network's own sizes")
        if own is not None and not self.claims.of_kind("residues"):
            for claim in self.claims.of_kind("identity"):
                self._also(claim, own)

    def _simulated(self, claim: Any, small: simulation.Small, at: str) -> None:
        """The relaxation against forward mode, with as many primes as the claim's bound on the error needs."""
        wanted, bound, runs = Fraction(10) ** claim["numbers"]["log10_error"], Fraction(1), 0
        try:
            while bound >= wanted and runs < MOST_ROUNDS:
                one = self._run(small)
                bound, runs = bound * one.bound, runs + 1
        except Costly as error:
            self.exam.say(claim, Done.STATED, f"not evaluated: {error}")
            return
        if bound >= wanted:
            where = f"{self.claims.place[claim['id']]}.numbers.log10_error"
            raise Rejected(where, f"is not reached by {runs} primes of the checker's own")
        how = "all steps from a random state" if one.every_step else "the wavefront"
        text = f"{how} {at}, {runs} primes, against forward mode; error below 1e{claim['numbers']['log10_error']}"
        self.exam.say(claim, Done.EVALUATED, text)

    def _also(self, claim: Any, own: simulation.Small) -> None:
        try:
            one = self._run(own)
        except Costly:
            return
        how = "all steps" if one.every_step else "the wavefront"
        finding = self.exam.found[claim["id"]]
        self.exam.say(claim, finding.done, f"{finding.detail}; {how} at the network's own sizes as well")

    def _run(self, small: simulation.Small) -> simulation.SimulationRun:
        prime = primes(secrets.randbits(60))[0]
        return simulation.run(self.graph, small, self.graph.steps, prime, secrets.randbits(60))

    def _own_instance(self) -> simulation.Small | None:
        """The network at its own sizes, if all of them are numbers."""
        tables = {name: self.shapes.numbers(name) for name in self.shapes.tables}
        shapes = {name: [number_of(extent) for extent in shape] for name, shape in self.shapes.of.items()}
        targets = {name: [number_of(extent) for extent in shape] for name, shape in self.shapes.targets.items()}
        below = {name: node["below"] for name, node in self.graph.inputs.items() if "below" in node}
        sized = [n for shape in (*shapes.values(), *targets.values()) for n in shape]
        if None in tables.values() or None in sized or not all(isinstance(n, int) for n in below.values()):
            return None
        inputs = {name: shapes[name] for name in self.graph.inputs}
        return simulation.Small(inputs, targets, tables, below)  # type: ignore[arg-type]

"""The claims about the whole network that are evaluated, at numbers of the checker's own.

What an evaluation costs is bounded; a claim that would cost more is only stated.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation import linear_deviation, reciprocity_entry, simulation
from dyadic.proofs.checker.evaluation.maxima import choice_count
from dyadic.proofs.checker.evaluation.own_sizes import SEED_BITS, own_prime
from dyadic.proofs.checker.evaluation.simulation import NetworkInstance, Simulation, Small
from dyadic.proofs.checker.evaluation.stand_ins import DividesByZero, StandIns
from dyadic.proofs.checker.examination import Examination
from dyadic.proofs.checker.findings import Done
from dyadic.proofs.checker.intake.effort import limited
from dyadic.proofs.checker.intake.reading import Costly, Rejected, named
from dyadic.proofs.checker.intake.witness_forms import INSTANCES
from dyadic.proofs.checker.intake.witnesses import check_choices, longest_in_network, own_instance, small_instance
from dyadic.proofs.checker.lemmas import step_sizes
from dyadic.proofs.checker.wording import of_maxima

MOST_ROUNDS, POINTS, MOST_FRACTIONS, ERROR = 5, 5, 60_000, -20
"""Bounds on the primes for one claim, the points tried in fractions, and the terms of one evaluation in fractions; the
error, as a power of 10, of a claim that states none."""
CHOICES_WORK = 50_000
"""Bound on the terms of the choices that are tried of the entries that maxima take, at the network's own sizes."""
EVALUATING = 1_000_000
"""What evaluations in fractions, or in enclosures, may cost, in units of work; those modulo primes seven times that."""


class NetworkChecks:
    """What is done for the network of a certificate."""

    def __init__(self, exam: Examination) -> None:
        self.exam, self.graph, self.shapes, self.claims = exam, exam.graph, exam.shapes, exam.claims

    def run(self) -> None:
        """Each kind of claim in turn; what would cost more than evaluations may is not reached, and stays stated.

        So does a claim whose witness costs too much to read, since steps rests on none of these.
        """
        self.recorded: dict[str, list[tuple[Any, Small, str]]] = {kind: [] for kind in INSTANCES}
        for kind in INSTANCES:
            with suppress(Costly), limited(EVALUATING * self.exam.effort):
                self.recorded[kind] = list(self._recorded(kind))
        shares = ((self._step_sizes, 1), (self._reciprocity, 1), (self._rational, 1), (self._modulo_primes, 7))
        for shown, share in shares:
            with suppress(Costly), limited(share * EVALUATING * self.exam.effort):
                shown()

    def _modulo_primes(self) -> None:
        own = own_instance(self.graph, self.shapes)
        for claim, small, _ in self.recorded["identity"]:
            self._simulated(claim, small, "at the sizes recorded", claim["numbers"]["log10_error"])
        for claim in self.claims.of_kind("residues"):
            if own is not None:
                self._simulated(claim, own, "at the network's own sizes", claim["numbers"]["log10_error"])
        for claim in self.claims.of_kind("identity"):
            if own is not None and not self.claims.of_kind("residues"):
                self._also(claim, own)
        for claim, small, _ in self.recorded["polynomial"]:
            self._simulated(claim, small, "at the sizes recorded", ERROR)

    def _recorded(self, kind: str) -> Iterator[tuple[Any, Small, str]]:
        """The claims of a kind with the instances that their witnesses record."""
        for claim in self.claims.of_kind(kind):
            if kind == "stepsize" and claim["subject"]["part"] != "network":
                continue
            where = f"{self.claims.place[claim['id']]}.witness"
            small = small_instance(self.graph, kind, claim["witness"], where)
            check_choices(claim, self.graph, small, self.claims.place[claim["id"]])
            yield claim, small, where

    # -- modulo primes -----------------------------------------------------------------------------------------------

    def _simulated(self, claim: Any, small: Small, at: str, log10_error: int) -> None:
        """The relaxation against forward mode, with as many primes as the claim's bound on the error needs.

        With integers, the runs that count have those recorded; one more has others, drawn here.
        """
        wanted, bound, runs = Fraction(10) ** log10_error, Fraction(1), 0
        try:
            one = Simulation(self.graph, small, self.graph.steps, claim["numbers"].get("maxima", 1))
            bound *= one.count  # the chance that some choice agrees by accident
            while bound >= wanted and runs < MOST_ROUNDS:
                bound, runs = bound * self._run(one), runs + 1
        except Costly as error:
            self.exam.say(claim, Done.STATED, f"not evaluated: {error}")
            return
        if bound >= wanted:
            where = f"{self.claims.place[claim['id']]}.numbers.log10_error"
            raise Rejected(where, f"is not reached by {runs} primes of the checker's own")
        how = "all steps from a random state" if one.every_step else "the wavefront"
        primes_ = "a prime" if runs == 1 else f"{runs} primes"
        at += _taken(one, claim["numbers"]) + self._other_integers(small)
        text = f"{how} {at}, modulo {primes_}, against forward mode; error below 1e{log10_error}"
        self.exam.say(claim, Done.EVALUATED, text)

    def _other_integers(self, small: Small) -> str:
        """The same with integers that are drawn here, in words."""
        if not small.integers:
            return ""
        try:
            free = Small(small.inputs, small.targets, small.tables, small.below)
            self._run(Simulation(self.graph, free, self.graph.steps))
        except Costly:
            return ", with the integers recorded"
        return ", with the integers recorded and with others"

    def _also(self, claim: Any, own: Small) -> None:
        try:
            longest = longest_in_network(self.graph, own)
            count = choice_count(longest, own.work(self.graph), CHOICES_WORK)
            one = Simulation(self.graph, own, self.graph.steps, count)
            self._run(one)
        except Costly:
            return
        how = "all steps" if one.every_step else "the wavefront"
        finding = self.exam.found[claim["id"]]
        taken = _taken(one, {"maxima": count} if self.claims.maxima else {})
        self.exam.say(claim, finding.done, f"{finding.detail}; {how} at the network's own sizes as well{taken}")

    def _run(self, one: Simulation) -> Fraction:
        """The chance of an agreement by accident, modulo a prime so large that the agreement shows something."""
        bits = one.bits
        chance = one.run(own_prime(bits), secrets.randbits(SEED_BITS))
        return chance if one.bits == bits else one.run(own_prime(one.bits), secrets.randbits(SEED_BITS))

    # -- in fractions and in enclosures ------------------------------------------------------------------------------

    def _rational(self) -> None:
        for claim, small, _ in self.recorded["rational"]:
            self._at_a_point(claim, small)

    def _at_a_point(self, claim: Any, small: Small) -> None:
        """At a rational point of the checker's own, with stand-ins of its own for the functions."""
        for _ in range(POINTS):
            seed, steps = secrets.randbits(60), self.graph.steps
            try:
                every_step = simulation.affordable(self.graph, small, MOST_FRACTIONS) * steps <= 3 * MOST_FRACTIONS
                one = NetworkInstance(self.graph, small, StandIns(seed), seed)
                simulation.compared(one, steps, every_step, " at a rational point")
            except DividesByZero:
                continue
            except Costly as error:
                self.exam.say(claim, Done.STATED, f"not evaluated: {error}")
                return
            how = "all steps" if every_step else "the wavefront"
            text = f"{how} at a point of the checker's own, in fractions, against forward mode in a random direction"
            self.exam.say(claim, Done.EVALUATED, text)
            return
        self.exam.say(claim, Done.STATED, "not evaluated: there is a division by 0 at every point that was tried")

    def _reciprocity(self) -> None:
        for claim in self.claims.of_kind("nonreciprocity"):
            if not claim["numbers"]["reads"]:
                self.exam.say(claim, Done.COMPUTED, "no layer reads another")
                continue
            own = claim["numbers"]["own"]
            stated = claim["witness"]["constants"]
            found = reciprocity_entry.find_own(self.graph, stated) if own else reciprocity_entry.find(self.graph)
            if found is None:
                self.exam.say(claim, Done.STATED, "not shown: no row was found that is not 0 for certain")
                continue
            row = f"dF_{named(found.child)}[{', '.join(map(str, found.row))}]/dx_{named(found.parent)}"
            where = "the network's own sizes" if own else "small sizes of such a layer"
            text = f"{row} is not 0 at {where}, at numbers of the checker's own, by enclosures"
            self.exam.say(claim, Done.COMPUTED, text)

    def _step_sizes(self) -> None:
        for claim in self.claims.of_kind("stepsize"):
            part = claim["subject"]["part"]
            if part in step_sizes.PARTS:
                holds = step_sizes.holds(part)
                text = "the step of its induction as an identity of polynomials" if holds else "not shown here"
                self.exam.say(claim, Done.REPLAYED if holds else Done.STATED, text)
        for claim, small, where in self.recorded["stepsize"]:
            # M is strictly triangular in the order of ranks, and what a displaced variable reads has settled.
            text = f"every update reads smaller ranks only, so that M^{self.graph.largest_rank} = 0"
            if not claim["numbers"]["linear"]:
                self.exam.say(claim, Done.COMPUTED, text)
                continue
            try:
                steps = linear_deviation.check(self.graph, small, secrets.randbits(60), where)
                text = f"{text}; {steps} steps of size 1/3, in fractions, deviate as the closed form says"
                self.exam.say(claim, Done.COMPUTED, text)
            except (Costly, DividesByZero) as error:
                self.exam.say(claim, Done.STATED, f"{text}; not simulated: {error}")


def _taken(one: Simulation, numbers: Mapping[str, int]) -> str:
    """With which choices of the entries that maxima take a network was evaluated, in words."""
    text = of_maxima(numbers)
    return text + (", after the first by the wavefront" if text and one.every_step and not one.in_each_choice else "")


__all__ = ["NetworkChecks"]

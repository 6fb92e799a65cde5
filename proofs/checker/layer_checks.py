"""The claims about layers and costs: their adjoints by the proofs in the certificate, and evaluated in any case."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

from dyadic.proofs.checker.assumptions import for_all_sizes
from dyadic.proofs.checker.core.obligations import HYPOTHESES, MAXIMA_NONEMPTY, claim_of
from dyadic.proofs.checker.core.replay import Replayed, replay
from dyadic.proofs.checker.evaluation.kind_pairing import MOST_WORK, PairingOutcome, possible_sizes, small_sizes, work
from dyadic.proofs.checker.evaluation.maxima import (
    choice_count,
    choices,
    empty_maximum,
    longest_maximum,
    takes_maxima,
)
from dyadic.proofs.checker.evaluation.own_sizes import PRIMES, agreed, at_own_sizes, check_runs, exponent, shown_sizes
from dyadic.proofs.checker.examination import Examination
from dyadic.proofs.checker.findings import Done
from dyadic.proofs.checker.intake.effort import limited
from dyadic.proofs.checker.intake.reading import Costly, Rejected
from dyadic.proofs.checker.intake.witnesses import pairing_sizes
from dyadic.proofs.checker.wording import of_maxima

MOST_CONTENTS, MOST_ROUNDS, MOST_TABLES, MOST_OWN_WORK = 400, 3, 3, 150_000
"""Bounds on the layers evaluated, on the primes for one bound, and on the network's own sizes for one layer."""
CHOICES_WORK = 50_000
"""Bound on the terms of the choices that are tried of the entries that maxima take, at sizes that no claim records."""
EVALUATING = 2_500_000
"""What all evaluations of layers and costs may cost, in units of work; those that claims for a network's own sizes rest
on may cost as much again, all together."""


class LayerChecks:
    """What is done for every layer and cost of a certificate."""

    def __init__(self, exam: Examination) -> None:
        self.exam, self.graph, self.shapes, self.claims = exam, exam.graph, exam.shapes, exam.claims
        self._own: dict[str, Fraction | Costly] = {}

    def run(self) -> None:
        """The adjoints: by their proofs where there are any; evaluated in any case."""
        contents = self.claims.contents
        recorded = pairing_sizes(self.claims, set(contents))
        replayed = self._replayed(contents)
        evaluated: dict[str, str] = {}
        total, costly = Fraction(0), ""
        with limited(EVALUATING * self.exam.effort):
            for place in contents:
                try:
                    evaluated[place], bound = self._evaluated(place, recorded.get(place, []))
                    total += bound
                except Costly as error:
                    costly = costly or str(error)
        with limited(EVALUATING * self.exam.effort):
            for place, (content, _) in contents.items():
                if place in self._only_here:
                    self._own[place] = self._bound(content, place)
        self._adjoints(contents, replayed, evaluated)
        for claim in self.claims.of_kind("pairing"):
            wanted = claim["numbers"]["log10_error"]
            if costly:
                self.exam.say(claim, Done.STATED, f"not evaluated: {costly}")
            elif total >= Fraction(10) ** wanted:
                where = f"{self.claims.place[claim['id']]}.numbers.log10_error"
                raise Rejected(where, f"is {wanted}: not reached by {MOST_ROUNDS} primes more")
            else:
                others = ", with the integers recorded and with others" if claim["numbers"]["integers"] else ""
                taken = of_maxima(claim["numbers"])
                detail = f"every layer and cost at the sizes recorded{taken}{self._at_others(bool(taken))}{others}"
                detail += f"; error below 1e{wanted}"
                self.exam.say(claim, Done.EVALUATED, detail)

    def _at_others(self, comma: bool) -> str:
        """Which of them were evaluated at other sizes than those recorded, in words."""
        contents = self.claims.contents
        here = len(self._only_here)
        if here == len(contents):
            return ""
        but = f", and but for {here}, of which nothing is claimed there, at others" if here else " and others"
        return f",{but}" if comma and not here else but

    def _evaluated(self, place: str, runs: list[Any]) -> tuple[str, Fraction]:
        """At which sizes a layer or cost agrees with its own definitions, and the chance that it does by accident.

        Raises :class:`Costly` where it was evaluated at none.
        """
        contents = self.claims.contents
        if len(contents) > MOST_CONTENTS:
            raise Costly(place, f"is one of more than {MOST_CONTENTS}")
        content, own = contents[place]
        free: list[PairingOutcome] = []
        if place not in self._only_here:
            free = [self._at(content, place, small_sizes(content, secrets.randbits(60), place, own), MOST_WORK)]
        claim = next(iter(self.claims.of_kind("pairing")), None)
        if claim is None or not runs:
            return self._where(content, place, free), Fraction(0)
        taken = choices(claim["numbers"]["maxima"] if takes_maxima(content) else 1)

        def repeated(run: Any) -> list[PairingOutcome]:
            return [agreed(content, place, run[0], integers=run[1], choice=choice) for choice in taken]

        outcomes = [repeated(run) for run in runs]
        bound = Fraction(len(taken))  # the chance that some choice agrees by accident, modulo all primes
        bound *= prod((max(one.bound for one in each) for each in outcomes), start=Fraction(1))
        wanted = Fraction(10) ** claim["numbers"]["log10_error"] / len(contents)
        for _ in range(MOST_ROUNDS):
            if bound >= wanted:
                bound *= max(outcome.bound for outcome in repeated(runs[0]))
        return self._where(content, place, [*free, *(each[0] for each in outcomes)]), bound

    def _where(self, content: Any, place: str, outcomes: list[PairingOutcome]) -> str:
        """The sizes of the outcomes, and which of the network's own were evaluated as well, in words."""
        own = self._at_own_sizes(content, place)
        if not outcomes and not own:
            raise Costly(place, "no sizes are claimed but the network's own, which are too large or no numbers")
        parts = [f"sizes {shown_sizes(outcomes)}"] if outcomes else []
        return " and ".join(f"at {part}" for part in [*parts, *filter(None, [own])])

    @cached_property
    def _only_here(self) -> set[str]:
        """Those of which something is claimed at the sizes of this network alone: they may not hold at others."""
        claims = self.claims.of_kind("adjoint", "gradient")
        return {c["subject"]["content"] for c in claims if not c["numbers"]["all_sizes"]}

    def _at(self, content: Any, place: str, sizes: Mapping[str, int], most: int) -> PairingOutcome:
        """Evaluation at sizes that no claim records, once for each entry that maxima may take where it is cheap."""
        outcome = agreed(content, place, sizes, most)
        if takes_maxima(content):
            table = possible_sizes(content, outcome.sizes, place)
            longest = longest_maximum(content, table, place)
            for choice in choices(choice_count(longest, work(content, table, place), CHOICES_WORK))[1:]:
                agreed(content, place, sizes, most, choice=choice)
        return outcome

    def _at_own_sizes(self, content: Any, place: str) -> str:
        """Evaluation at the sizes that the network has, where that is affordable; at which, in words."""
        every, tables = self.exam.tables(place), self.exam.known_tables(place)
        done = 0
        for sizes in tables[:MOST_TABLES]:
            try:
                self._at(content, place, sizes, MOST_OWN_WORK)
                done += 1
            except Costly:
                continue
        if not done or done == len(every):
            return "the network's own" if done else ""
        return f"{done} of the {len(every)} sizes that the network has"

    def _adjoints(
        self, contents: Mapping[str, Any], replayed: Mapping[str, Replayed], evaluated: Mapping[str, str]
    ) -> None:
        """Each claim by the proof that the certificate has of its layer or cost, or else by what was evaluated."""
        shown = set()
        for claim in self.claims.of_kind("adjoint", "gradient"):
            place, numbers = claim["subject"]["content"], claim["numbers"]
            shown.add((claim["kind"], place))
            how = evaluated.get(place, "at no sizes: that is too much work")
            found = replayed.get(place)
            if found is not None and numbers["all_sizes"] and claim["kind"] in found.shown:
                for name in HYPOTHESES:
                    if numbers[name] != int(name in found.hypotheses):
                        where = f"{self.claims.place[claim['id']]}.numbers.{name}"
                        raise Rejected(where, "is not what the proof rests on")
                if MAXIMA_NONEMPTY in found.hypotheses:
                    self._maxima(contents[place][0], place)
                admitted = for_all_sizes(contents[place][0])
                self.exam.say(
                    claim, Done.REPLAYED, f"{found.steps} step{'s' * (found.steps != 1)}, {admitted}; evaluated {how}"
                )
            elif not numbers["all_sizes"]:
                self._at_these_sizes(claim, contents[place][0], place)
            else:
                self.exam.say(claim, Done.EVALUATED if place in evaluated else Done.STATED, how)
                title = self.claims.titles[claim["id"]]
                self.exam.open.append(f"{title}: there is no proof for all sizes in the certificate")
        for place, (content, _) in contents.items():
            wanted = {("adjoint", place)} | ({("gradient", place)} if content.get("parameters") else set())
            missing = sorted(wanted - shown)
            if missing:
                raise Rejected("claims", f"hold no {missing[0][0]} of {place}, which steps rests on")

    def _at_these_sizes(self, claim: Any, content: Any, place: str) -> None:
        """A claim for the sizes of this network, by values at all of them."""
        bound = self._own[place]
        if isinstance(bound, Costly):
            self.exam.say(claim, Done.STATED, f"not shown at the sizes of this network: {bound.reason}")
            title = self.claims.titles[claim["id"]]
            why = f"there is no proof for all sizes, and at the sizes of this network: {bound.reason}"
            self.exam.open.append(f"{title}: {why}")
            return
        for name in HYPOTHESES:
            if claim["numbers"][name]:
                raise Rejected(f"{self.claims.place[claim['id']]}.numbers.{name}", "is not what values rest on")
        check_runs(claim["witness"], self.exam.known_tables(place), f"{self.claims.place[claim['id']]}.witness")
        chance = f"error below 1e{exponent(bound)}"
        text = f"at the sizes of this network and no others, {PRIMES} primes; {chance}"
        self.exam.say(claim, Done.EVALUATED, text)
        self.exam.own_sizes.append(claim["id"])

    def _bound(self, content: Any, place: str) -> Fraction | Costly:
        """The chance that values at the network's sizes mislead, for adjoint and gradient together; or why none is."""
        try:
            return at_own_sizes(content, place, self.exam.tables(place))
        except Costly as error:
            return error

    def _maxima(self, content: Any, place: str) -> None:
        """No maximum is taken over nothing, at any sizes that the network has and that can be looked at."""
        found = ((name, self.shapes.numbers(name)) for name in self.exam.users[place])
        tables = {tuple(sorted(numbers.items())): (name, numbers) for name, numbers in found if numbers is not None}
        for name, numbers in tables.values():
            try:
                empty = empty_maximum(content, numbers, place)
            except Rejected:
                continue  # too many terms to look at: it stays a hypothesis
            if empty is not None:
                raise Rejected(place, f"the maximum {empty} is over nothing at the sizes of {name!r}")

    def _replayed(self, contents: Mapping[str, Any]) -> dict[str, Replayed]:
        found = {}
        for place, proof in self.exam.certificate["proofs"].items():
            if place not in contents:
                raise Rejected(f"proofs.{place:.80}", "is of no layer or cost of this certificate")
            if not isinstance(proof, dict) or not proof:
                raise Rejected(f"proofs.{place}", "is not a proof of any equation")
            found[place] = replay(contents[place][0], proof, f"proofs.{place}", proof)
            if found[place].shown != set(map(claim_of, proof)):
                raise Rejected(f"proofs.{place}", "proves a part of what a claim says, and not the rest")
        return found


__all__ = ["LayerChecks"]

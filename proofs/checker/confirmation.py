"""From a certificate to what it is worth: every claim by the way in which it can be shown again.

``steps`` rests on the form and the hashes of the file, on the shapes, terms and ranks, on the stabilisation lemma, and
on the adjoint of every layer and cost.  Only if each of them was verified again is the certificate confirmed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.assumptions import for_all_sizes
from dyadic.proofs.checker.core.maxima import empty_maximum
from dyadic.proofs.checker.core.obligations import HYPOTHESES, MAXIMA_NONEMPTY
from dyadic.proofs.checker.core.replay import Replayed, replay
from dyadic.proofs.checker.evaluation import simulation
from dyadic.proofs.checker.evaluation.kind_pairing import MOST_WORK, PairingOutcome, evaluate, primes, small_sizes
from dyadic.proofs.checker.evaluation.relaxation import settles
from dyadic.proofs.checker.findings import Done, Finding, Report
from dyadic.proofs.checker.instantiated import equation_instances
from dyadic.proofs.checker.intake.existence import check_existence
from dyadic.proofs.checker.intake.form import CERTIFICATE
from dyadic.proofs.checker.intake.graph import Graph, certificate_hash
from dyadic.proofs.checker.intake.names import applied, check_names
from dyadic.proofs.checker.intake.reading import Costly, Rejected
from dyadic.proofs.checker.intake.shapes import check_positions, check_roles, network_shapes, number_of
from dyadic.proofs.checker.intake.witnesses import pairing_sizes, small_instance
from dyadic.proofs.checker.lemmas import stabilisation
from dyadic.proofs.checker.lemmas.variational_replay import check_variational
from dyadic.proofs.checker.verdicts import Claims

MOST_CONTENTS, MOST_ROUNDS, MOST_TABLES, MOST_OWN_WORK = 400, 3, 3, 150_000
"""Bounds on the layers evaluated, on the primes for one bound, and on the network's own sizes for one layer."""


def check(certificate: Any) -> Report:
    """Verify a certificate again.  Raises :class:`Rejected`, and nothing else, naming the field that does not hold."""
    try:
        return examined(certificate)
    except Rejected:
        raise
    except Exception as error:  # a file that leads the checker astray shows nothing, whatever the way
        raise Rejected("certificate", f"cannot be checked here ({type(error).__name__})") from error


def examined(certificate: Any) -> Report:
    """:func:`check`, without the net beneath it."""
    CERTIFICATE(certificate, "")
    if certificate_hash(certificate) != certificate["hash"]:
        raise Rejected("hash", "is not the hash of the contents")
    return _Check(certificate).report()


class _Check:
    def __init__(self, certificate: Any) -> None:
        for group in ("layers", "costs"):
            for key, content in certificate[group].items():
                check_names(content, f"{group}.{key}")
        graph = self.graph = Graph(certificate)
        check_roles(graph)
        self.shapes = network_shapes(graph)
        check_positions(graph, self.shapes)
        check_existence(graph)
        graph.check_ranks()
        self.certificate = certificate
        self.claims = Claims(certificate, graph, self.shapes)
        self.found: dict[str, Finding] = {}
        self.open: list[str] = []

    def report(self) -> Report:
        """Every claim in the order of the file."""
        steps = self.claims.known["steps"]
        if steps["verdict"] == "proved":
            if self.graph.steps < self.graph.largest_rank:
                late = self.graph.largest_rank
                raise Rejected("steps", f"is {self.graph.steps}, but a variable settles only after {late}")
            self._ranks()
            self._lemma()
            self._wiring()
            self._instances()
            self._functions()
            self._variational()
            self._layers()
            self._network()
            self._tightness()
            self._steps()
        else:
            self.open.append(f"steps is {steps['verdict']}: there is nothing to confirm")
        self.open += [f"{name} is not a claim that is known here" for name in self.claims.unknown]
        if self.certificate["verdict"] != "proved":
            self.open.append(f"the certificate's own verdict is {self.certificate['verdict']}")
        return Report(tuple(self._all()), tuple(dict.fromkeys(self.open)))

    def _all(self) -> Iterator[Finding]:
        for claim in self.certificate["claims"]:
            name = claim["id"]
            if name in self.claims.unknown:
                yield Finding(name, Done.UNKNOWN, "no kind of claim that is known here; it does not count")
            elif name in self.found:
                yield self.found[name]
            elif claim["verdict"] == "proved":
                yield Finding(name, Done.STATED, "proved, says the prover; not checked here")
            else:
                yield Finding(name, Done.STATED, f"{claim['verdict']}, says the prover")

    def _say(self, claim: str, done: Done, detail: str) -> None:
        self.found[claim] = Finding(claim, done, detail)

    # -- what is computed --------------------------------------------------------------------------------------------

    def _ranks(self) -> None:
        graph = self.graph
        detail = f"terms, shapes and ranks; L = {graph.L}, T = {graph.largest_rank}"
        for claim in self.claims.of_kind("ranks"):
            self._say(claim["id"], Done.COMPUTED, detail)

    def _lemma(self) -> None:
        """Its proof is the checker's own, and is checked rule by rule; it is a theorem about all networks."""
        wrong = [question for question in stabilisation.QUESTIONS if not stabilisation.decide(question)]
        if wrong:
            self.open.append(f"lemma: not shown here: {', '.join(wrong)}")
        detail = "the induction step in natural deduction, rule by rule; a model of the hypotheses; bound k + 1 sharp"
        for claim in self.claims.of_kind("lemma"):
            self._say(claim["id"], Done.STATED if wrong else Done.REPLAYED, detail)

    def _wiring(self) -> None:
        graph = self.graph
        late = settles(graph, graph.steps)
        if late is not None:
            raise Rejected("steps", f"{late} still depends on the initial state after {graph.steps} steps")
        detail = f"after {graph.steps} steps nothing depends on the initial state"
        for claim in self.claims.of_kind("wiring", "schedules", "induction"):
            self._say(claim["id"], Done.COMPUTED, detail)
        for claim in self.claims.of_kind("nonreciprocity"):
            if not claim["numbers"]["reads"]:
                self._say(claim["id"], Done.COMPUTED, "no layer reads another")

    def _instances(self) -> None:
        """Every equation that is printed is the one that the graph demands."""
        found = equation_instances.examine(self.graph, first=True, seed=secrets.randbits(60))
        for difference in found.differences:
            raise Rejected(difference.where, equation_instances.described(difference))
        if self.claims.of_kind("instances"):
            for error in found.undecided:
                raise error  # the prover compares with the same bounds, and would not have claimed it
        detail = f"{found.by_form} definitions by their normal forms, {found.by_entry} entry by entry"
        done = Done.EVALUATED if found.by_entry else Done.COMPUTED
        for claim in self.claims.of_kind("instances"):
            self._say(claim["id"], done, detail)

    def _functions(self) -> None:
        """Every function that an equation applies: its value and derivative as emitted are those of its definition."""
        names = applied([self.graph.layers, self.graph.kinds])
        claims = {claim["subject"]["name"]: claim for claim in self.claims.of_kind("function")}
        for name in sorted(applied([self.graph.layers, self.graph.kinds], least=2)):
            self.open.append(f"function:{name}: its second derivative is applied, of which nothing is shown")
        for name in sorted(set(self.certificate["functions"]) | names):
            where = f"functions.{name:.60}"
            if name not in names:
                raise Rejected(where, "is a function that no equation applies")
            if name not in self.certificate["functions"] or name not in claims:
                self.open.append(f"function:{name}: the certificate does not say or claim what it is")
                continue
            try:
                from dyadic.proofs.checker.differentiation.function_replay import check_function
            except ImportError:
                self.open.append(f"function:{name}: replaying its derivative needs python-flint")
                continue
            found = check_function(name, self.certificate["functions"][name], where)
            self._say(claims[name]["id"], Done.REPLAYED, found.statement)
            if not found.defined_here:
                self.open.append(f"function:{name}: is not a function that is known here")

    def _variational(self) -> None:
        for claim in self.claims.of_kind("variational"):
            where = f"{self.claims.place[claim['id']]}.witness"
            if not isinstance(claim["witness"], dict):
                raise Rejected(where, "is missing")
            if claim["witness"].get("construction") != claim["subject"]["construction"]:
                raise Rejected(f"{where}.construction", "is not the one that the claim is about")
            self._say(claim["id"], Done.REPLAYED, check_variational(claim["witness"], where))

    # -- layers and costs --------------------------------------------------------------------------------------------

    def _layers(self) -> None:
        """The adjoints: by their proofs where there are any; evaluated in any case."""
        contents = self.graph.contents()
        recorded = pairing_sizes(self.claims, set(contents))
        evaluated: dict[str, str] = {}
        total, costly = Fraction(0), ""
        for place, (content, own) in contents.items():
            try:
                if len(contents) > MOST_CONTENTS:
                    raise Costly(place, f"is one of more than {MOST_CONTENTS}")
                tables = [small_sizes(content, secrets.randbits(60), place, own), *recorded.get(place, ())]
                outcomes = [_agreed(content, place, sizes) for sizes in tables]
                bound = Fraction(1)
                for outcome in outcomes[1:]:
                    bound *= outcome.bound
                evaluated[place] = f"at sizes {_shown(outcomes)}{self._at_own_sizes(content, place)}"
                total += self._improved(bound, content, place, tables[1:], len(contents))
            except Costly as error:
                costly = costly or str(error)
        self._adjoints(contents, evaluated)
        for claim in self.claims.of_kind("pairing"):
            wanted = claim["numbers"]["log10_error"]
            if costly:
                self._say(claim["id"], Done.STATED, f"not evaluated: {costly}")
            elif total >= Fraction(10) ** wanted:
                where = f"{self.claims.place[claim['id']]}.numbers.log10_error"
                raise Rejected(where, f"is {wanted}: not reached by {MOST_ROUNDS} primes more")
            else:
                detail = f"every layer and cost at the sizes recorded and others; error below 1e{wanted}"
                self._say(claim["id"], Done.EVALUATED, detail)

    def _improved(self, bound: Fraction, content: Any, place: str, tables: list[Any], share: int) -> Fraction:
        """The bound on the error after as many further primes as the pairing's claim needs."""
        claim = next(iter(self.claims.of_kind("pairing")), None)
        wanted = Fraction(10) ** claim["numbers"]["log10_error"] / share if claim and tables else Fraction(1)
        for _ in range(MOST_ROUNDS):
            if bound < wanted or not tables:
                break
            bound *= _agreed(content, place, tables[0]).bound
        return bound if tables else Fraction(0)

    def _at_own_sizes(self, content: Any, place: str) -> str:
        """Evaluation at the sizes that the network has, where that is affordable."""
        tables = []
        for name, where in self._places():
            numbers = self.shapes.numbers(name)
            if where == place and numbers is not None and numbers not in tables:
                tables.append(numbers)
        done = 0
        for sizes in tables[:MOST_TABLES]:
            try:
                _agreed(content, place, sizes, MOST_OWN_WORK)
                done += 1
            except Costly:
                continue
        return " and at the network's own" if done and done == len(tables) else ""

    def _adjoints(self, contents: Mapping[str, Any], evaluated: Mapping[str, str]) -> None:
        """Each claim by the proof that the certificate has of its layer or cost, or else by what was evaluated."""
        shown, replayed = set(), self._replayed(contents)
        for claim in self.claims.of_kind("adjoint", "gradient"):
            place, numbers = claim["subject"]["content"], claim["numbers"]
            shown.add((claim["kind"], place))
            how = evaluated.get(place, "at no sizes: it is too large")
            found = replayed.get(place)
            if found is not None and numbers["all_sizes"]:
                for name in HYPOTHESES:
                    if numbers[name] != int(name in found.hypotheses):
                        where = f"{self.claims.place[claim['id']]}.numbers.{name}"
                        raise Rejected(where, "is not what the proof rests on")
                if MAXIMA_NONEMPTY in found.hypotheses:
                    self._maxima(contents[place][0], place)
                admitted = for_all_sizes(contents[place][0])
                self._say(claim["id"], Done.REPLAYED, f"{found.steps} steps, {admitted}; evaluated {how}")
                continue
            self._say(claim["id"], Done.EVALUATED if place in evaluated else Done.STATED, how)
            self.open.append(f"{claim['id']}: there is no proof for all sizes in the certificate")
        for place, (content, _) in contents.items():
            wanted = {("adjoint", place)} | ({("gradient", place)} if content.get("parameters") else set())
            missing = sorted(wanted - shown)
            if missing:
                raise Rejected("claims", f"hold no {missing[0][0]} of {place}, which steps rests on")

    def _maxima(self, content: Any, place: str) -> None:
        """No maximum is taken over nothing, at any sizes that the network has and that can be looked at."""
        for name, where in self._places():
            numbers = self.shapes.numbers(name) if where == place else None
            if numbers is None:
                continue
            try:
                found = empty_maximum(content, numbers, place)
            except Rejected:
                continue  # too many terms to look at: it stays a hypothesis
            if found is not None:
                raise Rejected(place, f"the maximum {found} is over nothing at the sizes of {name!r}")

    def _places(self) -> Iterator[tuple[str, str]]:
        """Every vertex and cost with the place of its equations."""
        for name, key in self.graph.content.items():
            yield name, f"layers.{key}"
        for owner, cost in self.graph.costs.items():
            yield owner, f"costs.{cost['cost']}"

    def _replayed(self, contents: Mapping[str, Any]) -> dict[str, Replayed]:
        found = {}
        for place, proof in self.certificate["proofs"].items():
            if place not in contents:
                raise Rejected(f"proofs.{place:.80}", "is of no layer or cost of this certificate")
            found[place] = replay(contents[place][0], proof, f"proofs.{place}")
        return found

    # -- the whole network -------------------------------------------------------------------------------------------

    def _network(self) -> None:
        for claim in self.claims.of_kind("identity", "rational", "polynomial"):
            self._say(claim["id"], Done.STATED, "not repeated here")
        for claim in self.claims.of_kind("identity"):
            where = self.claims.place[claim["id"]]
            small = small_instance(self.graph, claim["witness"], f"{where}.witness")
            self._simulated(claim, small, "at the sizes recorded")
        own = self._own_instance()
        for claim in self.claims.of_kind("residues"):
            if own is None:
                self._say(claim["id"], Done.STATED, "the network's sizes are not all numbers")
            else:
                self._simulated(claim, own, "at the network's own sizes")
        if own is not None and not self.claims.of_kind("residues"):
            for claim in self.claims.of_kind("identity"):
                self._also(claim, own)

    def _simulated(self, claim: Any, small: simulation.Small, at: str) -> None:
        """The relaxation against forward mode, with as many primes as the claim's bound on the error needs."""
        wanted, bound, runs = Fraction(10) ** claim["numbers"]["log10_error"], Fraction(1), 0
        try:
            while bound >= wanted and runs < MOST_ROUNDS + 2:
                one = self._run(small)
                bound, runs = bound * one.bound, runs + 1
        except Costly as error:
            self._say(claim["id"], Done.STATED, f"not evaluated: {error}")
            return
        if bound >= wanted:
            where = f"{self.claims.place[claim['id']]}.numbers.log10_error"
            raise Rejected(where, f"is not reached by {runs} primes of the checker's own")
        how = "all steps from a random state" if one.every_step else "the wavefront"
        text = f"{how} {at}, {runs} primes, against forward mode; error below 1e{claim['numbers']['log10_error']}"
        self._say(claim["id"], Done.EVALUATED, text)

    def _also(self, claim: Any, own: simulation.Small) -> None:
        try:
            one = self._run(own)
        except Costly:
            return
        how = "all steps" if one.every_step else "the wavefront"
        finding = self.found[claim["id"]]
        self._say(claim["id"], finding.done, f"{finding.detail}; {how} at the network's own sizes as well")

    def _run(self, small: simulation.Small) -> simulation.SimulationRun:
        return simulation.run(self.graph, small, self.graph.steps, _prime(), secrets.randbits(60))

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

    def _tightness(self) -> None:
        for claim in self.claims.of_kind("tightness:structure"):
            witness, where = claim["witness"], f"{self.claims.place[claim['id']]}.witness"
            if witness != {"chain": self.graph.longest_chain(), "steps": self.graph.largest_rank}:
                raise Rejected(where, "is not a chain of reads from a variable of the largest rank down")
            self._say(claim["id"], Done.COMPUTED, f"each of {self.graph.largest_rank} variables reads the next")

    # -- the theorem -------------------------------------------------------------------------------------------------

    def _steps(self) -> None:
        for name in ("lemma", "ranks", "instances"):
            if not self.claims.of_kind(name):
                raise Rejected("claims", f"hold no proved {name}, which steps rests on")
        if self.open:
            detail = f"exact after {self.graph.steps} steps if what is open holds"
            self._say("steps", Done.STATED, detail)
        else:
            self._say("steps", Done.REPLAYED, f"exact after {self.graph.steps} steps: the composition of the above")


def _prime() -> int:
    return primes(secrets.randbits(60))[0]


def _agreed(content: Any, place: str, sizes: Mapping[str, int], most: int = MOST_WORK) -> PairingOutcome:
    outcome = evaluate(content, place, _prime(), secrets.randbits(60), sizes, most)
    if outcome.forward != outcome.backward:
        values = f"{outcome.backward}, forward mode {outcome.forward}, mod {outcome.prime} at sizes {outcome.sizes}"
        raise Rejected(place, f"the derived adjoints give {values}")
    return outcome


def _shown(outcomes: list[PairingOutcome]) -> str:
    tables = [" ".join(f"{name}={n}" for name, n in sorted(outcome.sizes.items())) for outcome in outcomes]
    return "; ".join(dict.fromkeys(text for text in tables if text)) or "(it has none)"


__all__ = ["check", "examined"]

"""The verdict on a claimed equality.

Both sides are evaluated at residues modulo two random primes, all x, s, parameters, inputs, targets free and every
function an unknown one; if they differ, once more with the functions' own algebra; if they still differ, integers
are searched at which they differ for certain.  No equality is ever decided by rearranging expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation.prime_numbers import SHOWN, probability
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.identity_values import primes_for, residue_source
from dyadic.proofs.evaluate.network import Outside, Rejected
from dyadic.proofs.evaluate.number_rings import PrimeField, Ring, Undetermined
from dyadic.proofs.statements.number_systems.closed import Closed
from dyadic.proofs.statements.number_systems.draws import Draws
from dyadic.proofs.statements.number_systems.laurent import Residue
from dyadic.proofs.statements.number_systems.rings import Exact, Growth
from dyadic.proofs.statements.semantics.equation import Equalities, Link, Statement
from dyadic.proofs.statements.semantics.hypotheses import always_defined, given_read, hypotheses_of
from dyadic.proofs.statements.semantics.meaning import Draw
from dyadic.proofs.statements.semantics.scope import ClaimTensors
from dyadic.proofs.statements.verdict import sizes, small_counterexample
from dyadic.proofs.statements.verdict.assignments import Assignments, assignments
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.proofs.statements.verdict.defined import defined_somewhere
from dyadic.proofs.statements.verdict.premised import possible, scope_of
from dyadic.proofs.statements.verdict.small_counterexample import number
from dyadic.symbolic.errors import SpecError

LARGEST_GROWTH = 500_000
"""Largest degree (with the bits of constants) of a value that is evaluated."""
_FREE = "polynomial identity testing over two random primes, every function unknown"
_OWN = "polynomial identity testing over two random primes, with the functions' own algebra"
_EXACT = "exact evaluation of both sides at the network's own sizes"
_READERS = "the readers of claims in proofs/statements"
TRUSTED = ("the evaluator in proofs/evaluate", _READERS)
RANDOM = "blake2b as a source of randomness"
REFLECTIONS = "that an orthogonal matrix is a product of reflections (proofs/statements/semantics/orthogonality.py)"
BLOCKS = "that an axis may be put into blocks of equal entries (proofs/statements/verdict/blocks.py)"
FACTS = "the relations between functions in proofs/statements/number_systems/function_facts.py"
ARB = "Arb's enclosures of functions"

_KEPT = 8
_NUMBERS = "nothing of the network is read: a statement about numbers alone"
_NOWHERE = "one side divides by an expression that is 0 whatever the values are, so that nothing is compared"
_NO_NUMBERS = "no numbers were found at which they are"


@dataclass(frozen=True)
class LinkOutcome:
    """How the examination of a link went: a method on agreement, with a bound on the chance that it is an accident.

    nowhere: at how many of the integers a side is not defined at random residues, hence nowhere.  compared: how many
    entries.
    """

    method: str | None
    bound: Fraction = Fraction(1)
    nowhere: int = 0
    compared: int = 0


@dataclass
class _Shown:
    """What has been shown of a claim so far, for its report."""

    methods: set[str]
    bound: Fraction
    examined: Setting | None = None
    integers: str = ""

    def trusted(self) -> tuple[str, ...]:
        blocks = (BLOCKS,) if self.examined is not None and self.examined.blocks else ()
        facts = (FACTS,) if _OWN in self.methods else ()
        return (*TRUSTED, RANDOM, *facts, *blocks)


def decide(statement: Statement, claim: Equalities, budget: sizes.Budget, search: bool = True) -> Claim:
    """Examine the links of a claim in order; the first wrong one refutes it.

    search: whether to look for numbers where the sides differ.
    """
    hypotheses = hypotheses_of(statement, claim)
    text = describe(statement, claim)

    def undecided(reason: str) -> Claim:
        return Claim(statement.id, text, Verdict.UNDECIDED, _OWN, hypotheses, reason=reason)

    def refuted(link: Link, found: dict[str, Any]) -> Claim:
        if len(claim.links) > 1:
            found = {"where": link.label, "wrong": link.text, **found}
        trusted = (*TRUSTED, ARB) if "functions" in found else TRUSTED
        return Claim(statement.id, text, Verdict.REFUTED, _EXACT, hypotheses, trusted, counterexample=found)

    def numbers(link: Link, chosen: Setting | None, at: list[dict[str, int]]) -> dict[str, Any] | None:
        return small_counterexample.search(claim, link, chosen, at) if search else None

    trial = _Trial(claim, statement.place)
    shown = _Shown(set(), Fraction(0))
    for link in claim.links:
        if link.ranges.outside:
            return refuted(link, {"entry": link.ranges.outside})
        given = given_read(claim, link)
        endless = sorted(owner for kind, owner in given if not claim.vocabulary.given[kind, owner].finite)
        if endless:
            return undecided(f"{link.label} reads the constant {endless[0]}, of which some values are not finite")
        chosen = sizes.choose(claim, link, statement.place, budget)
        if isinstance(chosen, str):
            found = numbers(link, None, [{}])
            if found is None and given and always_defined(claim):
                whatever = decide(statement, _with_free_constants(claim), budget, search)
                if whatever.verdict is Verdict.PROVED:
                    return whatever
            return refuted(link, found) if found else undecided(f"{link.label}: {chosen}")
        values = assignments(claim, link, chosen, sizes.operations(claim, link, chosen))
        values = _allowed(claim, chosen, values)
        allowed = values.values
        values = trial.valued(chosen, values) if allowed else values
        if allowed and not values.values:
            return undecided(f"{link.label}: {_NOWHERE}")
        if not values.values:
            return undecided(
                f"{link.label}: none of the integers that were tried fulfil the assumptions; the others are open"
            )
        budget.take(len(values.values) * sizes.operations(claim, link, chosen), statement.place)
        try:
            outcome, at = trial.run(link, chosen, values.values)
        except Outside as error:
            return refuted(link, {"entry": error.reason})
        if outcome.method is not None and outcome.nowhere == len(values.values):
            return undecided(f"{link.label}: {_NOWHERE}")
        if outcome.method is not None and outcome.nowhere and not values.every:
            return undecided(f"{link.label}: at some of the integers a side has no value, and not all were examined")
        if outcome.method is None:
            found = numbers(link, None if chosen.drawn else chosen, at)
            if found:
                return refuted(link, found)
            return undecided(f"{link.label} fails for unknown functions, but no numbers were found at which it does")
        if not outcome.compared:
            return undecided(f"{link.label} compares no entries: nothing is claimed")
        reads = [key for key in claim.read(link, assumed=False) if key[0] != "delta"]
        if reads and not trial.read:
            return undecided(f"{link.label}: every bracket is 0, so that nothing is read and nothing compared")
        if not defined_somewhere(claim, link, values.values):
            return undecided(f"{link.label} holds wherever both sides are defined, but {_NO_NUMBERS}")
        if not reads and _NUMBERS not in hypotheses:
            hypotheses = (*hypotheses, _NUMBERS)
        if values.argument is None:
            words = f"{len(values.values)} of the {values.total} values of the integer inputs and targets agree"
            return undecided(f"{link.label}: {words}; the others are open")
        shown.methods.add(outcome.method)
        shown.bound += outcome.bound
        shown.examined, shown.integers = chosen, values.argument or shown.integers
    if shown.bound >= Fraction(10) ** SHOWN:
        return undecided(f"it agrees, but the probability of an agreement by chance is not below 1e{SHOWN}")
    method = _OWN if _OWN in shown.methods else _FREE
    trusted = (*shown.trusted(), *((REFLECTIONS,) if claim.premises.orthogonal else ()))
    witness = {"sizes": _examined(shown.examined)} | ({"integers": shown.integers} if shown.integers else {})
    text = f"{text} (probability of error below {float(shown.bound):.0e})"
    return Claim(statement.id, text, Verdict.PROVED, method, hypotheses, trusted, witness=witness)


def _allowed(claim: Equalities, setting: Setting, values: Assignments) -> Assignments:
    """Without those at which the assumptions cannot hold.  Raises :class:`SpecError` where none are left."""
    left = [integers for integers in values.values if possible(claim, setting, integers)]
    if not left and values.argument is not None:
        raise SpecError("the claim", "its assumptions contradict each other", "nothing is claimed: drop one")
    argument = values.argument
    if argument and len(left) < len(values.values):
        argument += f", of which the assumptions allow {len(left)}"
    return replace(values, values=left, argument=argument)


def _with_free_constants(claim: Equalities) -> Equalities:
    """For all values of the constants, those that are given among them; only where both sides are always defined."""
    vocabulary = claim.vocabulary.copy()
    vocabulary.given = {}
    return replace(claim, vocabulary=vocabulary)


def _examined(setting: Setting | None) -> dict[str, str] | str:
    """At which sizes: the axes in blocks, by their number of entries."""
    if setting is None or not setting.blocks:
        return "all entries at the network's own sizes"
    names = {extent.key: str(extent) for extent in setting.vocabulary.extents.values()}
    return {names.get(key, key): f"{count} blocks of free multiplicity" for key, count in setting.blocks.items()}


def describe(statement: Statement, claim: Equalities) -> str:
    """A claim in one line."""
    links = [link for link in claim.links if not link.label.startswith("the definition")]
    name = statement.kind.replace("_", "-")
    if len(links) == 1:
        return f"{name}: {links[0].text}"
    return f"{name} of {len(links)} steps: {links[0].text} = ..."


class _Trial:
    """A claim's links examined in several number systems; what a claim's links share is evaluated once."""

    def __init__(self, claim: Equalities, where: str) -> None:
        self._claim, self._where = claim, where
        self._scopes: dict[tuple[object, ...], ClaimTensors] = {}
        self._seed = claim.seed
        self.read = False  # whether the sides of the link at hand read any entry

    def run(
        self, link: Link, chosen: Setting, values: list[dict[str, int]]
    ) -> tuple[LinkOutcome, list[dict[str, int]]]:
        """For unknown functions first, then for the functions' own algebra; and the integers from which they differ."""
        self.read = False
        for kind, method in ((Free, _FREE), (Closed, _OWN)):
            outcome, differing = self._in(kind, method, link, chosen, values)
            if outcome is not None:
                return outcome, differing
        return LinkOutcome(None), differing

    def _in(
        self, kind: type[Free] | type[Closed], method: str, link: Link, chosen: Setting, values: list[dict[str, int]]
    ) -> tuple[LinkOutcome | None, list[dict[str, int]]]:
        """The outcome in one kind of ring; None where the sides differ, and at which integers that shows first.

        Integers at which a side has no value are left out: nothing is compared there.
        """
        bound, compared, nowhere = Fraction(0), 0, 0
        for position, integers in enumerate(values):
            try:
                degree = self._growth(link, chosen, integers)
                chance, count = self._both(kind, link, chosen, degree, integers)
            except _Differs:
                return None, values[position:]
            except Outside:
                raise
            except Rejected:
                if kind is Free:
                    raise  # else: the index of a largest value, which is no integer among formal cases
                return None, values[position:]
            except Undetermined:
                if kind is Closed and not self._nowhere(link, chosen, integers):
                    return LinkOutcome(None), values[position:]
                nowhere += 1
                continue
            bound, compared = bound + chance, compared + count
        return LinkOutcome(method, bound, nowhere, compared), []

    def _nowhere(self, link: Link, chosen: Setting, integers: dict[str, int]) -> bool:
        """Whether a side has no value at random residues, hence nowhere."""
        try:
            self._both(Free, link, chosen, 1, integers)
        except Undetermined:
            return True
        except (_Differs, Rejected):
            return False
        return False

    def _sides(self, scope: ClaimTensors, link: Link) -> Iterator[tuple[dict[str, int], Any, Any]]:
        """Both sides; what is 0 only as one number is taken to be the largest is not 0 whatever the values are."""
        try:
            yield from scope.sides(link)
        except Undetermined:
            if isinstance(scope.ring, Free) and scope.ring.chose:
                raise _Differs from None
            raise

    def _scope(
        self, make: Callable[[], tuple[Ring, Draw]], setting: Setting, integers: Mapping[str, int], *key: object
    ) -> ClaimTensors:
        """The claim's expressions over a ring, made once for each ring and sizes; the last few are kept."""
        full = (*key, tuple(integers.items()), setting.key)
        if full not in self._scopes:
            ring, draw = make()
            if len(self._scopes) > _KEPT:
                self._scopes.clear()
            self._scopes[full] = scope_of(self._claim, ring, draw, setting, integers, watch=True)
            if isinstance(ring, Closed):
                self._note_all(self._scopes[full], setting)
        return self._scopes[full]

    def _note_all(self, scope: ClaimTensors, setting: Setting) -> None:
        """Let a ring know where all of a claim has a value, not only the step at hand: there it is claimed."""
        parts = sizes.parts(self._claim, setting)
        for part in parts if len(parts) > 1 else ():
            with suppress(Undetermined, Rejected):
                scope.evaluate(part)

    def valued(self, setting: Setting, values: Assignments) -> Assignments:
        """Without the integers at which a step has no value whatever the numbers are: there the claim says nothing."""
        if len(self._claim.links) == 1 or values.values == [{}]:
            return values
        left = [v for v in values.values if not any(self._valueless(link, setting, v) for link in self._claim.links)]
        if len(left) == len(values.values):
            return values
        argument = values.argument and f"{values.argument}, at {len(left)} of which all of the claim has a value"
        return replace(values, values=left, argument=argument if values.every else None)

    def _valueless(self, link: Link, setting: Setting, integers: dict[str, int]) -> bool:
        if sizes.operations(self._claim, link, setting) > sizes.BUDGET:
            return False
        draws = Draws(0, False)
        scope = scope_of(self._claim, Exact(), lambda label: number(draws, label), setting, integers)
        try:
            scope.evaluate(link)
        except Undetermined:
            return not draws or self._nowhere(link, setting, integers)
        except Rejected:
            return False
        return False

    def _growth(self, link: Link, setting: Setting, integers: Mapping[str, int]) -> int:
        """A bound on the degree of left - right over one denominator, and of the difference of two arguments."""
        scope = self._scope(lambda: (Growth(), lambda label: (1, 0)), setting, integers, Growth)
        # An equality of integers (the index of a maximum) has no degree.
        pairs = ((left, right) for _, left, right in scope.sides(link))
        largest = max((sum(sum(side) for side in pair if isinstance(side, tuple)) for pair in pairs), default=0)
        if isinstance(scope.ring, Growth):
            largest = max(largest, 2 * scope.ring.deepest) + 1
        if largest > LARGEST_GROWTH:
            raise SpecError(self._where, "its powers and constants grow too large to evaluate", "split it")
        return largest

    def _both(
        self,
        kind: type[Free] | type[Closed],
        link: Link,
        setting: Setting,
        degree: int,
        integers: Mapping[str, int],
    ) -> tuple[Fraction, int]:
        """Agreement modulo both primes: the chance that it is an accident, and the entries compared."""
        bound, compared = Fraction(1), 0
        for position, prime in enumerate(primes_for(self._seed)):
            chance, compared = self._one(kind, prime, self._seed + position, link, setting, degree, integers)
            bound *= chance
        return bound, compared

    def _one(
        self,
        kind: type[Free] | type[Closed],
        prime: int,
        seed: int,
        link: Link,
        setting: Setting,
        degree: int,
        integers: Mapping[str, int],
    ) -> tuple[Fraction, int]:
        """The chance for the n entries and for N (N - 1) / 2 pairs of N function values, each of that degree; and n.

        degree: of a difference, at least its degree and at least the bits of its coefficients (:class:`Growth`).
        Raises :class:`_Differs`.
        """

        def make() -> tuple[Ring, Draw]:
            ring, residues = kind(prime, seed), residue_source(prime, seed)
            return ring, residues if isinstance(ring, PrimeField) else lambda label: ring.drawn(residues(label))

        scope = self._scope(make, setting, integers, kind, prime)
        ring: Any = scope.ring
        compared = 0
        scope.read.clear()
        for _, left, right in self._sides(scope, link):
            if not (ring.agree(left, right) if isinstance(ring, Closed) else left == right):
                raise _Differs
            compared += 1
            self.read = self.read or any(kind not in ("weight", "size") for kind, _, _ in scope.read)
            if isinstance(left, Residue):
                degree = max(degree, left.degree + right.degree + 1, 2 * ring.deepest + 1)
        if isinstance(ring, Free) and ring.chose:
            raise _Differs
        trials = compared + ring.calls * (ring.calls - 1) // 2 + (ring.examined if isinstance(ring, Closed) else 0)
        return probability(trials * max(degree, 1), prime), compared


class Free(PrimeField):
    """Every function an unknown one.  Where one of several numbers is taken to be the largest, nothing is shown."""

    chose = False

    def _choice(self, arguments: Sequence[int]) -> int:
        self.chose = True
        return super()._choice(arguments)


class _Differs(Exception):
    """The two sides have different residues, or agree for one choice of the largest values only."""

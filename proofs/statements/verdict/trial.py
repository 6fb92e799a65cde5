"""The links of a claim examined in several number systems, at residues modulo two random primes.

First every function is an unknown one; then derivatives are what they are in terms of the functions (known_slopes.py);
then the functions have their own algebra.  Where axes are put into blocks, the second takes far fewer of them than the
third (variables_counted.py), and comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.evaluation.prime_numbers import SHOWN, probability
from dyadic.proofs.evaluate.identity_values import primes_for, residue_source
from dyadic.proofs.evaluate.network import Outside, Rejected
from dyadic.proofs.evaluate.number_rings import PrimeField, Ring, Undetermined
from dyadic.proofs.statements.number_systems.closed import Brief, Closed
from dyadic.proofs.statements.number_systems.draws import Draws
from dyadic.proofs.statements.number_systems.known_slopes import KnownSteps, KnownWeights
from dyadic.proofs.statements.number_systems.laurent import Residue
from dyadic.proofs.statements.number_systems.rings import Exact, Growth
from dyadic.proofs.statements.semantics.equation import Equalities, Link
from dyadic.proofs.statements.semantics.meaning import Draw
from dyadic.proofs.statements.semantics.scope import ClaimTensors
from dyadic.proofs.statements.verdict import sizes
from dyadic.proofs.statements.verdict.assignments import Assignments, assignments
from dyadic.proofs.statements.verdict.blocks import Setting
from dyadic.proofs.statements.verdict.premised import scope_of
from dyadic.proofs.statements.verdict.small_counterexample import number
from dyadic.symbolic.errors import SpecError

LARGEST_GROWTH = 20_000_000
"""Largest degree (with the bits of constants) of a value that is evaluated; the error that is stated grows with it."""
FREE = "polynomial identity testing over random primes, every function unknown"
SLOPES = "polynomial identity testing over random primes, functions unknown but for their derivatives"
OWN = "polynomial identity testing over random primes, with the functions' own algebra"
_PAIRS_OF_PRIMES, _HOPELESS = 6, Fraction(1, 10)
_KEPT = 8
_SMALL = (2, 3, 4, 5, 8)
_NO_END = 10**18
_WORTH = 4
"""How many times the operations of the functions' own algebra variables may take: each of them is quicker."""


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


class LinkTrial:
    """A claim's links examined in several number systems; what a claim's links share is evaluated once."""

    def __init__(self, claim: Equalities, where: str) -> None:
        self._claim, self._where = claim, where
        self._scopes: dict[tuple[object, ...], ClaimTensors] = {}
        self._seed = claim.seed
        self.read = False  # whether the sides of the link at hand read any entry
        self.shortened = False  # whether some form was too long for short ones, so that longer ones may tell more
        self.enclosed = False  # whether enclosures of constants have told something
        self._valueless_at: dict[tuple[object, ...], bool] = {}
        self.rules = 0  # how many derivatives were put in by what is known of them

    def with_few_blocks(self, link: Link, budget: sizes.Budget) -> Setting | None:
        """Blocks with which a link is shown by variables for function values; None where that does not show it."""
        premises = self._claim.premises
        if premises.equations or premises.one_hot or premises.orthogonal:
            return None
        chosen = sizes.choose_few(self._claim, link)
        if chosen is None:
            return None
        operations = sizes.operations(self._claim, link, chosen)
        usual = sizes.choose(self._claim, link, self._where, sizes.Budget(_NO_END))
        if not isinstance(usual, str) and operations > _WORTH * sizes.operations(self._claim, link, usual):
            return None
        if assignments(self._claim, link, chosen, operations).values != [{}]:
            return None
        budget.take(operations, self._where)
        try:
            outcome, _ = self.run(link, chosen, [{}], FEW)
        except (Outside, Rejected, SpecError):
            return None
        return chosen if outcome.method is not None and not outcome.nowhere else None

    def at_small_sizes(self, link: Link, budget: sizes.Budget) -> str:
        """In words, for which numbers in place of the names of sizes a link holds; nothing where there are none."""
        vocabulary = self._claim.vocabulary
        names = sizes.names(vocabulary.graph)
        held: list[int] = []
        for size in _SMALL if names else ():
            setting = Setting(vocabulary, dict.fromkeys(names, size))
            if not vocabulary.exists(setting.values) or not sizes.evaluable(self._claim, link, setting):
                continue
            operations = sizes.operations(self._claim, link, setting)
            if assignments(self._claim, link, setting, operations).values != [{}]:
                return ""
            budget.take(operations, self._where)
            try:
                outcome, _ = self.run(link, setting, [{}], SHORT)
                if outcome.method is None and self.shortened:
                    outcome, _ = self.run(link, setting, [{}], LONG)
            except (Outside, Rejected, SpecError):
                continue
            if outcome.method is not None and outcome.compared and not outcome.nowhere:
                held.append(size)
        return f"; it holds where {' = '.join(names)} is {', '.join(map(str, held))}" if held else ""

    def run(
        self, link: Link, chosen: Setting, values: list[dict[str, int]], kinds: Sequence[tuple[Kind, str]]
    ) -> tuple[LinkOutcome, list[dict[str, int]]]:
        """In one number system after the other; and the integers from which they differ."""
        self.read, self.rules, self.shortened = False, 0, False
        for kind, method in kinds:
            outcome, differing = self._in(kind, method, link, chosen, values)
            if outcome is not None:
                return outcome, differing
        return LinkOutcome(None), differing

    def _in(
        self, kind: Kind, method: str, link: Link, chosen: Setting, values: list[dict[str, int]]
    ) -> tuple[LinkOutcome | None, list[dict[str, int]]]:
        """The outcome in one kind of ring; None where the sides differ, and at which integers that shows first.

        Integers at which a side has no value are left out: nothing is compared there.
        """
        bound, compared, nowhere = Fraction(0), 0, 0
        for position, integers in enumerate(values):
            try:
                degree = self._growth(kind, link, chosen, integers)
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
                if kind is not Free and kind is not FreeWithSlopes and not self._nowhere(link, chosen, integers):
                    return None, values[position:]
                nowhere += 1
                continue
            bound, compared = bound + chance, compared + count
        method = FREE if method == SLOPES and not self.rules else method
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
        left = [integers for integers in values.values if not self._somewhere_valueless(setting, integers)]
        if len(left) == len(values.values):
            return values
        argument = values.argument and f"{values.argument}, at {len(left)} of which all of the claim has a value"
        return replace(values, values=left, argument=argument if values.every else None)

    def _somewhere_valueless(self, setting: Setting, integers: dict[str, int]) -> bool:
        """Whether some link has no value; what they share is evaluated once, and all of it once for all links."""
        key = (setting.key, tuple(integers.items()))
        if key not in self._valueless_at:
            links = [one for one in self._claim.links if sizes.operations(self._claim, one, setting) <= sizes.BUDGET]
            together, _ = self._exact(setting, integers)
            self._valueless_at[key] = any(self._valueless(one, together, setting, integers) for one in links)
        return self._valueless_at[key]

    def _exact(self, setting: Setting, integers: dict[str, int]) -> tuple[ClaimTensors, Draws]:
        draws = Draws(0, False)
        return scope_of(self._claim, Exact(), lambda label: number(draws, label), setting, integers), draws

    def _valueless(self, link: Link, together: ClaimTensors, setting: Setting, integers: dict[str, int]) -> bool:
        """together: in which other links were evaluated before, so that it is not told what this one has drawn."""
        with suppress(Undetermined, Rejected):
            together.evaluate(link)
            return False
        scope, draws = self._exact(setting, integers)
        try:
            scope.evaluate(link)
        except Undetermined:
            return not draws or self._nowhere(link, setting, integers)
        except Rejected:
            return False
        return False

    def _growth(self, kind: Kind, link: Link, setting: Setting, integers: Mapping[str, int]) -> int:
        """A bound on the degree of left - right over one denominator, and of the difference of two arguments."""
        grown = GrownSlopes if kind is FreeWithSlopes else Growth
        scope = self._scope(lambda: (grown(), lambda label: (1, 0)), setting, integers, grown)
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
        kind: Kind,
        link: Link,
        setting: Setting,
        degree: int,
        integers: Mapping[str, int],
    ) -> tuple[Fraction, int]:
        """Agreement modulo two primes: the chance that it is an accident, and the entries compared.

        Where that chance is not small, since what is compared has a large degree, modulo further ones.
        """
        bound, compared = Fraction(1), 0
        for seed in range(self._seed, self._seed + 2 * _PAIRS_OF_PRIMES, 2):
            for position, prime in enumerate(primes_for(seed)):
                chance, compared = self._one(kind, prime, seed + position, link, setting, degree, integers)
                bound *= chance
            if bound < Fraction(10) ** SHOWN / 1000 or bound > _HOPELESS:  # several are added up
                break
        return bound, compared

    def _one(
        self,
        kind: Kind,
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
        try:
            for _, left, right in self._sides(scope, link):
                if not (ring.agree(left, right) if isinstance(ring, Closed) else left == right):
                    raise _Differs
                compared += 1
                self.read = self.read or any(kind not in ("weight", "size") for kind, _, _ in scope.read)
                if isinstance(left, Residue):
                    degree = max(degree, left.degree + right.degree + 1, 2 * ring.deepest + 1)
        finally:
            self.shortened = self.shortened or (isinstance(ring, Brief) and ring.shortened)
            self.enclosed = self.enclosed or (isinstance(ring, Closed) and ring.enclosed)
        if isinstance(ring, Free) and ring.chose:
            raise _Differs
        if isinstance(ring, FreeWithSlopes):
            self.rules += ring.rules
            degree += 2  # a number times a step is compared with other arguments of steps
        trials = compared + ring.calls * (ring.calls - 1) // 2 + (ring.examined if isinstance(ring, Closed) else 0)
        trials += ring.looked if isinstance(ring, FreeWithSlopes) else 0
        return probability(trials * max(degree, 1), prime), compared


class Free(PrimeField):
    """Every function an unknown one.  Where one of several numbers is taken to be the largest, nothing is shown."""

    chose = False

    def _choice(self, arguments: Sequence[int]) -> int:
        self.chose = True
        return super()._choice(arguments)


class FreeWithSlopes(KnownSteps, Free):
    """Every function an unknown one, whose derivative is what it is in terms of the functions."""


class GrownSlopes(KnownWeights, Growth):
    """The degrees of these values."""


Kind = type[Free] | type[Closed]
Kinds = tuple[tuple[Kind, str], ...]
FEW: Kinds = ((FreeWithSlopes, SLOPES),)
QUICK: Kinds = ((Free, FREE), *FEW)
SHORT: Kinds = ((Free, FREE), (Brief, OWN))
LONG: Kinds = ((Closed, OWN),)


class _Differs(Exception):
    """The two sides have different residues, or agree for one choice of the largest values only."""

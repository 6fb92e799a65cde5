"""The verdict on a claimed equality.

Both sides are evaluated at residues modulo two random primes, all x, s, parameters, inputs, targets free and every
function an unknown one; if they differ, once more with the functions' own algebra; if they still differ, integers
are searched at which they differ for certain.  No equality is ever decided by rearranging expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.identity import primes_for, residue_source
from dyadic.proofs.evaluate.network import Outside
from dyadic.proofs.evaluate.rings import Field, Ring, Undetermined
from dyadic.proofs.evaluate.sizes import Instantiation
from dyadic.proofs.statements import counterexample, sizes
from dyadic.proofs.statements.equation import Equalities, Link, Statement
from dyadic.proofs.statements.meaning import CHOICES, Draw, Meaning
from dyadic.proofs.statements.rings import Closed, Growth, Residue
from dyadic.proofs.statements.scope import Scope
from dyadic.proofs.statements.vocabulary import text_name
from dyadic.symbolic.errors import SpecError

LARGEST_GROWTH = 20_000
"""Largest degree (with the bits of constants) of a value that is evaluated."""
_TRUSTED = ("the evaluator in proofs/checker", "blake2b as a source of randomness")
_FREE = "polynomial identity testing over two random primes, every function unknown"
_OWN = "polynomial identity testing over two random primes, with the functions' own algebra"


_NOWHERE = "one side divides by an expression that is 0 whatever the values are"
_Symmetric = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Outcome:
    """How the examination of a link went: a method on agreement, with a bound on the chance that it is an accident.

    nowhere: one side is not defined at random residues, hence nowhere.
    """

    method: str | None
    bound: Fraction = Fraction(1)
    nowhere: bool = False


def decide(statement: Statement, claim: Equalities, symmetric: _Symmetric, budget: sizes.Budget) -> Claim:
    """Examine the links of a claim in order; the first wrong one refutes it."""
    hypotheses = _hypotheses(statement, claim)
    text = describe(statement, claim)

    def undecided(reason: str) -> Claim:
        return Claim(statement.id, text, Verdict.UNDECIDED, _OWN, hypotheses, _TRUSTED, reason=reason)

    def spend(count: int) -> None:
        budget.take(count, statement.place)

    trial = _Trial(claim, symmetric, statement.place)
    methods, bound, examined = set(), Fraction(0), {}
    for link in claim.links:
        chosen = sizes.choose(claim, link, statement.place, budget)
        if isinstance(chosen, str):
            return undecided(f"{link.label}: {chosen}")
        missing = link.ranges.outside
        try:
            outcome = Outcome(None) if missing else trial.run(link, chosen)
        except Outside as error:
            outcome, missing = Outcome(None), error.reason
        if outcome.method is not None:
            methods.add(outcome.method)
            bound += outcome.bound
            examined = chosen[0].base
            continue
        found = counterexample.search(claim, link, symmetric, chosen, spend) or {}
        if outcome.nowhere:
            found["undefined"] = _NOWHERE
        if missing:
            found = {"entry": missing, **found}
        if not found:
            return undecided(f"{link.label} fails for unknown functions, but no numbers were found at which it does")
        if len(claim.links) > 1:
            found = {"where": link.label, "wrong": link.text, **found}
        method = "exact evaluation of both sides"
        return Claim(statement.id, text, Verdict.REFUTED, method, hypotheses, _TRUSTED[:1], counterexample=found)
    method = _OWN if _OWN in methods else _FREE
    witness = {"sizes": sizes.shown(examined)}
    text = f"{text} (probability of error below {float(bound):.0e})"
    return Claim(statement.id, text, Verdict.PROVED, method, hypotheses, _TRUSTED, witness=witness)


def describe(statement: Statement, claim: Equalities) -> str:
    """A claim in one line."""
    links = [link for link in claim.links if not link.label.startswith("the definition")]
    name = statement.kind.replace("_", "-")
    if len(links) == 1:
        return f"{name}: {links[0].text}"
    return f"{name} of {len(links)} steps: {links[0].text} = ..."


def _hypotheses(statement: Statement, claim: Equalities) -> tuple[str, ...]:
    found = [f"{name} is symmetric (assumed by the claim)" for name in statement.symmetric]
    given = claim.vocabulary.given_integers
    if given:
        names = ", ".join(text_name(kind, owner) for kind, owner in given)
        found.append(f"the integers {names} have one of the {len(CHOICES)} sets of values examined")
    nodes: list[Any] = [side for link in claim.links for side in (link.left, link.right)]
    nodes += [let.body for let in claim.lets]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
            if node[:1] == ["^"] and node[2] < 0:
                found.append("no denominator of the claim is 0")
            if node[:2] == ["apply", "log"]:
                found.append("the logarithms of the claim are of positive numbers")
    return tuple(dict.fromkeys(found))


def choices(claim: Equalities) -> range:
    """The values of integer inputs and targets that are examined; one will do where there are none."""
    return CHOICES if claim.vocabulary.given_integers else CHOICES[:1]


class _Trial:
    """A claim's links examined in several number systems; what a claim's links share is evaluated once."""

    def __init__(self, claim: Equalities, symmetric: _Symmetric, where: str) -> None:
        self._claim, self._symmetric, self._where = claim, symmetric, where
        self._scopes: dict[tuple[object, ...], Scope] = {}
        self._seed = claim.seed

    def run(self, link: Link, chosen: list[Instantiation]) -> Outcome:
        """For unknown functions first, then for the functions' own algebra; at all the sizes."""
        degrees = [self._growth(link, numbers) for numbers in chosen]
        for kind, method in ((Field, _FREE), (Closed, _OWN)):
            bound = Fraction(0)
            try:
                for choice in choices(self._claim):
                    for numbers, degree in zip(chosen, degrees, strict=True):
                        bound += self._both(kind, link, numbers, degree, choice)
            except _Differs:
                continue
            except Undetermined:
                return Outcome(None, nowhere=True)
            return Outcome(method, bound)
        return Outcome(None)

    def _scope(self, make: Callable[[], tuple[Ring, Draw]], numbers: Instantiation, choice: int, *key: object) -> Scope:
        """The claim's expressions over a ring, made once for each ring and sizes."""
        full = (*key, choice, *numbers.base.items())
        if full not in self._scopes:
            ring, draw = make()
            meaning = Meaning(self._claim.vocabulary, ring, draw, numbers, self._symmetric, choice)
            self._scopes[full] = Scope(meaning, self._claim)
        return self._scopes[full]

    def _growth(self, link: Link, numbers: Instantiation) -> int:
        """A bound on the degree of left - right over one denominator, and of the difference of two arguments."""
        scope = self._scope(lambda: (Growth(), lambda label: (1, 0)), numbers, 0, Growth)
        # An equality of integers (the index of a maximum) has no degree.
        sides = ((left, right) for _, left, right in scope.sides(link) if isinstance(left, tuple))
        largest = max((sum(left) + sum(right) for left, right in sides), default=0)
        if isinstance(scope.ring, Growth):
            largest = max(largest, 2 * scope.ring.deepest)
        if largest > LARGEST_GROWTH:
            raise SpecError(self._where, "its powers and constants grow too large to evaluate", "split it")
        return largest

    def _both(
        self, kind: type[Field] | type[Closed], link: Link, numbers: Instantiation, degree: int, choice: int
    ) -> Fraction:
        """Agreement modulo both primes: the chance that it is an accident.  Raises :class:`_Differs`."""
        bound = Fraction(1)
        for position, prime in enumerate(primes_for(self._seed)):
            bound *= self._one(kind, prime, self._seed + position, link, numbers, degree, choice)
        return bound

    def _one(
        self,
        kind: type[Field] | type[Closed],
        prime: int,
        seed: int,
        link: Link,
        numbers: Instantiation,
        degree: int,
        choice: int,
    ) -> Fraction:
        """n D / p for the n entries, and N (N - 1) / 2 D / p for the N function values drawn."""

        def make() -> tuple[Ring, Draw]:
            ring, residues = kind(prime, seed), residue_source(prime, seed)
            return ring, residues if isinstance(ring, Field) else lambda label: ring.drawn(residues(label))

        scope = self._scope(make, numbers, choice, kind, prime)
        ring: Any = scope.ring
        compared = 0
        for _, left, right in scope.sides(link):
            if left != right:
                raise _Differs
            compared += 1
            if isinstance(left, Residue):
                degree = max(degree, left.degree + right.degree, 2 * ring.deepest)
        trials = compared + ring.calls * (ring.calls - 1) // 2
        return min(Fraction(1), Fraction(trials * max(degree, 1), prime))


class _Differs(Exception):
    """The two sides have different residues."""

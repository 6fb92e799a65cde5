"""The verdict on a claimed equality.

Both sides are evaluated at residues modulo two random primes, all x, s, parameters, inputs, targets free and every
function an unknown one; if they differ, once more with the functions' own algebra; if they still differ, integers
are searched at which they differ for certain.  No equality is ever decided by rearranging expressions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from proofs.checker.identity import primes_for, residue_source
from proofs.checker.rings import Field, Ring, Undetermined
from proofs.claims import Claim, Verdict
from proofs.statements import counterexample, sizes
from proofs.statements.equation import Equalities, Link, Statement
from proofs.statements.meaning import Meaning
from proofs.statements.rings import Closed, Growth
from proofs.statements.scope import Scope
from symbolic.errors import SpecError

LARGEST_GROWTH = 20_000
"""Largest degree (with the bits of constants) of a value that is evaluated."""
_TRUSTED = ("the evaluator in proofs/checker", "blake2b as a source of randomness")
_FREE = "polynomial identity testing over two random primes, every function unknown"
_OWN = "polynomial identity testing over two random primes, with the functions' own algebra"


@dataclass(frozen=True)
class Outcome:
    """How one run went: where the sides differ first, a bound on the chance that they agreed by accident."""

    difference: dict[str, int] | None
    bound: Fraction
    undefined: bool = False


def decide(statement: Statement, claim: Equalities, symmetric: frozenset[tuple[str, str]]) -> Claim:
    """Examine the links of a claim in order; the first wrong one refutes it."""
    hypotheses = tuple(f"{name} is symmetric (assumed by the claim)" for name in statement.symmetric)
    text = describe(statement, claim)
    methods: set[str] = set()
    bound, examined = Fraction(0), {}
    for link in claim.links:
        trial = _Trial(claim, link, symmetric, statement.place)
        numbers = trial.numbers
        if isinstance(numbers, str):
            return Claim(statement.id, text, Verdict.UNDECIDED, _FREE, hypotheses, _TRUSTED, reason=numbers)
        if link.ranges.outside is None:
            outcome, method = trial.agree(numbers)
            if outcome.difference is None and not outcome.undefined:
                methods.add(method)
                bound += outcome.bound
                examined = numbers
                continue
        found = counterexample.search(claim, link, symmetric, numbers)
        if found is None and link.ranges.outside is None:
            reason = f"{link.label} fails for unknown functions, but no numbers were found at which it does"
            return Claim(statement.id, text, Verdict.UNDECIDED, _OWN, hypotheses, _TRUSTED, reason=reason)
        details = {"where": link.label, "wrong": link.text}
        if link.ranges.outside:
            details["entry"] = link.ranges.outside
        return Claim(
            statement.id, text, Verdict.REFUTED, "exact evaluation of both sides", hypotheses, _TRUSTED[:1],
            counterexample={**details, **(found or {})},
        )  # fmt: skip
    return Claim(
        statement.id, f"{text} (probability of error below {float(bound):.0e})", Verdict.PROVED,
        _OWN if _OWN in methods else _FREE, hypotheses, _TRUSTED, witness={"sizes": sizes.shown(examined)},
    )  # fmt: skip


def describe(statement: Statement, claim: Equalities) -> str:
    """A claim in one line."""
    links = [link for link in claim.links if not link.label.startswith("the definition")]
    name = statement.kind.replace("_", "-")
    if len(links) == 1:
        return f"{name}: {links[0].text}"
    return f"{name} of {len(links)} steps: {links[0].text} = ..."


class _Trial:
    """One link examined: at which sizes, in which number systems."""

    def __init__(self, claim: Equalities, link: Link, symmetric: frozenset[tuple[str, str]], where: str) -> None:
        self._claim, self._link, self._symmetric = claim, link, symmetric
        self._graph = claim.vocabulary.graph
        self.numbers = sizes.choose(claim, link)
        if isinstance(self.numbers, str):
            return
        self._degree = self._growth(self.numbers)
        if self._degree > LARGEST_GROWTH:
            raise SpecError(where, "its powers and constants grow too large to evaluate", "split it")

    def _meaning(self, ring: Ring, draw: Callable[[str], Any], numbers: Mapping[str, int]) -> Scope:
        return Scope(Meaning(self._claim.vocabulary, ring, draw, numbers, self._symmetric), self._claim)

    def _growth(self, numbers: Mapping[str, int]) -> int:
        """A bound on the degree of left - right over one denominator, and of the difference of two arguments."""
        if self._link.ranges.outside:
            return 0
        ring = Growth()
        scope = self._meaning(ring, lambda label: (1, 0), numbers)
        largest = max((sum(left) + sum(right) for _, left, right in scope.sides(self._link)), default=0)
        return max(largest, 2 * ring.largest)

    def agree(self, numbers: Mapping[str, int]) -> tuple[Outcome, str]:
        free = self._both(numbers, closed=False)
        if free.difference is None and not free.undefined:
            return free, _FREE
        return self._both(numbers, closed=True), _OWN

    def _both(self, numbers: Mapping[str, int], closed: bool) -> Outcome:
        seed = self._seed()
        outcomes = [self._run(prime, seed + k, numbers, closed) for k, prime in enumerate(primes_for(seed))]
        wrong = next((o for o in outcomes if o.difference is not None or o.undefined), None)
        return wrong or Outcome(None, prod((o.bound for o in outcomes), start=Fraction(1)))

    def _seed(self) -> int:
        """Primes and residues depend on the claim itself, so that no claim can be written to fit them."""
        text = repr((self._link.left, self._link.right, [(let.name, let.body) for let in self._claim.lets]))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big")

    def _run(self, prime: int, seed: int, numbers: Mapping[str, int], closed: bool) -> Outcome:
        residues = residue_source(prime, seed)
        ring: Any = Closed(prime, seed) if closed else Field(prime, seed)
        scope = self._meaning(ring, (lambda label: ring.drawn(residues(label))) if closed else residues, numbers)
        compared, largest = 0, self._degree
        try:
            for index, left, right in scope.sides(self._link):
                if left != right:
                    return Outcome(index, Fraction(1))
                compared += 1
                if closed:
                    largest = max(largest, left.degree + right.degree)
        except (ValueError, ZeroDivisionError, Undetermined):
            return Outcome(None, Fraction(1), undefined=True)
        if closed:
            largest = max(largest, 2 * ring.largest)
        trials = compared + ring.calls * (ring.calls - 1) // 2
        return Outcome(None, min(Fraction(1), Fraction(trials * max(largest, 1), prime)))

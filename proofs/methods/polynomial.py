"""Exact equality of polynomials, for small networks.

Proves: x, s and dE/dtheta after all T synchronous steps from a state of free variables are those of backpropagation,
as polynomials over the rationals in every parameter, input, target and initial value and in one free variable for
every function value, keyed by (function, order of the derivative, argument as a polynomial): so for every choice of
activation functions, at the sizes evaluated, with no probability of error.

Trusts: multivariate polynomials in python-flint (arithmetic and equality); the evaluator in proofs/evaluate.
Blind to: other sizes; networks whose polynomials are too long are not attempted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.shapes import holds_integers
from dyadic.proofs.checker.trust import POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.identity_values import primes_for
from dyadic.proofs.evaluate.network import Rejected
from dyadic.proofs.evaluate.number_rings import Composed, PrimeField
from dyadic.proofs.evaluate.simulate import Instance, as_witness, backpropagation
from dyadic.proofs.methods.refutation.counterexample import smallest
from dyadic.proofs.methods.shared.comparison import compare, values
from dyadic.proofs.sentences import told

MOST_EXPONENTS = 100_000_000
"""Bound on the terms of all polynomials of a state times the number of variables: what it takes to write it out."""
_HIGHEST_POWER = 64
MOST_UPDATES = 300
"""Bound on vertices times steps."""


class Polynomials(Composed):
    """Polynomials over the rationals with a variable for every value drawn and every function value."""

    def __init__(self, variables: int) -> None:
        called(POLYNOMIALS)
        self._context = fmpq_mpoly_ctx.get([f"v{k}" for k in range(variables)], Ordering.lex)
        self._unused = iter(self._context.gens())
        self._known: dict[tuple[Any, ...], list[tuple[list[fmpq_mpoly], fmpq_mpoly]]] = {}
        self._zero, self._one = self._context.constant(0), self._context.constant(1)

    def fresh(self, label: str) -> fmpq_mpoly:
        """A variable of its own for every value drawn."""
        return next(self._unused)

    def number(self, p: int, q: int = 1) -> fmpq_mpoly:
        return self._context.constant(fmpq(p, q))

    def add(self, terms: Sequence[fmpq_mpoly]) -> fmpq_mpoly:
        return sum(terms, self._zero)

    def mul(self, factors: Sequence[fmpq_mpoly]) -> fmpq_mpoly:
        result = self._one
        for factor in factors:
            result = result * factor
        return result

    def power(self, base: fmpq_mpoly, p: int, q: int = 1) -> fmpq_mpoly:
        return base**p

    def apply(self, name: str, order: int, argument: fmpq_mpoly) -> fmpq_mpoly:
        return self._value((name, order, len(argument)), [argument])

    def logsumexp(self, arguments: Sequence[fmpq_mpoly]) -> fmpq_mpoly:
        return self._value(("logsumexp", 0, sorted(map(len, arguments))), sorted(arguments, key=str))

    def largest(self, arguments: Sequence[fmpq_mpoly]) -> fmpq_mpoly:
        raise NotImplementedError  # refused by Lengths before

    def argmax(self, arguments: Sequence[fmpq_mpoly], indices: Sequence[int]) -> int:
        raise NotImplementedError

    def _value(self, head: Sequence[Any], arguments: list[fmpq_mpoly]) -> fmpq_mpoly:
        """The variable of a function value; polynomials are compared, not hashed."""
        bucket = self._known.setdefault(tuple(map(str, head)), [])
        for known, variable in bucket:
            if known == arguments:
                return variable
        variable = next(self._unused)
        bucket.append((arguments, variable))
        return variable


class Lengths(Composed):
    """A bound on the number of terms, to say beforehand whether the polynomials can be written out."""

    def number(self, p: int, q: int = 1) -> int:
        return 1

    def add(self, terms: Sequence[int]) -> int:
        return sum(terms)

    def mul(self, factors: Sequence[int]) -> int:
        result = 1
        for factor in factors:
            result *= factor
        return result

    def power(self, base: int, p: int, q: int = 1) -> int:
        if p < 0 or q != 1:
            raise Rejected("equations", "a quotient or a root is no polynomial")
        if p > _HIGHEST_POWER:
            raise Rejected("equations", f"a power above {_HIGHEST_POWER} has too many terms")
        return int(base ** max(p, 1))

    def apply(self, name: str, order: int, argument: int) -> int:
        return 1

    def logsumexp(self, arguments: Sequence[int]) -> int:
        return 1

    def largest(self, arguments: Sequence[int]) -> int:
        raise Rejected("equations", "a maximum is no polynomial")

    def argmax(self, arguments: Sequence[int], indices: Sequence[int]) -> int:
        raise Rejected("equations", "a maximum is no polynomial")


def plan(graph: Graph, steps: int) -> tuple[dict[str, int], int] | str:
    """(sizes, number of variables) of the largest instance within bounds, or why there is none.

    The network's own sizes are tried first, then reduced ones.
    """
    if len(graph.parents) * steps > MOST_UPDATES:
        return f"{len(graph.parents)} vertices times {steps} steps are more than {MOST_UPDATES}"
    reason = "no small instance was found"
    small = [reduced_sizes(graph, largest=largest) for largest in (4, 3, 2)]
    own = {key: int(key) for key in small[0] if key.isdigit()}
    for sizes in [own] * (len(own) == len(small[0])) + small:
        try:
            terms = _terms(graph, sizes)
        except Rejected as error:
            reason = str(error)
            continue
        variables = _variables(graph, steps, sizes)
        if (terms + variables) * variables <= MOST_EXPONENTS:
            return sizes, variables
        reason = f"its polynomials may have {terms} terms in {variables} variables"
    return reason


def _terms(graph: Graph, sizes: dict[str, int]) -> int:
    instance = Instance(graph, Lengths(), lambda label: 1, sizes)
    return sum(values(instance, instance.wavefront()))


def _variables(graph: Graph, steps: int, sizes: dict[str, int]) -> int:
    """Counted by a run over a prime field; only the number of variables made ready rests on it."""
    drawn: set[str] = set()
    ring = PrimeField(primes_for(1)[0], 1)

    def draw(label: str) -> int:
        drawn.add(label)
        return ring.apply("drawn", 0, label)  # type: ignore[arg-type]

    instance = Instance(graph, ring, draw, sizes)
    state = instance.initial(lambda label: draw(f"initial {label}"))
    for _ in range(steps):
        state = instance.step(state)
    instance.gradients(state)
    backpropagation(graph, ring, draw, sizes)
    return ring.calls


def unfit(graph: Graph, steps: int) -> str | None:
    """Why this network cannot be written out in polynomials, or None."""
    found = plan(graph, steps)
    return found if isinstance(found, str) else None


def polynomial_claim(graph: Graph, steps: int) -> Claim:
    """Both sides written out."""
    found = plan(graph, steps)
    assert not isinstance(found, str)
    sizes, variables = found
    counts = {"steps": steps, "integers": int(holds_integers(graph))}
    ring = Polynomials(variables)
    drawn: dict[str, fmpq_mpoly] = {}

    def draw(label: str) -> fmpq_mpoly:
        if label not in drawn:
            drawn[label] = ring.fresh(label)
        return drawn[label]

    difference, count = compare(graph, steps, ring, sizes, draw, lambda label: draw(f"initial {label}"))
    if difference is None:
        witness = {"variables": variables, "entries": count} | as_witness(graph, Instantiation(graph, sizes))
        return told("polynomial", Verdict.PROVED, {}, counts, witness=witness)
    numbers = smallest(graph, steps) or {
        "variable": difference.variable, "entry": list(difference.entry),
        "claimed": str(difference.relaxed)[:500], "exact": str(difference.exact)[:500], "sizes": sizes,
    }  # fmt: skip
    return told("polynomial", Verdict.REFUTED, {}, counts, counterexample=numbers)

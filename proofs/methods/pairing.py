"""Every layer and cost against its own definitions, at small sizes drawn for each of them.

Proves: <s, Df v> = <(Df)^T s, v> + <dE/dtheta, w> modulo two primes near 2^61 for random s, v, w and arguments, with
every function an unknown, for every layer kind and cost of the network, whatever the network's own sizes.  The work is
done by proofs/checker/pairing.py in forward mode, and the checker repeats it from the recorded primes, seeds and
sizes; the residue is the common value.

Trusts: the evaluator there; blake2b as a source of randomness.  Blind to: other sizes; how layers are connected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dyadic.proofs.checker.graph import Graph
from dyadic.proofs.checker.pairing import Equations, Outcome, evaluate, pairing, primes
from dyadic.proofs.checker.reading import Outside, Rejected
from dyadic.proofs.claims import Claim, Verdict

SEED = 20260202
_METHOD = "pairing modulo two random primes, in forward mode"
_TRUSTED = ("the evaluator in proofs/evaluate", "blake2b as a source of randomness")


def pairing_claim(graph: Graph) -> Claim:
    """One claim for all layer kinds and costs, with a run per kind and prime as witness."""
    statement = (
        "Every layer's vector-Jacobian products and gradients, and every cost's gradient, are adjoint to the "
        "derivative of its definitions, for free functions, at small sizes"
    )
    runs: list[dict[str, Any]] = []
    bounds: list[float] = []
    try:
        for outcome in _outcomes(graph):
            if outcome.forward != outcome.backward:
                numbers = {**outcome.as_dict(), "claimed": str(outcome.backward), "exact": str(outcome.forward)}
                return Claim("pairing", statement, Verdict.REFUTED, _METHOD, (), _TRUSTED, numbers)
            runs.append(outcome.as_dict())
            bounds.append(error_bound(graph, outcome))
    except Outside as error:
        numbers = {"field": error.field, "reason": error.reason}
        return Claim("pairing", statement, Verdict.REFUTED, _METHOD, (), _TRUSTED, numbers)
    except Rejected as error:
        return Claim("pairing", statement, Verdict.UNDECIDED, _METHOD, (), _TRUSTED, reason=str(error))
    bound = sum(one * two for one, two in zip(bounds[::2], bounds[1::2], strict=True))
    witness = {"runs": runs, "error_probability_below": f"{bound:.1e}"}
    return Claim(
        "pairing", f"{statement} (probability of error below {bound:.0e})", Verdict.PROVED, _METHOD, (), _TRUSTED,
        witness=witness,
    )  # fmt: skip


def _outcomes(graph: Graph) -> Iterator[Outcome]:
    """Every kind and cost at sizes of its own, modulo two primes."""
    for where, (content, own) in graph.contents().items():
        for k, prime in enumerate(primes(SEED)):
            yield evaluate(content, where, prime, SEED + k, own=own)


Degree = tuple[int, int] | None
"""Degrees of numerator and denominator; None for the number 0."""


def _times(one: Degree, two: Degree) -> Degree:
    return None if one is None or two is None else (one[0] + two[0], one[1] + two[1])


def _plus(terms: list[Degree]) -> Degree:
    """Over the product of all denominators."""
    known = [term for term in terms if term is not None]
    below = sum(b for _, b in known)
    return (max(a + below - b for a, b in known), below) if known else None


class Degrees:
    """Degrees, in the drawn values, of what the checker's field would compute; ``calls`` counts function values.

    A number is a pair of :data:`Degree`: of the value and of the slope.  Bounds, not exact degrees: cancellation is
    not seen, and every function value is a value drawn afresh.
    """

    def __init__(self) -> None:
        self.calls = 0

    def number(self, p: int, q: int = 1) -> tuple[Degree, Degree]:
        return ((0, 0) if p else None), None

    def draw(self, *key: Any) -> tuple[Degree, Degree]:
        return (1, 0), (1, 0)

    def constant(self, number: tuple[Degree, Degree]) -> tuple[Degree, Degree]:
        return number[0], None

    def slope(self, number: tuple[Degree, Degree]) -> tuple[Degree, Degree]:
        return number[1], None

    def add(self, terms: Iterable[tuple[Degree, Degree]]) -> tuple[Degree, Degree]:
        listed = list(terms)
        return _plus([v for v, _ in listed]), _plus([d for _, d in listed])

    def multiply(self, factors: Iterable[tuple[Degree, Degree]]) -> tuple[Degree, Degree]:
        value: Degree = (0, 0)
        slope: Degree = None
        for v, d in factors:
            value, slope = _times(value, v), _plus([_times(slope, v), _times(value, d)])
        return value, slope

    def power(self, base: tuple[Degree, Degree], p: int, q: int) -> tuple[Degree, Degree]:
        self.calls += q > 1
        root: Degree = base[0] if q == 1 else (1, 0)
        if root is None:
            return None, None
        a, b = root
        value = (p * a, p * b) if p >= 0 else (-p * b, -p * a)
        less = p - q
        outer = (less * a, less * b) if less >= 0 else (-less * b, -less * a)
        return value, _times(outer, base[1])

    def apply(self, name: str, order: int, z: tuple[Degree, Degree]) -> tuple[Degree, Degree]:
        self.calls += 2
        return (1, 0), _times((1, 0), z[1])

    def reduce(self, kind: str, terms: Sequence[tuple[int, tuple[Degree, Degree]]], where: str) -> Any:
        self.calls += 1 + len(terms)
        if kind == "argmax":
            return terms[0][0]
        slope = _plus([d if kind == "max" else _times((1, 0), d) for _, (_, d) in terms])
        return ((1, 0) if kind == "logsumexp" else _plus([v for _, (v, _) in terms])), slope


def error_bound(graph: Graph, outcome: Outcome) -> float:
    """An upper bound on the probability that one run agrees although the identity is false.

    With D the degree of the difference's numerator in the drawn values and N the function values drawn:
    D / p (Schwartz and Zippel) + N (N - 1) / 2 * D / p (two different arguments with one residue).
    """
    content, _ = graph.contents()[outcome.where]
    degrees = Degrees()
    forward, backward = pairing(Equations(content, outcome.where), degrees, outcome.sizes)
    difference = _plus([forward[0], backward[0]])
    degree = sum(difference) if difference else 0
    return min(1.0, (1 + degrees.calls * (degrees.calls - 1) / 2) * max(degree, 1) / outcome.prime)

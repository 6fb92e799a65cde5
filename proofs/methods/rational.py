"""Exact rational evaluation at one point.

Proves: at the integers that the seed gives, with the stand-ins below for the activations, x, s and dE/dtheta after the
relaxation are exactly those of backpropagation.  One point proves no identity: the method is there to refute, and its
agreement is the single equality it states.

Stand-ins: f(z) = a z for z > 0 and b z otherwise, with slopes of its own for every function (relu keeps 1 and 0, the
identity 1 and 1) and with the derivative that goes with them.  logsumexp is the largest argument, with the weights
exp(z_k - lse) that both sides use.  Numbers stay short: a layer multiplies heights instead of squaring them.

Trusts: fractions in python-flint; the evaluator in proofs/evaluate.
Blind to: whatever agrees at that point, such as a derivative taken at another argument of the same sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from flint import fmpq

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.shapes import holds_integers
from dyadic.proofs.checker.trust import BLAKE, FRACTIONS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.number_rings import Composed, Undetermined
from dyadic.proofs.evaluate.simulate import Draw, as_witness
from dyadic.proofs.methods.refutation.counterexample import smallest
from dyadic.proofs.methods.shared.comparison import compare
from dyadic.proofs.sentences import told

SEED = 20260204
LITERAL_BUDGET = 4_000
"""Largest number of vertices times steps for which every step is executed."""
_TRIES = 5
_HIGHEST_POWER = 1_000
_KNOWN = {"relu": (1, 0), "identity": (1, 1), "outer": (1, 1)}


class Rationals(Composed):
    """Fractions; functions are piecewise linear stand-ins."""

    def __init__(self) -> None:
        called(FRACTIONS)

    def number(self, p: int, q: int = 1) -> fmpq:
        return fmpq(p, q)

    def add(self, terms: Sequence[fmpq]) -> fmpq:
        return sum(terms, fmpq(0))

    def mul(self, factors: Sequence[fmpq]) -> fmpq:
        result = fmpq(1)
        for factor in factors:
            result *= factor
        return result

    def power(self, base: fmpq, p: int, q: int = 1) -> fmpq:
        if q != 1:
            base = self.apply(f"root {q}", 0, base)
        if p < 0 and base == 0:
            raise Undetermined("division by zero")
        if abs(p) > _HIGHEST_POWER:
            raise Undetermined(f"a power above {_HIGHEST_POWER} has too many digits")
        return base**p

    def apply(self, name: str, order: int, argument: fmpq) -> fmpq:
        slope = slopes(name)[0 if argument > 0 else 1]
        return slope * argument if order == 0 else slope if order == 1 else fmpq(0)

    def logsumexp(self, arguments: Sequence[fmpq]) -> fmpq:
        return max(arguments)

    def largest(self, arguments: Sequence[fmpq]) -> fmpq:
        return max(arguments)

    def argmax(self, arguments: Sequence[fmpq], indices: Sequence[int]) -> int:
        return indices[arguments.index(max(arguments))]


def slopes(name: str) -> tuple[fmpq, fmpq]:
    """(a, b) of a function's stand-in: small, different, not 0 or 1 unless they are the function's own."""
    if name in _KNOWN:
        a, b = _KNOWN[name]
        return fmpq(a), fmpq(b)
    raw = hashlib.blake2b(name.encode(), digest_size=2).digest()
    return fmpq(2 + raw[0] % 5, 3), fmpq(-1 - raw[1] % 5, 2)


def integers(seed: int) -> Draw:
    """Integers between -3 and 3 that depend only on the seed and a label."""
    called(BLAKE)

    def draw(label: str) -> fmpq:
        raw = hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=8).digest()
        return fmpq(int.from_bytes(raw, "big") % 7 - 3)

    return draw


def rational_claim(graph: Graph, steps: int) -> Claim:
    """One point."""
    literal = len(graph.parents) * steps <= LITERAL_BUDGET
    counts = {"steps": steps, "every_step": int(literal), "integers": int(holds_integers(graph))}
    sizes = reduced_sizes(graph)
    for seed in range(SEED, SEED + _TRIES):
        try:
            executed = steps if literal else None
            found, count = compare(graph, executed, Rationals(), sizes, integers(seed), integers(seed + _TRIES))
            break
        except Undetermined as error:
            reason = f"at every point tried there is a {error}"
    else:
        return told("rational", Verdict.UNDECIDED, {}, counts, reason=reason)
    point: dict[str, Any] = {"seed": seed, "activations": "piecewise linear stand-ins"}
    if found is None:
        witness = point | {"entries": count} | as_witness(graph, Instantiation(graph, sizes))
        return told("rational", Verdict.PROVED, {}, counts, witness=witness)
    point["sizes"] = sizes
    numbers = smallest(graph, steps) or {
        "variable": found.variable, "entry": list(found.entry),
        "claimed": str(found.relaxed), "exact": str(found.exact), **point,
    }  # fmt: skip
    return told("rational", Verdict.REFUTED, {}, counts, counterexample=numbers)

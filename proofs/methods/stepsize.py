"""Other step sizes: h = 1 is the only one that is exact after finitely many steps.

Proves: (1) for any ranked system with time constants tau_v: if h is not tau_v, and v alone is displaced from the fixed
point by d, then everything of smaller rank stays settled and v is off by (1 - h / tau_v)^n d, which is never 0: so
finite-time exactness needs h = tau_v for every v, and h = 1 for equal ones.  The step is an identity of polynomials.
(2) For linear networks the deviation after n steps is Sum_j binom(n, j) (1 - h)^(n - j) h^j M^j e_0, M the unit step's
matrix, for every n: induction on n, the step being Pascal's rule as an identity of polynomials.  (3) For this network,
over a random prime with free activations: a random combination of the rows of M^T is 0, so M is nilpotent, all
eigenvalues of (1 - h) 1 + h M are 1 - h and the spectral radius is |1 - h|; and for random h and d the displaced
variable is off by (1 - h)^n d.  A linear network, whose updates are affine in x and s, is simulated with fractions and
compared with (2).

Trusts: polynomials, residues and fractions in python-flint; the evaluator in proofs/evaluate.
Blind to: adjoints that are wrong but read the same variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import comb
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from dyadic.proofs.checker.evaluation.affine import is_linear
from dyadic.proofs.checker.evaluation.prime_numbers import BITS, bits_for, probability
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.trust import INDUCTION, POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, reduced_sizes
from dyadic.proofs.evaluate.identity_values import (
    Identity,
    primes_for,
    residue_source,
    seed_of,
    too_high,
    trials_of,
)
from dyadic.proofs.evaluate.number_rings import PrimeField, Ring, Tape
from dyadic.proofs.evaluate.simulate import Draw, Instance, State, as_witness
from dyadic.proofs.methods.rational import Rationals, integers
from dyadic.proofs.sentences import LOWER, log10_error, told
from dyadic.proofs.trusted import recorded

SEED = 20260205
MOST_UPDATES = 20_000
_STEPS = 3


def unfit(graph: Graph) -> str | None:
    """Why this network is not simulated, or None."""
    updates = len(graph.parents) * graph.largest_rank
    return too_high(graph) if updates <= MOST_UPDATES else f"{updates} updates are more than {MOST_UPDATES}"


@cache
@recorded
def displacement_claim() -> Claim:
    """One step with h other than tau_v does not bring a displaced variable home; with h = tau_v it does.

    After a step of size h from x towards f what is missing is x + h/tau (f - x) - f = (1 - h/tau) (x - f), which for
    x other than f is 0 exactly if h = tau: a product of numbers is 0 only if one of them is.
    """
    ring = fmpq_mpoly_ctx.get(["x", "f", "h", "tau"], Ordering.lex)
    x, f, h, tau = ring.gens()
    equal = bool(tau * x + h * (f - x) - tau * f == (tau - h) * (x - f))  # both sides times tau, which is not 0
    called(POLYNOMIALS)
    called(INDUCTION)
    verdict, reason = (Verdict.PROVED, None) if equal else (Verdict.UNDECIDED, "the identity does not hold")
    return told("stepsize", verdict, {"part": "only"}, name="only", hypotheses=[LOWER], reason=reason)


@cache
@recorded
def closed_form_claim() -> Claim:
    """Pascal's rule carries the closed form from n to n + 1, coefficient by coefficient of M^j."""
    ring = fmpq_mpoly_ctx.get(["a", "h", "low", "high", "power_a", "power_h"], Ordering.lex)
    a, h, low, high, power_a, power_h = ring.gens()
    # With a = 1 - h, low = binom(n, j-1), high = binom(n, j), power_a = a^(n-j), power_h = h^(j-1).
    before_j, before_below = high * power_a * power_h * h, low * power_a * a * power_h
    after = (low + high) * power_a * a * power_h * h
    equal = bool(a * before_j + h * before_below == after)
    called(POLYNOMIALS)
    called(INDUCTION)
    verdict, reason = (Verdict.PROVED, None) if equal else (Verdict.UNDECIDED, "the identity does not hold")
    return told("stepsize", verdict, {"part": "closed-form"}, name="closed-form", reason=reason)


def stepsize_claims(graph: Graph) -> Iterator[Claim]:
    """The two general claims and this network's."""
    yield displacement_claim()
    yield closed_form_claim()
    yield network_claim(graph)


def network_claim(graph: Graph) -> Claim:
    """Nilpotency, displacement and, if the network is linear, the closed form: on this network's equations."""
    sizes = reduced_sizes(graph)
    seed = seed_of(graph, "stepsize")
    counterexample, prime, trials = _modulo(graph, sizes, seed, BITS)
    if counterexample is None and (bits := bits_for(trials)) > BITS:
        counterexample, prime, trials = _modulo(graph, sizes, seed, bits)
    linear = is_linear(graph)
    if linear and counterexample is None:
        counterexample = _deviates(graph, sizes)
    about, numbers = {"part": "network"}, {"T": graph.largest_rank, "linear": int(linear)}
    if counterexample is not None:
        return told("stepsize", Verdict.REFUTED, about, numbers, name="network", counterexample=counterexample)
    witness = {"prime": str(prime), "seed": seed} | as_witness(graph, Instantiation(graph, sizes))
    numbers |= {"log10_error": log10_error(probability(trials, prime))}
    return told("stepsize", Verdict.PROVED, about, numbers, name="network", witness=witness)


def _modulo(graph: Graph, sizes: dict[str, int], seed: int, bits: int) -> tuple[dict[str, Any] | None, int, int]:
    """A counterexample if there is one, the prime, and the weight of all polynomials of which one vanishes if it errs.

    The seed is told apart from that of other runs by its method.
    """
    prime = primes_for(seed, bits)[0]
    ring, draw = PrimeField(prime, seed), residue_source(prime, seed)
    counterexample = _alive(graph, ring, draw, sizes) or _displaced(graph, ring, draw, sizes)
    if counterexample is not None:
        return counterexample, prime, 0
    # A row of M^T is a sum of products of T derivatives, each of at most the weight of what backpropagation computes;
    # (1 - h)^n d weighs 2 n + 1.
    entries = sum(2 * len(row) for row in Instance(graph, ring, draw, sizes).value_places.values())
    one = Identity(prime, seed, "synchronous", sizes, ring.calls, entries, None)
    return None, prime, (graph.largest_rank + 1) * trials_of(graph, one, entries.bit_length() + 3 * _STEPS)


def _alive(graph: Graph, ring: PrimeField, draw: Draw, sizes: dict[str, int]) -> dict[str, Any] | None:
    """A random row times M, the Jacobian at a random state, T times: what is left of it, if anything is."""
    tape = Tape(ring)
    instance = Instance(graph, tape, lambda label: tape.variable(draw(label)), sizes)
    state = instance.initial(lambda label: tape.variable(draw(f"initial {label}")))
    after = instance.step(state)
    row: State = {key: {at: draw(f"row {key} {at}") for at in table} for key, table in after.items()}
    for _ in range(graph.largest_rank):
        parts = [tape.mul([tape.variable(row[k][at]), after[k][at]]) for k in after for at in after[k] if row[k][at]]
        if not parts:
            return None
        slopes = tape.backward(tape.add(parts))
        row = {key: {at: slopes[place] for at, place in table.items()} for key, table in state.items()}
    for key, table in row.items():
        for at, value in table.items():
            if value:
                return {
                    "variable": f"{key[0]}:{key[1]}", "entry": list(at), "steps": graph.largest_rank,
                    "claimed": "0", "exact": str(value), "modulo": str(ring.prime),
                }  # fmt: skip
    return None


def _mixed(ring: Ring, h: Any, old: State, new: State) -> State:
    """(1 - h) x + h f, entry by entry."""
    rest = ring.add([ring.number(1), ring.mul([ring.number(-1), h])])
    return {
        key: {at: ring.add([ring.mul([rest, old[key][at]]), ring.mul([h, value])]) for at, value in table.items()}
        for key, table in new.items()
    }


def _displaced(graph: Graph, ring: PrimeField, draw: Draw, sizes: dict[str, int]) -> dict[str, Any] | None:
    """The first x and the last s, each displaced alone by d, after a few steps of size h."""
    instance = Instance(graph, ring, draw, sizes)
    fixed = instance.wavefront()
    h, d = draw("step h"), draw("displacement d")
    wanted = pow(1 - h, _STEPS, ring.prime) * d % ring.prime
    last = max(graph.rank_s, key=graph.rank_s.__getitem__)
    for key in (("x", next(iter(graph.parents))), ("s", last)):
        at = next(iter(fixed[key]))
        state = {k: dict(table) for k, table in fixed.items()}
        state[key][at] = ring.add([state[key][at], d])
        for _ in range(_STEPS):
            state = _mixed(ring, h, state, instance.step(state))
        found = (state[key][at] - fixed[key][at]) % ring.prime
        if found != wanted:
            return {
                "variable": f"{key[0]}:{key[1]}", "entry": list(at), "steps": _STEPS, "h": str(h), "d": str(d),
                "claimed": str(wanted), "exact": str(found), "modulo": str(ring.prime),
            }  # fmt: skip
    return None


def _deviates(graph: Graph, sizes: dict[str, int]) -> dict[str, Any] | None:
    """A linear network from small integers with h = 1/3, against the closed form, for n up to T + 2."""
    ring, draw, h = Rationals(), integers(SEED), fmpq(1, 3)
    instance = Instance(graph, ring, draw, sizes)
    fixed, start = instance.wavefront(), instance.initial(integers(SEED + 1))

    def off(state: State) -> State:
        return {key: {at: value - fixed[key][at] for at, value in table.items()} for key, table in state.items()}

    powers, unit = [off(start)], start  # M^j e_0: what is left of the deviation after j unit steps
    state: State = start
    for n in range(1, graph.largest_rank + 3):
        unit, state = instance.step(unit), _mixed(ring, h, state, instance.step(state))
        powers.append(off(unit))
        weights = [comb(n, j) * (1 - h) ** (n - j) * h**j for j in range(n + 1)]
        for key, table in off(state).items():
            for at, value in table.items():
                wanted = sum((w * power[key][at] for w, power in zip(weights, powers, strict=True)), fmpq(0))
                if value != wanted:
                    return {
                        "variable": f"{key[0]}:{key[1]}", "entry": list(at), "steps": n, "h": "1/3",
                        "claimed": str(wanted), "exact": str(value), "seed": SEED,
                    }  # fmt: skip
    return None


__all__ = ["closed_form_claim", "displacement_claim", "network_claim", "stepsize_claims", "unfit"]

"""Polynomial identity testing at the network's own sizes, with matrices over a prime field.

Proves, for networks made of vectors (dense, sums, activations, and the two costs): x, s and dE/dtheta after all T
synchronous steps from a random state are those of backpropagation by reverse accumulation over the definitions, as
polynomials in every parameter, input, target, initial value and function value; hence for every choice of activation
functions and of their derivatives.  Every variable is computed at every step; what one step shares is that a vertex
evaluates its own definitions once for its x and for what it hands its parents.  Beyond the budget the wavefront is
evaluated, and the statement says so.

Error: the values are drawn from 2^61 residues, each function value when it is first asked for.  If no two different
arguments of a function have one residue, a run evaluates two polynomials at a random point modulo a random prime.  A
polynomial of the weight w (its degree and the bits of its coefficients are at most w) vanishes there with probability
at most 129 w / 2^61 (proofs/checker/evaluation/prime_numbers.py): a false identity passes with n times that for n
entries.  Two different arguments have one residue with probability at most 129 a / 2^61, a the weight of their
difference: over N_f values of each function, sum of N_f (N_f - 1) / 2 times that.  The sum of both bounds one run; two
runs over two primes multiply.

Trusts: python-flint's matrix products, SHAKE-256 as a source of randomness, the translation in matrices.py.
Blind to: a derivation whose definitions are wrong, since both sides start from them; floating point.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import nmod_mat

from dyadic.proofs.checker.evaluation.prime_numbers import TOGETHER, probability
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.trust import MATRICES, SHAKE, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.identity_values import primes_for, seed_of
from dyadic.proofs.methods.refutation.counterexample import smallest
from dyadic.proofs.methods.shared.parallel import in_parallel
from dyadic.proofs.methods.vectors.algebras import DRAWN_BITS, DegreeAlgebra, Randomness, Residues, Unknowns, Value
from dyadic.proofs.methods.vectors.matrices import Environment, NoVectorForm
from dyadic.proofs.methods.vectors.vector_network import VectorNetwork
from dyadic.proofs.sentences import log10_error, told

LITERAL_BUDGET = 2 * 10**9
"""Largest number of products for which every step is executed."""
WAVEFRONT_BUDGET = 10**8
"""Largest number of matrix entries."""
_SMALL = 30_000_000
"""Number of products below which a second process costs more than it saves."""
_PER_ENTRY = 200
"""What an entry of a vector costs, in products of a matrix."""


@dataclass(frozen=True)
class RelaxationRun:
    """One run: ``difference`` is (variable, entry, relaxation, backpropagation), None on agreement."""

    prime: int
    seed: int
    difference: tuple[str, int, str, str] | None
    compared: int
    calls: list[int]


def run(network: VectorNetwork, steps: int | None, prime: int, seed: int) -> RelaxationRun:
    """Execute ``steps`` synchronous steps (None: the wavefront) and compare with backpropagation."""
    randomness = Randomness(prime, seed)
    unknowns = Unknowns(randomness)
    algebra = Residues(prime, unknowns, keep_transposes=steps is not None)
    drawn = network.draw(randomness.vector, randomness.matrix)
    state = network.wavefront(drawn, algebra) if steps is None else network.initial(randomness.vector)
    for _ in range(steps or 0):
        state = network.step(state, drawn, algebra)
    differences: list[tuple[str, int, str, str]] = []
    compared = 0

    def compare(label: str, one: Value, two: Value) -> None:
        nonlocal compared
        if isinstance(one, nmod_mat):
            compared += one.nrows() * one.ncols()
            if not (one - two):
                return
            one, two = one.entries(), two.entries()
        else:
            compared += len(one)
        wrong = next((k for k, (a, b) in enumerate(zip(one, two, strict=True)) if a != b), None)
        if wrong is not None:
            differences.append((label, wrong, str(one[wrong]), str(two[wrong])))

    def visit(name: str, variables: tuple[Value, Value] | None, gradients: Environment) -> None:
        if variables is not None:
            compare(f"x:{name}", state[0][name], variables[0])
            compare(f"s:{name}", state[1][name], variables[1])
        claimed = network.gradients(name, state, drawn, algebra)
        if set(claimed) != set(gradients):
            differences.append((f"dE/dtheta of {name}", 0, str(sorted(claimed)), str(sorted(gradients))))
        for key in set(claimed) & set(gradients):
            compare(f"dE/d{key[0]} of {name}", claimed[key], gradients[key])

    network.backpropagation(drawn, algebra, visit)
    return RelaxationRun(prime, seed, differences[0] if differences else None, compared, unknowns.calls)


def error_bound(network: VectorNetwork, steps: int | None, outcome: RelaxationRun) -> Fraction:
    """The probability, at most, that one run agrees although the identity is false."""
    compared, argument = _weights(network, steps)
    pairs = sum(calls * (calls - 1) // 2 for calls in outcome.calls)
    return probability(outcome.compared * compared + pairs * argument, 2**DRAWN_BITS)


def _weights(network: VectorNetwork, steps: int | None) -> tuple[int, int]:
    """The weights, at most, of a difference that is compared, and of one of what a function is applied to."""
    algebra = DegreeAlgebra()
    drawn, initial = network.draw(algebra.vector, algebra.matrix), network.initial(algebra.vector)
    state = network.wavefront(drawn, algebra) if steps is None else initial
    for _ in range(steps or 0):
        state = network.step(state, drawn, algebra)
    weights: list[Value] = [*state[0].values(), *state[1].values()]
    for name in (*network.plans, *network.graph.shared):
        weights += network.gradients(name, state, drawn, algebra).values()
    network.backpropagation(drawn, algebra, lambda name, xs, theta: weights.extend([*(xs or ()), *theta.values()]))
    return max(w for w, _ in weights) + max(d for _, d in weights) + 1, algebra.largest_argument


def unfit(graph: Graph) -> str | None:
    """Why this network cannot be evaluated at its own sizes, or None."""
    try:
        network = VectorNetwork(graph)
        matrices, vectors = network.entries
    except NoVectorForm as error:
        return f"{error}: exact evaluation stays at reduced sizes"
    if matrices > WAVEFRONT_BUDGET:
        return f"its matrices have {matrices} entries, more than {WAVEFRONT_BUDGET}"
    weight = max(_weights(network, None))
    if probability((matrices + vectors) * weight, 2**DRAWN_BITS) >= Fraction(1, 2**TOGETHER):
        return f"its polynomials have a degree of {weight.bit_length()} bits, too high for primes of {DRAWN_BITS}"
    return None


def residues_claim(graph: Graph, steps: int) -> Claim:
    """Two runs over two random primes, at the network's own sizes."""
    network = VectorNetwork(graph)
    matrices, vectors = network.entries
    literal = steps * (matrices + _PER_ENTRY * vectors) <= LITERAL_BUDGET
    counts = {"steps": steps, "every_step": int(literal)}
    executed = steps if literal else None
    called(MATRICES)  # here as well: the runs may have processes of their own
    called(SHAKE)
    seed = seed_of(graph, "residues")
    jobs = [(network, executed, prime, seed + position) for position, prime in enumerate(primes_for(seed))]
    outcomes = in_parallel(run, jobs, worthwhile=(executed or 1) * (matrices + _PER_ENTRY * vectors) > _SMALL)
    wrong = next((outcome for outcome in outcomes if outcome.difference), None)
    if wrong is not None:
        variable, entry, found, wanted = wrong.difference  # type: ignore[misc]
        numbers = smallest(graph, steps) or {
            "variable": variable, "entry": entry, "claimed": found, "exact": wanted,
            "modulo": str(wrong.prime), "seed": wrong.seed,
        }  # fmt: skip
        return told("residues", Verdict.REFUTED, {}, counts, counterexample=numbers)
    bound = Fraction(1)
    for outcome in outcomes:
        bound *= error_bound(network, executed, outcome)
    runs = [{"prime": str(r.prime), "seed": r.seed, "entries": r.compared} for r in outcomes]
    numbers = counts | {"log10_error": log10_error(bound)}
    return told("residues", Verdict.PROVED, {}, numbers, witness={"runs": runs})

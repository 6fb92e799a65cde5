"""The relaxation after the claimed number of steps equals backpropagation: exact evaluation.

Polynomial identity testing: parameters, inputs, target and initial state are random residues modulo a prime
of 61 bits or more, and every function value is an unknown keyed by its argument, so an agreement is an identity for
all parameters and all activation functions, at the sizes evaluated, up to the stated error probability.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any
from weakref import WeakKeyDictionary

from flint import arb, ctx, fmpz

from dyadic.proofs.checker.evaluation.prime_numbers import BITS, bits_for, digest_size, primes, probability
from dyadic.proofs.checker.intake.graph import COST, Graph, digest
from dyadic.proofs.checker.intake.reading import Costly, Rejected
from dyadic.proofs.checker.trust import BLAKE, called
from dyadic.proofs.evaluate.drawn_sizes import Instantiation
from dyadic.proofs.evaluate.maximum_choices import choice_count, choices, longest_maximum
from dyadic.proofs.evaluate.number_rings import Ball, PrimeField, Undetermined
from dyadic.proofs.evaluate.simulate import Instance, State, backpropagation, reduced_sizes
from dyadic.proofs.evaluate.weights import Degree

LITERAL_BUDGET = 20_000
"""Largest number of vertices times steps for which every step of the relaxation is executed."""

_FOR_ENTRIES = 64
"""Bits of the number of entries and of pairs of function values."""
_FURTHEST = 1600
"""How far from the number drawn a prime is looked for; near 2^61 none is further from the one before."""

_CHOICES_WORK = 1_000_000
"""Largest number of terms, of all choices of the entries that maxima take together."""
LITERAL_TERMS = 20_000_000
"""Largest number of terms (see :class:`Instantiation`) times steps for the same."""


@dataclass(frozen=True)
class Identity:
    """Outcome of one run.  ``difference`` is None on agreement, else (tag of the variable, entry, both sides)."""

    prime: int
    seed: int
    schedule: str
    sizes: dict[str, int]
    calls: int
    entries: int
    difference: tuple[str, list[int], str, str] | None


def residue_source(prime: int, seed: int) -> Callable[[str], int]:
    """Residues that depend only on the seed and a label."""

    called(BLAKE)
    key, size = seed.to_bytes(32, "big"), digest_size(prime, 32)

    def draw(label: str) -> int:
        raw = hashlib.blake2b(label.encode(), key=key, digest_size=size).digest()
        return int.from_bytes(raw, "big") % prime

    return draw


def small_rational_source(seed: int) -> Callable[[str], arb]:
    """Multiples of 1/4 between -1 and 1, none of them 0, that depend only on the seed and a label.

    From seed 10 on they are integers between -4 and 4, for functions that are defined only there.
    """

    called(BLAKE)

    def draw(label: str) -> arb:
        value = small_rational(label, seed)
        return arb(value.numerator) / value.denominator

    return draw


def small_rational(label: str, seed: int) -> Fraction:
    """The number behind :func:`small_rational_source`."""
    raw = hashlib.blake2b(label.encode(), key=seed.to_bytes(32, "big"), digest_size=8).digest()
    choice = int.from_bytes(raw, "big") % 8
    return Fraction(choice - 4 if choice < 4 else choice - 3, 4 if seed < 10 else 1)


def schedule_for(graph: Graph, steps: int) -> str:
    """``synchronous`` (every step executed) while that is affordable, else ``wavefront``."""
    if len(graph.parents) * steps > LITERAL_BUDGET:
        return "wavefront"
    work = Instantiation(graph, reduced_sizes(graph)).work
    return "synchronous" if work * steps <= LITERAL_TERMS else "wavefront"


def choices_of(graph: Graph, steps: int) -> int:
    """With how many choices of the entry that each maximum takes the network is evaluated; 0 if it takes none."""
    small = Instantiation(graph, reduced_sizes(graph))
    used = [(graph.layers[graph.content[name]], name) for name in graph.parents]
    used += [(content, owner) for owner, content in graph.cost_contents.items()]
    longest = max(longest_maximum(content, small.tables[name], f"vertex {name!r}") for content, name in used)
    executed = steps if schedule_for(graph, steps) == "synchronous" else 1
    return choice_count(longest, small.work * executed, _CHOICES_WORK) if longest else 0


def run(graph: Graph, steps: int, prime: int, seed: int, choice: int | None = None) -> Identity:
    """Execute the relaxation and backpropagation modulo a prime and compare every variable and gradient.

    choice: of the entry that each maximum takes, as :class:`PrimeField` has it.
    """
    sizes = reduced_sizes(graph)
    ring = PrimeField(prime, seed, choice)
    draw = residue_source(prime, seed)
    instance = Instance(graph, ring, draw, sizes)
    schedule = schedule_for(graph, steps)
    if schedule == "synchronous":
        state = instance.initial(residue_source(prime, seed + 1))
        for _ in range(steps):
            state = instance.step(state)
    else:
        state = instance.wavefront()
    gradients = instance.gradients(state)
    wanted_state, wanted_gradients = backpropagation(graph, ring, draw, sizes)
    difference = _first_difference(state, wanted_state, "") or _first_difference(gradients, wanted_gradients, "dE/d ")
    count = sum(map(len, state.values())) + sum(map(len, gradients.values()))
    return Identity(prime, seed, schedule, sizes, ring.calls, count, difference)


def _first_difference(found: State, wanted: State, prefix: str) -> tuple[str, list[int], str, str] | None:
    for key in wanted:
        for place, value in wanted[key].items():
            other = found.get(key, {}).get(place)
            if other is None or not bool(other == value):
                label = f"{prefix}{key[0]}.{key[1]}" if prefix else f"{key[0]}:{key[1]}"
                return label, list(place), str(other), str(value)
    return None


_DEGREES: WeakKeyDictionary[Graph, dict[str, tuple[int, int]]] = WeakKeyDictionary()
_DIGESTS: WeakKeyDictionary[Graph, str] = WeakKeyDictionary()


def seed_of(graph: Graph, method: str) -> int:
    """Of what a method draws: a hash of the network, equations included.

    What is drawn is the same from run to run, and nobody knows it who has not written the network: its equations cannot
    be made to suit it, but by trial.
    """
    if graph not in _DIGESTS:
        _DIGESTS[graph] = digest([graph.inputs, graph.vertices, graph.costs, graph.decay, graph.terms])
    return int(digest([method, _DIGESTS[graph]])[:15], 16)


def largest_weights(graph: Graph, sizes: dict[str, int]) -> tuple[int, int]:
    """The weights, at most, of a difference that is compared, and of one of what two function values are of.

    As :class:`Degree` has them.
    """
    known, key = _DEGREES.setdefault(graph, {}), str(sizes)
    if key not in known:
        degree = Degree()
        _, gradients = backpropagation(graph, degree, lambda label: 1, sizes)
        instance = Instance(graph, degree, lambda label: 1, sizes)
        state = instance.wavefront()
        relaxed = instance.gradients(state)
        tables = [*gradients.values(), *relaxed.values(), *state.values()]
        known[key] = degree.difference(weight for table in tables for weight in table.values()), degree.deepest
    return known[key]


def too_high(graph: Graph) -> str | None:
    """Why no prime is large enough for the polynomials of a network, if none is."""
    try:
        largest = max(largest_weights(graph, reduced_sizes(graph)))
    except Rejected:
        return None  # equations that cannot be evaluated: the evaluation says what is wrong with them
    try:
        bits_for(largest << _FOR_ENTRIES, 2)
    except Costly:
        bits = largest.bit_length()
        return f"its polynomials have a degree of {bits} bits, of which no evaluation modulo a prime shows anything"
    return None


def trials_of(graph: Graph, outcome: Identity, more: int = 0) -> int:
    """The weight of all polynomials of which one vanishes if a run agrees although the identity is false.

    With n entries compared, w the weight of what is compared, N the function values drawn and a the weight of the
    difference of two arguments: n w, and N (N - 1) / 2 a, since two different arguments may have one residue.
    more: by how much what is compared weighs more than in the network's own state and gradients.
    """
    compared, argument = largest_weights(graph, outcome.sizes)
    return outcome.entries * (compared + more) + outcome.calls * (outcome.calls - 1) // 2 * (argument + more)


def runs(graph: Graph, steps: int, seed: int) -> tuple[list[Identity], Fraction]:
    """Two runs over two random primes, and the probability, at most, that they agree by chance.

    Of a network with maxima each stands for one run per choice (:func:`choices_of`), of which the first draws, or for
    the run that differs.  Raises :class:`Costly` where the degree of what is compared is too high for any prime.
    """
    first, *further = choices(choices_of(graph, steps))
    bits = BITS
    while True:
        prime, other = primes_for(seed, bits)
        one = run(graph, steps, prime, seed, first)
        if one.difference:
            return [one], Fraction(1)
        needed = bits_for(trials_of(graph, one), 2)
        if needed <= bits:
            break
        bits = needed
    two = run(graph, steps, other, seed + 1, first)
    if two.difference:
        return [one, two], Fraction(1)
    bound = _of_both(graph, one, two)
    for choice in further:
        pair = run(graph, steps, prime, seed, choice), run(graph, steps, other, seed + 1, choice)
        if any(each.difference for each in pair):
            return list(pair), Fraction(1)
        bound += _of_both(graph, *pair)
    return [one, two], bound


def _of_both(graph: Graph, one: Identity, two: Identity) -> Fraction:
    """The probability, at most, that two runs over two primes agree by chance."""
    return prod((probability(trials_of(graph, each), each.prime) for each in (one, two)), start=Fraction(1))


def is_prime(candidate: int) -> bool:
    """Deterministic for numbers of this size."""
    return bool(fmpz(candidate).is_prime())


def primes_for(seed: int, bits: int = BITS) -> tuple[int, int]:
    """Two primes drawn with the seed: between 2^61 and 2^62, or of that many bits where more are asked for.

    How improbable any one prime is: :func:`dyadic.proofs.checker.evaluation.prime_numbers.share`.
    """
    if bits > BITS:
        return primes(seed, bits)
    draw = residue_source(2**60, seed)
    return _next_prime(2**61 + draw("first prime")), _next_prime(2**61 + 2**60 + draw("second prime"))


def _next_prime(start: int) -> int:
    return next(candidate for candidate in range(start, start + _FURTHEST) if is_prime(candidate))


def real_counterexample(graph: Graph, steps: int, tries: int = 8) -> dict[str, Any] | None:
    """Numbers for which relaxation and backpropagation differ for certain, with the true functions.

    All parameters, inputs, targets and initial values are small rationals that :func:`small_rational` gives
    for the labels and seed stated; both sides are rigorous enclosures that do not meet.
    """
    sizes = reduced_sizes(graph, largest=2)
    before, ctx.prec = ctx.prec, 256
    try:
        for seed in range(tries):
            found = _real_difference(graph, steps, seed, sizes)
            if found:
                return found
    finally:
        ctx.prec = before
    return None


def _real_difference(graph: Graph, steps: int, seed: int, sizes: dict[str, int]) -> dict[str, Any] | None:
    draw = small_rational_source(seed)
    try:
        instance = Instance(graph, Ball(), draw, sizes)
        if schedule_for(graph, steps) == "synchronous":
            state = instance.initial(small_rational_source(seed + 1000))
            for _ in range(steps):
                state = instance.step(state)
        else:
            state = instance.wavefront()
        gradients = instance.gradients(state)
        exact_state, exact_gradients = backpropagation(graph, Ball(), draw, sizes)
    except Undetermined:
        return None
    for found, wanted, prefix in ((state, exact_state, ""), (gradients, exact_gradients, "dE/d ")):
        for key in wanted:
            for place, value in wanted[key].items():
                if not found[key][place].overlaps(value):
                    values = {
                        f"{vertex}.{kind} {list(at)}": str(small_rational(f"{vertex}.{name} {list(at)}", seed))
                        for vertex, layer in instance.layers.items()
                        for name, (kind, _) in layer.parameters.items()
                        for at in instance.parameters[vertex][kind, "v"]
                    }
                    inputs = {
                        f"x {n} {list(at)}": str(small_rational(f"x {n} {list(at)}", seed))
                        for n, table in instance.clamped.items()
                        for at in table
                    }
                    target = {
                        f"{label} {list(at)}": str(small_rational(f"{label} {list(at)}", seed))
                        for owner, table in instance.targets.items()
                        for label in ("target" if owner == COST else f"target {owner}",)
                        for at in table
                    }
                    return {
                        "variable": f"{prefix}{key[0]}.{key[1]}" if prefix else f"{key[0]}:{key[1]}",
                        "entry": list(place),
                        "claimed": found[key][place].str(20, radius=False),
                        "exact": value.str(20, radius=False),
                        "steps": steps,
                        "seed": seed,
                        "sizes": sizes,
                        "values": values | inputs | target,
                    }
    return None

"""A layer or cost evaluated with primes of the checker's own: at sizes drawn, or at all those that a network has.

At a network's own sizes that shows the adjoint for them, up to the chance of an agreement by accident: sums, products,
powers and unknown functions are the same polynomials for all numbers.  It shows nothing where one case of several is
drawn (integers, the largest of several values), nor where the equations may have no value at all: logarithms of
negative numbers have residues.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from dyadic.proofs.checker.evaluation.domain import conditions
from dyadic.proofs.checker.evaluation.kind_pairing import MOST_WORK, Integers, PairingOutcome, evaluate
from dyadic.proofs.checker.evaluation.maxima import takes_maxima
from dyadic.proofs.checker.evaluation.prime_numbers import BITS, SHOWN, bits_for, primes
from dyadic.proofs.checker.intake.reading import Costly, Rejected
from dyadic.proofs.checker.intake.shapes import integer_slots

MOST_TABLES, PRIMES, SEED_BITS = 3, 2, 240


def own_prime(bits: int = BITS) -> int:
    """A prime from a seed that nobody knows beforehand."""
    return primes(secrets.randbits(SEED_BITS), bits)[0]


def agreed(
    content: Any, place: str, sizes: Mapping[str, int], most: int = MOST_WORK, integers: Integers | None = None,
    choice: int | None = None,
) -> PairingOutcome:  # fmt: skip
    """Both sides at sizes, modulo a prime so large that their agreement shows something.

    choice: of the entry that each maximum takes, as in :func:`.maxima.choices`.
    Raises :class:`Rejected` where they differ, :class:`Costly` where it takes too long or no prime is large enough.
    """
    outcome = evaluate(content, place, own_prime(), secrets.randbits(SEED_BITS), sizes, most, integers, choice)
    if outcome.forward == outcome.backward and (bits := bits_for(outcome.trials)) > BITS:
        seed = secrets.randbits(SEED_BITS)
        outcome = evaluate(content, place, own_prime(bits), seed, sizes, most, integers, choice)
    if outcome.forward != outcome.backward:
        values = f"{outcome.backward}, forward mode {outcome.forward}, mod {outcome.prime} at sizes {outcome.sizes}"
        raise Rejected(place, f"the derived adjoints give {values}")
    return outcome


def undecided_by_values(content: Any) -> str | None:
    """Why values at a network's sizes show nothing of a layer's adjoint; None if they do."""
    if integer_slots(content):
        return "it reads integers, of which a few are drawn"
    if takes_maxima(content):
        return "it takes the largest of several values, of which any is drawn"
    needed = conditions(content)
    return f"its equations may have no value: {', '.join(sorted(needed))}" if needed else None


def at_own_sizes(content: Any, place: str, tables: Sequence[Mapping[str, int] | None]) -> Fraction:
    """The chance that a wrong adjoint agrees at all of a network's sizes.  Raises :class:`Costly`, saying why not.

    tables: the sizes that it has, None where they are not all numbers.
    """
    reason = undecided_by_values(content)
    known = [table for table in tables if table is not None]
    if reason is None and (len(known) < len(tables) or not known):
        reason = "the network's sizes are not all numbers"
    if reason is None and len(known) > MOST_TABLES:
        reason = f"it has more than {MOST_TABLES} different sizes"
    if reason is not None:
        raise Costly(place, reason)
    total = Fraction(0)
    for sizes in known:
        bound = Fraction(1)
        for _ in range(PRIMES):
            bound *= agreed(content, place, sizes).bound
        total += bound
    if total >= Fraction(10) ** SHOWN:
        raise Costly(place, "the probability of an agreement by chance is not small")
    return total


def check_runs(witness: Any, tables: Sequence[Mapping[str, int]], where: str) -> None:
    """What is said to have been evaluated is every size that the network has, no other, each modulo two primes.

    The chance that is said to remain is one that two primes leave; it is written with two digits.
    """
    runs = witness["runs"]
    for position, run in enumerate(runs):
        if not any(table.items() <= run["sizes"].items() for table in tables):
            raise Rejected(f"{where}.runs[{position}].sizes", "are none of the network's")
    moduli = [{int(r["prime"]) for r in runs if table.items() <= r["sizes"].items()} for table in tables]
    if any(len(each) < PRIMES for each in moduli):
        raise Rejected(f"{where}.runs", f"are not modulo {PRIMES} primes at each of the network's sizes")
    least = sum(Fraction(1, prod(sorted(each)[-PRIMES:])) for each in moduli)
    stated = float(witness["error_probability_below"])
    if stated < 0.95 * least:
        raise Rejected(f"{where}.error_probability_below", "is less than these primes leave")
    if stated >= 10.0**SHOWN:
        raise Rejected(f"{where}.error_probability_below", f"is not below 1e{SHOWN}: that shows nothing")


def exponent(bound: Fraction) -> int:
    """The smallest e, at least -99, with bound < 10^e."""
    return next((e for e in range(-99, 0) if bound < Fraction(10) ** e), 0)


def shown_sizes(outcomes: Sequence[PairingOutcome]) -> str:
    """The sizes at which something was evaluated, in words."""
    tables = [" ".join(f"{name}={n}" for name, n in sorted(outcome.sizes.items())) for outcome in outcomes]
    return "; ".join(dict.fromkeys(text for text in tables if text)) or "(it has none)"


__all__ = [
    "MOST_TABLES", "PRIMES", "agreed", "at_own_sizes", "check_runs", "exponent", "own_prime", "shown_sizes",
    "undecided_by_values",
]  # fmt: skip

"""What may stand in the witness of a claim of each kind: numbers, names of the network, and words that are listed here.

A witness is never printed and proves nothing by itself; but nothing may stand in it that reads like a finding.
"""

from __future__ import annotations

import json
import re
from typing import Any

from dyadic.proofs.checker.evaluation.prime_numbers import BITS, MOST_BITS, is_prime
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.form import WHOLE, Form, expression, listed, number, one_of, record, table, text
from dyadic.proofs.checker.intake.reading import Rejected

MOST_RUNS, MOST_CONSTANTS, PER_PRIME = 4, 1_000, 12
SIZE, COUNT = number(1, 10**6), number(1, 10**15)
SIGNS, INITIAL = ("negative", "mixed", "positive", "small"), ("zero", "drawn")
"""How the numbers of a witness of tightness are drawn, and the state from which the steps start."""
_SEED, _DIGITS = number(0, 2**64), text(140, "[1-9][0-9]*")
_NUMBER = r"(?!-?0e)-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"
_DECIMAL = text(60, _NUMBER)
_ENCLOSED = text(60, rf"{_NUMBER}|\[(?:{_NUMBER} )?\+/- {_NUMBER}\]")
"""A number, or one of which no digit is certain, by an interval.  0e+99 is neither: it is 0, or has no digit."""
_CONSTANTS = table(listed(text(800, r"-?[0-9]+(?:/[1-9][0-9]*)?"), most=MOST_CONSTANTS), most=MOST_CONSTANTS)
"""Entries in order as fractions, by input."""
_SHAPES = table(listed(SIZE, most=12))
_INTEGERS = table(listed(number(0, 10**6)))


def _prime(value: Any, where: str) -> None:
    """A prime such as evaluations are made modulo: from 2^61, proved or not, as text.

    Composite numbers fail the test; of those above 80 bits only what is made to pass it does.
    """
    _DIGITS(value, where)
    prime = int(value)
    if not 2**BITS <= prime < 2**MOST_BITS:
        raise Rejected(where, f"is not between 2^{BITS} and 2^{MOST_BITS}, as the primes are that are drawn")
    spend(prime.bit_length() ** 2 // PER_PRIME, where)
    if not is_prime(prime):
        raise Rejected(where, "is no prime")


def _extent(value: Any, where: str) -> None:
    """A size's name, a number, or an integer expression of sizes as text: what a small size stands for."""
    text(2000)(value, where)
    if re.fullmatch(r"[A-Za-z0-9_]+", value):
        return
    try:
        node = json.loads(value.replace("'", '"'))
    except ValueError as error:
        raise Rejected(where, "is no size") from error
    expression(WHOLE)(node, where)


_SIZES = table(SIZE, _extent)
_RUN = record({"content": text(), "prime": _prime, "seed": _SEED, "sizes": _SIZES, "integers": _INTEGERS})
_INSTANCE = {"inputs": _SHAPES, "below": table(SIZE), "sizes": table(_SIZES), "integers": _INTEGERS}
"""A small instance of the network."""
PLACE = r"(?:\[[0-9]+(?:, [0-9]+)*\]|\[\])"

WITNESSES: dict[str, Form] = {
    "pairing": record({"runs": listed(_RUN, most=10_000)}),
    "identity": record({
        "primes": listed(_prime, low=2, most=MOST_RUNS), "seeds": listed(_SEED, low=2, most=MOST_RUNS), **_INSTANCE,
    }),
    "residues": record({"runs": listed(record({"prime": _prime, "seed": _SEED, "entries": COUNT}), 2, MOST_RUNS)}),
    "polynomial": record({"variables": COUNT, "entries": COUNT, **_INSTANCE}),
    "rational": record({
        "seed": _SEED, "activations": one_of("piecewise linear stand-ins"), "entries": COUNT, **_INSTANCE,
    }),
    "schedules": record({"seeds": listed(_SEED, 1, 100)}),
    "stepsize": record({"prime": _prime, "seed": _SEED, **_INSTANCE}),
    "nonreciprocity": record({
        "row": text(500, rf"F_.*{PLACE}"), "column": text(500, rf"x_.*{PLACE}"), "entry": _DECIMAL,
        "transposed_entry": one_of("0"), "seed": _SEED, "sizes": _SIZES, "constants": _CONSTANTS,
    }),
    "tightness": record({
        "variable": text(500, "s:.*"), "entry": listed(number(0), most=12), "initial_state": one_of(*INITIAL),
        "steps": number(1), "value_before": _ENCLOSED, "value_exact": _ENCLOSED, "difference": _DECIMAL,
        "seed": number(0, 2**60), "signs": one_of(*SIGNS), "precision": number(1, 10_000), "sizes": _SIZES,
        "constants": _CONSTANTS,
    }),
    "adjoint": record({
        "runs": listed(record({"sizes": _SIZES, "prime": _prime, "seed": _SEED}), 2),
        "error_probability_below": _DECIMAL,
    }),
}  # fmt: skip
"""Of the kinds that have one; those of variational and of what ends in :structure are read where they are replayed."""
WITNESSES["gradient"] = WITNESSES["adjoint"]
INSTANCES = ("identity", "polynomial", "rational", "stepsize")
"""The kinds whose witnesses record a small instance of the network."""


def edge_of(witness: Any) -> tuple[str, str]:
    """The child and the parent that a witness of nonreciprocity names."""
    child, parent = (re.sub(rf"{PLACE}\Z", "", witness[key])[2:] for key in ("row", "column"))
    return child, parent


__all__ = [
    "COUNT", "INITIAL", "INSTANCES", "MOST_CONSTANTS", "MOST_RUNS", "PLACE", "SIGNS", "SIZE", "WITNESSES",
    "edge_of",
]  # fmt: skip

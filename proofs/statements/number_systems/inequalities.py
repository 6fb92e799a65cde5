"""Whether linear inequalities can hold together, by Fourier-Motzkin elimination over the rationals.

The unknowns are monomials, taken to be independent: what cannot hold then cannot hold at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dyadic.proofs.statements.number_systems.laurent import Form, Monomial, total
from dyadic.proofs.statements.number_systems.work import spend

_MOST = 300
"""Of more inequalities nothing is said."""


@dataclass(frozen=True)
class Inequality:
    """form > 0 (strict) or form >= 0."""

    form: Form
    strict: bool


def contradictory(inequalities: Iterable[Inequality]) -> bool:
    """Whether no numbers satisfy all of them; False where that takes too long to tell."""
    present = [item for item in inequalities if item.form or item.strict]
    while True:
        if any(_never(item) for item in present):
            return True
        growth = _growths(present)
        if not growth:
            return False
        chosen = min(growth, key=lambda unknown: (growth[unknown], unknown))
        present = _without(present, chosen)
        if len(present) > _MOST:
            return False


def _never(item: Inequality) -> bool:
    """A constant that is not > 0, or not >= 0."""
    if any(item.form):
        return False
    value = item.form.get((), Fraction(0))
    return value < 0 or (item.strict and value == 0)


def _growths(present: list[Inequality]) -> dict[Monomial, int]:
    """How many more inequalities there are without an unknown."""
    lower, upper = Counter[Monomial](), Counter[Monomial]()
    for item in present:
        spend(len(item.form))
        for unknown, factor in item.form.items():
            (lower if factor.numerator > 0 else upper)[unknown] += 1
    unknowns = {*lower, *upper} - {()}
    return {unknown: lower[unknown] * upper[unknown] - lower[unknown] - upper[unknown] for unknown in unknowns}


def _without(present: list[Inequality], unknown: Monomial) -> list[Inequality]:
    """What follows for the other unknowns."""
    lower = [item for item in present if item.form.get(unknown, 0) > 0]
    upper = [item for item in present if item.form.get(unknown, 0) < 0]
    found = [item for item in present if unknown not in item.form]
    for one in lower:
        for two in upper:
            a, b = one.form[unknown], -two.form[unknown]
            parts = [{m: c * b for m, c in one.form.items()}, {m: c * a for m, c in two.form.items()}]
            found.append(Inequality(total(parts), one.strict or two.strict))
    return found

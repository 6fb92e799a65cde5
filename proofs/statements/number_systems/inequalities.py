"""Whether linear inequalities can hold together, by Fourier-Motzkin elimination over the rationals.

The unknowns are monomials, taken to be independent: what cannot hold then cannot hold at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dyadic.proofs.statements.number_systems.laurent import Form, Monomial, total

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
        unknowns = {monomial for item in present for monomial in item.form if monomial}
        if not unknowns:
            return False
        chosen = min(unknowns, key=lambda unknown: (_growth(present, unknown), unknown))
        present = _without(present, chosen)
        if len(present) > _MOST:
            return False


def _never(item: Inequality) -> bool:
    """A constant that is not > 0, or not >= 0."""
    if any(item.form):
        return False
    value = item.form.get((), Fraction(0))
    return value < 0 or (item.strict and value == 0)


def _growth(present: list[Inequality], unknown: Monomial) -> int:
    above = sum(item.form.get(unknown, 0) > 0 for item in present)
    below = sum(item.form.get(unknown, 0) < 0 for item in present)
    return above * below - above - below


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

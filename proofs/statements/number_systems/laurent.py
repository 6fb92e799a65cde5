"""Forms: polynomials over the rationals in generators and their inverses, and the numbers that carry one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from dyadic.proofs.statements.number_systems.atoms import Value, key
from dyadic.proofs.statements.number_systems.work import spend

Monomial = tuple[tuple[int, int], ...]
"""Generators by their number, with their exponents."""
Form = dict[Monomial, Fraction]
DEEPEST = 100
"""From here on a form is made at once, so that none is nested too deeply."""
LARGEST_NUMBER = 10**12


class Residue:
    """A number: its value, and its form once that is asked for.

    degree: a bound on the degree of the numerator plus that of the denominator.
    depth: how many forms must be made before this one.
    factors: the numbers of which it was made as a product, if it was.
    real: whether it is known to be real, though it may be made of numbers that are not.
    """

    factors: Sequence[Residue] = ()
    real: bool = False

    def __init__(self, value: Value, form: Form | Callable[[], Form], degree: int, depth: int = 0) -> None:
        self.value, self.degree, self.depth = value, degree, depth
        self._form = form
        if depth > DEEPEST:
            self._form, self.depth = self.form, 0

    @property
    def form(self) -> Form:
        if callable(self._form):
            self._form = self._form()
        return self._form

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Residue) and self.value == other.value

    def __hash__(self) -> int:
        return hash(key(self.value))


@dataclass(frozen=True)
class FormGenerator:
    """What a form is made of.

    exponent: it is exp(exponent), which is real, so that it is positive.
    logarithm: of which number it is the logarithm.  root: it is the q-th root of which.
    whole: the sum that it stands for in quotients.
    rotation: exp(i unit it), and the unit, where that is known.
    power: it is exp of it, real or not.  known: of which function it is the value, and at what; pi at nothing.
    real: not for i and what is made of it.  positive: it is > 0.
    """

    number: Residue
    exponent: Residue | None = None
    logarithm: Residue | None = None
    root: tuple[int, Residue] | None = None
    whole: Residue | None = None
    rotation: tuple[Residue, Fraction] | None = None
    power: Residue | None = None
    known: tuple[str, Residue | None] | None = None
    real: bool = True
    positive: bool = False


def total(forms: Sequence[Form]) -> Form:
    found: Form = {}
    for form in forms:
        spend(len(form))
        for monomial, coefficient in form.items():
            found[monomial] = found.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in found.items() if coefficient}


def times(one: Monomial, two: Monomial) -> Monomial:
    if not one or not two:
        return one or two
    exponents = dict(one)
    for generator, exponent in two:
        exponents[generator] = exponents.get(generator, 0) + exponent
    return tuple(sorted((g, e) for g, e in exponents.items() if e))


def content(form: Form) -> Fraction:
    """The largest positive number of which every coefficient is a whole multiple; 1 for none."""
    if not form:
        return Fraction(1)
    top = gcd(*(c.numerator for c in form.values()))
    return Fraction(top, lcm(*(c.denominator for c in form.values())))


def primes(number: Fraction) -> dict[int, int]:
    """The prime factors with their exponents; a large factor stays whole."""
    found: dict[int, int] = {}
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        rest, divisor = part, 2
        while divisor * divisor <= min(rest, LARGEST_NUMBER):
            while rest % divisor == 0:
                found[divisor] = found.get(divisor, 0) + sign
                rest //= divisor
            divisor += 1
        if rest > 1:
            found[rest] = found.get(rest, 0) + sign
    return found

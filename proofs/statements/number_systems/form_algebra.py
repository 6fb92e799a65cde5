"""Forms (laurent.py) taken apart: the monomial that all terms share, exact division, exact square roots.

Generators are treated as independent variables.  What comes out equal is so for any numbers in their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from dyadic.proofs.statements.number_systems.laurent import Form, Monomial, content, times, total
from dyadic.proofs.statements.number_systems.work import spend

_LONGEST = 400
"""How many steps a division may take, and how many terms a form may have that is divided."""


def inverse(monomial: Monomial) -> Monomial:
    return tuple((generator, -exponent) for generator, exponent in monomial)


def power(monomial: Monomial, exponent: int) -> Monomial:
    return tuple((generator, e * exponent) for generator, e in monomial) if exponent else ()


def shared(form: Form) -> Monomial:
    """The monomial by which every term can be divided, the others then having no negative exponents."""
    exponents = [dict(monomial) for monomial in form]
    generators = sorted({generator for each in exponents for generator in each})
    least = ((g, min(each.get(g, 0) for each in exponents)) for g in generators)
    return tuple((g, e) for g, e in least if e)


def primitive(form: Form) -> tuple[Fraction, Monomial, Form]:
    """A number, a monomial and a form whose product a form is.

    The last has no factor that is a number or a monomial, and its first coefficient is positive: it is the same for
    all products of a form with numbers and monomials.  Of 0 the number is 0.
    """
    if not form:
        return Fraction(0), (), {(): Fraction(1)}
    monomial, scale = shared(form), content(form)
    below = inverse(monomial)
    rest = {times(m, below): c / scale for m, c in form.items()}
    if rest[min(rest)] < 0:
        scale, rest = -scale, {m: -c for m, c in rest.items()}
    return scale, monomial, rest


def _leading(form: Form) -> Monomial:
    """The largest monomial in the lexicographic order of exponents, which products respect."""
    generators = sorted({generator for monomial in form for generator, _ in monomial})

    def exponents(monomial: Monomial) -> list[int]:
        known = dict(monomial)
        return [known.get(generator, 0) for generator in generators]

    return max(form, key=exponents)


def _divides(one: Monomial, two: Monomial) -> bool:
    exponents = dict(two)
    return all(e <= exponents.get(generator, 0) for generator, e in one)


def scaled(form: Form, coefficient: Fraction, monomial: Monomial = ()) -> Form:
    return {times(m, monomial): c * coefficient for m, c in form.items()}


def cleared(form: Form) -> tuple[Monomial, Form]:
    """A monomial, and the form multiplied by it, which has no negative exponents."""
    shift = tuple((g, -e) for g, e in shared(form) if e < 0)
    return shift, scaled(form, Fraction(1), shift)


def remainder(form: Form, divisors: Sequence[Form]) -> Form:
    """What is left of a form when multiples of the divisors are taken off; {}: it vanishes where they all do.

    (It is multiplied by the generators in its denominators first, which are not 0.)  Long forms are left as they are.
    """
    rest, below = cleared(form)[1], [cleared(divisor)[1] for divisor in divisors if divisor]
    left: Form = {}
    for _ in range(_LONGEST):
        if not rest or len(rest) > _LONGEST:
            break
        first = _leading(rest)
        for divisor in below:
            top = _leading(divisor)
            if _divides(top, first):
                rest = total([rest, scaled(divisor, -rest[first] / divisor[top], times(first, inverse(top)))])
                break
        else:
            left[first] = rest.pop(first)
    return total([left, rest])


def quotient(form: Form, divisor: Form) -> Form | None:
    """The form by which the divisor must be multiplied; None if there is none, or the division is too long."""
    found: Form = {}
    (shift, rest), (lift, below) = cleared(form), cleared(divisor)
    top = _leading(below)
    for _ in range(_LONGEST):
        if not rest:
            return scaled(found, Fraction(1), times(inverse(shift), lift))
        first = _leading(rest)
        if len(rest) > _LONGEST or not _divides(top, first):
            return None
        factor = {times(first, inverse(top)): rest[first] / below[top]}
        rest, found = total([rest, product(below, {m: -c for m, c in factor.items()})]), total([found, factor])
    return None


def square_root(form: Form) -> Form | None:
    """A form whose square a form is; None if there is none."""
    shift = shared(form)
    if len(form) < 3 or len(form) > _LONGEST or any(e % 2 for _, e in shift):
        return None
    rest = scaled(form, Fraction(1), inverse(shift))
    first = _leading(rest)
    number = _root_of(rest[first])
    if number is None or any(e % 2 for _, e in first):
        return None
    half = tuple((g, e // 2) for g, e in first)
    found: Form = {half: number}
    rest.pop(first)
    while rest and len(found) <= len(form):
        first = _leading(rest)
        if not _divides(half, first):
            return None
        term = {times(first, inverse(half)): rest[first] / (2 * number)}
        # (found + term)^2 = found^2 + 2 found term + term^2
        twice = total([found, found, term])
        rest = total([rest, scaled(product(twice, term), Fraction(-1))])
        found = total([found, term])
    return scaled(found, Fraction(1), tuple((g, e // 2) for g, e in shift)) if not rest else None


def product(one: Form, two: Form) -> Form:
    spend(len(one) * len(two))
    if len(one) == 1 and () in one:
        one, two = two, one
    if len(two) == 1 and () in two:
        scale = two[()]
        return dict(one) if scale == 1 else {monomial: c * scale for monomial, c in one.items()}
    found: Form = {}
    for first, a in one.items():
        for second, b in two.items():
            monomial = times(first, second)
            found[monomial] = found.get(monomial, 0) + a * b
    return {monomial: c for monomial, c in found.items() if c}


def _root_of(number: Fraction) -> Fraction | None:
    if number < 0:
        return None
    found = Fraction(isqrt(number.numerator), isqrt(number.denominator))
    return found if found * found == number else None

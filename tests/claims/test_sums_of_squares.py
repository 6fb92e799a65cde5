"""The certificate that a form is a sum of squares: it is found where there is one, and never where there is none."""

import random
from fractions import Fraction

import pytest

from dyadic.proofs.statements.number_systems.laurent import times
from dyadic.proofs.statements.number_systems.sums_of_squares import sum_of_squares

X, Y, Z = (((k, 1),) for k in range(3))


def form(*terms):
    found = {}
    for coefficient, *factors in terms:
        monomial = ()
        for factor in factors:
            monomial = times(monomial, factor)
        found[monomial] = found.get(monomial, 0) + Fraction(coefficient)
    return {monomial: coefficient for monomial, coefficient in found.items() if coefficient}


@pytest.mark.parametrize(("terms", "least"), [
    ([(1, X, X), (-2, X, Y), (1, Y, Y)], 0),
    ([(1, X, X), (-1, X), (1,)], Fraction(3, 4)),
    ([(4, X, X), (-4, X), (1,)], 0),
    ([(1, X, X), (1, Y, Y), (1, Z, Z), (-1, X, Y), (-1, Y, Z), (-1, Z, X)], 0),
    ([(1, X, X, X, X), (-2, X, X, Y, Y), (1, Y, Y, Y, Y)], 0),
    ([(5,)], 5),
    ([(1, X, X), (-3, X, Y), (1, Y, Y)], None),  # below 0 at x = y = 1
    ([(1, X, X), (-3, X), (1,)], None),
    ([(1, X, X), (1, X, Y)], None),
    ([(-1, X, X)], None),
    ([(1, X)], None),
    ([(1, X, X), (1, X)], None),
    ([(-1,)], None),
    ([], None),
])  # fmt: skip
def test_forms(terms, least):
    assert sum_of_squares(form(*terms)) == least


def test_no_form_that_is_below_0_somewhere():
    """At random forms in three unknowns: where a certificate is found no number below its bound was met."""
    draw = random.Random(3)
    found = 0
    for _ in range(400):
        terms = [(draw.randint(-2, 2), one, two) for k, one in enumerate((X, Y, Z, ())) for two in (X, Y, Z, ())[k:]]
        terms += [(draw.randint(1, 3), one, one) for one in (X, Y, Z, ())]
        made = form(*terms)
        least = sum_of_squares(made)
        if least is None:
            continue
        found += 1
        for _ in range(100):
            at = [Fraction(draw.randint(-9, 9), draw.randint(1, 4)) for _ in range(3)]
            value = Fraction(0)
            for monomial, coefficient in made.items():
                for generator, exponent in monomial:
                    coefficient *= at[generator] ** exponent
                value += coefficient
            assert value >= least
    assert found > 40

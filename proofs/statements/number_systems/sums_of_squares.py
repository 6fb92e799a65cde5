"""Whether a form is a sum of squares: a certificate that it is nowhere below 0, by exact arithmetic.

A form z^T G z, for monomials z and a matrix G of rationals, is the sum of d_i l_i(z)^2, with d_i and l_i as in
G = L D L^T.  Where no d_i is below 0 neither is the form, whatever real numbers the generators are.  Not every form
that is nowhere below 0 is found so: one of higher degree has many such matrices, of which one is tried.
"""

from __future__ import annotations

from fractions import Fraction

from dyadic.proofs.statements.number_systems.laurent import Form, Monomial, times

_MOST = 24
"""Monomials to be squared; of more nothing is said."""


def sum_of_squares(form: Form) -> Fraction | None:
    """A number that the form is nowhere below, which is 0 or more; None where no certificate is found."""
    even = [m for m in sorted(form) if form[m] > 0 and all(e % 2 == 0 for _, e in m)]
    halves = [tuple((g, e // 2) for g, e in m) for m in even]
    halves = sorted(halves, key=lambda half: half == ())  # the number stands last
    if not halves or len(halves) > _MOST:
        return None
    matrix = _matrix(form, halves)
    least = None if matrix is None else _last_pivot(matrix)
    return least if least is None or halves[-1] == () else Fraction(0)


def _matrix(form: Form, halves: list[Monomial]) -> list[list[Fraction]] | None:
    """A symmetric matrix of which the form is made; None where a monomial is no product of two."""
    places = {times(one, two): (i, k) for i, one in enumerate(halves) for k, two in enumerate(halves[:i])}
    places |= {times(half, half): (i, i) for i, half in enumerate(halves)}
    found = [[Fraction(0)] * len(halves) for _ in halves]
    for monomial, coefficient in form.items():
        if monomial not in places:
            return None
        i, k = places[monomial]
        found[i][k] += coefficient / 2
        found[k][i] += coefficient / 2
    return found


def _last_pivot(matrix: list[list[Fraction]]) -> Fraction | None:
    """The last number of the diagonal matrix D; None where one is below 0, or there is no L D L^T."""
    rows = [list(row) for row in matrix]
    for k, row in enumerate(rows):
        pivot = row[k]
        if pivot < 0 or (pivot == 0 and any(row[k + 1 :])):
            return None
        for below in rows[k + 1 :] if pivot else ():
            share = below[k] / pivot
            below[k:] = [b - share * a for a, b in zip(row[k:], below[k:], strict=True)]
    return rows[-1][-1]


__all__ = ["sum_of_squares"]

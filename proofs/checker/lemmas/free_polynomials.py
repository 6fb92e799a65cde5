"""Polynomials with rational coefficients in atoms of any kind, for identities that hold for all values of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.intake.effort import spend

FreePolynomial = dict[tuple[Any, ...], Fraction]
"""Coefficients by monomial, a sorted tuple of atoms."""


def number(value: Fraction | int) -> FreePolynomial:
    return {(): Fraction(value)} if value else {}


def atom(*key: Any) -> FreePolynomial:
    return {(key,): Fraction(1)}


def add(*terms: FreePolynomial) -> FreePolynomial:
    total: FreePolynomial = {}
    for term in terms:
        for monomial, coefficient in term.items():
            total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def multiply(*factors: FreePolynomial) -> FreePolynomial:
    result = number(1)
    for factor in factors:
        total: FreePolynomial = {}
        spend(40 * len(result) * len(factor), "witness")
        for first, a in result.items():
            for second, b in factor.items():
                # Atoms of different kinds are not ordered among each other, but their texts are.
                monomial = tuple(sorted(first + second, key=repr))
                total[monomial] = total.get(monomial, Fraction(0)) + a * b
        result = {monomial: coefficient for monomial, coefficient in total.items() if coefficient}
    return result


def scaled(polynomial: FreePolynomial, factor: Fraction | int) -> FreePolynomial:
    return multiply(number(factor), polynomial)


def frozen(polynomial: FreePolynomial) -> tuple[Any, ...]:
    return tuple(sorted(polynomial.items(), key=repr))

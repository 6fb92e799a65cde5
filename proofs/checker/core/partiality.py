"""What a sum needs in order to have a value: its functions, and what stands under a root or a negative power.

Two sums that are equal wherever both have a value say the same only if neither is undefined where the other is not: of
a - a, 0 a and (a^-1)^-1 nothing is left to see that a has no value somewhere.  So what is printed may apply, divide by
and take roots of nothing but what the side does that it is shown to equal, cancelled terms included.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from fractions import Fraction

from dyadic.proofs.checker.core.facts import Facts
from dyadic.proofs.checker.core.terms import Call, Entry, Factor, Term, Whole, factor_key, inner_terms

PI = Entry("number", "pi", ())


def is_partial(factor: Factor, exponent: Fraction, facts: Facts) -> bool:
    """Whether a power may have no value, its inside left aside: any function may, and any root or quotient of what is
    not shown to be positive."""
    if isinstance(factor, Call):
        return True
    if factor == PI or (isinstance(factor, Whole) and facts.never_negative(factor.form - 1)):
        return False
    return exponent < 0 or exponent.denominator > 1


def partial(terms: Iterable[Term], facts: Facts) -> set[Hashable]:
    """The powers in a sum that may have no value, those inside others and in terms that cancel among them."""
    found: set[Hashable] = set()
    waiting = list(terms)
    while waiting:
        for factor, exponent in waiting.pop().factors:
            waiting += inner_terms(factor)
            if is_partial(factor, exponent, facts):
                under = not isinstance(factor, Call) and (exponent < 0, exponent.denominator > 1)
                found.add((factor_key(factor), under))
    return found

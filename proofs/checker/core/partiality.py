"""What a sum needs in order to have a value: its functions, and what stands under a root or a negative power.

Two sums that are equal wherever both have a value say the same only if neither is undefined where the other is not: of
a - a, 0 a and (a^-1)^-1 nothing is left to see that a has no value somewhere.  So what is printed may apply, divide by
and take roots of nothing but what the side does that it is shown to equal, under the same conditions or fewer,
cancelled terms included: beside a bracket that is 0 nothing has to have a value.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from dyadic.proofs.checker.core.facts import Facts
from dyadic.proofs.checker.core.terms import Call, Entry, Factor, Term, Whole, condition_key, factor_key, inner_terms

PI = Entry("number", "pi", ())


def is_partial(factor: Factor, exponent: Fraction, facts: Facts) -> bool:
    """Whether a power may have no value, its inside left aside: any function may, and any root or quotient of what is
    not shown to be positive."""
    if isinstance(factor, Call):
        return True
    if factor == PI or (isinstance(factor, Whole) and facts.never_negative(factor.form - 1)):
        return False
    return exponent < 0 or exponent.denominator > 1


@dataclass(frozen=True)
class PartialUse:
    """A power that may have no value, and the conditions under which it has to have one."""

    power: Hashable
    conditions: frozenset[Hashable]


def partial(terms: Iterable[Term], facts: Facts) -> set[PartialUse]:
    """The powers in a sum that may have no value, those inside others and in terms that cancel among them."""
    found: set[PartialUse] = set()
    waiting = [(term, frozenset[Hashable]()) for term in terms]
    while waiting:
        term, outer = waiting.pop()
        conditions = outer.union(map(condition_key, term.conditions))
        for factor, exponent in term.factors:
            waiting += [(inner, conditions) for inner in inner_terms(factor)]
            if is_partial(factor, exponent, facts):
                under = not isinstance(factor, Call) and (exponent < 0, exponent.denominator > 1)
                found.add(PartialUse((factor_key(factor), under), conditions))
    return found


def covered(uses: Iterable[PartialUse], by: Iterable[PartialUse]) -> bool:
    """Whether each use stands among others too, there under no other conditions."""
    known: dict[Hashable, list[frozenset[Hashable]]] = {}
    for use in by:
        known.setdefault(use.power, []).append(use.conditions)
    return all(any(one <= use.conditions for one in known.get(use.power, ())) for use in uses)

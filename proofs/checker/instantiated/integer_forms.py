"""A normal form of integer expressions: what stands in an index, a bracket or a range, and numbers made of sizes.

An expression becomes a polynomial in *atoms*: sizes, indices, quotients, remainders, entries of integer tensors.  Sums
are flattened, products multiplied out, like terms collected, numbers folded, and quotients used up where the ranges of
the indices allow it (divisions.py).  Brackets that are constant for all indices in their ranges become 0 or 1.  Atoms
are hash-consed, so that equality of forms is equality of dictionaries.  Every rewriting is an identity wherever both
sides are defined; two forms that differ show nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.instantiated.divisions import interval, is_whole, quotient, remainder, split
from dyadic.proofs.checker.instantiated.polynomials import (
    POSITIVE,
    Atoms,
    Monomial,
    Number,
    Polynomial,
    constant,
    key,
    negative,
)
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Rejected, shown
from dyadic.proofs.checker.trust import INTEGER_FORMS, called

_FACTORING = 20_000
"""The work of finding the prime factors of one number."""
DEEPEST, MOST_TERMS, LARGEST_POWER, LONGEST_NUMBER = 100, 4000, 2**22, 2**16


class NetworkNames:
    """What the owners and sizes of a kind's equation stand for in the network."""

    def __init__(self, owners: Mapping[str, str], sizes: Mapping[str, Any], strict: bool = True) -> None:
        self.owners, self.sizes, self.strict = owners, sizes, strict

    def owner(self, name: str, where: str) -> str:
        if self.strict and name not in self.owners:
            raise Rejected(where, f"reads a tensor of {name!r}, which stands for nothing here")
        return self.owners.get(name, name)

    def size(self, name: str, where: str) -> Any:
        """What a size stands for, as an expression of the network's own sizes; None for itself."""
        if self.strict and name not in self.sizes:
            raise Rejected(where, f"has the size {name!r}, which stands for nothing here")
        return self.sizes.get(name)


class Forms(Atoms):
    """Normal forms over one table of atoms."""

    def __init__(self) -> None:
        super().__init__()
        called(INTEGER_FORMS)

    def of(self, node: Any, bound: Mapping[str, int], where: str, names: NetworkNames | None = None) -> Polynomial:
        """The form of an integer expression as the certificate writes it.

        bound: the number of each index that is in scope.  names: what owners and sizes stand for, where the expression
        is one of a layer's kind.

        Raises :class:`Rejected` where it is no such expression, or is too large.
        """
        return Reader(self, where, names or NetworkNames({}, {}, strict=False), [None] * len(bound)).read(node, bound)


class Reader:
    """Reads expressions into forms.  extents: of the indices in scope by level, None where one is no number."""

    def __init__(self, forms: Atoms, where: str, names: NetworkNames, extents: list[int | None]) -> None:
        self.forms, self.where, self.names, self.extents = forms, where, names, extents
        self._plain = names if not names.sizes else NetworkNames({}, {}, strict=False)

    def refuse(self, reason: str) -> Rejected:
        return Rejected(self.where, reason)

    def read(self, node: Any, bound: Mapping[str, int], depth: int = 0) -> Polynomial:
        spend(4, self.where)
        if depth > DEEPEST:
            raise self.refuse("is nested too deeply")
        depth += 1
        match node:
            case bool():
                pass
            case int():
                return {(): self.short(node)} if node else {}
            case ["rational", int(p), int(q)] if q > 0:
                return {(): self.short(Fraction(p, q))} if p else {}
            case ["pi"]:
                return self.forms.atom("pi")
            case ["size", str(name)]:
                value = self.names.size(name, self.where)
                if value is None:
                    return self.forms.atom("size", name)
                return Reader(self.forms, self.where, self._plain, []).read(value, {}, depth)
            case ["index", str(name)] if name in bound:
                level = bound[name]
                if level < len(self.extents) and self.extents[level] == 1:
                    return {}  # it is 0
                return self.forms.atom("index", level)
            case ["entry", str(kind), str(owner), list(indices)]:
                places = tuple(key(self.read(index, bound, depth)) for index in indices)
                return self.forms.atom("entry", kind, self.names.owner(owner, self.where), places)
            case ["+", _, *_]:
                return self._bounded(self.forms.added(self.read(child, bound, depth) for child in node[1:]))
            case ["*", _, *_]:
                return self.product([self.read(child, bound, depth) for child in node[1:]])
            case ["quotient" | "remainder" as kind, one, two]:
                return self.divided(kind, self.read(one, bound, depth), self.read(two, bound, depth))
        raise self.refuse(f"{shown(node)} is not an integer expression")

    # -- arithmetic ------------------------------------------------------------------------------------------------

    def short(self, number: Number) -> Number:
        if max(abs(number.numerator), number.denominator).bit_length() > LONGEST_NUMBER:
            raise self.refuse("has numbers that are too long to compare")
        return number

    def raised(self, number: Number, exponent: int) -> Number:
        """A power of a number that is not 0."""
        bits = max(abs(number.numerator), number.denominator).bit_length()
        if number not in (1, -1) and bits * abs(exponent) > LONGEST_NUMBER:
            raise self.refuse("has numbers that are too long to compare")
        return Fraction(number) ** exponent

    def _bounded(self, polynomial: Polynomial) -> Polynomial:
        if len(polynomial) > MOST_TERMS:
            raise self.refuse(f"has more than {MOST_TERMS} terms when it is multiplied out")
        return polynomial

    def product(self, factors: Iterable[Polynomial]) -> Polynomial:
        found: Polynomial = {(): 1}
        factors = list(factors)
        if not all(factors) and not all(self.forms.is_plain(monomial) for factor in factors for monomial in factor):
            self.forms.lost = True
        for factor in factors:
            if len(found) * len(factor) > MOST_TERMS:
                raise self.refuse(f"has more than {MOST_TERMS} terms when it is multiplied out")
            self.forms.spend(len(found) * len(factor), self.where)
            spend(4 * len(found) * len(factor), self.where)
            found = self.forms.added([self._times(*one, *two) for one in found.items() for two in factor.items()])
        return found

    def _times(self, one: Monomial, number: Number, two: Monomial, other: Number) -> Polynomial:
        value = self.short(number * other)
        if not one or not two:
            return {one or two: value}
        exponents = dict(one)
        for atom, exponent in two:
            exponents[atom] = exponents.get(atom, 0) + exponent
        return self._collected(exponents, value)

    def _collected(self, exponents: Mapping[int, Number], number: Number) -> Polynomial:
        """A product of powers of atoms: whole powers of primes come out of a root."""
        kept: list[tuple[int, Number]] = []
        for atom, exponent in sorted(exponents.items()):
            head, *rest = self.forms.parts(atom)
            if head == "prime":
                floor = exponent.numerator // exponent.denominator
                number = self.short(number * self.raised(rest[0], floor))
                exponent -= floor
            if exponent:
                kept.append((atom, exponent))
        return {tuple(kept): number}

    def exponent(self, node: Any) -> Number:
        """That of a power."""
        match node:
            case bool():
                pass
            case int() if abs(node) <= LARGEST_POWER:
                return node
            case ["rational", int(p), int(q)] if abs(p) <= LARGEST_POWER and 1 < q <= LARGEST_POWER:
                return Fraction(p, q)
        raise self.refuse(f"{shown(node)} is not an exponent")

    def power(self, monomial: Monomial, number: Number, exponent: Number) -> Polynomial | None:
        """(number * monomial) ** exponent, of what is made of numbers, sizes and indices; None where it stays as it is.

        Roots are taken of positive numbers and sizes only.
        """
        if exponent.denominator == 1:
            return self._collected({a: own * exponent for a, own in monomial}, self.raised(number, int(exponent)))
        spend(_FACTORING, self.where)
        factors = _prime_factors(number)
        if factors is None or any(self.forms.parts(atom)[0] not in POSITIVE for atom, _ in monomial):
            return None
        powers: dict[int, Number] = {self.forms.number("prime", p): k * exponent for p, k in factors.items()}
        for atom, own in monomial:
            powers[atom] = powers.get(atom, 0) + own * exponent
        return self._collected(powers, 1)

    # -- quotients and brackets ----------------------------------------------------------------------------

    def divided(self, kind: str, one: Polynomial, two: Polynomial) -> Polynomial:
        found = self._divided(kind, one, two)
        if not one or found not in (one, self.forms.atom(kind, key(one), key(two))):
            self._seen_no_more(one, two, two)
        return found

    def _seen_no_more(self, one: Polynomial, two: Polynomial, divisor: Polynomial | None) -> None:
        """Integers stand for what was made of two expressions."""
        plain = all(map(self.forms.is_plain, (*one, *two)))
        if not plain or not (divisor is None or self.forms.is_positive(divisor)):
            self.forms.lost = True

    def _divided(self, kind: str, one: Polynomial, two: Polynomial) -> Polynomial:
        top, bottom = constant(one), constant(two)
        if bottom is not None and bottom < 1:
            raise self.refuse(f"has a {kind} by {bottom}")
        if bottom == 1 or top == 0:
            return one if kind == "quotient" else {}
        if isinstance(bottom, int) and is_whole(self.forms, one):
            return (quotient if kind == "quotient" else remainder)(self.forms, one, bottom, self.extents)
        return self.forms.atom(kind, key(one), key(two))

    def bracket(self, kind: str, one: Polynomial, two: Polynomial) -> Polynomial:
        found = self._bracket(kind, one, two)
        if kind == "same":  # x - x, of two equal sides
            changed = len(self.forms.added([one, negative(two)])) < len(one) + len(two)
        else:
            changed = kind == "divides" and found != self.forms.atom(kind, key(one), key(two))
        if changed or found in ({}, {(): 1}):
            self._seen_no_more(one, two, one if kind == "divides" else None)
        return found

    def _bracket(self, kind: str, one: Polynomial, two: Polynomial) -> Polynomial:
        value: bool | None = None
        first, second = constant(one), constant(two)
        if kind == "same":
            rest = self.forms.added([one, negative(two)])
            limits = interval(self.forms, rest, self.extents)
            if limits and (limits[0] > 0 or limits[1] < 0 or limits == (0, 0)):
                value = limits == (0, 0)
            if min(rest.items(), default=((), 1))[1] < 0:
                rest = negative(rest)
            one, two = rest, {}
        elif kind == "divides":
            if first is not None and first < 1:
                raise self.refuse(f"has a division by {first}")
            if first == 1 or second == 0:
                value = True
            elif isinstance(first, int) and is_whole(self.forms, two):
                two = split(two, first)[1]
                value = (not two) or (None if constant(two) is None else False)
        elif isinstance(second, int) and (limits := interval(self.forms, one, self.extents)):
            value = True if limits[0] >= 0 and limits[1] < second else None
            value = False if limits[1] < 0 or limits[0] >= second else value
        if value is None:
            return self.forms.atom(kind, key(one), key(two))
        return {(): 1} if value else {}


def _prime_factors(number: Number) -> dict[int, int] | None:
    """The prime factors of a positive number with their exponents; None for others and for very long ones."""
    if number <= 0 or max(number.numerator, number.denominator) >= 2**48:
        return None
    found: dict[int, int] = {}
    for rest, sign in ((number.numerator, 1), (number.denominator, -1)):
        candidate = 2
        while candidate * candidate <= rest and candidate < 2**16:
            while rest % candidate == 0:
                found[candidate] = found.get(candidate, 0) + sign
                rest //= candidate
            candidate += 1
        if rest > 1:
            found[rest] = found.get(rest, 0) + sign
    return found


__all__ = ["Forms", "NetworkNames"]

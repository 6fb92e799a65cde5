"""A normal form of index expressions, so that two ways of writing one equation can be recognised as one.

An expression becomes a polynomial with rational coefficients in *atoms*: entries, function values, sums, brackets,
roots.  Sums of sums are flattened, products multiplied out, like terms collected, numbers folded, brackets that are
constant for all indices in their ranges replaced by 0 or 1, quotients used up where the ranges allow it (divisions.py),
sums of which a bracket picks one term replaced by it (elimination.py), and bound indices numbered by the reductions
around them.  Atoms are hash-consed, so that
equality of normal forms is equality of dictionaries.  Every rewriting is an identity wherever both sides are defined;
two forms that differ show nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.instantiated.divisions import interval, is_whole, quotient, remainder, split
from dyadic.proofs.checker.instantiated.elimination import Elimination
from dyadic.proofs.checker.instantiated.polynomials import (
    POSITIVE,
    Atoms,
    Monomial,
    Number,
    Polynomial,
    constant,
    extent_of,
    key,
    negative,
)
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Rejected, shown
from dyadic.proofs.checker.trust import NORMAL_FORM, called

DEEPEST, MOST_TERMS, LARGEST_POWER, LONGEST_NUMBER = 100, 4000, 2**22, 2**16
BRACKETS = ("inside", "divides", "same")
REDUCTIONS = ("sum", "logsumexp", "max", "argmax")


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
        called(NORMAL_FORM)

    def of(
        self,
        node: Any,
        bound: Mapping[str, int],
        where: str,
        names: NetworkNames | None = None,
        extents: Sequence[Polynomial] = (),
    ) -> Polynomial:
        """The normal form of an expression as the certificate writes it.

        bound: the number of each index that is in scope.  names: what owners and sizes stand for, where the expression
        is one of a layer's kind.  extents: those of the bound indices, in the order of their numbers.

        Raises :class:`Rejected` where it is no expression, or is too large.
        """
        known = [extent_of(extent) for extent in extents] + [None] * (len(bound) - len(extents))
        return Reader(self, where, names or NetworkNames({}, {}, strict=False), known).read(node, dict(bound), 0)


class Reader:
    """Reads expressions into forms.  extents: of the indices in scope by level, None where one is no number."""

    def __init__(self, forms: Atoms, where: str, names: NetworkNames, extents: list[int | None] | None = None) -> None:
        self.forms, self.where, self.names = forms, where, names
        self.extents: list[int | None] = extents or []
        self._sums = Elimination(self)
        self._plain = names if not names.sizes else NetworkNames({}, {}, strict=False)

    def refuse(self, reason: str) -> Rejected:
        return Rejected(self.where, reason)

    def read(self, node: Any, bound: dict[str, int], depth: int) -> Polynomial:
        spend(4, self.where)
        if depth > DEEPEST:
            raise self.refuse("is nested too deeply")
        depth += 1
        match node:
            case bool():
                pass
            case int():
                return {(): self._short(node)} if node else {}
            case ["rational", int(p), int(q)] if q > 0:
                return {(): self._short(Fraction(p, q))} if p else {}
            case ["pi"]:
                return self.forms.atom("pi")
            case ["size", str(name)]:
                value = self.names.size(name, self.where)
                if value is None:
                    return self.forms.atom("size", name)
                return Reader(self.forms, self.where, self._plain).read(value, {}, depth)
            case ["index", str(name)] if name in bound:
                level = bound[name]
                if level < len(self.extents) and self.extents[level] == 1:
                    return {}  # it is 0
                return self.forms.atom("index", level)
            case ["entry", str(kind), str(owner), list(indices)]:
                places = tuple(key(self.read(index, bound, depth)) for index in indices)
                return self.forms.atom("entry", kind, self.names.owner(owner, self.where), places)
            case ["+", _, *_]:
                return self.added([self.read(child, bound, depth) for child in node[1:]])
            case ["*", _, *_]:
                return self._factors(node[1:], bound, depth)
            case ["^", base, exponent]:
                return self.power(self.read(base, bound, depth), self._exponent(exponent))
            case ["apply", str(name), int(order), argument] if not isinstance(order, bool):
                return self.forms.atom("apply", name, order, key(self.read(argument, bound, depth)))
            case ["quotient" | "remainder" as kind, one, two]:
                return self.divided(kind, self.read(one, bound, depth), self.read(two, bound, depth))
            case ["inside" | "divides" | "same" as kind, one, two]:
                return self.bracket(kind, self.read(one, bound, depth), self.read(two, bound, depth))
            case ["sum" | "logsumexp" | "max" | "argmax" as kind, str(name), extent, body]:
                return self._reduction(kind, name, self.read(extent, bound, depth), body, bound, depth)
        raise self.refuse(f"{shown(node)} is not an expression")

    def _factors(self, nodes: Sequence[Any], bound: dict[str, int], depth: int) -> Polynomial:
        """Their product.  Beside a bracket that is 0 nothing is there; beside another 0 it is lost from sight."""
        parts = [self.read(node, bound, depth) for node in nodes]
        if all(parts):
            return self.product(parts)
        absent = any(not self.read(one, bound, depth) for one in _brackets(["*", *nodes]))
        if not absent and not all(self.forms.is_plain(monomial) for part in parts for monomial in part):
            self.forms.lost = True
        return {}

    # -- arithmetic ------------------------------------------------------------------------------------------------

    def _short(self, number: Number) -> Number:
        if max(abs(number.numerator), number.denominator).bit_length() > LONGEST_NUMBER:
            raise self.refuse("has numbers that are too long to compare")
        return number

    def _raised(self, number: Number, exponent: int) -> Number:
        """A power of a number that is not 0."""
        bits = max(abs(number.numerator), number.denominator).bit_length()
        if number not in (1, -1) and bits * abs(exponent) > LONGEST_NUMBER:
            raise self.refuse("has numbers that are too long to compare")
        return Fraction(number) ** exponent

    def _bounded(self, polynomial: Polynomial) -> Polynomial:
        if len(polynomial) > MOST_TERMS:
            raise self.refuse(f"has more than {MOST_TERMS} terms when it is multiplied out")
        return polynomial

    def added(self, terms: Iterable[Polynomial]) -> Polynomial:
        """A sum, if it is not too long."""
        return self._bounded(self.forms.added(terms))

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
        value = self._short(number * other)
        if not one or not two:
            return {one or two: value}
        exponents = dict(one)
        for atom, exponent in two:
            if atom in exponents and self._hides(atom, exponents[atom], exponent, exponents[atom] + exponent):
                self.forms.lost = True
            exponents[atom] = exponents.get(atom, 0) + exponent
        return self._collected(exponents, value)

    def _hides(self, atom: int, one: Number, two: Number, both: Number) -> bool:
        """Whether a^both may have a value where a^one and a^two have not both one."""
        if self.forms.parts(atom)[0] in POSITIVE:
            return False
        return (one > 0) != (two > 0) or both.denominator < max(one.denominator, two.denominator)

    def _collected(self, exponents: Mapping[int, Number], number: Number) -> Polynomial:
        """A product of powers of atoms: brackets are their own powers, roots of numbers and sums may come out."""
        kept: list[tuple[int, Number]] = []
        whole: list[Polynomial] = []
        for atom, exponent in sorted(exponents.items()):
            head, *rest = self.forms.parts(atom)
            if exponent == 0:
                continue
            if head in BRACKETS and exponent > 0:
                exponent = 1
            elif head == "base" and exponent == 1:
                whole.append(dict(rest[0]))
                continue
            elif head == "prime":
                floor = exponent.numerator // exponent.denominator
                number = self._short(number * self._raised(rest[0], floor))
                exponent -= floor
                if exponent == 0:
                    continue
            kept.append((atom, exponent))
        single: Polynomial = {tuple(kept): number}
        return self.product([single, *whole]) if whole else single

    def _exponent(self, node: Any) -> Number:
        match node:
            case bool():
                pass
            case int() if abs(node) <= LARGEST_POWER:
                return node
            case ["rational", int(p), int(q)] if abs(p) <= LARGEST_POWER and 1 < q <= LARGEST_POWER:
                return Fraction(p, q)
        raise self.refuse(f"{shown(node)} is not an exponent")

    def power(self, base: Polynomial, exponent: Number) -> Polynomial:
        if not base:
            if exponent <= 0:
                raise self.refuse("divides by zero")
            return {}
        if exponent == 1:
            return base
        if exponent == 0 and not all(map(self.forms.is_plain, base)):
            self.forms.lost = True
        if len(base) > 1:
            return self._collected({self.forms.number("base", key(base)): exponent}, 1)
        (monomial, number), *_ = base.items()
        if exponent.denominator == 1:
            powers = {atom: own * exponent for atom, own in monomial}
            signed = [own for atom, own in monomial if self.forms.parts(atom)[0] not in POSITIVE]
            if any(own < 0 < own * exponent or (own * exponent).denominator < own.denominator for own in signed):
                self.forms.lost = True
            if exponent < 0 and any(self.forms.parts(atom)[0] in BRACKETS for atom, _ in monomial):
                raise self.refuse("divides by a bracket")
            return self._collected(powers, self._raised(number, int(exponent)))
        return self._root(monomial, number, Fraction(exponent))

    def _root(self, monomial: Monomial, number: Number, exponent: Fraction) -> Polynomial:
        """(number * monomial) ** exponent: positive factors come out, and the rest stays under the root."""
        factors = _prime_factors(number)
        if factors is None:
            return {((self.forms.number("base", key({monomial: number})), exponent),): 1}
        powers: dict[int, Number] = {self.forms.number("prime", p): k * exponent for p, k in factors.items()}
        rest: list[tuple[int, Number]] = []
        for atom, own in monomial:
            if self.forms.parts(atom)[0] in ("size", "pi", "prime"):
                powers[atom] = powers.get(atom, 0) + own * exponent
            else:
                rest.append((atom, own))
        if len(rest) == 1 and rest[0][1] == 1:
            powers[rest[0][0]] = exponent
        elif rest:
            powers[self.forms.number("base", key({tuple(rest): 1}))] = exponent
        return self._collected(powers, 1)

    # -- integers, brackets, reductions ----------------------------------------------------------------------------

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

    def _reduction(
        self, kind: str, name: str, extent: Polynomial, body: Any, bound: dict[str, int], depth: int
    ) -> Polynomial:
        inner = {**bound, name: len(self.extents)}
        if kind == "sum":
            with self._sums.scope(extent):
                terms = self.read(body, inner, depth)
            if not terms and not self.forms.is_positive(extent):
                self.forms.lost = True
            return self._sums.summed(extent, terms)
        # A bracket among the factors restricts a maximum; multiplied into a sum it would no longer do so.
        factors = body[1:] if isinstance(body, list) and body[:1] == ["*"] else [body]
        guards = [f for f in factors if isinstance(f, list) and len(f) == 3 and f[0] in BRACKETS]
        with self._sums.scope(extent):
            rest = self._factors([f for f in factors if f not in guards], inner, depth)
            admitted = frozenset(key(self.read(guard, inner, depth)) for guard in guards) - {key({(): 1})}
        return self.forms.atom(kind, key(extent), admitted, key(rest))


def _brackets(node: Any) -> Iterator[Any]:
    """The brackets among the factors of a product, and of the products among them."""
    for child in node[1:]:
        if isinstance(child, list) and child[:1] == ["*"]:
            yield from _brackets(child)
        elif isinstance(child, list) and len(child) == 3 and child[0] in BRACKETS:
            yield child


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

"""Index equations, evaluated modulo a prime from a certificate's JSON, with slopes.

A number is a pair value + slope * epsilon, so that evaluating a definition also gives its derivative in a direction.
Every function is an unknown: a value that depends on nothing but the argument.  Nothing in a certificate is executed,
and what it may cost to evaluate is bounded.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dyadic.proofs.checker.evaluation.prime_numbers import digest_size
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Costly, Outside, Rejected, need, shown, tensor
from dyadic.proofs.checker.trust import BLAKE, CHECKER, called

DEEPEST, MOST_PLACES, MOST_TERMS, LARGEST_POWER = 60, 200_000, 4_000_000, 2**22
BATCH, PER_TERM, PER_PLACE = 64, 6, 8
"""Terms that are counted together, and what a term and an entry that is drawn or kept cost."""

Number = tuple[int, int]
"""value + slope * epsilon, modulo the prime."""
Entries = dict[tuple[int, ...], Any]
Tensors = dict[tuple[str, str], Entries]


# -- numbers modulo a prime, with a slope, and unknown functions -----------------------------------------------------


class Field:
    """Integers modulo a prime with slopes; a function value is a pseudo-random residue keyed by its argument.

    What holds here holds for every choice of the functions, but for the chance that two different arguments or two
    different polynomials agree modulo the prime.

    choice: the place, among those over which a maximum is taken, of the entry that each takes; None: drawn for each.
    """

    def __init__(self, prime: int, seed: int, choice: int | None = None) -> None:
        called(BLAKE)
        self.prime, self.key, self.choice = prime, seed.to_bytes(32, "big"), choice
        self.digest_size = digest_size(prime, 16)
        self._asked: dict[Any, set[Any]] = {}

    @property
    def pairs(self) -> int:
        """How many pairs of arguments of one function there are, which may have one residue by chance."""
        return sum(len(found) * (len(found) - 1) // 2 for found in self._asked.values())

    def _of(self, function: Any, argument: Any) -> None:
        self._asked.setdefault(function, set()).add(argument)

    def number(self, p: int, q: int = 1) -> Number:
        return (p if q == 1 else p * pow(q, -1, self.prime)) % self.prime, 0

    def draw(self, *key: Any) -> Number:
        """A random number with a random slope."""
        return self.unknown("value", *key), self.unknown("slope", *key)

    def constant(self, number: Number) -> Number:
        """The number without its slope."""
        return number[0], 0

    def slope(self, number: Number) -> Number:
        """The slope as a number."""
        return number[1], 0

    def unknown(self, *key: Any) -> int:
        raw = hashlib.blake2b(repr(key).encode(), key=self.key, digest_size=self.digest_size).digest()
        return int.from_bytes(raw, "big") % self.prime

    def add(self, terms: Iterable[Number]) -> Number:
        value = slope = 0
        for v, d in terms:
            value, slope = value + v, slope + d
        return value % self.prime, slope % self.prime

    def multiply(self, factors: Iterable[Number]) -> Number:
        value, slope = 1, 0
        for v, d in factors:
            value, slope = value * v % self.prime, (slope * v + value * d) % self.prime
        return value, slope

    def power(self, base: Number, p: int, q: int) -> Number:
        """base^(p/q); a root is an unknown of the base, and its slope follows from the power rule."""
        root = base[0]
        if q != 1:
            self._of(q, root)
            root = self.unknown("root", q, root)
        if p == 0:
            return 1, 0
        if root == 0 and p < q:
            if p < 0:
                raise Rejected("equations", "divide by 0 where they are evaluated")
            return 0, 0  # a root of 0, which has no slope; an unknown number is 0 by chance only
        slope = p * pow(q, -1, self.prime) * pow(root, p - q, self.prime) * base[1]
        return pow(root, p, self.prime), slope % self.prime

    def apply(self, name: str, order: int, z: Number) -> Number:
        return self._function(name, order, z[0]), self._function(name, order + 1, z[0]) * z[1] % self.prime

    def _function(self, name: str, order: int, argument: int) -> int:
        """The value of a function: whatever it is called, another unknown than a root, a choice or what is drawn."""
        self._of(name, argument)
        return self.unknown("function", name, order, argument)

    def reduce(self, kind: str, terms: Sequence[tuple[int, Number]], where: str) -> Any:
        """log-sum-exp, or any choice among the terms for max (and its position for argmax)."""
        if not terms:
            raise Rejected(where, f"a {kind} over nothing")
        values = [v for _, (v, _) in terms]
        for value in values:
            self._of((), value)
        if kind == "logsumexp":
            value = self.unknown("logsumexp", *sorted(values))
            slope = sum(self._function("exp", 0, (v - value) % self.prime) * d for _, (v, d) in terms)
            return value, slope % self.prime
        taken = self.unknown("choice", *values) if self.choice is None else self.choice
        position, chosen = terms[taken % len(terms)]
        return position if kind == "argmax" else chosen


# -- equations -------------------------------------------------------------------------------------------------------


class AnyPosition:
    """An integer that may be any, where bounds are computed for all of them: the position of a maximum."""

    def _same(self, other: object) -> AnyPosition:
        return self

    __add__ = __radd__ = __mul__ = __rmul__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _same


ANYWHERE = AnyPosition()


def integer(node: Any, sizes: Mapping[str, int], index: Mapping[str, int], tensors: Tensors, where: str) -> Any:
    """An integer expression: a size, an index, arithmetic, or an entry of an integer tensor; or :data:`ANYWHERE`."""
    match node:
        case int() if not isinstance(node, bool):
            return node
        case ["size", str(name)] if name in sizes:
            return sizes[name]
        case ["index", str(name)] if name in index:
            return index[name]
        case ["+" | "*" as kind, *children] if children:
            parts = [integer(child, sizes, index, tensors, where) for child in children]
            return sum(parts) if kind == "+" else math.prod(parts)
        case ["quotient" | "remainder" as kind, one, two]:
            top, bottom = integer(one, sizes, index, tensors, where), integer(two, sizes, index, tensors, where)
            if bottom is ANYWHERE or bottom > 0:
                return top // bottom if kind == "quotient" else top % bottom
        case ["entry", str(kind), str(owner), list(indices)] if (kind, owner) in tensors:
            place = tuple(integer(i, sizes, index, tensors, where) for i in indices)
            value = tensors[kind, owner].get(place)
            if isinstance(value, int | AnyPosition):
                return value
            if ANYWHERE in place:
                return ANYWHERE
    raise Rejected(where, f"{shown(node)} is not an integer expression")


def holds(node: Any, sizes: Mapping[str, int], index: Mapping[str, int], tensors: Tensors, where: str) -> bool:
    """A bracket."""
    one, two = (integer(child, sizes, index, tensors, where) for child in node[1:3])
    if one is ANYWHERE or two is ANYWHERE:
        return True
    if node[0] == "inside":
        return bool(0 <= one < two)
    return bool(one == two) if node[0] == "same" else bool(one > 0 and two % one == 0)


BRACKETS = ("inside", "divides", "same")


class Evaluator:
    """Evaluates the equations of one layer at given sizes over a field; counts what it does."""

    def __init__(self, field: Any, sizes: Mapping[str, int], where: str) -> None:
        called(CHECKER)
        self.field, self.sizes, self.where, self.terms = field, dict(sizes), where, 0
        self.most = MOST_TERMS
        self.tensors: Tensors = {}

    def places(self, shape: Sequence[Any]) -> list[tuple[int, ...]]:
        extents = [integer(extent, self.sizes, {}, {}, self.where) for extent in shape]
        if any(extent < 1 for extent in extents):
            raise Rejected(self.where, f"a tensor of shape {extents} is empty")
        if math.prod(extents) > MOST_PLACES:
            raise Costly(self.where, f"a tensor of shape {extents} is too large to evaluate here")
        spend(PER_PLACE * math.prod(extents), self.where)
        return list(itertools.product(*(range(extent) for extent in extents)))

    def define(self, item: Any) -> Entries:
        """Evaluate a definition and keep its tensor."""
        names = need(item, "indices", list, self.where)
        key = (need(item, "kind", str, self.where), need(item, "owner", str, self.where))
        body = need(item, "body", (int, list), self.where)
        places = self.places(need(item, "shape", list, self.where))
        self.tensors[key] = {at: self.value(body, dict(zip(names, at, strict=True))) for at in places}
        return self.tensors[key]

    def value(self, node: Any, index: dict[str, int], depth: int = 0) -> Any:
        self._count(depth)
        match node:
            case int() if not isinstance(node, bool):
                return self.field.number(node)
            case ["rational", int(p), int(q)] if q > 0:
                return self.field.number(p, q)
            case ["size", str()]:
                return self.field.number(integer(node, self.sizes, index, {}, self.where))
            case ["entry", str(kind), str(owner), list(indices)]:
                place = tuple(integer(i, self.sizes, index, self.tensors, self.where) for i in indices)
                table = self.tensors.get((kind, owner), {})
                found = table.get(place) if ANYWHERE not in place else self._anywhere(table, place)
                if not isinstance(found, tuple):
                    raise Outside(self.where, f"{tensor(kind, owner)}{list(place)} is read and not there")
                return found
            case ["+", *children] if children:
                return self.field.add(self.value(child, index, depth + 1) for child in children)
            case ["*", *children] if children:
                factors = self.factors(node, index)
                if factors is None:
                    return self.field.number(0)
                return self.field.multiply(self.value(factor, index, depth + 1) for factor in factors)
            case ["inside" | "divides" | "same", _, _]:
                return self.field.number(int(holds(node, self.sizes, index, self.tensors, self.where)))
            case ["^", base, int(p)] if abs(p) <= LARGEST_POWER:
                return self.field.power(self.value(base, index, depth + 1), p, 1)
            case ["^", base, ["rational", int(p), int(q)]] if abs(p) <= LARGEST_POWER and 0 < q <= LARGEST_POWER:
                return self.field.power(self.value(base, index, depth + 1), p, q)
            case ["apply", str(name), int(order), argument] if 0 <= order <= 2:
                return self.field.apply(name, order, self.value(argument, index, depth + 1))
            case ["argmax", _, _, _] if depth:
                raise Rejected(self.where, "a position stands among numbers")
            case ["sum" | "logsumexp" | "max" | "argmax" as kind, str(name), extent, body]:
                terms = self.admitted(name, extent, body, index, depth)
                return (
                    self.field.add(v for _, v in terms)
                    if kind == "sum"
                    else self.field.reduce(kind, list(terms), self.where)
                )
        raise Rejected(self.where, f"{shown(node)} is not an expression")

    def _anywhere(self, table: Entries, place: tuple[Any, ...]) -> Any:
        """A bound for every entry that may be meant; None if there is none."""
        found = [n for at, n in table.items() if all(k is ANYWHERE or k == j for k, j in zip(place, at, strict=True))]
        return self.field.reduce("max", list(enumerate(found)), self.where) if found else None

    def _count(self, depth: int = 0) -> None:
        self.terms += 1
        if not self.terms % BATCH:
            spend(BATCH * PER_TERM, self.where)
        if depth > DEEPEST or self.terms > self.most:
            raise Costly(self.where, "an expression is too deep or too long to evaluate here")

    def factors(self, node: Any, index: dict[str, int]) -> list[Any] | None:
        """A product's factors without its brackets; None if one of these is 0: then nothing else is looked at."""
        brackets, others = split_brackets(node)
        if any(not holds(c, self.sizes, index, self.tensors, self.where) for c in brackets):
            return None
        return others

    def admitted(
        self, name: str, extent: Any, body: Any, index: dict[str, int], depth: int
    ) -> Iterator[tuple[int, Any]]:
        """The terms of a reduction, where the brackets among the body's factors are 1."""
        for k in range(integer(extent, self.sizes, index, {}, self.where)):
            self._count()  # a term that a bracket excludes costs as well
            inner = {**index, name: k}
            factors = self.factors(body, inner)
            if factors is not None:
                yield k, self.field.multiply(self.value(factor, inner, depth + 1) for factor in factors)


def split_brackets(node: Any) -> tuple[list[Any], list[Any]]:
    """The brackets among the factors of an expression, and its other factors."""
    factors = node[1:] if isinstance(node, list) and node and node[0] == "*" else [node]
    brackets = [one for one in factors if isinstance(one, list) and len(one) == 3 and one[0] in BRACKETS]
    return brackets, [one for one in factors if one not in brackets]


def entries(node: Any) -> set[tuple[str, str]]:
    """(kind, owner) of every tensor entry in an expression, those inside indices included."""
    found: set[tuple[str, str]] = set()
    stack, count = [node], 0
    while stack:
        item = stack.pop()
        count += 1
        if isinstance(item, list):
            if len(item) == 4 and item[0] == "entry":
                found.add((str(item[1]), str(item[2])))
            stack.extend(item)
    spend(count >> 3, "equations")
    return found

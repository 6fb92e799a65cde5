"""An equation as it is written, up to what changes nothing that a reader sees: names of bound indices, the order of
terms and factors, and arithmetic with numbers.

What is printed has to be the network's equation in this sense.  On the network's side sizes are put in first, where all
those of a layer are numbers: a sum over one value is that value, a bracket that holds for all values of the indices is
left out and so is what stands beside one that never holds, a sum of which a bracket picks a term is that term.  On the
printed side nothing is left out, so that nothing can hide there: no term that cancels, no bracket as a number, no read
outside of a tensor.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dyadic.proofs.checker.evaluation.equations import BRACKETS
from dyadic.proofs.checker.instantiated.integer_forms import Forms, NetworkNames, Reader
from dyadic.proofs.checker.instantiated.polynomials import POSITIVE, Number, Polynomial, constant, key
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.names import REDUCTIONS, bound_in, nodes
from dyadic.proofs.checker.intake.reading import shown

Base = tuple[Any, ...]
"""What stands under an exponent: its head ("number", "entry", "bracket", "added", ...) and what it is made of."""
Factors = frozenset[tuple[Base, Number]]
Terms = dict[Factors, Number]
"""A sum: coefficients by product; a product by its factors with their exponents."""
_NOTHING: Factors = frozenset()


class Letters:
    """Reads expressions.

    names: what owners and sizes stand for.  extents: those of the free indices, by their level, where they are numbers.
    at_sizes: whether what the sizes make certain is left out.  hidden: whether something stood in what was read that is
    not seen in what it was read as.

    Raises :class:`Rejected` for what is no expression, or too large.
    """

    def __init__(
        self, forms: Forms, where: str, names: NetworkNames, extents: Sequence[int | None], at_sizes: bool = False
    ) -> None:
        self.reader = Reader(forms, where, names, list(extents))
        self.forms, self.where, self.at_sizes = forms, where, at_sizes
        self.hidden = False

    def read(self, node: Any, bound: Mapping[str, int]) -> Terms:
        """The expression; bound: the level of each index in scope."""
        spend(4, self.where)
        match node:
            case bool():
                pass
            case int() | ["rational", _, _] | ["pi"] | ["size" | "index", _]:
                return self._numbers(self.reader.read(node, bound))
            case ["entry", str(kind), str(owner), list(indices)]:
                places = tuple(self._whole(index, bound) for index in indices)
                return _one(("entry", kind, self.reader.names.owner(owner, self.where), places))
            case [("+" | "*") as head, *children]:
                self.hidden = self.hidden or _says_nothing(head, children)
                parts = [self.read(child, bound) for child in children]
                return self.sum(parts) if head == "+" else self.product(parts)
            case ["^", base, exponent]:
                return self._power(self.read(base, bound), self.reader.exponent(exponent))
            case ["apply", str(name), int(order), argument] if not isinstance(order, bool):
                return _one(("apply", name, order, frozen(self.read(argument, bound))))
            case [str(kind), one, two] if kind in BRACKETS:
                return self._bracket(kind, self.reader.read(one, bound), self.reader.read(two, bound))
            case [str(kind), str(), _, _] if kind in REDUCTIONS:
                return self._reduction(node, bound)
        raise self.reader.refuse(f"{shown(node)} is not an expression")

    def _bracket(self, kind: str, one: Polynomial, two: Polynomial) -> Terms:
        found = self.reader.bracket(kind, one, two)
        value = constant(found)
        if value is None:
            ((monomial, _),) = found.items()
            return _one(("bracket", monomial))
        if self.at_sizes:
            return {_NOTHING: 1} if value else {}
        return _one(("bracket", kind, key(one), key(two)))

    def _whole(self, node: Any, bound: Mapping[str, int]) -> Hashable:
        return key(self.reader.read(node, bound))

    def _numbers(self, polynomial: Polynomial) -> Terms:
        """What is made of numbers, sizes and indices."""
        return {
            frozenset((("number", atom), exponent) for atom, exponent in monomial): number
            for monomial, number in polynomial.items()
        }

    def sum(self, parts: list[Terms]) -> Terms:
        """The sum of what was read."""
        found: Terms = {}
        for part in parts:
            for factors, number in part.items():
                value = self.reader.short(found.pop(factors, 0) + number)
                if value:
                    found[factors] = value
                else:
                    self.hidden = True
        return found

    def product(self, parts: list[Terms]) -> Terms:
        """The product of what was read."""
        number: Number = 1
        exponents: dict[Base, Number] = {}
        for part in parts:
            if not part:
                self.hidden = True
                return {}
            if len(part) > 1:
                part = _one(("added", frozen(part)))
            ((factors, own),) = part.items()
            number = self.reader.short(number * own)
            for base, exponent in factors:
                exponents[base] = self._together(base, exponents.get(base, 0), exponent)
        factors = frozenset((base, exponent) for base, exponent in exponents.items() if exponent)
        return _distributed(factors, number)

    def _together(self, base: Base, one: Number, two: Number) -> Number:
        """The exponent of a^one a^two."""
        if one and not _counts(one, two) and not self._is_positive(base):
            self.hidden = True
        return one + two

    def _is_positive(self, base: Base) -> bool:
        return base[0] == "number" and self.forms.parts(base[1])[0] in POSITIVE

    def _power(self, base: Terms, exponent: Number) -> Terms:
        if not base:
            if exponent <= 0:
                raise self.reader.refuse("divides by zero")
            self.hidden = True
            return {}
        if len(base) > 1:
            return {frozenset({(("added", frozen(base)), exponent)}): 1}
        ((factors, number),) = base.items()
        if all(self._is_positive(one) for one, _ in factors):
            plain = tuple(sorted((one[1], own) for one, own in factors))
            found = self.reader.power(plain, number, exponent)
            if found is not None:
                return self._numbers(found)
        # A bracket says where what stands beside it is read: it does not leave a power by itself.
        alone = len(factors) == 1 or not any(one[0] == "bracket" for one, _ in factors)
        if alone and exponent.denominator == 1 and all(_stays(own, own * exponent) for _, own in factors):
            return {frozenset((one, own * exponent) for one, own in factors): self.reader.raised(number, int(exponent))}
        if len(factors) == 1 and number == 1:
            ((one, own),) = factors
            if own == 1:
                return {frozenset({(one, exponent)}): 1}
        return {frozenset({(("added", frozen(base)), exponent)}): 1}

    def _reduction(self, node: Any, bound: Mapping[str, int]) -> Terms:
        kind, name, written, body = node
        extent = self.reader.read(written, bound)
        length = constant(extent)
        if name in bound or (length == 1 and name in bound_in(body)):
            raise self.reader.refuse(f"binds the index {shown(name)} twice")
        if self.at_sizes and kind == "sum":
            # Of a maximum over one value nothing is put in: a bracket may leave it over none.
            picked = put(body, name, 0) if length == 1 else self._picked(node, bound)
            if picked is not None:
                return self.read(picked, bound)
        # A bracket among the factors says what a maximum is taken over; within a product of them it is a number.
        factors = body[1:] if _head(body) == "*" else [body]
        guards = [factor for factor in factors if kind != "sum" and _head(factor) in BRACKETS]
        rest = [factor for factor in factors if factor not in guards]
        with self._scope(length):
            inner = {**bound, name: len(self.reader.extents) - 1}
            over = frozenset(frozen(self.read(guard, inner)) for guard in guards) - {frozen({_NOTHING: 1})}
            value = self.read(body, inner) if not guards else self.product([self.read(one, inner) for one in rest])
        if not value and kind == "sum":
            self.hidden = True
            return {}
        return _one((kind, key(extent), over, frozen(value)))

    @contextmanager
    def _scope(self, *lengths: Any) -> Iterator[None]:
        """Further levels, with their extents where these are numbers."""
        extents = self.reader.extents
        extents += [length if isinstance(length, int) else None for length in lengths]
        try:
            yield
        finally:
            del extents[len(extents) - len(lengths) :]

    def _picked(self, node: Any, bound: Mapping[str, int]) -> Any:
        """The term of a sum that a bracket picks, in it or in sums directly within: Sum_k [k = e] b(k) is
        [0 <= e < n] b(e).  None where there is no such bracket."""
        _, name, extent, body = node
        inner: list[list[Any]] = []
        while _head(body) == "sum":
            inner.append(body[:3])
            body = body[3]
        factors = list(_factors(body))
        names = [name, *(one[1] for one in inner)]
        if len(set(names)) < len(names) or not any(_head(factor) == "same" for factor in factors):
            return None
        levels = {index: len(self.reader.extents) + k for k, index in enumerate(names)}
        lengths = [constant(self.reader.read(one, bound)) for one in (extent, *(head[2] for head in inner))]
        for position, same in enumerate(factors):
            if _head(same) != "same":
                continue
            difference = ["+", same[1], ["*", -1, same[2]]]
            with self._scope(*lengths):
                sign = self._sign(self.reader.read(difference, {**bound, **levels}), levels[name])
            rest = [factor for at, factor in enumerate(factors) if at != position]
            value = ["*", -sign, put(difference, name, 0)]
            if sign == 0 or bound_in(rest) & _indices(value):
                continue
            found: Any = ["*", ["inside", value, extent], *(put(factor, name, value) for factor in rest)]
            for head in reversed(inner):
                found = [*head, found]
            return found
        return None

    def _sign(self, difference: Polynomial, level: int) -> int:
        """1 or -1 as the index of a level stands in a difference so and nowhere else; else 0."""
        own = ((self.forms.number("index", level), 1),)
        others = (atom for monomial in difference if monomial != own for atom, _ in monomial)
        sign = difference.get(own, 0)
        return int(sign) if sign in (1, -1) and all(level not in self.forms.levels(atom) for atom in others) else 0


def put(node: Any, name: str, value: Any) -> Any:
    """An expression with another one for an index that is free in it."""
    if not isinstance(node, list) or not node or (node[0] in REDUCTIONS and node[1] == name):
        return node
    return value if node == ["index", name] else [put(child, name, value) for child in node]


def _says_nothing(head: str, children: list[Any]) -> bool:
    """Whether a sum has a 0 or a sum among its terms, or a product a 1 or a product among its factors.

    Nobody sees it, and beside a bracket in it nothing would be read where the bracket is 0.
    """
    neutral = 0 if head == "+" else 1
    return any(child == neutral or _head(child) == head for child in children)


def _factors(node: Any) -> Iterator[Any]:
    if _head(node) == "*":
        for child in node[1:]:
            yield from _factors(child)
    else:
        yield node


def _head(node: Any) -> Any:
    """What kind of expression it is; None for a number."""
    return node[0] if isinstance(node, list) else None


def _indices(node: Any) -> set[str]:
    return {one[1] for one in nodes(node) if one[0] == "index"}


def frozen(terms: Terms) -> Hashable:
    """For comparison, and as a part of others."""
    return frozenset(terms.items())


def _one(base: Base) -> Terms:
    return {frozenset({(base, 1)}): 1}


def _distributed(factors: Factors, number: Number) -> Terms:
    """A product; of a number and a sum alone, the sum of the products."""
    if len(factors) == 1:
        ((base, exponent),) = factors
        if exponent == 1 and base[0] == "added":
            return {own: coefficient * number for own, coefficient in base[1]}
    return {factors: number}


def _counts(*exponents: Number) -> bool:
    return all(isinstance(e, int) and e > 0 for e in exponents)


def _stays(one: Number, power: Number) -> bool:
    """Whether a^power has a value just where that power of a^one has: not a^1, for (a^(1/2))^2."""
    return one > 0 and power.denominator == one.denominator

"""Sums of one term, and sums of which a bracket picks one: Sum_k [k = e] b(k) = [0 <= e < n] b(e).

On normal forms.  An index is known by its level, the number of reductions and axes around it; where a sum goes, the
levels within it move down by one.  The bracket may stand in the sum itself or in a sum directly within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from dyadic.proofs.checker.instantiated.divisions import is_whole
from dyadic.proofs.checker.instantiated.polynomials import Atoms, Monomial, Number, Polynomial


class FormOperations(Protocol):
    """The operations on forms that a reader offers; ``extents`` are those of the levels in scope."""

    forms: Atoms
    extents: list[int | None]

    def added(self, terms: Iterable[Polynomial]) -> Polynomial: ...
    def product(self, factors: Iterable[Polynomial]) -> Polynomial: ...
    def power(self, base: Polynomial, exponent: Number) -> Polynomial: ...
    def divided(self, kind: str, one: Polynomial, two: Polynomial) -> Polynomial: ...
    def bracket(self, kind: str, one: Polynomial, two: Polynomial) -> Polynomial: ...


class Elimination:
    """The rules over a reader's forms."""

    def __init__(self, reader: FormOperations) -> None:
        self.reader, self.forms = reader, reader.forms

    def summed(self, extent: Polynomial, terms: Polynomial) -> Polynomial:
        """The sum, over an index of the next level, of terms in which that level is in scope."""
        level = len(self.reader.extents)
        if extent == {(): 1}:
            return _Moved(self, level, {}).polynomial(terms)
        found: list[Polynomial] = []
        for monomial, number in terms.items():
            whole = self._picked(monomial, level, extent) if self._mentions(monomial, level) else None
            if whole is None:
                whole = self.forms.atom("sum", frozenset(extent.items()), monomial)
            found.append({own: n * number for own, n in whole.items()})
        return self.reader.added(found)

    @contextmanager
    def scope(self, extent: Polynomial) -> Iterator[None]:
        """The next level, with its extent, in scope."""
        number = extent.get(()) if len(extent) == 1 else None
        self.reader.extents.append(number if isinstance(number, int) and number > 0 else None)
        try:
            yield
        finally:
            self.reader.extents.pop()

    def _mentions(self, monomial: Monomial, level: int) -> bool:
        return any(level in self.forms.levels(atom) for atom, _ in monomial)

    def _picked(self, monomial: Monomial, level: int, extent: Polynomial) -> Polynomial | None:
        """The one term of the sum over ``level`` that a bracket picks; None where none does."""
        for atom, exponent in monomial:
            head, *rest = self.forms.parts(atom)
            others = tuple(pair for pair in monomial if pair[0] != atom)
            if head == "same" and (value := self._solution(dict(rest[0]), level)) is not None:
                value = _Moved(self, level, {}).polynomial(value)
                inside = self.reader.bracket("inside", value, extent)
                return self.reader.product([inside, _Moved(self, level, value).polynomial({others: 1})])
            if head == "sum" and exponent == 1 and not self._mentions(others, level):
                moved = _Moved(self, level, {})
                within = moved.polynomial(dict(rest[0]))
                with self.scope(within):
                    inner = self._picked(rest[1], level, extent)
                if inner is not None:
                    return self.reader.product([self.summed(within, inner), moved.polynomial({others: 1})])
        return None

    def _solution(self, difference: Polynomial, level: int) -> Polynomial | None:
        """The index of a level in ``difference = 0``, where it stands once, with 1 or -1, and all are integers."""
        own = ((self.forms.number("index", level), 1),)
        factor = difference.get(own)
        rest = {monomial: number for monomial, number in difference.items() if monomial != own}
        if factor not in (1, -1) or not is_whole(self.forms, rest):
            return None
        if any(self._mentions(monomial, level) for monomial in rest):
            return None
        return {monomial: -number * factor for monomial, number in rest.items()}


class _Moved:
    """Forms with a value for the index of a level, and the levels above it moved down by one."""

    def __init__(self, elimination: Elimination, level: int, value: Polynomial) -> None:
        self.elimination, self.reader, self.forms = elimination, elimination.reader, elimination.forms
        self.level, self.value = level, value

    def polynomial(self, polynomial: Mapping[Monomial, Any]) -> Polynomial:
        found: list[Polynomial] = []
        for monomial, number in polynomial.items():
            factors = [self.reader.power(self._atom(atom), exponent) for atom, exponent in monomial]
            found.append(self.reader.product([{(): number}, *factors]))
        return self.reader.added(found)

    def _key(self, key: Any) -> Any:
        return frozenset(self.polynomial(dict(key)).items())

    def _atom(self, atom: int) -> Polynomial:
        if max(self.forms.levels(atom), default=-1) < self.level:
            return {((atom, 1),): 1}
        head, *rest = self.forms.parts(atom)
        if head == "index":
            return self.value if rest[0] == self.level else self.forms.atom("index", rest[0] - 1)
        if head == "entry":
            return self.forms.atom(head, *rest[:2], tuple(map(self._key, rest[2])))
        if head == "apply":
            return self.forms.atom(head, *rest[:2], self._key(rest[2]))
        if head == "base":
            return self.polynomial(dict(rest[0]))
        one = self.polynomial(dict(rest[0]))
        if head in ("quotient", "remainder"):
            return self.reader.divided(head, one, self.polynomial(dict(rest[1])))
        if head in ("inside", "divides", "same"):
            return self.reader.bracket(head, one, self.polynomial(dict(rest[1])))
        with self.elimination.scope(one):
            if head == "sum":
                terms = self.polynomial({rest[1]: 1})
            else:
                admitted, body = frozenset(map(self._key, rest[1])) - {frozenset({((), 1)})}, self._key(rest[2])
        if head == "sum":
            return self.elimination.summed(one, terms)
        return self.forms.atom(head, frozenset(one.items()), admitted, body)


__all__ = ["Elimination"]

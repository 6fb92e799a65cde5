"""Polynomials with rational coefficients in atoms, and the table that numbers the atoms.

An atom is a tuple: its head ("entry", "apply", "sum", "inside", ...) and what it holds, with polynomials as their keys.
Equal atoms have one number, so that equality of polynomials is equality of dictionaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.intake.reading import Rejected

Number = int | Fraction
Monomial = tuple[tuple[int, Number], ...]
Polynomial = dict[Monomial, Number]
Key = frozenset[tuple[Monomial, Number]]
Guards = frozenset[int]
"""Brackets, by the numbers of their atoms, in whose product something stands."""
Use = tuple[tuple[Any, ...], Guards]
Used = set[Use]
"""What is used under which guards: entries and functions as atoms; ("divisor", atom or key) for what stands under a
negative power, ("root", atom or key) for what stands under a root."""

MOST_PRODUCTS = 1_000_000
_FIRST = {"entry": 2, "apply": 2, "size": 1, "prime": 1, "pi": 0}  # where an atom's parts begin that hold others
_POSITIVE = ("size", "pi", "prime")


class Usage:
    """Collects what is used while expressions are brought to their normal forms."""

    def __init__(self) -> None:
        self._used: Used = set()
        self._guards: Guards | None = frozenset()

    def add(self, what: tuple[Any, ...]) -> None:
        if self._guards is not None:
            self._used.add((what, self._guards))

    @contextmanager
    def watched(self) -> Iterator[Used]:
        """What is used meanwhile."""
        before, self._used = self._used, set()
        try:
            yield self._used
        finally:
            self._used = before

    @contextmanager
    def beside(self, brackets: Iterable[Polynomial]) -> Iterator[None]:
        """While what stands beside brackets is read: where one of them is 0, nothing of it is used."""
        before = self._guards
        for bracket in brackets:
            if not bracket:
                self._guards = None
            elif self._guards is not None and bracket != {(): 1}:
                self._guards |= {atom for monomial in bracket for atom, _ in monomial}
        try:
            yield
        finally:
            self._guards = before

    def takes_power(self, atoms: Atoms, base: Polynomial, exponent: Number) -> None:
        """A negative power or a root of a polynomial was taken, or of each of the factors of one term."""
        for kind in kinds(exponent):
            if len(base) == 1:
                (monomial,) = base
                for atom, _ in monomial:
                    if atoms.parts(atom)[0] not in _POSITIVE:
                        self.add((kind, atom))
            else:
                self.add((kind, frozenset(base.items())))


def kinds(exponent: Number) -> list[str]:
    """What a power may lack a value for: division, a root."""
    return ["divisor"] * (exponent < 0) + ["root"] * (exponent.denominator > 1)


class Atoms:
    """A table of atoms; polynomials over different tables cannot be compared."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._atoms: list[tuple[Any, ...]] = []
        self.usage = Usage()
        self._spent = 0
        self._levels: dict[int, frozenset[int]] = {}

    def atom(self, *key: Any) -> Polynomial:
        """A polynomial that is one atom."""
        if key[0] in ("entry", "apply"):
            self.usage.add(key)
        return {((self.number(*key), 1),): 1}

    def spend(self, products: int, where: str) -> None:
        """Count products of terms, within a bound for all that is read."""
        self._spent += products
        if self._spent > MOST_PRODUCTS:
            raise Rejected(where, f"takes more than {MOST_PRODUCTS} products of terms, with all before it")

    def number(self, *key: Any) -> int:
        """The number of an atom in the table."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._atoms)
            self._atoms.append(key)
        return number

    def levels(self, number: int) -> frozenset[int]:
        """The levels of the indices that stand in an atom, bound ones too."""
        if number not in self._levels:
            head, *rest = self._atoms[number]
            inner = (self.levels(atom) for monomial in self.monomials(number) for atom, _ in monomial)
            self._levels[number] = frozenset({rest[0]}) if head == "index" else frozenset().union(*inner)
        return self._levels[number]

    def monomials(self, number: int) -> Iterator[Any]:
        """The monomials in what an atom holds: in its keys and places."""
        head, *rest = self._atoms[number]
        return self._held(() if head == "index" else rest[_FIRST.get(head, 0) :])

    def _held(self, part: Any) -> Iterator[Any]:
        for child in part:
            if isinstance(child, frozenset):  # a key, or the keys that a maximum admits
                for item in child:
                    yield from self._held([item]) if isinstance(item, frozenset) else [item[0]]
            elif isinstance(child, tuple):
                keys = [place for place in child if isinstance(place, frozenset)]
                yield from self._held(keys) if keys else [child]

    def parts(self, number: int) -> tuple[Any, ...]:
        """What an atom consists of: its head and the rest."""
        return self._atoms[number]


def key(polynomial: Polynomial) -> Key:
    return frozenset(polynomial.items())


def constant(polynomial: Polynomial) -> Number | None:
    """The value of a polynomial that is a number."""
    if not polynomial:
        return 0
    return polynomial.get(()) if len(polynomial) == 1 else None


def extent_of(polynomial: Polynomial) -> int | None:
    """The extent of an index, if it is a number."""
    number = constant(polynomial)
    return number if isinstance(number, int) and number > 0 else None


def total(terms: Iterable[Polynomial]) -> Polynomial:
    found: Polynomial = {}
    for polynomial in terms:
        for monomial, number in polynomial.items():
            value = found.get(monomial, 0) + number
            if value:
                found[monomial] = value
            else:
                found.pop(monomial, None)
    return found

"""Polynomials with rational coefficients in atoms, and the table that numbers the atoms.

An atom is a tuple: its head ("entry", "apply", "sum", "inside", ...) and what it holds, with polynomials as their keys.
Equal atoms have one number, so that equality of polynomials is equality of dictionaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.intake.reading import Rejected

Number = int | Fraction
Monomial = tuple[tuple[int, Number], ...]
Polynomial = dict[Monomial, Number]
Key = frozenset[tuple[Monomial, Number]]

MOST_PRODUCTS = 1_000_000
_PLAIN = ("size", "index", "pi", "prime")
POSITIVE = ("size", "pi", "prime")


class Atoms:
    """A table of atoms; polynomials over different tables cannot be compared.

    lost: set where an expression that is brought to its normal form holds what the form no longer shows, and what may
        have no value: 0 / x has the form 0 and no value at x = 0; x - x reads x.  What is lost cannot be compared.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._atoms: list[tuple[Any, ...]] = []
        self.lost = False
        self._spent = 0
        self._levels: dict[int, frozenset[int]] = {}
        self._plain: dict[int, bool] = {}

    def atom(self, *key: Any) -> Polynomial:
        """A polynomial that is one atom."""
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

    def is_plain(self, monomial: Monomial) -> bool:
        """Whether it has a value at every state: made of sizes, indices, numbers, brackets and quotients of these."""
        return all(
            self._is_plain_atom(atom)
            and ((exponent.denominator == 1 and exponent > 0) or self._atoms[atom][0] in POSITIVE)
            for atom, exponent in monomial
        )

    def _is_plain_atom(self, atom: int) -> bool:
        if atom not in self._plain:
            head, *rest = self._atoms[atom]
            divisor = {"quotient": 1, "remainder": 1, "divides": 0}.get(head)
            self._plain[atom] = head in _PLAIN or (
                head in ("quotient", "remainder", "divides", "inside", "same")
                and all(map(self.is_plain, self.monomials(atom)))
                and (divisor is None or self.is_positive(dict(rest[divisor])))
            )
        return self._plain[atom]

    def is_positive(self, polynomial: Polynomial) -> bool:
        """Whether it is a positive number, or a positive multiple of sizes."""
        return len(polynomial) == 1 and all(
            number > 0 and all(self._atoms[atom][0] in POSITIVE for atom, _ in monomial)
            for monomial, number in polynomial.items()
        )

    def added(self, terms: Iterable[Polynomial]) -> Polynomial:
        """The sum; what cancels in it, and has not a value in any case, is lost."""
        parts = list(terms)
        found = total(parts)
        if any(monomial not in found and not self.is_plain(monomial) for part in parts for monomial in part):
            self.lost = True
        return found

    def levels(self, number: int) -> frozenset[int]:
        """The levels of the indices that stand in an atom, bound ones too."""
        if number not in self._levels:
            head, *rest = self._atoms[number]
            inner = (self.levels(atom) for monomial in self.monomials(number) for atom, _ in monomial)
            self._levels[number] = frozenset({rest[0]}) if head == "index" else frozenset().union(*inner)
        return self._levels[number]

    def monomials(self, number: int) -> Iterator[Monomial]:
        """The monomials in what an atom holds: the indices of an entry, the two sides of a quotient or bracket."""
        head, *rest = self._atoms[number]
        keys = rest[2] if head == "entry" else () if head in _PLAIN else rest
        return (monomial for held in keys for monomial, _ in held)

    def parts(self, number: int) -> tuple[Any, ...]:
        """What an atom consists of: its head and the rest."""
        return self._atoms[number]


def key(polynomial: Polynomial) -> Key:
    return frozenset(polynomial.items())


def negative(polynomial: Polynomial) -> Polynomial:
    """Minus the polynomial."""
    return {monomial: -number for monomial, number in polynomial.items()}


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

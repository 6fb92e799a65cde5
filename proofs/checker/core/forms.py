"""Integer forms: polynomials with integer coefficients in sizes, variables and opaque integers.

An index of an entry, or what stands in a bracket, becomes a :class:`Form`.  Forms are values: equal forms are equal
objects, and two forms are compared by their terms, never by a text.  Opaque integers are entries of integer tensors,
quotients and remainders; of a quotient or remainder the divisor is positive wherever it is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

MOST_MONOMIALS, MOST_FACTORS, MOST_BITS, MOST_WEIGHT = 300, 16, 256, 2_000
"""Bounds on a form, so that what a file can make the checker multiply out is bounded."""


class Refused(Exception):
    """A rule does not apply, or an expression is none that the rules speak of."""


class Var(NamedTuple):
    """An integer variable of a sum: the sums inside a function's argument have a depth of their own."""

    depth: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """An entry of an integer tensor."""

    kind: str
    owner: str
    indices: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """The numerator divided by a positive divisor, rounded down."""

    numerator: Form
    divisor: Form


@dataclass(frozen=True, slots=True)
class Modulo:
    """The rest of that division."""

    numerator: Form
    divisor: Form


Atom = str | Var | Lookup | Floor | Modulo
"""A size is its name."""
Monomial = tuple[Atom, ...]
Table = Mapping[str | Var, "Form"]


def _order(atom: Atom) -> tuple[int, str]:
    if isinstance(atom, str):
        return 0, atom
    return (1, f"{atom.depth:04} {atom.ordinal:08}") if isinstance(atom, Var) else (2, repr(atom))


class Form:
    """Sum of coefficient * product of atoms; immutable."""

    __slots__ = ("_atoms", "_hash", "_weight", "terms")

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms if all(terms.values()) else {monomial: c for monomial, c in terms.items() if c}
        self._hash: int | None = None
        self._atoms: tuple[Atom, ...] | None = None
        self._weight: int | None = None

    @staticmethod
    def of(atom: Atom | int) -> Form:
        """Of an atom or a number.  Raises :class:`Refused` where opaque integers are nested too largely."""
        if isinstance(atom, int):
            return Form({(): atom})
        if _weight(atom) > MOST_WEIGHT:
            raise Refused("an integer expression is too large")
        return Form({(atom,): 1})

    @property
    def weight(self) -> int:
        """How long the form is when it is written out, with all that is inside its opaque integers."""
        if self._weight is None:
            self._weight = sum(1 + sum(map(_weight, monomial)) for monomial in self.terms)
        return self._weight

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Form) and self.terms == other.terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __repr__(self) -> str:
        return "+".join(sorted(f"{c}*{'*'.join(map(str, m))}" for m, c in self.terms.items())) or "0"

    def __add__(self, other: Form | int) -> Form:
        terms = dict(self.terms)
        if isinstance(other, int):
            terms[()] = terms.get((), 0) + other
            return Form(terms)
        for monomial, c in other.terms.items():
            terms[monomial] = terms.get(monomial, 0) + c
        return Form(terms)

    def __mul__(self, other: Form | int) -> Form:
        if isinstance(other, int):
            if max((c.bit_length() for c in self.terms.values()), default=0) + other.bit_length() > MOST_BITS:
                raise Refused("an integer expression is too large")
            return Form({monomial: c * other for monomial, c in self.terms.items()})
        if len(other.terms) == 1 and (number := other.terms.get(())) is not None:
            return self * number
        if len(self.terms) == 1 and (number := self.terms.get(())) is not None:
            return other if number == 1 else other * number
        terms: dict[Monomial, int] = {}
        for (one, c), (two, d) in product(self.terms.items(), other.terms.items()):
            monomial = tuple(sorted((*one, *two), key=_order)) if one and two else one or two
            terms[monomial] = terms.get(monomial, 0) + c * d
            if len(monomial) > MOST_FACTORS or len(terms) > MOST_MONOMIALS or terms[monomial].bit_length() > MOST_BITS:
                raise Refused("an integer expression is too large")
        return Form(terms)

    def __neg__(self) -> Form:
        return self * -1

    def __sub__(self, other: Form | int) -> Form:
        if isinstance(other, int):
            return self + -other
        terms = dict(self.terms)
        for monomial, c in other.terms.items():
            terms[monomial] = terms.get(monomial, 0) - c
        return Form(terms)

    @property
    def number(self) -> int | None:
        """The value of a constant."""
        if not self.terms:
            return 0
        return self.terms.get(()) if len(self.terms) == 1 else None

    @property
    def variable(self) -> Var | None:
        """The variable that the form is."""
        if len(self.terms) == 1:
            ((monomial, c),) = self.terms.items()
            if c == 1 and len(monomial) == 1 and isinstance(monomial[0], Var):
                return monomial[0]
        return None

    def atoms(self) -> tuple[Atom, ...]:
        """Every atom once, those inside others among them."""
        if self._atoms is None:
            self._atoms = tuple(dict.fromkeys(inner for m in self.terms for atom in m for inner in _all_atoms(atom)))
        return self._atoms

    def variables(self) -> set[Var]:
        return {atom for atom in self.atoms() if isinstance(atom, Var)}

    def coefficient(self, variable: Var) -> int:
        """The integer c of a form c v + rest in which the rest does not contain v; 0 if it is not of that form."""
        c = self.terms.get((variable,), 0)
        if not c:
            return 0
        rest = (atom for m in self.terms if m != (variable,) for atom in m)
        return 0 if any(atom == variable or variable in _all_atoms(atom) for atom in rest) else c

    def split(self, divisor: Form) -> tuple[Form, Form]:
        """(X, Y) with self = divisor * X + Y, for a divisor of one term; Y has the terms that it does not divide."""
        ((by, c),) = divisor.terms.items() if len(divisor.terms) == 1 else (((), 0),)
        whole: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for monomial, k in self.terms.items():
            left = _without(monomial, by) if c and k % c == 0 else None
            if left is None:
                rest[monomial] = k
            else:
                whole[left] = k // c
        return Form(whole), Form(rest)

    def replace(self, table: Table) -> Form:
        """The form with variables and sizes replaced, all at once, inside opaque integers as well."""
        if not any(atom in table for atom in self.atoms() if isinstance(atom, str | Var)):
            return self
        return self._rebuilt(
            lambda atom: (table.get(atom) or Form.of(atom)) if isinstance(atom, str | Var) else None,
            lambda form: form.replace(table),
        )

    def put(self, old: Atom, new: Form) -> Form:
        """The form with one opaque atom replaced, inside others as well."""
        if old not in self.atoms():
            return self
        return self._rebuilt(lambda atom: new if atom == old else None, lambda form: form.put(old, new))

    def _rebuilt(self, atomic: Callable[[Atom], Form | None], inner: Callable[[Form], Form]) -> Form:
        result = Form({})
        for monomial, c in self.terms.items():
            part = Form.of(c)
            for atom in monomial:
                part = part * (atomic(atom) or _inside(atom, inner))
            result = result + part
        return result

    def __bool__(self) -> bool:
        """A form is never taken for its absence, not even 0."""
        return True


def _weight(atom: Atom) -> int:
    if isinstance(atom, Lookup):
        return 1 + sum(form.weight for form in atom.indices)
    return 1 + atom.numerator.weight + atom.divisor.weight if isinstance(atom, Floor | Modulo) else 1


def _all_atoms(atom: Atom) -> tuple[Atom, ...]:
    """An atom and those inside it."""
    if isinstance(atom, Lookup):
        return (atom, *(inner for form in atom.indices for inner in form.atoms()))
    if isinstance(atom, Floor | Modulo):
        return (atom, *atom.numerator.atoms(), *atom.divisor.atoms())
    return (atom,)


def _without(monomial: Monomial, by: Monomial) -> Monomial | None:
    left = list(monomial)
    for atom in by:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _inside(atom: Atom, change: Callable[[Form], Form]) -> Form:
    if isinstance(atom, Lookup):
        return Form.of(Lookup(atom.kind, atom.owner, tuple(change(form) for form in atom.indices)))
    if isinstance(atom, Floor | Modulo):
        return divided(type(atom), change(atom.numerator), change(atom.divisor))
    return Form.of(atom)


def divided(kind: type[Floor] | type[Modulo], numerator: Form, divisor: Form) -> Form:
    """Floor or Modulo.  Lemma, for d >= 1: floor((d X + Y) / d) = X + floor(Y / d), and d X leaves no rest."""
    whole, rest = numerator.split(divisor)
    if not rest.terms:
        return whole if kind is Floor else rest
    n, d = rest.number, divisor.number
    if n is not None and d is not None and d > 0:
        return whole + n // d if kind is Floor else Form.of(n % d)
    return Form.of(kind(numerator, divisor))

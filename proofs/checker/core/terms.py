"""Sums of products over index sets.

A :class:`Term` is  coefficient * Sum over integer variables that satisfy conditions  of  a product of powers.  The
factors are evaluated only where the conditions hold.  Two lists of terms with equal :func:`collected` are equal sums.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dyadic.proofs.checker.core.forms import Form, Lookup, Refused, Var
from dyadic.proofs.checker.intake.kinds import is_direction

MOST_BITS = 2**15


@dataclass(frozen=True, slots=True)
class Entry:
    kind: str
    owner: str
    indices: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function's value, or that of its derivative."""

    name: str
    order: int
    argument: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer as a number."""

    form: Form


@dataclass(frozen=True, slots=True)
class Group:
    """A sum in brackets, where a power keeps it from being written out."""

    terms: tuple[Term, ...]


Factor = Entry | Call | Whole | Group
Power = tuple[Factor, Fraction]


@dataclass(frozen=True, slots=True)
class Within:
    """0 <= form < extent."""

    form: Form
    extent: Form


@dataclass(frozen=True, slots=True)
class Zero:
    """form = 0."""

    form: Form


@dataclass(frozen=True, slots=True)
class Multiple:
    """divisor divides form."""

    divisor: Form
    form: Form


Condition = Within | Zero | Multiple


def forms_in(condition: Condition) -> tuple[Form, ...]:
    match condition:
        case Within(form, extent):
            return form, extent
        case Zero(form):
            return (form,)
        case Multiple(divisor, form):
            return divisor, form


@dataclass(frozen=True, slots=True)
class Term:
    """coefficient * Sum over ``variables`` with ``conditions`` of the product of factor^exponent."""

    coefficient: Fraction = Fraction(1)
    variables: tuple[Var, ...] = ()
    conditions: tuple[Condition, ...] = ()
    factors: tuple[Power, ...] = ()

    def times(self, other: Term) -> Term:
        """The product; the variables of the two are different."""
        coefficient = self.coefficient * other.coefficient
        if coefficient.numerator.bit_length() + coefficient.denominator.bit_length() > MOST_BITS:
            raise Refused("a coefficient is too large")
        return Term(
            coefficient,
            (*self.variables, *other.variables),
            tuple(dict.fromkeys((*self.conditions, *other.conditions))),
            merged((*self.factors, *other.factors)),
        )

    def map(self, change: Callable[[Form], Form]) -> Term:
        """The term with every form changed, those inside its factors too."""
        return Term(
            self.coefficient,
            self.variables,
            tuple(dict.fromkeys(type(c)(*map(change, forms_in(c))) for c in self.conditions)),
            merged((_mapped(factor, change), exponent) for factor, exponent in self.factors),
        )

    def forms(self) -> Iterator[Form]:
        for condition in self.conditions:
            yield from forms_in(condition)
        for factor, _ in self.factors:
            yield from factor_forms(factor)

    def ordered(self, order: Sequence[Var], depth: int) -> Term:
        """Lemma: a sum does not depend on the names of its variables, as long as these stay different."""
        names: dict[str | Var, Form] = {v: Form.of(Var(depth, k)) for k, v in enumerate(order)}
        renamed = self.map(lambda form: form.replace(names))
        new = tuple(Var(depth, k) for k in range(len(order)))
        return Term(renamed.coefficient, new, renamed.conditions, renamed.factors)


def powered(number: Fraction, exponent: int) -> Fraction:
    """number^exponent, if it is not too large; the number is not 0."""
    bits = number.numerator.bit_length() + number.denominator.bit_length()
    if number not in (1, -1) and bits * abs(exponent) > MOST_BITS:
        raise Refused("a coefficient is too large")
    return number**exponent


def merged(powers: Iterable[Power]) -> tuple[Power, ...]:
    """Lemma: a^p a^q = a^(p + q) for p and q of one sign that are integers, or none of which nor their sum is one.

    Other powers are left alone: a a^-1 is not 1 where a is 0, and of two roots of a none is left in a.
    """
    found: dict[tuple[Factor, Sign], Fraction] = {}
    apart: list[Power] = []
    for factor, exponent in powers:
        key = factor, _sign(exponent)
        both = exponent + found.get(key, 0)
        if both.denominator == 1 < exponent.denominator:
            apart.append((factor, exponent))
        else:
            found[key] = both
    return (*((factor, exponent) for (factor, _), exponent in found.items()), *apart)


Sign = tuple[bool, bool]


def _sign(exponent: Fraction) -> Sign:
    """Where a power has a value: positive or not, a root or not."""
    return exponent > 0, exponent.denominator > 1


def _mapped(factor: Factor, change: Callable[[Form], Form]) -> Factor:
    match factor:
        case Entry():
            return Entry(factor.kind, factor.owner, tuple(map(change, factor.indices)))
        case Call():
            return Call(factor.name, factor.order, tuple(term.map(change) for term in factor.argument))
        case Group():
            return Group(tuple(term.map(change) for term in factor.terms))
        case Whole():
            return Whole(change(factor.form))


def factor_forms(factor: Factor) -> Iterator[Form]:
    """Every form in a factor."""
    match factor:
        case Entry():
            yield from factor.indices
        case Whole():
            yield factor.form
        case Call() | Group():
            for term in inner_terms(factor):
                yield from term.forms()


def inner_terms(factor: Factor) -> tuple[Term, ...]:
    return factor.argument if isinstance(factor, Call) else factor.terms if isinstance(factor, Group) else ()


def with_inner(factor: Factor, terms: Iterable[Term]) -> Factor:
    """The factor with the terms inside it replaced."""
    if isinstance(factor, Call):
        return Call(factor.name, factor.order, tuple(terms))
    if isinstance(factor, Group):
        return Group(tuple(terms))
    raise Refused("a factor has no terms inside it")


def rows(term: Term) -> tuple[Form, ...]:
    """The indices of a term's entries, in the order in which they stand there."""
    return tuple(form for factor, _ in term.factors for _, form in factor_rows(factor, 0)) + tuple(
        form
        for condition in term.conditions
        for part in forms_in(condition)
        for atom in part.atoms()
        if isinstance(atom, Lookup)
        for form in atom.indices
    )


def factor_rows(factor: Factor, depth: int) -> Iterator[tuple[tuple[int, bool, str, str, int], Form]]:
    """The indices of a factor's entries, each with a key that says where it stands."""
    match factor:
        case Entry(kind, owner, indices):
            for axis, form in enumerate(indices):
                yield (depth, is_direction(kind), kind, owner, axis), form
        case Whole(form):
            yield (depth, True, "", "", 0), form
        case Call() | Group():
            for term in inner_terms(factor):
                for inner, _ in term.factors:
                    yield from factor_rows(inner, depth + 1)


# -- the last step: equal terms are added up -------------------------------------------------------------------------


def collected(terms: Iterable[Term]) -> frozenset[tuple[Hashable, Fraction]]:
    """Every different term with its coefficients added up; those whose coefficients cancel are left out.

    Lemma: terms with equal keys are equal but for their coefficients.
    """
    found: dict[Hashable, Fraction] = {}
    for term in terms:
        key = _term_key(term)
        found[key] = found.get(key, Fraction(0)) + term.coefficient
    return frozenset((key, c) for key, c in found.items() if c)


def _term_key(term: Term) -> Hashable:
    powers: dict[tuple[Hashable, Sign], Fraction] = {}
    for factor, exponent in term.factors:
        key = factor_key(factor), _sign(exponent)
        powers[key] = powers.get(key, Fraction(0)) + exponent
    return frozenset(term.variables), frozenset(map(condition_key, term.conditions)), frozenset(powers.items())


def factor_key(factor: Factor) -> Hashable:
    """Equal for factors that are equal."""
    match factor:
        case Call():
            return "call", factor.name, factor.order, collected(factor.argument)
        case Group():
            return "group", collected(factor.terms)
        case _:
            return factor


def condition_key(condition: Condition) -> Hashable:
    """Lemma: 0 <= e < n is 0 <= n - 1 - e < n;  e = 0 is -e = 0;  d divides e where it divides -e."""
    match condition:
        case Within(form, extent):
            return "within", frozenset((form, extent - 1 - form)), extent
        case Zero(form):
            return "zero", frozenset((form, -form))
        case Multiple(divisor, form):
            return "multiple", divisor, frozenset((form, -form))

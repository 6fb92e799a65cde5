"""Sums of products over index sets, and their canonical form.

A :class:`Term` is  coefficient * Sum over integer variables that satisfy conditions  of  a product of factors.
:class:`Reader` writes an index expression as a list of terms, and :func:`canonical` names the variables of each by
what they do, so that sums that differ only in names and order get equal text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sympy import Add, Expr, Mul, NumberSymbol, Pow, Rational, Symbol

from dyadic.proofs.methods.forms import Form, Names, Sizes, Var, form_of, fresh
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import (
    Apply,
    Definition,
    Divides,
    Element,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
)


@dataclass(frozen=True)
class Entry:
    kind: str
    owner: str
    indices: tuple[Form, ...]


@dataclass(frozen=True)
class Call:
    """A function's value, or that of its derivative."""

    name: str
    order: int
    argument: tuple[Term, ...]


@dataclass(frozen=True)
class Whole:
    """An integer as a number."""

    form: Form


@dataclass(frozen=True)
class Group:
    """A sum in brackets, where a power keeps it from being written out."""

    terms: tuple[Term, ...]


Factor = Entry | Call | Whole | Group


@dataclass(frozen=True)
class Within:
    """0 <= form < extent."""

    form: Form
    extent: Form


@dataclass(frozen=True)
class Zero:
    """form = 0."""

    form: Form


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Term:
    """coefficient * Sum over ``variables`` with ``conditions`` of the product of factor^exponent."""

    coefficient: Fraction = Fraction(1)
    variables: tuple[Var, ...] = ()
    conditions: tuple[Condition, ...] = ()
    factors: tuple[tuple[Factor, Fraction], ...] = ()

    def times(self, other: Term) -> Term:
        factors = dict(self.factors)
        for factor, exponent in other.factors:
            factors[factor] = factors.get(factor, Fraction(0)) + exponent
        return Term(
            self.coefficient * other.coefficient,
            (*self.variables, *other.variables),
            tuple(dict.fromkeys((*self.conditions, *other.conditions))),
            tuple((factor, exponent) for factor, exponent in factors.items() if exponent),
        )

    def map(self, change: Callable[[Form], Form]) -> Term:
        """The term with every form changed, those inside its factors too."""
        factors: dict[Factor, Fraction] = {}
        for factor, exponent in self.factors:
            changed = _mapped(factor, change)
            factors[changed] = factors.get(changed, Fraction(0)) + exponent
        return Term(
            self.coefficient,
            self.variables,
            tuple(dict.fromkeys(type(c)(*map(change, forms_in(c))) for c in self.conditions)),
            tuple(factors.items()),
        )

    def forms(self) -> Iterator[Form]:
        for condition in self.conditions:
            yield from forms_in(condition)
        for factor, _ in self.factors:
            yield from factor_forms(factor)


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


# -- from index expressions ----------------------------------------------------------------------------------------


class Reader:
    """Writes expressions out; entries of the tensors in ``table`` are replaced by their definitions."""

    def __init__(self, sizes: Sizes, table: Mapping[tuple[str, str], Definition]) -> None:
        self.sizes, self.table = sizes, table

    def form(self, node: Expr, names: Mapping[Index, Form]) -> Form:
        return form_of(node, names, self.sizes.table)

    def expand(self, node: Expr, names: Mapping[Index, Form]) -> list[Term]:
        """Distribute products over sums and pull sums out."""
        match node:
            case Rational():
                return [Term(Fraction(int(node.p), int(node.q)))]
            case Element():
                return self._entry(node, names)
            case Index() | Quotient() | Remainder():
                return [_single(Whole(self.form(node, names)))]
            case Symbol() | NumberSymbol():
                return [_single(Entry("number", str(node), ()))]
            case Add():
                return [term for part in node.args for term in self.expand(part, names)]
            case Mul():
                return self._product(node.args, names)
            case Pow():
                return self._power(node, names)
            case Apply():
                return [_single(Call(node.name, node.order, tuple(self.expand(node.argument, names))))]
            case Inside():
                return [Term(conditions=(Within(*(self.form(a, names) for a in node.args)),))]
            case Same():
                return [Term(conditions=(Zero(self.form(node.args[0], names) - self.form(node.args[1], names)),))]
            case Divides():
                return [Term(conditions=(Multiple(*(self.form(a, names) for a in node.args)),))]
            case Reduction() if node.kind == "sum":
                variable = fresh()
                own = Term(
                    variables=(variable,), conditions=(Within(Form.of(variable), self.form(node.extent, names)),)
                )
                return [own.times(term) for term in self.expand(node.body, {**names, node.index: Form.of(variable)})]
        raise UnsupportedEquation(f"no normal form for {type(node).__name__} inside an expression")

    def _entry(self, node: Element, names: Mapping[Index, Form]) -> list[Term]:
        indices = tuple(self.form(index, names) for index in node.indices)
        item = self.table.get((node.kind, node.owner))
        if item is None:
            return [_single(Entry(node.kind, node.owner, indices))]
        return self.expand(item.body, dict(zip(item.indices, indices, strict=True)))

    def _product(self, factors: Iterable[Expr], names: Mapping[Index, Form]) -> list[Term]:
        result = [Term()]
        for factor in factors:
            parts = self.expand(factor, names)
            result = [one.times(two) for one in result for two in parts]
        return result

    def _power(self, node: Pow, names: Mapping[Index, Form]) -> list[Term]:
        if not node.exp.is_Rational:
            raise UnsupportedEquation(f"the exponent {node.exp} is not a number")
        exponent = Fraction(int(node.exp.p), int(node.exp.q))
        if exponent.denominator == 1 and 0 < exponent <= 4:
            return self._product([node.base] * int(exponent), names)
        base = self.expand(node.base, names)
        if len(base) == 1 and not base[0].variables and not base[0].conditions:
            only = base[0]
            if exponent.denominator == 1:
                powers = tuple((factor, e * exponent) for factor, e in only.factors)
                return [Term(only.coefficient ** int(exponent), factors=powers)]
            if only.coefficient == 1 and len(only.factors) == 1 and only.factors[0][1] == 1:
                return [Term(factors=((only.factors[0][0], exponent),))]
        return [Term(factors=((Group(tuple(base)), exponent),))]


def _single(factor: Factor) -> Term:
    return Term(factors=((factor, Fraction(1)),))


# -- canonical text ------------------------------------------------------------------------------------------------


def canonical(terms: Iterable[Term]) -> Counter[str]:
    """The terms by their canonical text, with their coefficients added up."""
    return _named(terms, {}, "")


def _named(terms: Iterable[Term], names: Names, prefix: str) -> Counter[str]:
    result: Counter[str] = Counter()
    for term in terms:
        result[_term_text(term, names, prefix)] += term.coefficient  # type: ignore[assignment]
    return Counter({text: c for text, c in result.items() if c})


def _sum_text(terms: Iterable[Term], names: Names, prefix: str) -> str:
    return " + ".join(sorted(f"{c} {text}" for text, c in _named(terms, names, prefix).items()))


def _factor_text(factor: Factor, names: Names, prefix: str) -> str:
    match factor:
        case Entry():
            return f"{factor.kind}:{factor.owner}[{', '.join(form.text(names) for form in factor.indices)}]"
        case Call():
            return f"{factor.name}.{factor.order}({_sum_text(factor.argument, names, prefix + '.')})"
        case Group():
            return f"({_sum_text(factor.terms, names, prefix + '.')})"
        case Whole():
            return f"<{factor.form.text(names)}>"


def condition_text(condition: Condition, names: Names) -> str:
    """0 <= e < n is also 0 <= n - 1 - e < n, and e = 0 is -e = 0: the smaller text."""
    match condition:
        case Within(form, extent):
            other = extent - form - 1
            return f"[{min(form.text(names), other.text(names))} in {extent.text(names)}]"
        case Zero(form):
            return f"[{min(form.text(names), (-form).text(names))} = 0]"
        case Multiple(divisor, form):
            return f"[{divisor.text(names)} | {min(form.text(names), (-form).text(names))}]"


def _text(term: Term, names: Names, prefix: str) -> str:
    conditions = sorted(condition_text(condition, names) for condition in term.conditions)
    factors = sorted(f"{_factor_text(factor, names, prefix)}^{e}" for factor, e in term.factors)
    return f"{len(term.variables)} {''.join(conditions)} {' '.join(factors)}"


def _term_text(term: Term, names: Names, prefix: str) -> str:
    """The text of a term under names for its variables that depend on nothing but the term."""
    if not term.variables:
        return _text(term, names, prefix)
    colours = dict.fromkeys(term.variables, "")
    return min(_leaves(term, names, prefix, colours, [20]))


def _leaves(term: Term, names: Names, prefix: str, colours: dict[Var, str], budget: list[int]) -> Iterator[str]:
    """Texts for every way of telling apart the variables that refinement does not."""
    colours = _refined(term, names, prefix, colours)
    groups: dict[str, list[Var]] = {}
    for variable, colour in colours.items():
        groups.setdefault(colour, []).append(variable)
    tied = next((groups[colour] for colour in sorted(groups) if len(groups[colour]) > 1), None)
    if tied is None:
        order = sorted(term.variables, key=colours.__getitem__)
        yield _text(term, {**names, **{v: f"{prefix}{k}" for k, v in enumerate(order)}}, prefix)
        return
    for variable in tied:
        budget[0] -= 1
        if variable is tied[0] or budget[0] > 0:
            yield from _leaves(term, names, prefix, {**colours, variable: colours[variable] + "!"}, budget)


def _refined(term: Term, names: Names, prefix: str, colours: dict[Var, str]) -> dict[Var, str]:
    """Colour refinement: a variable's colour becomes the multiset of the places where it stands."""
    places: dict[Var, list[Condition | tuple[Factor, Fraction]]] = {v: [] for v in colours}
    for condition in term.conditions:
        for v in {v for form in forms_in(condition) for v in form.variables()} & colours.keys():
            places[v].append(condition)
    for factor, e in term.factors:
        for v in {v for form in factor_forms(factor) for v in form.variables()} & colours.keys():
            places[v].append((factor, e))
    classes = len(set(colours.values()))
    while classes < len(colours):
        found: dict[Var, str] = {}
        for v, where in places.items():
            seen = {**names, **{u: f"{prefix}<{c}>" for u, c in colours.items()}, v: f"{prefix}<*>"}
            texts = sorted(
                condition_text(place, seen)
                if isinstance(place, Within | Zero | Multiple)
                else f"{_factor_text(place[0], seen, prefix)}^{place[1]}"
                for place in where
            )
            found[v] = f"{colours[v]} {texts}"
        # Short colours that keep the order, so that the texts do not grow from round to round.
        rank = {text: f"{k:03}" for k, text in enumerate(sorted(set(found.values())))}
        colours = {v: rank[text] for v, text in found.items()}
        if len(rank) == classes:
            break
        classes = len(rank)
    return colours

"""An order for the variables of a term that depends on nothing but the term.

Variables are told apart by where they stand (colour refinement), and where that leaves some alike, by trying each: the
order that gives the smallest text wins.  Texts only serve to choose; what the proof rests on is that the terms, so
renamed, are equal data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from dyadic.proofs.checker.core.forms import Atom, Form, Lookup, Var
from dyadic.proofs.checker.core.terms import (
    Call,
    Condition,
    Entry,
    Factor,
    Group,
    Multiple,
    Power,
    Term,
    Whole,
    Within,
    Zero,
    factor_forms,
    forms_in,
)

Names = Mapping[Var, str]
_MOST_LEAVES = 20


def order_of(term: Term, names: Names, prefix: str) -> list[int]:
    """Positions of the term's variables in the order chosen; ``names``: of the variables of enclosing terms."""
    if len(term.variables) < 2:
        return list(range(len(term.variables)))
    order = min(_leaves(term, names, prefix, dict.fromkeys(term.variables, ""), [_MOST_LEAVES]))[1]
    return [term.variables.index(v) for v in order]


def form_text(form: Form, names: Names) -> str:
    """Canonical under the names given to variables."""
    parts = [f"{c}*{'*'.join(sorted(_atom_text(a, names) for a in monomial))}" for monomial, c in form.terms.items()]
    return "+".join(sorted(parts)) or "0"


def _atom_text(atom: Atom, names: Names) -> str:
    if isinstance(atom, str):
        return atom
    if isinstance(atom, Var):
        return names.get(atom, f"?{atom.depth}.{atom.ordinal}")
    if isinstance(atom, Lookup):
        return f"{atom.kind}_{atom.owner}[{','.join(form_text(form, names) for form in atom.indices)}]"
    return f"{type(atom).__name__}({form_text(atom.numerator, names)},{form_text(atom.divisor, names)})"


def condition_text(condition: Condition, names: Names) -> str:
    """0 <= e < n is also 0 <= n - 1 - e < n, and e = 0 is -e = 0: the smaller text."""
    match condition:
        case Within(form, extent):
            other = extent - form - 1
            return f"[{min(form_text(form, names), form_text(other, names))} in {form_text(extent, names)}]"
        case Zero(form):
            return f"[{min(form_text(form, names), form_text(-form, names))} = 0]"
        case Multiple(divisor, form):
            smaller = min(form_text(form, names), form_text(-form, names))
            return f"[{form_text(divisor, names)} | {smaller}]"


def _sum_text(terms: Iterable[Term], names: Names, prefix: str) -> str:
    found: Counter[str] = Counter()
    for term in terms:
        found[_term_text(term, names, prefix)] += term.coefficient  # type: ignore[assignment]
    return " + ".join(sorted(f"{c} {text}" for text, c in found.items() if c))


def _factor_text(factor: Factor, names: Names, prefix: str) -> str:
    match factor:
        case Entry():
            return f"{factor.kind}:{factor.owner}[{', '.join(form_text(form, names) for form in factor.indices)}]"
        case Call():
            return f"{factor.name}.{factor.order}({_sum_text(factor.argument, names, prefix + '.')})"
        case Group():
            return f"({_sum_text(factor.terms, names, prefix + '.')})"
        case Whole():
            return f"<{form_text(factor.form, names)}>"


def _text(term: Term, names: Names, prefix: str) -> str:
    conditions = sorted(condition_text(condition, names) for condition in term.conditions)
    factors = sorted(f"{_factor_text(factor, names, prefix)}^{e}" for factor, e in term.factors)
    return f"{len(term.variables)} {''.join(conditions)} {' '.join(factors)}"


def _term_text(term: Term, names: Names, prefix: str) -> str:
    if not term.variables:
        return _text(term, names, prefix)
    return min(_leaves(term, names, prefix, dict.fromkeys(term.variables, ""), [_MOST_LEAVES]))[0]


def _leaves(
    term: Term, names: Names, prefix: str, colours: dict[Var, str], budget: list[int]
) -> Iterator[tuple[str, list[Var]]]:
    """Texts and orders for every way of telling apart the variables that refinement does not."""
    colours = _refined(term, names, prefix, colours)
    groups: dict[str, list[Var]] = {}
    for variable, colour in colours.items():
        groups.setdefault(colour, []).append(variable)
    tied = next((groups[colour] for colour in sorted(groups) if len(groups[colour]) > 1), None)
    if tied is None:
        order = sorted(term.variables, key=colours.__getitem__)
        yield _text(term, {**names, **{v: f"{prefix}{k}" for k, v in enumerate(order)}}, prefix), order
        return
    for variable in tied:
        budget[0] -= 1
        if variable is tied[0] or budget[0] > 0:
            yield from _leaves(term, names, prefix, {**colours, variable: colours[variable] + "!"}, budget)


def _refined(term: Term, names: Names, prefix: str, colours: dict[Var, str]) -> dict[Var, str]:
    """Colour refinement: a variable's colour becomes the multiset of the places where it stands."""
    places: dict[Var, list[Condition | Power]] = {v: [] for v in colours}
    for condition in term.conditions:
        for v in {v for form in forms_in(condition) for v in form.variables()} & colours.keys():
            places[v].append(condition)
    for power in term.factors:
        for v in {v for form in factor_forms(power[0]) for v in form.variables()} & colours.keys():
            places[v].append(power)
    classes = len(set(colours.values()))
    while classes < len(colours):
        found: dict[Var, str] = {}
        for v, where in places.items():
            seen = {**names, **{u: f"{prefix}<{c}>" for u, c in colours.items()}, v: f"{prefix}<*>"}
            texts = sorted(
                f"{_factor_text(place[0], seen, prefix)}^{place[1]}"
                if isinstance(place, tuple)
                else condition_text(place, seen)
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

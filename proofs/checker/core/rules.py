"""The rules: each turns a term into an equal one, or shows that its index set is empty.

A rule is a function of the term, the place where it stands, and arguments that say where it is applied: positions of
conditions and variables of the term, ends of a range, small integers, a divisor.  It raises :class:`Refused` where its
side conditions are not met.  The lemma in each docstring is what has to be believed: it holds for all sizes (integers
of at least 1 that follow the shape rule) and for every assignment of the other variables; conditions of the term other
than the one in question may be used, since the term's factors are only evaluated where all of them hold.

Notation: T = c Sum_{v : C} F with conditions C and a product of powers F; d, e, f, n, X, Y are integer forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from dyadic.proofs.checker.core.facts import Facts, Given
from dyadic.proofs.checker.core.forms import Floor, Form, Lookup, Modulo, Refused, Var
from dyadic.proofs.checker.core.terms import (
    Condition,
    Multiple,
    Term,
    Within,
    Zero,
    factor_forms,
    forms_in,
    rows,
)


@dataclass(frozen=True)
class Place:
    """Where a term stands: what is known, what holds of the variables of enclosing terms, and how deep it is."""

    facts: Facts
    outer: Given
    depth: int = 0


def given(term: Term, place: Place, without: Condition | None = None) -> Given:
    """What the conditions of a term (but one) and those of enclosing terms say."""
    ranges = dict(place.outer.ranges)
    held = list(place.outer.held)
    for condition in term.conditions:
        if isinstance(condition, Within) and condition is not without:
            variable = condition.form.variable
            if variable is None:
                held.append((condition.form, condition.extent))
            else:
                ranges[variable] = condition.extent
    return Given(ranges, tuple(held))


# -- arguments and changes -------------------------------------------------------------------------------------------


def _at(items: tuple[Any, ...], position: int) -> Any:
    if not 0 <= position < len(items):
        raise Refused("there is no such condition, variable or factor")
    return items[position]


def _within(term: Term, position: int) -> Within:
    found = _at(term.conditions, position)
    if not isinstance(found, Within):
        raise Refused("the condition is no range")
    return found


def _zero(term: Term, position: int) -> Zero:
    found = _at(term.conditions, position)
    if not isinstance(found, Zero):
        raise Refused("the condition is no equation")
    return found


def _exchanged(term: Term, position: int, *new: Condition) -> Term:
    """The term with one condition exchanged for others, which come last."""
    kept = (*term.conditions[:position], *term.conditions[position + 1 :], *new)
    return replace(term, conditions=tuple(dict.fromkeys(kept)))


def _fresh(term: Term, place: Place, further: int = 0) -> Var:
    return Var(place.depth, 1 + further + max((v.ordinal for v in term.variables), default=-1))


def _substituted(term: Term, variable: Var, value: Form) -> Term:
    changed = term.map(lambda form: form.replace({variable: value}))
    return replace(changed, variables=tuple(v for v in term.variables if v != variable))


# -- quotients and remainders ----------------------------------------------------------------------------------------


def divisions(term: Term, place: Place) -> Iterator[Floor | Modulo]:
    """The quotients and remainders of a term whose variables are bound at the term or outside it, each once."""
    seen: set[Floor | Modulo] = set()
    for form in term.forms():
        for atom in form.atoms():
            if isinstance(atom, Floor | Modulo) and atom not in seen and is_own(atom.numerator, term, place):
                seen.add(atom)
                yield atom


def is_own(form: Form, term: Term, place: Place) -> bool:
    """Whether a form depends on variables or entries, and on no variable that is bound further inside."""
    used = form.variables()
    own = all(v in term.variables or v in place.outer.ranges for v in used)
    return own and (bool(used) or any(isinstance(atom, Lookup) for atom in form.atoms()))


def _division(term: Term, place: Place, position: int) -> tuple[Form, Form]:
    for k, atom in enumerate(divisions(term, place)):
        if k == position:
            if atom.divisor.variables() or not place.facts.never_negative(atom.divisor - 1):
                break
            return atom.numerator, atom.divisor
    raise Refused("there is no such quotient or remainder by a positive divisor")


def _divided(term: Term, e: Form, d: Form, quotient: Form, rest: Form) -> Term:
    return term.map(lambda form: form.put(Floor(e, d), quotient).put(Modulo(e, d), rest))


def quotient_whole(term: Term, place: Place, position: int) -> Term:
    """floor((d X + Y) / d) = X and the remainder is Y.  If: d >= 1 and 0 <= Y < d."""
    e, d = _division(term, place, position)
    whole, rest = e.split(d)
    if not place.facts.inside(rest, d, given(term, place)):
        raise Refused("the rest is not shown to be smaller than the divisor")
    return _divided(term, e, d, whole, rest)


def quotient_exact(term: Term, place: Place, position: int, condition: int) -> Term:
    """Sum_{[d | e]} F(floor(e / d), e mod d) = Sum_q [e = d q] F(q, 0).  If: d >= 1."""
    e, d = _division(term, place, position)
    if _at(term.conditions, condition) != Multiple(d, e):
        raise Refused("the condition does not say that the divisor divides")
    q = _fresh(term, place)
    changed = _divided(_exchanged(term, condition), e, d, Form.of(q), Form({}))
    equation = Zero(e - d * Form.of(q))
    return replace(changed, variables=(*term.variables, q), conditions=(*changed.conditions, equation))


def quotient_split(term: Term, place: Place, position: int) -> Term:
    """F(floor(e / d), e mod d) = Sum_{q, r} [0 <= r < d] [e = d q + r] F(q, r).  If: d >= 1."""
    e, d = _division(term, place, position)
    q, r = _fresh(term, place), _fresh(term, place, 1)
    changed = _divided(term, e, d, Form.of(q), Form.of(r))
    new = Within(Form.of(r), d), Zero(e - d * Form.of(q) - Form.of(r))
    return replace(changed, variables=(*term.variables, q, r), conditions=(*changed.conditions, *new))


def quotient_bounded(term: Term, place: Place, position: int) -> Term:
    """F(floor(e / d), e mod d) = Sum_{q, r} [0 <= r < d] [e = d q + r] [0 <= q < E] F(q, r).

    If: d >= 1, and e has bounds that give 0 <= floor(e / d) < E.
    """
    e, d = _division(term, place, position)
    extent = place.facts.limit(Floor(e, d), given(term, place))
    if extent is None:
        raise Refused("the quotient is not shown to be bounded")
    found = quotient_split(term, place, position)
    bound = Within(Form.of(found.variables[-2]), extent)
    return replace(found, conditions=tuple(dict.fromkeys((*found.conditions, bound))))


def multiple(term: Term, place: Place, condition: int) -> Term:
    """[d | e] = Sum_q [e = d q].  If: d >= 1."""
    found = _at(term.conditions, condition)
    if not isinstance(found, Multiple) or not place.facts.never_negative(found.divisor - 1):
        raise Refused("the condition does not say that a positive integer divides")
    q = _fresh(term, place)
    changed = _exchanged(term, condition, Zero(found.form - found.divisor * Form.of(q)))
    return replace(changed, variables=(*term.variables, q))


# -- equations -------------------------------------------------------------------------------------------------------


def constant(term: Term, place: Place, condition: int) -> Term | None:
    """[n = 0] for a number n is 1 or 0."""
    number = _zero(term, condition).form.number
    if number is None:
        raise Refused("the equation is not one of numbers")
    return None if number else _exchanged(term, condition)


def solve(term: Term, place: Place, condition: int, variable: int) -> Term:
    """Sum_v [c v + Y = 0] F(v) = F(-c Y).  If: c is 1 or -1, and v is not in Y, not even inside an opaque integer."""
    form, v = _zero(term, condition).form, _at(term.variables, variable)
    c = form.coefficient(v)
    if abs(c) != 1:
        raise Refused("the equation does not determine the variable")
    return _substituted(_exchanged(term, condition), v, (form - Form.of(v) * c) * -c)


def separate(term: Term, place: Place, condition: int, divisor: Form) -> Term:
    """[d X + Y = 0] = [X = 0] [Y = 0].  If: |Y| < d."""
    form = _zero(term, condition).form
    whole, rest = form.split(divisor)
    if not whole.terms or not place.facts.smaller(rest, divisor, given(term, place)):
        raise Refused("the rest is not shown to be smaller than the divisor")
    return _exchanged(term, condition, Zero(whole), *([Zero(rest)] if rest.terms else []))


# -- ranges ----------------------------------------------------------------------------------------------------------


def empty(term: Term, place: Place, condition: int) -> Term | None:
    """[0 <= e < n] = 0.  If: n <= 0, or e < 0 always, or e >= n always."""
    c = _within(term, condition)
    if not place.facts.never_negative(-c.extent) and not place.facts.outside(c.form, c.extent, given(term, place, c)):
        raise Refused("the range is not shown to be empty")
    return None


def inside(term: Term, place: Place, condition: int) -> Term:
    """[0 <= e < n] = 1.  If: the other conditions bound e so."""
    c = _within(term, condition)
    if not place.facts.inside(c.form, c.extent, given(term, place, c)):
        raise Refused("the condition is not shown to hold")
    return _exchanged(term, condition)


def state(term: Term, place: Place, row: int, extent: Form) -> Term:
    """1 = [0 <= e < n], for an index e that stands in the term.  If: the conditions bound e so."""
    form = _at(rows(term), row)
    if not place.facts.inside(form, extent, given(term, place)):
        raise Refused("the condition is not shown to hold")
    return replace(term, conditions=tuple(dict.fromkeys((*term.conditions, Within(form, extent)))))


def chosen(term: Term, place: Place, condition: int) -> Term:
    """[0 <= e < n] = 1.  If: it is a guard of a maximum, at the position that is chosen."""
    c = _within(term, condition)
    if place.facts.guarded(c.form, c.extent, given(term, place, c)) is None:
        raise Refused("the condition is not one under which a maximum is taken")
    return _exchanged(term, condition)


def ends(condition: Within) -> tuple[Form, Form]:
    """e of 0 <= e < n counted from either end."""
    return condition.form, condition.extent - 1 - condition.form


def implied(term: Term, place: Place, condition: int, by: int, end: int) -> Term:
    """[0 <= f < m] [0 <= f + Y < n] = [0 <= f < m].  If: 0 <= Y and Y <= n - m always."""
    c, other = _within(term, condition), _within(term, by)
    if condition == by:
        raise Refused("a condition does not imply itself")
    f, m = _at(ends(other), end), other.extent
    if not place.facts.follows(c.form, c.extent, f, m, given(term, place, c)):
        raise Refused("the condition is not shown to follow from the other")
    return _exchanged(term, condition)


def single(term: Term, place: Place, condition: int) -> Term:
    """[0 <= e < 1] = [e = 0]."""
    c = _within(term, condition)
    if c.extent.number != 1:
        raise Refused("the range is not of length 1")
    return _exchanged(term, condition, Zero(c.form))


def coarser(facts: Facts, c: Within, d: Form, low: int, high: int, known: Given) -> Within | None:
    """0 <= X + low < E + high + 1 in place of 0 <= d X + Y < d E + N, if that is the same (see :func:`coarsen`)."""
    whole, rest = c.form.split(d)
    length, left = c.extent.split(d)
    if not whole.terms or not facts.inside(rest - d * low, d, known):
        return None
    if not facts.inside(left - d * high - 1 - (rest - d * low), d, known):
        return None
    return Within(whole + low, length + high + 1)


def coarsen(term: Term, place: Place, condition: int, divisor: Form, low: int, high: int) -> Term:
    """[0 <= d X + Y < d E + N] = [0 <= X + a < E + b + 1].  If: 0 <= Y - a d < d and 0 <= N - b d - 1 - (Y - a d) < d.

    With Y' = Y - a d in 0, ..., d - 1 the form is d (X + a) + Y': not negative where X + a is not, and below
    d (E + b) + N - b d where X + a <= E + b.
    """
    c = _within(term, condition)
    found = coarser(place.facts, c, divisor, low, high, given(term, place, c))
    if found is None:
        raise Refused("the range is not shown to be a coarser one")
    return _exchanged(term, condition, found)


def stepped(term: Term, place: Place, condition: int, by: int, end: int) -> Term:
    """[0 <= f < d] [0 <= f + d X < d E] = [0 <= f < d] [0 <= X < E]."""
    c, other = _within(term, condition), _within(term, by)
    whole, rest = (c.form - _at(ends(other), end)).split(other.extent)
    length, left = c.extent.split(other.extent)
    if condition == by or not whole.terms or rest.terms or left.terms:
        raise Refused("the condition is not the other one in whole steps")
    return _exchanged(term, condition, Within(whole, length))


# -- variables -------------------------------------------------------------------------------------------------------


def determined(term: Term, place: Place, variable: int, condition: int, end: int) -> Term:
    """Sum_v [0 <= X - d v < d] [0 <= v < E] = [0 <= X < d E];  Sum_v [0 <= X - d v < d] = 1.

    If: d >= 1, v is not in X, d and E, and stands nowhere else.
    """
    v, c = _at(term.variables, variable), _within(term, condition)
    d = c.extent
    inner = _at(ends(c), end) + d * Form.of(v)
    if v in inner.variables() or not place.facts.never_negative(d - 1):
        raise Refused("the condition does not determine the variable")
    if any(v in form.variables() for factor, _ in term.factors for form in factor_forms(factor)):
        raise Refused("the variable stands in a factor")
    kept: list[Condition] = []
    ranges: list[Condition] = []
    for other in term.conditions:
        if other is c or all(v not in form.variables() for form in forms_in(other)):
            kept += [] if other is c else [other]
        elif isinstance(other, Within) and other.form.variable == v and v not in other.extent.variables():
            ranges.append(Within(inner, d * other.extent))
        else:
            raise Refused("the variable stands in another condition")
    if len(ranges) > 1:
        raise Refused("the variable has more than one range")
    left = tuple(u for u in term.variables if u != v)
    return replace(term, variables=left, conditions=tuple(dict.fromkeys((*kept, *ranges))))


def change(term: Term, place: Place, variable: int, row: int) -> Term:
    """Sum_v F(v) = Sum_p F(c (p - Y)), for the index p = c v + Y.  If: c is 1 or -1, and v is not in Y.

    v -> p is a bijection of the integers, and the range of v is a condition like any other.
    """
    v, form = _at(term.variables, variable), _at(rows(term), row)
    c = form.coefficient(v)
    if abs(c) != 1 or not is_own(form, term, place):
        raise Refused("the index is not an invertible function of the variable")
    p = _fresh(term, place)
    changed = _substituted(term, v, (Form.of(p) - form + Form.of(v) * c) * c)
    return replace(changed, variables=(*changed.variables, p))


def rename(term: Term, place: Place, order: list[int]) -> Term:
    """Sum_{v, w} = Sum_{w, v}, under any names that are different."""
    if sorted(order) != list(range(len(term.variables))):
        raise Refused("the renaming is no permutation of the variables")
    return term.ordered([term.variables[k] for k in order], place.depth)


Rule = Callable[..., Term | None]

RULES: dict[str, tuple[Rule, str]] = {
    "quotient_whole": (quotient_whole, "n"),
    "quotient_exact": (quotient_exact, "nn"),
    "quotient_split": (quotient_split, "n"),
    "quotient_bounded": (quotient_bounded, "n"),
    "multiple": (multiple, "n"),
    "constant": (constant, "n"),
    "solve": (solve, "nn"),
    "separate": (separate, "nd"),
    "empty": (empty, "n"),
    "inside": (inside, "n"),
    "state": (state, "nf"),
    "chosen": (chosen, "n"),
    "implied": (implied, "nnn"),
    "single": (single, "n"),
    "coarsen": (coarsen, "ndii"),
    "stepped": (stepped, "nnn"),
    "determined": (determined, "nnn"),
    "change": (change, "nn"),
    "rename": (rename, "p"),
}
"""The rules by name, with the kinds of their arguments: n a position, i a small integer, d a divisor (a number or a
product of sizes), f a form that is a size or a number, p a permutation."""

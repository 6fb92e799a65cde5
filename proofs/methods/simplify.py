"""Rewriting of terms by steps that hold for all sizes, towards one form per sum.

* Quotient(e, d) and Remainder(e, d) become variables q and r with e = d q + r, 0 <= r < d (r = 0 beside [d | e]);
* an equation that determines a variable eliminates it; d X + Y = 0 with |Y| < d is X = 0 and Y = 0;
* a condition that the others imply is dropped; 0 <= d X + Y < d E with 0 <= Y < d is 0 <= X < E;
* a variable that only stands in conditions which determine it is dropped;
* the variables are changed, by substitutions with an integer inverse, to the indices of the entries.

Each step turns a sum into an equal one, so that equal results prove that two sums are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction

from dyadic.proofs.methods.forms import Floor, Form, Lookup, Modulo, Sizes, Var, fresh
from dyadic.proofs.methods.terms import (
    Call,
    Condition,
    Entry,
    Factor,
    Group,
    Multiple,
    Term,
    Whole,
    Within,
    Zero,
    condition_text,
    factor_forms,
    forms_in,
    inner_terms,
)

Known = Callable[[Within], bool]
"""Conditions that hold for other reasons, such as those that an argmax satisfies by its definition."""
_MOST_STEPS = 200
_SHIFTS = (0, -1, 1, -2, 2)


def simplified(terms: Iterable[Term], sizes: Sizes, known: Known = lambda condition: False) -> list[Term]:
    """Every term rewritten; those over an empty index set are left out."""
    return list(_simplified(terms, sizes, known, {}))


def _simplified(terms: Iterable[Term], sizes: Sizes, known: Known, outer: Mapping[Var, Form]) -> Iterator[Term]:
    for term in terms:
        work = _Work(term, sizes, known, outer)
        if work.run():
            yield work.term()


class _Work:
    """One term while it is being rewritten.  ``outer``: ranges of the variables of an enclosing term."""

    def __init__(self, term: Term, sizes: Sizes, known: Known, outer: Mapping[Var, Form]) -> None:
        self.sizes, self.known, self.outer = sizes, known, outer
        self.coefficient = term.coefficient
        self.variables = list(term.variables)
        self.conditions = list(term.conditions)
        self.factors = term.factors

    def term(self) -> Term:
        return Term(self.coefficient, tuple(self.variables), tuple(self.conditions), self.factors)

    def run(self) -> bool:
        """Rewrite; False if the sum is empty."""
        if not self._settle():
            return False
        for change in (self._pivots, self._drop_determined):
            change()
            if not self._settle():
                return False
        ranges = self._ranges()
        self.factors = Term(
            factors=tuple((_inside(factor, self.sizes, self.known, ranges), e) for factor, e in self.factors)
        ).factors
        return True

    def _settle(self) -> bool:
        for _ in range(_MOST_STEPS):
            try:
                if not (self._divide() or self._solve() or self._narrow()):
                    return True
            except _Empty:
                return False
        return True

    def _ranges(self, without: Condition | None = None) -> dict[Var, Form]:
        """Extents of the variables that a condition of their own bounds."""
        found = dict(self.outer)
        for condition in self.conditions:
            if isinstance(condition, Within) and condition is not without:
                variable = condition.form.variable
                if variable is not None:
                    found[variable] = condition.extent
        return found

    def _map(self, change: Callable[[Form], Form]) -> None:
        changed = Term(Fraction(1), (), tuple(self.conditions), self.factors).map(change)
        self.conditions, self.factors = list(changed.conditions), changed.factors

    def _substitute(self, variable: Var, value: Form) -> None:
        self.variables.remove(variable)
        self._map(lambda form: form.replace({variable: value}))

    def _new(self) -> Form:
        variable = fresh()
        self.variables.append(variable)
        return Form.of(variable)

    # -- quotients and remainders ------------------------------------------------------------------------------

    def _divide(self) -> bool:
        """Replace one quotient or remainder of the term's own variables."""
        own = set(self.variables) | set(self.outer)
        for form in Term(conditions=tuple(self.conditions), factors=self.factors).forms():
            for atom in form.atoms():
                if isinstance(atom, Floor | Modulo) and self._is_own(atom.numerator, own):
                    self._replace_division(atom.numerator, atom.divisor)
                    return True
        for condition in self.conditions:
            if isinstance(condition, Multiple) and self._is_own(condition.form, own):
                self.conditions.remove(condition)
                self.conditions.append(Zero(condition.form - condition.divisor * self._new()))
                return True
        return False

    def _is_own(self, form: Form, own: set[Var]) -> bool:
        used = form.variables()
        return used <= own and (bool(used) or any(isinstance(atom, Lookup) for atom in form.atoms()))

    def _replace_division(self, e: Form, d: Form) -> None:
        whole, rest = e.split(d)
        ranges = self._ranges()
        divides = Multiple(d, e)
        if self.sizes.inside(rest, d, ranges):
            quotient = whole
        elif divides in self.conditions:
            quotient, rest = self._new(), Form({})
            self.conditions.remove(divides)
            self.conditions.append(Zero(e - d * quotient))
        else:
            quotient, rest = self._new(), self._new()
            self.conditions += [Within(rest, d), Zero(e - d * quotient - rest)]
        self._map(lambda form: form.put(Floor(e, d), quotient).put(Modulo(e, d), rest))

    # -- equations ---------------------------------------------------------------------------------------------

    def _solve(self) -> bool:
        return any(isinstance(condition, Zero) and self._solve_one(condition) for condition in self.conditions)

    def _solve_one(self, condition: Zero) -> bool:
        form = condition.form
        if form.number is not None:
            if form.number != 0:
                raise _Empty
            self.conditions.remove(condition)
            return True
        for divisor in _divisors(form):
            whole, rest = form.split(divisor)
            if whole.terms and self._smaller(rest, divisor):
                self.conditions.remove(condition)
                self.conditions.append(Zero(whole))
                if rest.terms:
                    self.conditions.append(Zero(rest))
                return True
        for variable in reversed(self.variables):
            c = form.coefficient(variable)
            if abs(c) == 1:
                self.conditions.remove(condition)
                self._substitute(variable, (form - Form.of(variable) * c) * -c)
                return True
        return False

    def _smaller(self, rest: Form, divisor: Form) -> bool:
        """|rest| < divisor."""
        found = self.sizes.bounds(rest, self._ranges())
        return found is not None and all(
            self.sizes.never_negative(divisor - 1 - bound) for bound in (found[1], -found[0])
        )

    # -- conditions --------------------------------------------------------------------------------------------

    def _narrow(self) -> bool:
        """Drop a condition that holds anyway, or make one simpler.  Those of single variables are looked at last."""
        conditions = [c for c in self.conditions if isinstance(c, Within)]
        conditions.sort(key=lambda c: (c.form.variable is not None, -len(c.form.terms), condition_text(c, {})))
        return any(self._narrow_one(condition) for condition in conditions)

    def _narrow_one(self, condition: Within) -> bool:
        form, extent = condition.form, condition.extent
        ranges = self._ranges(without=condition)
        if self.sizes.never_negative(-extent) or self.sizes.outside(form, extent, ranges):
            raise _Empty
        if self.sizes.inside(form, extent, ranges) or self.known(condition) or self._implied(condition):
            self.conditions.remove(condition)
            return True
        if extent.number == 1:
            self._exchange(condition, Zero(form))
            return True
        for divisor in _divisors(form):
            coarser = self._coarser(form, extent, divisor, ranges)
            if coarser is not None:
                self._exchange(condition, coarser)
                return True
        for f, d in self._others(condition):
            whole, rest = (form - f).split(d)
            length, left = extent.split(d)
            if d.number != 1 and whole.terms and not rest.terms and not left.terms:
                self._exchange(condition, Within(whole, length))
                return True
        return False

    def _coarser(self, form: Form, extent: Form, d: Form, ranges: Mapping[Var, Form]) -> Within | None:
        """0 <= d X + Y < d E + N as a range of X: from 0 if 0 <= Y < d, to E if 0 <= N - 1 - Y < d.

        Whole multiples of d are moved between Y and d X, and between N and d E, so that these may hold.
        """
        whole, rest = form.split(d)
        length, left = extent.split(d)
        if not whole.terms:
            return None
        for low in _SHIFTS:
            if self.sizes.inside(rest - d * low, d, ranges):
                for high in _SHIFTS:
                    if self.sizes.inside(left - d * high - 1 - (rest - d * low), d, ranges):
                        return Within(whole + low, length + high + 1)
        return None

    def _exchange(self, old: Condition, new: Condition) -> None:
        self.conditions.remove(old)
        self.conditions.append(new)

    def _others(self, condition: Within) -> Iterator[tuple[Form, Form]]:
        """(f, m) of every other condition 0 <= f < m on more than a single variable, f counted from either end."""
        for other in self.conditions:
            if isinstance(other, Within) and other is not condition and other.form.variable is None:
                yield other.form, other.extent
                yield other.extent - 1 - other.form, other.extent

    def _implied(self, condition: Within) -> bool:
        """Whether another condition 0 <= f < m, this one being on f + rest, implies it."""
        ranges = self._ranges(without=condition)
        for f, m in self._others(condition):
            rest = self.sizes.bounds(condition.form - f, ranges)
            if (
                rest is not None
                and self.sizes.never_negative(rest[0])
                and self.sizes.never_negative(condition.extent - m - rest[1])
            ):
                return True
        return False

    def _drop_determined(self) -> None:
        """Sum_v [0 <= X - d v < d] = 1: v is Quotient(X, d); a range of v is one of X."""
        for variable in list(self.variables):
            if any(variable in form.variables() for factor, _ in self.factors for form in factor_forms(factor)):
                continue
            mine = [c for c in self.conditions if any(variable in form.variables() for form in forms_in(c))]
            if len(mine) > 2 or not all(isinstance(c, Within) for c in mine):
                continue
            for condition in mine:
                assert isinstance(condition, Within)
                d = condition.extent
                for form in (condition.form, d - 1 - condition.form):
                    inner = form + d * Form.of(variable)
                    ranges = [Within(inner, d * c.extent) for c in mine if c.form.variable == variable]  # type: ignore[union-attr]
                    if variable in inner.variables() or len(ranges) + 1 != len(mine):
                        continue
                    if self.sizes.never_negative(d - 1) and variable in self.variables:
                        self.conditions = [*(c for c in self.conditions if c not in mine), *ranges]
                        self.variables.remove(variable)

    # -- a choice of variables -----------------------------------------------------------------------------------

    def _pivots(self) -> None:
        """Make the indices of entries variables, one after the other in an order that names play no part in."""
        chosen: set[Var] = set()
        rows = [row for factor, _ in self.factors for row in _rows(factor, 0)]
        nameless = {v: "" for _, form in rows for v in form.variables()}
        order = sorted(range(len(rows)), key=lambda k: (rows[k][0], rows[k][1].text(nameless)))
        for number in order:
            # The substitutions are invertible, so factors stay distinct and rows keep their numbers.
            form = [form for factor, _ in self.factors for _, form in _rows(factor, 0)][number]
            candidates = [v for v in self.variables if v not in chosen and abs(form.coefficient(v)) == 1]
            if form.variable in candidates:
                chosen.add(candidates[0])
            elif candidates:
                ranges = self._ranges()
                variable = min(candidates, key=lambda v: (repr(ranges.get(v, "")), form.coefficient(v)))
                c = form.coefficient(variable)
                pivot = self._new()
                self._substitute(variable, (pivot - form + Form.of(variable) * c) * c)
                chosen.add(self.variables[-1])


class _Empty(Exception):
    """No values satisfy the conditions."""


def _inside(factor: Factor, sizes: Sizes, known: Known, ranges: Mapping[Var, Form]) -> Factor:
    """A factor with the terms inside it rewritten."""
    match factor:
        case Call():
            return Call(factor.name, factor.order, tuple(_simplified(factor.argument, sizes, known, ranges)))
        case Group():
            return Group(tuple(_simplified(factor.terms, sizes, known, ranges)))
        case _:
            return factor


def _divisors(form: Form) -> list[Form]:
    """Coefficients of the variables, as forms of one term, that could divide a part of the form."""
    found: dict[Form, None] = {}
    for monomial, c in form.terms.items():
        sizes = tuple(atom for atom in monomial if isinstance(atom, str))
        if len(sizes) < len(monomial) and (sizes or abs(c) != 1):
            found[Form({sizes: abs(c)})] = None
    return list(found)


def _rows(factor: Factor, depth: int) -> Iterator[tuple[tuple[int, bool, str, str, int], Form]]:
    """The indices of a factor's entries, each with a key that says where it stands."""
    match factor:
        case Entry(kind, owner, indices):
            for axis, form in enumerate(indices):
                yield (depth, kind.startswith("dot "), kind, owner, axis), form
        case Whole(form):
            yield (depth, True, "", "", 0), form
        case Call() | Group():
            for term in inner_terms(factor):
                for inner, _ in term.factors:
                    yield from _rows(inner, depth + 1)

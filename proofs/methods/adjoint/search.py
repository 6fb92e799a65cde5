"""Looks for the rules that bring a term to a form of its own, and writes down which they were.

* Quotient(e, d) and Remainder(e, d) become variables q and r with e = d q + r, 0 <= r < d (r = 0 beside [d | e]);
* an equation that determines a variable eliminates it; d X + Y = 0 with |Y| < d is X = 0 and Y = 0;
* a condition that the others imply is dropped; 0 <= d X + Y < d E with 0 <= Y < d is 0 <= X < E;
* a variable that only stands in conditions which determine it is dropped;
* the variables are changed, by substitutions with an integer inverse, to the indices of the entries.

Every step is an application of a rule of proofs/checker/core/rules.py, which checks it: nothing here has to be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from dyadic.proofs.checker.core import rules
from dyadic.proofs.checker.core.facts import Facts, Given
from dyadic.proofs.checker.core.forms import Form, Lookup, Refused, Var
from dyadic.proofs.checker.core.rules import Place, coarser, divisions, ends, given
from dyadic.proofs.checker.core.terms import (
    Condition,
    Multiple,
    Term,
    Within,
    Zero,
    factor_rows,
    inner_terms,
    merged,
    rows,
    with_inner,
)
from dyadic.proofs.methods.adjoint.naming import condition_text, form_text, order_of

Steps = list[Any]
_MOST_STEPS = 200
_SHIFTS = (0, -1, 1, -2, 2)


def rewritten(terms: Iterable[Term], facts: Facts, bounded: bool = False) -> tuple[list[Term], list[Steps]]:
    """Every term in its form, without those over an empty index set, and the steps taken for each.

    bounded: keep the ranges of quotients, which follow from those of their remainders but are not always found again.
    """
    found, log = [], []
    for term in terms:
        work = Work(term, Place(facts, Given()), bounded)
        if work.run():
            work.name({}, "")
            found.append(work.term)
        log.append(work.steps)
    return found, log


class Work:
    """One term while it is being rewritten, and the steps so far."""

    def __init__(self, term: Term, place: Place, bounded: bool = False) -> None:
        self.term, self.place, self.bounded, self.steps = term, place, bounded, Steps()
        self.facts = place.facts

    def run(self) -> bool:
        """Rewrite; False if the sum is empty."""
        try:
            self._settle()
            self._pivots()
            self._settle()
            self._drop_determined()
            self._settle()
        except _Empty:
            return False
        for position in range(len(self.term.factors)):
            self._factor(position, lambda work: work.run())
        return True

    def name(self, names: dict[Var, str], prefix: str) -> None:
        """Rename the variables, then those inside the factors under these names."""
        order = order_of(self.term, names, prefix)
        if order != list(range(len(order))) or any(
            v != Var(self.place.depth, k) for k, v in enumerate(self.term.variables)
        ):
            self._do("rename", order)
        inner = {**names, **{v: f"{prefix}{k}" for k, v in enumerate(self.term.variables)}}

        def named(work: Work) -> bool:
            work.name(inner, prefix + ".")
            return True

        for position in range(len(self.term.factors)):
            self._factor(position, named)

    # -- applying rules ------------------------------------------------------------------------------------------

    def _do(self, name: str, *arguments: Any) -> None:
        """Apply a rule that is known to apply, and write it down."""
        found = rules.RULES[name][0](self.term, self.place, *arguments)
        self.steps.append([name, *map(_written, arguments)])
        if found is None:
            raise _Empty
        self.term = found

    def _try(self, name: str, *arguments: Any) -> bool:
        try:
            self._do(name, *arguments)
        except Refused:
            return False
        return True

    def _factor(self, position: int, action: Any) -> None:
        """Rewrite the terms inside a factor."""
        if position >= len(self.term.factors):
            return  # two factors have become one
        factor, exponent = self.term.factors[position]
        terms = inner_terms(factor)
        if not terms:
            return
        inside = Place(self.facts, given(self.term, self.place), self.place.depth + 1)
        works = [Work(term, inside, self.bounded) for term in terms]
        kept = [work.term for work in works if action(work)]
        if any(work.steps for work in works):
            powers = (
                *self.term.factors[:position], (with_inner(factor, kept), exponent), *self.term.factors[position + 1 :],
            )  # fmt: skip
            self.term = Term(self.term.coefficient, self.term.variables, self.term.conditions, merged(powers))
            self.steps.append(["factor", position, [work.steps for work in works]])

    def _position(self, condition: Condition) -> int:
        return self.term.conditions.index(condition)

    def _given(self, without: Condition | None = None) -> Given:
        return given(self.term, self.place, without)

    def _settle(self) -> None:
        for _ in range(_MOST_STEPS):
            if not (self._divide() or self._solve() or self._narrow()):
                return

    # -- quotients and remainders --------------------------------------------------------------------------------

    def _divide(self) -> bool:
        """Replace one quotient or remainder of the term's own variables."""
        for position, atom in enumerate(divisions(self.term, self.place)):
            exact = Multiple(atom.divisor, atom.numerator)
            if self._try("quotient_whole", position):
                return True
            if exact in self.term.conditions and self._try("quotient_exact", position, self._position(exact)):
                return True
            if self.bounded and self._try("quotient_bounded", position):
                return True
            if self._try("quotient_split", position):
                return True
        for position, condition in enumerate(self.term.conditions):
            if isinstance(condition, Multiple) and rules.is_own(condition.form, self.term, self.place):
                return self._try("multiple", position)
        return False

    # -- equations -----------------------------------------------------------------------------------------------

    def _solve(self) -> bool:
        return any(
            isinstance(condition, Zero) and self._solve_one(position, condition)
            for position, condition in enumerate(self.term.conditions)
        )

    def _solve_one(self, position: int, condition: Zero) -> bool:
        form = condition.form
        if form.number is not None:
            self._do("constant", position)
            return True
        known = None
        for divisor in _divisors(form):
            whole, rest = form.split(divisor)
            known = known or self._given()
            if whole.terms and self.facts.smaller(rest, divisor, known):
                self._do("separate", position, divisor)
                return True
        for k in reversed(range(len(self.term.variables))):
            if abs(form.coefficient(self.term.variables[k])) == 1:
                self._do("solve", position, k)
                return True
        return self._unlock(form)

    def _unlock(self, form: Form) -> bool:
        """Make the index of an entry inside an equation a variable, so that the equation can be solved for another.

        In u = arg[j + 1 - u] no variable stands alone; with i = j + 1 - u it says j = i + arg[i] - 1.  What is known
        of the index is stated first: its range would not be seen any more.
        """
        for atom in form.atoms():
            if not isinstance(atom, Lookup):
                continue
            for axis, index in enumerate(atom.indices):
                choice = self.facts.choices.get((atom.kind, atom.owner))
                free = [k for k, v in enumerate(self.term.variables) if abs(index.coefficient(v)) == 1]
                if index.variable is not None or not free or choice is None:
                    continue
                row = rows(self.term).index(index)
                if Within(index, choice.shape[axis]) not in self.term.conditions:
                    self._try("state", row, choice.shape[axis])
                other = [k for k in free if form.coefficient(self.term.variables[k]) == 0]
                return self._try("change", (other or free)[0], row)
        return False

    # -- conditions ----------------------------------------------------------------------------------------------

    def _narrow(self) -> bool:
        """Drop a condition that holds anyway, or make one simpler.  Those of single variables are looked at last."""
        conditions = [c for c in self.term.conditions if isinstance(c, Within)]
        conditions.sort(key=_priority)
        return any(self._narrow_one(condition) for condition in conditions)

    def _narrow_one(self, condition: Within) -> bool:
        form, extent = condition.form, condition.extent
        position, facts, known = self._position(condition), self.facts, self._given(without=condition)
        if facts.never_negative(-extent) or facts.outside(form, extent, known):
            self._do("empty", position)
        if facts.inside(form, extent, known):
            self._do("inside", position)
            return True
        if facts.guarded(form, extent, known):
            self._do("chosen", position)
            return True
        others = [
            (by, end, f, other.extent)
            for by, other in enumerate(self.term.conditions)
            if isinstance(other, Within) and by != position and other.form.variable is None
            for end, f in enumerate(ends(other))
        ]
        for by, end, f, m in others:
            if facts.follows(form, extent, f, m, known):
                self._do("implied", position, by, end)
                return True
        if extent.number == 1:
            self._do("single", position)
            return True
        return self._coarsen(condition, position, known) or self._step(condition, position, others)

    def _coarsen(self, condition: Within, position: int, known: Given) -> bool:
        """Whole multiples of a divisor are moved between the parts of the range, so that it becomes a coarser one."""
        for divisor in _divisors(condition.form):
            rest = condition.form.split(divisor)[1]
            for low in _SHIFTS:
                if self.facts.inside(rest - divisor * low, divisor, known):
                    for high in _SHIFTS:
                        if coarser(self.facts, condition, divisor, low, high, known):
                            self._do("coarsen", position, divisor, low, high)
                            return True
        return False

    def _step(self, condition: Within, position: int, others: list[tuple[int, int, Form, Form]]) -> bool:
        for by, end, f, d in others:
            whole, rest = (condition.form - f).split(d)
            if d.number != 1 and whole.terms and not rest.terms and not condition.extent.split(d)[1].terms:
                self._do("stepped", position, by, end)
                return True
        return False

    def _drop_determined(self) -> None:
        for variable in self.term.variables:
            tries = (
                (self.term.variables.index(variable), position, end)
                for position, condition in enumerate(self.term.conditions)
                if isinstance(condition, Within) and variable in condition.form.variables()
                for end in (0, 1)
            )
            any(self._try("determined", *arguments) for arguments in tries)

    # -- a choice of variables -----------------------------------------------------------------------------------

    def _pivots(self) -> None:
        """Make the indices of entries variables, one after the other in an order that names play no part in."""
        chosen: set[Var] = set()
        places = [row for factor, _ in self.term.factors for row in factor_rows(factor, 0)]
        nameless = {v: "" for _, form in places for v in form.variables()}
        order = sorted(range(len(places)), key=lambda k: (places[k][0], form_text(places[k][1], nameless)))
        for number in order:
            # The substitutions are invertible, so factors stay distinct and rows keep their numbers.
            form = rows(self.term)[number]
            candidates = [v for v in self.term.variables if v not in chosen and abs(form.coefficient(v)) == 1]
            if form.variable in candidates:
                chosen.add(form.variable)
            elif candidates:
                ranges = self._given().ranges
                variable = min(candidates, key=lambda v: (repr(ranges.get(v, "")), form.coefficient(v)))
                if self._try("change", self.term.variables.index(variable), number):
                    chosen.add(self.term.variables[-1])


@lru_cache(4096)
def _priority(condition: Within) -> tuple[bool, int, str]:
    return condition.form.variable is not None, -len(condition.form.terms), condition_text(condition, {})


class _Empty(Exception):
    """No values satisfy the conditions."""


def _written(argument: Any) -> Any:
    """An argument as JSON: a form of one term, such as a divisor, is [number, size, ...]."""
    if isinstance(argument, Form):
        if len(argument.terms) != 1:
            raise Refused("only products of sizes are written as arguments")
        ((monomial, c),) = argument.terms.items()
        if not all(isinstance(atom, str) for atom in monomial):
            raise Refused("only products of sizes are written as arguments")
        return [c, *monomial]
    return argument


def _divisors(form: Form) -> list[Form]:
    """Coefficients of the variables, as forms of one term, that could divide a part of the form."""
    found: dict[Form, None] = {}
    for monomial, c in form.terms.items():
        sizes = tuple(atom for atom in monomial if isinstance(atom, str))
        if len(sizes) < len(monomial) and (sizes or abs(c) != 1):
            found[Form({sizes: abs(c)})] = None
    return list(found)

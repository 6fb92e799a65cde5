"""Solving delta(p, e(i, j)): which terms of an equation read the entry p of a tensor?

An entry r[e] that is read for every value of the indices i contributes to the derivative with respect to r[p]
those terms for which e(i) = p.  Solving e(i) = p for one index per axis turns the scatter over i into a gather
over p, which needs no atomics in a kernel:

    e = i                      i = p
    e = c i + rest             i = (p - rest) / c, beside the bracket [c divides p - rest]
    e = Quotient(inner, d)   inner = d p + r,  a sum over r = 0, ..., d - 1  (r = 0 where d is known to divide)
    e = m rest + k        rest = Quotient(p, m), k = Remainder(p, m)   (k running over 0, ..., m - 1)
    anything else              the bracket [p = e] and a sum over all indices: always right, if not the fastest
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Add, Expr, Integer, Mul

from dyadic.symbolic.expressions import (
    Bracket,
    Divides,
    Element,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
    all_indices,
    fresh_index,
    total,
)
from dyadic.symbolic.indices import multiples, simplify, tidy

Ranges = dict[Index, Expr]


def invert(
    entry: Element,
    shape: Sequence[Expr],
    outer: Mapping[Index, Expr],
    bound: Sequence[tuple[Index, Expr]],
    factor: Expr,
) -> tuple[tuple[Index, ...], Expr]:
    """Sum of ``factor`` over all indices for which ``entry`` is the entry p of its tensor.

    outer, bound: the indices of the equation's left-hand side and of its sums, with their extents.
    Returns the names given to p and the sum, in which p is free.
    """
    problem = _Elimination(entry, shape, outer, bound, factor)
    for axis in range(len(shape)):
        problem.solve(axis)
    return problem.result()


class _Elimination:
    """The state of the elimination: ``sums`` are the indices still summed over, in order."""

    def __init__(
        self,
        entry: Element,
        shape: Sequence[Expr],
        outer: Mapping[Index, Expr],
        bound: Sequence[tuple[Index, Expr]],
        factor: Expr,
    ) -> None:
        self.shape = tuple(shape)
        self.outer = set(outer)
        self.sums: Ranges = {**outer, **dict(bound)}
        self.ranges: Ranges = dict(self.sums)
        self.axes: list[Expr] = [index.expand() for index in entry.indices]
        self.factor = _apart(factor, set(self.sums), all_indices(factor) | set(self.sums))
        self.used = all_indices(self.factor) | set(self.sums) | {i for a in self.axes for i in a.atoms(Index)}
        self.target: list[Index] = []
        for bracket in Mul.make_args(factor):  # a summed index that a bracket sets to a number is no sum
            if isinstance(bracket, Same) and bracket.args[0] in self.sums and bracket.args[1].is_Integer:
                self._replace(*bracket.args)

    def solve(self, axis: int) -> None:
        e, extent = self.axes[axis], self.shape[axis]
        if isinstance(e, Index) and e in self.sums:
            # The common case: p takes over the name of the index it equals.
            del self.sums[e]
            self.target.append(e)
            reach, self.ranges[e] = self.ranges[e], extent
            if reach != extent:
                self.factor *= Inside(e, reach)
            return
        p = self._fresh(extent)
        self.target.append(p)
        if not self._equal(e, p) and not (e == 0 and extent == 1):
            self.factor *= Same(p, e)

    def _equal(self, e: Expr, p: Expr) -> bool:
        """Eliminate summed indices so that e = p; False, with nothing done, if no rule applies."""
        if isinstance(e, Index) and e in self.sums:
            self._replace(e, p)
            return True
        return self._radix(e, p) or self._affine(e, p) or self._quotient(e, p)

    def _fresh(self, extent: Expr) -> Index:
        index = fresh_index(self.used)
        self.used.add(index)
        self.ranges[index] = extent
        return index

    def _replace(self, index: Index, value: Expr, *conditions: Expr) -> None:
        """Eliminate a summed index; its range becomes a bracket."""
        reach = self.sums.pop(index)
        table = {index: value}
        self.factor = _substitute(self.factor, table) * Mul(*conditions) * Inside(value, reach)
        self.axes = [simplify(_substitute(e, table).expand(), self.ranges) for e in self.axes]

    def _affine(self, e: Expr, p: Expr) -> bool:
        """Solve e = p for the index with the smallest coefficient, one of the left-hand side if there is a choice."""
        found: list[tuple[bool, int, int, Index, Expr, Expr]] = []
        for index in self.sums:
            coefficient = e.coeff(index, 1)
            rest = (e - coefficient * index).expand()
            if coefficient.is_Integer and coefficient != 0 and not rest.has(index):
                found.append((index not in self.outer, abs(int(coefficient)), len(found), index, coefficient, rest))
        if not found:
            return False
        *_, index, coefficient, rest = min(found, key=lambda row: row[:3])
        self.factor = self.factor.xreplace({e: p})  # a bracket that keeps e in its axis now speaks of p
        value = ((p - rest) * (1 if coefficient > 0 else -1)).expand()
        divisor = abs(int(coefficient))
        self._replace(index, Quotient(value, Integer(divisor)), Divides(Integer(divisor), value))
        return True

    def _quotient(self, e: Expr, p: Expr) -> bool:
        """Solve Quotient(inner, d) + rest = p: inner = d (p - rest) + r."""
        quotients = [term for term in Add.make_args(e) if isinstance(term, Quotient)]
        if len(quotients) != 1:
            return False
        inner, divisor = quotients[0].args
        if not any(i in self.sums for i in inner.atoms(Index)):
            return False
        target = (divisor * (p - (e - quotients[0]))).expand()
        known = Divides(divisor, inner)
        if self.factor.has(known):
            self.factor = self.factor.xreplace({known: Integer(1)})
            return self._equal(inner.expand(), target)
        r = self._fresh(divisor)
        self.sums[r] = divisor
        if self._equal(inner.expand(), target + r):
            return True
        del self.sums[r], self.ranges[r]
        return False

    def _radix(self, e: Expr, p: Expr) -> bool:
        """Solve m rest + k = p, k running over 0, ..., m - 1:  k = Remainder(p, m),  rest = Quotient(p, m)."""
        for k in self.sums:
            m = self.sums[k]
            if e.coeff(k, 1) != 1:
                continue
            terms = Add.make_args((e - k).expand())
            if not any(index in self.sums for index in (e - k).atoms(Index)):
                continue  # an offset alone: the affine rule says it with one bracket
            if (e - k).has(k) or multiples(Add(*terms), m)[1] != 0:
                continue
            rest = Add(*(term / m for term in terms))
            self._replace(k, Remainder(p, m))
            if not self._equal(rest, Quotient(p, m)):
                self.factor *= Same(Quotient(p, m), rest)
            return True
        return False

    def result(self) -> tuple[tuple[Index, ...], Expr]:
        for index in [index for index, extent in self.sums.items() if extent == 1]:
            del self.sums[index]
            self.factor = _substitute(self.factor, {index: Integer(0)})
        expression = tidy(self.factor, self.ranges)
        for index, extent in reversed(self.sums.items()):
            expression = total(index, extent, expression)
        return tuple(self.target), expression


def _apart(node: Expr, taken: set[Index], used: set[Index]) -> Expr:
    """The expression with the bound indices renamed that are also indices around it: nothing is captured then."""
    if not node.has(Reduction):
        return node
    arguments = [_apart(a, taken, used) if isinstance(a, Expr) else a for a in node.args]
    if isinstance(node, Reduction) and node.index in taken:
        fresh = fresh_index(used)
        used.add(fresh)
        return Reduction(node.kind, fresh, node.extent, arguments[3].xreplace({node.index: fresh}))
    return node.func(*arguments)


def _substitute(expression: Expr, table: Mapping[Expr, Expr]) -> Expr:
    """Replacement that tidies integer expressions as it goes (SymPy's xreplace rebuilds every node)."""
    if not expression.has(*table):
        return expression
    if expression in table:
        return table[expression]
    arguments = [_substitute(a, table) if isinstance(a, Expr) else a for a in expression.args]
    if isinstance(expression, Quotient | Remainder | Bracket | Element):
        arguments = [a.expand() if isinstance(a, Expr) and a.is_Add else a for a in arguments]
    return expression.func(*arguments)

"""Index expressions made affine, so that an entry is read by a strided view: digits of indices, strides undone.

Sizes are numbers here; the ranges of indices are given as ``ranges``.  An index whose range is not a number (the
batch) may stand only alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, preorder_traversal

from dyadic.symbolic.expressions import (
    Bracket,
    Definition,
    Divides,
    Element,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Tensor,
    all_indices,
    fresh_index,
    split_guards,
)
from dyadic.symbolic.indices import Ranges, simplify, simplify_bracket


@dataclass(frozen=True)
class Affine:
    """``start + Sum step * index``."""

    start: int
    steps: tuple[tuple[Index, int], ...]

    @property
    def plain(self) -> bool:
        return self.start == 0 and len(self.steps) == 1 and self.steps[0][1] == 1


def affine(expression: Expr) -> Affine | None:
    """The expression as an affine function of indices with integer coefficients, if it is one."""
    start, steps = 0, {}
    for term in Add.make_args(expression):
        factor, rest = term.as_coeff_Mul()
        if rest == 1 and factor.is_Integer:
            start = int(factor)
        elif isinstance(rest, Index) and factor.is_Integer:
            steps[rest] = int(factor)
        else:
            return None
    return Affine(start, tuple(sorted(steps.items(), key=lambda item: item[0].name)))


# -- Splitting an index into digits --------------------------------------------------------------------------------


def split_index(item: Definition, index: Index, low: int, ranges: dict[Index, Expr]) -> Definition:
    """The definition with ``index = low * high_digit + low_digit`` written out; ``ranges`` learns the new indices.

    Q(index, low) and R(index, low) are then digits, and entries that use them are affine.
    """
    taken = all_indices(item.body) | set(item.indices) | set(ranges)
    high_digit = fresh_index(taken)
    low_digit = fresh_index(taken | {high_digit})
    high = ranges[index] // low
    ranges |= {high_digit: Integer(high), low_digit: Integer(low)}
    body = _substitute(item.body, index, low * high_digit + low_digit, (high_digit, high), (low_digit, low))
    if index not in item.indices:
        return Definition(item.tensor, item.indices, body)
    place = item.indices.index(index)
    shape = (*item.tensor.shape[:place], Integer(high), Integer(low), *item.tensor.shape[place + 1 :])
    indices = (*item.indices[:place], high_digit, low_digit, *item.indices[place + 1 :])
    return Definition(Tensor(item.tensor.name, shape), indices, body)


def _substitute(node: Expr, index: Index, value: Expr, *digits: tuple[Index, int]) -> Expr:
    if isinstance(node, Reduction) and node.index == index:
        body = _substitute(node.body, index, value)
        for digit, extent in reversed(digits):
            body = Reduction(node.kind, digit, extent, body)
        return body
    if node == index:
        return value
    if not node.args:
        return node
    return node.func(*(_substitute(a, index, value, *digits) if isinstance(a, Expr) else a for a in node.args))


def digit_candidates(node: Expr, ranges: Ranges) -> Iterator[tuple[Index, int]]:
    """The (index, low) of which the split uses up an innermost quotient or remainder of an index expression."""
    for part in (part for part in node.atoms(Quotient, Remainder) if not part.args[0].has(Quotient, Remainder)):
        divisor = int(part.args[1])
        form = affine(part.args[0])
        for index, step in form.steps if form else ():
            low, extent = divisor // abs(step), ranges[index]
            if divisor % step or low < 2 or not extent.is_Integer or extent % low or extent <= low:
                continue
            taken = set(ranges)
            high_digit = fresh_index(taken)
            low_digit = fresh_index(taken | {high_digit})
            inner = {**ranges, high_digit: extent // low, low_digit: Integer(low)}
            if not simplify(part.xreplace({index: low * high_digit + low_digit}), inner).has(Quotient, Remainder):
                yield index, low


# -- Strided adjoints -------------------------------------------------------------------------------------------------


def unstride(item: Definition, ranges: dict[Index, Expr]) -> Definition | None:
    """The definition without one of its Divides(d, p - u + c), p an index of the left-hand side; None if there is none.

    With p = d q + w, the u for which d divides p - u + c are u = w + c - d v, for which (p - u + c) / d = q + v:

        Sum_u [d | p - u + c] K[u] s[Quotient(p - u + c, d)] = Sum_v [0 <= w + c - d v < n] K[w + c - d v] s[q + v],

    Every value of s is then read once, not once among d - 1 zeros.  A p + c without u is split into digits likewise.
    """
    for node in preorder_traversal(item.body):
        form = affine(simplify(node.args[1], ranges)) if isinstance(node, Divides) else None
        if form is None:
            continue
        divisor, steps = int(node.args[0]), dict(form.steps)
        outer = [i for i in steps if i in item.indices and steps[i] == 1 and _splits_evenly(ranges[i], divisor)]
        inner = [i for i in steps if i not in item.indices]
        if len(outer) != 1 or len(steps) != 1 + len(inner) or len(inner) > 1:
            continue
        if not inner and form.start % divisor == 0:
            return split_index(item, outer[0], divisor, ranges)
        if inner and steps[inner[0]] == -1 and _sums_over(item.body, inner[0], node):
            return _shifted(item, outer[0], inner[0], divisor, form.start, ranges)
    return None


def _splits_evenly(extent: Expr, divisor: int) -> bool:
    return bool(extent.is_Integer) and int(extent) > divisor and int(extent) % divisor == 0


def _sums_over(body: Expr, index: Index, bracket: Expr) -> bool:
    """Whether the index is bound by a sum of which the bracket is a factor, and no bracket depends on data."""
    for node in preorder_traversal(body):
        if isinstance(node, Reduction) and node.index == index:
            inner = node
            while isinstance(inner, Reduction) and inner.kind == "sum":
                inner = inner.body
            guards, _ = split_guards(inner)
            return node.kind == "sum" and bracket in guards and not any(guard.has(Element) for guard in guards)
    return False


def _shifted(item: Definition, p: Index, u: Index, divisor: int, start: int, ranges: dict[Index, Expr]) -> Definition:
    """See :func:`unstride`: p in digits, and the sum over u = w + start - d (v + first) as one over v."""
    extent = int(ranges[u])
    known = set(ranges)
    split = split_index(item, p, divisor, ranges)
    _, low = (index for index in split.indices if index not in known)  # in the order of the axes: q, w
    first = -((extent - 1 - start) // divisor)
    v = fresh_index(all_indices(split.body) | set(ranges))
    ranges[v] = Integer((divisor - 1 + start) // divisor - first + 1)
    value = low + start - divisor * (v + first)

    def visit(node: Expr) -> Expr:
        if isinstance(node, Reduction) and node.index == u:
            return _sum_by(node.body.xreplace({u: value}), v, ranges[v], Inside(value, extent), ranges)
        if not node.args or not node.has(u):
            return node
        return node.func(*(visit(part) if isinstance(part, Expr) else part for part in node.args))

    return Definition(split.tensor, split.indices, visit(split.body))


def _sum_by(body: Expr, v: Index, extent: Expr, guard: Expr, ranges: Ranges) -> Expr:
    """``Sum_v guard body``, the guard beside the other brackets of the innermost body, and those simplified."""
    bound: list[tuple[Index, Expr]] = [(v, extent)]
    while isinstance(body, Reduction):
        bound.append((body.index, body.extent))
        body = body.body
    factors = [simplify_bracket(f, ranges) if isinstance(f, Bracket) else f for f in (guard, *Mul.make_args(body))]
    result = Mul(*factors, evaluate=False)
    for index, count in reversed(bound):
        result = Reduction("sum", index, count, result)
    return result

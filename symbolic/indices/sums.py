"""Sums of which a bracket picks one term, and equations without the brackets and sums that say nothing."""

from __future__ import annotations

from sympy import Expr, Integer, Mul, expand

from dyadic.symbolic.expressions import (
    Bracket,
    Definition,
    Element,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
    all_indices,
)
from dyadic.symbolic.indices.index_bounds import Ranges
from dyadic.symbolic.indices.simplifier import simplify, simplify_bracket


def simplified(item: Definition) -> Definition:
    """The same definition without sums of one term, sums of which a bracket picks one, and brackets that are certain.

    Every rewriting is an identity for the sizes that stand in the definition.
    """
    body = _simplified(item.body, dict(item.ranges))
    return item if body is item.body else Definition(item.tensor, item.indices, body)


def _simplified(node: Expr, ranges: Ranges) -> Expr:
    if isinstance(node, Element):
        return simplify(node, ranges) if node.has(Quotient, Remainder) else node
    if isinstance(node, Bracket):
        return simplify_bracket(node, ranges)
    if not node.args:
        return node
    if isinstance(node, Reduction):
        if node.kind == "sum" and node.extent == 1:
            return _simplified(node.body.xreplace({node.index: Integer(0)}), ranges)
        inner = {**ranges, node.index: node.extent}
        body = _simplified(node.body, inner) if node.kind == "sum" else _restricted(node.body, inner)
        if node.kind == "sum" and body == 0:
            return Integer(0)
        found = node if body is node.body else Reduction(node.kind, node.index, node.extent, body)
        return solved(found, inner)
    parts = [_simplified(part, ranges) if isinstance(part, Expr) else part for part in node.args]
    if all(new is old for new, old in zip(parts, node.args, strict=True)):
        return node
    return node.func(*parts)


def _restricted(body: Expr, ranges: Ranges) -> Expr:
    """The body of a maximum: a bracket that is never 1 keeps its place, for it says what is admitted."""
    factors = []
    for factor in Mul.make_args(body):
        found = _simplified(factor, ranges)
        factors.append(factor if isinstance(factor, Bracket) and found != 1 else found)
    if all(new is old for new, old in zip(factors, Mul.make_args(body), strict=True)):
        return body
    return Mul(*factors)


def solve_same(node: Expr, ranges: Ranges) -> Expr:
    """``Sum_k Same(k, e) body(k) = Inside(e, n) body(e)`` wherever an index of a sum can be solved for.

    ``ranges`` gives the extents of all indices, bound ones too.
    """
    if isinstance(node, Element | Bracket) or not node.has(Same):
        return node
    parts = [solve_same(part, ranges) if isinstance(part, Expr) else part for part in node.args]
    return solved(Mul(*parts, evaluate=False) if isinstance(node, Mul) else node.func(*parts), ranges)


def solved(node: Expr, ranges: Ranges) -> Expr:
    """A sum solved for its index, if a bracket in it, or in the sums directly within it, determines that."""
    if not isinstance(node, Reduction) or node.kind != "sum":
        return node
    inner: list[tuple[Index, Expr]] = []
    body = node.body
    while isinstance(body, Reduction) and body.kind == "sum":
        inner.append((body.index, body.extent))
        body = body.body
    ranges = {**ranges, **dict(inner)}
    for same in (factor for factor in Mul.make_args(body) if isinstance(factor, Same)):
        value = _solve(expand(simplify(same.args[0], ranges) - simplify(same.args[1], ranges)), node.index)
        rest = Mul(*(factor for factor in Mul.make_args(body) if factor is not same))
        if value is None or _captures(rest, value):
            continue
        inside = Inside(value, node.extent)  # it is a number where the value is one
        guard = simplify_bracket(inside, ranges) if isinstance(inside, Bracket) else inside
        result = guard * rest.xreplace({node.index: value})
        for index, extent in reversed(inner):
            result = Reduction("sum", index, extent, result)
        return result
    return node


def _solve(difference: Expr, index: Index) -> Expr | None:
    """The index in ``difference = 0``, if it stands there with coefficient 1 or -1 and nowhere else."""
    factor = difference.coeff(index)
    rest = expand(difference - factor * index)
    return -factor * rest if factor in (1, -1) and not rest.has(index) else None


def _captures(body: Expr, value: Expr) -> bool:
    """Whether an index of the value is bound within the body."""
    bound = {node.index for node in body.atoms(Reduction)}
    return bool(bound) and bool(bound & all_indices(value))

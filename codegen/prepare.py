"""A definition made ready for printing: numbers for sizes, distinct indices, and affine indices where possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Integer, Mul

from dyadic.codegen.index_maps import digit_candidates, split_index, unstride
from dyadic.codegen.numpy_windows import read_axes
from dyadic.symbolic.expressions import (
    Bracket,
    Definition,
    Divides,
    Element,
    Index,
    Reduction,
    Same,
    Tensor,
    all_indices,
    elements,
    fresh_index,
    walk,
)
from dyadic.symbolic.indices import solve_same
from dyadic.symbolic.tensor_names import Name

Shapes = Mapping[Name, Sequence[Expr]]


def prepare(item: Definition, shapes: Shapes, sizes: Mapping[Expr, Expr]) -> tuple[Definition, dict[Index, Expr]]:
    """The definition to print, and the extent of each of its indices: those of the left-hand side first.

    Its left-hand side may have more axes than ``item`` (digits of indices); reshaped, it is the tensor defined.
    """
    shape = tuple(extent.xreplace(dict(sizes)) for extent in item.tensor.shape)
    ranges = dict(zip(item.indices, shape, strict=True))
    body = _with_numbers(item, sizes, ranges)
    item = Definition(Tensor(item.tensor.name, shape), item.indices, body)
    while True:
        # Sum_i Same(p, Quotient(i, 2)) s[i] = Sum_b s[2 p + b], and x[Quotient(c, 2)] = x[a] for c = 2 a + b.
        item = Definition(item.tensor, item.indices, solve_same(item.body, ranges))
        if (found := unstride(item, ranges)) is not None:
            item = found
        elif (digit := _digit(item, shapes, ranges)) is not None:
            item = split_index(item, *digit, ranges)
        else:
            return item, ranges
        order = [*item.indices, *(node.index for node in walk(item.body) if isinstance(node, Reduction))]
        ranges = {index: ranges[index] for index in order}


def _with_numbers(item: Definition, sizes: Mapping[Expr, Expr], ranges: dict[Index, Expr]) -> Expr:
    """The body with numbers for sizes and distinct bound indices, whose extents are put into ``ranges``."""
    taken = all_indices(item.body) | set(item.indices)

    def visit(node: Expr) -> Expr:
        if isinstance(node, Reduction):
            index, extent = node.index, node.extent.xreplace(dict(sizes))
            if node.kind == "sum" and extent == 1:
                return visit(node.body.xreplace({index: Integer(0)}))
            if index in ranges:
                index = fresh_index(taken)
                taken.add(index)
            ranges[index] = extent
            return Reduction(node.kind, index, extent, visit(node.body.xreplace({node.index: index})))
        if isinstance(node, Element | Bracket):
            return node.xreplace(dict(sizes))
        if not node.args:
            return sizes.get(node, node)
        parts = [visit(part) if isinstance(part, Expr) else part for part in node.args]
        return _gather(parts) if isinstance(node, Mul) else node.func(*parts)

    return visit(item.body)


def _gather(factors: Sequence[Expr]) -> Expr:
    """The product; brackets in front of a sum are put inside, so that Sum_i [..] Sum_j [..] a is one sum."""
    factors = [part for factor in factors for part in Mul.make_args(factor)]
    guards = [factor for factor in factors if isinstance(factor, Bracket)]
    rest = [factor for factor in factors if not isinstance(factor, Bracket)]
    if guards and len(rest) == 1 and isinstance(rest[0], Reduction) and rest[0].kind == "sum":
        inner = rest[0]
        return Reduction("sum", inner.index, inner.extent, _gather([*guards, *Mul.make_args(inner.body)]))
    return Mul(*factors, evaluate=False)


def _digit(item: Definition, shapes: Shapes, ranges: dict[Index, Expr]) -> tuple[Index, int] | None:
    """An index to split, and the extent of its low digit."""
    nodes = list(walk(item.body))
    fixed = {node.index for node in nodes if isinstance(node, Reduction) and node.kind != "sum"}
    divisions = [(int(node.args[0]), node.args[1]) for node in nodes if isinstance(node, Divides)]
    expressions = [part for node in nodes if isinstance(node, Same) for part in node.args]
    for entry in elements(item.body):
        shape = shapes.get(entry.name)
        if shape is not None and not all(isinstance(index, Index) for index in entry.indices):
            axes, _ = read_axes(entry, shape, ranges, divisions)
            expressions += [axis.index for axis in axes if axis.map is None]
    for expression in expressions:
        for index, low in digit_candidates(expression, ranges):
            if index not in fixed:
                return index, low
    return None

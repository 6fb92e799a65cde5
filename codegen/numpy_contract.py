"""Sums of products: which factors are multiplied first, and which products are matrix products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Expr, Mul

from dyadic.codegen.contraction_order import contracted, size_of
from dyadic.codegen.numpy_arrays import ATOM, LOOSE, PRODUCT, ArrayCode, in_order, multiply, sum_out, union
from dyadic.codegen.numpy_windows import Support
from dyadic.codegen.program import BATCH, SAMPLE, variable
from dyadic.symbolic.expressions import Definition, Element, Index, Reduction
from dyadic.symbolic.indices import Ranges

USUAL_BATCH = 32
"""What a batch counts as where the code depends on which of two arrays is the larger."""


def contract(
    factors: Sequence[ArrayCode], bound: Sequence[Index], order: Sequence[Index], ranges: Ranges, support: Support
) -> ArrayCode:
    """The product of the factors, summed over the bound indices (each in at least one factor)."""
    return contracted(
        factors,
        bound,
        ranges,
        lambda array, gone: reduce_axes(array, gone, ranges, support),
        lambda one, two, gone: _merge(one, two, gone, order, ranges, support),
    )


def reduce_axes(
    array: ArrayCode, bound: Sequence[Index], ranges: Ranges, support: Support, method: str = "sum"
) -> ArrayCode:
    """The array summed, or otherwise reduced, over indices."""
    front = short(bound, ranges) and array.layout == LOOSE and any(index in array.axes for index in bound)
    if front:
        support.helpers.add("front" if method == "argmax" else "positions")
    return sum_out(array, bound, method, front)


def short(indices: Sequence[Index], ranges: Ranges) -> bool:
    """Whether the axes of these indices are few elements together."""
    return all(ranges[index].is_Integer for index in indices) and size_of(indices, ranges) <= 32


def _merge(
    one: ArrayCode, two: ArrayCode, gone: Iterable[Index], order: Sequence[Index], ranges: Ranges, support: Support
) -> ArrayCode:
    """The product of two arrays summed over ``gone``; a matrix product if one of them is used more than once."""
    axes = union([one, two], order)
    summed = [index for index in gone if index in axes]
    if not summed:
        return multiply([in_order(one, order), in_order(two, order)], axes)
    if set(one.axes) == set(two.axes):
        if LOOSE in (one.layout, two.layout) and short(summed, ranges):  # see sum_out about short axes
            front = [*summed, *(index for index in axes if index not in summed)]
            product = multiply([in_order(one, front), in_order(two, front)], tuple(front))
            return sum_out(product, summed)
        return sum_out(multiply([in_order(one, order), in_order(two, order)], axes), summed)
    result = tuple(index for index in axes if index not in summed)
    letters = _letters(axes)
    terms = ["".join(letters[index] for index in part) for part in (one.axes, two.axes, result)]
    support.helpers.add("einsum")
    return ArrayCode(f'_einsum("{terms[0]},{terms[1]}->{terms[2]}", {one.code}, {two.code})', result, ATOM)


def _letters(axes: Iterable[Index]) -> dict[Index, str]:
    """A letter for each index, its own first one where that is free."""
    letters: dict[Index, str] = {}
    for index in axes:
        choices = index.name[0] + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        letters[index] = next(letter for letter in choices if letter not in letters.values())
    return letters


def divided_first(item: Definition, sizes: Mapping[Expr, Expr]) -> tuple[Definition, Element] | None:
    """Of ``Sum_sample a[sample, i] b[sample, j] / batch``: the sum, and a, if dividing a costs less than the result.

    a has one axis beside the samples, so that the weight's and the bias's gradient of a layer divide the same array.
    """
    factors = [factor for factor in Mul.make_args(item.body) if factor != 1 / BATCH]
    if len(factors) != 1 or item.body == factors[0] or not isinstance(factors[0], Reduction):
        return None
    inner = factors[0]
    if inner.kind != "sum" or inner.index != SAMPLE or isinstance(inner.body, Reduction):
        return None
    entries = [factor for factor in Mul.make_args(inner.body) if isinstance(factor, Element)]
    rows = [e for e in entries if len(e.indices) == 2 and e.indices[0] == SAMPLE and e.indices[1] in item.indices]
    if not rows or len(entries) != len(Mul.make_args(inner.body)):
        return None
    first = min(rows, key=lambda entry: item.indices.index(entry.indices[1]))
    extents = [extent.xreplace(dict(sizes)) for extent in item.tensor.shape]
    own = extents[item.indices.index(first.indices[1])]
    if len(entries) > 1 and not own * USUAL_BATCH <= Mul(*extents):
        return None
    return Definition(item.tensor, item.indices, inner), first


def matrix_product(
    factors: Sequence[Element], bound: Sequence[Index], order: Sequence[Index], support: Support
) -> ArrayCode | None:
    """``a @ b`` or ``np.tensordot``, if the factors are two whole tensors that share just the summed indices."""
    if len(factors) != 2:
        return None
    factors = list(factors)
    if not all(isinstance(index, Index) for factor in factors for index in factor.indices):
        return None  # part of a tensor, such as the rows of one head
    shared = set(factors[0].indices) & set(factors[1].indices)
    if shared != set(bound):
        return None
    free = [tuple(i for i in factor.indices if i not in shared) for factor in factors]
    if free[0] and free[1] and order.index(free[0][0]) > order.index(free[1][0]):
        factors.reverse()
        free.reverse()
    left, right = factors
    axes = (*free[0], *free[1])
    if any(len(factor.indices) < 2 for factor in factors):
        return None
    names = variable(left), variable(right)
    if len(bound) == 1 and len(right.indices) == 2 and left.indices[-1] == bound[0]:
        second = names[1] if right.indices[0] == bound[0] else f"{names[1]}.T"
        return ArrayCode(f"{names[0]} @ {second}", axes, PRODUCT)
    if bound[0] == left.indices[0] == right.indices[0] == SAMPLE and len(left.indices) == len(right.indices) == 2:
        support.helpers.add("outer")
        return ArrayCode(f"_outer({names[0]}, {names[1]})", axes, ATOM)
    if len(bound) == 1 and len(left.indices) == len(right.indices) == 2:
        second = names[1] if right.indices[0] == bound[0] else f"{names[1]}.T"
        return ArrayCode(f"{names[0]}.T @ {second}", axes, PRODUCT)
    pairs = [[factor.indices.index(index) for index in bound] for factor in factors]
    return ArrayCode(f"np.tensordot({names[0]}, {names[1]}, axes=({pairs[0]}, {pairs[1]}))", axes, ATOM)

"""Kernels that are two matrix products with a function between them: attention, and what is derived of it.

    out[groups, row, column] = Sum_t w[groups, row, t] values[groups, t, column],
    w[groups, row, t] = a function, entry by entry, of scores Sum_r left[groups, row, r] right[groups, t, r].

Neither scores nor weights need a place in memory.  With w = exp(a - log Sum_t exp(a)) not even the logarithm needs a
pass of its own (:func:`with_row_sums`): the largest score and the sum of the exponentials are kept for the scores seen
so far, and what was summed is multiplied by exp(old largest - new largest) whenever a larger one comes.

Sources: Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018, arXiv:1805.02867; Dao, Fu, Ermon,
Rudra and Ré, "FlashAttention", 2022, arXiv:2205.14135.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Mul

from dyadic.codegen.log_sums import Apart
from dyadic.codegen.loops.contraction import Operand, free_indices
from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Local, Put
from dyadic.codegen.loops.wellformed import in_bounds
from dyadic.symbolic.expressions import Apply, Element, Index, same_tree


@dataclass(frozen=True)
class Score:
    """A sum over ``depth`` of rows.entry * terms.entry, whose value stands as ``local`` in the weight."""

    local: Local
    rows: Operand
    terms: Operand
    depth: tuple[Axis, ...]


@dataclass(frozen=True)
class Chain:
    """``sum`` over ``term`` of weight * values, at every point of groups, row and column.

    guards: brackets outside of which the weight is 0.
    """

    sum: Accumulate
    groups: tuple[Axis, ...]
    row: Axis
    column: Axis
    term: Axis
    scores: tuple[Score, ...]
    weight: Expr
    values: Element
    guards: tuple[Expr, ...]


def chain(kernel: Kernel) -> Chain | None:
    """The kernel as a chain, if its one reduction is such a sum and comes first.

    Row and column are the last two axes, in either order; how many of them and of terms there are is known.
    """
    if len(kernel.accumulators) != 1 or not isinstance(kernel.statements[0], Accumulate) or len(kernel.axes) < 2:
        return None
    total = kernel.statements[0]
    if total.kind != "sum" or len(total.axes) != 1 or not total.inner:
        return None
    *groups, one, two = kernel.axes
    if not all(axis.extent.is_Integer for axis in (one, two, *total.axes)):
        return None
    return _chain(kernel, total, groups, one, two) or _chain(kernel, total, groups, two, one)


def _chain(kernel: Kernel, total: Accumulate, groups: Sequence[Axis], row: Axis, column: Axis) -> Chain | None:
    """The same with a given row and column."""
    (term,), factors = total.axes, _factors(total.value)
    with_column = [factor for factor in factors if column.index in free_indices(factor)]
    if len(with_column) != 1 or not isinstance(with_column[0], Element):
        return None
    (values,) = with_column
    if row.index in free_indices(values) or any(column.index in free_indices(guard) for guard in total.guards):
        return None
    scores = _scores(total, row, term, {column.index})
    if scores is None:
        return None
    entries = [values, *(entry for one in scores for entry in (one.rows.entry, one.terms.entry))]
    if not _unguarded(kernel, total, entries):
        return None
    weight = Mul(*(factor for factor in factors if factor is not values), evaluate=False)
    return Chain(total, tuple(groups), row, column, term, scores, weight, values, total.guards)


def _factors(node: Expr) -> list[Expr]:
    """The factors of a product, those of products among them in their place."""
    return [one for factor in node.args for one in _factors(factor)] if isinstance(node, Mul) else [node]


def _unguarded(kernel: Kernel, total: Accumulate, entries: Iterable[Element]) -> bool:
    """Whether entries are in bounds at every point, without the brackets that the sum is restricted by."""
    inner = (axis for one in total.inner if isinstance(one, Accumulate) for axis in one.axes)
    ranges = {axis.index: axis.extent for axis in (*kernel.axes, *total.axes, *inner)}
    return all(
        isinstance(index, Element) or in_bounds(index, extent, (), ranges)
        for entry in entries
        for index, extent in zip(entry.indices, kernel.tensors[entry.name].shape, strict=True)
    )


def _scores(total: Accumulate, row: Axis, term: Axis, others: set[Index]) -> tuple[Score, ...] | None:
    """The sums inside a reduction over ``term``, if they are products of an entry of the row and one of the term."""
    found = []
    for one in total.inner:
        if not isinstance(one, Accumulate) or one.kind != "sum" or one.inner or set(one.guards) - set(total.guards):
            return None
        factors = Mul.make_args(one.value)
        if len(factors) != 2 or not all(isinstance(factor, Element) for factor in factors):
            return None
        sides = [free_indices(factor) & {row.index, term.index} for factor in factors]
        if sorted(sides, key=str) != sorted([{row.index}, {term.index}], key=str):
            return None
        if free_indices(one.value) & others:
            return None
        rows, terms = factors if sides[0] == {row.index} else reversed(factors)
        assert isinstance(rows, Element)
        assert isinstance(terms, Element)
        found.append(Score(one.local, Operand(rows, (), (row,)), Operand(terms, (), (term,)), one.axes))
    return tuple(found) or None


def each_score_once(kernel: Kernel) -> bool:
    """Whether the sums inside a kernel's sums, scores of which it makes no chain, are other ones at every point.

    An axis of one entry makes no further points.  No kernel that looks for a largest score alone is worth launching:
    see :func:`with_row_sums`.
    """
    for total in kernel.accumulators:
        points = {axis.index for axis in (*kernel.axes, *total.axes) if axis.extent != 1}
        inner = [one for one in total.inner if isinstance(one, Accumulate)]
        if any(total.kind != "sum" or one.inner or not points <= free_indices(one.value) for one in inner):
            return False
    return True


def with_row_sums(top: Kernel, rest: Kernel, mixed: Kernel) -> Kernel | None:
    """One launch for t = Max_j a_j, r = log Sum_j exp(a_j - t) and Sum_j exp((a_j - t) - r) values_j, or None.

    All three must be over the same rows and terms, under the same brackets, of one and the same score.
    """
    found = chain(mixed)
    if found is None or len(found.scores) != 1:
        return None
    one, two = row_sum(top, found), row_sum(rest, found)
    if one is None or two is None:
        return None
    (largest, score, t), (total, power, r) = one, two
    if largest.kind != "max" or total.kind != "sum":
        return None
    if not isinstance(top.statements[1], Let) or top.statements[1].value != largest.local:
        return None
    if not isinstance(rest.statements[1], Let) or rest.statements[1].value != Apply("log", 0, total.local):
        return None
    if not same_tree(power, Apply("exp", 0, score - t)):
        return None
    if not same_tree(found.weight, Apply("exp", 0, Apart(score - t) - r)):
        return None
    own = {tensor.name for kernel in (top, rest) for tensor in kernel.writes}
    reads = {t.name: t for kernel in (top, rest, mixed) for t in kernel.reads if t.name not in own}
    return replace(
        mixed,
        reads=tuple(reads.values()),
        writes=(*top.writes, *rest.writes, *mixed.writes),
        integers=top.integers | rest.integers | mixed.integers,
        defines=(*top.defines, *rest.defines, *mixed.defines),
        before=(top, rest),
    )


def row_sum(kernel: Kernel, found: Chain) -> tuple[Accumulate, Expr, Element] | None:
    """A kernel's one reduction, its value and its result in the names of a chain that has the same rows and terms."""
    axes = (*found.groups, found.row)
    if [axis.extent for axis in kernel.axes] != [axis.extent for axis in axes] or len(kernel.statements) != 3:
        return None
    total, let, put = kernel.statements
    if not isinstance(total, Accumulate) or not isinstance(let, Let) or not isinstance(put, Put):
        return None
    if len(total.axes) != 1 or len(total.inner) != 1:
        return None
    if total.axes[0].extent != found.term.extent or put.value != let.local:
        return None
    table: dict[Expr, Expr] = {one.index: other.index for one, other in zip(kernel.axes, axes, strict=True)}
    table[total.axes[0].index] = found.term.index
    (inner,), (score,) = total.inner, found.scores
    if not isinstance(inner, Accumulate) or inner.kind != "sum" or inner.inner or len(inner.axes) != len(score.depth):
        return None
    if [axis.extent for axis in inner.axes] != [axis.extent for axis in score.depth]:
        return None
    table |= {one.index: other.index for one, other in zip(inner.axes, score.depth, strict=True)}
    guards = {guard.xreplace(table) for guard in total.guards}
    if guards != set(found.guards) or {guard.xreplace(table) for guard in inner.guards} - guards:
        return None
    if not same_tree(inner.value.xreplace(table), score.rows.entry * score.terms.entry):
        return None
    entry = put.entry.xreplace(table)
    assert isinstance(entry, Element)
    return total, total.value.xreplace({**table, inner.local: score.local}), entry


__all__ = ["Chain", "Score", "chain", "each_score_once", "row_sum", "with_row_sums"]

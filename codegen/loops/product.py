"""Sums of products that are matrix products in memory: each operand read with one stride along rows, columns and depth.

Axes along which an operand has no such stride are loops around the product: ``outer``, where each point has a product
of its own, and ``summed``, whose products add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import Add, Expr, Integer, Mul, expand

from dyadic.codegen.index_maps import affine
from dyadic.codegen.loops.contraction import Contraction, free_indices
from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Local, Put, Statement
from dyadic.codegen.loops.nest import Cell
from dyadic.codegen.loops.place import count
from dyadic.codegen.program import BATCH
from dyadic.symbolic.expressions import Element, Index, Tensor
from dyadic.symbolic.tensor_names import Name

SUMS = "sums"
"""The array of products that have no place of their own in the result."""
_MOST_SUMS = 2**14
ROOM = 2**17
"""Most numbers that one operand is copied into."""
_FEWEST = 4
"""Rows, columns or terms below which a product in loops is not worth its call."""


@dataclass(frozen=True)
class MatrixView:
    """A matrix in memory: its first entry, and how far apart rows and columns are."""

    entry: Element
    row: int
    column: int


@dataclass(frozen=True)
class SummedProduct:
    """``left @ right``, added up over the points of ``summed``.

    copied: the right entry and its axes along rows and columns, where it is copied first, its columns dense.
    """

    summed: tuple[Axis, ...]
    depth: Expr
    left: MatrixView
    right: MatrixView
    copied: tuple[Element, tuple[Axis, ...], tuple[Axis, ...]] | None = None


@dataclass(frozen=True)
class MatrixProduct:
    """``out = scale * (the sum of the terms)`` for every point of ``outer``; then ``epilogue``, if it is there.

    out: None where the products go into the array ``sums``, a row after another, and the epilogue, one for every point
    of outer, reads them there; otherwise it reads the sum where ``out`` has put it.  extents: rows, columns.
    """

    outer: tuple[Axis, ...]
    extents: tuple[Expr, Expr]
    terms: tuple[SummedProduct, ...]
    out: MatrixView | None
    scale: Expr
    epilogue: Kernel | None


@dataclass(frozen=True)
class _Factors:
    """One of the sums: ``left`` has the rows, ``right`` the columns.  Along rows that neither has, all are the same."""

    sum: Accumulate
    left: Element
    right: Element


def matrix_product(kernel: Kernel) -> MatrixProduct | None:
    """The kernel as a matrix product or several that are added up, if it is one."""
    last = kernel.statements[-1]
    sums = kernel.accumulators
    if not sums or not kernel.axes or not isinstance(last, Put) or last.entry.name in kernel.integers:
        return None
    own = kernel.axes[-1].index
    found = [one for one in (_factors(total, own) for total in sums) if one is not None]
    if len(found) < len(sums) or kernel.statements[: len(sums)] != sums:
        return None
    rest = _after(kernel, found, last.entry)
    axes = _common(kernel, found)
    if rest is None or axes is None:
        return None
    groups, rows, columns = axes
    for cut in range(len(rows)):
        inner = rows[cut:]
        out = view(last.entry, kernel.tensors, inner, columns)
        if out is not None and out.column == 1:
            outer = tuple(axis for axis in kernel.axes if axis in groups or axis in rows[:cut])
            terms = [_term(one, kernel, outer, inner, columns) for one in found]
            if all(terms) and (cut == 0 or _worth(inner, columns, terms)):
                return MatrixProduct(outer, (count(inner), count(columns)), tuple(terms), out, *rest)  # type: ignore[arg-type]
    return _staged(kernel, found, axes)


def _factors(total: Accumulate, last: Index) -> _Factors | None:
    """The two entries of a sum of products without conditions; the columns hold the output's last axis."""
    factors = Mul.make_args(total.value)
    if total.kind != "sum" or total.inner or total.guards or len(factors) != 2:
        return None
    one, two = factors
    if not isinstance(one, Element) or not isinstance(two, Element):
        return None
    if last in free_indices(one):
        one, two = two, one
    return _Factors(total, one, two) if last in free_indices(two) and last not in free_indices(one) else None


def _common(kernel: Kernel, found: Sequence[_Factors]) -> tuple[tuple[Axis, ...], ...] | None:
    """(groups, rows, columns), the same for all sums."""
    parts = set()
    for one in found:
        left, right = free_indices(one.left), free_indices(one.right)
        groups = tuple(axis for axis in kernel.axes if axis.index in left & right)
        columns = tuple(axis for axis in kernel.axes if axis.index in right - left)
        rows = tuple(axis for axis in kernel.axes if axis.index not in right)
        parts.add((groups, rows, columns))
    (first, *others) = parts
    return None if others or not first[1] else first


def _term(
    one: _Factors, kernel: Kernel, outer: Sequence[Axis], rows: Sequence[Axis], columns: Sequence[Axis]
) -> SummedProduct | None:
    """One sum over as long a depth as both operands have one stride along."""
    axes = one.sum.axes
    for cut in range(len(axes)):
        depth = axes[cut:]
        left, right = view(one.left, kernel.tensors, rows, depth), view(one.right, kernel.tensors, depth, columns)
        if left is not None and right is not None:
            changing = {axis.index for axis in (*outer, *axes[:cut])}
            copy = bool(outer) and right.column != 1 and not free_indices(one.right) & changing
            copy = copy and len(kernel.accumulators) == 1 and count((*depth, *columns)) <= ROOM
            return SummedProduct(
                axes[:cut], count(depth), left, right, (one.right, depth, tuple(columns)) if copy else None
            )
    return None


def _worth(rows: Sequence[Axis], columns: Sequence[Axis], terms: Sequence[SummedProduct | None]) -> bool:
    """Whether products of this size are worth their calls."""
    extents = [count(rows), count(columns), *(term.depth for term in terms if term is not None)]
    return all(extent >= _FEWEST for extent in extents if extent.is_Integer)


def _staged(kernel: Kernel, found: Sequence[_Factors], axes: tuple[tuple[Axis, ...], ...]) -> MatrixProduct | None:
    """Products into ``sums``, which the epilogue puts where they belong."""
    groups, rows, columns = axes
    for cut in range(1, len(rows)):
        inner = rows[cut:]
        size = count((*inner, *columns))
        if not size.is_Integer or size > _MOST_SUMS:
            continue
        outer = tuple(axis for axis in kernel.axes if axis in groups or axis in rows[:cut])
        terms = [_term(one, kernel, outer, inner, columns) for one in found]
        if not all(terms) or not _worth(inner, columns, terms):
            continue
        place: Expr = Integer(0)
        for axis in (*inner, *columns):
            place = place * axis.extent + axis.index
        rest = _after(kernel, found, Cell(SUMS, expand(place)), scaled=False)
        if rest is None or rest[1] is None:
            return None
        epilogue = replace(rest[1], axes=tuple(axis for axis in kernel.axes if axis not in outer))
        extents = count(inner), count(columns)
        return MatrixProduct(outer, extents, tuple(terms), None, Integer(1), epilogue)  # type: ignore[arg-type]
    return None


def _after(
    kernel: Kernel, found: Sequence[_Factors], place: Expr, scaled: bool = True
) -> tuple[Expr, Kernel | None] | None:
    """(factor of the sum, what is done with each sum) where the sums have been added up in ``place``.

    None where more is done with the sums than to add them up.  scaled: whether a mere factor is no epilogue.
    """
    first, *others = (one.sum.local for one in found)
    rest = list(kernel.statements[len(found) :])
    if others:
        users = [k for k, one in enumerate(rest) if not isinstance(one, Accumulate) and one.value.has(first, *others)]
        if len(users) != 1:
            return None
        statement = rest[users[0]]
        assert not isinstance(statement, Accumulate)
        terms = Add.make_args(statement.value)
        free = [term for term in terms if not term.has(first, *others)]
        if len(terms) - len(free) != len(found) or not {first, *others} <= set(terms):
            return None
        rest[users[0]] = replace(statement, value=Add(first, *free))
    scale = _scale(rest, first) if scaled else None
    if scale is not None:
        return scale, None
    return Integer(1), replace(kernel, statements=(Let(first, place), *rest))


def _scale(rest: Sequence[Statement], total: Local) -> Expr | None:
    """The factor of the sum in the one value that is stored, if that is all that happens to it."""
    value: Expr = rest[-1].value if isinstance(rest[-1], Put) else Integer(0)
    for statement in reversed(rest[:-1]):
        if not isinstance(statement, Let):
            return None
        value = value.xreplace({statement.local: statement.value})
    factors = Mul.make_args(value)
    others = Mul(*(factor for factor in factors if factor != total))
    free = others.free_symbols - {BATCH}
    return others if factors.count(total) == 1 and not free and not others.has(Element) else None


def scale_of(kernel: Kernel, found: Contraction) -> Expr | None:
    """The factor of a kernel's one sum in the one value that is stored, if that is all that happens to it."""
    return _scale(kernel.statements[1:], found.sum.local)


def after_the_sum(kernel: Kernel, found: Contraction, last: Element) -> Kernel:
    """What is done with each sum, read from where it was put."""
    return replace(kernel, statements=(Let(found.sum.local, last), *kernel.statements[1:]))


def view(
    entry: Element, tensors: Mapping[Name, Tensor], rows: Sequence[Axis], columns: Sequence[Axis]
) -> MatrixView | None:
    """Where an entry stands, if rows and columns have one stride each; it is 0 along axes that the entry has not."""
    if any(index.has(Element) for index in entry.indices):
        return None
    flat: Expr = Integer(0)
    below: Expr = Integer(1)
    for index, extent in reversed(list(zip(entry.indices, tensors[entry.name].shape, strict=True))):
        flat += index * below
        below *= extent
    form = affine(expand(flat))
    if form is None or flat.has(BATCH):
        return None
    steps = dict(form.steps)
    strides = _stride(rows, steps), _stride(columns, steps)
    if strides[0] is None or strides[1] is None:
        return None
    first = {axis.index: Integer(0) for axis in (*rows, *columns)}
    return MatrixView(Element(entry.name, *(i.xreplace(first) for i in entry.indices)), strides[0], strides[1])


def _stride(axes: Sequence[Axis], steps: Mapping[Index, int]) -> int | None:
    """The one stride of several axes taken together, the last the fastest."""
    if not any(axis.index in steps for axis in axes):
        return 0
    if any(axis.index not in steps for axis in axes):
        return None
    for outer, inner in pairwise(axes):
        if not inner.extent.is_Integer or steps[outer.index] != steps[inner.index] * int(inner.extent):
            return None
    return steps[axes[-1].index]


__all__ = [
    "ROOM",
    "SUMS",
    "MatrixProduct",
    "MatrixView",
    "SummedProduct",
    "after_the_sum",
    "matrix_product",
    "scale_of",
    "view",
]

"""Contractions that are matrix products in memory: each operand read with one stride along rows, columns and depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import Expr, Integer, Mul, expand

from dyadic.codegen.index_maps import affine
from dyadic.codegen.loops.contraction import Contraction, contraction
from dyadic.codegen.loops.kernel import Axis, Kernel, Let, Put
from dyadic.codegen.loops.place import count
from dyadic.codegen.program import BATCH
from dyadic.symbolic.expressions import Element, Index, Tensor
from dyadic.symbolic.tensor_names import Name


@dataclass(frozen=True)
class MatrixView:
    """A matrix in memory: its first entry, and how far apart rows and columns are."""

    entry: Element
    row: int
    column: int


@dataclass(frozen=True)
class MatrixProduct:
    """``out = scale * left @ right`` for every point of ``groups``; then ``epilogue`` at every point, if it is there.

    The epilogue reads the sum where ``out`` has put it.  extents: rows, columns, depth.
    """

    groups: tuple[Axis, ...]
    extents: tuple[Expr, Expr, Expr]
    left: MatrixView
    right: MatrixView
    out: MatrixView
    scale: Expr
    epilogue: Kernel | None


def matrix_product(kernel: Kernel) -> MatrixProduct | None:
    """The kernel as a matrix product, if it is one."""
    found = contraction(kernel)
    if found is None or found.sum.guards or not isinstance(kernel.statements[-1], Put):
        return None
    last = kernel.statements[-1].entry
    if last.name in kernel.integers:
        return None
    rows, columns, depth = found.rows.axes, found.columns.axes, found.sum.axes
    views = (
        view(found.rows.entry, kernel.tensors, rows, depth),
        view(found.columns.entry, kernel.tensors, depth, columns),
        view(last, kernel.tensors, rows, columns),
    )
    if views[0] is None or views[1] is None or views[2] is None or views[2].column != 1:
        return None
    extents = count(rows), count(columns), count(depth)
    scale = scale_of(kernel, found)
    return MatrixProduct(
        found.groups, extents, views[0], views[1], views[2],
        Integer(1) if scale is None else scale, None if scale is not None else after_the_sum(kernel, found, last),
    )  # fmt: skip


def view(
    entry: Element, tensors: Mapping[Name, Tensor], rows: Sequence[Axis], columns: Sequence[Axis]
) -> MatrixView | None:
    """Where an entry stands, if rows and columns have one stride each."""
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
    if any(axis.index not in steps for axis in axes):
        return None
    for outer, inner in pairwise(axes):
        if not inner.extent.is_Integer or steps[outer.index] != steps[inner.index] * int(inner.extent):
            return None
    return steps[axes[-1].index]


def scale_of(kernel: Kernel, found: Contraction) -> Expr | None:
    """The factor of the sum in the one value that is stored, if that is all that happens to it."""
    value: Expr = kernel.statements[-1].value if isinstance(kernel.statements[-1], Put) else Integer(0)
    for statement in reversed(kernel.statements[1:-1]):
        if not isinstance(statement, Let):
            return None
        value = value.xreplace({statement.local: statement.value})
    factors = Mul.make_args(value)
    others = Mul(*(factor for factor in factors if factor != found.sum.local))
    free = others.free_symbols - {BATCH}
    return others if factors.count(found.sum.local) == 1 and not free and not others.has(Element) else None


def after_the_sum(kernel: Kernel, found: Contraction, last: Element) -> Kernel:
    """What is done with each sum, read from where it was put."""
    statements = (Let(found.sum.local, last), *kernel.statements[1:])
    return replace(kernel, statements=statements)


__all__ = ["MatrixProduct", "MatrixView", "after_the_sum", "matrix_product", "scale_of", "view"]

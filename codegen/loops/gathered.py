"""Contractions over windows, as convolutions are, as matrix products of operands that are gathered into dense matrices.

``out[outer, rows, columns] = scale * sum over summed of left[rows, depth] @ right[depth, columns]``.  The right operand
is gathered for every point of outer and summed (a convolution's patches, zeros beyond its edges), the left one only
where it is no matrix in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Integer

from dyadic.codegen.loops.contraction import Contraction, Operand, contraction, free_indices
from dyadic.codegen.loops.kernel import Axis, Kernel, Put
from dyadic.codegen.loops.place import count
from dyadic.codegen.loops.product import ROOM, MatrixView, after_the_sum, matrix_product, scale_of, view

_FEWEST = 4
"""Products of fewer rows or columns are not worth a gathered operand."""


@dataclass(frozen=True)
class GatheredOperand:
    """An operand to be copied: ``fast`` are the axes that lie densest in the copy, ``slow`` the others."""

    operand: Operand
    slow: tuple[Axis, ...]
    fast: tuple[Axis, ...]


@dataclass(frozen=True)
class GatheredProduct:
    """See the top of this file.  fixed: whether the left operand is the same for all points of outer and summed."""

    outer: tuple[Axis, ...]
    summed: tuple[Axis, ...]
    rows: tuple[Axis, ...]
    columns: tuple[Axis, ...]
    depth: tuple[Axis, ...]
    left: MatrixView | GatheredOperand
    right: GatheredOperand
    out: MatrixView
    scale: Expr
    epilogue: Kernel | None
    fixed: bool


def gathered_product(kernel: Kernel) -> GatheredProduct | None:
    """The kernel as such a product, where it is one, no plain matrix product, and large enough to gain by it."""
    found = contraction(kernel)
    if found is None or matrix_product(kernel) is not None or not isinstance(kernel.statements[-1], Put):
        return None
    last = kernel.statements[-1].entry
    if last.name in kernel.integers or not all(axis.extent.is_Integer for axis in found.rows.axes):
        return None
    parts = _parts(kernel, found)
    if parts is None or min(size(found.rows.axes), size(parts[1])) < _FEWEST:
        return None
    outer, columns, summed, depth = parts
    out = view(last, kernel.tensors, found.rows.axes, columns)
    if out is None or out.column != 1:
        return None
    along_depth = depth[-1].extent > columns[-1].extent
    right = GatheredOperand(found.columns, *((columns, depth) if along_depth else (depth, columns)))
    left = _matrix(kernel, found, depth) or GatheredOperand(found.rows, found.rows.axes, depth)
    scale = scale_of(kernel, found)
    epilogue = after_the_sum(kernel, found, last) if scale is None else None
    around = {axis.index for axis in (*outer, *summed)}
    fixed = not any(free_indices(node) & around for node in (found.rows.entry, *found.rows.guards))
    return GatheredProduct(
        outer, summed, found.rows.axes, columns, depth, left, right, out,
        Integer(1) if scale is None else scale, epilogue, fixed,
    )  # fmt: skip


def _parts(kernel: Kernel, found: Contraction) -> tuple[tuple[Axis, ...], ...] | None:
    """(outer, columns, summed, depth): the latter of each as long as what is gathered has room."""
    cut = _whole(found.columns.axes), _whole(found.sum.axes)
    while True:
        columns, depth = found.columns.axes[cut[0] :], found.sum.axes[cut[1] :]
        if not columns or not depth:
            return None
        beside = size(found.rows.axes) if _matrix(kernel, found, depth) is None else 0
        if max(size(columns), beside) * size(depth) <= ROOM:
            outer = (*found.groups, *found.columns.axes[: cut[0]])
            return outer, columns, found.sum.axes[: cut[1]], depth
        over_samples = cut[1] > 0 or beside > size(columns) or len(columns) == 1
        shorten = len(depth) > 1 and over_samples
        cut = (cut[0], cut[1] + 1) if shorten else (cut[0] + 1, cut[1])


def _whole(axes: Sequence[Axis]) -> int:
    """Where the last axes begin whose extents are numbers."""
    return max((k + 1 for k, axis in enumerate(axes) if not axis.extent.is_Integer), default=0)


def size(axes: Sequence[Axis]) -> int:
    """The number of points of axes whose extents are numbers."""
    return int(count(axes))


def _matrix(kernel: Kernel, found: Contraction, depth: Sequence[Axis]) -> MatrixView | None:
    """The left operand where it lies, if it is a matrix there."""
    return None if found.rows.guards else view(found.rows.entry, kernel.tensors, found.rows.axes, depth)


__all__ = ["GatheredOperand", "GatheredProduct", "gathered_product", "size"]

"""Kernels that are matrix products in disguise: sums of a product of two entries, with rows, columns and a depth.

A convolution is one as well (rows are its filters, columns its positions, padding a condition on one operand), and so
is an attention's score (samples and heads are *groups*: axes that both operands have).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sympy import Expr, Mul

from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Nearest
from dyadic.symbolic.expressions import Element, Index


@dataclass(frozen=True)
class Operand:
    """One factor: read at ``entry`` where all guards hold; ``axes`` are the output's axes that only it has."""

    entry: Element
    guards: tuple[Expr, ...]
    axes: tuple[Axis, ...]


@dataclass(frozen=True)
class Contraction:
    """``sum`` over its axes of rows.entry * columns.entry, for every point of groups, rows.axes and columns.axes.

    The output's last axis is among the columns'.
    """

    sum: Accumulate
    rows: Operand
    columns: Operand
    groups: tuple[Axis, ...]


def contraction(kernel: Kernel) -> Contraction | None:
    """The kernel as a contraction, if its one reduction is such a sum and comes first."""
    if len(kernel.accumulators) != 1 or not isinstance(kernel.statements[0], Accumulate):
        return None
    total = kernel.statements[0]
    factors = Mul.make_args(total.value)
    if total.kind != "sum" or total.inner or len(factors) != 2 or not kernel.axes:
        return None
    left, right = (factor for factor in factors)
    if not isinstance(left, Element) or not isinstance(right, Element):
        return None
    if free_indices(left) >= {kernel.axes[-1].index} and kernel.axes[-1].index not in free_indices(right):
        left, right = right, left
    out = [axis.index for axis in kernel.axes]
    uses = [free_indices(factor) & set(out) for factor in (left, right)]
    if uses[0] | uses[1] != set(out) or kernel.axes[-1].index in uses[0]:
        return None
    shared = uses[0] & uses[1]
    guards: tuple[list[Expr], list[Expr]] = ([], [])
    for guard in total.guards:
        here = free_indices(guard) & set(out)
        sides = [k for k in (0, 1) if here <= uses[k]]
        if not sides:
            return None
        for side in sides:  # a guard of the depth alone may be what keeps either load in bounds
            guards[side].append(guard)
    rows, columns = (tuple(a for a in kernel.axes if a.index in use - shared) for use in uses)
    if not rows or not columns:
        return None
    groups = tuple(axis for axis in kernel.axes if axis.index in shared)
    return Contraction(total, Operand(left, tuple(guards[0]), rows), Operand(right, tuple(guards[1]), columns), groups)


def contraction_of(kernel: Kernel) -> Contraction:
    """The same.  Raises :class:`ValueError` if it is none."""
    found = contraction(kernel)
    if found is None:
        raise ValueError(f"{kernel.name} is no contraction")
    return found


def rounded(kernel: Kernel, form: str) -> Kernel:
    """A contraction whose two factors are rounded to a format before they are multiplied."""
    total, *rest = kernel.statements
    assert isinstance(total, Accumulate)
    value = Mul(*(Nearest(factor, form) for factor in Mul.make_args(total.value)))
    return replace(kernel, statements=(replace(total, value=value), *rest))


def free_indices(node: Expr) -> set[Index]:
    """The indices that an expression depends on."""
    return {symbol for symbol in node.free_symbols if isinstance(symbol, Index)}


def contiguous(operand: Operand, axes: Iterable[Axis]) -> bool:
    """Whether neighbours along the last of the axes are neighbours in memory."""
    last = list(axes)[-1]
    return bool(operand.entry.indices) and operand.entry.indices[-1].has(last.index)


def packs(operand: Operand, axes: Iterable[Axis], extent: Expr, width: int) -> bool:
    """Whether the operand can be read ``width`` neighbours at once along the last of the axes.

    extent: that of the tensor's last axis.  A pack is then never cut by an edge, and starts at a multiple of its width.
    """
    last = list(axes)[-1]
    plain = operand.entry.indices[-1] == last.index and not any(i.has(last.index) for i in operand.entry.indices[:-1])
    free = not any(last.index in free_indices(guard) for guard in operand.guards)
    whole = extent == last.extent and extent.is_Integer and int(extent) % width == 0
    return bool(plain and free and whole and not operand.entry.indices[-1].has(Element))

"""Kernels cut along their last axis where brackets of that axis change, as at the seams of a concatenation.

Within a piece such a bracket is known: what it excludes is gone from the loop, and nothing is asked in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import Expr, Integer, expand, oo

from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Masked, Put, Statement, every, expressions
from dyadic.codegen.loops.lower import without_unread
from dyadic.symbolic.expressions import Index, Inside

MOST = 8
"""With more pieces a kernel's text would be too long."""


@dataclass(frozen=True)
class KernelPiece:
    """The statements for the last axis from ``low`` to ``high``, exclusive."""

    low: int
    high: int
    statements: tuple[Statement, ...]


def pieces(kernel: Kernel) -> list[KernelPiece]:
    """The pieces in order; one where the last axis has no number or no bracket changes along it."""
    last = kernel.axes[-1] if kernel.axes else None
    if last is None or not last.extent.is_Integer:
        return [KernelPiece(0, 0, kernel.statements)]
    whole = KernelPiece(0, int(last.extent), kernel.statements)
    brackets = {
        bracket for one in every(kernel.statements) for node in expressions(one) for bracket in node.atoms(Inside)
    }
    ranges = [found for bracket in brackets if (found := _holds(bracket, last.index)) is not None]
    cuts = sorted({0, whole.high, *(cut for pair in ranges for cut in pair if 0 < cut < whole.high)})
    if not 2 < len(cuts) <= MOST + 1:
        return [whole]
    return [
        KernelPiece(low, high, tuple(without_unread([_decided(one, last.index, low) for one in kernel.statements])))
        for low, high in pairwise(cuts)
    ]


def holds(bracket: Expr, last: Index) -> tuple[Expr, Expr]:
    """From where up to where a bracket holds along an index; (-oo, oo) where it is of another kind than these:

    [0 <= e + i < n] holds from -e up to n - e, [0 <= e - i < n] from e - n + 1 up to e + 1.
    """
    if isinstance(bracket, Inside):
        value, extent = bracket.args
        if not (other := expand(value - last)).has(last):
            return -other, extent - other
        if not (other := expand(value + last)).has(last):
            return other - extent + 1, other + 1
    return -oo, oo


def _holds(bracket: Expr, last: Index) -> tuple[int, int] | None:
    """The same in numbers."""
    first, stop = holds(bracket, last)
    return (int(first), int(stop)) if first.is_Integer and stop.is_Integer else None


def _decided(statement: Statement, last: Index, low: int) -> Statement:
    """A statement where the brackets of the last axis alone are as they are at ``low``."""

    def known(bracket: Expr) -> bool | None:
        found = _holds(bracket, last)
        return None if found is None else found[0] <= low < found[1]

    def visit(node: Expr) -> Expr:
        if not node.has(Masked):
            return node
        parts = [visit(part) if isinstance(part, Expr) else part for part in node.args]
        if not isinstance(node, Masked):
            return node.func(*parts)
        value, *guards = parts
        if any(known(guard) is False for guard in guards):
            return Integer(0)
        open_ones = [guard for guard in guards if known(guard) is None]
        return Masked(value, *open_ones) if open_ones else value

    if not isinstance(statement, Accumulate):
        return replace(statement, value=visit(statement.value))
    inner = tuple(_decided(one, last, low) for one in statement.inner)
    if statement.kind != "argmax" and any(known(guard) is False for guard in statement.guards):
        return Let(statement.local, Integer(0) if statement.kind == "sum" else -oo)
    guards = tuple(guard for guard in statement.guards if known(guard) is not True)
    return replace(statement, guards=guards, inner=inner, value=visit(statement.value))


def apart(kernel: Kernel) -> list[Kernel]:
    """A kernel for each piece, whose last axis begins at 0."""
    last = kernel.axes[-1] if kernel.axes else None
    found = pieces(kernel)
    if last is None or len(found) == 1:
        return [kernel]
    return [
        replace(kernel, axes=(*kernel.axes[:-1], Axis(last.index, Integer(piece.high - piece.low))),
                statements=tuple(_moved(one, {last.index: last.index + piece.low}) for one in piece.statements))
        for piece in found
    ]  # fmt: skip


def _moved(statement: Statement, table: dict[Expr, Expr]) -> Statement:
    if isinstance(statement, Let):
        return replace(statement, value=statement.value.xreplace(table))
    if isinstance(statement, Put):
        entry = statement.entry.xreplace(table)
        return replace(statement, entry=entry, value=statement.value.xreplace(table))
    inner = tuple(_moved(one, table) for one in statement.inner)
    guards = tuple(guard.xreplace(table) for guard in statement.guards)
    return replace(statement, guards=guards, inner=inner, value=statement.value.xreplace(table))


__all__ = ["KernelPiece", "apart", "holds", "pieces"]

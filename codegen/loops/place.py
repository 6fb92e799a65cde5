"""Kernels on the machine, the simple ways: one thread for each element, or a group of threads for each element."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer, Mul, oo

from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Local, Put, Statement
from dyadic.codegen.loops.nest import (
    BLOCK,
    THREAD,
    Array,
    Barrier,
    Cell,
    Combine,
    For,
    Halving,
    If,
    IndexValue,
    Nest,
    Set,
    Step,
)
from dyadic.codegen.loops.schedule import PerElement, Together
from dyadic.symbolic.expressions import Index, Inside, Quotient, Remainder

ELEMENT, LANE, HALF, TERM = (Index(name) for name in ("element", "lane", "half", "term"))


def count(axes: Sequence[Axis]) -> Expr:
    """The number of points."""
    return Mul(*(axis.extent for axis in axes))


def unravel(flat: Expr, axes: Sequence[Axis]) -> list[IndexValue]:
    """The axes' indices from a position among their points, the last axis the fastest."""
    names, below = [], Integer(1)
    for position, axis in reversed(list(enumerate(axes))):
        rest = Quotient(flat, below)
        names.append(IndexValue(axis.index, Remainder(rest, axis.extent) if position else rest))
        below *= axis.extent
    return names


def ceiling(extent: Expr, divisor: int) -> Expr:
    """extent / divisor, rounded up."""
    if extent.is_Integer:
        return Integer(-(-int(extent) // divisor))
    return Quotient(extent + divisor - 1, Integer(divisor))


def per_element(kernel: Kernel, schedule: PerElement) -> Nest:
    """Every thread computes one element, its reductions as loops."""
    points = count(kernel.axes)
    body = (*unravel(ELEMENT, kernel.axes), *(step for one in kernel.statements for step in serial(one)))
    flat = IndexValue(ELEMENT, BLOCK[0] * schedule.threads + THREAD[0])
    steps: tuple[Step, ...] = (flat, If((Inside(ELEMENT, points),), body))
    return Nest(kernel, (ceiling(points, schedule.threads),), (schedule.threads,), (), steps)


def serial(statement: Statement) -> list[Step]:
    """A statement as one thread runs it."""
    if isinstance(statement, Let):
        return [Set(statement.local, statement.value, new=True, fixed=True)]
    if isinstance(statement, Put):
        return [Set(statement.entry, statement.value)]
    start, running = begin(statement)
    body = innermost(statement, running)
    for axis in reversed(statement.axes):
        body = (For(axis.index, Integer(0), axis.extent, 1, body),)
    return [*start, *body]


def begin(statement: Accumulate) -> tuple[list[Step], Local]:
    """Declarations before a reduction, and the local that holds its running value (for argmax: the largest so far)."""
    if statement.kind == "sum":
        return [Set(statement.local, Integer(0), new=True)], statement.local
    if statement.kind == "max":
        return [Set(statement.local, -oo, new=True)], statement.local
    largest = Local(f"{statement.local.name}_largest")
    return [Set(largest, -oo, new=True), Set(statement.local, Integer(0), new=True)], largest


def innermost(statement: Accumulate, running: Local) -> tuple[Step, ...]:
    """What is done at each point of a reduction."""
    place = (statement.local, statement.axes[0].index) if statement.kind == "argmax" else (None, None)
    add = Combine(statement.kind, running, statement.value, *place)
    body: tuple[Step, ...] = (*(step for one in statement.inner for step in serial(one)), add)
    return (If(statement.guards, body),) if statement.guards else body


def following(kernel: Kernel, value: Expr) -> tuple[Step, ...]:
    """What follows the reduction that a kernel begins with, given its value."""
    total, *rest = kernel.statements
    assert isinstance(total, Accumulate)
    return (Set(total.local, value, new=True, fixed=True), *(step for one in rest for step in serial(one)))


def together(kernel: Kernel, schedule: Together) -> Nest:
    """``lanes`` threads for each element: each takes every lanes-th point of a reduction, a tree adds up their values.

    With more than one element in a block there is one reduction, and what follows it is done by the first lane.
    """
    lanes, elements = schedule.lanes, schedule.elements
    points = count(kernel.axes)
    several = elements > 1
    flat: Expr = BLOCK[0] * elements + THREAD[0] if several else BLOCK[0]
    lane = IndexValue(LANE, THREAD[1] if several else THREAD[0])
    inside: tuple[Expr, ...] = (Inside(ELEMENT, points),) if several else ()
    first = Inside(LANE, Integer(1))
    steps: list[Step] = [IndexValue(ELEMENT, flat), lane, *unravel(ELEMENT, kernel.axes)]
    arrays: list[Array] = []
    last: list[Step] = []
    for statement in kernel.statements:
        if isinstance(statement, Accumulate):
            steps += _tree(statement, schedule, arrays, inside)
        elif isinstance(statement, Put) or several:
            last += serial(statement)
        else:
            steps += serial(statement)
    steps.append(If((first, *inside), tuple(last)))
    block = (elements, lanes) if several else (lanes,)
    return Nest(kernel, (ceiling(points, elements),), block, tuple(arrays), tuple(steps))


def _tree(statement: Accumulate, schedule: Together, arrays: list[Array], inside: tuple[Expr, ...]) -> list[Step]:
    """One reduction by all lanes; afterwards each of them holds its value."""
    start, running = begin(statement)
    body = innermost(statement, running)
    points = count(statement.axes)
    if len(statement.axes) == 1:
        loop = For(statement.axes[0].index, LANE, points, schedule.lanes, body)
    else:
        loop = For(TERM, LANE, points, schedule.lanes, (*unravel(TERM, statement.axes), *body))
    column: tuple[Expr, ...] = (THREAD[0],) if schedule.elements > 1 else ()
    shape = (schedule.lanes, *([schedule.elements] if column else []))
    partial = "partial" if not arrays else f"partial{len(arrays) + 1}"
    arrays.append(Array(partial, shape, shared=True))
    own, other = Cell(partial, LANE, *column), Cell(partial, LANE + HALF, *column)
    store: list[Step] = [Set(own, running)]
    place = None
    if statement.kind == "argmax":
        arrays.append(Array(f"{partial}_at", shape, shared=True, integer=True))
        place = Cell(f"{partial}_at", LANE, *column), Cell(f"{partial}_at", LANE + HALF, *column)
        store.append(Set(place[0], statement.local))
    halve = Combine(statement.kind, own, other, *(place or (None, None)))
    tree = Halving(HALF, schedule.lanes // 2, (If((Inside(LANE, HALF),), (halve,)), Barrier()))
    result = Set(running, Cell(partial, Integer(0), *column))
    steps: list[Step] = [*start, If(inside, (loop,)) if inside else loop, *store, Barrier(), tree, result]
    if place:
        steps.append(Set(statement.local, Cell(f"{partial}_at", Integer(0), *column)))
    return steps

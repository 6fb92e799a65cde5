"""Kernels as one thread runs them: loops over all axes, the innermost over neighbours so that a compiler vectorises.

A kernel with reductions is distributed: every statement has a loop of its own over a chunk of the last axis, and what a
statement leaves for the next is an array over the chunk.  Then the sum over samples of s[sample, i] adds up rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer, Max, Min, expand, oo

from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Local, Put, Statement
from dyadic.codegen.loops.nest import Array, Cell, Combine, For, If, Nest, Set, Step, bind
from dyadic.codegen.loops.place import serial
from dyadic.symbolic.expressions import Element, Index, Inside, Quotient, Remainder

CHUNK = 64
"""Most neighbours that are computed at once."""
FEW = 8
"""Fewer neighbours than this are no reason to go along the last axis, if a sum is longer."""
LANE, START = Index("lane"), Index("start")


def sequential(kernel: Kernel) -> Nest:
    """A nest of one thread."""
    last = kernel.axes[-1] if kernel.axes else None
    neighbours = int(last.extent) if last is not None and last.extent.is_Integer else 0
    long = [one for one in kernel.accumulators if _summed_along(one) > max(neighbours, FEW)]
    if kernel.accumulators and neighbours >= 4 and not (long and neighbours < FEW):
        return _distributed(kernel, neighbours)
    arrays = tuple(Array(f"{one.local.name}_lanes", (min(_summed_along(one), CHUNK),), shared=False) for one in long)
    body = tuple(step for one in kernel.statements for step in (_in_lanes(one) if one in long else serial(one)))
    return Nest(kernel, (Integer(1),), (1,), arrays, _loops(kernel.axes, body))


def _summed_along(statement: Accumulate) -> int:
    """The extent of a sum's last axis; 0 where it is no number."""
    extent = statement.axes[-1].extent
    return int(extent) if statement.kind == "sum" and extent.is_Integer else 0


def _in_lanes(statement: Statement) -> list[Step]:
    """A sum as sums over every so many-th term of its last axis, side by side, which are added up in the end."""
    assert isinstance(statement, Accumulate)
    extent, index = _summed_along(statement), statement.axes[-1].index
    chunk = min(extent, CHUNK)
    own = Cell(f"{statement.local.name}_lanes", LANE)
    whole = extent // chunk * chunk
    inner: list[Step] = []
    for start, stop, width in ((0, whole, chunk), (whole, extent, extent - whole)):
        if width:
            before, low, high, within = limits(statement.guards, index, width)
            body: tuple[Step, ...] = (
                *(step for one in statement.inner for step in serial(one)),
                Combine("sum", own, statement.value),
            )
            body = (If(within, body),) if within else body
            lanes: tuple[Step, ...] = (For(LANE, low, high, 1, body),)
            lanes = (If(before, lanes),) if before else lanes
            inner.append(For(START, Integer(start), Integer(stop), chunk, bind(lanes, {index: START + LANE})))
    return [
        For(LANE, Integer(0), Integer(chunk), 1, (Set(own, Integer(0)),)),
        *_loops(statement.axes[:-1], tuple(inner)),
        Set(statement.local, Integer(0), new=True),
        For(LANE, Integer(0), Integer(chunk), 1, (Combine("sum", statement.local, own),)),
    ]


def _loops(axes: tuple[Axis, ...], body: tuple[Step, ...]) -> tuple[Step, ...]:
    for axis in reversed(axes):
        body = (For(axis.index, Integer(0), axis.extent, 1, body),)
    return body


def _distributed(kernel: Kernel, extent: int) -> Nest:
    """See the top of this file; a last axis that is no multiple of the chunk ends with a shorter one."""
    index = kernel.axes[-1].index
    chunk = min(extent, CHUNK)
    arrays: list[Array] = []
    table: dict[Expr, Expr] = {}
    for statement in kernel.statements:
        for local in _made(statement):
            arrays.append(Array(f"{local.name}_lanes", (chunk,), shared=False, integer=bool(local.is_integer)))
            table[local] = Cell(arrays[-1].name, LANE)
    steps: list[Step] = []
    whole = extent // chunk * chunk
    for start, stop, width in ((0, whole, chunk), (whole, extent, extent - whole)):
        if width:
            body = tuple(step for one in kernel.statements for step in _apart(one, index, width))
            body = bind(body, {**table, index: START + LANE})
            steps.append(For(START, Integer(start), Integer(stop), chunk, body))
    return Nest(kernel, (Integer(1),), (1,), tuple(arrays), _loops(kernel.axes[:-1], tuple(steps)))


def _made(statement: Statement) -> list[Local]:
    """The locals that a statement leaves for others."""
    if isinstance(statement, Put):
        return []
    if isinstance(statement, Accumulate) and statement.kind == "argmax":
        return [statement.local, _largest(statement)]
    return [statement.local]


def _largest(statement: Accumulate) -> Local:
    return Local(f"{statement.local.name}_largest")


def _apart(statement: Statement, last: Index, width: int) -> list[Step]:
    """One statement in loops over a chunk of its own."""

    def loop(*body: Step) -> Step:
        return For(LANE, Integer(0), Integer(width), 1, body)

    if isinstance(statement, Let):
        return [loop(Set(statement.local, statement.value))]
    if isinstance(statement, Put):
        return [loop(Set(statement.entry, statement.value))]
    argmax = statement.kind == "argmax"
    running = _largest(statement) if argmax else statement.local
    first: list[Step] = [Set(running, Integer(0) if statement.kind == "sum" else -oo)]
    first += [Set(statement.local, Integer(0))] if argmax else []
    place = (statement.local, statement.axes[0].index) if argmax else (None, None)
    body: tuple[Step, ...] = (
        *(step for one in statement.inner for step in serial(one)),
        Combine(statement.kind, running, statement.value, *place),
    )
    before, low, high, within = limits(statement.guards, last, width)
    body = (If(within, body),) if within else body
    lanes: tuple[Step, ...] = (For(LANE, low, high, 1, body),)
    return [loop(*first), *_loops(statement.axes, (If(before, lanes),) if before else lanes)]


def limits(guards: Sequence[Expr], last: Index, width: int) -> tuple[tuple[Expr, ...], Expr, Expr, tuple[Expr, ...]]:
    """The guards that no neighbour changes; the first and last neighbour (exclusive) that others admit; the rest.

    0 <= last + c < n, last = start + lane, holds for the lanes from -c - start up to n - c - start.
    """
    before: list[Expr] = []
    rest: list[Expr] = []
    low: list[Expr] = [Integer(0)]
    high: list[Expr] = [Integer(width)]
    for guard in guards:
        if not guard.has(last):
            before.append(guard)
            continue
        offset = expand(guard.args[0] - last) if isinstance(guard, Inside) else None
        if offset is None or offset.has(last) or offset.has(Quotient, Remainder, Element):
            rest.append(guard)
        else:
            low.append(expand(-offset - START))
            high.append(expand(guard.args[1] - offset - START))
    return tuple(before), Max(*low), Min(*high), tuple(rest)


__all__ = ["START", "limits", "sequential"]

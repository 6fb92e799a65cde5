"""Kernels as one thread runs them: loops over all axes, the innermost over neighbours so that a compiler vectorises.

Neighbours are entries of the last axis, or terms of a sum where these lie side by side and the entries do not.  In the
first case a kernel with reductions is distributed: every reduction has a loop of its own over a chunk of the last axis,
and what a statement leaves for the next is an array over the chunk.  Then the sum over samples of s[sample, i] adds up
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from sympy import Expr, Integer, Max, Min, expand, oo

from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Local, Put, Statement
from dyadic.codegen.loops.nest import Array, Cell, Combine, For, Halving, If, Nest, Set, Step, bind
from dyadic.codegen.loops.pieces import KernelPiece, holds, pieces
from dyadic.codegen.loops.place import serial
from dyadic.symbolic.expressions import Element, Index, Quotient, Remainder

CHUNK = 64
"""Most neighbours that are computed at once."""
SIDE_BY_SIDE = 32
"""Most sums that one sum is made of."""
FEW = 8
"""Fewer neighbours than this are no reason to go along the last axis, if a sum is longer."""
LANE, START, HALF = Index("lane"), Index("start"), Index("half")


def sequential(kernel: Kernel) -> Nest:
    """A nest of one thread."""
    found = [_piece(kernel, piece) for piece in pieces(kernel)]
    largest = sorted((array for one, _ in found for array in one), key=lambda array: array.shape)
    arrays = tuple({array.name: array for array in largest}.values())
    body = tuple(step for _, steps in found for step in steps)
    return Nest(kernel, (Integer(1),), (1,), arrays, _loops(kernel.axes[:-1], body))


def _piece(kernel: Kernel, piece: KernelPiece) -> tuple[tuple[Array, ...], tuple[Step, ...]]:
    """The arrays and steps for some entries of the last axis, within loops over the others."""
    last = kernel.axes[-1] if kernel.axes else None
    neighbours = piece.high - piece.low
    sums = [one for one in piece.statements if isinstance(one, Accumulate)]
    dense = [one for one in sums if last and _summed_along(one) and _denser(one, last.index)]
    long = [one for one in sums if one in dense or _summed_along(one) > neighbours]
    if sums and neighbours >= 4 and last and not (long and (neighbours < FEW or len(dense) == len(sums))):
        return _distributed(last.index, piece)
    arrays = tuple(Array(_lanes(one), (min(_summed_along(one), SIDE_BY_SIDE),), shared=False) for one in long)
    body = tuple(step for one in piece.statements for step in (_in_lanes(one) if one in long else serial(one)))
    if last is None:
        return arrays, body
    stop = Integer(piece.high) if piece.high else last.extent
    return arrays, (For(last.index, Integer(piece.low), stop, 1, body),)


def _lanes(statement: Accumulate) -> str:
    return f"{statement.local.name}_lanes"


def _summed_along(statement: Accumulate) -> int:
    """The extent of a reduction's last axis; 0 where it is no number, is short, or is no matter of order."""
    extent = statement.axes[-1].extent
    return int(extent) if statement.kind in ("sum", "max") and extent.is_Integer and extent > FEW else 0


def _denser(statement: Accumulate, last: Index) -> bool:
    """Whether terms lie side by side along the last summed axis, and neighbours along the output's last axis do not."""
    summed = statement.axes[-1].index
    entries = statement.value.atoms(Element)
    strided = [any(index.has(last) for index in entry.indices[:-1]) for entry in entries]
    return any(strided) and not any(index.has(summed) for entry in entries for index in entry.indices[:-1])


def _in_lanes(statement: Statement) -> list[Step]:
    """A reduction as several side by side, of every so many-th term of its last axis each, joined in the end."""
    assert isinstance(statement, Accumulate)
    extent, index = _summed_along(statement), statement.axes[-1].index
    chunk = min(extent, SIDE_BY_SIDE)
    nothing: Expr = Integer(0) if statement.kind == "sum" else -oo
    own = Cell(_lanes(statement), LANE)
    whole = extent // chunk * chunk
    inner: list[Step] = []
    for start, stop, width in ((0, whole, chunk), (whole, extent, extent - whole)):
        if width:
            before, low, high, within = limits(statement.guards, index, width)
            body: tuple[Step, ...] = (
                *(step for one in statement.inner for step in serial(one)),
                Combine(statement.kind, own, statement.value),
            )
            body = (If(within, body),) if within else body
            lanes: tuple[Step, ...] = (For(LANE, low, high, 1, body),)
            lanes = (If(before, lanes),) if before else lanes
            inner += _chunks(lanes, index, start, stop, chunk)
    return [
        For(LANE, Integer(0), Integer(chunk), 1, (Set(own, nothing),)),
        *_loops(statement.axes[:-1], tuple(inner)),
        *_joined(statement, chunk, nothing),
    ]


def _joined(statement: Accumulate, chunk: int, nothing: Expr) -> list[Step]:
    """The lanes of a reduction as one value: by halves where their number is a power of two."""
    own, kind = Cell(_lanes(statement), LANE), statement.kind
    if chunk & (chunk - 1):
        join = For(LANE, Integer(0), Integer(chunk), 1, (Combine(kind, statement.local, own),))
        return [Set(statement.local, nothing, new=True), join]
    add = Combine(kind, own, Cell(_lanes(statement), LANE + HALF))
    tree = Halving(HALF, chunk // 2, (For(LANE, Integer(0), HALF, 1, (add,)),))
    return [tree, Set(statement.local, Cell(_lanes(statement), Integer(0)), new=True, fixed=True)]


def _chunks(lanes: tuple[Step, ...], index: Index, start: int, stop: int, chunk: int) -> list[Step]:
    """Loops over lanes for ``index`` from start to stop; where there is one chunk, the lane is the index itself."""
    if stop - start <= chunk:
        names = {index: LANE + start} if start else {LANE: index}
        return list(bind(lanes, {**names, START: Integer(start)}))
    return [For(START, Integer(start), Integer(stop), chunk, bind(lanes, {index: START + LANE}))]


def _loops(axes: tuple[Axis, ...], body: tuple[Step, ...]) -> tuple[Step, ...]:
    for axis in reversed(axes):
        body = (For(axis.index, Integer(0), axis.extent, 1, body),)
    return body


def _distributed(index: Index, piece: KernelPiece) -> tuple[tuple[Array, ...], tuple[Step, ...]]:
    """See the top of this file; a last axis that is no multiple of the chunk ends with a shorter one."""
    chunk = min(piece.high - piece.low, CHUNK)
    groups = [tuple(group) for _, group in groupby(piece.statements, lambda one: isinstance(one, Accumulate))]
    arrays: list[Array] = []
    table: dict[Expr, Expr] = {}
    for group in groups:
        others = [one for other in groups if other is not group for one in other]
        for local in (local for statement in group for local in _made(statement)):
            if isinstance(group[0], Accumulate) or any(_reads(one, local) for one in others):
                arrays.append(Array(f"{local.name}_lanes", (chunk,), shared=False, integer=bool(local.is_integer)))
                table[local] = Cell(arrays[-1].name, LANE)
    steps: list[Step] = []
    whole = piece.low + (piece.high - piece.low) // chunk * chunk
    for start, stop, width in ((piece.low, whole, chunk), (whole, piece.high, piece.high - whole)):
        if width:
            body = tuple(step for group in groups for step in _apart(group, index, width, set(table)))
            steps += _chunks(bind(body, table), index, start, stop, chunk)
    return tuple(arrays), tuple(steps)


def _reads(statement: Statement, local: Local) -> bool:
    """Whether a statement's value, or a statement inside it, uses a local."""
    if isinstance(statement, Accumulate):
        inner = any(_reads(one, local) for one in statement.inner)
        return inner or any(guard.has(local) for guard in statement.guards) or statement.value.has(local)
    return bool(statement.value.has(local))


def _made(statement: Statement) -> list[Local]:
    """The locals that a statement leaves for others."""
    if isinstance(statement, Put):
        return []
    if isinstance(statement, Accumulate) and statement.kind == "argmax":
        return [statement.local, _largest(statement)]
    return [statement.local]


def _largest(statement: Accumulate) -> Local:
    return Local(f"{statement.local.name}_largest")


def _apart(group: Sequence[Statement], last: Index, width: int, kept: set[Expr]) -> list[Step]:
    """Statements in loops over a chunk of their own: one for what needs no reduction, several for each that does.

    kept: the locals that are arrays over the chunk.
    """

    def loop(*body: Step) -> Step:
        return For(LANE, Integer(0), Integer(width), 1, body)

    if not isinstance(group[0], Accumulate):
        plain = [step for one in group for step in serial(one)]
        return [loop(*(Set(s.target, s.value) if isinstance(s, Set) and s.target in kept else s for s in plain))]
    return [step for one in group if isinstance(one, Accumulate) for step in _reduced(one, last, width, loop)]


def _reduced(statement: Accumulate, last: Index, width: int, loop: Callable[..., Step]) -> list[Step]:
    """One reduction for all lanes of a chunk."""
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

    A bracket that holds for ``last`` from a up to b holds for the lanes from a - start up to b - start.
    """
    before: list[Expr] = []
    rest: list[Expr] = []
    low: list[Expr] = [Integer(0)]
    high: list[Expr] = [Integer(width)]
    for guard in guards:
        if not guard.has(last):
            before.append(guard)
            continue
        first, stop = (expand(bound - START) for bound in holds(guard, last))
        if first == -oo or first.has(Quotient, Remainder, Element):
            rest.append(guard)
        else:
            low.append(first)
            high.append(stop)
    return tuple(before), Max(*low), Min(*high), tuple(rest)


__all__ = ["START", "limits", "sequential"]

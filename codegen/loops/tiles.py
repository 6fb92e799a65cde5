"""Contractions in tiles: a block computes a tile of the output, a thread a small block of it in registers.

The operands' tiles go through shared memory, twice buffered: while the block multiplies one pair of tiles, its threads
load the next pair into registers.  One barrier a step: a tile is overwritten two steps after it was filled.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer

from dyadic.codegen.loops.contraction import Contraction, Operand, contiguous, contraction, packs
from dyadic.codegen.loops.kernel import Axis, Kernel, Masked
from dyadic.codegen.loops.nest import (
    BLOCK,
    THREAD,
    Array,
    Barrier,
    Cell,
    Combine,
    For,
    If,
    IndexValue,
    Nest,
    Scope,
    Set,
    Step,
    Vector,
    unrolled,
)
from dyadic.codegen.loops.place import ceiling, count, serial, unravel
from dyadic.codegen.loops.schedule import Tiled
from dyadic.codegen.program import variable
from dyadic.symbolic.expressions import Index, Inside, Quotient, Remainder

ROW, COLUMN, TERM, START, STAGE, NEXT = (Index(name) for name in ("row", "column", "term", "start", "stage", "load"))
TX, TY, DEEP, A, B, PACK = (Index(name) for name in ("tx", "ty", "deep", "down", "across", "pack"))
BLOCKS = {"row": Index("row_block"), "column": Index("column_block"), "group": Index("group")}


@dataclass(frozen=True)
class Side:
    """How one operand's tile is brought in.

    size: rows (or columns) of the tile; along_depth: neighbouring threads read neighbours along the depth;
    width: how many a thread reads at once.
    """

    name: str
    operand: Operand
    index: Index
    size: int
    along_depth: bool
    width: int


def tiled(kernel: Kernel, schedule: Tiled) -> Nest:
    """Raises :class:`ValueError` if the kernel is no contraction or the schedule does not fit together."""
    found = contraction(kernel)
    if found is None:
        raise ValueError(f"{kernel.name} is no contraction")
    return _Tiling(kernel, found, schedule).nest()


class _Tiling:
    def __init__(self, kernel: Kernel, found: Contraction, schedule: Tiled) -> None:
        self.kernel, self.found, self.schedule = kernel, found, schedule
        self.depth = count(found.sum.axes)
        self.threads = schedule.threads
        self.left = self._side("left", found.rows, ROW, schedule.rows)
        self.right = self._side("right", found.columns, COLUMN, schedule.columns)

    def _side(self, name: str, operand: Operand, index: Index, size: int) -> Side:
        schedule, depth_axes = self.schedule, self.found.sum.axes
        along = contiguous(operand, depth_axes) and not contiguous(operand, operand.axes)
        axes = depth_axes if along else operand.axes
        extent = self.kernel.tensors[operand.entry.name].shape[-1]
        width = schedule.pack if packs(operand, axes, extent, schedule.pack) else 1
        if size * schedule.depth % (self.threads * width):
            width = 1
        return Side(name, operand, index, size, along, width)

    def nest(self) -> Nest:
        s, found = self.schedule, self.found
        grid_axes = [Axis(BLOCKS["group"], count(found.groups))] if found.groups else []
        sides = [
            Axis(BLOCKS["row"], ceiling(count(found.rows.axes), s.rows)),
            Axis(BLOCKS["column"], ceiling(count(found.columns.axes), s.columns)),
        ]
        grid_axes += sorted(sides, key=lambda axis: axis.extent.is_Integer)  # the batch's blocks are the slowest
        across = s.columns // s.per_column
        steps: list[Step] = [
            *unravel(BLOCK[0], grid_axes),
            IndexValue(TX, Remainder(THREAD[0], Integer(across))),
            IndexValue(TY, Quotient(THREAD[0], Integer(across))),
            *(unravel(BLOCKS["group"], found.groups) if found.groups else []),
            *self._loop((A, s.per_row), (B, s.per_column), Set(Cell("sum", A, B), Integer(0))),
            *self._load(self.left, Integer(0)),
            *self._load(self.right, Integer(0)),
            *self._keep(self.left, Integer(0)),
            *self._keep(self.right, Integer(0)),
            Barrier(),
            For(START, Integer(0), self.depth, s.depth, self._stages()),
            *self._epilogue(),
        ]
        return Nest(self.kernel, (count(grid_axes),), (self.threads,), self._arrays(), tuple(steps))

    def _arrays(self) -> tuple[Array, ...]:
        s = self.schedule
        return (
            Array("left", (2, s.depth, s.rows), shared=True, padding=s.pack),
            Array("right", (2, s.depth, s.columns), shared=True, padding=s.pack),
            Array("left_next", (s.rows * s.depth // self.threads,), shared=False),
            Array("right_next", (s.columns * s.depth // self.threads,), shared=False),
            Array("left_own", (s.per_row,), shared=False),
            Array("right_own", (s.per_column,), shared=False),
            Array("sum", (s.per_row, s.per_column), shared=False),
        )

    def _stages(self) -> tuple[Step, ...]:
        """One step along the depth."""
        ahead = START + self.schedule.depth
        other = 1 - STAGE
        more = (Inside(ahead, self.depth),)
        load = (*self._load(self.left, ahead), *self._load(self.right, ahead))
        keep = (*self._keep(self.left, other), *self._keep(self.right, other))
        stage = IndexValue(STAGE, Remainder(Quotient(START, Integer(self.schedule.depth)), Integer(2)))
        return (stage, If(more, load), *self._multiply(), If(more, keep), Barrier())

    # -- bringing tiles in ------------------------------------------------------------------------------------------

    def _place(self, side: Side) -> tuple[list[Step], Expr, Expr]:
        """Names of a load's place in the tile, and its row (or column) and term there."""
        position = Index("place")
        packs_along = (self.schedule.depth if side.along_depth else side.size) // side.width
        name = IndexValue(position, NEXT * self.threads + THREAD[0])
        fast, slow = Remainder(position, Integer(packs_along)) * side.width, Quotient(position, Integer(packs_along))
        return [name], *((slow, fast) if side.along_depth else (fast, slow))

    def _loads(self, side: Side) -> int:
        return side.size * self.schedule.depth // (self.threads * side.width)

    def _load(self, side: Side, start: Expr) -> list[Step]:
        """From global memory into registers; zeros beyond the edges."""
        names, row, term = self._place(side)
        block = BLOCKS["row" if side.index == ROW else "column"]
        names += [IndexValue(side.index, block * side.size + row), IndexValue(TERM, start + term)]
        edges = (Inside(side.index, count(side.operand.axes)), Inside(TERM, self.depth))
        names += [*unravel(side.index, side.operand.axes), *unravel(TERM, self.found.sum.axes)]
        target = Cell(f"{side.name}_next", NEXT * side.width)
        guards = (*edges, *side.operand.guards)
        if side.width == 1:
            body: list[Step] = [*names, Set(target, Masked(side.operand.entry, *guards))]
        else:
            zeros = unrolled(PACK, side.width, Set(Cell(f"{side.name}_next", NEXT * side.width + PACK), Integer(0)))
            body = [*names, *zeros, If(guards, (Vector(target, side.operand.entry, side.width),))]
        what = f"the {side.name} tile, from {variable(side.operand.entry)} into registers"
        return [Scope(what, unrolled(NEXT, self._loads(side), *body))]

    def _keep(self, side: Side, stage: Expr) -> list[Step]:
        """From registers into shared memory."""
        names, row, term = self._place(side)
        source = Cell(f"{side.name}_next", NEXT * side.width)
        body: list[Step]
        if side.width == 1:
            body = [*names, Set(Cell(side.name, stage, term, row), source)]
        elif side.along_depth:
            one = Cell(f"{side.name}_next", NEXT * side.width + PACK)
            spread = Set(Cell(side.name, stage, term + PACK, row), one)
            body = [*names, *unrolled(PACK, side.width, spread)]
        else:
            body = [*names, Vector(Cell(side.name, stage, term, row), source, side.width)]
        return [Scope(f"the {side.name} tile, into shared memory", unrolled(NEXT, self._loads(side), *body))]

    # -- multiplying ------------------------------------------------------------------------------------------------

    def _multiply(self) -> list[Step]:
        s = self.schedule
        add = Combine("sum", Cell("sum", A, B), Cell("left_own", A) * Cell("right_own", B))
        body = [
            *self._fetch("left_own", "left", TY, s.per_row, s.rows),
            *self._fetch("right_own", "right", TX, s.per_column, s.columns),
            *self._loop((A, s.per_row), (B, s.per_column), add),
        ]
        return list(unrolled(DEEP, s.depth, *body))

    def _fetch(self, target: str, source: str, thread: Index, per: int, size: int) -> list[Step]:
        """A thread's rows (or columns) of one term, in packs that lie side by side across the threads."""
        width = min(self.schedule.pack, per)
        move = Vector if width > 1 else None
        steps: list[Step] = []
        for k in range(per // width):
            cell = Cell(source, STAGE, DEEP, self._owned(thread, Integer(k * width), per, size))
            first = Cell(target, k * width)
            steps.append(move(first, cell, width) if move else Set(first, cell))
        return steps

    def _owned(self, thread: Index, number: Expr, per: int, size: int) -> Expr:
        """The place in the tile of a thread's ``number``-th row (or column)."""
        width = min(self.schedule.pack, per)
        stride = size // (per // width)
        return Quotient(number, Integer(width)) * stride + thread * width + Remainder(number, Integer(width))

    def _epilogue(self) -> list[Step]:
        """Every thread finishes and stores its block."""
        s, found = self.schedule, self.found
        row = BLOCKS["row"] * s.rows + self._owned(TY, A, s.per_row, s.rows)
        column = BLOCKS["column"] * s.columns + self._owned(TX, B, s.per_column, s.columns)
        inside = (Inside(ROW, count(found.rows.axes)), Inside(COLUMN, count(found.columns.axes)))
        body: tuple[Step, ...] = (
            *unravel(ROW, found.rows.axes),
            *unravel(COLUMN, found.columns.axes),
            Set(found.sum.local, Cell("sum", A, B), new=True, fixed=True),
            *(step for one in self.kernel.statements[1:] for step in serial(one)),
        )
        names = (IndexValue(ROW, row), IndexValue(COLUMN, column))
        loop = self._loop((A, s.per_row), (B, s.per_column), *names, If(inside, body))
        return [Scope("what follows the sum, for each element of this thread", tuple(loop))]

    def _loop(self, outer: tuple[Index, int], inner: tuple[Index, int], *body: Step) -> list[Step]:
        """Two unrolled loops over a thread's block."""
        for index, extent in (inner, outer):
            body = unrolled(index, extent, *body)
        return list(body)


__all__ = ["tiled"]

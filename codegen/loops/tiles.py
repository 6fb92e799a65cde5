"""Contractions in tiles: a block computes a tile of the output, a thread a small block of it in registers.

The operands' tiles go through shared memory, twice buffered: while the block multiplies one pair of tiles, the next
pair is under way, as copies into shared memory or, where a tile is turned or rounded, through registers.  One barrier a
step: a tile is overwritten two steps after it was filled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from sympy import Expr, Integer

from dyadic.codegen.loops.contraction import Contraction, Operand, contiguous, contraction_of, packs
from dyadic.codegen.loops.kernel import Axis, Kernel, Masked
from dyadic.codegen.loops.nest import (
    BLOCK,
    THREAD,
    Array,
    Barrier,
    Cell,
    Combine,
    Commit,
    Copy,
    For,
    If,
    IndexValue,
    Nest,
    Scope,
    Set,
    Step,
    Vector,
    Wait,
    moved,
    unrolled,
)
from dyadic.codegen.loops.place import ceiling, count, following, unravel
from dyadic.codegen.loops.schedule import Tiled, WarpTiled
from dyadic.codegen.program import variable
from dyadic.symbolic.expressions import Element, Index, Inside, Quotient, Remainder

ROW, COLUMN, TERM, START, STAGE, NEXT = (Index(name) for name in ("row", "column", "term", "start", "stage", "load"))
TX, TY, DEEP, A, B, PACK = (Index(name) for name in ("tx", "ty", "deep", "down", "across", "pack"))
BLOCKS = {"row": Index("row_block"), "column": Index("column_block"), "group": Index("group")}


@dataclass(frozen=True)
class Side:
    """How one operand's tile is brought in.

    size: rows (or columns) of the tile; along_depth: neighbouring threads read neighbours along the depth;
    width: how many a thread reads at once; copied: it comes without registers.
    """

    name: str
    operand: Operand
    index: Index
    size: int
    along_depth: bool
    width: int
    copied: bool


def tiled(kernel: Kernel, schedule: Tiled) -> Nest:
    """Raises :class:`ValueError` if the kernel is no contraction or the schedule does not fit together."""
    found = contraction_of(kernel)
    return RegisterTiling(kernel, found, schedule).nest()


class Tiling(ABC):
    """How tiles come in and results go out; a subclass says who multiplies what."""

    def __init__(self, kernel: Kernel, found: Contraction, schedule: Tiled | WarpTiled) -> None:
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
        if not self._fits(size, along, width):
            width = 1
        return Side(name, operand, index, size, along, width, self._copied(operand, along and width > 1))

    def _fits(self, size: int, along: bool, width: int) -> bool:
        """Whether threads that read ``width`` numbers at once bring a tile in together."""
        return size * self.schedule.depth % (self.threads * width) == 0

    def _copied(self, operand: Operand, turned: bool) -> bool:
        """Whether a tile needs no registers.  An address that is read from memory may be read inside the edges only."""
        return False

    def nest(self) -> Nest:
        s, found = self.schedule, self.found
        grid_axes = [Axis(BLOCKS["group"], count(found.groups))] if found.groups else []
        sides = [
            Axis(BLOCKS["row"], ceiling(count(found.rows.axes), s.rows)),
            Axis(BLOCKS["column"], ceiling(count(found.columns.axes), s.columns)),
        ]
        grid_axes += sorted(sides, key=lambda axis: axis.extent.is_Integer)  # the batch's blocks are the slowest
        steps: list[Step] = [
            *unravel(BLOCK[0], grid_axes),
            *self._threads_places(),
            *(unravel(BLOCKS["group"], found.groups) if found.groups else []),
            *self._zeros(),
            *self._bring(Integer(0), Integer(0)),
            *self._keep(Integer(0)),
            *self._wait(),
            Barrier(),
            For(START, Integer(0), self.depth, s.depth, self._stages()),
            *self._epilogue(),
        ]
        return Nest(self.kernel, (count(grid_axes),), (self.threads,), self._arrays(), tuple(steps))

    def _arrays(self) -> tuple[Array, ...]:
        sides = (self.left, self.right)
        coming = (Array(f"{one.name}_next", (self._coming(one),), shared=False) for one in sides if not one.copied)
        return (*map(self._shared, sides), *coming, *self._registers())

    def _coming(self, side: Side) -> int:
        """How many entries of a tile a thread brings in."""
        return side.size * self.schedule.depth // self.threads

    @abstractmethod
    def _threads_places(self) -> list[IndexValue]:
        """Names of a thread's place in the tile."""

    @abstractmethod
    def _zeros(self) -> list[Step]:
        """The sums begin at 0."""

    @abstractmethod
    def _shared(self, side: Side) -> Array:
        """The array of an operand's two tiles."""

    @abstractmethod
    def _cell(self, side: Side, stage: Expr, term: Expr, place: Expr) -> Cell:
        """Where it holds a term of a row (or column)."""

    @abstractmethod
    def _registers(self) -> tuple[Array, ...]:
        """What a thread multiplies, and its sums."""

    @abstractmethod
    def _multiply(self) -> list[Step]:
        """One tile times the other."""

    @abstractmethod
    def _epilogue(self) -> list[Step]:
        """Every thread finishes and stores its sums."""

    def _stages(self) -> tuple[Step, ...]:
        """One step along the depth."""
        ahead = START + self.schedule.depth
        other = 1 - STAGE
        more = (Inside(ahead, self.depth),)
        stage = IndexValue(STAGE, Remainder(Quotient(START, Integer(self.schedule.depth)), Integer(2)))
        keep = self._keep(other)
        return (
            stage,
            If(more, self._bring(ahead, other)),
            *self._multiply(),
            *([If(more, keep)] if keep else []),
            *self._wait(),
            Barrier(),
        )

    # -- bringing tiles in ------------------------------------------------------------------------------------------

    def _place(self, side: Side) -> tuple[list[Step], Expr, Expr]:
        """Names of a load's place in the tile, and its row (or column) and term there."""
        position = Index("place")
        packs_along = (self.schedule.depth if side.along_depth else side.size) // side.width
        name = IndexValue(position, NEXT * self.threads + THREAD[0])
        fast, slow = Remainder(position, Integer(packs_along)) * side.width, Quotient(position, Integer(packs_along))
        return [name], *((slow, fast) if side.along_depth else (fast, slow))

    def _loads(self, side: Side) -> int:
        return self._coming(side) // side.width

    def _bring(self, start: Expr, stage: Expr) -> tuple[Step, ...]:
        """Both tiles from global memory: copies are started, as one group, and all else is loaded."""
        sides = (self.left, self.right)
        steps = [
            step for one in sides for step in (self._copy(one, start, stage) if one.copied else self._load(one, start))
        ]
        return (*steps, Commit()) if any(one.copied for one in sides) else tuple(steps)

    def _wait(self) -> list[Step]:
        """For all that was started."""
        return [Wait(0)] if self.left.copied or self.right.copied else []

    def _keep(self, stage: Expr) -> tuple[Step, ...]:
        """What was loaded, into shared memory."""
        return tuple(step for one in (self.left, self.right) if not one.copied for step in self._store(one, stage))

    def _source(self, side: Side, start: Expr) -> tuple[list[Step], tuple[Expr, ...]]:
        """Names for what a load reads, and when it does."""
        names, row, term = self._place(side)
        block = BLOCKS["row" if side.index == ROW else "column"]
        names += [IndexValue(side.index, block * side.size + row), IndexValue(TERM, start + term)]
        names += [*unravel(side.index, side.operand.axes), *unravel(TERM, self.found.sum.axes)]
        edges = (Inside(side.index, count(side.operand.axes)), Inside(TERM, self.depth))
        return names, (*edges, *side.operand.guards)

    def _copy(self, side: Side, start: Expr, stage: Expr) -> list[Step]:
        """From global into shared memory; zeros beyond the edges."""
        names, guards = self._source(side, start)
        _, row, term = self._place(side)
        copy = Copy(self._cell(side, stage, term, row), side.operand.entry, side.width, guards)
        what = f"the {side.name} tile, copied from {variable(side.operand.entry)}"
        return [Scope(what, unrolled(NEXT, self._loads(side), *names, copy))]

    def _load(self, side: Side, start: Expr) -> list[Step]:
        """From global memory into registers; zeros beyond the edges."""
        names, guards = self._source(side, start)
        target = Cell(f"{side.name}_next", NEXT * side.width)
        if side.width == 1:
            body: list[Step] = [*names, Set(target, Masked(side.operand.entry, *guards))]
        else:
            zeros = unrolled(PACK, side.width, Set(Cell(f"{side.name}_next", NEXT * side.width + PACK), Integer(0)))
            body = [*names, *zeros, If(guards, (Vector(target, side.operand.entry, side.width),))]
        what = f"the {side.name} tile, from {variable(side.operand.entry)} into registers"
        return [Scope(what, unrolled(NEXT, self._loads(side), *body))]

    def _store(self, side: Side, stage: Expr) -> list[Step]:
        """From registers into shared memory."""
        names, row, term = self._place(side)
        source = Cell(f"{side.name}_next", NEXT * side.width)
        steps: tuple[Step, ...] = (moved(self._cell(side, stage, term, row), source, side.width),)
        if side.along_depth and side.width > 1:
            one = Cell(f"{side.name}_next", NEXT * side.width + PACK)
            steps = unrolled(PACK, side.width, Set(self._cell(side, stage, term + PACK, row), one))
        return [Scope(f"the {side.name} tile, into shared memory", unrolled(NEXT, self._loads(side), *names, *steps))]

    # -- what follows the sum ---------------------------------------------------------------------------------------

    def _finish(self, row: Expr, column: Expr, total: Cell) -> tuple[Step, ...]:
        """What follows the sum of one element, by its row and column in the tile."""
        s, found = self.schedule, self.found
        inside = (Inside(ROW, count(found.rows.axes)), Inside(COLUMN, count(found.columns.axes)))
        body = (
            *unravel(ROW, found.rows.axes),
            *unravel(COLUMN, found.columns.axes),
            *following(self.kernel, total),
        )
        names = (
            IndexValue(ROW, BLOCKS["row"] * s.rows + row),
            IndexValue(COLUMN, BLOCKS["column"] * s.columns + column),
        )
        return (*names, If(inside, body))


class RegisterTiling(Tiling):
    """Every thread multiplies rows by columns that it holds in registers."""

    schedule: Tiled

    def _copied(self, operand: Operand, turned: bool) -> bool:
        addresses = (*operand.entry.indices, *operand.guards)
        return self.schedule.copies and not turned and not any(one.has(Element) for one in addresses)

    def _threads_places(self) -> list[IndexValue]:
        across = Integer(self.schedule.columns // self.schedule.per_column)
        return [IndexValue(TX, Remainder(THREAD[0], across)), IndexValue(TY, Quotient(THREAD[0], across))]

    def _zeros(self) -> list[Step]:
        s = self.schedule
        return loops((A, s.per_row), (B, s.per_column), Set(Cell("sum", A, B), Integer(0)))

    def _shared(self, side: Side) -> Array:
        return Array(side.name, (2, self.schedule.depth, side.size), shared=True, padding=self.schedule.pack)

    def _cell(self, side: Side, stage: Expr, term: Expr, place: Expr) -> Cell:
        return Cell(side.name, stage, term, place)

    def _registers(self) -> tuple[Array, ...]:
        s = self.schedule
        return (
            Array("left_own", (s.per_row,), shared=False),
            Array("right_own", (s.per_column,), shared=False),
            Array("sum", (s.per_row, s.per_column), shared=False),
        )

    def _multiply(self) -> list[Step]:
        s = self.schedule
        add = Combine("sum", Cell("sum", A, B), Cell("left_own", A) * Cell("right_own", B))
        body = [
            *self._fetch("left_own", "left", TY, s.per_row, s.rows),
            *self._fetch("right_own", "right", TX, s.per_column, s.columns),
            *loops((A, s.per_row), (B, s.per_column), add),
        ]
        return list(unrolled(DEEP, s.depth, *body))

    def _fetch(self, target: str, source: str, thread: Index, per: int, size: int) -> list[Step]:
        """A thread's rows (or columns) of one term, in packs that lie side by side across the threads."""
        width = min(self.schedule.pack, per)
        steps: list[Step] = []
        for k in range(0, per, width):
            cell = Cell(source, STAGE, DEEP, owned(thread, Integer(k), per, size, self.schedule.pack))
            steps.append(moved(Cell(target, k), cell, width))
        return steps

    def _epilogue(self) -> list[Step]:
        s = self.schedule
        row = owned(TY, A, s.per_row, s.rows, s.pack)
        column = owned(TX, B, s.per_column, s.columns, s.pack)
        loop = loops((A, s.per_row), (B, s.per_column), *self._finish(row, column, Cell("sum", A, B)))
        return [Scope(FINISH, tuple(loop))]


FINISH = "what follows the sum, for each element of this thread"


def owned(thread: Expr, number: Expr, per: int, size: int, pack: int) -> Expr:
    """The place in a tile of a thread's ``number``-th row (or column): packs, side by side across the threads."""
    width = min(pack, per)
    stride = size // (per // width)
    return Quotient(number, Integer(width)) * stride + thread * width + Remainder(number, Integer(width))


def loops(outer: tuple[Index, int], inner: tuple[Index, int], *body: Step) -> list[Step]:
    """Two unrolled loops over a thread's block."""
    for index, extent in (inner, outer):
        body = unrolled(index, extent, *body)
    return list(body)


__all__ = ["FINISH", "RegisterTiling", "Side", "Tiling", "loops", "owned", "tiled"]

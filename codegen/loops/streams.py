"""Chains tile by tile: a block has a tile of rows, goes through tiles of terms and keeps results in registers.

For each tile of terms: the scores, a product of tiles that go through shared memory; the weights, into shared memory;
their product with a tile of the values, added to what each thread holds.  Nothing as large as the scores is stored.

Where the weights are exponentials over their own sum (a kernel with row sums before it), m is the largest score so
far, l the sum of exp(score - m) and o that of exp(score - m) * values.  A tile that makes it m' replaces them by
exp(m - m') l + ... and exp(m - m') o + ...; in the end o / l, m and log(l) are stored.  A thread keeps the part of l
that its own terms make; the parts are added up once, after all tiles.  m begins at the lowest finite number, not at
-infinity: a tile whose scores are all -infinity then has weights of 0 and not exp(-infinity + infinity).
"""

from __future__ import annotations

from sympy import Expr, Float, Integer, oo

from dyadic.codegen.loops.chain import Chain, Score, chain, row_sum
from dyadic.codegen.loops.contraction import Operand, contiguous, free_indices, packs
from dyadic.codegen.loops.kernel import Axis, Kernel, Local, Masked
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
    bind,
    moved,
    unrolled,
)
from dyadic.codegen.loops.place import ceiling, count, following, unravel
from dyadic.codegen.loops.schedule import SIDE, Streamed
from dyadic.codegen.loops.tiles import COLUMN, DEEP, FINISH, NEXT, PACK, ROW, START, TERM, TX, TY, A, B, loops
from dyadic.codegen.program import variable
from dyadic.symbolic.expressions import Apply, Element, Index, Inside, Quotient, Remainder

STREAMED, CHUNK, PANEL, LANE = (Index(name) for name in ("streamed", "chunk", "panel", "lane"))
ROW_BLOCK, GROUP = Index("row_block"), Index("group")
LOWEST = {4: Float("-3.4028234663852886e38", 17), 2: Float("-1.7976931348623157e308", 17)}
"""The lowest finite number, by how many numbers make 16 bytes."""

Shapes = list[tuple[str, tuple[int, ...]]]


def streamed(kernel: Kernel, schedule: Streamed) -> Nest:
    """Raises :class:`ValueError` if the kernel is no chain."""
    found = chain(kernel)
    if found is None:
        raise ValueError(f"{kernel.name} is no chain")
    return _Streaming(kernel, found, schedule).nest()


class _Streaming:
    def __init__(self, kernel: Kernel, found: Chain, schedule: Streamed) -> None:
        self.kernel, self.found, self.schedule = kernel, found, schedule
        self.edge, self.own, self.across = schedule.edge, schedule.own, schedule.across
        self.threads, self.wide = SIDE * SIDE, SIDE * schedule.across
        self.panels = -(-int(found.column.extent) // self.wide)
        self.with_sums = bool(kernel.before)
        self.names = ["score", "score_next"] if len(found.scores) < 3 else [f"score{k}" for k in range(9)]
        self.cells = {one.local: Cell(name, A, B) for one, name in zip(found.scores, self.names, strict=False)}

    def nest(self) -> Nest:
        found = self.found
        blocks = Axis(ROW_BLOCK, ceiling(found.row.extent, self.edge))
        grid_axes = [*([Axis(GROUP, count(found.groups))] if found.groups else []), blocks]
        steps: list[Step] = [
            *unravel(BLOCK[0], grid_axes),
            IndexValue(TX, Remainder(THREAD[0], Integer(SIDE))),
            IndexValue(TY, Quotient(THREAD[0], Integer(SIDE))),
            *(unravel(GROUP, found.groups) if found.groups else []),
            *self._results(Set(self._held(), Integer(0))),
            *(self._begin() if self.with_sums else []),
            For(START, Integer(0), found.term.extent, self.edge, self._tile()),
            *(self._row_sums() if self.with_sums else []),
            *self._epilogue(),
        ]
        return Nest(self.kernel, (count(grid_axes),), (self.threads,), self._arrays(), tuple(steps))

    def _arrays(self) -> tuple[Array, ...]:
        padding, wide = self.schedule.pack, max(self.own, self.across)
        shared: Shapes = [
            ("left", (SIDE, self.edge)),
            ("right", (SIDE, SIDE * wide)),
            ("weight", (self.edge, self.edge)),
        ]
        shared += [("partial", (SIDE, self.edge))] if self.with_sums else []
        own: Shapes = [("left_own", (self.own,)), ("right_own", (wide,)), ("pack_next", (padding,))]
        own += [(cell.array, (self.own, self.own)) for cell in self.cells.values()]
        own += [(name, (self.own,)) for name in ("highest", "largest", "total_own", "factor") if self.with_sums]
        own.append(("sum", (self.panels, self.own, self.across)))
        return (
            *(Array(name, shape, shared=True, padding=padding) for name, shape in shared),
            *(Array(name, shape, shared=False) for name, shape in own),
        )

    def _held(self) -> Cell:
        return Cell("sum", PANEL, A, B)

    # -- loops over what a thread has -------------------------------------------------------------------------------

    def _rows(self, *body: Step) -> tuple[Step, ...]:
        return unrolled(A, self.own, *body)

    def _scores(self, *body: Step) -> tuple[Step, ...]:
        return tuple(loops((A, self.own), (B, self.own), *body))

    def _results(self, *body: Step) -> tuple[Step, ...]:
        return unrolled(PANEL, self.panels, *self._panel(*body))

    def _panel(self, *body: Step) -> list[Step]:
        return loops((A, self.own), (B, self.across), *body)

    def _row(self) -> Expr:
        """The place in the tile of a thread's row."""
        return TY * self.own + A

    # -- one tile of terms ------------------------------------------------------------------------------------------

    def _tile(self) -> tuple[Step, ...]:
        steps: list[Step] = [step for one in self.found.scores for step in self._score(one)]
        steps += self._weights_with_sums() if self.with_sums else self._weights()
        steps.append(Scope("what the tile adds to the results", unrolled(PANEL, self.panels, *self._add())))
        seen = self._seen()
        return (If(seen, tuple(steps)),) if seen else tuple(steps)

    def _seen(self) -> tuple[Expr, ...]:
        """Conditions on a tile of terms, the same for all threads, without which all its weights are 0.

        Of a bracket [0 <= e < n] with e = +-row +-term + a number: whether the largest e in the tile is not negative.
        """
        row, term = self.found.row, self.found.term
        firsts: dict[Index, Expr] = {row.index: ROW_BLOCK * self.edge, term.index: START}
        conditions: list[Expr] = []
        for guard in self.found.guards if int(row.extent) > self.edge or int(term.extent) > self.edge else ():
            value = guard.args[0]
            if not isinstance(guard, Inside) or value.has(Element, Quotient, Remainder):
                continue
            rates = {index: value.diff(index) for index in firsts}
            if free_indices(value) - set(firsts) or not all(rate in (-1, 0, 1) for rate in rates.values()):
                continue
            most = value.xreplace({i: first + (self.edge - 1 if rates[i] > 0 else 0) for i, first in firsts.items()})
            number = value.xreplace(dict.fromkeys(firsts, Integer(0)))
            beyond = row.extent + term.extent + 2 * self.edge + abs(number)
            conditions.append(Inside(most, beyond))
        return tuple(conditions)

    def _score(self, one: Score) -> list[Step]:
        cell = self.cells[one.local]
        depth = count(one.depth)
        sides = (("left", one.rows, ROW, ROW_BLOCK * self.edge), ("right", one.terms, STREAMED, START))
        body: list[Step] = []
        for array, operand, index, start in sides:
            axis = operand.axes[0]
            body += self._bring(array, operand, (index, start, (axis,)), (TERM, CHUNK, one.depth), self.edge)
        body += [
            Barrier(),
            *unrolled(
                DEEP,
                SIDE,
                *self._fetch("left_own", "left", DEEP, TY, self.own),
                *self._fetch("right_own", "right", DEEP, TX, self.own),
                *self._scores(Combine("sum", cell, Cell("left_own", A) * Cell("right_own", B))),
            ),
            Barrier(),
        ]
        return [*self._scores(Set(cell, Integer(0))), For(CHUNK, Integer(0), depth, SIDE, tuple(body))]

    def _point(self) -> tuple[list[Step], tuple[Expr, ...]]:
        """Names of the row and the term of a score, and the conditions under which it takes part."""
        found = self.found
        names: list[Step] = [
            IndexValue(ROW, ROW_BLOCK * self.edge + self._row()),
            IndexValue(STREAMED, START + TX * self.own + B),
            *unravel(ROW, (found.row,)),
            *unravel(STREAMED, (found.term,)),
        ]
        edges = (Inside(ROW, found.row.extent), Inside(STREAMED, found.term.extent))
        return names, (*edges, *found.guards)

    def _weights(self) -> list[Step]:
        names, conditions = self._point()
        value = Masked(self.found.weight.xreplace(dict(self.cells)), *conditions)
        body = self._scores(*names, Set(Cell("weight", TX * self.own + B, self._row()), value))
        return [Scope("the weights, into shared memory", tuple(body))]

    def _weights_with_sums(self) -> list[Step]:
        """The weights of a tile by its rows' largest scores so far; what was summed before is brought to those."""
        names, conditions = self._point()
        largest, highest, factor, total = (Cell(name, A) for name in ("largest", "highest", "factor", "total_own"))
        (score,) = self.cells.values()
        sums = row_sum(self.kernel.before[0], self.found)
        assert sums is not None
        finished = Set(score, Masked(sums[1].xreplace(dict(self.cells)), *conditions))
        power = Local("power")
        weigh = Set(power, Masked(Apply("exp", 0, score - largest), *conditions), new=True, fixed=True)
        keep = Set(Cell("weight", TX * self.own + B, self._row()), power)
        compare = Combine("max", largest, Cell("partial", LANE, self._row()))
        return [
            *self._rows(Set(highest, -oo)),
            Scope(
                "the scores, and the largest that this thread has of each row",
                self._scores(*names, finished, If(conditions, (Combine("max", highest, score),))),
            ),
            *self._rows(Set(Cell("partial", TX, self._row()), highest)),
            Barrier(),
            Scope(
                "the largest score so far, and by what a larger one multiplies what was summed before",
                self._rows(
                    Set(factor, largest),
                    For(LANE, Integer(0), Integer(SIDE), 1, (compare,)),
                    Set(factor, Apply("exp", 0, factor - largest)),
                    Set(total, total * factor),
                ),
            ),
            *self._results(Set(self._held(), self._held() * factor)),
            Scope(
                "the weights, into shared memory",
                self._scores(*names, weigh, Combine("sum", total, power), keep),
            ),
        ]

    def _add(self) -> list[Step]:
        """The product of the weights with the values, for one panel of columns."""
        found = self.found
        values = Operand(found.values, (), (found.column,))
        across = (COLUMN, PANEL * self.wide, (found.column,))
        body = [
            *self._bring("right", values, across, (STREAMED, START + CHUNK, (found.term,)), self.wide),
            Barrier(),
            *unrolled(
                DEEP,
                SIDE,
                *self._fetch("left_own", "weight", CHUNK + DEEP, TY, self.own),
                *self._fetch("right_own", "right", DEEP, TX, self.across),
                *self._panel(Combine("sum", self._held(), Cell("left_own", A) * Cell("right_own", B))),
            ),
            Barrier(),
        ]
        return [For(CHUNK, Integer(0), Integer(self.edge), SIDE, tuple(body))]

    # -- tiles through shared memory --------------------------------------------------------------------------------

    def _bring(
        self,
        array: str,
        operand: Operand,
        side: tuple[Index, Expr, tuple[Axis, ...]],
        depth: tuple[Index, Expr, tuple[Axis, ...]],
        size: int,
    ) -> list[Step]:
        """``size`` neighbours along one side by 16 along the depth, zeros beyond.  Both: name, start, axes."""
        (across, first, axes), (deep, start, depth_axes) = side, depth
        along_depth = contiguous(operand, depth_axes) and not contiguous(operand, axes)
        width = self._width(operand, depth_axes if along_depth else axes, size)
        place, divisor = Index("place"), Integer((SIDE if along_depth else size) // width)
        near, far = Remainder(place, divisor) * width, Quotient(place, divisor)
        term, item = (near, far) if along_depth else (far, near)
        names: list[Step] = [
            IndexValue(place, NEXT * self.threads + THREAD[0]),
            IndexValue(across, first + item),
            IndexValue(deep, start + term),
            *unravel(across, axes),
            *unravel(deep, depth_axes),
        ]
        edges = (Inside(across, count(axes)), Inside(deep, count(depth_axes)))
        target = Cell(array, term, item)
        steps: list[Step]
        if width == 1:
            steps = [Set(target, Masked(operand.entry, *edges))]
        else:
            pack, one = Cell("pack_next", 0), Cell("pack_next", PACK)
            steps = [
                *unrolled(PACK, width, Set(one, Integer(0))),
                If(edges, (Vector(pack, operand.entry, width),)),
                *(
                    unrolled(PACK, width, Set(Cell(array, term + PACK, item), one))
                    if along_depth
                    else [Vector(target, pack, width)]
                ),
            ]
        loads = size * SIDE // (self.threads * width)
        return [Scope(f"a tile of {variable(operand.entry)}", unrolled(NEXT, loads, *names, *steps))]

    def _width(self, operand: Operand, axes: tuple[Axis, ...], size: int) -> int:
        """How many neighbours a thread reads at once."""
        pack = self.schedule.pack
        extent = self.kernel.tensors[operand.entry.name].shape[-1]
        return pack if size * SIDE % (self.threads * pack) == 0 and packs(operand, axes, extent, pack) else 1

    def _fetch(self, target: str, source: str, term: Expr, thread: Index, own: int) -> list[Step]:
        """A thread's neighbours of one term, in packs."""
        width = min(self.schedule.pack, own)
        steps: list[Step] = []
        for k in range(0, own, width):
            steps.append(moved(Cell(target, k), Cell(source, term, thread * own + k), width))
        return steps

    # -- after all tiles --------------------------------------------------------------------------------------------

    def _begin(self) -> list[Step]:
        lowest = LOWEST[self.schedule.pack]
        return list(self._rows(Set(Cell("largest", A), lowest), Set(Cell("total_own", A), Integer(0))))

    def _row_sums(self) -> list[Step]:
        """The threads' parts of each row's sum, added up; what is stored for each row, by one of its threads."""
        total = Cell("total_own", A)
        names = (IndexValue(ROW, ROW_BLOCK * self.edge + self._row()), *unravel(ROW, (self.found.row,)))
        stores: list[Step] = []
        for part, cell in zip(self.kernel.before, (Cell("largest", A), total), strict=True):
            stores += self._finish(part, cell)
        inside = (Inside(TX, Integer(1)), Inside(ROW, self.found.row.extent))
        return [
            *self._rows(Set(Cell("partial", TX, self._row()), total)),
            Barrier(),
            *self._rows(
                Set(total, Integer(0)),
                For(LANE, Integer(0), Integer(SIDE), 1, (Combine("sum", total, Cell("partial", LANE, self._row())),)),
            ),
            Scope(
                "each row's largest score, and the logarithm of its sum", self._rows(*names, If(inside, tuple(stores)))
            ),
        ]

    def _finish(self, part: Kernel, value: Expr) -> list[Step]:
        """What follows a row's reduction, given its value, in a scope of its own."""
        table = {
            one.index: other.index for one, other in zip(part.axes, (*self.found.groups, self.found.row), strict=True)
        }
        return [Scope(variable(part.writes[0]), bind(following(part, value), table))]

    def _epilogue(self) -> list[Step]:
        found = self.found
        row = ROW_BLOCK * self.edge + self._row()
        column = PANEL * self.wide + TX * self.across + B
        value = self._held() / Cell("total_own", A) if self.with_sums else self._held()
        body = (
            *unravel(ROW, (found.row,)),
            *unravel(COLUMN, (found.column,)),
            *following(self.kernel, value),
        )
        inside = (Inside(ROW, found.row.extent), Inside(COLUMN, found.column.extent))
        steps = self._results(IndexValue(ROW, row), IndexValue(COLUMN, column), If(inside, body))
        return [Scope(FINISH, steps)]


__all__ = ["streamed"]

"""Contractions in tiles that are multiplied on tensor cores: a warp computes a block of the tile.

Tiles come in as in :mod:`.tiles`; on their way into shared memory they are rounded, so they go through registers: after
a copy every warp would have to round what it reads, the same numbers several times over.  In a format of 16 bits two
neighbouring terms are a pair, and what is said of terms below holds for pairs: a product has as many.

Which rows a product of :mod:`.tensor_cores` gets is free as long as all agree, so a thread's rows of one term lie side
by side in packs, and one access reads as many; the columns likewise.  Shared memory is padded so that threads which it
serves at once meet in no bank, neither when they read nor, four terms apart, when they write.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer

from dyadic.codegen.loops.contraction import contraction_of, rounded
from dyadic.codegen.loops.kernel import Halves, Kernel, Nearest
from dyadic.codegen.loops.nest import (
    THREAD,
    Array,
    Cell,
    For,
    IndexValue,
    Nest,
    Scope,
    Set,
    Step,
    Vector,
    WarpProduct,
    moved,
    unrolled,
)
from dyadic.codegen.loops.schedule import WarpTiled
from dyadic.codegen.loops.tensor_cores import COLUMNS, DEPTH, FORMATS, ROWS, WARP
from dyadic.codegen.loops.tiles import DEEP, FINISH, NEXT, PACK, STAGE, A, B, Side, Tiling, loops, owned
from dyadic.symbolic.expressions import Index, Quotient, Remainder

WARP_ROW, WARP_COLUMN, QUAD, MEMBER, BESIDE = (
    Index(name) for name in ("warp_row", "warp_column", "quad", "member", "beside")
)
_SKEW = 8
"""Cells between rows of shared memory."""
_MANY = 64
"""With so many sums a thread holds the factors of one product's depth at a time, so that two blocks fit, not one."""


def warp_tiled(kernel: Kernel, schedule: WarpTiled) -> Nest:
    """The nest of the kernel with its factors rounded.

    Raises :class:`ValueError` if the kernel is no contraction or the schedule does not fit together.
    """
    found = contraction_of(kernel)
    deep = DEPTH * (2 if FORMATS[schedule.form].paired else 1)
    if schedule.warp_rows % ROWS or schedule.warp_columns % COLUMNS or schedule.depth % deep:
        raise ValueError(f"{schedule} does not consist of products of {ROWS} x {deep} by {deep} x {COLUMNS}")
    tiling = PairTiling if FORMATS[schedule.form].paired else WarpTiling
    return tiling(rounded(kernel, schedule.form), found, schedule).nest()


class WarpTiling(Tiling):
    """Every warp multiplies rows by columns, which its threads hold together."""

    schedule: WarpTiled
    pairs = False

    @property
    def _deep(self) -> int:
        """How many cells a tile is deep."""
        return self.schedule.depth

    def _threads_places(self) -> list[IndexValue]:
        across = Integer(self.schedule.columns // self.schedule.warp_columns)
        warp, lane = Quotient(THREAD[0], Integer(WARP)), Remainder(THREAD[0], Integer(WARP))
        return [
            IndexValue(WARP_ROW, Quotient(warp, across)),
            IndexValue(WARP_COLUMN, Remainder(warp, across)),
            IndexValue(QUAD, Quotient(lane, Integer(4))),
            IndexValue(MEMBER, Remainder(lane, Integer(4))),
        ]

    @property
    def _products(self) -> tuple[tuple[Index, int], tuple[Index, int]]:
        """Loops over a warp's products."""
        return (A, self.schedule.warp_rows // ROWS), (B, self.schedule.warp_columns // COLUMNS)

    def _zeros(self) -> list[Step]:
        zeros = unrolled(BESIDE, 4, Set(Cell("sum", A, B, BESIDE), Integer(0)))
        return loops(*self._products, *zeros)

    def _shared(self, side: Side) -> Array:
        shape = (2, self._deep // 4, 4 * (side.size + _SKEW))
        return Array(side.name, shape, shared=True, padding=_SKEW, pairs=self.pairs)

    def _cell(self, side: Side, stage: Expr, term: Expr, place: Expr) -> Cell:
        four = Integer(4)
        return Cell(side.name, stage, Quotient(term, four), Remainder(term, four) * (side.size + _SKEW) + place)

    def _registers(self) -> tuple[Array, ...]:
        (_, down), (_, across) = self._products
        return (
            Array("left_own", (2, 2 * down), shared=False, pairs=self.pairs),
            Array("right_own", (2, across), shared=False, pairs=self.pairs),
            Array("sum", (down, across, 4), shared=False),
        )

    def _store(self, side: Side, stage: Expr) -> list[Step]:
        """Rounded to TF32, from registers into shared memory."""
        entry = Cell(f"{side.name}_next", NEXT)
        rounding = unrolled(NEXT, self._coming(side), Set(entry, Nearest(entry, self.schedule.form)))
        return [Scope(f"the {side.name} tile, rounded to TF32", rounding), *super()._store(side, stage)]

    def _multiply(self) -> list[Step]:
        s = self.schedule
        product = WarpProduct(
            tuple(Cell("sum", A, B, k) for k in range(4)),
            tuple(Cell("left_own", half, 2 * A + k) for half in (0, 1) for k in (0, 1)),
            tuple(Cell("right_own", half, B) for half in (0, 1)),
            s.form,
        )
        body: list[Step] = []
        for half in (0, 1):
            body += self._fetch(self.left, WARP_ROW, s.warp_rows, half)
            body += self._fetch(self.right, WARP_COLUMN, s.warp_columns, half)
        body += loops(*self._products, product)
        if s.warp_rows * s.warp_columns // WARP < _MANY:
            return list(unrolled(DEEP, self._deep // DEPTH, *body))
        return [For(DEEP, Integer(0), Integer(self._deep // DEPTH), 1, tuple(body), unroll=1)]

    def _fetch(self, side: Side, warp: Index, size: int, half: int) -> list[Step]:
        """A thread's rows (or columns) of its term among four."""
        per = size // 8
        width = min(self.schedule.pack, per)
        steps: list[Step] = []
        for k in range(0, per, width):
            place = MEMBER * (side.size + _SKEW) + warp * size + owned(QUAD, Integer(k), per, size, width)
            source, target = Cell(side.name, STAGE, 2 * DEEP + half, place), Cell(f"{side.name}_own", half, k)
            steps.append(moved(target, source, width))
        return steps

    def _epilogue(self) -> list[Step]:
        """As the lanes hold the sums: two rows (``beside / 2``) of two columns (``beside % 2``) in each product."""
        s = self.schedule
        two = Integer(2)
        down = 2 * A + Quotient(BESIDE, two)
        row = WARP_ROW * s.warp_rows + owned(QUAD, down, s.warp_rows // 8, s.warp_rows, s.pack)
        lane = 2 * MEMBER + Remainder(BESIDE, two)
        column = WARP_COLUMN * s.warp_columns + owned(lane, B, s.warp_columns // 8, s.warp_columns, s.pack)
        finish = unrolled(BESIDE, 4, *self._finish(row, column, Cell("sum", A, B, BESIDE)))
        return [Scope(FINISH, tuple(loops(*self._products, *finish)))]


class PairTiling(WarpTiling):
    """Factors of 16 bits: two neighbouring terms of a row (or column) go into one cell together."""

    pairs = True

    @property
    def _deep(self) -> int:
        return self.schedule.depth // 2

    def _shared(self, side: Side) -> Array:
        """Threads that write a row's pairs are half as many in a deep tile, and meet in no bank with half the skew."""
        return replace(super()._shared(side), padding=_SKEW if self._deep == DEPTH else _SKEW // 2)

    def _registers(self) -> tuple[Array, ...]:
        packed = [side for side in (self.left, self.right) if side.width > 1 and not _beside(side)]
        pairs = (Array(f"{side.name}_pairs", (side.width,), shared=False, pairs=True) for side in packed)
        return (*pairs, *super()._registers())

    def _fits(self, size: int, along: bool, width: int) -> bool:
        """Where neighbours along the depth come together, they are the pairs; otherwise a thread loads twice."""
        return super()._fits(size, along, width * (1 if along and width > 1 else 2))

    def _place(self, side: Side) -> tuple[list[Step], Expr, Expr]:
        """Of two loads after each other one brings the even terms of a thread's pairs, the other the odd ones."""
        if _beside(side):
            return super()._place(side)
        names, row, pair = self._pairs_place(side, Quotient(NEXT, Integer(2)))
        return names, row, 2 * pair + Remainder(NEXT, Integer(2))

    def _pairs_place(self, side: Side, number: Expr) -> tuple[list[Step], Expr, Expr]:
        """Names of the place of a thread's ``number``-th pairs in the tile, their row or column, and which they are."""
        position = Index("place")
        name = IndexValue(position, number * self.threads + THREAD[0])
        packs_along = Integer(self._deep if side.along_depth else side.size // side.width)
        fast, slow = Remainder(position, packs_along), Quotient(position, packs_along)
        return [name], *((slow, fast) if side.along_depth else (fast * side.width, slow))

    def _store(self, side: Side, stage: Expr) -> list[Step]:
        """Rounded, in pairs, from registers into shared memory."""
        width = side.width
        if _beside(side):
            names, row, term = self._place(side)
            cell = self._cell(side, stage, term / 2 + PACK, row)
            first = NEXT * width + 2 * PACK
            body = [*names, *unrolled(PACK, width // 2, Set(cell, self._pair(side, first, first + 1)))]
            return [self._storing(side, unrolled(NEXT, self._loads(side), *body))]
        names, row, pair = self._pairs_place(side, NEXT)
        cell, first = self._cell(side, stage, pair, row), 2 * NEXT * width + PACK
        made = self._pair(side, first, first + width)
        if width == 1:
            body = [*names, Set(cell, made.xreplace({PACK: Integer(0)}))]
        else:
            pairs = f"{side.name}_pairs"
            packing = unrolled(PACK, width, Set(Cell(pairs, PACK), made))
            body = [*names, *packing, Vector(cell, Cell(pairs, 0), width)]
        return [self._storing(side, unrolled(NEXT, self._loads(side) // 2, *body))]

    def _pair(self, side: Side, low: Expr, high: Expr) -> Halves:
        """Two of the numbers that a thread has loaded."""
        return Halves(Cell(f"{side.name}_next", low), Cell(f"{side.name}_next", high), self.schedule.form)

    def _storing(self, side: Side, body: tuple[Step, ...]) -> Scope:
        return Scope(f"the {side.name} tile, rounded to {self.schedule.form}, terms in pairs, into shared memory", body)


def _beside(side: Side) -> bool:
    """Whether a thread's pack holds neighbouring terms."""
    return side.along_depth and side.width > 1


__all__ = ["warp_tiled"]

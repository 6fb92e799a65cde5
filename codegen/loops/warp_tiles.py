"""Contractions in tiles that are multiplied on tensor cores: a warp computes a block of the tile.

Tiles come in as in :mod:`.tiles`; on their way into shared memory they are rounded to TF32, so they go through
registers: after a copy every warp would have to round what it reads, the same numbers several times over.

Which rows a product of :mod:`.tensor_cores` gets is free as long as all agree, so a thread's rows of one term lie side
by side in packs, and one access reads as many; the columns likewise.  Shared memory is padded so that threads which it
serves at once meet in no bank, neither when they read nor, four terms apart, when they write.
"""

from __future__ import annotations

from sympy import Expr, Integer

from dyadic.codegen.loops.contraction import contraction_of, rounded
from dyadic.codegen.loops.kernel import Kernel, NearestTF32
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
    unrolled,
)
from dyadic.codegen.loops.schedule import WarpTiled
from dyadic.codegen.loops.tensor_cores import COLUMNS, DEPTH, ROWS, WARP
from dyadic.codegen.loops.tiles import DEEP, FINISH, NEXT, STAGE, A, B, Side, Tiling, loops, owned
from dyadic.symbolic.expressions import Index, Quotient, Remainder

WARP_ROW, WARP_COLUMN, QUAD, MEMBER, BESIDE = (
    Index(name) for name in ("warp_row", "warp_column", "quad", "member", "beside")
)
_SKEW = 8
"""Cells between rows of shared memory, and once more after every four."""
_MANY = 64
"""With so many sums a thread holds the factors of one product's depth at a time, so that two blocks fit, not one."""


def warp_tiled(kernel: Kernel, schedule: WarpTiled) -> Nest:
    """The nest of the kernel with its factors rounded.

    Raises :class:`ValueError` if the kernel is no contraction or the schedule does not fit together.
    """
    found = contraction_of(kernel)
    if schedule.warp_rows % ROWS or schedule.warp_columns % COLUMNS or schedule.depth % DEPTH:
        raise ValueError(f"{schedule} does not consist of products of {ROWS} x {DEPTH} by {DEPTH} x {COLUMNS}")
    return WarpTiling(rounded(kernel), found, schedule).nest()


class WarpTiling(Tiling):
    """Every warp multiplies rows by columns, which its threads hold together."""

    schedule: WarpTiled

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
        shape = (2, self.schedule.depth // 4, 4 * (side.size + _SKEW))
        return Array(side.name, shape, shared=True, padding=_SKEW)

    def _cell(self, side: Side, stage: Expr, term: Expr, place: Expr) -> Cell:
        four = Integer(4)
        return Cell(side.name, stage, Quotient(term, four), Remainder(term, four) * (side.size + _SKEW) + place)

    def _registers(self) -> tuple[Array, ...]:
        (_, down), (_, across) = self._products
        return (
            Array("left_own", (2, 2 * down), shared=False),
            Array("right_own", (2, across), shared=False),
            Array("sum", (down, across, 4), shared=False),
        )

    def _store(self, side: Side, stage: Expr) -> list[Step]:
        """Rounded to TF32, from registers into shared memory."""
        entry = Cell(f"{side.name}_next", NEXT)
        rounding = unrolled(NEXT, self._coming(side), Set(entry, NearestTF32(entry)))
        return [Scope(f"the {side.name} tile, rounded to TF32", rounding), *super()._store(side, stage)]

    def _multiply(self) -> list[Step]:
        s = self.schedule
        product = WarpProduct(
            tuple(Cell("sum", A, B, k) for k in range(4)),
            tuple(Cell("left_own", half, 2 * A + k) for half in (0, 1) for k in (0, 1)),
            tuple(Cell("right_own", half, B) for half in (0, 1)),
        )
        body: list[Step] = []
        for half in (0, 1):
            body += self._fetch(self.left, WARP_ROW, s.warp_rows, half)
            body += self._fetch(self.right, WARP_COLUMN, s.warp_columns, half)
        body += loops(*self._products, product)
        if s.warp_rows * s.warp_columns // WARP < _MANY:
            return list(unrolled(DEEP, s.depth // DEPTH, *body))
        return [For(DEEP, Integer(0), Integer(s.depth // DEPTH), 1, tuple(body), unroll=1)]

    def _fetch(self, side: Side, warp: Index, size: int, half: int) -> list[Step]:
        """A thread's rows (or columns) of its term among four."""
        per = size // 8
        width = min(self.schedule.pack, per)
        steps: list[Step] = []
        for k in range(0, per, width):
            place = MEMBER * (side.size + _SKEW) + warp * size + owned(QUAD, Integer(k), per, size, width)
            source, target = Cell(side.name, STAGE, 2 * DEEP + half, place), Cell(f"{side.name}_own", half, k)
            steps.append(Vector(target, source, width) if width > 1 else Set(target, source))
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


__all__ = ["warp_tiled"]

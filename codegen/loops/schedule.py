"""The schedules there are, as data, and which one a kernel gets from its sizes."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Mul

from dyadic.codegen.loops.chain import chain
from dyadic.codegen.loops.contraction import Contraction, contraction
from dyadic.codegen.loops.kernel import Kernel
from dyadic.codegen.program import BATCH
from dyadic.symbolic.expressions import Element

ASSUMED_BATCH = 128
"""What a batch size that is not known counts as where a schedule is chosen."""
PROCESSORS = 100
"""How many blocks run at once where a schedule is chosen.  A guess at current cards: nothing here was measured."""


@dataclass(frozen=True)
class PerElement:
    """One thread for each element."""

    threads: int = 256


@dataclass(frozen=True)
class Together:
    """``lanes`` threads for each element, ``elements`` of them in a block side by side; lanes is a power of 2."""

    lanes: int
    elements: int = 1


@dataclass(frozen=True)
class Tiled:
    """A contraction in tiles of ``rows`` by ``columns``, ``depth`` terms at a time.

    A thread computes ``per_row`` by ``per_column`` elements; ``pack``: how many numbers are moved at once (16 bytes).
    copies: whether an operand that lies in its tile as it lies in memory is copied there, by no thread's registers.
    """

    rows: int
    columns: int
    depth: int
    per_row: int
    per_column: int
    pack: int
    copies: bool = False

    @property
    def threads(self) -> int:
        return (self.rows // self.per_row) * (self.columns // self.per_column)


@dataclass(frozen=True)
class WarpTiled:
    """A contraction in tiles of ``rows`` by ``columns``, ``depth`` terms at a time, multiplied on tensor cores.

    A warp computes ``warp_rows`` by ``warp_columns`` elements, which are multiples of 16 and of 8 and powers of 2.
    form: the format that factors are rounded to.
    """

    rows: int
    columns: int
    depth: int
    warp_rows: int
    warp_columns: int
    form: str = "tf32"
    pack: int = 4

    @property
    def threads(self) -> int:
        return 32 * (self.rows // self.warp_rows) * (self.columns // self.warp_columns)


@dataclass(frozen=True)
class Streamed:
    """A chain: a block has ``16 * own`` rows, goes through the terms ``16 * own`` at a time, by 16 by 16 threads.

    The products' depth is taken 16 terms at a time.  ``across``: of 16 * across columns a thread has ``across``.
    """

    own: int
    across: int
    pack: int

    @property
    def edge(self) -> int:
        """Rows, and terms at a time."""
        return SIDE * self.own


SIDE = 16
"""Threads along one edge of a block under :class:`Streamed`."""
MOST_HELD = 64
"""Results that a thread may hold in registers under :class:`Streamed`, besides scores and what it multiplies."""

Schedule = PerElement | Together | Tiled | WarpTiled | Streamed


def estimate(extent: Expr, assumed: int = ASSUMED_BATCH) -> int:
    """A number of points, with a number for the batch size."""
    return int(extent.xreplace({BATCH: assumed}))


def choose(kernel: Kernel, itemsize: int, tensor_cores: str | None = None) -> Schedule:
    """Tiles for a chain and for a contraction that is worth them; otherwise see :func:`untiled`.

    tensor_cores: the format in which contractions may go there, where a tile for them fits.
    """
    if (streamed := stream(kernel, itemsize)) is not None:
        return streamed
    found = contraction(kernel)
    if found is None:
        return untiled(kernel)
    on_tensor_cores = _warp_tiles(found, tensor_cores) if tensor_cores else None
    return on_tensor_cores or _tiles(found, itemsize) or untiled(kernel)


def untiled(kernel: Kernel, assumed: int = ASSUMED_BATCH) -> PerElement | Together:
    """Threads share a long reduction where elements are too few to fill the machine; otherwise one computes an element.

    assumed: the batch size to reckon with.
    """
    reductions = kernel.accumulators
    if not reductions:
        return PerElement()
    points = estimate(Mul(*(axis.extent for axis in kernel.axes)), assumed)
    length = max(estimate(Mul(*(axis.extent for axis in one.axes)), assumed) for one in reductions)
    if length < 32 or points >= 65536 or length * 64 < points:
        return PerElement()
    if len(reductions) == 1 and reductions[0].kind != "argmax" and _neighbours(kernel):
        return Together(lanes=16, elements=16)
    return Together(lanes=32 if length < 256 else 128)


def stream(kernel: Kernel, itemsize: int) -> Streamed | None:
    """The tile of the smallest estimated time, for a chain whose results of a row fit into its threads' registers."""
    found = chain(kernel)
    if found is None:
        return None
    rows, terms, columns = (int(axis.extent) for axis in (found.row, found.term, found.column))
    groups = estimate(Mul(*(axis.extent for axis in found.groups)))
    rates = {edge // SIDE: rate for edge, _, _, rate in _TILES if edge <= (64 if itemsize == 4 else 32)}

    def time(own: int) -> float:
        edge = SIDE * own
        blocks = -(-rows // edge) * groups
        return -(-blocks // PROCESSORS) * edge * (-(-terms // edge) * edge) / rates[own]

    fitting = [own for own in rates if own * -(-columns // SIDE) <= MOST_HELD]
    if not fitting:
        return None
    own = min(fitting, key=time)
    across = next(n for n in (1, 2, 4) if n == own or SIDE * n >= columns)
    return Streamed(own, across, 16 // itemsize)


_TILES = ((128, 8, 8, 1.0), (64, 16, 4, 0.7), (32, 16, 2, 0.4), (16, 16, 1, 0.2))
"""Edge of a tile, its depth, the edge of a thread's block, and the share of the arithmetic rate that it may reach: a
thread's block of b by b costs 2 b loads from shared memory for b * b multiply-adds."""


def _tiles(found: Contraction, itemsize: int) -> Tiled | None:
    """The tile of the smallest estimated time.

    Copies take fewer instructions than a way through registers, and no registers, so they are always wanted.
    """
    if min(_extents(found)) < 8:
        return None
    fitting = [tile for tile in _TILES if tile[0] <= 64 or itemsize == 4]
    edge, deep, own, _ = min(fitting, key=lambda tile: _time(found, tile[0], tile[-1]))
    return Tiled(edge, edge, deep, own, own, min(16 // itemsize, own), copies=True)


_WARP_TILES = ((128, 16, 64, 32, 1.0), (64, 16, 32, 32, 0.7), (32, 16, 16, 16, 0.4))
"""Edge of a tile, its depth, a warp's rows and columns, and the share of the arithmetic rate that it may reach."""
_SHALLOW = 128
"""From this edge on, more terms of factors of 16 bits at a time would leave registers for one block only."""


def _warp_tiles(found: Contraction, form: str) -> WarpTiled | None:
    """The same for tensor cores: where rows, columns and depth fill at least one of their products."""
    if min(_extents(found)) < 16:
        return None
    edge, deep, high, wide, _ = min(_WARP_TILES, key=lambda tile: _time(found, tile[0], tile[-1]))
    return WarpTiled(edge, edge, deep if form == "tf32" or edge >= _SHALLOW else 2 * deep, high, wide, form)


def _extents(found: Contraction) -> tuple[int, int, int]:
    """Rows, columns, depth."""
    rows, columns, depth = (
        estimate(Mul(*(axis.extent for axis in axes))) for axes in (found.rows.axes, found.columns.axes, found.sum.axes)
    )
    return rows, columns, depth


def _time(found: Contraction, edge: int, rate: float) -> float:
    """An estimate: rounds of blocks, each as long as its tile is large."""
    rows, columns, _ = _extents(found)
    blocks = -(-rows // edge) * -(-columns // edge) * estimate(Mul(*(axis.extent for axis in found.groups)))
    return -(-blocks // PROCESSORS) * edge * edge / rate


def _neighbours(kernel: Kernel) -> bool:
    """Whether neighbouring elements read neighbouring addresses in every load of the reduction that differs."""
    if not kernel.axes:
        return False
    last = kernel.axes[-1].index
    (reduction,) = kernel.accumulators
    found = [entry for entry in reduction.value.atoms(Element) if entry.has(last)]
    return bool(found) and all(entry.indices[-1].has(last) for entry in found)

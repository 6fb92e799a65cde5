"""A nest: a kernel with its place on the machine, as statements that a printer spells and a checker runs.

A grid of blocks of threads runs the same statements.  ``BLOCK`` and ``THREAD`` are the thread's coordinates; all other
indices are bound by :class:`For` or named by :class:`IndexValue`.  Conditions are brackets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sympy import Expr, Integer, sympify
from sympy.core.symbol import Str

from dyadic.codegen.loops.kernel import Kernel, Local
from dyadic.symbolic.expressions import Element, Index

BLOCK = tuple(Index(f"blockIdx.{axis}") for axis in "xyz")
THREAD = tuple(Index(f"threadIdx.{axis}") for axis in "xyz")


class Cell(Expr):
    """``Cell(array, *indices)``: an entry of a shared or register array."""

    is_commutative = True

    def __new__(cls, array: str | Str, *indices: Expr | int) -> Cell:
        return Expr.__new__(cls, array if isinstance(array, Str) else Str(array), *map(sympify, indices))

    @property
    def array(self) -> str:
        return str(self.args[0].name)

    @property
    def indices(self) -> tuple[Expr, ...]:
        return tuple(self.args[1:])


@dataclass(frozen=True)
class Array:
    """An array of a block (``shared``) or of one thread; ``padding``: unused cells behind each row of its last axis.

    pairs: whether a cell holds two numbers of 16 bits, as a :class:`Halves` has them.
    """

    name: str
    shape: tuple[int, ...]
    shared: bool
    integer: bool = False
    padding: int = 0
    pairs: bool = False


@dataclass(frozen=True)
class IndexValue:
    """``const int index = value``."""

    index: Index
    value: Expr


@dataclass(frozen=True)
class Set:
    """``target = value``; a :class:`Local` that is ``new`` is declared (``fixed``: and never changes)."""

    target: Local | Cell | Element
    value: Expr
    new: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Combine:
    """``target`` and ``value`` combined in place: sum, max, or argmax with ``place`` and the position ``at``."""

    kind: str
    target: Local | Cell
    value: Expr
    place: Local | Cell | None = None
    at: Expr | None = None


@dataclass(frozen=True)
class For:
    """``for (index = start; index < stop; index += step)``.

    unroll: True for each pass written out, 1 for a loop that stays one, where registers are scarce; else as a compiler
    likes.
    """

    index: Index
    start: Expr
    stop: Expr
    step: int
    body: tuple[Step, ...]
    unroll: bool | int = False


@dataclass(frozen=True)
class Halving:
    """``for (index = first; index > 0; index /= 2)``: the steps of a tree."""

    index: Index
    first: int
    body: tuple[Step, ...]


@dataclass(frozen=True)
class If:
    """The body where all conditions hold."""

    conditions: tuple[Expr, ...]
    body: tuple[Step, ...]


@dataclass(frozen=True)
class Vector:
    """``count`` neighbouring values from ``source`` on into the cells from ``target`` on: one wide access."""

    target: Cell
    source: Element | Cell
    count: int


@dataclass(frozen=True)
class Copy:
    """Starts a copy of ``count`` neighbouring numbers into shared memory, or of zeros where a condition does not hold.

    No register holds them.  They are there once the thread has waited for their group; for others, after a barrier.
    """

    target: Cell
    source: Element
    count: int
    conditions: tuple[Expr, ...]


@dataclass(frozen=True)
class Commit:
    """The copies that this thread has started since the last one are a group."""


@dataclass(frozen=True)
class Wait:
    """Until no more than the last ``pending`` of this thread's groups of copies are under way."""

    pending: int


@dataclass(frozen=True)
class WarpProduct:
    """All 32 threads of a warp together: a 16 x 8 matrix += one of 16 x 8 times one of 8 x 8, on tensor cores.

    sum, left, right: the four, four and two entries of them that this thread holds; :mod:`.tensor_cores` says which.
    form: the format of the factors; in one of 16 bits the entries are pairs, and so of 16 terms.
    """

    sum: tuple[Cell, ...]
    left: tuple[Cell, ...]
    right: tuple[Cell, ...]
    form: str


@dataclass(frozen=True)
class Barrier:
    """No thread of the block goes on before all have come here."""


@dataclass(frozen=True)
class Scope:
    """Steps whose names are their own; ``remark`` says what they do."""

    remark: str
    body: tuple[Step, ...]


Step = IndexValue | Set | Combine | For | Halving | If | Vector | Copy | Commit | Wait | WarpProduct | Barrier | Scope


@dataclass(frozen=True)
class Nest:
    """grid: the number of blocks along x, y, z, expressions of the batch size; block: threads along x, y, z."""

    kernel: Kernel
    grid: tuple[Expr, ...]
    block: tuple[int, ...]
    arrays: tuple[Array, ...]
    steps: tuple[Step, ...]

    @property
    def ranges(self) -> dict[Index, Expr]:
        """Extents of the thread coordinates."""
        return {THREAD[k]: sympify(extent) for k, extent in enumerate(self.block)}


def steps_of(steps: tuple[Step, ...]) -> Iterator[Step]:
    """All steps, outer before inner."""
    for step in steps:
        yield step
        if isinstance(step, For | Halving | If | Scope):
            yield from steps_of(step.body)


def on_tensor_cores(nest: Nest) -> bool:
    """Whether it multiplies matrices there."""
    return any(isinstance(step, WarpProduct) for step in steps_of(nest.steps))


def bind(steps: tuple[Step, ...], table: Mapping[Expr, Expr]) -> tuple[Step, ...]:
    """The steps with expressions replaced."""
    return tuple(_bound(step, dict(table)) for step in steps)


def _bound(step: Step, table: dict[Expr, Expr]) -> Step:
    changed: dict[str, Any] = {}
    for field in fields(step):
        value = getattr(step, field.name)
        if isinstance(value, Expr):
            changed[field.name] = value.xreplace(table)
        elif field.name in ("conditions", "sum", "left", "right"):
            changed[field.name] = tuple(part.xreplace(table) for part in value)
        elif field.name == "body":
            changed[field.name] = bind(value, table)
    return replace(step, **changed)


def moved(target: Cell, source: Cell, count: int) -> Step:
    """``count`` neighbours at once."""
    return Vector(target, source, count) if count > 1 else Set(target, source)


def unrolled(index: Index, extent: int, *body: Step) -> tuple[Step, ...]:
    """A loop to be unrolled; of one pass, its body."""
    if extent == 1:
        return bind(body, {index: Integer(0)})
    return (For(index, Integer(0), Integer(extent), 1, body, unroll=True),)


__all__ = [
    "BLOCK",
    "THREAD",
    "Array",
    "Barrier",
    "Cell",
    "Combine",
    "Commit",
    "Copy",
    "For",
    "Halving",
    "If",
    "IndexValue",
    "Local",
    "Nest",
    "Scope",
    "Set",
    "Step",
    "Vector",
    "Wait",
    "WarpProduct",
    "bind",
    "moved",
    "on_tensor_cores",
    "steps_of",
    "unrolled",
]  # fmt: skip

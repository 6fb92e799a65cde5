"""Pieces of NumPy code with the index of each of their axes, and how they are aligned.

What a routine returns must lie in memory in the order of its axes: the rounding of sums and matrix products depends
on the layout, and two runs that agree have to agree bit by bit whichever arrays they started from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dyadic.symbolic.expressions import Index
from dyadic.symbolic.printing import joined

SUM, PRODUCT, UNARY, ATOM = range(4)
# In memory: contiguous in the order of the axes; in that order but with gaps; in whatever order.
DENSE, ORDERED, LOOSE = range(3)


@dataclass(frozen=True)
class ArrayCode:
    """Code of an array, the index of each of its axes, how tightly the code binds, and its layout in memory."""

    code: str
    axes: tuple[Index, ...]
    level: int
    layout: int = DENSE

    def at(self, level: int) -> str:
        return self.code if self.level >= level else f"({self.code})"


def computed(*operands: ArrayCode) -> int:
    """The layout of what NumPy computes elementwise: in the operands' order, which it keeps."""
    return LOOSE if any(array.layout == LOOSE for array in operands) else DENSE


def union(arrays: Iterable[ArrayCode], order: Iterable[Index]) -> tuple[Index, ...]:
    """The axes that any of the arrays has, in the given order."""
    present = {index for array in arrays for index in array.axes}
    return tuple(index for index in order if index in present)


def transpose(array: ArrayCode, axes: tuple[Index, ...]) -> ArrayCode:
    """The array with its axes in another order."""
    if array.axes == axes:
        return array
    if len(axes) == 2:
        return ArrayCode(f"{array.at(ATOM)}.T", axes, ATOM, LOOSE)
    places = ", ".join(str(array.axes.index(index)) for index in axes)
    return ArrayCode(f"{array.at(ATOM)}.transpose({places})", axes, ATOM, LOOSE)


def in_order(array: ArrayCode, order: Iterable[Index]) -> ArrayCode:
    """The array with its axes sorted as in ``order``."""
    return transpose(array, union([array], order))


def align(array: ArrayCode, axes: tuple[Index, ...]) -> ArrayCode:
    """Insert axes so that NumPy broadcasts the array against one with ``axes``."""
    if not array.axes or array.axes == axes[len(axes) - len(array.axes) :]:
        return array
    first = axes.index(array.axes[0])
    places = ", ".join(":" if index in array.axes else "None" for index in axes[first:])
    return ArrayCode(f"{array.at(ATOM)}[{places}]", axes[first:], ATOM, array.layout)


def multiply(arrays: Sequence[ArrayCode], axes: tuple[Index, ...]) -> ArrayCode:
    """The elementwise product; every array's axes are in the order of ``axes``."""
    if len(arrays) == 1:
        return arrays[0]
    pieces = [align(array, axes).at(UNARY if "@" in array.code else PRODUCT) for array in arrays]
    return ArrayCode(" * ".join(pieces), axes, PRODUCT, computed(*arrays))


def sum_of(terms: Sequence[tuple[str, ArrayCode]], order: Iterable[Index]) -> ArrayCode:
    """The elementwise sum of arrays behind their signs."""
    arrays = [array for _, array in terms]
    axes = union(arrays, order)
    return ArrayCode(joined([(s, align(a, axes).at(PRODUCT)) for s, a in terms]), axes, SUM, computed(*arrays))


def sum_out(array: ArrayCode, bound: Iterable[Index], method: str = "sum", front: bool = False) -> ArrayCode:
    """``array.sum(axis=...)``, or another method that reduces axes.

    front: NumPy is slow along a short axis that lies densest in memory, as in a window; its positions are strided
    slices, which are added or compared one after another (for ``argmax`` a copy has the axis in front).
    """
    if not (gone := [index for index in bound if index in array.axes]):
        return array
    rest = tuple(index for index in array.axes if index not in gone)
    places = [array.axes.index(index) for index in gone]
    if front:
        axis = "0" if len(places) == 1 else str(tuple(range(len(places))))
        where = str(places[0]) if len(places) == 1 else str(tuple(places))
        if method != "argmax":
            return ArrayCode(f"_{method}_of_positions({array.code}, {where})", rest, ATOM)
        return ArrayCode(f"_front({array.code}, {where}).{method}(axis={axis})", rest, ATOM)
    places = [place if place == 0 else place - len(array.axes) for place in places]
    axis = str(places[0]) if len(places) == 1 else str(tuple(places))
    return ArrayCode(f"{array.at(ATOM)}.{method}(axis={axis})", rest, ATOM, computed(array))

"""How an ONNX graph reads an entry with index expressions: slices, and gathers along one axis after the other.

``x[k, 2*i + u - 1]`` is Gather(x, T, axis=1) with the constant T[i, u] = 2 i + u - 1; where T leads outside, x is
padded.  Axes that share an index, such as those of a diagonal, are one axis first.  What depends on data, such as a
token, is computed in the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Add, Expr, Integer, Mul

from dyadic.codegen.numpy_windows import Divisions, ReadAxis, entry_axes
from dyadic.codegen.onnx_arrays import BATCH_SIZE, ArrayOperations, IndexedValue
from dyadic.codegen.program import BATCH
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Divides, Element, Index, Inside, Quotient, Remainder
from dyadic.symbolic.indices import is_inside
from dyadic.symbolic.tensor_names import Name


@dataclass(frozen=True)
class Positions:
    """Where an axis is read: integers for each value of some indices, and where these are inside the axis.

    inside: truth values over the same indices; None where all are.
    """

    table: Any
    inside: Any
    indices: tuple[Index, ...]

    @property
    def outside(self) -> bool:
        return self.inside is not None


class EntryReader:
    """Reads entries, integer expressions and brackets of one definition.

    values: the value that holds a tensor; shapes: its extents.
    """

    def __init__(
        self, arrays: ArrayOperations, values: Mapping[Name, str], shapes: Mapping[Name, Sequence[Expr]]
    ) -> None:
        self.arrays, self.operations, self.ranges = arrays, arrays.operations, arrays.ranges
        self.values, self.shapes = values, shapes

    def axes(self, entry: Element, divisions: Divisions) -> list[ReadAxis]:
        """The axes as the entry reads them."""
        return entry_axes(entry, self.shapes, self.ranges, divisions)[0]

    def entry(
        self, node: Element, divisions: Divisions = (), guards: Iterable[Expr] = (), fill: float | None = 0.0
    ) -> IndexedValue:
        """The entry for all values of its indices.

        fill: what it is where it stands outside of its tensor; None for an entry of a tensor of integers, which is 0.
        """
        outside = self._whole(0) if fill is None else self.operations.real(fill)
        axes, reshaped = entry_axes(node, self.shapes, self.ranges, divisions)
        name = self.values[node.name]
        if reshaped:
            name = self.arrays.reshaped(name, [axis.extent for axis in axes])
        runs = _connected(axes)
        alone = {run[0]: self._positions(axes[run[0]]) for run in runs if len(run) == 1}
        name = self._padded(name, axes, alone, outside)
        read = _Reading(self.arrays, name, [axis.extent for axis in axes])
        for run in runs:
            if len(run) > 1:
                several = [axes[place] for place in run]
                read.merge(run, several, self._flat(several, guards), outside)
            elif axes[run[0]].plain(self.ranges):
                read.keep(run[0], axes[run[0]].index)
            elif (found := alone[run[0]]) is not None:
                read.take(run[0], _padded_positions(found, axes[run[0]]))
            else:
                read.gather(run[0], self._computed(axes[run[0]], guards))
        return read.value()

    def _positions(self, axis: ReadAxis) -> Positions | None:
        """The positions along an axis as numbers; None where they depend on data or on the batch's size."""
        if axis.index.has(Element) or any(not self.ranges[i].is_Integer for i in axis.index.atoms(Index)):
            return None
        table, indices = self.numbers(axis.position)
        inside = (table >= 0) & (table % axis.gap == 0) & (table // axis.gap < int(axis.extent))
        table = np.where(inside, table // axis.gap, 0)
        return Positions(table, None if inside.all() else inside, indices)

    def _padded(self, name: str, axes: Sequence[ReadAxis], found: Mapping[int, Positions | None], fill: str) -> str:
        """The value with one more place at the end of every axis of which places outside are read."""
        ends = [int((one := found.get(place)) is not None and one.outside) for place in range(len(axes))]
        if not any(ends):
            return name
        pads = self.operations.integers(*[0] * len(axes), *ends)
        return self.operations.add("Pad", name, pads, fill, mode="constant")

    def _computed(self, axis: ReadAxis, guards: Iterable[Expr]) -> IndexedValue:
        """The positions along an axis, computed in the graph; those that a bracket excludes are moved inside."""
        if axis.gap > 1:
            raise UnsupportedEquation("the onnx target cannot spread an axis by positions that depend on data")
        found = self.integer(axis.index)
        sure = is_inside(axis.index, axis.extent, self.ranges)
        if isinstance(axis.index, Element):
            sure = not any(isinstance(guard, Inside) and guard.args[0] == axis.index for guard in guards)
        if sure or axis.extent == BATCH:
            return found
        bounds = map(self._whole, (0, int(axis.extent) - 1))
        return IndexedValue(self.operations.add("Clip", found.name, *bounds), found.axes)

    def _flat(self, axes: Sequence[ReadAxis], guards: Iterable[Expr]) -> tuple[IndexedValue, IndexedValue | None]:
        """The positions in several axes taken as one, and where they are inside (None: everywhere)."""
        flat: IndexedValue | None = None
        inside: IndexedValue | None = None
        for axis in axes:
            found = self._positions(axis)
            if found is None:
                here = self._computed(axis, guards)
            else:
                here = IndexedValue(self.operations.constant(found.table.astype(np.int64)), found.indices)
                if found.outside:
                    one = IndexedValue(self.operations.constant(found.inside), found.indices)
                    inside = one if inside is None else self.arrays.elementwise("And", inside, one)
            if flat is not None:
                extent = IndexedValue(self._whole(int(axis.extent)), ())
                here = self.arrays.elementwise("Add", self.arrays.elementwise("Mul", flat, extent), here)
            flat = here
        assert flat is not None
        return flat, inside

    # -- integers and brackets ---------------------------------------------------------------------------------

    def numbers(self, node: Expr) -> tuple[Any, tuple[Index, ...]]:
        """An integer expression of indices as numbers, an axis for each of its indices."""
        indices = self.arrays.sorted(node.atoms(Index))
        grids = np.ix_(*(np.arange(int(self.ranges[index])) for index in indices))
        table = np.asarray(_evaluated(node, dict(zip(indices, grids, strict=True))))
        return np.broadcast_to(table, tuple(int(self.ranges[index]) for index in indices)), indices

    def integer(self, node: Expr) -> IndexedValue:
        """An integer expression as a value of 64-bit integers over its indices."""
        if isinstance(node, Element):
            return self.entry(node, fill=None)
        if not node.has(Element) and all(self.ranges[index].is_Integer for index in node.atoms(Index)):
            table, indices = self.numbers(node)
            return IndexedValue(self.operations.constant(table.astype(np.int64)), indices)
        if isinstance(node, Index):
            size = self.operations.add("Squeeze", BATCH_SIZE, self.operations.integers(0))
            return IndexedValue(self.operations.add("Range", self._whole(0), size, self._whole(1)), (node,))
        parts = [self.integer(argument) for argument in node.args]
        if isinstance(node, Quotient):  # the division of ONNX rounds towards zero
            rest = self.arrays.elementwise("Mod", *parts)
            return self.arrays.elementwise("Div", self.arrays.elementwise("Sub", parts[0], rest), parts[1])
        operator = "Mod" if isinstance(node, Remainder) else "Mul" if isinstance(node, Mul) else "Add"
        if not isinstance(node, Remainder | Mul | Add):
            raise UnsupportedEquation(f"{type(node).__name__} is not an integer expression")
        found = parts[0]
        for part in parts[1:]:
            found = self.arrays.elementwise(operator, found, part)
        return found

    def bracket(self, guard: Expr) -> IndexedValue:
        """A bracket as truth values."""
        if not guard.has(Element) and all(self.ranges[index].is_Integer for index in guard.atoms(Index)):
            one, two = guard.args
            if isinstance(guard, Inside):
                table, indices = self.numbers(one)
                return self._truth((table >= 0) & (table < int(two)), indices)
            table, indices = self.numbers(two if isinstance(guard, Divides) else one - two)
            return self._truth(table % int(one) == 0 if isinstance(guard, Divides) else table == 0, indices)
        zero = IndexedValue(self._whole(0), ())
        if isinstance(guard, Inside):
            value, extent = map(self.integer, guard.args)
            low = self.arrays.elementwise("GreaterOrEqual", value, zero)
            return self.arrays.elementwise("And", low, self.arrays.elementwise("Less", value, extent))
        if isinstance(guard, Divides):
            divisor, value = map(self.integer, guard.args)
            return self.arrays.elementwise("Equal", self.arrays.elementwise("Mod", value, divisor), zero)
        return self.arrays.elementwise("Equal", *map(self.integer, guard.args))

    def _whole(self, number: int) -> str:
        """An integer, without axes."""
        return self.operations.constant(np.asarray(number, np.int64))

    def _truth(self, table: Any, indices: tuple[Index, ...]) -> IndexedValue:
        return IndexedValue(self.operations.constant(table), indices)


class _Reading:
    """One tensor, the axes of which are replaced by those of the indices that they are read at."""

    def __init__(self, arrays: ArrayOperations, name: str, extents: Sequence[Expr]) -> None:
        self.arrays, self.operations, self.name, self.extents = arrays, arrays.operations, name, extents
        self.axes: list[int | Index] = list(range(len(extents)))

    def _replace(self, place: int, indices: Sequence[Index]) -> None:
        at = self.axes.index(place)
        self.axes[at : at + 1] = indices

    def keep(self, place: int, index: Index) -> None:
        """An axis that is read as it is."""
        self._replace(place, [index])

    def gather(self, place: int, positions: IndexedValue) -> None:
        """An axis at positions that the graph has."""
        at = self.axes.index(place)
        self.name = self.operations.add("Gather", self.name, positions.name, axis=at)
        self._replace(place, positions.axes)

    def take(self, place: int, found: Positions) -> None:
        """An axis at constant positions: a slice where they are evenly spaced."""
        table, at = found.table, self.axes.index(place)
        steps = np.diff(table) if table.ndim == 1 else np.array([0])
        if steps.size and steps[0] > 0 and (steps == steps[0]).all():
            numbers = (int(table[0]), int(table[-1]) + 1, at, int(steps[0]))
            self.name = self.operations.add("Slice", self.name, *map(self.operations.integers, numbers))
            self._replace(place, found.indices)
            return
        self.gather(place, IndexedValue(self.operations.constant(table.astype(np.int64)), found.indices))

    def merge(
        self,
        places: Sequence[int],
        axes: Sequence[ReadAxis],
        flat: tuple[IndexedValue, IndexedValue | None],
        fill: str,
    ) -> None:
        """Several axes as one, read at flat positions."""
        rest = [axis for axis in self.axes if axis not in places]
        perm = tuple(self.axes.index(axis) for axis in [*places, *rest])
        if perm != tuple(range(len(perm))):
            self.name = self.operations.add("Transpose", self.name, perm=perm)
        extents = [self.extents[axis] if isinstance(axis, int) else self.arrays.ranges[axis] for axis in rest]
        self.name = self.arrays.reshaped(self.name, [Mul(*(axis.extent for axis in axes)), *extents])
        self.axes = [places[0], *rest]
        positions, inside = flat
        self.gather(places[0], positions)
        if inside is not None:
            ranks = len(self.axes) - len(positions.axes)
            mask = self.arrays.completed(inside, positions.axes).name
            if ranks:
                after = range(len(positions.axes), len(self.axes))
                mask = self.operations.add("Unsqueeze", mask, self.operations.integers(*after))
            self.name = self.operations.add("Where", mask, self.name, fill)

    def value(self) -> IndexedValue:
        return IndexedValue(self.name, tuple(axis for axis in self.axes if isinstance(axis, Index)))


def _connected(axes: Sequence[ReadAxis]) -> list[list[int]]:
    """The places of the axes, those that share an index together, the one whose extent is no number first."""
    runs: list[list[int]] = []
    for place, axis in enumerate(axes):
        own = axis.index.atoms(Index)
        touching = [run for run in runs if any(own & axes[other].index.atoms(Index) for other in run)]
        runs = [run for run in runs if run not in touching]
        runs.append([*(other for run in touching for other in run), place])
    return [sorted(run, key=lambda place: (bool(axes[place].extent.is_Integer), place)) for run in runs]


def _padded_positions(found: Positions, axis: ReadAxis) -> Positions:
    """The positions with those outside at the place behind the end."""
    if not found.outside:
        return found
    return Positions(np.where(found.inside, found.table, int(axis.extent)), None, found.indices)


def _evaluated(node: Expr, grids: Mapping[Index, Any]) -> Any:
    """An integer expression at the numbers of its indices."""
    if isinstance(node, Integer):
        return int(node)
    if isinstance(node, Index):
        return grids[node]
    parts = [_evaluated(argument, grids) for argument in node.args]
    if isinstance(node, Quotient):
        return parts[0] // parts[1]
    if isinstance(node, Remainder):
        return parts[0] % parts[1]
    if not isinstance(node, Add | Mul):
        raise UnsupportedEquation(f"{type(node).__name__} is not an integer expression")
    found = parts[0]
    for part in parts[1:]:
        found = found + part if isinstance(node, Add) else found * part
    return found


__all__ = ["EntryReader"]

"""Values of an ONNX graph with the index of each of their axes: aligned, reduced, reshaped, multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from sympy import Expr

from dyadic.codegen.contraction_order import contracted
from dyadic.codegen.onnx_operations import Operations
from dyadic.codegen.program import BATCH
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Index
from dyadic.symbolic.indices import Ranges

BATCH_SIZE = "batch_size"
"""The value that holds the number of samples, a list of one integer."""
BATCH_NUMBER = "batch"
"""The same as a number of the graph's type, without axes."""


@dataclass(frozen=True)
class IndexedValue:
    """A value by name, with the index of each of its axes."""

    name: str
    axes: tuple[Index, ...]


class ArrayOperations:
    """Operations on the arrays of one definition; ``ranges`` has its indices in the order of their axes."""

    def __init__(self, operations: Operations, ranges: Ranges) -> None:
        self.operations, self.ranges, self.order = operations, ranges, list(ranges)

    def sorted(self, axes: set[Index]) -> tuple[Index, ...]:
        """The axes in their order."""
        return tuple(index for index in self.order if index in axes)

    def transposed(self, value: IndexedValue, axes: Sequence[Index]) -> IndexedValue:
        """The value with its axes in another order."""
        places = tuple(value.axes.index(index) for index in axes)
        if places == tuple(range(len(places))):
            return value
        return IndexedValue(self.operations.add("Transpose", value.name, perm=places), tuple(axes))

    def aligned(self, value: IndexedValue, axes: Sequence[Index]) -> str:
        """The value for broadcasting against one with ``axes``: in their order, those that it lacks of extent 1."""
        value = self.transposed(value, [index for index in axes if index in value.axes])
        lead = next((place for place, index in enumerate(axes) if index in value.axes), len(axes))
        missing = [place - lead for place, index in enumerate(axes) if place > lead and index not in value.axes]
        if not missing:
            return value.name
        return self.operations.add("Unsqueeze", value.name, self.operations.integers(*missing))

    def elementwise(self, operator: str, *values: IndexedValue) -> IndexedValue:
        """An operator entry by entry."""
        axes = self.sorted({index for value in values for index in value.axes})
        names = [self.aligned(value, axes) for value in values]
        return IndexedValue(self.operations.add(operator, *names), axes)

    def reduced(self, operator: str, value: IndexedValue, gone: Sequence[Index]) -> IndexedValue:
        """The value reduced over those of the indices that it has."""
        places = [place for place, index in enumerate(value.axes) if index in gone]
        if not places:
            return value
        name = self.operations.add(operator, value.name, self.operations.integers(*places), keepdims=0)
        return IndexedValue(name, tuple(index for index in value.axes if index not in gone))

    def completed(self, value: IndexedValue, axes: Sequence[Index]) -> IndexedValue:
        """The value with all axes, repeated along those that it lacks."""
        name = self.aligned(value, axes)
        if set(value.axes) != set(axes):
            name = self.operations.add("Expand", name, self._dimensions([self.ranges[index] for index in axes]))
        return IndexedValue(name, tuple(axes))

    def _dimensions(self, extents: Sequence[Expr]) -> str:
        """A shape as a list of integers."""
        if not any(extent == BATCH for extent in extents):
            return self.operations.integers(*map(int, extents))
        parts = [BATCH_SIZE if extent == BATCH else self.operations.integers(int(extent)) for extent in extents]
        return parts[0] if len(parts) == 1 else self.operations.add("Concat", *parts, axis=0)

    def reshaped(self, name: str, extents: Sequence[Expr]) -> str:
        """A value in another shape; one of the extents may be, or be a multiple of, the batch."""
        unknown = [extent for extent in extents if not extent.is_Integer]
        if len(unknown) > 1:
            raise UnsupportedEquation("the onnx target cannot reshape an array with several axes of unknown size")
        sizes = [int(extent) if extent.is_Integer else -1 for extent in extents]
        return self.operations.add("Reshape", name, self.operations.integers(*sizes))

    # -- products ----------------------------------------------------------------------------------------------

    def contracted(self, factors: Sequence[IndexedValue], bound: Sequence[Index]) -> IndexedValue:
        """The product of the factors summed over the bound indices, each of which is in at least one of them."""
        return contracted(
            factors, bound, self.ranges, lambda value, gone: self.reduced("ReduceSum", value, gone), self._merged
        )

    def _merged(self, one: IndexedValue, two: IndexedValue, gone: Sequence[Index]) -> IndexedValue:
        """The product of two values summed over what both have of ``gone``: a matrix product where there are rows."""
        if one.axes and two.axes and self.order.index(one.axes[0]) > self.order.index(two.axes[0]):
            one, two = two, one
        common = set(one.axes) & set(two.axes)
        summed = self.sorted(common & set(gone))
        if not summed or set(one.axes) == set(two.axes):
            return self.reduced("ReduceSum", self.elementwise("Mul", one, two), summed)
        batch = self.sorted(common - set(summed))
        left = self.sorted(set(one.axes) - common)
        right = self.sorted(set(two.axes) - common)
        name = self.operations.add(
            "MatMul", self._matrix(one, batch, left, summed), self._matrix(two, batch, summed, right)
        )
        axes = (*batch, *left, *right)
        if len(left) != 1 or len(right) != 1:
            name = self.reshaped(name, [self.ranges[index] for index in axes])
        return IndexedValue(name, axes)

    def _matrix(
        self, value: IndexedValue, batch: Sequence[Index], rows: Sequence[Index], columns: Sequence[Index]
    ) -> str:
        """The value as matrices, one for each value of the batch indices."""
        name = self.transposed(value, (*batch, *rows, *columns)).name
        if len(rows) == len(columns) == 1:
            return name
        extents = [self.ranges[index] for index in batch]
        return self.reshaped(name, [*extents, self._size(rows), self._size(columns)])

    def _size(self, indices: Sequence[Index]) -> Expr:
        return prod((self.ranges[index] for index in indices), start=self.one)

    @property
    def one(self) -> Expr:
        return BATCH / BATCH


__all__ = ["BATCH_NUMBER", "BATCH_SIZE", "ArrayOperations", "IndexedValue"]

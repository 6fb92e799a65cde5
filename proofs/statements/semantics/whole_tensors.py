"""Tensors as wholes: shapes, entries at given indices, and the products that need nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.bodies import factors_of
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.axis_extents import Extent

Index = Any


@dataclass
class Dimension:
    """The length of an axis; that of a vector of ones is told by what it stands beside."""

    extent: Extent | None = None
    same: Dimension | None = None

    @property
    def root(self) -> Dimension:
        return self if self.same is None else self.same.root

    def joins(self, other: Dimension) -> bool:
        """Make two lengths one; whether they can be."""
        one, two = self.root, other.root
        if one is two:
            return True
        if one.extent is not None and two.extent is not None:
            return one.extent.same(two.extent)
        if one.extent is None:
            one.same = two
        else:
            two.same = one
        return True

    def __str__(self) -> str:
        extent = self.root.extent
        return "?" if extent is None else str(extent)


@dataclass(frozen=True)
class WholeTensor:
    """A tensor of any kind: its shape, its entry at given indices, and whether it is a row.

    diagonal: of a matrix that is 0 beside its diagonal, what stands on it.
    """

    shape: tuple[Dimension, ...]
    at: Callable[[Sequence[Index]], Any]
    row: bool = False
    diagonal: Callable[[Index], Any] | None = None

    def __str__(self) -> str:
        if not self.shape:
            return "a number"
        if len(self.shape) == 1:
            return f"a {'row' if self.row else 'column'} of {self.shape[0]}"
        return " x ".join(map(str, self.shape))


def fits(one: WholeTensor, two: WholeTensor) -> bool:
    if len(one.shape) != len(two.shape) or (len(one.shape) == 1 and one.row != two.row):
        return False
    return all(a.joins(b) for a, b in zip(one.shape, two.shape, strict=True))


def transposed(value: WholeTensor, position: int) -> WholeTensor:
    if len(value.shape) > 2:
        raise Unreadable(position, "only vectors and matrices are transposed")
    if len(value.shape) == 2:
        return WholeTensor(value.shape[::-1], lambda at: value.at(list(at)[::-1]), diagonal=value.diagonal)
    return WholeTensor(value.shape, value.at, row=not value.row and bool(value.shape))


def number_transposed(node: Any, position: int, named: bool) -> None:
    """Whether a number may have ^T behind it: not where it may be an entry of a matrix that is meant to be transposed.

    named: whether T is the name of something.  Raises :class:`Unreadable`.
    """
    if named:
        raise Unreadable(position, "T has a meaning here: ^T behind a number is doubtful")
    if not isinstance(node, list):
        raise Unreadable(position, "^T behind a number: only tensors are transposed")
    most, names = _unbound(node, frozenset())
    if most > 1 or len(names) > 1:
        problem = "^T behind an entry of a matrix is doubtful: write W[j, i], or (W^T)[i, j] of whole tensors"
        raise Unreadable(position, problem)


def _unbound(node: Any, bound: frozenset[str]) -> tuple[int, set[str]]:
    """The largest number of places of one entry that no sum runs over, and the names of all indices that are free."""
    if not isinstance(node, list) or not node:
        return 0, set()
    if node[0] == "index":
        return 0, {node[1]} - bound
    if node[0] in REDUCTIONS:
        bound = bound | {node[1]}
    parts = [_unbound(child, bound) for child in (node[3] if node[0] == "entry" else node[1:])]
    most, names = max((count for count, _ in parts), default=0), set().union(*(found for _, found in parts))
    places = {"entry": node[3:4], "subscript": [node[3:]]}.get(node[0], [])
    for indices in places:
        free = [index for index in indices if not isinstance(index, list) or _unbound(index, bound)[1]]
        most = max(most, len(free))
    return most, names


def part_of(value: WholeTensor, part: Sequence[int | tuple[int, int] | None]) -> WholeTensor:
    """What stands along each axis at one index, in a range of them, or (None) at all."""
    shape = [
        axis if taken is None else Dimension(Extent(taken[1] - taken[0]))
        for axis, taken in zip(value.shape, part, strict=True)
        if not isinstance(taken, int)
    ]

    def entry(at: Sequence[Index]) -> Any:
        rest = iter(at)
        found = [taken if isinstance(taken, int) else _later(next(rest), taken) for taken in part]
        return value.at(found)

    return WholeTensor(tuple(shape), entry)


def _later(index: Index, taken: tuple[int, int] | None) -> Index:
    if taken is None or not taken[0]:
        return index
    return index + taken[0] if isinstance(index, int) else ["+", index, taken[0]]


def shape_kind(value: WholeTensor) -> str:
    if len(value.shape) == 1:
        return "row" if value.row else "column"
    return "matrix" if len(value.shape) == 2 else "tensor"


def what_fits(one: WholeTensor, two: WholeTensor) -> str:
    """What would fit instead."""
    if len(one.shape) == 2 and str(one.shape[0]) == str(two.shape[0]):
        return "; the first one transposed would fit"
    if len(two.shape) == 2 and str(one.shape[-1]) == str(two.shape[1]):
        return "; the second one transposed would fit"
    return ""


def scaled(one: WholeTensor, two: WholeTensor) -> WholeTensor:
    """A number times a tensor, in either order."""
    shaped, number = (one, two) if one.shape else (two, one)
    along = shaped.diagonal
    return WholeTensor(
        shaped.shape, lambda at: times(number.at([]), shaped.at(at)), shaped.row,
        along and (lambda at: times(number.at([]), along(at))),
    )  # fmt: skip


def scaled_along(
    value: WholeTensor, by: Callable[[Index], Any], axis: int, shape: tuple[Dimension, ...]
) -> WholeTensor:
    """What stands along an axis, each times a number of its own: a product with a diagonal matrix."""
    both = value.diagonal and (lambda at: times(by(at), value.diagonal(at)) if value.diagonal else 0)
    return WholeTensor(shape, lambda at: times(by(at[axis]), value.at(at)), value.row, both)


def scales(one: WholeTensor, factors: int, two: WholeTensor, three: WholeTensor) -> bool:
    """Whether of three factors side by side the last two make a number: those of A u^T v, where A u^T means nothing.

    factors: of how many tensors the first one is a product; a row of one tensor alone, as in u^T v^T w, stays doubtful.
    """
    alone = len(one.shape) != 2 and (shape_kind(one) != "row" or factors < 2)
    return not alone and (shape_kind(two), shape_kind(three)) == ("row", "column")


def times(one: Any, two: Any) -> Any:
    factors = [factor for node in (one, two) for factor in factors_of(node) if factor != 1]
    return factors[0] if len(factors) == 1 else ["*", *factors] if factors else 1


def written_range(size: Dimension) -> int | str | None:
    """A range as it would be written; None where it is told by what stands under the sum."""
    extent = size.root.extent
    if extent is None:
        return None
    return extent.true if extent.true is not None else str(extent)


def number_of(size: Dimension) -> Any:
    written = written_range(size)
    return ["size", written] if isinstance(written, str) else written

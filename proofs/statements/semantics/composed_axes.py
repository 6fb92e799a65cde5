"""Whole tensors whose axes are put together of others (vec, the Kronecker product), and sums named by letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.whole_tensors import Dimension, Index, WholeTensor, times, written_range

_KRONECKER = "a Kronecker product"


def _count(size: Dimension, position: int, what: str) -> int:
    """The number of entries of an axis."""
    extent = size.root.extent
    if extent is None or extent.true is None:
        raise Unreadable(position, f"{what} needs numbers for the sizes of its axes")
    return extent.true


def _divided(index: Index, by: int) -> tuple[Index, Index]:
    """The quotient and the remainder of an index."""
    if isinstance(index, int):
        return index // by, index % by
    return ["quotient", index, by], ["remainder", index, by]


def vectorised(value: WholeTensor, position: int) -> WholeTensor:
    """The columns of a matrix below each other."""
    if len(value.shape) != 2:
        raise Unreadable(position, f"vec is of a matrix, not of {value}")
    rows, columns = (_count(size, position, "vec") for size in value.shape)

    def entry(at: Sequence[Index]) -> Any:
        column, row = _divided(at[0], rows)
        return value.at([row, column])

    return WholeTensor((Dimension(Extent(rows * columns)),), entry)


def kronecker(one: WholeTensor, two: WholeTensor, position: int) -> WholeTensor:
    """Each entry of the first matrix times the second one.

    Of an identity matrix the size follows from the whole, once that is known.
    """
    if len(one.shape) != 2 or len(two.shape) != 2:
        meant = "; of vectors write u v^T" if len(one.shape) == len(two.shape) == 1 else ""
        raise Unreadable(position, f"a Kronecker product is of two matrices, not of {one} and {two}{meant}")
    shape = tuple(_together(above, below) for above, below in zip(one.shape, two.shape, strict=True))

    def entry(at: Sequence[Index]) -> Any:
        sizes = zip(shape, one.shape, two.shape, strict=True)
        counts = [_inner(whole, above, below, position) for whole, above, below in sizes]
        pairs = [_divided(index, count) for index, count in zip(at, counts, strict=True)]
        return times(one.at([outer for outer, _ in pairs]), two.at([inner for _, inner in pairs]))

    return WholeTensor(shape, entry)


def _together(above: Dimension, below: Dimension) -> Dimension:
    extents = [size.root.extent for size in (above, below)]
    counts = [extent.true for extent in extents if extent is not None and extent.true is not None]
    return Dimension(Extent(counts[0] * counts[1])) if len(counts) == 2 else Dimension()


def _inner(whole: Dimension, above: Dimension, below: Dimension, position: int) -> int:
    """The size of the inner axis, told or as what is left of the whole."""
    for known, other in ((below, above), (above, below)):
        if known.root.extent is None:
            continue
        count, total = _count(known, position, _KRONECKER), _count(whole, position, _KRONECKER)
        if total % count or not other.joins(Dimension(Extent(total // count))):
            raise Unreadable(
                position, f"a Kronecker product with an axis of {total} entries, which {count} does not divide"
            )
        return _count(below, position, _KRONECKER)
    raise Unreadable(position, f"{_KRONECKER} needs numbers for the sizes of its axes")


def contracted(text: str, values: Sequence[WholeTensor], letters: Iterator[str], position: int) -> WholeTensor:
    """``einsum("ij,jk->ik", A, B)``: letters that do not stand behind the arrow are summed over.

    Without an arrow the letters that stand once are left, in the order of the alphabet (capitals first), as in NumPy
    and PyTorch.
    """
    written, arrow, result = text.replace(" ", "").partition("->")
    terms = written.split(",")
    if not arrow:
        result = "".join(sorted(letter for letter in set(written) - {","} if written.count(letter) == 1))
    if len(terms) != len(values) or len(set(result)) < len(result) or not set(result) <= set(written):
        raise Unreadable(position, f"{text} does not fit {len(values)} tensors")
    sizes: dict[str, Dimension] = {}
    for term, value in zip(terms, values, strict=True):
        if len(term) != len(value.shape):
            raise Unreadable(position, f"{term} does not fit {value}")
        for letter, size in zip(term, value.shape, strict=True):
            if not sizes.setdefault(letter, size).joins(size):
                raise Unreadable(position, f"{letter} of {text} has {sizes[letter]} entries, and {size}")
    summed = {letter: next(letters) for letter in dict.fromkeys(written.replace(",", "")) if letter not in result}

    def entry(at: Sequence[Index]) -> Any:
        place = dict(zip(result, at, strict=True)) | {letter: ["index", name] for letter, name in summed.items()}
        body: Any = 1
        for term, value in zip(terms, values, strict=True):
            body = times(body, value.at([place[letter] for letter in term]))
        for letter, name in reversed(summed.items()):
            body = ["sum", name, written_range(sizes[letter]), body]
        return body

    return WholeTensor(tuple(sizes[letter] for letter in result), entry)

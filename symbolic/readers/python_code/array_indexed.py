"""Arrays as indices: ``p[np.arange(n), y]``, ``W[tokens]``, and what is written or added where they say.

As in NumPy the arrays of a subscript are broadcast together; their axes stand where they stood if they stand side by
side, else in front.  What is written twice in one place is what comes last; ``np.add.at`` adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    Dim,
    FormArray,
    Index,
    Recorder,
    Shape,
    broadcast,
    broadcast_shape,
    constant,
    either,
    inside,
    number_of,
    one_minus,
    plus,
    same,
    times,
    whole_numbers,
)
from dyadic.symbolic.readers.python_code.array_layout import Taken, taken, with_new_axes, with_part, without_axes
from dyadic.symbolic.readers.python_code.array_library import JAX, NUMPY, TORCH
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, ShapesDoNotFit
from dyadic.symbolic.readers.python_code.subscript_bounds import bounds, remainder, value_of

_MOST_PLACES = 64
"""Entries of a table of indices, and of indices among which some may be equal."""
_MOST_LOOKED_AT = 20_000
Counts = Callable[[Sequence[Index]], Index]


@dataclass(frozen=True)
class _Picked:
    """What an array picks along one axis: for each place of the subscript's own axes an index."""

    counts: Counts


@dataclass
class _Selection:
    """A subscript with arrays in it: what it takes along each axis, and its own axes.

    lead: how many axes of what it gives stand before these.
    """

    pieces: list[Taken | _Picked]
    shape: Shape
    lead: int

    def result(self) -> Shape:
        kept = tuple(piece.count for piece in self.pieces if isinstance(piece, Taken) and piece.count is not None)
        return (*kept[: self.lead], *self.shape, *kept[self.lead :])

    def apart(self, at: Sequence[Index]) -> tuple[Sequence[Index], Iterator[Index]]:
        """The indices along the subscript's own axes, and the others."""
        end = self.lead + len(self.shape)
        return at[self.lead : end], iter([*at[: self.lead], *at[end:]])


def holds_arrays(keys: Sequence[Any]) -> bool:
    return any(isinstance(key, FormArray) for key in keys)


def gathered(recorder: Recorder, array: FormArray, keys: Sequence[Any], library: str) -> FormArray:
    """The entries where arrays say."""
    gap = _empty_ellipsis(keys, len(array.shape))
    array, keys, _ = with_new_axes(array, keys)
    chosen = _selection(recorder, array, keys, gap, library)
    source = recorder.named(array)

    def place(at: Sequence[Index]) -> list[Index]:
        own, others = chosen.apart(at)
        return [
            piece.counts(own) if isinstance(piece, _Picked)
            else piece.start if piece.count is None else piece.inner(next(others))
            for piece in chosen.pieces
        ]  # fmt: skip

    if all(not isinstance(piece, _Picked) or _known(piece, chosen.shape) for piece in chosen.pieces):
        return source.moved(chosen.result(), place)

    def entry(at: Sequence[Index]) -> Any:
        own, _ = chosen.apart(at)
        terms = []
        for spot in _spots(chosen.shape):
            there = [*at[: chosen.lead], *spot, *at[chosen.lead + len(spot) :]]
            hit = times(*(same(index, k) for index, k in zip(own, spot, strict=True)))
            terms.append(times(hit, source.at(place(there))))
        return plus(*terms)

    return FormArray(chosen.result(), entry, truth=array.truth, whole=array.whole)


def with_entries(
    recorder: Recorder, array: FormArray, keys: Sequence[Any], value: FormArray, library: str
) -> FormArray:
    """The array with other entries where a subscript says, basic or with arrays in it."""
    if holds_arrays(keys):
        return scattered(recorder, array, keys, value, library)
    return with_part(recorder, array, keys, value)


def scattered(
    recorder: Recorder,
    array: FormArray,
    keys: Sequence[Any],
    value: FormArray,
    library: str,
    adds: bool = False,
    once: bool = False,
) -> FormArray:
    """The array with other entries where arrays say, or (adds) with something added, as often as a place is named.

    once: whether no place may be named twice.
    """
    gap = _empty_ellipsis(keys, len(array.shape))
    old, keys, new_axes = with_new_axes(recorder.named(array), keys)
    chosen = _selection(recorder, old, keys, gap, library)
    wanted = chosen.result()
    if len(value.shape) > len(wanted):
        value = without_axes(value, range(len(value.shape) - len(wanted)))
    new = broadcast(recorder.named(value), wanted)
    bare = _bare(chosen)
    apart = adds or len(bare) == sum(dim != 1 for dim in chosen.shape) or _distinct(chosen)
    if once and not apart:
        raise NotInSubset("a write where places may be named twice")

    def entry(at: Sequence[Index]) -> Any:
        brackets, others = [], []
        for piece, dim, index in zip(chosen.pieces, old.shape, at, strict=True):
            if isinstance(piece, Taken) and not (piece.count == dim and piece.step == 1):
                within, index = piece.outer(index)
                brackets += within
            if isinstance(piece, Taken) and piece.count is not None:
                others.append(index)
        known = {axis: at[position] for axis, position in bare.items()}

        def term(own: Sequence[Index]) -> tuple[Any, Any]:
            """Whether a place of the subscript is this entry, and what is to be written."""
            hit = [
                same(piece.counts(own), index)
                for position, (piece, index) in enumerate(zip(chosen.pieces, at, strict=True))
                if isinstance(piece, _Picked) and position not in bare.values()
            ]
            return times(*brackets, *hit), new.at([*others[: chosen.lead], *own, *others[chosen.lead :]])

        ends = [
            inside(known[axis], chosen.shape[axis])
            for axis, at_ in bare.items()
            if old.shape[at_] != chosen.shape[axis]
        ]
        brackets += [end for end in ends if end != 1]
        if not apart:
            return _last_of([term(spot) for spot in _spots(chosen.shape)], old.at(at))
        names = {axis: recorder.bound() for axis, dim in enumerate(chosen.shape) if axis not in bare and dim != 1}
        own = [known.get(axis, ["index", names[axis]] if axis in names else 0) for axis in range(len(chosen.shape))]
        if not _all_known(chosen):
            hits, written = map(list, zip(*map(term, _spots(chosen.shape)), strict=True))
            total, hit = plus(*map(times, hits, written)), plus(*hits)
        else:
            hit, written_ = term(own)
            total = times(hit, written_)
            for axis, name in reversed(names.items()):
                total, hit = ["sum", name, chosen.shape[axis], total], ["sum", name, chosen.shape[axis], hit]
        if adds:
            return plus(old.at(at), total)
        if not names and _all_known(chosen):
            return written_ if hit == 1 else either(hit, written_, old.at(at))
        return plus(total, times(one_minus(hit), old.at(at)))

    return without_axes(FormArray(old.shape, entry, whole=array.whole and whole_numbers([value])), new_axes)


def _last_of(terms: list[tuple[Any, Any]], old: Any) -> Any:
    """What is written last where several places may be one."""
    found = old
    for hit, written in terms:
        found = either(hit, written, found)
    return found


def _empty_ellipsis(keys: Sequence[Any], rank: int) -> int | None:
    """Where an ellipsis stands for no axis; None where none does."""
    is_empty = any(key is Ellipsis for key in keys) and sum(key is not None for key in keys) == rank + 1
    return list(keys).index(Ellipsis) if is_empty else None


def _selection(recorder: Recorder, array: FormArray, keys: Sequence[Any], gap: int | None, library: str) -> _Selection:
    """gap: before which key an ellipsis stands that is empty; NumPy takes the keys on its sides to be apart even so."""
    places = [k for k, key in enumerate(keys) if isinstance(key, FormArray | int)]
    arrays = {k: keys[k] if isinstance(keys[k], FormArray) else constant(keys[k]) for k in places}
    shape = broadcast_shape(*(one.shape for one in arrays.values()))
    beside = places == list(range(places[0], places[-1] + 1))
    if gap is not None and places[0] < gap <= places[-1]:
        if library == JAX:
            raise NotInSubset("an ellipsis that stands for no axis between an array and another index")
        beside = beside and library != NUMPY
    if library == TORCH and not beside and any(isinstance(keys[k], int) for k in places):
        raise NotInSubset("an integer and an array as indices that do not stand side by side")
    pieces: list[Taken | _Picked] = []
    for position, (key, dim) in enumerate(zip(keys, array.shape, strict=True)):
        pieces.append(_picked(recorder, arrays[position], dim, shape) if position in arrays else taken(key, dim))
    lead = sum(isinstance(piece, Taken) for piece in pieces[: places[0]]) if beside else 0
    return _Selection(pieces, shape, lead)


def _picked(recorder: Recorder, array: FormArray, dim: Dim, shape: Shape) -> _Picked:
    """Raises :class:`ShapesDoNotFit` for an index beyond the axis."""
    if array.truth or not array.whole:
        raise NotInSubset("an array of numbers or comparisons as an index beside others")
    counts = array.counts or _table(recorder, array)
    shift = _shift(recorder, array.shape, counts, dim)
    lacking = len(shape) - len(array.shape)

    def entry(at: Sequence[Index]) -> Index:
        own = [0 if one == 1 else index for index, one in zip(at[lacking:], array.shape, strict=True)]
        return shift(counts(own))

    return _Picked(entry)


def _table(recorder: Recorder, array: FormArray) -> Counts:
    """The entries of an array of integers that is written out, at places that are numbers."""
    if prod(map(number_of, array.shape)) > _MOST_PLACES:
        raise NotInSubset(f"a table of more than {_MOST_PLACES} indices")
    for spot in _spots(array.shape):
        if not isinstance(array.at(spot), int):
            raise NotInSubset("an array of integers that are not counted, written out or an argument, as an index")

    def counts(at: Sequence[Index]) -> Index:
        if not all(isinstance(index, int) for index in at):
            return None
        return array.at(at)

    return counts


def _shift(recorder: Recorder, shape: Shape, counts: Counts, dim: Dim) -> Callable[[Index], Index]:
    """How an index that is told is to be counted from the front, as it is or modulo the axis."""
    names = [f"k{axis}" for axis in range(len(shape))]
    symbolic = counts([["index", name] for name in names])
    for name, extent in zip(names, shape, strict=True):
        if symbolic == ["index", name] and extent == dim:
            return lambda index: index
    below = recorder.below.get(symbolic[2]) if isinstance(symbolic, list) and symbolic[0] == "entry" else None
    if below is not None and below == dim:
        return lambda index: index
    length = number_of(dim)
    extents = {name: number_of(extent) for name, extent in zip(names, shape, strict=True)}
    limits = {name: number_of(limit) for name, limit in recorder.below.items()}
    low, high = (0, length) if symbolic is None else bounds(symbolic, extents, limits)
    if low < 0 or high >= length:
        if prod(extents.values()) > _MOST_LOOKED_AT:
            raise NotInSubset("so many indices")
        tried = [value_of(counts(spot)) for spot in _spots(shape)]
        values = [value for value in tried if value is not None]
        if len(values) == len(tried):
            low, high = min(values), max(values)
    if low < -length or high >= length:
        raise ShapesDoNotFit(f"indices from {low} to {high} of an axis of {length} entries")
    if low >= 0:
        return lambda index: index
    if high < 0:
        return lambda index: index if index is None else plus(index, length)
    return lambda index: index if index is None else remainder(index, length)


def _known(piece: _Picked, shape: Shape) -> bool:
    """Whether the index is an expression of the place, not a table."""
    return piece.counts([["index", f"k{axis}"] for axis in range(len(shape))]) is not None


def _all_known(chosen: _Selection) -> bool:
    return all(_known(piece, chosen.shape) for piece in chosen.pieces if isinstance(piece, _Picked))


def _bare(chosen: _Selection) -> Mapping[int, int]:
    """The subscript's own axes along which an index is the place itself, each with the array's axis that has it."""
    found: dict[int, int] = {}
    if not _all_known(chosen):
        return found
    place = [["index", f"k{axis}"] for axis in range(len(chosen.shape))]
    for position, piece in enumerate(chosen.pieces):
        index = piece.counts(place) if isinstance(piece, _Picked) else None
        if index in place:
            found.setdefault(place.index(index), position)
    return found


def _distinct(chosen: _Selection) -> bool:
    """Whether all places are numbers, no two of them alike."""
    if not all(isinstance(dim, int) for dim in chosen.shape):
        number_of(next(dim for dim in chosen.shape if isinstance(dim, str)))
    if prod(map(number_of, chosen.shape)) > _MOST_LOOKED_AT:
        raise NotInSubset("so many indices")
    picked = [piece for piece in chosen.pieces if isinstance(piece, _Picked)]
    found = [tuple(value_of(piece.counts(spot)) for piece in picked) for spot in _spots(chosen.shape)]
    if all(None not in row for row in found):
        return len(set(found)) == len(found)
    if len(found) > _MOST_PLACES:
        raise NotInSubset(f"more than {_MOST_PLACES} indices of which some may be equal")
    return False


def _spots(shape: Shape) -> Iterator[list[Index]]:
    for spot in product(*(range(number_of(dim)) for dim in shape)):
        yield list(spot)


__all__ = ["gathered", "holds_arrays", "scattered", "with_entries"]

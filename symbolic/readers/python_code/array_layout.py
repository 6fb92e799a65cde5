"""Arrays laid out anew: parts, transposes, reshapes, stacks, and the products that pair axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from dyadic.symbolic.limits import MOST_ENTRIES
from dyadic.symbolic.readers.python_code.array_forms import (
    Dim,
    FormArray,
    Index,
    Recorder,
    Shape,
    broadcast,
    broadcast_shape,
    either,
    inside,
    number_of,
    plus,
    shown_shape,
    times,
    whole_numbers,
)
from dyadic.symbolic.readers.python_code.ellipsis_letters import without_ellipsis
from dyadic.symbolic.readers.python_code.partial_values import product
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, NumbersNeeded, ShapesDoNotFit


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    if not -rank <= axis < rank:
        raise ShapesDoNotFit(f"axis {axis} of an array of {rank} axes")
    return axis % rank


def permuted(array: FormArray, order: Sequence[int]) -> FormArray:
    order = [axis_of(axis, len(array.shape)) for axis in order]
    if sorted(order) != list(range(len(array.shape))):
        raise ShapesDoNotFit(f"the axes {list(order)} are no order of those of {array}")
    shape = tuple(array.shape[axis] for axis in order)

    def place(at: Sequence[Index]) -> list[Index]:
        found: list[Index] = [0] * len(order)
        for axis, index in zip(order, at, strict=True):
            found[axis] = index
        return found

    return array.moved(shape, place)


def swapped(array: FormArray, one: int, two: int) -> FormArray:
    order = list(range(len(array.shape)))
    one, two = axis_of(one, len(order)), axis_of(two, len(order))
    order[one], order[two] = order[two], order[one]
    return permuted(array, order)


def with_axis(array: FormArray, axis: int) -> FormArray:
    """With an axis of one entry more."""
    axis = axis_of(axis, len(array.shape) + 1)
    shape = (*array.shape[:axis], 1, *array.shape[axis:])
    return array.moved(shape, lambda at: [*at[:axis], *at[axis + 1 :]])


def without_axes(array: FormArray, axes: Sequence[int] | None, lenient: bool = False) -> FormArray:
    """Without axes of one entry; without all of them where none are told.

    lenient: whether axes of more entries are left as they are, as PyTorch does.
    """
    chosen = [axis_of(axis, len(array.shape)) for axis in (range(len(array.shape)) if axes is None else axes)]
    for axis in chosen:
        number_of(array.shape[axis])  # of one entry it is left out, of more it is not
    if axes is None or lenient:
        chosen = [axis for axis in chosen if array.shape[axis] == 1]
    if any(array.shape[axis] != 1 for axis in chosen):
        raise ShapesDoNotFit(f"an axis of {array} that has more than one entry cannot be left out")
    shape = tuple(dim for axis, dim in enumerate(array.shape) if axis not in chosen)

    def place(at: Sequence[Index]) -> list[Index]:
        rest = iter(at)
        return [0 if axis in chosen else next(rest) for axis in range(len(array.shape))]

    return array.moved(shape, place)


@dataclass(frozen=True)
class Taken:
    """What a subscript takes along one axis: an index (axis left out), or ``count`` entries from ``start`` on."""

    start: int
    count: Dim | None
    step: int = 1

    def inner(self, index: Index) -> Index:
        """The index in the array of one in the part."""
        return plus(times(self.step, index), self.start)

    def outer(self, index: Index) -> tuple[list[Any], Index]:
        """Brackets that are 1 where an index of the array is in the part, and that one's index in it."""
        if self.step < 0 and self.count is not None:  # the same entries, from the last one on
            count = number_of(self.count)
            brackets, inner = Taken(self.start + self.step * (count - 1), count, -self.step).outer(index)
            return brackets, plus(count - 1, times(-1, inner))
        shifted = plus(index, -self.start)
        if self.count is None:
            return [["same", index, self.start]], None
        if self.start == 0 and self.step == 1 and isinstance(self.count, str):
            return [], index
        if self.step == 1:
            return [["inside", shifted, self.count]], shifted
        span = self.step * (number_of(self.count) - 1) + 1
        return [["inside", shifted, span], ["divides", self.step, shifted]], ["quotient", shifted, self.step]


def taken(key: Any, dim: Dim) -> Taken:
    """An integer or a slice along an axis."""
    if isinstance(key, int):
        if key < 0:
            key += number_of(dim)
        if key < 0 or (isinstance(dim, int) and key >= dim):
            raise ShapesDoNotFit(f"the index {key} of an axis of {dim} entries")
        if isinstance(dim, str) and key > 0:
            raise NumbersNeeded
        return Taken(key, None)
    if key == slice(None):
        return Taken(0, dim)
    start, stop, step = key.indices(number_of(dim))
    count = len(range(start, stop, step))
    if not count:
        raise NotInSubset("an empty slice")
    return Taken(start, count, step)


def part(array: FormArray, keys: Sequence[Any]) -> FormArray:
    """The part that a basic subscript takes: integers, slices, None and an ellipsis."""
    array, keys, _ = with_new_axes(array, keys)
    pieces = list(map(taken, keys, array.shape))
    kept = [piece for piece in pieces if piece.count is not None]
    shape = tuple(piece.count for piece in kept if piece.count is not None)

    def place(at: Sequence[Index]) -> list[Index]:
        rest = iter(at)
        return [p.start if p.count is None else p.inner(next(rest)) for p in pieces]

    return array.moved(shape, place)


def with_new_axes(array: FormArray, keys: Sequence[Any]) -> tuple[FormArray, list[Any], list[int]]:
    """The array with an axis of one entry for each None of a subscript, one key for each axis, and those new axes."""
    whole = spelled_out(keys, len(array.shape))
    new = [position for position, key in enumerate(whole) if key is None]
    for position in new:
        array = with_axis(array, position)
    return array, [slice(None) if key is None else key for key in whole], new


def spelled_out(keys: Sequence[Any], rank: int) -> list[Any]:
    """The keys with whole slices for an ellipsis and for what is not written."""
    keys = list(keys)
    missing = rank - sum(1 for key in keys if key is not None and key is not Ellipsis)
    if missing < 0 or sum(1 for key in keys if key is Ellipsis) > 1:
        raise ShapesDoNotFit(f"{len(keys)} indices of an array of {rank} axes")
    if Ellipsis not in keys:
        keys.append(Ellipsis)
    at = keys.index(Ellipsis)
    return [*keys[:at], *[slice(None)] * missing, *keys[at + 1 :]]


def with_part(recorder: Recorder, array: FormArray, keys: Sequence[Any], value: FormArray) -> FormArray:
    """The array with other entries in the part that a basic subscript takes.

    The value is broadcast to the shape of that part, in which every None is an axis of one entry.
    """
    array, keys, new_axes = with_new_axes(recorder.named(array), keys)
    pieces = list(map(taken, keys, array.shape))
    shape = tuple(piece.count for piece in pieces if piece.count is not None)
    lead = len(value.shape) - len(shape)
    if lead > 0:  # leading axes of one entry are passed over
        value = without_axes(value, range(lead))
    value = broadcast(recorder.named(value), shape)

    def entry(at: Sequence[Index]) -> Any:
        brackets: list[Any] = []
        place: list[Index] = []
        for piece, dim, index in zip(pieces, array.shape, at, strict=True):
            if piece.count == dim and piece.step == 1:
                place.append(index)
                continue
            within, inner = piece.outer(index)
            brackets += within
            if piece.count is not None:
                place.append(inner)
        new = value.at(place)
        if not brackets:
            return new
        return either(times(*brackets), new, array.at(at))

    truth, whole = array.truth and value.truth, array.whole and whole_numbers([value])
    return without_axes(FormArray(array.shape, entry, truth=truth, whole=whole), new_axes)


def reshaped(array: FormArray, wanted: Sequence[Dim]) -> FormArray:
    """In row-major order; -1 stands for what is left."""
    shape = _with_rest(array.shape, wanted)
    if [dim for dim in shape if dim != 1] == [dim for dim in array.shape if dim != 1]:
        return _inserted(array, shape)
    old, new = [number_of(dim) for dim in array.shape], [number_of(dim) for dim in shape]
    if prod(old) > MOST_ENTRIES:
        raise NotInSubset("an array of so many entries")
    if prod(old) != prod(new):
        raise ShapesDoNotFit(f"an array of the shape {array} cannot be reshaped to {shown_shape(shape)}")
    groups = _groups(old, new)

    def place(at: Sequence[Index]) -> list[Index]:
        found: list[Index] = []
        for (first, last), (start, end) in groups:
            flat = plus(*(times(prod(new[axis + 1 : end]), at[axis]) for axis in range(start, end)))
            for axis in range(first, last):
                found.append(_digit(flat, prod(old[axis + 1 : last]), old[axis], axis == first))
        return found

    return array.moved(shape, place)


def _with_rest(shape: Shape, wanted: Sequence[Dim]) -> Shape:
    if sum(dim == -1 for dim in wanted) > 1:
        raise ShapesDoNotFit("more than one size of a shape is -1")
    if -1 not in wanted:
        return tuple(wanted)
    others = [dim for dim in wanted if dim != -1]
    left: list[Dim] = [dim for dim in shape if dim != 1]
    for dim in others:
        if dim in left:
            left.remove(dim)
        elif dim != 1:
            left = [prod(map(number_of, shape)) // max(1, prod(map(number_of, others)))]
            break
    rest: Dim = left[0] if len(left) == 1 else prod(map(number_of, left))
    return tuple(rest if dim == -1 else dim for dim in wanted)


def _inserted(array: FormArray, shape: Shape) -> FormArray:
    """Only axes of one entry differ."""
    places = [axis for axis, dim in enumerate(array.shape) if dim != 1]

    def place(at: Sequence[Index]) -> list[Index]:
        found: list[Index] = [0] * len(array.shape)
        used = (index for index, dim in zip(at, shape, strict=True) if dim != 1)
        for axis in places:
            found[axis] = next(used)
        return found

    return array.moved(shape, place)


def _groups(old: list[int], new: list[int]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The shortest runs of axes of both that have as many entries."""
    found, i, j = [], 0, 0
    while i < len(old) or j < len(new):
        first, start, one, two = i, j, 1, 1
        while i == first or j == start or one != two:
            if (one <= two and i < len(old)) or j >= len(new):
                if i >= len(old):
                    break
                one, i = one * old[i], i + 1
            else:
                two, j = two * new[j], j + 1
            if one == two and (i > first or i == len(old)) and (j > start or j == len(new)):
                break
        found.append(((first, i), (start, j)))
    return found


def _digit(flat: Index, below: int, count: int, leading: bool) -> Index:
    """One index of a row-major number: those after it have ``below`` values together."""
    if isinstance(flat, int):
        return flat // below % count
    quotient = flat if below == 1 else ["quotient", flat, below]
    return quotient if leading else ["remainder", quotient, count]


def joined(recorder: Recorder, arrays: Sequence[FormArray], axis: int) -> FormArray:
    """Arrays one after the other along an axis."""
    first = arrays[0]
    axis = axis_of(axis, len(first.shape))
    for array in arrays:
        if len(array.shape) != len(first.shape) or any(
            one != two for a, (one, two) in enumerate(zip(array.shape, first.shape, strict=True)) if a != axis
        ):
            raise ShapesDoNotFit(f"{array} and {first} cannot be put together along axis {axis}")
    lengths = [number_of(array.shape[axis]) for array in arrays]
    arrays = [recorder.named(array) for array in arrays]

    def entry(at: Sequence[Index]) -> Any:
        terms, start = [], 0
        for array, length in zip(arrays, lengths, strict=True):
            index = at[axis] - start if isinstance(at[axis], int) else plus(at[axis], -start)
            terms.append(times(inside(index, length), array.at([*at[:axis], index, *at[axis + 1 :]])))
            start += length
        return plus(*terms)

    shape = (*first.shape[:axis], sum(lengths), *first.shape[axis + 1 :])
    truth = all(array.truth for array in arrays)
    return FormArray(shape, entry, truth=truth, whole=not truth and whole_numbers(arrays))


def stacked(recorder: Recorder, arrays: Sequence[FormArray], axis: int) -> FormArray:
    """Arrays of one shape along a new axis."""
    axis = axis_of(axis, len(arrays[0].shape) + 1)
    return joined(recorder, [with_axis(array, axis) for array in arrays], axis)


def matrix_product(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    """``@``: of vectors, matrices, and stacks of matrices."""
    if one.truth and two.truth:
        raise NotInSubset("a product of matrices of comparisons (multiply by 1.0 first)")
    if not one.shape or not two.shape:
        raise ShapesDoNotFit("a matrix product with a number")
    one, two = recorder.named(one), recorder.named(two)
    left, right = len(one.shape) == 1, len(two.shape) == 1
    a, b = (with_axis(one, 0) if left else one), (with_axis(two, 1) if right else two)
    if a.shape[-1] != b.shape[-2]:
        raise ShapesDoNotFit(f"matrices of the shapes {one} and {two} cannot be multiplied")
    lead = broadcast_shape(a.shape[:-2], b.shape[:-2]) if len(a.shape) + len(b.shape) > 4 else ()
    a, b = broadcast(a, (*lead, *a.shape[-2:])), broadcast(b, (*lead, *b.shape[-2:]))
    shape = (*lead, a.shape[-2], b.shape[-1])

    def entry(at: Sequence[Index]) -> Any:
        name = recorder.bound()
        k = ["index", name]
        return ["sum", name, a.shape[-1], product(recorder, a.at([*at[:-1], k]), b.at([*at[:-2], k, at[-1]]))]

    found = FormArray(shape, entry, whole=whole_numbers([one, two]))
    if left:
        found = _dropped(found, len(shape) - 2)
    return _dropped(found, len(found.shape) - 1) if right else found


def _dropped(array: FormArray, axis: int) -> FormArray:
    shape = (*array.shape[:axis], *array.shape[axis + 1 :])
    return array.moved(shape, lambda at: [*at[:axis], 0, *at[axis:]])


def contracted(recorder: Recorder, text: str, arrays: Sequence[FormArray]) -> FormArray:
    """einsum: ``"ij,jk->ik"``; without an arrow the letters that stand once, in their order."""
    if arrays and all(array.truth for array in arrays):
        raise NotInSubset("a product of comparisons (multiply by 1.0 first)")
    written, arrow, result = text.replace(" ", "").partition("->")
    terms = written.split(",")
    if "..." in text:
        terms, result = without_ellipsis(terms, result if arrow else None, arrays)
        arrow = "->"
    letters = "".join(terms)
    if not arrow:
        result = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    if not letters.isalpha() or not (result.isalpha() or not result) or not letters.isascii():
        raise NotInSubset(f"the einsum {text[:40]!r}")
    if len(terms) != len(arrays) or len(set(result)) < len(result) or not set(result) <= set(letters):
        raise ShapesDoNotFit(f"the einsum {text[:40]!r} does not fit {len(arrays)} arrays")
    dims: dict[str, Dim] = {}
    for term, array in zip(terms, arrays, strict=True):
        if len(term) != len(array.shape):
            raise ShapesDoNotFit(f"{term!r} of an einsum does not fit the shape {array}")
        for letter, dim in zip(term, array.shape, strict=True):
            if dims.setdefault(letter, dim) != dim:
                raise ShapesDoNotFit(f"{letter} of the einsum {text[:40]!r} has {dims[letter]} entries and {dim}")
    arrays = [recorder.named(array) for array in arrays]
    summed = [letter for letter in dict.fromkeys(letters) if letter not in result]

    def entry(at: Sequence[Index]) -> Any:
        names = {letter: recorder.bound() for letter in summed}
        place = dict(zip(result, at, strict=True)) | {letter: ["index", name] for letter, name in names.items()}
        factors = (array.at([place[c] for c in term]) for term, array in zip(terms, arrays, strict=True))
        node = product(recorder, *factors)
        for letter in reversed(summed):
            node = ["sum", names[letter], dims[letter], node]
        return node

    return FormArray(tuple(dims[letter] for letter in result), entry, whole=whole_numbers(arrays))

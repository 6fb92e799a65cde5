"""Entries moved, repeated, left out or added up along an axis: flip, roll, pad, split, repeat, tile, triu, cumsum.

Each is a function of a call's arguments, as the table of functions holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    Dim,
    FormArray,
    Index,
    Shape,
    counted,
    either,
    number_of,
    plus,
    size_node,
    times,
    whole_numbers,
)
from dyadic.symbolic.readers.python_code.array_layout import axis_of, part, reshaped
from dyadic.symbolic.readers.python_code.call_arguments import (
    CallArguments,
    SizeName,
    as_array,
    as_list,
    axes_from,
    dimension,
    size_value,
    whole_number,
)
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, ShapesDoNotFit
from dyadic.symbolic.readers.python_code.subscript_bounds import quotient, remainder

_MOST_FACTORS = 16


def _along(array: FormArray, axis: int, dim: Dim, moved: Callable[[Index], Index]) -> FormArray:
    """The array with another index along one axis, which then has another size."""
    shape = (*array.shape[:axis], dim, *array.shape[axis + 1 :])
    return array.moved(shape, lambda at: [*at[:axis], moved(at[axis]), *at[axis + 1 :]])


def _flat(array: FormArray) -> FormArray:
    return reshaped(array, (-1,)) if len(array.shape) != 1 else array


def flipped(array: FormArray, axes: Sequence[int]) -> FormArray:
    """With the entries along some axes from the last to the first."""
    for axis in axes:
        last = plus(size_node(array.shape[axis]), -1)
        array = _along(array, axis, array.shape[axis], lambda index, last=last: plus(last, times(-1, index)))  # type: ignore[misc]
    return array


def flip(call: CallArguments) -> FormArray:
    array = call.array("m", "input")
    axes = call.listed("axis", "dims", default=None)
    return flipped(array, axes_from(None if axes == [None] else axes, len(array.shape)))


def flip_along(axis: int) -> Callable[[CallArguments], FormArray]:
    def handler(call: CallArguments) -> FormArray:
        array = call.array("m", "input")
        return flipped(array, [axis_of(axis, len(array.shape))])

    return handler


def rolled(call: CallArguments) -> FormArray:
    """Entries moved on by some places, the last ones to the front."""
    array = call.array("a", "input")
    shifts, axis = as_list(call.take("shift", "shifts")), call.take("axis", "dims", default=None)
    shape = array.shape
    if axis is None:
        array = _flat(array)
        axes = [0]
    else:
        axes = [axis_of(whole_number(one, "an axis"), len(shape)) for one in as_list(axis)]
    if len(shifts) != len(axes):
        raise NotInSubset("a roll whose shifts and axes are not as many")
    for one, shift in zip(axes, shifts, strict=True):
        count = number_of(array.shape[one])
        back = -whole_number(shift, "a shift") % count
        array = _along(array, one, count, lambda index, back=back, count=count: remainder(plus(index, back), count))  # type: ignore[misc]
    return reshaped(array, shape) if axis is None else array


def repeated(call: CallArguments) -> FormArray:
    """Each entry some times, one after the other."""
    array, times_each = call.array("a", "input"), call.take("repeats")
    axis = call.take("axis", "dim", default=None)
    if axis is None:
        array, axis = _flat(array), 0
    axis = axis_of(whole_number(axis, "an axis"), len(array.shape))
    if array.shape[axis] == 1:  # what has one entry may be repeated as often as a size with a name says
        return _along(array, axis, dimension(times_each), lambda index: 0)
    count = _positive(times_each)
    return _along(array, axis, number_of(array.shape[axis]) * count, lambda index: quotient(index, count))


def repeat_method(call: CallArguments) -> FormArray:
    """``repeat``: of NumPy :func:`repeated`, of PyTorch :func:`tiled`, with a number for each axis."""
    if call.library != "torch":
        return repeated(call)
    array, counts = call.array("input"), call.listed("repeats")
    if len(counts) < len(array.shape):
        raise ShapesDoNotFit(f"a repeat by {len(counts)} numbers of an array of the shape {array}")
    return _copies(array, counts)


def tiled(call: CallArguments) -> FormArray:
    """The array some times, one copy behind the other."""
    return _copies(call.array("A", "input"), call.listed("reps", "dims"))


def _copies(array: FormArray, counts: list[Any]) -> FormArray:
    rank = max(len(array.shape), len(counts))
    array = array.moved((*[1] * (rank - len(array.shape)), *array.shape), _behind(array, rank))
    counts = [*[1] * (rank - len(counts)), *counts]
    for axis, many in enumerate(counts):
        dim = array.shape[axis]
        if many == 1 and not isinstance(many, bool):
            continue
        if dim == 1:
            array = _along(array, axis, dimension(many), lambda index: 0)
            continue
        count = number_of(dim)
        array = _along(array, axis, count * _positive(many), lambda index, count=count: remainder(index, count))  # type: ignore[misc]
    return array


def _behind(array: FormArray, rank: int) -> Callable[[Sequence[Index]], Sequence[Index]]:
    return lambda at: at[rank - len(array.shape) :]


def _positive(value: Any) -> int:
    count = whole_number(value, "a number of times")
    if count < 1:
        raise NotInSubset("an array repeated less than once")
    return count


def triangle(upper: bool) -> Callable[[CallArguments], FormArray]:
    """What stands on one side of a diagonal and on it, with 0 elsewhere."""

    def handler(call: CallArguments) -> FormArray:
        array = call.array("m", "input")
        k = whole_number(call.take("k", "diagonal", default=0), "a diagonal")
        if len(array.shape) < 2:
            raise NotInSubset("a triangle of what is no matrix")
        rows, columns = map(size_node, array.shape[-2:])
        array = call.recorder.named(array)

        def entry(at: Sequence[Index]) -> Any:
            i, j = at[-2:]
            beyond = plus(j, times(-1, i), -k) if upper else plus(i, times(-1, j), k)
            bound = plus(columns, max(-k, 0)) if upper else plus(rows, max(k, 0))
            return times(["inside", beyond, bound], array.at(at))

        return replace(array, at=entry, plain=False, counts=None)

    return handler


def running_sum(call: CallArguments) -> FormArray:
    """cumsum: the sum of all entries up to and with this one."""
    array, axis = call.array("a", "input"), call.take("axis", "dim", default=None)
    if axis is None:
        array, axis = _flat(array), 0
    axis = axis_of(whole_number(axis, "an axis"), len(array.shape))
    array, dim, recorder = call.recorder.named(array), array.shape[axis], call.recorder

    def entry(at: Sequence[Index]) -> Any:
        name = recorder.bound()
        k = ["index", name]
        before = ["inside", plus(at[axis], times(-1, k)), size_node(dim)]
        return ["sum", name, dim, times(before, array.at([*at[:axis], k, *at[axis + 1 :]]))]

    return FormArray(array.shape, entry, whole=whole_numbers([array]))


def product(call: CallArguments) -> FormArray:
    """The product along some axes, written out."""
    array = call.array("a", "input")
    axes, keep = call.axes(len(array.shape))
    for axis in reversed(axes):
        count = number_of(array.shape[axis])
        if count > _MOST_FACTORS:
            raise NotInSubset(f"a product of more than {_MOST_FACTORS} entries")
        shape = (*array.shape[:axis], *([1] if keep else []), *array.shape[axis + 1 :])
        factors = _factors(call.recorder.named(array), axis, count, keep)
        array = FormArray(shape, factors, whole=whole_numbers([array]))
    return array


def _factors(array: FormArray, axis: int, count: int, keep: bool) -> Callable[[Sequence[Index]], Any]:
    return lambda at: times(*(array.at([*at[:axis], k, *at[axis + keep :]]) for k in range(count)))


def padded(call: CallArguments) -> FormArray:
    """With a number before and behind along each axis; PyTorch lists the widths from the last axis on."""
    array, widths = call.array("array", "input"), call.take("pad_width", "pad")
    mode = call.take("mode", default="constant")
    number = as_array(call.take("constant_values", "value", default=0) or 0)
    if mode != "constant":
        raise NotInSubset(f"a pad in the mode {mode}" if isinstance(mode, str) else "a pad in this mode")
    if number.shape:
        raise NotInSubset("a pad with different numbers")
    if array.truth:
        raise NotInSubset("a pad of comparisons (multiply by 1.0 first)")
    if not array.holds(number):
        raise NotInSubset("a pad of integers with another number, of which the fraction is cut off,")
    rank = len(array.shape)
    pairs = _flat_widths(widths, rank) if call.library == "torch" else _widths(widths, rank)
    shape = tuple(
        dim if pair == (0, 0) else number_of(dim) + sum(pair) for dim, pair in zip(array.shape, pairs, strict=True)
    )
    array = call.recorder.named(array)

    def entry(at: Sequence[Index]) -> Any:
        brackets: list[Any] = []
        place: list[Index] = []
        for index, dim, pair in zip(at, array.shape, pairs, strict=True):
            place.append(plus(index, -pair[0]))
            brackets += [] if pair == (0, 0) else [["inside", place[-1], dim]]
        if not brackets:
            return array.at(place)
        return either(times(*brackets), array.at(place), number.at([]))

    return FormArray(shape, entry, whole=array.whole)


def _widths(widths: Any, rank: int) -> list[tuple[int, int]]:
    """1; (1, 2); ((1, 2),); ((1, 2), (0, 0)): as NumPy reads them."""
    listed = as_list(widths)
    if not any(isinstance(one, tuple | list) for one in listed):
        listed = [listed]
    pairs = [as_list(one) for one in listed]
    pairs = [one * 2 if len(one) == 1 else one for one in pairs]
    pairs = pairs * rank if len(pairs) == 1 else pairs
    if len(pairs) != rank or any(len(pair) != 2 for pair in pairs):
        raise ShapesDoNotFit(f"the widths of a pad do not fit an array of {rank} axes")
    return [_width(pair) for pair in pairs]


def _flat_widths(widths: Any, rank: int) -> list[tuple[int, int]]:
    listed = as_list(widths)
    if len(listed) % 2 or len(listed) > 2 * rank:
        raise ShapesDoNotFit(f"the widths of a pad do not fit an array of {rank} axes")
    pairs = [_width(listed[k : k + 2]) for k in range(0, len(listed), 2)]
    return [*[(0, 0)] * (rank - len(pairs)), *reversed(pairs)]


def _width(pair: Sequence[Any]) -> tuple[int, int]:
    before, after = (whole_number(one, "a width") for one in pair)
    if min(before, after) < 0:
        raise NotInSubset("a pad by less than nothing")
    return before, after


def split(call: CallArguments) -> tuple[FormArray, ...]:
    """Parts along an axis: NumPy is told how many or where, PyTorch how long they are."""
    array, where = call.array("ary", "input", "tensor"), call.take("indices_or_sections", "split_size_or_sections")
    axis = axis_of(whole_number(call.take("axis", "dim", default=0), "an axis"), len(array.shape))
    count = number_of(array.shape[axis])
    if call.library == "torch":
        lengths = [whole_number(one, "a length") for one in where] if isinstance(where, tuple | list) else []
        step = 0 if lengths else _positive(where)
        ends = [sum(lengths[:k]) for k in range(len(lengths) + 1)] if lengths else [*range(0, count, step), count]
        if ends[-1] != count:
            raise ShapesDoNotFit(f"parts of {', '.join(map(str, lengths))} entries of an axis of {count}")
    elif isinstance(where, tuple | list):
        ends = [0, *(whole_number(one, "a place") for one in where), count]
    else:
        parts = _positive(where)
        if count % parts:
            raise ShapesDoNotFit(f"an axis of {count} entries cannot be split into {parts} equal parts")
        ends = list(range(0, count + 1, count // parts))
    return _pieces(array, axis, ends)


def chunks(call: CallArguments) -> tuple[FormArray, ...]:
    """As many parts of one length, of which the last may be shorter."""
    array, wanted = call.array("input"), _positive(call.take("chunks"))
    axis = axis_of(whole_number(call.take("dim", default=0), "an axis"), len(array.shape))
    count = number_of(array.shape[axis])
    return _pieces(array, axis, [*range(0, count, -(-count // wanted)), count])


def _pieces(array: FormArray, axis: int, ends: Sequence[int]) -> tuple[FormArray, ...]:
    return tuple(part(array, [*[slice(None)] * axis, slice(start, end)]) for start, end in pairwise(ends))


def number_of_entries(shape: Shape) -> int | SizeName | FormArray:
    """What ``x.size`` is: a number, a size with a name, or a product of such."""
    if all(isinstance(dim, int) for dim in shape):
        return prod(map(number_of, shape))
    left = [dim for dim in shape if dim != 1]
    if len(left) == 1 and isinstance(found := size_value(left[0]), SizeName):
        return found
    node = counted(shape)
    return FormArray((), lambda at: node, True)


def size_call(call: CallArguments) -> int | SizeName | FormArray:
    """``np.size(x)``, ``x.numel()``; along one axis."""
    array, axis = call.array("a", "input"), call.take("axis", default=None)
    if axis is None:
        return number_of_entries(array.shape)
    return size_value(array.shape[axis_of(whole_number(axis, "an axis"), len(array.shape))])

"""Arrays made of others and of counted numbers: arange, hstack, diff, trace, tensordot, linear and the like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from string import ascii_letters
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    Dim,
    FormArray,
    Index,
    Recorder,
    broadcast,
    broadcast_shape,
    constant,
    difference,
    entrywise,
    one_minus,
    plus,
    power_node,
    same,
    summed,
    times,
)
from dyadic.symbolic.readers.python_code.array_functions import (
    added,
    applied,
    comparisons,
    divided,
    multiplied,
    numbers,
    subtracted,
)
from dyadic.symbolic.readers.python_code.array_layout import (
    axis_of,
    contracted,
    joined,
    matrix_product,
    part,
    permuted,
    reshaped,
    with_axis,
)
from dyadic.symbolic.readers.python_code.array_rearranged import product
from dyadic.symbolic.readers.python_code.call_arguments import (
    CallArguments,
    SizeName,
    as_array,
    as_list,
    dimension,
    floating,
    whole_number,
)
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, ShapesDoNotFit


def _counted_up(call: CallArguments) -> FormArray:
    """arange: the integers from one to another one; up to a size that has a name too."""
    first = call.take("start", "stop", "end")
    bounds = [first, *(call.take(default=None) for _ in range(2))]
    bounds = [bounds[0], call.keyword("stop", "end", default=bounds[1]), call.keyword("step", default=bounds[2])]
    floating(told := call.keyword("dtype"))
    whole = told is None
    if isinstance(first, SizeName) and bounds[1:] == [None, None]:
        return replace(places_of(call.recorder, first.name), whole=whole)
    start, stop, step = (None if bound is None else whole_number(bound, "a bound of arange") for bound in bounds)
    found = range(start or 0) if stop is None else range(start or 0, stop, 1 if step is None else step)
    if not found:
        raise NotInSubset("an array of nothing")
    return counted_from(call.recorder, found, whole)


def counted_from(recorder: Recorder, counted: range, whole: bool = True) -> FormArray:
    """The integers of a range, one after the other."""
    places = places_of(recorder, len(counted))

    def count(at: Sequence[Index]) -> Index:
        return plus(times(counted.step, at[0]), counted.start)

    return replace(
        places, at=lambda at: plus(times(counted.step, places.at(at)), counted.start), whole=whole, counts=count
    )


def places_of(recorder: Recorder, dim: Dim) -> FormArray:
    """The index itself as a number: how many others come before it."""

    def entry(at: Sequence[Index]) -> Any:
        (index,) = at
        if isinstance(index, int):
            return index
        name = recorder.bound()
        return ["sum", name, dim, ["inside", plus(index, -1, times(-1, ["index", name])), dim]]

    return FormArray((dim,), entry, whole=True, counts=lambda at: at[0])


def _arrays(call: CallArguments) -> list[FormArray]:
    value = call.take("tup", "tensors", "arrays")
    if not isinstance(value, tuple | list) or not value:
        raise NotInSubset("arrays that are not listed")
    return [as_array(one) for one in value]


def _side_by_side(call: CallArguments) -> FormArray:
    """hstack: along the second axis, of vectors along the first."""
    arrays = [with_axis(one, 0) if not one.shape else one for one in _arrays(call)]
    return joined(call.recorder, arrays, 0 if len(arrays[0].shape) == 1 else 1)


def _below_each_other(call: CallArguments) -> FormArray:
    """vstack: along the first axis, vectors as rows."""
    arrays = _arrays(call)
    while any(len(one.shape) < 2 for one in arrays):
        arrays = [with_axis(one, 0) if len(one.shape) < 2 else one for one in arrays]
    return joined(call.recorder, arrays, 0)


def _as_columns(call: CallArguments) -> FormArray:
    """column_stack: vectors as columns, beside matrices."""
    arrays = _arrays(call)
    if not all(one.shape for one in arrays):
        raise NotInSubset("a column made of a number")
    return joined(call.recorder, [with_axis(one, 1) if len(one.shape) == 1 else one for one in arrays], 1)


def _differences(call: CallArguments) -> FormArray:
    """diff: each entry less the one before it."""
    array = call.array("a", "input")
    numbers(array)
    if whole_number(call.take("n", default=1), "a number of times") != 1:
        raise NotInSubset("differences of differences")
    axis = axis_of(whole_number(call.take("axis", "dim", default=-1), "an axis"), len(array.shape))
    array, before = call.recorder.named(array), [slice(None)] * axis
    return subtracted(call.recorder, part(array, [*before, slice(1, None)]), part(array, [*before, slice(None, -1)]))


def _trace(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    if len(array.shape) != 2 or array.shape[0] != array.shape[1]:
        raise NotInSubset("the trace of what is no square matrix")
    diagonal = array.moved(array.shape[:1], lambda at: [at[0], at[0]])
    return summed(call.recorder, diagonal, [0], False)


def _tensordot(call: CallArguments) -> FormArray:
    """Over the last axes of the one and the first ones of the other, or over pairs of axes."""
    one, two = call.array("a"), call.array("b")
    axes = call.take("axes", "dims", default=2)
    if isinstance(axes, tuple | list) and len(axes) == 2:
        left, right = map(as_list, axes)
        if call.library == "torch" and not all(isinstance(each, tuple | list) for each in axes):
            raise NotInSubset("axes of a tensordot that are not listed")
    else:
        count = whole_number(axes, "a number of axes")
        if not 0 <= count <= min(len(one.shape), len(two.shape)):
            raise ShapesDoNotFit(f"a tensordot over {count} axes of arrays of the shapes {one} and {two}")
        left, right = list(range(len(one.shape) - count, len(one.shape))), list(range(count))
    if len(left) != len(right):
        raise ShapesDoNotFit("a tensordot over axes that are not as many")
    left = [axis_of(whole_number(axis, "an axis"), len(one.shape)) for axis in left]
    right = [axis_of(whole_number(axis, "an axis"), len(two.shape)) for axis in right]
    return _paired(call.recorder, one, two, left, right)


def _inner(call: CallArguments) -> FormArray:
    """Over the last axes of both."""
    one, two = call.array("a", "input"), call.array("b", "other")
    if not one.shape or not two.shape:
        return multiplied(call.recorder, one, two)
    return _paired(call.recorder, one, two, [len(one.shape) - 1], [len(two.shape) - 1])


def _paired(recorder: Recorder, one: FormArray, two: FormArray, left: Sequence[int], right: Sequence[int]) -> FormArray:
    a = list(ascii_letters[: len(one.shape)])
    b = list(ascii_letters[len(one.shape) : len(one.shape) + len(two.shape)])
    if len(a) + len(b) > 20 or len(set(left)) < len(left) or len(set(right)) < len(right):
        raise NotInSubset("a tensordot over these axes")
    rest = [letter for k, letter in enumerate(a) if k not in left]
    rest += [letter for k, letter in enumerate(b) if k not in right]
    for i, j in zip(left, right, strict=True):
        b[j] = a[i]
    return contracted(recorder, f"{''.join(a)},{''.join(b)}->{''.join(rest)}", [one, two])


def _logarithm(base: int) -> Callable[[CallArguments], FormArray]:
    """log2, log10."""

    def handler(call: CallArguments) -> FormArray:
        recorder = call.recorder
        own = applied(recorder, "log", constant(base))
        return divided(recorder, applied(recorder, "log", call.array("x", "input")), own)

    return handler


def _power_of_two(call: CallArguments) -> FormArray:
    """exp2: exp(x log 2)."""
    recorder = call.recorder
    return applied(
        recorder, "exp", multiplied(recorder, call.array("x", "input"), applied(recorder, "log", constant(2)))
    )


def _hypotenuse(call: CallArguments) -> FormArray:
    one, two = call.array("x1", "input"), call.array("x2", "other")
    numbers(one, two)
    squares = entrywise(call.recorder, lambda a, b: plus(power_node(a, 2), power_node(b, 2)), one, two)
    return applied(call.recorder, "sqrt", squares)


def _heaviside(call: CallArguments) -> FormArray:
    """0, a given value at 0, and 1."""
    array, at_zero = call.recorder.named(call.array("x1", "input")), call.array("x2", "values")
    numbers(array)
    call.recorder.smooth(array)

    def value(a: Any, b: Any) -> Any:
        above, below = ["apply", "step", 0, a], ["apply", "step", 0, times(-1, a)]
        return plus(above, times(b, difference(one_minus(above), below)))

    return entrywise(call.recorder, value, array, at_zero, real=True)


def _number_that_hold(call: CallArguments) -> FormArray:
    """count_nonzero of comparisons."""
    array = call.array("a", "input")
    comparisons("a count", array)
    axes, keep = call.axes(len(array.shape))
    return summed(call.recorder, array, axes, keep)


def _holds(every: bool) -> Callable[[CallArguments], FormArray]:
    """all, any of comparisons: products of them, or of what they are not."""

    def handler(call: CallArguments) -> FormArray:
        array = call.array("a", "input")
        comparisons("any or all", array)
        turned = array if every else entrywise(call.recorder, one_minus, array, truth=True)
        rest = {name: call.keyword(name) for name in ("axis", "dim", "keepdims", "keepdim") if call.has(name)}
        found = product(CallArguments(call.recorder, [turned, *call.rest()], rest, call.library))
        return replace(found if every else entrywise(call.recorder, one_minus, found), truth=True, whole=False)

    return handler


def _filled_as(call: CallArguments) -> FormArray:
    """full_like."""
    like, value = call.array("a", "input"), call.array("fill_value")
    floating(told := call.keyword("dtype"))
    if told is None and not like.holds(value):
        raise NotInSubset("an array of comparisons or integers that is filled with other numbers")
    if value.shape:
        raise NotInSubset("an array that is filled with another one")
    found = broadcast(value, like.shape)
    return replace(found, truth=like.truth and told is None, whole=like.whole and told is None)


def _linear(call: CallArguments) -> FormArray:
    """``x @ w.T + b`` of PyTorch."""
    array, weight, bias = call.array("input"), call.array("weight"), call.take("bias", default=None)
    if len(weight.shape) != 2:
        raise NotInSubset("weights that are no matrix")
    found = matrix_product(call.recorder, array, permuted(weight, (1, 0)))
    return found if bias is None else added(call.recorder, found, broadcast(as_array(bias), found.shape))


def _added_product(call: CallArguments) -> FormArray:
    """addmm of PyTorch: an array and the product of two matrices."""
    array, left, right = call.array("input"), call.array("mat1"), call.array("mat2")
    if not len(left.shape) == len(right.shape) == 2:
        raise NotInSubset("addmm of what are no matrices")
    found = matrix_product(call.recorder, left, right)
    return added(call.recorder, broadcast(array, found.shape), found)


def _broadcast_arrays(call: CallArguments) -> tuple[FormArray, ...]:
    arrays = [as_array(one) for one in call.rest()]
    if not arrays:
        raise NotInSubset("broadcast_arrays of nothing")
    shape = broadcast_shape(*(array.shape for array in arrays))
    return tuple(broadcast(array, shape) for array in arrays)


def _shaped_as(call: CallArguments) -> FormArray:
    return reshaped(call.array("input"), call.array("other").shape)


def _diagonal_of_all(call: CallArguments) -> FormArray:
    """diagflat: a matrix with all entries of an array on its diagonal."""
    array = call.recorder.named(call.array("v", "input"))
    flat = reshaped(array, (-1,))
    (size,) = flat.shape
    return replace(
        flat, shape=(size, size), at=lambda at: times(same(at[0], at[1]), flat.at(at[:1])), plain=False, counts=None
    )


def _new(number: int) -> Callable[[CallArguments], FormArray]:
    """new_zeros, new_ones of PyTorch: an array of the type of another one."""

    def handler(call: CallArguments) -> FormArray:
        like = call.array("input")
        if like.truth or like.whole:
            raise NotInSubset("a new array of comparisons or integers")
        floating(call.keyword("dtype"))
        found = broadcast(constant(number), tuple(map(dimension, call.listed("size"))))
        return replace(found, whole=False)

    return handler


MADE: dict[str, Callable[[CallArguments], FormArray | tuple[FormArray, ...]]] = {
    "arange": _counted_up, "hstack": _side_by_side, "vstack": _below_each_other, "column_stack": _as_columns,
    "diff": _differences, "trace": _trace, "tensordot": _tensordot, "inner": _inner, "log2": _logarithm(2),
    "log10": _logarithm(10), "exp2": _power_of_two, "hypot": _hypotenuse, "heaviside": _heaviside,
    "count_nonzero": _number_that_hold, "any": _holds(every=False), "all": _holds(every=True), "full_like": _filled_as,
    "linear": _linear, "addmm": _added_product, "view_as": _shaped_as, "reshape_as": _shaped_as,
    "broadcast_arrays": _broadcast_arrays, "diagflat": _diagonal_of_all, "new_zeros": _new(0), "new_ones": _new(1),
}  # fmt: skip
"""By the last part of the name."""

__all__ = ["MADE"]

"""Reductions: sums, means, variances, largest values, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    FormArray,
    Recorder,
    counted,
    difference,
    entrywise,
    plus,
    power_node,
    summed,
    times,
)
from dyadic.symbolic.readers.python_code.array_functions import (
    applied,
    divided,
    larger,
    minus,
    numbers,
    smaller,
    subtracted,
)
from dyadic.symbolic.readers.python_code.array_layout import permuted, reshaped, with_axis
from dyadic.symbolic.readers.python_code.call_arguments import CallArguments, flag, whole_number
from dyadic.symbolic.readers.python_code.source_text import NotInSubset


def sum_call(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    axes, keep = call.axes(len(array.shape))
    return summed(call.recorder, array, axes, keep)


def mean(recorder: Recorder, array: FormArray, axes: list[int], keep: bool) -> FormArray:
    share = power_node(counted([array.shape[axis] for axis in axes]), -1)
    return entrywise(recorder, lambda a: times(share, a), summed(recorder, array, axes, keep), real=True)


def mean_call(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    return mean(call.recorder, array, *call.axes(len(array.shape)))


def variance(call: CallArguments) -> FormArray:
    """The mean of the squares of the deviations; PyTorch divides by one less unless it is told otherwise."""
    recorder, array = call.recorder, call.recorder.named(call.array("a", "input"))
    axes = call.axes_of(call.take("axis", "dim", default=None), len(array.shape))
    unbiased = call.keyword("unbiased")
    less = call.keyword("ddof", "correction")
    if less is None:
        less = int(flag(unbiased, "unbiased")) if unbiased is not None else int(call.library == "torch")
    keep = call.keyword("keepdims", "keepdim", default=False)
    centre = recorder.named(mean(recorder, array, axes, True))
    squares = entrywise(recorder, lambda a, b: ["^", difference(a, b), 2], array, centre)
    count = counted([array.shape[axis] for axis in axes])
    share = power_node(plus(count, -whole_number(less, "a correction")), -1)
    total = summed(recorder, squares, axes, flag(keep, "keepdims"))
    return entrywise(recorder, lambda a: times(share, a), total, real=True)


def deviation(call: CallArguments) -> FormArray:
    return applied(call.recorder, "sqrt", variance(call))


class UntoldPositions:
    """Where the largest values stand: nothing is known of it."""


def largest(call: CallArguments) -> Any:
    """``max`` of one array; in PyTorch along an axis a pair of the values and where they stand."""
    return _extreme(call, larger, lambda array: array)


def least(call: CallArguments) -> Any:
    return _extreme(call, smaller, lambda array: minus(call.recorder, array))


def largest_values(call: CallArguments) -> FormArray:
    """``amax``, which gives no positions."""
    array = call.array("a", "input")
    numbers(array)
    return largest_along(call.recorder, array, *call.axes(len(array.shape)))


def least_values(call: CallArguments) -> FormArray:
    array = minus(call.recorder, call.array("a", "input"))
    return minus(call.recorder, largest_along(call.recorder, array, *call.axes(len(array.shape))))


def _extreme(call: CallArguments, of_two: Any, turned: Callable[[FormArray], FormArray]) -> Any:
    """turned: the array, or its negative, of which the largest value is meant."""
    array = call.array("a", "input")
    numbers(array)
    by_name = call.keyword("dim")
    other = call.take("other", "axis", default=None)
    if call.library == "torch" and isinstance(other, FormArray):
        return of_two(call.recorder, array, other)
    told = other if by_name is None else by_name
    paired = told is not None and call.library != "jax" and (call.library == "torch" or by_name is not None)
    keep = call.kept()
    found = turned(largest_along(call.recorder, turned(array), call.axes_of(told, len(array.shape)), keep))
    return (found, UntoldPositions()) if paired else found


def largest_along(recorder: Recorder, array: FormArray, axes: list[int], keep: bool) -> FormArray:
    if len(axes) > 1 and not recorder.instead and all(isinstance(array.shape[axis], int) for axis in axes):
        others = [axis for axis in range(len(array.shape)) if axis not in axes]  # one maximum, not one of others
        flat = permuted(recorder.named(array), [*others, *axes])
        array = recorder.largest(reshaped(flat, (*flat.shape[: len(others)], -1)), len(others))
    else:
        for axis in reversed(axes):
            array = recorder.largest(array, axis)
    for axis in axes if keep else ():
        array = with_axis(array, axis)
    return array


def _along(call: CallArguments) -> tuple[FormArray, list[int]]:
    """An array and the axes of a softmax: the last one where none is told, but in SciPy all; PyTorch wants it told."""
    array = call.array("input", "x", "a")
    usual = {} if call.library == "torch" else {"default": None if call.library == "scipy" else -1}
    return array, call.axes_of(call.take("axis", "dim", **usual), len(array.shape))


def exponentials(recorder: Recorder, array: FormArray, axes: list[int]) -> tuple[FormArray, FormArray]:
    """exp along some axes, and its sum there, for softmax and the like."""
    powers = recorder.named(applied(recorder, "exp", array))
    return powers, recorder.named(summed(recorder, powers, axes, True))


def softmax(call: CallArguments) -> FormArray:
    return divided(call.recorder, *exponentials(call.recorder, *_along(call)))


def log_softmax(call: CallArguments) -> FormArray:
    recorder, (array, axes) = call.recorder, _along(call)
    _, total = exponentials(recorder, array, axes)
    return subtracted(recorder, array, applied(recorder, "log", total))


def logsumexp(call: CallArguments) -> FormArray:
    array = call.array("input", "a")
    axes, keep = call.axes(len(array.shape))
    return applied(call.recorder, "log", summed(call.recorder, applied(call.recorder, "exp", array), axes, keep))


def norm(call: CallArguments) -> FormArray:
    array = call.array("x", "input", "A")
    order = call.take("ord", default=None)
    axes = call.axes_of(call.take("axis", "dim", default=None), len(array.shape))
    told = call.keyword("p", default=order)
    of_vector = told is None or (told == 2 and len(axes) == 1)  # of a matrix 2 is the largest singular value
    if not of_vector and not (told == "fro" and len(axes) == 2):
        raise NotInSubset("a norm other than the Euclidean one")
    keep = flag(call.take("keepdims", "keepdim", default=False), "keepdims")
    squares = entrywise(call.recorder, lambda a: ["^", a, 2], array)
    return applied(call.recorder, "sqrt", summed(call.recorder, squares, axes, keep))

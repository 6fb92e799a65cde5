"""Reductions: sums, means, variances, largest values, and what is made of them."""

from __future__ import annotations

from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    FormArray,
    Recorder,
    counted,
    entrywise,
    plus,
    power_node,
    summed,
    times,
)
from dyadic.symbolic.readers.python_code.array_functions import added, applied, divided, larger, minus
from dyadic.symbolic.readers.python_code.array_layout import with_axis
from dyadic.symbolic.readers.python_code.call_arguments import CallArguments, axes_from, flag, whole_number
from dyadic.symbolic.readers.python_code.source_text import NotInSubset


def sum_call(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    axes, keep = call.axes(len(array.shape))
    return summed(call.recorder, array, axes, keep)


def mean(recorder: Recorder, array: FormArray, axes: list[int], keep: bool) -> FormArray:
    share = power_node(counted([array.shape[axis] for axis in axes]), -1)
    return entrywise(recorder, lambda a: times(share, a), summed(recorder, array, axes, keep))


def mean_call(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    return mean(call.recorder, array, *call.axes(len(array.shape)))


def variance(call: CallArguments) -> FormArray:
    """The mean of the squares of the deviations; PyTorch divides by one less unless it is told otherwise."""
    recorder, array = call.recorder, call.recorder.named(call.array("a", "input"))
    axes = axes_from(call.take("axis", "dim", default=None), len(array.shape))
    unbiased = call.keyword("unbiased")
    less = call.keyword("ddof", "correction")
    if less is None and unbiased is None and call.own == "both":
        raise NotInSubset(
            "a variance of NumPy or of PyTorch, which divide by different numbers: write correction=0, and"
        )
    if less is None:
        less = int(flag(unbiased, "unbiased")) if unbiased is not None else int(call.own == "torch")
    keep = call.keyword("keepdims", "keepdim", default=False)
    centre = recorder.named(mean(recorder, array, axes, True))
    squares = entrywise(recorder, lambda a, b: ["^", plus(a, times(-1, b)), 2], array, centre)
    count = counted([array.shape[axis] for axis in axes])
    share = power_node(plus(count, -whole_number(less, "a correction")), -1)
    return entrywise(recorder, lambda a: times(share, a), summed(recorder, squares, axes, flag(keep, "keepdims")))


def deviation(call: CallArguments) -> FormArray:
    return applied(call.recorder, "sqrt", variance(call))


def largest(call: CallArguments) -> Any:
    """``max`` of one array; in PyTorch along an axis a pair, of which only the values are known."""
    array = call.array("a", "input")
    if call.library == "torch" and isinstance(other := call.take("other", default=None), FormArray):
        return larger(call.recorder, array, other)
    told = other if call.library == "torch" else None
    axes, keep = call.axes(len(array.shape)) if told is None else (axes_from(told, len(array.shape)), False)
    if told is not None:
        keep = flag(call.take("keepdim", "keepdims", default=False), "keepdim")
    for axis in reversed(axes):
        array = call.recorder.largest(array, axis)
    if keep:
        for axis in axes:
            array = with_axis(array, axis)
    return array


def least(call: CallArguments) -> Any:
    array = call.array("a", "input")
    axes, keep = call.axes(len(array.shape))
    inner = CallArguments(call.recorder, [minus(call.recorder, array), tuple(axes), keep], {}, "numpy")
    return minus(call.recorder, largest(inner))


def exponentials(call: CallArguments) -> tuple[FormArray, FormArray]:
    """exp along an axis, and its sum there, for softmax and the like."""
    array = call.array("input", "x", "a")
    axes = axes_from(call.take("axis", "dim", default=-1), len(array.shape))
    powers = call.recorder.named(applied(call.recorder, "exp", array))
    return powers, call.recorder.named(summed(call.recorder, powers, axes, True))


def softmax(call: CallArguments) -> FormArray:
    powers, total = exponentials(call)
    return divided(call.recorder, powers, total)


def log_softmax(call: CallArguments) -> FormArray:
    recorder, array = call.recorder, call.array("input", "x", "a")
    inner = CallArguments(recorder, [array, call.take("axis", "dim", default=-1)], {}, call.library)
    _, total = exponentials(inner)
    return added(recorder, array, minus(recorder, applied(recorder, "log", total)))


def logsumexp(call: CallArguments) -> FormArray:
    array = call.array("input", "a")
    axes, keep = call.axes(len(array.shape))
    return applied(call.recorder, "log", summed(call.recorder, applied(call.recorder, "exp", array), axes, keep))


def norm(call: CallArguments) -> FormArray:
    array = call.array("x", "input", "A")
    if call.keyword("ord", "p", default=2) != 2:
        raise NotInSubset("a norm other than the Euclidean one")
    axes = axes_from(call.keyword("axis", "dim"), len(array.shape))
    keep = flag(call.keyword("keepdims", "keepdim", default=False), "keepdims")
    squares = entrywise(call.recorder, lambda a: ["^", a, 2], array)
    return applied(call.recorder, "sqrt", summed(call.recorder, squares, axes, keep))

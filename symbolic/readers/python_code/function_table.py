"""The functions on arrays that are known, by the name that NumPy, JAX or PyTorch gives them.

Each is an operation on the entries (array_functions.py), a reduction (array_reductions.py) or one that lays an array
out anew (array_layout.py).  To add one is to add a line to the table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from string import ascii_lowercase
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    FormArray,
    Recorder,
    broadcast,
    constant,
    same,
    times,
)
from dyadic.symbolic.readers.python_code.array_functions import (
    Handler,
    added,
    applied,
    both_hold,
    clipped,
    comparison,
    divided,
    either_holds,
    elu,
    gelu,
    larger,
    leaky_relu,
    logical,
    masked_fill,
    minus,
    multiplied,
    negated,
    power,
    raised,
    scalar_function,
    smaller,
    softplus,
    subtracted,
    where,
    with_alpha,
)
from dyadic.symbolic.readers.python_code.array_layout import (
    axis_of,
    contracted,
    joined,
    matrix_product,
    permuted,
    reshaped,
    stacked,
    swapped,
    with_axis,
    without_axes,
)
from dyadic.symbolic.readers.python_code.array_made import MADE
from dyadic.symbolic.readers.python_code.array_rearranged import (
    chunks,
    flip,
    flip_along,
    padded,
    product,
    repeat_method,
    repeated,
    rolled,
    running_sum,
    size_call,
    split,
    tiled,
    triangle,
)
from dyadic.symbolic.readers.python_code.array_reductions import (
    deviation,
    largest,
    largest_values,
    least,
    least_values,
    log_softmax,
    logsumexp,
    mean_call,
    norm,
    softmax,
    sum_call,
    variance,
)
from dyadic.symbolic.readers.python_code.call_arguments import (
    CallArguments,
    as_array,
    as_list,
    axes_from,
    dimension,
    floating,
    size_value,
    type_name,
    whole_number,
)
from dyadic.symbolic.readers.python_code.source_text import NotInSubset


def _shape(values: list[Any]) -> tuple[Any, ...]:
    return tuple(map(dimension, values))


def _axes(values: list[Any]) -> list[int]:
    return [whole_number(value, "an axis") for value in values]


def _filled(number: int) -> Handler:
    def handler(call: CallArguments) -> FormArray:
        told = call.keyword("dtype")
        whole, truth = told is not None and _is_number_type(told), told is not None and _is_truth_type(told)
        if not whole and not truth:
            floating(told)
        found = broadcast(constant(Fraction(number)), _shape(call.listed("shape", "size")))
        return dataclasses.replace(found, whole=whole, truth=truth)

    return handler


def _filled_like(number: int) -> Handler:
    def handler(call: CallArguments) -> FormArray:
        like = call.array("a", "input")
        floating(told := call.keyword("dtype"))
        kept = told is None
        found = broadcast(constant(number), like.shape)
        return dataclasses.replace(found, truth=like.truth and kept, whole=like.whole and kept)

    return handler


def _unfilled(call: CallArguments) -> FormArray:
    return call.recorder.drawn("uninitialised", _filled(0)(call).shape)


def _unfilled_like(call: CallArguments) -> FormArray:
    like = call.array("a", "input")
    if like.truth or like.whole:
        raise NotInSubset("an array of comparisons or integers that is not filled")
    return call.recorder.drawn("uninitialised", like.shape)


def _full(call: CallArguments) -> FormArray:
    sizes = _shape(as_list(call.take("shape", "size")))
    found = broadcast(as_array(call.take("fill_value")), sizes)
    floating(told := call.keyword("dtype"))
    return found if told is None else dataclasses.replace(found, truth=False, whole=False)


def _eye(call: CallArguments) -> FormArray:
    rows = dimension(call.take("N", "n"))
    columns = dimension(call.take("M", "m", default=size_value(rows)))
    return FormArray((rows, columns), lambda at: same(at[0], at[1]), True)


def _diagonal(call: CallArguments) -> FormArray:
    array = call.recorder.named(call.array("v", "input"))
    if len(array.shape) == 1:
        size = array.shape[0]
        entry = array.at
        return dataclasses.replace(
            array, shape=(size, size), at=lambda at: times(same(at[0], at[1]), entry(at[:1])), plain=False, counts=None
        )
    if len(array.shape) != 2 or array.shape[0] != array.shape[1]:
        raise NotInSubset("the diagonal of what is no square matrix")
    return array.moved((array.shape[0],), lambda at: [at[0], at[0]])


def _outer(call: CallArguments) -> FormArray:
    one, two = call.array("a", "input"), call.array("b", "vec2")
    if len(one.shape) != 1 or len(two.shape) != 1:
        raise NotInSubset("an outer product of what are no vectors")
    return multiplied(call.recorder, with_axis(one, 1), with_axis(two, 0))


def _dot(call: CallArguments) -> FormArray:
    one, two = call.array("a", "input"), call.array("b", "other", "mat2", "vec")
    if not one.shape or not two.shape:
        return multiplied(call.recorder, one, two)
    if max(len(one.shape), len(two.shape)) <= 2:
        return matrix_product(call.recorder, one, two)
    if call.library == "torch":
        raise NotInSubset("dot of more than two axes (write @ or einsum)")
    left, right = ascii_lowercase[: len(one.shape) - 1], ascii_lowercase[-len(two.shape) :]
    if len(two.shape) == 1:  # over the last axis of the one and the last but one of the other
        return contracted(call.recorder, f"{left}{right},{right}->{left}", [one, two])
    before, last = right[:-2], right[-1]
    return contracted(call.recorder, f"{left}{right[-2]},{right}->{left}{before}{last}", [one, two])


def _logaddexp(call: CallArguments) -> FormArray:
    """log(exp(a) + exp(b))."""
    recorder, arrays = call.recorder, (call.array("x1", "input"), call.array("x2", "other"))
    return applied(recorder, "log", added(recorder, *(applied(recorder, "exp", array) for array in arrays)))


def _einsum(call: CallArguments) -> FormArray:
    text = call.take("subscripts", "equation")
    if not isinstance(text, str):
        raise NotInSubset("an einsum without letters")
    return contracted(call.recorder, text, [as_array(array) for array in call.rest()])


def _reshape(call: CallArguments) -> FormArray:
    array, told = _in_rows(call), call.listed("shape", "newshape")
    return reshaped(array, tuple(-1 if isinstance(one, int) and one == -1 else dimension(one) for one in told))


def _in_rows(call: CallArguments) -> FormArray:
    """An array whose entries are taken row by row."""
    if call.keyword("order", default="C") != "C":
        raise NotInSubset("an order of the entries other than row by row")
    return call.array("a", "input")


def _flattened(call: CallArguments) -> FormArray:
    array = _in_rows(call)
    start = whole_number(call.take("start_dim", default=0), "an axis")
    return reshaped(array, (*array.shape[:start], -1))


def _transpose(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    axes = call.listed("axes", default=())
    order = [] if axes == [None] else _axes(axes)
    if call.library == "torch" and len(order) == 2:
        return swapped(array, *order)
    return permuted(array, order or range(len(array.shape))[::-1])


def _permute(call: CallArguments) -> FormArray:
    return permuted(call.array("input"), _axes(call.listed("dims")))


def _swap(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    return swapped(array, *(whole_number(call.take(), "an axis") for _ in range(2)))


def _moveaxis(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    rank = len(array.shape)
    source, target = (axis_of(whole_number(call.take(), "an axis"), rank) for _ in range(2))
    order = [axis for axis in range(rank) if axis != source]
    order.insert(target, source)
    return permuted(array, order)


def _expand_dims(call: CallArguments) -> FormArray:
    array, axis = call.array("a", "input"), call.take("axis", "dim")
    if not isinstance(axis, tuple | list):
        return with_axis(array, whole_number(axis, "an axis"))
    for one in axes_from(axis, len(array.shape) + len(axis)):
        array = with_axis(array, one)
    return array


def _squeeze(call: CallArguments) -> FormArray:
    array, axis = call.array("a", "input"), call.take("axis", "dim", default=None)
    axes = None if axis is None else call.axes_of(axis, len(array.shape))
    return without_axes(array, axes, lenient=call.library == "torch")


def _broadcast_to(call: CallArguments) -> FormArray:
    array = call.array("array", "input")
    sizes = call.listed("shape", "size")
    lead = len(sizes) - len(array.shape)
    full = [array.shape[k - lead] if size == -1 else dimension(size) for k, size in enumerate(sizes)]
    return broadcast(array, tuple(full))


def _expand_as(call: CallArguments) -> FormArray:
    return broadcast(call.array("input"), call.array("other").shape)


def _arrays(value: Any) -> list[FormArray]:
    if not isinstance(value, tuple | list) or not value:
        raise NotInSubset("arrays that are not listed")
    return [as_array(one) for one in value]


def _concatenate(call: CallArguments) -> FormArray:
    arrays = _arrays(call.take("arrays", "tensors"))
    return joined(call.recorder, arrays, whole_number(call.take("axis", "dim", default=0), "an axis"))


def _stack(call: CallArguments) -> FormArray:
    arrays = _arrays(call.take("arrays", "tensors"))
    return stacked(call.recorder, arrays, whole_number(call.take("axis", "dim", default=0), "an axis"))


def _same(call: CallArguments) -> FormArray:
    """The array as it is: a copy, or its numbers as real ones, also those of a comparison."""
    array = call.array("a", "input", "x", "object")
    types = [*call.rest(), call.keyword("dtype"), call.keyword("other")]
    told = [one for one in types if one is not None and not isinstance(one, bool) and not _is_device(one)]
    if told and all(map(_is_truth_type, told)):
        if not array.truth:
            raise NotInSubset("a cast of numbers to truth values (write x != 0)")
        return array
    whole = False
    for one in told:
        if isinstance(one, FormArray) and (one.truth or one.whole):
            raise NotInSubset("the type of a comparison or of integers, to which numbers would be cast,")
        whole = not isinstance(one, FormArray) and (array.truth or array.whole) and _is_number_type(one)
        if not isinstance(one, FormArray) and not whole:
            floating(one)
    return dataclasses.replace(array, truth=False, whole=whole) if told else array


def _is_device(value: Any) -> bool:
    name = type_name(value)
    return name == "torch.device" or name.partition(":")[0] in ("cpu", "cuda", "mps")


def _is_truth_type(value: Any) -> bool:
    return type_name(value).rpartition(".")[2] in ("bool", "bool_")


def _is_number_type(value: Any) -> bool:
    """A type of integers that are long enough; unsigned and short ones begin anew beyond their last number."""
    return type_name(value).rpartition(".")[2] in _INTEGERS


_INTEGERS = ("int", "int_", "intp", "int32", "int64", "long", "longlong", "i4", "i8")


def _as_numbers(call: CallArguments) -> FormArray:
    return dataclasses.replace(_same(call), truth=False, whole=False)


def _two(operation: Callable[[Recorder, FormArray, FormArray], FormArray]) -> Handler:
    return lambda call: operation(call.recorder, call.array("x1", "input"), call.array("x2", "other"))


_SMOOTH = (
    "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "tanh", "sigmoid", "silu", "sin", "cos", "tan",
    "sinh", "cosh", "erf", "asin", "acos", "atan", "asinh", "acosh", "atanh", "mish", "softsign",
)  # fmt: skip
_SMOOTH_ALIASES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "expit": "sigmoid", "swish": "silu", "logsigmoid": "log_sigmoid", "log_sigmoid": "log_sigmoid",
}  # fmt: skip
_KINKED = {"relu": "relu", "abs": "abs", "absolute": "abs", "fabs": "abs", "sign": "sign"}

FUNCTIONS: dict[str, Handler] = {
    **MADE,
    **{name: scalar_function(name) for name in _SMOOTH},
    **{alias: scalar_function(name) for alias, name in _SMOOTH_ALIASES.items()},
    **{alias: scalar_function(name, kink=True) for alias, name in _KINKED.items()},
    "square": lambda call: raised(call.recorder, call.array("x", "input"), 2),
    "reciprocal": lambda call: raised(call.recorder, call.array("x", "input"), -1),
    "negative": lambda call: minus(call.recorder, call.array("x", "input")),
    "neg": lambda call: minus(call.recorder, call.array("x", "input")),
    "add": with_alpha(added), "multiply": _two(multiplied), "mul": _two(multiplied), "divide": _two(divided),
    "true_divide": _two(divided), "div": _two(divided), "matmul": _two(matrix_product), "mm": _two(matrix_product),
    "bmm": _two(matrix_product), "maximum": _two(larger), "minimum": _two(smaller),
    "subtract": with_alpha(subtracted), "sub": with_alpha(subtracted), "elu": elu, "softplus": softplus,
    "pow": power, "power": power, "float_power": power, "leaky_relu": leaky_relu, "gelu": gelu,
    "greater": comparison(">"), "greater_equal": comparison(">="), "less": comparison("<"),
    "less_equal": comparison("<="), "gt": comparison(">"), "ge": comparison(">="), "lt": comparison("<"),
    "le": comparison("<="), "equal": comparison("=="), "eq": comparison("=="),
    "not_equal": comparison("!="), "ne": comparison("!="), "logical_and": logical(both_hold),
    "logical_or": logical(either_holds), "logical_not": negated, "masked_fill": masked_fill,
    "where": where, "clip": clipped, "clamp": clipped, "sum": sum_call, "mean": mean_call, "average": mean_call,
    "var": variance,
    "std": deviation, "max": largest, "amax": largest_values, "min": least, "amin": least_values, "softmax": softmax,
    "log_softmax": log_softmax, "logsumexp": logsumexp, "norm": norm, "zeros": _filled(0), "ones": _filled(1),
    "empty": _unfilled, "zeros_like": _filled_like(0), "ones_like": _filled_like(1), "empty_like": _unfilled_like,
    "full": _full, "eye": _eye, "identity": _eye, "diag": _diagonal, "outer": _outer, "dot": _dot, "einsum": _einsum,
    "reshape": _reshape, "view": _reshape, "ravel": _flattened, "flatten": _flattened, "transpose": _transpose,
    "t": _transpose, "permute": _permute, "swapaxes": _swap, "moveaxis": _moveaxis, "movedim": _moveaxis,
    "expand_dims": _expand_dims, "unsqueeze": _expand_dims, "squeeze": _squeeze, "broadcast_to": _broadcast_to,
    "expand": _broadcast_to, "expand_as": _expand_as, "concatenate": _concatenate, "cat": _concatenate, "stack": _stack,
    "flip": flip, "fliplr": flip_along(1), "flipud": flip_along(0), "roll": rolled, "repeat": repeat_method,
    "repeat_interleave": repeated, "tile": tiled, "triu": triangle(upper=True), "tril": triangle(upper=False),
    "cumsum": running_sum, "prod": product, "pad": padded, "split": split, "chunk": chunks, "size": size_call,
    "numel": size_call, "logaddexp": _logaddexp,
    "float64": _as_numbers, "float32": _as_numbers,
    "copy": _same, "clone": _same, "array": _same, "asarray": _same, "astype": _same, "float": _as_numbers, "to": _same,
    "type_as": _as_numbers, "double": _as_numbers, "detach": _same, "contiguous": _same, "ascontiguousarray": _same,
    "as_tensor": _same, "tensor": _same, "conj": _same, "item": _same,
}  # fmt: skip
"""By the last part of its name; a method is the function with its array first."""
VIEWS = frozenset({
    "reshape", "view", "ravel", "transpose", "t", "permute", "swapaxes", "moveaxis", "movedim", "expand_dims",
    "unsqueeze", "squeeze", "broadcast_to", "expand", "expand_as", "asarray", "detach", "contiguous", "to",
    "ascontiguousarray", "view_as", "reshape_as", "float", "type_as", "double", "float32", "float64", "diag",
    "as_tensor", "flatten", "conj", "flip", "fliplr", "flipud", "split", "chunk",
})  # fmt: skip
"""What may give the memory of its array once more."""

"""ATen operators that move data, or do nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Expr, Integer, Mul, cancel

from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.readers.operations import padded, parted, sliced
from dyadic.symbolic.readers.torch_call import (
    Known,
    OperatorCall,
    Result,
    Unsupported,
    finite,
    numbers_only,
    operator,
)
from dyadic.symbolic.readers.torch_linear_maps import chosen, padded_by_entries
from dyadic.symbolic.readers.torch_scatter import line_of


@operator(detach="stop_gradient")
def detach(call: OperatorCall) -> Result:
    """The value is held constant.  What depends on no weight and no number of an input has no gradient to stop."""
    value = call.value()
    fixed = isinstance(value, Known) and not value.trained
    if fixed or call.kinds.get("self", "f")[0] != "f":
        return value
    call.model.note("gradients are those that the program defines: values that it detaches are held constant")
    return call.layer("stop_gradient", [call.model.vertex(value)])


@operator("nan_to_num")
def nan_to_num(call: OperatorCall) -> Result:
    call.ignore("nan", "posinf", "neginf")
    numbers_only(call)
    call.model.note("nan_to_num is the identity: every number is taken to be finite")
    return call.value()


@operator("clone", "contiguous", "lift_fresh_copy", "lift_fresh", "positive")
def nothing(call: OperatorCall) -> Result:
    return call.value()


@operator("alias")
def alias(call: OperatorCall) -> Result:
    """A whole slice of a traced program; of one that was decomposed before it was saved it may have been a detach."""
    value = call.value()
    if call.traced or (isinstance(value, Known) and not value.trained) or call.kinds.get("self", "f")[0] != "f":
        return value
    raise Unsupported("whether a gradient stops there is not said: export without run_decompositions")


@operator("dropout", "native_dropout", "feature_dropout", "alpha_dropout")
def dropout(call: OperatorCall) -> Result:
    train, probability = call["train"], call["p"]
    if train and probability != 0:
        raise Unsupported("dropout in training is random: call module.eval() first")
    found = call.same("in inference", "input")
    return [found, None] if call.operator == "native_dropout" else found


@operator("sym_size")
def sym_size(call: OperatorCall) -> Result:
    return call.shape()[call.axis()]


_RESHAPES = ("view", "view_as", "reshape", "_unsafe_view", "flatten", "unflatten", "_reshape_alias")


@operator(**dict.fromkeys(_RESHAPES, "reshape"))
def reshape(call: OperatorCall) -> Result:
    old = call.shape()
    if call.operator == "_reshape_alias":
        call.ignore("stride")  # where the entries lie in memory
    if call.operator == "view_as":
        wanted = list(call.shape("other"))
    elif call.operator == "flatten":
        start, end = int(call["start_dim"]) % len(old), int(call["end_dim"]) % len(old)
        wanted = [*old[:start], Mul(*old[start : end + 1]), *old[end + 1 :]]
    elif call.operator == "unflatten":
        axis = call.axis()
        wanted = [*old[:axis], *_resolved([*call["sizes"]], old[axis]), *old[axis + 1 :]]
    else:
        wanted = _resolved([*(call["shape"] or call["size"] or ())], Mul(*old))
    if tuple(wanted) == old:
        return call.same("to the same shape")
    return call.layer("reshape", [call.x()], shape=wanted)


def _resolved(wanted: list[Any], total: Expr) -> list[Expr]:
    """The new sizes, with a -1 worked out."""
    found = [n if isinstance(n, Expr) else Integer(n) for n in wanted]
    if -1 in found:
        position = found.index(-1)
        found[position] = cancel(total / Mul(*(n for k, n in enumerate(found) if k != position)))
    return found


@operator(**dict.fromkeys(("permute", "transpose", "t", "numpy_T", "swapaxes"), "transpose"))
def transpose(call: OperatorCall) -> Result:
    rank = call.rank()
    order = list(range(rank))
    if call.operator == "permute":
        order = [int(axis) % rank for axis in call["dims"]]
    elif call.operator in ("t", "numpy_T"):
        order.reverse()
    else:
        a, b = ((call[f"dim{k}"] if call[f"dim{k}"] is not None else call[f"axis{k}"]) % rank for k in (0, 1))
        order[a], order[b] = b, a
    return call.same("of nothing") if order == sorted(order) else call.layer("transpose", [call.x()], permutation=order)


@operator(unsqueeze="unsqueeze")
def unsqueeze(call: OperatorCall) -> Result:
    return call.layer("unsqueeze", [call.x()], axes=[call.axis(extra=1)])


@operator(squeeze="squeeze")
def squeeze(call: OperatorCall) -> Result:
    axes = [axis for axis in call.axes() if call.shape()[axis] == 1]
    return call.layer("squeeze", [call.x()], axes=axes) if axes else call.same("of no axis")


@operator(**dict.fromkeys(("expand", "expand_as", "broadcast_to"), "expand"))
def expand(call: OperatorCall) -> Result:
    old = call.shape()
    wanted = list(call.shape("other")) if call.operator == "expand_as" else [*call["size"]]
    padded = [Integer(1)] * (len(wanted) - len(old)) + list(old)
    target = [was if new == -1 else Integer(new) if isinstance(new, int) else new
              for was, new in zip(padded, wanted, strict=True)]  # fmt: skip
    return call.same("to the same shape") if tuple(target) == old else call.layer("expand", [call.x()], shape=target)


@operator(repeat="concat unsqueeze", tile="concat unsqueeze")
def repeat(call: OperatorCall) -> Result:
    times = [int(n) for n in (call["repeats"] or call["dims"])]
    found, old = call.x(), call.shape()
    times = [1] * (len(old) - len(times)) + times
    if len(times) > len(old):
        found = call.layer("unsqueeze", [found], "axes", axes=list(range(len(times) - len(old))))
    for axis, count in enumerate(times):
        if not 1 <= count <= MOST_INPUTS:
            raise Unsupported(f"repeats an axis {count} times (1 to {MOST_INPUTS} are read)")
        if count != 1:
            found = call.layer("concat", [found] * count, f"axis{axis}", axis=axis)
    return found


@operator(cat="concat", concat="concat", stack="stack")
def concat(call: OperatorCall) -> Result:
    given = [value for value in call["tensors"] if not (isinstance(value, Known) and value.array.size == 0)]
    parts = [call.model.vertex(value) for value in given]
    rank = len(call.model.shapes[parts[0]])
    axis = int(call["dim"]) % (rank + (call.operator == "stack"))
    if call.operator == "stack":
        return call.layer("stack", parts, axis=axis)
    return call.layer("concat", parts, axis=axis) if len(parts) > 1 else parts[0]


@operator(slice="slice", narrow="slice")
def slice_(call: OperatorCall) -> Result:
    axis = call.axis()
    extent = call.shape()[axis]
    start = 0 if call["start"] is None else call["start"]
    if call.operator == "narrow":
        return sliced(call.model, call.name, call.x(), [(axis, start, call["length"], 1)])
    end = call["end"]
    if (end is None or end == extent or (isinstance(end, int) and end >= 2**62)) and start == 0 and call["step"] == 1:
        return call.value()
    found = range(call.extent(axis))[slice(start, end, call["step"])]
    if not found:
        shape = [int(n) if k != axis else 0 for k, n in enumerate(call.shape())]
        return Known(f"{call.name}.nothing", np.zeros(shape, np.float32))
    return sliced(call.model, call.name, call.x(), [(axis, found.start, len(found), found.step)])


@operator(select="select")
def select(call: OperatorCall) -> Result:
    axis, position = call.axis(), int(call["index"])
    position = position + call.extent(axis) if position < 0 else position
    return call.layer("select", [call.x()], axis=axis, position=position)


_PARTS = "reshape select slice"


@operator("tensor_split", split=_PARTS, split_with_sizes=_PARTS, chunk=_PARTS, unbind="select")
def split(call: OperatorCall) -> Result:
    axis = call.axis()
    extent = call.extent(axis)
    if call.operator == "unbind":
        return [call.layer("select", [call.x()], f"part{k}", axis=axis, position=k) if k in call.wanted else None
                for k in range(extent)]  # fmt: skip
    sizes = call["split_size"] if call["split_size"] is not None else call["split_sizes"]
    if call.operator == "tensor_split":
        raise Unsupported("tensor_split")
    if call.operator == "chunk":
        sizes = -(-extent // call["chunks"])
    if isinstance(sizes, int):
        sizes = [min(sizes, extent - start) for start in range(0, extent, sizes)]
    return parted(call.model, call.name, call.x(), axis, sizes, call.wanted)


@operator(roll="slice concat gather reshape")
def roll(call: OperatorCall) -> Result:
    found = call.x()
    if not call["dims"]:
        line = line_of(call, call.shape())
        return chosen(call, found, np.roll(line, call["shifts"]), line.size)
    for shift, dim in zip(call["shifts"], call["dims"], strict=True):
        axis, model = int(dim) % call.rank(), call.model
        n = call.extent(axis)
        if cut := (-int(shift)) % n:
            parts = [(axis, cut, n - cut, 1), (axis, 0, cut, 1)]
            rolled = [sliced(model, f"{call.name}.{k}{axis}", found, [part]) for k, part in enumerate(parts)]
            found = model.layer(f"{call.name}.axis{axis}", "concat", rolled, axis=axis)
    return found


@operator(pad="pad where gather slice", constant_pad_nd="pad where slice")
def pad(call: OperatorCall) -> Result:
    if call["mode"] not in (None, "constant"):
        call.ignore("value")
        return padded_by_entries(call, list(call["pad"]), call["mode"])
    rank, given = call.rank(), list(call["pad"])
    begin, end = [0] * rank, [0] * rank
    for k in range(len(given) // 2):
        begin[rank - 1 - k], end[rank - 1 - k] = given[2 * k], given[2 * k + 1]
    found, padding = call.x(), [max(width, 0) for width in begin + end]
    if min(begin + end) < 0:  # what is negative cuts off
        lost = [(max(-front, 0), max(-back, 0)) for front, back in zip(begin, end, strict=True)]
        cuts = [(k, front, call.extent(k) - front - back, 1) for k, (front, back) in enumerate(lost) if front or back]
        found = sliced(call.model, f"{call.name}.rest" if any(padding) else call.name, found, cuts)
    if not any(padding) and found != call.x():
        return found
    return padded(call.model, call.name, found, padding, finite(call, call["value"] or 0))


@operator(**{f"upsample_nearest{d}d": "upsample" for d in (1, 2, 3)})
def upsample(call: OperatorCall) -> Result:
    axes = int(call.operator[-2])
    old = [call.extent(k, _input(call)) for k in range(2, 2 + axes)]
    factors = call["scale_factors"] or [n / m for n, m in zip(call["output_size"], old, strict=True)]
    given = [call[f"scales_{letter}"] for letter in "dhw"[-axes:]] if axes > 1 else [call["scales"]]
    if any(scale not in (None, factor) for scale, factor in zip(given, factors, strict=True)):
        raise Unsupported(f"scales {given} that are not the ratios {factors} of the sizes")
    if any(factor != int(factor) for factor in factors):
        raise Unsupported(f"factors {factors} (only integers)")
    return call.layer("upsample", [call.x(_input(call))], factors=[1, 1, *map(int, factors)])


def _input(call: OperatorCall) -> str:
    return "input" if call.given("input") else "self"


@operator(where="where", masked_fill="where")
def where(call: OperatorCall) -> Result:
    if call.operator == "masked_fill":
        condition, chosen, other = call.value("mask"), call["value"], call["self"]
    else:
        condition, chosen, other = call.value("condition"), call["self"], call["other"]
    parts = []
    for k, value in enumerate((condition, chosen, other)):
        if isinstance(value, int | float):
            value = Known(f"{call.name}.value{k}", np.array(value, float))
        parts.append(call.model.vertex(value))
    return call.layer("where", parts)

"""ATen operators that move data, look up rows, run recurrent layers, or do nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Expr, Integer, Mul, cancel

from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.readers.operations import parted, rows, sliced
from dyadic.symbolic.readers.recurrent_cells import CellDescription, unroll, unrolled
from dyadic.symbolic.readers.torch_call import Known, OperatorCall, Result, Unsupported, finite, operator


@operator(detach="stop_gradient")
def detach(call: OperatorCall) -> Result:
    """The value is held constant.  What depends on no weight and no number of an input has no gradient to stop."""
    value = call.value()
    fixed = isinstance(value, Known) and not value.trained
    if fixed or call.kinds.get("self", "f")[0] != "f":
        return value
    call.model.note("gradients are those that the program defines: values that it detaches are held constant")
    return call.layer("stop_gradient", [call.model.vertex(value)])


@operator("clone", "contiguous", "alias", "lift_fresh_copy", "lift_fresh", "positive")
def nothing(call: OperatorCall) -> Result:
    if call.operator == "alias":  # what a detach becomes in a program that was decomposed before it was saved
        call.model.note("alias is the identity: no vertex, and no gradient stops there")
    return call.value()


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
    parts = [call.model.vertex(value) for value in call["tensors"]]
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


@operator(roll="slice concat")
def roll(call: OperatorCall) -> Result:
    found = call.x()
    if len(call["shifts"]) != len(call["dims"]):
        raise Unsupported("rolls the flattened tensor")
    for shift, dim in zip(call["shifts"], call["dims"], strict=True):
        axis, model = int(dim) % call.rank(), call.model
        n = call.extent(axis)
        if cut := (-int(shift)) % n:
            parts = [(axis, cut, n - cut, 1), (axis, 0, cut, 1)]
            rolled = [sliced(model, f"{call.name}.{k}{axis}", found, [part]) for k, part in enumerate(parts)]
            found = model.layer(f"{call.name}.axis{axis}", "concat", rolled, axis=axis)
    return found


@operator(pad="pad", constant_pad_nd="pad")
def pad(call: OperatorCall) -> Result:
    if call["mode"] not in (None, "constant"):
        raise Unsupported(f"mode = {call['mode']!r} (only 'constant')")
    rank, given = call.rank(), list(call["pad"])
    begin, end = [0] * rank, [0] * rank
    for k in range(len(given) // 2):
        begin[rank - 1 - k], end[rank - 1 - k] = given[2 * k], given[2 * k + 1]
    if min(begin + end) < 0:
        raise Unsupported("negative padding")
    return call.layer("pad", [call.x()], padding=begin + end, value=finite(call, call["value"] or 0))


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


@operator(embedding="embedding slice")
def embedding(call: OperatorCall) -> Result:
    if call["padding_idx"] not in (None, -1):
        call.model.note("the row padding_idx of an embedding is trained like the others")
    return _looked_up(call, call.weight("weight"), call["indices"], 0)


@operator(index_select="gather embedding slice", index="gather embedding slice mod reshape")
def index(call: OperatorCall) -> Result:
    if call.operator == "index_select":
        return _looked_up(call, call.x(), call["index"], call.axis())
    given = [(axis, value) for axis, value in enumerate(call["indices"]) if value is not None]
    if all(isinstance(value, Known) for _, value in given):
        return at_known_places(call, [(axis, value.array) for axis, value in given])
    if len(given) != 1:
        raise Unsupported("looks up several axes at once, by positions that are not known beforehand")
    axis, places = given[0]
    if isinstance(places, str) and not call.model.is_position(places):  # -1 is the last
        places = call.layer("mod", [places], "positions", divisor=call.extent(axis))
    return _looked_up(call, call.x(), places, axis)


def at_known_places(call: OperatorCall, given: list[tuple[int, np.ndarray]]) -> Result:
    """Entries at positions, or under masks, that are known beforehand, on one axis or several at once."""
    model, shape = call.model, call.shape()
    plain = [(axis, array) for axis, array in given if array.dtype.kind != "b"]
    if len(given) == len(plain) == 1:
        return _looked_up(call, call.x(), Known(f"{call.name}.positions", plain[0][1]), plain[0][0])
    extents = [call.extent(axis) for axis in range(len(shape))]
    model.room(extents, 8)
    line = np.arange(int(np.prod(extents))).reshape(extents)
    places: list[Any] = [slice(None)] * len(extents)
    for axis, array in given:
        if array.dtype.kind == "b":
            places[axis : axis + array.ndim] = [array]
        else:
            places[axis] = array
    found = line[tuple(places)]
    if not found.size:
        raise Unsupported("chooses nothing")
    flat = call.layer("reshape", [call.x()], "flat", shape=[int(np.prod(extents))])
    return call.layer("gather", [flat, model.indices(f"{call.name}.positions", found, line.size)], axis=0)


def _looked_up(call: OperatorCall, table: str, indices: Any, axis: int) -> Result:
    """Rows by integers: an input, or known beforehand (then consecutive ones are a slice)."""
    model = call.model
    if isinstance(indices, Known):
        extent = int(model.shapes[table][axis])
        positions = rows(indices.array, extent)
        if positions.ndim == 1 and (np.diff(positions) == 1).all():
            return sliced(model, call.name, table, [(axis, int(positions[0]), len(positions), 1)])
        indices = model.indices(indices.name, positions, extent)
    return call.layer("embedding", [indices, table]) if axis == 0 and len(model.shapes[table]) == 2 else call.layer(
        "gather", [table, indices], axis=axis
    )  # fmt: skip


_CELLS = {"lstm": "lstm_cell", "gru": "gru_cell", "rnn_tanh": "rnn_cell", "rnn_relu": "rnn_cell"}


@operator(
    **{name: f"{cell} select stack concat" for name, cell in _CELLS.items() if name != "lstm"},
    lstm="lstm_cell select slice stack concat",
)
def recurrent(call: OperatorCall) -> Result:
    """Unrolled over the steps of the example; several layers, each in one or both directions."""
    dropped, train = call["dropout"], call["train"]
    if dropped and train:
        raise Unsupported("dropout in training is random: call module.eval() first")
    if not call.given("input"):
        raise Unsupported("packed sequences")
    model, is_lstm = call.model, call.operator == "lstm"
    batched = call.rank("input") == 3
    axis = 1 if call["batch_first"] and batched else 0
    steps = unrolled(call.extent(axis, "input"))
    xs = [call.layer("select", [call.x("input")], f"x{k}", axis=axis, position=k) for k in range(steps)]
    directions, per = 1 + bool(call["bidirectional"]), 4 if call["has_biases"] else 2
    states = list(call["hx"]) if is_lstm else [call["hx"]]
    last: list[list[str]] = [[] for _ in states]
    for layer in range(int(call["num_layers"])):
        columns = []
        for d in range(directions):
            number = layer * directions + d
            parameters = [model.vertex(p, trained=True) for p in call["params"][number * per : (number + 1) * per]]
            units = int(model.shapes[parameters[1]][1])
            activation = {"rnn_tanh": "tanh", "rnn_relu": "relu"}.get(call.operator)
            cell = CellDescription(_CELLS[call.operator], parameters, units, activation)
            name = f"{call.name}.layer{layer}{'.back' if d else ''}"
            found = unroll(model, name, cell, xs[::-1] if d else xs, _initial(call, states, number, name))
            hidden = [cell.part(model, f"{name}.h{k}", state, 0) for k, state in enumerate(found)]
            for part, kept in enumerate(last):
                kept.append(hidden[-1] if part == 0 else cell.part(model, f"{name}.c", found[-1], part))
            columns.append(hidden[::-1] if d else hidden)
        if directions == 1:
            xs = columns[0]
        else:
            both = enumerate(zip(*columns, strict=True))
            xs = [call.layer("concat", list(pair), f"layer{layer}.both{k}", axis=int(batched)) for k, pair in both]
    results: list[Any] = [call.layer("stack", xs, axis=axis) if 0 in call.wanted else None]
    for part, kept in enumerate(last, 1):
        results.append(call.layer("stack", kept, f"last{part}", axis=0) if part in call.wanted else None)
    return results


def _initial(call: OperatorCall, states: list[Any], number: int, name: str) -> str:
    """The state before the first step of one layer and direction: [h] or [h, c]."""
    if all(isinstance(state, Known) for state in states):
        return call.constant(f"{name}.initial", np.concatenate([state.array[number] for state in states], axis=-1))
    rows = [
        call.model.layer(f"{name}.initial{k}", "select", [call.model.vertex(state)], axis=0, position=number)
        for k, state in enumerate(states)
    ]
    rank = len(call.model.shapes[rows[0]])
    return rows[0] if len(rows) == 1 else call.model.layer(f"{name}.initial", "concat", rows, axis=rank - 1)

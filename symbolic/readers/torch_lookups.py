"""ATen operators that look up rows of a table, or entries of a tensor at positions."""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Integer, Mul

from dyadic.symbolic.readers.operations import rows, sliced
from dyadic.symbolic.readers.torch_call import Known, OperatorCall, Result, Unread, Unsupported, operator


@operator(embedding="embedding slice stop_gradient where")
def embedding(call: OperatorCall) -> Result:
    if call["scale_grad_by_freq"]:  # which torch's own decomposition leaves out
        raise Unread("its argument scale_grad_by_freq = True is not read: the gradient of each row is divided there")
    table, row = call.weight("weight"), call["padding_idx"]
    if row not in (None, -1):
        call.model.note("the row padding_idx of an embedding is held constant, as PyTorch does")
        held = call.layer("stop_gradient", [table], "held")
        rows_ = np.zeros((call.extent(0, "weight"), 1))
        rows_[row] = 1
        table = call.layer("where", [call.constant(f"{call.name}.padding", rows_), held, table], "table")
    return _looked_up(call, table, call["indices"], 0)


@operator(
    _unsafe_index="gather embedding slice mod reshape scale add einsum compare unsqueeze",
    index_select="gather embedding slice",
    index="gather embedding slice mod reshape scale add einsum compare unsqueeze",
)
def index(call: OperatorCall) -> Result:
    if call.operator == "index_select":
        return _looked_up(call, call.x(), call["index"], call.axis())
    given = [(axis, value) for axis, value in enumerate(call["indices"]) if value is not None]
    if any(isinstance(value, str) and call.kinds.get(f"indices.{axis}") == "b8" for axis, value in given):
        raise Unsupported("chooses entries by a mask that is not known beforehand: their number depends on it")
    if all(isinstance(value, Known) for _, value in given):
        return at_known_places(call, [(axis, value.array) for axis, value in given])
    if len(given) > 1:
        return _at_several(call, given)
    axis, places = given[0]
    return _looked_up(call, call.x(), _from_the_front(call, axis, places, "positions"), axis)


def _from_the_front(call: OperatorCall, axis: int, places: Any, part: str) -> Any:
    """Positions that the program computes, counted from the front: -1 is the last."""
    if not isinstance(places, str) or call.model.is_position(places):
        return places
    return call.layer("mod", [places], part, divisor=call.extent(axis))


def _at_several(call: OperatorCall, given: list[tuple[int, Any]]) -> Result:
    """Entries x[..., t[i], u[i], ...] of neighbouring axes, which are one axis then."""
    axes = [axis for axis, _ in given]
    if axes != list(range(axes[0], axes[0] + len(axes))) or any(_is_mask(value) for _, value in given):
        raise Unsupported("looks up several axes that are no neighbours, or by a mask that is not known beforehand")
    model, shape = call.model, list(call.shape())
    joined = [*shape[: axes[0]], Mul(*(shape[axis] for axis in axes)), *shape[axes[-1] + 1 :]]
    table = call.layer("reshape", [call.x()], "joined", shape=joined)
    total, stride = None, 1
    for axis, value in reversed(given):
        if isinstance(value, Known):
            value = Known(f"{call.name}.positions{axis}", rows(value.array, call.extent(axis)).astype(float))
        value = _from_the_front(call, axis, value, f"positions{axis}")
        part = call.layer("scale", [model.vertex(value)], f"part{axis}", factor=stride)
        total = part if total is None else call.layer("add", [total, part], f"sum{axis}")
        stride *= call.extent(axis)
    return call.layer("gather", [table, str(total)], axis=axes[0])


def _is_mask(value: Any) -> bool:
    return isinstance(value, Known) and value.array.dtype.kind == "b"


def _apart(call: OperatorCall, given: list[tuple[int, np.ndarray]]) -> str | None:
    """Places on neighbouring axes, each varying along axes of the result of its own: one axis after the other."""
    axes = [axis for axis, _ in given]
    result = np.broadcast_shapes(*(array.shape for _, array in given))
    own = [[k - array.ndim + len(result) for k, n in enumerate(array.shape) if n > 1] for _, array in given]
    varied = [k for part in own for k in part]
    if axes != list(range(axes[0], axes[0] + len(axes))) or varied != sorted(set(varied)):
        return None
    found = call.x()
    for axis, array in given:
        row = Known(f"{call.name}.positions{axis}", array.reshape(-1))
        found = str(_looked_up(call, found, row, axis, f"axis{axis}"))
    shape = call.shape()
    wanted = [*shape[: axes[0]], *map(Integer, result), *shape[axes[-1] + 1 :]]
    return call.layer("reshape", [found], shape=wanted)


def at_known_places(call: OperatorCall, given: list[tuple[int, np.ndarray]]) -> Result:
    """Entries at positions, or under masks, that are known beforehand, on one axis or several at once."""
    model, shape = call.model, call.shape()
    plain = [(axis, array) for axis, array in given if array.dtype.kind != "b"]
    if len(given) == len(plain) == 1:
        return _looked_up(call, call.x(), Known(f"{call.name}.positions", plain[0][1]), plain[0][0])
    if len(given) == len(plain) and (found := _apart(call, plain)):
        return found
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


def _looked_up(call: OperatorCall, table: str, indices: Any, axis: int, part: str = "") -> Result:
    """Rows by integers: an input, or known beforehand (then consecutive ones are a slice)."""
    model = call.model
    if isinstance(indices, Known):
        extent = int(model.shapes[table][axis])
        positions = rows(indices.array, extent)
        if positions.ndim == 1 and (np.diff(positions) == 1).all():
            name = f"{call.name}.{part}" if part else call.name
            return sliced(model, name, table, [(axis, int(positions[0]), len(positions), 1)])
        indices = model.indices(indices.name, positions, extent)
    if axis == 0 and len(model.shapes[table]) == 2:
        return call.layer("embedding", [indices, table], part)
    return call.layer("gather", [table, indices], part, axis=axis)

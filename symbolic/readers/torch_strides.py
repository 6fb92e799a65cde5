"""ATen operators that choose entries by how a tensor lies in memory, or by overlapping windows."""

from __future__ import annotations

import numpy as np

from dyadic.symbolic.readers.operations import to_last
from dyadic.symbolic.readers.torch_call import OperatorCall, Result, Unsupported, operator
from dyadic.symbolic.readers.torch_linear_maps import chosen
from dyadic.symbolic.readers.torch_scatter import line_of, placed_at


def _places(call: OperatorCall) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the entries that a size, strides and an offset name, and of all entries of the tensor."""
    if not call.alone:
        raise Unsupported("counts in the memory of a tensor that does not lie there by rows, or not alone")
    line = line_of(call, call.shape())
    call.model.room(call["size"], 8)
    steps = [np.arange(n) * step for n, step in zip(call["size"], call["stride"], strict=True)]
    places = np.asarray(sum(np.ix_(*steps), np.zeros((), int))) + int(call["storage_offset"] or 0)
    if not places.size or places.max() >= line.size:
        raise Unsupported("names no entry, or one behind the tensor")
    return places, line


@operator(as_strided="gather reshape")
def as_strided(call: OperatorCall) -> Result:
    places, line = _places(call)
    return chosen(call, call.x(), places, line.size)


@operator(as_strided_scatter="concat gather reshape")
def as_strided_scatter(call: OperatorCall) -> Result:
    places, line = _places(call)
    return placed_at(call, places, call.x("src"), line)


@operator(unfold="gather transpose")
def unfold(call: OperatorCall) -> Result:
    """Windows along an axis; their own axis comes last."""
    axis, size, rank = call.axis("dimension"), int(call["size"]), call.rank()
    starts = np.arange(0, call.extent(axis) - size + 1, int(call["step"]))
    places = call.model.indices(f"{call.name}.places", starts[:, None] + np.arange(size), call.extent(axis))
    found = call.layer("gather", [call.x(), places], "windows", axis=axis)
    return call.layer("transpose", [found], permutation=to_last(axis + 1, rank + 1))

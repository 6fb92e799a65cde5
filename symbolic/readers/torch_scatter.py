"""ATen operators that read or write at positions: entry by entry, row by row, or in place.

Positions that are known beforehand are a lookup or a matrix of zeros and ones; others are compared with 0, 1, 2, ...:
y[a, q, b] = x[a, t[a, q, b], b] is Sum_p [p = t[a, q, b]] x[a, p, b].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sympy import Integer, Mul

from dyadic.symbolic.readers.operations import extremum, from_last, sliced
from dyadic.symbolic.readers.positions import one_hot
from dyadic.symbolic.readers.torch_call import Known, OperatorCall, Result, Unsupported, operator

_LETTERS = "abcdefghijklmno"


def _letters(rank: int, axis: int) -> str:
    """A letter for each axis; the one of ``axis`` is q."""
    return _LETTERS[:axis] + "q" + _LETTERS[axis : rank - 1]


def _known(value: Any) -> bool:
    return isinstance(value, Known) and not value.symbolic


def line_of(call: OperatorCall, shape: Any) -> np.ndarray:
    """The number of every entry of a tensor in row-major order."""
    extents = [int(n) for n in shape]
    call.model.room(extents, 8)
    return np.arange(int(np.prod(extents))).reshape(extents)


def flat(call: OperatorCall, x: str, name: str) -> str:
    return call.model.layer(f"{call.name}.{name}", "reshape", [x], shape=[Mul(*call.model.shapes[x])])


@operator(gather="gather reshape mul einsum slice unsqueeze compare")
def gather(call: OperatorCall) -> Result:
    if call["sparse_grad"]:
        raise Unsupported("sparse_grad")
    x, index, axis = call.x(), call.value("index"), call.axis()
    if isinstance(index, Known):
        line = line_of(call, call.shape())
        chosen = index.array % line.shape[axis]
        cut = tuple(slice(n if k != axis else None) for k, n in enumerate(chosen.shape))
        found = np.take_along_axis(line[cut], chosen, axis)
        positions = call.model.indices(f"{call.name}.positions", found, line.size)
        return call.layer("gather", [flat(call, x, "flat"), positions], axis=0)
    rank, shape = call.rank(), call.shape("index")
    cuts = [(k, 0, int(n), 1) for k, n in enumerate(shape) if k != axis and n.is_Integer]
    x = sliced(call.model, f"{call.name}.read", x, cuts)
    chosen_ = one_hot(call.model, f"{call.name}.choice", index, call.shape()[axis])
    here = _letters(rank, axis)
    return call.layer("einsum", [chosen_, x], equation=f"{here}p,{here.replace('q', 'p')}->{here}")


def added(call: OperatorCall, x: str | None, placed: str) -> str:
    """What is written, added to what was there; nothing was where that is zeros."""
    return placed if x is None else call.layer("add", [x, placed])


def _base(call: OperatorCall) -> str | None:
    """What is there before; None for zeros."""
    value = call.value()
    if isinstance(value, Known) and not value.trained and not np.any(value.array):
        return None
    return call.model.vertex(value)


_ADDS = "einsum add reshape scale unsqueeze compare mul where"


@operator(index_add=_ADDS, scatter_add=_ADDS)
def add_at(call: OperatorCall) -> Result:
    """x[a, t[..], b] += source."""
    axis, index = call.axis(), call.value("index")
    source = call.x("source" if call.given("source") else "src")
    if call.operator == "index_add" and call["alpha"] != 1:
        source = call.layer("scale", [source], "alpha", factor=call["alpha"])
    rank, extent = call.rank(), call.extent(axis)
    whole = call.operator == "scatter_add"
    if whole and [*call.shape("index")] != [*call.model.shapes[source]]:
        cuts = [(k, 0, int(n), 1) for k, n in enumerate(call.shape("index"))]
        source = sliced(call.model, f"{call.name}.written", source, cuts)
    if isinstance(index, Known):
        index = _one_axis(index, axis) if whole else index
        whole = index.array.ndim != 1
    others = [k for k in range(rank) if k != axis]
    if whole and any(call.shape("index")[k] != call.shape()[k] for k in others):
        raise Unsupported("writes to a part of the other axes")
    if isinstance(index, Known):
        call.model.room((index.array.size, extent), 8)
        hits = (index.array[..., None] == np.arange(extent)).astype(np.float64)
        chosen = call.constant(f"{call.name}.choice", hits)
    else:
        chosen = one_hot(call.model, f"{call.name}.choice", index, Integer(extent))
    here = _letters(rank, axis)
    equation = f"{here if whole else 'q'}p,{here}->{here.replace('q', 'p')}"
    base = _base(call)
    placed = call.layer("einsum", [chosen, source], "" if base is None else "placed", equation=equation)
    return added(call, base, placed)


def _one_axis(index: Known, axis: int) -> Known:
    """Positions that depend on one axis alone as a row of them; others as they are."""
    array = np.moveaxis(index.array, axis, 0).reshape(index.array.shape[axis], -1)
    return Known(f"{index.name}.row", array[:, 0]) if array.size and (array == array[:, :1]).all() else index


def _told_apart(call: OperatorCall, axis: int, extent: int) -> tuple[str, str]:
    """[t[a, q, b] = p] with p as a last axis, and how many q there are for each a, p, b."""
    index, rank = call.value("index"), call.rank()
    if isinstance(index, Known):
        call.model.room((index.array.size, extent), 8)
        hits = (index.array[..., None] % extent == np.arange(extent)).astype(np.float64)
        counts = np.moveaxis(hits.sum(axis), -1, axis)
        return call.constant(f"{call.name}.choice", hits), call.constant(f"{call.name}.counts", counts)
    chosen = one_hot(call.model, f"{call.name}.choice", index, Integer(extent))
    counts_ = call.layer("reduce_sum", [chosen], "count", axes=[axis], keep=False)
    return chosen, _behind(call, counts_, "counts", axis, rank)


def _behind(call: OperatorCall, x: str, name: str, axis: int, rank: int) -> str:
    """The last axis put where ``axis`` was."""
    order = from_last(axis, rank)
    return call.layer("transpose", [x], name, permutation=order) if order != sorted(order) else x


@operator(
    scatter_reduce="einsum add div compare where reduce_sum reduce_max maximum minimum unsqueeze transpose neg slice"
)
def reduce_at(call: OperatorCall) -> Result:
    """Sum, mean, largest or smallest of what is written to each place, with or without what was there."""
    axis, rank, kind, kept = call.axis(), call.rank(), str(call["reduce"]), bool(call["include_self"])
    extent = call.extent(axis) if rank else 0
    others = [k for k in range(rank) if k != axis]
    if kind not in ("sum", "mean", "amax", "amin") or not rank:
        raise Unsupported(f"reduce = {kind!r}")
    if any(call.shape("index")[k] != call.shape()[k] for k in others):
        raise Unsupported("writes to a part of the other axes")
    source = call.x("src")
    if call.shape("index") != call.shape("src"):
        cuts = [(k, 0, int(n), 1) for k, n in enumerate(call.shape("index"))]
        source = sliced(call.model, f"{call.name}.written", source, cuts)
    chosen, counts = _told_apart(call, axis, extent)
    if kind in ("sum", "mean"):
        here = _letters(rank, axis)
        found = call.layer("einsum", [chosen, source], "sum", equation=f"{here}p,{here}->{here.replace('q', 'p')}")
        found = call.layer("add", [call.x(), found], "" if kind == "sum" else "sums") if kept else found
        if kind == "mean":
            one = call.constant(f"{call.name}.one", np.array(1.0))
            number = call.layer("add" if kept else "maximum", [counts, one], "number")
            found = call.layer("div", [found, number], "" if kept else "mean")
    else:
        largest = kind == "amax"
        sizes = source if largest else call.layer("neg", [source], "negative")
        column = call.layer("unsqueeze", [sizes], "column", axes=[rank])
        none = call.constant(f"{call.name}.none", np.array(-float(np.finfo(np.float32).max)))
        here = call.layer("where", [chosen, column, none], "here")
        found = _behind(call, call.layer("reduce_max", [here], "largest", axes=[axis], keep=False), "most", axis, rank)
        found = found if largest else call.layer("neg", [found], "smallest")
        type_ = "maximum" if largest else "minimum"
        found = extremum(call.model, call.name, type_, call.x(), found, far=True) if kept else found
    if kept:
        return found
    zero = call.constant(f"{call.name}.zero", np.array(0.0))
    hit = call.layer("compare", [counts, zero], "hit", relation="greater")
    return call.layer("where", [hit, found, call.x()])


@operator(index_copy="einsum reduce_max unsqueeze compare where reshape")
def rows_at(call: OperatorCall) -> Result:
    """x[a, t[q], b] = source[a, q, b] for positions that are not known beforehand."""
    axis, index, rank = call.axis(), call.value("index"), call.rank()
    if rank == 0 or len(call.shape("index")) != 1:
        raise Unsupported("writes one row, or one number")
    if isinstance(index, Known):
        line = line_of(call, call.shape())
        return placed_at(call, np.take(line, index.array, axis), call.x("source"), line)
    call.model.note("positions that rows are written to are taken to be different, as PyTorch wants them")
    chosen = one_hot(call.model, f"{call.name}.choice", index, call.shape()[axis])
    here = _letters(rank, axis)
    equation = f"qp,{here}->{here.replace('q', 'p')}"
    if _base(call) is None:
        return call.layer("einsum", [chosen, call.x("source")], equation=equation)
    rows = call.layer("einsum", [chosen, call.x("source")], "placed", equation=equation)
    hit = call.layer("reduce_max", [chosen], "hit", axes=[0], keep=False)
    if behind := list(range(1, rank - axis)):
        hit = call.layer("unsqueeze", [hit], "hits", axes=behind)
    return call.layer("where", [hit, rows, call.x()])


@operator(scatter="einsum add mul scale reduce_max unsqueeze compare transpose where gather concat reshape")
def write_at(call: OperatorCall) -> Result:
    """x[a, t[..], b] = source or a number."""
    axis, index = call.axis(), call.value("index")
    if call["reduce"] is not None:
        raise Unsupported("reduce")
    if isinstance(index, Known):
        line = line_of(call, call.shape())
        chosen = index.array % line.shape[axis]
        cut = tuple(slice(n if k != axis else None) for k, n in enumerate(chosen.shape))
        value = call.x("src") if call.given("src") else _filled(call, call["value"], chosen.shape)
        if call.given("src"):
            cuts = [(k, 0, n, 1) for k, n in enumerate(chosen.shape)]
            value = sliced(call.model, f"{call.name}.written", value, cuts)
        return placed_at(call, np.take_along_axis(line[cut], chosen, axis), value, line)
    moved = call.given("src")
    if moved and call.model.distinct.get(index) != axis:
        raise Unsupported("writes at positions that are not known beforehand, which may coincide")
    if moved and call.shape("src") != call.shape("index"):
        raise Unsupported("writes a part of a tensor at positions that are not known beforehand")
    if any(n != m for k, (n, m) in enumerate(zip(call.shape("index"), call.shape(), strict=True)) if k != axis):
        raise Unsupported("writes to a part of the other axes")
    chosen_ = one_hot(call.model, f"{call.name}.choice", index, call.shape()[axis])
    rank = call.rank()
    if moved:
        here = _letters(rank, axis)
        equation = f"{here}p,{here}->{here.replace('q', 'p')}"
        written = call.layer("einsum", [chosen_, call.x("src")], "placed", equation=equation)
        if _base(call) is None:
            return written
    hit = _behind(call, call.layer("reduce_max", [chosen_], "hit", axes=[axis], keep=False), "hits", axis, rank)
    value = written if moved else call.constant(f"{call.name}.value", np.array(float(call["value"])))
    return call.layer("where", [hit, value, call.x()])


def _filled(call: OperatorCall, value: float, shape: Any) -> str:
    return call.constant(f"{call.name}.value", np.full(shape, float(value)))


def placed_at(call: OperatorCall, places: np.ndarray, value: str, line: np.ndarray) -> str:
    """The tensor with values written at places of it, by number; no two values at one place."""
    if len(np.unique(places)) != places.size:
        raise Unsupported("writes twice to one place")
    order = line.reshape(-1).copy()
    order[places.reshape(-1)] = line.size + np.arange(places.size)
    both = [flat(call, call.x(), "before"), flat(call, value, "values")]
    joined = call.layer("concat", both, "both", axis=0)
    positions = call.model.indices(f"{call.name}.positions", order.reshape(line.shape), line.size + places.size)
    return call.layer("gather", [joined, positions], axis=0)


_PUTS = "where unsqueeze expand concat gather reshape add einsum scale compare mul"


@operator(index_put=_PUTS, _unsafe_index_put=_PUTS)
def put(call: OperatorCall) -> Result:
    """x[places] = values, or += with ``accumulate``."""
    call.ignore("unsafe")
    given = list(call["indices"])
    adds = bool(call["accumulate"])
    masks = [one for k, one in enumerate(given) if isinstance(one, str) and call.kinds.get(f"indices.{k}") == "b8"]
    if all(one is None or _known(one) for one in given):
        line = line_of(call, call.shape())
        places = line[tuple(slice(None) if one is None else one.array for one in given)]
        value = _spread(call, places.shape)
        return _accumulated(call, places, value, line) if adds else placed_at(call, places, value, line)
    if len(given) == len(masks) == 1 and not adds and not call.shape("values") and call.rank("self"):
        mask, missing = masks[0], call.rank() - len(call.model.shapes[masks[0]])
        if call.model.shapes[mask] == call.shape()[: call.rank() - missing]:
            axes = list(range(call.rank() - missing, call.rank()))
            mask = call.layer("unsqueeze", [mask], "mask", axes=axes) if axes else mask
            return call.layer("where", [mask, call.x("values"), call.x()])
    if len(given) == 1 and adds and not masks and call.shape("values")[1:] == call.shape()[1:] and given[0] is not None:
        chosen = one_hot(call.model, f"{call.name}.choice", given[0], call.shape()[0])
        here = _letters(call.rank(), 0)
        base = _base(call)
        rows = call.layer("einsum", [chosen, call.x("values")], "" if base is None else "placed",
                          equation=f"qp,{here}->{here.replace('q', 'p')}")  # fmt: skip
        return added(call, base, rows)
    raise Unsupported("writes at positions that are not known beforehand")


def _spread(call: OperatorCall, shape: Any) -> str:
    """The values, in the shape of the places."""
    value = call.x("values")
    if [int(n) for n in call.shape("values")] == list(shape):
        return value
    return call.layer("expand", [value], "spread", shape=[Integer(n) for n in shape])


def _accumulated(call: OperatorCall, places: np.ndarray, value: str, line: np.ndarray) -> str:
    call.model.room((places.size, line.size), 8)
    hits = (places.reshape(-1)[:, None] == line.reshape(-1)).astype(float)
    chosen = call.constant(f"{call.name}.choice", hits)
    base = _base(call)
    placed = call.layer("einsum", [chosen, flat(call, value, "values")], "sums", equation="qp,q->p")
    name = "" if base is None else "placed"
    return added(call, base, call.layer("reshape", [placed], name, shape=list(call.shape())))


@operator(copy="expand", fill="expand")
def overwritten(call: OperatorCall) -> Result:
    """Every entry is replaced."""
    key = "src" if call.operator == "copy" else "value"
    value = call[key]
    if not isinstance(value, str | Known):
        return Known(f"{call.name}.value", np.broadcast_to(float(value), [int(n) for n in call.shape()]))
    call.ignore("self")
    found = call.x(key)
    same = call.model.shapes[found] == call.shape()
    return found if same else call.layer("expand", [found], shape=list(call.shape()))


@operator(slice_scatter="concat slice gather reshape", select_scatter="concat slice unsqueeze")
def replaced(call: OperatorCall) -> Result:
    """A part of the tensor is replaced by another tensor."""
    axis, model = call.axis(), call.model
    extent = call.extent(axis)
    source = call.x("src")
    if call.operator == "select_scatter":
        start = int(call["index"]) % extent
        source, count, step = call.layer("unsqueeze", [source], "row", axes=[axis]), 1, 1
    else:
        found = range(extent)[slice(call["start"], call["end"], call["step"])]
        start, count, step = found.start, len(found), found.step
    if count == extent and step == 1:
        return source
    if step != 1:
        line = line_of(call, call.shape())
        cut = tuple(slice(start, start + count * step, step) if k == axis else slice(None) for k in range(call.rank()))
        return placed_at(call, line[cut], source, line)
    parts = [source]
    if start:
        parts.insert(0, sliced(model, f"{call.name}.before", call.x(), [(axis, 0, start, 1)]))
    if start + count < extent:
        rest = (axis, start + count, extent - start - count, 1)
        parts.append(sliced(model, f"{call.name}.behind", call.x(), [rest]))
    return call.layer("concat", parts, axis=axis)


@operator(diagonal_scatter="concat gather reshape")
def diagonal_replaced(call: OperatorCall) -> Result:
    line = line_of(call, call.shape())
    places = np.diagonal(line, int(call["offset"]), int(call["dim1"]), int(call["dim2"]))
    return placed_at(call, places, call.x("src"), line)

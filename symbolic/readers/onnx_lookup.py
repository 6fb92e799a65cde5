"""ONNX operators that choose entries by positions, and that put entries where positions say."""

from __future__ import annotations

import numpy as np
from sympy import Mul

from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.readers.onnx_node import Known, Node, Unsupported, Value, operator, place
from dyadic.symbolic.readers.operations import from_last, rows, sliced, to_last
from dyadic.symbolic.readers.positions import one_hot


@operator(Gather="embedding gather select slice scale add compare unsqueeze einsum")
def gather(node: Node) -> Value:
    axis, indices = node.axis(0), node.known(1)
    if indices is None:
        data = node.weight(0) if node.rank() == 2 and axis == 0 else node.x(0)
        if axis == 0 and node.rank() == 2 and node.model.is_position(node.x(1)):
            return node.layer("embedding", [node.x(1), data])
        chosen = node.x(1) if node.model.is_position(node.x(1)) else from_the_front(node, 1, node.extents(0, [axis])[0])
        return node.layer("gather", [data, chosen], axis=axis)
    (extent,) = node.extents(0, [axis])
    positions = rows(indices, extent).reshape(-1)
    steps = np.diff(positions)
    if indices.ndim <= 1 and indices.size and (steps == 1).all():  # consecutive positions are a slice
        if indices.ndim == 0:
            return node.layer("select", [node.x(0)], axis=axis, position=int(positions[0]))
        return sliced(node.model, node.name, node.x(0), [(axis, int(positions[0]), len(positions), 1)])
    value = node.operand(1)
    assert isinstance(value, Known)
    name = node.model.indices(value.name, positions.reshape(indices.shape), extent)
    return node.layer("gather", [node.x(0), name], axis=axis)


def positions(node: Node, slot: int, extent: int) -> str | None:
    """Positions on an axis as an input of integers; None where they were computed."""
    value = node.operand(slot)
    if isinstance(value, Known):
        return node.model.indices(value.name, rows(value.array, extent), extent)
    is_input = value in node.model.inputs and node.model.inputs[value].role == "index"
    return value if is_input else None


def from_the_front(node: Node, slot: int, extent: int) -> str:
    """Computed positions, of which negative ones count from the end."""
    p = node.layer("scale", [node.x(slot)], f"numbers{slot}") if node.model.is_position(node.x(slot)) else node.x(slot)
    negative = node.layer("compare", [p, node.constant("zero", np.array(0.0))], f"negative{slot}", relation="less")
    shifted = node.layer("scale", [negative], f"shift{slot}", factor=extent)
    return node.layer("add", [p, shifted], f"positions{slot}")


@operator(GatherElements="gather_elements slice scale add compare unsqueeze mul transpose reduce_sum")
def gather_elements(node: Node) -> Value:
    axis = node.axis(0)
    shape, (extent,) = node.shape(1), node.extents(0, [axis])
    cuts = [(k, 0, n, 1) for k, n in enumerate(shape) if k != axis and n != node.shape()[k]]
    x = sliced(node.model, f"{node.name}.part", node.x(0), [(k, a, int(n), b) for k, a, n, b in cuts])
    found = positions(node, 1, extent)
    if found is not None:
        return node.layer("gather_elements", [x, found], axis=axis)
    chosen = one_hot(node.model, f"{node.name}.choice", from_the_front(node, 1, extent), node.shape()[axis])
    order = to_last(axis, node.rank())
    moved = node.layer("unsqueeze", [node.layer("transpose", [x], "moved", permutation=order)], "row", axes=[axis])
    product = node.layer("mul", [chosen, moved], "product")
    return node.layer("reduce_sum", [product], axes=[node.rank()], keep=False)


@operator(GatherND="reshape gather")
def gather_nd(node: Node) -> Value:
    """For constant positions: the axes that they choose from are taken together."""
    batch = int(node.get("batch_dims", 0))
    indices = node.static(1, "the positions")
    flat, shape = node.shape(), node.extents(0, range(node.rank()))
    depth = indices.shape[-1]
    found = _taken_together(indices, shape[batch : batch + depth])
    for axis, extent in reversed(list(enumerate(shape[:batch]))):
        place_ = np.arange(extent).reshape([-1 if k == axis else 1 for k in range(found.ndim)])
        found = found + place_ * int(np.prod(shape[axis + 1 : batch + depth]))
    count = int(np.prod(shape[: batch + depth]))
    rest = list(flat[batch + depth :])
    x = node.layer("reshape", [node.x(0)], "rows", shape=[count, *rest])
    return node.layer("gather", [x, node.model.indices(f"{node.name}.positions", found, count)], axis=0)


def _taken_together(indices: np.ndarray, shape: list[int]) -> np.ndarray:
    """Positions on several axes, along the last one of the array, as positions on all of them together."""
    if indices.shape[-1] > len(shape) or not indices.shape[-1]:
        raise Unsupported(f"positions of {indices.shape[-1]} numbers for {len(shape)} axes")
    found = np.zeros(indices.shape[:-1], int)
    for k, extent in enumerate(shape):
        found = found * extent + rows(indices[..., k], extent)
    return found


@operator(**dict.fromkeys(("ScatterElements", "Scatter"), "scatter_elements reshape scatter gather concat mul where"))
def scatter_elements(node: Node) -> Value:
    axis, (extent,) = node.axis(0), node.extents(0, [node.axis(0)])
    reduction = node.choice("reduction", "none", "add", "mul", "min", "max")
    indices = node.known(1)
    if indices is None:
        found = positions(node, 1, extent)
        if found is None or reduction not in ("none", "add"):
            raise Unsupported("the positions are computed from an input, or neither added nor put")
        if any(n != m for k, (n, m) in enumerate(zip(node.shape(), node.shape(1), strict=True)) if k != axis):
            raise Unsupported("there are fewer positions than the other axes have entries")
        type_ = "put" if reduction == "none" else "add"
        return node.layer("scatter_elements", [node.x(0), found, node.x(2)], axis=axis, reduction=type_)
    shape = node.extents(0, range(node.rank()))
    places = np.indices(indices.shape)
    places[axis] = rows(indices, extent)
    flat = np.asarray(np.ravel_multi_index(tuple(places), shape))
    return _scattered(node, 2, flat, reduction, [], int(np.prod(shape)))


@operator(ScatterND="reshape scatter gather concat add mul maximum minimum where")
def scatter_nd(node: Node) -> Value:
    """For constant positions: the axes that they say something of are taken together."""
    reduction = node.choice("reduction", "none", "add", "mul", "min", "max")
    indices, shape = node.static(1, "the positions"), node.extents(0, range(node.rank()))
    depth = indices.shape[-1]
    found = _taken_together(indices, shape[:depth])
    return _scattered(node, 2, found, reduction, shape[depth:], int(np.prod(shape[:depth])))


@operator(TensorScatter="reshape scatter")
def tensor_scatter(node: Node) -> Value:
    """Updates put into a cache from a position on that is known for each sample (the first axis)."""
    shape, axis = node.extents(0, range(node.rank())), node.axis(-2)
    circular = node.choice("mode", "linear", "circular") == "circular"
    (count,) = node.extents(1, [axis])
    first = node.static(2, "the positions").astype(int) if node.has(2) else np.zeros(shape[0], int)
    if axis == 0 or node.extents(1, range(node.rank(1))) != [*shape[:axis], count, *shape[axis + 1 :]]:
        raise Unsupported("the updates do not have the axes of what they are put into")
    places = np.indices((*shape[:axis], count))
    places[axis] += first[places[0]]
    places[axis] = places[axis] % shape[axis] if circular else rows(places[axis], shape[axis])
    flat = np.asarray(np.ravel_multi_index(tuple(places), shape[: axis + 1])).reshape(-1)
    if len(set(flat.tolist())) < len(flat) or (first < 0).any():
        raise Unsupported("puts several entries in one place, or counts from the end")
    return _scattered(node, 1, flat, "none", shape[axis + 1 :], int(np.prod(shape[: axis + 1])))


@operator(MaxUnpool="reshape scatter pad")
def max_unpool(node: Node) -> Value:
    """Entries put where constant positions say, counted through the whole tensor, into zeros.

    The positions are those in the tensor that was pooled; a larger one that is asked for has zeros behind it.
    """
    kernel = [int(n) for n in node.get("kernel_shape")]
    steps, pads = node.get("strides", [1] * len(kernel)), node.get("pads", [0] * 2 * len(kernel))
    given = node.extents(0, range(node.rank()))
    around = [before + behind for before, behind in zip(pads, pads[len(kernel) :], strict=False)]
    extents = [(n - 1) * s - p + k for n, s, p, k in zip(given[2:], steps, around, kernel, strict=True)]
    shape = [*given[:2], *extents]
    flat = rows(node.static(1, "the positions"), int(np.prod(shape)))
    if flat.size != np.prod(given) or len(np.unique(flat)) < flat.size:
        raise Unsupported("there is no position of its own for each entry")
    at = node.model.indices(f"{node.name}.places", flat.reshape(-1), int(np.prod(shape)))
    entries = node.layer("reshape", [node.x(0)], "entries", shape=[flat.size])
    zeros = node.constant("zeros", np.zeros(int(np.prod(shape)), np.float32))
    found = node.layer("scatter", [zeros, at, entries], "scattered", axis=0, reduction="add")
    wanted = node.integers(2, "the shape") if node.has(2) else shape
    behind = [n - m for n, m in zip(wanted, shape, strict=True)]
    if min(behind) < 0:
        raise Unsupported(f"the shape {wanted} is smaller than {shape}")
    placed = node.layer("reshape", [found], "placed" if any(behind) else "", shape=shape)
    return node.layer("pad", [placed], padding=[*[0] * len(shape), *behind]) if any(behind) else placed


def _scattered(node: Node, slot: int, places: np.ndarray, reduction: str, rest: list[int], count: int) -> Value:
    """Updates, the operand ``slot``, combined with rows of the input, which are ``count`` rows of the shape ``rest``.

    Added or put they are a layer ``scatter``; otherwise the k-th updates of all rows are combined with them at once.
    """
    flat = places.reshape(-1)
    x = node.layer("reshape", [node.x(0)], "rows", shape=[count, *rest])
    u = node.layer("reshape", [node.x(slot)], "updates", shape=[len(flat), *rest])
    if reduction == "none":  # of several in one place the last one stays
        last = {int(p): k for k, p in enumerate(flat)}
        if len(last) < len(flat):
            node.model.note("of several entries that are put in one place, the last one stays")
            chosen = np.array(sorted(last.values()))
            u = node.layer("gather", [u, node.model.indices(f"{node.name}.last", chosen, len(flat))], "last", axis=0)
            flat = flat[chosen]
    if reduction in ("none", "add"):
        at = node.model.indices(f"{node.name}.places", flat, count)
        type_ = "put" if reduction == "none" else "add"
        found = node.layer("scatter", [x, at, u], "scattered", axis=0, reduction=type_)
        return node.layer("reshape", [found], shape=list(node.shape()))
    return node.layer("reshape", [_in_turn(node, x, u, flat, count, reduction)], shape=list(node.shape()))


def _in_turn(node: Node, x: str, u: str, flat: np.ndarray, count: int, reduction: str) -> str:
    turn = np.zeros(len(flat), int)
    seen: dict[int, int] = {}
    for k, p in enumerate(flat):
        turn[k] = seen.get(int(p), 0)
        seen[int(p)] = turn[k] + 1
    type_ = {"mul": "mul", "max": "maximum", "min": "minimum"}[reduction]
    if turn.max(initial=0) >= MOST_INPUTS:
        raise Unsupported(f"combines {turn.max() + 1} entries in one place")
    for k in range(turn.max(initial=0) + 1):
        chosen, touched = np.zeros(count, int), np.zeros(count)
        chosen[flat[turn == k]] = np.nonzero(turn == k)[0]
        touched[flat[turn == k]] = 1
        at = node.model.indices(f"{node.name}.turn{k}", chosen, len(flat))
        other = node.layer("gather", [u, at], f"update{k}", axis=0)
        both = node.layer(type_, [x, other], f"both{k}")
        here = node.constant(f"is_hit{k}", touched.reshape(-1, *[1] * (len(node.model.shapes[x]) - 1)))
        x = node.layer("where", [here, both, x], f"after{k}")
    return x


@operator(OneHot="unsqueeze compare select where transpose")
def one_hot_(node: Node) -> Value:
    depth = int(node.static(1, "the depth").reshape(-1)[0])
    rank = node.rank() + 1
    axis = place(int(node.get("axis", -1)), rank)
    if not 1 <= depth <= MOST_INPUTS**2:
        raise Unsupported(f"a depth of {depth}")
    indices = node.known(0)
    if indices is not None:
        found = (indices[..., None] % depth == np.arange(depth)) & (np.abs(indices[..., None] + 0.5) < depth + 0.5)
        chosen = node.constant("choice", found.astype(float))
    else:
        node.model.note("the positions of OneHot are taken to count from the front")
        line = node.constant("line", np.arange(depth, dtype=float))
        column = node.layer("unsqueeze", [node.x(0)], "column", axes=[rank - 1])
        chosen = node.layer("compare", [column, line], "choice", relation="equal")
    off, on = (node.layer("select", [node.x(2)], part, axis=0, position=k) for k, part in enumerate(("off", "on")))
    found_ = node.layer("where", [chosen, on, off], "last")
    return node.layer("transpose", [found_], permutation=from_last(axis, rank))


@operator(Compress="reshape gather")
def compress(node: Node) -> Value:
    kept = np.nonzero(node.static(1, "the condition").reshape(-1))[0]
    if not len(kept):
        raise Unsupported("keeps nothing")
    if node.get("axis") is None:
        x = node.layer("reshape", [node.x()], "flat", shape=[Mul(*node.shape())])
        axis = 0
    else:
        x, axis = node.x(), node.axis(0)
    (extent,) = (int(node.model.shapes[x][axis]),)
    if kept[-1] >= extent:
        raise Unsupported(f"keeps position {kept[-1]} of an axis of {extent}")
    return node.layer("gather", [x, node.model.indices(f"{node.name}.kept", kept, extent)], axis=axis)


@operator(ReverseSequence="reshape gather")
def reverse_sequence(node: Node) -> Value:
    """For constant lengths: the first entries of each sequence in reverse order."""
    lengths = node.static(1, "the lengths").astype(int)
    time, batch = (place(int(node.get(key, k)), 2) for k, key in enumerate(("time_axis", "batch_axis")))
    shape = node.extents(0, range(node.rank()))
    at = np.indices((shape[time], shape[batch]))
    backward = np.where(at[0] < lengths[at[1]], lengths[at[1]] - 1 - at[0], at[0])
    flat = backward * shape[1] + at[1] if time == 0 else at[1] * shape[1] + backward
    flat = (flat if time == 0 else flat.T).reshape(-1)
    x = node.layer("reshape", [node.x()], "rows", shape=[shape[0] * shape[1], *shape[2:]])
    at_ = node.model.indices(f"{node.name}.positions", flat, shape[0] * shape[1])
    return node.layer("reshape", [node.layer("gather", [x, at_], "reversed", axis=0)], shape=shape)

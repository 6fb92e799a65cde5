"""ONNX operators that move data: reshape, transpose, slice, gather, pad, resize; and those that do nothing."""

from __future__ import annotations

from math import ceil
from typing import Literal

import numpy as np
from sympy import Integer, Mul, cancel

from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.readers.model import short
from dyadic.symbolic.readers.onnx_node import Known, Node, Unsupported, Value, operator, places
from dyadic.symbolic.readers.operations import nothing, parted, sliced
from dyadic.symbolic.structure import show


@operator("Identity")
def identity(node: Node) -> Value:
    return node.same("")


@operator("Dropout")
def dropout(node: Node) -> Value:
    node.only_outputs()
    node.ignore("ratio", "seed", "is_test")  # in inference nothing is dropped
    if node.has(2) and bool(node.static(2, "training_mode")):
        if not node.has(1) or node.number(1) != 0:
            raise Unsupported("training_mode: the mask would be random")
        return node.same("of nothing")
    return node.same("in inference")


@operator("Shape")
def shape(node: Node) -> Value:
    extents = node.shape()[node.get("start", 0) : node.get("end")]
    return sizes(node.outputs[0], extents)


@operator("Size")
def count(node: Node) -> Value:
    total = sizes(node.outputs[0], (Mul(*node.shape()),))
    return Known(total.name, total.array.reshape(()))


def sizes(name: str, extents: Shape) -> Known:
    """A shape as a known value."""
    if all(extent.is_Integer for extent in extents):
        return Known(name, np.array([int(extent) for extent in extents], np.int64))
    array = np.empty(len(extents), object)
    array[:] = extents
    return Known(name, array)


def reshaped(node: Node, target: Shape) -> Value:
    """A reshape, or nothing where the shape is that already."""
    if target == node.shape():
        node.model.note(f"{node.op} to the same shape is the identity: no vertex")
        return node.operand(0)
    return node.layer("reshape", [node.x()], shape=list(target))


@operator(Reshape="reshape")
def reshape(node: Node) -> Value:
    wanted = node.integers(1, "the new shape") if node.has(1) else list(node.get("shape"))
    old = node.shape()
    if not node.get("allowzero", 0):
        wanted = [old[k] if n == 0 else n for k, n in enumerate(wanted)]
    target = [Integer(n) if isinstance(n, int) else n for n in wanted]
    if -1 in wanted:
        position = wanted.index(-1)
        target[position] = cancel(Mul(*old) / Mul(*(n for k, n in enumerate(target) if k != position)))
    if any(n.is_Rational and (not n.is_Integer or n < 1) for n in target):
        raise Unsupported(f"cannot reshape {show(old)} to {wanted}")
    return reshaped(node, tuple(target))


@operator(Flatten="reshape")
def flatten(node: Node) -> Value:
    axis = int(node.get("axis", 1))
    old = node.shape()
    if not -len(old) <= axis <= len(old):
        raise Unsupported(f"axis {axis} of {len(old)} axes")
    axis = axis + len(old) if axis < 0 else axis
    return reshaped(node, (Mul(*old[:axis]), Mul(*old[axis:])))


@operator(Squeeze="squeeze")
def squeeze(node: Node) -> Value:
    axes = node.axes(1)
    if axes is None:
        axes = [k for k, extent in enumerate(node.shape()) if extent == 1]
    return node.layer("squeeze", [node.x()], axes=sorted(axes)) if axes else node.same("of no axis")


@operator(Unsqueeze="unsqueeze")
def unsqueeze(node: Node) -> Value:
    given = node.integers(1, "the list of axes") if node.has(1) else node.get("axes") or []
    rank = node.rank() + len(given)
    return node.layer("unsqueeze", [node.x()], axes=sorted(places(given, rank)))


@operator(Transpose="transpose")
def transpose(node: Node) -> Value:
    permutation = list(node.get("perm", range(node.rank())[::-1]))
    if sorted(permutation) != list(range(node.rank())):
        raise Unsupported(f"perm = {permutation[:20]} is no permutation of {node.rank()} axes")
    if permutation == sorted(permutation):
        return node.same("of nothing")
    return node.layer("transpose", [node.x()], permutation=permutation)


@operator(Expand="expand")
def expand(node: Node) -> Value:
    old = node.shape()
    wanted = [Integer(n) if isinstance(n, int) else n for n in node.integers(1, "the new shape")]
    rank = max(len(old), len(wanted))
    pairs = zip((Integer(1),) * (rank - len(old)) + old, [Integer(1)] * (rank - len(wanted)) + wanted, strict=True)
    target = [was if new == 1 else new for was, new in pairs]
    return node.same("to the same shape") if tuple(target) == old else node.layer("expand", [node.x()], shape=target)


@operator(Tile="concat")
def tile(node: Node) -> Value:
    found = node.x()
    for axis, times in enumerate(node.integers(1, "the numbers of repeats")):
        if not isinstance(times, int) or not 1 <= times <= MOST_INPUTS:
            raise Unsupported(f"repeats an axis {times} times (1 to {MOST_INPUTS} are read)")
        if times != 1:
            found = node.layer("concat", [found] * times, f"axis{axis}", axis=axis)
    return found


@operator(Concat="concat")
def concat(node: Node) -> Value:
    axis = node.axis(-1)
    full = [slot for slot in range(len(node.operands)) if 0 not in node.shape(slot)]
    if len(full) > 1:
        return node.layer("concat", [node.x(slot) for slot in full], axis=axis)
    node.model.note("Concat of one part is the identity: no vertex")
    return node.operand(full[0] if full else 0)


@operator(Split="reshape select slice")
def split(node: Node) -> list[Value]:
    node.only(num_outputs=len(node.outputs))
    axis = node.axis(0)
    parts = node.integers(1, "the sizes of the parts") if node.has(1) else node.get("split")
    if parts is None:
        (extent,) = node.extents(0, [axis])
        size = ceil(extent / len(node.outputs))
        parts = [min(size, extent - k * size) for k in range(len(node.outputs))]
    wanted = {k for k, is_read in enumerate(node.wanted) if is_read and parts[k] != 0}
    shape = node.shape()
    found = parted(node.model, node.name, node.x(), axis, parts, wanted)
    return [
        nothing(output, [*shape[:axis], Integer(0), *shape[axis + 1 :]]) if size == 0 else part or ""
        for output, size, part in zip(node.outputs, parts, found, strict=True)
    ]


@operator(Slice="slice")
def slice_(node: Node) -> Value:
    def given(slot: int, key: str) -> list[int] | None:
        return node.integers(slot, key) if node.has(slot) else node.get(key)

    starts, ends, axes, steps = (given(k, key) for k, key in enumerate(("starts", "ends", "axes", "steps"), 1))
    if starts is None or ends is None:
        raise Unsupported("starts or ends are missing")
    axes = list(range(len(starts))) if axes is None else places(axes, node.rank())
    steps = [1] * len(axes) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise Unsupported("starts, ends, axes and steps are not of one length")
    cuts = []
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if step == 0:
            raise Unsupported("a step of 0")
        extent = node.shape()[axis]
        if not extent.is_Integer and start == 0 and end >= 2**31 - 1 and step == 1:
            continue
        (n,) = node.extents(0, [axis])
        first, last, _ = slice(start, end, step).indices(n)
        cuts.append((axis, first, len(range(first, last, step)), step))
    if any(count == 0 for _, _, count, _ in cuts):
        kept = {axis: Integer(count) for axis, _, count, _ in cuts}
        return nothing(node.outputs[0], [kept.get(axis, extent) for axis, extent in enumerate(node.shape())])
    return sliced(node.model, node.name, node.x(), cuts)


_MODES: dict[str, Literal["reflect", "edge", "wrap"]] = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}


@operator(Pad="pad slice gather where")
def pad(node: Node) -> Value:
    """With a number or a tensor of one entry around, or with entries of the input again (reflect, edge, wrap)."""
    mode = node.choice("mode", "constant", "reflect", "edge", "wrap")
    given = node.integers(1, "pads") if node.has(1) else list(node.get("pads"))
    axes = node.axes(3)
    axes = list(range(node.rank())) if axes is None else axes
    if len(given) != 2 * len(axes):
        raise Unsupported(f"{len(given)} pads for {len(axes)} axes")
    fronts, backs = ([0] * node.rank() for _ in range(2))
    for k, axis in enumerate(axes):
        fronts[axis], backs[axis] = given[k], given[k + len(axes)]
    if not any(fronts) and not any(backs):
        return node.same("by nothing")
    kept, cuts = node.x(), []
    for axis, (front, back) in enumerate(zip(fronts, backs, strict=True)):
        if front < 0 or back < 0:
            (n,) = node.extents(0, [axis])
            cuts.append((axis, max(-front, 0), n - max(-front, 0) - max(-back, 0), 1))
    kept = sliced(node.model, f"{node.name}.cut", kept, cuts) if cuts else kept
    padding = [max(n, 0) for n in (*fronts, *backs)]
    if mode == "constant":
        return _padded(node, kept, padding)
    for axis in range(node.rank()):
        front, back = padding[axis], padding[axis + node.rank()]
        if front or back:
            n = node.model.shapes[kept][axis]
            if not n.is_Integer:
                raise Unsupported(f"needs a number for the size of axis {axis}")
            node.model.room((int(n) + front + back,), 8)
            places = np.pad(np.arange(int(n)), (front, back), mode=_MODES[mode])
            positions = node.model.indices(f"{node.name}.positions{axis}", places, int(n))
            kept = node.layer("gather", [kept, positions], f"axis{axis}", axis=axis)
    return kept


def _padded(node: Node, x: str, padding: list[int]) -> Value:
    value = node.number(2) if node.has(2) else short(node.get("value", 0.0))
    bound = node.known(2)
    if bound is not None and bound.size == 1 and np.isinf(bound).all():
        node.model.infinite = True
        node.model.note("an infinite padding is read as 3.4e+38 with its sign")
        value = float(np.copysign(np.finfo(np.float32).max, float(bound.reshape(-1)[0])))
    if value is not None:
        return node.layer("pad", [x], padding=padding, value=value) if any(padding) else x
    inside = node.layer("pad", [x], "inside", padding=padding, value=0)
    extents = [int(n) for n in node.model.shapes[x]]
    rank = len(extents)
    ones = np.pad(np.ones(extents), list(zip(padding[:rank], padding[rank:], strict=True)))
    return node.layer("where", [node.constant("is_inside", ones), inside, node.x(2)])


@operator(DepthToSpace="reshape transpose", SpaceToDepth="reshape transpose")
def depth_to_space(node: Node) -> Value:
    """Reshape, transpose, reshape."""
    b = int(node.get("blocksize"))
    if node.rank() != 4 or b < 1:
        raise Unsupported(f"blocks of {b} of a tensor of {node.rank()} axes (only 4)")
    n, c, h, w = node.shape()
    divided = (h, w) if node.op == "SpaceToDepth" else (c / b,)
    if any((extent / b).is_Rational and not (extent / b).is_Integer for extent in divided):
        raise Unsupported(f"{show(node.shape())} does not consist of blocks of {b}")
    columns_first = node.choice("mode", "DCR", "CRD") == "DCR"
    if node.op == "SpaceToDepth":
        permutation = [0, 3, 5, 1, 2, 4] if columns_first else [0, 1, 3, 5, 2, 4]
        first, last = (n, c, h / b, b, w / b, b), (n, c * b * b, h / b, w / b)
    elif columns_first:
        first, permutation, last = (n, b, b, c / b**2, h, w), [0, 3, 4, 1, 5, 2], (n, c / b**2, h * b, w * b)
    else:
        first, permutation, last = (n, c / b**2, b, b, h, w), [0, 1, 4, 2, 5, 3], (n, c / b**2, h * b, w * b)
    split_ = node.layer("reshape", [node.x()], "split", shape=list(first))
    moved = node.layer("transpose", [split_], "moved", permutation=permutation)
    return node.layer("reshape", [moved], shape=list(last))

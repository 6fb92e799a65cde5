"""ONNX operators that move data: reshape, transpose, slice, gather, pad, resize; and those that do nothing."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, prod
from typing import Any

import numpy as np
from sympy import Integer, Mul, cancel

from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.readers.onnx_node import Known, Node, Unsupported, Value, operator, places
from dyadic.symbolic.readers.operations import parted, rows, sliced
from dyadic.symbolic.structure import show

_FLOATS = {1, 10, 11, 16}  # TensorProto.FLOAT, FLOAT16, DOUBLE, BFLOAT16


@operator("Identity")
def identity(node: Node) -> Value:
    return node.same("")


@operator("Dropout")
def dropout(node: Node) -> Value:
    node.only_outputs()
    node.ignore("ratio", "seed", "is_test")  # in inference nothing is dropped
    if node.has(2) and bool(node.static(2, "training_mode")):
        raise Unsupported("training_mode: the mask would be random")
    return node.same("in inference")


@operator("Cast", "CastLike")
def cast(node: Node) -> Value:
    node.ignore("saturate", "round_mode")  # of eight-bit floats, which are refused
    x = node.x()
    is_index = x in node.model.inputs and node.model.inputs[x].role == "index"
    if node.op == "Cast" and not is_index and node.get("to") not in _FLOATS:
        raise Unsupported("casts to a type that is not floating-point")
    return node.same("between types of one kind")


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
    return node.layer("concat", node.xs(), axis=node.axis(-1)) if len(node.operands) > 1 else node.same("of one part")


@operator(Split="reshape select slice")
def split(node: Node) -> list[Value]:
    node.only(num_outputs=len(node.outputs))
    axis = node.axis(0)
    parts = node.integers(1, "the sizes of the parts") if node.has(1) else node.get("split")
    if parts is None:
        (extent,) = node.extents(0, [axis])
        size = ceil(extent / len(node.outputs))
        parts = [min(size, extent - k * size) for k in range(len(node.outputs))]
    wanted = {k for k, is_read in enumerate(node.wanted) if is_read}
    return [part or "" for part in parted(node.model, node.name, node.x(), axis, parts, wanted)]


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
        if step < 1:
            raise Unsupported(f"steps = {steps} (only positive)")
        extent = node.shape()[axis]
        if not extent.is_Integer and start == 0 and end >= 2**31 - 1 and step == 1:
            continue
        (n,) = node.extents(0, [axis])
        first, last, _ = slice(start, end).indices(n)
        cuts.append((axis, first, len(range(first, last, step)), step))
    return sliced(node.model, node.name, node.x(), cuts)


@operator(Gather="embedding gather select slice")
def gather(node: Node) -> Value:
    axis, indices = node.axis(0), node.known(1)
    if indices is None:
        data = node.weight(0) if node.rank() == 2 and axis == 0 else node.x(0)
        embeds = axis == 0 and node.rank() == 2
        return (
            node.layer("embedding", [node.x(1), data]) if embeds else node.layer("gather", [data, node.x(1)], axis=axis)
        )
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


@operator(Pad="pad")
def pad(node: Node) -> Value:
    node.only(mode="constant")
    padding = node.integers(1, "pads") if node.has(1) else list(node.get("pads"))
    axes = node.axes(3)
    if axes is not None:
        full = [0] * 2 * node.rank()
        if len(padding) != 2 * len(axes):
            raise Unsupported(f"{len(padding)} pads for {len(axes)} axes")
        for k, axis in enumerate(axes):
            full[axis], full[axis + node.rank()] = padding[k], padding[k + len(axes)]
        padding = full
    value = node.number(2) if node.has(2) else node.get("value", 0.0)
    if value is None or any(n < 0 for n in padding):
        raise Unsupported("the value is not a constant number" if value is None else f"negative padding {padding}")
    return node.layer("pad", [node.x()], padding=padding, value=value) if any(padding) else node.same("by nothing")


@operator(Where="where")
def where(node: Node) -> Value:
    return node.layer("where", node.xs())


@operator(Resize="upsample", Upsample="upsample")
def resize(node: Node) -> Value:
    """Nearest neighbour by integer factors, where the file's rounding amounts to i -> floor(i / factor)."""
    node.only(mode="nearest", keep_aspect_ratio_policy="stretch")
    node.ignore("cubic_coeff_a", "exclude_outside", "extrapolation_value", "antialias")  # nothing to do with nearest
    axes = node.get("axes")
    chosen = list(range(node.rank())) if axes is None else places(axes, node.rank())
    new = [*node.integers(3, "the new sizes")] if node.op == "Resize" and node.has(3) else None
    if new is not None:
        if len(new) != len(chosen):
            raise Unsupported(f"{len(new)} sizes for {len(chosen)} axes")
        scales = [Fraction(int(n), m) for n, m in zip(new, node.extents(0, chosen), strict=True)]
    else:
        slot = 1 if node.op == "Upsample" or node.opset < 11 else 2
        given = node.static(slot, "the scales").reshape(-1) if node.has(slot) else node.get("scales")
        scales = [Fraction(float(s)) for s in given if np.isfinite(s)]
    if len(scales) != len(chosen):
        raise Unsupported(f"{len(scales)} finite scales for {len(chosen)} axes")
    if any(scale.denominator != 1 or not 1 <= scale <= MOST_INPUTS for scale in scales):
        raise Unsupported(f"scales {[float(s) for s in scales]} (only integers from 1 to {MOST_INPUTS})")
    factors = [1] * node.rank()
    for axis, scale in zip(chosen, scales, strict=True):
        factors[axis] = int(scale)
    if node.op == "Resize" and node.opset >= 11:
        _floors(node, factors)
    return node.layer("upsample", [node.x()], factors=factors) if prod(factors) > 1 else node.same("by nothing")


def _floors(node: Node, factors: list[int]) -> None:
    """Refuse a coordinate rule that does not take output i to input floor(i / factor)."""
    mode = str(node.get("coordinate_transformation_mode", "half_pixel"))
    rounding = node.choice("nearest_mode", "round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    half = Fraction(1, 2)
    rules: dict[str, Any] = {
        "floor": floor,
        "ceil": ceil,
        "round_prefer_floor": lambda x: ceil(x - half),
        "round_prefer_ceil": lambda x: floor(x + half),
    }
    for factor in factors:
        for i in range(factor, 2 * factor):
            place = Fraction(i, factor) if mode == "asymmetric" else (i + half) / factor - half
            if mode not in ("asymmetric", "half_pixel", "pytorch_half_pixel") or rules[rounding](place) != 1:
                raise Unsupported(f"coordinates {mode}, rounding {rounding}")


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
    if node.op == "SpaceToDepth":
        first, permutation, last = (n, c, h / b, b, w / b, b), [0, 3, 5, 1, 2, 4], (n, c * b * b, h / b, w / b)
    elif node.choice("mode", "DCR", "CRD") == "DCR":
        first, permutation, last = (n, b, b, c / b**2, h, w), [0, 3, 4, 1, 5, 2], (n, c / b**2, h * b, w * b)
    else:
        first, permutation, last = (n, c / b**2, b, b, h, w), [0, 1, 4, 2, 5, 3], (n, c / b**2, h * b, w * b)
    split_ = node.layer("reshape", [node.x()], "split", shape=list(first))
    moved = node.layer("transpose", [split_], "moved", permutation=permutation)
    return node.layer("reshape", [moved], shape=list(last))

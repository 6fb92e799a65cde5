"""ONNX operators that sample anew or transform along axes: Resize, GridSample, DFT, Col2Im."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np
from sympy import Rational

from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.readers.onnx_node import Node, Unsupported, Value, operator, place, places
from dyadic.symbolic.readers.operations import mapped, sliced, times_matrix
from dyadic.symbolic.structure import show

_ROUNDINGS: dict[str, Callable[[float], int]] = {
    "round_prefer_floor": lambda x: ceil(x - 0.5),
    "round_prefer_ceil": lambda x: floor(x + 0.5),
    "floor": floor,
    "ceil": ceil,
}
_COORDINATES = (
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize",
    "tf_half_pixel_for_nn",
)  # fmt: skip


@operator(**dict.fromkeys(("Resize", "Upsample"), "upsample gather linear_map einsum scale"))
def resize(node: Node) -> Value:
    """One linear map after the other, for each axis that changes; by whole factors to the nearest, ``upsample``."""
    mode = node.choice("mode", "nearest", "linear", "cubic")
    axes, scales, extents = _target(node)
    shape = node.extents(0, axes)
    if all(scale == 1 and n == m for scale, n, m in zip(scales, extents, shape, strict=True)):
        rule = str(node.get("coordinate_transformation_mode", "half_pixel"))
        if rule != "tf_crop_and_resize":
            _account(node)
            return node.same("by nothing")
    matrices = [_matrix(node, mode, k, n, m, s) for k, (n, m, s) in enumerate(zip(shape, extents, scales, strict=True))]
    factors = [1] * node.rank()
    for axis, n, m in zip(axes, shape, extents, strict=True):
        factors[axis] = m // n
    plain = [m % n == 0 and _repeats(a, m // n) for n, m, a in zip(shape, extents, matrices, strict=True)]
    if all(plain) and max(factors) <= MOST_INPUTS:
        return node.layer("upsample", [node.x()], factors=factors)
    found = node.x()
    for axis, matrix in zip(axes, matrices, strict=True):
        found = mapped(node.model, f"{node.name}.axis{axis}", found, axis, matrix)
    return found


def _account(node: Node) -> None:
    node.ignore(
        "cubic_coeff_a", "exclude_outside", "extrapolation_value", "antialias", "nearest_mode",
        "coordinate_transformation_mode", "keep_aspect_ratio_policy",
    )  # fmt: skip


def _repeats(matrix: np.ndarray, factor: int) -> bool:
    return bool((matrix == np.repeat(np.eye(matrix.shape[1]), factor, axis=0)).all())


def _target(node: Node) -> tuple[list[int], list[float], list[int]]:
    """The axes, by what factors they grow, and the extents that they then have."""
    given = node.get("axes")
    axes = list(range(node.rank())) if given is None else places(given, node.rank())
    shape = node.extents(0, axes)
    slot = 1 if node.op == "Upsample" or node.opset < 11 else 2
    if node.op == "Resize" and node.has(3) and node.known(3) is not None and node.static(3, "the sizes").size:
        if node.has(2) and node.static(2, "the scales").size:
            raise Unsupported("both scales and sizes are given")
        sizes = [int(n) for n in node.integers(3, "the new sizes")]
        if len(sizes) != len(axes):
            raise Unsupported(f"{len(sizes)} sizes for {len(axes)} axes")
        scales = [n / m for n, m in zip(sizes, shape, strict=True)]
        policy = node.choice("keep_aspect_ratio_policy", "stretch", "not_larger", "not_smaller")
        if policy != "stretch":
            scales = [min(scales) if policy == "not_larger" else max(scales)] * len(axes)
            sizes = [floor(scale * n + 0.5) for scale, n in zip(scales, shape, strict=True)]
        return axes, scales, sizes
    node.ignore("keep_aspect_ratio_policy")  # of sizes, which are not given
    found = node.static(slot, "the scales").reshape(-1) if node.has(slot) else node.get("scales")
    scales = [float(scale) for scale in found]
    if len(scales) != len(axes) or not all(np.isfinite(scales)) or min(scales) <= 0:
        raise Unsupported(f"scales {scales[:8]} for {len(axes)} axes")
    return axes, scales, [floor(scale * n) for scale, n in zip(scales, shape, strict=True)]


def _matrix(node: Node, mode: str, number: int, n: int, m: int, scale: float) -> np.ndarray:
    """The matrix (m, n) of the map along one axis, by the formulas of ONNX's Resize."""
    if m < 1:
        raise Unsupported("makes an empty axis")
    node.model.room((m, n), 8)
    matrix = np.zeros((m, n))
    rule = node.choice("coordinate_transformation_mode", *_COORDINATES)
    rule = "asymmetric" if node.op == "Upsample" or node.opset < 11 else rule
    rounding = node.choice("nearest_mode", *_ROUNDINGS)
    rounding = "floor" if node.op == "Upsample" or node.opset < 11 else rounding
    anti = bool(node.get("antialias", 0)) and scale < 1
    coefficient, outside = float(node.get("cubic_coeff_a", -0.75)), float(node.get("extrapolation_value", 0.0))
    excluded = bool(node.get("exclude_outside", 0))
    start, end = _region(node, rule, number)
    for i in range(m):
        x = _coordinate(rule, i, scale, n, start, end)
        if rule == "tf_crop_and_resize" and not 0 <= x <= n - 1:
            if outside:
                raise Unsupported("an extrapolation value other than 0")
            continue
        for j, weight in _taps(mode, rounding, x, scale if anti else 1.0, coefficient):
            if excluded and not 0 <= j < n:
                continue
            matrix[i, min(max(j, 0), n - 1)] += weight
        if excluded and mode != "nearest":
            matrix[i] /= matrix[i].sum()
    return matrix


def _region(node: Node, rule: str, number: int) -> tuple[float, float]:
    if rule != "tf_crop_and_resize":
        return 0.0, 1.0
    region = node.static(1, "the region").reshape(-1)
    return float(region[number]), float(region[number + len(region) // 2])


def _coordinate(rule: str, i: int, scale: float, n: int, start: float, end: float) -> float:
    """Where entry i of the result lies among the entries of the input."""
    m = scale * n  # of the result, before it is rounded
    match rule:
        case "align_corners":
            return 0.0 if m == 1 else i * (n - 1) / (m - 1)
        case "asymmetric":
            return i / scale
        case "tf_half_pixel_for_nn":
            return (i + 0.5) / scale
        case "pytorch_half_pixel":
            return (i + 0.5) / scale - 0.5 if m > 1 else -0.5
        case "half_pixel_symmetric":
            centre = n / 2 * (1 - floor(m) / m)
            return centre + (i + 0.5) / scale - 0.5
        case "tf_crop_and_resize":
            return (end - start) * (n - 1) / 2 if m == 1 else start * (n - 1) + i * (end - start) * (n - 1) / (m - 1)
    return (i + 0.5) / scale - 0.5


def _taps(mode: str, rounding: str, x: float, scale: float, a: float) -> list[tuple[int, float]]:
    """The entries that one of the result is made of, with their weights; scale below 1: made smaller, smoothed."""
    if mode == "nearest":
        return [(_ROUNDINGS[rounding](x), 1.0)]
    reach = (1 if mode == "linear" else 2) / scale
    low, high = floor(x - reach), ceil(x + reach)
    kernel = _hat if mode == "linear" else lambda t: _cubic(t, a)
    found = [(j, kernel(abs(j - x) * scale)) for j in range(low, high + 1)]
    found = [(j, weight) for j, weight in found if weight]
    total = sum(weight for _, weight in found) if scale != 1 else 1.0
    return [(j, weight / total) for j, weight in found]


def _hat(t: float) -> float:
    return max(1 - t, 0.0)


def _cubic(t: float, a: float) -> float:
    """Keys' kernel: R. Keys, "Cubic convolution interpolation for digital image processing", 1981."""
    if t < 1:
        return ((a + 2) * t - (a + 3)) * t * t + 1
    return (((t - 5) * t + 8) * t - 4) * a if t < 2 else 0.0


# -- sampling at places that are numbers --------------------------------------------------------------------------


@operator(GridSample="select scale clip abs mod sub relu unsqueeze einsum round compare power add")
def grid_sample(node: Node) -> Value:
    """Linear interpolation between neighbours is a sum over all entries, weighted by relu(1 - distance) on each axis.

    Cubic interpolation is one with Keys' kernel.  So both have a derivative by the places too; the nearest has none.
    """
    mode = node.choice("mode", "linear", "bilinear", "nearest", "cubic", "bicubic")
    padding = node.choice("padding_mode", "zeros", "border", "reflection")
    corners = bool(node.get("align_corners", 0))
    if mode in ("cubic", "bicubic") and padding != "zeros":
        raise Unsupported(f"cubic interpolation with the padding {padding}")
    axes = node.rank() - 2
    extents = node.extents(0, range(2, node.rank()))
    if node.shape(1)[-1] != axes or axes > 3:
        raise Unsupported(f"places of {node.shape(1)[-1]} numbers for {axes} axes")
    weights = []
    for k, n in enumerate(extents):
        at = node.layer("select", [node.x(1)], f"at{k}", axis=node.rank(1) - 1, position=axes - 1 - k)
        factor = (n - 1) / 2 if corners else n / 2
        at = node.layer("scale", [at], f"place{k}", factor=factor, offset=(n - 1) / 2)
        if mode == "nearest":
            at = node.layer("round", [at], f"round{k}")
        if padding == "reflection":
            at = _reflected(node, at, n, corners, str(k))
        if padding != "zeros":
            at = node.layer("clip", [at], f"inside{k}", low=0, high=n - 1)
        column = node.layer("unsqueeze", [at], f"column{k}", axes=[axes + 1])
        line = node.constant(f"line{n}", np.arange(n, dtype=float))
        if mode == "nearest":
            weights.append(node.layer("compare", [column, line], f"weight{k}", relation="equal"))
            continue
        distance = node.layer("abs", [node.layer("sub", [column, line], f"distance{k}")], f"size{k}")
        weights.append((_cubic_weight if "cubic" in mode else _hat_weight)(node, distance, f"weight{k}"))
    here, there = "pqr"[:axes], "ijk"[:axes]
    terms = ",".join(f"n{here}{letter}" for letter in there)
    return node.layer("einsum", [node.x(0), *weights], equation=f"nc{there},{terms}->nc{here}")


def _hat_weight(node: Node, distance: str, part: str, reach: int = 1) -> str:
    """relu(reach - distance)."""
    return node.layer("relu", [node.layer("scale", [distance], f"{part}.slope", factor=-1, offset=reach)], part)


def _cubic_weight(node: Node, distance: str, part: str) -> str:
    """Keys' kernel with a = -3/4, written as 3/4 (v^3 - v^2) - 2 u^3 for u = relu(1 - d) and v = relu(2 - d)."""
    u, v = (_hat_weight(node, distance, f"{part}.{letter}", reach) for letter, reach in (("u", 1), ("v", 2)))
    terms: list[str] = []
    for letter, x, exponent, factor in (("v", v, 3, Rational(3, 4)), ("v", v, 2, Rational(-3, 4)), ("u", u, 3, -2)):
        power = node.layer("power", [x], f"{part}.{letter}{exponent}", exponent=exponent)
        terms.append(node.layer("scale", [power], f"{part}.term{len(terms)}", factor=factor))
    return node.layer("add", terms, part)


def _reflected(node: Node, at: str, n: int, corners: bool, part: str) -> str:
    """Places mirrored at the borders until they lie inside: the distance from a border, modulo twice the length."""
    low, length = (0.0, n - 1.0) if corners else (-0.5, float(n))
    if length == 0:
        return node.layer("scale", [at], f"mirrored{part}", factor=0)
    shifted = node.layer("scale", [at], f"shifted{part}", offset=-low)
    turned = node.layer("mod", [shifted], f"turned{part}", divisor=2 * length)
    middle = node.layer("scale", [turned], f"middle{part}", offset=-length)
    size = node.layer("abs", [middle], f"from_middle{part}")
    return node.layer("scale", [size], f"mirrored{part}", factor=-1, offset=length + low)


# -- transforms ---------------------------------------------------------------------------------------------------


@operator(DFT="select einsum sub add stack unsqueeze")
def dft(node: Node) -> Value:
    """Two products with the cosines and sines: of a real signal, or of a complex one as real and imaginary part."""
    inverse, one_sided = bool(node.get("inverse", 0)), bool(node.get("onesided", 0))
    rank = node.rank()
    axis = int(node.integers(2, "the axis")[0]) if node.has(2) else int(node.get("axis", 1 if node.opset < 20 else -2))
    axis = place(axis, rank)
    if axis == rank - 1:
        raise Unsupported("transforms the axis of real and imaginary parts")
    (n,) = node.extents(0, [axis])
    length = int(node.integers(1, "the length")[0]) if node.has(1) else n
    parts = node.shape()[-1]
    if parts not in (1, 2):
        raise Unsupported(f"{parts} parts of numbers")
    if one_sided and inverse:
        return _inverse_of_one_side(node, axis, n, length if node.has(1) else 2 * (n - 1))
    rows = length // 2 + 1 if one_sided else length
    node.model.room((rows, n), 16)
    angles = 2 * np.pi * np.outer(np.arange(rows), np.arange(min(n, length))) / length
    scale = 1 / length if inverse else 1
    cosines = np.zeros((rows, n))
    sines = np.zeros((rows, n))
    cosines[:, : min(n, length)] = scale * np.cos(angles)
    sines[:, : min(n, length)] = (scale if inverse else -scale) * np.sin(angles)
    return node.layer("stack", _transformed(node, _parts(node, parts), axis, cosines, sines), axis=rank - 1)


def _parts(node: Node, count: int) -> list[str]:
    """The real part of a signal and, where it has one, the imaginary part."""
    return [
        node.layer("select", [node.x()], label, axis=node.rank() - 1, position=k)
        for k, label in enumerate(("real", "imaginary")[:count])
    ]


def _transformed(node: Node, parts: list[str], axis: int, cosines: np.ndarray, sines: np.ndarray) -> list[str]:
    """The real and imaginary part of the product of a matrix cosines + i sines with a signal along an axis."""
    pairs = [_product(node, parts[0], axis, matrix, part) for matrix, part in ((cosines, "rc"), (sines, "rs"))]
    if len(parts) == 1:
        return pairs
    others = [_product(node, parts[1], axis, matrix, part) for matrix, part in ((sines, "is"), (cosines, "ic"))]
    return [node.layer("sub", [pairs[0], others[0]], "re"), node.layer("add", [pairs[1], others[1]], "im")]


@operator(STFT="select gather mul einsum sub add stack")
def stft(node: Node) -> Value:
    """A transform of each frame: entries of the signal at constant places, times the window if there is one."""
    step = int(node.integers(1, "the step")[0])
    window = node.extents(2, [0])[0] if node.has(2) else None
    n = int(node.integers(3, "the length of a frame")[0]) if node.has(3) else window
    (length,), parts = node.extents(0, [1]), node.shape()[-1] if node.rank() == 3 else 0
    if n is None or not 0 < n <= length or step < 1 or window not in (None, n) or parts not in (1, 2):
        raise Unsupported(f"frames of {n} entries, {step} apart, of a signal {show(node.shape())}")
    rows = n // 2 + 1 if node.get("onesided", 1) else n
    node.model.room((rows, n), 16)
    angles = 2 * np.pi * np.outer(np.arange(rows), np.arange(n)) / n
    at = np.arange(1 + (length - n) // step)[:, None] * step + np.arange(n)
    node.model.room(at.shape, 8)
    positions = node.model.indices(f"{node.name}.frames", at, length)
    frames = []
    for k, part in enumerate(_parts(node, int(parts))):
        cut = node.layer("gather", [part, positions], f"frames{k}", axis=1)
        frames.append(node.layer("mul", [cut, node.buffer(2)], f"windowed{k}") if node.has(2) else cut)
    return node.layer("stack", _transformed(node, frames, 2, np.cos(angles), -np.sin(angles)), axis=3)


def _inverse_of_one_side(node: Node, axis: int, n: int, length: int) -> Value:
    """A real signal from the half of its transform: the other half is its mirror image."""
    if node.shape()[-1] != 2:
        raise Unsupported("one side of a transform without imaginary parts")
    kept = min(n, length // 2 + 1)
    twice = np.array([1.0 if k == 0 or 2 * k == length else 2.0 for k in range(kept)]) / length
    angles = 2 * np.pi * np.outer(np.arange(length), np.arange(kept)) / length
    node.model.room((length, n), 16)
    products = []
    for position, wave in enumerate((np.cos(angles), -np.sin(angles))):
        matrix = np.zeros((length, n))
        matrix[:, :kept] = twice * wave
        part = node.layer("select", [node.x()], f"part{position}", axis=node.rank() - 1, position=position)
        products.append(_product(node, part, axis, matrix, f"p{position}"))
    return node.layer("unsqueeze", [node.layer("add", products, "signal")], axes=[node.rank() - 1])


def _product(node: Node, x: str, axis: int, matrix: np.ndarray, part: str) -> str:
    constant = node.constant(f"matrix_{part}", matrix)
    return times_matrix(node.model, f"{node.name}.{part}", constant, x, axis)


@operator(Col2Im="reshape scatter slice")
def col2im(node: Node) -> Value:
    """Blocks added where they were cut out; constant shapes."""
    image, block = (list(map(int, node.integers(slot, what))) for slot, what in ((1, "the image"), (2, "the block")))
    axes = len(image)
    stride, dilation = (list(node.get(key) or [1] * axes) for key in ("strides", "dilations"))
    pads = list(node.get("pads") or [0] * 2 * axes)
    steps = [
        (n + pads[k] + pads[k + axes] - dilation[k] * (block[k] - 1) - 1) // stride[k] + 1 for k, n in enumerate(image)
    ]
    batch, columns, count = node.extents(0, range(3))
    if int(np.prod(steps)) != count or columns % int(np.prod(block)):
        raise Unsupported(f"{columns} by {count} entries for blocks {block} of an image {image}")
    at: Any = np.indices((*block, *steps)).reshape(2 * axes, -1)
    spots = [at[k] * dilation[k] + at[k + axes] * stride[k] for k in range(axes)]
    padded = [n + pads[k] + pads[k + axes] for k, n in enumerate(image)]
    flat = np.ravel_multi_index(spots, padded)
    channels, total = columns // int(np.prod(block)), int(np.prod(padded))
    u = node.layer("reshape", [node.x()], "blocks", shape=[batch, channels, len(flat)])
    room = node.constant("image", np.zeros((batch, channels, total)))
    whole = node.layer(
        "scatter", [room, node.model.indices(f"{node.name}.places", flat, total), u], "added", axis=2, reduction="add"
    )
    found = node.layer("reshape", [whole], "padded", shape=[batch, channels, *padded])
    return sliced(node.model, node.name, found, [(k + 2, pads[k], n, 1) for k, n in enumerate(image)])

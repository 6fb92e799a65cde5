"""ONNX operators with windows: convolutions and pools, and the norm along an axis."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from sympy import Rational

from dyadic.symbolic.readers.onnx_node import Node, Unsupported, Value, operator
from dyadic.symbolic.readers.operations import covers


def window(node: Node, kernel: list[int]) -> dict[str, Any]:
    """stride, padding and dilation of a convolution or pool, with ``auto_pad`` resolved."""
    axes = len(kernel)
    stride, dilation = (list(node.get(key, [1] * axes)) for key in ("strides", "dilations"))
    mode = node.choice("auto_pad", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    if mode == "NOTSET":
        padding = list(node.get("pads", [0] * 2 * axes))
    elif mode == "VALID":
        padding = [0] * 2 * axes
    else:
        begin, end = [], []
        for n, k, s, d in zip(node.extents(0, range(2, 2 + axes)), kernel, stride, dilation, strict=True):
            total = max((ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
            less, more = total // 2, total - total // 2
            begin.append(less if mode == "SAME_UPPER" else more)
            end.append(more if mode == "SAME_UPPER" else less)
        padding = begin + end
    if min(padding) < 0:
        raise Unsupported(f"negative padding {padding}")
    return {"stride": stride, "padding": padding, "dilation": dilation}


def filters(node: Node) -> list[int]:
    """The sizes of a convolution's window: those of its weights, which the attribute may repeat."""
    kernel = node.extents(1, range(2, node.rank(1)))
    node.only(kernel_shape=kernel)
    return kernel


@operator(Conv="conv")
def conv(node: Node) -> Value:
    kernel = filters(node)
    inputs = [node.x(0), node.weight(1), *([node.weight(2)] if node.has(2) else [])]
    return node.layer(
        "conv", inputs, lead=1, groups=node.get("group", 1), bias=len(inputs) == 3, **window(node, kernel)
    )


@operator(ConvTranspose="conv_transpose")
def conv_transpose(node: Node) -> Value:
    kernel = filters(node)
    inputs = [node.x(0), node.weight(1), *([node.weight(2)] if node.has(2) else [])]
    extra = list(node.get("output_padding", [0] * len(kernel)))
    options = _transposed(node, kernel, extra)
    return node.layer(
        "conv_transpose", inputs, lead=1, groups=node.get("group", 1), bias=len(inputs) == 3,
        output_padding=extra, **options,
    )  # fmt: skip


def _transposed(node: Node, kernel: list[int], extra: list[int]) -> dict[str, Any]:
    """stride, padding and dilation, the padding such that the result has the extents that the node asks for."""
    mode = node.choice("auto_pad", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    wanted = node.get("output_shape")
    if wanted is None and mode in ("NOTSET", "VALID"):
        return window(node, kernel)
    axes = len(kernel)
    stride, dilation = (list(node.get(key, [1] * axes)) for key in ("strides", "dilations"))
    extents = node.extents(0, range(2, 2 + axes))
    target = [n * s for n, s in zip(extents, stride, strict=True)] if wanted is None else list(wanted)[-axes:]
    begin, end = [], []
    for k, (n, m) in enumerate(zip(extents, target, strict=True)):
        total = stride[k] * (n - 1) + extra[k] + (kernel[k] - 1) * dilation[k] + 1 - m
        if total < 0:
            extra[k], total = extra[k] - total, 0
        less, more = total // 2, total - total // 2
        begin.append(less if mode == "SAME_UPPER" else more)
        end.append(more if mode == "SAME_UPPER" else less)
    node.ignore("pads")  # which the extents determine
    return {"stride": stride, "padding": begin + end, "dilation": dilation}


@operator(MaxPool="max_pool", AveragePool="average_pool global_average_pool pad conv mul")
def pool(node: Node) -> Value:
    node.only_outputs()
    node.ignore("storage_order")  # of the positions of the maxima, which nobody reads
    kernel = list(node.get("kernel_shape"))
    options: dict[str, Any] = {"kernel": kernel, "lead": 1, "ceil": bool(node.get("ceil_mode", 0))}
    options |= window(node, kernel)
    if node.op == "MaxPool":
        return node.layer("max_pool", [node.x()], **options)
    padding_counts = bool(node.get("count_include_pad", 0))
    if any(step != 1 for step in options["dilation"]):
        total, counts = window_sums(node, node.x(), options, padding_counts)
        return node.layer("mul", [total, node.constant("per_window", 1 / counts)])
    options.pop("dilation")
    if covers(node.shape()[2:], kernel, options["padding"], padding_counts):
        node.model.note("an average pool over the whole image is a global_average_pool")
        return node.layer("global_average_pool", [node.x()], lead=1)
    return node.layer("average_pool", [node.x()], count_include_pad=padding_counts, **options)


def window_sums(node: Node, x: str, options: dict[str, Any], padding_counts: bool) -> tuple[str, np.ndarray]:
    """The sum over each window, as a convolution of every channel with ones; and how many entries each window has."""
    kernel, d = options["kernel"], len(options["kernel"])
    shape = node.extents(0, range(2 + d))
    fronts, backs = list(options["padding"][:d]), list(options["padding"][d:])
    counts, ends = np.ones(()), []
    rows = zip(shape[2:], kernel, options["stride"], options["dilation"], fronts, backs, strict=True)
    for n, k, step, dilation, front, back in rows:
        free = n + front + back - dilation * (k - 1) - 1
        steps = (ceil(free / step) if options["ceil"] else free // step) + 1
        if options["ceil"] and (steps - 1) * step >= n + front:
            steps -= 1  # no window begins behind the entries
        at = np.arange(steps)[:, None] * step + np.arange(k) * dilation - front
        low, high = (-front, n + back) if padding_counts else (0, n)
        counts = counts[..., None] * ((at >= low) & (at < high)).sum(axis=1)
        ends.append(max((steps - 1) * step + dilation * (k - 1) + 1 - front - n, 0))
    ones = node.constant("ones", np.ones((shape[1], 1, *kernel)))
    kept = {"stride": options["stride"], "dilation": options["dilation"]}
    total = node.layer("conv", [x, ones], "sums", lead=1, groups=shape[1], bias=False, padding=[*fronts, *ends], **kept)
    return total, counts


@operator(LpPool="abs power conv", GlobalLpPool="abs power reduce_sum")
def lp_pool(node: Node) -> Value:
    """The p-th root of the sum of the p-th powers in each window."""
    p = node.get("p", 2)
    size = node.layer("abs", [node.x()], "size")
    powers = node.layer("power", [size], "powers", exponent=p)
    if node.op == "GlobalLpPool":
        total = node.layer("reduce_sum", [powers], "sums", axes=list(range(2, node.rank())), keep=True)
    else:
        kernel = list(node.get("kernel_shape"))
        options = {"kernel": kernel, "ceil": bool(node.get("ceil_mode", 0)), **window(node, kernel)}
        total, _ = window_sums(node, powers, options, True)
    return node.layer("power", [total], exponent=Rational(1, int(p)))


@operator(LpNormalization="abs power reduce_sum sqrt compare add div")
def lp_normalization(node: Node) -> Value:
    """Divided by the norm along an axis, or by 1 where that is 0."""
    p, axis = node.get("p", 2), node.axis(-1)
    entries = (
        node.layer("abs", [node.x()], "sizes") if p == 1 else node.layer("power", [node.x()], "squares", exponent=2)
    )
    norm = node.layer("reduce_sum", [entries], "sum", axes=[axis], keep=True)
    norm = norm if p == 1 else node.layer("sqrt", [norm], "norm")
    zero = node.layer("compare", [norm, node.constant("zero", np.array(0.0))], "is_zero", relation="equal")
    return node.layer("div", [node.x(), node.layer("add", [norm, zero], "divisor")])


@operator(GlobalAveragePool="global_average_pool", GlobalMaxPool="global_max_pool")
def global_pool(node: Node) -> Value:
    return node.layer(
        "global_average_pool" if node.op == "GlobalAveragePool" else "global_max_pool", [node.x()], lead=1
    )

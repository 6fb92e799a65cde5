"""max_pool:  y[i] = Max_u x[s i + d u - p],  over the trailing axes, one after the other, the last one first.

A maximum over several axes is the maximum of maxima.  Taking the last axis first means that of several largest
entries of a window the first in row-major order is chosen, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Integer

from dyadic.symbolic.expressions import Definition, Reduction, Tensor
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    ShapeError,
    batch_axes,
    batch_rank,
    indices,
    sizes,
)
from dyadic.symbolic.layers.windows import WINDOW_OPTIONS, kernel_indices, per_axis, window_settings, windows
from dyadic.symbolic.tensor_names import Name, U, V

TIES = "where several entries are largest, the derivative of the maximum goes to the first in row-major order"
POOL_OPTIONS = {
    "kernel": Option("integers"),
    "stride": WINDOW_OPTIONS["stride"],
    "padding": WINDOW_OPTIONS["padding"],
    "ceil": Option("flag", False),
    "lead": Option("integer", 0),
}


def pool_settings(options: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Settings of a pool over the trailing axes; the stride is the kernel's extent by default."""
    kernel = per_axis("kernel", options["kernel"], len(options["kernel"]), 1, 1)
    if not kernel:
        raise ShapeError("kernel is empty", "give the window's extent along each pooled axis")
    batch_rank(options, shape, len(kernel))
    settings = {"kernel": kernel, **window_settings(options, len(kernel), kernel), "ceil": options["ceil"]}
    for window in windows(settings, [Integer(w) for w in kernel], shape[-len(kernel) :]):
        if not (options.get("count_include_pad") or window.always_meets()):
            raise ShapeError("a window lies in the padding altogether", "take less padding, or a larger kernel")
    return settings


class MaxPool(LayerType):
    name = "max_pool"
    example = Example([("m", "n")], {"kernel": [3], "stride": [2], "padding": [1]})
    options = {**POOL_OPTIONS, "dilation": WINDOW_OPTIONS["dilation"]}
    smallest_rank = 1
    input_rule = "at least as many axes as the kernel, which pools the last ones"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return pool_settings(options, shapes[0])

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        kernel = settings["kernel"]
        d = len(kernel)
        lead, lead_sizes = batch_axes(ranks[0] - d)
        i, u, n, o = indices("i", d), kernel_indices(d), sizes("n", d), sizes("o", d)
        sliding = windows(settings, [Integer(w) for w in kernel], n)
        x = Tensor(Name("x", U), (*lead_sizes, *n))
        definitions: list[Definition] = []
        for a in reversed(range(d)):
            before = definitions[-1].tensor if definitions else x
            tap = before[(*lead, *i[:a], sliding[a].position(i[a], u[a]), *i[a + 1 :])] * sliding[a].guard(i[a], u[a])
            body = (
                Reduction("max", u[a], Integer(kernel[a]), tap) if kernel[a] > 1 else tap.xreplace({u[a]: Integer(0)})
            )
            tensor = Tensor(Name(f"m{a + 1}" if a else "f", V), (*lead_sizes, *n[:a], *o[a:]))
            definitions.append(Definition(tensor, (*lead, *i), body))
        extents = {extent: one.count for extent, one in zip(o, sliding, strict=True)}
        return LayerEquation((x,), {}, tuple(definitions), {}, extents, (TIES,))

"""conv_transpose:  y[c, i] = Sum_k Sum_u W[k, c, u] x[k, j] + b[c]  with  s j = i + p - d u,  where s divides that.

The adjoint of conv with respect to its input, as a layer.  With G groups, channel c of q G reads the m channels of
its own group, and W[m floor(c / q) + k, c mod q, u].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Integer, Mul

from dyadic.symbolic.expressions import Definition, Divides, Index, Inside, Quotient, Remainder, Tensor, size
from dyadic.symbolic.layers.conv import group_count, group_settings
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Parameter,
    Role,
    Shape,
    ShapeError,
    batch_axes,
    batch_rank,
    indices,
    sizes,
    sum_over,
)
from dyadic.symbolic.layers.windows import WINDOW_OPTIONS, kernel_indices, per_axis, window_settings
from dyadic.symbolic.tensor_names import Name, U, V


class ConvTranspose(LayerType):
    name = "conv_transpose"
    roles = frozenset({Role.PRODUCT})
    example = Example([(4, "n")], {"filters": 6, "kernel": ["w"], "stride": [2], "padding": [1], "groups": 2})
    options = {
        "filters": Option("size", optional=True),
        "kernel": Option("sizes", optional=True),
        **WINDOW_OPTIONS,
        "output_padding": Option("integers", optional=True),
        "groups": Option("integer", 1),
        "bias": Option("flag", True),
        "lead": Option("integer", 0),
    }
    parametric = True
    smallest_rank = 2
    input_rule = "a channel axis and one to three further axes, channels and filters being multiples of groups"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        lead = batch_rank(options, shapes[0], 2)
        d = len(shapes[0]) - lead - 1
        settings = window_settings(options, d)
        extra = per_axis("output_padding", options["output_padding"], d, 0, 0)
        limits = zip(extra, settings["stride"], settings["dilation"], strict=True)
        if any(more >= max(stride, dilation) for more, stride, dilation in limits):
            raise ShapeError(f"output_padding is {list(extra)}", "it must be below the stride or the dilation")
        chosen = {**group_settings(options["groups"]), "bias": options["bias"], "lead": lead}
        return settings | {"output_padding": extra} | chosen

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        lead, lead_sizes = batch_axes(settings["lead"])
        d = ranks[0] - len(lead) - 1
        c, k, u, i = Index("c"), Index("k"), kernel_indices(d), indices("i", d)
        m, q, w, n, o = size("m"), size("q"), sizes("w", d), sizes("n", d), sizes("o", d)
        groups = group_count(settings)

        x = Tensor(Name("x", U), (*lead_sizes, groups * m, *n))
        W = Tensor(Name("W", V), (groups * m, q, *w))
        b = Tensor(Name("b", V), (groups * q,))
        extents, positions, guards = {}, [], []
        padding = settings["padding"]
        for a, (s, t, more) in enumerate(
            zip(settings["stride"], settings["dilation"], settings["output_padding"], strict=True)
        ):
            front, back = padding[a], padding[d + a]
            scaled = i[a] + front - t * u[a]
            positions.append(Quotient(scaled, Integer(s)))
            guards += [Divides(Integer(s), scaled), Inside(positions[-1], n[a])]
            extents[o[a]] = s * (n[a] - 1) + t * (w[a] - 1) + 1 + more - front - back
        group, own = (Quotient(c, q), Remainder(c, q)) if groups != 1 else (Integer(0), c)
        channel = m * group + k
        body = W[(channel, own, *u)] * Mul(*guards) * x[(*lead, channel, *positions)]
        value = sum_over([(k, m), *zip(u, w, strict=True)], body)
        parameters = {"weight": Parameter(W, "fan_in")}
        if settings["bias"]:
            parameters["bias"] = Parameter(b, "zeros")
            value = value + b[c]
        f = Tensor(Name("f", V), (*lead_sizes, groups * q, *o))
        definition = Definition(f, (*lead, c, *i), value)
        return LayerEquation(
            (x,), parameters, (definition,), {"groups": groups, "filters": groups * q, "kernel": w}, extents
        )

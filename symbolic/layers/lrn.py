"""lrn:  y[c, i] = x[c, i] / (bias + alpha / size Sum_u x[c + u - floor((size - 1) / 2), i]^2)^beta.

Local response normalisation across channels, with ONNX's choice of the window where size is even.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Integer, Pow, Rational

from dyadic.symbolic.expressions import Definition, Index, Inside, Tensor, total
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    ShapeError,
    axes,
    batch_rank,
    moderate_exponent,
)
from dyadic.symbolic.tensor_names import Name, U, V


class LRN(LayerType):
    name = "lrn"
    example = Example([("n", "m")], {"size": 3})
    options = {
        "size": Option("integer"),
        "alpha": Option("number", Rational(1, 10_000)),
        "beta": Option("number", Rational(3, 4)),
        "bias": Option("number", Integer(1)),
        "lead": Option("integer", 0),
    }
    smallest_rank = 1
    input_rule = "a channel axis, after the batch axes that lead counts"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if options["size"] < 1:
            raise ShapeError(f"size = {options['size']} makes no sense", "size counts the channels of a window")
        if options["alpha"] < 0 or options["bias"] <= 0:
            raise ShapeError("the base of the power could be 0 or negative", "take alpha >= 0 and bias > 0")
        moderate_exponent("beta", options["beta"])
        return super().specialise(options, shapes) | {"lead": batch_rank(options, shapes[0], 1)}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        channel, taps = settings["lead"], settings["size"]
        x, z, f = Tensor(Name("x", U), shape), Tensor(Name("z", V), shape), Tensor(Name("f", V), shape)
        u = Index("u")
        near = here[channel] + u - (taps - 1) // 2
        square = Inside(near, shape[channel]) * x[(*here[:channel], near, *here[channel + 1 :])] ** 2
        base = settings["bias"] + settings["alpha"] / taps * total(u, Integer(taps), square)
        value = x[here] * Pow(z[here], -settings["beta"])
        return LayerEquation((x,), {}, (Definition(z, here, base), Definition(f, here, value)))

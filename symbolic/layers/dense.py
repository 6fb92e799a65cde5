"""dense:  y[i] = sigma( Sum_j W[i, j] x[j] + b[i] ),  along the last axis of its input; linear: without sigma."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dyadic.symbolic.expressions import Apply, Definition, Index, Tensor, size, total
from dyadic.symbolic.functions import ACTIVATIONS
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Parameter, Role, batch_axes
from dyadic.symbolic.tensor_names import Name, U, V


class Dense(LayerType):
    """y[i] = sigma( Sum_j W[i, j] x[j] + b[i] ), along the last axis."""

    name = "dense"
    roles = frozenset({Role.PRODUCT})
    example = Example([("m",)], {"units": "n", "activation": "tanh"})
    options = {
        "units": Option("size", optional=True),
        "activation": Option("choice", "identity", ACTIVATIONS),
        "bias": Option("flag", True),
    }
    parametric = True
    smallest_rank = 1
    input_rule = "at least one axis; the last one is contracted"

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        i, j = Index("i"), Index("j")
        n, m = size("n"), size("m")
        lead, lead_sizes = batch_axes(ranks[0] - 1)

        x = Tensor(Name("x", U), (*lead_sizes, m))
        W = Tensor(Name("W", V), (n, m))
        b = Tensor(Name("b", V), (n,))
        parameters = {"weight": Parameter(W, "fan_in")}
        weighted = total(j, m, W[i, j] * x[(*lead, j)])
        if settings["bias"]:
            parameters["bias"] = Parameter(b, "zeros")
            weighted = weighted + b[i]

        here, shape = (*lead, i), (*lead_sizes, n)
        f = Tensor(Name("f", V), shape)
        if settings.get("activation", "identity") == "identity":
            definitions: tuple[Definition, ...] = (Definition(f, here, weighted),)
        else:
            z = Tensor(Name("z", V), shape)
            sigma = Apply(settings["activation"], 0, z[here])
            definitions = (Definition(z, here, weighted), Definition(f, here, sigma))
        return LayerEquation((x,), parameters, definitions, {"units": n})


class Linear(Dense):
    """y[i] = Sum_j W[i, j] x[j] + b[i], along the last axis."""

    name = "linear"
    example = Example([("m",)], {"units": "n"})
    options = {key: option for key, option in Dense.options.items() if key != "activation"}

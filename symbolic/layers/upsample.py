"""upsample:  y[i] = x[floor(i / k)]:  every entry k times along each of the last axes (nearest neighbour)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Integer

from dyadic.symbolic.expressions import Definition, Quotient, Tensor
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Shape, ShapeError, axes
from dyadic.symbolic.tensor_names import Name, U, V


class Upsample(LayerType):
    name = "upsample"
    example = Example([("n",)], {"factors": [2]})
    options = {"factors": Option("integers")}
    smallest_rank = 1
    input_rule = "an input with at least as many axes as there are factors, which repeat the last ones"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        factors = options["factors"]
        if not 0 < len(factors) <= len(shapes[0]) or min(factors) < 1:
            raise ShapeError(
                f"factors = {list(factors)} do not fit", "give a positive integer for each of the last axes"
            )
        return {"factors": factors}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, extents = axes(ranks[0])
        factors = [Integer(k) for k in (*(1,) * (ranks[0] - len(settings["factors"])), *settings["factors"])]
        x = Tensor(Name("x", U), extents)
        f = Tensor(Name("f", V), tuple(n * k for n, k in zip(extents, factors, strict=True)))
        entry = x[tuple(Quotient(i, k) for i, k in zip(here, factors, strict=True))]
        return LayerEquation((x,), {}, (Definition(f, here, entry),))

"""transpose:  y[i2, i1] = x[i1, i2]:  axis k of the result is axis permutation[k] of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Definition, Tensor
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Shape, ShapeError, axes
from dyadic.symbolic.tensor_names import Name, U, V


class Transpose(LayerType):
    name = "transpose"
    example = Example([("n", "m")])
    options = {"permutation": Option("integers", optional=True)}
    input_rule = "any shape; permutation names each of its axes once (all in reverse order if it is left out)"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        rank = len(shapes[0])
        order = options["permutation"]
        chosen = tuple(reversed(range(rank))) if order is None else tuple(k + rank if k < 0 else k for k in order)
        if sorted(chosen) != list(range(rank)):
            raise ShapeError(f"{list(chosen)} is no permutation of {rank} axes", "name each axis once")
        return {"permutation": chosen}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        indices, extents = axes(ranks[0])
        order = settings["permutation"]
        x, f = Tensor(Name("x", U), extents), Tensor(Name("f", V), tuple(extents[k] for k in order))
        return LayerEquation((x,), {}, (Definition(f, tuple(indices[k] for k in order), x[indices]),))

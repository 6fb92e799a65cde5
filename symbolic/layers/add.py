"""add:  y[i] = x1[i] + x2[i] + ...,  over two or more inputs (a skip connection), broadcast as in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Add as Plus

from dyadic.symbolic.expressions import Definition, Tensor
from dyadic.symbolic.layers.layer_type import (
    LayerEquation,
    LayerType,
    Role,
    Shape,
    broadcast_axes,
    broadcast_entries,
)
from dyadic.symbolic.tensor_names import Name, V, slots


class Add(LayerType):
    """y[i] = x1[i] + x2[i] + ..., broadcast as in NumPy."""

    name = "add"
    roles = frozenset({Role.AFFINE})
    arity = (2, None)
    input_rule = "two or more inputs of one shape, or of shapes that broadcast"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return broadcast_axes(shapes)

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        inputs, entries, here, shape = broadcast_entries(settings, ranks, slots(len(ranks)))
        return LayerEquation(inputs, {}, (Definition(Tensor(Name("f", V), shape), here, Plus(*entries)),))

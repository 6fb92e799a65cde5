"""add:  y[i] = x1[i] + x2[i] + ...,  over two or more inputs of one shape (a skip connection)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Add as Plus

from symbolic.expressions import Definition, Tensor
from symbolic.layers.base import LayerEquation, LayerType, axes, slots


class Add(LayerType):
    name = "add"
    arity = (2, None)
    input_rule = "two or more inputs of one shape"

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        inputs = tuple(Tensor("x", slot, shape) for slot in slots(len(ranks)))
        f = Tensor("f", "v", shape)
        return LayerEquation(inputs, {}, (Definition(f, here, Plus(*(x[here] for x in inputs))),))

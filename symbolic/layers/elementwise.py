"""tanh, sigmoid, relu, ...:  y[i] = sigma(x[i]),  one layer type per activation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbolic.expressions import Apply, Definition, Tensor
from symbolic.functions import ACTIVATIONS
from symbolic.layers.base import LayerEquation, LayerType, axes


class Elementwise(LayerType):
    """Defined once; :data:`ELEMENTWISE` holds one subclass per activation."""

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        x, f = Tensor("x", "u", shape), Tensor("f", "v", shape)
        value = x[here] if self.name == "identity" else Apply(self.name, 0, x[here])
        return LayerEquation((x,), {}, (Definition(f, here, value),))


ELEMENTWISE = tuple(type(name.title(), (Elementwise,), {"name": name}) for name in ACTIVATIONS)

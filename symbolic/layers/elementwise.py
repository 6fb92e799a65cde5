"""tanh, sigmoid, relu, ...:  y[i] = sigma(x[i]),  one layer type per scalar function that is a head of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dyadic.symbolic.expressions import Apply, Definition, Element, Expr, Tensor
from dyadic.symbolic.functions import ACTIVATIONS, FUNCTIONS
from dyadic.symbolic.layers.layer_type import LayerEquation, LayerType, Role, axes
from dyadic.symbolic.tensor_names import Name, U, V


class Pointwise(LayerType):
    """Every entry of the output is one formula of the same entry of the input."""

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        """The formula, for the entry x."""
        raise NotImplementedError

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """What the formula assumes."""
        return ()

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        definition = Definition(f, here, self.value(x[here], settings))
        return LayerEquation((x,), {}, (definition,), hypotheses=self.hypotheses(settings))


class Head(Pointwise):
    """Defined once; :data:`ELEMENTWISE` holds one subclass per function, of which ``name`` is the head."""

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return x if self.name == "identity" else Apply(self.name, 0, x)

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return FUNCTIONS[self.name].hypotheses


def _roles(name: str) -> frozenset[Role]:
    return frozenset({Role.ACTIVATION} if name in ACTIVATIONS and name != "identity" else ())


ELEMENTWISE: tuple[type[LayerType], ...] = tuple(
    type(name.title(), (Head,), {"name": name, "roles": _roles(name), "__doc__": f"y[i] = {name}(x[i])."})
    for name, function in FUNCTIONS.items()
    if function.layer
)

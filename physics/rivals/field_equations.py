"""The equations of methods that move by the field and its adjoints, as the engine derived them for this network.

E_v = <s_v, f_v - x_v> is varied once for every kind of layer: dE_v/ds_v is the field F_v, its derivatives with respect
to what the layer reads are the terms of J^T s, those with respect to its parameters the terms of (dF/dtheta)^T s; the
cost's gradient is c.  How a method combines them is its own definition (``RivalMethod.stated``).
"""

from __future__ import annotations

from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import CostDerivation, LayerDerivation
from dyadic.symbolic.expressions import Definition, Tensor
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.tensor_names import Name, V


def field_equations(derivation: Derivation, latex: bool = False) -> list[str]:
    """Maps, energy, field, adjoints and gradients, for each kind of layer, then the costs with their gradients."""
    printer = LatexPrinter(frozenset()) if latex else TextPrinter()
    kinds = {tuple(map(printer.equation, _of_layer(layer))): None for layer in derivation.layers.values()}
    costs = {tuple(map(printer.equation, _of_cost(cost))): None for cost in derivation.costs.values()}
    return [line for lines in (*kinds, *costs) for line in lines]


def _of_layer(layer: LayerDerivation) -> list[Definition]:
    field = layer.stationarity
    named = Definition(Tensor(Name("F", V), field.tensor.shape), field.indices, field.body)
    varied = (*layer.intermediates, *layer.adjoints, *layer.gradients.values())
    return [*layer.equation.definitions, layer.energy, named, *varied]


def _of_cost(cost: CostDerivation) -> list[Definition]:
    return [*cost.equation.definitions, *cost.intermediates, cost.gradient]


__all__ = ["field_equations"]

"""Whether a network's doubled dynamics is linear in its state, decided on the derived equations.

It is if no vector-Jacobian product reads an activation (so every f_v is affine in its parents) and the cost's gradient
is affine in what it reads (so the derivative of <d, grad C> reads no activation).
"""

from __future__ import annotations

from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import CostDerivation, needed, reads_activations
from dyadic.symbolic.expressions import Definition, Tensor, total
from dyadic.symbolic.tensor_names import Name, V
from dyadic.symbolic.variation import gradient


def not_linear(derivation: Derivation) -> str | None:
    """Why the dynamics is not linear in the state, or None where it is."""
    inputs = {node.name for node in derivation.architecture.inputs}
    for vertex in derivation.architecture.vertices:
        layer = derivation.layers[vertex.name]
        available = (*layer.equation.definitions, *layer.intermediates)
        for slot, adjoint in enumerate(layer.adjoints):
            read = {vertex.owners[owner] for owner in reads_activations(adjoint.body, available)} - inputs
            if vertex.inputs[slot] not in inputs and read:
                return f"the derivative of {vertex.name!r} depends on the activation of {min(read)!r}"
    for owner, cost in derivation.costs.items():
        if _slope_reads(cost):
            return f"the gradient of {owner!r} is not affine"
    return None


def _slope_reads(cost: CostDerivation) -> bool:
    """Whether the second derivative of a cost depends on the activation that the cost reads."""
    item = cost.gradient
    where = needed(item.body, (*cost.equation.definitions[:-1], *cost.intermediates))
    direction = Tensor(Name("d", V), item.tensor.shape)
    body = direction[item.indices] * item.body
    for index, extent in zip(reversed(item.indices), reversed(item.tensor.shape), strict=True):
        body = total(index, extent, body)
    found = gradient((*where, Definition(Tensor(Name("p", V), ()), (), body)), (cost.equation.input,))
    slope = found.results.get(cost.equation.input)
    return slope is not None and bool(reads_activations(slope.body, (*where, *found.intermediates)))


__all__ = ["not_linear"]

"""Whether a network's doubled dynamics is linear in its state, decided on the derived equations.

It is if no vector-Jacobian product reads an activation (so every f_v is affine in its parents) and the cost's gradient
is affine in what it reads (so the derivative of <d, grad C> reads no activation).
"""

from __future__ import annotations

from sympy import Expr, S

from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import CostDerivation, needed, reads_activations
from dyadic.symbolic.expressions import Apply, Definition, Tensor, total
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.functions.scalar import Z
from dyadic.symbolic.tensor_names import Name, V
from dyadic.symbolic.variation import gradient


def not_linear(derivation: Derivation) -> str | None:
    """Why the dynamics is not linear in the state, or None where it is."""
    reason = _bends(derivation)
    if reason is not None:
        return reason
    for owner, cost in derivation.costs.items():
        slope, where = _second(cost)
        if slope is not None and reads_activations(slope.body, where):
            return f"the gradient of {owner!r} is not affine"
    return None


def constant_rates(derivation: Derivation) -> bool:
    """Whether every f_v is affine in its parents, and the cost's gradient constant wherever it is differentiable."""
    if _bends(derivation) is not None:
        return False
    slopes = [slope for slope, _ in map(_second, derivation.costs.values()) if slope is not None]
    return all(slope.body.replace(_is_flat, lambda node: S.Zero) is S.Zero for slope in slopes)


def _bends(derivation: Derivation) -> str | None:
    """Which f_v is not affine in its parents, or None."""
    inputs = {node.name for node in derivation.architecture.inputs}
    for vertex in derivation.architecture.vertices:
        layer = derivation.layers[vertex.name]
        available = (*layer.equation.definitions, *layer.intermediates)
        for slot, adjoint in enumerate(layer.adjoints):
            read = {vertex.owners[owner] for owner in reads_activations(adjoint.body, available)} - inputs
            if vertex.inputs[slot] not in inputs and read:
                return f"the derivative of {vertex.name!r} depends on the activation of {min(read)!r}"
    return None


def _is_flat(node: Expr) -> bool:
    """Whether a derivative is 0 wherever it is taken: of a step, or a second one of what has steps for its first."""
    if not isinstance(node, Apply) or node.order == 0:
        return False
    derivative = FUNCTIONS[node.name].derivative
    if isinstance(derivative, Apply) and derivative.argument == Z:
        return derivative.order == 0 and node.order > 1 and FUNCTIONS[derivative.name].derivative is S.Zero
    return derivative is S.Zero


def _second(cost: CostDerivation) -> tuple[Definition | None, tuple[Definition, ...]]:
    """The derivative of <d, grad C> by what the cost reads, None where it is 0, and the definitions that it uses."""
    item = cost.gradient
    where = needed(item.body, (*cost.equation.definitions[:-1], *cost.intermediates))
    direction = Tensor(Name("d", V), item.tensor.shape)
    body = direction[item.indices] * item.body
    for index, extent in zip(reversed(item.indices), reversed(item.tensor.shape), strict=True):
        body = total(index, extent, body)
    found = gradient((*where, Definition(Tensor(Name("p", V), ()), (), body)), (cost.equation.input,))
    slope = found.results.get(cost.equation.input)
    return slope, (*where, *found.intermediates)


__all__ = ["constant_rates", "not_linear"]

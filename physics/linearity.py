"""Whether a network's doubled dynamics is linear in its state, decided on the derived equations.

It is if every f_v is affine in its parents, so is every update of s, and the cost's gradient is affine in what it reads
(the derivative of <d, grad C> reads no activation).  f_v is affine if it is continuous, having no steps, and the
vector-Jacobian product of its value reads no activation.  The update of s is made of the products that the program asks
for: of a value that is held constant they are 0, and its own is not.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, S

from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, derive_equation, needed, reads
from dyadic.symbolic.expressions import (
    Apply,
    Bracket,
    Definition,
    Quotient,
    Reduction,
    Remainder,
    Tensor,
    total,
)
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.functions.scalar import Z
from dyadic.symbolic.tensor_names import Name, Owner, V
from dyadic.symbolic.variation import gradient


def not_linear(derivation: Derivation) -> str | None:
    """Why the dynamics is not linear in the state, or None where it is."""
    reason = _bends(derivation)
    if reason is not None:
        return reason
    for owner, cost in derivation.costs.items():
        slope, where = _second(cost)
        if slope is not None and reads(slope.body, where)[0]:
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
        value = _passing(layer)
        stepped = {vertex.owners[owner] for owner in _stepped(value)} - inputs
        if stepped:
            return f"{vertex.name!r} has steps in the activation of {min(stepped)!r}"
        for one in (value,) if value is layer else (value, layer):
            available = tuple(map(_without_flat, (*one.equation.definitions, *one.intermediates)))
            for slot, adjoint in enumerate(one.adjoints):
                owners = reads(_without_flat(adjoint).body, available)[0]
                read = {vertex.owners[owner] for owner in owners} - inputs
                if vertex.inputs[slot] not in inputs and read:
                    return f"the derivative of {vertex.name!r} depends on the activation of {min(read)!r}"
    return None


def _stepped(layer: LayerDerivation) -> set[Owner]:
    """Whose activations the layer's value has steps in."""
    definitions = layer.equation.definitions
    found: set[Owner] = set()
    for item in definitions:
        for node in item.body.atoms(Apply, Bracket, Quotient, Remainder, Reduction):
            if _is_step(node):
                found |= reads(node, definitions)[0]
    return found


def _passing(layer: LayerDerivation) -> LayerDerivation:
    """The layer with everything passed on that it holds constant: its derivatives are those of its value."""
    definitions = tuple(
        replace(item, body=item.body.replace(_is_held, lambda node: node.argument))
        for item in layer.equation.definitions
    )
    if definitions == layer.equation.definitions:
        return layer
    return derive_equation(layer.kind, replace(layer.equation, definitions=definitions))


def _is_held(node: Expr) -> bool:
    return isinstance(node, Apply) and node.order == 0 and FUNCTIONS[node.name].held


def _is_step(node: Expr) -> bool:
    """Whether a value is constant but for jumps: of a function whose derivative is 0, or an integer."""
    if isinstance(node, Apply):
        return node.order == 0 and FUNCTIONS[node.name].derivative is S.Zero
    return not isinstance(node, Reduction) or node.kind == "argmax"


def _without_flat(item: Definition) -> Definition:
    """A definition with 0 for derivatives that are 0 wherever they are taken."""
    return replace(item, body=item.body.replace(_is_flat, lambda node: S.Zero))


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

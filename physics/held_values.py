"""Values that a network holds constant: where the update of s is not the derivative of what the update of x computes.

The energy reads f_v, and so the value that passes through a stopped gradient; the update of s holds what the program
makes of its derivative, which is 0 there.  So of such a network dE/dx is not what s moves by, and J^T, as
backpropagation applies it, is not the transpose of dF/du.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dyadic.proofs.claims import Claim
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions import FUNCTIONS

_ITS_OWN = "of E's own derivatives: where the network holds values constant, its updates are others"
_OF_ENERGY = "variational", "stationary", "energy"
AS_DEFINED = (
    "every derivative, and backpropagation's gradient, is as the program defines it, with values held constant where "
    "it stops gradients"
)


def held_value(derivation: Derivation) -> tuple[str, str] | None:
    """The first vertex that holds a value constant, and the function by which it does; None if there is none."""
    for name, layer in derivation.layers.items():
        found = {node.name for item in layer.equation.definitions for node in item.body.atoms(Apply)}
        held = sorted(function for function in found if FUNCTIONS[function].held)
        if held:
            return name, held[0]
    return None


def as_defined(claims: Iterable[Claim], derivation: Derivation) -> tuple[Claim, ...]:
    """The same claims of a network; where it holds values constant, with the hypothesis which derivatives are meant."""
    if held_value(derivation) is None:
        return tuple(claims)
    return tuple(
        claim if AS_DEFINED in claim.hypotheses else replace(claim, hypotheses=(*claim.hypotheses, AS_DEFINED))
        for claim in claims
    )


def of_the_network(claim: Claim, derivation: Derivation) -> Claim:
    """A claim about any differentiable energy, as it is read of this network.

    First derivatives can be taken as the program defines them throughout, and what is linear in them stays.  Second
    ones so taken are not symmetric: what rests on that is true of the energy's own.
    """
    kind = claim.id.partition(":")[0]
    if kind in _OF_ENERGY:
        return as_defined([claim], derivation)[0]
    if kind == "symplectic" and held_value(derivation) is not None:
        return replace(claim, hypotheses=(*claim.hypotheses, _ITS_OWN))
    return claim


__all__ = ["AS_DEFINED", "as_defined", "held_value", "of_the_network"]

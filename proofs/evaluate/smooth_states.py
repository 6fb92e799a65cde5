"""Whether there are numbers at which a network's equations are differentiable, as the theorem in Coq asks of them.

A rectifier is applied to no 0, of several terms one alone is the largest, and so on (the checker's smooth_entries.py
has the list).  Numbers are drawn at the network's own sizes, with the values that its constants have, and the forward
pass is enclosed: where every condition holds of the enclosures, there are such numbers.  Of a theorem whose conditions
nothing meets, such as that a rectifier is not applied to a padded 0, nothing is said by proving it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flint import arb, ctx

from dyadic.proofs.checker.evaluation.smooth_entries import EVERYWHERE
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate.defined_states import MUCH_WORK, PRECISION, searched
from dyadic.proofs.evaluate.integers import enlarged
from dyadic.proofs.evaluate.network_numbers import own_constants, own_instance
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.evaluate.simulate import Instance, State
from dyadic.proofs.evaluate.tightness_witness import is_finite

_KINKS = {
    "relu": (0,), "step": (0,), "abs": (0,), "sign": (0,), "selu": (0,), "hard_sigmoid": (-3, 3), "hard_swish": (-3, 3),
}  # fmt: skip
"""Where a function has a kink or a jump."""
_STEPS = {"floor": arb(0), "round": arb("0.5")}
"""Functions that jump: what is an integer at a jump, when it is added to the argument."""


def meets_conditions(graph: Graph, values: Mapping[str, Any]) -> bool | None:
    """Whether numbers were found at which all conditions hold; None where the network is too large to look.

    values: arrays of its constants, by name.
    """
    instance = own_instance(graph)
    constants = None if instance is None else own_constants(graph, graph.inputs, values)
    if instance is None or constants is None or instance.work >= MUCH_WORK:
        return None
    before, ctx.prec = ctx.prec, PRECISION
    try:
        with enlarged():
            return searched(graph, instance, constants, _Smooth, _holds)
    finally:
        ctx.prec = before


def _holds(instance: Instance) -> bool:
    """Whether a forward pass has values, all of them at places where the equations are differentiable."""
    state: State = {}
    for name in instance.layers:
        state["x", name] = instance.activation(name, state)
        if not is_finite({("x", name): state["x", name]}):
            return False
    return bool(instance.cost(state).is_finite())


class _Smooth(Ball):
    """Enclosures; a place where what is computed may have no derivative is none."""

    def apply(self, name: str, order: int, argument: arb) -> arb:
        if order or name not in EVERYWHERE:
            self._expect(not any(argument.contains(kink) for kink in _KINKS.get(name, ())))
            self._expect(name not in _STEPS or not (argument + _STEPS[name]).contains_integer())
            slope = TRUE_FUNCTIONS.get((name, order + 1))
            self._expect(slope is None or slope(argument).is_finite())
        return super().apply(name, order, argument)

    def power(self, base: arb, p: int, q: int = 1) -> arb:
        self._expect(q == 1 or base > 0)
        return super().power(base, p, q)

    def largest(self, arguments: Sequence[arb]) -> arb:
        best = max(range(len(arguments)), key=lambda k: arguments[k].mid())
        self._expect(all(arguments[best] > one for k, one in enumerate(arguments) if k != best))
        return arguments[best]

    def argmax(self, arguments: Sequence[arb], indices: Sequence[int]) -> int:
        self.largest(arguments)
        return super().argmax(arguments, indices)

    @staticmethod
    def _expect(holds: bool) -> None:
        if not holds:
            raise Undetermined("whether there is a derivative")


__all__ = ["meets_conditions"]

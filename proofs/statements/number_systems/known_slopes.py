"""Unknown functions whose derivatives are known: tanh' = 1 - tanh^2, whatever number tanh is.

What agrees with every function value, and every root, an independent number agrees for the true functions, if it was
made with relations that these have.  Here these are the derivatives, steps of positive and negative parts
(:class:`KnownSteps`), and roots in terms of one: sqrt(z) = u, rsqrt(z) = 1/u, z^(p/2) = u^p.  That u^2 = z is not used: then u stays a number of its own, however many entries z is
made of (proofs/statements/verdict/variables_counted.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _slope_tanh(ring: Any, z: Any) -> Any:
    value = ring.apply("tanh", 0, z)
    return ring.add([ring.number(1), ring.mul([ring.number(-1), value, value])])


def _slope_sigmoid(ring: Any, z: Any) -> Any:
    value = ring.apply("sigmoid", 0, z)
    return ring.add([value, ring.mul([ring.number(-1), value, value])])


def _silu(ring: Any, z: Any) -> Any:
    return ring.mul([z, ring.apply("sigmoid", 0, z)])


def _slope_silu(ring: Any, z: Any) -> Any:
    return ring.add([ring.apply("sigmoid", 0, z), ring.mul([z, _slope_sigmoid(ring, z)])])


Rule = Callable[[Any, Any], Any]
VALUES: dict[str, Rule] = {
    "identity": lambda ring, z: z,
    "sqrt": lambda ring, z: ring.power(z, 1, 2),
    "rsqrt": lambda ring, z: ring.power(z, -1, 2),
    "relu": lambda ring, z: ring.mul([z, ring.apply("step", 0, z)]),
    "abs": lambda ring, z: ring.mul([z, ring.apply("sign", 0, z)]),
    "silu": _silu,
}
SLOPES: dict[str, Rule] = {
    "identity": lambda ring, z: ring.number(1),
    "sqrt": lambda ring, z: ring.mul([ring.number(1, 2), ring.power(z, -1, 2)]),
    "rsqrt": lambda ring, z: ring.mul([ring.number(-1, 2), ring.power(z, -3, 2)]),
    "exp": lambda ring, z: ring.apply("exp", 0, z),
    "log": lambda ring, z: ring.power(z, -1),
    "tanh": _slope_tanh,
    "sigmoid": _slope_sigmoid,
    "softplus": lambda ring, z: ring.apply("sigmoid", 0, z),
    "silu": _slope_silu,
    "sin": lambda ring, z: ring.apply("cos", 0, z),
    "cos": lambda ring, z: ring.mul([ring.number(-1), ring.apply("sin", 0, z)]),
    "relu": lambda ring, z: ring.apply("step", 0, z),
    "step": lambda ring, z: ring.number(0),
    "abs": lambda ring, z: ring.apply("sign", 0, z),
    "sign": lambda ring, z: ring.number(0),
}
"""At a kink the stated value: relu'(0) = step(0) = 0, abs'(0) = sign(0) = 0."""


class KnownSlopes:
    """Before a ring in which functions are unknown.  rules: how often something known was put in."""

    rules = 0

    def apply(self, name: str, order: int, argument: Any) -> Any:
        known = (VALUES, SLOPES)[order].get(name) if order < 2 else None
        if known is None:
            return super().apply(name, order, argument)  # type: ignore[misc]
        return self.by_rule(known, argument)

    def by_rule(self, rule: Rule, argument: Any) -> Any:
        self.rules += 1
        return rule(self, argument)


class KnownSteps(KnownSlopes):
    """Also what steps are of 0, of z step(z), of z - z step(z), and of the negatives of these.

    So a mask ``h > 0`` of h = relu(z) is the mask ``z > 0``, at every z and in any number of entries; no case is told
    apart.  looked: how many comparisons of residues this took, each of which may be true by chance.
    """

    looked = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._steps: dict[int, Callable[[], int]] = {}

    def apply(self, name: str, order: int, argument: Any) -> Any:
        return self._step(argument) if (name, order) == ("step", 0) else super().apply(name, order, argument)

    def _step(self: Any, z: int) -> int:
        self.looked += len(self._steps) + 1
        if not z:
            return 0
        if z in self._steps:
            self.rules += 1
            return int(self._steps[z]())
        value: int = super().apply("step", 0, z)
        above = self.mul([z, value])
        below = self.add([z, self.mul([-1, above])])
        known = ((above, lambda: value), (-above, int), (below, int), (-below, lambda: self._step(self.mul([-1, z]))))
        for part, step in known:
            self._steps.setdefault(part % self.prime, step)
        return value


__all__ = ["SLOPES", "VALUES", "KnownSlopes", "KnownSteps"]

"""Unknown functions whose derivatives are known: tanh' = 1 - tanh^2, whatever number tanh is.

What agrees with every function value, and every root, an independent number agrees for the true functions, if it was
made with relations that these have.  Here these are the derivatives, steps of positive and negative parts
(:class:`KnownSteps`), and roots in terms of one: sqrt(z) = u, rsqrt(z) = 1/u, z^(p/2) = u^p.  That u^2 = z is not
used: then u stays a number of its own, however many entries z is made of
(proofs/statements/verdict/variables_counted.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
_MOST_COMPARED = 64
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


class KnownWeights(KnownSlopes):
    """Degrees, where the largest of several numbers is the sum of all, each with a weight of its own."""

    def weights(self: Any, arguments: Sequence[Any]) -> list[Any]:
        return [self.apply("weight", 0, argument) for argument in arguments]

    def largest(self: Any, arguments: Sequence[Any]) -> Any:
        return self.add([self.mul(pair) for pair in zip(self.weights(arguments), arguments, strict=True)])


class KnownSteps(KnownSlopes):
    """Also what steps are of 0, of z step(z), of z - z step(z), and of the negatives of these.

    So a mask ``h > 0`` of h = relu(z) is the mask ``z > 0``, at every z and in any number of entries; no case is told
    apart.  Of a number that is nowhere 0 it is known that step(-z) = 1 - step(z); of numbers whose differences are
    nowhere 0, that one of them is the largest: it is the sum of all, each with its weight, the weights add up to 1,
    and the mask ``x == max(x)`` is the weight.  That weights are 0 or 1 is not used.

    looked: how many comparisons of residues this took, each of which may be true by chance.
    """

    looked = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._steps: dict[int, Callable[[], int]] = {}
        self._apart: set[int] = set()
        self._rational: set[int] = set()
        self._known_steps: dict[int, int] = {}
        self._weights: dict[tuple[int, ...], list[int]] = {}
        self._leaves: dict[int, tuple[tuple[int, ...], list[int]]] = {}

    def never_zero(self: Any, number: int) -> None:
        """Let it be known of a number that it is 0 nowhere, unless it is 0 everywhere."""
        if number:
            self._apart |= {number, -number % self.prime}

    def weights(self: Any, arguments: Sequence[int]) -> list[int] | None:
        """Those of numbers of which no two are equal anywhere; None where that is not known."""
        made = tuple(arguments)
        self.looked += len(made) * len(made) + len(self._leaves)
        leaves, shares = self._united(made)
        pairs = [(one, two) for k, one in enumerate(leaves) for two in leaves[:k]]
        if len(leaves) > _MOST_COMPARED or not all(self._differ(*pair) for pair in pairs):
            return None
        if made not in self._weights:
            free = [self._unknown(("weight", position, *made)) for position in range(1, len(made))]
            self._weights[made] = [self.add([1, *(-one for one in free)]), *free]
            own = [self.mul([self._weights[made][place], share]) for place, share in shares]
            self._told(made, leaves, own)
        return self._weights[made]

    def _differ(self: Any, one: int, two: int) -> bool:
        """Whether two numbers are rational functions, and not the same one."""
        return (one - two) % self.prime in self._apart or (one != two and {one, two} <= self._rational)

    def _united(self, made: tuple[int, ...]) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
        """The numbers of which the arguments are the largest themselves, each with its argument's place and weight."""
        leaves: list[int] = []
        shares: list[tuple[int, int]] = []
        for place, argument in enumerate(made):
            below, weights = self._leaves.get(argument, ((argument,), [1]))
            leaves += below
            shares += [(place, weight) for weight in weights]
        return tuple(leaves), shares

    def _told(self: Any, made: tuple[int, ...], leaves: tuple[int, ...], own: list[int]) -> None:
        """What steps are of differences between the largest number and each."""
        value = self.add([self.mul(pair) for pair in zip(self._weights[made], made, strict=True)])
        self._leaves[value] = leaves, own
        self._rational |= {*leaves}
        for leaf, weight in zip(leaves, own, strict=True):
            self._steps.setdefault((leaf - value) % self.prime, int)
            self._steps.setdefault((value - leaf) % self.prime, lambda weight=weight: (1 - weight) % self.prime)

    def largest(self: Any, arguments: Sequence[int]) -> int:
        weights = self.weights(arguments)
        if weights is None:
            return int(super().largest(arguments))  # type: ignore[misc]
        self.rules += 1
        return int(self.add([self.mul(pair) for pair in zip(weights, arguments, strict=True)]))

    def apply(self, name: str, order: int, argument: Any) -> Any:
        return self._step(argument) if (name, order) == ("step", 0) else super().apply(name, order, argument)

    def _step(self: Any, z: int) -> int:
        self.looked += len(self._steps) + 1
        if not z:
            return 0
        if z in self._steps:
            self.rules += 1
            return int(self._steps[z]())
        if z in self._apart and -z % self.prime in self._known_steps:
            self.rules += 1
            return (1 - self._known_steps[-z % self.prime]) % int(self.prime)
        value: int = super().apply("step", 0, z)
        self._known_steps[z] = value
        above = self.mul([z, value])
        below = self.add([z, self.mul([-1, above])])
        known = ((above, lambda: value), (-above, int), (below, int), (-below, lambda: self._step(self.mul([-1, z]))))
        for part, step in known:
            self._steps.setdefault(part % self.prime, step)
        return value


__all__ = ["SLOPES", "VALUES", "KnownSlopes", "KnownSteps", "KnownWeights"]

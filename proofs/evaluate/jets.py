"""Forward-mode differentiation over another ring: a number is (value, slope), the slope None where nothing moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dyadic.proofs.evaluate.number_rings import Anywhere, Composed, Ring

Jet = tuple[Any, Any]


class Jets(Composed):
    """Numbers value + slope * epsilon with epsilon^2 = 0."""

    def __init__(self, base: Ring) -> None:
        self.base = base

    def slope(self, jet: Jet) -> Any:
        """The slope as a number of the base ring."""
        return self.base.number(0) if jet[1] is None else jet[1]

    def number(self, p: int, q: int = 1) -> Jet:
        return self.base.number(p, q), None

    def add(self, terms: Sequence[Jet]) -> Jet:
        slopes = [slope for _, slope in terms if slope is not None]
        return self.base.add([value for value, _ in terms]), self.base.add(slopes) if slopes else None

    def mul(self, factors: Sequence[Jet]) -> Jet:
        value, slope = factors[0]
        for other, moved in factors[1:]:
            parts = [self.base.mul([slope, other])] if slope is not None else []
            parts += [self.base.mul([value, moved])] if moved is not None else []
            value, slope = self.base.mul([value, other]), self.base.add(parts) if parts else None
        return value, slope

    def power(self, base: Jet, p: int, q: int = 1) -> Jet:
        value, slope = base
        if p == 0:
            return self.number(1)
        outer = self.base.mul([self.base.number(p, q), self.base.power(value, p - q, q)])
        return self.base.power(value, p, q), self._chained(outer, slope)

    def apply(self, name: str, order: int, argument: Jet) -> Jet:
        value, slope = argument
        moved = None if slope is None else self._chained(self.base.apply(name, order + 1, value), slope)
        return self.base.apply(name, order, value), moved

    def logsumexp(self, arguments: Sequence[Jet]) -> Jet:
        result = self.base.logsumexp([value for value, _ in arguments])
        minus = self.base.mul([self.base.number(-1), result])
        parts = [
            self.base.mul([self.base.apply("exp", 0, self.base.add([value, minus])), slope])
            for value, slope in arguments
            if slope is not None
        ]
        return result, self.base.add(parts) if parts else None

    def largest(self, arguments: Sequence[Jet]) -> Jet:
        chosen: Any = self.base.argmax([value for value, _ in arguments], range(len(arguments)))
        if isinstance(chosen, Anywhere):  # bounds on degrees: the larger of all
            slopes = [slope for _, slope in arguments if slope is not None]
            return self.base.largest([value for value, _ in arguments]), self.base.largest(slopes) if slopes else None
        return arguments[chosen]

    def argmax(self, arguments: Sequence[Jet], indices: Sequence[int]) -> int:
        return self.base.argmax([value for value, _ in arguments], indices)

    def _chained(self, outer: Any, slope: Any) -> Any:
        return None if slope is None else self.base.mul([outer, slope])

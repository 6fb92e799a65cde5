"""Numbers at which equations are evaluated, as fractions: of several signs and magnitudes, for equations that have
values at some numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from dyadic.proofs.checker.trust import BLAKE, called
from dyadic.proofs.evaluate.identity_values import small_rational


@dataclass(frozen=True)
class DrawnNumbers:
    """One number for each label: multiples of 1/4, or integers from seed 10 on, times a factor; positive ones only."""

    seed: int
    positive: bool = False
    factor: Fraction = Fraction(1)

    def value(self, label: str) -> Fraction:
        """The number itself."""
        drawn = small_rational(label, self.seed) * self.factor
        return abs(drawn) if self.positive else drawn

    def ball(self, label: str) -> arb:
        """Its enclosure."""
        called(BLAKE)
        value = self.value(label)
        return arb(value.numerator) / value.denominator


def alike(seed: int) -> tuple[DrawnNumbers, ...]:
    """Where an equation has no value at those of a seed: positive ones, integers above 1, ones below 1, large ones."""
    quarters, whole, half = seed % 10, 10 + seed, Fraction(1, 2)
    return (
        DrawnNumbers(seed), DrawnNumbers(seed, True), DrawnNumbers(whole, True), DrawnNumbers(quarters, False, half),
        DrawnNumbers(whole, True, Fraction(3)), DrawnNumbers(quarters, True, half),
        DrawnNumbers(whole, True, Fraction(1000)),
    )  # fmt: skip


__all__ = ["DrawnNumbers", "alike"]

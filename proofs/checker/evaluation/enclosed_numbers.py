"""Real numbers as enclosures, each with a slope, for the evaluator: the true functions, as the checker defines them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS
from dyadic.proofs.checker.differentiation.integer_intervals import (
    ENCLOSED,
    NUMBER_ONE,
    Enclosure,
    NoValue,
    cos,
    exp,
    log,
    pi,
    sin,
    sqrt,
)
from dyadic.proofs.checker.intake.effort import spend

Dual = tuple[Enclosure, Enclosure]
"""value + slope * epsilon."""
NOTHING = Enclosure(0, 0)
TWO = Enclosure.of(2)


class EnclosedNumbers:
    """Numbers of which each draw is a small rational; a choice by sign or size that is not certain has no value."""

    def __init__(self, seed: int, positive: bool = False, unit: int = 8) -> None:
        self.seed, self.positive, self.unit = seed, positive, unit

    def number(self, p: int, q: int = 1) -> Dual:
        return Enclosure.of(Fraction(p, q)), NOTHING

    def draw(self, *key: Any) -> Dual:
        """At most 16 units to either side of 0, but not 0, with no slope; positive if all of them are to be."""
        drawn = random.Random(repr((self.seed, key))).randint(0, 31)
        units = drawn - 15 if drawn > 15 else drawn - 16
        return Enclosure.of(Fraction(abs(units) if self.positive else units, self.unit)), NOTHING

    def constant(self, number: Dual) -> Dual:
        return number[0], NOTHING

    def slope(self, number: Dual) -> Dual:
        return number[1], NOTHING

    def add(self, terms: Iterable[Dual]) -> Dual:
        value, slope = NOTHING, NOTHING
        for v, d in terms:
            value, slope = value + v, slope + d
        return value, slope

    def multiply(self, factors: Iterable[Dual]) -> Dual:
        value, slope = NUMBER_ONE, NOTHING
        for v, d in factors:
            spend(20, "enclosures")
            value, slope = value * v, slope * v + value * d
        return value, slope

    def power(self, base: Dual, p: int, q: int) -> Dual:
        v, d = base
        if q == 1:
            outer = v.power(p - 1) * Enclosure.of(p) if p else NOTHING
            return v.power(p), outer * d
        exponent = Enclosure.of(Fraction(p, q))
        value = exp(log(v) * exponent)
        return value, value * v.inverse() * exponent * d

    def apply(self, name: str, order: int, z: Dual) -> Dual:
        """A function; that of a derivative is not known."""
        if order or (name not in ENCLOSED and name not in DEFINITIONS):
            raise NoValue(f"the derivative of order {order} of {name}")
        spend(2000, "enclosures")
        if name not in ENCLOSED:
            return self._formula(DEFINITIONS[name].definition, z)
        return ENCLOSED[name](z[0]), _slope(name, z[0]) * z[1]

    def reduce(self, kind: str, terms: Sequence[tuple[int, Dual]], where: str) -> Any:
        if not terms:
            raise NoValue("a reduction over nothing")
        spend(2000 * len(terms) if kind == "logsumexp" else len(terms) ** 2, "enclosures")
        if kind == "logsumexp":
            value = log(sum((exp(v) for _, (v, _) in terms), NOTHING))
            return value, sum((exp(v - value) * d for _, (v, d) in terms), NOTHING)
        for position, (v, d) in terms:
            if all(v.low > other.high for place, (other, _) in terms if place != position):
                return position if kind == "argmax" else (v, d)
        raise NoValue("a largest one that is not certain")

    def _formula(self, node: Any, z: Dual) -> Dual:
        """One of the checker's own definitions."""
        match node:
            case ["z"]:
                return z
            case ["pi"]:
                return pi(), NOTHING
            case ["+", *terms]:
                return self.add(self._formula(term, z) for term in terms)
            case ["*", *factors]:
                return self.multiply(self._formula(factor, z) for factor in factors)
            case ["^", base, int(p)]:
                return self.power(self._formula(base, z), p, 1)
            case ["^", base, ["rational", int(p), int(q)]]:
                return self.power(self._formula(base, z), p, q)
            case ["apply", str(name), 0, argument]:
                return self.apply(name, 0, self._formula(argument, z))
            case ["piecewise", *cases]:
                return self._formula(self._case(cases, z), z)
            case ["rational", int(p), int(q)]:
                return self.number(p, q)
        return self.number(node)

    def _case(self, cases: list[Any], z: Dual) -> Any:
        for condition, value in zip(cases[:-1:2], cases[1::2], strict=True):
            sign = (self._formula(condition[1], z)[0] - self._formula(condition[2], z)[0]).sign
            if not sign:
                raise NoValue("a case that is not certain, or changes here")
            if (sign > 0) == (condition[0] in (">", ">=")):
                return value
        return cases[-1]


def _slope(name: str, u: Enclosure) -> Enclosure:
    """The derivative of an elementary function."""
    match name:
        case "exp":
            return exp(u)
        case "log":
            return u.inverse()
        case "sqrt":
            return (TWO * sqrt(u)).inverse()
        case "erf":
            return TWO * exp(-(u * u)) * sqrt(pi()).inverse()
        case "sin":
            return cos(u)
        case "cos":
            return -sin(u)
        case "asin" | "acos":
            found = sqrt(NUMBER_ONE - u * u).inverse()
            return found if name == "asin" else -found
        case "atan":
            return (NUMBER_ONE + u * u).inverse()
        case "stop_gradient":  # of its value: whether a flow has a potential is no matter of conventions
            return NUMBER_ONE
    return NOTHING  # floor and round, between their jumps


__all__ = ["EnclosedNumbers"]

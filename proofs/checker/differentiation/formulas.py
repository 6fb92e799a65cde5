"""Reading a certificate's formulas of one variable: as elements of a tower of functions, and as enclosures at a point.

Cases are decided on one interval at a time, where each condition compares two formulas whose difference is a z + b
with rational a and b: then the side of -b/a on which the interval lies decides.  Conditions that are not of this form
are not accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS, ELEMENTARY
from dyadic.proofs.checker.differentiation.integer_intervals import ENCLOSED, NUMBER_ONE, Enclosure, pi, sqrt
from dyadic.proofs.checker.differentiation.signs import DIVISOR, SignDemand, demanded
from dyadic.proofs.checker.differentiation.tower import Ratio, Tower, rational
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Rejected, shown

DEEPEST, MOST_NODES, LONGEST_NUMBER, HIGHEST = 90, 20_000, 400, 16
COMPARISONS = (">", "<", ">=", "<=")


class Divided(Exception):
    """A condition changes inside the interval, at ``point``."""

    def __init__(self, point: Fraction) -> None:
        super().__init__(str(point))
        self.point = point


@dataclass(frozen=True)
class Interval:
    """low < z < high; None for no bound."""

    low: Fraction | None
    high: Fraction | None

    def samples(self) -> list[Fraction]:
        """A few points inside, three on each side of 0 where there is no bound."""
        if self.low is not None and self.high is not None:
            width = self.high - self.low
            return [self.low + width * Fraction(k, 16) for k in (3, 7, 12)]
        steps = (Fraction(3, 8), Fraction(5, 4), Fraction(17, 8))
        below = [] if self.low is not None else [(self.high or Fraction(0)) - step for step in steps]
        return below if self.high is not None else below + [(self.low or Fraction(0)) + step for step in steps]

    def contains(self, point: Fraction) -> bool:
        return (self.low is None or self.low < point) and (self.high is None or point < self.high)


@dataclass
class FormulaPlace:
    """Where formulas are read: on an interval (``interval``), or at a point, by the definitions' own cases.

    chosen: the cases taken, in order.  replay: cases to take instead of deciding, to read at an interval's end what
    holds inside it.  demands: what the formulas read here need to have a value.
    """

    tower: Tower
    z: Ratio
    interval: Interval | None
    replay: list[int] | None = None
    chosen: list[int] = field(default_factory=list)
    demands: list[SignDemand] = field(default_factory=list)
    nodes: int = 0

    def apply(self, function: str, argument: Ratio) -> Ratio:
        """An elementary function of an element, and what it demands."""
        self.demands += demanded(self.tower, function, argument)
        return self.tower.apply(function, argument)


def number(node: Any, where: str) -> Fraction:
    """A rational number as a certificate writes it."""
    match node:
        case int() if not isinstance(node, bool) and node.bit_length() <= LONGEST_NUMBER:
            return Fraction(node)
        case ["rational", int(p), int(q)] if not isinstance(p, bool) and not isinstance(q, bool) and q > 0:
            if p.bit_length() + q.bit_length() <= LONGEST_NUMBER:
                return Fraction(p, q)
    raise Rejected(where, f"{shown(node)} is not a number")


def read(node: Any, place: FormulaPlace, where: str, depth: int = 0) -> Ratio:
    """A formula as an element of the place's tower."""
    place.nodes += 1
    spend(8, where)
    if depth > DEEPEST or place.nodes > MOST_NODES:
        raise Rejected(where, "the formula is too deep or too long to check")
    tower = place.tower
    match node:
        case ["z"]:
            return place.z
        case ["pi"]:
            return tower.pi
        case ["+" | "*" as kind, first, *others]:
            result = read(first, place, where, depth + 1)
            for other in others:
                right = read(other, place, where, depth + 1)
                result = tower.add(result, right) if kind == "+" else tower.multiply(result, right)
            return result
        case ["^", base, exponent]:
            power = number(exponent, where)
            if abs(power) > HIGHEST or power.denominator not in (1, 2) or power == 0:
                raise Rejected(where, f"the power {power} is not one that is checked")
            found = read(base, place, where, depth + 1)
            found = found if power.denominator == 1 else place.apply("sqrt", found)
            if power < 0:
                place.demands.append(SignDemand(DIVISOR, found))
            return tower.power(found, power.numerator)
        case ["apply", str(name), 0, argument]:
            return called(name, read(argument, place, where, depth + 1), place, where, depth + 1)
        case ["piecewise", *cases]:
            return read(cases[choice(cases, place, where, depth)], place, where, depth + 1)
    return rational(*number(node, where).as_integer_ratio())


def called(name: str, argument: Ratio, place: FormulaPlace, where: str, depth: int) -> Ratio:
    """A function of an element, by the checker's own definition."""
    if name in ELEMENTARY:
        return place.apply(name, argument)
    if name not in DEFINITIONS:
        raise Rejected(where, f"there is no function {shown(name)}")
    outer, place.z = place.z, argument
    found = read(DEFINITIONS[name].definition, place, where, depth + 1)
    place.z = outer
    return found


def split_cases(cases: list[Any], where: str) -> Iterator[tuple[Any, int]]:
    """(condition, position of its value) of each case, and (None, position) of the last."""
    if len(cases) % 2 == 0 or len(cases) > 41:
        raise Rejected(where, "the cases are not pairs of a condition and a value, and one value more")
    for position in range(0, len(cases) - 1, 2):
        condition = cases[position]
        if not (isinstance(condition, list) and len(condition) == 3 and condition[0] in COMPARISONS):
            raise Rejected(where, f"{shown(condition)} is not a condition")
        yield condition, position + 1
    yield None, len(cases) - 1


def choice(cases: list[Any], place: FormulaPlace, where: str, depth: int) -> int:
    """The position of the value that holds."""
    before = len(place.chosen)
    if place.replay is not None:
        place.chosen.append(place.replay[before])
        return place.replay[before]
    taken = len(cases) - 1
    for condition, position in split_cases(cases, where):
        if condition is not None:
            left, right = (read(side, place, where, depth + 1) for side in condition[1:])
            difference = place.tower.add(left, right, -1)
            if holds(condition[0], value_in(difference, place, where)):
                taken = position
                break
    place.chosen[before:] = [taken]  # the cases within conditions are not read again
    return taken


def value_in(difference: Ratio, place: FormulaPlace, where: str) -> Fraction:
    """A number with the sign that a difference a z + b has in the place."""
    value = difference.number
    if value is not None:
        return value
    z = ((0, 1),)
    if place.interval is None or set(difference.below) != {()} or not set(difference.above) <= {(), z}:
        raise Rejected(where, "a condition compares what is not a z + b with rational a and b")
    slope, offset = difference.above[z], difference.above.get((), Fraction(0))
    point = -offset / slope
    if place.interval.contains(point):
        raise Divided(point)
    return slope * place.interval.samples()[0] + offset


def holds(comparison: str, difference: Fraction) -> bool:
    """Whether left - right = difference satisfies left ? right."""
    if comparison in (">", "<"):
        return difference > 0 if comparison == ">" else difference < 0
    return difference >= 0 if comparison == ">=" else difference <= 0


# -- enclosures ------------------------------------------------------------------------------------------------------


def enclosure(node: Any, z: Enclosure, where: str) -> Enclosure:
    """A rigorous enclosure of a formula that :func:`read` accepted, at a point that is no jump.

    Raises :class:`NoValue` where it has none.
    """
    match node:
        case ["z"]:
            return z
        case ["pi"]:
            return pi()
        case ["+", *terms]:
            return sum((enclosure(term, z, where) for term in terms), Enclosure(0, 0))
        case ["*", *factors]:
            result = NUMBER_ONE
            spend(4 * len(factors), where)
            for factor in factors:
                result = result * enclosure(factor, z, where)
            return result
        case ["^", base, exponent]:
            power, found = number(exponent, where), enclosure(base, z, where)
            return (found if power.denominator == 1 else sqrt(found)).power(power.numerator)
        case ["apply", name, _, argument]:
            u = enclosure(argument, z, where)
            own = ENCLOSED.get(name)
            spend(1000, where)
            return enclosure(DEFINITIONS[name].definition, u, where) if own is None else own(u)
        case ["piecewise", *cases]:
            for condition, position in split_cases(cases, where):
                if condition is None or _certain(condition, z, where):
                    return enclosure(cases[position], z, where)
    return Enclosure.of(number(node, where))


def _certain(condition: Any, z: Enclosure, where: str) -> bool:
    sign = (enclosure(condition[1], z, where) - enclosure(condition[2], z, where)).sign
    if sign is None:
        raise Rejected(where, "a condition is not decided by enclosures")
    return holds(condition[0], Fraction(sign))

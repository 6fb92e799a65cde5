"""Where formulas have values: what divides is not 0, what stands under a logarithm or a root is positive.

Why equality in the tower (tower.py) means equality of functions.  Let I be an open interval on which no case changes,
and D the points of I at which the checker's own definition has a value.  Reading a formula gives P/Q and demands: for
each division that its divisor is not 0, for each logarithm and root that its argument u is positive, for asin(u) and
acos(u) that 1 - u^2 is.

(1) At a point where the demands of a formula hold, it has a value there, Q is not 0 and the value is P/Q, a generator
    f(u) standing for the number f(u).  By induction over the formula: sums, products and inverses multiply
    denominators that are not 0, the relations that are used (sqrt(u)^2 = u, exp(k log u) = u^k, ...) are true of these
    numbers, and a generator is used again only for an argument that is equal by (2) at such a point.
(2) If P1 Q2 - P2 Q1 is the zero polynomial, two formulas whose demands hold at a point are equal there: the relation
    holds of the numbers, and Q1 and Q2 are not 0.

So it does not matter that the ring has zero divisors, as (r - w)(r + w) = 0 for r = sqrt(w^2): what is divided by is
not 0 at any point of D, whatever the ring says.  That is what is shown here.  Of the own definition, divisors and
logarithms are as it says at the points of D, by D's definition: they are *assumed* and known from then on; its roots
and arcs have to be shown like the demands of all other formulas.  Then every generator is differentiable on D, since
their slopes have denominators that are not 0 there, and the derivative of the definition is its slope in the ring at
every point of D.

*Is a polynomial positive on I?*  By exact root counting (Sturm) if only z stands in it; if its terms are of one sign,
those with z alone taken together, where exp(u), sqrt(u) and pi are positive and even powers are not negative; or if it
is assumed.  No means: not shown.  At a point all of it is numbers, and enclosures decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol

from dyadic.proofs.checker.differentiation.integer_intervals import ENCLOSED, Enclosure, NoValue, pi
from dyadic.proofs.checker.differentiation.tower import Monomial, Polynomial, Ratio, Tower, rational

HIGHEST_DEGREE = 24
DIVISOR, LOGARITHM, ROOT, ARC = "a divisor", "a logarithm", "a root", "an arc sine or cosine"


@dataclass(frozen=True)
class SignDemand:
    """What must be positive, or (a divisor) not 0, for a formula to have a value."""

    kind: str
    of: Ratio


def demanded(tower: Tower, function: str, u: Ratio) -> list[SignDemand]:
    """What an elementary function asks of its argument."""
    if function == "log":
        return [SignDemand(LOGARITHM, u)]
    if function == "sqrt":
        return [] if u.zero else [SignDemand(ROOT, u)]
    if function in ("asin", "acos"):
        return [SignDemand(ARC, tower.add(rational(1), tower.power(u, 2), -1))]
    return []


class Bounds(Protocol):
    """An open interval; None for no bound."""

    @property
    def low(self) -> Fraction | None: ...
    @property
    def high(self) -> Fraction | None: ...


class Signs:
    """The signs of a tower's elements on an open interval; what is assumed holds at the points that are spoken of."""

    def __init__(self, tower: Tower, interval: Bounds) -> None:
        self.tower, self.interval = tower, interval
        self._signs: dict[frozenset[Any], int] = {}
        self._not_zero: set[frozenset[Any]] = set()

    def holds(self, demand: SignDemand) -> bool:
        """Whether a demand is shown."""
        if demand.kind == DIVISOR:
            return self.not_zero(demand.of.above)
        above, below = _key(demand.of.above), _key(demand.of.below)
        if self._signs.get(above | {("over", below)}) == 1:
            return True
        return self.sign(demand.of.above) * self.sign(demand.of.below) == 1

    def assume(self, demand: SignDemand) -> None:
        if demand.kind == DIVISOR:
            self._not_zero.add(_key(_monic(demand.of.above)))
        else:
            self._signs[_key(demand.of.above) | {("over", _key(demand.of.below))}] = 1
            self._not_zero.add(_key(_monic(demand.of.above)))

    def not_zero(self, polynomial: Polynomial) -> bool:
        """Whether it is shown to have no zero."""
        if not polynomial:
            return False
        if _key(_monic(polynomial)) in self._not_zero or self.sign(polynomial) != 0:
            return True
        common, rest = _common_factor(polynomial)
        return bool(common) and all(map(self._generator_not_zero, common)) and self.not_zero(rest)

    def _generator_not_zero(self, generator: int) -> bool:
        return self._of_generator(generator) != 0 or _key({((generator, 1),): Fraction(1)}) in self._not_zero

    def sign(self, polynomial: Polynomial) -> int:
        """1 or -1 if it is positive or negative everywhere; 0 if that is not shown."""
        plain = {monomial: c for monomial, c in polynomial.items() if all(generator == 0 for generator, _ in monomial)}
        signs = {self._of_term(monomial, c) for monomial, c in polynomial.items() if monomial not in plain}
        found = sign_between([plain.get(_power(k), Fraction(0)) for k in _degrees(plain)], self.interval)
        signs |= {(found, True)} if found else {self._of_term(monomial, c) for monomial, c in plain.items()}
        for side in (1, -1):
            if (side, True) in signs and signs <= {(side, True), (side, False)}:
                return side
        return 0

    def _of_term(self, monomial: Monomial, coefficient: Fraction) -> tuple[int, bool]:
        """(sign, whether it is strict); the sign is 0 if it is not known."""
        sign, strict = 1 if coefficient > 0 else -1, True
        for generator, power in monomial:
            own = self._of_generator(generator)
            if power % 2:
                sign *= own
            strict = strict and self._generator_not_zero(generator)
        return sign, strict

    def _of_generator(self, generator: int) -> int:
        if generator == 0:
            low, high = self.interval.low, self.interval.high
            return 1 if low is not None and low >= 0 else -1 if high is not None and high <= 0 else 0
        # A root's argument is positive wherever the root is spoken of.
        return int(self.tower.generators[generator].function in ("pi", "exp", "sqrt"))


def _key(polynomial: Polynomial) -> frozenset[Any]:
    return frozenset(polynomial.items())


def _monic(polynomial: Polynomial) -> Polynomial:
    scale = polynomial[max(polynomial)]
    return {monomial: coefficient / scale for monomial, coefficient in polynomial.items()}


def _power(k: int) -> Monomial:
    return ((0, k),) if k else ()


def _degrees(polynomial: Polynomial) -> range:
    return range(1 + max((power for monomial in polynomial for _, power in monomial), default=0))


def _common_factor(polynomial: Polynomial) -> tuple[set[int], Polynomial]:
    """The generators that divide every term, and what is left when one power of each is taken out."""
    common = set.intersection(*({generator for generator, _ in monomial} for monomial in polynomial))
    rest = {
        tuple((g, p - (g in common)) for g, p in monomial if p > (g in common)): coefficient
        for monomial, coefficient in polynomial.items()
    }
    return common, rest


# -- polynomials in z ------------------------------------------------------------------------------------------------


def sign_between(coefficients: list[Fraction], interval: Bounds) -> int:
    """The sign of a polynomial on an open interval; 0 if it has a zero there.

    coefficients: of 1, z, z^2, ...  By Sturm's theorem, after its zeros at the ends of the interval are taken out.
    """
    found, sign = _trimmed(coefficients), 1
    if not found or len(found) > HIGHEST_DEGREE + 1:
        return 0
    for end, side in ((interval.low, 1), (interval.high, -1)):
        while end is not None and _value(found, end) == 0:
            found, sign = _without_root(found, end), sign * side
    chain = [found, _trimmed([k * c for k, c in enumerate(found)][1:])]
    while chain[-1]:
        chain.append([-c for c in _remainder(chain[-2], chain[-1])])
    low, high = (
        [_at_end(one, end, side) for one in chain[:-1]] for end, side in ((interval.low, -1), (interval.high, 1))
    )
    return 0 if _changes(low) != _changes(high) else sign * (1 if high[0] > 0 else -1)


def _value(coefficients: list[Fraction], at: Fraction) -> Fraction:
    total = Fraction(0)
    for coefficient in reversed(coefficients):
        total = total * at + coefficient
    return total


def _at_end(coefficients: list[Fraction], end: Fraction | None, side: int) -> Fraction:
    """The value at the end of an interval, or (None) a number with the sign far out on that side."""
    if end is not None:
        return _value(coefficients, end)
    return coefficients[-1] * (side if len(coefficients) % 2 == 0 else 1)


def _changes(values: list[Fraction]) -> int:
    signs = [value > 0 for value in values if value != 0]
    return sum(one != two for one, two in pairwise(signs))


def _trimmed(coefficients: list[Fraction]) -> list[Fraction]:
    found = list(coefficients)
    while found and found[-1] == 0:
        found.pop()
    return found


def _remainder(top: list[Fraction], bottom: list[Fraction]) -> list[Fraction]:
    found = list(top)
    while len(found) >= len(bottom):
        factor = found[-1] / bottom[-1]
        for k, coefficient in enumerate(reversed(bottom), 1):
            found[-k] -= factor * coefficient
        found.pop()
    return _trimmed(found)


def _without_root(coefficients: list[Fraction], root: Fraction) -> list[Fraction]:
    """Divided by z - root."""
    found: list[Fraction] = []
    carried = Fraction(0)
    for coefficient in reversed(coefficients):
        carried = carried * root + coefficient
        found.append(carried)
    return found[-2::-1]


# -- at a point ------------------------------------------------------------------------------------------------------


class PointSigns:
    """The same at a point, where every element of the tower is a number and is enclosed."""

    def __init__(self, tower: Tower) -> None:
        self.tower = tower
        self._known: dict[int, Enclosure] = {}

    def holds(self, demand: SignDemand) -> bool:
        """Whether a demand is shown; what cannot be enclosed is not."""
        exact = demand.of.number
        if exact is not None:
            return exact != 0 if demand.kind == DIVISOR else exact > 0
        try:
            above, below = self._polynomial(demand.of.above).sign, self._polynomial(demand.of.below).sign
        except NoValue:
            return False
        if not above or not below:
            return False
        return demand.kind == DIVISOR or above == below

    def _polynomial(self, polynomial: Polynomial) -> Enclosure:
        total = Enclosure(0, 0)
        for monomial, coefficient in polynomial.items():
            term = Enclosure.of(coefficient)
            for generator, power in monomial:
                term = term * self._generator(generator).power(power)
            total = total + term
        return total

    def _generator(self, generator: int) -> Enclosure:
        if generator not in self._known:
            known = self.tower.generators[generator]
            self._known[generator] = (
                pi() if known.argument is None else ENCLOSED[known.function](self._ratio(known.argument))
            )
        return self._known[generator]

    def _ratio(self, ratio: Ratio) -> Enclosure:
        return self._polynomial(ratio.above) * self._polynomial(ratio.below).inverse()


__all__ = ["ARC", "DIVISOR", "LOGARITHM", "ROOT", "PointSigns", "SignDemand", "Signs", "demanded", "sign_between"]

"""Formulas in one variable z as elements of a differential ring: fractions of polynomials in generators.

Generators are z itself, the number pi, and f(u) for each elementary f and argument u that was met.  Each comes with its
derivative: z' = 1, pi' = 0, exp(u)' = u' exp(u), log(u)' = u'/u, erf(u)' = 2/sqrt(pi) u' exp(-u^2), sin' = cos,
cos' = -sin, asin(u)' = u'/sqrt(1 - u^2), acos' = -asin', atan(u)' = u'/(1 + u^2), sqrt(u)' = u'/(2 sqrt(u)), and 0 for
floor and round, between their jumps, and for stop_gradient, by convention. Used besides: sqrt(u)^2 = u, exp(k u) =
exp(u)^k, exp(k log(u)) = u^k, log(1/u) = -log(u), which function is odd or even, and values at 0.

A numerator that is the zero polynomial is the function zero wherever the formula is defined: that it is defined has to
be shown besides (signs.py), for the ring has zero divisors, and where one of them is divided by, anything is equal.
The converse is not needed: two formulas whose difference is not seen to be zero are not accepted as equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.reading import Rejected

MOST_PRODUCTS, MOST_BITS, MOST_GENERATORS, HIGHEST_POWER = 100_000, 4_000, 24, 64

Monomial = tuple[tuple[int, int], ...]
"""(generator, power), sorted by generator."""
Polynomial = dict[Monomial, Fraction]


@dataclass(frozen=True)
class Ratio:
    """above / below; ``below`` is not the zero polynomial."""

    above: Polynomial
    below: Polynomial

    @property
    def zero(self) -> bool:
        return not self.above

    @property
    def number(self) -> Fraction | None:
        """Its value if it is a rational number."""
        if not self.above:
            return Fraction(0)
        if set(self.above) == set(self.below) == {()}:
            return self.above[()] / self.below[()]
        return None


@dataclass(frozen=True)
class Generator:
    """function(argument), its derivative, and, for a square root, the polynomial that is its square."""

    function: str
    argument: Ratio | None
    slope: Ratio
    square: Polynomial | None = None


def rational(p: int, q: int = 1) -> Ratio:
    value = Fraction(p, q)
    return Ratio({(): value} if value else {}, {(): Fraction(1)})


class Tower:
    """The ring; generators are added as they are met.  Raises :class:`Rejected` where a bound is exceeded."""

    def __init__(self, where: str) -> None:
        self.where, self.products = where, 0
        self.generators: list[Generator] = [Generator("z", None, rational(1)), Generator("pi", None, rational(0))]
        self.z, self.pi = self._element(0), self._element(1)

    def _element(self, generator: int) -> Ratio:
        return Ratio({((generator, 1),): Fraction(1)}, {(): Fraction(1)})

    # -- polynomials ---------------------------------------------------------------------------------------------

    def _plus(self, one: Polynomial, two: Polynomial, factor: int = 1) -> Polynomial:
        spend(1 + len(one) + len(two), self.where)
        result = dict(one)
        _add(result, two, factor)
        return result

    def _times(self, one: Polynomial, two: Polynomial) -> Polynomial:
        self.products += len(one) * len(two)
        if self.products > MOST_PRODUCTS:
            raise Rejected(self.where, "the formula is too large to check")
        spend(4 * len(one) * len(two), self.where)
        result: Polynomial = {}
        for left, a in one.items():
            for right, b in two.items():
                _add(result, self._plain(_joined(left, right), a * b))
        return result

    def _plain(self, monomial: Monomial, coefficient: Fraction) -> Polynomial:
        """The monomial as a polynomial in which no square root stands with a power above 1."""
        if coefficient.numerator.bit_length() + coefficient.denominator.bit_length() > MOST_BITS:
            raise Rejected(self.where, "its numbers are too large to check")
        for place, (generator, power) in enumerate(monomial):
            if power > HIGHEST_POWER:
                raise Rejected(self.where, "its powers are too large to check")
            square = self.generators[generator].square
            if square is not None and power > 1:
                left = ((generator, power - 2),) if power > 2 else ()
                rest = (*monomial[:place], *left, *monomial[place + 1 :])
                return self._times({rest: coefficient}, square)
        return {monomial: coefficient}

    # -- quotients -----------------------------------------------------------------------------------------------

    def quotient(self, above: Polynomial, below: Polynomial) -> Ratio:
        """above / below, without a common monomial; a denominator that is a number becomes 1."""
        if not below:
            raise Rejected(self.where, "divides by zero")
        common = _common([*above, *below]) if above else {}
        above, below = _without(above, common), _without(below, common) if above else {(): Fraction(1)}
        scale = below[max(below)]
        return Ratio({m: c / scale for m, c in above.items()}, {m: c / scale for m, c in below.items()})

    def add(self, one: Ratio, two: Ratio, factor: int = 1) -> Ratio:
        """one + factor * two."""
        if one.below == two.below:
            return self.quotient(self._plus(one.above, two.above, factor), one.below)
        above = self._plus(self._times(one.above, two.below), self._times(two.above, one.below), factor)
        return self.quotient(above, self._times(one.below, two.below))

    def multiply(self, one: Ratio, two: Ratio) -> Ratio:
        return self.quotient(self._times(one.above, two.above), self._times(one.below, two.below))

    def invert(self, one: Ratio) -> Ratio:
        return self.quotient(one.below, one.above)

    def power(self, base: Ratio, exponent: int) -> Ratio:
        if abs(exponent) > HIGHEST_POWER:
            raise Rejected(self.where, "its powers are too large to check")
        result, factor = rational(1), base if exponent >= 0 else self.invert(base)
        for _ in range(abs(exponent)):
            result = self.multiply(result, factor)
        return result

    def equal(self, one: Ratio, two: Ratio) -> bool:
        """Whether the difference is seen to be zero."""
        return self.add(one, two, -1).zero

    def slope(self, one: Ratio) -> Ratio:
        """The derivative."""
        above, below = self._slope(one.above), self._slope(one.below)
        bottom = Ratio(one.below, {(): Fraction(1)})
        change = self.add(self.multiply(above, bottom), self.multiply(Ratio(one.above, {(): Fraction(1)}), below), -1)
        return self.multiply(change, self.power(bottom, -2))

    def _slope(self, polynomial: Polynomial) -> Ratio:
        total = rational(0)
        for monomial, coefficient in polynomial.items():
            for place, (generator, power) in enumerate(monomial):
                left = ((generator, power - 1),) if power > 1 else ()
                rest = {(*monomial[:place], *left, *monomial[place + 1 :]): coefficient * power}
                term = Ratio(rest, {(): Fraction(1)})
                total = self.add(total, self.multiply(term, self.generators[generator].slope))
        return total

    # -- functions -----------------------------------------------------------------------------------------------

    def apply(self, function: str, u: Ratio) -> Ratio:
        """An elementary function of an element."""
        if u.zero and function in AT_ZERO:
            return rational(AT_ZERO[function])
        if u.number is not None and (found := self._of_number(function, u.number)) is not None:
            return found
        if function in ("exp", "log"):
            found = self._multiple(u) if function == "exp" else self._inverse(u)
            if found is not None:
                return found
        sign = {"sin": -1, "erf": -1, "asin": -1, "atan": -1, "cos": 1}.get(function)
        for position, known in enumerate(self.generators):
            if known.function == function and known.argument is not None:
                if self.equal(u, known.argument):
                    return self._element(position)
                if sign is not None and self.add(u, known.argument).zero:
                    return self.multiply(rational(sign), self._element(position))
        return self._new(function, u)

    def _of_number(self, function: str, value: Fraction) -> Ratio | None:
        if function == "floor":
            return rational(value.__floor__())
        if function == "round":
            return rational(round(value))
        if function == "stop_gradient":
            return rational(*value.as_integer_ratio())
        if function == "log" and value == 1:
            return rational(0)
        if function == "sqrt" and value > 0:
            roots = [_whole_root(n) for n in (value.numerator, value.denominator)]
            if roots[0] is not None and roots[1] is not None:
                return rational(roots[0], roots[1])
        return None

    def _multiple(self, u: Ratio) -> Ratio | None:
        """exp(u) where u is a whole multiple of a known logarithm or of the argument of a known exponential."""
        for position, known in enumerate(self.generators):
            if known.argument is None or known.function not in ("exp", "log"):
                continue
            inner = known.argument if known.function == "exp" else self._element(position)
            whole = self._ratio(u, inner)
            if whole is not None:
                return self.power(self._element(position) if known.function == "exp" else known.argument, whole)
        return None

    def _ratio(self, one: Ratio, two: Ratio) -> int | None:
        """The integer k with one = k two, if there is one that is not too large."""
        left, right = self._times(one.above, two.below), self._times(two.above, one.below)
        if not right or set(left) != set(right):
            return None
        ratios = {left[monomial] / right[monomial] for monomial in left}
        ratio = ratios.pop()
        return int(ratio) if not ratios and ratio.denominator == 1 and abs(ratio) <= HIGHEST_POWER else None

    def _inverse(self, u: Ratio) -> Ratio | None:
        """log(u) where 1/u is the argument of a known logarithm."""
        for position, known in enumerate(self.generators):
            if known.function != "log" or known.argument is None:
                continue
            if self.add(self.multiply(u, known.argument), rational(1), -1).zero:
                return self.multiply(rational(-1), self._element(position))
        return None

    def _new(self, function: str, u: Ratio) -> Ratio:
        """A generator for function(u)."""
        position = len(self.generators)
        if position >= MOST_GENERATORS:
            raise Rejected(self.where, "the formula has too many functions to check")
        square = None
        if function == "sqrt":
            if set(u.below) != {()}:
                raise Rejected(self.where, "takes the root of a fraction")
            square = {monomial: c / u.below[()] for monomial, c in u.above.items()}
        self.generators.append(Generator(function, u, rational(0), square))
        own = self._element(position)
        slope = self.multiply(self.slope(u), RULES[function](self, u, own))
        self.generators[position] = Generator(function, u, slope, square)
        return own


Rule = Callable[[Tower, Ratio, Ratio], Ratio]


def _arc(tower: Tower, u: Ratio, own: Ratio) -> Ratio:
    """1 / sqrt(1 - u^2)."""
    return tower.invert(tower.apply("sqrt", tower.add(rational(1), tower.power(u, 2), -1)))


def _gauss(tower: Tower, u: Ratio, own: Ratio) -> Ratio:
    """2 exp(-u^2) / sqrt(pi)."""
    bell = tower.apply("exp", tower.multiply(rational(-1), tower.power(u, 2)))
    return tower.multiply(tower.multiply(rational(2), bell), tower.invert(tower.apply("sqrt", tower.pi)))


RULES: dict[str, Rule] = {
    "exp": lambda tower, u, own: own,
    "log": lambda tower, u, own: tower.invert(u),
    "sqrt": lambda tower, u, own: tower.invert(tower.multiply(rational(2), own)),
    "erf": _gauss,
    "sin": lambda tower, u, own: tower.apply("cos", u),
    "cos": lambda tower, u, own: tower.multiply(rational(-1), tower.apply("sin", u)),
    "asin": _arc,
    "acos": lambda tower, u, own: tower.multiply(rational(-1), _arc(tower, u, own)),
    "atan": lambda tower, u, own: tower.invert(tower.add(rational(1), tower.power(u, 2))),
    "floor": lambda tower, u, own: rational(0),
    "round": lambda tower, u, own: rational(0),
    "stop_gradient": lambda tower, u, own: rational(0),
}
"""The derivative of each elementary function, as a factor of the argument's."""
AT_ZERO = {
    "exp": 1,
    "cos": 1,
    "sqrt": 0,
    "erf": 0,
    "sin": 0,
    "asin": 0,
    "atan": 0,
    "floor": 0,
    "round": 0,
    "stop_gradient": 0,
}


def _joined(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for generator, power in right:
        powers[generator] = powers.get(generator, 0) + power
    return tuple(sorted(powers.items()))


def _add(result: Polynomial, other: Polynomial, factor: int = 1) -> None:
    """Add a polynomial, times an integer, to ``result``, in place."""
    for monomial, coefficient in other.items():
        total = result.get(monomial, Fraction(0)) + factor * coefficient
        if total:
            result[monomial] = total
        else:
            result.pop(monomial, None)


def _common(monomials: list[Monomial]) -> dict[int, int]:
    """The powers that divide all monomials."""
    common = dict(monomials[0])
    for monomial in monomials[1:]:
        powers = dict(monomial)
        common = {g: min(p, powers[g]) for g, p in common.items() if g in powers}
    return common


def _without(polynomial: Polynomial, common: dict[int, int]) -> Polynomial:
    if not common:
        return polynomial
    return {
        tuple((g, p - common.get(g, 0)) for g, p in monomial if p > common.get(g, 0)): coefficient
        for monomial, coefficient in polynomial.items()
    }


def _whole_root(n: int) -> int | None:
    root = isqrt(n)
    return root if root * root == n else None

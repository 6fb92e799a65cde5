"""Numbers with a slope for a second look at counterexamples: fractions as long as it goes, then enclosures.

Forward differentiation, written apart from the project's number rings and from its reverse mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx, fmpq

PRECISION = 300


def enclosed(value):
    if isinstance(value, arb):
        return value
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def _both(operation, one, two):
    if isinstance(one, arb) or isinstance(two, arb):
        return operation(enclosed(one), enclosed(two))
    return operation(one, two)


def _sum(a, b):
    return _both(lambda x, y: x + y, a, b)


def _product(a, b):
    if (isinstance(a, Fraction) and a == 0) or (isinstance(b, Fraction) and b == 0):
        return Fraction(0)
    return _both(lambda x, y: x * y, a, b)


def certainly_positive(value):
    """Whether value > 0; an enclosure that straddles 0 fails the test that asks."""
    if isinstance(value, Fraction):
        return value > 0
    assert not value.contains(0), "the second look needs more digits"
    return value > 0


def differ(one, two):
    """Whether two values differ for certain."""
    if isinstance(one, Fraction) and isinstance(two, Fraction):
        return one != two
    return not enclosed(one).overlaps(enclosed(two))


def _sigmoid(z):
    return 1 / (1 + (-z).exp())


def _root(z):
    return z.sqrt()


def _gauss(z):
    return (-z * z / 2).exp() / (2 * arb.pi()).sqrt()


# The value, the first and the second derivative of smooth functions.
SMOOTH = {
    "tanh": (lambda z: z.tanh(), lambda z: 1 - z.tanh() ** 2, lambda z: -2 * z.tanh() * (1 - z.tanh() ** 2)),
    "sigmoid": (
        _sigmoid,
        lambda z: _sigmoid(z) * _sigmoid(-z),
        lambda z: _sigmoid(z) * _sigmoid(-z) * (1 - 2 * _sigmoid(z)),
    ),
    "exp": (lambda z: z.exp(),) * 3,
    "log": (lambda z: z.log(), lambda z: 1 / z, lambda z: -1 / z**2),
    "softplus": (lambda z: (1 + z.exp()).log(), _sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "sqrt": (_root, lambda z: 1 / (2 * _root(z)), lambda z: -1 / (4 * _root(z) ** 3)),
    "rsqrt": (lambda z: 1 / _root(z), lambda z: -1 / (2 * _root(z) ** 3), lambda z: 3 / (4 * _root(z) ** 5)),
    "silu": (
        lambda z: z * _sigmoid(z),
        lambda z: _sigmoid(z) + z * _sigmoid(z) * _sigmoid(-z),
        lambda z: _sigmoid(z) * _sigmoid(-z) * (2 + z * (1 - 2 * _sigmoid(z))),
    ),
    "gelu": (
        lambda z: z * (1 + (z / arb(2).sqrt()).erf()) / 2,
        lambda z: (1 + (z / arb(2).sqrt()).erf()) / 2 + z * _gauss(z),
        lambda z: (2 - z * z) * _gauss(z),
    ),
    "sin": (lambda z: z.sin(), lambda z: z.cos(), lambda z: -z.sin()),
    "cos": (lambda z: z.cos(), lambda z: -z.sin(), lambda z: -z.cos()),
}


def _plain(name, order, z):
    """A value of a function; a fraction where it is one."""
    if name in ("relu", "step", "abs"):
        up = Fraction(int(certainly_positive(z)))
        down = Fraction(int(certainly_positive(_product(Fraction(-1), z))))
        slope = {"relu": up, "step": Fraction(0), "abs": up - down}[name]
        if order or name == "step":
            return slope if order == 1 else Fraction(0) if order else up
        return _product(slope, z)
    if name == "identity":
        return [z, Fraction(1), Fraction(0)][order]
    at_zero = {"tanh": (0, 1, 0), "sigmoid": (Fraction(1, 2), Fraction(1, 4), 0), "exp": (1, 1, 1)}
    if isinstance(z, Fraction) and z == 0 and name in at_zero:
        return Fraction(at_zero[name][order])
    if name == "log" and isinstance(z, Fraction) and z == 1 and order == 0:
        return Fraction(0)
    return SMOOTH[name][order](enclosed(z))


@dataclass(frozen=True)
class DualNumber:
    value: object
    slope: object = Fraction(0)

    def __add__(self, other):
        return DualNumber(_sum(self.value, other.value), _sum(self.slope, other.slope))

    def __mul__(self, other):
        slope = _sum(_product(self.value, other.slope), _product(self.slope, other.value))
        return DualNumber(_product(self.value, other.value), slope)

    def power(self, exponent):
        exponent, value = Fraction(exponent), self.value
        if exponent.denominator == 1 and isinstance(value, Fraction):
            found, below = value**exponent.numerator, value ** (exponent.numerator - 1) if exponent else Fraction(0)
        else:
            found, below = (enclosed(value) ** enclosed(e) for e in (exponent, exponent - 1))
        return DualNumber(found, _product(_product(exponent, below), self.slope))

    def apply(self, name, order):
        slope = self.slope
        if not (isinstance(slope, Fraction) and slope == 0):
            slope = _product(_plain(name, order + 1, self.value), slope)
        return DualNumber(_plain(name, order, self.value), slope)


def exactly(action):
    """The value of a call, with enclosures that are narrow enough."""
    before, ctx.prec = ctx.prec, PRECISION
    try:
        return action()
    finally:
        ctx.prec = before

"""What is known of every scalar function in the ring of closed.py: one entry for each.

An entry gives the value (order 0) or the first derivative (order 1) at an argument, with the stated value at a kink.
To add a function is to add an entry; a function without one is unknown, and only what holds for all functions is
proved of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import floor
from typing import Any

Fact = Callable[[Any, int, Any], Any]
_SELU_ALPHA, _SELU_GAMMA = Fraction("1.6732632423543772"), Fraction("1.0507009873554805")


def _n(ring: Any, p: int, q: int = 1) -> Any:
    return ring.number(p, q)


def _plus(ring: Any, *terms: Any) -> Any:
    return ring.add([ring.number(t) if isinstance(t, int) else t for t in terms])


def _times(ring: Any, *factors: Any) -> Any:
    return ring.mul([ring.number(f) if isinstance(f, int) else f for f in factors])


def _over(ring: Any, one: Any, two: Any) -> Any:
    return _times(ring, one, ring.power(two, -1))


def _odds(ring: Any, z: Any, derivative: bool = False) -> Any:
    """The sigmoid, exp(z) / (1 + exp(z)), or its derivative."""
    share = _over(ring, ring.exp(z), _plus(ring, 1, ring.exp(z)))
    return _times(ring, share, _plus(ring, 1, ring.minus(share))) if derivative else share


def _identity(ring: Any, order: int, z: Any) -> Any:
    return _n(ring, 1) if order else z


def _exp(ring: Any, order: int, z: Any) -> Any:
    return ring.exp(z)


def _expm1(ring: Any, order: int, z: Any) -> Any:
    return ring.exp(z) if order else _plus(ring, ring.exp(z), -1)


def _log(ring: Any, order: int, z: Any) -> Any:
    return ring.power(z, -1) if order else ring.log(z)


def _log1p(ring: Any, order: int, z: Any) -> Any:
    return _log(ring, order, _plus(ring, 1, z))


def _sqrt(ring: Any, order: int, z: Any) -> Any:
    root = ring.root(z, 2)
    return _times(ring, _n(ring, 1, 2), ring.power(root, -1)) if order else root


def _rsqrt(ring: Any, order: int, z: Any) -> Any:
    inverse = ring.power(ring.root(z, 2), -1)
    return _times(ring, _n(ring, -1, 2), ring.power(inverse, 3)) if order else inverse


def _sigmoid(ring: Any, order: int, z: Any) -> Any:
    return _odds(ring, z, derivative=bool(order))


def _tanh(ring: Any, order: int, z: Any) -> Any:
    share = _odds(ring, _times(ring, 2, z))
    value = _plus(ring, _times(ring, 2, share), -1)
    return _plus(ring, 1, ring.minus(_times(ring, value, value))) if order else value


def _softplus(ring: Any, order: int, z: Any) -> Any:
    return _odds(ring, z) if order else ring.log(_plus(ring, 1, ring.exp(z)))


def _log_sigmoid(ring: Any, order: int, z: Any) -> Any:
    return _odds(ring, ring.minus(z)) if order else ring.minus(_softplus(ring, 0, ring.minus(z)))


def _silu(ring: Any, order: int, z: Any) -> Any:
    share = _odds(ring, z)
    return _plus(ring, share, _times(ring, z, _odds(ring, z, derivative=True))) if order else _times(ring, z, share)


def _mish(ring: Any, order: int, z: Any) -> Any:
    inner = _softplus(ring, 0, z)
    if order:
        slope = _times(ring, z, _tanh(ring, 1, inner), _odds(ring, z))
        return _plus(ring, _tanh(ring, 0, inner), slope)
    return _times(ring, z, _tanh(ring, 0, inner))


def _erf(ring: Any, order: int, z: Any) -> Any:
    if order:
        bell = ring.exp(ring.minus(_times(ring, z, z)))
        return _times(ring, 2, bell, ring.power(ring.root(ring.pi(), 2), -1))
    return ring.odd(lambda a: ring.unknown("erf", a), z)


def _gelu(ring: Any, order: int, z: Any) -> Any:
    scale = _rsqrt(ring, 0, _n(ring, 2))
    inner, half = _times(ring, z, scale), _n(ring, 1, 2)
    share = _times(ring, half, _plus(ring, 1, _erf(ring, 0, inner)))
    if order:
        return _plus(ring, share, _times(ring, half, z, scale, _erf(ring, 1, inner)))
    return _times(ring, z, share)


def _gelu_tanh(ring: Any, order: int, z: Any) -> Any:
    scale = ring.root(_over(ring, _n(ring, 2), ring.pi()), 2)
    cubic, half = _n(ring, 44715, 1000000), _n(ring, 1, 2)
    inner = _times(ring, scale, _plus(ring, z, _times(ring, cubic, z, z, z)))
    share = _times(ring, half, _plus(ring, 1, _tanh(ring, 0, inner)))
    if not order:
        return _times(ring, z, share)
    slope = _times(ring, scale, _plus(ring, 1, _times(ring, 3, cubic, z, z)))
    return _plus(ring, share, _times(ring, half, z, _tanh(ring, 1, inner), slope))


def _sin(ring: Any, order: int, z: Any) -> Any:
    if order:
        return _cos(ring, 0, z)
    turn = ring.rotation(z)
    return _real(_over(ring, _plus(ring, turn, ring.minus(ring.power(turn, -1))), _times(ring, 2, ring.i)))


def _cos(ring: Any, order: int, z: Any) -> Any:
    if order:
        return ring.minus(_sin(ring, 0, z))
    turn = ring.rotation(z)
    return _real(_times(ring, _n(ring, 1, 2), _plus(ring, turn, ring.power(turn, -1))))


def _real(number: Any) -> Any:
    number.real = True
    return number


def _tan(ring: Any, order: int, z: Any) -> Any:
    value = _over(ring, _sin(ring, 0, z), _cos(ring, 0, z))
    return _plus(ring, 1, _times(ring, value, value)) if order else value


def _sinh(ring: Any, order: int, z: Any) -> Any:
    if order:
        return _cosh(ring, 0, z)
    return _times(ring, _n(ring, 1, 2), _plus(ring, ring.exp(z), ring.minus(ring.exp(ring.minus(z)))))


def _cosh(ring: Any, order: int, z: Any) -> Any:
    if order:
        return _sinh(ring, 0, z)
    return _times(ring, _n(ring, 1, 2), _plus(ring, ring.exp(z), ring.exp(ring.minus(z))))


def _asin(ring: Any, order: int, z: Any) -> Any:
    if order:
        return _rsqrt(ring, 0, _square_less(ring, z, 1, -1))
    return _arc(ring, z, "asin", lambda a: (ring.root(_square_less(ring, a, 1, -1), 2), a), {1: 2, Fraction(1, 2): 6})


def _acos(ring: Any, order: int, z: Any) -> Any:
    rest = ring.minus(_asin(ring, order, z))
    return rest if order else _plus(ring, _times(ring, _n(ring, 1, 2), ring.pi()), rest)


def _atan(ring: Any, order: int, z: Any) -> Any:
    if order:
        return ring.power(_square_less(ring, z, 1, 1), -1)

    def turn(a: Any) -> tuple[Any, Any]:
        cosine = _rsqrt(ring, 0, _square_less(ring, a, 1, 1))
        return cosine, _times(ring, a, cosine)

    return _arc(ring, z, "atan", turn, {1: 4})


def _arc(ring: Any, z: Any, name: str, turn: Callable[[Any], Any], shares: Mapping[int | Fraction, int]) -> Any:
    """An odd inverse of a trigonometric function; ``shares``: where its value is pi divided by a number."""

    def value(a: Any) -> Any:
        for at, share in shares.items():
            if a == _n(ring, *Fraction(at).as_integer_ratio()):
                return _times(ring, _n(ring, 1, share), ring.pi())
        return ring.turned(name, a, *turn(a))

    return ring.odd(value, z)


def _square_less(ring: Any, z: Any, first: int, second: int) -> Any:
    """first + second z^2."""
    return _plus(ring, first, _times(ring, second, z, z))


def _asinh(ring: Any, order: int, z: Any) -> Any:
    root = ring.root(_square_less(ring, z, 1, 1), 2)
    return ring.power(root, -1) if order else ring.odd(lambda a: ring.log(_plus(ring, a, root)), z)


def _acosh(ring: Any, order: int, z: Any) -> Any:
    root = _times(ring, ring.root(_plus(ring, z, -1), 2), ring.root(_plus(ring, z, 1), 2))
    return ring.power(root, -1) if order else ring.log(_plus(ring, z, root))


def _atanh(ring: Any, order: int, z: Any) -> Any:
    if order:
        return ring.power(_square_less(ring, z, 1, -1), -1)
    logs = ring.log(_plus(ring, 1, z)), ring.minus(ring.log(_plus(ring, 1, ring.minus(z))))
    return _times(ring, _n(ring, 1, 2), _plus(ring, *logs))


def _relu(ring: Any, order: int, z: Any) -> Any:
    return ring.sign(z)[0] if order else _times(ring, z, ring.halves(z)[0])


def _abs(ring: Any, order: int, z: Any) -> Any:
    if order:
        return _sign(ring, 0, z)
    above, below = ring.halves(z)
    return _times(ring, z, _plus(ring, above, ring.minus(below)))


def _step(ring: Any, order: int, z: Any) -> Any:
    return _n(ring, 0) if order else ring.sign(z)[0]


def _sign(ring: Any, order: int, z: Any) -> Any:
    above, _, below = ring.sign(z)
    return _n(ring, 0) if order else _plus(ring, above, ring.minus(below))


def _elu(ring: Any, order: int, z: Any) -> Any:
    return _exponential_unit(ring, order, z, Fraction(1), Fraction(1))


def _selu(ring: Any, order: int, z: Any) -> Any:
    return _exponential_unit(ring, order, z, _SELU_GAMMA, _SELU_GAMMA * _SELU_ALPHA)


def _exponential_unit(ring: Any, order: int, z: Any, right: Fraction, left: Fraction) -> Any:
    """right z above 0 and left (exp(z) - 1) below; the derivative at 0 is ``left``."""
    one = _n(ring, right.numerator, right.denominator)
    two = _n(ring, left.numerator, left.denominator)
    above, below = ring.halves(z)
    if order:
        if left != right:  # a jump at 0, where exp(z) = 1
            above = ring.sign(z)[0]
            below = _plus(ring, 1, ring.minus(above))
        return _plus(ring, _times(ring, one, above), _times(ring, two, below, ring.exp(z)))
    return _plus(ring, _times(ring, one, z, above), _times(ring, two, below, _expm1(ring, 0, z)))


def _leaky_relu(ring: Any, order: int, z: Any) -> Any:
    above, equal, below = ring.sign(z)
    slope = _plus(ring, above, _times(ring, _n(ring, 1, 100), _plus(ring, equal, below)))
    return slope if order else _times(ring, z, slope)


def _softsign(ring: Any, order: int, z: Any) -> Any:
    inverse = ring.power(_plus(ring, 1, _abs(ring, 0, z)), -1)
    return _times(ring, inverse, inverse) if order else _times(ring, z, inverse)


def _hard_sigmoid(ring: Any, order: int, z: Any) -> Any:
    """0 up to -3, 1 from 3, z / 6 + 1/2 between; the derivative is 0 at both."""
    sixth, low, high = _n(ring, 1, 6), _plus(ring, z, 3), _plus(ring, z, -3)
    if order:
        return _times(ring, sixth, ring.sign(low)[0], ring.sign(ring.minus(high))[0])
    return _times(ring, sixth, _plus(ring, _relu(ring, 0, low), ring.minus(_relu(ring, 0, high))))


def _hard_swish(ring: Any, order: int, z: Any) -> Any:
    value = _hard_sigmoid(ring, 0, z)
    return _plus(ring, value, _times(ring, z, _hard_sigmoid(ring, 1, z))) if order else _times(ring, z, value)


def _unknown(name: str) -> Fact:
    return lambda ring, order, z: ring.unknown(name, z, order)


def _staircase(name: str, period: int, of: Callable[[Fraction], int]) -> Fact:
    """A function that is known at rational numbers, and rises by the period whenever its argument does."""

    def fact(ring: Any, order: int, z: Any) -> Any:
        if order:
            return _n(ring, 0)
        constant: Fraction = z.form.get((), Fraction(0))
        if z.form.keys() <= {()}:
            return _n(ring, of(constant))
        known = ring.rounded(name, z)
        if known is not None:
            return known
        whole = constant // period * period
        return _plus(ring, ring.unknown(name, _plus(ring, z, -whole)), whole) if whole else ring.unknown(name, z)

    return fact


def _held(ring: Any, order: int, z: Any) -> Any:
    """Its value is z; its derivative is 0 by convention, whatever that of z is."""
    return _n(ring, 0) if order else z


FACTS: dict[str, Fact] = {
    "identity": _identity, "outer": _unknown("outer"), "exp": _exp, "expm1": _expm1, "log": _log, "log1p": _log1p,
    "sqrt": _sqrt, "rsqrt": _rsqrt, "sigmoid": _sigmoid, "tanh": _tanh, "softplus": _softplus,
    "log_sigmoid": _log_sigmoid, "silu": _silu, "mish": _mish, "erf": _erf, "gelu": _gelu, "gelu_tanh": _gelu_tanh,
    "sin": _sin, "cos": _cos, "tan": _tan, "sinh": _sinh, "cosh": _cosh, "asinh": _asinh, "acosh": _acosh,
    "atanh": _atanh, "asin": _asin, "acos": _acos, "atan": _atan,
    "relu": _relu, "abs": _abs, "step": _step, "sign": _sign, "elu": _elu, "celu": _elu, "selu": _selu,
    "leaky_relu": _leaky_relu, "softsign": _softsign, "hard_sigmoid": _hard_sigmoid, "hard_swish": _hard_swish,
    "floor": _staircase("floor", 1, floor), "round": _staircase("round", 2, round), "stop_gradient": _held,
}  # fmt: skip
"""By name; a derivative is with the value that is stated at a kink."""

"""The true functions and their first derivatives as rigorous enclosures, with the stated value at every kink.

Outside of a function's domain an enclosure is not finite, and encloses whatever it is compared with: of the derivative
too, also where its formula has a value there, as 1/z has for the logarithm of a negative number.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import methodcaller

from flint import arb


class Undetermined(Exception):
    """A comparison that the precision at hand cannot decide."""


Function = Callable[[arb], arb]


def _gauss(z: arb) -> arb:
    return (-z * z / 2).exp() / (2 * arb.pi()).sqrt()


def _sigmoid(z: arb) -> arb:
    return 1 / (1 + (-z).exp())


def _above(z: arb, level: int = 0) -> bool:
    """True if z > level, False if z <= level; an enclosure that straddles it decides nothing."""
    if z > level:
        return True
    if z <= level:
        return False
    raise Undetermined


def _step(z: arb) -> arb:
    return arb(1) if _above(z) else arb(0)


def _sign(z: arb) -> arb:
    return arb(0) if z == 0 else arb(1) if _above(z) else arb(-1)


def _gelu_tanh(z: arb) -> tuple[arb, arb]:
    """tanh of the inner polynomial of gelu_tanh, and the polynomial's derivative."""
    scale, cubic = (2 / arb.pi()).sqrt(), arb(44715) / 1000000
    return (scale * (z + cubic * z**3)).tanh(), scale * (1 + 3 * cubic * z**2)


def _gelu_tanh_slope(z: arb) -> arb:
    inner, slope = _gelu_tanh(z)
    return (1 + inner) / 2 + z / 2 * (1 - inner**2) * slope


def _softplus(z: arb) -> arb:
    return z.exp().log1p()


def _mish_slope(z: arb) -> arb:
    gate = _softplus(z).tanh()
    return gate + z * (1 - gate**2) * _sigmoid(z)


def _elu(z: arb) -> arb:
    return z if _above(z) else z.expm1()


def _elu_slope(z: arb) -> arb:
    return arb(1) if _above(z) else z.exp()


def _selu_constants() -> tuple[arb, arb]:
    """alpha and gamma, which have 16 decimals."""
    return arb(16732632423543772) / 10**16, arb(10507009873554805) / 10**16


def _selu(z: arb) -> arb:
    alpha, gamma = _selu_constants()
    return gamma * (z if _above(z) else alpha * z.expm1())


def _selu_slope(z: arb) -> arb:
    alpha, gamma = _selu_constants()
    return gamma * (arb(1) if _above(z) else alpha * z.exp())


def _hard_sigmoid(z: arb) -> arb:
    return (z / 6 + arb(1) / 2).max(arb(0)).min(arb(1))


def _inside(z: arb) -> bool:
    """-3 < z < 3."""
    return _above(z, -3) and _above(-z, -3)


def _hard_swish_slope(z: arb) -> arb:
    return z / 3 + arb(1) / 2 if _inside(z) else arb(1) if _above(z) else arb(0)


def _round(z: arb) -> arb:
    """The nearest integer; where z may be a tie, an enclosure of both; a tie for certain goes to the even one."""
    half = z + arb(1) / 2
    if half.is_integer():
        return half - 1 if not (half / 2).is_integer() else half
    return half.floor().union((z - arb(1) / 2).ceil())


def _where(defined: bool, value: arb) -> arb:
    """The value, or none where the function that it is a derivative of has none."""
    return value if defined else arb("nan")


_ARC: Function = lambda z: 1 / ((1 - z) * (1 + z)).sqrt()  # noqa: E731
_PAIRS: dict[str, tuple[Function, Function]] = {
    "identity": (lambda z: z, lambda z: arb(1)),
    "outer": (lambda z: z, lambda z: arb(1)),  # any function will do
    "tanh": (methodcaller("tanh"), lambda z: 1 / z.cosh() ** 2),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "relu": (lambda z: z if _above(z) else arb(0), _step),
    "softplus": (_softplus, _sigmoid),
    "log_sigmoid": (lambda z: -_softplus(-z), lambda z: _sigmoid(-z)),
    "gelu": (
        lambda z: z * (1 + (z / arb(2).sqrt()).erf()) / 2,
        lambda z: (1 + (z / arb(2).sqrt()).erf()) / 2 + z * _gauss(z),
    ),
    "gelu_tanh": (lambda z: z / 2 * (1 + _gelu_tanh(z)[0]), _gelu_tanh_slope),
    "silu": (lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) + z * _sigmoid(z) * _sigmoid(-z)),
    "mish": (lambda z: z * _softplus(z).tanh(), _mish_slope),
    "elu": (_elu, _elu_slope),
    "celu": (_elu, _elu_slope),
    "selu": (_selu, _selu_slope),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "hard_sigmoid": (_hard_sigmoid, lambda z: arb(1) / 6 if _inside(z) else arb(0)),
    "hard_swish": (lambda z: z * _hard_sigmoid(z), _hard_swish_slope),
    "exp": (methodcaller("exp"), methodcaller("exp")),
    "expm1": (methodcaller("expm1"), methodcaller("exp")),
    "log": (methodcaller("log"), lambda z: _where(z > 0, 1 / z)),
    "log1p": (methodcaller("log1p"), lambda z: _where(z > -1, 1 / (1 + z))),
    "sqrt": (methodcaller("sqrt"), lambda z: z.rsqrt() / 2),
    "rsqrt": (methodcaller("rsqrt"), lambda z: -z.rsqrt() / (2 * z)),
    "erf": (methodcaller("erf"), lambda z: 2 * (-z * z).exp() / arb.pi().sqrt()),
    "sin": (methodcaller("sin"), methodcaller("cos")),
    "cos": (methodcaller("cos"), lambda z: -z.sin()),
    "tan": (methodcaller("tan"), lambda z: 1 / z.cos() ** 2),
    "asin": (methodcaller("asin"), _ARC),
    "acos": (methodcaller("acos"), lambda z: -_ARC(z)),
    "atan": (methodcaller("atan"), lambda z: 1 / (1 + z * z)),
    "sinh": (methodcaller("sinh"), methodcaller("cosh")),
    "cosh": (methodcaller("cosh"), methodcaller("sinh")),
    "asinh": (methodcaller("asinh"), lambda z: 1 / (1 + z * z).sqrt()),
    "acosh": (methodcaller("acosh"), lambda z: 1 / ((z - 1).sqrt() * (z + 1).sqrt())),
    "atanh": (methodcaller("atanh"), lambda z: _where(abs(z) < 1, 1 / ((1 - z) * (1 + z)))),
    "abs": (abs, _sign),
    "step": (_step, lambda z: arb(0)),
    "sign": (_sign, lambda z: arb(0)),
    "floor": (methodcaller("floor"), lambda z: arb(0)),
    "round": (_round, lambda z: arb(0)),
    "stop_gradient": (lambda z: z, lambda z: arb(0)),
}
TRUE_FUNCTIONS: dict[tuple[str, int], Function] = {
    (name, order): function for name, pair in _PAIRS.items() for order, function in enumerate(pair)
}
_VALUES: dict[str, tuple[str | None, str | None]] = {
    "tanh": ("0", "1"), "sigmoid": ("1/2", "1/4"), "softplus": (None, "1/2"), "log_sigmoid": (None, "1/2"),
    "gelu": ("0", "1/2"), "gelu_tanh": ("0", "1/2"), "silu": ("0", "1/2"), "mish": ("0", "3/5"), "elu": ("0", "1"),
    "celu": ("0", "1"), "selu": ("0", None), "softsign": ("0", "1"), "hard_sigmoid": ("1/2", "1/6"),
    "hard_swish": ("0", "1/2"), "exp": ("1", "1"), "expm1": ("0", "1"), "log1p": ("0", "1"), "erf": ("0", None),
    "sin": ("0", "1"), "cos": ("1", "0"), "tan": ("0", "1"), "asin": ("0", "1"), "acos": (None, "-1"),
    "atan": ("0", "1"), "sinh": ("0", "1"), "cosh": ("1", "0"), "asinh": ("0", "1"), "atanh": ("0", "1"),
    "abs": ("0", "0"), "step": ("0", "0"), "sign": ("0", "0"), "floor": ("0", "0"), "round": ("0", "0"),
    "stop_gradient": ("0", "0"),
}  # fmt: skip
AT_ZERO: dict[tuple[str, int], Fraction] = {
    (name, order): Fraction(value)
    for name, values in _VALUES.items()
    for order, value in enumerate(values)
    if value is not None
}
"""Values at 0 that are rational numbers, by function and order of the derivative."""

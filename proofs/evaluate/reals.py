"""The true functions and their first derivatives as rigorous enclosures, with the stated value at every kink."""

from __future__ import annotations

from collections.abc import Callable

from flint import arb


class Undetermined(Exception):
    """A comparison that the precision at hand cannot decide."""


def _gauss(z: arb) -> arb:
    return (-z * z / 2).exp() / (2 * arb.pi()).sqrt()


def _sigmoid(z: arb) -> arb:
    return 1 / (1 + (-z).exp())


def _sign(z: arb) -> bool:
    """True if z > 0, False if z <= 0; an enclosure that straddles 0 decides nothing."""
    if z > 0:
        return True
    if z <= 0:
        return False
    raise Undetermined


def _gelu_tanh(z: arb) -> tuple[arb, arb]:
    """tanh of the inner polynomial of gelu_tanh, and the polynomial's derivative."""
    scale, cubic = (2 / arb.pi()).sqrt(), arb(44715) / 1000000
    return (scale * (z + cubic * z**3)).tanh(), scale * (1 + 3 * cubic * z**2)


def _gelu_tanh_slope(z: arb) -> arb:
    inner, slope = _gelu_tanh(z)
    return (1 + inner) / 2 + z / 2 * (1 - inner**2) * slope


def _abs_slope(z: arb) -> arb:
    return arb(0) if z == 0 else arb(1) if _sign(z) else arb(-1)


TRUE_FUNCTIONS: dict[tuple[str, int], Callable[[arb], arb]] = {
    ("identity", 0): lambda z: z,
    ("identity", 1): lambda z: arb(1),
    ("outer", 0): lambda z: z,  # any function will do
    ("outer", 1): lambda z: arb(1),
    ("tanh", 0): lambda z: z.tanh(),
    ("tanh", 1): lambda z: 1 / z.cosh() ** 2,
    ("sigmoid", 0): _sigmoid,
    ("sigmoid", 1): lambda z: _sigmoid(z) * _sigmoid(-z),
    ("relu", 0): lambda z: z if _sign(z) else arb(0),
    ("relu", 1): lambda z: arb(1) if _sign(z) else arb(0),
    ("softplus", 0): lambda z: (1 + z.exp()).log(),
    ("softplus", 1): _sigmoid,
    ("gelu", 0): lambda z: z * (1 + (z / arb(2).sqrt()).erf()) / 2,
    ("gelu", 1): lambda z: (1 + (z / arb(2).sqrt()).erf()) / 2 + z * _gauss(z),
    ("gelu_tanh", 0): lambda z: z / 2 * (1 + _gelu_tanh(z)[0]),
    ("gelu_tanh", 1): _gelu_tanh_slope,
    ("silu", 0): lambda z: z * _sigmoid(z),
    ("silu", 1): lambda z: _sigmoid(z) + z * _sigmoid(z) * _sigmoid(-z),
    ("elu", 0): lambda z: z if _sign(z) else z.expm1(),
    ("elu", 1): lambda z: arb(1) if _sign(z) else z.exp(),
    ("exp", 0): lambda z: z.exp(),
    ("exp", 1): lambda z: z.exp(),
    ("log", 0): lambda z: z.log(),
    ("log", 1): lambda z: 1 / z,
    ("sqrt", 0): lambda z: z.sqrt(),
    ("sqrt", 1): lambda z: z.rsqrt() / 2,
    ("rsqrt", 0): lambda z: z.rsqrt(),
    ("rsqrt", 1): lambda z: -z.rsqrt() / (2 * z),
    ("erf", 0): lambda z: z.erf(),
    ("erf", 1): lambda z: 2 * (-z * z).exp() / arb.pi().sqrt(),
    ("sin", 0): lambda z: z.sin(),
    ("sin", 1): lambda z: z.cos(),
    ("cos", 0): lambda z: z.cos(),
    ("cos", 1): lambda z: -z.sin(),
    ("abs", 0): lambda z: abs(z),
    ("abs", 1): _abs_slope,
    ("step", 0): lambda z: arb(1) if _sign(z) else arb(0),
    ("sign", 0): _abs_slope,
}

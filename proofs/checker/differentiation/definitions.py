"""What each scalar function is, in the checker's own words: a certificate that says otherwise is rejected.

The forms are those of a certificate.  Left are the functions that are elementary here: their derivatives are rules
(tower.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Z: Any = ["z"]
HELD = (
    "its value is held constant, as the program asks: the derivative is taken as 0 everywhere, "
    "and gradients are those that the program defines, not those of its value"
)
"""The convention for a function that is held."""
ELEMENTARY = ("exp", "log", "sqrt", "erf", "sin", "cos", "asin", "acos", "atan", "floor", "round", "stop_gradient")


def call(name: str, argument: Any = Z) -> Any:
    return ["apply", name, 0, argument]


def product(*factors: Any) -> Any:
    return ["*", *factors]


def total(*terms: Any) -> Any:
    return ["+", *terms]


def over(top: Any, bottom: Any) -> Any:
    return ["*", top, ["^", bottom, -1]]


def ratio(p: int, q: int) -> Any:
    return ["rational", p, q]


def root(argument: Any) -> Any:
    return ["^", argument, ratio(1, 2)]


@dataclass(frozen=True)
class Described:
    """A function: its definition; kinks, each with the value taken for the derivative; the interval it is smooth on.

    jumps: where a function jumps that is constant otherwise.  poles: what must not be 0.
    held: whether its value is held constant in derivatives, which are 0 by convention, not by what its value is.
    """

    definition: Any
    kinks: tuple[tuple[Any, Any], ...] = ()
    domain: tuple[Any, Any] = (None, None)
    jumps: str = ""
    poles: str = ""
    held: bool = False


MINUS = product(-1, Z)
HALF = ratio(1, 2)
TWICE = call("exp", product(2, Z))
ELU = ["piecewise", [">", Z, 0], Z, total(call("exp"), -1)]
CUBIC = total(Z, product(ratio(44715, 1000000), ["^", Z, 3]))
# The constants of self-normalising networks (Klambauer et al. 2017), to double precision.
ALPHA, GAMMA = ratio(16732632423543772, 10**16), ratio(10507009873554805, 10**16)
SELU_SLOPE = ratio(16732632423543772 * 10507009873554805, 10**32)
HARD = total(over(Z, 6), HALF)

DEFINITIONS: dict[str, Described] = {
    **{name: Described(call(name)) for name in ("exp", "erf", "sin", "cos", "atan")},
    "log": Described(call("log"), domain=(0, None)),
    "sqrt": Described(call("sqrt"), domain=(0, None)),
    "asin": Described(call("asin"), domain=(-1, 1)),
    "acos": Described(call("acos"), domain=(-1, 1)),
    "floor": Described(call("floor"), jumps="the integers"),
    "round": Described(call("round"), jumps="the integers plus 1/2"),
    "stop_gradient": Described(call("stop_gradient"), held=True),
    "identity": Described(Z),
    "outer": Described(Z),
    "rsqrt": Described(over(1, call("sqrt")), domain=(0, None)),
    "expm1": Described(total(call("exp"), -1)),
    "log1p": Described(call("log", total(1, Z)), domain=(-1, None)),
    "tan": Described(over(call("sin"), call("cos")), poles="cos(z)"),
    "sinh": Described(product(HALF, total(call("exp"), product(-1, call("exp", MINUS))))),
    "cosh": Described(product(HALF, total(call("exp"), call("exp", MINUS)))),
    "tanh": Described(over(total(TWICE, -1), total(TWICE, 1))),
    "asinh": Described(call("log", total(Z, root(total(["^", Z, 2], 1))))),
    "acosh": Described(call("log", total(Z, product(root(total(Z, -1)), root(total(Z, 1))))), domain=(1, None)),
    "atanh": Described(
        product(HALF, total(call("log", total(1, Z)), product(-1, call("log", total(1, MINUS))))), domain=(-1, 1)
    ),
    "sigmoid": Described(over(call("exp"), total(1, call("exp")))),
    "softplus": Described(call("log", total(1, call("exp")))),
    "log_sigmoid": Described(product(-1, call("log", total(1, call("exp", MINUS))))),
    "silu": Described(product(Z, call("sigmoid"))),
    "mish": Described(product(Z, call("tanh", call("softplus")))),
    "gelu": Described(product(HALF, Z, total(1, call("erf", over(Z, root(2)))))),
    "gelu_tanh": Described(product(HALF, Z, total(1, call("tanh", product(over(root(2), root(["pi"])), CUBIC))))),
    "relu": Described(["piecewise", [">", Z, 0], Z, 0], ((0, 0),)),
    "step": Described(["piecewise", [">", Z, 0], 1, 0], ((0, 0),)),
    "abs": Described(["piecewise", [">", Z, 0], Z, MINUS], ((0, 0),)),
    "sign": Described(["piecewise", [">", Z, 0], 1, ["<", Z, 0], -1, 0], ((0, 0),)),
    "hard_sigmoid": Described(["piecewise", ["<", Z, -3], 0, [">", Z, 3], 1, HARD], ((-3, 0), (3, 0))),
    "hard_swish": Described(["piecewise", ["<", Z, -3], 0, [">", Z, 3], Z, product(Z, HARD)], ((-3, 0), (3, 1))),
    "softsign": Described(over(Z, total(1, call("abs")))),
    "elu": Described(ELU),
    "celu": Described(ELU),
    "selu": Described(
        ["piecewise", [">", Z, 0], product(GAMMA, Z), product(GAMMA, ALPHA, total(call("exp"), -1))],
        ((0, SELU_SLOPE),),
    ),
}

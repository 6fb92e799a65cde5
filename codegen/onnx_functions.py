"""The scalar functions as operators of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dyadic.codegen.onnx_operations import Operations
from dyadic.symbolic.errors import UnsupportedEquation

OPERATORS: Mapping[str, str] = {
    "abs": "Abs", "acos": "Acos", "acosh": "Acosh", "asin": "Asin", "asinh": "Asinh", "atan": "Atan", "atanh": "Atanh",
    "cos": "Cos", "cosh": "Cosh", "exp": "Exp", "floor": "Floor", "log": "Log", "relu": "Relu",
    "round": "Round", "sigmoid": "Sigmoid", "sign": "Sign", "sin": "Sin", "sinh": "Sinh", "sqrt": "Sqrt",
    "stop_gradient": "Identity", "tan": "Tan", "tanh": "Tanh",
}  # fmt: skip
"""Those that are one operator."""


_NODES, _LARGEST = 24, 6.0
"""Of a quadrature, and the argument beyond which erf is 1 in double precision."""


def _erf(to: Operations, z: str) -> str:
    """The operator, in single precision; its implementations compute, or have, no other.

    In double precision erf(z) = 2 / sqrt(pi) z * (the integral of exp(-z^2 t^2) over t from 0 to 1), by Gauss and
    Legendre's quadrature: within 2e-15 of the value.
    """
    if to.dtype == np.float32:
        return to.add("Erf", z)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    bounded = to.add("Clip", z, to.real(-_LARGEST), to.real(_LARGEST))
    squares = to.add("Unsqueeze", to.add("Mul", bounded, bounded), to.integers(-1))
    values = to.add("Exp", to.add("Mul", squares, to.constant(-(((nodes + 1) / 2) ** 2))))
    return to.add("Mul", bounded, to.add("MatMul", values, to.constant(weights / np.sqrt(np.pi))))


def _rsqrt(to: Operations, z: str) -> str:
    return to.add("Reciprocal", to.add("Sqrt", z))


def _step(to: Operations, z: str) -> str:
    return to.cast(to.add("Greater", z, to.real(0)))


def _expm1(to: Operations, z: str) -> str:
    """tanh(z / 2) (exp(z) + 1), which keeps its digits near 0."""
    half = to.add("Tanh", to.add("Mul", z, to.real(0.5)))
    return to.add("Mul", half, to.add("Add", to.add("Exp", z), to.real(1)))


def _log1p(to: Operations, z: str) -> str:
    """log(u) + (z - (u - 1)) / u with u = 1 + z as it is rounded: the quotient is what the rounding took away."""
    one = to.real(1)
    u = to.add("Add", z, one)
    lost = to.add("Sub", z, to.add("Sub", u, one))
    return to.add("Add", to.add("Log", u), to.add("Div", lost, u))


def _softplus(to: Operations, z: str) -> str:
    """max(z, 0) + log1p(exp(-|z|)), which does not overflow."""
    return to.add("Add", to.add("Relu", z), _log1p(to, to.add("Exp", to.add("Neg", to.add("Abs", z)))))


def _hard_sigmoid(to: Operations, z: str) -> str:
    scaled = to.add("Div", to.add("Add", z, to.real(3)), to.real(6))
    return to.add("Clip", scaled, to.real(0), to.real(1))


COMPOSED: Mapping[str, Callable[[Operations, str], str]] = {
    "erf": _erf, "expm1": _expm1, "hard_sigmoid": _hard_sigmoid, "log1p": _log1p, "rsqrt": _rsqrt,
    "softplus": _softplus, "step": _step,
}  # fmt: skip
"""Those that are put together from several, so that they keep their digits."""


def applied(to: Operations, name: str, order: int, argument: str) -> str:
    """The value of a function of the table of scalar functions."""
    if order == 0 and name in OPERATORS:
        return to.add(OPERATORS[name], argument)
    if order == 0 and name in COMPOSED:
        return COMPOSED[name](to, argument)
    raise UnsupportedEquation(f"the onnx target has no function {name}{chr(39) * order}")


__all__ = ["COMPOSED", "OPERATORS", "applied"]

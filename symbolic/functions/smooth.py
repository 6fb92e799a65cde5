"""Smooth activations: the sigmoid and what is made of it, and those made of the error function and of tanh."""

from __future__ import annotations

import sympy
from sympy import Rational

from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions.scalar import ScalarFunction, Spelling, Z

_SIGMOID = 1 / (1 + sympy.exp(-Z))
_SOFTPLUS = Apply("softplus", 0, Z)
_SIGMOID_HELPER = """def _sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)  # 1 / (1 + exp(-z)) without overflow"""
_DEVICE = "__device__ __forceinline__ real "

SMOOTH = (
    ScalarFunction(
        "sigmoid", _SIGMOID, generator="sigmoid", numpy=Spelling("_sigmoid({0})", _SIGMOID_HELPER),
        cuda=Spelling("sigmoid({0})", _DEVICE + "sigmoid(real z) { return 0.5$ + 0.5$ * tanh(0.5$ * z); }"),
        layer=True, activation=True,
    ),
    ScalarFunction(
        "softplus", sympy.log(1 + sympy.exp(Z)), generator="sigmoid", numpy=Spelling("np.logaddexp({0}, 0)"),
        cuda=Spelling("softplus({0})", _DEVICE + "softplus(real z) { return fmax(z, 0.0$) + log1p(exp(-fabs(z))); }"),
        layer=True, activation=True,
    ),
    ScalarFunction(
        "log_sigmoid", sympy.log(_SIGMOID), written="LogSigmoid", value=-Apply("softplus", 0, -Z),
        derivative=Apply("sigmoid", 0, -Z),
        layer=True, activation=True,
    ),
    ScalarFunction("gelu", Z * (1 + sympy.erf(Z / sympy.sqrt(2))) / 2, written="GELU", layer=True, activation=True),
    ScalarFunction(
        "gelu_tanh", Z * (1 + sympy.tanh(sympy.sqrt(2 / sympy.pi) * (Z + Rational(44715, 1000000) * Z**3))) / 2,
        written="GELU_tanh", layer=True, activation=True,
    ),
    ScalarFunction("silu", Z * _SIGMOID, written="SiLU", generator="sigmoid", layer=True, activation=True),
    ScalarFunction(
        "mish", Z * sympy.tanh(sympy.log(1 + sympy.exp(Z))), written="Mish", value=Z * Apply("tanh", 0, _SOFTPLUS),
        derivative=Apply("tanh", 0, _SOFTPLUS)
        + Z * (1 - Apply("tanh", 0, _SOFTPLUS) ** 2) * Apply("sigmoid", 0, Z),
        layer=True, activation=True,
    ),
)  # fmt: skip

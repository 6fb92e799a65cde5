"""Hyperbolic functions and their inverses; but for tanh, they are defined through exp, log and the square root."""

from __future__ import annotations

import sympy
from sympy import Integer

from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions.scalar import ScalarFunction, Spelling, Z

_GROWING, _FALLING = sympy.exp(Z), sympy.exp(-Z)

HYPERBOLIC = (
    ScalarFunction(
        "tanh", sympy.tanh(Z), numpy=Spelling("np.tanh({0})"), cuda=Spelling("tanh({0})"), latex=r"\tanh",
        typst="tanh", layer=True, activation=True,
    ),
    ScalarFunction(
        "sinh", (_GROWING - _FALLING) / 2, derivative=Apply("cosh", 0, Z),
        numpy=Spelling("np.sinh({0})"), cuda=Spelling("sinh({0})"), harmless=1, latex=r"\sinh", typst="sinh",
        layer=True,
    ),
    ScalarFunction(
        "cosh", (_GROWING + _FALLING) / 2, derivative=Apply("sinh", 0, Z),
        numpy=Spelling("np.cosh({0})"), cuda=Spelling("cosh({0})"), harmless=1, latex=r"\cosh", typst="cosh",
        layer=True,
    ),
    ScalarFunction(
        "asinh", sympy.log(Z + sympy.sqrt(Z**2 + 1)), derivative=Apply("rsqrt", 0, Z**2 + 1),
        numpy=Spelling("np.arcsinh({0})"), cuda=Spelling("asinh({0})"), layer=True,
    ),
    ScalarFunction(
        "acosh", sympy.log(Z + sympy.sqrt(Z - 1) * sympy.sqrt(Z + 1)),
        derivative=Apply("rsqrt", 0, Z - 1) * Apply("rsqrt", 0, Z + 1), domain=(Integer(1), None),
        numpy=Spelling("np.arccosh({0})"), cuda=Spelling("acosh({0})"), harmless=2, layer=True,
    ),
    ScalarFunction(
        "atanh", (sympy.log(1 + Z) - sympy.log(1 - Z)) / 2, derivative=1 / ((1 - Z) * (1 + Z)),
        domain=(Integer(-1), Integer(1)),
        numpy=Spelling("np.arctanh({0})"), cuda=Spelling("atanh({0})"), harmless=0, layer=True,
    ),
)  # fmt: skip

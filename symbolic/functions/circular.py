"""Trigonometric functions and their inverses."""

from __future__ import annotations

import sympy
from sympy import Integer

from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions.scalar import ScalarFunction, Spelling, Z

_WITHIN = (Integer(-1), Integer(1))
_SLOPE = Apply("rsqrt", 0, (1 - Z) * (1 + Z))  # 1 - z^2 would lose the digits of 1 - z

CIRCULAR = (
    ScalarFunction(
        "sin", sympy.sin(Z), numpy=Spelling("np.sin({0})"), cuda=Spelling("sin({0})"), latex=r"\sin", typst="sin",
        layer=True,
    ),
    ScalarFunction(
        "cos", sympy.cos(Z), numpy=Spelling("np.cos({0})"), cuda=Spelling("cos({0})"), latex=r"\cos", typst="cos",
        layer=True,
    ),
    ScalarFunction(
        "tan", sympy.sin(Z) / sympy.cos(Z), derivative=1 + Apply("tan", 0, Z) ** 2, nonzero=sympy.cos(Z),
        numpy=Spelling("np.tan({0})"), cuda=Spelling("tan({0})"), harmless=1, latex=r"\tan", typst="tan", layer=True,
    ),
    ScalarFunction(
        "asin", sympy.asin(Z), derivative=_SLOPE, domain=_WITHIN,
        numpy=Spelling("np.arcsin({0})"), cuda=Spelling("asin({0})"), harmless=0, layer=True,
    ),
    ScalarFunction(
        "acos", sympy.acos(Z), derivative=-_SLOPE, domain=_WITHIN,
        numpy=Spelling("np.arccos({0})"), cuda=Spelling("acos({0})"), harmless=0, layer=True,
    ),
    ScalarFunction(
        "atan", sympy.atan(Z), numpy=Spelling("np.arctan({0})"), cuda=Spelling("atan({0})"), layer=True,
    ),
)  # fmt: skip

"""exp, log, roots and the error function, and forms of them that keep their digits near 0."""

from __future__ import annotations

import sympy
from sympy import Integer

from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions.scalar import ScalarFunction, Spelling, Z

_ERF = """try:
    from scipy.special import erf as _erf
except ImportError:  # the same function, slower
    import math

    def _erf(z):
        return np.vectorize(math.erf, otypes=[z.dtype])(z)"""
_RSQRT = """def _rsqrt(z):
    return 1 / np.sqrt(z)"""
_POSITIVE = (Integer(0), None)

ELEMENTARY = (
    ScalarFunction("identity", Z, layer=True, activation=True),
    # The free function of an abstract cost; the identity in code.
    ScalarFunction("outer", Z),
    ScalarFunction(
        "exp", sympy.exp(Z), numpy=Spelling("np.exp({0})"), cuda=Spelling("exp({0})"), harmless=1,
        latex=r"\exp", typst="exp", layer=True,
    ),
    ScalarFunction(
        "expm1", sympy.exp(Z) - 1, derivative=Apply("exp", 0, Z),
        numpy=Spelling("np.expm1({0})"), cuda=Spelling("expm1({0})"), harmless=1, layer=True,
    ),
    ScalarFunction(
        "log", sympy.log(Z), domain=_POSITIVE, numpy=Spelling("np.log({0})"), cuda=Spelling("log({0})"), harmless=1,
        latex=r"\log", typst="log", layer=True,
    ),
    ScalarFunction(
        "log1p", sympy.log(1 + Z), domain=(Integer(-1), None),
        numpy=Spelling("np.log1p({0})"), cuda=Spelling("log1p({0})"), harmless=1, layer=True,
    ),
    ScalarFunction(
        "sqrt", sympy.sqrt(Z), domain=_POSITIVE, numpy=Spelling("np.sqrt({0})"), cuda=Spelling("sqrt({0})"),
        harmless=1, layer=True,
    ),
    ScalarFunction(
        "rsqrt", 1 / sympy.sqrt(Z), domain=_POSITIVE, numpy=Spelling("_rsqrt({0})", _RSQRT),
        cuda=Spelling("rsqrt({0})"), harmless=1,
    ),
    ScalarFunction(
        "erf", sympy.erf(Z), numpy=Spelling("_erf({0})", imports=_ERF), cuda=Spelling("erf({0})"), layer=True,
    ),
)  # fmt: skip

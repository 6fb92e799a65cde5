"""Functions that are defined by cases: kinks, jumps, values held constant, and what the derivative is given there."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, Piecewise, Rational

from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions.scalar import ScalarFunction, Spelling, Z


class nearest(sympy.Function):
    """The nearest integer, of two equally near ones the even one."""

    @classmethod
    def eval(cls, argument: Expr) -> Expr | None:
        if not argument.is_number:
            return None
        low = sympy.floor(argument)
        twice = 2 * (argument - low) - 1
        return low + (1 if twice > 0 or (twice == 0 and low % 2) else 0)


class stop_gradient(sympy.Function):
    """The argument itself, of which nothing is known but its values at numbers: no derivative goes through."""

    @classmethod
    def eval(cls, argument: Expr) -> Expr | None:
        return argument if argument.is_number else None


_ZERO = ((Integer(0), Integer(0)),)
_RELU, _STEP = Apply("relu", 0, Z), Apply("step", 0, Z)
_BELOW = -Apply("relu", 0, -Z)  # min(z, 0)
_INSIDE = Apply("step", 0, Z + 3) * Apply("step", 0, 3 - Z)
_STEP_HELPER = """def _step(z):
    return (z > 0).astype(z.dtype)"""
_HARD_HELPER = """def _hard_sigmoid(z):
    return np.clip((z + 3) / 6, 0, 1)  # exact where it leaves 0"""
_DEVICE = "__device__ __forceinline__ real "
# Klambauer et al., "Self-Normalizing Neural Networks", 2017, to double precision.
SELU_ALPHA, SELU_GAMMA = Rational("1.6732632423543772"), Rational("1.0507009873554805")
_LEFT = SELU_GAMMA * SELU_ALPHA
_ELU = Piecewise((Z, Z > 0), (sympy.exp(Z) - 1, True))
_ELU_VALUE = _RELU + Apply("expm1", 0, _BELOW)

BRANCHES = (
    ScalarFunction(
        "relu", Piecewise((Z, Z > 0), (0, True)), written="ReLU", derivative=_STEP, kinks=_ZERO,
        numpy=Spelling("np.maximum({0}, 0)"),
        cuda=Spelling("relu({0})", _DEVICE + "relu(real z) { return z < 0.0$ ? 0.0$ : z; }"),
        layer=True, activation=True,
    ),
    ScalarFunction(
        "step", Piecewise((1, Z > 0), (0, True)), derivative=Integer(0), kinks=_ZERO,
        numpy=Spelling("_step({0})", _STEP_HELPER),
        cuda=Spelling("step({0})", _DEVICE + "step(real z) { return z > 0.0$ ? 1.0$ : 0.0$; }"),
    ),
    ScalarFunction(
        "abs", Piecewise((Z, Z > 0), (-Z, True)), derivative=Apply("sign", 0, Z), kinks=_ZERO,
        numpy=Spelling("np.abs({0})"), cuda=Spelling("fabs({0})"), layer=True,
    ),
    ScalarFunction(
        "sign", Piecewise((1, Z > 0), (-1, Z < 0), (0, True)), derivative=Integer(0), kinks=_ZERO,
        numpy=Spelling("np.sign({0})"),
        cuda=Spelling("sign({0})", _DEVICE + "sign(real z) { return z > 0.0$ ? 1.0$ : z < 0.0$ ? -1.0$ : 0.0$; }"),
        layer=True,
    ),
    ScalarFunction(
        "floor", sympy.floor(Z), derivative=Integer(0), jumps="the integers",
        numpy=Spelling("np.floor({0})"), cuda=Spelling("floor({0})"), layer=True,
    ),
    ScalarFunction(
        "round", nearest(Z), derivative=Integer(0), jumps="the integers plus 1/2",
        numpy=Spelling("np.round({0})"), cuda=Spelling("rint({0})"), layer=True,
    ),
    ScalarFunction(
        "stop_gradient", stop_gradient(Z), written="StopGradient", derivative=Integer(0), held=True,
        numpy=Spelling("{0}"), cuda=Spelling("({0})"), layer=True,
    ),
    ScalarFunction(
        "hard_sigmoid", Piecewise((0, Z <= -3), (1, Z >= 3), (Z / 6 + Rational(1, 2), True)), written="HardSigmoid",
        derivative=_INSIDE / 6,
        kinks=((Integer(-3), Integer(0)), (Integer(3), Integer(0))),
        numpy=Spelling("_hard_sigmoid({0})", _HARD_HELPER),
        cuda=Spelling(
            "hard_sigmoid({0})", _DEVICE + "hard_sigmoid(real z) { return fmin(fmax((z + 3.0$) / 6.0$, 0.0$), 1.0$); }"
        ),
        activation=True,
    ),
    ScalarFunction(
        "hard_swish", Piecewise((0, Z <= -3), (Z, Z >= 3), (Z * (Z / 6 + Rational(1, 2)), True)),
        written="HardSwish", value=Z * Apply("hard_sigmoid", 0, Z),
        derivative=Apply("hard_sigmoid", 0, Z) + Z * _INSIDE / 6,
        kinks=((Integer(-3), Integer(0)), (Integer(3), Integer(1))), layer=True, activation=True,
    ),
    ScalarFunction(
        "softsign", Piecewise((Z / (1 + Z), Z > 0), (Z / (1 - Z), True)), value=Z / (1 + Apply("abs", 0, Z)),
        derivative=(1 + Apply("abs", 0, Z)) ** -2, layer=True, activation=True,
    ),
    ScalarFunction("elu", _ELU, written="ELU", value=_ELU_VALUE, derivative=Apply("exp", 0, _BELOW), activation=True),
    ScalarFunction("celu", _ELU, written="CELU", value=_ELU_VALUE, derivative=Apply("exp", 0, _BELOW), activation=True),
    ScalarFunction(
        "selu", Piecewise((SELU_GAMMA * Z, Z > 0), (_LEFT * (sympy.exp(Z) - 1), True)),
        written="SELU", value=SELU_GAMMA * _RELU + _LEFT * Apply("expm1", 0, _BELOW),
        derivative=_LEFT * Apply("exp", 0, _BELOW) + (SELU_GAMMA - _LEFT) * _STEP,
        kinks=((Integer(0), _LEFT),), activation=True,
    ),
)  # fmt: skip

"""Elementwise layers with options, composed of the scalar functions that are heads of their own.

A composition needs no derivative and no proof of its own: leaky_relu is a x + (1 - a) relu(x), and what is said of
relu at its kink (the derivative at 0 is taken as 0) says what leaky_relu does there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Pow, Rational

from dyadic.symbolic.expressions import Apply, Definition, Element, Expr, Index, Integer, Tensor
from dyadic.symbolic.functions import SELU_ALPHA, SELU_GAMMA
from dyadic.symbolic.layers.elementwise import Pointwise
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Parameter,
    Role,
    Shape,
    ShapeError,
    axes,
    moderate_exponent,
)
from dyadic.symbolic.tensor_names import Name, U, V

_AT_ZERO = "at the kink x = 0 the derivative is the one of negative x"


def relu(x: Expr) -> Expr:
    """max(x, 0)."""
    return Apply("relu", 0, x)


def clipped(x: Expr, low: Expr | None, high: Expr | None) -> Expr:
    """min(max(x, low), high) for low <= high; its derivative is 0 at both.

    Where both bounds are given, no large x is subtracted from itself: 1e20 - (1e20 - high) would be 0.
    """
    if high is None:
        return x if low is None else low + relu(x - low)
    return high - relu(high - x) if low is None else low + relu(high - low - relu(high - x))


class Neg(Pointwise):
    """y[i] = -x[i]."""

    name = "neg"

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return -x


class Reciprocal(Pointwise):
    """y[i] = 1 / x[i]."""

    name = "reciprocal"

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return Pow(x, -1)

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return ("the input is not 0",)


class Scale(Pointwise):
    """y[i] = factor x[i] + offset."""

    name = "scale"
    roles = frozenset({Role.AFFINE})
    options = {"factor": Option("number", Integer(1)), "offset": Option("number", Integer(0))}

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return settings["factor"] * x + settings["offset"]


class Power(Pointwise):
    """y[i] = x[i]^exponent, for an integer or rational exponent."""

    name = "power"
    example = Example(options={"exponent": 2})
    options = {"exponent": Option("number")}

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        moderate_exponent("exponent", options["exponent"])
        return super().specialise(options, shapes)

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return Pow(x, settings["exponent"])

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        if not settings["exponent"].is_Integer:
            return ("the input is positive",)
        return () if settings["exponent"] > 0 else ("the input is not 0",)


class LeakyRelu(Pointwise):
    """y[i] = x[i] where x[i] > 0, slope x[i] elsewhere."""

    name = "leaky_relu"
    roles = frozenset({Role.ACTIVATION})
    options = {"slope": Option("number", Rational(1, 100))}

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return settings["slope"] * x + (1 - settings["slope"]) * relu(x)

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return (_AT_ZERO,)


class Elu(Pointwise):
    """y[i] = x[i] where x[i] > 0, alpha (exp(x[i]) - 1) elsewhere."""

    name = "elu"
    roles = frozenset({Role.ACTIVATION})
    options = {"alpha": Option("number", Integer(1))}

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return settings["alpha"] * Apply("elu", 0, x) + (1 - settings["alpha"]) * relu(x)

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return () if settings["alpha"] == 1 else (_AT_ZERO,)


class Selu(Pointwise):
    """y[i] = gamma elu(x[i], alpha), by default with the constants of self-normalising networks."""

    name = "selu"
    roles = frozenset({Role.ACTIVATION})
    options = {
        "alpha": Option("number", SELU_ALPHA),
        "gamma": Option("number", SELU_GAMMA),
    }

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        slope = settings["gamma"] * settings["alpha"]
        return slope * Apply("elu", 0, x) + (settings["gamma"] - slope) * relu(x)

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return (_AT_ZERO,)


class Celu(Pointwise):
    """y[i] = alpha elu(x[i] / alpha)."""

    name = "celu"
    roles = frozenset({Role.ACTIVATION})
    options = {"alpha": Option("number", Integer(1))}

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if options["alpha"] <= 0:
            raise ShapeError(f"alpha = {options['alpha']} is not positive", "choose alpha > 0")
        return super().specialise(options, shapes)

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return settings["alpha"] * Apply("elu", 0, x / settings["alpha"])


class Clip(Pointwise):
    """y[i] = min(max(x[i], low), high); either bound may be left out."""

    name = "clip"
    roles = frozenset({Role.ACTIVATION, Role.MASK})
    example = Example(options={"low": -1, "high": 1})
    options = {"low": Option("number", optional=True), "high": Option("number", optional=True)}

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        low, high = options["low"], options["high"]
        if low is not None and high is not None and low > high:
            raise ShapeError(f"low = {low} lies above high = {high}", "exchange them")
        return super().specialise(options, shapes)

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return clipped(x, settings["low"], settings["high"])

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return ("the derivative is taken as 0 at x = low and at x = high",)


class HardSigmoid(Pointwise):
    """y[i] = min(max(alpha x[i] + beta, 0), 1)."""

    name = "hard_sigmoid"
    roles = frozenset({Role.ACTIVATION})
    options = {"alpha": Option("number", Rational(1, 6)), "beta": Option("number", Rational(1, 2))}

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return clipped(settings["alpha"] * x + settings["beta"], Integer(0), Integer(1))

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return ("at the kinks the derivative is taken as 0",)


class Mod(Pointwise):
    """y[i] = x[i] - divisor floor(x[i] / divisor), which has the sign of the divisor."""

    name = "mod"
    example = Example(options={"divisor": 2})
    options = {"divisor": Option("number")}

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if options["divisor"] == 0:
            raise ShapeError("divisor = 0", "choose another number")
        return super().specialise(options, shapes)

    def value(self, x: Element, settings: Mapping[str, Any]) -> Expr:
        return x - settings["divisor"] * Apply("floor", 0, x / settings["divisor"])

    def hypotheses(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return ("the derivative is taken as 1 at the jumps too",)


class Prelu(LayerType):
    """y[c, i] = x[c, i] where x[c, i] > 0, slope[c] x[c, i] elsewhere; one slope for all channels if ``shared``."""

    name = "prelu"
    roles = frozenset({Role.ACTIVATION})
    example = Example([("n", "m")])
    options = {"lead": Option("integer", 0), "shared": Option("flag", False)}
    parametric = True
    smallest_rank = 1
    input_rule = "a channel axis after the leading ones"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if not 0 <= options["lead"] < len(shapes[0]):
            raise ShapeError(f"lead = {options['lead']} leaves no channel axis", "choose a smaller one")
        return super().specialise(options, shapes)

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        channel = settings["lead"]
        x, f = Tensor(Name("x", U), shape), Tensor(Name("f", V), shape)
        W = Tensor(Name("W", V), (Integer(1) if settings["shared"] else shape[channel],))
        at: Index | Integer = Integer(0) if settings["shared"] else here[channel]
        value = relu(x[here]) - W[at] * relu(-x[here])
        hypotheses = ("at the kink x = 0 the derivative is taken as 0",)
        return LayerEquation((x,), {"slope": Parameter(W, "ones")}, (Definition(f, here, value),), {}, {}, hypotheses)


POINTWISE: tuple[type[LayerType], ...] = (
    Neg, Reciprocal, Scale, Power, LeakyRelu, Elu, Selu, Celu, Clip, HardSigmoid, Mod, Prelu,
)  # fmt: skip

"""Scalar functions: each is its defining formula; the derivative is derived, never written.

In the equations of a layer a function is an opaque head (``Apply("tanh", 0, z)``), so that what is shown of
the layer holds for every function.  This module says what each head means and derives its derivative with
SymPy.  A derivative is then rewritten in terms of a bounded *generator* (the sigmoid for the sigmoid family),
because exp(z) / (1 + exp(z)) overflows where sigmoid(z) does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy
from sympy import Expr, Piecewise, Rational, Symbol

from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.expressions import Apply

Z = Symbol("z", real=True)


@dataclass(frozen=True)
class ScalarFunction:
    """A function of one real variable.

    definition: the formula, a SymPy expression of :data:`Z`.
    generator: the bounded function that its derivative is expressed through, if any.
    primitive: whether targets call a routine of that name instead of spelling out the formula.
    kink: where it is not differentiable, and the value taken there; None if smooth.
    """

    name: str
    definition: Expr
    generator: str | None = None
    primitive: bool = False
    kink: str | None = None


_SIGMOID = 1 / (1 + sympy.exp(-Z))
_ALL = (
    ScalarFunction("identity", Z),
    ScalarFunction("tanh", sympy.tanh(Z), primitive=True),
    ScalarFunction("sigmoid", _SIGMOID, generator="sigmoid", primitive=True),
    ScalarFunction(
        "relu", Piecewise((Z, Z > 0), (0, True)), primitive=True, kink="at z = 0 the derivative is taken as 0"
    ),
    ScalarFunction("softplus", sympy.log(1 + sympy.exp(Z)), generator="sigmoid", primitive=True),
    ScalarFunction("gelu", Z * (1 + sympy.erf(Z / sympy.sqrt(2))) / 2),
    ScalarFunction("silu", Z * _SIGMOID, generator="sigmoid"),
    ScalarFunction(
        "gelu_tanh",
        Z * (1 + sympy.tanh(sympy.sqrt(2 / sympy.pi) * (Z + Rational(44715, 1000000) * Z**3))) / 2,
    ),
    ScalarFunction("elu", Piecewise((Z, Z > 0), (sympy.exp(Z) - 1, True))),
    # Not activations: what the costs and the derivatives above are made of.
    ScalarFunction("exp", sympy.exp(Z), primitive=True),
    ScalarFunction("log", sympy.log(Z), primitive=True),
    ScalarFunction("erf", sympy.erf(Z), primitive=True),
    ScalarFunction("sqrt", sympy.sqrt(Z), primitive=True),
    ScalarFunction("rsqrt", 1 / sympy.sqrt(Z), primitive=True),
    ScalarFunction("sin", sympy.sin(Z), primitive=True),
    ScalarFunction("cos", sympy.cos(Z), primitive=True),
    ScalarFunction(
        "abs", Piecewise((Z, Z > 0), (-Z, True)), primitive=True, kink="at z = 0 the derivative is taken as 0"
    ),
    ScalarFunction("outer", Z),  # the free function of an abstract cost; the identity in code
    ScalarFunction("step", Piecewise((1, Z > 0), (0, True)), primitive=True, kink="at z = 0 the value is 0"),
)
FUNCTIONS: dict[str, ScalarFunction] = {function.name: function for function in _ALL}
ACTIVATIONS: tuple[str, ...] = ("identity", "tanh", "sigmoid", "relu", "softplus", "gelu", "gelu_tanh", "silu")
"""What a layer may take as its ``activation``."""


@cache
def derivative(name: str, order: int = 1) -> Expr:
    """The derivative as a SymPy formula of :data:`Z` alone, straight from the definition."""
    return sympy.diff(FUNCTIONS[name].definition, Z, order)


@cache
def closed_form(name: str, order: int) -> Expr:
    """The function (order 0) or a derivative of it over primitives (``Apply`` of order 0) of :data:`Z`.

    This is what is typeset and emitted; :mod:`dyadic.proofs.methods.functions` shows that it equals the derivative of
    the definition.
    """
    function = FUNCTIONS[name]
    if order == 0 and function.primitive:
        return Apply(name, 0, Z)
    formula = derivative(name, order)
    if function.generator is not None:
        formula = _through_sigmoid(formula)
    return as_primitives(formula)


def expand_functions(expression: Expr, table: Callable[[str, int], Expr] = closed_form) -> Expr:
    """Replace every opaque head by its closed form, innermost first."""
    if isinstance(expression, Apply):
        argument = expand_functions(expression.argument, table)
        return table(expression.name, expression.order).xreplace({Z: argument})
    if not expression.args or not expression.has(Apply):
        return expression
    return expression.func(*(expand_functions(a, table) if isinstance(a, Expr) else a for a in expression.args))


def _through_sigmoid(formula: Expr) -> Expr:
    """A rational function of exp(z), rewritten with S = sigmoid(z), for which exp(z) = S / (1 - S)."""
    generator = Symbol("S")
    odds = generator / (1 - generator)
    rational = formula.replace(sympy.exp, lambda argument: odds ** (argument / Z))
    result = sympy.cancel(sympy.together(rational))
    if result.has(sympy.exp) or not result.is_polynomial(generator, Z):
        raise DyadicError(f"{formula} is not a polynomial in z and sigmoid(z)")
    coefficients = sympy.Poly(result, Z).terms()
    tidy = sympy.Add(*(_logistic(coefficient, generator) * Z**degree for (degree,), coefficient in coefficients))
    return tidy.xreplace({generator: Apply("sigmoid", 0, Z)})


def _logistic(coefficient: Expr, generator: Symbol) -> Expr:
    """A polynomial in S as a multiple of S (1 - S) where it is one: the form people know."""
    slope = generator * (1 - generator)
    ratio = sympy.cancel(coefficient / slope)
    return ratio * slope if ratio.is_number else coefficient


_HEADS = {
    sympy.exp: "exp", sympy.log: "log", sympy.tanh: "tanh", sympy.erf: "erf", sympy.sin: "sin", sympy.cos: "cos",
}  # fmt: skip


def as_primitives(formula: Expr) -> Expr:
    """SymPy's function objects replaced by the opaque primitives of the same meaning."""
    if isinstance(formula, Piecewise):
        return _one_formula(formula)
    if type(formula) in _HEADS:
        return Apply(_HEADS[type(formula)], 0, as_primitives(formula.args[0]))
    if isinstance(formula, sympy.Pow) and formula.exp.is_Rational and formula.exp.q == 2 and formula.base.has(Z):
        root = Apply("sqrt" if formula.exp > 0 else "rsqrt", 0, as_primitives(formula.base))
        return root ** abs(formula.exp.p)
    if not formula.args or isinstance(formula, Apply):
        return formula
    return formula.func(*(as_primitives(argument) for argument in formula.args))


def _one_formula(formula: Piecewise) -> Expr:
    """a(z) for z > 0 and b(z) elsewhere, without a branch.

    Constants: a step(z) + b step(-z), so that the value at 0 is 0 where they differ.  Otherwise, if a(0) = b(0),
    a(relu(z)) + b(-relu(-z)) - a(0), in which neither formula sees an argument of the other's side.
    """
    (a, condition), (b, _) = formula.args
    if condition == (Z > 0) and a.is_number and b.is_number:
        return a * Apply("step", 0, Z) + b * Apply("step", 0, -Z)
    if condition == (Z > 0) and a.subs(Z, 0) == b.subs(Z, 0):
        right = as_primitives(a).xreplace({Z: Apply("relu", 0, Z)})
        left = as_primitives(b).xreplace({Z: -Apply("relu", 0, -Z)})
        return right + left - a.subs(Z, 0)
    raise DyadicError(f"no primitive for {formula}")

"""Closed forms: functions and their derivatives over primitives, as they are typeset and emitted.

A derivative is derived from the definition with SymPy unless the record states one that keeps its digits better; it is
rewritten in terms of a bounded *generator* where there is one (the sigmoid for the sigmoid family), because
exp(z) / (1 + exp(z)) overflows where sigmoid(z) does not.  :mod:`dyadic.proofs.methods.derivatives` shows that each is
the derivative of the definition, however it was come by.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy
from sympy import Expr, Piecewise, Symbol

from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions.branches import nearest, stop_gradient
from dyadic.symbolic.functions.records import FUNCTIONS
from dyadic.symbolic.functions.scalar import Z


@cache
def derivative(name: str, order: int = 1) -> Expr:
    """The derivative as a SymPy formula of :data:`Z` alone, straight from the definition."""
    if order and (FUNCTIONS[name].jumps is not None or FUNCTIONS[name].held):
        return sympy.Integer(0)
    return sympy.diff(FUNCTIONS[name].definition, Z, order)


@cache
def closed_form(name: str, order: int) -> Expr:
    """The function (order 0) or a derivative of it over primitives (``Apply`` of order 0) of :data:`Z`."""
    function = FUNCTIONS[name]
    if order == 0 and function.primitive:
        return Apply(name, 0, Z)
    if order == 0 and function.value is not None:
        return function.value
    if order and function.derivative is not None:
        return function.derivative if order == 1 else _slope(closed_form(name, order - 1))
    formula = derivative(name, order)
    if function.generator is not None:
        formula = _through_sigmoid(formula)
    return as_primitives(formula)


def _slope(form: Expr) -> Expr:
    """The derivative of a form over primitives."""
    if form == Z or not form.args:
        return sympy.Integer(int(form == Z))
    if isinstance(form, Apply):
        return closed_form(form.name, 1).xreplace({Z: form.argument}) * _slope(form.argument)
    if isinstance(form, sympy.Add):
        return sympy.Add(*map(_slope, form.args))
    if isinstance(form, sympy.Mul):
        return sympy.Add(*(_slope(one) * form / one for one in form.args))
    if isinstance(form, sympy.Pow) and form.exp.is_number:
        return form.exp * form.base ** (form.exp - 1) * _slope(form.base)
    raise DyadicError(f"{form} cannot be differentiated")


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


_ROUTINES = {
    "exp": sympy.exp, "log": sympy.log, "tanh": sympy.tanh, "erf": sympy.erf, "sin": sympy.sin, "cos": sympy.cos,
    "asin": sympy.asin, "acos": sympy.acos, "atan": sympy.atan, "floor": sympy.floor, "round": nearest,
    "stop_gradient": stop_gradient,
}  # fmt: skip
_HEADS = {function: name for name, function in _ROUTINES.items()}


def as_primitives(formula: Expr) -> Expr:
    """SymPy's function objects replaced by the opaque primitives of the same meaning."""
    if isinstance(formula, Piecewise):
        raise DyadicError(f"no primitive for {formula}: state its value and its derivative")
    if type(formula) in _HEADS:
        return Apply(_HEADS[type(formula)], 0, as_primitives(formula.args[0]))
    if isinstance(formula, sympy.Function):
        name = type(formula).__name__
        if name not in FUNCTIONS:
            raise DyadicError(f"{name} is no scalar function here; write it with {', '.join(sorted(FUNCTIONS))}")
        return Apply(name, 0, as_primitives(formula.args[0]))
    if isinstance(formula, sympy.Pow) and formula.exp.is_Rational and formula.exp.q == 2 and formula.base.has(Z):
        root = Apply("sqrt" if formula.exp > 0 else "rsqrt", 0, as_primitives(formula.base))
        return root ** abs(formula.exp.p)
    if not formula.args or isinstance(formula, Apply):
        return formula
    return formula.func(*(as_primitives(argument) for argument in formula.args))


def by_cases(name: str) -> Expr:
    """The definition over primitives; a ``Piecewise`` of such forms where it is one."""
    definition = FUNCTIONS[name].definition
    if isinstance(definition, Piecewise):
        return Piecewise(*((as_primitives(value), condition) for value, condition in definition.args), evaluate=False)
    return as_primitives(definition)

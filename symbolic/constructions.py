"""What the variational principle does and does not give: three constructions, derived with SymPy.

The equations concern one coordinate pair (x, s) of the doubled state; the others enter E as parameters, and
since E is an arbitrary differentiable function the result holds for every coordinate of any network.

A: the action of s dx/dt - E has Euler-Lagrange equations in which s runs backward in time.
B: doubling the whole state z = (x, s) (Galley, Phys. Rev. Lett. 110, 174301) gives the saddle-point dynamics.
C: doubling only the cost, C(x + s/2) - C(x - s/2), leaks the cost's gradient into dx/dt.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy
from sympy import Expr, Function, Rational, Symbol
from sympy.calculus.euler import euler_equations

from dyadic.symbolic.expressions import Rate

T = Symbol("t", real=True)
ENERGY = Function("E")
COST = Function("C")


@dataclass(frozen=True)
class Construction:
    """A functional and the rates dx/dt and ds/dt that its Euler-Lagrange equations give.

    functional: the Lagrangian, in functions of the time :data:`T`; None where the dynamics are postulated.
    varied: the functions varied, in the order of the equations.
    rate_x, rate_s: right-hand sides in the plain symbols x and s.
    """

    name: str
    functional: Expr
    varied: tuple[Expr, ...]
    rate_x: Expr
    rate_s: Expr


X, S = Symbol("x", real=True), Symbol("s", real=True)


def _of_time(name: str) -> Expr:
    return Function(name)(T)


def energy_gradient() -> tuple[Expr, Expr]:
    """(dE/ds, dE/dx): the saddle-point dynamics dx/dt = +dE/ds, ds/dt = +dE/dx of theory section 2.6."""
    energy = ENERGY(X, S)
    return energy.diff(S), energy.diff(X)


@cache
def action_of_energy() -> Construction:
    """A: the Hamiltonian action."""
    x, s = _of_time("x"), _of_time("s")
    functional = s * x.diff(T) - ENERGY(x, s)
    by_x, by_s = (equation.lhs - equation.rhs for equation in euler_equations(functional, [x, s], [T]))
    rates = sympy.solve([by_x, by_s], [x.diff(T), s.diff(T)], dict=True)[0]
    plain = {x: X, s: S}
    return Construction("A", functional, (x, s), _plain(rates[x.diff(T)], plain), _plain(rates[s.diff(T)], plain))


@cache
def doubled_state() -> Construction:
    """B: doubling of the whole state, with the physical limit z_- -> 0 taken after the variation."""
    xp, sp, xm, sm = map(_of_time, ("x_p", "s_p", "x_m", "s_m"))
    half = Rational(1, 2)
    functional = (
        ENERGY(xp + half * xm, sp + half * sm)
        - ENERGY(xp - half * xm, sp - half * sm)
        - (xm * sp.diff(T) + sm * xp.diff(T))
    )
    by_xm, by_sm = (equation.lhs - equation.rhs for equation in euler_equations(functional, [xm, sm], [T]))
    limit = {xm: 0, sm: 0}
    by_xm, by_sm = by_xm.subs(limit).doit(), by_sm.subs(limit).doit()
    rates = sympy.solve([by_xm, by_sm], [sp.diff(T), xp.diff(T)], dict=True)[0]
    plain = {xp: X, sp: S}
    return Construction("B", functional, (xm, sm), _plain(rates[xp.diff(T)], plain), _plain(rates[sp.diff(T)], plain))


@cache
def doubled_cost() -> Construction:
    """C: the energy s (f(x_in) - x) with a doubled cost; f's argument is another coordinate, here a constant."""
    half = Rational(1, 2)
    f = Symbol("f", real=True)
    energy = S * (f - X) + COST(X + half * S) - COST(X - half * S)
    return Construction("C", energy, (X, S), energy.diff(S).doit(), energy.diff(X).doit())


def _plain(expression: Expr, table: dict[Expr, Expr]) -> Expr:
    return expression.subs(table).doit()


def readable(expression: Expr) -> Expr:
    """For display: E_x(x, s) for a partial derivative, C'(...) for a derivative, x_+ for x_p(t), a Rate for a rate."""
    signs = {"x_p": "x_+", "s_p": "s_+", "x_m": "x_-", "s_m": "s_-"}

    def plain(node: Expr) -> Expr:
        if isinstance(node, sympy.Subs):  # C'(argument), evaluated
            return Function(f"{node.expr.expr.func.__name__}'")(plain(node.point[0]))
        if isinstance(node, sympy.Derivative):
            inner, variable = node.expr, node.variables[0]
            if variable == T:
                return Rate(signs.get(inner.func.__name__, inner.func.__name__))
            return Function(f"{inner.func.__name__}_{plain(variable)}")(*map(plain, inner.args))
        if isinstance(node, sympy.core.function.AppliedUndef) and node.args == (T,):
            return Symbol(signs.get(node.func.__name__, node.func.__name__))
        return node.func(*map(plain, node.args)) if node.args else node

    return plain(expression)


def to_data(expression: Expr) -> Any:
    """For a certificate: nested lists, see proofs/checker/lemmas/variational_replay.py."""
    if expression.is_Integer:
        return int(expression)
    if expression.is_Rational:
        return ["rational", int(expression.p), int(expression.q)]
    if expression.is_Symbol:
        return ["symbol", expression.name]
    if expression.is_Add or expression.is_Mul:
        return ["+" if expression.is_Add else "*", *map(to_data, expression.args)]
    if isinstance(expression, sympy.Subs):  # C'(argument)
        (dummy,), (point,) = expression.variables, expression.point
        inner = expression.expr
        if inner == inner.expr.diff(dummy) and inner.expr.args == (dummy,):
            return ["function", inner.expr.func.__name__, [1], [to_data(point)]]
    if isinstance(expression, sympy.Derivative):
        inner, (variable,) = expression.expr, expression.variables
        if inner.args == (T,) and variable == T:
            return ["rate", inner.func.__name__]
        orders = [int(argument == variable) for argument in inner.args]
        return ["function", inner.func.__name__, orders, [to_data(argument) for argument in inner.args]]
    if expression.args == (T,):
        return ["path", expression.func.__name__]
    if isinstance(expression, sympy.core.function.AppliedUndef):
        return ["function", expression.func.__name__, [0] * len(expression.args), [*map(to_data, expression.args)]]
    raise TypeError(f"{expression} has no form in a certificate")

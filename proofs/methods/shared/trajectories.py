"""Functionals along polynomial trajectories, in exact arithmetic of python-flint.

The ring has the time t, the plain variables x and s, and every coefficient of a trajectory, of a test function and of
the energy as free variables over the rationals.  A number is a pair value + slope * epsilon, so that evaluating a
functional along shifted trajectories gives its first variation; the energy runs over all cubic polynomials.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import sympy
from flint import Ordering, fmpq, fmpq_mpoly_ctx
from sympy import Expr

from dyadic.proofs.checker.trust import POLYNOMIALS, called
from dyadic.symbolic.constructions import ENERGY, S, T, X

NAMES = ("x", "s", "x_p", "s_p", "x_m", "s_m")
"""The functions of time that a functional may hold."""
_POWERS = tuple((i, j) for i in range(4) for j in range(4 - i) if i + j > 0)

Polynomial = Any
Dual = tuple[Polynomial, Polynomial]
"""value + slope * epsilon."""


class NotPolynomial(Exception):
    """An expression that is no polynomial of trajectories, energies and rates."""


@cache
def _ring() -> tuple[Any, dict[str, Polynomial]]:
    names = ["t", "x", "s", *(f"e{i}{j}" for i, j in _POWERS)]
    names += [f"{letter}_{name}{k}" for letter in "cn" for name in NAMES for k in (0, 1)]
    context = fmpq_mpoly_ctx.get(names, Ordering.lex)
    return context, dict(zip(names, context.gens(), strict=True))


def constant(number: int | Any) -> Polynomial:
    """A rational number as a polynomial."""
    called(POLYNOMIALS)
    return _ring()[0].constant(number)


def variable(name: str) -> Polynomial:
    """One of the ring's variables: ``t``, ``x``, ``s`` or a coefficient."""
    called(POLYNOMIALS)
    return _ring()[1][name]


def path(name: str) -> Polynomial:
    """The trajectory c0 + c1 t of a function of time."""
    return variable(f"c_{name}0") + variable(f"c_{name}1") * variable("t")


def bump(name: str) -> Polynomial:
    """The test function t (1 - t) (n0 + n1 t), which vanishes at both ends."""
    t = variable("t")
    return t * (1 - t) * (variable(f"n_{name}0") + variable(f"n_{name}1") * t)


def integral(polynomial: Polynomial) -> Polynomial:
    """The integral over t from 0 to 1."""
    return polynomial.integral("t").subs({"t": 1})


class Along:
    """Evaluates SymPy expressions along shifted trajectories.

    paths: each function of time by name.  plain: the symbols x and s.
    """

    def __init__(self, paths: Mapping[str, Dual], plain: Mapping[Expr, Dual]) -> None:
        self.paths, self.plain = paths, plain

    def value(self, node: Expr) -> Dual:
        """Raises :class:`NotPolynomial`."""
        if node.is_Rational:
            return constant(fmpq(int(node.p), int(node.q))), constant(0)
        if node in self.plain:
            return self.plain[node]
        if node.is_Add:
            parts = [self.value(child) for child in node.args]
            return sum((v for v, _ in parts), constant(0)), sum((d for _, d in parts), constant(0))
        if node.is_Mul:
            return _product([self.value(child) for child in node.args])
        if node.is_Pow and node.exp.is_Integer and node.exp >= 0:
            return _product([self.value(node.base)] * int(node.exp))
        if isinstance(node, sympy.core.function.AppliedUndef):
            return self._function(node)
        if isinstance(node, sympy.Derivative) and len(node.variables) == 1:
            return self._derivative(node.expr, node.variables[0])
        raise NotPolynomial(str(node))

    def _function(self, node: Expr) -> Dual:
        if node.args == (T,) and node.func.__name__ in self.paths:
            return self.paths[node.func.__name__]
        if node.func == ENERGY:
            return self._energy(node, 0, 0)
        raise NotPolynomial(str(node))

    def _derivative(self, inner: Expr, by: Expr) -> Dual:
        if by == T and inner.func.__name__ in self.paths and inner.args == (T,):
            value, slope = self.paths[inner.func.__name__]
            return value.derivative("t"), slope.derivative("t")
        if inner == ENERGY(X, S) and by in (X, S):
            return self._energy(inner, int(by == X), int(by == S))
        raise NotPolynomial(f"Derivative({inner}, {by})")

    def _energy(self, node: Expr, by_x: int, by_s: int) -> Dual:
        """E, or one of its partial derivatives, at the arguments of ``node``."""
        x, s = (self.value(argument) for argument in node.args)
        terms = []
        for i, j in _POWERS:
            factor = (i if by_x else 1) * (j if by_s else 1)
            if factor:
                coefficient = factor * variable(f"e{i}{j}"), constant(0)
                terms.append(_product([coefficient, *[x] * (i - by_x), *[s] * (j - by_s)]))
        return sum((v for v, _ in terms), constant(0)), sum((d for _, d in terms), constant(0))


def _product(factors: list[Dual]) -> Dual:
    value, slope = constant(1), constant(0)
    for v, d in factors:
        value, slope = value * v, slope * v + value * d
    return value, slope


def at_point(expression: Expr, x: Polynomial, s: Polynomial) -> Polynomial:
    """A rate, an expression in the plain symbols x and s and in the energy's derivatives there, at polynomials."""
    return Along({}, {X: (x, constant(0)), S: (s, constant(0))}).value(expression)[0]


def numbers_apart(one: Polynomial, two: Polynomial) -> tuple[dict[str, Any], Any, Any]:
    """Numbers for the variables of two different polynomials at which their values differ, and the two values.

    The variables are fixed one after the other: of degree + 1 numbers at least one leaves the difference not zero.
    """
    difference, values = one - two, {}
    names = [str(generator) for generator in _ring()[0].gens()]
    for name, *degrees in zip(names, one.degrees(), two.degrees(), strict=True):
        if any(degrees):
            values[name] = next(n for n in range(1, max(degrees) + 2) if difference.subs({name: n}) != 0)
            difference = difference.subs({name: values[name]})
    everywhere = [values.get(name, 0) for name in names]
    return values, one(*everywhere), two(*everywhere)

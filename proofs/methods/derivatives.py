"""The closed form of each activation's derivative, as it is typeset and emitted, is the derivative.

Proves: closed form = d/dz of the defining formula, and the emitted value = that formula, as elements of a differential
field: z, and a generator for every exp, log, erf, sin, cos, asin, acos, atan, floor, round and square root of a field
element u, with the chain rule (of stop_gradient the derivative is 0, by convention); the other functions are formulas
in these. A difference of two rational functions in the generators is brought over one denominator, its numerator
reduced by r^2 = u for r = sqrt(u), and compared with the zero polynomial. Formulas by cases are taken interval by
interval; where two intervals meet, either the sides and their slopes fit, or it is a kink, and the closed form has the
value that the convention gives the derivative there.

Trusted: these rules and SymPy's polynomial arithmetic.  SymPy's ``diff``, which derives most closed forms, is not used.
Whether the generators are algebraically independent does not matter: a zero numerator is zero.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from flint import arb, ctx
from sympy import Expr, Piecewise, Rational

from dyadic.proofs.checker.trust import DERIVATION_RULES, SYMPY_POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.methods.shared.differential import DifferentialField, turns
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions import FUNCTIONS, ScalarFunction, Z, closed_form

_METHOD = "rational functions in a differential field"
_TRUSTED = (DERIVATION_RULES, SYMPY_POLYNOMIALS)


def function_claim(name: str, formula: Expr | None = None) -> Claim:
    """The claim for one function; ``formula`` replaces the closed form (to show that a wrong one is refuted)."""
    for component in _TRUSTED:
        called(component)
    formula = closed_form(name, 1) if formula is None else formula
    function = FUNCTIONS[name]
    statement = f"{name}: the emitted derivative is the derivative of the definition" + (
        " by convention" if function.held else " away from the kink" if function.kink else ""
    )

    def claim(verdict: Verdict, method: str = _METHOD, reason: str = "", numbers: Any = None) -> Claim:
        return Claim(
            f"function:{name}", statement, verdict, method, function.hypotheses, _TRUSTED, numbers, reason=reason
        )

    try:
        equal = _holds(function, formula)
    except UnsupportedEquation as error:
        equal, reason = False, str(error)
    else:
        reason = "the numerator is not the zero polynomial, but no point was found where the two differ"
    if equal:
        return claim(Verdict.PROVED)
    numbers = _numbers(function, formula)
    if numbers:
        return claim(Verdict.REFUTED, "rigorous evaluation", numbers=numbers)
    return claim(Verdict.UNDECIDED, reason=reason)


def _holds(function: ScalarFunction, formula: Expr) -> bool:
    """Whether value and derivative are right on every interval, and fit where two meet."""
    definition, value = function.definition, closed_form(function.name, 0)
    low, high = function.domain
    inner = {point for expression in (definition, value, formula) for point in turns(expression)}
    points = sorted(p for p in inner if (low is None or p > low) and (high is None or p < high))
    samples = [_between(one, two) for one, two in pairwise([low, *points, high])]
    for sample in samples:
        field = DifferentialField(sample)
        meant = field.read(definition)
        if not field.same(meant, field.read(value)) or not field.same(field.derivation(meant), field.read(formula)):
            return False
    conventions = dict(function.kinks)
    for point, sides in zip(points, pairwise(samples), strict=True):
        if not _fits(point, sides, conventions.get(point), (definition, value, formula)):
            return False
    return set(conventions) <= set(points)


def _fits(
    point: Rational, sides: tuple[Rational, Rational], convention: Rational | None, forms: tuple[Expr, Expr, Expr]
) -> bool:
    """Whether the formulas fit together at a point where a case changes."""
    definition, value, formula = forms
    here = DifferentialField(point, point)
    meant, slope = here.read(definition), here.read(formula)
    if not here.same(meant, here.read(value)):
        return False
    if convention is not None:
        return here.same(slope, convention)
    return all(
        here.same(meant, here.read(definition, sample)) and here.same(slope, here.read(formula, sample))
        for sample in sides
    )


def _between(low: Rational | None, high: Rational | None) -> Rational:
    """A point inside an interval."""
    if low is None:
        return Rational(-7, 4) if high is None else high - Rational(3, 4)
    return low + Rational(3, 4) if high is None else (low + high) / 2


def _numbers(function: ScalarFunction, formula: Expr) -> dict[str, Any] | None:
    """A rational z at which the formula's enclosure and the true derivative's do not meet."""
    before, ctx.prec = ctx.prec, 128
    try:
        for numerator in (8, -8, 3, -5, 12, -12, 20, -32, 64, 0):
            z = arb(numerator) / 16
            z = z if function.domain[0] is None or z > arb(int(function.domain[0])) else 2 + abs(z)
            found = _difference(function.name, formula, z)
            if found:
                return found
    finally:
        ctx.prec = before
    return None


def _difference(name: str, formula: Expr, z: arb) -> dict[str, Any] | None:
    try:
        claimed, exact = _ball(formula, z), Ball().apply(name, 1, z)
    except Undetermined:
        return None
    if not (claimed.is_finite() and exact.is_finite()) or claimed.overlaps(exact):
        return None
    shown = str(Rational(z.str(20, radius=False)))
    return {"z": shown, "claimed": claimed.str(20, radius=False), "exact": exact.str(20, radius=False)}


def _ball(formula: Expr, z: arb) -> arb:
    """An enclosure of a closed form at z."""
    if formula == Z:
        return z
    if formula.is_Rational:
        return arb(int(formula.p)) / int(formula.q)
    if formula.is_Add:
        return sum((_ball(argument, z) for argument in formula.args), arb(0))
    if formula.is_Mul:
        result = arb(1)
        for argument in formula.args:
            result = result * _ball(argument, z)
        return result
    if formula.is_Pow:
        return _ball(formula.base, z) ** _ball(formula.exp, z)
    if isinstance(formula, Apply):
        return Ball().apply(formula.name, formula.order, _ball(formula.argument, z))
    if formula.is_number and not isinstance(formula, Piecewise):  # pi
        return arb.pi() if formula.is_NumberSymbol else arb(str(formula.evalf(40)))
    raise Undetermined(str(formula))

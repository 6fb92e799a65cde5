"""The closed form of each activation's derivative, as it is typeset and emitted, is the derivative.

Proves: closed form = d/dz of the defining formula, as elements of a differential field: z, E = exp(z),
G = exp(-z^2/2), R = erf(z/sqrt 2), Q = sqrt z, the constants P = sqrt pi and K = sqrt(2/pi), with the derivation
z' = 1, E' = E, G' = -z G, R' = K G, Q' = 1/(2 Q); and a generator for every other exp, log, tanh, erf, sin and cos of
a field element u, with the chain rule.  A difference of two rational functions in these is brought over one
denominator and its numerator compared with the zero polynomial.  Piecewise formulas are taken branch by branch.

Trusts: these rules and SymPy's polynomial arithmetic.  SymPy's ``diff``, which derives the closed form, is not used.
Whether the generators are algebraically independent does not matter: a zero numerator is zero.
"""

from __future__ import annotations

from typing import Any

import sympy
from flint import arb, ctx
from sympy import Expr, Piecewise, Symbol

from dyadic.proofs.checker.trust import DERIVATION_RULES, SYMPY_POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.rings import Ball, Undetermined
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions import FUNCTIONS, Z, closed_form

E, G, R, K, P, Q = (Symbol(name) for name in "EGRKPQ")
_METHOD = "rational functions in a differential field"
_TRUSTED = (DERIVATION_RULES, SYMPY_POLYNOMIALS)


def function_claim(name: str, formula: Expr | None = None) -> Claim:
    """The claim for one function; ``formula`` replaces the closed form (to show that a wrong one is refuted)."""
    formula = closed_form(name, 1) if formula is None else formula
    kink = FUNCTIONS[name].kink
    hypotheses = (kink,) if kink else ()
    statement = f"{name}: the emitted derivative is the derivative of the definition" + (
        " away from the kink" if kink else ""
    )
    definition = FUNCTIONS[name].definition
    branches = [value for value, _ in definition.args] if isinstance(definition, Piecewise) else [definition]
    positive = [True, False] if isinstance(definition, Piecewise) else [True]
    try:
        equal = all(_Field(side).agree(value, formula) for value, side in zip(branches, positive, strict=True))
    except UnsupportedEquation as error:
        return Claim(f"function:{name}", statement, Verdict.UNDECIDED, _METHOD, hypotheses, _TRUSTED, reason=str(error))
    if equal:
        return Claim(f"function:{name}", statement, Verdict.PROVED, _METHOD, hypotheses, _TRUSTED)
    numbers = _numbers(name, formula)
    if numbers:
        return Claim(
            f"function:{name}", statement, Verdict.REFUTED, "rigorous evaluation", hypotheses, _TRUSTED, numbers
        )
    reason = "the numerator is not the zero polynomial, but no point was found where the two differ"
    return Claim(f"function:{name}", statement, Verdict.UNDECIDED, _METHOD, hypotheses, _TRUSTED, reason=reason)


class _Field:
    """Formulas as rational functions of generators, on one side of 0; ``positive`` picks z > 0 or z < 0."""

    def __init__(self, positive: bool) -> None:
        called(DERIVATION_RULES)
        self.positive = positive
        self.rules: dict[Symbol, Expr] = {Z: sympy.Integer(1), E: E, G: -Z * G, R: K * G, Q: 1 / (2 * Q)}
        self._known: dict[tuple[str, Expr], Symbol] = {}

    def read(self, formula: Expr) -> Expr:
        """A formula over the generators."""
        if formula == Z or formula.is_Rational:
            return formula
        if formula == sympy.pi:
            return P**2
        if formula == sympy.sqrt(2):
            return K * P
        if formula == sympy.sqrt(sympy.pi):
            return P
        if isinstance(formula, sympy.Add | sympy.Mul):
            return formula.func(*map(self.read, formula.args))
        if isinstance(formula, sympy.Pow) and formula.exp.is_Integer:
            return self.read(formula.base) ** formula.exp
        if isinstance(formula, sympy.Pow) and formula.base in (2, sympy.pi) and (2 * formula.exp).is_Integer:
            return self.read(sympy.sqrt(formula.base)) ** (2 * formula.exp)
        if isinstance(formula, sympy.Pow) and formula.base == Z and (2 * formula.exp).is_Integer:
            return Q ** (2 * formula.exp)
        if isinstance(formula, Apply) and formula.order == 0:
            return self._call(formula.name, sympy.expand(self.read(formula.argument)))
        if isinstance(formula, sympy.Function):
            return self._call(type(formula).__name__, sympy.expand(self.read(formula.args[0])))
        raise UnsupportedEquation(f"no rule for {formula}")

    def _call(self, name: str, u: Expr) -> Expr:
        """A function of a field element."""
        if name in ("relu", "step", "abs") and u in (Z, -Z):
            right = self.positive == (u == Z)
            return {"relu": u if right else 0, "step": int(right), "abs": u if right else -u}[name] * sympy.Integer(1)
        if name == "exp" and (u / Z).is_Integer:
            return E ** (u / Z)
        if name == "exp" and (-2 * u / Z**2).is_Integer:
            return G ** (-2 * u / Z**2)
        if name == "tanh" and u == Z:
            return (E**2 - 1) / (E**2 + 1)
        if name == "sigmoid" and u == Z:
            return E / (1 + E)
        if name == "erf" and u == K * P * Z / 2:  # sqrt(2) z / 2
            return R
        if name in ("sqrt", "rsqrt") and u == Z:
            return Q if name == "sqrt" else 1 / Q
        return self._generator(name, u)

    def _generator(self, name: str, u: Expr) -> Symbol:
        """A generator of its own for name(u), with its rule."""
        if (name, u) in self._known:
            return self._known[name, u]
        value = self._known[name, u] = Symbol(f"{name}{len(self._known)}")
        slope = self.derivation(u)
        match name:
            case "exp":
                rule = slope * value
            case "log":
                rule = slope / u
            case "tanh":
                rule = slope * (1 - value**2)
            case "erf":
                rule = 2 / P * slope * self._call("exp", sympy.expand(-(u**2)))
            case "sin":
                rule = slope * self._call("cos", u)
            case "cos":
                rule = -slope * self._call("sin", u)
            case _:
                raise UnsupportedEquation(f"no rule for {name}({u})")
        self.rules[value] = rule
        return value

    def derivation(self, value: Expr) -> Expr:
        """The derivation of the field."""
        if value in self.rules:
            return self.rules[value]
        if not value.free_symbols & set(self.rules):
            return sympy.Integer(0)
        if isinstance(value, sympy.Add):
            return sympy.Add(*map(self.derivation, value.args))
        if isinstance(value, sympy.Mul):
            first, rest = value.args[0], sympy.Mul(*value.args[1:])
            return self.derivation(first) * rest + first * self.derivation(rest)
        if isinstance(value, sympy.Pow) and value.exp.is_Integer:
            return value.exp * value.base ** (value.exp - 1) * self.derivation(value.base)
        raise UnsupportedEquation(f"no derivation of {value}")

    def agree(self, definition: Expr, derivative: Expr) -> bool:
        """Whether the derivation of one formula is the other: the numerator of the difference is zero."""
        difference = self.derivation(self.read(definition)) - self.read(derivative)
        if difference.has(Q):
            difference = difference.xreplace({Z: Q**2})
        called(SYMPY_POLYNOMIALS)
        numerator, _ = sympy.fraction(sympy.together(difference))
        generators = sorted(numerator.free_symbols | {Z}, key=str)
        return bool(sympy.Poly(numerator, *generators, domain="QQ").is_zero)


def _numbers(name: str, formula: Expr) -> dict[str, Any] | None:
    """A rational z at which the formula's enclosure and the true derivative's do not meet."""
    before, ctx.prec = ctx.prec, 128
    try:
        for numerator in (1, -1, 3, -5, 8):
            z = arb(numerator) / 2
            claimed, exact = _ball(formula, z), Ball().apply(name, 1, z)
            if not claimed.overlaps(exact):
                return {
                    "z": f"{numerator}/2",
                    "claimed": claimed.str(20, radius=False),
                    "exact": exact.str(20, radius=False),
                }
    except (Undetermined, KeyError):
        return None
    finally:
        ctx.prec = before
    return None


def _ball(formula: Expr, z: arb) -> arb:
    if formula == Z:
        return z
    if formula.is_Rational:
        return arb(int(formula.p)) / int(formula.q)
    if formula == sympy.pi:
        return arb.pi()
    if isinstance(formula, sympy.Add):
        return sum((_ball(argument, z) for argument in formula.args), arb(0))
    if isinstance(formula, sympy.Mul):
        result = arb(1)
        for argument in formula.args:
            result = result * _ball(argument, z)
        return result
    if isinstance(formula, sympy.Pow):
        return _ball(formula.base, z) ** _ball(formula.exp, z)
    if isinstance(formula, Apply):
        argument = _ball(formula.argument, z)
        if formula.name == "erf":
            return argument.erf()
        if formula.name == "step":
            return arb(1) if argument > 0 else arb(0)
        return Ball().apply(formula.name, formula.order, argument)
    raise Undetermined

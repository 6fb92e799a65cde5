"""The closed form of each activation's derivative, as it is typeset and emitted, is the derivative.

Proves: closed form = d/dz of the defining formula, as elements of a differential field: z, E = exp(z),
G = exp(-z^2/2), R = erf(z/sqrt 2), Q = sqrt z, the constants P = sqrt pi and K = sqrt(2/pi), with the derivation
z' = 1, E' = E, G' = -z G, R' = K G, Q' = 1/(2 Q).  A difference of two rational functions in these is brought over one
denominator and its numerator compared with the zero polynomial.  Piecewise formulas are taken branch by branch.

Trusts: the seven rules above and SymPy's polynomial arithmetic.  SymPy's ``diff``, which derives the closed form,
is not used.  Whether the generators are algebraically independent does not matter: a zero numerator is zero.
"""

from __future__ import annotations

from typing import Any

import sympy
from flint import arb, ctx
from sympy import Expr, Piecewise, Symbol

from proofs.checker.rings import Ball, Undetermined
from proofs.claims import Claim, Verdict
from symbolic.errors import UnsupportedEquation
from symbolic.expressions import Apply
from symbolic.functions import FUNCTIONS, Z, closed_form

E, G, R, K, P, Q = (Symbol(name) for name in "EGRKPQ")
_RULES: dict[Symbol, Expr] = {Z: sympy.Integer(1), E: E, G: -Z * G, R: K * G, Q: 1 / (2 * Q)}
_METHOD = "rational functions in a differential field"
_TRUSTED = ("exp' = exp, erf' = 2/sqrt(pi) exp(-z^2), quotient and chain rule", "SymPy's polynomial arithmetic")


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
        equal = all(
            _vanishes(_derivation(_field(value, side)) - _field(formula, side))
            for value, side in zip(branches, positive, strict=True)
        )
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


def _field(formula: Expr, positive: bool) -> Expr:
    """A formula as a rational function of z, E, G, R, K, P, Q; ``positive`` picks the branch z > 0 or z < 0."""
    if formula == Z or formula.is_Rational:
        return formula
    if formula == sympy.pi:
        return P**2
    if formula == sympy.sqrt(2):
        return K * P
    if formula == sympy.sqrt(sympy.pi):
        return P
    if isinstance(formula, sympy.Add | sympy.Mul):
        return formula.func(*(_field(argument, positive) for argument in formula.args))
    if isinstance(formula, sympy.Pow) and formula.exp.is_Integer:
        return _field(formula.base, positive) ** formula.exp
    if isinstance(formula, sympy.Pow) and formula.base in (2, sympy.pi) and (2 * formula.exp).is_Integer:
        return _field(sympy.sqrt(formula.base), positive) ** (2 * formula.exp)
    if isinstance(formula, sympy.Pow) and formula.base == Z and (2 * formula.exp).is_Integer:
        return Q ** (2 * formula.exp)
    if isinstance(formula, Apply) and formula.order == 0:
        return _known(formula.name, formula.argument, positive)
    if isinstance(formula, sympy.exp | sympy.tanh | sympy.erf | sympy.log):
        return _known(type(formula).__name__, formula.args[0], positive)
    raise UnsupportedEquation(f"no rule for {formula}")


def _known(name: str, argument: Expr, positive: bool) -> Expr:
    if name == "exp" and (argument / Z).is_Integer:
        return E ** (argument / Z)
    if name == "exp" and argument == -(Z**2) / 2:
        return G
    if name == "exp" and argument == -(Z**2):
        return G**2
    if argument == Z and name == "rsqrt":
        return 1 / Q
    if argument == Z and name in ("tanh", "sigmoid", "relu", "step"):
        table = {
            "tanh": (E**2 - 1) / (E**2 + 1),
            "sigmoid": E / (1 + E),
            "relu": Z if positive else 0,
            "step": int(positive),
        }
        return sympy.sympify(table[name])
    if name == "erf" and argument == Z / sympy.sqrt(2):
        return R
    if name == "log":
        return sympy.log(_field(argument, positive))
    raise UnsupportedEquation(f"no rule for {name}({argument})")


def _derivation(value: Expr) -> Expr:
    """The derivation of the field, extended to logarithms by log(u)' = u'/u."""
    if value in _RULES:
        return _RULES[value]
    if not value.free_symbols & set(_RULES):
        return sympy.Integer(0)
    if isinstance(value, sympy.Add):
        return sympy.Add(*map(_derivation, value.args))
    if isinstance(value, sympy.Mul):
        first, rest = value.args[0], sympy.Mul(*value.args[1:])
        return _derivation(first) * rest + first * _derivation(rest)
    if isinstance(value, sympy.Pow) and value.exp.is_Integer:
        return value.exp * value.base ** (value.exp - 1) * _derivation(value.base)
    if isinstance(value, sympy.log):
        return _derivation(value.args[0]) / value.args[0]
    raise UnsupportedEquation(f"no derivation of {value}")


def _vanishes(difference: Expr) -> bool:
    """Whether the numerator over a common denominator is the zero polynomial."""
    if difference.has(sympy.log):
        raise UnsupportedEquation(f"a logarithm is left in {difference}")
    if difference.has(Q):
        difference = difference.xreplace({Z: Q**2})
    numerator, _ = sympy.fraction(sympy.together(difference))
    return bool(sympy.Poly(numerator, Z, E, G, R, K, P, Q, domain="QQ").is_zero)


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

"""Constructions A and B give the dynamics stated, C does not.

Proves: (1) SymPy's Euler-Lagrange equations by the definition of stationarity: for trajectories and test
functions that are polynomials in t with free coefficients, the first variation of the action equals the
integral of the equations against the test functions, as polynomials in all coefficients; (2) the rates read off
them equal (B) or differ from (A, C) the saddle-point dynamics.  E runs over all cubic polynomials with free
coefficients; at a point the equations involve only the gradient of E, which these attain, so the conclusion
holds for every differentiable E.

Trusts: SymPy's polynomial arithmetic and integration of polynomials.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, Integer, Rational, Symbol

from dyadic.proofs.checker.trust import SYMPY_INTEGRALS, SYMPY_POLYNOMIALS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.sentences import SMOOTH, told
from dyadic.symbolic.variational import (
    COST,
    ENERGY,
    Construction,
    S,
    T,
    X,
    action_of_energy,
    doubled_cost,
    doubled_state,
    dyadic_rates,
)

_METHOD = "first variation with polynomial trajectories and free coefficients"
_TRUSTED = ("SymPy's arithmetic and integration of polynomials",)
_SMOOTH = ("E is differentiable",)


def variational_claims() -> list[Claim]:
    """The claims about constructions A, B and C and about the dyadic coordinates."""
    found = [
        *(construction_claim(c, sign) for c, sign in ((action_of_energy(), -1), (doubled_state(), 1))),
        cost_claim(doubled_cost()),
        _dyadic_claim(),
    ]
    return [_as_data(claim) for claim in found]


def _as_data(claim: Claim) -> Claim:
    name = claim.id.partition(":")[2]
    return told(
        "variational", claim.verdict, {"construction": name}, name=name, hypotheses=[SMOOTH],
        counterexample=claim.counterexample, witness=claim.witness, reason=claim.reason,
    )  # fmt: skip


def construction_claim(construction: Construction, sign: int) -> Claim:
    """A (sign -1) or B (sign 1): the rates stated, and that they are the stationarity of the functional."""
    what = {
        "A": "the action of s dx/dt - E gives dx/dt = dE/ds and ds/dt = -dE/dx (s runs backward in time)",
        "B": "doubling the whole state gives the saddle-point dynamics dx/dt = +dE/ds, ds/dt = +dE/dx",
    }[construction.name]
    energy = _cubic("e", X, S)
    found = [rate.subs(ENERGY(X, S), energy).doit() for rate in (construction.rate_x, construction.rate_s)]
    wanted = [energy.diff(S), sign * energy.diff(X)]
    for label, one, two in zip(("dx/dt", "ds/dt"), found, wanted, strict=True):
        if not _zero(one - two):
            return Claim(
                f"variational:{construction.name}",
                what,
                Verdict.REFUTED,
                _METHOD,
                _SMOOTH,
                _TRUSTED,
                _point(label, one, two),
            )
    if not _stationary(construction):
        reason = "the first variation is not the integral of the stated equations"
        return Claim(
            f"variational:{construction.name}", what, Verdict.UNDECIDED, _METHOD, _SMOOTH, _TRUSTED, reason=reason
        )
    return Claim(f"variational:{construction.name}", what, Verdict.PROVED, _METHOD, _SMOOTH, _TRUSTED)


def cost_claim(construction: Construction) -> Claim:
    """C: with the cost doubled, dx/dt is not f - x.  Proved by numbers; refuted if the leak were zero."""
    what = "putting C(x + s/2) - C(x - s/2) for the cost changes dx/dt: the cost's gradient leaks into inference"
    leak = construction.rate_x - (Symbol("f", real=True) - X)
    z = Symbol("z", real=True)
    here = leak.replace(COST, lambda argument: argument**2 / 2).doit().subs({X: 1, S: 0})
    leaked = sympy.nsimplify(here)
    if leaked.is_number and leaked != 0:
        witness = {"C": str(z**2 / 2), "x": "1", "s": "0", "dx/dt - (f - x)": str(leaked)}
        return Claim("variational:C", what, Verdict.PROVED, "evaluation at a point", _SMOOTH, _TRUSTED, witness=witness)
    numbers = {"C": str(z**2 / 2), "x": "1", "s": "0", "dx/dt - (f - x)": "0"}
    return Claim("variational:C", what, Verdict.REFUTED, "evaluation at a point", _SMOOTH, _TRUSTED, numbers)


def _dyadic_claim() -> Claim:
    what = "in a = x + s/2, b = x - s/2 the dynamics are da/dt = +dE/da, db/dt = -dE/db"
    energy = _cubic("e", X, S)
    residues = [
        rate.replace(ENERGY, lambda x, s: energy.subs({X: x, S: s}, simultaneous=True)).doit()
        for rate in dyadic_rates()
    ]
    if all(_zero(residue) for residue in residues):
        return Claim(
            "variational:dyadic",
            what,
            Verdict.PROVED,
            "chain rule on cubic energies with free coefficients",
            _SMOOTH,
            _TRUSTED,
        )
    return Claim(
        "variational:dyadic",
        what,
        Verdict.REFUTED,
        _METHOD,
        _SMOOTH,
        _TRUSTED,
        {"residues": [str(r) for r in residues]},
    )


def _stationary(construction: Construction) -> bool:
    """d/d eps of the action along x + eps eta = integral of (Euler-Lagrange expressions) eta, identically.

    For B the variation is with respect to the differences z_- and is evaluated at z_- = 0, the physical limit.
    """
    names = sorted({node.func.__name__ for node in construction.functional.atoms(sympy.Function) if node.args == (T,)})
    paths = {name: _polynomial(f"c_{name}", 1) for name in names}
    varied = [node.func.__name__ for node in construction.varied]
    if construction.name == "B":
        paths = {name: Integer(0) if name in varied else path for name, path in paths.items()}
    bumps = {name: T * (1 - T) * _polynomial(f"n_{name}", 1) for name in varied}
    epsilon = Symbol("epsilon")
    energy = _cubic("e", X, S)

    def along(shift: Expr) -> Expr:
        # Functions of time first (with their derivatives), then E as a polynomial of its arguments.
        table = {sympy.Function(n)(T): p + shift * bumps.get(n, 0) for n, p in paths.items()}
        moved = construction.functional.subs(table, simultaneous=True).doit()
        return moved.replace(ENERGY, lambda x, s: energy.subs({X: x, S: s}, simultaneous=True))

    first = sympy.expand(along(epsilon)).coeff(epsilon, 1)
    called(SYMPY_INTEGRALS)
    variation = sympy.integrate(sympy.expand(first), (T, 0, 1))
    plus = {"A": ("x", "s"), "B": ("x_p", "s_p")}[construction.name]
    here = {X: paths[plus[0]], S: paths[plus[1]]}
    rate_x = construction.rate_x.subs(ENERGY(X, S), energy).doit().subs(here, simultaneous=True)
    rate_s = construction.rate_s.subs(ENERGY(X, S), energy).doit().subs(here, simultaneous=True)
    lag_x, lag_s = rate_x - paths[plus[0]].diff(T), rate_s - paths[plus[1]].diff(T)
    # A: dL/dx - d/dt dL/dx' = -(E_x + s') = rate_s - s', and for s: x' - E_s = -(rate_x - x').
    against = {"A": {"x": lag_s, "s": -lag_x}, "B": {"x_m": lag_s, "s_m": lag_x}}[construction.name]
    pairing = sympy.integrate(sympy.expand(sum(against[n] * bumps[n] for n in varied)), (T, 0, 1))
    return _zero(variation - pairing)


def _polynomial(name: str, degree: int) -> Expr:
    return sympy.Add(*(Symbol(f"{name}{k}") * T**k for k in range(degree + 1)))


def _cubic(name: str, x: Expr, s: Expr) -> Expr:
    return sympy.Add(*(Symbol(f"{name}{i}{j}") * x**i * s**j for i in range(4) for j in range(4 - i) if i + j > 0))


def _zero(expression: Expr) -> bool:
    """Whether a polynomial (all its symbols free) is the zero polynomial."""
    called(SYMPY_POLYNOMIALS)
    expression = sympy.sympify(expression)
    symbols = sorted(expression.free_symbols, key=str)
    return bool(sympy.Poly(expression, *symbols, domain="QQ").is_zero) if symbols else expression == 0


def _point(label: str, found: Expr, wanted: Expr) -> dict[str, Any]:
    """Numbers for every free symbol at which two polynomials differ."""
    symbols = sorted((found - wanted).free_symbols | found.free_symbols, key=str)
    for scale in range(1, 20):
        values = {symbol: Rational(scale * (k + 1) % 7 + 1, 2) for k, symbol in enumerate(symbols)}
        one, two = found.subs(values), wanted.subs(values)
        if one != two:
            return {
                "rate": label,
                "found": str(one),
                "stated": str(two),
                "values": {str(k): str(v) for k, v in values.items()},
            }
    return {"rate": label, "found": str(found), "stated": str(wanted)}

"""Constructions A and B give the dynamics stated, C does not.

Proves: (1) SymPy's Euler-Lagrange equations by the definition of stationarity: for trajectories and test
functions that are polynomials in t with free coefficients, the first variation of the action equals the
integral of the equations against the test functions, as polynomials in all coefficients; (2) the rates read off
them equal (B) or differ from (A, C) the saddle-point dynamics.  E runs over all cubic polynomials with free
coefficients; at a point the equations involve only the gradient of E, which these attain, so the conclusion
holds for every differentiable E.

Trusts: polynomials in python-flint (trajectories.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Symbol

from dyadic.proofs.checker.trust import SYMPY_NUMBERS, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.shared.trajectories import (
    Along,
    NotPolynomial,
    Polynomial,
    at_point,
    bump,
    constant,
    integral,
    numbers_apart,
    path,
    variable,
)
from dyadic.proofs.sentences import SMOOTH, told
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.constructions import (
    COST,
    ENERGY,
    Construction,
    S,
    T,
    X,
    action_of_energy,
    doubled_cost,
    doubled_state,
    energy_gradient,
    to_data,
)

_METHOD = "first variation with polynomial trajectories and free coefficients"
_TRUSTED = ("polynomials in python-flint",)
_SMOOTH = ("E is differentiable",)


def variational_claims() -> list[Claim]:
    """The claims about constructions A, B and C and about the dyadic coordinates."""
    return [
        _recorded(lambda: construction_claim(action_of_energy(), -1)),
        _recorded(lambda: construction_claim(doubled_state(), 1)),
        _recorded(lambda: cost_claim(doubled_cost())),
        _recorded(lambda: dyadic_claim(energy_gradient())),
    ]


@recorded
def _recorded(shown: Callable[[], Claim]) -> Claim:
    """A claim as data, with what was called for it."""
    claim = shown()
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

    def claim(verdict: Verdict, **rest: Any) -> Claim:
        return Claim(f"variational:{construction.name}", what, verdict, _METHOD, _SMOOTH, _TRUSTED, **rest)

    by_s, by_x = energy_gradient()
    wanted = {"dx/dt": (construction.rate_x, by_s), "ds/dt": (construction.rate_s, sign * by_x)}
    try:
        for label, rates in wanted.items():
            found, stated = (at_point(rate, variable("x"), variable("s")) for rate in rates)
            if found != stated:
                return claim(Verdict.REFUTED, counterexample=_numbers(label, found, stated))
        stationary = _stationary(construction)
    except NotPolynomial as error:
        return claim(Verdict.UNDECIDED, reason=f"{error} is no polynomial of trajectories, energies and rates")
    if not stationary:
        reason = "the first variation is not the integral of the stated equations"
        return claim(Verdict.UNDECIDED, reason=reason)
    return claim(Verdict.PROVED, witness=_data(construction))


def cost_claim(construction: Construction) -> Claim:
    """C: with the cost doubled, dx/dt is not f - x.  Proved by numbers; refuted if the leak were zero."""
    what = "putting C(x + s/2) - C(x - s/2) for the cost changes dx/dt: the cost's gradient leaks into inference"
    leak = construction.rate_x - (Symbol("f", real=True) - X)
    z = Symbol("z", real=True)
    here = leak.replace(COST, lambda argument: argument**3 / 3).doit().subs({X: 1, S: 0})
    called(SYMPY_NUMBERS)
    leaked = sympy.nsimplify(here)
    if leaked.is_number and leaked != 0:
        cost = {"cost": [0, 0, 0, ["rational", 1, 3]], "x": 1, "s": 0, "leak": to_data(leaked)}
        witness = {**_data(construction), **cost}
        return Claim("variational:C", what, Verdict.PROVED, "evaluation at a point", _SMOOTH, _TRUSTED, witness=witness)
    numbers = {"C": str(z**3 / 3), "x": "1", "s": "0", "dx/dt - (f - x)": "0"}
    return Claim("variational:C", what, Verdict.REFUTED, "evaluation at a point", _SMOOTH, _TRUSTED, numbers)


def dyadic_claim(gradient: tuple[Expr, Expr]) -> Claim:
    """The dynamics dx/dt, ds/dt = ``gradient``, against the gradient of E as a polynomial in a and b."""
    what = "in a = x + s/2, b = x - s/2 the dynamics are da/dt = +dE/da, db/dt = -dE/db"
    method = "chain rule on cubic energies with free coefficients"
    a, b = variable("x"), variable("s")  # any two variables of the ring serve as a and b
    x, s = (a + b) / 2, a - b
    energy = at_point(ENERGY(X, S), x, s)
    rate_x, rate_s = (at_point(rate, x, s) for rate in gradient)
    wanted = {
        "da/dt": (rate_x + rate_s / 2, energy.derivative("x")),
        "db/dt": (rate_x - rate_s / 2, -energy.derivative("s")),
    }
    for label, (found, stated) in wanted.items():
        if found != stated:
            numbers = _numbers(label, found, stated)
            return Claim("variational:dyadic", what, Verdict.REFUTED, method, _SMOOTH, _TRUSTED, numbers)
    witness = {"construction": "dyadic", "rate_x": to_data(gradient[0]), "rate_s": to_data(gradient[1])}
    return Claim("variational:dyadic", what, Verdict.PROVED, method, _SMOOTH, _TRUSTED, witness=witness)


def _data(construction: Construction) -> dict[str, Any]:
    """What the checker replays (proofs/checker/lemmas/variational_replay.py)."""
    return {
        "construction": construction.name,
        "functional": to_data(construction.functional),
        "rate_x": to_data(construction.rate_x),
        "rate_s": to_data(construction.rate_s),
    }


def _stationary(construction: Construction) -> bool:
    """d/d eps of the action along x + eps eta = integral of (Euler-Lagrange expressions) eta, identically.

    For B the variation is with respect to the differences z_- and is evaluated at z_- = 0, the physical limit.
    """
    names = sorted({node.func.__name__ for node in construction.functional.atoms(sympy.Function) if node.args == (T,)})
    varied = [node.func.__name__ for node in construction.varied]
    held = {name: constant(0) if construction.name == "B" and name in varied else path(name) for name in names}
    shifted = {name: (value, bump(name) if name in varied else constant(0)) for name, value in held.items()}
    variation = integral(Along(shifted, {}).value(construction.functional)[1])
    x, s = (held[name] for name in {"A": ("x", "s"), "B": ("x_p", "s_p")}[construction.name])
    lag_x = at_point(construction.rate_x, x, s) - x.derivative("t")
    lag_s = at_point(construction.rate_s, x, s) - s.derivative("t")
    # A: dL/dx - d/dt dL/dx' = -(E_x + s') = rate_s - s', and for s: x' - E_s = -(rate_x - x').
    against = {"A": {"x": lag_s, "s": -lag_x}, "B": {"x_m": lag_s, "s_m": lag_x}}[construction.name]
    pairing = integral(sum((against[name] * bump(name) for name in varied), constant(0)))
    return bool(variation == pairing)


def _numbers(label: str, found: Polynomial, stated: Polynomial) -> dict[str, Any]:
    """Numbers for every variable at which two polynomials differ."""
    values, one, two = numbers_apart(found, stated)
    return {
        "rate": label,
        "found": str(one),
        "stated": str(two),
        "values": {name: str(value) for name, value in values.items()},
    }

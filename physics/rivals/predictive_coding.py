"""Predictive coding: F = 1/2 sum over v of |x_v - f_v|^2, with the output held at a value, or nudged by the cost.

With F(u) = f(u) - u the energy is |F(u)|^2 / 2 and its slope J^T F.  Nudged: J^T F + beta c = 0, so F = beta J w_1 to
first order with J^T J w_1 = -c, and the energy's slope in theta over beta tends to -(dF/dtheta)^T J^-T c, which is
backpropagation's gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from flint import ctx
from sympy import Expr, Rational

from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import (
    coefficients,
    exactness_claim,
    expansion,
    limit_claim,
    order_claim,
    vanishing,
)
from dyadic.physics.rivals.descent import MOST_STEPS, Objective, Rest, at_rest, at_rest_or_nowhere, path, step_size
from dyadic.physics.rivals.energies import EnergyNetwork, own
from dyadic.physics.rivals.finite_time import chain, identity_claim
from dyadic.physics.rivals.method import WANTED, Effort, Measurement, MethodTrial, RivalMethod, effort, stays
from dyadic.physics.rivals.phases import together
from dyadic.physics.rivals.verified_zero import verified_zero
from dyadic.physics.updates import Array
from dyadic.physics.words import Rules, word
from dyadic.proofs.claims import Claim
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.layers import LayerEquation

BETAS = (0.1, 0.01, 0.001)
SMALL = tuple(float(f"1e-{k}") for k in range(1, 9))
_RESTLESS = f"descent does not come to rest in {MOST_STEPS} steps"


def squared_error(equation: LayerEquation, activation: str | None) -> Expr:
    """(x_v - f_v)^2 / 2 of every entry."""
    output = equation.output
    return Rational(1, 2) * (own(equation, "x")[output.indices] - output.element) ** 2


def _held(bench: Bench) -> dict[str, Array]:
    """The output at x_L - c: the target, for half a squared norm."""
    last = bench.vertices[-1]
    return {**bench.free, last: bench.free[last] - bench.slope(bench.free)[last]}


def _of_what_is_held(bench: Bench) -> dict[str, Array]:
    """dF/dtheta where the output is put: -(df/dtheta)^T (x - f)."""
    u = _held(bench)
    return bench.pairing(u, bench.field(u))


def _clamped(bench: Bench) -> MethodTrial | str:
    reason = chain(bench, own_weights=False) or bench.held_constant()
    if reason:
        return reason
    energy, last = EnergyNetwork(bench.updates, squared_error), bench.vertices[-1]
    objective = Objective.of(bench, energy, (last,))
    step = step_size(bench)

    def gradient(u: Units) -> dict[str, Array]:
        return bench.chosen(energy.by_parameters(u, {}))

    found = at_rest(objective, _held(bench), step)
    error = bench.error(gradient(found.u))
    what = "at the minimum with the output held the gradient is backpropagation's"
    if len(bench.vertices) == 1:  # there is nothing to relax
        claim = identity_claim("pc:exact", what, bench, _of_what_is_held, ("one layer",))
    else:
        how = "the minimum enclosed by Krawczyk's test, both gradients in balls"
        gradients = partial(_enclosed, bench, energy, found.u)
        claim = limit_claim("pc:exact", what, gradients, how)
    setting, count = f"output held, steps of {step:.2g}", 2 * len(bench.vertices)
    taken = Effort(setting, None, None, count, stays(error[0]))
    if error[0] <= WANTED:
        watch = together(bench, [path(objective, _held(bench), step)], _held(bench), gradient)
        taken = effort(setting, watch, count, len(bench.vertices), "" if found.steps else _RESTLESS)
    measured = Measurement(f"minimum, output held{found.how}", *error)
    return MethodTrial((measured,), taken, (claim,), *_equations(energy))


def _enclosed(bench: Bench, energy: EnergyNetwork, guess: Units) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """(the gradient at the true minimum, backpropagation's), in balls."""
    one = bench.balls()
    exact, last = energy.with_numbers(one.updates), bench.vertices[-1]
    output = _held(one)[last]
    hidden = bench.size - int(np.asarray(output).size)

    def whole(entries: list[Any]) -> dict[str, Array]:
        flat = np.empty(bench.size, dtype=object)
        flat[:hidden] = entries
        flat[hidden:] = np.asarray(output).ravel()
        return bench.units(flat)

    def rate(entries: list[Any]) -> list[Any]:
        return bench.flat(exact.by_x(whole(entries), {}))[:hidden]

    start = np.array([float(value) for value in bench.flat(guess)[:hidden]])
    found = whole(verified_zero(rate, start) if hidden else [])
    return bench.chosen(exact.by_parameters(found, {})), one.gradient


def _nudged(bench: Bench) -> MethodTrial | str:
    reason = bench.held_constant()
    if reason:
        return reason
    energy, measured = EnergyNetwork(bench.updates, squared_error), []
    nearest = dict[float, tuple[Rest, float]]()
    for beta in BETAS:
        found, error = _nudged_rest(bench, energy, beta)
        measured.append(Measurement(f"beta {beta:g}{found.how}", *error))
        nearest[beta] = found, error[0]
    claims = (
        _order(),
        exactness_claim("pc nudged", 1, lambda: _error_term(bench, energy), nothing=partial(vanishing, bench)),
    )
    return MethodTrial(tuple(measured), _effort(bench, energy, nearest), claims, *_equations(energy))


def _estimate(bench: Bench, energy: EnergyNetwork, u: Units, beta: float) -> dict[str, Array]:
    return {name: value / beta for name, value in bench.chosen(energy.by_parameters(u, {})).items()}


def _nudged_rest(bench: Bench, energy: EnergyNetwork, beta: float) -> tuple[Rest, tuple[float, float]]:
    """The minimum, with the error of the estimate there and the cosine."""
    found = at_rest_or_nowhere(Objective.of(bench, energy).nudged(beta), bench.free, step_size(bench))
    return found, bench.error(_estimate(bench, energy, found.u, beta))


def _effort(bench: Bench, energy: EnergyNetwork, known: Mapping[float, tuple[Rest, float]]) -> Effort:
    """With the largest power of ten for beta that is small enough, after the forward pass that is the free phase.

    known: of some nudgings the minimum and the error there.
    """
    count, errors, step = len(bench.vertices), list[float](), step_size(bench)
    for beta in SMALL:
        if beta in known:
            found, error = known[beta]
        else:
            found, (error, _) = _nudged_rest(bench, energy, beta)
        errors.append(error)
        if error <= WANTED:
            estimate = partial(_estimate, bench, energy, beta=beta)
            descent = path(Objective.of(bench, energy).nudged(beta), bench.free, step)
            watch = together(bench, [descent], bench.free, estimate)
            reason = "" if found.steps else _RESTLESS
            return effort(f"beta {beta:g}, steps of {step:.2g}", watch, 2 * count, count, reason)
    return Effort(f"nudged, steps of {step:.2g}", None, None, 2 * count, stays(*errors))


@recorded
def _order() -> Claim:
    """J J^-1 J^-T c: of J^T J w_1 = -c follows J w_1 = -J^-T c = s, by letters that cancel with their inverses."""
    w, s, c = word("w1"), word("s"), word("c")
    # The coefficient of beta of J(u)^T F(u) + beta c, where F(u0) = 0: J^T J w_1 + c.
    rules = Rules({("J^T", "J", "w1"): -1 * c, ("J^T", "s"): -1 * c})
    holds = rules.same(w.after("J^T", "J") - s.after("J^T"), 0 * c)
    what = "the nudged estimate is backpropagation's gradient + O(beta)"
    return order_claim("pc nudged", 1, holds, what, ("F and C are analytic near u0", "J is invertible at u0"))


def _error_term(bench: Bench, energy: EnergyNetwork) -> dict[str, Array]:
    """The coefficient of beta of the estimate, in balls: that of beta^2 of dF/dtheta."""
    one = bench.balls()
    exact = energy.with_numbers(one.updates)

    def residual(there: Bench, u: Units, beta: Any) -> dict[str, Array]:
        return added((1, exact.by_x(u, {})), (beta, there.slope(u)))

    slope = one.jacobian_at(one.free)
    found = expansion(one, residual, slope.transpose() * slope, 2)
    before, ctx.cap = ctx.cap, 3
    try:
        return coefficients(bench.chosen(exact.by_parameters(found.series(), {})), 2)
    finally:
        ctx.cap = before


def _equations(energy: EnergyNetwork) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(energy.equations()), tuple(energy.equations(latex=True))


METHODS = (
    RivalMethod(
        "pc", "predictive coding", "jpc, _energies.py",
        "output held at x_L - grad C, which is y for half a squared norm",
        ("a chain of layers", "convergence"), _clamped,
    ),
    RivalMethod(
        "pc-nudged", "predictive coding, nudged output", "no publication: the formula is ours",
        "+ beta C, divided by beta",
        ("a chain of layers", "small nudging", "convergence"), _nudged,
    ),
)  # fmt: skip

__all__ = ["METHODS", "squared_error"]

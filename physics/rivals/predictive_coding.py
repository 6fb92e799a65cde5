"""Predictive coding: F = 1/2 sum over v of |x_v - f_v|^2, with the output held at a value, or nudged by the cost.

With F(u) = f(u) - u the energy is |F(u)|^2 / 2 and its slope J^T F.  Nudged: J^T F + beta c = 0, so F = beta J w_1 to
first order with J^T J w_1 = -c, and the energy's slope in theta over beta tends to -(dF/dtheta)^T J^-T c, which is
backpropagation's gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import isfinite, log10, nan
from typing import Any

import numpy as np
from flint import ctx
from sympy import Expr, Rational

from dyadic.physics.rivals.allowance import OutOfTime, spend
from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import (
    coefficients,
    exactness_claim,
    expansion,
    limit_claim,
    order_claim,
    vanishing,
)
from dyadic.physics.rivals.branch import on_branch
from dyadic.physics.rivals.descent import (
    Objective,
    Rest,
    at_rest,
    at_rest_or_nowhere,
    nowhere,
    path,
    step_size,
)
from dyadic.physics.rivals.energies import EnergyNetwork, own
from dyadic.physics.rivals.finite_time import chain, identity_claim
from dyadic.physics.rivals.method import (
    WANTED,
    Effort,
    Measurement,
    MethodTrial,
    RivalMethod,
    Watch,
    effort,
    in_time,
    stays,
)
from dyadic.physics.rivals.phases import together
from dyadic.physics.rivals.verified_zero import verified_zero
from dyadic.physics.updates import Array
from dyadic.physics.words import Rules, word
from dyadic.proofs.claims import Claim
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.layers import LayerEquation
from dyadic.symbolic.nouns import counted

BETAS = (0.1, 0.01, 0.001)
SMALL = tuple(float(f"1e-{k}") for k in range(1, 9))


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

    def watched() -> Effort:
        watch = together(bench, [path(objective, _held(bench), step)], _held(bench), gradient)
        return effort(setting, watch, count, len(bench.vertices), _on_the_way(watch, error[0]))

    if error[0] <= WANTED:
        taken = in_time(watched, setting, count)
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
    minima, step = _Minima(bench, energy), step_size(bench)
    for beta in reversed(BETAS):  # from where the branch is straight to where it bends
        minima.at(beta)
    for beta in BETAS:
        found, error = minima.at(beta)
        measured.append(Measurement(f"beta {beta:g}{found.how}", *error))
    claims = (
        _order(),
        exactness_claim("pc nudged", 1, lambda: _error_term(bench, energy), nothing=partial(vanishing, bench)),
    )
    count = len(bench.vertices)
    taken = in_time(partial(_effort, minima, step), f"nudged, steps of {step:.2g}", 2 * count)
    return MethodTrial(tuple(measured), taken, claims, *_equations(energy))


def _estimate(bench: Bench, energy: EnergyNetwork, u: Units, beta: float) -> dict[str, Array]:
    return {name: value / beta for name, value in bench.chosen(energy.by_parameters(u, {})).items()}


class _Minima:
    """The minima for several nudgings, each with the error of the estimate there and the cosine."""

    def __init__(self, bench: Bench, energy: EnergyNetwork) -> None:
        self.bench, self.energy = bench, energy
        self._found = dict[float, tuple[Rest, tuple[float, float]]]()

    def at(self, beta: float) -> tuple[Rest, tuple[float, float]]:
        """On the branch from the free state; where that cannot be followed a minimum that descent finds, which says so.

        Where the time is over there are no numbers, and a reason.
        """
        if beta not in self._found:
            try:
                self._found[beta] = self._looked_for(beta)
            except OutOfTime as error:
                self._found[beta] = nowhere(self.bench.free, str(error)), (nan, nan)
        return self._found[beta]

    def error(self, place: int) -> float:
        """For the nudging at a place of :data:`SMALL`."""
        return self.at(SMALL[place])[1][0]

    def _looked_for(self, beta: float) -> tuple[Rest, tuple[float, float]]:
        spend(doing=f"minimum for beta {beta:g}")
        objective, free = Objective.of(self.bench, self.energy), self.bench.free
        rest, reached = on_branch(objective.nudged, self._known(beta), beta)
        if rest is None:
            branch = (
                f"; a minimum, maybe of another branch: that from the free state was followed to beta {reached:.2g}"
            )
            rest = replace(at_rest_or_nowhere(objective.nudged(beta), free, step_size(self.bench)), branch=branch)
        if rest.reason:
            return rest, (nan, nan)
        return rest, self.bench.error(_estimate(self.bench, self.energy, rest.u, beta))

    def _known(self, beta: float) -> tuple[float, Units]:
        """The nearest nudge with a minimum on the branch, and that; else no nudge and the free state."""
        known = [other for other, (rest, _) in self._found.items() if rest.followed]
        if not known:
            return 0.0, self.bench.free
        nearest = min(known, key=lambda other: abs(log10(other / beta)))
        return nearest, self._found[nearest][0].u

    @property
    def expected(self) -> int:
        """Of :data:`SMALL`, the place of the first that should be small enough: the error is proportional to beta."""
        known = [(beta, error) for beta, (_, (error, _)) in self._found.items() if isfinite(error)]
        if not known:
            return 0
        beta, error = min(known)
        wanted = [place for place, small in enumerate(SMALL) if error * small <= WANTED * beta]
        return wanted[0] if wanted else len(SMALL) - 1


def _effort(minima: _Minima, step: float) -> Effort:
    """With the largest power of ten for beta that is small enough, after the forward pass that is the free phase."""
    bench, energy = minima.bench, minima.energy
    count, place = len(bench.vertices), minima.expected
    while not minima.error(place) <= WANTED and place + 1 < len(SMALL):
        place += 1
    spend()
    if not minima.error(place) <= WANTED:
        last = minima.error(len(SMALL) - 1)
        found = f"{last:.1e} for the smallest nudge that was tried, beta {SMALL[-1]:g}"
        reason = found if isfinite(last) else stays(*map(minima.error, range(len(SMALL))))
        return Effort(f"nudged, steps of {step:.2g}", None, None, 2 * count, reason)
    while place and minima.error(place - 1) <= WANTED:
        place -= 1
    beta = SMALL[place]
    spend(doing=f"steps of descent, beta {beta:g}")
    descent = path(Objective.of(bench, energy).nudged(beta), bench.free, step)
    watch = together(bench, [descent], bench.free, partial(_estimate, bench, energy, beta=beta))
    reason = _on_the_way(watch, minima.error(place))
    return effort(f"beta {beta:g}, steps of {step:.2g}", watch, 2 * count, count, reason)


def _on_the_way(watch: Watch, end: float) -> str:
    """Where descent ended that did not come to the minimum, of which the error is small enough."""
    return f"{watch.last[0]:.1e} after {counted(watch.seen, 'step')} of descent, {end:.1e} at the minimum"


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
        "+ beta C, divided by beta; the minimum on the branch from the free state or as the row says; steps of descent",
        ("small nudging", "convergence"), _nudged,
    ),
)  # fmt: skip

__all__ = ["METHODS", "squared_error"]

"""Predictive coding: F = 1/2 sum over v of |x_v - f_v|^2, with the output held at a value, or nudged by the cost.

With F(u) = f(u) - u the energy is |F(u)|^2 / 2 and its slope J^T F.  Nudged: J^T F + beta c = 0, so F = beta J w_1 to
first order with J^T J w_1 = -c, and the energy's slope in theta over beta tends to -(dF/dtheta)^T J^-T c, which is
backpropagation's gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import ctx
from sympy import Expr, Rational

from dyadic.physics.rivals.bench import Bench, Units, added, largest
from dyadic.physics.rivals.beta_series import (
    coefficients,
    exactness_claim,
    expansion,
    limit_claim,
    order_claim,
)
from dyadic.physics.rivals.energies import EnergyNetwork, own
from dyadic.physics.rivals.finite_time import chain
from dyadic.physics.rivals.method import WANTED, Effort, Measurement, MethodTrial, RivalMethod, Watch, effort
from dyadic.physics.rivals.verified_zero import verified_zero
from dyadic.physics.updates import Array
from dyadic.physics.words import Rules, word
from dyadic.proofs.claims import Claim
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.layers import LayerEquation

BETAS = (0.1, 0.01, 0.001)
SMALL = tuple(10.0**-k for k in range(3, 9))
STEP, MOST_STEPS, SETTLED, STALLED = 0.1, 20_000, 1e-15, 200


def squared_error(equation: LayerEquation, activation: str | None) -> Expr:
    """(x_v - f_v)^2 / 2 of every entry."""
    output = equation.output
    return Rational(1, 2) * (own(equation, "x")[output.indices] - output.element) ** 2


def descended(
    start: Units, rate: Callable[[Units], Units], settled: float = SETTLED,
    see: Callable[[int, Units], None] | None = None,
) -> dict[str, Array]:  # fmt: skip
    """Gradient descent until the slope is ``settled`` or does not fall any more, or :data:`MOST_STEPS`."""
    u, least, fell = dict(start), float("inf"), 0
    for number in range(1, MOST_STEPS + 1):
        slope = rate(u)
        u = added((1, u), (-STEP, slope))
        if see is not None:
            see(number, u)
        size = largest(slope)
        if size < 0.9 * least:
            least, fell = size, number
        if size <= settled or number - fell > STALLED or not np.isfinite(size):
            break
    return u


def _held(bench: Bench) -> dict[str, Array]:
    """The output at x_L - c: the target, for half a squared norm."""
    last = bench.vertices[-1]
    return {**bench.free, last: bench.free[last] - bench.slope(bench.free)[last]}


def _clamped(bench: Bench) -> MethodTrial | str:
    reason = chain(bench)
    if reason:
        return reason
    energy, last = EnergyNetwork(bench.updates, squared_error), bench.vertices[-1]

    def rate(u: Units) -> dict[str, Array]:
        return {**energy.by_x(u, {}), last: 0 * u[last]}

    u = descended(_held(bench), rate)
    error = bench.error(bench.chosen(energy.by_parameters(u, {})))
    claim = limit_claim(
        "pc:exact", "at the minimum with the output held the gradient is backpropagation's",
        lambda: _enclosed(bench, energy, u), "the minimum enclosed by Krawczyk's test, both gradients in balls",
    )  # fmt: skip
    count = len(bench.vertices)
    found = Effort("output held", None, None, 2 * count, f"the error stays at {error[0]:.1e}")
    return MethodTrial((Measurement("minimum, output held", *error),), found, (claim,), *_equations(energy))


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
    found = whole(verified_zero(rate, start))
    return bench.chosen(exact.by_parameters(found, {})), one.gradient


def _nudged(bench: Bench) -> MethodTrial | str:
    energy = EnergyNetwork(bench.updates, squared_error)
    measured = [
        Measurement(f"beta {beta:g}", *bench.error(_estimate(bench, energy, _relaxed(bench, energy, beta), beta)))
        for beta in BETAS
    ]
    claims = (
        _order(),
        exactness_claim("pc nudged", 1, lambda: _error_term(bench, energy)),
    )
    return MethodTrial(tuple(measured), _effort(bench, energy), claims, *_equations(energy))


def _relaxed(
    bench: Bench, energy: EnergyNetwork, beta: float, see: Callable[[int, Units], None] | None = None
) -> dict[str, Array]:
    settled = max(1e-16, 1e-9 * beta * largest(bench.slope(bench.free)))
    return descended(bench.free, lambda u: added((1, energy.by_x(u, {})), (beta, bench.slope(u))), settled, see)


def _estimate(bench: Bench, energy: EnergyNetwork, u: Units, beta: float) -> dict[str, Array]:
    return {name: value / beta for name, value in bench.chosen(energy.by_parameters(u, {})).items()}


def _watched(bench: Bench, energy: EnergyNetwork, beta: float) -> Watch:
    watch = Watch(bench)

    def see(step: int, u: Units) -> None:
        watch.see(step, _estimate(bench, energy, u, beta))

    _relaxed(bench, energy, beta, see)
    return watch


def _effort(bench: Bench, energy: EnergyNetwork) -> Effort:
    """With the largest power of ten for beta that is small enough; the free phase is the forward pass."""
    count, least = len(bench.vertices), float("inf")
    for beta in SMALL:
        least = bench.error(_estimate(bench, energy, _relaxed(bench, energy, beta), beta))[0]
        if least <= WANTED:
            return effort(f"beta {beta:g}", _watched(bench, energy, beta), 2 * count, count)
    return Effort("nudged", None, None, 2 * count, f"the error stays at {least:.1e}")


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
        ("convergence",), _clamped,
    ),
    RivalMethod(
        "pc-nudged", "predictive coding, nudged output", "the formula is ours", "+ beta C, divided by beta",
        ("small nudging", "convergence"), _nudged,
    ),
)  # fmt: skip

__all__ = ["METHODS", "descended", "squared_error"]

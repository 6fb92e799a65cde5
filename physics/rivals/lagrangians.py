"""Multipliers for the constraints x_v = f_v: LeCun's Lagrangian, and augmented-Lagrangian predictive coding.

    C + sum over v of <m_v, x_v - f_v> + rho/2 |x_v - f_v|^2

Stationary: x = f(x), and c + (1 - (J + 1)^T) m = 0, which is J^T m = c: m = -s, and dL/dtheta is backpropagation's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from sympy import Expr, Integer, Rational

from dyadic.physics.rivals.allowance import OutOfTime, spend
from dyadic.physics.rivals.bench import Bench, Units, added, largest
from dyadic.physics.rivals.descent import STEP, NotAtRest, step_size
from dyadic.physics.rivals.energies import EnergyNetwork, Term, own
from dyadic.physics.rivals.method import Effort, Measurement, MethodTrial, RivalMethod, Watch, effort
from dyadic.physics.words import Rules, Sum, word
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.layers import LayerEquation
from dyadic.symbolic.nouns import counted

RHO, ASCENTS = 1, (0.1, 0.01, 0.001)
_READ = (50, 200, 1000, 5000)


def constrained(rho: int) -> Term:
    """<m_v, x_v - f_v> + rho/2 |x_v - f_v|^2 of every entry; the multiplier m_v stands in the place of s_v."""

    def term(equation: LayerEquation, activation: str | None) -> Expr:
        output = equation.output
        off = own(equation, "x")[output.indices] - output.element
        multiplied = own(equation, "s")[output.indices] * off
        return multiplied + Rational(1, 2) * Integer(rho) * off**2 if rho else multiplied

    return term


def ascended(
    bench: Bench, energy: EnergyNetwork, steps: int, watch: Watch, read: Mapping[int, list[Measurement]],
    rate: float = STEP, ascent: float = STEP,
) -> bool:  # fmt: skip
    """x descends on the Lagrangian, then m += eta (x - f), from the forward state and m = 0.

    An output is not constrained, it is f of its parents; the multiplier -c in its place hands the cost's slope on.
    Returns whether the numbers stayed finite; no more steps are taken once they do not.
    """
    outputs = [name for name in bench.vertices if not bench.derivation.architecture.edges_out[name]]
    u: Units = dict(bench.free)
    m: Units = {name: 0 * value for name, value in u.items()}
    u, m = _with_outputs(bench, u, m, outputs)
    watch.see(0, bench.chosen(energy.by_parameters(u, m)))
    for step in range(1, steps + 1):
        u, m = _with_outputs(bench, u, m, outputs)
        slope = added((1, energy.by_x(u, m)), (1, bench.slope(u)))
        u = {name: value if name in outputs else value - rate * slope[name] for name, value in u.items()}
        u, m = _with_outputs(bench, u, m, outputs)
        watch.see(step, bench.chosen(energy.by_parameters(u, m)))
        spend(partial("step {} of {}, gradient error {:.1e}".format, step, steps, watch.last[0]))
        if step in read:
            read[step].append(Measurement(f"{step} steps", *watch.last))
        m = added((1, m), (-ascent, bench.field(u)))
        if not np.isfinite(largest(m)):
            return False
    return True


def _with_outputs(bench: Bench, u: Units, m: Units, outputs: list[str]) -> tuple[Units, Units]:
    """Outputs at their predictions, with the multipliers that stand for the cost."""
    frame = bench.updates.at(u, {})
    u = {name: frame.f(name) if name in outputs else value for name, value in u.items()}
    slope = bench.slope(u)
    return u, {name: -slope[name] if name in outputs else value for name, value in m.items()}


def _augmented(bench: Bench) -> MethodTrial | str:
    reason = bench.held_constant()
    if reason:
        return reason
    energy = EnergyNetwork(bench.updates, constrained(RHO))
    count, rate = len(bench.vertices), step_size(bench)
    for ascent in ASCENTS:
        watch, read, stopped = Watch(bench), {step: list[Measurement]() for step in _READ}, ""
        try:
            if ascended(bench, energy, _READ[-1], watch, read, rate, ascent):
                break
        except OutOfTime as error:
            stopped = str(error)
            read.setdefault(watch.seen, []).append(Measurement(f"{counted(watch.seen, 'step')}; {error}", *watch.last))
            break
    else:
        raise NotAtRest(f"the multipliers diverge at every rate tried, down to {ASCENTS[-1]:g}")
    measured = tuple(found for step in sorted(read) for found in read[step])
    setting = f"rho {RHO}, rates {rate:.2g} and {ascent:g}"
    equations = tuple(energy.equations()), tuple(energy.equations(latex=True))
    reason = stopped or f"{watch.last[0]:.1e} after {counted(watch.seen, 'step')}"  # it may still be falling
    taken = effort(setting, watch, 3 * count, count, reason)
    return MethodTrial(measured, taken, (stationary_claim("pc-alm", True),), *equations)


def _lecun(bench: Bench) -> MethodTrial | str:
    reason = bench.held_constant()
    if reason:
        return reason
    energy = EnergyNetwork(bench.updates, constrained(0))
    # The stationary point is solved for one equation after another: x forward, m backward.
    m = added((-1, bench.sensitivities))
    residual = added((1, energy.by_x(bench.free, m)), (1, bench.slope(bench.free)))
    found = bench.error(bench.chosen(energy.by_parameters(bench.free, m)))
    count = len(bench.vertices)
    off = largest(residual)
    measured = (Measurement(f"stationary point (dL/dx = {off:.0e})", *found),)
    taken = Effort("solved vertex by vertex", 1, 2 * count, 2 * count)
    equations = tuple(energy.equations()), tuple(energy.equations(latex=True))
    return MethodTrial(measured, taken, (stationary_claim("lecun", False),), *equations)


@recorded
def stationary_claim(name: str, augmented: bool) -> Claim:
    """At x = f(x) the penalty's slope is 0 and dL/dx = c - J^T m; so J^T (m + s) = c - c."""
    m, s, c = word("m"), word("s"), word("c")
    penalty = (
        (-1 * word("F")).after("J^T") if augmented else Sum({})
    )  # of rho/2 |x - f|^2: -rho J^T (x - f), x - f = -F
    slope = c - m.after("J^T") + penalty
    at_rest = Rules({("F",): Sum({})})
    rules = Rules({("F",): Sum({}), ("J^T", "m"): c, ("J^T", "s"): -1 * c})
    holds = at_rest.same(slope, c - m.after("J^T")) and rules.same(slope, Sum({}))
    holds = holds and rules.same((m + s).after("J^T"), Sum({}))
    return Claim(
        f"{name}:stationary", "at every stationary point m = -s, and the gradient is backpropagation's",
        Verdict.PROVED if holds else Verdict.UNDECIDED, "words in linear maps",
        ("J is invertible at u0, as it is for every network without a cycle",
         *(("convergence is seen, not shown",) if augmented else ())),
        reason=None if holds else "the two sides have different normal forms",
    )  # fmt: skip


METHODS = (
    RivalMethod(
        "lecun", "LeCun's Lagrangian", "LeCun 1988, A theoretical framework for back-propagation",
        "C + sum of <B, x - f>; with the other sign of B the multiplier is s itself",
        ("an exact solve, layer by layer",), _lecun,
    ),
    RivalMethod(
        "pc-alm", "augmented-Lagrangian predictive coding",
        "arXiv:2605.31022; code SakanaAI/pc-alm, pcalm/inference.py",
        "one step of x for each of m += eta (x - f); the output is its prediction; credit read before m is updated",
        ("multipliers", "convergence"), _augmented,
    ),
)  # fmt: skip

__all__ = ["METHODS", "ascended", "constrained", "stationary_claim"]

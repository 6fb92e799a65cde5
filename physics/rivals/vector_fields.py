"""Equilibrium propagation on a vector field: AsymEP, vector-field EP, holomorphic EP, Dyadic EP.

A nudged state solves F(u) - beta c(u) - 2 A (u - u0) = 0; AsymEP has A = (J0 - J0^T)/2, vector-field EP A = 0.  Its
coefficient of beta is J^T w_1 = c and J w_1 = c, respectively, where backpropagation has J^T s = -c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial

import numpy as np
from flint import fmpz_poly

from dyadic.physics.linearity import constant_rates
from dyadic.physics.rivals.allowance import OutOfTime, spend
from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import (
    BetaSeries,
    exactness_claim,
    expansion,
    limit_claim,
    order_claim,
    vanishing,
)
from dyadic.physics.rivals.complex_numbers import on_complex_numbers
from dyadic.physics.rivals.field_estimates import (
    Estimate,
    cauchy,
    centred,
    estimate,
    mean_of_phases,
    one_sided,
    phases_on_circle,
)
from dyadic.physics.rivals.finite_time import exact_after
from dyadic.physics.rivals.method import (
    NUDGES,
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
from dyadic.physics.rivals.nudged_states import Correction, Equilibrium, residual, settled, unit_steps
from dyadic.physics.rivals.phases import together
from dyadic.physics.updates import Array
from dyadic.physics.words import Rules, Sum, word
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.expressions import Apply, Definition, Reduction
from dyadic.symbolic.nouns import counted

BETAS = (0.1, 0.01, 0.001)
_SCURRIA = "arXiv:2602.03670 (form: EquilibriumPropagation.jl, page on non-conservative EP)"
_ANALYTIC = "the nudged state continues analytically from beta = 0 to every beta that is used"


# -- claims ------------------------------------------------------------------------------------------------------------


def first_coefficient(symmetric: bool, corrected: bool) -> bool:
    """Whether J^T (w_1 + s) = 0 by the rules of the method, so that -w_1 is backpropagation's s.

    Of the residual the coefficient of beta is J w_1 - c - 2 A w_1, where 2 A = J - J^T: it defines the rule for w_1.
    """
    w, s, c = word("w1"), word("s"), word("c")
    coefficient = w.after("J") - c
    if corrected:
        coefficient = coefficient - (w.after("J") - w.after("J^T"))
    stated = (w.after("J^T") if corrected else w.after("J")) - c
    if not Rules({}).same(coefficient, stated):
        return False
    transposed = "J" if symmetric else "J^T"
    rules = Rules({("J^T" if corrected else "J", "w1"): c, (transposed, "s"): -1 * c})
    return rules.same((w + s).after(transposed), Sum({}))


@recorded
def _order(name: str, order: int, what: str, symmetric: bool, corrected: bool, hypotheses: tuple[str, ...]) -> Claim:
    return order_claim(name, order, first_coefficient(symmetric, corrected), what, hypotheses)


def roots_of_unity(points: int) -> bool:
    """sum over k of z^(k m) is N for m = 0 mod N and else 0, z a primitive root: modulo the cyclotomic polynomial."""
    cyclotomic = fmpz_poly.cyclotomic(points)
    for m in range(points):
        sums = [0] * points
        for k in range(points):
            sums[k * m % points] += 1
        left = fmpz_poly(sums) % cyclotomic
        if left != (points if m == 0 else 0):
            return False
    return True


def _expanded(bench: Bench, corrected: bool, order: int) -> BetaSeries:
    one = bench.balls()
    slope = one.jacobian_at(one.free)
    if not corrected:
        return expansion(one, partial(residual, correction=Correction(None)), slope, order)
    rows = slope.tolist()
    size = len(rows)
    twice = np.empty((size, size), dtype=object)
    for i in range(size):
        for j in range(size):
            twice[i, j] = rows[i][j] - rows[j][i]
    return expansion(one, partial(residual, correction=Correction(twice)), slope.transpose(), order)


def _error_term(bench: Bench, corrected: bool, k: int) -> dict[str, Array]:
    """-(dF/dtheta)^T w_k in balls: the coefficient of beta^(k - 1) of the estimates."""
    found = _expanded(bench, corrected, k)
    return estimate(found.bench, found.term(k))


def _exact(name: str, bench: Bench, order: int, setting: str) -> Claim:
    """Of AsymEP's field."""
    return exactness_claim(
        f"{name} {setting}", order, lambda: _error_term(bench, True, order + 1), setting,
        straight=partial(constant_rates, bench.derivation), nothing=partial(vanishing, bench),
    )  # fmt: skip


def _limit(bench: Bench) -> tuple[dict[str, Array], dict[str, Array]]:
    found = _expanded(bench, False, 1)
    return estimate(found.bench, found.term(1)), found.bench.gradient


def _symmetric(bench: Bench) -> bool:
    """Whether J = J^T at u0 for certain, as where no layer reads another."""
    one = bench.balls()
    table = one.jacobian_at(one.free).tolist()
    pairs = [(table[i][k], table[k][i]) for i in range(len(table)) for k in range(i)]
    return all(one.is_exact() and two.is_exact() and one == two for one, two in pairs)


# -- methods -----------------------------------------------------------------------------------------------------------


def _asymmetric(bench: Bench) -> MethodTrial | str:
    reason = bench.too_large() or bench.held_constant()
    if reason:
        return reason
    correction = Correction(bench.jacobian - bench.jacobian.T)
    measured = [
        _measured(f"{name}, beta {beta:g}", bench, partial(form, bench, beta, correction))
        for name, form in (("centred", centred), ("one-sided", one_sided))
        for beta in BETAS
    ]
    claims = (
        _order(
            "asymep centred", 2, "the centred estimate is backpropagation's gradient + O(beta^2)", False, True, _SMOOTH
        ),
        _order(
            "asymep one-sided",
            1,
            "the one-sided estimate is backpropagation's gradient + O(beta)",
            False,
            True,
            _SMOOTH,
        ),
        _exact("asymep", bench, 2, "centred"),
        _exact("asymep", bench, 1, "one-sided"),
    )
    taken = in_time(partial(_effort, bench, correction, 3), "centred", 6 * len(bench.vertices))
    return MethodTrial(tuple(measured), taken, claims)


def _vector_field(bench: Bench) -> MethodTrial | str:
    reason = bench.too_large() or bench.held_constant()
    if reason:
        return reason
    none = Correction(None)
    measured = [_measured(f"centred, beta {beta:g}", bench, partial(centred, bench, beta, none)) for beta in BETAS]
    what = "where J is symmetric, the centred estimate is backpropagation's gradient + O(beta^2)"
    claims = (
        _order("vf-ep symmetric", 2, what, True, False, (*_SMOOTH, "J = J^T at u0")),
        limit_claim(
            "vf-ep:limit", "for beta -> 0 the estimate becomes backpropagation's gradient", lambda: _limit(bench),
            "-(dF/dtheta)^T J^-1 c against -(dF/dtheta)^T J^-T c, in balls", same=lambda: _symmetric(bench),
        ),
    )  # fmt: skip
    taken = in_time(partial(_effort, bench, none, 1), "centred", 2 * len(bench.vertices))
    return MethodTrial(tuple(measured), taken, claims)


def _holomorphic(bench: Bench) -> MethodTrial | str:
    bench = Bench(on_complex_numbers(bench.updates), bench.over)
    reason = bench.too_large() or bench.held_constant() or _not_analytic(bench)
    if reason:
        return reason
    correction = Correction(bench.jacobian - bench.jacobian.T)
    nudged = cache(partial(settled, bench, correction=correction))  # N = 8 has the phases of N = 2 and 4
    measured = [
        _measured(f"N = {points}, beta {beta:g}", bench, partial(cauchy, bench, beta, points, nudged))
        for beta in (0.1, 0.5)
        for points in (2, 4, 8)
    ]
    claims = tuple(_order_of_mean(points) for points in (2, 4, 8))
    claims += (_exact("holomorphic", bench, 2, "N = 2"),)
    steps = partial(_effort_of_phases, bench, 0.1, 8, nudged, correction)
    taken = in_time(steps, "N = 8, beta 0.1", 24 * len(bench.vertices))
    return MethodTrial(tuple(measured), taken, claims)


def _effort_of_phases(
    bench: Bench, beta: float, points: int, nudged: Callable[[complex], Equilibrium], correction: Correction
) -> Effort:
    """Steps of all phases at once, after the free phase."""
    stepped = cauchy(bench, beta, points, nudged).stepped
    paths = [unit_steps(bench, beta * phase, correction) for phase in phases_on_circle(points)]
    watch = together(bench, paths, bench.free, lambda *states: mean_of_phases(bench, beta, states))
    count = len(bench.vertices)
    reason = "" if stepped else _unsettled(watch)
    return effort(f"N = {points}, beta {beta:g}", watch, 3 * points * count, count, reason)


def _unsettled(watch: Watch) -> str:
    """Where unit steps go on without end, or until numbers overflow."""
    steps = counted(watch.seen, "step")
    error = f"error {watch.last[0]:.1e} after {steps}" if np.isfinite(watch.last[0]) else f"no error after {steps}"
    return f"unit steps do not settle, {error}"


@recorded
def _order_of_mean(points: int) -> Claim:
    holds = first_coefficient(False, True) and roots_of_unity(points)
    what = f"the mean over {points} points is backpropagation's gradient + O(beta^{points})"
    return order_claim(f"holomorphic N = {points}", points, holds, what, (*_SMOOTH, _ANALYTIC))


def _not_analytic(bench: Bench) -> str | None:
    """Complex numbers must run through the emitted code; comparisons, maxima and integers do not."""
    derived = [layer.equation.definitions for layer in bench.derivation.layers.values()]
    derived += [cost.equation.definitions for cost in bench.derivation.costs.values()]
    kinds = {name for definitions in derived for name in _choices(definitions)}
    if kinds:
        return f"the network is not holomorphic: it holds {', '.join(sorted(kinds))}"
    try:
        with np.errstate(all="ignore"):
            value = bench.field({name: array * (1 + 1e-3j) for name, array in bench.free.items()})
    except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
        return f"the emitted code does not run on complex numbers: {str(error).partition(' not supported')[0]}"
    return None if all(np.isfinite(array).all() for array in value.values()) else "a function has a pole near u0"


def _choices(definitions: Iterable[Definition]) -> set[str]:
    """What compares numbers in some definitions: functions with a kink, maxima."""
    found: set[str] = set()
    for item in definitions:
        found |= {node.name for node in item.body.atoms(Apply) if node.name not in _ANALYTIC_FUNCTIONS}
        found |= {node.kind for node in item.body.atoms(Reduction) if node.kind in ("max", "argmax")}
    return found


_ANALYTIC_FUNCTIONS = frozenset(
    {"identity", "tanh", "sigmoid", "softplus", "gelu", "gelu_tanh", "silu", "exp", "expm1", "log", "log1p", "sqrt",
     "rsqrt", "erf", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh",
     "log_sigmoid", "mish"}
)  # fmt: skip


def _dyadic(bench: Bench) -> MethodTrial | str:
    from dyadic.physics.dynamics import RelaxationSetting, run

    count, steps = len(bench.vertices), exact_after(bench)
    # d = -beta s obeys dd/dt = J^T d - beta c, the relaxation of s times beta: one relaxation stands for every beta.
    found = run(bench.updates, RelaxationSetting(steps), "zero")
    gradient = estimate(bench, added((-1, found.final.s)))
    measured = Measurement("any beta: d / beta = -s of one relaxation", *bench.error(gradient))
    return MethodTrial((measured,), Effort("any beta", steps, 2 * count * steps, 2 * count), (dyadic_claim(),))


@recorded
def dyadic_claim() -> Claim:
    """J^T d = beta c: with d = beta e the rule J^T e -> c, and J^T (e + s) = 0."""
    e, s, c = word("e"), word("s"), word("c")
    rules = Rules({("J^T", "e"): c, ("J^T", "s"): -1 * c})
    holds = rules.same((e + s).after("J^T"), Sum({}))
    return Claim(
        "dyadic-ep:exact", "at equilibrium the estimate is backpropagation's gradient, for every beta",
        Verdict.PROVED if holds else Verdict.UNDECIDED, "words in linear maps",
        ("J is invertible at u0, as it is for every network without a cycle", "beta is not 0"),
        reason=None if holds else "the two sides have different normal forms",
    )  # fmt: skip


def _measured(setting: str, bench: Bench, estimated: Callable[[], Estimate]) -> Measurement:
    try:
        spend(doing=setting)
        found = estimated()
    except OutOfTime as stopped:
        return Measurement(f"{setting}; {stopped}", np.nan, np.nan)
    error = bench.error(found.gradient)
    newton = f"and {found.reason}" if found.reason else "Newton's method"
    how = "" if found.stepped else f"; unit steps do not settle, {newton}"
    return Measurement(setting + how, *error)


def _effort(bench: Bench, correction: Correction, per_vertex: int) -> Effort:
    """Steps of both nudged phases, with the first beta that is small enough, after the free phase."""
    count = len(bench.vertices)
    errors, stepped = list[float](), True
    for beta in NUDGES:
        found = centred(bench, beta, correction)
        stepped = stepped and found.stepped
        errors.append(bench.error(found.gradient)[0])
        if errors[-1] <= WANTED:
            break
    else:
        reason = stays(*errors)
        if not stepped and np.isfinite(errors).all():
            reason = f"the smallest error seen is {min(errors):.1e}, and unit steps do not settle for every nudge"
        return Effort("centred", None, None, 2 * per_vertex * count, reason)

    def halved(up: Units, down: Units) -> dict[str, Array]:
        return estimate(bench, added((1 / (2 * beta), up), (-1 / (2 * beta), down)))

    paths = [unit_steps(bench, sign * beta, correction) for sign in (1, -1)]
    watch = together(bench, paths, bench.free, halved)
    reason = "" if found.stepped else _unsettled(watch)
    return effort(f"centred, beta {beta:g}", watch, 2 * per_vertex * count, count, reason)


_SMOOTH = ("F and C are analytic near u0",)
_CENTRED = (
    "g = -(dF/dtheta)^T (u(beta) - u(-beta)) / (2 beta), dF/dtheta at u0",
    r"g = -(\partial F/\partial\theta)^T\,\frac{u(\beta) - u(-\beta)}{2\beta},"
    r"\quad \partial F/\partial\theta \text{ at } u_0",
)
_ASYMMETRIC = (
    "du/dt = F(u) - beta c(u) - 2 A (u - u0), A = (J - J^T)/2 with J = dF/du at u0",
    r"\dot u = F(u) - \beta\,c(u) - 2A\,(u - u_0),\quad A = \tfrac{1}{2}(J - J^T),"
    r"\quad J = \partial F/\partial u \text{ at } u_0",
)
METHODS = (
    RivalMethod(
        "dyadic-ep", "Dyadic EP", _SCURRIA, "midpoint and difference: dm = F(m), dd = J(m)^T d - beta c(m)",
        ("two coupled states", "convergence"), _dyadic,
        (
            ("dm/dt = F(m), dd/dt = J(m)^T d - beta c(m), J = dF/du",
             r"\dot m = F(m),\quad \dot d = J(m)^T d - \beta\,c(m),\quad J = \partial F/\partial u"),
            ("g = -(dF/dtheta)^T d / beta", r"g = -(\partial F/\partial\theta)^T d/\beta"),
        ),
    ),
    RivalMethod(
        "asymep", "AsymEP", _SCURRIA,
        "dynamics F(u) - beta c - 2 A (u - u0), gradient -(dF/dtheta)^T (u+ - u-)/(2 beta)",
        ("two phases", "J at the free state", "small nudging", "convergence"), _asymmetric,
        (_ASYMMETRIC, _CENTRED),
    ),
    RivalMethod(
        "vf-ep", "vector-field EP", "arXiv:1808.04873", "as AsymEP without its correction",
        ("symmetric interactions", "two phases", "small nudging", "convergence"), _vector_field,
        (("du/dt = F(u) - beta c(u)", r"\dot u = F(u) - \beta\,c(u)"), _CENTRED),
    ),
    RivalMethod(
        "holomorphic", "holomorphic EP", "arXiv:2209.00530", "on AsymEP's field; the formula of the mean is ours",
        ("an analytic network", "J at the free state", "oscillating nudging, N points", "convergence"), _holomorphic,
        (
            _ASYMMETRIC,
            ("g = -(dF/dtheta)^T Sum[k<N] u(beta e^(2 pi i k/N)) e^(-2 pi i k/N) / (N beta)",
             r"g = -(\partial F/\partial\theta)^T\,\frac{1}{N\beta}"
             r"\sum_{k<N} u(\beta e^{2\pi i k/N})\, e^{-2\pi i k/N}"),
        ),
    ),
)  # fmt: skip

__all__ = ["BETAS", "METHODS", "dyadic_claim", "first_coefficient", "roots_of_unity"]

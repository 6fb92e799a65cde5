"""Methods on an energy with symmetric interactions: equilibrium propagation, coupled and contrastive Hebbian learning.

    E = sum over layers of 1/2 |x_l|^2 - <r(x_l), W_l r(x_{l-1}) + b_l>

with each layer's weights in both directions; its minimum is not the forward pass, and the cost that these methods
descend is that of the minimum.  With H = d2E/dx2 and c = grad C there, dC/dtheta = -(d2E/dx dtheta)^T H^-1 c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from sympy import Expr, Rational

from dyadic.physics.enclosures import Unenclosed, enclosing, matrix
from dyadic.physics.number_types import Series, Slopes, mapped
from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import coefficients, exactness_claim, expansion, limit_claim, order_claim
from dyadic.physics.rivals.descent import MOST_STEPS, Objective, Rest, at_rest
from dyadic.physics.rivals.dual_propagation import no_layers
from dyadic.physics.rivals.energies import EnergyNetwork, activation, own
from dyadic.physics.rivals.method import NUDGES, WANTED, Effort, Measurement, MethodTrial, RivalMethod, Watch
from dyadic.physics.rivals.verified_zero import verified_zero
from dyadic.physics.updates import Array
from dyadic.physics.words import Rules, Sum, word
from dyadic.proofs.claims import Claim
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.expressions import Apply, Definition, Element, Tensor
from dyadic.symbolic.layers import LayerEquation
from dyadic.symbolic.tensor_names import Name, V

BETAS, ETAS = (0.1, 0.01, 0.001), (0.1, 0.01, 0.001)


def hopfield(equation: LayerEquation, activation: str | None) -> Expr:
    """x_v^2 / 2 - r(x_v) a_v of every entry, a_v the layer before its activation r (:func:`symmetric_layer`)."""
    before = equation.output
    x = own(equation, "x")[before.indices]
    return Rational(1, 2) * x**2 - _rated(activation, x) * before.element


def _rated(activation: str | None, x: Expr) -> Expr:
    """r(x)."""
    return x if activation in (None, "identity") else Apply(activation, 0, x)


def symmetric_layer(equation: LayerEquation, parents: tuple[str | None, ...]) -> LayerEquation:
    """The layer up to its pre-activation, which reads r(x_u) of a parent that is no input."""
    before, (parent,) = equation.definitions[0], parents
    reads = {entry: _rated(parent, entry) for entry in before.body.atoms(Element) if entry.name.is_plain("x")}
    changed = Definition(Tensor(Name("a", V), before.tensor.shape), before.indices, before.body.xreplace(reads))
    return LayerEquation(equation.inputs, equation.parameters, (changed,), equation.sizes, equation.extents)


@dataclass(frozen=True)
class EnergyMinimum:
    """The symmetric network's free state on a bench, and the gradient of the cost there.

    steps: of gradient descent to the free state; None where it was found by Newton's method.
    """

    bench: Bench
    energy: EnergyNetwork
    free: Units
    steps: int | None

    @cached_property
    def gradient(self) -> dict[str, Array]:
        """dC/dtheta of the cost at the minimum: -(d2E/dx dtheta)^T H^-1 c.

        From balls, which are far narrower than a double; where there are none by central differences of E's slopes.
        """
        try:
            with enclosing():
                exact = self.enclosed.gradient()
        except Unenclosed:
            return self._by_differences()
        return {name: mapped(lambda ball: float(ball.mid()), value).astype(float) for name, value in exact.items()}

    def _by_differences(self) -> dict[str, Array]:
        h = self.hessian
        c = np.array(self.bench.flat(self.bench.slope(self.free)), dtype=float)
        moved = self.bench.units(np.linalg.solve(h, c))
        step = 1e-6
        ahead, behind = (self.parameters(added((1, self.free), (sign * step, moved))) for sign in (1, -1))
        return {name: -(ahead[name] - behind[name]) / (2 * step) for name in ahead}

    @cached_property
    def hessian(self) -> Array:
        columns, step = [], 1e-6
        for unit in np.eye(self.bench.size):
            shift = self.bench.units(unit)
            ahead, behind = (self.energy.by_x(added((1, self.free), (sign * step, shift)), {}) for sign in (1, -1))
            columns.append((np.array(self.bench.flat(ahead)) - np.array(self.bench.flat(behind))) / (2 * step))
        return np.array(columns, dtype=float).T

    @cached_property
    def enclosed(self) -> Enclosed:
        """The free state, enclosed; to be asked for within :func:`enclosing`."""
        return Enclosed(self)

    @cached_property
    def target(self) -> Bench:
        """A bench whose gradient is that of the cost at the minimum."""
        other = Bench(self.bench.updates, self.bench.over)
        other.__dict__["gradient"] = self.gradient
        return other

    def parameters(self, u: Units) -> dict[str, Array]:
        """dE/dtheta."""
        return self.bench.chosen(self.energy.by_parameters(u, {}))

    def error(self, gradient: Mapping[str, Array]) -> tuple[float, float]:
        """Against the gradient of the cost at the minimum, as :meth:`Bench.error`."""
        return self.target.error(gradient)


def minimum(bench: Bench) -> EnergyMinimum | str:
    """The symmetric network and its free state, or why there is none."""
    reason = no_layers(bench)
    if reason:
        return reason
    energy = EnergyNetwork(bench.updates, hopfield, symmetric_layer)
    found = at_rest(Objective(bench, lambda u: energy.value(u, {}), lambda u: energy.by_x(u, {})), bench.free)
    return EnergyMinimum(bench, energy, found.u, found.steps)


def nudged(found: EnergyMinimum, beta: float, see: Callable[[int, Units], None] | None = None) -> Rest:
    """The minimum of E + beta C near the free one."""

    def value(u: Units) -> float:
        return found.energy.value(u, {}) + beta * float(np.sum(found.bench.updates.at(u, {}).cost()))

    def slope(u: Units) -> dict[str, Array]:
        return added((1, found.energy.by_x(u, {})), (beta, found.bench.slope(u)))

    return at_rest(Objective(found.bench, value, slope), found.free, see=see)


def held(found: EnergyMinimum, eta: float, see: Callable[[int, Units], None] | None = None) -> Rest:
    """The minimum with the output held at o - eta c, that is o + eta (y - o) for half a squared norm."""
    last = found.bench.vertices[-1]
    output = found.free[last] - eta * found.bench.slope(found.free)[last]
    energy = found.energy
    objective = Objective(found.bench, lambda u: energy.value(u, {}), lambda u: energy.by_x(u, {}), (last,))
    return at_rest(objective, {**found.free, last: output}, see=see)


def difference(found: EnergyMinimum, one: Units, two: Units, scale: float) -> dict[str, Array]:
    """(dE/dtheta at one - dE/dtheta at two) / scale."""
    ahead, behind = found.parameters(one), found.parameters(two)
    return {name: (ahead[name] - behind[name]) / scale for name in ahead}


# -- in balls ----------------------------------------------------------------------------------------------------------


class Enclosed:
    """The free state of the symmetric network as a verified zero, and first coefficients there, in balls."""

    def __init__(self, found: EnergyMinimum) -> None:
        self.bench = found.bench.balls()
        self.energy = found.energy.with_numbers(self.bench.updates)
        guess = np.array(found.bench.flat(found.free), dtype=float)
        self.free = self._units(verified_zero(self._slope, guess))
        numbered = [Slopes(value, {k: arb(1)}) for k, value in enumerate(self.bench.flat(self.free))]
        self.hessian = matrix(self._slope(numbered), self.bench.size)

    def _units(self, entries: list[Any]) -> dict[str, Array]:
        flat = np.empty(len(entries), dtype=object)
        flat[:] = entries
        return self.bench.units(flat)

    def _slope(self, entries: list[Any]) -> list[Any]:
        return self.bench.flat(self.energy.by_x(self._units(entries), {}))

    def along(self, direction: list[Any]) -> dict[str, Array]:
        """(d2E/dx dtheta)^T times a direction: the coefficient of e of dE/dtheta at free + e direction."""
        before, ctx.cap = ctx.cap, 2
        try:
            pairs = zip(self.bench.flat(self.free), direction, strict=True)
            u = self._units([Series.of(pair) for pair in pairs])
            return coefficients(self.bench.chosen(self.energy.by_parameters(u, {})), 1)
        finally:
            ctx.cap = before

    def cost_slope(self) -> list[Any]:
        return self.bench.flat(self.bench.slope(self.free))

    def gradient(self) -> dict[str, Array]:
        """dC/dtheta at the minimum."""
        column = arb_mat(self.bench.size, 1, [-arb(value) for value in self.cost_slope()])
        return self.along(list(self.hessian.solve(column).entries()))

    def coupled(self) -> dict[str, Array]:
        """The limit eta -> 0 of coupled learning: the output moves by -c, the others by what holds them at rest."""
        size, c = self.bench.size, self.cost_slope()
        output = int(np.asarray(self.free[self.bench.vertices[-1]]).size)
        hidden, table = size - output, self.hessian.tolist()
        moved = [-arb(value) for value in c[hidden:]]
        right = [-sum((table[i][hidden + k] * moved[k] for k in range(output)), arb(0)) for i in range(hidden)]
        if not hidden:
            return self.along(moved)
        block = arb_mat(hidden, hidden, [table[i][j] for i in range(hidden) for j in range(hidden)])
        return self.along([*block.solve(arb_mat(hidden, 1, right)).entries(), *moved])

    def linear_output(self) -> bool:
        """Whether all of the network is one layer with r(x) = x.

        Then H = 1 and dE/dtheta is affine in x, so that the contrast is -(d2E/dx dtheta)^T c for every eta; and the
        minimum is the forward pass, of whose output dE/dx = x - f, so that this is backpropagation's gradient.
        """
        size = self.bench.size
        (vertex, *more) = self.bench.derivation.architecture.vertices
        unit = arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
        return not more and activation(vertex) in (None, "identity") and bool(self.hessian == unit)

    def error_term(self, order: int) -> dict[str, Array]:
        """The coefficient of beta^order of the estimate: that of beta^(order + 1) of dE/dtheta."""

        def residual(there: Bench, u: Units, beta: Any) -> dict[str, Array]:
            return added((1, self.energy.by_x(u, {})), (beta, there.slope(u)))

        found = expansion(self.bench, residual, self.hessian, order + 1, self.free)
        before, ctx.cap = ctx.cap, order + 2
        try:
            return coefficients(self.bench.chosen(self.energy.by_parameters(found.series(), {})), order + 1)
        finally:
            ctx.cap = before

    def contrast(self, eta: float, guess: Units) -> dict[str, Array]:
        """(dE/dtheta with the output held at o - eta c - dE/dtheta) / eta; guess: the held state."""
        last = self.bench.vertices[-1]
        output = (self.free[last] - eta * self.bench.slope(self.free)[last]).ravel()
        hidden = self.bench.size - len(output)

        def rate(entries: list[Any]) -> list[Any]:
            return self._slope([*entries, *output])[:hidden]

        start = np.array([float(value) for value in self.bench.flat(guess)[:hidden]])
        u = self._units([*(verified_zero(rate, start) if hidden else []), *output])
        ahead, behind = (self.bench.chosen(self.energy.by_parameters(state, {})) for state in (u, self.free))
        return {name: (ahead[name] - behind[name]) / eta for name in ahead}


@recorded
def _order(name: str, order: int, what: str) -> Claim:
    """The estimate tends to K^T w_1 with H w_1 = -c, the gradient is -K^T H^-T c; K = d2E/dx dtheta."""
    v, w, c = word("v"), word("w1"), word("c")
    # dC/dtheta = K^T v with H^T v = -c; for symmetric H both obey the same equation.
    rules = Rules({("H", "w1"): -1 * c, ("H", "v"): -1 * c})
    holds = rules.same((w - v).after("H"), Sum({}))
    return order_claim(name, order, holds, what, (_ANALYTIC, "H is symmetric and invertible there"))


def _equilibrium(bench: Bench) -> MethodTrial | str:
    found = minimum(bench)
    if isinstance(found, str):
        return found
    measured, good = [], None
    for beta in NUDGES:
        if good is None or beta in BETAS:
            up, down = nudged(found, beta), nudged(found, -beta)
            error = found.error(difference(found, up.u, down.u, 2 * beta))
            good = beta if good is None and error[0] <= WANTED else good
        if beta in BETAS:
            measured.append(Measurement(f"centred, beta {beta:g}, against the minimum's gradient{up.how}", *error))
    for beta in BETAS:
        up = nudged(found, beta)
        error = found.error(difference(found, up.u, found.free, beta))
        measured.append(Measurement(f"one-sided, beta {beta:g}, against the minimum's gradient{up.how}", *error))
    up, down = nudged(found, BETAS[-1]), nudged(found, -BETAS[-1])
    against = bench.error(difference(found, up.u, down.u, 2 * BETAS[-1]))
    measured.append(Measurement(f"centred, beta {BETAS[-1]:g}, against the forward pass's", *against))
    claims = (
        _order("ep centred", 2, "the centred estimate is the gradient of the minimum's cost + O(beta^2)"),
        _order("ep one-sided", 1, "the one-sided estimate is the gradient of the minimum's cost + O(beta)"),
        exactness_claim("ep centred", 2, lambda: found.enclosed.error_term(2), "centred", _MINIMUM, _ANALYTIC),
        exactness_claim("ep one-sided", 1, lambda: found.enclosed.error_term(1), "one-sided", _MINIMUM, _ANALYTIC),
        limit_claim(
            "ep:feedforward", "for beta -> 0 it is backpropagation's gradient of the forward pass with these weights",
            lambda: _limits(found, False), "the minimum enclosed by Krawczyk's test, both gradients in balls",
            same=lambda: found.enclosed.linear_output(),
        ),
    )  # fmt: skip
    return MethodTrial(tuple(measured), _effort(found, good, measured), claims, *_equations(found))


def _limits(found: EnergyMinimum, coupled: bool) -> tuple[dict[str, Array], dict[str, Array]]:
    there = found.enclosed
    return (there.coupled(), there.gradient()) if coupled else (there.gradient(), there.bench.gradient)


def _contrast(found: EnergyMinimum) -> tuple[dict[str, Array], dict[str, Array]]:
    there = found.enclosed
    return there.contrast(1.0, held(found, 1.0).u), there.gradient()


def _effort(found: EnergyMinimum, beta: float | None, measured: list[Measurement]) -> Effort:
    count = len(found.bench.vertices)
    if beta is None:
        least = min(one.error for one in measured[: len(BETAS)])
        return Effort("centred", None, None, 4 * count, f"the error stays at {least:.1e}")
    paths: list[list[Units]] = [[], []]
    ends = [
        nudged(found, sign * beta, lambda step, u, path=path: path.append(u))  # type: ignore[misc]
        for path, sign in zip(paths, (1, -1), strict=True)
    ]
    watch = Watch(found.target)
    for step, (up, down) in enumerate(zip(*paths, strict=False), 1):
        watch.see(step, difference(found, up, down, 2 * beta))
    setting = f"centred, beta {beta:g}, to the minimum's gradient"
    if found.steps is None or watch.first is None or not all(rest.steps for rest in ends):
        return Effort(setting, None, None, 4 * count, f"descent does not come to rest in {MOST_STEPS} steps")
    total = found.steps * 2 * count + watch.first * 4 * count
    return Effort(f"{setting}; {found.steps} of them in the free phase", found.steps + watch.first, total, 4 * count)


def _coupled(bench: Bench, etas: tuple[float, ...], name: str) -> MethodTrial | str:
    found = minimum(bench)
    if isinstance(found, str):
        return found
    measured = []
    for eta in etas:
        there = held(found, eta)
        error = found.error(difference(found, there.u, found.free, eta))
        measured.append(Measurement(f"eta {eta:g}, against the minimum's gradient{there.how}", *error))
    how, at_one = "the states enclosed by Krawczyk's test, both gradients in balls", len(etas) == 1
    what = f"the contrast {'with eta = 1' if at_one else 'over eta, for eta -> 0,'} is {_MINIMUM}"
    gradients = (lambda: _contrast(found)) if at_one else (lambda: _limits(found, True))
    same = lambda: found.enclosed.linear_output()  # noqa: E731
    claims = (limit_claim(f"{name}:exact", what, gradients, how, "gradient_of_the_cost", same),)
    return MethodTrial(tuple(measured), _effort_of_holding(found, etas, measured), claims, *_equations(found))


def _effort_of_holding(found: EnergyMinimum, etas: tuple[float, ...], measured: list[Measurement]) -> Effort:
    """With the first eta that is small enough: the free phase, then the one with the output held."""
    per_step = 2 * len(found.bench.vertices)
    for eta, one in zip(etas, measured, strict=True):
        first = _first(found, eta) if one.error <= WANTED and found.steps is not None else None
        if first is not None and found.steps is not None:
            steps = found.steps + first
            return Effort(f"eta {eta:g}, {found.steps} of them in the free phase", steps, steps * per_step, per_step)
    least = min(one.error for one in measured)
    reason = f"the error stays at {least:.1e}" if least > WANTED else f"descent needs more than {MOST_STEPS} steps"
    return Effort("output held", None, None, per_step, reason)


def _first(found: EnergyMinimum, eta: float) -> int | None:
    """The step of the held phase from which the error is small enough; 0 where nothing is left to move."""
    watch = Watch(found.target)
    if len(found.bench.vertices) == 1:
        return 0
    held(found, eta, lambda step, u: watch.see(step, difference(found, u, found.free, eta)))
    return watch.first


def _equations(found: EnergyMinimum) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(found.energy.equations()), tuple(found.energy.equations(latex=True))


_MINIMUM = "the gradient of the minimum's cost"
_ANALYTIC = "E and C are analytic at the minimum"
_NEEDS = ("symmetric weights", "an energy", "two phases", "convergence")
METHODS = (
    RivalMethod(
        "ep", "equilibrium propagation", "Scellier and Bengio 2017; sign as in Laborieux's code",
        "on the symmetric network with this network's weights", (*_NEEDS, "small nudging"), _equilibrium,
    ),
    RivalMethod(
        "coupled", "coupled learning", "Stern et al. 2021, Phys. Rev. X 11, 021045; the formula is ours",
        "output held at o - eta c", _NEEDS, lambda bench: _coupled(bench, ETAS, "coupled"),
    ),
    RivalMethod(
        "chl", "contrastive Hebbian learning", "Movellan 1991; the formula is ours", "coupled learning with eta = 1",
        _NEEDS, lambda bench: _coupled(bench, (1.0,), "chl"),
    ),
)  # fmt: skip

__all__ = ["METHODS", "Enclosed", "EnergyMinimum", "difference", "held", "minimum", "nudged"]

"""Methods on an energy with symmetric interactions: equilibrium propagation, coupled and contrastive Hebbian learning.

    E = sum over layers of 1/2 |x_l|^2 - <r(x_l), W_l r(x_{l-1}) + b_l>

with each layer's weights in both directions; its minimum is not the forward pass, and the cost that these methods
descend is that of the minimum.  With H = d2E/dx2 and c = grad C there, dC/dtheta = -(d2E/dx dtheta)^T H^-1 c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from sympy import Expr, Rational

from dyadic.physics.enclosures import Unenclosed, enclosing
from dyadic.physics.number_types import mapped
from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.beta_series import all_zero, exactness_claim, limit_claim, order_claim
from dyadic.physics.rivals.descent import (
    MOST_STEPS,
    NotAtRest,
    Objective,
    Rest,
    at_rest,
    at_rest_or_nowhere,
    path,
    positive_solution,
)
from dyadic.physics.rivals.dual_propagation import no_layers
from dyadic.physics.rivals.enclosed_minimum import Enclosed
from dyadic.physics.rivals.energies import EnergyNetwork, own
from dyadic.physics.rivals.method import (
    AFTER_FORWARD,
    NUDGES,
    WANTED,
    Effort,
    Measurement,
    MethodTrial,
    RivalMethod,
    in_time,
    stays,
)
from dyadic.physics.rivals.phases import Phases, fewest, stops, together
from dyadic.physics.rivals.resting import Mask, Rests
from dyadic.physics.updates import Array
from dyadic.physics.words import Rules, Sum, word
from dyadic.proofs.claims import Claim
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.expressions import Apply, Definition, Element, Tensor
from dyadic.symbolic.layers import LayerEquation
from dyadic.symbolic.nouns import counted
from dyadic.symbolic.tensor_names import Name, V

BETAS, ETAS = (0.1, 0.01, 0.001), (0.1, 0.01, 0.001)
_APART = 6e-6
"""Of central differences: the third root of rounding."""
_BENT = 0.01
"""The share by which slopes ahead and behind may differ: at a kink it is near 1, elsewhere as small as _APART."""


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
    rests: its units that may rest where E bends.
    """

    bench: Bench
    energy: EnergyNetwork
    free: Units
    steps: int | None
    rests: Rests | None = None

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
        # A unit at rest stays: its entry of c pulls at nothing, and no slope of another's depends on it.
        moves = replace(self.objective, rest=self.rest).moves({name: self.free[name] for name in self.bench.vertices})
        c = np.array(self.bench.flat(self.bench.slope(self.free)), dtype=float) * moves
        moved = positive_solution(lambda along: self._along(along, self._slopes), c)
        if moved is None:
            raise NotAtRest("the free state is no minimum: its second derivatives are not positive")
        if self._bends(moved):
            raise NotAtRest("the free state lies at a kink of the energy, where its slope jumps")
        flat = self._along(moved, lambda u: np.concatenate([value.ravel() for value in self.parameters(u).values()]))
        found, place = {}, 0
        for name, value in self.parameters(self.free).items():
            found[name] = -flat[place : place + value.size].reshape(value.shape)
            place += value.size
        return found

    def _bends(self, direction: Array) -> bool:
        """Whether the slope changes otherwise ahead of the free state than behind it, by more than curvature does."""
        scale = float(np.abs(direction).max(initial=0))
        if not scale:
            return False
        shift = self.bench.units(direction / scale)
        behind, here, ahead = (self._slopes(added((1, self.free), (n * _APART, shift))) for n in (-1, 0, 1))
        one, two = ahead - here, here - behind
        return bool(np.linalg.norm(one - two) > _BENT * max(np.linalg.norm(one), np.linalg.norm(two)))

    def _slopes(self, u: Units) -> Array:
        return np.array(self.bench.flat(self.energy.by_x(u, {})), dtype=float)

    def _along(self, direction: Array, function: Callable[[Units], Array]) -> Array:
        """The derivative of a function along a direction, by central differences of a length of their own."""
        scale = float(np.abs(direction).max(initial=0))
        if not scale:
            return 0 * function(self.free)
        shift = self.bench.units(direction / scale)
        ahead, behind = (function(added((1, self.free), (sign * _APART, shift))) for sign in (1, -1))
        return (ahead - behind) * (scale / (2 * _APART))

    @cached_property
    def enclosed(self) -> Enclosed:
        """The free state, enclosed; to be asked for within :func:`enclosing`."""
        return Enclosed(self.bench, self.energy, self.free, self.rests, self.rest)

    @property
    def objective(self) -> Objective:
        """E alone, of which ``free`` is the minimum."""
        return Objective.of(self.bench, self.energy, rests=self.rests)

    @cached_property
    def rest(self) -> Mask:
        """Which units rest at the minimum."""
        return self.objective.resting(self.free)

    @property
    def analytic(self) -> str:
        """What the claims assume of E and C."""
        resting = sum(int(mask.sum()) for mask in self.rest.values())
        return f"{_ANALYTIC}, but for {counted(resting, 'unit')} of relu at rest, with z < 0" if resting else _ANALYTIC

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
    """The symmetric network and its free state, or why there is none.  Raises :class:`NotAtRest`."""
    reason = no_layers(bench)
    if reason:
        return reason
    rests = Rests.of(bench, hopfield, symmetric_layer)
    started = EnergyMinimum(bench, EnergyNetwork(bench.updates, hopfield, symmetric_layer), bench.free, None, rests)
    found = at_rest(started.objective, bench.free)
    if rests is not None and rests.at_a_kink(found.u):
        raise NotAtRest("the free state lies at a kink of the energy: the input of a unit of relu is 0")
    return replace(started, free=found.u, steps=found.steps)


def nudged(found: EnergyMinimum, beta: float) -> Rest:
    """The minimum of E + beta C near the free one."""
    return at_rest_or_nowhere(found.objective.nudged(beta), found.free)


def holding(found: EnergyMinimum, eta: float, free: Units) -> tuple[Objective, Units]:
    """E with the output held at o - eta c, that is o + eta (y - o) for half a squared norm; and where that begins."""
    last = found.bench.vertices[-1]
    output = free[last] - eta * found.bench.slope(free)[last]
    return replace(found.objective, held=(last,)), {**free, last: output}


def held(found: EnergyMinimum, eta: float) -> Rest:
    """The minimum with the output held."""
    return at_rest_or_nowhere(*holding(found, eta, found.free))


def difference(found: EnergyMinimum, one: Units, two: Units, scale: float) -> dict[str, Array]:
    """(dE/dtheta at one - dE/dtheta at two) / scale."""
    ahead, behind = found.parameters(one), found.parameters(two)
    return {name: (ahead[name] - behind[name]) / scale for name in ahead}


@recorded
def _order(name: str, order: int, what: str, analytic: str) -> Claim:
    """The estimate tends to K^T w_1 with H w_1 = -c, the gradient is -K^T H^-T c; K = d2E/dx dtheta."""
    v, w, c = word("v"), word("w1"), word("c")
    # dC/dtheta = K^T v with H^T v = -c; for symmetric H both obey the same equation.
    rules = Rules({("H", "w1"): -1 * c, ("H", "v"): -1 * c})
    holds = rules.same((w - v).after("H"), Sum({}))
    return order_claim(name, order, holds, what, (analytic, "H is symmetric and invertible there"))


def _equilibrium(bench: Bench) -> MethodTrial | str:
    found = minimum(bench)
    if isinstance(found, str):
        return found
    measured, good = [], None
    states: dict[float, tuple[Rest, Rest]] = {}
    for beta in NUDGES:
        if good is None or beta in BETAS:
            up, down = states[beta] = nudged(found, beta), nudged(found, -beta)
            error = found.error(difference(found, up.u, down.u, 2 * beta))
            good = beta if good is None and error[0] <= WANTED else good
        if beta in BETAS:
            how = up.how or down.how
            measured.append(Measurement(f"centred, beta {beta:g}, against the minimum's gradient{how}", *error))
    for beta in BETAS:
        up, _ = states[beta]
        error = found.error(difference(found, up.u, found.free, beta))
        measured.append(Measurement(f"one-sided, beta {beta:g}, against the minimum's gradient{up.how}", *error))
    up, down = states[BETAS[-1]]
    against = bench.error(difference(found, up.u, down.u, 2 * BETAS[-1]))
    measured.append(Measurement(f"centred, beta {BETAS[-1]:g}, against the forward pass's", *against))
    claims = (
        _order("ep centred", 2, f"the centred estimate is {_MINIMUM} + O(beta^2)", found.analytic),
        _order("ep one-sided", 1, f"the one-sided estimate is {_MINIMUM} + O(beta)", found.analytic),
        _exact(found, "centred", 2),
        _exact(found, "one-sided", 1),
        limit_claim(
            "ep:feedforward", "for beta -> 0 it is backpropagation's gradient of the forward pass with these weights",
            lambda: _limits(found, False), "the minimum enclosed by Krawczyk's test, both gradients in balls",
            same=lambda: found.enclosed.linear_output(), smooth=found.analytic,
        ),
    )  # fmt: skip
    taken = in_time(partial(_effort, found, good, measured), "centred", 4 * len(bench.vertices))
    return MethodTrial(tuple(measured), taken, claims, *_equations(found))


def _exact(found: EnergyMinimum, estimate: str, order: int) -> Claim:
    return exactness_claim(
        f"ep {estimate}", order, lambda: found.enclosed.error_term(order), estimate, _MINIMUM, found.analytic,
        nothing=lambda: all_zero(found.enclosed.gradient()),
    )  # fmt: skip


def _limits(found: EnergyMinimum, coupled: bool) -> tuple[dict[str, Array], dict[str, Array]]:
    there = found.enclosed
    return (there.coupled(), there.gradient()) if coupled else (there.gradient(), there.bench.gradient)


def _contrast(found: EnergyMinimum) -> tuple[dict[str, Array], dict[str, Array]]:
    there = found.enclosed
    objective, _ = holding(found, 1.0, found.free)
    guess = held(found, 1.0).u
    return there.contrast(1.0, guess, objective.resting(guess)), there.gradient()


def _effort(found: EnergyMinimum, beta: float | None, measured: list[Measurement]) -> Effort:
    """With the first beta that is small enough; the free phase is as long as the nudged ones then need it."""
    count, bench = len(found.bench.vertices), found.target
    if beta is None:
        return Effort("centred", None, None, 4 * count, stays(*(one.error for one in measured[: len(BETAS)])))

    def then(free: Units) -> int | None:
        both = [path(found.objective.nudged(sign * beta), free) for sign in (1, -1)]
        return together(bench, both, free, lambda up, down: difference(found, up, down, 2 * beta)).first

    taken = fewest(stops(found.objective, found.bench.free), then)
    return _of_phases(f"centred, beta {beta:g}, to the minimum's gradient", taken, 2 * count, 4 * count)


def _of_phases(setting: str, taken: Phases | None, free: int, then: int) -> Effort:
    """free, then: vertex updates in a step of each; a forward pass is half of a free one's, the f_v alone."""
    if taken is None:
        return Effort(setting, None, None, then, f"descent does not get there in {MOST_STEPS} steps")
    which = f"{taken.free} of them in the free phase" if taken.free else "without a free phase"
    updates = free // 2 + taken.free * free + taken.then * then
    return Effort(f"{setting}, {AFTER_FORWARD}; {which}", taken.free + taken.then, updates, then)


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
    claim = limit_claim(
        f"{name}:exact", what, gradients, how, "gradient_of_the_cost",
        same=lambda: found.enclosed.linear_output(), smooth=found.analytic,
    )  # fmt: skip
    taken = in_time(partial(_effort_of_holding, found, etas, measured), "output held", 2 * len(bench.vertices))
    return MethodTrial(tuple(measured), taken, (claim,), *_equations(found))


def _effort_of_holding(found: EnergyMinimum, etas: tuple[float, ...], measured: list[Measurement]) -> Effort:
    """With the first eta that is small enough: a free phase that is long enough, then the one with the output held."""
    per_step = 2 * len(found.bench.vertices)
    good = [eta for eta, one in zip(etas, measured, strict=True) if one.error <= WANTED]
    if not good:
        return Effort("output held", None, None, per_step, stays(*(one.error for one in measured)))
    eta, bench = good[0], found.target

    def then(free: Units) -> int | None:
        objective, start = holding(found, eta, free)
        descent = [path(objective, start)]
        return together(bench, descent, start, lambda u: difference(found, u, free, eta)).first

    taken = fewest(stops(found.objective, found.bench.free), then)
    return _of_phases(f"eta {eta:g}, to the minimum's gradient", taken, per_step, per_step)


def _equations(found: EnergyMinimum) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(found.energy.equations()), tuple(found.energy.equations(latex=True))


_MINIMUM = "the gradient of the minimum's cost"
_ANALYTIC = "E and C are analytic at the minimum"
_NEEDS = ("a chain of affine layers", "symmetric weights", "an energy", "two phases", "convergence")
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

__all__ = ["METHODS", "EnergyMinimum", "difference", "held", "holding", "minimum", "nudged"]

"""Finite resolution: a bound that holds for every device whose stored values are each off by at most a tolerance.

A device takes unit steps, and what it stores of a variable's update may be wrong by any amount up to ``tolerance``,
anew at every step (rounding to a grid of pitch 2 ``tolerance`` is one such device).  After T steps its state does not
depend on where it started (stabilisation lemma), so let it start at the fixed point z*.  With d the distance from z*,

    d(t + 1) = A_t d(t) + q(t + 1),  |q| <= tolerance,  A_t the mean of the step's Jacobian between z* and z(t),

and as long as z stays in a box every A_t lies in the interval matrix A that encloses the Jacobian over the box.  So

    |d(T)| <= sum over k < T of |A^k| tolerance,

A^k a product of interval matrices.  If this bound, for all t <= T, lies in the box that it was computed on, it holds.
The gradient's error is bounded alike by |G A^k|, G the enclosure of the gradient's derivative over the box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat

from dyadic.physics.dynamics import RelaxationSetting, run
from dyadic.physics.enclosures import (
    StateVector,
    Unenclosed,
    enclosing,
    entries,
    in_balls,
    matrix,
    small_enough,
    step_jacobian,
    with_slopes,
)
from dyadic.physics.given_numbers import whole
from dyadic.physics.hardware.simulated import STANDS_OUT, above_rounding, few_runs
from dyadic.physics.number_types import upper
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.proofs.checker.trust import LEMMA, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded

_TRIES = 8
_MOST_PRODUCTS = 4 * 10**7
"""Multiplications up to which the gradient's bound is that of the products G A^k; beyond, the larger one of |G| |d|."""


@dataclass(frozen=True)
class Bound:
    """The largest errors of any device of the tolerance, after T unit steps, for one sample.

    states: by variable, an array of bounds.  gradients: by parameter, an array of bounds.
    """

    tolerance: float
    states: dict[Variable, Array]
    gradients: dict[str, Array]


@dataclass(frozen=True)
class Resolution:
    """The bound, and the largest errors that random devices of the tolerance had, if there is one; the same keys."""

    bound: Bound | None
    worst_states: dict[Variable, Array]
    worst_gradients: dict[str, Array]
    devices: int
    claim: Claim

    @property
    def ratio(self) -> float:
        """The largest bound over the largest error found, of any variable or parameter: how loose the bound is."""
        if self.bound is None:
            return float("nan")
        pairs = [(self.bound.states[v].max(), self.worst_states[v].max()) for v in self.worst_states]
        pairs += [(self.bound.gradients[n].max(), self.worst_gradients[n].max()) for n in self.worst_gradients]
        return max((float(one / two) for one, two in pairs if two > 0), default=float("inf"))

    @property
    def holds(self) -> bool:
        """Whether every device found lies within the bound."""
        if self.bound is None:
            return False
        states = all((self.worst_states[v] <= self.bound.states[v]).all() for v in self.worst_states)
        return states and all((self.worst_gradients[n] <= self.bound.gradients[n]).all() for n in self.worst_gradients)


def resolution(updates: Updates, tolerance: float, devices: int = 1000, seed: int = 0) -> Resolution:
    """Bound all devices of a tolerance, and try some whose errors are as large as it allows, with random signs.

    Raises :class:`DyadicError` for a tolerance that is no positive number or cannot be told from the rounding of the
    simulation, and for more devices than fit.
    """
    above_rounding(updates, "resolution", tolerance)
    few_runs("count of devices", devices, entries(updates))
    whole("seed", seed)
    bound, claim = bounded(updates, tolerance)
    states, gradients = _tried(updates, tolerance, devices, seed) if bound is not None else ({}, {})
    return Resolution(bound, states, gradients, devices, claim)


def bounded(updates: Updates, tolerance: float) -> tuple[Bound | None, Claim]:
    """The bound with its claim, or None with the reason why there is none."""
    kept: list[Bound] = []

    @recorded
    def claim() -> Claim:
        what = (
            f"after {updates.network.derivation.steps} unit steps from any state, every device whose stored values are "
            f"each off by at most {tolerance:g} is within the bound (first sample)"
        )
        method = (
            "an enclosure of the step's Jacobian over a box that the bound does not leave, and its powers, in balls"
        )
        assumed = ("the parameters and the data are these doubles", "the step is differentiable in the box")
        try:
            small_enough(updates)
            with enclosing():
                kept.append(_bound(updates, tolerance))
        except Unenclosed as error:
            return Claim("resolution", what, Verdict.UNDECIDED, method, assumed, reason=str(error))
        called(LEMMA)
        tables = {**{f"{k}:{n}": v for (k, n), v in kept[0].states.items()}, **kept[0].gradients}
        largest = {name: float(array.max()) for name, array in tables.items()}
        return Claim("resolution", what, Verdict.PROVED, method, assumed, witness=largest)

    found = claim()
    return (kept[0] if kept else None), found


def _bound(updates: Updates, tolerance: float) -> Bound:
    one, steps = in_balls(updates), updates.network.derivation.steps
    vector = StateVector.of(one)
    exact = one.exact()
    centre = vector.flat(exact)
    powers = _powers(step_jacobian(one, centre, np.zeros(len(vector))), steps)
    radii = 1.01 * _reach(powers, tolerance)
    for _ in range(_TRIES):
        powers = _powers(step_jacobian(one, centre, radii), steps)
        found = _reach(powers, tolerance)
        if not np.isfinite(found).all():
            break
        if (found <= radii).all():
            gradients = _gradients(one, vector, centre, radii, powers, tolerance, found)
            if not all(np.isfinite(array).all() for array in gradients.values()):
                break
            return Bound(tolerance, vector.arrays(found), gradients)
        radii = 1.2 * np.maximum(found, radii)
    raise Unenclosed(f"a tolerance of {tolerance:g} is too large: the bound leaves every box tried, or overflows")


def _powers(step: arb_mat, count: int) -> list[arb_mat]:
    """A^0, ..., A^{count - 1}."""
    size = step.nrows()
    found = [arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])]
    while len(found) < count:
        found.append(found[-1] * step)
    return found


def _reach(matrices: list[arb_mat], tolerance: float) -> Array:
    """The sum over the matrices of |matrix| tolerance, a double not below it for every row."""
    return np.array([upper(total * arb(tolerance)) for total in _row_sums(matrices)])


def _row_sums(matrices: list[arb_mat]) -> list[Any]:
    totals = [arb(0)] * matrices[0].nrows()
    for numbers in matrices:
        for i, row in enumerate(numbers.tolist()):
            totals[i] = totals[i] + sum((abs(entry) for entry in row), arb(0))
    return totals


def _gradients(
    one: Updates,
    vector: StateVector,
    centre: list[Any],
    radii: Array,
    powers: list[arb_mat],
    tolerance: float,
    reach: Array,
) -> dict[str, Array]:
    box = with_slopes(vector, centre, radii)
    found: dict[str, Array] = {}
    for name, array in one.at(box.x, box.s).gradients().items():
        values = np.asarray(array)
        rows = matrix(list(values.ravel()), len(vector))
        if values.size * len(vector) ** 2 * len(powers) <= _MOST_PRODUCTS:
            flat = _reach([rows * power for power in powers], tolerance)
        else:
            flat = np.array([_weighted(row, reach) for row in rows.tolist()])
        found[name] = flat.reshape(values.shape)
    return found


def _weighted(row: list[Any], reach: Array) -> float:
    return upper(sum((abs(slope) * arb(float(r)) for slope, r in zip(row, reach, strict=True)), arb(0)))


def _tried(
    updates: Updates, tolerance: float, devices: int, seed: int
) -> tuple[dict[Variable, Array], dict[str, Array]]:
    """The largest errors over random devices, each from a state of its own."""
    one = updates.sample()
    exact = one.exact()
    wanted = one.at(exact.x, exact.s).gradients()
    states = {variable: np.zeros(on_host(exact[variable]).shape) for variable in one.variables}
    gradients = {name: np.zeros(on_host(value).shape) for name, value in wanted.items()}
    for state in _reached(updates, tolerance, devices, seed):
        for variable, worst in states.items():
            states[variable] = np.maximum(worst, on_host(abs(state[variable] - exact[variable])))
        for name, value in one.at(state.x, state.s).gradients().items():
            gradients[name] = np.maximum(gradients[name], on_host(abs(value - wanted[name])))
    return states, gradients


def _reached(updates: Updates, tolerance: float, devices: int, seed: int) -> Iterator[DoubledState]:
    """What each device has after T steps; all at once, as samples of one batch, where there is such an axis."""
    random = np.random.default_rng(seed)
    xp, dtype = updates.network.arrays, updates.network.module.DTYPE
    largest = tolerance * (1 - STANDS_OUT)  # the simulation's own rounding is part of what a device is off by

    def disturbed(step: int, variable: Variable, value: Array) -> Array:
        return value + xp.asarray(largest * random.choice([-1.0, 1.0], size=value.shape), dtype=dtype)

    steps, batched = updates.network.derivation.steps, updates.network.batched
    for number in range(1 if batched else devices):
        many = updates.samples([0] * devices)
        setting = RelaxationSetting(steps, seed=seed + number)
        final = run(many, setting, "random", disturbance=disturbed).final
        for device in range(devices if batched else 1):
            part = slice(device, device + 1) if batched else ...
            yield DoubledState({n: a[part] for n, a in final.x.items()}, {n: a[part] for n, a in final.s.items()})


__all__ = ["Bound", "Resolution", "bounded", "resolution"]

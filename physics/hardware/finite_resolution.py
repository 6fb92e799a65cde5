"""Finite resolution: a bound that holds for every device whose stored values are each off by at most a tolerance.

A device takes unit steps, and what it stores of a variable's update may be wrong by any amount up to ``tolerance``,
anew at every step (rounding to a grid of pitch 2 ``tolerance`` is one such device).  After T steps its state does not
depend on where it started (stabilisation lemma), so let it start at the fixed point z*.  With d the distance from z*,

    d(t + 1) = A_t d(t) + q(t + 1),  |q| <= tolerance,  A_t the mean of the step's Jacobian between z* and z(t).

Let A be that Jacobian at z* itself, and |A_t - A| <= R_t wherever |d(t)| <= e(t).  Then, entry by entry,

    |d(t)| <= e(t) = sum over k < t of |A^k| (tolerance + R_{t-1-k} e(t-1-k)),     e(0) = 0,

by induction on t: R_t needs e(t) alone.  Powers of A are those of a matrix of numbers, so signs cancel in them as they
do in the device; only R, of second order in the tolerance, is put in by its size.  As A_t is a mean along the way, so
is R_t: boxes of 1/m, 2/m, ... of e(t) count 1/m each.  The gradient's error is bounded alike, G its derivative at z*:

    sum over k < T of |G A^k| (tolerance + R_{T-1-k} e(T-1-k)) + R_G e(T).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from dyadic.physics.number_types import Slopes, upper
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.proofs.checker.trust import LEMMA, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded

_PARTS, _FEW_PARTS, _LARGE = 16, 4, 250
"""Boxes between the fixed point and the whole of one, over which a Jacobian's distance is averaged; of the gradients',
and of states of more than so many entries, fewer."""
_MOST_NUMBERS = 4 * 10**7
"""NearbyMatrix in a gradient's derivative up to which its products with powers are made; beyond, the larger |G| |d|."""
_ROUNDING = 1 + 1e-9
"""A factor for sums of up to a million products of doubles, none of them negative: rounding is far below it."""


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
        method = "powers of the step's Jacobian at rest, and how far it is from that within the bound, in balls"
        assumed = ("the parameters and the data are these doubles", "the step is differentiable in the box")
        try:
            small_enough(updates)
            with enclosing(), np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused
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
    centre = vector.flat(one.exact())
    step = step_jacobian(one, centre, np.zeros(len(vector)))
    powers = [NearbyMatrix.of(power) for power in _powers(step, steps)]
    parts = _PARTS if len(vector) <= _LARGE else _FEW_PARTS
    at_rest, reached, sources = step.tolist(), [np.zeros(len(vector))], list[Array]()
    for _ in range(steps):
        rest = _distance(lambda radii: _step_rows(one, vector, centre, radii), at_rest, reached[-1], parts)
        sources.append((tolerance + rest @ reached[-1]) * _ROUNDING)
        total = sum(power.largest @ source for power, source in zip(powers, reversed(sources), strict=False))
        reached.append(np.asarray(total) * _ROUNDING)
        if not np.isfinite(reached[-1]).all():
            raise Unenclosed(f"a tolerance of {tolerance:g} is too large: the bound overflows")
    gradients = _gradients(one, vector, centre, powers, sources, reached[-1])
    if not all(np.isfinite(array).all() for array in gradients.values()):
        raise Unenclosed(f"a tolerance of {tolerance:g} is too large: the gradients' bound overflows")
    return Bound(tolerance, vector.arrays(reached[-1]), gradients)


def _powers(step: arb_mat, count: int) -> list[arb_mat]:
    """A^0, ..., A^{count - 1}."""
    size = step.nrows()
    found = [arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])]
    while len(found) < count:
        found.append(found[-1] * step)
    return found


@dataclass(frozen=True)
class NearbyMatrix:
    """A matrix of balls as doubles ``near`` them, none further off than ``off``."""

    near: Array
    off: Array

    @staticmethod
    def of(matrix: arb_mat) -> NearbyMatrix:
        near, off = np.zeros((matrix.nrows(), matrix.ncols())), np.zeros((matrix.nrows(), matrix.ncols()))
        for i, row in enumerate(matrix.tolist()):
            for k, entry in enumerate(row):
                if entry != 0 or not entry.is_exact():
                    near[i, k] = float(entry.mid())
                    off[i, k] = upper(entry - arb(near[i, k]))
        return NearbyMatrix(near, off)

    @property
    def largest(self) -> Array:
        """Doubles not below the magnitudes."""
        return (np.abs(self.near) + self.off) * _ROUNDING

    def times(self, other: NearbyMatrix) -> Array:
        """Doubles not below the magnitudes of the entries of the product."""
        sizes = np.abs(self.near), np.abs(other.near)
        rounding = (_ROUNDING - 1) * (sizes[0] @ sizes[1])
        off = sizes[0] @ other.off + self.off @ (sizes[1] + other.off)
        return (np.abs(self.near @ other.near) + rounding + off) * _ROUNDING


def _step_rows(one: Updates, vector: StateVector, centre: list[Any], radii: Array) -> list[Any]:
    return vector.flat(one.new(with_slopes(vector, centre, radii), one.variables))


def _distance(rows: Callable[[Array], list[Any]], at_rest: list[list[Any]], reached: Array, parts: int) -> Array:
    """How far a derivative is from that at rest, the mean over the way to a state within ``reached``; no entry less."""
    found = np.zeros((len(at_rest), len(reached)))
    if not reached.any():
        return found
    for part in range(1, parts + 1):
        for i, row in enumerate(rows(reached * (part / parts) * _ROUNDING)):
            for k, slope in row.slopes.items() if isinstance(row, Slopes) else ():
                found[i, k] += upper(slope - at_rest[i][k]) / parts
    return found * _ROUNDING


def _gradients(
    one: Updates,
    vector: StateVector,
    centre: list[Any],
    powers: list[NearbyMatrix],
    sources: list[Array],
    reached: Array,
) -> dict[str, Array]:
    found: dict[str, Array] = {}
    shapes = {name: np.asarray(value).shape for name, value in _gradient_rows(one, vector, centre, 0 * reached).items()}
    boxes = {part: _gradient_rows(one, vector, centre, reached * (part / _FEW_PARTS)) for part in range(_FEW_PARTS + 1)}
    for name, shape in shapes.items():
        table = [list(np.asarray(boxes[part][name]).ravel()) for part in range(_FEW_PARTS + 1)]
        at_rest = matrix(table[0], len(vector))
        if at_rest.nrows() * at_rest.ncols() > _MOST_NUMBERS:
            flat = NearbyMatrix.of(matrix(table[-1], len(vector))).largest @ reached * _ROUNDING
        else:
            near, known = NearbyMatrix.of(at_rest), at_rest.tolist()
            parts = iter(table[1:])
            flat = _distance(lambda radii, parts=parts: next(parts), known, reached, _FEW_PARTS) @ reached  # type: ignore[misc]
            for power, source in zip(powers, reversed(sources), strict=True):
                flat = flat + near.times(power) @ source
            flat = flat * _ROUNDING
        found[name] = flat.reshape(shape)
    return found


def _gradient_rows(one: Updates, vector: StateVector, centre: list[Any], radii: Array) -> dict[str, Any]:
    box = with_slopes(vector, centre, radii * _ROUNDING)
    return one.at(box.x, box.s).gradients()


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

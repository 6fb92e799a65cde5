"""How far devices of finite resolution can be from backpropagation: by matrices, or where these do not fit, by boxes.

A device takes unit steps, and what it stores of a variable's update may be wrong by any amount up to ``tolerance``,
anew at every step (rounding to a grid of pitch 2 ``tolerance`` is one such device).  After T steps its state does not
depend on where it started (stabilisation lemma), so let it start at the fixed point z*.  With d the distance from z*,

    d(t + 1) = A_t d(t) + j_t + q(t + 1),  |q| <= tolerance,

A_t the mean of the step's Jacobian between z* and z(t), j_t what the step jumps by at the kinks between both (the
derivative of a relu, the place of a maximum).  Let A be any matrix near them, and |A_t - A| <= R_t, |j_t| <= J_t
wherever |d(t)| <= e(t).  Then, entry by entry,

    |d(t)| <= e(t) = sum over k < t of |A^k| (tolerance + R_{t-1-k} e(t-1-k) + J_{t-1-k}),     e(0) = 0,

by induction on t: R_t and J_t need e(t) alone.  Powers of A are those of a matrix of numbers, so signs cancel in them
as they do in the device; only R, of second order in the tolerance, and J are put in by their sizes.  As A_t is a mean
along the way, so is R_t where nothing jumps: boxes of 1/m, 2/m, ... of e(t) count 1/m each.  The gradient's error is
bounded alike, G near its derivative at z*:

    sum over k < T of |G A^k| (tolerance + R_{T-1-k} e(T-1-k) + J_{T-1-k}) + R_G e(T) + J_G.

Of first order, the device that is furthest off in an entry i is the one whose q(T - k) has the signs of row i of A^k:
it is kept, to be tried.

Boxes: by the ranks every variable of the device is, from the step of its rank on, its update at values of the variables
that it reads, plus q.  So one pass in balls, forward for x and backward for s, each update inflated by the tolerance,
holds them all.  Signs do not cancel in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb, arb_mat

from dyadic.physics.enclosures import MOST_ENTRIES, StateVector, Unenclosed, entries, in_balls, with_slopes
from dyadic.physics.number_types import Slopes, mapped, upper
from dyadic.physics.updates import Array, Updates, Variable
from dyadic.physics.wide_decisions import JUMP
from dyadic.symbolic.decimal_bounds import in_full

_PARTS, _FEW_PARTS, _LARGE = 16, 4, 250
"""Boxes between the fixed point and the whole of one, over which a Jacobian's distance is averaged; of the gradients',
and of states of more than so many entries, fewer."""
_MOST_NUMBERS = 4 * 10**7
"""Numbers in a gradient's derivative up to which its products with powers are made; beyond, the larger |G| |d|."""
_ROUNDING = 1 + 1e-9
"""A factor for sums of up to a million products of doubles, none of them negative: rounding is far below it."""
MOST_IN_BOXES = 50_000
"""Largest number of entries of the doubled state (one sample) that are bounded by boxes."""
WIDE = "wide_decisions.WideDecisions"


@dataclass(frozen=True)
class Bound:
    """The largest errors of any device of the tolerance, after T unit steps, for one sample.

    states: by variable, an array of bounds.  gradients: by parameter, an array of bounds.
    steered: devices that are near the largest errors, each an array [step, entry of the state] of signs.
    jumps: how many entries of states and gradients were bounded across a kink.  by_boxes: whether signs cancel nowhere.
    """

    tolerance: float
    states: dict[Variable, Array]
    gradients: dict[str, Array]
    steered: tuple[Array, ...] = field(default=(), repr=False)
    jumps: int = 0
    by_boxes: bool = False


def bound(updates: Updates, tolerance: float) -> Bound:
    """Bound all devices of a tolerance, within ``enclosing``.  Raises :class:`Unenclosed` where balls cannot."""
    if entries(updates) > MOST_ENTRIES:
        return _by_boxes(updates, tolerance)
    return _by_matrices(updates, tolerance)


def _by_boxes(updates: Updates, tolerance: float) -> Bound:
    one, error = in_balls(updates, WIDE), arb(0, tolerance)
    exact = one.exact()
    x: dict[str, Array] = {}
    s: dict[str, Array] = {}
    frame = one.at(x, s)
    for name in one.vertices:
        x[name] = _expect_bounded(tolerance, f"x:{name}", frame.f(name) + error)
    for name in reversed(one.vertices):
        s[name] = _expect_bounded(tolerance, f"s:{name}", frame.back(name) + error)
    wanted = one.at(exact.x, exact.s).gradients()
    states = {("x", name): _off(x[name], exact.x[name]) for name in x}
    states |= {("s", name): _off(s[name], exact.s[name]) for name in s}
    gradients = {name: _off(value, wanted[name]) for name, value in frame.gradients().items()}
    _expect_finite(tolerance, {**states, **gradients})
    return Bound(tolerance, states, gradients, by_boxes=True)


def _expect_bounded(tolerance: float, name: str, box: Array) -> Array:
    if not all(arb(value).is_finite() for value in np.ravel(box)):
        raise Unenclosed(
            f"the state is too large for matrices of its derivatives (more than {MOST_ENTRIES} entries), and boxes, in "
            f"which the signs of errors do not cancel, do not bound {name} at a tolerance of {in_full(tolerance)}; "
            "try a smaller one"
        )
    return box


def _off(box: Array, exact: Array) -> Array:
    return np.asarray(mapped(upper, box - exact).astype(float) * _ROUNDING)


def _expect_finite(tolerance: float, found: dict[Any, Array]) -> None:
    for array in found.values():
        if not np.isfinite(array).all():
            raise Unenclosed(f"a tolerance of {in_full(tolerance)} is too large: the bound is not finite")


def _by_matrices(updates: Updates, tolerance: float) -> Bound:
    one, steps = in_balls(updates, WIDE), updates.network.derivation.steps
    vector = StateVector.of(one)
    centre = vector.flat(one.exact())

    def rows(radii: Array) -> list[Any]:
        return vector.flat(one.new(with_slopes(vector, centre, radii), one.variables))

    rest = _AtRest.of(rows(np.zeros(len(vector))), len(vector))
    powers = [NearbyMatrix.of(power) for power in _powers(rest.near, steps)]
    parts, jumps = _PARTS if len(vector) <= _LARGE else _FEW_PARTS, np.zeros(len(vector))
    reached, sources = [np.zeros(len(vector))], list[Array]()
    for _ in range(steps):
        off, jumps = _distance(rows, rest, reached[-1], parts)
        sources.append((tolerance + off @ reached[-1] + jumps) * _ROUNDING)
        total = sum(power.largest @ source for power, source in zip(powers, reversed(sources), strict=False))
        reached.append(np.asarray(total) * _ROUNDING)
        _expect_finite(tolerance, {None: reached[-1]})
    states = vector.arrays(reached[-1])
    steered = [_signs([power.near[worst] for power in powers]) for worst in _worst(vector, states)]
    gradients: dict[str, Array] = {}
    crossed = int((jumps > 0).sum())
    for name, boxes in _gradient_boxes(one, vector, centre, reached[-1]).items():
        found = _gradient(boxes, powers, sources, reached[-1])
        gradients[name] = found.bound.reshape(boxes[0].shape)
        steered.append(_signs(found.worst))
        crossed += found.jumps
    _expect_finite(tolerance, dict(gradients))
    return Bound(tolerance, states, gradients, tuple(steered), crossed)


def _worst(vector: StateVector, states: dict[Variable, Array]) -> list[int]:
    """The place of the largest bound of every variable."""
    places = vector.places()
    return [places[variable].start + int(np.argmax(states[variable])) for variable in states if states[variable].size]


def _signs(rows: list[Array]) -> Array:
    """What a device stores too much or too little, [step, entry], from the rows of A^0, A^1, ..."""
    return np.where(np.array(rows[::-1]) < 0, -1.0, 1.0)


@dataclass(frozen=True)
class _AtRest:
    """Of some functions of the state their values at z*, and a matrix of numbers near their slopes there."""

    near: arb_mat
    values: list[arb]

    @staticmethod
    def of(rows: list[Any], columns: int) -> _AtRest:
        near = arb_mat(len(rows), columns)
        for i, row in enumerate(rows):
            for k, slope in row.slopes.items() if isinstance(row, Slopes) else ():
                if k != JUMP:
                    near[i, k] = slope.mid()
        return _AtRest(near, [row.value if isinstance(row, Slopes) else arb(row) for row in rows])


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


def _distance(rows: Callable[[Array], list[Any]], rest: _AtRest, reached: Array, parts: int) -> tuple[Array, Array]:
    """How far slopes are from a matrix, the mean over the way to a state within ``reached``, and jumps; none less.

    Of what jumps the slopes of the whole box are taken, which hold for the increment from end to end, or all that its
    value changes by, if that is less.
    """
    known = rest.near.tolist()
    found, jumps = np.zeros((len(known), len(reached))), np.zeros(len(known))
    if not reached.any():
        return found, jumps
    for part in range(1, parts + 1):
        for i, row in enumerate(rows(reached * (part / parts) * _ROUNDING)):
            if not isinstance(row, Slopes):
                continue
            if JUMP in row.slopes and part == parts:
                found[i], jumps[i] = _jumping(row, known[i], rest.values[i], reached)
                continue
            for k, slope in row.slopes.items():
                if k != JUMP:
                    found[i, k] += upper(slope - known[i][k]) / parts
    return found * _ROUNDING, jumps * _ROUNDING


def _jumping(row: Slopes, near: list[arb], at_rest: arb, reached: Array) -> tuple[Array, float]:
    """A row of R, and of J."""
    found = np.zeros(len(reached))
    for k, slope in row.slopes.items():
        if k != JUMP:
            found[k] = upper(slope - near[k])
    jump = upper(row.slopes[JUMP])
    changed = upper(row.value - at_rest)
    changed += float(sum(upper(entry) * size for entry, size in zip(near, reached, strict=True) if entry != 0))
    return (found, jump) if found @ reached + jump <= changed else (0 * found, changed * _ROUNDING)


@dataclass(frozen=True)
class _GradientBound:
    """Of one parameter: the bound by entry, of the largest of them the rows of G A^k, and how many entries jump."""

    bound: Array
    worst: list[Array]
    jumps: int


def _gradient(boxes: list[Array], powers: list[NearbyMatrix], sources: list[Array], reached: Array) -> _GradientBound:
    """The bound of a parameter's gradient, from its slopes at rest and over growing boxes."""
    table = [list(box.ravel()) for box in boxes]
    rest, parts = _AtRest.of(table[0], len(reached)), iter(table[1:])
    off, jumps = _distance(lambda radii: next(parts), rest, reached, len(table) - 1)
    near = NearbyMatrix.of(rest.near)
    flat = off @ reached + jumps
    if near.near.size > _MOST_NUMBERS:
        flat = flat + near.largest @ reached
    else:
        for power, source in zip(powers, reversed(sources), strict=True):
            flat = flat + near.times(power) @ source
    row = near.near[int(np.argmax(flat))] if len(flat) else np.zeros(len(reached))
    return _GradientBound(flat * _ROUNDING, [row @ power.near for power in powers], int((jumps > 0).sum()))


def _gradient_boxes(one: Updates, vector: StateVector, centre: list[Any], reached: Array) -> dict[str, list[Array]]:
    """The gradients with their slopes at rest, and over growing boxes."""
    found: dict[str, list[Array]] = {}
    for part in range(_FEW_PARTS + 1):
        box = with_slopes(vector, centre, reached * (part / _FEW_PARTS) * _ROUNDING)
        for name, value in one.at(box.x, box.s).gradients().items():
            found.setdefault(name, []).append(np.asarray(value))
    return found


__all__ = ["MOST_IN_BOXES", "WIDE", "Bound", "NearbyMatrix", "bound"]

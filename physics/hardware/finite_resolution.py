"""Finite resolution: a bound that holds for every device whose stored values are each off by at most a tolerance.

The bound is that of :mod:`dyadic.physics.hardware.resolution_bounds`.  Beside it stand devices that were simulated,
whose errors are as large as the tolerance allows: some with random signs, and some with those signs that are the worst
of first order, which show how much of the bound is there to be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dyadic.physics.dynamics import RelaxationSetting, run
from dyadic.physics.enclosures import StateVector, Unenclosed, enclosing, entries, numpy_target
from dyadic.physics.given_numbers import whole
from dyadic.physics.hardware.resolution_bounds import MOST_IN_BOXES, Bound, bound
from dyadic.physics.hardware.simulated import STANDS_OUT, above_rounding, few_runs
from dyadic.physics.hardware.without_rounding import LargestErrors, Push, WithoutRounding
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.proofs.checker.trust import LEMMA, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.decimal_bounds import in_full

_Signs = Callable[[int, Variable, tuple[int, ...]], Array]
"""Of a step, a variable and the shape of its array (devices along the first axis): the signs of its errors."""
_ROUNDING = 2.0**-40
_Device = tuple[DoubledState, Push]
"""The state that a device reached, and what it added on the way there."""


@dataclass(frozen=True)
class Resolution:
    """The bound, if there is one, and the largest errors of ``devices`` with random signs, and of those steered.

    steered: None where no signs are known that are the worst (a bound by boxes, or none).
    """

    bound: Bound | None
    random: LargestErrors
    steered: LargestErrors | None
    devices: int
    claim: Claim

    @property
    def found(self) -> LargestErrors:
        """The largest errors of all devices."""
        return self.random if self.steered is None else self.random.joined(self.steered)

    def ratio(self, found: LargestErrors) -> float:
        """The largest bound over the largest error found, of any variable or parameter: how loose the bound is.

        An error below 2^-40 of the largest one is left out, as doubles may have made it: of a gradient that is 0.
        """
        if self.bound is None:
            return float("nan")
        pairs = [(self.bound.states[v].max(), found.states[v].max()) for v in found.states]
        pairs += [(self.bound.gradients[n].max(), found.gradients[n].max()) for n in found.gradients]
        least = _ROUNDING * max((two for _, two in pairs), default=0.0)
        return max((float(one / two) for one, two in pairs if two > least), default=float("inf"))

    @property
    def holds(self) -> bool:
        """Whether no device found is beyond the bound; ``found.hidden`` of them could not be told."""
        if self.bound is None:
            return False
        return self.found.within(self.bound.states, self.bound.gradients)


def resolution(updates: Updates, tolerance: float, devices: int = 1000, seed: int = 0) -> Resolution:
    """Bound all devices of a tolerance, and try some whose errors are as large as it allows.

    Raises :class:`DyadicError` for a tolerance that is no positive number or cannot be told from the rounding of the
    simulation, and for more devices than fit.
    """
    above_rounding(updates, "resolution", tolerance)
    few_runs("count of devices", devices, entries(updates))
    whole("seed", seed)
    found, claim = bounded(updates, tolerance)
    random = _largest(updates, _with_random_signs(updates, tolerance, devices, seed), found)
    steered = _largest(updates, _steered(updates, found, seed), found) if found is not None and found.steered else None
    return Resolution(found, random, steered, devices, claim)


def bounded(updates: Updates, tolerance: float) -> tuple[Bound | None, Claim]:
    """The bound with its claim, or None with the reason why there is none."""
    kept: list[Bound] = []

    @recorded
    def claim() -> Claim:
        what = (
            f"after {updates.network.derivation.steps} unit steps from any state, every device whose stored values are "
            f"each off by at most {in_full(tolerance)} is within the bound (first sample)"
        )
        method = (
            "powers of a matrix near the step's Jacobian, and how far the step is from it within the bound, in balls"
        )
        assumed = ("the parameters and the data are these doubles",)
        try:
            numpy_target(updates)
            if entries(updates) > MOST_IN_BOXES:
                raise Unenclosed(
                    f"the doubled state has {entries(updates)} entries; devices are bounded up to {MOST_IN_BOXES}"
                )
            with enclosing(), np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused
                kept.append(bound(updates, tolerance))
        except Unenclosed as error:
            return Claim("resolution", what, Verdict.UNDECIDED, method, assumed, reason=str(error))
        called(LEMMA)
        if kept[0].by_boxes:
            method = "one pass of the updates in balls, each inflated by the tolerance"
        tables = {**{f"{k}:{n}": v for (k, n), v in kept[0].states.items()}, **kept[0].gradients}
        largest = {name: float(array.max()) for name, array in tables.items()}
        return Claim("resolution", what, Verdict.PROVED, method, assumed, witness=largest)

    found = claim()
    return (kept[0] if kept else None), found


def _largest(updates: Updates, devices: Iterator[_Device], found: Bound | None) -> LargestErrors:
    """The largest errors over devices; of those that are beyond the bound in doubles, without rounding."""
    one, exactly = updates.sample(), WithoutRounding(updates)
    exact = one.exact()
    wanted = one.at(exact.x, exact.s).gradients()
    worst = LargestErrors(
        {variable: np.zeros(on_host(exact[variable]).shape) for variable in one.variables},
        {name: np.zeros(on_host(value).shape) for name, value in wanted.items()},
    )
    with np.errstate(all="ignore"):  # an error that overflows is as large as it can be
        for state, push in devices:
            gradients = one.at(state.x, state.s).gradients()
            off = LargestErrors(
                {variable: on_host(abs(state[variable] - exact[variable])) for variable in one.variables},
                {name: on_host(abs(value - wanted[name])) for name, value in gradients.items()},
            )
            worst = worst.joined(off if found is None else _judged(off, found, exactly, state, push))
    return worst


def _judged(
    off: LargestErrors, found: Bound, exactly: WithoutRounding, state: DoubledState, push: Push
) -> LargestErrors:
    """A device's errors; if it seems to be outside, without the rounding of gradients, then without any on the way."""
    if off.within(found.states, found.gradients):
        return off
    known = exactly.reached(state)
    if known is None or not known.within(found.states, found.gradients):
        known = exactly.again(push)
    if known is not None:
        return known
    states = {variable: np.minimum(array, found.states[variable]) for variable, array in off.states.items()}
    gradients = {name: np.minimum(array, found.gradients[name]) for name, array in off.gradients.items()}
    return LargestErrors(states, gradients, hidden=1)


def _with_random_signs(updates: Updates, tolerance: float, devices: int, seed: int) -> Iterator[_Device]:
    places = {variable: place for place, variable in enumerate(updates.variables)}

    def of(number: int) -> _Signs:
        """Drawn for a step and a variable whenever they are asked for, and always the same."""
        return lambda step, variable, shape: np.random.default_rng([number, step, places[variable]]).choice(
            [-1.0, 1.0], size=shape
        )

    if updates.network.batched:
        yield from _reached(updates, tolerance, of(seed), devices, seed)
        return
    for number in range(devices):
        yield from _reached(updates, tolerance, of(seed + number), 1, seed + number)


def _steered(updates: Updates, found: Bound, seed: int) -> Iterator[_Device]:
    """Devices with the worst signs of first order, and with the opposite ones."""
    places = StateVector.of(updates.sample()).places()
    signs = np.array([sign * push for push in found.steered for sign in (1.0, -1.0)])

    def of(some: Array) -> _Signs:
        return lambda step, variable, shape: some[:, step - 1, places[variable]].reshape(shape)

    for group in [signs] if updates.network.batched else [signs[k : k + 1] for k in range(len(signs))]:
        yield from _reached(updates, found.tolerance, of(group), len(group), seed)


def _reached(updates: Updates, tolerance: float, signs: _Signs, devices: int, seed: int) -> Iterator[_Device]:
    """What devices have after T steps, from a random state each: samples of a batch, where there is such an axis."""
    xp, dtype, batched = updates.network.arrays, updates.network.module.DTYPE, updates.network.batched
    largest = tolerance * (1 - STANDS_OUT)  # the simulation's own rounding is part of what a device is off by

    def disturbed(step: int, variable: Variable, value: Array) -> Array:
        return value + xp.asarray(largest * signs(step, variable, value.shape), dtype=dtype)

    many = updates.samples([0] * devices)
    setting = RelaxationSetting(updates.network.derivation.steps, seed=seed)
    final = run(many, setting, "random", disturbance=disturbed).final
    for device in range(devices):
        part = slice(device, device + 1) if batched else ...

        def push(step: int, variable: Variable, part: Any = part) -> Array:
            return largest * signs(step, variable, final[variable].shape)[part]

        yield DoubledState({n: a[part] for n, a in final.x.items()}, {n: a[part] for n, a in final.s.items()}), push


__all__ = ["Bound", "LargestErrors", "Resolution", "bounded", "resolution"]

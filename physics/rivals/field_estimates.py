"""Gradients from nudged states of a vector field: from two, from one and the free state, from some around a circle."""

from __future__ import annotations

import cmath
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dyadic.physics.rivals.bench import Bench, Units, added
from dyadic.physics.rivals.nudged_states import Correction, Equilibrium, settled
from dyadic.physics.updates import Array


def estimate(bench: Bench, displaced: Units) -> dict[str, Array]:
    """-(dF/dtheta)^T w at u0."""
    return bench.pairing(bench.free, added((-1, displaced)))


@dataclass(frozen=True)
class Estimate:
    """A method's gradient.

    stepped: whether unit steps went to all the nudged states that it is made of.  reason: why one of these is missing.
    """

    gradient: dict[str, Array]
    stepped: bool
    reason: str

    @classmethod
    def of(cls, gradient: dict[str, Array], *states: Equilibrium) -> Estimate:
        return cls(gradient, all(one.stepped for one in states), next(filter(None, (one.reason for one in states)), ""))


def centred(bench: Bench, beta: float, correction: Correction) -> Estimate:
    up, down = (settled(bench, sign * beta, correction) for sign in (1, -1))
    displaced = added((1 / (2 * beta), up.u), (-1 / (2 * beta), down.u))
    return Estimate.of(estimate(bench, displaced), up, down)


def one_sided(bench: Bench, beta: float, correction: Correction) -> Estimate:
    up = settled(bench, beta, correction)
    return Estimate.of(estimate(bench, added((1 / beta, up.u), (-1 / beta, bench.free))), up)


def cauchy(bench: Bench, beta: float, points: int, nudged: Callable[[complex], Equilibrium]) -> Estimate:
    """The mean over beta e^(i phi_k) of u e^(-i phi_k) / beta.  nudged: the equilibrium for a nudging."""
    found = [nudged(beta * phase) for phase in phases_on_circle(points)]
    return Estimate.of(mean_of_phases(bench, beta, [one.u for one in found]), *found)


def phases_on_circle(points: int) -> list[complex]:
    return [cmath.exp(2j * cmath.pi * k / points) for k in range(points)]


def mean_of_phases(bench: Bench, beta: float, states: Sequence[Units]) -> dict[str, Array]:
    """The estimate from one state for each phase."""
    points = len(states)
    total = added(
        *((1 / (phase * points * beta), u) for phase, u in zip(phases_on_circle(points), states, strict=True))
    )
    return estimate(bench, {name: value.real for name, value in total.items()})


__all__ = ["Estimate", "cauchy", "centred", "estimate", "mean_of_phases", "one_sided", "phases_on_circle"]

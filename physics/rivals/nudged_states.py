"""A nudged state of a vector field: F(u) - beta c(u) - 2 A (u - u0) = 0, by unit steps, or followed from beta = 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dyadic.physics.rivals.bench import Bench, Units, added, largest
from dyadic.physics.updates import Array

_MOST_STEPS, _SETTLED, _NEARLY, _NEAR = 3000, 1e-15, 1e-12, 1e-6
_PARTS, _NEWTON, _MOST_FOLLOWED = 10, 30, 100
"""Of Newton's method: into how many parts the way to beta is cut, steps for each, entries up to which it is used."""


class Correction:
    """-2 A (u - u0) with the antisymmetric part of J at u0, or nothing; on doubles, complex numbers, balls, series."""

    def __init__(self, antisymmetric: Array | None) -> None:
        self.antisymmetric = antisymmetric

    def __call__(self, bench: Bench, u: Units, free: Units) -> Units | None:
        if self.antisymmetric is None:
            return None
        off = np.array(bench.flat(added((1, u), (-1, free))), dtype=object if _objects(u) else None)
        return bench.units(self.antisymmetric @ off)


def _objects(u: Units) -> bool:
    return any(np.asarray(value).dtype == object for value in u.values())


def residual(bench: Bench, u: Units, beta: object, correction: Correction) -> dict[str, Array]:
    """F(u) - beta c(u) - 2 A (u - u0)."""
    found = added((1, bench.field(u)), (-1 * beta, bench.slope(u)))  # type: ignore[operator]
    moved = correction(bench, u, bench.free)
    return found if moved is None else added((1, found), (-1, moved))


@dataclass(frozen=True)
class Equilibrium:
    """A nudged state; NaN where neither unit steps nor Newton's method found one.

    steps: how many unit steps went there; None where they do not.
    """

    u: Units
    steps: int | None

    @property
    def stepped(self) -> bool:
        return self.steps is not None


def unit_steps(bench: Bench, beta: complex, correction: Correction) -> Iterator[tuple[Units, float]]:
    """Unit steps of du/dt = R(u, beta) from u0 until they settle: the state after each, and the largest change."""
    u: Units = {
        name: value.astype(complex) if isinstance(beta, complex) else value for name, value in bench.free.items()
    }
    for _ in range(_MOST_STEPS):
        moved = residual(bench, u, beta, correction)
        u = added((1, u), (1, moved))
        size = largest(moved)
        yield u, size
        if not size > _SETTLED * max(1.0, largest(u)):
            return


def settled(bench: Bench, beta: complex, correction: Correction) -> Equilibrium:
    """The nudged equilibrium, reached by unit steps of du/dt = R(u, beta) from u0.

    Where these do not settle it is followed from beta = 0 on by Newton's method, which says what the method's own
    estimate is, if not how a device would come to it.
    """
    with np.errstate(all="ignore"):
        for step, (state, _) in enumerate(unit_steps(bench, beta, correction), 1):
            u, steps = state, step
        off = largest(residual(bench, u, beta, correction))
        if off <= _NEARLY * max(1.0, largest(u)):
            return Equilibrium(u, steps)
        return Equilibrium(followed(bench, beta, correction), None)


def followed(bench: Bench, beta: complex, correction: Correction) -> dict[str, Array]:
    """The branch of equilibria from u0 on to beta, by Newton's method in small steps of beta; NaN where it ends."""
    at = np.array(bench.flat(bench.free), dtype=type(beta))
    lost = bench.units(np.full(len(at), np.nan, dtype=type(beta)))
    if len(at) > _MOST_FOLLOWED:
        return lost

    def values(vector: Array, nudging: complex) -> Array:
        return np.array(bench.flat(residual(bench, bench.units(vector), nudging, correction)))

    for part in range(1, _PARTS + 1):
        nudging = beta * part / _PARTS
        for _ in range(_NEWTON):
            columns = [
                (values(at + 1e-6 * e, nudging) - values(at - 1e-6 * e, nudging)) / 2e-6 for e in np.eye(len(at))
            ]
            slope = np.array(columns).T
            if not np.isfinite(slope).all() or np.linalg.matrix_rank(slope) < len(at):
                return lost
            moved = np.linalg.solve(slope, values(at, nudging))
            at = at - moved
            if np.abs(moved).max() <= _NEARLY * max(1.0, np.abs(at).max()):
                break
        else:
            return lost
    return bench.units(at)


__all__ = ["Correction", "Equilibrium", "followed", "residual", "settled", "unit_steps"]

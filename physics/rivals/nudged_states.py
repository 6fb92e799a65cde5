"""A nudged state of a vector field: F(u) - beta c(u) - 2 A (u - u0) = 0, by unit steps, or followed from beta = 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dyadic.physics.rivals.bench import Bench, Units, added, largest
from dyadic.physics.updates import Array

_MOST_STEPS, _SETTLED, _NEARLY, _NEAR = 3000, 1e-15, 1e-12, 1e-6
_NEWTON, _MOST_FOLLOWED = 30, 100
"""Of Newton's method: steps for each part of the way to beta, entries up to which it is used."""
_LONGEST, _AT_A_KINK, _SHORTEST, _SMALLER = 0.1, 1e-5, 1e-9, 0.2
"""Of the way to beta, the longest part, one that passes a kink, the shortest; each Newton step to the one before."""
_BENT, _FAR = 100.0, 100.0
"""At a kink, the change of the state to the first Newton step, at most; the parts on to where a fold may be."""
_MOST_PARTS = 500
_FOLDED = 0.01
"""The smallest singular value to that at u0, below which a branch that cannot be followed further ends in a fold."""


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
    """A nudged state; NaN where neither unit steps nor Newton's method found one, with the ``reason``.

    steps: how many unit steps went there; None where they do not.
    """

    u: Units
    steps: int | None
    reason: str = ""

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
        return followed(bench, beta, correction)


def followed(bench: Bench, beta: complex, correction: Correction) -> Equilibrium:
    """The branch of equilibria from u0 on to beta, by Newton's method; NaN and the reason where it ends.

    A part of the way counts where Newton's steps shrink to a fifth each time and dR/du at its end is off by less than
    half of itself; else it is halved: across a simple fold, where dR/du is singular, no short part counts.  Where the
    square of its smallest singular value, which falls linearly on the way to a fold, is not about to be 0, a function
    has a kink there, which is passed.
    """
    way = _Way(bench, beta, correction)
    at = np.array(bench.flat(bench.free), dtype=type(beta))
    lost = bench.units(np.full(len(at), np.nan, dtype=type(beta)))
    if len(at) > _MOST_FOLLOWED:
        return Equilibrium(lost, None, f"Newton's method is used up to {_MOST_FOLLOWED} entries of the activations")
    slope = way.slope(at, 0.0)
    first = smallest = _regular(slope)
    done, part, fold, parts = 0.0, _LONGEST, 0.0, 0
    while done < 1:
        part, parts = (part if done + part < 1 - _SHORTEST else 1 - done), parts + 1
        kink = part <= _AT_A_KINK and fold > done + _FAR * part and not np.iscomplexobj(at)
        there = way.corrected(at, done + part, _BENT if kink else None)
        beyond = None if there is None else way.slope(there, done + part)
        if there is not None and beyond is not None and (_same_sign if kink else _near)(slope, beyond):
            before, smallest = smallest, _regular(beyond)
            falls = (before**2 - smallest**2) / part
            at, slope, done = there, beyond, done + part
            fold, part = done + smallest**2 / falls if falls > 0 else np.inf, min(_LONGEST, 2 * part)
        else:
            part /= 2
        if done < 1 and (part < _SHORTEST or parts > _MOST_PARTS):
            ends = "ends" if smallest <= _FOLDED * first else "is lost"
            return Equilibrium(lost, None, f"the branch from the free state {ends} before beta {_shown(beta)}")
    return Equilibrium(bench.units(at), None)


@dataclass(frozen=True)
class _Way:
    """R(u, t beta) and its derivative in u, on vectors."""

    bench: Bench
    beta: complex
    correction: Correction

    def values(self, vector: Array, part: float) -> Array:
        return np.array(
            self.bench.flat(residual(self.bench, self.bench.units(vector), self.beta * part, self.correction))
        )

    def slope(self, at: Array, part: float) -> Array:
        units = 1e-6 * np.eye(len(at))
        columns = [(self.values(at + unit, part) - self.values(at - unit, part)) / 2e-6 for unit in units]
        return np.array(columns).reshape(len(at), -1).T

    def corrected(self, at: Array, part: float, bent: float | None) -> Array | None:
        """The state at a part of the way that Newton's steps lead to from a state before; None where they leave it.

        bent: if given, not each step has to be shorter, but the whole change at most so many times the first step.
        """
        start, first, before = at, 0.0, np.inf
        for number in range(_NEWTON):
            slope = self.slope(at, part)
            if not _regular(slope):
                return None
            moved = np.linalg.solve(slope, self.values(at, part))
            at, length = at - moved, float(np.abs(moved).max(initial=0))
            first = first if number else length
            if bent is not None and not np.abs(at - start).max(initial=0) <= bent * first + _NEARLY:
                return None
            if length <= _NEARLY * max(1.0, float(np.abs(at).max(initial=0))):
                return at
            if bent is None and not length <= _SMALLER * before:
                return None
            before = length
        return None


def _regular(slope: Array) -> float:
    """The smallest singular value of a matrix; 0 where that is rounding, or an entry is not finite."""
    if not np.isfinite(slope).all() or np.linalg.matrix_rank(slope) < len(slope):
        return 0.0
    return float(np.linalg.svd(slope, compute_uv=False).min(initial=np.inf))


def _near(one: Array, two: Array) -> bool:
    """Whether J1^-1 J2 is 1 but for less than 1/2."""
    if not _regular(one) or not np.isfinite(two).all():
        return False
    return bool(np.linalg.norm(np.linalg.solve(one, two) - np.eye(len(one)), 2) < 0.5)


def _same_sign(one: Array, two: Array) -> bool:
    """Of the determinants of two real matrices."""
    return bool(np.linalg.slogdet(one)[0] == np.linalg.slogdet(two)[0])


def _shown(beta: complex) -> str:
    real, imaginary = complex(beta).real, complex(beta).imag
    return f"{real:g}" if abs(imaginary) <= 1e-12 * abs(beta) else f"{real:.3g}{imaginary:+.3g}i"


__all__ = ["Correction", "Equilibrium", "followed", "residual", "settled", "unit_steps"]

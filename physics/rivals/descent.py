"""The minimum of a method's energy near a start: by the method's own gradient descent, then by Newton's method.

Descent is what a device does, and its steps are counted where it comes to rest; where it does not, or not to the last
digits, Newton's method with a line search goes on from where it is, so that what is reported is the method's estimate
and not a place on the way to it.  What neither brings to rest is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from dyadic.physics.rivals.allowance import OutOfTime, spend
from dyadic.physics.rivals.bench import LARGEST, Bench, Units, added, largest
from dyadic.physics.rivals.energies import EnergyNetwork
from dyadic.physics.rivals.resting import Mask, Rests
from dyadic.physics.updates import Array
from dyadic.symbolic.nouns import counted

STEP, MOST_STEPS = 0.1, 20_000
STALLED, SLOW, _FLOOR = 200, 1000, 1e-9
"""Steps after which descent ends whose slope has not fallen by a tenth: near rounding, a part of the largest slope, and
elsewhere."""
_NEWTON, _HALVINGS, _CHANGES, _POWERS, _IDLE = 100, 40, 30, 30, 6
_DIFFERENCE = 1e-6
_CONJUGATE, _PART, _NEARING = 1e-9, 1e-4, 1e-4
"""Of a vector, what conjugate gradients leave for a solution, and for a step of Newton's method; of the slope, what is
left where it takes over."""
_MOVED, _SETTLED = 1e-9, 1e-15
_BEYOND_ROUNDING = 1e-11
"""Part of the slope's terms to which the slope itself must fall where there is no Newton's method."""


class NotAtRest(Exception):
    """Neither descent nor Newton's method came to rest; says how far they came."""


@dataclass(frozen=True)
class Objective:
    """An energy on a bench: its value, its slope by vertex, and the vertices that are held where they are.

    rests: the units that may come to rest where the energy bends; rest: which of them are kept there.
    beta: how strongly the cost is part of it.
    """

    bench: Bench
    value: Callable[[Units], float]
    slope: Callable[[Units], Units]
    held: Collection[str] = ()
    rests: Rests | None = None
    rest: Mask = field(default_factory=dict)
    beta: float = 0.0

    @classmethod
    def of(
        cls, bench: Bench, energy: EnergyNetwork, held: Collection[str] = (), rests: Rests | None = None
    ) -> Objective:
        """A method's energy, without the cost."""
        return cls(bench, lambda u: energy.value(u, {}), lambda u: energy.by_x(u, {}), held, rests)

    def nudged(self, beta: float) -> Objective:
        """The same and beta times the cost."""

        def value(u: Units) -> float:
            return self.value(u) + beta * float(np.sum(self.bench.updates.at(u, {}).cost()))

        def slope(u: Units) -> Units:
            return added((1, self.slope(u)), (beta, self.bench.slope(u)))

        return replace(self, value=value, slope=slope, beta=beta)

    def moving(self, u: Units) -> dict[str, Array]:
        """The slope, 0 at what is held or at rest."""
        found = {name: 0 * value if name in self.held else value for name, value in self.slope(u).items()}
        return {name: np.where(self.rest[name], 0, value) if self.rest else value for name, value in found.items()}

    def pull(self, u: Units) -> Units:
        """The part of the slope that the cost makes."""
        return added((self.beta, self.bench.slope(u)))

    def moves(self, u: Units) -> Array:
        """Of all entries, which are neither held nor at rest."""
        kept = {name: self.rest[name] if self.rest else np.zeros(np.shape(value), bool) for name, value in u.items()}
        still = [np.ones_like(mask) if name in self.held else mask for name, mask in kept.items()]
        return ~np.concatenate([mask.ravel() for mask in still])

    def resting(self, u: Units) -> Mask:
        """Which units have their minimum at the bend; none of what is held."""
        found = self.rests.resting(u, self.pull(u)) if self.rests else {}
        return {name: np.zeros_like(mask) if name in self.held else mask for name, mask in found.items()}

    def at_the_bend(self, u: Units, rest: Mask) -> tuple[Objective, Units]:
        """With these units kept at rest, and the state in which they are."""
        put = self.rests.put(u, self.pull(u), rest) if self.rests else u
        return replace(self, rest=rest), {name: u[name] if name in self.held else put[name] for name in u}

    def flat(self, units: Units) -> Array:
        return np.array(self.bench.flat(units), dtype=float)


@dataclass(frozen=True)
class Rest:
    """A minimum; NaN where none was found, with the reason.

    steps: of gradient descent that went there; None where its steps do not, and Newton's method did.
    followed: whether it was found from the free state on, without descent.
    stopped: where descent was, if its steps do not go there.
    branch: up to where the branch from the free state was followed, if not to the minimum.
    """

    u: dict[str, Array]
    steps: int | None
    reason: str = ""
    followed: bool = False
    stopped: str = ""
    branch: str = ""

    @property
    def how(self) -> str:
        """What is added to a setting's name."""
        if self.reason:
            return f"; {self.reason}"
        if self.steps is not None or self.followed:
            return self.branch
        return f"; {self.stopped}; the state is Newton's{self.branch}"


def step_size(bench: Bench) -> float:
    """0.1, or less where a step would be longer than 1 over the largest curvature of |F|^2 / 2 at the free state."""
    if not bench.size:
        return STEP
    with np.errstate(all="ignore"):
        curvature = _curvature(bench) if bench.too_large() else float(np.linalg.norm(bench.jacobian, 2)) ** 2
    return min(STEP, 1 / curvature) if np.isfinite(curvature) and curvature else STEP


def _curvature(bench: Bench) -> float:
    """The largest eigenvalue of J^T J at u0 without a matrix: powers of it, J times a vector by central differences."""
    along = np.random.default_rng(0).standard_normal(bench.size)
    found = 0.0
    for _ in range(_POWERS):
        shift = bench.units(along * (_DIFFERENCE / np.linalg.norm(along)))
        ahead, behind = (bench.field(added((1, bench.free), (sign, shift))) for sign in (1, -1))
        moved = added((1 / (2 * _DIFFERENCE), ahead), (-1 / (2 * _DIFFERENCE), behind))
        turned = added((1, bench.pull(bench.free, moved)), (-1, moved))
        along = np.array(bench.flat(turned), dtype=float)
        found = float(np.linalg.norm(along))
        if not np.isfinite(found) or not found:
            break
    return found


def at_rest(objective: Objective, start: Units, step: float = STEP) -> Rest:
    """The minimum that descent from ``start`` leads to.  Raises :class:`NotAtRest`.

    Which units rest at a bend of the energy is told by its slopes on both sides where descent ends; the others then go
    to their minimum, until both agree.
    """
    if objective.rests is None:
        return _smooth_rest(objective, start, step)
    with np.errstate(all="ignore"):
        ended, steps, most = _descended(objective, start, step)
    first = u = ended if np.isfinite(largest(ended)) else dict(start)
    for _ in range(_CHANGES):
        rest = objective.resting(u)
        found = _smooth_rest(*objective.at_the_bend(u, rest), step, most)
        u = found.u
        if all((mask == rest[name]).all() for name, mask in objective.resting(u).items()):
            way = largest(added((1, u), (-1, start)))
            arrived = _near(u, first, way)
            return Rest(u, steps) if arrived else Rest(u, None, stopped=_stopped(objective, ended, steps, most))
    raise NotAtRest("units that rest where the energy bends leave it again, and others come to it, without end")


def _near(end: Units, u: Units, way: float) -> bool:
    return largest(added((1, end), (-1, u))) <= 1e-6 * way + _SETTLED * max(1.0, largest(end))


def _smooth_rest(objective: Objective, start: Units, step: float, most: float = 0.0) -> Rest:
    """The same where the energy does not bend, or what rests at a bend is known.

    most: the largest slope on the way to ``start``.
    """
    large = objective.bench.size > LARGEST
    with np.errstate(all="ignore"):
        u, steps, terms = _descended(objective, start, step, _NEARING if large else _SETTLED)
        terms = max(terms, most)
        if large:
            found = _by_products(objective, start, u, steps, terms)
            if found is not None:
                return found
            u, more, further = _descended(objective, u, step)
            steps, terms = steps + more, max(terms, further)
        finite = all(np.isfinite(value).all() for value in u.values())
        left = largest(objective.moving(u)) if finite else np.inf
        if large:
            if left <= _BEYOND_ROUNDING * terms:
                return Rest(u, steps)
            raise NotAtRest(f"descent did not come to rest in {steps} steps of {step:.2g} (slope left: {left:.1e})")
        end = _newton(objective, start, u if finite else start)
        arrived = finite and _near(end, u, largest(added((1, end), (-1, start))))
        return Rest(end, steps) if arrived else Rest(end, None, stopped=_stopped(objective, u, steps, terms))


def _stopped(objective: Objective, u: Units, steps: int, most: float) -> str:
    """What is known of a descent that ended after so many steps elsewhere than at the minimum."""
    left = largest(objective.moving(u)) if np.isfinite(largest(u)) else np.inf
    if not np.isfinite(left):
        return f"descent diverged in {counted(steps, 'step')}"
    rest = "came to rest elsewhere" if left <= _SETTLED * most else "was not at rest"
    return f"descent {rest} after {counted(steps, 'step')}, slope {left:.1e}"


def _by_products(objective: Objective, start: Units, u: Units, steps: int, terms: float) -> Rest | None:
    """Newton's method by conjugate gradients, without a matrix, from where descent is near; None where it fails.

    Near is where the slope has fallen far and the minimum is a small part of the way off: whole descent, whose last
    digits take most of its steps, would arrive there too.  What is further off, and lower, is a minimum all the same.

    u, steps, terms: where descent from ``start`` ended, after how many steps, and the largest slope on the way.
    """
    at, end = objective.flat(u), objective.flat(u)
    least, idle = np.inf, 0
    for _ in range(_NEWTON):
        slope = objective.flat(objective.moving(objective.bench.units(end)))
        size = float(np.abs(slope).max(initial=0))
        least, idle = (size, 0) if size < least / 2 else (least, idle + 1)
        if not np.isfinite(size) or idle > _IDLE:  # as where it goes to and fro across a kink
            return None
        if size <= _BEYOND_ROUNDING * terms:
            way = float(np.abs(end - objective.flat(start)).max(initial=0))
            near = float(np.abs(end - at).max(initial=0)) <= 0.1 * way
            lower = objective.value(objective.bench.units(end)) <= objective.value(u)
            state = objective.bench.units(end)
            if near:
                return Rest(state, steps)
            return Rest(state, None, stopped=_stopped(objective, u, steps, terms)) if lower else None
        direction = positive_solution(partial(curvature_along, objective, end), -slope, _PART)
        if direction is None:
            return None
        end = end + direction
    return None


def curvature_along(objective: Objective, at: Array, along: Array) -> Array:
    """The energy's second derivatives times a vector, by central differences of its slope."""
    scale = float(np.abs(along).max(initial=0)) / _DIFFERENCE
    ahead, behind = (
        objective.flat(objective.moving(objective.bench.units(at + sign / scale * along))) for sign in (1, -1)
    )
    return (ahead - behind) * scale / 2


def at_rest_or_nowhere(objective: Objective, start: Units, step: float = STEP) -> Rest:
    """The same for one nudging of several: where no minimum is found, or in time, no numbers and the reason."""
    try:
        return at_rest(objective, start, step)
    except (NotAtRest, OutOfTime) as error:
        return nowhere(start, str(error))


def nowhere(start: Units, reason: str) -> Rest:
    """No minimum: no numbers, and the reason."""
    return Rest({name: np.full_like(value, np.nan) for name, value in start.items()}, None, reason)


def path(
    objective: Objective, start: Units, step: float = STEP, settled: float = _SETTLED
) -> Iterator[tuple[Units, float]]:
    """Gradient descent until it rests or no longer falls: the state after each step, and the slope before it.

    settled: of the largest slope so far, the part that is called rest.
    """
    u, least, fell, most = dict(start), np.inf, 0, 0.0
    for number in range(1, MOST_STEPS + 1):
        slope = objective.moving(u)
        u = added((1, u), (-step, slope))
        size = largest(slope)
        spend(partial("step {} of descent, slope left {:.1e}".format, number, size))
        yield u, size
        most = max(most, size)
        if size < 0.9 * least:
            least, fell = size, number
        patience = STALLED if size <= _FLOOR * most else SLOW
        if size <= settled * most or number - fell > patience or not np.isfinite(size):
            return


def _descended(
    objective: Objective, start: Units, step: float, settled: float = _SETTLED
) -> tuple[dict[str, Array], int, float]:
    """Where descent ends, after how many steps, and the largest slope on the way."""
    u, number, most = dict(start), 0, 0.0
    for state, size in path(objective, start, step, settled):
        u, number, most = dict(state), number + 1, max(most, size)
    return u, number, most


def _newton(objective: Objective, start: Units, u: Units) -> dict[str, Array]:
    """Newton's method, its matrix made positive where it is not, each step halved until the energy falls."""
    moving = objective.moves({name: u[name] for name in objective.bench.vertices})
    if not moving.any():
        return dict(u)
    at, origin, saddle = objective.flat(u), objective.flat(start), ""
    for _ in range(_NEWTON):
        slope = objective.flat(objective.moving(objective.bench.units(at)))[moving]
        hessian = _hessian(objective, at)[np.ix_(moving, moving)]
        if not (np.isfinite(hessian).all() and np.isfinite(slope).all()):
            break
        values, axes = np.linalg.eigh((hessian + hessian.T) / 2)
        floor = 1e-14 * max(float(np.abs(values).max()), 1e-300)
        direction = np.zeros(len(at))
        direction[moving] = -axes @ ((axes.T @ slope) / np.maximum(np.abs(values), floor))
        length = float(np.abs(direction).max())
        near = _MOVED * float(np.abs(at - origin).max()) + _SETTLED * max(1.0, float(np.abs(at).max()))
        downwards = values.min() <= -1e-7 * np.abs(values).max()
        spend(partial("Newton's method after descent moves by {:.1e}".format, length))
        if length <= near and not downwards:
            return objective.bench.units(at + direction)
        saddle = f"; it is a saddle, of a curvature of {values.min():.1e}" if length <= near else ""
        at = at + _shortened(objective, at, direction, float(direction[moving] @ slope)) * direction
    left = largest(objective.moving(objective.bench.units(at)))
    if not np.isfinite(left):
        raise NotAtRest("descent diverges and Newton's method finds no minimum: the energy may have none here")
    raise NotAtRest(f"neither descent nor Newton's method came to rest at a minimum (slope left: {left:.1e}{saddle})")


def positive_solution(times: Callable[[Array], Array], right: Array, part: float = _CONJUGATE) -> Array | None:
    """H^-1 of a vector, H symmetric and positive, by conjugate gradients, which ask for H times a vector.

    part: of the vector, what may be left of it; more is where no less comes, as where the products are not linear.
    None where H is not positive along some direction that comes up.
    """
    found, left = np.zeros_like(right), right.copy()
    along, size = left.copy(), float(left @ left)
    smallest, least, fell = part**2 * size, size, 0
    for number in range(len(right)):
        if size < least:
            least, fell = size, number
        if not size > smallest or number - fell > STALLED:
            break
        turned = times(along)
        curvature = float(along @ turned)
        if not curvature > 0:
            return None
        length = size / curvature
        found, left = found + length * along, left - length * turned
        before, size = size, float(left @ left)
        along = left + size / before * along
    return found


def _hessian(objective: Objective, at: Array) -> Array:
    columns = []
    for unit in np.eye(len(at)):
        ahead, behind = (
            objective.flat(objective.moving(objective.bench.units(at + sign * _DIFFERENCE * unit))) for sign in (1, -1)
        )
        columns.append((ahead - behind) / (2 * _DIFFERENCE))
    return np.array(columns).T


def _shortened(objective: Objective, at: Array, direction: Array, slope: float) -> float:
    """The part of a step after which the energy is lower; all of it where that cannot be told from rounding."""
    before = objective.value(objective.bench.units(at))
    if abs(slope) <= 1e-13 * max(abs(before), 1e-300):
        return 1.0
    part = 1.0
    for _ in range(_HALVINGS):
        after = objective.value(objective.bench.units(at + part * direction))
        if after <= before + 1e-4 * part * slope:
            return part
        part /= 2
    return part


__all__ = [
    "MOST_STEPS", "STEP", "NotAtRest", "Objective", "Rest", "at_rest", "at_rest_or_nowhere", "curvature_along",
    "nowhere", "path", "positive_solution", "step_size",
]  # fmt: skip

"""The dynamics in continuous time, by SciPy's solvers: tau dz/dt = f(z) - z for every variable z.

Euler's method with steps of size h is :mod:`dyadic.physics.dynamics` itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.symbolic.errors import DyadicError

SOLVERS = ("euler", "RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA")
"""Euler's method, and those of ``scipy.integrate.solve_ivp``; the last three are for stiff problems."""
_TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}
_EXPLICIT = ("RK45", "RK23", "DOP853")
_LONGEST = 10**4
"""Time over the smallest time constant up to which an explicit solver is run: it takes a step in a few of these."""
_MOST_EVALUATIONS = 10**6
"""Of the field, by any solver."""


class Flat:
    """States as vectors: every entry of every variable and sample, one after the other."""

    def __init__(self, updates: Updates, like: DoubledState) -> None:
        self.updates = updates
        self.shapes = {variable: like[variable].shape for variable in updates.variables}

    def vector(self, state: DoubledState) -> Array:
        return np.concatenate([on_host(state[variable]).ravel() for variable in self.shapes])

    def state(self, vector: Array) -> DoubledState:
        module, place, found = self.updates.network.module, 0, {}
        for variable, shape in self.shapes.items():
            size = int(np.prod(shape))
            part = np.array(vector[place : place + size].reshape(shape), dtype=module.DTYPE)
            found[variable] = self.updates.network.arrays.asarray(part)
            place += size
        return DoubledState(*({n: found[letter, n] for n in self.updates.vertices} for letter in "xs"))

    def spread(self, numbers: Mapping[Variable, float]) -> Array:
        """A number per variable as one per entry."""
        return np.concatenate([np.full(int(np.prod(s)), numbers.get(v, 1.0)) for v, s in self.shapes.items()])

    def field(self, vector: Array) -> Array:
        """f(z), the unit step's result."""
        state = self.state(vector)
        new = self.updates.new(state, self.shapes)
        return np.concatenate([on_host(new[variable]).ravel() for variable in self.shapes])


def solved(
    updates: Updates, steps: int, h: float, tau: Mapping[Variable, float], method: str, state: DoubledState
) -> Iterator[DoubledState]:
    """The states at the times 0, h, 2 h, ....  Raises :class:`DyadicError` where the solver fails or is not there."""
    if method not in SOLVERS:
        raise DyadicError(f"solver {method!r} is unknown; choose one of {', '.join(SOLVERS)}")
    try:
        from scipy.integrate import solve_ivp
    except ImportError as error:
        raise DyadicError(f"the solver {method} needs SciPy: pip install 'dyadic-backprop[physics]'") from error
    flat = Flat(updates, state)
    constants, times = flat.spread(tau), h * np.arange(steps + 1)
    if method in _EXPLICIT and times[-1] > _LONGEST * constants.min():
        raise DyadicError(
            f"the solver {method} takes steps of a few times the smallest time constant, {constants.min():g}, which is "
            f"too many for the time {times[-1]:g}; take a shorter time, or BDF, Radau or LSODA"
        )

    evaluations = itertools.count(1)

    def rate(time: float, vector: Array) -> Array:
        if next(evaluations) > _MOST_EVALUATIONS:
            raise DyadicError(
                f"the solver {method} was at time {time:.3g} of {times[-1]:.3g} after {_MOST_EVALUATIONS} evaluations; "
                "take a shorter time, or a solver for stiff problems"
            )
        return (flat.field(vector) - vector) / constants

    yield state
    if not steps:
        return
    found: Any = solve_ivp(rate, (0, times[-1]), flat.vector(state), method=method, t_eval=times, **_TOLERANCE)
    if not found.success:
        raise DyadicError(f"the solver {method} gave up: {found.message}; take a shorter time or another solver")
    for column in range(1, steps + 1):
        yield flat.state(found.y[:, column])


__all__ = ["SOLVERS", "Flat", "solved"]

"""Devices without the simulation's own rounding: in balls, for those that seem to be beyond a bound.

A simulation in doubles adds its rounding to what a device is off by, and to a gradient that it computes.  Where the
bound is no larger, as for a gradient that is 0 identically, doubles cannot say on which side of it a device is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dyadic.physics.enclosures import Unenclosed, enclosing, in_balls
from dyadic.physics.number_types import balls, lower, mapped
from dyadic.physics.trajectory import on_host
from dyadic.physics.updates import Array, DoubledState, Updates, Variable

Push = Callable[[int, Variable], Array]
"""Of a step and a variable, what a device adds to its new value."""


@dataclass(frozen=True)
class LargestErrors:
    """The largest errors of some devices, by variable and by parameter.

    hidden: how many devices the simulation's rounding hides: it has them beyond the bound, where balls are too wide.
    """

    states: Mapping[Variable, Array]
    gradients: Mapping[str, Array]
    hidden: int = 0

    def joined(self, other: LargestErrors) -> LargestErrors:
        """Of the devices of both."""
        states = {v: np.maximum(array, other.states[v]) for v, array in self.states.items()}
        gradients = {n: np.maximum(array, other.gradients[n]) for n, array in self.gradients.items()}
        return LargestErrors(states, gradients, self.hidden + other.hidden)

    def within(self, states: Mapping[Variable, Array], gradients: Mapping[str, Array]) -> bool:
        """Whether no error is larger than a bound on it."""
        pairs = [(array, states[v]) for v, array in self.states.items()]
        pairs += [(array, gradients[n]) for n, array in self.gradients.items()]
        return all(bool((array <= most).all()) for array, most in pairs)


class WithoutRounding:
    """One sample of a network in balls, and what devices of it are off by: numbers that are not above the true ones."""

    def __init__(self, updates: Updates) -> None:
        self.updates = updates

    @cached_property
    def _exact(self) -> tuple[Updates, DoubledState, dict[str, Array]]:
        one = in_balls(self.updates)
        exact = one.exact()
        return one, exact, one.at(exact.x, exact.s).gradients()

    def reached(self, state: DoubledState) -> LargestErrors | None:
        """Of a device in a state of doubles, taken as it is; None where balls cannot tell.

        It is that of a device of the tolerance as long as the rounding on the way there was small beside it.
        """
        try:
            with enclosing():
                return self._off({variable: balls(on_host(state[variable])) for variable in self.updates.variables})
        except Unenclosed:
            return None

    def again(self, push: Push) -> LargestErrors | None:
        """Of a device that takes all its T steps in balls, so that it is of no consequence where it starts."""
        try:
            with enclosing():
                one, state, _ = self._exact
                for step in range(1, one.network.derivation.steps + 1):
                    new = one.new(state, one.variables)
                    state = state.changed({v: value + balls(push(step, v)) for v, value in new.items()})
                return self._off({variable: state[variable] for variable in one.variables})
        except Unenclosed:
            return None

    def _off(self, values: Mapping[Variable, Array]) -> LargestErrors:
        one, exact, wanted = self._exact
        x, s = ({name: values[letter, name] for name in one.vertices} for letter in "xs")
        found = one.at(x, s).gradients()
        states = {variable: _least(value - exact[variable]) for variable, value in values.items()}
        return LargestErrors(states, {name: _least(found[name] - value) for name, value in wanted.items()})


def _least(differences: Any) -> Array:
    return np.asarray(mapped(lower, differences), dtype=float)


__all__ = ["LargestErrors", "Push", "WithoutRounding"]

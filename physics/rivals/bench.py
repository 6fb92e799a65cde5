"""One sample of a network, on which every method is tried: its field, its adjoints, backpropagation's gradient.

Notation: u is the state of all activations, F(u) = f(u) - u, J = dF/du, c = grad C, u0 the free state with F(u0) = 0;
backpropagation: J^T s = -c, dC/dtheta = (dF/dtheta)^T s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, arb_mat

from dyadic.physics.enclosures import in_balls, matrix, small_enough
from dyadic.physics.gradient_error import error_by_parts
from dyadic.physics.held_values import held_value
from dyadic.physics.number_types import Slopes
from dyadic.physics.rivals.allowance import spend
from dyadic.physics.updates import Array, Updates
from dyadic.symbolic.derivation import Derivation

Units = Mapping[str, Array]
"""An array by vertex."""
LARGEST = 400
"""Largest number of entries of all activations for which the methods that need the Jacobian as a matrix are run."""


class Bench:
    """A network at one sample, with any kind of numbers in its arrays.

    over: the parameters whose gradients are compared; all where None.
    feedback: weights for the methods that have some of their own; they draw them where None.
    """

    def __init__(
        self, updates: Updates, over: Collection[str] | None = None, feedback: Mapping[str, Array] | None = None
    ) -> None:
        self.updates, self.over, self.feedback = updates, over, feedback

    @property
    def derivation(self) -> Derivation:
        return self.updates.network.derivation

    @cached_property
    def vertices(self) -> list[str]:
        return self.updates.vertices

    @cached_property
    def free(self) -> dict[str, Array]:
        """u0, the activations of the forward pass."""
        return dict(self.updates.exact().x)

    @cached_property
    def sensitivities(self) -> dict[str, Array]:
        """s, by backpropagation."""
        return dict(self.updates.exact().s)

    @cached_property
    def gradient(self) -> dict[str, Array]:
        """Backpropagation's gradient, without weight decay."""
        return self.pairing(self.free, self.sensitivities)

    def field(self, u: Units) -> dict[str, Array]:
        """F(u)."""
        spend()
        frame = self.updates.at(u, {})
        return {name: frame.f(name) - u[name] for name in self.vertices}

    def pull(self, u: Units, s: Units) -> dict[str, Array]:
        """(J + 1)^T s at u: every vertex's children's adjoints."""
        spend()
        frame = self.updates.at(u, s)
        return {name: frame.pulled(name) for name in self.vertices}

    def slope(self, u: Units) -> dict[str, Array]:
        """c at u."""
        spend()
        frame = self.updates.at(u, {})
        return {name: frame.cost_slope(name) for name in self.vertices}

    def pairing(self, u: Units, s: Units) -> dict[str, Array]:
        """(dF/dtheta)^T s at u, of the parameters that are compared."""
        spend()
        return self.chosen(self.updates.at(u, s).gradients(decayed=False))

    def chosen(self, gradient: Mapping[str, Array]) -> dict[str, Array]:
        """Of the parameters that are compared."""
        return {name: value for name, value in gradient.items() if self.over is None or name in self.over}

    def error(self, gradient: Mapping[str, Array]) -> tuple[float, float]:
        """|g - backpropagation's| / |backpropagation's| over all parameters compared, and the cosine between both."""
        return error_by_parts(
            [np.asarray(gradient[name], dtype=float).ravel() for name in self.gradient],
            [np.asarray(value, dtype=float).ravel() for value in self.gradient.values()],
        )

    # -- vectors and the Jacobian --------------------------------------------------------------------------------------

    def flat(self, u: Units) -> list[Any]:
        return [entry for name in self.vertices for entry in np.asarray(u[name]).ravel()]

    def units(self, flat: Any) -> dict[str, Array]:
        """Arrays by vertex of the entries of a vector."""
        found, place, values = {}, 0, np.asarray(flat)
        for name in self.vertices:
            shape = self.free[name].shape
            size = int(np.prod(shape))
            found[name] = values[place : place + size].reshape(shape)
            place += size
        return found

    @property
    def size(self) -> int:
        """The number of entries of all activations."""
        return sum(int(np.prod(value.shape)) for value in self.free.values())

    def balls(self, most: int = LARGEST) -> Bench:
        """The same numbers as balls; within :func:`enclosing`.

        most: entries of all activations.  Raises :class:`Unenclosed` for more.
        """
        small_enough(self.updates, 2 * most)
        return Bench(in_balls(self.updates), self.over)

    def jacobian_at(self, centre: Units) -> arb_mat:
        """J at a state of balls, in balls: the slopes of the emitted forward code."""
        numbered = np.empty(self.size, dtype=object)
        for k, value in enumerate(self.flat(centre)):
            numbered[k] = Slopes(arb(value), {k: arb(1)})
        return matrix(self.flat(self.field(self.units(numbered))), self.size)

    @cached_property
    def jacobian(self) -> Array:
        """J at u0 as doubles, [entry, entry]: its rows are what the adjoints make of the unit vectors."""
        rows = []
        for unit in np.eye(self.size):
            s = self.units(unit)
            rows.append(np.array(self.flat(added((1, self.pull(self.free, s)), (-1, s))), dtype=float))
        return np.array(rows)

    def held_constant(self) -> str | None:
        """Why J, the derivative of F, is not what backpropagation uses here, or None: values that are held constant."""
        found = held_value(self.derivation)
        if found is None:
            return None
        name, function = found
        return (
            f"its state moves with dF/du, and {name!r} holds a value constant ({function}): backpropagation through it "
            "is not the transpose of that"
        )

    def too_large(self) -> str | None:
        """Why J is not made into a matrix here, or None."""
        most = f"matrices are made up to {LARGEST}"
        return None if self.size <= LARGEST else f"the activations have {self.size} entries; {most}"


def added(*terms: tuple[Any, Units]) -> dict[str, Array]:
    """A linear combination, vertex by vertex: the sum of number times arrays."""
    (factor, first), *rest = terms
    return {name: sum((number * units[name] for number, units in rest), factor * first[name]) for name in first}


def largest(units: Units) -> float:
    """The largest magnitude of any entry."""
    sizes = [float(np.max(np.abs(value), initial=0)) for value in units.values()]
    return float(np.max(sizes, initial=0))  # NaN where any is


__all__ = ["LARGEST", "Bench", "Units", "added", "largest"]

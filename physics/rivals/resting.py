"""Units of relu at rest: where the energy of a symmetric network bends, and its minimum stays at the bend.

Of such a unit E holds x^2/2 - r(x) z, z all that reaches it: x^2/2 to the left of 0, x^2/2 - z x to the right.  With
z < 0 the minimum is at x = 0 whatever z is: there the unit stays when a parameter or a nudge changes by little, r is 0,
and derivatives exist.  At z = 0 alone they do not.  A nudge beta C adds beta c to the slope of an output on both sides:
it rests where beta c <= 0 <= beta c - z; pulled to the left it leaves, and r stays 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import arb
from sympy import Expr

from dyadic.physics.enclosures import Unenclosed
from dyadic.physics.number_types import mapped
from dyadic.physics.rivals.bench import Bench, Units
from dyadic.physics.rivals.energies import EnergyNetwork, Rewrite, Term, activation
from dyadic.physics.updates import Array
from dyadic.symbolic.layers import LayerEquation

Mask = Mapping[str, Array]
"""By vertex, which entries are meant."""
_BENDING = "relu"
_AT_THE_KINK = 1e-9


class Rests:
    """The units of relu of a bench, and what reaches them.

    E as a function of r(x) in place of these units' x is smooth: its slope there is r - z.
    """

    def __init__(self, bench: Bench, rated: EnergyNetwork, names: frozenset[str]) -> None:
        self.bench, self.rated, self.names = bench, rated, names

    @classmethod
    def of(cls, bench: Bench, term: Term, rewrite: Rewrite) -> Rests | None:
        """Those of a symmetric network; None where it has none."""
        vertices = bench.derivation.architecture.vertices
        names = frozenset(vertex.name for vertex in vertices if activation(vertex) == _BENDING)
        if not names:
            return None
        return cls(bench, EnergyNetwork(bench.updates, _straight(term), _read_straight(rewrite)), names)

    def reaching(self, u: Units) -> dict[str, Array]:
        """z of every unit of relu."""
        rates = {name: _positive(value) if name in self.names else value for name, value in u.items()}
        slopes = self.rated.by_x(rates, {})
        return {name: rates[name] - slopes[name] for name in self.names}

    def resting(self, u: Units, pull: Units) -> dict[str, Array]:
        """Which entries have their minimum at 0, the others being where they are.  pull: a nudge's slope."""
        z = self.reaching(u)
        return {
            name: (pull[name] <= 0) & (pull[name] - z[name] >= 0) if name in z else np.zeros(value.shape, dtype=bool)
            for name, value in u.items()
        }

    def put(self, u: Units, pull: Units, rest: Mask) -> dict[str, Array]:
        """The state with these entries at rest, and those that are stuck at the kink, or beyond, let go of it."""
        z, found = self.reaching(u), dict(u)
        for name in self.names:
            stuck = (u[name] <= 0) & (pull[name] - z[name] < 0)
            found[name] = np.where(rest[name], 0.0, np.where(stuck, z[name] - pull[name], u[name]))
            left = ~rest[name] & (pull[name] > 0) & (z[name] - pull[name] <= 0)
            found[name] = np.where(left, -pull[name], found[name])
        return found

    def at_a_kink(self, u: Units) -> bool:
        """Whether some z is 0, or cannot be told from it."""
        sizes = [np.abs(value).ravel() for value in self.reaching(u).values()]
        every = np.concatenate(sizes)
        return bool((every <= _AT_THE_KINK * max(1.0, float(every.max(initial=0)))).any())

    def surely(self, one: Bench, u: Units, rest: Mask) -> None:
        """Raises :class:`Unenclosed` unless every entry at rest has z < 0 for certain.  one: the bench in balls."""
        exact = Rests(one, self.rated.with_numbers(one.updates), self.names)
        z = exact.reaching(u)
        if not all(entry < 0 for name in self.names for entry in z[name][rest[name]]):
            raise Unenclosed("a unit of relu may be at its kink, where there is no derivative")


class MovingPart(Bench):
    """A bench of whose entries some stay where they are: at rest, or held.  Its vectors have the others alone.

    stays: by vertex.  values: the whole state, from which those that stay are taken.
    """

    def __init__(self, whole: Bench, stays: Mask, values: Units) -> None:
        super().__init__(whole.updates, whole.over)
        self.__dict__["free"] = whole.free
        self._stays = np.array(whole.flat(stays), dtype=bool)
        self._values = whole.flat(values)

    def flat(self, u: Units) -> list[Any]:
        return [entry for entry, stays in zip(super().flat(u), self._stays, strict=True) if not stays]

    def units(self, flat: Any) -> dict[str, Array]:
        found = np.empty(len(self._stays), dtype=object)
        found[:] = self._values
        found[~self._stays] = flat
        return super().units(found)

    @property
    def size(self) -> int:
        return int((~self._stays).sum())


def _straight(term: Term) -> Term:
    def changed(equation: LayerEquation, name: str | None) -> Expr:
        return term(equation, None if name == _BENDING else name)

    return changed


def _read_straight(rewrite: Rewrite) -> Rewrite:
    def changed(equation: LayerEquation, parents: tuple[str | None, ...]) -> LayerEquation:
        return rewrite(equation, tuple(None if name == _BENDING else name for name in parents))

    return changed


def _positive(value: Array) -> Array:
    """relu of doubles, and of balls."""
    if np.asarray(value).dtype != object:
        return np.maximum(value, 0)
    return mapped(lambda ball: arb(ball).max(arb(0)), value)


__all__ = ["Mask", "MovingPart", "Rests"]

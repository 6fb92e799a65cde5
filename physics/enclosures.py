"""Rigorous enclosures of a network at a state, or over a box of states: values and the Jacobian of the unit step.

The emitted code is executed on balls and on numbers with slopes (:mod:`dyadic.physics.number_types`), for one sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from dyadic.physics.number_types import EMITTED_IN_BALLS, PRECISION, Slopes, Undetermined, around, balls
from dyadic.physics.sure_decisions import with_sure_decisions
from dyadic.physics.updates import Array, DoubledState, Updates, Variable
from dyadic.proofs.checker.trust import ARB, called

MOST_ENTRIES = 600
"""Largest number of entries of the doubled state (one sample) of which Jacobians are made."""


class Unenclosed(Exception):
    """No enclosure: the network is too large, or holds a function or a comparison that balls cannot decide."""


@contextmanager
def enclosing(precision: int = PRECISION) -> Iterator[None]:
    """The precision of the balls; what the emitted code cannot do with them is raised as :class:`Unenclosed`."""
    before, ctx.prec = ctx.prec, precision
    called(ARB)
    called(EMITTED_IN_BALLS)
    try:
        yield
    except Undetermined as error:
        raise Unenclosed(f"the emitted code has no enclosure in balls here ({error})") from error
    except (TypeError, AttributeError, ValueError, IndexError, ZeroDivisionError) as error:
        said = "a function or a quotient has no value on all of a ball, or no form for balls"
        raise Unenclosed(f"the emitted code has no enclosure in balls here ({said})") from error
    finally:
        ctx.prec = before


def entries(updates: Updates) -> int:
    """The number of entries of the doubled state of one sample."""
    return 2 * sum(int(np.prod(shape)) for shape in updates.network.module.VERTICES.values())


def small_enough(updates: Updates, most: int = MOST_ENTRIES) -> None:
    """Raises :class:`Unenclosed` for a network with more entries, or one that does not run on NumPy."""
    numpy_target(updates)
    if entries(updates) > most:
        raise Unenclosed(f"the doubled state has {entries(updates)} entries; enclosures are made up to {most}")


def numpy_target(updates: Updates) -> None:
    """Raises :class:`Unenclosed` for a network that does not run on NumPy."""
    if updates.network.target.name != "numpy":
        raise Unenclosed("balls run on the numpy target")


def in_balls(updates: Updates, decisions: str = "sure_decisions.Decisions") -> Updates:
    """One sample of a network, its numbers as balls, its decisions sure, or those of a class derived from them."""
    found = updates.sample().converted(balls)
    found.network = with_sure_decisions(updates.network, decisions)
    return found


@dataclass(frozen=True)
class StateVector:
    """The order in which the entries of a doubled state (one sample) stand in a vector."""

    shapes: dict[Variable, tuple[int, ...]]

    @staticmethod
    def of(updates: Updates) -> StateVector:
        lead = (1,) if updates.network.batched else ()
        shapes = updates.network.module.VERTICES
        return StateVector({variable: (*lead, *shapes[variable[1]]) for variable in updates.variables})

    def __len__(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def flat(self, values: Any) -> list[Any]:
        """The entries of arrays by variable."""
        return [entry for variable in self.shapes for entry in np.asarray(values[variable]).ravel()]

    def arrays(self, flat: Any) -> dict[Variable, Array]:
        """Arrays of objects or doubles by variable."""
        found, place, values = {}, 0, np.asarray(flat)
        for variable, shape in self.shapes.items():
            size = int(np.prod(shape))
            found[variable] = values[place : place + size].reshape(shape)
            place += size
        return found

    def state(self, flat: Any) -> DoubledState:
        found = self.arrays(flat)
        names = [name for letter, name in self.shapes if letter == "x"]
        return DoubledState(*({name: found[letter, name] for name in names} for letter in "xs"))

    def places(self) -> dict[Variable, slice]:
        found, place = {}, 0
        for variable, shape in self.shapes.items():
            found[variable] = slice(place, place + int(np.prod(shape)))
            place = found[variable].stop
        return found


def with_slopes(vector: StateVector, centre: list[Any], radii: Any) -> DoubledState:
    """A box of states whose every entry is an independent variable, numbered by its place."""
    boxes = around(np.array(centre, dtype=object), np.asarray(radii))
    numbered = np.empty(len(boxes), dtype=object)
    for k, box in enumerate(boxes):
        numbered[k] = Slopes(box, {k: arb(1)})
    return vector.state(numbered)


def step_jacobian(updates: Updates, centre: list[Any], radii: Any) -> arb_mat:
    """The Jacobian of the unit step over a box, row by updated entry; entries that are 0 by structure are exactly 0.

    updates: in balls.  centre: doubles or balls by place; radii: doubles.  Call it within :func:`enclosing`.
    """
    vector = StateVector.of(updates)
    state = with_slopes(vector, centre, radii)
    return matrix(vector.flat(updates.new(state, updates.variables)), len(vector))


def matrix(rows: list[Any], columns: int) -> arb_mat:
    """The slopes of some numbers as the rows of a matrix."""
    found = arb_mat(len(rows), columns)
    for i, row in enumerate(rows):
        if isinstance(row, Slopes):
            for k, slope in row.slopes.items():
                found[i, k] = slope
    return found


def middle(numbers: arb_mat) -> Array:
    """The midpoints as doubles."""
    found = [float(entry.mid()) for entry in numbers.entries()]
    return np.array(found).reshape(numbers.nrows(), numbers.ncols())


__all__ = [
    "MOST_ENTRIES",
    "StateVector",
    "Unenclosed",
    "enclosing",
    "entries",
    "in_balls",
    "matrix",
    "middle",
    "numpy_target",
    "small_enough",
    "step_jacobian",
    "with_slopes",
]  # fmt: skip

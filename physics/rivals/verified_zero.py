"""A zero of a smooth function near a good guess, enclosed in balls: Krawczyk's test.

With Y near the inverse of R'(m) and a box X around m, if K = m - Y R(m) + (1 - Y R'(X)) (X - m) lies inside X, then X
holds exactly one zero of R, and it is in K.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, arb_mat

from dyadic.physics.enclosures import Unenclosed, matrix, middle
from dyadic.physics.number_types import Slopes, around, balls
from dyadic.physics.updates import Array

_RADII = (1e-14, 1e-12, 1e-10, 1e-8)
_NEWTON = 6

Function = Callable[[list[Any]], list[Any]]
"""From the entries of a vector, balls or numbers with slopes, to those of R."""


def verified_zero(function: Function, guess: Array) -> list[arb]:
    """The zero near ``guess`` as balls, entry by entry; within :func:`enclosing`.

    Raises :class:`Unenclosed` where the test does not succeed.
    """
    centre = np.asarray(guess, dtype=float)
    for _ in range(_NEWTON):
        slope = np.linalg.inv(middle(_derivative(function, centre, 0.0)))
        values = np.array([float(arb(value).mid()) for value in function(list(balls(centre)))])
        centre = centre - slope @ values
    approximate = arb_mat(slope.tolist())
    value = arb_mat(len(centre), 1, [arb(entry) for entry in function(list(balls(centre)))])
    middle_point = arb_mat(len(centre), 1, [arb(float(entry)) for entry in centre])
    newton = middle_point - approximate * value
    for radius in _RADII:
        scaled = radius * max(1.0, float(np.abs(centre).max()))
        rest = _identity(len(centre)) - approximate * _derivative(function, centre, scaled)
        spread = arb_mat(len(centre), 1, [arb(0, scaled)] * len(centre))
        image = (newton + rest * spread).entries()
        boxes = around(centre, np.full(len(centre), scaled))
        if all(_inside(entry, box) for entry, box in zip(image, boxes, strict=True)):
            # Where R is exactly 0 in the middle, that is the one zero in the box.
            return list(balls(centre)) if all(entry == 0 for entry in value.entries()) else list(image)
    raise Unenclosed("no box around the equilibrium that was found passes Krawczyk's test")


def _derivative(function: Function, centre: Array, radius: float) -> arb_mat:
    boxes = around(centre, np.full(len(centre), radius))
    numbered = [Slopes(box, {k: arb(1)}) for k, box in enumerate(boxes)]
    return matrix(function(numbered), len(centre))


def _identity(size: int) -> arb_mat:
    return arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _inside(entry: arb, box: arb) -> bool:
    return bool(box.contains_interior(entry))


__all__ = ["verified_zero"]

"""Emitted NumPy code over boxes of states that may reach across a kink: what is not certain is enclosed.

The strict decisions (:mod:`dyadic.physics.sure_decisions`) refuse there.  Here a comparison that the balls do not
settle is a number that may be 0 or 1, and the place of a largest entry may be any of those that it may be.

:class:`Slopes` then hold increments rather than derivatives.  With d the distance of a state in the box from its
centre,

    g(centre + d) - g(centre) = sum over k of slope_k d_k + jump

for some numbers slope_k, jump in the balls; ``jump`` stands among the slopes under :data:`JUMP`, as the slope along an
increment of 1.  Sums, products and differentiable functions keep this form.  The larger of a and b has it with the
increments of both, weighted by numbers w and 1 - w (the mean value theorem of Lipschitz functions, Lebourg 1975); a
step from 0 to 1 has slope 0 and a jump of at most 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from dyadic.physics.number_types import Slopes, Undetermined, upper
from dyadic.physics.sure_decisions import Array, Decisions, ball_of, certain, entrywise

JUMP = -1
"""Under which number the slopes of an increment hold its jump."""


class WideDecisions(Decisions):
    """What the emitted functions call in place of NumPy's, over boxes that may reach across kinks."""

    @staticmethod
    def compared(order: str, one: Any, two: Any) -> Any:
        if isinstance(one, tuple | list | int) and isinstance(two, tuple | list | int):
            return Decisions.compared(order, one, two)
        found = entrywise(lambda a, b: _whether(a, order, b), one, two)
        return found.astype(bool) if all(isinstance(value, bool) for value in np.ravel(found)) else found

    @staticmethod
    def equal(one: Any, two: Any) -> Any:
        if not any(isinstance(value, _PossiblePlaces) for value in np.ravel(np.asarray(two, dtype=object))):
            return one == two
        return entrywise(_is_place, one, two)

    @staticmethod
    def converted(array: Array, dtype: Any, **rest: Any) -> Array:
        """Conditions become numbers, as they are."""
        return array if array.dtype == object else array.astype(dtype, **rest)

    @staticmethod
    def where(condition: Array, one: Any, two: Any) -> Array:
        if np.asarray(condition).dtype != object:
            return np.where(condition, one, two)
        return entrywise(_chosen, condition, one, two)

    @staticmethod
    def magnitude(array: Array) -> Array:
        return entrywise(lambda a: _larger(a, -a), array) if np.asarray(array).dtype == object else np.abs(array)

    @staticmethod
    def larger(one: Array, two: Array, **rest: Any) -> Array:
        if any(np.asarray(value).dtype == object for value in (one, two)):
            return entrywise(_larger, one, two)
        return Decisions.larger(one, two, **rest)

    @staticmethod
    def largest(array: Array, axis: Any = None, keepdims: bool = False) -> Array:
        if array.dtype != object:
            return Decisions.largest(array, axis, keepdims)
        return np.frompyfunc(_larger, 2, 1).reduce(array, axis=axis, keepdims=keepdims)

    @staticmethod
    def place_of_largest(array: Array, axis: int) -> Array:
        if array.dtype != object:
            return Decisions.place_of_largest(array, axis)
        moved = np.moveaxis(array, axis, -1)
        found = np.empty(moved.shape[:-1], dtype=object)
        for place in np.ndindex(found.shape):
            found[place] = _places(moved[place])
        return found

    @staticmethod
    def sign(array: Array) -> Array:
        if np.asarray(array).dtype != object:
            return np.sign(array)
        return entrywise(lambda a: _stepping(a, lambda end: arb(int(end > 0) - int(end < 0))), array)

    @staticmethod
    def whole(array: Array) -> Array:
        if np.asarray(array).dtype != object:
            return np.floor(array)
        return entrywise(lambda a: _stepping(a, lambda end: end.floor()), array)

    @staticmethod
    def rounded(array: Array) -> Array:
        """The integer below x + 1/2, or at a half that below x: all that the nearest may be."""
        if np.asarray(array).dtype != object:
            return np.round(array)
        return entrywise(lambda a: _stepping(a, _nearest_ones), array)

    @staticmethod
    def clipped(array: Array, low: Any, high: Any) -> Array:
        if np.asarray(array).dtype != object:
            return Decisions.clipped(array, low, high)

        def inside(value: Any) -> Any:
            value = value if low is None else _larger(value, low)
            return value if high is None else -_larger(-value, -high)

        return entrywise(inside, array)


def _settled(one: Any, order: str, two: Any) -> bool | None:
    """Whether one > two, or whichever order; None where the balls do not say."""
    try:
        return certain(one, order, two)
    except Undetermined:
        return None


def _whether(one: Any, order: str, two: Any) -> Any:
    """A condition, or a number that may be 0 or 1."""
    known = _settled(one, order, two)
    return known if known is not None else _zero_or_one(isinstance(one, Slopes) or isinstance(two, Slopes))


def _zero_or_one(slopes: bool) -> Any:
    either = arb(0).union(arb(1))
    return Slopes(either, {JUMP: arb(0, 1)}) if slopes else either


def _larger(one: Any, two: Any) -> Any:
    known = _settled(one, ">", two)
    if known is not None:
        return one if known else two
    if not (isinstance(one, Slopes) or isinstance(two, Slopes)):
        return arb(one).max(arb(two))
    one, two = _increment(one), _increment(two)
    return Slopes(one.value.max(two.value), _between(one, two))


def _increment(value: Any) -> Slopes:
    return value if isinstance(value, Slopes) else Slopes(arb(value), {})


def _between(one: Slopes, two: Slopes) -> dict[int, arb]:
    """Balls that hold w a + (1 - w) b for all w from 0 to 1, slope by slope."""
    zero = arb(0)
    return {k: one.slopes.get(k, zero).union(two.slopes.get(k, zero)) for k in {*one.slopes, *two.slopes}}


def _chosen(condition: Any, one: Any, two: Any) -> Any:
    """One where a condition is 1, two where it is 0; where that is not certain, all between both."""
    if isinstance(condition, bool | np.bool_):
        return one if condition else two
    if not (isinstance(condition, Slopes) or isinstance(one, Slopes) or isinstance(two, Slopes)):
        return arb(one).union(arb(two))
    one, two = _increment(one), _increment(two)
    slopes = _between(one, two)
    slopes[JUMP] = slopes.get(JUMP, arb(0)) + arb(0, upper(one.value - two.value))
    return Slopes(one.value.union(two.value), slopes)


def _stepping(value: Any, function: Callable[[arb], arb]) -> Any:
    """A function that never falls and moves in steps alone, from what it is at both ends of a ball."""
    ball = ball_of(value)
    low, high = function(arb(ball.lower())), function(arb(ball.upper()))
    if low == high:
        return low
    found = low.union(high)
    return Slopes(found, {JUMP: arb(0, upper(high - low))}) if isinstance(value, Slopes) else found


def _nearest_ones(end: arb) -> arb:
    """The nearest integers to an exact number, both at a half."""
    above = (end + arb(1) / 2).floor()
    return above.union(above - 1) if end + arb(1) / 2 == above else above


class _PossiblePlaces:
    """Where a largest entry may stand; slopes: whether the entries are increments."""

    def __init__(self, places: frozenset[int], slopes: bool) -> None:
        self.places, self.slopes = places, slopes


def _places(row: Array) -> Any:
    """The place of the largest entry of a row, the first of equal ones; all that it may be where it is not certain."""
    left = [k for k in range(len(row)) if not any(_settled(other, ">", row[k]) for other in row)]
    slopes = any(isinstance(value, Slopes) for value in row)
    exact = not slopes and all(arb(row[k]).is_exact() for k in left)
    return left[0] if len(left) == 1 or exact else _PossiblePlaces(frozenset(left), slopes)


def _is_place(one: Any, two: Any) -> Any:
    if not isinstance(two, _PossiblePlaces):
        return bool(one == two)
    return _zero_or_one(two.slopes) if one in two.places else False


__all__ = ["JUMP", "WideDecisions"]

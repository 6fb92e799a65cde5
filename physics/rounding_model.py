"""The gradients of a network with bounds on how far rounded arithmetic may be off, over a box of inputs."""

from __future__ import annotations

from copy import copy
from functools import partial

from flint import arb

from dyadic.physics.enclosures import Unenclosed, enclosing, entries, numpy_target
from dyadic.physics.number_types import balls, mapped, ratio
from dyadic.physics.rounded_numbers import FloatFormat, Rounded
from dyadic.physics.updates import Array, Updates

_BITS = 128


def modelled_gradients(updates: Updates, form: FloatFormat, radius: float, most: int) -> dict[str, Array]:
    """Arrays of :class:`Rounded` by parameter, for every input within ``radius`` of the one given, entry by entry.

    updates: of a network with sure decisions.  most: entries of the doubled state of a sample.
    Raises :class:`Unenclosed` for a network with more, and where a number may be too large or a decision is not sure.
    """
    numpy_target(updates)
    if entries(updates) > most:
        raise Unenclosed(f"the doubled state has {entries(updates)} entries; rounding is modelled up to {most}")
    with enclosing(_BITS):
        inside = updates.converted(partial(_boxed, form, radius=0.0), ratio)
        boxed = copy(inside)
        boxed.inputs = {name: _boxed(form, array, radius) for name, array in updates.inputs.items()}
        state = boxed.exact()
        found = boxed.at(state.x, state.s).gradients()
        as_number = Rounded(form, arb(0)).number
        return {name: mapped(as_number, value) for name, value in found.items()}


def _boxed(form: FloatFormat, array: Array, radius: float) -> Array:
    """Numbers within a radius of those given, not rounded yet; integers stay."""
    values = balls(array)
    if values.dtype != object:
        return values
    return mapped(lambda ball: Rounded(form, ball + arb(0, radius)), values)


__all__ = ["modelled_gradients"]

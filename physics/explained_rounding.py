"""What rounding explains of how far the gradients of a run are from the exact ones.

Three things explain an entry's error, each for numbers of the module's own type:

* balls of its precision, whose radii grow by half a unit in the last place at every operation, times :data:`SLACK`;
* the code emitted now, run on the same numbers: what its own entry is off by, times :data:`SLACK`;
* a model of rounding (:mod:`dyadic.physics.rounding_model`), which knows of numbers that are too small, and of other
  orders of the operations; for networks of up to :data:`MOST_MODELLED` entries.

What is further off than all of them is refuted.  In a deep network the radii may grow until they are larger than the
gradient, and explain anything: a gradient that is multiplied by 0 is then as near to the exact one as they ask.  So
where balls allow more than :data:`MOST_ALLOWED` of the largest entry, or less than the error (the model explains what
sums that cancel are off by in another order), a gradient is proved only if the code emitted now is about as far off,
and otherwise undecided.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

import numpy as np
from flint import arb

from dyadic.physics.enclosures import Unenclosed, enclosing, entries
from dyadic.physics.loading import emitted_network
from dyadic.physics.number_types import balls, lower, mapped, ratio, upper
from dyadic.physics.rounded_numbers import FloatFormat
from dyadic.physics.rounding_model import modelled_gradients
from dyadic.physics.sure_decisions import with_sure_decisions
from dyadic.physics.updates import Array, Updates
from dyadic.symbolic.decimal_bounds import decimal_below, text_above

SLACK = 16
"""Sums may be taken in another order, and functions be off by a few units in the last place."""
MOST_MODELLED = 50_000
"""Entries of the doubled state of a sample, up to which what looks wrong is held against the model of rounding."""
MOST_ALLOWED = 1e-3
"""Of the largest entry: what balls may allow without anything else that speaks for the module."""
UNKNOWN = "unknown"
"""What is said of a number that no ball bounds."""
_WIDE = "wide_decisions.WideDecisions"


@dataclass(frozen=True)
class FarEntries:
    """Places that are further off than is explained.  reason: why that refutes nothing, where it does not."""

    places: list[tuple[int, ...]]
    reason: str | None = None


class Explained:
    """What rounding explains of one run; each part is found when it is first asked for.

    updates: the run, of a network with sure decisions.  exact: its gradients in balls of ``bits`` bits.
    """

    def __init__(self, updates: Updates, form: FloatFormat, exact: dict[str, Array], bits: int) -> None:
        self.updates, self.form, self.exact, self.bits = updates, form, exact, bits

    def far(self, name: str, computed: Array) -> FarEntries:
        """Which entries of a gradient, whose entries are all finite, are further off than rounding explains."""
        off = mapped(lower, differences(computed, self.exact[name])).astype(float)
        if not (off > self._allowed[name]).any():
            return FarEntries([])
        explained = np.maximum(self._allowed[name], SLACK * self._own[name])
        far = off > explained
        if not far.any() or not self._is_modelled:
            return FarEntries(places(far))
        if isinstance(self._model, str):
            return FarEntries(places(far), self._model)
        return FarEntries(places(off > np.maximum(explained, self._model[name])))

    def is_wide(self, name: str) -> bool:
        """Whether a gradient's balls are wider than their precision alone makes them: both outcomes of a comparison."""
        radius = max((upper(ball.rad()) for ball in self.exact[name].ravel()), default=0.0)
        return radius > self._largest * 2.0**-100

    @cached_property
    def _largest(self) -> float:
        return max(map(largest_entry, self.exact.values()), default=0.0)

    def no_number(self, name: str, at: tuple[int, ...]) -> str | None:
        """Why it refutes nothing that a computed entry is no finite number; None if it does."""
        if not np.isfinite(self._own[name][at]):
            kind = self.form.name
            return f"the code emitted now gives no finite number at {list(at)} either: one may be too large for {kind}"
        return self._model if self._is_modelled and isinstance(self._model, str) else None

    def too_much(self, name: str, error: float) -> str | None:
        """Why a bound on what rounding explains is not taken for right; None if it is.

        error: the bound, on every entry.
        """
        largest = largest_entry(self.exact[name])
        allowed = float(self._allowed[name].max(initial=0.0))
        beside = largest or self._largest  # one that is 0 beside the others
        if error <= allowed <= MOST_ALLOWED * beside or error == 0:  # what is larger is explained by the model alone
            return None
        own = float(self._own[name].max(initial=0.0))
        alike = SLACK * max(own, max(self._usual, float(upper(self.form.unit))) * largest)
        if error <= (max(own, min(alike, largest / 2)) if largest else alike):
            return None
        larger = "the bound is larger than the gradient: " if error >= largest else ""
        return (
            f"{larger}the gradient of {name} is off by at most {text_above(error, 2)} and has an entry of "
            f"{decimal_below(largest, 2):.1e} or more, the code emitted now is off by at most {_at_most(own)}, and "
            f"balls of {self.form.bits} bits explain an error of {_at_most(allowed)}"
        )

    @cached_property
    def _allowed(self) -> dict[str, Array]:
        """By balls of the module's precision; where they do not decide, by balls that hold both outcomes."""
        for updates in (self.updates, with_wide(self.updates)):
            try:
                with enclosing(self.form.bits):
                    return {name: self._radii(value) for name, value in exact_gradients(updates).items()}
            except Unenclosed:
                continue
        return {name: np.full(value.shape, np.inf) for name, value in self.exact.items()}

    def _radii(self, gradient: Array) -> Array:
        smallest = 2.0**self.form.smallest  # below it everything is 0

        def allowed(ball: Any) -> float:
            return SLACK * (upper(ball.rad()) + smallest) if ball.is_finite() else float("inf")

        return mapped(allowed, gradient).astype(float)

    @cached_property
    def _own(self) -> dict[str, Array]:
        """What each entry is off by at most in the code emitted now; infinite where it gives no finite number."""
        updates = self.updates
        module = emitted_network(updates.network.derivation, "numpy", self.form.name).module
        with np.errstate(all="ignore"):
            found = module.gradients(updates.params, updates.inputs, updates.target)[1]
        with enclosing(self.bits):
            return {name: _errors(np.asarray(found[name], float), value) for name, value in self.exact.items()}

    @cached_property
    def _usual(self) -> float:
        """What the code emitted now is off by, relative to the largest entry, in the middle one of the gradients."""
        largest = {name: largest_entry(value) for name, value in self.exact.items()}
        shares = [self._own[name].max(initial=0.0) / size for name, size in largest.items() if size]
        return float(median(shares)) if shares else 0.0

    @property
    def _is_modelled(self) -> bool:
        return entries(self.updates) <= MOST_MODELLED

    @cached_property
    def _model(self) -> dict[str, Array] | str:
        """By the model; or why it says nothing."""
        try:
            found = modelled_gradients(self.updates, self.form, 0.0, MOST_MODELLED)
        except Unenclosed as error:
            return str(error)
        return {name: mapped(lambda one: upper(one.error), value).astype(float) for name, value in found.items()}


def exact_gradients(updates: Updates) -> dict[str, Array]:
    """The gradients, as balls that hold the exact ones."""
    inside = updates.converted(balls, ratio)
    state = inside.exact()
    return {name: mapped(arb, value) for name, value in inside.at(state.x, state.s).gradients().items()}


def with_wide(updates: Updates) -> Updates:
    """The same run with balls that hold both outcomes of what they do not decide."""
    other = copy(updates)
    other.network = with_sure_decisions(updates.network, _WIDE)
    return other


def differences(computed: Array, exact: Array) -> Array:
    """Balls that hold how far each entry is off."""
    return mapped(abs, exact - balls(computed))


def largest_entry(exact: Array) -> float:
    """A bound from below on the largest entry, in magnitude."""
    return max(map(lower, exact.ravel()), default=0.0)


def said(ball: Any) -> str:
    """The middle of a ball in 20 digits; the ball itself where it holds no digit for certain."""
    if not ball.is_finite():
        return UNKNOWN
    middle = str(ball.str(20, radius=False))
    return str(ball.str(3)) if middle.startswith("0e") else middle


def _errors(computed: Array, exact: Array) -> Array:
    off = mapped(lambda value: value if np.isfinite(value) else 0.0, computed)
    bounds = mapped(upper, differences(off, exact)).astype(float)
    return np.where(np.isfinite(computed), bounds, np.inf)


def places(holds: Array) -> list[tuple[int, ...]]:
    """Where something holds."""
    return [tuple(int(k) for k in place) for place in np.argwhere(holds)]


def _at_most(bound: float) -> str:
    if not np.isfinite(bound):
        return "any size"
    return text_above(bound, 2)


__all__ = [
    "MOST_ALLOWED",
    "MOST_MODELLED",
    "SLACK",
    "UNKNOWN",
    "Explained",
    "FarEntries",
    "differences",
    "exact_gradients",
    "largest_entry",
    "places",
    "said",
    "with_wide",
]

"""What a relaxation did, step by step."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dyadic.physics.updates import Array, DoubledState, Variable
from dyadic.scratch import write_whole
from dyadic.symbolic.decimal_bounds import in_full
from dyadic.symbolic.errors import unwritable

MOST_RATES = 64
"""Rows at which the energy's rate is computed twice: with the formula, and along the flow."""


@dataclass(frozen=True)
class EnergyRates:
    """dE/dt at some rows, the mean over the batch: ``predicted`` by its formula, ``found`` by differences of E.

    Both are of the flow at that row's state, whichever way the relaxation came there.  predicted is None where there is
    no formula: ``held`` is a vertex that holds a value constant, where the update of s is not dE/dx.
    step: of the differences, relative to the time constants.
    """

    rows: Array
    predicted: Array | None
    found: Array
    step: float
    held: str | None = None

    @property
    def compared(self) -> int:
        """At how many rows both rates are finite."""
        return int(self._both().sum())

    @property
    def off(self) -> float | None:
        """The largest difference of finite rates, relative to the largest of them; None where nothing is compared."""
        both = self._both()
        if self.predicted is None or not both.any():
            return None
        predicted, found = self.predicted[both], self.found[both]
        largest = max(np.abs(predicted).max(), np.abs(found).max())
        # each divided first: the difference of two large ones may overflow
        return float(np.abs(predicted / largest - found / largest).max()) if largest else 0.0

    @property
    def agree(self) -> bool:
        """Whether what was compared differs by no more than one step of the differences, whose error is its square."""
        return self.off is not None and self.off <= self.step

    def _both(self) -> Array:
        found = np.isfinite(self.found)
        return found & np.isfinite(self.predicted) if self.predicted is not None else np.zeros_like(found)


@dataclass(frozen=True, repr=False)
class Trajectory:
    """A relaxation from some state, held against backpropagation on the same numbers.

    ranks: after how many unit steps each variable is predicted to have settled; their order is that of ``deviation``.
    times: of each row, in units of the time constants; row 0 is the initial state.
    energy: E, the mean over the batch; one number for each row.
    deviation: [row, variable], the largest absolute difference of any entry from backpropagation's value.
    gradient_deviation: [row, parameter] likewise for dE/dtheta, where that was asked for.
    floor: what counts as exact: 0, or a few units of rounding where the coordinates or the solver round on their own.
    energy_rates: dE/dt at some of the rows.
    exact, final: backpropagation's state and the last one.  loss, gradients: at the last state.
    states: every variable at every row by name (``x:hidden``, or ``a:hidden`` and ``b:hidden``), where asked for.
    """

    name: str
    schedule: str
    solver: str
    h: float
    tau: Mapping[Variable, float]
    ranks: Mapping[Variable, int]
    times: Array
    energy: Array
    deviation: Array
    gradient_deviation: Array | None
    floor: float
    energy_rates: EnergyRates
    exact: DoubledState
    final: DoubledState
    loss: float
    gradients: Mapping[str, Array]
    states: Mapping[str, Array] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return len(self.times) - 1

    @property
    def first_exact(self) -> dict[Variable, int | None]:
        """The first step from which each variable has backpropagation's value, up to ``floor``; None if it never does.

        Exact in finite time are steps of size h = tau alone (:func:`in_unit_steps`); others come as close as rounding.
        """
        found: dict[Variable, int | None] = {}
        for column, variable in enumerate(self.ranks):
            late = np.flatnonzero(~(self.deviation[:, column] <= self.floor))  # NaN is late
            first = int(late[-1]) + 1 if len(late) else 0
            found[variable] = first if first <= self.steps else None
        return found

    @property
    def settled(self) -> int | None:
        """The first step from which all variables have backpropagation's values, or None; see :attr:`first_exact`."""
        steps = list(self.first_exact.values())
        return None if None in steps else max(step for step in steps if step is not None)

    def __repr__(self) -> str:
        how = f"{self.steps} steps of size {in_full(self.h)}, {self.schedule}, {self.solver}"
        return f"<Trajectory of {self.name!r}: {how}>"

    def arrays(self) -> dict[str, Array]:
        """Everything by name, as the .npz file holds it; ``variables`` and ``parameters`` name the columns."""
        found = {
            "times": self.times, "energy": self.energy, "deviation": self.deviation,
            "variables": np.array([f"{letter}:{name}" for letter, name in self.ranks]),
            "ranks": np.array(list(self.ranks.values())),
            "rate_rows": self.energy_rates.rows, "energy_rate_found": self.energy_rates.found,
            "tau": np.array([self.tau[variable] for variable in self.ranks]), "h": np.array(self.h),
        }  # fmt: skip
        if self.energy_rates.predicted is not None:
            found["energy_rate"] = self.energy_rates.predicted
        if self.gradient_deviation is not None:
            found |= {"gradient_deviation": self.gradient_deviation, "parameters": np.array(list(self.gradients))}
        return found | dict(self.states)

    def stored(self) -> bytes:
        """The arrays in NumPy's .npz format."""
        buffer = io.BytesIO()
        np.savez(buffer, **self.arrays())
        return buffer.getvalue()

    def write(self, path: str | Path) -> None:
        """Write the arrays, whole or not at all.  Raises :class:`DyadicError` where that fails."""
        try:
            write_whole(Path(path), self.stored())
        except OSError as error:
            raise unwritable(Path(path), error) from error


def on_host(array: Any) -> Any:
    """A NumPy array of the same numbers."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


__all__ = ["MOST_RATES", "EnergyRates", "Trajectory", "on_host"]

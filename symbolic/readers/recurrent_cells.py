"""Recurrent layers unrolled into cells that share their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dyadic.symbolic.limits import MOST_STEPS
from dyadic.symbolic.readers.model import Model, Unsupported

STATES = {"rnn_cell": 1, "gru_cell": 1, "lstm_cell": 2}
"""Of how many parts of ``units`` entries a cell's state consists: an LSTM's is [h, c]."""


@dataclass(frozen=True)
class CellDescription:
    """type: of the catalogue; parameters: names of inputs of the architecture (weight, recurrent and two biases)."""

    type: str
    parameters: Sequence[str]
    units: int
    activation: str | None = None

    def step(self, model: Model, name: str, x: str, state: str) -> str:
        options = {"bias": len(self.parameters) == 4}
        chosen = {} if self.activation is None else {"activation": self.activation}
        return model.layer(name, self.type, [x, state, *self.parameters], **options, **chosen)

    def part(self, model: Model, name: str, state: str, number: int) -> str:
        """The hidden state (number 0) or an LSTM's cell state (1) within a state."""
        if STATES[self.type] == 1:
            return state
        rank = len(model.shapes[state])
        start = number * self.units
        return model.layer(name, "slice", [state], axes=[rank - 1], starts=[start], sizes=[self.units], steps=[1])


def unrolled(steps: int) -> int:
    """A number of steps that can be unrolled.  Raises :class:`Unsupported` for more."""
    if steps > MOST_STEPS:
        raise Unsupported(f"has {steps} steps (at most {MOST_STEPS} are unrolled)")
    return steps


def unroll(model: Model, name: str, cell: CellDescription, inputs: Sequence[str], state: str) -> list[str]:
    """The states after each input."""
    states = []
    for step, x in enumerate(inputs):
        state = cell.step(model, f"{name}.{step}", x, state)
        states.append(state)
    return states

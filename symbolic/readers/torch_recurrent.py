"""Recurrent layers of PyTorch, unrolled over the steps of the example."""

from __future__ import annotations

from typing import Any

import numpy as np

from dyadic.symbolic.readers.recurrent_cells import CellDescription, unroll, unrolled
from dyadic.symbolic.readers.torch_call import Known, OperatorCall, Result, Unsupported, operator

_CELLS = {"lstm": "lstm_cell", "gru": "gru_cell", "rnn_tanh": "rnn_cell", "rnn_relu": "rnn_cell"}


@operator(
    **{name: f"{cell} select stack concat" for name, cell in _CELLS.items() if name != "lstm"},
    lstm="lstm_cell select slice stack concat",
)
def recurrent(call: OperatorCall) -> Result:
    """Unrolled over the steps of the example; several layers, each in one or both directions."""
    dropped, train = call["dropout"], call["train"]
    if dropped and train:
        raise Unsupported("dropout in training is random: call module.eval() first")
    if not call.given("input"):
        raise Unsupported("packed sequences")
    model, is_lstm = call.model, call.operator == "lstm"
    batched = call.rank("input") == 3
    axis = 1 if call["batch_first"] and batched else 0
    steps = unrolled(call.extent(axis, "input"))
    xs = [call.layer("select", [call.x("input")], f"x{k}", axis=axis, position=k) for k in range(steps)]
    directions, per = 1 + bool(call["bidirectional"]), 4 if call["has_biases"] else 2
    states = list(call["hx"]) if is_lstm else [call["hx"]]
    last: list[list[str]] = [[] for _ in states]
    for layer in range(int(call["num_layers"])):
        columns = []
        for d in range(directions):
            number = layer * directions + d
            parameters = [call.trained(p) for p in call["params"][number * per : (number + 1) * per]]
            units = int(model.shapes[parameters[1]][1])
            activation = {"rnn_tanh": "tanh", "rnn_relu": "relu"}.get(call.operator)
            cell = CellDescription(_CELLS[call.operator], parameters, units, activation)
            name = f"{call.name}.layer{layer}{'.back' if d else ''}"
            found = unroll(model, name, cell, xs[::-1] if d else xs, _initial(call, states, number, name))
            hidden = [cell.part(model, f"{name}.h{k}", state, 0) for k, state in enumerate(found)]
            for part, kept in enumerate(last):
                kept.append(hidden[-1] if part == 0 else cell.part(model, f"{name}.c", found[-1], part))
            columns.append(hidden[::-1] if d else hidden)
        if directions == 1:
            xs = columns[0]
        else:
            both = enumerate(zip(*columns, strict=True))
            xs = [call.layer("concat", list(pair), f"layer{layer}.both{k}", axis=int(batched)) for k, pair in both]
    results: list[Any] = [call.layer("stack", xs, axis=axis) if 0 in call.wanted else None]
    for part, kept in enumerate(last, 1):
        results.append(call.layer("stack", kept, f"last{part}", axis=0) if part in call.wanted else None)
    return results


def _initial(call: OperatorCall, states: list[Any], number: int, name: str) -> str:
    """The state before the first step of one layer and direction: [h] or [h, c]."""
    if all(isinstance(state, Known) and not state.trained for state in states):
        return call.constant(f"{name}.initial", np.concatenate([state.array[number] for state in states], axis=-1))
    rows = [
        call.model.layer(f"{name}.initial{k}", "select", [call.model.vertex(state)], axis=0, position=number)
        for k, state in enumerate(states)
    ]
    rank = len(call.model.shapes[rows[0]])
    return rows[0] if len(rows) == 1 else call.model.layer(f"{name}.initial", "concat", rows, axis=rank - 1)

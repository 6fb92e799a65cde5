"""ONNX's RNN, GRU and LSTM, unrolled over a known number of steps."""

from __future__ import annotations

import numpy as np

from dyadic.symbolic.readers.onnx_cells import USUAL, first_states, open_cell
from dyadic.symbolic.readers.onnx_node import Known, Node, Unsupported, Value, operator
from dyadic.symbolic.readers.recurrent_cells import STATES, CellDescription, unroll, unrolled

_GATES = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 2, 3, 1]}
"""Where ONNX keeps the gates that the cells have in PyTorch's order (GRU: z, r, h to r, z, n; LSTM: i, o, f, c)."""


_GENERAL = "select reshape transpose dense add mul scale clip sigmoid tanh relu softsign softplus"


@operator(
    RNN=f"rnn_cell stack concat {_GENERAL}",
    GRU=f"gru_cell stack concat {_GENERAL}",
    LSTM=f"lstm_cell slice stack concat {_GENERAL}",
)
def recurrent(node: Node) -> list[Value]:
    """By cells of the catalogue where weights are the file's own; other variants gate by gate."""
    direction = node.choice("direction", "forward", "reverse", "bidirectional")
    directions = 2 if direction == "bidirectional" else 1
    _equal_lengths(node)
    if not _is_usual(node, directions):
        return _gate_by_gate(node, direction, directions)
    steps = unrolled(*node.extents(0, [0]))
    xs = [node.layer("select", [node.x()], f"x{k}", axis=0, position=k) for k in range(steps)]
    outputs: list[list[str]] = [[], [], []]
    for d in range(directions):
        backward = d == 1 or direction == "reverse"
        name = f"{node.name}.back" if backward else node.name
        cell = _cell(node, d, ".back" if d else "")
        states = unroll(node.model, name, cell, xs[::-1] if backward else xs, _initial(node, d, cell, name))
        if node.wanted[0]:
            hidden = [cell.part(node.model, f"{name}.h{k}", state, 0) for k, state in enumerate(states)]
            outputs[0].append(node.model.layer(f"{name}.y", "stack", hidden[::-1] if backward else hidden, axis=0))
        for number in (0, 1):
            if number + 1 < len(node.wanted) and node.wanted[number + 1]:
                outputs[number + 1].append(cell.part(node.model, f"{name}.last{number}", states[-1], number))
    return _joined(node, outputs, (1, 0, 0))


def _joined(node: Node, rows: list[list[str]], axes: tuple[int, int, int]) -> list[Value]:
    """The results Y, Y_h and Y_c: their parts, one for each direction, along an axis of their own."""
    labels = zip(("Y", "Y_h", "Y_c"), rows, axes, strict=True)
    found: list[Value] = [
        node.layer("stack", parts, label, axis=axis) if parts else "" for label, parts, axis in labels
    ]
    return found[: len(node.outputs)]


def _is_usual(node: Node, directions: int) -> bool:
    """Whether the catalogue has the cell; a weight that is a vertex is not laid out anew."""
    return (
        node.get("activations") in (None, [], USUAL[node.op] * directions)
        and not node.get("input_forget", 0)
        and not node.get("layout", 0)
        and node.get("clip") is None
        and (node.op != "GRU" or bool(node.get("linear_before_reset", 0)))
        and not node.has(7)
        and all(node.known(slot) is not None or not node.has(slot) for slot in (1, 2, 3))
    )


def _equal_lengths(node: Node) -> None:
    if node.has(4):
        lengths = node.static(4, "sequence_lens")
        (steps,) = node.extents(0, [1 if node.get("layout", 0) else 0])
        if (lengths != steps).any():
            raise Unsupported("sequences of different lengths")


def _gate_by_gate(node: Node, direction: str, directions: int) -> list[Value]:
    batch_first = bool(node.get("layout", 0))
    x = node.layer("transpose", [node.x()], "x", permutation=[1, 0, 2]) if batch_first else node.x()
    steps, batch = unrolled(int(node.model.shapes[x][0])), int(node.model.shapes[x][1])
    xs = [node.layer("select", [x], f"x{k}", axis=0, position=k) for k in range(steps)]
    rows: list[list[str]] = [[], [], []]
    for d in range(directions):
        backward = d == 1 or direction == "reverse"
        cell = open_cell(node, d, directions)
        states = first_states(node, d, (batch, node.extents(2, [2])[0]))
        hidden = []
        for x_ in xs[::-1] if backward else xs:
            states = cell.step(x_, states)
            hidden.append(states[0])
        label = f"{node.name}.{cell.label}"
        rows[0].append(node.model.layer(f"{label}.all", "stack", hidden[::-1] if backward else hidden, axis=0))
        for k, state in enumerate(states, 1):
            rows[k].append(state)
    axes = (2, 1, 1) if batch_first else (1, 0, 0)
    if batch_first:
        rows[0] = [node.layer("transpose", [y], f"all{k}", permutation=[1, 0, 2]) for k, y in enumerate(rows[0])]
    return _joined(node, rows, axes)


def _cell(node: Node, direction: int, suffix: str) -> CellDescription:
    gates = _GATES[node.op]

    def rows(slot: int, name: str, array: np.ndarray) -> str:
        """An array whose first axis consists of gates, in the cells' order."""
        value = node.operand(slot)
        assert isinstance(value, Known)
        if node.model.given.setdefault(f"cell of {value.name}", node.op) != node.op:  # which has its gates elsewhere
            node.model.in_parts.add(value.name)
        label = f"{value.name}{name}{suffix}"
        if label not in node.model.given:
            parts = np.split(array, len(gates))
            node.model.given[label] = node.model.array(label, np.concatenate([parts[k] for k in gates]), "parameter")
        return node.model.given[label]

    if node.op != "RNN":
        node.model.note(f"the gates of {node.op} weights are stored in the order of the {node.op.lower()}_cell")
    weight, again = node.static(1, "W")[direction], node.static(2, "R")[direction]
    node.only(hidden_size=again.shape[1])
    parameters = [rows(1, "", weight), rows(2, "", again)]
    if node.has(3):
        fed, fed_back = np.split(node.static(3, "B")[direction], 2)
        parameters += [rows(3, ".input", fed), rows(3, ".recurrent", fed_back)]
    return CellDescription(f"{node.op.lower()}_cell", parameters, again.shape[1], "tanh" if node.op == "RNN" else None)


def _initial(node: Node, direction: int, cell: CellDescription, name: str) -> str:
    """The state before the first step: zeros, a constant, or made of vertices."""
    slots = (5, 6)[: STATES[cell.type]]
    known = [None if node.learned(slot) else node.known(slot) for slot in slots]
    (batch,) = node.extents(0, [1])
    node.model.room((batch, cell.units), 4 * len(known))
    zeros = np.zeros((batch, cell.units), np.float32)
    if not any(node.has(slot) and array is None for slot, array in zip(slots, known, strict=True)):
        parts = [zeros if array is None else array[direction] for array in known]
        return node.model.array(f"{name}.initial", np.concatenate(parts, axis=-1), "constant")
    rows = [
        node.layer("select", [node.initial(slot)], f"initial{direction}{slot}", axis=0, position=direction)
        if node.has(slot)
        else node.constant(f"initial{direction}{slot}", zeros)
        for slot in slots
    ]
    return rows[0] if len(rows) == 1 else node.model.layer(f"{name}.initial", "concat", rows, axis=1)

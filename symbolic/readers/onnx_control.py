"""ONNX's If, Loop and Scan, where what they decide by is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dyadic.symbolic.readers.onnx_node import Known, Node, Unsupported, Value, operator, place
from dyadic.symbolic.readers.recurrent_cells import unrolled


@operator("If")
def branch(node: Node) -> list[Value]:
    condition = node.static(0, "the condition")
    node.ignore("then_branch", "else_branch")
    node.model.note("If: the branch that its constant condition takes is read")
    return _run(node, "then_branch" if bool(condition.reshape(-1)[0]) else "else_branch", [])


@operator(Loop="stack")
def loop(node: Node) -> list[Value]:
    """The steps of a loop whose number of steps is known, or whose condition is known after each step."""
    trips = int(node.integers(0, "the number of steps")[0]) if node.has(0) else None
    going = bool(node.static(1, "the condition").reshape(-1)[0]) if node.has(1) else True
    carried = [node.operand(slot) for slot in range(2, len(node.operands))]
    made: list[list[Value]] = [[] for _ in node.outputs[len(carried) :]]
    step = 0
    node.ignore("body")  # of a loop without steps nothing is read
    while going and (trips is None or step < trips):
        unrolled(step + 1)
        number = Known(f"{node.name}.step{step}", np.array(step, np.int64))
        condition, *results = _run(node, "body", [number, _truth(node, step), *carried])
        carried = results[: len(carried)]
        for rows, result in zip(made, results[len(carried) :], strict=True):
            rows.append(result)
        step += 1
        if not isinstance(condition, Known):
            raise Unsupported("whether it goes on depends on an input")
        going = bool(condition.array.reshape(-1)[0])
    return [*carried, *(_stacked(node, k, rows, 0, False) for k, rows in enumerate(made))]


@operator(Scan="select stack")
def scan(node: Node) -> list[Value]:
    """One step for every entry of the scanned axes."""
    count = int(node.get("num_scan_inputs"))
    if node.opset < 9:
        raise Unsupported("scans a batch (opset 8)")
    states = len(node.operands) - count
    carried = [node.operand(slot) for slot in range(states)]
    slots = range(states, len(node.operands))
    axes = [
        place(axis, node.rank(slot))
        for axis, slot in zip(node.get("scan_input_axes") or [0] * count, slots, strict=True)
    ]
    back = node.get("scan_input_directions") or [0] * count
    extents = {node.extents(slot, [axis])[0] for slot, axis in zip(slots, axes, strict=True)}
    if len(extents) != 1:
        raise Unsupported(f"scans axes of {sorted(extents)} entries")
    steps = unrolled(extents.pop())
    made: list[list[Value]] = [[] for _ in node.outputs[states:]]
    for step in range(steps):
        entries = [
            _entry(node, slot, axis, steps - 1 - step if is_back else step)
            for slot, axis, is_back in zip(slots, axes, back, strict=True)
        ]
        results = _run(node, "body", [*carried, *entries])
        carried = results[:states]
        for rows, result in zip(made, results[states:], strict=True):
            rows.append(result)
    out_axes, out_back = (node.get(key) or [0] * len(made) for key in ("scan_output_axes", "scan_output_directions"))
    rows_of = zip(made, out_axes, out_back, strict=True)
    return [
        *carried,
        *(_stacked(node, k, rows, axis, bool(is_back)) for k, (rows, axis, is_back) in enumerate(rows_of)),
    ]


def _run(node: Node, key: str, arguments: Sequence[Value]) -> list[Value]:
    graph: Any = node.get(key)
    if node.run is None or len(graph.input) != len(arguments):
        raise Unsupported(f"its graph {key} does not take {len(arguments)} inputs")
    return node.run(key, graph, arguments)


def _truth(node: Node, step: int) -> Known:
    return Known(f"{node.name}.going{step}", np.array(True))


def _entry(node: Node, slot: int, axis: int, position: int) -> Value:
    value = node.operand(slot)
    array = None if isinstance(value, Known) and value.trained else node.model.numbers_of(value)
    if isinstance(value, Known) and array is not None:
        return Known(f"{value.name}.{slot}.{position}", np.take(array, position, axis))
    return node.layer("select", [node.x(slot)], f"in{slot}.{position}", axis=axis, position=position)


def _stacked(node: Node, number: int, rows: Sequence[Value], axis: int, backward: bool) -> Value:
    if not rows:
        raise Unsupported("makes an empty tensor")
    ordered = list(rows[::-1] if backward else rows)
    is_weight = any(isinstance(row, Known) and row.trained for row in ordered)
    if not is_weight and all(isinstance(row, Known) for row in ordered):
        arrays = [array for row in ordered if (array := node.model.numbers_of(row)) is not None]
        if len(arrays) == len(ordered):
            return Known(node.outputs[len(node.outputs) - 1] + f".{number}", np.stack(arrays, axis))
    names = [node.model.vertex(row) for row in ordered]
    axis = axis % (len(node.model.shapes[names[0]]) + 1)
    return node.layer("stack", names, f"out{number}", axis=axis)

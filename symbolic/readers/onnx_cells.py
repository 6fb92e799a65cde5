"""One step of ONNX's RNN, GRU and LSTM gate by gate, for the variants that the cells of the catalogue do not have.

Weights may be results of other nodes; there may be peepholes, other activations, a bound on what goes into them, and a
GRU whose reset gate acts before the product.  The equations are those of ONNX's operators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dyadic.symbolic.readers.onnx_node import Node, Unsupported

_ACTIVATIONS = {
    "Sigmoid": "sigmoid", "Tanh": "tanh", "Relu": "relu", "Softsign": "softsign", "Softplus": "softplus",
}  # fmt: skip
_GATES = {"RNN": "h", "GRU": "zrh", "LSTM": "iofc"}
USUAL = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
"""The activations that a cell has where none are given."""


@dataclass
class OpenCell:
    """The parts of one direction: for each gate its matrices and biases, by the gate's letter."""

    node: Node
    label: str
    fed: dict[str, str]
    back: dict[str, str]
    biases: dict[str, tuple[str, str]]
    peepholes: dict[str, str]
    activations: Sequence[str]
    steps: int = 0

    def layer(self, type_: str, inputs: list[str], part: str, **options: Any) -> str:
        return self.node.layer(type_, inputs, f"{self.label}{self.steps}.{part}", **options)

    def step(self, x: str, states: Sequence[str]) -> list[str]:
        self.steps += 1
        return {"RNN": self._rnn, "GRU": self._gru, "LSTM": self._lstm}[self.node.op](x, states)

    def _product(self, gate: str, x: str, matrix: str, which: int, part: str) -> str:
        """x times a gate's matrix, with its bias."""
        if gate not in self.biases:
            return self.layer("dense", [x, matrix], part, bias=False)
        return self.layer("dense", [x, matrix, self.biases[gate][which]], part, bias=True)

    def _sum(self, gate: str, x: str, h: str) -> str:
        fed = self._product(gate, x, self.fed[gate], 0, f"{gate}.fed")
        return self.layer("add", [fed, self._product(gate, h, self.back[gate], 1, f"{gate}.back")], f"{gate}.sum")

    def _active(self, number: int, z: str, part: str) -> str:
        bound = self.node.get("clip")
        if bound is not None:
            z = self.layer("clip", [z], f"{part}.bounded", low=-bound, high=bound)
        return self.layer(_ACTIVATIONS[self.activations[number]], [z], part)

    def _mixed(self, gate: str, one: str, other: str) -> str:
        """(1 - gate) one + gate other."""
        rest = self.layer("scale", [gate], "rest", factor=-1, offset=1)
        kept = self.layer("mul", [rest, one], "new")
        return self.layer("add", [kept, self.layer("mul", [gate, other], "old")], "h")

    def _rnn(self, x: str, states: Sequence[str]) -> list[str]:
        return [self._active(0, self._sum("h", x, states[0]), "h")]

    def _gru(self, x: str, states: Sequence[str]) -> list[str]:
        (h,) = states
        z, r = (self._active(0, self._sum(gate, x, h), gate) for gate in "zr")
        fed = self._product("h", x, self.fed["h"], 0, "h.fed")
        if self.node.get("linear_before_reset", 0):
            back = self.layer("mul", [r, self._product("h", h, self.back["h"], 1, "h.back")], "h.reset")
        else:
            back = self._product("h", self.layer("mul", [r, h], "reset"), self.back["h"], 1, "h.back")
        new = self._active(1, self.layer("add", [fed, back], "h.sum"), "h.new")
        return [self._mixed(z, new, h)]

    def _lstm(self, x: str, states: Sequence[str]) -> list[str]:
        h, c = states
        i, f = (self._active(0, self._peeped(gate, self._sum(gate, x, h), c), gate) for gate in "if")
        if self.node.get("input_forget", 0):
            f = self.layer("scale", [i], "coupled", factor=-1, offset=1)
        new = self._active(1, self._sum("c", x, h), "c.new")
        kept, added = self.layer("mul", [f, c], "kept"), self.layer("mul", [i, new], "added")
        c = self.layer("add", [kept, added], "c")
        o = self._active(0, self._peeped("o", self._sum("o", x, h), c), "o")
        shown = self.layer(_ACTIVATIONS[self.activations[2]], [c], "shown")
        return [self.layer("mul", [o, shown], "h"), c]

    def _peeped(self, gate: str, z: str, c: str) -> str:
        if gate not in self.peepholes:
            return z
        return self.layer("add", [z, self.layer("mul", [self.peepholes[gate], c], f"{gate}.peep")], f"{gate}.peeped")


def open_cell(node: Node, direction: int, directions: int) -> OpenCell:
    """The cell of one direction.  Raises :class:`Unsupported` for activations with parameters of their own."""
    label = "back" if direction else "step"
    gates = _GATES[node.op]
    names = list(node.get("activations") or USUAL[node.op] * directions)
    count = len(USUAL[node.op])
    chosen = names[direction * count : (direction + 1) * count]
    if len(chosen) != count or not set(chosen) <= _ACTIVATIONS.keys():
        raise Unsupported(f"activations {', '.join(map(str, names))[:100]}")
    node.only(activation_alpha=None, activation_beta=None)
    units = node.extents(2, [2])[0]
    node.only(hidden_size=units)

    def parts(slot: int, count_: int, take: Callable[[int], str]) -> list[str]:
        rows = node.layer("select", [node.weight(slot)], f"{label}.in{slot}", axis=0, position=direction)
        shape = node.model.shapes[rows]
        cut = node.layer("reshape", [rows], f"{label}.rows{slot}", shape=[count_, units, *shape[1:]])
        return [node.layer("select", [cut], f"{label}.{take(k)}", axis=0, position=k) for k in range(count_)]

    fed = parts(1, len(gates), lambda k: f"W{gates[k]}")
    back = parts(2, len(gates), lambda k: f"R{gates[k]}")
    biases = parts(3, 2 * len(gates), lambda k: f"b{gates[k % len(gates)]}{k // len(gates)}") if node.has(3) else []
    holes = parts(7, 3, lambda k: f"P{'iof'[k]}") if node.has(7) else []
    pairs = zip(biases[: len(gates)], biases[len(gates) :], strict=True)
    return OpenCell(
        node, label, dict(zip(gates, fed, strict=True)), dict(zip(gates, back, strict=True)),
        dict(zip(gates, pairs, strict=False)), dict(zip("iof", holes, strict=False)), chosen,
    )  # fmt: skip


def first_states(node: Node, direction: int, shape: tuple[int, int]) -> list[str]:
    """The states before the first step: those given, or zeros."""
    found = []
    for slot in (5, 6)[: 2 if node.op == "LSTM" else 1]:
        if node.has(slot):
            state = node.initial(slot)
            if node.get("layout", 0):
                state = node.layer("transpose", [state], f"state{slot}", permutation=[1, 0, 2])
            found.append(node.layer("select", [state], f"state{slot}.{direction}", axis=0, position=direction))
        else:
            found.append(node.constant(f"zeros{slot}", np.zeros(shape, np.float32)))
    return found

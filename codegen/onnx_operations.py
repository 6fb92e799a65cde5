"""ONNX operations as data: equal ones stand once, and those of a routine are replayed for each call of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Attributes = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Operation:
    """A node with one result: the operator's name in ONNX, the values that it reads and the one that it makes."""

    type: str
    inputs: tuple[str, ...]
    attributes: Attributes
    output: str


class Operations:
    """Operations in the order in which they are evaluated, and the constants that they read, by name.

    dtype: of the numbers, ``float32`` or ``float64``; integers are of 64 bits.
    """

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.listed: list[Operation] = []
        self.constants: dict[str, Any] = {}
        self._outputs: dict[tuple[str, tuple[str, ...], Attributes], str] = {}
        self._names: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """The value of an operation; that of an equal one which stands here already."""
        key = operator, inputs, tuple(sorted(attributes.items()))
        if key not in self._outputs:
            self._outputs[key] = output = f"{operator.lower()}.{len(self.listed) + 1}"
            self.listed.append(Operation(*key, output))
        return self._outputs[key]

    def constant(self, array: Any) -> str:
        """The name of an array of numbers, integers or truth values that is written into the graph."""
        array = np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._names:
            self._names[key] = name = f"constant.{len(self.constants) + 1}"
            self.constants[name] = array
        return self._names[key]

    def real(self, value: float) -> str:
        """A number of the graph's type, without axes."""
        return self.constant(np.asarray(value, self.dtype))

    def integers(self, *values: int) -> str:
        """A list of integers, such as axes or a shape."""
        return self.constant(np.asarray(values, np.int64))

    def cast(self, value: str) -> str:
        """Integers or truth values as numbers."""
        return self.add("Cast", value, to=self.dtype.name)

    def replay(self, part: Operations, names: Mapping[str, str]) -> dict[str, str]:
        """Add what another list does to the values ``names``; the names here of all its values."""
        found = dict(names)
        found |= {name: self.constant(array) for name, array in part.constants.items()}
        for one in part.listed:
            found[one.output] = self.add(one.type, *(found[name] for name in one.inputs), **dict(one.attributes))
        return found


__all__ = ["Operation", "Operations"]

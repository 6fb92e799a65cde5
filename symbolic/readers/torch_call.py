"""One call of an ATen operator as the operators' functions see it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Integer

from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.readers.model import Known, Model, Unsupported, Value
from dyadic.symbolic.readers.operator_table import Registry

Result = Any
"""A tensor's value, a list of them (None: one that cannot be read), or a number made of sizes."""


_WITHOUT_EFFECT = (
    "memory_format", "layout", "device", "pin_memory", "non_blocking", "copy", "inplace", "implicit", "generator",
    "cudnn_enabled", "cudnn_enable", "sparse",
)  # fmt: skip
"""Arguments that say where and how a result is stored or computed, and nothing about its value."""


class Unread(Unsupported):
    """An argument that nobody asked for.  A rule of torch's own might lose it: none is tried."""


@dataclass
class OperatorCall:
    """arguments: by the name that the operator's schema gives them, with defaults filled in, tensors as values.

    wanted: which of several results somebody reads.
    defaults: what the operator's schema gives for an argument that is left out.
    kinds: what the tensors among the arguments hold, and under "" the result: "f64", "i64", "b8" and so on.  Those of a
        list of tensors are under "indices.0", "indices.1", ...
    traced: whether the call stands in a program as it was traced: then an ``alias`` is a whole slice, no ``detach``.
    alone: whether the first tensor lies in memory alone and by rows, so that strides count its entries.
    read: the arguments that have been asked for.  One that nobody asks for must be left out (:meth:`all_read`).
    """

    model: Model
    operator: str
    name: str
    arguments: dict[str, Any]
    wanted: frozenset[int] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    traced: bool = False
    alone: bool = False
    read: set[str] = field(default_factory=lambda: set(_WITHOUT_EFFECT))

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return self.arguments.get(key)

    def given(self, key: str) -> bool:
        return self[key] is not None

    def ignore(self, *keys: str) -> None:
        """Account for arguments that cannot change what is read here."""
        self.read.update(keys)

    def floating(self) -> None:
        """Refuse to compute in a type that is not floating-point; another precision is no other equation."""
        if self.given("dtype") and not getattr(self["dtype"], "is_floating_point", False):
            raise Unsupported("casts to a type that is not floating-point")

    def all_read(self) -> None:
        """Refuse the arguments that nobody asked for, unless they are what the schema says anyway."""
        for key in self.arguments.keys() - self.read:
            left_out = self.arguments[key] is None and key not in self.defaults
            if not left_out and (key not in self.defaults or repr(self.arguments[key]) != repr(self.defaults[key])):
                raise Unread(f"its argument {key} = {str(self.arguments[key])[:60]} is not read")

    def value(self, key: str = "self") -> Value:
        value = self[key]
        if not isinstance(value, str | Known):
            raise Unsupported(f"its argument {key!r} is no tensor")
        return value

    def x(self, key: str = "self") -> str:
        return self.model.vertex(self.value(key))

    def weight(self, key: str) -> str:
        """An operand where a layer has its weights."""
        return self.trained(self.value(key))

    def trained(self, value: Value) -> str:
        """The vertex of a weight: trained if it is a parameter of the module, and no buffer."""
        return self.model.vertex(value, trained=isinstance(value, Known) and value.trained)

    def buffer(self, key: str) -> str:
        return self.model.vertex(self.value(key), trained=False)

    def filled(self, key: str, number: float, shape: Shape) -> str:
        """A weight, or a constant of one number where the module has none."""
        if self.given(key):
            return self.weight(key)
        self.model.room(shape, 4)
        return self.constant(f"{self.name}.{key}", np.full(tuple(map(int, shape)), number, np.float32))

    def constant(self, name: str, array: np.ndarray) -> str:
        return self.model.vertex(Known(name, array), trained=False)

    def shape(self, key: str = "self") -> Shape:
        value = self.value(key)
        return self.model.shapes[value] if isinstance(value, str) else tuple(map(Integer, value.array.shape))

    def rank(self, key: str = "self") -> int:
        return len(self.shape(key))

    def axis(self, key: str = "dim", tensor: str = "self", extra: int = 0) -> int:
        return int(self[key]) % max(self.rank(tensor) + extra, 1)

    def axes(self, key: str = "dim") -> list[int]:
        """Some axes of the tensor; all where none is named."""
        given = self[key]
        rank = self.rank()
        if given is None or given == []:
            return list(range(rank))
        return sorted(int(axis) % rank for axis in (given if isinstance(given, list | tuple) else [given]))

    def extent(self, axis: int, key: str = "self", vertex: str | None = None) -> int:
        """The number of entries of an axis of an argument, or of a vertex."""
        extent = (self.shape(key) if vertex is None else self.model.shapes[vertex])[axis]
        if not extent.is_Integer:
            raise Unsupported(f"needs a number for the size {extent}")
        return int(extent)

    def layer(self, type_: str, inputs: Sequence[str], part: str = "", **options: Any) -> str:
        return self.model.layer(f"{self.name}.{part}" if part else self.name, type_, inputs, **options)

    def same(self, why: str, key: str = "self") -> Value:
        """The operand itself: a call that does nothing has no vertex."""
        self.model.note(f"{self.operator} {why} is the identity: no vertex")
        return self.value(key)


def finite(call: OperatorCall, number: float) -> float:
    """A number, or in place of an infinity the largest float32 with its sign."""
    if math.isinf(number):
        call.model.infinite = True
        call.model.note(f"infinities in {call.operator} are read as {LARGEST:.1e} with their sign")
        return math.copysign(LARGEST, number)
    return number


def numbers_only(call: OperatorCall) -> None:
    """Refuse to ask for NaN where there are infinities: a softmax of nothing else is NaN in PyTorch, not here."""
    if call.model.infinite:
        raise Unsupported("asks for what is no number, in a program that holds infinities")


LARGEST = float(np.finfo(np.float32).max)
Operator = Callable[[OperatorCall], Result]
OPERATORS: Registry[Operator] = Registry()
operator = OPERATORS.register
"""An ATen operator is registered with all its overloads."""


__all__ = ["OPERATORS", "Known", "OperatorCall", "Result", "Unsupported", "Value", "finite", "numbers_only", "operator"]

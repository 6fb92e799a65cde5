"""One node of an ONNX graph as the operators' functions see it: attributes decoded, operands looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr, Integer

from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.readers.model import Known, Model, Unsupported, Value, short
from dyadic.symbolic.readers.operator_table import Registry
from dyadic.symbolic.structure import show


@dataclass
class Node:
    """``operands`` has None where an optional input is left out."""

    model: Model
    op: str
    name: str
    opset: int
    attributes: dict[str, Any]
    operands: list[Value | None]
    outputs: list[str]
    wanted: list[bool]
    kinds: list[str] = field(default_factory=list)
    """What the operands hold: "f" numbers, "i" and "u" integers, "b" booleans (:mod:`...onnx_types`)."""
    run: Callable[[str, Any, Sequence[Value]], list[Value]] | None = None
    """Reads a graph that the node holds, for given values of its inputs."""
    read: set[str] = field(default_factory=set)
    """The attributes that have been asked for: one that nobody asks for may not be there (:meth:`all_read`)."""

    # -- operands -----------------------------------------------------------------------------------------------

    def has(self, slot: int) -> bool:
        return slot < len(self.operands) and self.operands[slot] is not None

    def operand(self, slot: int) -> Value:
        value = self.operands[slot] if slot < len(self.operands) else None
        if value is None:
            raise Unsupported(f"its input {slot} is missing")
        return value

    def x(self, slot: int = 0) -> str:
        """The vertex or input that an operand is; a known value becomes an input of the architecture."""
        return self.model.vertex(self.operand(slot))

    def xs(self) -> list[str]:
        return [self.x(slot) for slot in range(len(self.operands))]

    def weight(self, slot: int) -> str:
        """An operand that is trained if it is known."""
        return self.model.vertex(self.operand(slot), trained=True)

    def buffer(self, slot: int) -> str:
        """An operand that is not trained if it is known (running statistics)."""
        return self.model.vertex(self.operand(slot), trained=False)

    def learned(self, slot: int) -> bool:
        """Whether a state before the first step is one of the file's own arrays, and not all 0."""
        value = self.operand(slot) if self.has(slot) else None
        if not isinstance(value, Known) or not value.trained:
            return False
        found = bool(value.array.any())
        if not found:
            self.model.note("initial states that the file stores as zeros are constants, and have no gradient")
        return found

    def initial(self, slot: int) -> str:
        """A state before the first step, trained if it is learned."""
        return self.model.vertex(self.operand(slot), trained=self.learned(slot))

    def known(self, slot: int) -> np.ndarray | None:
        """The array of an operand that is known beforehand and no parameter of another node, else None."""
        return self.model.numbers_of(self.operands[slot]) if self.has(slot) else None

    def static(self, slot: int, what: str) -> np.ndarray:
        """The array of an operand that must be known beforehand."""
        array = self.known(slot)
        value = self.operand(slot)
        if isinstance(value, Known) and array is None:
            raise Unsupported(f"{what} {value.name!r} is a parameter of another node, and has a gradient")
        if array is None:
            raise Unsupported(f"{what} is not a constant")
        return array

    def integers(self, slot: int, what: str) -> list[Any]:
        """The same as a flat list of integers or integer expressions."""
        array = self.static(slot, what)
        if array.dtype.kind not in "iuO":
            raise Unsupported(f"{what} does not consist of integers")
        return [n if isinstance(n, Expr) else int(n) for n in array.reshape(-1)]

    def number(self, slot: int) -> float | None:
        """The operand if it is one constant finite number that is not trained, else None."""
        value = self.operands[slot]
        if not isinstance(value, Known) or value.array.size != 1 or value.symbolic:
            return None
        if not np.isfinite(exact := entry(value.array)) or self.model.numbers_of(value) is None:
            return None
        return exact

    def shape(self, slot: int = 0) -> Shape:
        value = self.operand(slot)
        if isinstance(value, str):
            return self.model.shapes[value]
        return tuple(map(Integer, value.array.shape))

    def rank(self, slot: int = 0) -> int:
        return len(self.shape(slot))

    def extents(self, slot: int, axes: Any) -> list[int]:
        """The extents of some axes, which must be numbers."""
        found = [self.shape(slot)[axis] for axis in axes]
        if not all(extent.is_Integer for extent in found):
            raise Unsupported(f"needs numbers for the sizes of its input {show(self.shape(slot))}")
        return [int(extent) for extent in found]

    def kind(self, slot: int = 0) -> str:
        return self.kinds[slot] if slot < len(self.kinds) else "f"

    def real(self, what: str) -> None:
        """Refuse operands that are integers, with which the operator computes otherwise than with numbers."""
        if any(kind != "f" for kind, value in zip(self.kinds, self.operands, strict=True) if value is not None):
            raise Unsupported(f"{what} of integers")

    # -- attributes ---------------------------------------------------------------------------------------------

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return self.attributes.get(key, default)

    def choice(self, key: str, *words: str) -> str:
        """An attribute that is one of some words, the first where it is left out."""
        word = str(self.get(key, words[0]))
        if word not in words:
            raise Unsupported(f"{key} = {word[:60]!r} (only {', '.join(words)})")
        return word

    def ignore(self, *keys: str) -> None:
        """Account for attributes that cannot change what is read here."""
        self.read.update(keys)

    def all_read(self, defaults: Mapping[str, Any]) -> None:
        """Refuse the attributes that nobody asked for, unless they say what the operator's schema says anyway."""
        for key in self.attributes.keys() - self.read:
            if repr(self.attributes[key]) != repr(defaults.get(key)):
                raise Unsupported(f"its attribute {key} = {str(self.attributes[key])[:60]} is not read")

    def only(self, **wanted: Any) -> None:
        """Refuse an attribute that has another value than the one supported (which is its default)."""
        for key, value in wanted.items():
            if self.get(key, value) != value:
                raise Unsupported(f"{key} = {self.get(key)!r} (only {value!r})")

    def only_outputs(self, count: int = 1) -> None:
        """Refuse a node of which somebody reads more outputs than the first ones."""
        if any(self.wanted[count:]):
            raise Unsupported(f"its output {self.wanted.index(True, count)} is read")

    def axis(self, default: int, slot: int = 0) -> int:
        return place(int(self.get("axis", default)), self.rank(slot))

    def axes(self, slot: int, rank: int | None = None) -> list[int] | None:
        """Axes from the attribute ``axes`` or, in newer opsets, from an input; None where they are left out."""
        attribute = self.get("axes")
        given = self.integers(slot, "the list of axes") if self.has(slot) else attribute
        if given is None:
            return None
        rank = self.rank() if rank is None else rank
        return places(given, rank)

    # -- results ------------------------------------------------------------------------------------------------

    def layer(self, type_: str, inputs: list[str], part: str = "", **options: Any) -> str:
        """A vertex named after the node; ``part`` is appended where the node becomes several."""
        return self.model.layer(f"{self.name}.{part}" if part else self.name, type_, inputs, **options)

    def constant(self, part: str, array: np.ndarray) -> str:
        """An array that the node's meaning asks for, as an input of the architecture."""
        self.model.room(array.shape, array.itemsize)
        return self.model.vertex(Known(f"{self.name}.{part}", array))

    def same(self, why: str) -> Value:
        """The operand itself: a node that does nothing has no vertex."""
        self.model.note(f"{f'{self.op} {why}'.strip()} is the identity: no vertex")
        return self.operand(0)


def entry(array: np.ndarray) -> int | float:
    """The one entry of an array: an integer, a float64 as it is, others as the shortest decimal that means them."""
    found = array.reshape(-1)[0]
    if array.dtype.kind in "iub":
        return int(found)
    return float(found) if array.dtype.itemsize > 4 else float(short(float(found)))


def place(axis: int, rank: int) -> int:
    """An axis counted from the front.  Raises :class:`Unsupported` where there is none such."""
    if not -rank <= axis < max(rank, 1):
        raise Unsupported(f"axis {axis} of {rank} axes")
    return axis % max(rank, 1)


def places(axes: Iterable[Any], rank: int) -> list[int]:
    """Axes counted from the front, each once.  Raises :class:`Unsupported` otherwise."""
    found = [place(int(axis), rank) for axis in axes]
    if len(set(found)) < len(found):
        raise Unsupported(f"names one of {rank} axes twice")
    return found


class Variant(Unsupported):
    """A right node, of a variant that its function here does not read: onnx may define it by other operators."""


Operator = Callable[[Node], Value | list[Value]]
OPERATORS: Registry[Operator] = Registry()
operator = OPERATORS.register


__all__ = ["OPERATORS", "Known", "Node", "Unsupported", "Value", "Variant", "entry", "operator", "place", "places"]

"""A network as a certificate describes it: read with suspicion, then evaluated in any ring.

The equations come as JSON (nested lists, see docs/proofs.md) and are compiled by :mod:`dyadic.proofs.evaluate.bodies`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import product
from typing import Any

from dyadic.proofs.checker.intake.reading import Outside, Rejected
from dyadic.proofs.checker.intake.reading import need as field
from dyadic.proofs.checker.trust import EVALUATOR, called
from dyadic.proofs.evaluate.bodies import compile_body
from dyadic.proofs.evaluate.integers import ClosureScope, Entries, IntegerEntries, extent, largest_tensor
from dyadic.proofs.evaluate.number_rings import Anywhere, Ring

Tensors = dict[tuple[str, str], Entries]


class RingDefinition:
    """``tensor[indices] = body`` over a ring, with the axes' sizes resolved."""

    def __init__(self, data: Any, sizes: Mapping[str, int], ring: Ring, where: str) -> None:
        self.key = (field(data, "kind", str, where), field(data, "owner", str, where))
        self.indices: list[str] = field(data, "indices", list, where)
        shape = [whole(node, sizes, where) for node in field(data, "shape", list, where)]
        if len(shape) != len(self.indices) or not all(isinstance(name, str) for name in self.indices):
            raise Rejected(f"{where}.indices", "do not fit the shape")
        if len(set(self.indices)) < len(self.indices):
            raise Rejected(f"{where}.indices", "are not distinct")
        self.places = places(shape, where)
        self._scope = ClosureScope(sizes, f"{where}.body", len(self.places))
        for name in self.indices:
            self._scope.bind(name)
        body = field(data, "body", (int, list), where)
        self._ring, self._chooses = ring, isinstance(body, list) and body[:1] == ["argmax"]
        self._body = compile_body(body, self._scope, ring)
        self.reads = {*self._scope.keys, *self._scope.integers}

    def evaluate(self, tensors: Tensors) -> Entries:
        """The tensor's entries, from those of the tensors that the body reads."""
        called(EVALUATOR)
        scope, body, slots = self._scope, self._body, self._scope.slots
        for key in self.reads:
            if key not in tensors:
                raise Rejected(scope.where, f"reads {key[0]}_{key[1]}, which is not defined here")
        for key, position in scope.keys.items():
            table = tensors[key]
            scope.tables[position] = _AsNumbers(table, self._ring) if isinstance(table, IntegerEntries) else table
        for key, position in scope.integers.items():
            scope.tables[position] = tensors[key]
            if not isinstance(tensors[key], IntegerEntries):
                raise Rejected(scope.where, f"{key[0]}_{key[1]} stands in an index, but its entries are no integers")
        rank = len(self.indices)
        found: Entries = {}
        try:
            for place in self.places:
                slots[:rank] = place
                found[place] = body()
        except KeyError as error:
            raise Outside(scope.where, f"reads the entry {error} of a tensor that has none there") from error
        return integers_among(found) if self._chooses else found


class _AsNumbers(Entries):
    """The entries of a tensor of integers as numbers of a ring."""

    def __init__(self, integers: IntegerEntries, ring: Ring) -> None:
        super().__init__()
        self._integers, self._ring = integers, ring

    def __missing__(self, place: tuple[int, ...]) -> Any:
        self[place] = self._ring.number(self._integers[place])
        return self[place]


def integers_among(found: Entries) -> Entries:
    """Positions of largest values as a tensor of integers; as they are where a ring knows them as numbers only."""
    return IntegerEntries(found) if all(isinstance(value, int | Anywhere) for value in found.values()) else found


def places(shape: Iterable[int], where: str) -> list[tuple[int, ...]]:
    """All index tuples of a shape, refused beyond some thousands."""
    sizes, count = list(shape), 1
    for length in sizes:
        count *= length
    if count > largest_tensor():
        raise Rejected(where, "a tensor is too large to evaluate here")
    return list(product(*(range(length) for length in sizes)))


def whole(node: Any, sizes: Mapping[str, int], where: str) -> int:
    """An extent: a positive integer expression of named sizes."""
    # Most are a number or a name, and there are a great many of them.
    value = sizes.get(node[1]) if type(node) is list and len(node) == 2 and node[0] == "size" else node
    if type(value) is int and 0 < value < 2**31:
        return value
    return extent(node, sizes, where)


def entries(node: Any) -> set[tuple[str, str]]:
    """(kind, owner) of every tensor entry in a JSON expression, integer tensors in its indices among them."""
    found: set[tuple[str, str]] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list) and item:
            if item[0] == "entry" and len(item) == 4:
                found.add((str(item[1]), str(item[2])))
                stack.append(item[3])
            else:
                stack.extend(item)
    return found


class Layer:
    """One layer derivation bound to concrete sizes and a ring; what a pass does not ask for is not compiled."""

    def __init__(self, data: Any, sizes: Mapping[str, int], ring: Ring, where: str) -> None:
        self._data, self._sizes, self._ring, self._where = data, sizes, ring, where
        self.owners: list[str] = field(data, "inputs", list, where)
        self.definitions = self._read("definitions")
        if not self.definitions or len(field(data, "adjoints", list, where)) != len(self.owners):
            raise Rejected(where, "needs a definition and one adjoint per input")
        self.parameters = {
            name: (field(p, "kind", str, where), [whole(e, sizes, where) for e in field(p, "shape", list, where)])
            for name, p in field(data, "parameters", dict, where).items()
        }

    def _read(self, key: str) -> list[RingDefinition]:
        items = field(self._data, key, list, self._where)
        return [RingDefinition(x, self._sizes, self._ring, f"{self._where}.{key}[{k}]") for k, x in enumerate(items)]

    @cached_property
    def intermediates(self) -> list[RingDefinition]:
        """What adjoints and gradients read besides the definitions."""
        return self._read("intermediates")

    @cached_property
    def adjoints(self) -> list[RingDefinition]:
        """The contribution to each input's sensitivity."""
        return self._read("adjoints")

    @cached_property
    def gradients(self) -> dict[str, RingDefinition]:
        """dE/dtheta by parameter."""
        where = f"{self._where}.gradients"
        items = field(self._data, "gradients", dict, self._where)
        return {name: RingDefinition(item, self._sizes, self._ring, f"{where}.{name}") for name, item in items.items()}

    def forward(self, tensors: Tensors) -> Entries:
        """Evaluate the definitions into ``tensors`` and return the vertex's value f_v."""
        for item in self.definitions:
            tensors[item.key] = item.evaluate(tensors)
        return tensors[self.definitions[-1].key]

    def backward(self, tensors: Tensors) -> list[Entries]:
        """After :meth:`forward`, with s_v in ``tensors``: the contribution to each parent's sensitivity."""
        for item in self.intermediates:
            tensors[item.key] = item.evaluate(tensors)
        return [item.evaluate(tensors) for item in self.adjoints]

    def contribution(self, slot: int, tensors: Tensors) -> Entries:
        """One of the entries of :meth:`backward`, with no definition evaluated that it does not need."""
        item = self.adjoints[slot]
        self._prepare(item, tensors)
        return item.evaluate(tensors)

    def gradient(self, parameter: str, tensors: Tensors) -> Entries:
        """dE/dtheta for one of the parameters; what it needs of the definitions is evaluated into ``tensors``."""
        item = self.gradients[parameter]
        self._prepare(item, tensors)
        return item.evaluate(tensors)

    def _prepare(self, item: RingDefinition, tensors: Tensors) -> None:
        wanted, needed = set(item.reads), []
        for one in reversed((*self.definitions, *self.intermediates)):
            if one.key in wanted:
                needed.append(one)
                wanted |= set(one.reads)
        for one in reversed(needed):
            tensors[one.key] = one.evaluate(tensors)


class CostLayer:
    """The cost bound to concrete sizes and a ring."""

    def __init__(self, data: Any, sizes: Mapping[str, int], ring: Ring, where: str) -> None:
        def read(items: list[Any], key: str) -> list[RingDefinition]:
            return [RingDefinition(item, sizes, ring, f"{where}.{key}[{k}]") for k, item in enumerate(items)]

        self.owner: str = field(data, "input", str, where)
        self.definitions = read(field(data, "definitions", list, where), "definitions")
        self.intermediates = read(field(data, "intermediates", list, where), "intermediates")
        self.gradient = read([field(data, "gradient", dict, where)], "gradient")[0]
        if not self.definitions or self.definitions[-1].indices:
            raise Rejected(where, "the cost must be a scalar")

    def value(self, tensors: Tensors) -> Any:
        for item in self.definitions:
            tensors[item.key] = item.evaluate(tensors)
        return tensors[self.definitions[-1].key][()]

    def sensitivity(self, tensors: Tensors) -> Entries:
        self.value(tensors)
        for item in self.intermediates:
            tensors[item.key] = item.evaluate(tensors)
        return self.gradient.evaluate(tensors)


__all__ = [
    "CostLayer",
    "Entries",
    "IntegerEntries",
    "Layer",
    "Outside",
    "Rejected",
    "RingDefinition",
    "Tensors",
    "entries",
    "field",
    "integers_among",
    "places",
    "whole",
]

"""Two definitions whose forms differ, compared entry by entry modulo primes, at the network's own sizes.

Every tensor that they read is free: its entries are drawn when they are first looked at, so that a definition of a
large layer is evaluated without its inputs.  Agreement counts only if every entry was compared; sizes that are names
cannot all be tried, so that there only a difference decides.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.evaluation.equations import Entries, Evaluator, Field, integer
from dyadic.proofs.checker.evaluation.kind_pairing import compared, positions
from dyadic.proofs.checker.evaluation.prime_numbers import chance, primes
from dyadic.proofs.checker.instantiated.demands import Demand, Demands, Part
from dyadic.proofs.checker.instantiated.integer_forms import NetworkNames
from dyadic.proofs.checker.intake.names import sizes_of as symbols
from dyadic.proofs.checker.intake.reading import Outside, Rejected

MOST_ENTRIES, MOST_WORK, MOST_TOTAL, SAMPLE = 20_000, 1_000_000, 2_000_000, 60
"""Bounds on entries, on the terms visited for one definition and for all, and the entries looked at of very many."""
SIZE_SETS = ((3, 5, 4, 7, 6), (2, 3, 5, 4, 7), (4, 6, 8, 10, 12), (5, 7, 9, 8, 11), (1, 2, 3, 4, 5))
SEED = 20260202


@dataclass(frozen=True)
class Disagreement:
    """An entry at which two definitions differ, and both values."""

    entry: tuple[int, ...]
    stated: str
    demanded: str
    modulus: str
    sizes: dict[str, int]


class Drawn(dict[tuple[int, ...], Any]):
    """A tensor whose entries are drawn when they are first looked at."""

    def __init__(
        self, field: Field, name: tuple[str, str], extents: list[int], below: int | None, seed: int = SEED
    ) -> None:
        super().__init__()
        self._field, self._name, self._extents, self._below, self._seed = field, name, extents, below, seed

    def get(self, place: tuple[int, ...], default: Any = None) -> Any:
        if place not in self:
            if len(place) != len(self._extents) or not all(
                0 <= at < n for at, n in zip(place, self._extents, strict=True)
            ):
                return default
            label = (*self._name, place)
            self[place] = (
                (self._field.unknown("value", *label), 0)
                if self._below is None
                else chance(repr(label), self._seed) % max(self._below, 1)
            )
        return self[place]

    @property
    def holds_integers(self) -> bool:
        """Whether integers were drawn, which are a few of many."""
        return self._below is not None and bool(self)


def compare(network: Demands, item: Any, demand: Demand, where: str, seed: int = SEED) -> Disagreement | None:
    """An entry at which the stated definition is not the one demanded, or None if all entries agree.

    seed: of the primes and of what is drawn; where the definition may have been made by an adversary, one that nobody
    can know beforehand.  Agreement for some integers says nothing of others, so that what reads integers stays open.
    Raises :class:`Rejected` where neither can be said.
    """
    bodies = [substituted(part.body, part.names, part.where) for part in demand.parts]
    shape = [substituted(extent, demand.names, demand.where) for extent in demand.shape]
    stated = [Part(1, tuple(item["indices"]), item["body"], NetworkNames({}, {}, strict=False), where)]
    wanted = [Part(p.factor, p.indices, b, p.names, p.where) for p, b in zip(demand.parts, bodies, strict=True)]
    unknown = sorted(set().union(*map(symbols, (item, shape, *bodies, *(part.factor for part in wanted)))))
    whole = True
    for numbers in SIZE_SETS if unknown else ((),):
        sizes = {name: numbers[k % len(numbers)] + 6 * (k // len(numbers)) for k, name in enumerate(unknown)}
        for prime in primes(seed):
            try:
                found, complete = _run(network, (stated, wanted), shape, sizes, prime, seed, where)
            except Rejected:
                if not unknown:
                    raise
                whole = False  # sizes that do not fit
                break
            if found is not None:
                return found
            whole = whole and complete
    if unknown:
        raise Rejected(where, "is written in another way than the network's equation, and not for known sizes only")
    if not whole:
        raise Rejected(where, "is written in another way than the network's equation, and is too large to evaluate")
    return None


def _run(
    network: Demands,
    sides: tuple[list[Part], list[Part]],
    shape: list[Any],
    sizes: dict[str, int],
    prime: int,
    seed: int,
    where: str,
) -> tuple[Disagreement | None, bool]:
    """The first disagreement modulo one prime, and whether every entry was compared."""
    extents = [integer(extent, sizes, {}, {}, where) for extent in shape]
    if any(extent < 1 for extent in extents):
        raise Rejected(where, "is empty at these sizes")
    field = Field(prime, seed)
    tensors = _SidesTensors(network, field, sides, sizes, seed)
    entries = math.prod(extents)
    work = compared_entries = 0
    for place in _places(extents, entries):
        values = []
        for parts in sides:
            value, cost = _value(field, tensors, parts, sizes, place, MOST_TOTAL - network.spent)
            network.spent += cost
            values.append(value)
            work += cost
        compared_entries += 1
        if values[1] is None:
            raise Rejected(sides[1][0].where, "reads outside a tensor")
        if values[0] != values[1]:
            stated = "undefined (it reads outside a tensor)" if values[0] is None else str(values[0][0])
            return Disagreement(place, stated, str(values[1][0]), str(prime), sizes), True
        if work > MOST_WORK:
            break
    if any(isinstance(table, Drawn) and table.holds_integers for table in tensors.values()):
        raise Rejected(where, "is written in another way than the network's equation, and not all integers are tried")
    return None, compared_entries == entries


def _places(extents: list[int], entries: int) -> Iterator[tuple[int, ...]]:
    """All entries, the first in an order that reaches far ones soon; of very many a sample."""
    if entries <= MOST_ENTRIES:
        table = list(itertools.product(*map(range, extents)))
        yield from sorted(table, key=lambda place: chance(repr(place)))
        return
    yield tuple(0 for _ in extents)
    yield tuple(extent - 1 for extent in extents)
    for k in range(SAMPLE):
        yield tuple(chance(repr((k, axis))) % extent for axis, extent in enumerate(extents))


def _value(
    field: Field, tensors: _SidesTensors, parts: list[Part], sizes: dict[str, int], place: tuple[int, ...], most: int
) -> tuple[Any, int]:
    """The sum of the parts at a place, None where an entry is read that does not exist; and the terms visited."""
    found, work = [], 0
    for part in parts:
        run = Evaluator(field, sizes, part.where)
        run.tensors, run.most = tensors, min(run.most, most - work)
        try:
            value = run.value(part.body, dict(zip(part.indices, place, strict=True)))
        except Outside:
            return None, run.terms
        number = value if isinstance(value, tuple) else field.number(value)  # a position
        found.append(field.multiply([run.value(part.factor, {}), number]))
        work += run.terms
    return field.add(found), work


class _SidesTensors(dict[tuple[str, str], Entries]):
    """The tensors that both sides read, made as they are needed."""

    def __init__(
        self, network: Demands, field: Field, sides: tuple[list[Part], list[Part]], sizes: dict[str, int], seed: int
    ) -> None:
        super().__init__()
        self.seed = seed
        self._network, self._field, self._sizes = network, field, sizes
        self._below: dict[tuple[str, str], int] = {}
        for part in itertools.chain(*sides):
            for name, target, axis in positions(part.body):
                extents = self._extents(target)
                if axis < len(extents):
                    self._below[name] = min(self._below.get(name, extents[axis]), extents[axis])
            for name in compared(part.body):
                self._below.setdefault(name, 3)

    def _extents(self, name: tuple[str, str]) -> list[int]:
        shape, names = self._network.any_shape(name)
        return [integer(substituted(extent, names, ""), self._sizes, {}, {}, "shape") for extent in shape]

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None  # type: ignore[arg-type]

    def __getitem__(self, name: tuple[str, str]) -> Entries:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: tuple[str, str], default: Any = None) -> Any:
        if not super().__contains__(name):
            try:
                extents = self._extents(name)
            except Rejected:
                return default
            self[name] = Drawn(self._field, name, extents, self._below.get(name), self.seed)
        return super().__getitem__(name)


def substituted(node: Any, names: NetworkNames, where: str, depth: int = 0) -> Any:
    """An expression with the owners of its tensors and its sizes replaced by what they stand for."""
    if depth > 200:
        raise Rejected(where, "is nested too deeply")
    match node:
        case ["size", str(name)]:
            value = names.size(name, where)
            return node if value is None else value
        case ["entry", str(kind), str(owner), list(indices)]:
            inner = [substituted(index, names, where, depth + 1) for index in indices]
            return ["entry", kind, names.owner(owner, where), inner]
        case list():
            return [substituted(child, names, where, depth + 1) for child in node]
    return node


__all__ = ["Disagreement", "compare", "substituted"]

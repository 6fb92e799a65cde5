"""Derivatives of one quantity of the forward pass by another, at the solution: dz_2[k]/dz_1[j].

The lower one is varied by itself, and all that is computed from it follows.  Each layer is differentiated on a tape of
its own definitions, each entry of what it computes apart; the layers between are put together by the chain rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dyadic.proofs.evaluate.network import Entries, Rejected
from dyadic.proofs.statements.number_systems.closed import noting
from dyadic.proofs.statements.semantics.quantities import Slope

Place = tuple[int, ...]
MOST = 1_000_000
"""How many products the chain rule may take, and how many numbers of tapes may be differentiated."""


class NetworkValues(Protocol):
    """What is asked of a network's quantities over a ring (meaning.py)."""

    @property
    def ring(self) -> Any: ...
    @property
    def graph(self) -> Any: ...
    @property
    def vocabulary(self) -> Any: ...
    @property
    def setting(self) -> Any: ...
    def places(self, kind: str, owner: str) -> list[Place]: ...
    def map_of(self, name: str) -> str: ...
    def parents_of(self, name: str) -> list[str]: ...
    def evaluated(self, name: str) -> Any: ...


@dataclass
class _Row:
    """The derivatives of one entry: by the lower quantity, if it is one of this layer, and by the layer's inputs."""

    wanted: Mapping[Place, Any] = field(default_factory=dict)
    inputs: dict[str, dict[Place, Any]] = field(default_factory=dict)


class SlopeEntries(dict[Place, Any]):
    """The entries of one derivative, made when asked for."""

    def __init__(self, meaning: NetworkValues, what: Slope, owner: str) -> None:
        super().__init__()
        if meaning.setting.blocks:
            raise Rejected("claim", "a derivative of one quantity by another is examined for small numbers alone")
        self._meaning, self._ring, self._owner, self._what = meaning, meaning.ring, owner, what
        self._above = self._kind(what.kind, owner)
        self._below = self._kind(what.below, what.owner_below)
        self._upper = set(meaning.places(what.kind, owner))
        self._lower = meaning.places(what.below, what.owner_below)
        self._rows: dict[tuple[str, str, Place], _Row] = {}
        self._work = 0

    def _kind(self, kind: str, owner: str) -> str:
        """An activation is the last quantity that its layer defines."""
        return self._meaning.map_of(owner) if kind == "x" and owner in self._meaning.graph.parents else kind

    def __missing__(self, place: Place) -> Any:
        above, below = place[: self._what.rank], place[self._what.rank :]
        if above not in self._upper:
            raise KeyError(place)
        with noting(self._ring, False):
            found = self._by_chain(above)
        zero = self._ring.number(0)
        self.update({(*above, *at): found.get(at, zero) for at in self._lower})
        if below not in self._lower:
            raise KeyError(place)
        return self[place]

    def _by_chain(self, place: Place) -> Mapping[Place, Any]:
        """The derivatives of one entry by those of the lower quantity."""
        first, target = self._row(self._owner, self._above, place), self._what.owner_below
        if self._owner == target:
            return first.wanted
        pending = {name: dict(row) for name, row in first.inputs.items()}
        for name in reversed(list(self._meaning.graph.parents)):
            if name not in pending or name == target:
                continue
            for at, seed in pending.pop(name).items():
                row = self._row(name, self._meaning.map_of(name), at)
                for parent, slopes in row.inputs.items():
                    self._add(pending.setdefault(parent, {}), seed, slopes)
        seeds = pending.get(target, {})
        if self._below == "x" or self._below == self._meaning.map_of(target):
            return seeds
        found: dict[Place, Any] = {}
        for at, seed in seeds.items():
            self._add(found, seed, self._row(target, self._meaning.map_of(target), at).wanted)
        return found

    def _add(self, total: dict[Place, Any], seed: Any, slopes: Mapping[Place, Any]) -> None:
        self._spend(len(slopes))
        for place, value in slopes.items():
            term = self._ring.mul([seed, value])
            total[place] = self._ring.add([total[place], term]) if place in total else term

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MOST:
            raise Rejected("claim", f"a derivative of one quantity by another takes more than {MOST} operations")

    def _row(self, owner: str, kind: str, place: Place) -> _Row:
        key = owner, kind, place
        if key not in self._rows:
            found = self._meaning.evaluated(owner)
            self._spend(len(found.tape.numbers))
            keys = {name: (name, local) for name, local in found.keys}
            adjoints = found.tape.backward(found.local[keys[kind]][place])

            def slopes(entries: Entries) -> dict[Place, Any]:
                return {at: adjoints[number] for at, number in entries.items()}

            row = self._rows[key] = _Row()
            if owner == self._what.owner_below and self._below in keys:
                row.wanted = slopes(found.local[keys[self._below]])
            one = self._ring.number(1)
            for local, parent in zip(found.owners, self._meaning.parents_of(owner), strict=True):
                if ("x", parent) not in self._meaning.vocabulary.integers:
                    self._add(row.inputs.setdefault(parent, {}), one, slopes(found.local["x", local]))
        return self._rows[key]


__all__ = ["SlopeEntries"]

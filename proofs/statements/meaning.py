"""What the quantities in a claim are: defined by the energy and by nothing that was derived from it.

    E = sum_v <s_v, f_v - x_v> + C,   all x, s, parameters, inputs and targets free

Values come from the layers' defining equations; every derivative from reverse-mode differentiation of the energy's
terms (:class:`proofs.checker.rings.Tape`), one term at a time, since E is their sum.  No derived adjoint is read.
Only the terms that a claim needs are ever evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from proofs.checker.graph import COST, Graph
from proofs.checker.network import Definition, Entries, Rejected
from proofs.checker.rings import Ring, Tape
from proofs.statements.vocabulary import Vocabulary, shown_entry

Draw = Callable[[str], Any]
Place = tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """One term of the energy: its named values, its derivative by each, and by the activation in each slot."""

    values: dict[str, Entries]
    derivatives: dict[str, Entries]
    slots: tuple[Entries, ...]


class Meaning(dict[tuple[str, str], Entries]):
    """Tensors by (kind, owner), made when first asked for.

    draw: a number of the ring for the label of an entry such as ``W_hidden[0, 1]``.
    sizes: a number for the repr of each of the architecture's extents.
    symmetric: matrices that a claim assumes symmetric.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        ring: Ring,
        draw: Draw,
        sizes: Mapping[str, int],
        symmetric: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        super().__init__()
        self.vocabulary, self.graph, self.ring, self.sizes = vocabulary, vocabulary.graph, ring, sizes
        self._draw, self._symmetric = draw, symmetric
        self._terms: dict[str, Term] = {}

    def __missing__(self, key: tuple[str, str]) -> Entries:
        table = self._table(*key)
        self[key] = table
        return table

    def places(self, kind: str, owner: str) -> list[Place]:
        axes = self.vocabulary.axes(kind, owner)
        return list(product(*(range(axis.value(self.sizes)) for axis in axes)))

    def _table(self, kind: str, owner: str) -> Entries:
        head, _, rest = kind.partition(" ")
        if kind == "E":
            return {(): self._energy() if owner == "" else self._energy_term(owner)}
        if kind in ("x", "s", "y") or (kind, owner) in self.vocabulary.parameters:
            return self._drawn(kind, owner)
        if head == "delta":
            return _Delta(self.ring)
        if head == "from":
            return self._received(owner, rest)
        if head == "update":
            return self.term(owner).values[self._map(owner)] if rest == "x" else self._received(owner, None)
        if head == "rate" or kind in ("bar x", "bar s"):
            letter = {"bar x": "s", "bar s": "x"}.get(kind, rest)
            update = self["update " + letter, owner]
            if owner in self.graph.inputs:
                return update
            return {place: self._minus(value, self[letter, owner][place]) for place, value in update.items()}
        if head == "cost":
            if owner == self.graph.output:
                return self.term(COST).slots[0]
            return dict.fromkeys(self.places("x", owner), self.ring.number(0))
        if head == "bar":
            return self.term(owner).derivatives[rest]
        return self.term(owner).values[kind]

    def _drawn(self, kind: str, owner: str) -> Entries:
        found = {}
        for place in self.places(kind, owner):
            at = tuple(sorted(place)) if (kind, owner) in self._symmetric else place
            found[place] = self._draw(shown_entry(kind, owner, at))
        return found

    def _minus(self, one: Any, two: Any) -> Any:
        return self.ring.add([one, self.ring.mul([self.ring.number(-1), two])])

    def _map(self, name: str) -> str:
        """The kind under which a vertex's value f_v is defined."""
        return str(self.graph.layers[self.graph.content[name]]["definitions"][-1]["kind"])

    def _energy_term(self, name: str) -> Any:
        value, s = self.term(name).values[self._map(name)], self["s", name]
        x = self["x", name]
        return self.ring.add([self.ring.mul([s[place], self._minus(value[place], x[place])]) for place in value])

    def _energy(self) -> Any:
        cost = self.term(COST).values[self.graph.cost_content["definitions"][-1]["kind"]][()]
        return self.ring.add([*(self["E", name][()] for name in self.graph.parents), cost])

    def _received(self, name: str, only: str | None) -> Entries:
        """The derivative of the energy's other terms by x of a vertex; ``only``: of one child's term."""
        parts = []
        for child, parents in self.graph.parents.items():
            if name in parents and only in (None, child):
                parts += [self.term(child).slots[k] for k, parent in enumerate(parents) if parent == name]
        if name == self.graph.output and only in (None, COST):
            parts.append(self.term(COST).slots[0])
        zero = [self.ring.number(0)]
        return {p: self.ring.add([part[p] for part in parts] or zero) for p in self.places("x", name)}

    def term(self, name: str) -> Term:
        """Evaluate and differentiate one vertex's term <s_v, f_v>, or the cost."""
        if name not in self._terms:
            self._terms[name] = self._differentiated(name)
        return self._terms[name]

    def _differentiated(self, name: str) -> Term:
        tape, graph = Tape(self.ring), self.graph
        cost = name == COST
        data = graph.cost_content if cost else graph.layers[graph.content[name]]
        table = graph.cost["sizes"] if cost else graph.sizes[name]
        sizes = {symbol: self.sizes[repr(extent)] for symbol, extent in table.items()}
        owners = [data["input"]] if cost else data["inputs"]
        parents = [graph.output] if cost else graph.parents[name]

        def variables(kind: str, owner: str) -> Entries:
            return {place: tape.variable(value) for place, value in self[kind, owner].items()}

        one = self.ring.number(1)
        local = {("x", owner): variables("x", parent) for owner, parent in zip(owners, parents, strict=True)}
        parameters = [] if cost else [item["kind"] for item in data["parameters"].values()]
        local |= {(kind, "v"): variables(kind, name) for kind in parameters}
        if cost:
            local["y", COST] = variables("y", COST)
        kinds = []
        for item in data["definitions"]:
            definition = Definition(item, sizes, tape, f"definition of {name!r}")
            values = definition.evaluate(local)
            # A place of its own on the tape, so that a value that only copies another has its own derivative.
            local[definition.key] = {p: tape.variable(tape.values[v], ((v, one),)) for p, v in values.items()}
            kinds.append(definition.key)
        last = local[kinds[-1]]
        if cost:
            output = last[()]
        else:
            s = variables("s", name)
            output = tape.add([tape.mul([s[place], value]) for place, value in last.items()])
        adjoints = tape.backward(output)

        def read(entries: Entries, source: list[Any]) -> Entries:
            return {place: source[position] for place, position in entries.items()}

        named = {key[0]: local[key] for key in [*kinds, *((kind, "v") for kind in parameters)]}
        return Term(
            {kind: read(entries, tape.values) for kind, entries in named.items()},
            {kind: read(entries, adjoints) for kind, entries in named.items()},
            tuple(read(local["x", owner], adjoints) for owner in owners),
        )


class _Delta(dict[Place, Any]):
    """Kronecker's delta: 1 where two indices are equal."""

    def __init__(self, ring: Ring) -> None:
        super().__init__()
        self._one, self._zero = ring.number(1), ring.number(0)

    def __missing__(self, place: Place) -> Any:
        return self._one if place[0] == place[1] else self._zero


def vertices_read(graph: Graph, kinds: set[tuple[str, str]]) -> set[str]:
    """The vertices whose term of the energy has a part in the named tensors."""
    found: set[str] = set()
    for kind, owner in kinds:
        if owner == "" and kind == "E":
            return {*graph.parents, COST}
        if owner in graph.parents and kind not in ("x", "s"):
            found.add(owner)
        if kind in ("update s", "rate s", "bar x"):
            found |= {child for child, parents in graph.parents.items() if owner in parents}
        if kind.startswith("from "):
            found.add(kind[5:])
        if owner == COST or (owner == graph.output and kind in ("update s", "rate s", "bar x", "cost x", "from cost")):
            found.add(COST)
    return found


__all__ = ["Draw", "Meaning", "Place", "Rejected", "Term", "vertices_read"]

"""What the quantities in a claim are: defined by the energy and by nothing that was derived from it.

    E = sum_v <s_v, f_v - x_v> + sum of weight * C + decay / 2 * (squares of the parameters)

with all x, s, parameters, inputs and targets free, and the constants that the architecture gives as it gives them.

Values come from the layers' defining equations; every derivative from reverse-mode differentiation of the energy's
terms (:class:`dyadic.proofs.evaluate.number_rings.Tape`), one term at a time, since E is their sum.
No derived adjoint is read.
Only the terms that a claim needs are ever evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from dyadic.proofs.checker.intake.graph import COST
from dyadic.proofs.evaluate.network import Entries, IntegerEntries, Rejected, RingDefinition, integers_among
from dyadic.proofs.evaluate.number_rings import Ring
from dyadic.proofs.statements.number_systems.closed import Position, Weighing, noting
from dyadic.proofs.statements.number_systems.rings import Growth
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.given import GivenArray
from dyadic.proofs.statements.semantics.orthogonality import orthonormal
from dyadic.proofs.statements.semantics.premises import Premises
from dyadic.proofs.statements.semantics.quantities import Quantity, Sense, quantity, slope, update
from dyadic.proofs.statements.semantics.slopes import SlopeEntries
from dyadic.proofs.statements.semantics.vocabulary import FREE, Vocabulary, position_of_largest, shown_entry
from dyadic.proofs.statements.verdict.blocks import Setting

Draw = Callable[[str], Any]
Place = tuple[int, ...]
Integers = Mapping[str, int]
"""Values of integer inputs and targets, by the label of the entry; an entry that is not there is 0."""


@dataclass(frozen=True)
class EnergyTerm:
    """One term of the energy: its derivative by every named value, and by the activation in each slot."""

    derivatives: dict[str, Entries]
    slots: tuple[Entries, ...]


@dataclass(frozen=True)
class Evaluated:
    """The definitions of a vertex or cost on a tape.

    local: the places on the tape by kind and owner, as the definitions name them; owners: those of its inputs.
    values: the named values.  positions: for values that are the largest of several, where that stands.
    """

    tape: Weighing
    local: dict[tuple[str, str], Entries]
    owners: list[str]
    keys: list[tuple[str, str]]
    values: dict[str, Entries]
    positions: dict[str, dict[Place, Position]]


class Chosen(dict[Place, Any]):
    """1 at the place of a value that is the largest of several and the index at which it is attained, else 0."""

    def __init__(self, positions: Mapping[Place, Position], zero: Any) -> None:
        super().__init__()
        self._positions, self._zero = positions, zero

    def __missing__(self, place: Place) -> Any:
        return self._positions[place[:-1]].weights.get(place[-1], self._zero)


class Candidates(IntegerEntries):
    """1 at the place of a value that is the largest of several and an index of one of these, else 0."""

    def __init__(self, positions: Mapping[Place, Position]) -> None:
        super().__init__()
        self._positions = positions

    def __missing__(self, place: Place) -> int:
        return int(place[-1] in self._positions[place[:-1]].weights)


class Meaning(dict[tuple[str, str], Entries]):
    """Tensors by (kind, owner), made when first asked for.

    draw: a number of the ring for the label of an entry such as ``W_hidden[0, 1]``.
    setting: how many entries every axis has.
    premises: what a claim takes for granted; at the solution x and s are those of backpropagation.
    integers: the values of the integer inputs and targets, and where what is one-hot is 1.
    follows: is told of every entry that follows from others by an assumption, with its label, and returns it.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        ring: Ring,
        draw: Draw,
        setting: Setting,
        premises: Premises | None = None,
        integers: Integers | None = None,
    ) -> None:
        super().__init__()
        self.vocabulary, self.graph, self.ring, self.setting = vocabulary, vocabulary.graph, ring, setting
        self.follows: Callable[[str, Any], Any] = lambda label, value: value
        self._draw, self._premises, self._integers = draw, premises or Premises(), integers or {}
        self._terms: dict[str, EnergyTerm] = {}
        self._values: dict[str, Evaluated] = {}

    def __missing__(self, key: tuple[str, str]) -> Entries:
        with noting(self.ring, False):
            table = self._table(*key)
        self[key] = table
        return table

    def places(self, kind: str, owner: str) -> list[Place]:
        axes = self.vocabulary.axes(kind, owner)
        return list(product(*(range(self.setting.count(axis)) for axis in axes)))

    def _table(self, kind: str, owner: str) -> Entries:
        what, graph = quantity(kind), self.graph
        if kind == "weight":
            weights = self.setting.weights(owner, self.ring, self._draw)
            return {(at,): weight for at, weight in enumerate(weights)}
        if kind == "size":
            return {(): self.ring.add(list(self["weight", owner].values()))}
        if kind == FREE:
            return self._drawn(kind, owner)
        if kind == "E":
            return {(): self._energy() if owner == "" else self._energy_term(owner)}
        if (kind, owner) == ("C", ""):
            return {(): self.ring.add(self._costs())}
        if self.vocabulary.solution and owner in graph.parents and kind in ("x", "s"):
            return self.evaluated(owner).values[self.map_of(owner)] if kind == "x" else self._received(owner, None)
        if kind in ("x", "s", "y") or (kind, owner) in self.vocabulary.parameters:
            return self._drawn(kind, owner)
        if what.sense is Sense.SLOPE:
            return SlopeEntries(self, slope(what), owner)
        if what.sense is Sense.RECEIVED:
            return self._received(owner, what.letter)
        if what.sense is Sense.UPDATE:
            return (
                self.evaluated(owner).values[self.map_of(owner)] if what.letter == "x" else self._received(owner, None)
            )
        if what.sense is Sense.COST and self.vocabulary.solution:
            return self._by_cost(owner, what.letter)
        if owner in graph.inputs:
            return self._decayed(self._received(owner, None), "x", owner)
        if what.sense is Sense.RATE or what.gradient_of_energy:
            letter = {"x": "s", "s": "x"}.get(what.gradient_of_energy, what.letter)
            new = self[update(letter), owner]
            return {place: self._minus(value, self[letter, owner][place]) for place, value in new.items()}
        if what.sense is Sense.COST:
            return self._received(owner, None, list(graph.costs), weighted=len(graph.costs) > 1)
        if what.sense is Sense.ADJOINT:
            return self._decayed(self.term(owner).derivatives[what.letter], what.letter, owner)
        positions = self.evaluated(owner).positions
        if what.sense in (Sense.CHOICE, Sense.CANDIDATE):
            one = positions[Quantity(Sense.POSITION, what.letter).kind]
            return Chosen(one, self.ring.number(0)) if what.sense is Sense.CHOICE else Candidates(one)
        if what.sense is Sense.POSITION:
            return integers_among({place: found.number for place, found in positions[kind].items()})
        return self.evaluated(owner).values[kind]

    def _by_cost(self, owner: str, kind: str) -> Entries:
        """The total derivative of the cost: that of the energy at the solution, without the decay of the weights."""
        if kind != "x":
            found = self.term(owner).derivatives[kind]
        elif owner in self.graph.inputs:
            found = self._received(owner, None)
        else:
            found = self["s", owner]
        if len(self.graph.costs) > 1:
            return found
        (cost,) = self.graph.costs.values()
        share = self.ring.power(_number(self.ring, cost["weight"]), -1)
        return {place: self.ring.mul([share, value]) for place, value in found.items()}

    def _decayed(self, derivative: Entries, kind: str, owner: str) -> Entries:
        """With the derivative of the weight decay, where the tensor is a parameter."""
        trained = (kind, owner) in self.vocabulary.parameters or owner in self.graph.shared
        if self.graph.decay == 0 or not trained:
            return derivative
        decay, add, mul = _number(self.ring, self.graph.decay), self.ring.add, self.ring.mul
        return {at: add([value, mul([decay, self[kind, owner][at]])]) for at, value in derivative.items()}

    def _drawn(self, kind: str, owner: str) -> Entries:
        if (kind, owner) in self._premises.orthogonal:
            return self._orthonormal((kind, owner))
        integer = (kind, owner) in self.vocabulary.integers
        found: Entries = IntegerEntries() if integer else {}
        axes, given = self.vocabulary.axes(kind, owner), self.vocabulary.given.get((kind, owner))
        for place in self.places(kind, owner):
            at = tuple(sorted(place)) if (kind, owner) in self._premises.symmetric else place
            label = shown_entry(kind, owner, self.setting.place(axes, at))
            if given is not None:
                found[place] = int(given[place]) if integer else self._number(given, place)
            elif integer:
                found[place] = self._integers.get(label, 0)
            elif (kind, owner) in self._premises.one_hot:
                one = self._integers.get(one_hot(kind, owner, place[:-1]), 0) == place[-1]
                found[place] = self.ring.number(int(one))
            else:
                found[place] = self._draw(label)
        return found

    def _orthonormal(self, key: tuple[str, str]) -> Entries:
        """A matrix that is assumed to be orthogonal, made of numbers that are drawn."""
        shape = [self.setting.count(axis) for axis in self.vocabulary.axes(*key)]
        which = self._premises.orthogonal[key]
        entries = orthonormal(self.ring, self._draw, key, shape, which, self._integers)
        return {place: self.follows(shown_entry(*key, place), value) for place, value in entries.items()}

    def _number(self, given: GivenArray, place: Place) -> Any:
        """A number that the architecture gives."""
        if isinstance(self.ring, Growth):
            return given.weight, 0
        value = given[place]
        return self.ring.number(value.numerator, value.denominator)

    def weight(self, axes: tuple[Extent, ...], place: Place) -> Any:
        """How many entries the one at a place stands for; None where it is one."""
        keys = [(axis.key, at) for axis, at in zip(axes, place, strict=True) if axis.key in self.setting.blocks]
        return self.ring.mul([self["weight", key][at,] for key, at in keys]) if keys else None

    def _times(self, axes: tuple[Extent, ...], place: Place, value: Any, power: int = 1) -> Any:
        """A value times (divided by, for power -1) the number of entries that it stands for."""
        weight = self.weight(axes, place)
        if weight is None:
            return value
        return self.ring.mul([value, weight if power == 1 else self.ring.power(weight, -1)])

    def _minus(self, one: Any, two: Any) -> Any:
        return self.ring.add([one, self.ring.mul([self.ring.number(-1), two])])

    def map_of(self, name: str) -> str:
        """The kind under which a vertex's value f_v is defined."""
        return str(self.graph.layers[self.graph.content[name]]["definitions"][-1]["kind"])

    def _energy_term(self, name: str) -> Any:
        value, s = self.evaluated(name).values[self.map_of(name)], self["s", name]
        x = self["x", name]
        axes = self.vocabulary.axes("x", name)
        parts = {at: self.ring.mul([s[at], self._minus(value[at], x[at])]) for at in value}
        return self.ring.add([self._times(axes, at, part) for at, part in parts.items()])

    def _energy(self) -> Any:
        ring, graph = self.ring, self.graph
        terms = [self["E", name][()] for name in graph.parents] + self._costs()
        if graph.decay != 0:
            half = ring.mul([ring.number(1, 2), _number(ring, graph.decay)])
            trained = [*self.vocabulary.parameters, *(("x", name) for name in graph.shared)]
            for key in sorted(trained):
                axes = self.vocabulary.axes(*key)
                terms += [self._times(axes, at, ring.mul([half, v, v])) for at, v in self[key].items()]
        return ring.add(terms)

    def _costs(self) -> list[Any]:
        """The costs with their weights."""
        found, graph = [], self.graph
        for owner, cost in graph.costs.items():
            value = self.evaluated(owner).values[graph.cost_contents[owner]["definitions"][-1]["kind"]][()]
            found.append(self.ring.mul([_number(self.ring, cost["weight"]), value]))
        return found

    def _received(
        self, name: str, only: str | None, children: list[str] | None = None, weighted: bool = True
    ) -> Entries:
        """The derivative of the energy's other terms by x of a vertex or input; ``only``: of one child's term.

        weighted: whether the costs have their weights, as in the energy.
        """
        graph, parts = self.graph, []
        for child, parents in graph.parents.items():
            if name in parents and only in (None, child) and (children is None or child in children):
                parts += [self.term(child).slots[k] for k, parent in enumerate(parents) if parent == name]
        for owner, cost in graph.costs.items():
            if cost["input"] == name and only in (None, owner):
                weight = _number(self.ring, cost["weight"] if weighted else 1)
                slot = self.term(owner).slots[0]
                parts.append({place: self.ring.mul([weight, value]) for place, value in slot.items()})
        zero = [self.ring.number(0)]
        return {p: self.ring.add([part[p] for part in parts] or zero) for p in self.places("x", name)}

    def term(self, name: str) -> EnergyTerm:
        """Differentiate one vertex's term <s_v, f_v>, or the cost."""
        if name not in self._terms:
            self._terms[name] = self._differentiated(name)
        return self._terms[name]

    def evaluated(self, name: str) -> Evaluated:
        """The values that the definitions of a vertex or cost name."""
        if name not in self._values:
            self._values[name] = self._evaluated(name)
        return self._values[name]

    def parents_of(self, name: str) -> list[str]:
        graph = self.graph
        return [graph.costs[name]["input"]] if name in graph.costs else list(graph.parents[name])

    def _variables(self, tape: Weighing, kind: str, owner: str) -> Entries:
        table = self[kind, owner]
        if (kind, owner) in self.vocabulary.integers:
            return table
        return {place: tape.variable(value) for place, value in table.items()}

    def _evaluated(self, name: str) -> Evaluated:
        tape, graph, one = Weighing(self.ring), self.graph, self.ring.number(1)
        cost = name in graph.costs
        data = graph.cost_contents[name] if cost else graph.layers[graph.content[name]]
        owners = [data["input"]] if cost else list(data["inputs"])
        parents = zip(owners, self.parents_of(name), strict=True)
        local = {("x", owner): self._variables(tape, "x", parent) for owner, parent in parents}
        keys = [] if cost else [(item["kind"], "v") for item in data["parameters"].values()]
        local |= {key: self._variables(tape, key[0], name) for key in keys}
        for key in self.setting.blocks:
            for kind in ("weight", "size"):
                local[kind, key] = self._variables(tape, kind, key)
        table = self.setting.table(name)
        if cost:
            local["y", COST] = self._variables(tape, "y", name)
        positions: dict[str, dict[Place, Position]] = {}
        for item in data["definitions"]:
            body = self.setting.weighed(item["body"], name)
            definition = RingDefinition({**item, "body": body}, table, tape, f"definition of {name!r}")
            values = definition.evaluate(local)
            largest = position_of_largest(item)
            if largest:
                where = RingDefinition(largest, table, tape, f"definition of {name!r}")
                positions[largest["kind"]] = where.evaluate(local)
            # A place of its own on the tape, so that a value that only copies another has its own derivative.
            local[definition.key] = {p: tape.variable(v.value, ((v, one),)) for p, v in values.items()}
            keys.append(definition.key)
        named: dict[str, Entries] = {kind: {p: v.value for p, v in local[kind, o].items()} for kind, o in keys}
        return Evaluated(tape, local, owners, keys, named, positions)

    def _differentiated(self, name: str) -> EnergyTerm:
        found = self.evaluated(name)
        tape, local, last = found.tape, found.local, found.local[found.keys[-1]]
        if name in self.graph.costs:
            output = last[()]
        else:
            s = self._variables(tape, "s", name)
            axes = self.vocabulary.axes("x", name)
            factors = {at: [s[at], value] for at, value in last.items()}
            for at, parts in factors.items():
                if (weight := self.weight(axes, at)) is not None:
                    parts.append(tape.variable(weight))
            output = tape.add([tape.mul(parts) for parts in factors.values()])
        adjoints = tape.backward(output)

        def derivative(entries: Entries, kind: str, owner: str) -> Entries:
            """By one entry of each block."""
            axes = self.vocabulary.axes(kind, owner)
            return {place: self._times(axes, place, adjoints[at], -1) for place, at in entries.items()}

        slots = [
            {} if ("x", parent) in self.vocabulary.integers else derivative(local["x", owner], "x", parent)
            for owner, parent in zip(found.owners, self.parents_of(name), strict=True)
        ]
        return EnergyTerm({key[0]: derivative(local[key], key[0], name) for key in found.keys}, tuple(slots))


def one_hot(kind: str, owner: str, place: Iterable[int]) -> str:
    """The label of the integer that says where a one-hot tensor is 1."""
    return f"the 1 of {shown_entry(kind, owner, tuple(place))}"


def _number(ring: Ring, node: Any) -> Any:
    """A number of the architecture: an integer or a fraction."""
    return ring.number(node) if isinstance(node, int) else ring.number(node[1], node[2])


__all__ = ["Draw", "EnergyTerm", "Integers", "Meaning", "Place", "Rejected", "one_hot"]

"""The relaxation and backpropagation of a certificate's network, over any ring, at reduced sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.intake.graph import COST, Graph
from dyadic.proofs.evaluate.drawn_sizes import Instantiation, position, reduced_sizes
from dyadic.proofs.evaluate.network import CostLayer, Entries, IntegerEntries, Layer, Rejected, Tensors, places
from dyadic.proofs.evaluate.network_numbers import Constants
from dyadic.proofs.evaluate.number_rings import Ring, Tape

Draw = Callable[[str], Any]
State = dict[tuple[str, str], Entries]
"""Values by ("x" or "s", vertex)."""


class Instance:
    """A network over one ring: parameters, inputs and targets drawn from ``draw``.

    sizes: see :func:`dyadic.proofs.evaluate.drawn_sizes.reduced_sizes`.
    constants: the entries of inputs that have values of their own, in order.
    """

    def __init__(
        self, graph: Graph, ring: Ring, draw: Draw, sizes: dict[str, int], constants: Constants | None = None
    ) -> None:
        self.graph, self.ring = graph, ring
        small = Instantiation(graph, sizes)
        built: dict[str, Layer] = {}
        self.layers: dict[str, Layer] = {}
        for name in graph.parents:
            table = small.tables[name]
            key = f"{graph.content[name]} {sorted(table.items())}"
            if key not in built:
                content = graph.content[name]
                built[key] = Layer(graph.layers[content], table, ring, f"layers[{content[:12]}]")
            self.layers[name] = built[key]
        self.costs = {
            owner: CostLayer(graph.cost_contents[owner], small.tables[owner], ring, f"costs.{owner}")
            for owner in graph.costs
        }
        self.weights = {owner: _number(ring, cost["weight"]) for owner, cost in graph.costs.items()}
        self.decay = _number(ring, graph.decay) if graph.decay != 0 else None

        self.clamped: dict[str, Entries] = {}
        for name in graph.inputs:
            below, given = small.below.get(name), (constants or {}).get(name)
            if given is None:
                self.clamped[name] = self._drawn(f"x {name}", small.shapes[name], draw, below)
            else:
                self.clamped[name] = _given(ring, name, small.shapes[name], given, below)
        self.parameters: dict[str, dict[tuple[str, str], Entries]] = {}
        for name, layer in self.layers.items():
            self.parameters[name] = {
                (kind, "v"): self._drawn(f"{name}.{parameter}", shape, draw)
                for parameter, (kind, shape) in layer.parameters.items()
            }
        self.targets: dict[str, Entries] = {}
        for owner in graph.costs:
            self.targets[owner] = self._drawn(_target(owner), small.targets[owner], draw, small.below.get(owner))
        self.value_places = {name: layer.definitions[-1].places for name, layer in self.layers.items()}

    def _drawn(self, label: str, shape: Iterable[int], draw: Draw, below: int | None = None) -> Entries:
        if below is not None:
            return _integers(label, shape, below)
        return {place: draw(f"{label} {list(place)}") for place in places(shape, label)}

    def initial(self, draw: Draw) -> State:
        """A state drawn entry by entry."""
        return {
            (kind, name): {place: draw(f"{kind} {name} {list(place)}") for place in self.value_places[name]}
            for kind in "xs"
            for name in self.layers
        }

    def tensors(self, name: str, state: State) -> Tensors:
        """What one vertex's equations may read: its parents' activations, its own s and parameters."""
        layer = self.layers[name]
        found: Tensors = dict(self.parameters[name])
        for owner, parent in zip(layer.owners, self.graph.parents[name], strict=True):
            found["x", owner] = self.clamped[parent] if parent in self.clamped else state["x", parent]
        if ("s", name) in state:
            found["s", "v"] = state["s", name]
        return found

    def activation(self, name: str, state: State) -> Entries:
        """The update of x at one vertex."""
        return self.layers[name].forward(self.tensors(name, state))

    def sensitivity(self, name: str, state: State) -> Entries:
        """The update of s at one vertex: the sum of its stated terms."""
        return self._collected(self.graph.terms[name], state, self.value_places[name], f"terms.{name}")

    def _collected(self, terms: Iterable[Any], state: State, wanted: Iterable[tuple[int, ...]], where: str) -> Entries:
        parts = [self._term(child, slot, state) for child, slot in terms]
        if any(set(part) != set(wanted) for part in parts):
            raise Rejected(where, "a term does not have the shape of what it is a derivative by")
        return {place: self.ring.add([part[place] for part in parts]) for place in wanted}

    def _term(self, child: str, slot: int, state: State) -> Entries:
        if child in self.costs:
            part = self.costs[child].sensitivity(self._cost_tensors(child, state))
            return {place: self.ring.mul([self.weights[child], value]) for place, value in part.items()}
        return self.layers[child].contribution(slot, self.tensors(child, state))

    def _cost_tensors(self, owner: str, state: State) -> Tensors:
        read = state["x", self.graph.costs[owner]["input"]]
        return {("x", self.costs[owner].owner): read, ("y", COST): self.targets[owner]}

    def step(self, state: State) -> State:
        """One unit Euler step: every variable at once, from the old state."""
        after: State = {("x", name): self.activation(name, state) for name in self.layers}
        for name in self.layers:
            after["s", name] = self.sensitivity(name, state)
        return after

    def wavefront(self) -> State:
        """The fixed point: activations in topological order, then sensitivities in the reverse."""
        state: State = {}
        for name in self.layers:
            state["x", name] = self.activation(name, state)
        for name in reversed(self.layers):
            state["s", name] = self.sensitivity(name, state)
        return state

    def gradients(self, state: State) -> State:
        """dE/dtheta at a state, by (vertex, parameter)."""
        found: State = {}
        for name, layer in self.layers.items():
            tensors = self.tensors(name, state)
            for parameter in layer.gradients:
                value = self.parameters[name][layer.parameters[parameter][0], "v"]
                found[name, parameter] = self._decayed(layer.gradient(parameter, tensors), value)
        for name, terms in self.graph.shared.items():
            clamped = self.clamped[name]
            found[name, ""] = self._decayed(self._collected(terms, state, clamped, f"shared.{name}"), clamped)
        return found

    def _decayed(self, gradient: Entries, value: Entries) -> Entries:
        if self.decay is None:
            return gradient
        return {at: self.ring.add([g, self.ring.mul([self.decay, value[at]])]) for at, g in gradient.items()}

    def cost(self, state: State) -> Any:
        """The weighted sum of the costs, with weight decay."""
        terms = [
            self.ring.mul([self.weights[owner], cost.value(self._cost_tensors(owner, state))])
            for owner, cost in self.costs.items()
        ]
        if self.decay is not None:
            trained = [table for tables in self.parameters.values() for table in tables.values()]
            trained += [self.clamped[name] for name in self.graph.shared]
            half = self.ring.mul([self.decay, self.ring.number(1, 2)])
            terms += [self.ring.mul([half, value, value]) for table in trained for value in table.values()]
        return self.ring.add(terms)


def _number(ring: Ring, node: Any) -> Any:
    return ring.number(node) if isinstance(node, int) else ring.number(node[1], node[2])


def backpropagation(
    graph: Graph,
    ring: Ring,
    draw: Draw,
    sizes: dict[str, int],
    constants: Constants | None = None,
    tape: Tape | None = None,
) -> tuple[State, State]:
    """The fixed point and the parameter gradients by automatic differentiation of the forward equations.

    Only the definitions of the layers and of the cost are used, none of the derived adjoints.
    tape: over that ring, and empty; whoever gives it can see every number of the evaluation there.
    """
    tape = Tape(ring) if tape is None else tape
    instance = Instance(graph, tape, lambda label: tape.variable(draw(label)), sizes, constants)
    state: State = {}
    for name in instance.layers:
        # Each activation gets a place of its own on the tape, so that its derivative can be read off.
        value = instance.activation(name, state)
        state["x", name] = {place: tape.variable(v.value, ((v, ring.number(1)),)) for place, v in value.items()}
    adjoints = tape.backward(instance.cost(state))

    def by(table: Entries) -> Entries:
        return {place: adjoints[number] for place, number in table.items()}

    result: State = {}
    for name in instance.layers:
        result["x", name] = {place: number.value for place, number in state["x", name].items()}
        result["s", name] = by(state["x", name])
    gradients = {
        (name, parameter): by(instance.parameters[name][kind, "v"])
        for name, layer in instance.layers.items()
        for parameter, (kind, _) in layer.parameters.items()
    }
    gradients |= {(name, ""): by(instance.clamped[name]) for name in graph.shared}
    return result, gradients


__all__ = ["Draw", "Instance", "State", "backpropagation", "reduced_sizes"]


def _target(owner: str) -> str:
    return "target" if owner == COST else f"target {owner}"


def _integers(label: str, shape: Iterable[int], below: int) -> Entries:
    return IntegerEntries((place, position(f"{label} {list(place)}", below)) for place in places(shape, label))


def _given(ring: Ring, name: str, shape: list[int], given: Sequence[Fraction], below: int | None) -> Entries:
    """Entries that are stated, of an input of this shape."""
    at = places(shape, name)
    if len(given) != len(at) or (below is not None and any(n not in range(below) for n in given)):
        raise Rejected(f"architecture.inputs.{name}", "is given values that it cannot have")
    if below is not None:
        return IntegerEntries(zip(at, map(int, given), strict=True))
    return {place: ring.number(n.numerator, n.denominator) for place, n in zip(at, given, strict=True)}


def as_witness(graph: Graph, small: Instantiation) -> dict[str, Any]:
    """A small instance with what is the same in all of its evaluations: shapes, sizes and integers, in order."""
    given = {name: (f"x {name}", small.shapes[name]) for name in graph.inputs}
    given |= {owner: (_target(owner), small.targets[owner]) for owner in graph.costs}
    return {
        "inputs": {name: small.shapes[name] for name in graph.inputs},
        "below": small.below,
        "sizes": dict(small.tables),
        "integers": {name: list(_integers(*given[name], below).values()) for name, below in small.below.items()},
    }

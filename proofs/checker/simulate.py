"""The relaxation and backpropagation of a certificate's network, over any ring, at reduced sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from proofs.checker.graph import COST, Graph
from proofs.checker.network import CostLayer, Entries, Layer, Rejected, Tensors, field, places
from proofs.checker.rings import Ring, Tape

Draw = Callable[[str], Any]
State = dict[tuple[str, str], Entries]
"""Values by ("x" or "s", vertex)."""


def reduced_sizes(graph: Graph, smallest: int = 2, largest: int = 4) -> dict[str, int]:
    """A small size for each distinct size of the architecture: different ones differ where they can.

    Equations are for symbolic sizes, so a small instance exercises the same wiring and the same formulas.
    """
    found: dict[str, int | None] = {}
    tables = [*graph.sizes.values(), field(graph.cost, "sizes", dict, "architecture.cost")]
    for extent in [e for table in tables for e in table.values()] + [
        e for shape in graph.inputs.values() for e in shape
    ]:
        found[repr(extent)] = extent if isinstance(extent, int) else None
    ordered = sorted(found, key=lambda key: (found[key] or 0, key))
    span = largest - smallest + 1
    chosen = {key: smallest + position % span for position, key in enumerate(ordered)}
    return {key: min(chosen[key], found[key] or largest) for key in ordered}


class Instance:
    """A network over one ring: parameters, inputs and target drawn from ``draw``."""

    def __init__(self, graph: Graph, ring: Ring, draw: Draw, sizes: dict[str, int]) -> None:
        self.graph, self.ring = graph, ring
        built: dict[str, Layer] = {}
        self.layers: dict[str, Layer] = {}
        self.shapes: dict[str, list[int]] = {}
        for name, shape in graph.inputs.items():
            self.shapes[name] = [sizes[repr(extent)] for extent in shape]
        for name in graph.parents:
            table = {symbol: sizes[repr(extent)] for symbol, extent in graph.sizes[name].items()}
            key = f"{graph.content[name]} {sorted(table.items())}"
            if key not in built:
                content = graph.content[name]
                built[key] = Layer(graph.layers[content], table, ring, f"layers[{content[:12]}]")
            self.layers[name] = built[key]
        cost_sizes = {symbol: sizes[repr(extent)] for symbol, extent in graph.cost["sizes"].items()}
        self.cost = CostLayer(graph.cost_content, cost_sizes, ring, "cost")

        self.clamped = {n: self._drawn(f"x {n}", shape, draw) for n, shape in self.shapes.items()}
        self.parameters: dict[str, dict[tuple[str, str], Entries]] = {}
        for name, layer in self.layers.items():
            self.parameters[name] = {
                (kind, "v"): self._drawn(f"{name}.{parameter}", shape, draw)
                for parameter, (kind, shape) in layer.parameters.items()
            }
        target_shape = [list(p) for p in self.cost.gradient.places]
        self.target = {tuple(p): draw(f"target {list(p)}") for p in target_shape}
        self.value_places = {name: layer.definitions[-1].places for name, layer in self.layers.items()}

    def _drawn(self, label: str, shape: Iterable[int], draw: Draw) -> Entries:
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
        parts: list[Entries] = []
        for child, slot in self.graph.terms[name]:
            if child == COST:
                parts.append(self.cost.sensitivity(self._cost_tensors(state)))
            else:
                tensors = self.tensors(child, state)
                layer = self.layers[child]
                layer.forward(tensors)
                parts.append(layer.backward(tensors)[slot])
        if any(set(part) != set(self.value_places[name]) for part in parts):
            raise Rejected(f"terms.{name}", "a term does not have the shape of the activation")
        return {place: self.ring.add([part[place] for part in parts]) for place in self.value_places[name]}

    def _cost_tensors(self, state: State) -> Tensors:
        return {("x", self.cost.owner): state["x", self.graph.output], ("y", COST): self.target}

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
            layer.forward(tensors)
            layer.backward(tensors)
            for parameter, item in layer.gradients.items():
                found[name, parameter] = item.evaluate(tensors)
        return found


def backpropagation(graph: Graph, ring: Ring, draw: Draw, sizes: dict[str, int]) -> tuple[State, State]:
    """The fixed point and the parameter gradients by automatic differentiation of the forward equations.

    Only the definitions of the layers and of the cost are used, none of the derived adjoints.
    """
    tape = Tape(ring)
    instance = Instance(graph, tape, lambda label: tape.variable(draw(label)), sizes)
    state: State = {}
    for name in instance.layers:
        # Each activation gets a place of its own on the tape, so that its derivative can be read off.
        value = instance.activation(name, state)
        state["x", name] = {place: tape.variable(tape.values[v], ((v, ring.number(1)),)) for place, v in value.items()}
    adjoints = tape.backward(instance.cost.value(instance._cost_tensors(state)))

    def read(table: Entries, source: list[Any]) -> Entries:
        return {place: source[position] for place, position in table.items()}

    result: State = {}
    for name in instance.layers:
        result["x", name] = read(state["x", name], tape.values)
        result["s", name] = read(state["x", name], adjoints)
    gradients = {
        (name, parameter): read(instance.parameters[name][kind, "v"], adjoints)
        for name, layer in instance.layers.items()
        for parameter, (kind, _) in layer.parameters.items()
    }
    return result, gradients

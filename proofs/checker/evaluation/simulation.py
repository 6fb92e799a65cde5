"""The whole network modulo a prime: the relaxation on one side, forward mode through the cost on the other.

Every activation is displaced by delta_v and every parameter by w, all at once; the cost then moves by

    dC = Sum_v <s_v, delta_v> + Sum_theta <dE/dtheta, w>,

where s and dE/dtheta are those that the relaxation reaches from a random state.  For random delta and w this holds only
if every entry of s and of dE/dtheta is the derivative of the cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import Any

from dyadic.proofs.checker.evaluation.degrees import Degrees, trials_of_chance
from dyadic.proofs.checker.evaluation.equations import Entries, Evaluator, Field
from dyadic.proofs.checker.evaluation.kind_pairing import work
from dyadic.proofs.checker.evaluation.maxima import choices
from dyadic.proofs.checker.evaluation.prime_numbers import BITS, bits_for, chance, probability
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Costly, Rejected

MOST_WORK, EVERY_STEP = 400_000, 1_000_000
"""Bounds on the terms that are evaluated: in one pass, and in all steps."""

State = dict[str, Entries]


@dataclass(frozen=True)
class Small:
    """An instance: shapes of the inputs and targets, sizes of every vertex and cost, bounds of the integer inputs.

    integers: those of an input or target, in order; drawn where they are not given.
    """

    inputs: Mapping[str, Sequence[int]]
    targets: Mapping[str, Sequence[int]]
    tables: Mapping[str, Mapping[str, int]]
    below: Mapping[str, int]
    integers: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def work(self, graph: Graph) -> int:
        """The terms that one evaluation of every equation visits, and the entries that are drawn."""
        found = sum(map(prod, (*self.inputs.values(), *self.targets.values())))
        found += sum(work(graph.layers[graph.content[v]], self.tables[v], f"vertex {v!r}") for v in graph.parents)
        return found + sum(work(c, self.tables[o], f"cost {o!r}") for o, c in graph.cost_contents.items())


class Simulation:
    """An instance that is relaxed and compared modulo one prime after another.

    Raises :class:`Costly` where that would take too long.  every_step: whether all steps are executed, or else the
    wavefront.  count: of the choices of the entry that each maximum takes (:func:`.maxima.choices`), all of them for
    each prime; in_each_choice: whether all steps are executed for those after the first, too.
    """

    def __init__(self, graph: Graph, small: Small, steps: int, count: int = 1) -> None:
        self.graph, self.small, self.steps, self.count = graph, small, steps, count
        work = affordable(graph, small, MOST_WORK) * steps
        self.every_step, self.in_each_choice = work <= EVERY_STEP, work * count <= EVERY_STEP
        self._trials: int | None = None

    def run(self, prime: int, seed: int) -> Fraction:
        """The chance of an agreement by accident, for any one choice.  Raises :class:`Rejected` on a difference."""
        pairs = 0
        for choice in choices(self.count):
            field = Field(prime, seed, choice)
            one = NetworkInstance(self.graph, self.small, field, seed)
            every_step = self.every_step if choice is None else self.in_each_choice
            compared(one, self.steps, every_step, f", mod {prime}")
            pairs = max(pairs, field.pairs)
        if self._trials is None:
            degrees = Degrees()
            other = NetworkInstance(self.graph, self.small, degrees, seed)
            x, moved = other.forward()
            entries = [value for table in x.values() for value in table.values()]
            self._trials = trials_of_chance(moved, other.paired(other.wavefront()), degrees, pairs, entries)
        return probability(self._trials, prime)

    @property
    def bits(self) -> int:
        """Of the primes modulo which a run shows something, as far as one has told; may raise :class:`Costly`."""
        return BITS if self._trials is None else bits_for(self._trials, 2)


def affordable(graph: Graph, small: Small, most: int) -> int:
    """What one evaluation of an instance costs.  Raises :class:`Costly` if that is more than ``most``."""
    cost = small.work(graph)
    if cost > most:
        raise Costly("architecture", "the network is too large to evaluate here")
    return cost


def compared(one: NetworkInstance, steps: int, every_step: bool, where: str) -> int:
    """Relax an instance, by all steps or the wavefront, and compare: the number of entries compared.

    Raises :class:`Rejected` on a difference.
    """
    state = one.random_state() if every_step else one.wavefront()
    for _ in range(steps if every_step else 0):
        state = one.step(state)
    wanted, moved = one.forward()
    for name, table in wanted.items():
        for at, value in table.items():
            if state[0][name][at][0] != value[0]:
                raise Rejected(f"equations.x:{name}", f"is wrong at {list(at)} after {steps} steps{where}")
    if one.paired(state)[0] != moved[0]:
        reason = f"s and dE/dtheta after {steps} steps are not the derivative of the cost{where}"
        raise Rejected("equations", reason)
    return sum(map(len, wanted.values())) + 1


class NetworkInstance:
    """The network at sizes, over a field of numbers with slopes; what is given is drawn once, integers by the seed."""

    def __init__(self, graph: Graph, small: Small, field: Any, seed: int) -> None:
        self.graph, self.small, self.field, self.seed = graph, small, field, seed
        self.clamped: State = {}
        for name, node in graph.inputs.items():
            places = self._places(small.inputs[name])
            if node["role"] == "index":
                self.clamped[name] = self._integers(name, places, small.below[name])
                continue
            drawn = {at: field.draw("input", name, at) for at in places}
            trained = node["role"] == "parameter"
            self.clamped[name] = {at: n if trained else field.constant(n) for at, n in drawn.items()}
        self.parameters: dict[str, dict[str, Entries]] = {}
        for name in graph.parents:
            layer = graph.layers[graph.content[name]]
            run = self._evaluator(name)
            self.parameters[name] = {
                key: {at: field.draw("theta", name, key, at) for at in run.places(parameter["shape"])}
                for key, parameter in layer["parameters"].items()
            }
        self.targets: State = {}
        for owner, content in graph.cost_contents.items():
            places = self._places(small.targets[owner])
            if content["target_role"] == "index":
                largest = self._evaluator(owner).places(content["shape"])[-1][-1] + 1
                self.targets[owner] = self._integers(owner, places, largest)
            else:
                self.targets[owner] = {at: field.constant(field.draw("y", owner, at)) for at in places}

    def _places(self, shape: Sequence[int]) -> list[tuple[int, ...]]:
        return Evaluator(self.field, {}, "architecture.inputs").places(shape)

    def _integers(self, name: str, places: list[tuple[int, ...]], below: int) -> Entries:
        given = self.small.integers.get(name)
        if given is not None:
            return dict(zip(places, given, strict=True))
        return {at: chance(repr((name, at)), self.seed) % below for at in places}

    def _evaluator(self, name: str) -> Evaluator:
        return Evaluator(self.field, self.small.tables[name], f"vertex {name!r}")

    def _given(self, name: str, x: Mapping[str, Entries], moves: bool) -> Evaluator:
        """An evaluator of one vertex, with its parents' activations and its parameters."""
        run, layer = self._evaluator(name), self.graph.layers[self.graph.content[name]]
        for owner, parent in zip(layer["inputs"], self.graph.parents[name], strict=True):
            table = self.clamped.get(parent) or x[parent]
            run.tensors["x", owner] = table if moves else self._still(table)
        for key, parameter in layer["parameters"].items():
            table = self.parameters[name][key]
            run.tensors[parameter["kind"], "v"] = table if moves else self._still(table)
        return run

    def _still(self, table: Entries) -> Entries:
        return {at: n if isinstance(n, int) else self.field.constant(n) for at, n in table.items()}

    def _value(self, name: str, run: Evaluator) -> Entries:
        value: Entries = {}
        for item in self.graph.layers[self.graph.content[name]]["definitions"]:
            value = run.define(item)
        return value

    # -- forward mode ------------------------------------------------------------------------------------------------

    def displacement(self, name: str, at: tuple[int, ...]) -> Any:
        return self.field.draw("delta", name, at)

    def forward(self) -> tuple[State, Any]:
        """Every activation with its slope, and the slope of the cost."""
        x: State = {}
        for name in self.graph.parents:
            value = self._value(name, self._given(name, x, moves=True))
            x[name] = {at: self._displaced(n, self.displacement(name, at)) for at, n in value.items()}
        terms = []
        for owner, cost in self.graph.costs.items():
            run = self._cost_run(owner, x[cost["input"]])
            value = {}
            for item in self.graph.cost_contents[owner]["definitions"]:
                value = run.define(item)
            terms.append(self.field.multiply([self._number(cost["weight"]), value[()]]))
        half = self._number(["rational", 1, 2])
        if self.graph.decay != 0:
            decay = self._number(self.graph.decay)
            for table in self._trained():
                terms += [self.field.multiply([decay, half, n, n]) for n in table.values()]
        return x, self.field.slope(self.field.add(terms))

    def _displaced(self, value: Any, delta: Any) -> Any:
        """value + delta * epsilon, delta being the value of what was drawn."""
        moved = self.field.multiply([self.field.constant(delta), self._epsilon()])
        return self.field.add([value, moved])

    def _epsilon(self) -> Any:
        return ((0, 0), (0, 0)) if isinstance(self.field, Degrees) else (0, 1)

    def _trained(self) -> list[Entries]:
        own = [table for tables in self.parameters.values() for table in tables.values()]
        return own + [self.clamped[name] for name in self.graph.shared]

    def _cost_run(self, owner: str, read: Entries) -> Evaluator:
        run = Evaluator(self.field, self.small.tables[owner], f"cost {owner!r}")
        run.tensors["x", self.graph.cost_contents[owner]["input"]] = read
        run.tensors["y", "cost"] = self.targets[owner]
        return run

    def _number(self, node: Any) -> Any:
        return self.field.number(node) if isinstance(node, int) else self.field.number(node[1], node[2])

    # -- the relaxation ----------------------------------------------------------------------------------------------

    def random_state(self) -> tuple[State, State]:
        places = {name: self._output(name) for name in self.graph.parents}
        x, s = (
            {
                name: {at: self.field.constant(self.field.draw(f"initial {kind}", name, at)) for at in found}
                for name, found in places.items()
            }
            for kind in "xs"
        )
        return x, s

    def _output(self, name: str) -> list[tuple[int, ...]]:
        shape = self.graph.layers[self.graph.content[name]]["definitions"][-1]["shape"]
        return self._evaluator(name).places(shape)

    def step(self, state: tuple[State, State]) -> tuple[State, State]:
        """Every variable at once, from the old state."""
        x, s = state
        after: State = {}
        parts: dict[tuple[str, int], Entries] = {}
        for name in self.graph.parents:
            run = self._given(name, x, moves=False)
            after[name] = self._value(name, run)
            parts |= self._handed(name, run, s[name])
        for owner, cost in self.graph.costs.items():
            parts[owner, 0] = self._cost_part(owner, x[cost["input"]])
        return after, {name: self._collected(name, parts) for name in self.graph.parents}

    def wavefront(self) -> tuple[State, State]:
        """Each variable once, in order."""
        x: State = {}
        runs = {}
        for name in self.graph.parents:
            runs[name] = self._given(name, x, moves=False)
            x[name] = self._value(name, runs[name])
        parts = {(o, 0): self._cost_part(o, x[cost["input"]]) for o, cost in self.graph.costs.items()}
        s: State = {}
        for name in reversed(self.graph.parents):
            s[name] = self._collected(name, parts)
            parts |= self._handed(name, runs[name], s[name])
        return x, s

    def _handed(self, name: str, run: Evaluator, s: Entries) -> dict[tuple[str, int], Entries]:
        """What a vertex contributes to each parent's sensitivity; run holds its definitions."""
        layer = self.graph.layers[self.graph.content[name]]
        run.tensors["s", "v"] = s
        for item in layer["intermediates"]:
            run.define(item)
        return {(name, slot): run.define(item) for slot, item in enumerate(layer["adjoints"])}

    def _cost_part(self, owner: str, read: Entries) -> Entries:
        content, run = self.graph.cost_contents[owner], self._cost_run(owner, self._still(read))
        for item in (*content["definitions"], *content["intermediates"]):
            run.define(item)
        weight = self._number(self.graph.costs[owner]["weight"])
        return {at: self.field.multiply([weight, n]) for at, n in run.define(content["gradient"]).items()}

    def _collected(self, name: str, parts: Mapping[tuple[str, int], Entries]) -> Entries:
        chosen = [parts[child, slot] for child, slot in self.graph.terms[name]]
        places = self._output(name)
        if any(len(part) != len(places) or any(at not in part for at in places) for part in chosen):
            raise Rejected(f"terms.{name}", "hold one that does not have the shape of its activation")
        return {at: self.field.add([part[at] for part in chosen]) for at in places}

    def paired(self, state: tuple[State, State]) -> Any:
        """Sum <s, delta> + Sum <dE/dtheta, w> at a state."""
        x, s = state
        terms = [
            self.field.multiply([self.field.constant(n), self.field.constant(self.displacement(name, at))])
            for name, table in s.items()
            for at, n in table.items()
        ]
        decay = None if self.graph.decay == 0 else self._number(self.graph.decay)
        shared: dict[str, list[Entries]] = {name: [] for name in self.graph.shared}
        for name in self.graph.parents:
            layer, run = self.graph.layers[self.graph.content[name]], self._given(name, x, moves=False)
            self._value(name, run)
            parts = self._handed(name, run, s[name])
            for key, item in layer["gradients"].items():
                terms += self._moved(run.define(item), self.parameters[name][key], decay)
            for owner in shared:
                shared[owner] += [parts[c, slot] for c, slot in self.graph.shared[owner] if c == name]
        for owner, tables in shared.items():
            gradient = {at: self.field.add([table[at] for table in tables]) for at in self.clamped[owner]}
            terms += self._moved(gradient, self.clamped[owner], decay)
        return self.field.add(terms)

    def _moved(self, gradient: Entries, theta: Entries, decay: Any) -> list[Any]:
        terms = []
        for at, n in theta.items():
            found = gradient[at]
            if decay is not None:
                found = self.field.add([found, self.field.multiply([decay, self.field.constant(n)])])
            terms.append(self.field.multiply([self.field.constant(found), self.field.slope(n)]))
        return terms

"""A network of vectors: its derived equations as matrix operations, and the schedules that execute them.

Used by proofs/methods/residues.py.  Equations and sizes that do not fit are refused, see :class:`NoVectorForm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.intake.graph import COST, Graph
from dyadic.proofs.methods.vectors.algebras import Algebra, Value
from dyadic.proofs.methods.vectors.matrices import (
    Environment,
    Key,
    NoVectorForm,
    Translator,
    VectorRule,
    evaluate,
    pull,
    rule,
)

State = tuple[dict[str, Value], dict[str, Value]]


@dataclass(frozen=True)
class VectorPlan:
    """A layer's (or the cost's) equations as rules: ``adjoints`` by input slot."""

    owners: list[str]
    parameters: dict[str, Key]
    definitions: list[VectorRule]
    intermediates: list[VectorRule]
    adjoints: list[VectorRule]
    gradients: dict[str, VectorRule]


def layer_plan(data: Mapping[str, Any]) -> VectorPlan:
    """Translate a layer derivation.  Raises :class:`NoVectorForm`."""
    owners: list[str] = data["inputs"]
    shapes = dict(zip(owners, data["input_shapes"], strict=True))
    translator = Translator({("x", owner): shape for owner, shape in shapes.items()})
    parameters = {name: (item["kind"], "v") for name, item in data["parameters"].items()}
    translator.shapes |= {parameters[name]: item["shape"] for name, item in data["parameters"].items()}
    definitions = [rule(translator, item) for item in data["definitions"]]
    translator.shapes["s", "v"] = data["definitions"][-1]["shape"]
    if any(item.right is not None for item in definitions) or definitions[-1].axes != 1:
        raise NoVectorForm(f"{data['label']} defines something that is not a vector")
    derived = [*zip(data["adjoints"], data["input_shapes"], strict=True)]
    derived += [(item, data["parameters"][name]["shape"]) for name, item in data["gradients"].items()]
    if any(item["shape"] != shape for item, shape in derived):
        raise NoVectorForm(f"{data['label']} has a derivative of another shape than its tensor")
    return VectorPlan(
        owners,
        parameters,
        definitions,
        [rule(translator, item) for item in data["intermediates"]],
        [rule(translator, item) for item in data["adjoints"]],
        {name: rule(translator, item) for name, item in data["gradients"].items()},
    )


def cost_plan(data: Mapping[str, Any]) -> VectorPlan:
    """Translate a cost; its one adjoint is dC/dx."""
    if len(data["shape"]) != 1 or len(data["target_shape"]) != 1 or data["target_role"] == "index":
        raise NoVectorForm("the cost or its target is not one of vectors")
    translator = Translator({("x", data["input"]): data["shape"], ("y", COST): data["target_shape"]})
    definitions = [rule(translator, item) for item in data["definitions"]]
    intermediates = [rule(translator, item) for item in data["intermediates"]]
    return VectorPlan([data["input"]], {}, definitions, intermediates, [rule(translator, data["gradient"])], {})


class VectorNetwork:
    """The plans of a graph with its sizes, and the schedules that execute them over an algebra.

    Raises :class:`NoVectorForm` where an equation or a size does not fit.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        plans = {content: layer_plan(data) for content, data in graph.layers.items()}
        self.plans = {name: plans[content] for name, content in graph.content.items()}
        self.costs = {owner: cost_plan(data) for owner, data in graph.cost_contents.items()}
        terms = [*graph.terms.values(), *graph.shared.values()]
        self.handed = {(child, slot) for found in terms for child, slot in found}
        self.shapes: dict[tuple[str, str], list[int]] = {}
        """Of every array that is drawn: (vertex, parameter), or ("", input)."""
        self.widths: dict[str, int] = {}
        for name, node in graph.inputs.items():
            if node["role"] == "index":
                raise NoVectorForm(f"the entries of {name!r} are integers")
            self.shapes["", name] = self._shape(node["shape"], {})
        for name, content in graph.content.items():
            data, sizes = graph.layers[content], graph.sizes[name]
            self.widths[name] = self._shape(data["definitions"][-1]["shape"], sizes)[0]
            for parameter, item in data["parameters"].items():
                self.shapes[name, parameter] = self._shape(item["shape"], sizes)

    @staticmethod
    def _shape(shape: Iterable[Any], sizes: Mapping[str, Any]) -> list[int]:
        extents = [sizes.get(e[1], e) if isinstance(e, list) and e[:1] == ["size"] else e for e in shape]
        if not 1 <= len(extents) <= 2 or not all(isinstance(extent, int) for extent in extents):
            raise NoVectorForm(f"the sizes {extents} are not those of a vector or a matrix")
        return extents

    @property
    def entries(self) -> tuple[int, int]:
        """(entries of all matrices, entries of all vectors)."""
        matrices = sum(shape[0] * shape[1] for shape in self.shapes.values() if len(shape) == 2)
        return matrices, sum(self.widths.values())

    def draw(self, vector: Callable[[int], Value], matrix: Callable[[int, int], Value]) -> dict[str, Environment]:
        """Parameters by vertex; clamped inputs and the targets under "" (with kinds "x" and "y")."""
        found: dict[str, Environment] = {"": {}, **{name: {} for name in self.plans}}
        for (name, item), shape in self.shapes.items():
            key = self.plans[name].parameters[item] if name else ("x", item)
            found[name][key] = matrix(*shape) if len(shape) == 2 else vector(shape[0])
        for owner, cost in self.graph.costs.items():
            found[""]["y", owner] = vector(self.widths[cost["input"]])
        return found

    def initial(self, scalars: Callable[[int], Value]) -> State:
        return tuple({name: scalars(self.widths[name]) for name in self.plans} for _ in "xs")  # type: ignore[return-value]

    def reads(self, name: str, x: Mapping[str, Value], drawn: dict[str, Environment]) -> Environment:
        """What a vertex's definitions read."""
        tensors = dict(drawn[name])
        for owner, parent in zip(self.plans[name].owners, self.graph.parents[name], strict=True):
            tensors["x", owner] = drawn[""]["x", parent] if parent in self.graph.inputs else x[parent]
        return tensors

    def hand(self, name: str, tensors: Environment, s: Value, algebra: Algebra) -> dict[tuple[str, int], Value]:
        """What a vertex contributes to its parents' sensitivities, after its definitions."""
        plan, found = self.plans[name], {}
        tensors["s", "v"] = s
        for item in plan.intermediates:
            tensors[item.key] = evaluate(item, tensors, algebra)
        for slot, item in enumerate(plan.adjoints):
            if (name, slot) in self.handed:
                found[name, slot] = evaluate(item, tensors, algebra)
        return found

    def hand_costs(
        self, x: Mapping[str, Value], drawn: dict[str, Environment], algebra: Algebra
    ) -> dict[tuple[str, int], Value]:
        """The weighted dC/dx of every cost, as derived."""
        found = {}
        for owner, plan in self.costs.items():
            tensors = self._cost_reads(owner, x, drawn)
            for item in (*plan.definitions, *plan.intermediates):
                tensors[item.key] = evaluate(item, tensors, algebra)
            found[owner, 0] = algebra.multiply(
                [self._weight(owner, algebra), evaluate(plan.adjoints[0], tensors, algebra)]
            )
        return found

    def _cost_reads(self, owner: str, x: Mapping[str, Value], drawn: dict[str, Environment]) -> Environment:
        activation = x[self.graph.costs[owner]["input"]]
        return {("x", self.costs[owner].owners[0]): activation, ("y", COST): drawn[""]["y", owner]}

    def _weight(self, owner: str, algebra: Algebra) -> Value:
        return _number(self.graph.costs[owner]["weight"], algebra)

    def decayed(self, gradient: Value, value: Value, algebra: Algebra) -> Value:
        """Weight decay adds to every parameter's gradient."""
        if self.graph.decay == 0:
            return gradient
        return algebra.add([gradient, algebra.multiply([value, _number(self.graph.decay, algebra)])])

    def forward(self, name: str, tensors: Environment, algebra: Algebra) -> Value:
        for item in self.plans[name].definitions:
            tensors[item.key] = evaluate(item, tensors, algebra)
        return tensors[self.plans[name].definitions[-1].key]

    def step(self, state: State, drawn: dict[str, Environment], algebra: Algebra) -> State:
        """One unit Euler step: every variable, from the old state."""
        x, s = state
        after, handed = {}, self.hand_costs(x, drawn, algebra)
        for name in self.plans:
            tensors = self.reads(name, x, drawn)
            after[name] = self.forward(name, tensors, algebra)
            handed |= self.hand(name, tensors, s[name], algebra)
        return after, {name: self._received(name, handed, algebra) for name in self.plans}

    def _received(self, name: str, handed: Mapping[tuple[str, int], Value], algebra: Algebra) -> Value:
        return algebra.add([handed[child, slot] for child, slot in self.graph.terms[name]])

    def wavefront(self, drawn: dict[str, Environment], algebra: Algebra) -> State:
        """Each variable once, in order of rank."""
        x: dict[str, Value] = {}
        s: dict[str, Value] = {}
        tensors: dict[str, Environment] = {}
        for name in self.plans:
            tensors[name] = self.reads(name, x, drawn)
            x[name] = self.forward(name, tensors[name], algebra)
        handed = self.hand_costs(x, drawn, algebra)
        for name in reversed(self.plans):
            s[name] = self._received(name, handed, algebra)
            handed |= self.hand(name, tensors.pop(name), s[name], algebra)
        return x, s

    def gradients(self, name: str, state: State, drawn: dict[str, Environment], algebra: Algebra) -> Environment:
        """dE/dtheta of one vertex at a state, by parameter; of a shared parameter, if ``name`` is one."""
        if name in self.graph.shared:
            value = drawn[""]["x", name]
            parts = [self._handed(child, slot, state, drawn, algebra) for child, slot in self.graph.shared[name]]
            return {("x", name): self.decayed(algebra.add(parts), value, algebra)}
        tensors = self.reads(name, state[0], drawn)
        self.forward(name, tensors, algebra)
        self.hand(name, tensors, state[1][name], algebra)
        plan = self.plans[name]
        keys = {plan.parameters[parameter]: item for parameter, item in plan.gradients.items()}
        return {k: self.decayed(evaluate(item, tensors, algebra), drawn[name][k], algebra) for k, item in keys.items()}

    def _handed(self, child: str, slot: int, state: State, drawn: dict[str, Environment], algebra: Algebra) -> Value:
        tensors = self.reads(child, state[0], drawn)
        self.forward(child, tensors, algebra)
        return self.hand(child, tensors, state[1][child], algebra)[child, slot]

    def backpropagation(
        self,
        drawn: dict[str, Environment],
        algebra: Algebra,
        visit: Callable[[str, tuple[Value, Value] | None, Environment], None],
    ) -> None:
        """Reverse accumulation over the definitions: ``visit(vertex, (x, dC/dx), dC/dtheta)``, last vertex first.

        Shared parameters come last, with None for (x, dC/dx).

        None of the derived adjoints, gradients and terms is used.
        """
        x: dict[str, Value] = {}
        for name in self.plans:
            x[name] = self.forward(name, self.reads(name, x, drawn), algebra)
        received: dict[str, list[Value]] = {name: [] for name in (*self.plans, *self.graph.shared)}
        for owner, plan in self.costs.items():
            tensors = self._cost_reads(owner, x, drawn)
            found = self._reverse(plan.definitions, self._weight(owner, algebra), tensors, algebra)
            received[self.graph.costs[owner]["input"]] += found.get(("x", plan.owners[0]), [])
        for name in reversed(self.plans):
            plan, tensors = self.plans[name], self.reads(name, x, drawn)
            s = algebra.add(received[name]) if received[name] else algebra.spread(algebra.constant(0, 1), x[name])
            found = self._reverse(plan.definitions, s, tensors, algebra)
            for owner, parent in zip(plan.owners, self.graph.parents[name], strict=True):
                if parent in received:
                    received[parent] += found.get(("x", owner), [])
            keys = [key for key in plan.parameters.values() if key in found]
            visit(name, (x[name], s), {k: self.decayed(algebra.add(found[k]), drawn[name][k], algebra) for k in keys})
        for name in self.graph.shared:
            value = drawn[""]["x", name]
            visit(name, None, {("x", name): self.decayed(algebra.add(received[name]), value, algebra)})

    def _reverse(
        self, definitions: list[VectorRule], seed: Value, tensors: Environment, algebra: Algebra
    ) -> dict[Key, list[Value]]:
        for item in definitions:
            tensors[item.key] = evaluate(item, tensors, algebra)
        found: dict[Key, list[Value]] = {definitions[-1].key: [seed]}
        for item in reversed(definitions):
            if item.key in found:
                for key, share in pull(item, algebra.add(found[item.key]), tensors, algebra):
                    found.setdefault(key, []).append(share)
        return found


def _number(node: Any, algebra: Algebra) -> Value:
    return algebra.constant(node, 1) if isinstance(node, int) else algebra.constant(node[1], node[2])

"""What every equation of a network has to say, written down from its graph and the equations of its kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dyadic.proofs.checker.evaluation.kind_pairing import compared, positions
from dyadic.proofs.checker.instantiated.integer_forms import Forms, NetworkNames
from dyadic.proofs.checker.instantiated.polynomials import key
from dyadic.proofs.checker.intake.graph import COST, Graph
from dyadic.proofs.checker.intake.kinds import adjoint
from dyadic.proofs.checker.intake.names import sizes_of
from dyadic.proofs.checker.intake.reading import Rejected, named, need, tensor

ITSELF = NetworkNames({}, {}, strict=False)


@dataclass(frozen=True)
class Part:
    """``factor`` times a body of a kind's equation, in which ``names`` says what owners and sizes stand for."""

    factor: Any
    indices: tuple[str, ...]
    body: Any
    names: NetworkNames
    where: str


@dataclass
class Demand:
    """``name[indices] = sum of the parts``; each part has names of its own for the indices.

    cached: its shape and letters, as they are compared.
    accepted: a stated definition that was found to be this one.
    """

    name: tuple[str, str]
    shape: list[Any]
    names: NetworkNames
    parts: list[Part]
    where: str
    cached: Any = None
    accepted: Any = None


Available = dict[tuple[str, str], Demand]


class Demands:
    """The demands on each equation, and the shapes of all tensors."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.spent = 0  # what evaluating equations entry by entry has cost so far
        self._names: dict[str, NetworkNames] = {}
        self._available: dict[str, Available] = {}
        self._readers: dict[str, list[tuple[str, int]]] = {name: [] for name in (*graph.inputs, *graph.parents)}
        for child, parents in graph.parents.items():
            for slot, parent in enumerate(parents):
                self._readers[parent].append((child, slot))
        self._gradients = {
            f"g:{name}.{parameter}": (name, parameter)
            for name in graph.parents
            for parameter in need(self.data(name), "gradients", dict, self.where(name))
        }
        self._given: dict[tuple[str, str], tuple[list[Any], NetworkNames]] = {}

    @cached_property
    def sizes(self) -> set[str]:
        """The sizes that the network leaves as names."""
        tables = [*self.graph.sizes.values(), *(cost["sizes"] for cost in self.graph.costs.values())]
        given = [[node["shape"], node.get("below")] for node in self.graph.inputs.values()]
        return sizes_of([given, tables])

    def data(self, name: str) -> Any:
        """The kind of a vertex, or the cost of this name."""
        return (
            self.graph.cost_contents[name] if name in self.graph.costs else self.graph.layers[self.graph.content[name]]
        )

    def where(self, name: str) -> str:
        return f"costs.{name}" if name in self.graph.costs else f"layers[{self.graph.content[name][:12]}]"

    def names(self, name: str) -> NetworkNames:
        """What v, u1, ... and the sizes of a vertex's kind stand for; for a cost its input and itself."""
        if name not in self._names:
            data = self.data(name)
            if name in self.graph.costs:
                cost, where = self.graph.costs[name], f"architecture.costs.{name}"
                owners = {need(data, "input", str, self.where(name)): cost["input"], COST: name}
                self._names[name] = NetworkNames(owners, need(cost, "sizes", dict, where))
            else:
                owners = {**dict(zip(self._read(name), self.graph.parents[name], strict=True)), "v": name}
                self._names[name] = NetworkNames(owners, self.graph.sizes[name])
        return self._names[name]

    def _items(self, name: str, key: str) -> list[Any]:
        return [
            _definition(item, f"{self.where(name)}.{key}")
            for item in need(self.data(name), key, list, self.where(name))
        ]

    def _value(self, name: str) -> Any:
        """The last definition: what a vertex or cost computes."""
        items = self._items(name, "definitions")
        if not items:
            raise Rejected(f"{self.where(name)}.definitions", "are missing")
        return items[-1]

    def available(self, name: str) -> Available:
        """The intermediates that equations may use at a vertex or cost: its definitions, and what was derived."""
        if name not in self._available:
            items = [*self._items(name, "definitions"), *self._items(name, "intermediates")]
            demands = [self._instance(name, item) for item in items]
            self._available[name] = {demand.name: demand for demand in demands}
            if len(self._available[name]) < len(demands):
                raise Rejected(self.where(name), "defines a quantity twice")
        return self._available[name]

    def _instance(self, name: str, item: Any, tensor: tuple[str, str] | None = None) -> Demand:
        """A definition of the kind as it stands at a vertex, under its own name or another."""
        names, where = self.names(name), self.where(name)
        own = (item["kind"], names.owner(item["owner"], where))
        part = Part(1, tuple(item["indices"]), item["body"], names, where)
        return Demand(tensor or own, item["shape"], names, [part], where)

    # -- the demand of each tag ------------------------------------------------------------------------------------

    def demand(self, tag: str) -> tuple[Demand, Available]:
        """What the equation of a tag has to say, and the intermediates that it may use."""
        role, _, name = tag.partition(":")
        if tag in self._gradients:
            return self._gradient(*self._gradients[tag])
        if role == "x":
            value = self._value(name)
            known = self.available(name)
            own = (value["kind"], name)
            return self._instance(name, value, ("x", name)), {k: d for k, d in known.items() if k != own}
        if role == "s":
            return self._collected(("s", name), name, [*self._readers[name], *self._costs(name)])
        if role == "g":
            demand, known = self._collected((adjoint("x"), name), name, self._readers[name])
            return self._decayed(demand, "x", name, ITSELF), known
        if role == "C":
            owner = name or COST
            value = self._value(owner)
            return self._instance(owner, value), {
                k: d for k, d in self.available(owner).items() if k[0] != value["kind"]
            }
        return self._energy(name)

    def _costs(self, name: str) -> list[tuple[str, int]]:
        return [(owner, 0) for owner, cost in self.graph.costs.items() if cost["input"] == name]

    def _collected(
        self, tensor: tuple[str, str], name: str, places: Iterable[tuple[str, int]]
    ) -> tuple[Demand, Available]:
        """One term for every place where the energy contains x of a vertex or parameter."""
        known: Available = {}
        parts: list[Part] = []
        for child, slot in places:
            where = self.where(child)
            if child in self.graph.costs:
                item = _definition(need(self.data(child), "gradient", dict, where), f"{where}.gradient")
                factor = need(self.graph.costs[child], "weight", (int, list), f"architecture.costs.{child}")
            else:
                adjoints = self._items(child, "adjoints")
                if len(adjoints) != len(self._read(child)):
                    raise Rejected(f"{where}.adjoints", "are not one for each input")
                item, factor = adjoints[slot], 1
            self._derives(item, "x", self._read(child)[slot], where)
            parts.append(Part(factor, tuple(item["indices"]), item["body"], self.names(child), where))
            known |= self.available(child)
        shape, names = self.shape("x", name)
        if any(len(part.indices) != len(shape) for part in parts):
            raise Rejected(f"equations of {name}", "have terms with another number of axes")
        return Demand(tensor, shape, names, parts, f"equations of {name}"), known

    def _gradient(self, name: str, parameter: str) -> tuple[Demand, Available]:
        where = f"{self.where(name)}.gradients.{parameter}"
        item = _definition(self.data(name)["gradients"][parameter], where)
        kind = need(need(self.data(name), "parameters", dict, where).get(parameter), "kind", str, where)
        self._derives(item, kind, "v", where)
        demand = self._instance(name, item, (adjoint(kind), name))
        demand.shape, _ = self.shape(kind, name)
        if len(demand.shape) != len(item["indices"]):
            raise Rejected(where, "does not have the axes of its parameter")
        return self._decayed(demand, kind, "v", self.names(name)), self.available(name)

    def _read(self, name: str) -> list[str]:
        """The names under which a kind's equation, or a cost's, knows what it reads."""
        if name in self.graph.costs:
            return [need(self.data(name), "input", str, self.where(name))]
        found = need(self.data(name), "inputs", list, self.where(name))
        if not all(isinstance(one, str) for one in found) or len(set(found)) < len(found) or "v" in found:
            raise Rejected(f"{self.where(name)}.inputs", "are not different names")
        return found

    def _derives(self, item: Any, kind: str, owner: str, where: str) -> None:
        """A derivative is called by the tensor that it is taken by."""
        if (item["kind"], item["owner"]) != (adjoint(kind), owner):
            found, by = tensor(item["kind"], item["owner"]), tensor(kind, owner)
            raise Rejected(where, f"has {found} where the derivative by {by} belongs")

    def _decayed(self, demand: Demand, kind: str, owner: str, names: NetworkNames) -> Demand:
        if self.graph.decay != 0:
            indices = tuple(f"axis {k}" for k in range(len(demand.shape)))
            entry = ["entry", kind, owner, [["index", index] for index in indices]]
            demand.parts.append(Part(self.graph.decay, indices, entry, names, "architecture.decay"))
        return demand

    def _energy(self, name: str) -> tuple[Demand, Available]:
        """<s, f - x>, from the shape of the layer's map alone."""
        value = self._value(name)
        names, where = self.names(name), self.where(name)
        indices = [f"axis {k}" for k in range(len(value["shape"]))]
        s, f, x = (["entry", kind, "v", [["index", i] for i in indices]] for kind in ("s", value["kind"], "x"))
        body: Any = ["*", s, ["+", f, ["*", -1, x]]]
        for index, extent in zip(reversed(indices), reversed(value["shape"]), strict=True):
            body = ["sum", index, extent, body]
        return Demand(("E", name), [], names, [Part(1, (), body, names, where)], where), self.available(name)

    # -- shapes ----------------------------------------------------------------------------------------------------

    def has(self, name: tuple[str, str]) -> bool:
        """Whether an equation may read a tensor besides the intermediates that it states."""
        try:
            self.shape(*name)
        except Rejected:
            return False
        return True

    def any_shape(self, name: tuple[str, str]) -> tuple[list[Any], NetworkNames]:
        """The shape of any tensor of the network, intermediates included."""
        owner = name[1]
        if owner in self.graph.parents or owner in self.graph.costs:
            found = self.available(owner).get(name)
            if found is not None:
                return found.shape, found.names
        return self.shape(*name)

    def shape(self, kind: str, owner: str) -> tuple[list[Any], NetworkNames]:
        """The shape of a clamped tensor, a parameter, an activation, a sensitivity or a target."""
        if (kind, owner) not in self._given:
            self._given |= self._tensors(owner)
        if (kind, owner) not in self._given:
            raise Rejected("architecture", f"has no {tensor(kind, owner)}")
        return self._given[kind, owner]

    def _tensors(self, owner: str) -> dict[tuple[str, str], tuple[list[Any], NetworkNames]]:
        graph = self.graph
        if owner in graph.inputs:
            return {("x", owner): (graph.inputs[owner]["shape"], ITSELF)}
        if owner in graph.costs:
            shape = need(self.data(owner), "target_shape", list, self.where(owner))
            return {("y", owner): (shape, self.names(owner))}
        if owner not in graph.parents:
            return {}
        names, where = self.names(owner), self.where(owner)
        value = self._value(owner)
        found = {(letter, owner): (value["shape"], names) for letter in ("x", "s")}
        for parameter in need(self.data(owner), "parameters", dict, where).values():
            kind, shape = need(parameter, "kind", str, where), need(parameter, "shape", list, where)
            if (kind, owner) in found:
                raise Rejected(where, f"has two tensors called {named(kind)}")
            found[kind, owner] = (shape, names)
        return found

    def check_sizes(self) -> None:
        """The sizes of every vertex and cost are those of what it reads, and follow the kind's shape rule."""
        forms = Forms()
        for position, vertex in enumerate(self.graph.vertices):
            name, where = vertex["name"], f"architecture.vertices[{position}]"
            data, names = self.data(name), self.names(name)
            shapes = need(data, "input_shapes", list, self.where(name))
            if len(shapes) != len(self.graph.parents[name]):
                raise Rejected(f"{self.where(name)}.input_shapes", "are not one for each input")
            for slot, (parent, pattern) in enumerate(zip(self.graph.parents[name], shapes, strict=True)):
                self._fits(forms, parent, pattern, names, f"{where}.inputs[{slot}]")
            for symbol, formula in need(data, "extents", dict, self.where(name)).items():
                stated = forms.of(["size", symbol], {}, f"{where}.sizes", names)
                if stated != forms.of(formula, {}, f"{where}.sizes", names):
                    raise Rejected(f"{where}.sizes.{symbol}", "is not what the layer's shape rule gives")
        for owner, cost in self.graph.costs.items():
            pattern = need(self.data(owner), "shape", list, self.where(owner))
            self._fits(forms, cost["input"], pattern, self.names(owner), f"architecture.costs.{owner}.input")
            self._check_target(owner)

    def _check_target(self, owner: str) -> None:
        """A target is an integer where it stands in an index or a bracket, and only there."""
        bodies = [item["body"] for item in self._items(owner, "definitions")]
        counts = {name for body in bodies for name, _, _ in positions(body)}.union(*map(compared, bodies))
        role = "index" if ("y", COST) in counts else "data"
        if need(self.data(owner), "target_role", str, self.where(owner)) != role:
            raise Rejected(f"{self.where(owner)}.target_role", f"is not {role}")

    def _fits(self, forms: Forms, name: str, pattern: Any, names: NetworkNames, where: str) -> None:
        shape, own = self.shape("x", name)
        if not isinstance(pattern, list) or len(pattern) != len(shape):
            raise Rejected(where, f"{name!r} does not have the number of axes that is read")
        for one, two in zip(shape, pattern, strict=True):
            if key(forms.of(one, {}, where, own)) != key(forms.of(two, {}, where, names)):
                raise Rejected(where, f"{name!r} does not have the shape that is read")


def _definition(item: Any, where: str) -> Any:
    """A definition of a kind, with its fields there and of their types."""
    for name, kind in (("kind", str), ("owner", str), ("indices", list), ("shape", list), ("body", (int, list))):
        need(item, name, kind, where)
    indices = item["indices"]
    if len(indices) != len(item["shape"]) or not all(isinstance(index, str) for index in indices):
        raise Rejected(f"{where}.indices", "do not fit the shape")
    return item


__all__ = ["Available", "Demand", "Demands", "Part"]

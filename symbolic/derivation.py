"""From an architecture to its doubled energy, Euler-Lagrange equations and saddle-point dynamics.

Equations carry a tag and a hash.  The same tag and hash appear in the certificate, in the emitted code and in
the appendix, so that one equation can be followed through all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sympy import Expr

from dyadic.symbolic.architecture import Architecture, Vertex
from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, derive_cost, derive_layer, needed, reads_activations
from dyadic.symbolic.expressions import Definition, Element, Index, Tensor, rename_definition
from dyadic.symbolic.ranks import RankTable, Reads, rank_table
from dyadic.symbolic.serialise import Json, cost_to_json, digest, layer_to_json, to_json
from dyadic.symbolic.variation import collect

Role = Literal["inference", "sensitivity", "gradient", "cost"]


@dataclass(frozen=True)
class TaggedEquation:
    """An equation of the network.

    tag: ``x:NAME`` (inference), ``s:NAME`` (sensitivity), ``g:NAME.PARAMETER`` or ``g:NAME``
    (gradient), ``C`` or ``C:OWNER`` (a cost).
    definition: the equation; where: the intermediates its right-hand side uses, in order of evaluation.
    hash: 12 hexadecimal digits, see :meth:`Derivation.hash`.
    """

    tag: str
    role: Role
    definition: Definition
    where: tuple[Definition, ...]
    hash: str


@dataclass(frozen=True)
class Term:
    """One term of dE/dx_v: from a child's energy term, or (``child`` a cost's owner) from a cost."""

    child: str
    slot: int


@dataclass(frozen=True)
class Derivation:
    """What is claimed of an architecture.  The proofs examine this object; mutations of it must be refuted.

    layers: the derivation of each vertex's layer kind.  costs: that of each cost, by its owner.
    terms: for each vertex the terms of its sensitivity update, children in topological order, costs last.
    shared: for each input of role "parameter" the terms of its gradient.
    """

    architecture: Architecture
    layers: dict[str, LayerDerivation]
    costs: dict[str, CostDerivation]
    terms: dict[str, tuple[Term, ...]]
    shared: dict[str, tuple[Term, ...]]

    @cached_property
    def ranks(self) -> RankTable:
        order = [vertex.name for vertex in self.architecture.vertices]
        inputs = {node.name for node in self.architecture.inputs}
        x_reads = {name: self.x_reads(name) for name in order}
        return rank_table(inputs, order, x_reads, {name: self.s_reads(name) for name in order})

    @property
    def L(self) -> int:
        return self.architecture.L

    @property
    def steps(self) -> int:
        """T: the number of unit Euler steps after which the state is exact (2L for one output)."""
        return self.ranks.steps

    def x_reads(self, name: str) -> Reads:
        return Reads(frozenset(self.architecture.by_name[name].inputs), frozenset())

    def s_reads(self, name: str) -> Reads:
        """What the update of s at a vertex reads, taken from the derived equations."""
        x: set[str] = set()
        s: set[str] = set()
        for term in self.terms[name]:
            if term.child in self.costs:
                cost = self.costs[term.child]
                target, available = cost.gradient.body, (*cost.equation.definitions[:-1], *cost.intermediates)
                owners = {cost.equation.input.owner: self.architecture.by_cost[term.child].input}
            else:
                vertex, layer = self.architecture.by_name[term.child], self.layers[term.child]
                target, available = layer.adjoints[term.slot].body, (*layer.equation.definitions, *layer.intermediates)
                owners = vertex.owners
                s.add(term.child)
            x |= {owners[owner] for owner in reads_activations(target, available)}
        return Reads(frozenset(x), frozenset(s))

    # -- contents and hashes -----------------------------------------------------------------------------------

    @cached_property
    def contents(self) -> dict[str, Json]:
        """Every distinct layer derivation of the network as JSON, by its digest."""
        distinct = {id(layer): layer for layer in self.layers.values()}
        self._digests.update({key: digest(layer_to_json(layer)) for key, layer in distinct.items()})
        return {self._digests[key]: layer_to_json(layer) for key, layer in distinct.items()}

    @cached_property
    def _digests(self) -> dict[int, str]:
        return {}

    def content_of(self, name: str) -> str:
        """Digest of the layer derivation used at a vertex, a key of :attr:`contents`."""
        assert self.contents
        return self._digests[id(self.layers[name])]

    @cached_property
    def cost_contents(self) -> dict[str, Json]:
        """Every cost's derivation as JSON, by its owner."""
        return {owner: cost_to_json(cost) for owner, cost in self.costs.items()}

    def binding(self, name: str) -> Json:
        """What a vertex adds to its layer's equation (parents and sizes), or a cost to its own (and its weight)."""
        if name in self.costs:
            cost = self.architecture.by_cost[name]
            return [digest(self.cost_contents[name]), [cost.input], sizes_to_json(cost.sizes), to_json(cost.weight)]
        vertex = self.architecture.by_name[name]
        return [self.content_of(name), list(vertex.inputs), sizes_to_json(vertex.sizes)]

    def hash(self, tag: str) -> str:
        """Hash of an equation: of its layer's derivation, its vertex's parents and sizes, and (s, shared g) its terms.

        It can be computed again from a certificate alone, and without writing the equation out.
        """
        role, _, rest = tag.partition(":")
        terms = self.terms.get(rest) if role == "s" else self.shared.get(rest) if role == "g" else None
        if role == "C":
            content: Json = [tag, self.binding(rest or COST_OWNER)]
        elif terms is not None:
            content = [tag, [[t.child, t.slot, self.binding(t.child)] for t in terms]]
        else:
            content = [tag, self.binding(rest if role == "x" else rest.rpartition(".")[0])]
        decay = self.architecture.decay
        return digest([*content, to_json(decay)] if role == "g" and decay else content)[:12]

    # -- the equations of the network, instantiated from the kinds' equations --------------------------------

    def inference(self, name: str) -> TaggedEquation:
        """dE/ds_v = 0:  x_v = f_v(x_pa(v))."""
        vertex, layer = self.architecture.by_name[name], self.layers[name]
        *where, value = (self.instance(item, vertex) for item in layer.equation.definitions)
        x = Tensor("x", name, value.tensor.shape)
        return TaggedEquation(
            f"x:{name}", "inference", Definition(x, value.indices, value.body), tuple(where), self.hash(f"x:{name}")
        )

    def sensitivity(self, name: str) -> TaggedEquation:
        """dE/dx_v = 0:  s_v = sum over children of (D_v f_c)^T s_c + dC/dx_v."""
        s = Tensor("s", name, self.architecture.shapes[name])
        definition, where = self._collected(s, self.terms[name])
        return TaggedEquation(f"s:{name}", "sensitivity", definition, where, self.hash(f"s:{name}"))

    def _collected(self, tensor: Tensor, terms: tuple[Term, ...]) -> tuple[Definition, tuple[Definition, ...]]:
        parts: list[tuple[tuple[Index, ...], Expr]] = []
        where: list[Definition] = []
        for term in terms:
            item, intermediates = self.term(term)
            parts.append((item.indices, item.body))
            where += [one for one in intermediates if one not in where]
        return collect(tensor, parts), tuple(where)

    def gradient(self, name: str, parameter: str) -> TaggedEquation:
        """dE/dtheta_v = (D_theta f_v)^T s_v, with the cost's weight decay."""
        vertex, layer = self.architecture.by_name[name], self.layers[name]
        item, tag = layer.gradients[parameter], f"g:{name}.{parameter}"
        where = needed(item.body, (*layer.equation.definitions, *layer.intermediates))
        value = self._decayed(self.instance(item, vertex), layer.equation.parameters[parameter].tensor.kind, name)
        return TaggedEquation(
            tag, "gradient", value, tuple(self.instance(one, vertex) for one in where), self.hash(tag)
        )

    def shared_gradient(self, name: str) -> TaggedEquation:
        """dE/dtheta for a shared parameter: a term for every layer that reads it."""
        tensor = Tensor("bar x", name, self.architecture.shapes[name])
        definition, where = self._collected(tensor, self.shared[name])
        return TaggedEquation(
            f"g:{name}", "gradient", self._decayed(definition, "x", name), where, self.hash(f"g:{name}")
        )

    def _decayed(self, item: Definition, kind: str, owner: str) -> Definition:
        if not self.architecture.decay:
            return item
        entry = Element(kind, owner, *item.indices)
        return Definition(item.tensor, item.indices, item.body + self.architecture.decay * entry)

    def cost_equations(self) -> list[TaggedEquation]:
        """The costs, tagged ``C`` (one) or ``C:cost1``, ..."""
        found = []
        for owner, cost in self.costs.items():
            *where, value = (self.cost_instance(item, owner) for item in cost.equation.definitions)
            tag = "C" if owner == COST_OWNER else f"C:{owner}"
            found.append(TaggedEquation(tag, "cost", value, tuple(where), self.hash(tag)))
        return found

    def term(self, term: Term) -> tuple[Definition, tuple[Definition, ...]]:
        """One term of a sensitivity update and the intermediates it uses; a cost's is multiplied by its weight."""
        if term.child in self.costs:
            cost, weight = self.costs[term.child], self.architecture.by_cost[term.child].weight
            available = (*cost.equation.definitions[:-1], *cost.intermediates)
            where = needed(cost.gradient.body, available)
            item = self.cost_instance(cost.gradient, term.child)
            weighted = Definition(item.tensor, item.indices, weight * item.body)
            return weighted, tuple(self.cost_instance(one, term.child) for one in where)
        vertex, layer = self.architecture.by_name[term.child], self.layers[term.child]
        item = layer.adjoints[term.slot]
        where = needed(item.body, (*layer.equation.definitions, *layer.intermediates))
        return self.instance(item, vertex), tuple(self.instance(one, vertex) for one in where)

    def energy_term(self, name: str) -> Definition:
        """E_v = <s_v, f_v - x_v>."""
        return self.instance(self.layers[name].energy, self.architecture.by_name[name])

    def equations(self, of: Collection[str] | None = None) -> list[TaggedEquation]:
        """All equations: inference in topological order, sensitivities in the reverse, gradients, the cost.

        of: only those of these vertices and of the shared parameters that they read.
        """
        names = [v.name for v in self.architecture.vertices if of is None or v.name in of]
        gradients = [self.gradient(name, p) for name in names for p in self.layers[name].gradients]
        read = {parent for name in names for parent in self.architecture.by_name[name].inputs}
        return [
            *(self.inference(name) for name in names),
            *self.cost_equations(),
            *(self.sensitivity(name) for name in reversed(names)),
            *gradients,
            *(self.shared_gradient(name) for name in self.shared if name in read),
        ]

    def instance(self, item: Definition, vertex: Vertex) -> Definition:
        """A definition of a layer kind, renamed for a vertex."""
        return rename_definition(item, vertex.owners, vertex.sizes)

    def cost_instance(self, item: Definition, owner: str) -> Definition:
        """A definition of a cost, renamed for its input."""
        cost = self.architecture.by_cost[owner]
        owners = {self.costs[owner].equation.input.owner: cost.input, COST_OWNER: owner}
        return rename_definition(item, owners, cost.sizes)


def sizes_to_json(sizes: Mapping[Expr, Expr]) -> Json:
    """The sizes of a vertex or cost, by the name of the symbol that they replace."""
    return {str(symbol): to_json(extent) for symbol, extent in sizes.items()}


def derive(architecture: Architecture) -> Derivation:
    """Derive an architecture's Euler-Lagrange equations from its doubled energy."""
    layers = {vertex.name: derive_layer(vertex.kind) for vertex in architecture.vertices}
    costs = {c.owner: derive_cost(c.type, len(c.shape), c.settings) for c in architecture.costs}
    terms: dict[str, tuple[Term, ...]] = {}
    for vertex in architecture.vertices:
        # x_v stands in the energy term of every child, in the slot that reads it, and perhaps in a cost.
        found = [Term(child, slot) for child, slot in architecture.edges_out[vertex.name]]
        found += [Term(cost.owner, 0) for cost in architecture.costs if cost.input == vertex.name]
        terms[vertex.name] = tuple(found)
    shared = {
        node.name: tuple(Term(child, slot) for child, slot in architecture.edges_out[node.name])
        for node in architecture.inputs
        if node.role == "parameter"
    }
    return Derivation(architecture, layers, costs, terms, shared)


__all__ = ["Derivation", "Role", "TaggedEquation", "Term", "derive"]

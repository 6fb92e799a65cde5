"""From an architecture to its doubled energy, Euler-Lagrange equations and saddle-point dynamics.

Equations carry a tag and a hash.  The same tag and hash appear in the certificate, in the emitted code and in
the appendix, so that one equation can be followed through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sympy import Expr

from symbolic.architecture import Architecture, Vertex
from symbolic.costs import COST_OWNER
from symbolic.energy import CostDerivation, LayerDerivation, derive_cost, derive_layer, needed, reads_activations
from symbolic.expressions import Definition, Tensor, rename_definition
from symbolic.ranks import RankTable, Reads, rank_table
from symbolic.serialise import Json, cost_to_json, digest, layer_to_json, to_json
from symbolic.variation import collect

Role = Literal["inference", "sensitivity", "gradient", "cost"]


@dataclass(frozen=True)
class TaggedEquation:
    """An equation of the network.

    tag: ``x:NAME`` (inference), ``s:NAME`` (sensitivity), ``g:NAME.PARAMETER`` (gradient) or ``C`` (the cost).
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
    """One term of dE/dx_v: from a child's energy term, or (``child`` = ``"cost"``) from the cost."""

    child: str
    slot: int


@dataclass(frozen=True)
class Derivation:
    """What is claimed of an architecture.  The proofs examine this object; mutations of it must be refuted.

    layers, cost: the derivation of each layer kind, per vertex, and of the cost.
    terms: for each vertex the terms of its sensitivity update, children in topological order, the cost last.
    """

    architecture: Architecture
    layers: dict[str, LayerDerivation]
    cost: CostDerivation
    terms: dict[str, tuple[Term, ...]]

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
            if term.child == COST_OWNER:
                target, available = (
                    self.cost.gradient.body,
                    (*self.cost.equation.definitions[:-1], *self.cost.intermediates),
                )
                owners = {self.cost.equation.input.owner: self.architecture.cost.input}
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
    def cost_content(self) -> Json:
        return cost_to_json(self.cost)

    def binding(self, name: str) -> Json:
        """What a vertex adds to its layer's equation: parents and sizes."""
        if name == COST_OWNER:
            cost = self.architecture.cost
            return [digest(self.cost_content), [cost.input], _sizes(cost.sizes)]
        vertex = self.architecture.by_name[name]
        return [self.content_of(name), list(vertex.inputs), _sizes(vertex.sizes)]

    def hash(self, tag: str) -> str:
        """Hash of an equation: of its layer's derivation, its vertex's parents and sizes, and (s) its terms.

        It can be computed again from a certificate alone, and without writing the equation out.
        """
        role, _, rest = tag.partition(":")
        if role == "C":
            content: Json = [tag, self.binding(COST_OWNER)]
        elif role == "s":
            content = [tag, [[t.child, t.slot, self.binding(t.child)] for t in self.terms[rest]]]
        else:
            content = [tag, self.binding(rest if role == "x" else rest.rpartition(".")[0])]
        return digest(content)[:12]

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
        parts, where = [], []
        for term in self.terms[name]:
            item, intermediates = self.term(term)
            parts.append((item.indices, item.body))
            where += [one for one in intermediates if one not in where]
        s = Tensor("s", name, self.architecture.shapes[name])
        return TaggedEquation(f"s:{name}", "sensitivity", collect(s, parts), tuple(where), self.hash(f"s:{name}"))

    def gradient(self, name: str, parameter: str) -> TaggedEquation:
        """dE/dtheta_v = (D_theta f_v)^T s_v."""
        vertex, layer = self.architecture.by_name[name], self.layers[name]
        item = layer.gradients[parameter]
        where = needed(item.body, (*layer.equation.definitions, *layer.intermediates))
        value, tag = self.instance(item, vertex), f"g:{name}.{parameter}"
        return TaggedEquation(
            tag, "gradient", value, tuple(self.instance(one, vertex) for one in where), self.hash(tag)
        )

    def cost_equation(self) -> TaggedEquation:
        *where, value = (self.cost_instance(item) for item in self.cost.equation.definitions)
        return TaggedEquation("C", "cost", value, tuple(where), self.hash("C"))

    def term(self, term: Term) -> tuple[Definition, tuple[Definition, ...]]:
        """One term of a sensitivity update and the intermediates it uses."""
        if term.child == COST_OWNER:
            available = (*self.cost.equation.definitions[:-1], *self.cost.intermediates)
            where = needed(self.cost.gradient.body, available)
            return self.cost_instance(self.cost.gradient), tuple(self.cost_instance(item) for item in where)
        vertex, layer = self.architecture.by_name[term.child], self.layers[term.child]
        item = layer.adjoints[term.slot]
        where = needed(item.body, (*layer.equation.definitions, *layer.intermediates))
        return self.instance(item, vertex), tuple(self.instance(one, vertex) for one in where)

    def energy_term(self, name: str) -> Definition:
        """E_v = <s_v, f_v - x_v>."""
        return self.instance(self.layers[name].energy, self.architecture.by_name[name])

    def equations(self) -> list[TaggedEquation]:
        """All equations: inference in topological order, sensitivities in the reverse, gradients, the cost."""
        names = [vertex.name for vertex in self.architecture.vertices]
        gradients = [self.gradient(name, p) for name in names for p in self.layers[name].gradients]
        return [
            *(self.inference(name) for name in names),
            self.cost_equation(),
            *(self.sensitivity(name) for name in reversed(names)),
            *gradients,
        ]

    def instance(self, item: Definition, vertex: Vertex) -> Definition:
        """A definition of a layer kind, renamed for a vertex."""
        return rename_definition(item, vertex.owners, vertex.sizes)

    def cost_instance(self, item: Definition) -> Definition:
        cost = self.architecture.cost
        return rename_definition(item, {self.cost.equation.input.owner: cost.input}, cost.sizes)


def _sizes(sizes: Mapping[Expr, Expr]) -> Json:
    return {str(symbol): to_json(extent) for symbol, extent in sizes.items()}


def derive(architecture: Architecture) -> Derivation:
    """Derive an architecture's Euler-Lagrange equations from its doubled energy."""
    layers = {vertex.name: derive_layer(vertex.kind) for vertex in architecture.vertices}
    cost = derive_cost(architecture.cost.type, len(architecture.cost.shape))
    terms: dict[str, tuple[Term, ...]] = {}
    for vertex in architecture.vertices:
        # x_v stands in the energy term of every child, in the slot that reads it, and perhaps in the cost.
        found = [Term(child, slot) for child, slot in architecture.edges_out[vertex.name]]
        if architecture.cost.input == vertex.name:
            found.append(Term(COST_OWNER, 0))
        terms[vertex.name] = tuple(found)
    return Derivation(architecture, layers, cost, terms)


__all__ = ["Derivation", "Role", "TaggedEquation", "Term", "derive"]

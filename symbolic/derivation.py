"""From an architecture to its doubled energy, Euler-Lagrange equations and saddle-point dynamics.

The network's equations (:mod:`dyadic.symbolic.instantiation`) carry a tag and a hash.  The same tag and hash appear in
the certificate, in the emitted code and in the appendix, so that one equation can be followed through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from sympy import Expr

from dyadic.symbolic import notebook
from dyadic.symbolic.energy import (
    CostDerivation,
    LayerDerivation,
    cost_to_json,
    derive_cost,
    derive_layer,
    reads,
)
from dyadic.symbolic.errors import DyadicError, expect
from dyadic.symbolic.instantiation import Equation, EquationRole, Equations, SensitivityTerm, aligned
from dyadic.symbolic.rank_table import RankTable, Reads, rank_table
from dyadic.symbolic.serialise import Json, to_json
from dyadic.symbolic.structure import Architecture
from dyadic.symbolic.tensor_names import Owner

_SHOWN = 60
"""Equations of a network that a notebook shows."""


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
    terms: dict[str, tuple[SensitivityTerm, ...]]
    shared: dict[str, tuple[SensitivityTerm, ...]]

    def __repr__(self) -> str:
        name = self.architecture.name
        return f"<Derivation {name!r}: L = {self.L}, {self.steps} steps, {len(self.equations)} equations>"

    def _repr_latex_(self) -> str:
        r"""The equations as a notebook typesets them: the first few, and ``\vdots`` where there are more."""
        rows = [row for equation in self._shown() for row in equation.latex_rows()]
        return aligned([*rows, r"&\vdots"] if len(self.equations) > _SHOWN else rows)

    def _repr_html_(self) -> str:
        return notebook.shown(self._shown(), self, repr(self)[1:-1], len(self.equations) - _SHOWN)

    def _shown(self) -> list[Equation]:
        return [self.equations[tag] for tag in islice(self.equations, _SHOWN)]

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
                owners: Mapping[Owner, str] = {
                    cost.equation.input.name.owner: self.architecture.by_cost[term.child].input
                }
            else:
                vertex, layer = self.architecture.by_name[term.child], self.layers[term.child]
                target, available = layer.adjoints[term.slot].body, (*layer.equation.definitions, *layer.intermediates)
                owners = vertex.owners
            activations, sensitivities = reads(target, available)
            x |= {owners[owner] for owner in activations}
            s |= {owners[owner] for owner in sensitivities}
        return Reads(frozenset(x), frozenset(s))

    @cached_property
    def equations(self) -> Equations:
        """The equations of the network by their tags, such as ``x:hidden``: the only ones that anybody is shown."""
        return Equations(self.architecture, self.layers, self.costs, self.terms, self.shared)

    @cached_property
    def contents(self) -> dict[str, Json]:
        """Every distinct layer derivation of the network as JSON, by its digest."""
        return {layer.digest: layer.content for layer in self.layers.values()}

    def content_of(self, name: str) -> str:
        """Digest of the layer derivation used at a vertex, a key of :attr:`contents`."""
        return self.layers[name].digest

    @cached_property
    def cost_contents(self) -> dict[str, Json]:
        """Every cost's derivation as JSON, by its owner."""
        return {owner: cost_to_json(cost) for owner, cost in self.costs.items()}


def expect_derivation(value: object) -> None:
    """Raises :class:`DyadicError` where an argument is no derivation."""
    if not isinstance(value, Derivation):
        raise DyadicError(f"a {type(value).__name__} is no derivation; give what dyadic.derive returns")


def sizes_to_json(sizes: Mapping[Expr, Expr]) -> Json:
    """The sizes of a vertex or cost, by the name of the symbol that they replace."""
    return {str(symbol): to_json(extent) for symbol, extent in sizes.items()}


def derive(architecture: Architecture) -> Derivation:
    """Derive an architecture's Euler-Lagrange equations from its doubled energy."""
    expect("architecture", architecture, Architecture)
    layers = {vertex.name: derive_layer(vertex.kind) for vertex in architecture.vertices}
    costs = {c.owner: derive_cost(c.type, len(c.shape), c.settings) for c in architecture.costs}
    terms: dict[str, tuple[SensitivityTerm, ...]] = {}
    for vertex in architecture.vertices:
        # x_v stands in the energy term of every child, in the slot that reads it, and perhaps in a cost.
        found = [SensitivityTerm(child, slot) for child, slot in architecture.edges_out[vertex.name]]
        found += [SensitivityTerm(cost.owner, 0) for cost in architecture.costs if cost.input == vertex.name]
        terms[vertex.name] = tuple(found)
    shared = {
        node.name: tuple(SensitivityTerm(child, slot) for child, slot in architecture.edges_out[node.name])
        for node in architecture.inputs
        if node.role == "parameter"
    }
    return Derivation(architecture, layers, costs, terms, shared)


__all__ = ["Derivation", "Equation", "EquationRole", "SensitivityTerm", "derive", "expect_derivation"]

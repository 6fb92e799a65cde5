"""The equations of a network: those of its layers' kinds, with vertices for v and u and extents for the sizes.

Where the sizes are numbers, brackets that are certain and sums of which a bracket picks one term are gone.

There is one object per equation.  What is printed, typeset, tagged in emitted code, hashed, written into the
certificate and held against the graph by the checker is that object; nothing else leads from a derivation to a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property, lru_cache, partial
from typing import Literal

from sympy import Expr

from dyadic.symbolic import notebook
from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, needed
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.expressions import (
    Bracket,
    Definition,
    Element,
    Index,
    Quotient,
    Reduction,
    Remainder,
    Tensor,
    rename_definition,
)
from dyadic.symbolic.indices import simplified
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.serialise import Json, definition_to_json, digest
from dyadic.symbolic.structure import Architecture, Vertex
from dyadic.symbolic.tensor_names import COST, Name, Owner
from dyadic.symbolic.variation import collect

EquationRole = Literal["inference", "cost", "sensitivity", "gradient", "energy"]


@dataclass(frozen=True)
class Equation:
    """An equation of the network.

    tag: ``x:NAME`` (inference), ``s:NAME`` (sensitivity), ``g:NAME.PARAMETER`` or ``g:NAME`` (gradient), ``C`` or
    ``C:OWNER`` (a cost), ``E:NAME`` (a vertex's term of the energy).
    definition: the equation; where: the intermediates its right-hand side uses, in order of evaluation.
    named: inputs that are written under their own name (``Architecture.own_names``); for printing alone.

    ``str`` gives the equation as ``dyadic derive`` prints it; a notebook shows it typeset, with its intermediates.
    """

    tag: str
    role: EquationRole
    definition: Definition
    where: tuple[Definition, ...]
    named: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    def __str__(self) -> str:
        return TextPrinter(self.named).equation(self.definition)

    def __repr__(self) -> str:
        text = str(self)
        return f"<Equation {self.tag} {self.short}: {text if len(text) <= 100 else text[:100] + ' ...'}>"

    def latex_rows(self) -> list[str]:
        r"""The equation, then its intermediates, as rows of an ``aligned`` environment: ``left &= right``."""
        printer = LatexPrinter(self.named)
        return [printer.equation(item, "&=") for item in (self.definition, *self.where)]

    def _repr_latex_(self) -> str:
        return aligned(self.latex_rows())

    def _repr_html_(self) -> str:
        return notebook.shown([self], None, f"equation {self.tag}")

    @cached_property
    def content(self) -> dict[str, Json]:
        """The equation as instantiated, as JSON."""
        return {
            "definition": definition_to_json(self.definition),
            "where": [definition_to_json(item) for item in self.where],
        }

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of the tag and the equation as instantiated: 64 hexadecimal digits."""
        return digest({"tag": self.tag, **self.content})

    @property
    def short(self) -> str:
        """The first 12 digits of the hash, for the eye; files that are compared hold all of it."""
        return self.hash[:12]


def aligned(rows: Sequence[str]) -> str:
    """Rows of equations as a notebook takes them."""
    breaks = " \\\\\n"
    return f"$$\\begin{{aligned}}\n{breaks.join(rows)}\n\\end{{aligned}}$$"


@dataclass(frozen=True)
class SensitivityTerm:
    """One term of dE/dx_v: from a child's energy term, or (``child`` a cost's owner) from a cost."""

    child: str
    slot: int


class NoSuchEquation(DyadicError, KeyError):
    """A tag that no equation of a network has: an error of the user, and the one that a mapping owes."""

    def __init__(self, tag: object, tags: Collection[str]) -> None:
        listed = ", ".join(get_close_matches(str(tag), tags, 5, 0) or list(tags)[:5])
        super().__init__(f"no equation has the tag {str(tag)[:60]!r}; there are {len(tags)}, such as {listed}")

    __str__ = Exception.__str__


class Equations(Mapping[str, Equation]):
    """The equations of a network by their tags; each is instantiated when it is first asked for, and kept.

    Order: inference in topological order, the costs, sensitivities in the reverse, gradients, energy terms.
    A tag that is not among them raises :class:`NoSuchEquation`, a DyadicError and a KeyError.
    """

    def __init__(
        self,
        architecture: Architecture,
        layers: Mapping[str, LayerDerivation],
        costs: Mapping[str, CostDerivation],
        terms: Mapping[str, tuple[SensitivityTerm, ...]],
        shared: Mapping[str, tuple[SensitivityTerm, ...]],
    ) -> None:
        self._architecture, self._layers, self._costs = architecture, layers, costs
        self._terms, self._shared = terms, shared
        self._named = architecture.own_names
        self._built: dict[str, Equation] = {}
        self._makers = dict(self._all_makers())

    def __repr__(self) -> str:
        return f"Equations({len(self)} of {self._architecture.name})"

    def __getitem__(self, tag: str) -> Equation:
        if tag not in self._makers:
            raise NoSuchEquation(tag, self._makers)
        if tag not in self._built:
            self._built[tag] = replace(self._makers[tag](), named=self._named)
        return self._built[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def of(self, names: Collection[str]) -> list[Equation]:
        """Those of these vertices and of the shared parameters that they read, and the costs."""
        read = {parent for name in names for parent in self._architecture.by_name[name].inputs}
        parameters = [f"g:{name}.{p}" for name in names for p in self._layers[name].gradients]
        wanted = {f"{letter}:{name}" for letter in "xsE" for name in names} | set(parameters)
        wanted |= {f"g:{name}" for name in self._shared if name in read} | {cost_tag(owner) for owner in self._costs}
        return [self[tag] for tag in self if tag in wanted]

    def _all_makers(self) -> Iterator[tuple[str, Callable[[], Equation]]]:
        names = [vertex.name for vertex in self._architecture.vertices]
        for name in names:
            yield f"x:{name}", partial(self._inference, name)
        for owner in self._costs:
            yield cost_tag(owner), partial(self._cost, owner)
        for name in reversed(names):
            yield f"s:{name}", partial(self._sensitivity, name)
        for name in names:
            for parameter in self._layers[name].gradients:
                yield f"g:{name}.{parameter}", partial(self._gradient, name, parameter)
        for name in self._shared:
            yield f"g:{name}", partial(self._shared_gradient, name)
        for name in names:
            yield f"E:{name}", partial(self._energy, name)

    def _inference(self, name: str) -> Equation:
        """dE/ds_v = 0:  x_v = f_v(x_pa(v))."""
        vertex, layer = self._architecture.by_name[name], self._layers[name]
        *where, value = (_instance(item, vertex) for item in layer.equation.definitions)
        x = Tensor(Name("x", name), value.tensor.shape)
        return Equation(f"x:{name}", "inference", Definition(x, value.indices, value.body), tuple(where))

    def _cost(self, owner: str) -> Equation:
        *where, value = (self._cost_instance(item, owner) for item in self._costs[owner].equation.definitions)
        return Equation(cost_tag(owner), "cost", value, tuple(where))

    def _sensitivity(self, name: str) -> Equation:
        """dE/dx_v = 0:  s_v = sum over children of (D_v f_c)^T s_c + dC/dx_v."""
        s = Tensor(Name("s", name), self._architecture.shapes[name])
        return Equation(f"s:{name}", "sensitivity", *self._collected(s, self._terms[name]))

    def _gradient(self, name: str, parameter: str) -> Equation:
        """dE/dtheta_v = (D_theta f_v)^T s_v, with the cost's weight decay."""
        vertex, layer = self._architecture.by_name[name], self._layers[name]
        item = layer.gradients[parameter]
        where = needed(item.body, (*layer.equation.definitions, *layer.intermediates))
        own = layer.equation.parameters[parameter].tensor.name.of(name)
        value = self._decayed(_instance(item, vertex), own)
        return Equation(f"g:{name}.{parameter}", "gradient", value, tuple(_instance(one, vertex) for one in where))

    def _shared_gradient(self, name: str) -> Equation:
        """dE/dtheta for a shared parameter: a term for every layer that reads it."""
        own = Name("x", name)
        tensor = Tensor(own.adjoint, self._architecture.shapes[name])
        definition, where = self._collected(tensor, self._shared[name])
        return Equation(f"g:{name}", "gradient", self._decayed(definition, own), where)

    def _energy(self, name: str) -> Equation:
        """E_v = <s_v, f_v - x_v>."""
        vertex, layer = self._architecture.by_name[name], self._layers[name]
        where = tuple(_instance(item, vertex) for item in layer.equation.definitions)
        return Equation(f"E:{name}", "energy", _instance(layer.energy, vertex), where)

    def _collected(
        self, tensor: Tensor, terms: tuple[SensitivityTerm, ...]
    ) -> tuple[Definition, tuple[Definition, ...]]:
        parts: list[tuple[tuple[Index, ...], Expr]] = []
        where: list[Definition] = []
        for term in terms:
            item, intermediates = self._term(term)
            parts.append((item.indices, item.body))
            where += [one for one in intermediates if one not in where]
        return collect(tensor, parts), tuple(where)

    def _term(self, term: SensitivityTerm) -> tuple[Definition, tuple[Definition, ...]]:
        """One term of a sensitivity update and the intermediates it uses; a cost's is multiplied by its weight."""
        if term.child in self._costs:
            cost, weight = self._costs[term.child], self._architecture.by_cost[term.child].weight
            item = self._cost_instance(cost.gradient, term.child)
            weighted = Definition(item.tensor, item.indices, weight * item.body)
            used = cost.gradient.body if weight else weighted.body
            where = needed(used, (*cost.equation.definitions[:-1], *cost.intermediates))
            return weighted, tuple(self._cost_instance(one, term.child) for one in where)
        vertex, layer = self._architecture.by_name[term.child], self._layers[term.child]
        item = layer.adjoints[term.slot]
        where = needed(item.body, (*layer.equation.definitions, *layer.intermediates))
        return _instance(item, vertex), tuple(_instance(one, vertex) for one in where)

    def _decayed(self, item: Definition, own: Name) -> Definition:
        """The derivative with respect to ``own``, with that of the weight decay."""
        if not self._architecture.decay:
            return item
        entry = Element(own, *item.indices)
        return Definition(item.tensor, item.indices, item.body + self._architecture.decay * entry)

    def _cost_instance(self, item: Definition, owner: str) -> Definition:
        """A definition of a cost, renamed for its input."""
        cost = self._architecture.by_cost[owner]
        owners: dict[Owner, Owner] = {self._costs[owner].equation.input.name.owner: cost.input, COST: owner}
        return _renamed(item, owners, cost.sizes)


def _instance(item: Definition, vertex: Vertex) -> Definition:
    """A definition of a layer kind, renamed for a vertex."""
    return _renamed(item, vertex.owners, vertex.sizes)


def _renamed(item: Definition, owners: Mapping[Owner, Owner], sizes: Mapping[Expr, Expr]) -> Definition:
    """A definition under the network's names; where all its sizes are numbers, simplified for these."""
    return rename_definition(_at_sizes(item, tuple(sizes.items())), owners, sizes)


@lru_cache(maxsize=4096)
def _at_sizes(item: Definition, sizes: tuple[tuple[Expr, Expr], ...]) -> Definition:
    """A definition simplified for the numbers that its sizes have; as it is where there is nothing to simplify.

    Many vertices of a network have one kind and the same sizes, so this is done before the vertices' names are put in.
    """
    if not all(extent.is_Integer for _, extent in sizes):
        return item
    table = dict(sizes)
    sums = [node for node in item.body.atoms(Reduction) if node.extent.xreplace(table) == 1]
    if not sums and not item.body.has(Bracket, Quotient, Remainder):
        return item
    return simplified(rename_definition(item, {}, table))


def cost_tag(owner: str) -> str:
    """``C`` where there is one cost, else ``C:cost1``, ..."""
    return "C" if owner == COST_OWNER else f"C:{owner}"


__all__ = ["Equation", "EquationRole", "Equations", "SensitivityTerm", "cost_tag"]

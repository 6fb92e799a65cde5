"""How much a vertex is: an operation, or a layer (convolution + norm + activation, an attention) with inner equations.

L counts vertices, so it depends on this choice; the theorem holds for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sympy import Expr

from dyadic.symbolic.energy import LayerKind, layer_equation
from dyadic.symbolic.fusion import PartSource, size_names
from dyadic.symbolic.layers import LAYERS, ShapeError
from dyadic.symbolic.layers.layer_type import Role
from dyadic.symbolic.options import read_options
from dyadic.symbolic.structure import Architecture, Vertex, make_vertex

Granularity = Literal["operation", "layer"]


def with_granularity(architecture: Architecture, granularity: Granularity) -> Architecture:
    """The architecture with vertices of the wanted size, and a note that gives L for both where they differ."""
    fine, coarse = split(architecture), fuse(architecture)
    chosen = fine if granularity == "operation" else coarse
    if fine.L == coarse.L:
        return chosen
    note = f"L = {fine.L} where every operation is a vertex, {coarse.L} where every layer is one; here: {granularity}"
    return replace(chosen, notes=(*architecture.notes, note))


# -- operations ---------------------------------------------------------------------------------------------------


def split(architecture: Architecture) -> Architecture:
    """A vertex that applies an activation becomes two: ``NAME.linear`` and ``NAME``."""
    vertices: list[Vertex] = []
    for vertex in architecture.vertices:
        activation = dict(vertex.kind.settings).get("activation", "identity")
        if activation == "identity" or not _is(vertex, Role.PRODUCT):
            vertices.append(vertex)
            continue
        settings = tuple((k, "identity" if k == "activation" else value) for k, value in vertex.kind.settings)
        name = f"{vertex.name}.linear"
        vertices.append(replace(vertex, name=name, kind=replace(vertex.kind, settings=settings)))
        options = read_options(vertex.name, LAYERS[activation].options, {})
        vertices.append(make_vertex(vertex.name, activation, options, {name: vertex.shape}, (name,)))
    return replace(architecture, vertices=tuple(vertices))


# -- layers -------------------------------------------------------------------------------------------------------


def fuse(architecture: Architecture) -> Architecture:
    """Chains of a product or norm, what scales and shifts it, and an activation become one vertex; so do attentions."""
    groups = _Groups(architecture)
    vertices: list[Vertex] = []
    for vertex in architecture.vertices:
        members = groups.ending_at(vertex.name)
        if members is not None:
            vertices += fused(members)
    return replace(architecture, vertices=tuple(vertices))


@dataclass
class _Stage:
    """How far a chain has come: 0 product, 1 norm, 2 activation."""

    members: list[str]
    stage: int


class _Groups:
    """A partition of the vertices in which only the last member of a group is read from outside it."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture
        self.outputs = {cost.input for cost in architecture.costs}
        self.last: dict[str, list[str]] = {}
        chains: dict[str, _Stage] = {}
        for vertex in architecture.vertices:
            chains[vertex.name] = self._joined(vertex, chains) or _Stage([vertex.name], self._first_stage(vertex))
        for chain in chains.values():
            self.last[chain.members[-1]] = chain.members
        self._attentions()

    def ending_at(self, name: str) -> list[Vertex] | None:
        """The members of the group whose last one this is; None for an inner member."""
        members = self.last.get(name)
        return None if members is None else [self.architecture.by_name[member] for member in members]

    @staticmethod
    def _first_stage(vertex: Vertex) -> int:
        return 0 if _is(vertex, Role.PRODUCT) else 1 if _is(vertex, Role.NORM) else 3

    def _joined(self, vertex: Vertex, chains: Mapping[str, _Stage]) -> _Stage | None:
        """The chain that the vertex continues, made longer; None where it starts one."""
        parent = self._only_parent(vertex)
        if parent is None or not self._inner(parent):
            return None
        chain = chains[parent]
        norm = _is(vertex, Role.NORM)
        affine = chain.stage if _is(vertex, Role.AFFINE) else None
        stage = 1 if norm else 2 if _is(vertex, Role.ACTIVATION) else affine
        if stage is None or chain.stage >= 2 or stage < chain.stage or (stage == 1 == chain.stage and norm):
            return None
        longer = _Stage(chain.members, stage)
        longer.members.append(vertex.name)
        return longer

    def _only_parent(self, vertex: Vertex) -> str | None:
        """The one parent that is a vertex, where the others are parameters and constants."""
        inner = [name for name in vertex.inputs if name in self.architecture.by_name]
        given = all(
            self.architecture.by_input[name].role in ("parameter", "constant")
            for name in vertex.inputs
            if name in self.architecture.by_input
        )
        return inner[0] if len(inner) == 1 and given else None

    def _inner(self, name: str) -> bool:
        """Whether one vertex alone reads this one."""
        return len(self.architecture.edges_out[name]) == 1 and name not in self.outputs

    def _attentions(self) -> None:
        """Scores, what scales and masks them, softmax, and the product with the values."""
        for vertex in self.architecture.vertices:
            if not _is(vertex, Role.WEIGHTS) or not self._inner(vertex.name):
                continue
            ((reader, slot),) = self.architecture.edges_out[vertex.name]
            product = _is(self.architecture.by_name[reader], Role.SCORES)
            if not product or slot != 0 or self.last.get(reader) is None:
                continue
            before = self._scores(vertex)
            if before is None or self.last[reader] != [reader]:
                continue
            for member in before:
                self.last.pop(member, None)
            self.last[reader] = [*before, vertex.name, reader]
            self.last.pop(vertex.name, None)

    def _scores(self, softmax: Vertex) -> list[str] | None:
        """The chain that begins with a product and ends before the softmax; None where it is no such chain."""
        found: list[str] = []
        name: str | None = self._only_parent(softmax)
        while name is not None and self._inner(name):
            vertex = self.architecture.by_name[name]
            found.append(name)
            if _is(vertex, Role.SCORES):
                return found[::-1]
            name = self._only_parent(vertex) if _is(vertex, Role.AFFINE, Role.MASK) else None
        return None


def _is(vertex: Vertex, *roles: Role) -> bool:
    """Whether the vertex's layer type can be one of these."""
    type_ = LAYERS.get(vertex.kind.type)  # what is fused already is none
    return type_ is not None and not type_.roles.isdisjoint(roles)


def fused(members: Sequence[Vertex]) -> list[Vertex]:
    """One vertex for several, named after the last; the members themselves where their sizes do not fit together."""
    if len(members) == 1:
        return list(members)
    numbers = {vertex.name: k for k, vertex in enumerate(members)}
    inputs = list(dict.fromkeys(name for vertex in members for name in vertex.inputs if name not in numbers))
    sources: tuple[tuple[PartSource, ...], ...] = tuple(
        tuple(("part", numbers[name]) if name in numbers else ("input", inputs.index(name)) for name in vertex.inputs)
        for vertex in members
    )
    parts = tuple(vertex.kind for vertex in members)
    try:
        equations = [layer_equation(part) for part in parts]
        kind = LayerKind("fused", (), _ranks(members, inputs), parts=parts, sources=sources)
        whole = layer_equation(kind)
    except ShapeError:
        return list(members)
    sizes: dict[Expr, Expr] = {}
    for vertex, names in zip(members, size_names(equations), strict=True):
        sizes |= {new: vertex.sizes[old] for old, new in names.items() if old in vertex.sizes}
    used = {
        symbol
        for tensor in (*whole.inputs, *(item.tensor for item in whole.definitions))
        for extent in tensor.shape
        for symbol in extent.free_symbols
    }
    used |= {symbol for item in whole.definitions for symbol in item.body.free_symbols}
    kept = {symbol: extent for symbol, extent in sizes.items() if symbol in used or symbol in whole.extents}
    return [Vertex(members[-1].name, kind, tuple(inputs), kept, members[-1].shape)]


def _ranks(members: Iterable[Vertex], inputs: Sequence[str]) -> tuple[int, ...]:
    """Numbers of axes of everything that the whole reads."""
    ranks: dict[str, int] = {}
    for vertex in members:
        for tensor, name in zip(layer_equation(vertex.kind).inputs, vertex.inputs, strict=True):
            ranks[name] = len(tensor.shape)
    return tuple(ranks[name] for name in inputs)


__all__ = ["Granularity", "fuse", "split", "with_granularity"]

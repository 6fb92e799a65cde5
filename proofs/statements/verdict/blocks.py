"""An axis of n entries examined as a few blocks of equal entries.

Where the own sizes are too many operations, the entries of an axis are put into blocks, and every sum over the axis
weighs a block by its multiplicity w_k, with w_0 + w_1 + ... = n.  The energy is then that of the network at its own
sizes with equal entries within a block, and its derivative by one entry of a block is that by the block, divided by
the multiplicity.  So with integer multiplicities every value is exactly the one at the network's own sizes.

With drawn multiplicities (residues that sum to n, or to anything where the size is a name) an agreement holds at the
own sizes with all entries free: a claim in which indices only select entries is a sum over d indices at most
of one function of the entries they select, hence a polynomial of degree d in the multiplicities; with at least d
blocks its coefficients determine that function at different indices and at equal ones, so that it vanishes
symmetrised, whatever the number of entries.  Numbers of the claim stay what they are: 40 is 40 and not a size.

An axis stays as it is (is *tied*) where anything else is done with its indices than selecting entries: arithmetic,
numbers, brackets, maxima, sizes made of others.  So it is where a definition reads x[i, i]: of the entries of a block
of x some are on the diagonal then and others are not, and a derivative by the one is none by the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.bodies import factors_of
from dyadic.proofs.evaluate.integers import GUARDS
from dyadic.proofs.evaluate.network import Rejected, whole
from dyadic.proofs.evaluate.number_rings import Ring
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary, axes_kind

Place = tuple[int, ...]


class Setting:
    """The sizes at which a claim is evaluated.

    values: numbers for the sizes that the architecture leaves symbolic.
    blocks: how many blocks an axis has, by the key of its extent; every other axis has all its entries.
    drawn: whether the multiplicities are drawn; else all blocks but the last are single entries.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        values: Mapping[str, int] | None = None,
        blocks: Mapping[str, int] | None = None,
        drawn: bool = False,
    ) -> None:
        self.vocabulary, self.values = vocabulary, dict(values or {})
        self.blocks, self.drawn = dict(blocks or {}), drawn

    @property
    def key(self) -> tuple[object, ...]:
        """Two settings with one key are the same."""
        return tuple(sorted(self.values.items())), tuple(sorted(self.blocks.items())), self.drawn

    def count(self, extent: Extent) -> int:
        """How many values an index has."""
        found = self.blocks.get(extent.key)
        return self.number(extent) if found is None else found

    def number(self, extent: Extent) -> int:
        """How many entries the axis has in the network.  Raises :class:`Rejected` where that is left symbolic."""
        if extent.true is not None:
            return extent.true
        return whole(_bound(extent.node, extent.table), self.values, extent.owner or "input")

    def table(self, owner: str) -> dict[str, int]:
        """The number of values of every size of a vertex or cost."""
        sizes, found = owner_sizes(self.vocabulary.graph, owner), {}
        for symbol in sizes:
            try:
                found[symbol] = self.count(Extent(["size", symbol], owner, sizes))
            except Rejected:
                continue  # no claim reads it, or its reader says so
        return found

    def below(self, owner: str) -> int:
        """The number that the integers of an input or target are below."""
        graph = self.vocabulary.graph
        if owner in graph.inputs:
            return self.number(Extent(graph.inputs[owner]["below"], free=True))
        last = graph.cost_contents[owner]["shape"][-1]
        return self.number(Extent(last, owner, owner_sizes(graph, owner)))

    def weights(self, key: str, ring: Ring, draw: Callable[[str], Any]) -> list[Any]:
        """The multiplicities of the blocks of an axis."""
        count, size = self.blocks[key], int(key[1:]) if key.startswith("=") else None
        if not self.drawn:
            assert size is not None
            return [ring.number(1)] * (count - 1) + [ring.number(size - count + 1)]
        found = [draw(f"multiplicity {k} of {key}") for k in range(count)]
        if size is not None:
            minus = ring.number(-1)
            found[-1] = ring.add([ring.number(size), *(ring.mul([minus, weight]) for weight in found[:-1])])
        return found

    def rest(self, extent: Extent) -> int | None:
        """The number of the last block, where it stands for more than one entry."""
        count = self.blocks.get(extent.key)
        return count - 1 if count is not None and not self.drawn else None

    def place(self, axes: tuple[Extent, ...], place: Place) -> list[str]:
        """A place as it is shown: ``3..39`` for a block of several entries."""
        return [
            f"{at}..{self.number(axis) - 1}" if at == self.rest(axis) and self.number(axis) - 1 > at else str(at)
            for at, axis in zip(place, axes, strict=True)
        ]

    def weighed(self, node: Any, owner: str | None = None) -> Any:
        """An expression with the multiplicities put into its sums; ``owner``: whose sizes it names, None: a claim's."""
        if not self.blocks:
            return node
        if owner is None:
            return _weighed(node, self._claimed)
        sizes = owner_sizes(self.vocabulary.graph, owner)

        def key(extent: Any) -> str | None:
            found = Extent(extent, owner, sizes).key
            return found if found in self.blocks else None

        return _weighed(node, key)

    def _claimed(self, extent: Any) -> str | None:
        name = extent[1] if isinstance(extent, list) and extent[:1] == ["size"] else None
        if name in self.vocabulary.extents:
            name = self.vocabulary.extents[name].key
        return name if name in self.blocks else None


def _weighed(node: Any, key_of: Callable[[Any], str | None]) -> Any:
    if not isinstance(node, list) or node[0] in ("entry", "rational", "index", *GUARDS):
        return node
    if node[0] == "size":
        key = key_of(node)
        return node if key is None else ["entry", "size", key, []]
    if node[0] == "^":
        return ["^", _weighed(node[1], key_of), node[2]]
    if node[0] == "apply":
        return [*node[:3], _weighed(node[3], key_of)]
    if node[0] not in REDUCTIONS:
        return [node[0], *(_weighed(child, key_of) for child in node[1:])]
    kind, name, extent, body = node
    body, key = _weighed(body, key_of), key_of(extent)
    if key is None:
        return [kind, name, extent, body]
    weight = ["entry", "weight", key, [["index", name]]]
    if kind == "sum":
        return ["sum", name, extent, ["*", weight, *factors_of(body)]]
    total = ["sum", name, extent, ["*", weight, ["apply", "exp", 0, body]]]
    return ["apply", "log", 0, total]


def owner_sizes(graph: Graph, owner: str) -> Mapping[str, Any]:
    """The sizes of a vertex or cost in the architecture."""
    sizes: Mapping[str, Any] = graph.costs[owner]["sizes"] if owner in graph.costs else graph.sizes[owner]
    return sizes


def _bound(node: Any, table: Mapping[str, Any]) -> Any:
    """An extent in the architecture's own names."""
    if not isinstance(node, list):
        return node
    if node[:1] == ["size"]:
        return table.get(node[1], node)
    return [node[0], *(_bound(child, table) for child in node[1:])]


def tied(vocabulary: Vocabulary, vertices: set[str], renaming: Renaming | None = None) -> set[str]:
    """Keys of the extents whose indices the definitions of the given vertices and costs do more with than select.

    renaming: an axis whose key is among those found if its entries, and with them the integers that select them,
    cannot be renamed.  Selection by an integer and equality with one then tie nothing.
    """
    found: set[str] = set()
    graph = vocabulary.graph
    for owner in vertices:
        cost = owner in graph.costs
        data = graph.cost_contents[owner] if cost else graph.layers[graph.content[owner]]
        sizes = owner_sizes(graph, owner)
        read = _reader(owner, sizes)
        shapes: dict[tuple[str, str], list[Any]] = {}
        if cost:
            shapes["x", data["input"]] = data["shape"]
            shapes["y", "cost"] = data["target_shape"]
        else:
            shapes |= {("x", u): shape for u, shape in zip(data["inputs"], data["input_shapes"], strict=True)}
            shapes |= {(item["kind"], "v"): item["shape"] for item in data["parameters"].values()}
        integers = _local_integers(vocabulary, owner)
        for item in data["definitions"]:
            shapes[item["kind"], item["owner"]] = item["shape"]
            indices = {name: read(e) for name, e in zip(item["indices"], item["shape"], strict=True)}
            _Ties(found, read, shapes, renaming, integers, diagonals=True).visit(item["body"], indices)
        for node in (e for shape in shapes.values() for e in shape):
            _Ties(found, read, shapes).composed(node)
    return found


def _local_integers(vocabulary: Vocabulary, owner: str) -> set[tuple[str, str]]:
    """The integer inputs or targets of a vertex or cost, under the names that its definitions give them."""
    graph = vocabulary.graph
    if owner in graph.costs:
        return {("y", "cost")} if ("y", owner) in vocabulary.integers else set()
    names = graph.layers[graph.content[owner]]["inputs"]
    pairs = zip(names, graph.parents[owner], strict=True)
    return {("x", name) for name, parent in pairs if ("x", parent) in vocabulary.integers}


def _reader(owner: str, sizes: Mapping[str, Any]) -> Callable[[Any], Extent]:
    return lambda node: Extent(node, owner, sizes)


@dataclass
class Renaming:
    """Permutations of the entries of an axis, and of the integers that select them, that leave ``fixed`` as it is."""

    key: str
    fixed: set[int] = field(default_factory=set)


class _Ties:
    """One expression's ties.

    extent: reads an extent.  shapes: of the tensors it reads.  diagonals: whether x[i, i] ties the axes of i.
    """

    def __init__(
        self,
        found: set[str],
        extent: Callable[[Any], Extent],
        shapes: Mapping[tuple[str, str], Any],
        renaming: Renaming | None = None,
        integers: set[tuple[str, str]] | frozenset[tuple[str, str]] = frozenset(),
        diagonals: bool = False,
    ) -> None:
        self.found, self.extent, self.shapes = found, extent, shapes
        self.renaming, self.integers, self.diagonals = renaming, integers, diagonals

    def composed(self, node: Any) -> None:
        """A size made of others ties all of them; one that is a plain name or number ties nothing."""
        if isinstance(node, list) and node[:1] != ["size"]:
            self.found.add(self.extent(node).key)
            for child in node[1:]:
                if isinstance(child, list):
                    self.found.add(self.extent(child).key)
                    self.composed(child)

    def visit(self, node: Any, indices: Mapping[str, Extent]) -> None:
        if not isinstance(node, list) or node[0] in ("rational", "size"):
            return
        if self.renaming and node[0] == "same" and all(self._renamed(child, indices) for child in node[1:]):
            for child in node[1:]:
                self._inner(child, indices)
        elif node[0] == "unless":
            for child in node[1:]:
                self.visit(child, indices)
        elif node[0] in (*GUARDS, "quotient", "remainder", "index"):
            self._everything(node, indices)
        elif node[0] == "entry":
            if self.renaming and (node[1], node[2]) in self.integers:  # its number counts
                self.found.add(self.renaming.key)
            self._entry(node, indices)
        elif node[0] in REDUCTIONS:
            _, name, written, body = node
            self.composed(written)
            extent = self.extent(written)
            if node[0] in ("max", "argmax"):
                self.found.add(extent.key)
            self.visit(body, {**indices, name: extent})
        else:
            for child in node[1:]:
                self.visit(child, indices)

    def _entry(self, node: Any, indices: Mapping[str, Extent]) -> None:
        axes = self.shapes.get((node[1], node[2]), [None] * len(node[3]))
        if self.diagonals:
            self.found |= {indices[one[1]].key for one in node[3] if node[3].count(one) > 1 and _is_index(one)}
        for index, axis in zip(node[3], axes, strict=True):
            extent = None if axis is None else axis if isinstance(axis, Extent) else self.extent(axis)
            plain = _is_index(index)
            if plain and extent is not None and indices[index[1]].key == extent.key:
                continue
            selected = self.renaming and extent is not None and extent.key == self.renaming.key
            if selected and not plain and self._renamed(index, indices):
                self._inner(index, indices)
                continue
            if extent is not None:
                self.found.add(extent.key)
            self._everything(index, indices)

    def _renamed(self, node: Any, indices: Mapping[str, Extent]) -> bool:
        """Whether it is an integer entry, an index over the axis that is renamed, or a number, which stays fixed."""
        assert self.renaming is not None
        if isinstance(node, int):
            self.renaming.fixed.add(node)
            return True
        if node[0] == "entry":
            return (node[1], node[2]) in self.integers
        return bool(node[0] == "index") and indices[node[1]].key == self.renaming.key

    def _inner(self, node: Any, indices: Mapping[str, Extent]) -> None:
        """What stands in an integer entry's own indices."""
        if isinstance(node, list) and node[0] == "entry":
            self._entry(node, indices)

    def _everything(self, node: Any, indices: Mapping[str, Extent]) -> None:
        """Tie every index and size in an integer expression."""
        if not isinstance(node, list):
            return
        if node[0] == "entry":
            self.found |= {self.renaming.key} if self.renaming else set()
            self._entry(node, indices)
        elif node[0] == "index":
            self.found.add(indices[node[1]].key)
        elif node[0] == "size":
            self.found.add(self.extent(node).key)
        else:
            for child in node[1:]:
                self._everything(child, indices)


def _is_index(node: Any) -> bool:
    return isinstance(node, list) and bool(node[0] == "index")


def claimed_ties(
    node: Any,
    indices: Mapping[str, Extent],
    extents: Mapping[str, Extent],
    vocabulary: Vocabulary,
    renaming: Renaming | None = None,
) -> set[str]:
    """Keys of the extents that an expression of a claim ties; ``extents``: by the keys that stand for them in it."""

    def extent(written: Any) -> Extent:
        name = written[1] if isinstance(written, list) and written[:1] == ["size"] else written
        return extents[name] if name in extents else vocabulary.extent(name)

    found: set[str] = set()
    _Ties(found, extent, _Axes(vocabulary), renaming, vocabulary.integers).visit(node, indices)
    return found


class _Axes(dict[tuple[str, str], Any]):
    """The axes of every tensor that a claim can read, when asked for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def get(self, key: Any, default: Any = None) -> Any:
        return self._vocabulary.axes(axes_kind(key[0]), key[1])


def places_in(setting: Setting, axes: tuple[Extent, ...]) -> int:
    """How many entries of a tensor are evaluated."""
    return prod(setting.count(axis) for axis in axes)

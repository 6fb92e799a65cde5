"""What the names in a claim can mean: the tensors of one network, under the names that ``dyadic derive`` prints.

A name is a letter and an owner, ``zbar_hidden``; in LaTeX ``\\bar{z}^{\\text{hidden}}`` is read as the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proofs.checker.graph import COST, Graph
from proofs.checker.network import Rejected
from symbolic.errors import SpecError

FUNCTIONS = ("identity", "tanh", "sigmoid", "relu", "softplus", "gelu", "silu", "exp", "log")
REDUCTIONS = {"Sum": "sum", "LogSumExp": "logsumexp", "Max": "max", "ArgMax": "argmax"}
LET = "let"
"""The kind of a quantity that the claim itself defines; its owner is its name."""


@dataclass(frozen=True)
class Extent:
    """The size of an axis: an expression of a layer's sizes, bound to the architecture's; or a plain number."""

    node: Any
    table: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """Two extents with one key are equal, whatever the sizes."""
        if isinstance(self.node, list) and self.node[:1] == ["size"] and self.node[1] in self.table:
            return repr(self.table[self.node[1]])
        return repr((self.node, sorted((k, repr(v)) for k, v in self.table.items()))) if self.table else f"={self.node}"

    @property
    def true(self) -> int | None:
        """The number in this architecture; None where a size is left symbolic."""
        try:
            return _fold(self.node, {k: v for k, v in self.table.items() if isinstance(v, int)})
        except Rejected:
            return None

    def value(self, sizes: Mapping[str, int]) -> int:
        """The number when the architecture's sizes are replaced (by :func:`proofs.checker.simulate.reduced_sizes`)."""
        return _fold(self.node, {k: sizes[repr(v)] for k, v in self.table.items()})

    def same(self, other: Extent) -> bool:
        return self.key == other.key or (self.true is not None and self.true == other.true)

    def __str__(self) -> str:
        return str(self.true) if self.true is not None else str(self.table.get("".join(self.node[1:2]), self.node)[-1])


def _fold(node: Any, sizes: Mapping[str, int]) -> int:
    """The value of an integer expression of sizes."""
    match node:
        case bool():
            pass
        case int():
            return node
        case ["size", str(name)] if name in sizes:
            return sizes[name]
        case ["+", *terms]:
            return sum(_fold(term, sizes) for term in terms)
        case ["*", *factors]:
            result = 1
            for factor in factors:
                result *= _fold(factor, sizes)
            return result
        case ["quotient", top, bottom]:
            return _fold(top, sizes) // _fold(bottom, sizes)
    raise Rejected("shape", "is not a number here")


@dataclass(frozen=True)
class Tensor:
    """A named array: its key in the evaluator's tables and the extents of its axes."""

    kind: str
    owner: str
    axes: tuple[Extent, ...]

    @property
    def name(self) -> str:
        """As ``dyadic derive`` prints it."""
        return text_name(self.kind, self.owner)


def text_name(kind: str, owner: str) -> str:
    """The printed name of a tensor; kinds that only claims know get a readable one."""
    if kind == LET:
        return owner
    letter = f"{kind[4:]}bar" if kind.startswith("bar ") else kind.replace(" ", "")
    return letter if owner in (COST, "") else f"{letter}_{owner}"


def shown_entry(kind: str, owner: str, place: Iterable[Any]) -> str:
    """An entry as a person writes it: the right-hand side of an update by its variable's name."""
    indices = f"[{', '.join(map(str, place))}]" if place else ""
    head, _, letter = kind.partition(" ")
    if head == "rate":
        return f"d{letter}_{owner}{indices}/dt"
    if head == "from":
        return f"(what {letter} hands back to s_{owner}{indices})"
    if kind in ("bar x", "bar s"):
        return f"dE/d{letter}_{owner}{indices}"
    if head == "cost":
        return f"dC/d{letter}_{owner}{indices}"
    if head == "update":
        return f"{letter}_{owner}{indices}"
    return text_name(kind, owner) + indices


class Vocabulary:
    """Every tensor of a network by its printed name, with aliases of functions and the claim's own definitions."""

    def __init__(self, graph: Graph, functions: Mapping[str, str] | None = None) -> None:
        self.graph = graph
        self.functions = {name: name for name in FUNCTIONS} | dict(functions or {})
        self.tensors: dict[str, Tensor] = {}
        self.parameters: set[tuple[str, str]] = set()
        self.sizes: set[str] = set()
        self.extents: dict[int | str, Extent] = {}
        self._add("E", "", ())
        for name, shape in graph.inputs.items():
            self._add("x", name, tuple(self._known(extent) for extent in shape))
            self._add("bar x", name, self.axes("x", name))
        for name in graph.parents:
            self._vertex(name)
        data, table = graph.cost_content, graph.cost["sizes"]
        for extent in table.values():
            self._known(extent)
        self._add("y", COST, tuple(Extent(item, table) for item in data["gradient"]["shape"]))
        for item in data["definitions"]:
            self._definition(item, COST, table)

    def _vertex(self, name: str) -> None:
        data, table = self.graph.layers[self.graph.content[name]], self.graph.sizes[name]
        for extent in table.values():
            self._known(extent)
        for item in data["definitions"]:
            self._definition(item, name, table)
        value = self.axes(data["definitions"][-1]["kind"], name)
        self._add("E", name, ())
        for parameter in data["parameters"].values():
            extents = tuple(Extent(item, table) for item in parameter["shape"])
            self.parameters.add((parameter["kind"], name))
            self._add(parameter["kind"], name, extents)
            self._add(f"bar {parameter['kind']}", name, extents)
        for letter in "xs":
            self._add(letter, name, value)
            self._add(f"bar {letter}", name, value)

    def _definition(self, item: Any, owner: str, table: Mapping[str, Any]) -> None:
        axes = tuple(Extent(extent, table) for extent in item["shape"])
        self._add(item["kind"], owner, axes)
        self._add(f"bar {item['kind']}", owner, axes)

    def _known(self, extent: Any) -> Extent:
        """An extent of the architecture: a number, or a size given by name."""
        key = extent if isinstance(extent, int) else str(extent[1])
        if not isinstance(extent, int):
            self.sizes.add(str(extent[1]))
        return self.extents.setdefault(key, Extent(["size", "n"], {"n": extent}))

    def _add(self, kind: str, owner: str, axes: tuple[Extent, ...]) -> None:
        tensor = Tensor(kind, owner, axes)
        self.tensors.setdefault(tensor.name, tensor)

    def axes(self, kind: str, owner: str) -> tuple[Extent, ...]:
        return self.tensors[text_name(kind, owner)].axes

    def define(self, name: str, axes: tuple[Extent, ...]) -> None:
        """A quantity of the claim's own."""
        self.tensors[name] = Tensor(LET, name, axes)

    def copy(self) -> Vocabulary:
        """For one claim, whose definitions must not reach the next."""
        other = object.__new__(Vocabulary)
        other.__dict__.update(self.__dict__)
        other.tensors = dict(self.tensors)
        return other

    def extent(self, written: int | str) -> Extent:
        """A range as written: an extent of the network where there is one, else just the number."""
        if written in self.extents:
            return self.extents[written]
        if isinstance(written, int):
            return Extent(written)
        raise SpecError(f"range {written!r}", "is no size of this network", "write a number or a size's name")

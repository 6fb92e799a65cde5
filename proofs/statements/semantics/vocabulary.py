"""What the names in a claim can mean: the tensors of one network, under the names that ``dyadic derive`` prints.

A name is a letter and an owner, ``zbar_hidden``; in LaTeX ``\\bar{z}^{\\text{hidden}}`` is read as the same name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

from dyadic.proofs.checker.intake.graph import COST, Graph
from dyadic.proofs.checker.intake.kinds import adjoint, position
from dyadic.proofs.evaluate.defined_states import Sizes, sizes_of_a_state
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.statements.semantics.author_names import AuthorNames
from dyadic.proofs.statements.semantics.axis_extents import Extent
from dyadic.proofs.statements.semantics.given import GivenArray
from dyadic.proofs.statements.semantics.quantities import (
    Sense,
    Slope,
    energy_derivative,
    printed_letters,
    quantity,
    slope,
)
from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.functions import FUNCTIONS as RECORDS
from dyadic.symbolic.printing import readable_alone

FUNCTIONS = tuple(dict.fromkeys(name for name, _ in TRUE_FUNCTIONS))
WRITTEN = {one.written: name for name, one in RECORDS.items() if one.written and name in FUNCTIONS}
"""Functions by the names that papers have for them: ReLU."""
WRITTEN_REDUCTIONS = {"Sum": "sum", "LogSumExp": "logsumexp", "Max": "max", "ArgMax": "argmax", "Min": "min"}
"""By the word that is written; ``min`` is read as the negative of a largest value."""
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9}|/[1-9]\d{0,8})?\Z")
_PART = re.compile(r"(.+)\[([\d:,\s]{1,60})\]\Z")
LET = "let"
"""The kind of a quantity that the claim itself defines; its owner is its name."""
FREE = "number"
"""The kind of what is free and none of the network's, such as a learning rate; its owner is its name."""
OWN = "own"
"""The kind of an energy of the author's own; its owner is its name."""


@dataclass(frozen=True)
class NamedTensor:
    """A named array: its key in the evaluator's tables and the extents of its axes.

    own: the name that it goes by, if that is not made of its kind and owner: shared parameters and constants.
    transposed: whether a claim's indices are in the opposite order.  part: where the name is that of a part, what is
    taken along each axis: one index, a range of them, or (None) all.
    """

    kind: str
    owner: str
    axes: tuple[Extent, ...]
    own: str = ""
    transposed: bool = False
    part: tuple[int | tuple[int, int] | None, ...] = ()

    @property
    def name(self) -> str:
        """As ``dyadic derive`` prints it."""
        return self.own or text_name(self.kind, self.owner)


def text_name(kind: str, owner: str) -> str:
    """The printed name of a tensor; kinds that only claims know get a readable one."""
    if kind in (LET, FREE, OWN):
        return owner
    letters = printed_letters(kind)
    return letters if owner in (COST, "") else f"{letters}_{owner}"


def axes_kind(kind: str) -> str:
    """The kind whose axes a kind that only claims know has."""
    what = quantity(kind)
    if what.sense is Sense.RECEIVED:
        return "x"
    if what.sense is Sense.OWN:
        return energy_derivative(kind)[1]
    return what.letter if what.sense in (Sense.UPDATE, Sense.RATE, Sense.COST) else kind


def shown_entry(kind: str, owner: str, place: Iterable[Any]) -> str:
    """An entry as a person writes it: the right-hand side of an update by its variable's name."""
    indices = f"[{', '.join(map(str, place))}]" if place else ""
    what = quantity(kind)
    if what.gradient_of_energy:
        return f"dE/d{what.letter}_{owner}{indices}"
    match what.sense:
        case Sense.SLOPE:
            return _shown_slope(slope(what), owner, list(place))
        case Sense.RATE:
            return f"d{what.letter}_{owner}{indices}/dt"
        case Sense.RECEIVED:
            return f"(what {what.letter} hands back to s_{owner}{indices})"
        case Sense.OWN:
            name, below = energy_derivative(kind)
            return f"d{name}/d{text_name(below, owner)}{indices}"
        case Sense.COST:
            return f"dC/d{text_name(what.letter, owner)}{indices}"
        case Sense.UPDATE:
            return f"{what.letter}_{owner}{indices}"
    return text_name(kind, owner) + indices


def _shown_slope(what: Slope, owner: str, place: list[Any]) -> str:
    above = shown_entry(what.kind, owner, place[: what.rank])
    return f"d{above}/d{shown_entry(what.below, what.owner_below, place[what.rank :])}"


def _within(part: int | tuple[int, int] | None, axis: Extent) -> bool:
    """Whether an axis has what is taken along it."""
    if part is None:
        return True
    first, end = (part, part + 1) if isinstance(part, int) else part
    return axis.true is not None and 0 <= first < end <= axis.true


def position_of_largest(item: Any) -> Any:
    """For a definition t = Max_k ...: that of the index at which it is attained, ``arg t``; None for others."""
    body = item["body"]
    if not isinstance(body, list) or body[0] != "max":
        return None
    return {**item, "kind": position(item["kind"]), "body": ["argmax", *body[1:]]}


class Vocabulary:
    """Every tensor of a network by its printed name, with aliases of functions and the claim's own definitions.

    first: the number from which the claim counts, 0 or 1.  latex: whether it is written in LaTeX.
    solution: whether x and s are those of backpropagation.
    given: the values of constants that the architecture gives.  numbers: names that the author gave to numbers.
    energies: those of the author's own, by their names.
    exists: whether the architecture can have these numbers for the sizes that it gives by name.
    states: at which sizes a state was found from which every update is defined.
    """

    def __init__(
        self, graph: Graph, functions: Mapping[str, str] | None = None, author: AuthorNames | None = None
    ) -> None:
        self.graph = graph
        self.author = author or AuthorNames({}, {})
        self.functions = WRITTEN | {name: name for name in FUNCTIONS} | dict(functions or {})
        self.first, self.solution, self.latex = 0, False, False
        self.given: dict[tuple[str, str], GivenArray] = {}
        self.exists: Callable[[Mapping[str, int]], bool] = lambda values: True
        self.states: Callable[[], Sizes | None] = cache(partial(sizes_of_a_state, graph, {}))
        self.numbers: dict[str, Fraction] = {}
        self.energies: dict[str, Any] = {}
        self.tensors: dict[str, NamedTensor] = {}
        self.parameters: set[tuple[str, str]] = set()
        self.integers = {("x", name) for name, node in graph.inputs.items() if "below" in node}
        self.sizes: set[str] = set()
        self.extents: dict[int | str, Extent] = {}
        self._axes: dict[tuple[str, str], tuple[Extent, ...]] = {}
        self._add("E", "", ())
        if len(graph.costs) > 1:  # their weighted sum
            self._add("C", "", ())
        for name, node in graph.inputs.items():
            self._add("x", name, tuple(Extent(extent, free=True) for extent in node["shape"]))
            self._add(adjoint("x"), name, self.axes("x", name))
        for name in graph.parents:
            self._vertex(name)
        for owner in graph.costs:
            data, table = graph.cost_contents[owner], graph.costs[owner]["sizes"]
            self._add("y", owner, tuple(Extent(item, owner, table) for item in data["target_shape"]))
            if data["target_role"] == "index":
                self.integers.add(("y", owner))
            for item in data["definitions"]:
                self._definition(item, owner, table)
        self.own = {name for name, node in graph.inputs.items() if node["role"] in ("parameter", "constant")}
        named = [("x", name, name) for name in sorted(self.own)]
        for kind, name, printed in (*named, *((adjoint(kind), name, f"{name}bar") for kind, name, _ in named)):
            if readable_alone(printed) and printed not in (*self.functions, *WRITTEN_REDUCTIONS):
                self.tensors.setdefault(printed, NamedTensor(kind, name, self.axes(kind, name), printed))
        for name, meaning in self.author.plain.items():
            self._alias(name, meaning)

    def _alias(self, name: str, meaning: str) -> None:
        """An author's name for a quantity, for a matrix transposed or a row, for a number, or for one that is free."""
        if meaning == FREE or _NUMBER.match(meaning):
            if name in self.tensors or name in self.sizes:
                raise self._taken(name)
            if meaning == FREE:
                self.free_number(name)
            else:
                self.numbers[name] = Fraction(meaning)
            return
        printed = meaning.removesuffix("^T").strip()
        tensor = self.tensors.get(printed) or self._part(printed)
        if tensor is None:
            close = difflib.get_close_matches(printed, list(self.tensors), n=1)
            hint = f"did you mean {close[0]!r}?" if close else "see `dyadic derive`"
            raise SpecError(f"names.{name}", f"{meaning[:40]!r} is no quantity of this network", hint)
        known = self.tensors.get(name, tensor)
        if (known.kind, known.owner) != (tensor.kind, tensor.owner) and name != "y":  # the outputs, in many books
            raise self._taken(name)
        visible = len(tensor.axes) - sum(isinstance(part, int) for part in tensor.part)
        if meaning.endswith("^T") and visible not in (1, 2):
            raise SpecError(f"names.{name}", f"{printed} is no vector or matrix", "drop ^T")
        self.tensors[name] = replace(tensor, own=name, transposed=meaning.endswith("^T"))

    def _taken(self, name: str) -> SpecError:
        """What is said of a name that means something else already."""
        tensor = self.tensors.get(name)
        what = "a size of this network" if tensor is None else self._in_words(tensor)
        return SpecError(f"names.{name}", f"is the name of another quantity: {what}", f"use another, such as {name}_1")

    def _in_words(self, tensor: NamedTensor) -> str:
        """What a quantity of the network is, for those who took its name for a free one."""
        place, vertex = f" of {tensor.owner}", tensor.owner in self.graph.parents
        words = {
            "E": f"a term of the energy, that{place}" if vertex else "the energy of the network",
            "C": "the cost" if tensor.owner in self.graph.costs and len(self.graph.costs) == 1 else "a cost",
            "y": "the target of the cost",
            "x": f"the activation{place}" if vertex else f"the input {tensor.owner}",
            "s": f"the sensitivity{place}",
        }
        printed = text_name(tensor.kind, tensor.owner)
        return words.get(tensor.kind, f"{printed}, as `dyadic derive` prints it")

    @property
    def letter_extents(self) -> dict[str, Extent]:
        """The ranges of indices that go by their letter, where all the author's names with it agree."""
        found: dict[str, list[Extent]] = {}
        for name, letters in self.author.lettered.values():
            if name in self.tensors and not self.defined_here(name) and len(self.tensors[name].axes) == len(letters):
                for letter, axis in zip(letters, self.tensors[name].axes, strict=True):
                    found.setdefault(letter, []).append(axis)
        return {letter: axes[0] for letter, axes in found.items() if all(map(axes[0].same, axes))}

    def _part(self, written: str) -> NamedTensor | None:
        """A part of a tensor: ``W_h[0:2, :]``, ``x_n[0, :]``; None where there is none."""
        match = _PART.match(written)
        tensor = match and self.tensors.get(match[1])
        if match is None or tensor is None:
            return None
        part: list[int | tuple[int, int] | None] = []
        for piece, axis in zip(match[2].split(","), tensor.axes, strict=False):
            first, colon, end = piece.strip().partition(":")
            if not colon:
                part.append(int(first) if first.isdigit() else -1)
            else:
                part.append((int(first or 0), int(end or axis.true or -1)) if first or end else None)
        fits = len(part) == len(tensor.axes) == match[2].count(",") + 1
        return replace(tensor, part=tuple(part)) if fits and all(map(_within, part, tensor.axes)) else None

    def _vertex(self, name: str) -> None:
        data, table = self.graph.layers[self.graph.content[name]], self.graph.sizes[name]
        for item in data["definitions"]:
            self._definition(item, name, table)
        value = self.axes(data["definitions"][-1]["kind"], name)
        self._add("E", name, ())
        for parameter in data["parameters"].values():
            extents = tuple(Extent(item, name, table) for item in parameter["shape"])
            self.parameters.add((parameter["kind"], name))
            self._add(parameter["kind"], name, extents)
            self._add(adjoint(parameter["kind"]), name, extents)
        for letter in "xs":
            self._add(letter, name, value)
            self._add(adjoint(letter), name, value)

    def _definition(self, item: Any, owner: str, table: Mapping[str, Any]) -> None:
        axes = tuple(Extent(extent, owner, table) for extent in item["shape"])
        self._add(item["kind"], owner, axes)
        self._add(adjoint(item["kind"]), owner, axes)
        if position_of_largest(item):
            self._add(position(item["kind"]), owner, axes)
            self.integers.add((position(item["kind"]), owner))

    def _add(self, kind: str, owner: str, axes: tuple[Extent, ...]) -> None:
        tensor = NamedTensor(kind, owner, axes)
        self.tensors.setdefault(tensor.name, tensor)
        self._axes[kind, owner] = axes
        for axis in axes:
            bound = axis.true
            self.extents.setdefault(str(axis) if bound is None else bound, axis)
            if bound is None:
                self.sizes.add(str(axis))

    def axes(self, kind: str, owner: str) -> tuple[Extent, ...]:
        return self._axes[kind, owner]

    def tensor_keys(self) -> list[tuple[str, str]]:
        """(kind, owner) of every tensor."""
        return list(self._axes)

    def trained(self, tensor: NamedTensor) -> bool:
        """Whether it is a parameter, of a layer or shared."""
        shared = tensor.kind == "x" and tensor.owner in self.graph.shared
        return shared or (tensor.kind, tensor.owner) in self.parameters

    def shown(self, label: str) -> str:
        """The label of an entry with the name that is printed for it."""
        head, bracket, place = label.partition("[")
        return f"{head[2:]}{bracket}{place}" if head[:2] == "x_" and head[2:] in self.own else label

    @property
    def drawn(self) -> set[tuple[str, str]]:
        """What stays free: parameters, inputs and targets, and off the solution the states of the vertices."""
        free = {
            (kind, owner) for kind, owner in self._axes if kind == "y" or (kind == "x" and owner in self.graph.inputs)
        }
        states = {(letter, name) for name in self.graph.parents for letter in "xs"}
        return free | self.parameters | (set() if self.solution else states)

    @property
    def integer_names(self) -> list[tuple[str, tuple[str, str]]]:
        """The names of integer tensors, longest first, those that the author gave among them."""
        found = [(text_name(*key), key) for key in self.integers]
        named = [self.tensors[name] for name in self.author.plain if name in self.tensors]
        found += [(t.name, (t.kind, t.owner)) for t in named if (t.kind, t.owner) in self.integers]
        return sorted(found, key=lambda pair: -len(pair[0]))

    @property
    def given_integers(self) -> list[tuple[str, str]]:
        """The integer inputs and targets."""
        return sorted(key for key in self.integers if key[0] in ("x", "y"))

    def knows(self, name: str) -> bool:
        """Whether a name has a meaning already."""
        return any(name in known for known in (self.tensors, self.numbers, self.sizes, self.functions))

    def defined_here(self, name: str) -> bool:
        """Whether a name is that of a quantity that the claim defines."""
        return name in self.tensors and self.tensors[name].kind == LET

    def free_number(self, name: str, axes: tuple[Extent, ...] = ()) -> None:
        """A number that is free, or a tensor of such."""
        self.tensors[name] = NamedTensor(FREE, name, axes, name)
        self._axes[FREE, name] = axes

    def own_energy(self, name: str, body: Any) -> None:
        """An energy of the author's own."""
        self.energies[name] = body
        self.tensors[name] = NamedTensor(OWN, name, (), name)
        self._axes[OWN, name] = ()

    def is_variable(self, kind: str, owner: str) -> bool:
        """Whether an energy of the author's own can be differentiated by it: what is free off the solution."""
        free = kind in ("x", "s", "y", FREE) or (kind, owner) in self.parameters
        return free and (kind, owner) not in self.integers

    def slope(self, above: tuple[str, str], below: tuple[str, str]) -> tuple[str, str]:
        """The kind and owner of d(above)/d(below), whose axes are those of both, one after the other."""
        axes = self.axes(*above)
        found = Slope(above[0], len(axes), *below).as_kind, above[1]
        self._axes[found] = (*axes, *self.axes(*below))
        return found

    def computed(self, kind: str, owner: str) -> bool:
        """Whether it is a quantity of the forward pass that is computed, hence can be differentiated."""
        graph = self.graph
        if kind == "x":
            return owner in graph.parents
        if owner not in (*graph.parents, *graph.costs) or (kind, owner) in self.integers:
            return False
        data = graph.cost_contents[owner] if owner in graph.costs else graph.layers[graph.content[owner]]
        return any(item["kind"] == kind for item in data["definitions"])

    def varied(self, kind: str, owner: str) -> bool:
        """Whether it is an input or a parameter of real numbers."""
        given = (kind, owner) in self.parameters or (kind == "x" and owner in self.graph.inputs)
        return given and (kind, owner) not in self.integers

    def define(self, name: str, axes: tuple[Extent, ...], row: bool = False) -> None:
        """A quantity of the claim's own; ``row``: a vector that was defined as one."""
        self.tensors[name] = NamedTensor(LET, name, axes, transposed=row)
        self._axes[LET, name] = axes

    @property
    def targets_renamed(self) -> bool:
        """Whether the targets have another name, so that y may be defined as something else."""
        return "y" in self.author.plain.values() and "y" not in self.author.plain

    def copy(self) -> Vocabulary:
        """For one claim, whose definitions must not reach the next."""
        other = object.__new__(Vocabulary)
        other.__dict__.update(self.__dict__)
        other.tensors, other._axes, other.energies = dict(self.tensors), dict(self._axes), dict(self.energies)
        return other

    def extent(self, written: int | str) -> Extent:
        """A range as written: an extent of the network where there is one, else just the number."""
        if written in self.extents:
            return self.extents[written]
        if written == 0:
            raise SpecError("range 0", "has no value: nothing would be compared", "write how many values there are")
        if isinstance(written, int):
            return Extent(written)
        raise SpecError(
            f"range {written!r}", f"{written!r} is no size of this network", "write a number or a size's name"
        )

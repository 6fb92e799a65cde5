"""A layer for all sizes: the same equations with sizes that are variables, and the theorem that Coq proves of them.

A network's layer is an instance of its kind; Coq compares the two.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from dyadic.proofs.methods.formal.extents import Size, SizeTerm, evaluated, written
from dyadic.proofs.methods.formal.product_terms import Node, ReadLayer, pairing_terms, parsed, read_equation
from dyadic.proofs.methods.formal.script import WrittenLayer, costs_as_layer, layer_text, written_layer
from dyadic.proofs.methods.formal.size_trials import SizeTrial
from dyadic.proofs.methods.formal.tensors import Inexpressible, PlacedLayer, Tensors, escaped
from dyadic.proofs.methods.formal.variable_changes import TermClass, classes

Extent = TypeVar("Extent")
TRIALS = 2
"""With how many choices of sizes a change of variables is tried before Coq sees it."""


@dataclass(frozen=True)
class Kind:
    """A layer for all sizes.

    layer: its equations.  sizes: its size variables by their names in Coq, with their numbers in the network.
    shapes: of all its tensors.
    """

    layer: WrittenLayer
    sizes: dict[str, int]
    shapes: dict[str, list[Size]]

    @property
    def binders(self) -> str:
        """The size variables, as arguments."""
        return " ".join(self.sizes)


def kind_of(placed: WrittenLayer, sizes: Mapping[str, int], table: Tensors, functions: list[str]) -> Kind:
    """The kind of a layer of a network.

    sizes: the numbers that its sizes are there.  table: the tensors there.  functions: those that the network applies.
    """
    content, own = placed.layer.content, Tensors()
    variables = Variables()
    symbols: dict[str, Size] = {name: variables.new(name, value) for name, value in sizes.items()}
    layer = PlacedLayer(placed.layer.place, content, symbols, own)
    inputs = []
    for slot, declared in zip(content["inputs"], content["input_shapes"], strict=True):
        tensor = placed.layer.tensors["x", slot]
        shape = [layer.size(extent) for extent in declared]
        if tensor in table.one_hot:
            shape.append(variables.new(f"range of {slot}", table.shape(tensor)[-1]))
        inputs.append(own.new("Datum" if tensor in table.one_hot else "Activation", shape))
        if tensor in table.one_hot:
            own.one_hot.add(inputs[-1])
    return Kind(written_layer(layer, functions, inputs, False), variables.values, own.shapes)


def kind_of_costs(certificate: Any, table: Tensors, functions: list[str]) -> Kind:
    """The kind of a network's costs, as one layer.

    table: the tensors of the network.  Where parameters decay, every axis of every one of them is a size of its own.
    """
    architecture, own, variables = certificate["architecture"], Tensors(), Variables()
    for k in range(table.counts.get("Param", 0) if architecture["decay"] != 0 else 0):
        extents = enumerate(table.shape(f"Param {k}"))
        own.new("Param", [variables.new(f"theta {k} {axis}", extent) for axis, extent in extents])
    costs, inputs = {}, []
    for name, cost in architecture["costs"].items():
        symbols = {size: variables.new(f"{name} {size}", value) for size, value in cost["sizes"].items()}
        costs[name] = {**cost, "sizes": symbols}
        shape = PlacedLayer(name, None, dict(symbols), own)
        inputs.append(own.new("Activation", [shape.size(e) for e in certificate["costs"][cost["cost"]]["shape"]]))
    content = costs_as_layer({**certificate, "architecture": {**architecture, "costs": costs}}, own)
    layer = PlacedLayer(", ".join(costs), content, {}, own)
    return Kind(written_layer(layer, functions, inputs, True), variables.values, own.shapes)


@dataclass
class Variables:
    """Size variables by their names in Coq, with the numbers that they are in the network."""

    values: dict[str, int] = field(default_factory=dict)

    def new(self, name: str, value: Any) -> SizeTerm:
        """A further variable."""
        if not isinstance(value, int):
            raise Inexpressible("a size is a name")
        word = f"size{len(self.values)}_{escaped_size(name)}"  # numbered, since two names can escape to one word
        self.values[word] = value
        return SizeTerm(word)


def escaped_size(name: str) -> str:
    """A size's name as a word of Coq."""
    return escaped(name).replace("<", "_").replace(">", "_")


def read_kind(of: Kind) -> ReadLayer:
    """The kind's equations, read back from their text."""
    groups = {name: tuple(read_equation(text) for *_, text in group) for name, group in of.layer.equations.items()}
    shapes = _by_tensor(of, lambda size: parsed(f"(Z.to_nat {written(size)})")[0])
    return ReadLayer(
        of.layer.is_cost, groups["inner"], groups["positions"], groups["backward"] + groups["gradients"], shapes
    )


def trials(of: Kind) -> list[SizeTrial]:
    """Some choices of sizes at which no shape has an axis without entries."""
    rng, found = random.Random(0), []
    for attempt in range(1000):
        sizes = {name: rng.randint(1, 3 + attempt // 20) for name in of.sizes}
        shapes = _by_tensor(of, partial(evaluated, values=sizes))
        if all(n > 0 for shape in shapes.values() for n in shape):
            found.append(SizeTrial(sizes, shapes))
        if len(found) == TRIALS:
            return found
    raise Inexpressible("no sizes are found at which all shapes have entries")


def _by_tensor(of: Kind, extent: Callable[[Size], Extent]) -> dict[tuple[str, str], tuple[Extent, ...]]:
    """The shapes by family and number; a sensitivity has that of its tensor."""
    shapes = {}
    for name, shape in of.shapes.items():
        family, number = name.split()
        shapes[family, number] = tuple(map(extent, shape))
        if family == "Inner":
            shapes["Sensitivity", number] = shapes[family, number]
    return shapes


def source(of: Kind) -> str:
    """The file that states and proves the kind's theorem.

    Raises :class:`dyadic.proofs.methods.formal.variable_changes.Unmatched` where the terms are not seen to cancel.
    """
    read = read_kind(of)
    terms = pairing_terms(read)
    cancelled = classes(terms, trials(of))
    chosen = {d.target: read.position(d.target) for d in read.inner if d.body[0] == "Maximum"}
    return _FILE.format(
        binders=f"({of.binders} : Z)" if of.sizes else "",
        arguments=of.binders,
        dims=" | ".join(f"{name} => [{'; '.join(map(written, shape))}]" for name, shape in of.shapes.items()),
        layer=layer_text(of.layer),
        chosen="".join(f"{' '.join(name)} => {place} | " for name, place in chosen.items()),
        classes=";\n   ".join(map(_class, cancelled)),
        forall=f"forall {of.binders} : Z, " if of.sizes else "",
        positive="".join(f"(0 < {name})%Z -> " for name in of.sizes),
    )


def _class(of: TermClass) -> str:
    if of.others is None:
        return f"Nothing {of.first}"
    members = "; ".join(
        f"Member {place} {_forms(change.there)} {_forms(change.back)} [{'; '.join(map(str, change.picks))}]"
        for place, change in of.others
    )
    return f"Together {of.first} [{members}]"


def _forms(forms: Sequence[Node]) -> str:
    return f"[{'; '.join(map(_node, forms))}]"


def _node(node: Node) -> str:
    return node if isinstance(node, str) else f"({' '.join(map(_node, node))})"


_FILE = """(** A layer for all sizes. *)
From Coq Require Import Reals List ZArith QArith Lia.
From Dyadic Require Import Equations Derivatives Polynomials Pairing Boxes Terms Matching AllSizes Cancelling.
Import ListNotations.
Open Scope nat_scope.

Definition dims {binders} (t : name) : list Z :=
  (match t with {dims} | _ => [] end)%Z.

Definition kind {binders} : layer := {layer}.

(* which of the positions is that of a maximum, and the classes of terms that cancel *)
Definition chosen (t : name) : nat := match t with {chosen}_ => 0 end.
Definition cancelled {binders} : list class :=
  [{classes}].

(** At all points where the definitions hold, in all directions, for all functions: the printed equations are the
    adjoints.  No shape has an axis without entries, and no maximum is over nothing. *)
Theorem for_all_sizes : {forall}{positive}
  let its_dims := dims {arguments} in let its_layer := kind {arguments} in
  positive_shapes its_dims its_layer -> maxima_over_something its_dims its_layer = true ->
  forall F, (forall o z, F 0%nat o z = exp z) -> pairing_holds F its_dims its_layer.
Proof.
  intros. apply (identity_for_all_sizes its_dims F ltac:(assumption) its_layer chosen (cancelled {arguments}));
    [well_indexed_terms | assumption | assumption | cancel_terms].
Qed.
"""

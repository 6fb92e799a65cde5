"""The Coq file that states and proves the theorem of one network, from its certificate.

The file holds the shapes, one layer for every vertex and one for the cost, and the ranks.  Its lemma ``accepted`` is
proved by computation; its theorem ``this_network`` is ``printed_backpropagation`` of proofs/coq/Emitted.v for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from dyadic.proofs.checker.assumptions import is_held
from dyadic.proofs.checker.intake.names import REDUCTIONS, applied
from dyadic.proofs.methods.formal.contents import complete, cost_as_layer, decayed, numbered, together, weighted
from dyadic.proofs.methods.formal.coq_terms import TermWriter, function_number
from dyadic.proofs.methods.formal.extents import Size
from dyadic.proofs.methods.formal.listed_demands import demands
from dyadic.proofs.methods.formal.tensors import Inexpressible, PlacedLayer, Tensors, escaped


@dataclass
class WrittenLayer:
    """One layer as it stands in the file: where each equation comes from, and its text.

    equations: (target, the certificate's definition, the text), in five groups.
    """

    layer: PlacedLayer
    is_cost: bool
    equations: dict[str, list[tuple[str, Any, str]]] = field(default_factory=dict)

    @property
    def work(self) -> int:
        """About how many terms the kernel has to write out."""
        return sum(
            prod(map(self.layer.integer, self.layer.table.shape(target))) * _terms(self.layer, item["body"])
            for group in self.equations.values()
            for target, item, _ in group
        )


@dataclass
class Network:
    """A network as Coq sees it.

    asked: what its theorem asks of the points of evaluation.  instances: for layers whose kind is proved for all sizes,
    in one of the files ``kinds``, the lemma that says so.
    """

    layers: list[WrittenLayer]
    table: Tensors
    ranks: list[int]
    half: int
    functions: list[str]
    asked: list[str]
    kinds: list[str] = field(default_factory=list)
    instances: Mapping[int, str] = field(default_factory=dict)

    @property
    def everywhere(self) -> bool:
        """Whether nothing has to be assumed of the points of evaluation."""
        return not self.asked

    @property
    def source(self) -> str:
        """The text of the file."""
        return _FILE.format(
            functions=", ".join(f"{function_number(f, self.functions)} = {escaped(f)}" for f in self.functions)
            or "none",
            dims=" | ".join(map(self._shapes, ("Param", "Activation", "Datum", "Inner"))),
            layers="\n".join(map(_layer, range(len(self.layers)), self.layers)),
            names=_listed([f"layer{v}" for v in range(len(self.ranks))]),
            ranks=_listed(self.ranks),
            n=len(self.ranks),
            P=self.table.counts.get("Param", 0),
            L=self.half,
            cost=f"layer{len(self.ranks)}",
            kinds="".join(f"From Dyadic Require {name}.\n" for name in self.kinds),
            instances="".join(self.instances.values()),
            flags=_listed(["true" if v in self.instances else "false" for v in range(len(self.layers))]),
            shown="".join(f"(conj (instance{v} F F_exp) " for v in self.instances) + "I" + ")" * len(self.instances),
            asked=_JOIN.join(self.asked),
            hypothesis="" if self.everywhere else _HYPOTHESIS.format(arguments=self._arguments),
            smooth="intros c []" if self.everywhere else "exact asked_is_met",
        )

    def _shapes(self, family: str) -> str:
        """A list: Coq reads a case for every tensor in a time that grows with the square of their number."""
        count = self.table.counts.get(family, 0)
        shapes = [f"[{_listed(self.table.shapes[f'{family} {k}'])}]" for k in range(count)]
        return f"{family} k => nth k [{_listed(shapes)}] []"

    @property
    def _arguments(self) -> str:
        return f"dims {len(self.ranks)} {self.table.counts.get('Param', 0)} layers cost_layer data theta"


def network(certificate: Any) -> Network:
    """The network of a certificate that claims its ``steps``.  Raises :class:`Inexpressible`, naming the layer."""
    architecture, table = certificate["architecture"], Tensors()
    steps = certificate["steps"]
    if steps % 2:
        raise Inexpressible("the theorem in Coq is about an even number of steps")
    for name in sorted(applied([certificate["layers"], certificate["costs"]])):
        if is_held(name):
            raise Inexpressible(f"{name} holds its value constant: its derivative in Coq is that of the value")
    where = {name: _input(node, table, name) for name, node in architecture["inputs"].items()}
    functions: list[str] = []
    layers = []
    for vertex in architecture["vertices"]:
        layer = PlacedLayer(vertex["name"], complete(certificate["layers"][vertex["layer"]]), vertex["sizes"], table)
        layers.append(_placed(layer, functions, [where[name] for name in vertex["inputs"]], False))
        where[vertex["name"]] = f"Activation {len(layers) - 1}"
    layer = PlacedLayer(", ".join(architecture["costs"]), costs_as_layer(certificate, table), {}, table)
    layers.append(_placed(layer, functions, [where[cost["input"]] for cost in architecture["costs"].values()], True))
    ranks = [certificate["ranks"]["x"][vertex["name"]] for vertex in architecture["vertices"]]
    asked = demands([[text for *_, text in layer.equations["inner"]] for layer in layers])
    return Network(layers, table, ranks, steps // 2, functions, asked)


def _input(node: Any, table: Tensors, name: str) -> str:
    shape = [*node["shape"], node["below"]] if node["role"] == "index" and "below" in node else node["shape"]
    if not all(isinstance(extent, int) for extent in shape):
        raise Inexpressible(f"input {name}: a size is a name")
    tensor = table.new("Param" if node["role"] == "parameter" else "Datum", list(shape))
    if node["role"] == "index":
        if "below" not in node:
            raise Inexpressible(f"input {name}: integers without a bound")
        table.one_hot.add(tensor)
    return tensor


def costs_as_layer(certificate: Any, table: Tensors) -> Any:
    """All costs and the decay as the content of one layer; its targets are new tensors."""
    architecture = certificate["architecture"]
    contents, targets = [], {}
    for number, (name, cost) in enumerate(architecture["costs"].items()):
        content = weighted(cost_as_layer(certificate["costs"][cost["cost"]]), cost["weight"])
        sizes = PlacedLayer(name, content, cost["sizes"], table)
        shape = [sizes.size(e) for e in content["target_shape"]]
        is_index = content["target_role"] == "index"
        target = table.new("Datum", [*shape, _classes(content, sizes)] if is_index else shape)
        if is_index:
            table.one_hot.add(target)
        contents.append(numbered(content, number, sizes.size))
        targets["y", contents[-1]["definitions"][-1]["owner"]] = target
    parameters = {name: shape for name, shape in table.shapes.items() if name.startswith("Param ")}
    targets |= {(f"theta {k}", "v"): name for k, name in enumerate(parameters)}
    return {**decayed(together(contents), architecture["decay"], list(parameters.values())), "targets": targets}


def _placed(layer: PlacedLayer, functions: list[str], inputs: list[str], is_cost: bool) -> WrittenLayer:
    """The equations of a layer or of the costs.  Raises :class:`Inexpressible`, naming the layer."""
    try:
        return written_layer(layer, functions, inputs, is_cost)
    except Inexpressible as error:
        raise Inexpressible(f"{layer.place}: {error}") from error


def written_layer(layer: PlacedLayer, functions: list[str], inputs: list[str], is_cost: bool) -> WrittenLayer:
    """The equations of a layer that reads the tensors ``inputs``."""
    content, table, tensors = layer.content, layer.table, layer.tensors
    for name, extent in content["extents"].items():
        layer.sizes = {**layer.sizes, name: layer.size(extent)}
    tensors.update({("x", slot): tensor for slot, tensor in zip(content["inputs"], inputs, strict=True)})
    for parameter in content["parameters"].values():
        tensors[parameter["kind"], "v"] = table.new("Param", [layer.size(e) for e in parameter["shape"]])
    tensors.update(content.get("targets", {}))
    arguments = [item for item in content["intermediates"] if item["kind"].startswith("arg ")]
    for item in (*content["definitions"], *arguments):
        inner = table.new("Inner", [layer.size(e) for e in item["shape"]])
        tensors[item["kind"], item["owner"]] = inner
        tensors["bar " + item["kind"], item["owner"]] = inner.replace("Inner", "Sensitivity")
    last = content["definitions"][-1]
    if not is_cost:
        tensors["s", "v"] = tensors["bar " + last["kind"], last["owner"]]
        table.new("Activation", table.shape(tensors[last["kind"], last["owner"]]))
    return _equations(WrittenLayer(layer, is_cost), TermWriter(layer, functions), arguments)


def _equations(written: WrittenLayer, terms: TermWriter, arguments: list[Any]) -> WrittenLayer:
    layer = written.layer
    content, tensors = layer.content, layer.tensors
    sensitivities = {(item["kind"], item["owner"]): item for item in content["intermediates"]}
    backward = [(f"bar {item['kind']}", item["owner"]) for item in reversed(content["definitions"][:-1])]
    missing = [key for key in backward if key not in sensitivities]
    extra = [key for key in sensitivities if key[0].startswith("bar ") and key not in backward]
    if missing or extra:
        raise Inexpressible(f"an intermediate without its sensitivity, or the reverse: {(*missing, *extra)}")
    slots = [(tensors["x", item["owner"]], item) for item in content["adjoints"]]
    gradients = [(tensors[item["kind"].removeprefix("bar "), "v"], item) for item in content["gradients"].values()]
    groups: dict[str, list[tuple[str, Any]]] = {
        "inner": [(tensors[item["kind"], item["owner"]], item) for item in content["definitions"]],
        "positions": [(tensors[item["kind"], item["owner"]], item) for item in arguments],
        "backward": [(tensors[key], sensitivities[key]) for key in backward],
        "gradients": [(target, item) for target, item in slots if not target.startswith("Datum")] + gradients,
    }
    for name, group in groups.items():
        written.equations[name] = [(target, item, terms.equation(target, item)) for target, item in group]
    return written


def _classes(content: Any, layer: PlacedLayer) -> Size:
    """How many values an integer target takes: the length of the axis that it selects from."""
    names = {extent[1] for extent in content["shape"] if isinstance(extent, list) and extent[0] == "size"}
    used = {extent[1] for extent in content["target_shape"] if isinstance(extent, list) and extent[0] == "size"}
    if len(names - used) != 1:
        raise Inexpressible("a target of integers whose range is not one size")
    return layer.size(["size", *(names - used)])


def _terms(layer: PlacedLayer, e: Any) -> int:
    if not isinstance(e, list):
        return 1
    if e[0] in REDUCTIONS:
        return max(1, layer.integer(e[2])) * _terms(layer, e[3])
    if e[0] in ("+", "*", "apply"):
        return sum(_terms(layer, part) for part in e[1:] if isinstance(part, list)) or 1
    return 1


def _listed(items: Any) -> str:
    return "; ".join(map(str, items))


def _layer(number: int, written: WrittenLayer) -> str:
    return f"(* {escaped(written.layer.place)} *)\nDefinition layer{number} : layer := {layer_text(written)}."


def layer_text(written: WrittenLayer) -> str:
    """The layer as a term of Coq."""
    groups = {name: [text for *_, text in group] for name, group in written.equations.items()}
    *inner, result = groups["inner"]
    lists = [
        f"[{_JOIN.join(texts)}]" for texts in (inner, groups["positions"], groups["backward"], groups["gradients"])
    ]
    return (
        f"Layer {'true' if written.is_cost else 'false'}\n"
        f"  {lists[0]}\n  ({result})\n  {lists[1]}\n  {lists[2]}\n  {lists[3]}"
    )


_JOIN = ";\n   "
_HYPOTHESIS = """  Hypothesis asked_is_met : forall c, In c asked -> demand_met others {arguments} c.
"""
_FILE = """(** The theorem of one network, written from its certificate. *)
From Coq Require Import Reals List ZArith QArith.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Network Equations Derivatives Polynomials Pairing Coordinates Printed.
From Dyadic Require Import NetworkTensors Emitted Functions Demands Instances.
{kinds}Import ListNotations.
Open Scope nat_scope.

(* Functions by number: {functions} *)
Definition dims (t : name) : list Z :=
  (match t with {dims} | Sensitivity _ => [] end)%Z.

{layers}

Definition cost_layer : layer := {cost}.
Definition layers (v : nat) : layer := nth v [{names}] cost_layer.
Definition rank (v : nat) : nat := nth v [{ranks}] 0.

{instances}
(* The layers, the cost last, whose adjoints are proved for all sizes; of the others this is computed at these sizes. *)
Definition by_kind (v : nat) : bool := nth v [{flags}] false.
Lemma by_kind_holds : forall F, (forall o z, F 0 o z = exp z) ->
  forall v, by_kind v = true -> pairing_holds F dims (layer_at {n} layers cost_layer v).
Proof.
  intros F F_exp. apply (shown_holds F dims [{flags}] [{names}] cost_layer).
  exact {shown}.
Qed.

Lemma network_accepted : accepted dims {n} {P} layers cost_layer {L} rank by_kind = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

(* What is asked of the numbers that feeding forward gives; Demands.v says what it means. *)
Definition asked : list demand :=
  [{asked}].
Lemma asked_is_all : demands {n} layers cost_layer = asked.
Proof. vm_cast_no_check (eq_refl asked). Qed.

Section Statement.
  Variable others : functions.           (* the functions that Functions.v does not define *)
  Variable data : nat -> Z -> R.         (* inputs and target *)
  Variable theta : Theta dims {P}.       (* all parameters *)
  Notation F := (standard_functions others).
  Notation f := (vertex_map F dims {P} layers data).
  Notation cost := (cost F dims {n} {P} cost_layer data).
  Notation run := (printed_run F dims {n} {P} layers cost_layer data theta).
  Notation gradient := (printed_gradient F dims {n} {P} layers cost_layer data theta).
{hypothesis}
  Theorem this_network : forall start, let z := run (2 * {L}) start in
    (forall v, v < {n} -> fst z v = f v (feedforward f theta v)) /\\
    (forall v, v < {n} -> filterdiff (fun y => cost (feedforward_with f theta v y {n}))
                           (locally (fst z v)) (pair dims (snd z v))) /\\
    filterdiff (feedforward_cost f cost) (locally theta) (pair_parameters dims {P} (gradient z)).
  Proof.
    apply (printed_backpropagation F (fun _ _ => eq_refl) dims {n} {P} layers cost_layer data {L} rank by_kind
             (by_kind_holds F (fun _ _ => eq_refl)) theta network_accepted).
    apply (demands_suffice others). rewrite asked_is_all. {smooth}.
  Qed.
End Statement.
Print Assumptions this_network.
"""

"""The numbers and the witness of a claim: each number is the network's own or within what it can be.

A number that nothing bounds would be printed as if it had been counted, a text in a witness as if it had been found.
"""

from __future__ import annotations

import json
from typing import Any

from dyadic.proofs.checker.evaluation.kind_pairing import possible_sizes
from dyadic.proofs.checker.evaluation.smooth_entries import conditions_on_entries
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.own_witness import check_constants, own_numbers
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.witness_forms import WITNESSES, edge_of

REPLAYED = ("variational", "tightness:structure", "nonreciprocity:structure")
"""Kinds whose witness is read where it is replayed."""
OWN = ("tightness", "nonreciprocity")
"""Kinds that exhibit numbers, of the network itself or of its layers at other sizes or with other constants."""


def check_figures(graph: Graph, claim: Any, where: str) -> None:
    """Raises :class:`Rejected` for a number that cannot be, or a witness of another form than the claim's kind has."""
    kind, numbers, proved = claim["kind"], claim["numbers"], claim["verdict"] == "proved"
    if kind == "printed":
        _printed(graph, claim, where)
    if kind == "schedules" and not 1 <= numbers["schedules"] <= 100:
        raise Rejected(f"{where}.numbers.schedules", "is out of range")
    if kind == "formal":
        _formal(graph, claim, where)
    if proved and kind not in REPLAYED:
        _witness(graph, claim, f"{where}.witness")
        if kind in OWN:
            _own(graph, claim, where)


def _printed(graph: Graph, claim: Any, where: str) -> None:
    """As many equations and intermediates as there are, each once, were compared or left out."""
    numbers = claim["numbers"]
    items = {
        json.dumps(item, sort_keys=True)
        for equation in graph.equations.values()
        for item in (equation["definition"], *equation["where"])
    }
    if numbers["left_out"] < 0 or (numbers["left_out"] and claim["subject"]["notation"] == "text"):
        raise Rejected(f"{where}.numbers.left_out", "is out of range")
    compared = len(items) - numbers["left_out"]
    if claim["verdict"] == "proved" and (numbers["compared"] != compared or compared < 1):
        reason = f"is {numbers['compared']}, but of {len(items)} equations {numbers['left_out']} were left out"
        raise Rejected(f"{where}.numbers.compared", reason)
    if not 0 <= numbers["compared"] <= compared:
        raise Rejected(f"{where}.numbers.compared", "is out of range")


def _formal(graph: Graph, claim: Any, where: str) -> None:
    """As many layers as there are, the costs being one; and nothing is left to ask only where no equation asks."""
    numbers, layers = claim["numbers"], len(graph.vertices) + 1
    if not 0 <= numbers["kinds"] <= layers:
        raise Rejected(f"{where}.numbers.kinds", f"is out of range, with {layers} layers")
    if numbers["parts"] != layers:
        raise Rejected(f"{where}.numbers.parts", f"is {numbers['parts']}, but the network's is {layers}")
    if numbers["smooth"] and conditions_on_entries(graph.vertices, graph.layers, graph.costs, graph.kinds):
        raise Rejected(f"{where}.numbers.smooth", "is 1, but the equations ask something of the network's numbers")


def _witness(graph: Graph, claim: Any, where: str) -> None:
    kind, numbers, witness = claim["kind"], claim["numbers"], claim["witness"]
    has = kind in WITNESSES
    if kind in ("adjoint", "gradient"):
        has = not numbers["all_sizes"]
    elif kind == "nonreciprocity":
        has = bool(numbers["reads"])
    elif kind == "stepsize":
        has = claim["subject"]["part"] == "network"
    if not has:
        if witness is not None:
            raise Rejected(where, "is there, but a claim of this kind has none")
        return
    WITNESSES[kind](witness, where)
    if kind == "schedules" and len(set(witness["seeds"])) != numbers["schedules"]:
        raise Rejected(f"{where}.seeds", "are not one for each schedule")
    if kind in ("adjoint", "gradient"):
        _sizes(graph.contents()[claim["subject"]["content"]][0], witness["runs"], f"{where}.runs")
    if kind == "nonreciprocity":
        _edge(graph, witness, where)
    if kind == "tightness" and witness["variable"].removeprefix("s:") not in graph.parents:
        raise Rejected(f"{where}.variable", "is none of this network")
    if kind in OWN:
        check_constants(graph, witness, where)


def _sizes(content: Any, runs: list[Any], where: str) -> None:
    """The sizes at which a layer or cost is said to have been evaluated are sizes that it can have."""
    for position, run in enumerate(runs):
        place, extents = f"{where}[{position}].sizes", content.get("extents", {})
        table = possible_sizes(content, {n: k for n, k in run["sizes"].items() if n not in extents}, place)
        if any(table[name] != k for name, k in run["sizes"].items()):
            raise Rejected(place, "do not follow the shape rule")


def _own(graph: Graph, claim: Any, where: str) -> None:
    """Whether the claim is about the network itself follows from the sizes and the constants of its witness."""
    wanted = own_numbers(graph, claim["kind"], claim["witness"])
    for key, number in wanted.items():
        if claim["numbers"][key] != number:
            raise Rejected(f"{where}.numbers.{key}", f"is {claim['numbers'][key]}, but the witness makes it {number}")


def _edge(graph: Graph, witness: Any, where: str) -> None:
    """The entry of the Jacobian is one of an edge of the graph."""
    child, parent = edge_of(witness)
    if parent not in graph.parents or parent not in graph.parents.get(child, ()):
        raise Rejected(where, f"{child!r:.80} does not read {parent!r:.80}")


__all__ = ["check_figures"]

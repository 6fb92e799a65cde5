"""Whether the numbers of a witness are those of the network itself: at its own sizes, with constants that are stated.

A layer may do at other sizes, or with other constants, what it does not do in the network: a softmax over one entry has
no derivative, and a mask of zeros lets nothing through.  What is shown there is said of other layers, and not of this
network.  The values of its constants stand in a witness only, and the sentence says that the claim is about those.
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.evaluation.domain import conditions
from dyadic.proofs.checker.intake.existence import own_shapes, own_sizes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.witness_forms import MOST_CONSTANTS, edge_of


def own_numbers(graph: Graph, kind: str, witness: Any) -> dict[str, int]:
    """``own``: 1 if the witness is about the network itself, ``constants``: 1 if about the constants that it states.

    kind: tightness, whose witness is about the whole network, or nonreciprocity, whose witness is about one layer, and
    says nothing of a network of which another may have no value there.  A witness of None is about a network in which
    no layer reads another.
    """
    if witness is None:
        return {"own": 1, "constants": 0}
    return {"own": int(_is_own(graph, kind, witness)), "constants": int(bool(witness["constants"]))}


def _is_own(graph: Graph, kind: str, witness: Any) -> bool:
    try:
        shapes = own_shapes(graph)
        if kind == "tightness":
            sizes, read = own_sizes(graph), list(graph.inputs)
        else:
            child, _ = edge_of(witness)
            if may_lack_values(graph):
                return False
            sizes, read = shapes.numbers(child) or {}, graph.parents[child]
    except Rejected:
        return False
    needed = {name for name in read if name in graph.inputs and graph.inputs[name]["role"] == "constant"}
    return bool(witness["sizes"] == sizes and needed <= set(witness["constants"]))


def may_lack_values(graph: Graph) -> bool:
    """Whether an equation of a layer or cost has no value at some states."""
    return any(map(conditions, (*graph.layers.values(), *graph.cost_contents.values())))


def check_constants(graph: Graph, witness: Any, where: str) -> None:
    """The values that a witness states are those of constants of the network, one for each entry."""
    stated = witness["constants"]
    if not stated:
        return
    if sum(map(len, stated.values())) > MOST_CONSTANTS:
        raise Rejected(f"{where}.constants", f"are more than {MOST_CONSTANTS} entries")
    shapes = own_shapes(graph)
    for name, given in stated.items():
        if name not in graph.inputs or graph.inputs[name]["role"] not in ("constant", "index"):
            raise Rejected(f"{where}.constants", f"{name!r:.80} is no constant of this network")
        if len(given) != shapes.entries(name):
            raise Rejected(f"{where}.constants", f"of {name!r:.80} are not one for each entry")
        if "below" in graph.inputs[name]:
            below = own_sizes(graph)[repr(graph.inputs[name]["below"])]
            if not all(number.isdigit() and int(number) < below for number in given):
                raise Rejected(f"{where}.constants", f"of {name!r:.80} are not integers below {below}")


__all__ = ["check_constants", "may_lack_values", "own_numbers"]

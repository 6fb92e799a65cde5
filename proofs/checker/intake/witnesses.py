"""The data with which a claim can be shown again, read with suspicion."""

from __future__ import annotations

from math import prod
from typing import Any

from dyadic.proofs.checker.evaluation.kind_pairing import possible_sizes
from dyadic.proofs.checker.evaluation.maxima import MOST_CHOICES, longest_maximum
from dyadic.proofs.checker.evaluation.simulation import Small
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import Shapes, number_of
from dyadic.proofs.checker.intake.witness_forms import MOST_RUNS, WITNESSES
from dyadic.proofs.checker.verdicts import Claims

Recorded = dict[str, list[tuple[dict[str, int], dict[str, list[int]]]]]
"""Sizes and integers, by content."""


def pairing_sizes(claims: Claims, contents: set[str]) -> Recorded:
    """The sizes and the integers at which the pairing was evaluated, by content."""
    found: Recorded = {}
    for claim in claims.of_kind("pairing"):
        where = f"{claims.place[claim['id']]}.witness"
        WITNESSES["pairing"](claim["witness"], where)
        longest = 0
        for position, run in enumerate(claim["witness"]["runs"]):
            if run["content"] not in contents:
                raise Rejected(f"{where}.runs[{position}].content", "is not a layer or cost of this certificate")
            content, place = claims.contents[run["content"]][0], f"{where}.runs[{position}].sizes"
            longest = max(longest, longest_maximum(content, possible_sizes(content, run["sizes"], place), place))
            found.setdefault(run["content"], []).append((run["sizes"], run["integers"]))
        _maxima(claim, longest, claims.place[claim["id"]])
        if set(found) != contents or any(not 2 <= len(runs) <= MOST_RUNS for runs in found.values()):
            raise Rejected(f"{where}.runs", f"are not between 2 and {MOST_RUNS} for every layer and cost")
    return found


def check_choices(claim: Any, graph: Graph, small: Small, where: str) -> None:
    """Of a claim about the network: at the sizes of its instance there are as many choices as it speaks of."""
    _maxima(claim, longest_in_network(graph, small), where)


def longest_in_network(graph: Graph, small: Small) -> int:
    """Over how many values the longest maximum of an instance is taken; 0 if it takes none."""
    used = [(graph.layers[key], name) for name, key in graph.content.items()]
    used += [(content, owner) for owner, content in graph.cost_contents.items()]
    return max(longest_maximum(content, small.tables[name], f"vertex {name!r}") for content, name in used)


def _maxima(claim: Any, longest: int, where: str) -> None:
    """A claim speaks of one choice at least, and of no more than there are where the longest maximum has so many."""
    count = claim["numbers"].get("maxima")
    if count is not None and not 1 <= count <= min(1 + longest, MOST_CHOICES):
        reason = f"is {count}: there are between 1 and {min(1 + longest, MOST_CHOICES)} choices at the sizes recorded"
        raise Rejected(f"{where}.numbers.maxima", reason)


def small_instance(graph: Graph, kind: str, witness: Any, where: str) -> Small:
    """The sizes at which the whole network was evaluated: they must fit its equations as its own sizes do.

    So must the integers: one for each entry, below the bound of its input, or the number of classes of its cost.
    """
    WITNESSES[kind](witness, where)
    shapes = Shapes(graph, witness["inputs"], witness["sizes"], where)
    if set(witness["inputs"]) != set(graph.inputs):
        raise Rejected(f"{where}.inputs", "are not those of the architecture")
    integers = {name for name, node in graph.inputs.items() if "below" in node}
    costs = {owner for owner, content in graph.cost_contents.items() if content["target_role"] == "index"}
    if not integers <= set(witness["below"]) <= integers | costs:
        raise Rejected(f"{where}.below", "are not bounds of the integer inputs")
    targets = {owner: [number_of(extent) or 0 for extent in shape] for owner, shape in shapes.targets.items()}
    if set(witness["integers"]) != integers | costs:
        raise Rejected(f"{where}.integers", "are not those of the integer inputs and targets")
    for name, given in witness["integers"].items():
        shape = targets[name] if name in targets else witness["inputs"][name]
        below = witness["below"].get(name, 0)
        if name in costs:
            below = number_of(shapes.of[graph.costs[name]["input"]][-1]) or 0
        if len(given) != prod(shape) or any(n >= below for n in given):
            raise Rejected(f"{where}.integers.{name}", "are not one for each entry, below their bound")
    return Small(witness["inputs"], targets, witness["sizes"], witness["below"], witness["integers"])


def own_instance(graph: Graph, shapes: Shapes) -> Small | None:
    """The network at its own sizes, if all of them are numbers."""
    tables = {name: shapes.numbers(name) for name in shapes.tables}
    known = {name: [number_of(extent) for extent in shape] for name, shape in shapes.of.items()}
    targets = {name: [number_of(extent) for extent in shape] for name, shape in shapes.targets.items()}
    below = {name: node["below"] for name, node in graph.inputs.items() if "below" in node}
    sized = [n for shape in (*known.values(), *targets.values()) for n in shape]
    if None in tables.values() or None in sized or not all(isinstance(n, int) for n in below.values()):
        return None
    inputs = {name: known[name] for name in graph.inputs}
    return Small(inputs, targets, tables, below)  # type: ignore[arg-type]


__all__ = ["Recorded", "check_choices", "longest_in_network", "own_instance", "pairing_sizes", "small_instance"]

"""The data with which a claim can be shown again, read with suspicion."""

from __future__ import annotations

from math import prod
from typing import Any

from dyadic.proofs.checker.evaluation.simulation import Small
from dyadic.proofs.checker.intake.form import NAME, listed, number, record, table, text
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import Shapes, number_of
from dyadic.proofs.checker.verdicts import Claims

Recorded = dict[str, list[tuple[dict[str, int], dict[str, list[int]]]]]
"""Sizes and integers, by content."""
MOST_RUNS = 4

_SIZE = number(1, 10**6)
_SEED, _PRIME = number(0, 2**64), text(20, "[0-9]+")
_SIZES, _SHAPES = table(_SIZE, NAME), table(listed(_SIZE, most=12))
_INTEGERS = table(listed(number(0, 10**6)))
_RUN = record({"content": text(), "prime": _PRIME, "seed": _SEED, "sizes": _SIZES, "integers": _INTEGERS})
PAIRING = record({"runs": listed(_RUN, most=10_000)})
_INSTANCE = {"inputs": _SHAPES, "below": table(_SIZE), "sizes": table(_SIZES), "integers": _INTEGERS}
_RUNS = {"primes": listed(_PRIME, low=2, most=MOST_RUNS), "seeds": listed(_SEED, low=2, most=MOST_RUNS)}
INSTANCES = {
    "identity": record(_RUNS | _INSTANCE),
    "polynomial": record({"variables": number(0, 10**9), "entries": number(0, 10**9)} | _INSTANCE),
    "rational": record({"seed": _SEED, "activations": text(), "entries": number(0, 10**9)} | _INSTANCE),
    "stepsize": record({"prime": _PRIME, "seed": _SEED} | _INSTANCE),
}
"""The witnesses that record a small instance of the network, by the kind of their claims."""
ENTRY = record({
    "row": text(), "column": text(), "entry": text(), "transposed_entry": text(), "seed": _SEED, "sizes": _SIZES,
})  # fmt: skip
"""The prover's entry of a Jacobian: the checker has one of its own."""


def pairing_sizes(claims: Claims, contents: set[str]) -> Recorded:
    """The sizes and the integers at which the pairing was evaluated, by content."""
    found: Recorded = {}
    for claim in claims.of_kind("pairing"):
        where = f"{claims.place[claim['id']]}.witness"
        PAIRING(claim["witness"], where)
        for position, run in enumerate(claim["witness"]["runs"]):
            if run["content"] not in contents:
                raise Rejected(f"{where}.runs[{position}].content", "is not a layer or cost of this certificate")
            found.setdefault(run["content"], []).append((run["sizes"], run["integers"]))
        if set(found) != contents or any(not 2 <= len(runs) <= MOST_RUNS for runs in found.values()):
            raise Rejected(f"{where}.runs", f"are not between 2 and {MOST_RUNS} for every layer and cost")
    return found


def small_instance(graph: Graph, kind: str, witness: Any, where: str) -> Small:
    """The sizes at which the whole network was evaluated: they must fit its equations as its own sizes do.

    So must the integers: one for each entry, below the bound of its input, or the number of classes of its cost.
    """
    INSTANCES[kind](witness, where)
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


__all__ = ["Recorded", "pairing_sizes", "small_instance"]

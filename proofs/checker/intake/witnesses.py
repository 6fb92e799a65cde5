"""The data with which a claim can be shown again, read with suspicion."""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.evaluation.simulation import Small
from dyadic.proofs.checker.intake.form import NAME, listed, number, record, table, text
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.shapes import Shapes, number_of
from dyadic.proofs.checker.verdicts import Claims

Recorded = dict[str, list[dict[str, int]]]
MOST_RUNS = 4

_SIZE = number(1, 10**6)
_SEED, _PRIME = number(0, 2**64), text(20, "[0-9]+")
_SIZES = table(_SIZE, NAME)
PAIRING = record(
    {"runs": listed(record({"content": text(), "prime": _PRIME, "seed": _SEED, "sizes": _SIZES}), most=10_000)}
)
_SHAPES = table(listed(_SIZE, most=12))
IDENTITY = record({
    "primes": listed(_PRIME, low=2, most=MOST_RUNS), "seeds": listed(_SEED, low=2, most=MOST_RUNS),
    "inputs": _SHAPES, "below": table(_SIZE), "sizes": table(_SIZES),
})  # fmt: skip


def pairing_sizes(claims: Claims, contents: set[str]) -> Recorded:
    """The sizes at which the pairing was evaluated, by content."""
    found: Recorded = {}
    for claim in claims.of_kind("pairing"):
        where = f"{claims.place[claim['id']]}.witness"
        PAIRING(claim["witness"], where)
        for position, run in enumerate(claim["witness"]["runs"]):
            if run["content"] not in contents:
                raise Rejected(f"{where}.runs[{position}].content", "is not a layer or cost of this certificate")
            found.setdefault(run["content"], []).append(run["sizes"])
        if set(found) != contents or any(not 2 <= len(runs) <= MOST_RUNS for runs in found.values()):
            raise Rejected(f"{where}.runs", f"are not between 2 and {MOST_RUNS} for every layer and cost")
    return found


def small_instance(graph: Graph, witness: Any, where: str) -> Small:
    """The sizes at which the whole network was evaluated: they must fit its equations as its own sizes do."""
    IDENTITY(witness, where)
    shapes = Shapes(graph, witness["inputs"], witness["sizes"], where)
    if set(witness["inputs"]) != set(graph.inputs):
        raise Rejected(f"{where}.inputs", "are not those of the architecture")
    integers = {name for name, node in graph.inputs.items() if "below" in node}
    costs = {owner for owner, content in graph.cost_contents.items() if content["target_role"] == "index"}
    if not integers <= set(witness["below"]) <= integers | costs:
        raise Rejected(f"{where}.below", "are not bounds of the integer inputs")
    targets = {owner: [number_of(extent) or 0 for extent in shape] for owner, shape in shapes.targets.items()}
    return Small(witness["inputs"], targets, witness["sizes"], witness["below"])


__all__ = ["Recorded", "pairing_sizes", "small_instance"]

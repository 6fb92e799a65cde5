"""Which vertices and costs of a network a claim depends on."""

from __future__ import annotations

from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.kinds import adjoint, is_position
from dyadic.proofs.statements.semantics.equation import Equalities, Link
from dyadic.proofs.statements.semantics.quantities import COST_X, Sense, quantity, rate, update
from dyadic.proofs.statements.semantics.vocabulary import FREE


def vertices_of(claim: Equalities, link: Link) -> set[str]:
    """The vertices and costs that have a part in a link: whose terms it reads; at the solution, all that lead there."""
    graph = claim.vocabulary.graph
    kinds = claim.read(link)
    found = vertices_read(graph, kinds)
    if not claim.vocabulary.solution:
        return found
    if any(not _forward(claim, *key) for key in kinds):
        return {*graph.parents, *graph.costs}
    stack = [*found, *(owner for kind, owner in kinds if kind != "y")]
    reached: set[str] = set()
    while stack:
        name = stack.pop()
        if name not in reached and (name in graph.parents or name in graph.costs):
            reached.add(name)
            stack += graph.parents.get(name, ()) if name in graph.parents else [graph.costs[name]["input"]]
    return reached


def _forward(claim: Equalities, kind: str, owner: str) -> bool:
    """Whether a quantity is one of the forward pass: it does not depend on s."""
    graph, vocabulary = claim.vocabulary.graph, claim.vocabulary
    if kind in ("x", "y", update("x"), "C", FREE) or (kind, owner) in vocabulary.parameters or is_position(kind):
        return True
    if owner in graph.costs:
        data = graph.cost_contents[owner]
    else:
        data = graph.layers[graph.content[owner]] if owner in graph.content else {"definitions": []}
    return any(item["kind"] == kind for item in data["definitions"])


def vertices_read(graph: Graph, kinds: set[tuple[str, str]]) -> set[str]:
    """The vertices whose term of the energy has a part in the named tensors."""
    found: set[str] = set()
    for kind, owner in kinds:
        if kind == "E" and owner == "":
            return {*graph.parents, *graph.costs}
        if (kind, owner) == ("C", ""):
            found |= set(graph.costs)
        if (owner in graph.costs and kind != "y") or (owner in graph.parents and kind not in ("x", "s")):
            found.add(owner)
        what = quantity(kind)
        if what.sense is Sense.RECEIVED:
            found.add(what.letter)
        if kind in (update("s"), rate("s"), adjoint("x")):
            found |= {child for child, parents in graph.parents.items() if owner in parents}
        if kind in (update("s"), rate("s"), adjoint("x"), COST_X):
            found |= {name for name, cost in graph.costs.items() if cost["input"] == owner}
    return found

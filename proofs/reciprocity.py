"""The inference flow's interactions are asymmetric, so no potential generates it.

Shows a block of the antisymmetric part of dF/dx that is not zero: for an edge u -> v between two layers,
dF_v/dx_u = D_u f_v, while dF_u/dx_v = 0 because v is not a parent of u.  A rigorous enclosure of one entry of
D_u f_v that excludes zero settles it.  A network in which no layer reads another has no such block, and then
that is what is stated.
"""

from __future__ import annotations

from flint import ctx

from proofs.checker.graph import Graph
from proofs.claims import Claim, Verdict
from proofs.evaluate.identity import small_rational_source
from proofs.evaluate.rings import Ball, Tape, Undetermined
from proofs.evaluate.simulate import Instance, State, reduced_sizes

_METHOD = "rigorous evaluation of one Jacobian entry"


def reciprocity_claim(graph: Graph, tries: int = 6) -> Claim:
    """Exhibit one non-zero entry of the antisymmetric part of the flow's Jacobian."""
    edges = [(u, v) for v, parents in graph.parents.items() for u in parents if u in graph.parents]
    if not edges:
        statement = (
            "No layer reads another: the inference flow's Jacobian is -1, symmetric, and the flow has a potential"
        )
        return Claim("nonreciprocity", statement, Verdict.PROVED, "inspection of the graph")
    parent, child = edges[0]
    statement = "The inference flow has no potential: the antisymmetric part of its Jacobian is not zero"
    before, ctx.prec = ctx.prec, 128
    try:
        for seed in range(tries):
            witness = _entry(graph, parent, child, seed)
            if witness:
                return Claim("nonreciprocity", statement, Verdict.PROVED, _METHOD, witness=witness)
    finally:
        ctx.prec = before
    reason = f"no entry of the derivative of {child!r} with respect to {parent!r} was found to exclude zero"
    return Claim("nonreciprocity", statement, Verdict.UNDECIDED, _METHOD, reason=reason)


def _entry(graph: Graph, parent: str, child: str, seed: int) -> dict[str, object] | None:
    tape, draw = Tape(Ball()), small_rational_source(seed)
    instance = Instance(graph, tape, lambda label: tape.variable(draw(label)), reduced_sizes(graph, largest=2))
    state: State = instance.initial(lambda label: tape.variable(draw(label)))
    try:
        value = instance.activation(child, state)
    except Undetermined:
        return None
    for place, position in value.items():
        slopes = tape.backward(position)
        for at, source in state["x", parent].items():
            if slopes[source] > 0 or slopes[source] < 0:
                return {
                    "row": f"F_{child}{list(place)}", "column": f"x_{parent}{list(at)}",
                    "entry": slopes[source].str(15, radius=False), "transposed_entry": "0", "seed": seed,
                }  # fmt: skip
    return None

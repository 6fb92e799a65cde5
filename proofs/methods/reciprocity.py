"""The inference flow's interactions are asymmetric, so no potential generates it.

Shows a block of the antisymmetric part of dF/dx that is not zero: for an edge u -> v between two layers,
dF_v/dx_u = D_u f_v, while dF_u/dx_v = 0 because v is not a parent of u.  A rigorous enclosure of one entry of
D_u f_v that excludes zero, at small sizes of the layer, settles it.  Where none is found, as with layers that only
round or a difference a - a, what is stated is another claim, about the structure: some layers that read each other in
this way are of that kind.  A network in which no layer reads another has no such block, and then that is stated.
"""

from __future__ import annotations

from flint import ctx

from dyadic.proofs.checker.evaluation.kind_pairing import KindEquations, completed, small_sizes
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.identity_values import small_rational_source
from dyadic.proofs.evaluate.network import Entries, Layer, places, whole
from dyadic.proofs.evaluate.number_rings import Ball, Tape, Undetermined
from dyadic.proofs.methods.pairing import integers_of
from dyadic.proofs.sentences import told

_MOST_EDGES = 8


def reciprocity_claim(graph: Graph, tries: int = 6) -> Claim:
    """Exhibit one non-zero entry of the antisymmetric part of the flow's Jacobian."""
    edges = graph.layer_edges()
    if not edges:
        return told("nonreciprocity", Verdict.PROVED, {}, {"reads": 0})
    for parent, child in edges[:_MOST_EDGES]:
        for seed in range(tries):
            witness = entry_beside(graph, parent, child, seed)
            if witness:
                return told("nonreciprocity", Verdict.PROVED, {}, {"reads": 1}, witness=witness)
    parent, child = edges[0]
    return told("nonreciprocity:structure", Verdict.PROVED, {}, {}, witness={"reads": child, "read": parent})


def entry_beside(graph: Graph, parent: str, child: str, seed: int) -> dict[str, object] | None:
    """A witness: an entry of dF_child/dx_parent that is not 0, at the numbers of a seed; None if there is none."""
    before, ctx.prec = ctx.prec, 128
    try:
        return _entry(graph, parent, child, seed)
    finally:
        ctx.prec = before


def _entry(graph: Graph, parent: str, child: str, seed: int) -> dict[str, object] | None:
    content, where = graph.layers[graph.content[child]], f"vertex {child!r}"
    tape, draw = Tape(Ball()), small_rational_source(seed)

    def drawn(label: str, shape: list[int]) -> Entries:
        return {place: tape.variable(draw(f"{label} {list(place)}")) for place in places(shape, where)}

    try:
        equations = KindEquations(content, where)
        sizes = completed(equations.extents, small_sizes(content, seed, where, graph.sizes[child]), where)
        shapes = {key: [whole(extent, sizes, where) for extent in shape] for key, shape in equations.read.items()}
        chosen = integers_of(content, sizes, where)
        tensors = {key: chosen.get(key) or drawn(f"{key[0]} {key[1]}", shape) for key, shape in shapes.items()}
        read = dict[str, tuple[str, str]]()
        for owner, name in zip(content["inputs"], graph.parents[child], strict=True):
            first = read.setdefault(name, ("x", owner))  # what is read in several places is one activation
            if set(tensors[first]) != set(tensors["x", owner]):
                return None
            tensors["x", owner] = tensors[first]
        moved = tensors[read[parent]]
        value = Layer(content, sizes, tape, where).forward(tensors)
    except (Undetermined, Rejected):  # the sign of a sum that may be zero
        return None
    for place, variable in value.items():
        slopes = tape.backward(variable)
        for at, source in moved.items():
            if slopes[source] > 0 or slopes[source] < 0:
                return {
                    "row": f"F_{child}{list(place)}", "column": f"x_{parent}{list(at)}",
                    "entry": slopes[source].str(15, radius=False), "transposed_entry": "0",
                    "seed": seed, "sizes": sizes,
                }  # fmt: skip
    return None

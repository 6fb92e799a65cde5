"""Early read-out: from which step on each parameter's gradient is exact.

dE/dtheta_v is computed from s_v and from the activations that its equation reads; it is exact as soon as these are, so
after the largest of their ranks.  Known from the equations alone, for unit steps from any state.
"""

from __future__ import annotations

from dyadic.proofs.checker.trust import GRAPH, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import reads
from dyadic.symbolic.nouns import counted


def gradient_ranks(derivation: Derivation) -> dict[str, int]:
    """After how many unit steps dE/dtheta is exact, by parameter."""
    found: dict[str, int] = {}
    for vertex in derivation.architecture.vertices:
        layer = derivation.layers[vertex.name]
        available = (*layer.equation.definitions, *layer.intermediates)
        for name, item in layer.gradients.items():
            read = {vertex.owners[owner] for owner in reads(item.body, available)[0]}
            found[f"{vertex.name}.{name}"] = _rank(derivation, vertex.name, read)
    for name, terms in derivation.shared.items():
        ranks = []
        for term in terms:
            vertex, layer = derivation.architecture.by_name[term.child], derivation.layers[term.child]
            available = (*layer.equation.definitions, *layer.intermediates)
            body = layer.adjoints[term.slot].body
            read = {vertex.owners[owner] for owner in reads(body, available)[0]}
            ranks.append(_rank(derivation, term.child if body != 0 else None, read))
        found[name] = max(ranks)
    return found


@recorded
def readout_claim(derivation: Derivation) -> Claim:
    """Every gradient is exact once what it reads is: the ranks, as a claim with its numbers."""
    called(GRAPH)
    ranks = gradient_ranks(derivation)
    last = max(ranks.values(), default=0)
    return Claim(
        "readout",
        f"after {counted(last, 'unit step')} from any state every parameter's gradient is exact, each from the largest "
        f"rank of what it reads on; T = {derivation.steps}",
        Verdict.PROVED, "the reads of every gradient, from the derived equations, and the stabilisation lemma",
        ("h = tau",), witness=dict(ranks),
    )  # fmt: skip


def _rank(derivation: Derivation, vertex: str | None, read: set[str]) -> int:
    table = derivation.ranks
    activations = [table.x[name] for name in read if name in table.x]
    return max([0, *activations, *([table.s[vertex]] if vertex is not None else [])])


__all__ = ["gradient_ranks", "readout_claim"]

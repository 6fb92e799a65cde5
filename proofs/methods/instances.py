"""Every equation of the network, as it is printed, is the instance of its layers' equations that the graph demands.

Proves: what stands under each tag (layer maps, sensitivities, gradients, costs, energy terms, and the intermediates
they use) is what the checker writes down for that tag from the graph and the kinds' equations, as an identity in the
tensors that are read.  A refutation shows an entry of the equation and both values.

Trusts: proofs/checker: its forms of integer expressions.
Blind to: whether the kinds' own equations are right (adjoint, pairing and functions look at those).
"""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.instantiated.equation_instances import Difference, described, examine
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.sentences import told

MOST_SHOWN = 20


def instances_claim(graph: Graph) -> Claim:
    """Compare every equation of the certificate's content with the one that the graph demands."""
    outcome = examine(graph)

    def claim(verdict: Verdict, **rest: Any) -> Claim:
        return told("instances", verdict, {}, {"equations": len(list(graph.tags()))}, **rest)

    if outcome.differences:
        return claim(Verdict.REFUTED, counterexample=_counterexample(outcome.differences))
    if outcome.undecided:
        return claim(Verdict.UNDECIDED, reason=str(outcome.undecided[0]))
    return claim(Verdict.PROVED)


def _counterexample(differences: list[Difference]) -> dict[str, Any]:
    """The first difference with numbers, if there is one, and the tags of the others."""
    first = next((one for one in differences if one.entry is not None), differences[0])
    tags = list(dict.fromkeys(one.tag for one in differences))
    found: dict[str, Any] = {"tag": first.tag, "difference": described(first)}
    if first.entry is not None:
        found |= {
            "tensor": first.tensor, "entry": list(first.entry), "claimed": first.stated, "exact": first.demanded,
            "modulus": first.modulus, "sizes": first.sizes,
        }  # fmt: skip
    if len(tags) > 1:
        found["wrong"] = ", ".join(tags[:MOST_SHOWN]) + (
            f" and {len(tags) - MOST_SHOWN} more" * (len(tags) > MOST_SHOWN)
        )
    return found

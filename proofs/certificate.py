"""The certificate: everything that is claimed of an architecture and what it takes to check it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dyadic import __version__
from dyadic.proofs.checker.graph import FORMAT, certificate_hash
from dyadic.proofs.claims import Claim, overall
from dyadic.symbolic.architecture import Input
from dyadic.symbolic.derivation import Derivation, sizes_to_json
from dyadic.symbolic.serialise import to_json


def subject(derivation: Derivation, steps: int) -> dict[str, Any]:
    """The part of a certificate that says what is claimed, without the claims."""
    architecture = derivation.architecture
    names = [vertex.name for vertex in architecture.vertices]
    return {
        "format": FORMAT,
        "architecture": {
            "name": architecture.name,
            "inputs": {node.name: _input(node) for node in architecture.inputs},
            "vertices": [
                {
                    "name": vertex.name,
                    "layer": derivation.content_of(vertex.name),
                    "inputs": list(vertex.inputs),
                    "sizes": sizes_to_json(vertex.sizes),
                }
                for vertex in architecture.vertices
            ],
            "costs": {
                cost.owner: {
                    "input": cost.input,
                    "sizes": sizes_to_json(cost.sizes),
                    "weight": to_json(cost.weight),
                }
                for cost in architecture.costs
            },
            "decay": to_json(architecture.decay),
        },
        "layers": derivation.contents,
        "costs": derivation.cost_contents,
        "terms": {name: [[term.child, term.slot] for term in derivation.terms[name]] for name in names},
        "shared": {name: [[term.child, term.slot] for term in terms] for name, terms in derivation.shared.items()},
        "ranks": {"x": derivation.ranks.x, "s": derivation.ranks.s},
        "L": derivation.L,
        "steps": steps,
        "equations": {tag: {"hash": one.hash, **one.content} for tag, one in derivation.equations.items()},
    }


def _input(node: Input) -> dict[str, Any]:
    content: dict[str, Any] = {"shape": [to_json(extent) for extent in node.shape], "role": node.role}
    return content if node.below is None else {**content, "below": to_json(node.below)}


def certificate(
    derivation: Derivation, steps: int, claims: Sequence[Claim], not_run: Mapping[str, str]
) -> dict[str, Any]:
    """The whole certificate, with the hash of its contents; ``not_run``: methods that did not fit, and why."""
    content = {
        **subject(derivation, steps),
        "verdict": overall(claims).value,
        "claims": [claim.as_dict() for claim in claims],
        "not_run": dict(not_run),
        "versions": {
            "dyadic": __version__,
            **{name: _version(name) for name in ("sympy", "python-flint")},
        },
    }
    return {**content, "hash": certificate_hash(content)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

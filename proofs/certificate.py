"""The certificate: everything that is claimed of an architecture and what it takes to check it again."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from proofs.checker.graph import FORMAT, certificate_hash
from proofs.claims import Claim, overall
from symbolic.derivation import Derivation
from symbolic.serialise import to_json


def subject(derivation: Derivation, steps: int) -> dict[str, Any]:
    """The part of a certificate that says what is claimed, without the claims."""
    architecture = derivation.architecture
    names = [vertex.name for vertex in architecture.vertices]
    tags = [
        *(f"x:{name}" for name in names),
        *(f"s:{name}" for name in names),
        *(f"g:{name}.{parameter}" for name in names for parameter in derivation.layers[name].gradients),
        "C",
    ]
    return {
        "format": FORMAT,
        "architecture": {
            "name": architecture.name,
            "inputs": {node.name: [to_json(extent) for extent in node.shape] for node in architecture.inputs},
            "vertices": [
                {
                    "name": vertex.name,
                    "layer": derivation.content_of(vertex.name),
                    "inputs": list(vertex.inputs),
                    "sizes": {str(symbol): to_json(extent) for symbol, extent in vertex.sizes.items()},
                }
                for vertex in architecture.vertices
            ],
            "cost": {
                "input": architecture.cost.input,
                "sizes": {str(symbol): to_json(extent) for symbol, extent in architecture.cost.sizes.items()},
            },
        },
        "layers": derivation.contents,
        "cost": derivation.cost_content,
        "terms": {name: [[term.child, term.slot] for term in derivation.terms[name]] for name in names},
        "ranks": {"x": derivation.ranks.x, "s": derivation.ranks.s},
        "L": derivation.L,
        "steps": steps,
        "equations": {tag: derivation.hash(tag) for tag in tags},
    }


def certificate(derivation: Derivation, steps: int, claims: Sequence[Claim]) -> dict[str, Any]:
    """The whole certificate, with the hash of its contents."""
    content = {
        **subject(derivation, steps),
        "verdict": overall(claims).value,
        "claims": [claim.as_dict() for claim in claims],
        "versions": {name: _version(name) for name in ("dyadic", "sympy", "python-flint", "z3-solver")},
    }
    return {**content, "hash": certificate_hash(content)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

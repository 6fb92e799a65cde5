"""The certificate: everything that is claimed of an architecture and what it takes to check it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dyadic.proofs.checker.intake.form import FORMAT
from dyadic.proofs.checker.intake.graph import certificate_hash
from dyadic.proofs.claims import Claim, overall
from dyadic.symbolic.derivation import Derivation, sizes_to_json
from dyadic.symbolic.serialise import digest, function_to_json, to_json
from dyadic.symbolic.structure import Input
from dyadic.version import __version__


def subject(derivation: Derivation, steps: int) -> dict[str, Any]:
    """The part of a certificate that says what is claimed, without the claims."""
    names = [vertex.name for vertex in derivation.architecture.vertices]
    return {
        "format": FORMAT,
        "architecture": architecture_content(derivation),
        "layers": derivation.contents,
        "costs": {digest(content): content for content in derivation.cost_contents.values()},
        "terms": {name: [[term.child, term.slot] for term in derivation.terms[name]] for name in names},
        "shared": {name: [[term.child, term.slot] for term in terms] for name, terms in derivation.shared.items()},
        "ranks": {"x": derivation.ranks.x, "s": derivation.ranks.s},
        "L": derivation.L,
        "steps": steps,
        "equations": {tag: {"hash": one.hash, **one.content} for tag, one in derivation.equations.items()},
    }


def architecture_content(derivation: Derivation) -> dict[str, Any]:
    """The network, its layers and costs by their digests."""
    architecture = derivation.architecture
    return {
        "name": architecture.name,
        "inputs": {node.name: _input(node) for node in architecture.inputs},
        "vertices": [
            {
                "name": vertex.name,
                "layer": derivation.content_of(vertex.name),
                "inputs": list(vertex.inputs),
                "sizes": _used(sizes_to_json(vertex.sizes), derivation.contents[derivation.content_of(vertex.name)]),
            }
            for vertex in architecture.vertices
        ],
        "costs": {
            cost.owner: {
                "cost": digest(derivation.cost_contents[cost.owner]),
                "input": cost.input,
                "sizes": sizes_to_json(cost.sizes),
                "weight": to_json(cost.weight),
            }
            for cost in architecture.costs
        },
        "decay": to_json(architecture.decay),
    }


def _used(sizes: dict[str, Any], content: Any) -> dict[str, Any]:
    """The sizes that a layer's equations mention, or that follow by its shape rule."""
    names, stack = set(content["extents"]), [content]
    while stack:
        item = stack.pop()
        if isinstance(item, list) and len(item) == 2 and item[0] == "size":
            names.add(item[1])
        stack.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
    return {name: size for name, size in sizes.items() if name in names}


def _input(node: Input) -> dict[str, Any]:
    content: dict[str, Any] = {"shape": [to_json(extent) for extent in node.shape], "role": node.role}
    return content if node.below is None else {**content, "below": to_json(node.below)}


def certificate(
    derivation: Derivation,
    steps: int,
    claims: Sequence[Claim],
    not_run: Sequence[str],
    proofs: Mapping[str, Any],
    functions: Sequence[str],
) -> dict[str, Any]:
    """The whole certificate, with the hash of its contents.

    not_run: methods that did not fit the network.  proofs: of the equations of layers and costs, by their place.
    functions: those that the equations apply.
    """
    content = {
        **subject(derivation, steps),
        "verdict": overall(claims).value,
        "claims": [record(claim) for claim in claims],
        "not_run": list(not_run),
        "proofs": plain(proofs),
        "functions": {name: function_to_json(name) for name in functions},
        "versions": {
            "dyadic": __version__,
            **{name: _version(name) for name in ("sympy", "python-flint")},
        },
    }
    if derivation.architecture.compared is not None:
        content["compared"] = derivation.architecture.compared
    return {**content, "hash": certificate_hash(content)}


def record(claim: Claim) -> dict[str, Any]:
    """A claim as a certificate holds it."""
    return {
        "id": claim.id,
        "kind": claim.kind,
        "subject": dict(claim.subject),
        "numbers": dict(claim.numbers),
        "verdict": claim.verdict.value,
        "statement": claim.statement,
        "method": claim.method,
        "hypotheses": list(claim.hypotheses),
        "trusted": list(claim.trusted),
        "counterexample": None if claim.counterexample is None else plain(claim.counterexample),
        "witness": None if claim.witness is None else plain(claim.witness),
        "reason": None if claim.reason is None else " ".join(claim.reason.split())[:2000],
    }


def plain(value: Any) -> Any:
    """Tables, lists, integers and texts; any other number is written out."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, int) else str(value)[:1000]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

"""The layers of a network, each kind once: its adjoints (adjoint/) and its activations (functions.py)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods import adjoint, functions
from dyadic.proofs.subject import Subject
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import LayerDerivation
from dyadic.symbolic.expressions import Apply

function_claim = cache(functions.function_claim)


class _Hashable:
    """A derivation as a cache key by content: two equal contents have equal claims."""

    def __init__(self, value: LayerDerivation) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@cache
def _kind_claims(key: str, layer: _Hashable, suffix: str) -> list[Claim]:
    return adjoint.layer_claims(layer.value, suffix)


def adjoint_claims(subject: Subject) -> Iterator[Claim]:
    """The adjoint and the gradient of every distinct layer derivation, and that of every cost."""
    derivation = subject.derivation
    layers: dict[str, LayerDerivation] = {}
    for vertex in derivation.architecture.vertices:
        layers.setdefault(derivation.content_of(vertex.name), derivation.layers[vertex.name])
    labels: dict[str, int] = {}
    for content, layer in layers.items():
        labels[layer.label] = labels.get(layer.label, 0) + 1
        suffix = "" if labels[layer.label] == 1 else f" #{labels[layer.label]}"
        claims = _kind_claims(content, _Hashable(layer), suffix)
        if any(claim.verdict is not Verdict.PROVED or adjoint.asks_for_sizes(claim) for claim in claims):
            claims = adjoint.layer_claims(layer, suffix, _sizes(derivation, content))
        yield from claims
    for cost in {id(c): c for c in derivation.costs.values()}.values():
        yield adjoint.cost_claim(cost)


def _sizes(derivation: Derivation, content: str) -> list[dict[str, int]]:
    """The sizes with which the network uses a layer, each table once; none if one of them is only a name."""
    tables: dict[tuple[Any, ...], dict[str, int]] = {}
    for vertex in derivation.architecture.vertices:
        if derivation.content_of(vertex.name) == content:
            if any(not extent.is_Integer for extent in vertex.sizes.values()):
                return []
            extents = derivation.layers[vertex.name].equation.extents
            table = {str(symbol): int(n) for symbol, n in vertex.sizes.items() if symbol not in extents}
            tables[tuple(sorted(table.items()))] = table
    return list(tables.values())


def function_claims(subject: Subject) -> Iterator[Claim]:
    """The derivative of every activation that the layers apply."""
    distinct = {id(layer): layer for layer in subject.derivation.layers.values()}.values()
    bodies = [item.body for layer in distinct for item in layer.equation.definitions]
    for name in sorted({node.name for body in bodies for node in body.atoms(Apply)}):
        yield function_claim(name)

"""The layers of a network, each kind once: its adjoints (adjoint.py) and its activations (functions.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods import adjoint, functions
from dyadic.proofs.sentences import assumed, convention, told
from dyadic.proofs.subject import Subject
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import LayerDerivation
from dyadic.symbolic.expressions import Apply, Definition
from dyadic.symbolic.serialise import digest


@cache
@recorded
def function_claim(name: str) -> Claim:
    """The claim about one function's derivative, as data."""
    claim = functions.function_claim(name)
    kink = convention(name)
    return _as_data(claim, "function", {"name": name}, {}, name, "", (kink,) if kink else ())


def _as_data(
    claim: Claim, kind: str, subject: dict[str, str], numbers: dict[str, int], name: str, label: str,
    hypotheses: Sequence[str],
) -> Claim:  # fmt: skip
    return told(
        kind, claim.verdict, subject, numbers, name=name, label=label, hypotheses=hypotheses,
        counterexample=claim.counterexample, witness=claim.witness, reason=claim.reason,
    )  # fmt: skip


def _about(claim: Claim, place: str, label: str, definitions: Iterable[Definition]) -> Claim:
    """A claim of adjoint.py about the layer or cost at a place of the certificate, as data."""
    kind, _, name = claim.id.partition(":")
    inside = adjoint.INSIDE in claim.hypotheses
    numbers = {"all_sizes": int(claim.witness is None), "inside": int(inside)}
    return _as_data(claim, kind, {"content": place}, numbers, name, label, assumed(definitions, inside))


class _Hashable:
    """A derivation as a cache key by content: two equal contents have equal claims."""

    def __init__(self, value: LayerDerivation) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@cache
@recorded
def _kind_claims(key: str, layer: _Hashable, suffix: str) -> list[Claim]:
    return _layer_claims(key, layer.value, suffix)


def _layer_claims(key: str, layer: LayerDerivation, suffix: str, used: Sequence[dict[str, int]] = ()) -> list[Claim]:
    found = adjoint.layer_claims(layer, suffix, used)
    return [_about(claim, f"layers.{key}", layer.label, layer.equation.definitions) for claim in found]


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
        if any(claim.verdict is Verdict.UNDECIDED for claim in claims):
            claims = _layer_claims(content, layer, suffix, _sizes(derivation, content))
        yield from claims
    costs = {digest(content): derivation.costs[owner] for owner, content in derivation.cost_contents.items()}
    for content, cost in costs.items():
        labels[cost.label] = labels.get(cost.label, 0) + 1
        claim = _about(adjoint.cost_claim(cost), f"costs.{content}", cost.label, cost.equation.definitions)
        yield claim if labels[cost.label] == 1 else replace(claim, id=f"{claim.id} #{labels[cost.label]}")


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

"""The layers of a network, each kind once: its adjoints (adjoint/) and its activations (derivatives.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from dyadic.proofs.checker.evaluation.domain import conditions
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.evaluate.possible_sizes import tables_of
from dyadic.proofs.methods import adjoint, derivatives
from dyadic.proofs.methods.adjoint import Proof
from dyadic.proofs.methods.refutation.numbers import Tables, largest_integer
from dyadic.proofs.sentences import READING, assumed, conventions, told
from dyadic.proofs.subject import Subject
from dyadic.proofs.trusted import recorded
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, cost_to_json, layer_to_json
from dyadic.symbolic.expressions import Apply, Definition, Expr
from dyadic.symbolic.serialise import digest


@cache
@recorded
def function_claim(name: str) -> Claim:
    """The claim about one function's derivative, as data."""
    claim = derivatives.function_claim(name)
    return _as_data(claim, "function", {"name": name}, {}, name, "", conventions(name))


def _as_data(
    claim: Claim, kind: str, subject: dict[str, str], numbers: dict[str, int], name: str, label: str,
    hypotheses: Sequence[str],
) -> Claim:  # fmt: skip
    return told(
        kind, claim.verdict, subject, numbers, name=name, label=label, hypotheses=hypotheses,
        counterexample=claim.counterexample, witness=claim.witness, reason=claim.reason or None,
    )  # fmt: skip


def _about(claim: Claim, place: str, derived: LayerDerivation | CostDerivation, content: Any, proof: Proof) -> Claim:
    """A claim of adjoint about the layer or cost at a place of the certificate, as data."""
    kind, _, name = claim.id.partition(":")
    rests = set(proof.hypotheses)
    numbers = {"all_sizes": int(claim.witness is None), "everywhere": int(not conditions(content))}
    numbers |= {name: int(name in rests) for name in READING}
    hypotheses = assumed(_equations(derived), content, sorted(rests))
    return _as_data(claim, kind, {"content": place}, numbers, name, derived.label, hypotheses)


def _equations(derived: LayerDerivation | CostDerivation) -> tuple[Definition, ...]:
    """Those of a layer or cost, and those that were derived from them."""
    own = (*derived.equation.definitions, *derived.intermediates)
    if isinstance(derived, CostDerivation):
        return (*own, derived.gradient)
    return (*own, *derived.adjoints, *derived.gradients.values())


class _Hashable:
    """A derivation as a cache key by content: two equal contents have equal claims."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@cache
@recorded
def _kind_claims(key: str, layer: _Hashable, suffix: str) -> list[Claim]:
    """By the proofs for all sizes alone: at which sizes numbers are looked for depends on the network."""
    return _layer_claims(key, layer.value, suffix, tables=())


@recorded
def _layer_claims(
    key: str, layer: LayerDerivation, suffix: str, used: Sequence[dict[str, int]] = (), tables: Tables | None = None
) -> list[Claim]:
    content = layer_to_json(layer)
    proof = _PROOFS[f"layers.{key}"] = adjoint.prove(content).of_claims(content)
    found = adjoint.layer_claims(layer, suffix, used, proof, tables)
    return [_about(claim, f"layers.{key}", layer, content, proof) for claim in found]


@cache
@recorded
def _kind_claim(key: str, cost: _Hashable) -> Claim:
    """The same of a cost."""
    return _cost_claim(key, cost.value, ())


@recorded
def _cost_claim(key: str, cost: CostDerivation, tables: Tables | None) -> Claim:
    content = cost_to_json(cost)
    proof = _PROOFS[f"costs.{key}"] = adjoint.prove(content).of_claims(content)
    return _about(adjoint.cost_claim(cost, proof, tables), f"costs.{key}", cost, content, proof)


_PROOFS: dict[str, Proof] = {}
"""What was found, by the place of the layer or cost: a proof is a function of the content, which the place names."""


def proofs(derivation: Derivation) -> dict[str, Any]:
    """The proofs, as data, of the claims that are proved for all sizes, by the place of the layer or cost."""
    places = [f"layers.{key}" for key in derivation.contents]
    places += [f"costs.{digest(content)}" for content in derivation.cost_contents.values()]
    found = {place: _PROOFS[place] for place in places if place in _PROOFS}
    return {place: proof.pairs for place, proof in found.items() if proof.pairs}


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
        if any(claim.verdict is not Verdict.PROVED or claim.numbers.get("maxima_nonempty") for claim in claims):
            tables = _tables(subject, f"layers.{content}", layer_to_json(layer))
            claims = _layer_claims(content, layer, suffix, _sizes(derivation, content), tables)
        yield from claims
    costs = {digest(content): derivation.costs[owner] for owner, content in derivation.cost_contents.items()}
    for content, cost in costs.items():
        labels[cost.label] = labels.get(cost.label, 0) + 1
        claim = _kind_claim(content, _Hashable(cost))
        if claim.verdict is not Verdict.PROVED:
            claim = _cost_claim(content, cost, _tables(subject, f"costs.{content}", cost_to_json(cost)))
        yield claim if labels[cost.label] == 1 else replace(claim, id=f"{claim.id} #{labels[cost.label]}")


def _tables(subject: Subject, place: str, content: Any) -> Tables | None:
    """The sizes that a layer or cost can have in the network; None, which is any, where there is no network."""
    if subject.graph is None:
        return None
    try:
        return list(tables_of(subject.graph, place, largest_integer(content)))
    except Rejected:
        return None  # shapes that do not fit


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
    """The derivative of every function that the equations of layers and costs apply.

    Nothing is shown of second derivatives, which stand in no equation but where a layer's own applies a derivative.
    """
    further = applied(subject.derivation, least=2)
    reason = "its second derivative is applied, of which nothing is shown"
    for name in applied(subject.derivation):
        claim = function_claim(name)
        proved = claim.verdict is Verdict.PROVED
        yield replace(claim, verdict=Verdict.UNDECIDED, reason=reason) if name in further and proved else claim


def applied(derivation: Derivation, least: int = 0) -> list[str]:
    """The functions that the equations of layers and costs apply, derived ones among them.

    least: only those of which a derivative of this order or above is applied.
    """
    bodies: list[Expr] = []
    everything: list[LayerDerivation | CostDerivation] = [*derivation.layers.values(), *derivation.costs.values()]
    for derived in {id(one): one for one in everything}.values():
        bodies += [item.body for item in _equations(derived)]
    return sorted({node.name for body in bodies for node in body.atoms(Apply) if node.order >= least})

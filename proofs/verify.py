"""All methods run on one derivation, and the claim they amount to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from proofs import adjoint, certificate, functions, machine, reciprocity, variational, wiring
from proofs.checker import identity, lemma, tightness
from proofs.checker.graph import Graph
from proofs.checker.network import Rejected
from proofs.claims import Claim, Verdict
from symbolic.derivation import Derivation
from symbolic.energy import LayerDerivation
from symbolic.expressions import Apply

Progress = Callable[[str], None]
SEED = 20260202
_COMPOSED = ("lemma", "ranks", "wiring", "identity")


def verify(
    derivation: Derivation,
    steps: int | None = None,
    progress: Progress = lambda stage: None,
    coq: bool = False,
) -> dict[str, Any]:
    """Run every method and return the certificate, a JSON-able mapping.

    Parameters
    ----------
    steps: the number of unit steps claimed; by default the largest rank T, which is 2L for one output.
    progress: called with the name of each stage as it starts.
    coq: also have Coq check the theorem and this network's instance of it (undecided where coqc is absent).
    """
    claimed = derivation.steps if steps is None else steps
    claims: list[Claim] = []
    for stage, method in _stages(derivation, claimed, coq):
        progress(stage)
        claims += _timed(method)
    claims.append(_steps_claim(derivation, claimed, claims))
    return certificate.certificate(derivation, claimed, claims)


def _stages(derivation: Derivation, steps: int, coq: bool) -> Iterator[tuple[str, Callable[[], Iterable[Claim]]]]:
    yield "stabilisation lemma", lambda: [lemma_claim()]
    yield "variational principle", variational_claims
    content = certificate.subject(derivation, steps)
    try:
        graph = Graph(content)
    except Rejected as error:
        refusal = _refused(error, derivation, content)
        yield "terms of the energy", lambda: [refusal]
        yield "adjoints", lambda: _adjoint_claims(derivation)
        return
    yield "ranks", lambda: [_ranks_claim(graph)]
    yield "adjoints", lambda: _adjoint_claims(derivation)
    yield "activation derivatives", lambda: map(function_claim, _functions(derivation))
    yield "wiring", lambda: [wiring.wiring_claim(graph, steps)]
    yield "exact evaluation", lambda: [_identity_claim(graph, steps)]
    yield "non-reciprocity", lambda: [reciprocity.reciprocity_claim(graph)]
    yield "tightness", lambda: [_tightness_claim(graph)]
    if coq:
        yield "machine-checked theorem", lambda: [machine.machine_claim(graph, steps)]


def _timed(method: Callable[[], Iterable[Claim]]) -> list[Claim]:
    found, start = [], time.perf_counter()
    for claim in method():
        now = time.perf_counter()
        found.append(replace(claim, seconds=now - start))
        start = now
    return found


@cache
def lemma_claim() -> Claim:
    """The stabilisation lemma by induction over the number of steps, the step decided by Z3."""
    statement = (
        "Stabilisation lemma: if every update reads only variables of smaller rank, then after k steps every "
        "variable of rank <= k no longer depends on the initial state"
    )
    answers = {question: lemma.decide(question) for question in lemma.QUESTIONS}
    open_ = [f"{question}: {answer}" for question, (answer, wanted) in answers.items() if answer != wanted]
    verdict = Verdict.UNDECIDED if open_ else Verdict.PROVED
    return Claim(
        "lemma", statement, verdict,
        "induction on k; step by Z3 over uninterpreted sorts, with vacuity twin and sharp bound",
        ("ranks are at least 1",), ("Z3", "induction over the natural numbers"), reason="; ".join(open_) or None,
    )  # fmt: skip


variational_claims = cache(variational.variational_claims)
function_claim = cache(functions.function_claim)


def _ranks_claim(graph: Graph) -> Claim:
    statement = (
        f"Every update reads only variables of smaller rank; L = {graph.L} vertices, "
        f"largest rank T = {graph.largest_rank}"
    )
    try:
        graph.check_ranks()
    except Rejected as error:
        return Claim(
            "ranks",
            statement,
            Verdict.REFUTED,
            "computation",
            counterexample={"field": error.field, "reason": error.reason},
        )
    return Claim("ranks", statement, Verdict.PROVED, "computation from the derived equations")


def _refused(error: Rejected, derivation: Derivation, content: dict[str, Any]) -> Claim:
    statement = "The sensitivity updates contain exactly the terms of dE/dx"
    return Claim(
        "terms", statement, Verdict.REFUTED, "comparison with the energy's occurrences of x",
        counterexample=dropped_term_numbers(content, error),
    )  # fmt: skip


def dropped_term_numbers(content: dict[str, Any], error: Rejected) -> dict[str, Any]:
    """Numbers for a wrong set of terms: the fixed point of the stated equations against backpropagation."""
    found: dict[str, Any] = {"field": error.field, "reason": error.reason}
    if error.field.startswith(("terms.", "shared.")):
        loose = Graph(content, require_terms=False)
        numbers = identity.real_counterexample(loose, loose.steps)
        if numbers:
            found |= numbers
    return found


@cache
def _kind_claims(key: str, layer: _Hashable, suffix: str) -> list[Claim]:
    return adjoint.layer_claims(layer.value, suffix)


class _Hashable:
    """A derivation as a cache key by content: two equal contents have equal claims."""

    def __init__(self, value: LayerDerivation) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def _adjoint_claims(derivation: Derivation) -> Iterator[Claim]:
    layers: dict[str, LayerDerivation] = {}
    for vertex in derivation.architecture.vertices:
        layers.setdefault(derivation.content_of(vertex.name), derivation.layers[vertex.name])
    labels: dict[str, int] = {}
    for content, layer in layers.items():
        labels[layer.label] = labels.get(layer.label, 0) + 1
        suffix = "" if labels[layer.label] == 1 else f" #{labels[layer.label]}"
        yield from _kind_claims(content, _Hashable(layer), suffix)
    for cost in {id(c): c for c in derivation.costs.values()}.values():
        yield adjoint.cost_claim(cost)


def _functions(derivation: Derivation) -> list[str]:
    bodies = [
        item.body
        for layer in {id(v): v for v in derivation.layers.values()}.values()
        for item in layer.equation.definitions
    ]
    return sorted({node.name for body in bodies for node in body.atoms(Apply)})


def _identity_claim(graph: Graph, steps: int) -> Claim:
    schedule = identity.schedule_for(graph, steps)
    how = f"{steps} synchronous steps from a random state" if schedule == "synchronous" else "the wavefront schedule"
    statement = (
        f"x, s and dE/dtheta after {how} equal backpropagation by automatic differentiation, "
        "at small sizes, for free activations"
    )
    runs = [identity.run(graph, steps, prime, SEED + k) for k, prime in enumerate(identity.primes_for(SEED))]
    witness = {
        "schedule": schedule,
        "sizes": runs[0].sizes,
        "runs": [{"prime": str(r.prime), "seed": r.seed, "residue": r.residue} for r in runs],
    }
    trusted = ("the evaluator in proofs/checker", "blake2b as a source of randomness")
    wrong = next((run for run in runs if run.difference), None)
    if wrong is None:
        bound = 1.0
        for run in runs:
            bound *= float(identity.error_bound(graph, run))
        witness["error_probability_below"] = f"{bound:.1e}"
        return Claim(
            "identity", f"{statement} (probability of error below {bound:.0e})", Verdict.PROVED,
            "polynomial identity testing over two random primes", (), trusted, witness=witness,
        )  # fmt: skip
    numbers = identity.real_counterexample(graph, steps)
    if numbers is None:
        variable, entry, found, wanted = wrong.difference  # type: ignore[misc]
        numbers = {
            "variable": variable, "entry": entry, "claimed": found, "exact": wanted,
            "modulo": str(wrong.prime), "seed": wrong.seed, "sizes": wrong.sizes,
        }  # fmt: skip
    return Claim("identity", statement, Verdict.REFUTED, "exact evaluation", (), trusted, numbers)


def _tightness_claim(graph: Graph) -> Claim:
    steps = graph.largest_rank
    statement = f"{steps - 1} steps are not enough: there are numbers for which a sensitivity is still wrong then"
    found = tightness.find(graph)
    if found is None:
        reason = "no parameters were found for which the last variable is late"
        return Claim("tightness", statement, Verdict.UNDECIDED, "search with rigorous enclosures", reason=reason)
    return Claim(
        "tightness", statement, Verdict.PROVED, "rigorous real enclosures (Arb)",
        trusted=("Arb", "the stabilisation lemma"), witness=found.as_dict(),
    )  # fmt: skip


def _steps_claim(derivation: Derivation, steps: int, claims: list[Claim]) -> Claim:
    """The theorem for this architecture: the composition of the lemma, its ranks and its adjoints."""
    statement = (
        f"After {steps} unit Euler steps of the saddle-point dynamics from any state, x, s and dE/dtheta "
        f"are exactly those of backpropagation (L = {derivation.L} vertices)"
    )
    by_id = {claim.id: claim for claim in claims}
    parts = [
        c for c in claims if c.id in _COMPOSED or c.id.partition(":")[0] in ("adjoint", "gradient", "function", "terms")
    ]
    hypotheses = tuple(dict.fromkeys(text for part in parts for text in part.hypotheses))
    trusted = tuple(dict.fromkeys(text for part in parts for text in part.trusted))
    method = "composition: lemma + ranks + adjoints for all sizes, cross-checked by wiring and exact evaluation"
    refuted = [part for part in parts if part.verdict is Verdict.REFUTED]
    if refuted:
        numbers = next((p.counterexample for p in refuted if p.counterexample and "claimed" in p.counterexample), None)
        return Claim(
            "steps", statement, Verdict.REFUTED, method, hypotheses, trusted, numbers or refuted[0].counterexample
        )
    late = by_id.get("tightness")
    if steps < derivation.steps:
        if late and late.verdict is Verdict.PROVED:
            return Claim("steps", statement, Verdict.REFUTED, late.method, hypotheses, trusted, late.witness)
        return Claim(
            "steps", statement, Verdict.UNDECIDED, method, hypotheses, trusted, reason="no witness against it was found"
        )
    missing = [name for name in _COMPOSED if name not in by_id]
    undecided = [part.id for part in parts if part.verdict is Verdict.UNDECIDED] + missing
    if undecided:
        return Claim(
            "steps", statement, Verdict.UNDECIDED, method, hypotheses, trusted, reason="open: " + ", ".join(undecided)
        )
    return Claim("steps", statement, Verdict.PROVED, method, hypotheses, trusted)

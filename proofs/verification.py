"""The chosen methods run on one derivation, and the claim they amount to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dyadic.proofs import certificate
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.trust import Called, recording
from dyadic.proofs.claims import Claim
from dyadic.proofs.composition import own_difference, steps_claim, without_free_refutations
from dyadic.proofs.evaluate.reals import Undetermined
from dyadic.proofs.methods.registry import Method, choose
from dyadic.proofs.methods.shared import layer_kinds
from dyadic.proofs.sentences import undecided
from dyadic.proofs.subject import Progress, Subject, examine
from dyadic.symbolic.derivation import Derivation


@dataclass
class Notes:
    """What is worth knowing of a run and is no part of its certificate, which is a function of the architecture.

    seconds: what each claim took, by its id.  not_run: why a method did not fit the network, by its name.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)


def verify(
    derivation: Derivation,
    steps: int | None = None,
    progress: Progress = lambda stage: None,
    coq: bool = False,
    methods: Sequence[str] | None = None,
    deep: bool = False,
    notes: Notes | None = None,
) -> dict[str, Any]:
    """Run methods and return the certificate, a JSON-able mapping.

    Parameters
    ----------
    steps: the number of unit steps claimed; by default the largest rank T, which is 2L for one output.
    progress: called with the name of each stage as it starts.
    coq: also have Coq check the theorem and this network's instance of it (undecided where coqc is absent).
    methods: names from :data:`dyadic.proofs.methods.registry.METHODS`; by default all that are not costly.  What the
        theorem then lacks leaves the claim ``steps`` undecided.
    deep: also the costlier methods.  Those that do not fit the network are listed under "not_run".
    notes: is told the times, and the reasons why methods did not fit.
    """
    chosen, notes = choose(methods, deep, coq), Notes() if notes is None else notes
    subject = examine(derivation, derivation.steps if steps is None else steps, progress)
    shown: dict[str, list[Claim]] = {}
    for position, method in enumerate(chosen, 1):
        reason = method.unfit(subject) if subject.graph is not None else None
        if method.free and method.of_steps and subject.steps < derivation.steps:
            reason = f"with fewer steps than T = {derivation.steps} only numbers of this network itself decide"
        if method.needs_graph and subject.graph is None:
            reason = f"{subject.refusal}: there is no network to evaluate"
        if reason is None:
            progress(f"{method.stage} (method {position} of {len(chosen)})")
            shown[method.name] = _observed(method, subject, notes)
        elif methods is not None and method.name in methods:
            shown[method.name] = [undecided(method.name, reason)]
        else:
            notes.not_run[method.name] = reason
    own = own_difference(subject, shown)
    shown = without_free_refutations(shown, own)
    claims = [claim for found in shown.values() for claim in found]
    claims.append(steps_claim(subject, shown, own))
    proofs = layer_kinds.proofs(derivation) if shown.get("adjoint") else {}
    applied = layer_kinds.applied(derivation)
    return certificate.certificate(derivation, subject.steps, claims, sorted(notes.not_run), proofs, applied)


def _observed(method: Method, subject: Subject, notes: Notes) -> list[Claim]:
    """The method's claims, each with the components that were called while it was made, and its time in the notes."""
    found: list[Claim] = []
    claims: Iterator[Claim] = iter(())
    start = time.perf_counter()
    try:
        with recording() as called:
            claims = iter(method.run(subject))
        while True:
            with recording() as further:
                claim = next(claims, None)
            if claim is None:
                break
            called |= further
            own = claim.trusted if isinstance(claim.trusted, Called) else Called(sorted(called))
            found.append(replace(claim, trusted=own))
            now = time.perf_counter()
            notes.seconds[claim.id] = now - start
            called, start = {}, now
    except (Rejected, Undetermined) as error:  # equations that cannot be evaluated, or have no value where they are
        found.append(undecided(method.name, str(error)))
    return found

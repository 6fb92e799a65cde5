"""The chosen methods run on one derivation, and the claim they amount to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dyadic.proofs import certificate
from dyadic.proofs.checker.reading import Rejected
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.composition import steps_claim
from dyadic.proofs.methods.registry import Method, choose
from dyadic.proofs.subject import Subject, examine
from dyadic.symbolic.derivation import Derivation

Progress = Callable[[str], None]


def verify(
    derivation: Derivation,
    steps: int | None = None,
    progress: Progress = lambda stage: None,
    coq: bool = False,
    methods: Sequence[str] | None = None,
    deep: bool = False,
) -> dict[str, Any]:
    """Run methods and return the certificate, a JSON-able mapping.

    Parameters
    ----------
    steps: the number of unit steps claimed; by default the largest rank T, which is 2L for one output.
    progress: called with the name of each stage as it starts.
    coq: also have Coq check the theorem and this network's instance of it (undecided where coqc is absent).
    methods: names from :data:`dyadic.proofs.methods.registry.METHODS`; by default all that are not costly.  What the
        theorem then lacks leaves the claim ``steps`` undecided.
    deep: also the costlier methods.  Those that do not fit the network are listed with the reason, under "not_run".
    """
    chosen = choose(methods, deep, coq)
    subject = examine(derivation, derivation.steps if steps is None else steps)
    shown: dict[str, list[Claim]] = {}
    not_run: dict[str, str] = {}
    for method in chosen:
        reason = method.unfit(subject) if subject.graph is not None else None
        if method.needs_graph and subject.graph is None:
            reason = f"{subject.refusal}: there is no network to evaluate"
        if reason is None:
            progress(method.stage)
            shown[method.name] = _timed(method, subject)
        elif methods is not None and method.name in methods:
            shown[method.name] = [Claim(method.name, method.proves, Verdict.UNDECIDED, method.file, reason=reason)]
        else:
            not_run[method.name] = reason
    claims = [claim for found in shown.values() for claim in found]
    claims.append(steps_claim(derivation, subject.steps, shown))
    return certificate.certificate(derivation, subject.steps, claims, not_run)


def _timed(method: Method, subject: Subject) -> list[Claim]:
    found: list[Claim] = []
    start = time.perf_counter()
    try:
        for claim in method.run(subject):
            now = time.perf_counter()
            found.append(replace(claim, seconds=now - start))
            start = now
    except Rejected as error:  # equations that cannot be evaluated
        found.append(Claim(method.name, method.proves, Verdict.UNDECIDED, method.file, reason=str(error)))
    return found

"""A relaxation as lines of text: a picture of how it settles, and the closed forms beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from dyadic.physics.deviation import Prediction
from dyadic.physics.spectrum import Spectrum
from dyadic.physics.trajectory import Trajectory
from dyadic.physics.updates import Variable
from dyadic.printable import printable
from dyadic.proofs.claims import Claim
from dyadic.terminal import VERDICT_WIDTH, Page


def relaxation_text(
    found: Trajectory, spectrum: Spectrum, prediction: Prediction | str, page: Page, start: str
) -> Iterator[str]:
    """What happened, the picture, and what was predicted."""
    T = max(found.ranks.values())
    how = f"{_started(start)}, {found.schedule}, {found.solver}"
    yield from page.wrapped(f"{found.name}: {found.steps} steps of size {found.h:g} from {how}")
    settled = "not settled" if found.settled is None else f"exact from step {found.settled} on"
    yield f"{settled}; unit steps are exact after T = {T}"
    yield ""
    yield from _picture(found, page)
    yield ""
    yield page.styled("Closed forms", "bold")
    for text in (_ranks(found), _eigenvalues(spectrum), _deviation(found, prediction)):
        yield from page.wrapped(text, "- ")
    yield from page.wrapped(f"energy, the mean over the samples: {found.energy[0]:.6g} -> {found.energy[-1]:.6g}", "- ")
    claims = [spectrum.claim] + ([prediction.claim] if isinstance(prediction, Prediction) else [])
    yield from claim_lines(claims, page)


def claim_lines(claims: Sequence[Claim], page: Page, details: bool = False) -> Iterator[str]:
    """A line for each claim: verdict, id, statement; with its numbers and reason where they are wanted."""
    width = max((len(claim.id) for claim in claims), default=0)
    for claim in claims:
        start = f"{claim.verdict.upper():<{VERDICT_WIDTH}}{claim.id:<{width}}  "
        yield from page.coloured(page.wrapped(claim.statement, start), claim.verdict)
        if details:
            blank = " " * VERDICT_WIDTH
            for hypothesis in claim.hypotheses:
                yield from page.wrapped(f"assuming {hypothesis}", blank)
            if claim.reason:
                yield from page.wrapped(f"because {claim.reason}", blank)
            for name, value in (claim.counterexample or {}).items():
                yield from page.wrapped(f"{name.replace('_', ' ')}: {value}", blank, blank + "  ")


def _started(start: str) -> str:
    return {"zero": "the zero state", "random": "a random state"}.get(start, start)


def _picture(found: Trajectory, page: Page) -> Iterator[str]:
    """A row per variable and a character per step."""
    labels = [f"{letter} {printable(name)}" for letter, name in found.ranks]
    wide = min(max(map(len, labels)), 24)
    head = f"{'variable':<{wide}}  rank  exact from  "
    every = max(1, math.ceil((found.steps + 1) / (page.width - len(head))))
    scale = "each step" if every == 1 else f"every {every} steps"
    yield from page.wrapped(
        f"deviation from backpropagation, {scale} from 0: a digit d for one below 10^-d, + above 10, . for exact"
    )
    yield page.styled(head.rstrip(), "bold")
    for column, (variable, label) in enumerate(zip(found.ranks, labels, strict=True)):
        first = found.first_exact[variable]
        cells = "".join(_cell(value, found.floor) for value in found.deviation[::every, column])
        yield f"{label[:wide]:<{wide}}  {found.ranks[variable]:>4}  {'-' if first is None else first:>10}  {cells}"


def _cell(value: float, floor: float) -> str:
    if not math.isfinite(value) or value > 10:
        return "+"
    return "." if value <= floor else str(min(9, max(0, math.floor(-math.log10(value)))))


def _ranks(found: Trajectory) -> str:
    late = contradicted(found)
    if late is None:
        return "first exact step: predicted for steps of size h = tau on the synchronous or the wavefront schedule"
    if late:
        names = ", ".join(f"{letter}:{name}" for letter, name in late[:5])
        return f"first exact step: NOT the rank for {names}"
    judged = sum(rank <= found.steps for rank in found.ranks.values())
    if not judged:
        return f"first exact step: none of the {len(found.ranks)} variables had the steps for it"
    return f"first exact step = rank, for all {judged} variables that had the steps for it"


def contradicted(found: Trajectory) -> list[Variable] | None:
    """Variables that did not settle exactly when their rank says; None where nothing is said."""
    unit = all(found.h == constant for constant in found.tau.values())
    if not unit or found.solver != "euler" or found.schedule not in ("synchronous", "wavefront"):
        return None
    first = found.first_exact
    # A variable may hold its value by chance before its rank, if it starts there.
    return [v for v, rank in found.ranks.items() if rank <= found.steps and (first[v] is None or first[v] > rank)]  # type: ignore[operator]


def _eigenvalues(spectrum: Spectrum) -> str:
    shown = ", ".join(f"{value:.4g} ({count} times)" for value, count in spectrum.of_the_step[:4])
    more = f" and {len(spectrum.of_the_step) - 4} more" if len(spectrum.of_the_step) > 4 else ""
    return f"eigenvalues of a step: {shown}{more}; spectral radius {spectrum.radius:.4g}: {spectrum.behaviour}"


def _deviation(found: Trajectory, prediction: Prediction | str) -> str:
    if isinstance(prediction, str):
        return f"deviation: {prediction}"
    finite = np.isfinite(prediction.largest).all(axis=1) & np.isfinite(found.deviation).all(axis=1)
    steps = len(finite) if finite.all() else int(np.argmin(finite))  # those before the numbers overflow
    until = "at every step" if steps == len(finite) else f"up to step {steps - 1}, after which the numbers overflow"
    off = float(np.abs(prediction.largest[:steps] - found.deviation[:steps]).max())
    return f"deviation: predicted and simulated agree to {off:.1e} {until}"


__all__ = ["claim_lines", "contradicted", "relaxation_text"]

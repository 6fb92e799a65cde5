"""A relaxation as lines of text: a picture of how it settles, and the closed forms beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dyadic.physics.deviation import Prediction
from dyadic.physics.settling import Settling, in_unit_steps
from dyadic.physics.spectrum import Spectrum
from dyadic.physics.trajectory import EnergyRates, Trajectory
from dyadic.physics.updates import Variable
from dyadic.printable import finite_number, printable
from dyadic.proofs.claims import Claim
from dyadic.symbolic.decimal_bounds import in_full, text_above
from dyadic.symbolic.nouns import counted
from dyadic.terminal import VERDICT_WIDTH, Page


@dataclass(frozen=True)
class ManyStarts:
    """The latest first exact step of every variable from ``count`` random states."""

    count: int
    latest: Mapping[Variable, int | None]


def relaxation_text(
    found: Trajectory, settled: Settling | None, spectrum: Spectrum, prediction: Prediction | str, page: Page,
    start: str, many: ManyStarts | None = None,
) -> Iterator[str]:  # fmt: skip
    """What happened, the picture, and what was predicted."""
    T = max(found.ranks.values())
    how = f"{_started(start)}, {found.schedule}, {found.solver}"
    yield from page.wrapped(f"{found.name}: {counted(found.steps, 'step')} of size {in_full(found.h)} from {how}")
    yield from page.wrapped(f"{_settled(found)}; unit steps are exact after T = {T}")
    yield ""
    yield from _picture(found, page)
    yield ""
    yield page.styled("Closed forms", "bold")
    texts = [
        *_ranks(found, settled),
        *_latest(found, many),
        _eigenvalues(spectrum, found.settled == 0),
        _deviation(found, prediction),
    ]
    for text in (*texts, *_energy(found)):
        yield from page.wrapped(text, "- ")
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


def _settled(found: Trajectory) -> str:
    """From when on the state is backpropagation's, and whether that is more than rounding."""
    step = found.settled
    if step is None:
        return "not settled"
    if found.floor:
        return f"within rounding ({text_above(found.floor, 1)}) from step {step} on"
    if in_unit_steps(found, found.tau) or step == 0:
        return f"exact from step {step} on"
    return f"equal to the last bit from step {step} on, by rounding: exact in finite time are steps h = tau alone"


def _picture(found: Trajectory, page: Page) -> Iterator[str]:
    """A row per variable and a character per step."""
    labels = [f"{letter} {printable(name)}" for letter, name in found.ranks]
    wide = min(max(map(len, labels)), 24)
    exactly = in_unit_steps(found, found.tau) and not found.floor
    head = f"{'variable':<{wide}}  rank  {'exact' if exactly else 'equal'} from  "
    every = max(1, math.ceil((found.steps + 1) / (page.width - len(head))))
    scale = "each step" if every == 1 else f"every {every} steps"
    yield from page.wrapped(
        f"deviation from backpropagation, {scale} from 0: a digit d for one below 10^-d, + for 1 and more, "
        ". for " + ("exact" if exactly else "none but rounding")
    )
    yield page.styled(head.rstrip(), "bold")
    for column, (variable, label) in enumerate(zip(found.ranks, labels, strict=True)):
        first = found.first_exact[variable]
        cells = "".join(_cell(value, found.floor) for value in found.deviation[::every, column])
        yield f"{label[:wide]:<{wide}}  {found.ranks[variable]:>4}  {'-' if first is None else first:>10}  {cells}"


def _cell(value: float, floor: float) -> str:
    if not math.isfinite(value) or value >= 1:
        return "+"
    return "." if value <= floor else str(min(9, max(0, math.floor(-math.log10(value)))))


def _ranks(found: Trajectory, settled: Settling | None) -> Iterator[str]:
    if settled is None:
        yield "first exact step: predicted for steps of size h = tau on the synchronous or the wavefront schedule"
        return
    if settled.late:
        yield f"first exact step: later than the rank for {_names(settled.late)}, which the theorem excludes"
    elif not settled.judged:
        yield f"first exact step: none of the {len(found.ranks)} variables had the steps for it"
    elif len(settled.at_rank) == settled.judged:
        yield f"first exact step = rank, for all {counted(settled.judged, 'variable')} that had the steps for it"
    else:
        yield (
            f"first exact step: never later than the rank, for the {counted(settled.judged, 'variable')} that had the "
            f"steps for it; at the rank for {len(settled.at_rank)}"
        )
    for reason, variables in settled.early.items():
        yield f"earlier for {len(variables)}, {reason}: {_names(variables)}"


def _names(variables: Sequence[Variable]) -> str:
    names = ", ".join(f"{letter} {printable(name)}" for letter, name in variables[:5])
    return names + (f" and {len(variables) - 5} more" if len(variables) > 5 else "")


def _latest(found: Trajectory, many: ManyStarts | None) -> Iterator[str]:
    """The largest first exact step over many states, which is what the rank bounds."""
    if many is None:
        return
    late = late_of_many(found, many)
    early = [v for v, step in many.latest.items() if step is not None and step < found.ranks[v]]
    states = f"from {counted(many.count, 'random state')}"
    if late:
        yield f"{states}: later than the rank for {_names(late)}, which the theorem excludes"
        return
    judged = sum(rank <= found.steps for rank in found.ranks.values())
    text = (
        f"{states}: no first exact step is later than the rank, and the latest one is the rank for "
        f"{judged - len(early)} of {judged} variables"
    )
    shown = ", ".join(f"{v[0]} {printable(v[1])} {many.latest[v]} (rank {found.ranks[v]})" for v in early[:5])
    yield text + (f"; earlier: {shown}" + (f" and {len(early) - 5} more" if len(early) > 5 else "") if early else "")


def late_of_many(found: Trajectory, many: ManyStarts) -> list[Variable]:
    """Variables that from some state were not exact at their rank, of those that had the steps for it."""
    latest = {v: math.inf if step is None else step for v, step in many.latest.items()}
    return [v for v, rank in found.ranks.items() if rank <= found.steps and latest[v] > rank]


def _eigenvalues(spectrum: Spectrum, exact_start: bool) -> str:
    """exact_start: nothing is off from step 0 on, and what the eigenvalues say is of other starts."""
    shown = ", ".join(f"{_near_one(value)} ({count} times)" for value, count in spectrum.shown[:4])
    more = f" and {len(spectrum.shown) - 4} more" if len(spectrum.shown) > 4 else ""
    radius = "" if spectrum.of == "flow" else f"; spectral radius {_near_one(spectrum.radius)}"
    whence = "from other starts " if exact_start else ""
    return f"eigenvalues of {_MOTION[spectrum.of]}: {shown}{more}{radius}: {whence}{spectrum.behaviour}"


def _near_one(value: float) -> str:
    """Four digits, or as many as say on which side of 1 and -1 a number is: what it does there depends on it."""
    texts = (f"{value:.{digits}g}" for digits in range(4, 18))
    return next(text for text in texts if abs(value) == 1 or abs(float(text)) != 1)


_MOTION = {
    "step": "a step", "round": "a round", "sweep": "the wavefront's sweep", "flow": "the flow in continuous time",
}  # fmt: skip


def _deviation(found: Trajectory, prediction: Prediction | str) -> str:
    if isinstance(prediction, str):
        return f"deviation: {prediction}"
    finite = np.isfinite(prediction.largest).all(axis=1) & np.isfinite(found.deviation).all(axis=1)
    steps = len(finite) if finite.all() else int(np.argmin(finite))  # those before the numbers overflow
    until = "at every step" if steps == len(finite) else f"up to step {steps - 1}, after which the numbers overflow"
    if not steps:
        return "deviation: that of the initial state is not finite, so predicted and simulated are not compared"
    off = float(np.abs(prediction.largest[:steps] - found.deviation[:steps]).max())
    if not off:
        return f"deviation: predicted and simulated are equal {until}"
    largest = float(found.deviation[:steps].max())
    share = f", {text_above(off / largest, 2)} of the largest deviation, {largest:.2g}," if largest else ""
    return f"deviation: predicted and simulated differ by at most {text_above(off, 2)}{share} {until}"


def _energy(found: Trajectory) -> Iterator[str]:
    rates, unit = found.energy_rates, all(constant == 1 for constant in found.tau.values())
    first, last = (finite_number(energy, ".6g") for energy in found.energy[[0, -1]])
    yield f"energy, the mean over the samples: {first} -> {last}"
    shown = rates.found if rates.predicted is None else rates.predicted
    first, last = (finite_number(rate, ".4g") for rate in shown[[0, -1]])
    values = f"{first} at first, {last} at step {rates.rows[-1]}"
    formula = "2 <dE/dx, dE/ds>" if unit else "sum over v of (1/tau_x + 1/tau_s) <dE/dx_v, dE/ds_v>"
    if rates.predicted is None:
        yield (
            f"dE/dt along the saddle flow, by differences of E: {values}; it is not {formula}: "
            f"{printable(rates.held or '')!r} holds a value constant, which E does not, so the update of s is not dE/dx"
        )
    else:
        yield f"dE/dt = {formula} along the saddle flow: {values}; {_compared(rates)}"


def _compared(rates: EnergyRates) -> str:
    """What differences of E say of the formula, at the states where both are finite numbers."""
    every = counted(len(rates.rows), "state")
    if rates.off is None:
        return f"compared with differences of E along it at none of {every}: no two rates are finite"
    where = every if rates.compared == len(rates.rows) else f"{rates.compared} of {every}, where both are finite"
    if rates.agree:
        return f"differences of E along it give the same at {where}, to {text_above(rates.off, 2)} of the largest"
    return (
        f"differences of E along it are off by up to {text_above(rates.off, 2)} of the largest, at {where}: this does "
        "not confirm the formula (a kink or a jump of E close by, or rounding, may be the reason)"
    )


__all__ = ["ManyStarts", "claim_lines", "late_of_many", "relaxation_text"]

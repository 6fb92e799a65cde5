"""What is said of a method: what it needs, how wrong its gradient was, what it took, and claims with verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan

from dyadic.physics.rivals.allowance import OutOfTime
from dyadic.physics.rivals.bench import Bench
from dyadic.physics.updates import Array
from dyadic.proofs.claims import Claim

WANTED = 1e-6
"""The gradient error to which steps are counted."""
NUDGES = (0.1, 0.01, 0.001, 1e-4, 1e-5)
"""Nudgings of a centred estimate, of which the first that is small enough for that error is taken."""
AFTER_FORWARD = "after the forward pass"
"""Of steps that begin at the forward state; the updates hold that pass, the steps do not."""


@dataclass(frozen=True)
class Measurement:
    """The gradient's relative error, and the cosine of its angle with backpropagation's, under a setting."""

    setting: str
    error: float
    cosine: float

    def shown(self, form: str) -> tuple[str, str]:
        """Both as text, the error in a format; a dash where there is no estimate, or nothing to be relative to."""
        return (
            f"{self.error:{form}}" if isfinite(self.error) else "-",
            f"{self.cosine:.4f}" if isfinite(self.cosine) else "-",
        )


@dataclass(frozen=True)
class Effort:
    """What it took to a gradient error of 1e-6.

    steps: None where it is never reached, with the ``reason``.  updates: of vertices, in all of these steps: one
    evaluation of an f_v, or of the adjoints that a vertex hands to its parents.  per_step: of vertices, in one step.
    """

    setting: str
    steps: int | None
    updates: int | None
    per_step: int
    reason: str = ""


@dataclass(frozen=True)
class RivalMethod:
    """A method and how to try it.

    source: where it was published; form: which of the published forms was taken, or that the equations are ours.
    needs: symmetric weights, phases, nudging, convergence, layers of a certain kind.
    run: on a network; a string says why it does not apply.
    stated: of a method without an energy of its own, how it combines the field F, its adjoints and the cost's gradient
        c, as pairs of text and LaTeX.
    """

    id: str
    title: str
    source: str
    form: str
    needs: tuple[str, ...]
    run: Callable[[Bench], MethodTrial | str]
    stated: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MethodTrial:
    """What a method did on a network.  equations: as the engine derived them, as text and as LaTeX."""

    measurements: tuple[Measurement, ...]
    effort: Effort
    claims: tuple[Claim, ...]
    equations: tuple[str, ...] = ()
    latex: tuple[str, ...] = ()


@dataclass
class Watch:
    """Counts the steps until the gradient's error stays below :data:`WANTED`.

    every: the number of steps after which the error was looked at.  seen: the last step after which it was.
    """

    bench: Bench
    every: int = 1
    first: int | None = None
    seen: int = 0
    last: tuple[float, float] = (inf, 0.0)

    def see(self, step: int, gradient: Mapping[str, Array]) -> None:
        """Measure the error after a step."""
        self.seen = step
        self.last = self.bench.error(gradient)
        if not self.last[0] <= WANTED:
            self.first = None
        elif self.first is None:
            self.first = step


def stays(*errors: float) -> str:
    """Why an error is never small enough: the smallest of those that were seen, or why there is none."""
    known = [error for error in errors if isfinite(error)]
    if known and any(map(isnan, errors)):
        return f"the smallest error seen is {min(known):.1e}, and of some nudges no state was found"
    if known:
        return f"the error stays at {min(known):.1e}"
    return "the gradient is 0, and no error is relative to that" if inf in errors else "no state was found"


def measurement(setting: str, errors: Callable[[], tuple[float, float]]) -> Measurement:
    """What ``errors`` finds, a pair of the error and the cosine; no numbers and the reason where the time is over."""
    try:
        return Measurement(setting, *errors())
    except OutOfTime as error:
        return Measurement(f"{setting}; {error}", nan, nan)


def in_time(found: Callable[[], Effort], setting: str, per_step: int) -> Effort:
    """What ``found`` finds; not reached, with the reason, where the time is over."""
    try:
        return found()
    except OutOfTime as error:
        return Effort(setting, None, None, per_step, str(error))


def effort(setting: str, watch: Watch, per_step: int, forward: int = 0, reason: str = "") -> Effort:
    """From a watch.  forward: vertex updates of a forward pass that comes first."""
    if watch.first is None:
        return Effort(setting, None, None, per_step, reason or stays(watch.last[0]))
    where = f"{setting}, {AFTER_FORWARD}" if forward else setting
    where += f", looked at every {watch.every} steps" if watch.every > 1 else ""
    return Effort(where, watch.first, forward + watch.first * per_step, per_step)


__all__ = [
    "AFTER_FORWARD",
    "NUDGES",
    "WANTED",
    "Effort",
    "Measurement",
    "MethodTrial",
    "RivalMethod",
    "Watch",
    "effort",
    "in_time",
    "measurement",
    "stays",
]

"""Devices that are not ideal as lines of text: what is predicted of them, and what they did."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dyadic.physics.enclosures import MOST_ENTRIES
from dyadic.physics.hardware.additive_noise import Noise
from dyadic.physics.hardware.feedback import Mismatch
from dyadic.physics.hardware.finite_resolution import Bound, Resolution
from dyadic.printable import finite_number
from dyadic.proofs.claims import Claim
from dyadic.relaxation_text import claim_lines
from dyadic.symbolic.decimal_bounds import decimal_above, text_above
from dyadic.symbolic.nouns import counted
from dyadic.terminal import Page


def mismatch_text(found: Mismatch, how: str, page: Page) -> Iterator[str]:
    """Feedback weights of a device's own."""
    yield page.styled(f"Feedback weights ({how})", "bold")
    off = np.concatenate([np.ravel(found.predicted[name] - found.found[name]) for name in found.found])
    largest = float(np.abs(off).max(initial=0))  # not finite if any entry is
    compared = (
        f"differ by at most {text_above(largest, 2)}"
        if np.isfinite(largest)
        else "are not both finite, and not compared"
    )
    compared = "are equal" if largest == 0 else compared
    error = finite_number(found.gradient_error, ".3g")
    cosine = "undefined" if np.isnan(found.cosine) else finite_number(found.cosine, ".4f")
    yield from page.wrapped(
        f"gradient: relative error {error}, cosine {cosine}; the closed form of s_B - s and the device's {compared}",
        "- ",
    )
    yield from claim_lines(found.claims, page, details=True)


def noise_text(found: Noise, how: str, page: Page) -> Iterator[str]:
    """Additive noise."""
    yield page.styled(f"Noise ({how})", "bold")
    variances = np.diag(found.predicted)
    for variable, place in found.vector.places().items():
        label = f"{variable[0]} {variable[1]}"
        measured = np.diag(found.found)[place].mean()
        yield f"- {label:<20} mean variance {variances[place].mean():.4g}, measured {measured:.4g}"
    text = f"{_up(found.worst)} standard deviations of its estimate"
    how = (
        f"no variance is further off than {text}" if found.agrees else f"a variance is off by {text}: NOT as predicted"
    )
    yield from page.wrapped(f"over {counted(found.samples, 'run')} of {counted(found.steps, 'step')} {how}", "- ")
    sure = (
        f"the predicted variances are right to {text_above(found.rounding, 1)} of themselves"
        if np.isfinite(found.rounding)
        else "how far rounding is in the predicted variances could not be bounded"
    )
    yield from page.wrapped(f"{sure}: by the equation that the covariance solves, for the weights as they are", "- ")
    yield from claim_lines([found.claim], page, details=True)


def resolution_text(found: Resolution, page: Page) -> Iterator[str]:
    """Values that are stored with a tolerance."""
    yield page.styled("Resolution", "bold")
    if found.bound is not None:
        yield from _errors(found, found.bound)
        within = "all within the bound" if found.holds else "NOT all within the bound"
        if found.found.hidden:
            within += f", but for {found.found.hidden} that the simulation's rounding hides"
        yield from page.wrapped(
            f"{counted(found.devices, 'random device')}: {within}, which is {_up(found.ratio(found.random))} times "
            "the worst of them at most",
            "- ",
        )
        if found.steered is not None:
            yield from page.wrapped(
                f"{len(found.bound.steered) * 2} devices whose errors have the signs that are the worst of first "
                f"order: the bound is {_up(found.ratio(found.found))} times the worst of all devices at most",
                "- ",
            )
        if found.bound.by_boxes:
            yield from page.wrapped(
                f"the state is too large for matrices of its derivatives (more than {MOST_ENTRIES} entries), so it was "
                "bounded by boxes, in which the signs of errors do not cancel: this bound is loose",
                "- ",
            )
        elif found.bound.jumps:
            yield from page.wrapped(
                f"{found.bound.jumps} entries were bounded across a kink (a relu or a maximum that the tolerance may "
                "tip): all that they may jump by is counted",
                "- ",
            )
    yield from claim_lines([found.claim], page, details=True)


def _errors(found: Resolution, bound: Bound) -> Iterator[str]:
    """The bounds beside the largest errors of random and of steered devices."""
    columns = (found.random,) if found.steered is None else (found.random, found.steered)
    heads = "".join(f"{head:>14}" for head, _ in zip(("worst random", "worst steered"), columns, strict=False))
    yield f"{'':<26}{'bound':>10}{heads}"
    rows = [(f"{v[0]} {v[1]}", bound.states[v], [one.states[v] for one in columns]) for v in bound.states]
    rows += [(f"dE/d {n}", bound.gradients[n], [one.gradients[n] for one in columns]) for n in bound.gradients]
    for label, limit, errors in rows:
        yield f"- {label[:24]:<24}{text_above(limit.max(), 3):>10}" + "".join(
            f"{error.max():>14.2e}" for error in errors
        )


def _up(ratio: float) -> str:
    return f"{decimal_above(ratio, 3):f}"


def readout_text(ranks: dict[str, int], steps: int, claim: Claim, page: Page) -> Iterator[str]:
    """From which step on each gradient may be read."""
    yield page.styled("Early read-out", "bold")
    for rank in sorted(set(ranks.values())):
        names = ", ".join(name for name, value in ranks.items() if value == rank)
        yield from page.wrapped(names, f"- exact from step {rank:>3} at the latest: ")
    yield from claim_lines([claim], page)


__all__ = ["mismatch_text", "noise_text", "readout_text", "resolution_text"]

"""Bounds on rounding errors as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from dyadic.physics.certified_run import CertifiedRun
from dyadic.physics.prior_bounds import PriorBound, PriorCertificate
from dyadic.physics.rounded_numbers import FUNCTION_UNITS
from dyadic.physics.rounding import GradientError, RoundingCertificate
from dyadic.printable import printable
from dyadic.proofs.claims import Verdict
from dyadic.symbolic.decimal_bounds import decimal_above, decimal_below, in_full, text_above
from dyadic.symbolic.nouns import counted
from dyadic.terminal import Page

_IN_BALLS = "the emitted code, executed in ball arithmetic with the equations' own numbers"


def rounding_text(found: RoundingCertificate, page: Page) -> Iterator[str]:
    """The outcome, a line for every gradient, and what it rests on."""
    run = _run(found.run)
    yield from page.coloured(page.wrapped(f"{found.verdict.upper()}: {_outcome(found)}"), found.verdict)
    yield from page.wrapped(f"{run}; balls of {found.bits} bits" if found.bits else run)
    if found.gradients:
        yield ""
        wide = min(max(len(printable(one.parameter)) for one in found.gradients), 32)
        yield page.styled(f"{'gradient of':<{wide}}  largest entry  off by at most  relative", "bold")
        for one in found.gradients:
            numbers = f"{decimal_below(one.largest, 4):>13.4g}  {text_above(one.error, 3):>14}  {_relative(one):>8}"
            open_or_wrong = "" if one.verdict is Verdict.PROVED else f"  {one.verdict}"
            yield f"{printable(one.parameter)[:wide]:<{wide}}  {numbers}{open_or_wrong}"
    yield ""
    yield from page.wrapped(f"Trusted: Arb; {_IN_BALLS}.")
    yield from page.wrapped("Shown of this run alone; that the equations are right is what `dyadic verify` shows.")


def prior_text(found: PriorCertificate, page: Page) -> Iterator[str]:
    """The outcome over a box of inputs, a line for every gradient, and what it rests on."""
    yield from page.coloured(page.wrapped(f"{found.verdict.upper()}: {_over_a_box(found)}"), found.verdict)
    yield from page.wrapped(_run(found.run))
    if found.gradients:
        yield ""
        wide = min(max(len(printable(one.parameter)) for one in found.gradients), 32)
        yield page.styled(f"{'gradient of':<{wide}}  entries at most  off by at most", "bold")
        for one in found.gradients:
            numbers = f"{decimal_above(one.largest, 4):>15.4g}  {text_above(one.error, 3):>14}"
            yield f"{printable(one.parameter)[:wide]:<{wide}}  {numbers}"
    yield ""
    yield from page.wrapped(
        f"Trusted: Arb; {_IN_BALLS}; that functions are off by at most {FUNCTION_UNITS} units in the last place."
    )
    yield from page.wrapped("Shown of these parameters and this target, and of NumPy's functions, sums in any order.")


def _run(run: CertifiedRun) -> str:
    return f"{run.name}, {run.dtype}, {counted(run.samples, 'sample')}"


def _over_a_box(found: PriorCertificate) -> str:
    if found.verdict is Verdict.UNDECIDED:
        return f"how far gradients may be from the exact ones, because {found.reason}"
    if found.verdict is Verdict.PROVED:
        most = max((one.error for one in found.gradients), default=0.0)
        said = (
            f"for every input within {in_full(found.radius)} of this one, entry by entry, rounding puts no entry of a "
            f"gradient off by more than {text_above(most, 2)}"
        )
        if larger := [printable(one.parameter) for one in found.gradients if one.error and one.error >= one.largest]:
            said += f"; nothing is shown of digits where the bound is larger than the gradient: {', '.join(larger)}"
        return said
    return "; ".join(_refuted(one) for one in found.gradients if one.verdict is Verdict.REFUTED)


def _outcome(found: RoundingCertificate) -> str:
    if found.reason is not None:
        return f"how far the gradients of this run are from the exact ones, because {found.reason}"
    if found.verdict is Verdict.PROVED:
        return _bounded(found)
    if found.verdict is Verdict.UNDECIDED:
        return f"whether rounding explains how far this run is from the exact one: {_open(found)}"
    return "; ".join(_refuted(one) for one in found.gradients if one.verdict is Verdict.REFUTED)


def _open(found: RoundingCertificate) -> str:
    left = [one for one in found.gradients if one.verdict is Verdict.UNDECIDED]
    others = f"; so it is for {counted(len(left) - 1, 'other gradient')}" if len(left) > 1 else ""
    return f"{left[0].reason}{others}"


def _bounded(found: RoundingCertificate) -> str:
    if not any(one.error for one in found.gradients):
        return "every gradient of this run is the exact one"
    most = text_above(found.relative, 2)
    said = f"every gradient of this run is within {most} of the exact one, relative to its largest entry"
    if not (others := found.unrelated):
        return said
    apart = ", ".join(f"{printable(one.parameter)} (off by at most {text_above(one.error, 2)})" for one in others)
    if len(others) == len(found.gradients):
        return f"every gradient of this run has a bound, but the bound is no smaller than the gradient: {apart}"
    return f"{said}; but for those whose bound is no smaller than the gradient: {apart}"


def _relative(one: GradientError) -> str:
    if one.error == 0:
        return "0"
    if one.relative < float("inf"):
        return text_above(one.relative, 2)
    return "may be 0" if one.error < float("inf") else "no bound"


def _refuted(one: GradientError | PriorBound) -> str:
    entry = ", ".join(map(str, one.entry))
    return (
        f"the gradient of {one.parameter} is {one.computed!r} at [{entry}], where the exact one is {one.exact}: "
        "further off than rounding explains"
    )


__all__ = ["prior_text", "rounding_text"]

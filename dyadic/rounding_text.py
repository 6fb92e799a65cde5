"""Bounds on rounding errors as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from dyadic.physics.number_types import EMITTED_IN_BALLS
from dyadic.physics.rounding import GradientError, RoundingCertificate
from dyadic.printable import printable
from dyadic.proofs.claims import Verdict
from dyadic.terminal import Page, counted


def rounding_text(found: RoundingCertificate, page: Page) -> Iterator[str]:
    """The outcome, a line for every gradient, and what it rests on."""
    run = f"{found.name}, {found.dtype}, {counted(found.samples, 'sample')}"
    yield from page.coloured(page.wrapped(f"{found.verdict.upper()}: {_outcome(found)}"), found.verdict)
    yield from page.wrapped(f"{run}; balls of {found.bits} bits" if found.bits else run)
    if found.gradients:
        yield ""
        wide = min(max(len(printable(one.parameter)) for one in found.gradients), 32)
        yield page.styled(f"{'gradient of':<{wide}}  largest entry  off by at most  relative", "bold")
        for one in found.gradients:
            numbers = f"{one.largest:>13.4g}  {one.error:>14.2e}  {one.relative:>8.1e}"
            yield f"{printable(one.parameter)[:wide]:<{wide}}  {numbers}"
    yield ""
    yield from page.wrapped(f"Trusted: Arb; {EMITTED_IN_BALLS}.")
    yield from page.wrapped("Shown of this run alone; that the equations are right is what `dyadic verify` shows.")


def _outcome(found: RoundingCertificate) -> str:
    if found.verdict is Verdict.UNDECIDED:
        return f"how far the gradients of this run are from the exact ones, because {found.reason}"
    if found.verdict is Verdict.PROVED:
        return (
            f"every gradient of this run is within {found.relative:.1e} of the exact one, relative to its largest entry"
        )
    return "; ".join(_refuted(one) for one in found.gradients if one.verdict is Verdict.REFUTED)


def _refuted(one: GradientError) -> str:
    entry = ", ".join(map(str, one.entry))
    return (
        f"the gradient of {one.parameter} is {one.computed!r} at [{entry}], where the exact one is {one.exact}: "
        "further off than rounding explains"
    )


__all__ = ["rounding_text"]

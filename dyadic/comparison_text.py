"""The methods side by side as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from dyadic.physics.rivals import LEFT_OUT, Comparison
from dyadic.physics.rivals.side_by_side import Row
from dyadic.relaxation_text import claim_lines
from dyadic.symbolic.nouns import counted
from dyadic.terminal import Page

_WIDTH = 46


def comparison_text(found: Comparison, page: Page, equations: bool) -> Iterator[str]:
    """A block for every method: what it needs, its errors, what it took, its claims."""
    yield from page.wrapped(f"{found.caption}; relative error over all parameters, cosine")
    for row in found.rows:
        yield ""
        yield from _block(row, page, equations)
    yield ""
    yield page.styled("Not compared", "bold")
    for name, reason in LEFT_OUT.items():
        yield from page.wrapped(f"{name}: {reason}", "- ")


def _block(row: Row, page: Page, equations: bool) -> Iterator[str]:
    yield page.styled(row.method.title, "bold")
    yield from page.wrapped(f"{row.method.source}; {row.method.form}", "  from ")
    yield from page.wrapped("; ".join(row.method.needs), "  needs ")
    if row.trial is None:
        yield from page.wrapped(row.without, "  ", "    ")
        return
    wide = max(_WIDTH, *(len(one.setting) for one in row.trial.measurements))
    for one in row.trial.measurements:
        error, cosine = one.shown(".2e")
        yield f"  {one.setting:<{wide}} {error:>10} {cosine:>8}"
    taken = row.trial.effort
    if taken.steps is None or taken.updates is None:
        count = f"not reached ({taken.reason})"
    else:
        count = f"{counted(taken.steps, 'step')}, {counted(taken.updates, 'vertex update')}"
    yield from page.wrapped(f"{count}; {taken.per_step} in a step ({taken.setting})", "  to an error of 1e-6: ")
    yield from claim_lines(row.claims, page, details=True)
    if equations:
        for line in row.equations:
            yield from page.wrapped(line, "  ", "    ")


__all__ = ["comparison_text"]

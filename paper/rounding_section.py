"""How far rounding errors go in a run of emitted code, as a section."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dyadic.paper.document import Block, Code, Math, Paragraph, Section, Span, Table
from dyadic.paper.prose import number
from dyadic.paper.setting import joined
from dyadic.proofs.claims import Verdict
from dyadic.symbolic.decimal_bounds import decimal_above, decimal_below, in_full

NAME = "rounding"
_DIGITS = 3
_MOST_ROWS = 60
"""More gradients than this are listed by those with the largest errors."""


@dataclass(frozen=True)
class ParameterBound:
    """Of one parameter's gradient.

    largest: a bound on its exact entries in magnitude, from below for a run and from above over a box of inputs.
    error: a bound from above on the difference of any entry; None where there is none.
    verdict: whether rounding explains that difference.
    """

    parameter: str
    largest: float
    error: float | None
    verdict: Verdict

    @property
    def is_refuted(self) -> bool:
        return self.verdict is Verdict.REFUTED


@dataclass(frozen=True)
class RunBounds:
    """Bounds for one run of a module, or over the box of the inputs within ``radius`` of the run's.

    arrays: the SHA-256 of what the module was given.  reason: why there are no bounds, where there are none.
    function_units: by how many units in the last place functions may be off, for the bounds over a box.
    is_read: whether they come from a file.
    """

    dtype: str
    samples: int
    arrays: str
    radius: float | None
    reason: str | None
    bounds: tuple[ParameterBound, ...]
    function_units: int
    is_read: bool = False


def rounding_section(found: RunBounds) -> Section:
    """The outcome and a line for every gradient."""
    samples = "one sample" if found.samples == 1 else f"{found.samples} samples"
    what = "One run of" if found.radius is None else "Runs near one of"
    blocks: list[Block] = [
        Paragraph((f"{what} emitted code in {found.dtype}, on {samples}; ", *_outcome(found)), "Floating point."),
    ]
    if found.bounds:
        blocks.append(_table(found))
    rests_on = ["Arb", "the emitted code, executed in ball arithmetic with the equations' own numbers"]
    if found.radius is not None:
        rests_on.append(f"that functions are off by at most {found.function_units} units in the last place")
    if found.is_read:
        rests_on.append("that the file which these bounds are read from holds what was found")
    blocks.append(
        Paragraph(
            (f"{'; '.join(rests_on)}. The parameters, inputs and target have the hash ", Code(found.arrays[:16]), "."),
            "Trusted.",
        )
    )
    title = "Rounding errors of a run" if found.radius is None else "Rounding errors near a run"
    return Section(title, tuple(blocks), NAME)


def _outcome(found: RunBounds) -> tuple[Span, ...]:
    if found.reason is not None:
        return (f"how far its gradients are from the exact ones is undecided, because {found.reason}.",)
    if refuted := [Code(bound.parameter) for bound in found.bounds if bound.is_refuted]:
        return ("what was computed is further off than rounding explains in the gradient of ", *joined(refuted), ".")
    if left := [Code(bound.parameter) for bound in found.bounds if bound.verdict is Verdict.UNDECIDED]:
        return ("it is undecided whether rounding explains how far what was computed is off in the gradient of ",
                *joined(left), ".")  # fmt: skip
    if found.radius is None:
        return ("its gradients are from those of these equations in exact arithmetic not further than the table says.",)
    text = in_full(found.radius)
    radius = Math(number(text, len(Decimal(text).as_tuple().digits)))
    return (
        "for every input of which no entry is further from this one than ", radius,
        ", the gradients are from the exact ones not further than the table says: those of what the functions "
        "emitted for NumPy compute, with sums in any order, for these parameters and this target.",
    )  # fmt: skip


def _table(found: RunBounds) -> Table:
    shown = sorted(found.bounds, key=_badness)[:_MOST_ROWS] if len(found.bounds) > _MOST_ROWS else found.bounds
    directed = decimal_below if found.radius is None else decimal_above
    rows = tuple(((Code(one.parameter),), (_number(directed(one.largest, _DIGITS)),), _error(one)) for one in shown)
    left = len(found.bounds) - len(shown)
    caption = "Bounds on rounding errors" + (f", the largest; {left} gradients are left out." if left else ".")
    largest = "largest entry, at least" if found.radius is None else "entries, at most"
    return Table(caption, (("gradient of",), (largest,), ("off by at most",)), rows, (40, 25, 25))


def _badness(one: ParameterBound) -> tuple[bool, bool, float]:
    return not one.is_refuted, one.error is not None, -(one.error or 0.0)


def _error(one: ParameterBound) -> tuple[Span, ...]:
    if one.error is None:
        return ("no number was computed",) if one.is_refuted else ("undecided",)
    bound = _number(decimal_above(one.error, _DIGITS))
    return (bound,) if one.verdict is Verdict.PROVED else (bound, f", {one.verdict}")


def _number(value: Decimal) -> Math:
    return Math(number(str(value), _DIGITS))


__all__ = ["ParameterBound", "RunBounds", "rounding_section"]

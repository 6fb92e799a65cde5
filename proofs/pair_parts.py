"""The verdict on a pair of passes, put together of those on its parts.

A kink of the forward pass excuses a difference in the derivative by an argument only if what is at the kink depends on
that argument: where a mask is 0, ``x * (mask == 0)`` has a derivative by x.  Gradients that are at the same kinks are
examined together.  One that is left out (None) is examined as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dyadic.proofs.claims import Claim, Verdict, overall
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.symbolic.readers.python_code import CodeFile

_BY = " by "


@dataclass(frozen=True)
class ExaminedPair:
    """left_out: arrays for which None is returned, though the derivative by them is not shown to be 0."""

    claim: Claim
    left_out: tuple[str, ...] = ()


def examine_parts(file: CodeFile, numbers: Mapping[str, int] | None = None) -> ExaminedPair:
    """The verdict on a pair.  numbers: for its sizes, besides those that the file gives.

    Raises :class:`SpecError` for code that is not in the subset.
    """
    given = {name: number for name, number in (file.numbers | dict(numbers or {})).items() if name in file.sizes}
    parts, none = file.parts(given)
    claims: list[Claim] = []
    for part in parts:
        claims.append(examine_pair(part, numbers))
        if claims[-1].verdict is Verdict.REFUTED:
            break
    claim = _together(claims)
    left = [(part, examine_pair(part, numbers)) for part in none] if claim.verdict is not Verdict.REFUTED else []
    out = [name for part, found in left if found.verdict is not Verdict.PROVED for name in sorted(part.only or ())]
    told = tuple(f"None is returned for {name}, by which the derivative is not shown to be 0" for name in out)
    unsaid = {f"no gradient by {name} is returned" for name in out}
    return ExaminedPair(
        replace(claim, hypotheses=(*(one for one in claim.hypotheses if one not in unsaid), *told)), tuple(out)
    )


def _together(claims: Sequence[Claim]) -> Claim:
    """One verdict: of the part that decides it, or, where all are proved, of all of them."""
    verdict = overall(claims)
    first = next(claim for claim in claims if claim.verdict is verdict)
    if verdict is not Verdict.PROVED or len(claims) == 1:
        return first
    statement, *others = (claim.statement for claim in claims)
    for other in others:
        statement += f", and by {other.partition(_BY)[2]}"
    shared = [one for one in first.hypotheses if all(one in claim.hypotheses for claim in claims)]
    own = [
        f"for the derivatives by {_arguments(claim)}: {one}"
        for claim in claims
        for one in claim.hypotheses
        if one not in shared
    ]
    return replace(
        first,
        statement=statement,
        method="; ".join(dict.fromkeys(claim.method for claim in claims)),
        hypotheses=(*shared, *own),
        trusted=tuple(dict.fromkeys(one for claim in claims for one in claim.trusted)),
        witness={_arguments(claim): claim.witness for claim in claims if claim.witness} or None,
        seconds=sum(claim.seconds for claim in claims),
    )


def _arguments(claim: Claim) -> str:
    """The arguments by which the derivatives are meant, as its statement names them."""
    text = claim.statement.partition(_BY)[2]
    for end in (" for all sizes", " at ", " (probability"):
        text = text.partition(end)[0]
    return text


__all__ = ["ExaminedPair", "examine_parts"]

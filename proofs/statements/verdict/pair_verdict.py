"""The verdict on a pair of passes, put together of those on its parts.

A kink of the forward pass excuses a difference in the derivative by an argument only if what is at the kink depends on
that argument: where a mask is 0, ``x * (mask == 0)`` has a derivative by x.  Gradients that are at the same kinks are
examined together.  One that is left out (None) is examined as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dyadic.proofs.claims import Claim, Verdict, overall
from dyadic.proofs.statements.number_systems.work import at_most, spend
from dyadic.proofs.statements.verdict.part_verdict import examine_part
from dyadic.symbolic.readers.python_code import CodeFile

_READING, _PAIR = 3_000, 5_000_000
"""Units of work (number_systems/work.py) that reading a pair counts as, and that all of it may take."""
FILE = 6_000_000
"""Those that the pairs of a file may take together."""


@dataclass(frozen=True)
class ExaminedPair:
    """left_out: arrays for which None or nothing is returned, though the derivative by them is not shown to be 0.

    only_at: the numbers for sizes, in words, for which alone all of it is proved; none where it is for all.
    """

    claim: Claim
    left_out: tuple[str, ...] = ()
    only_at: tuple[str, ...] = ()


def examine_pair(file: CodeFile, numbers: Mapping[str, int] | None = None) -> Claim:
    """The verdict on a pair alone: :func:`examined`, which see."""
    return examined(file, numbers).claim


def examined(file: CodeFile, numbers: Mapping[str, int] | None = None) -> ExaminedPair:
    """The verdict on a pair, and what it leaves out.  numbers: for its sizes, besides those that the file gives.

    Raises :class:`SpecError` for code that is not in the subset, :class:`Exhausted` where no work is left to the file.
    """
    spend(_READING)
    with at_most(_PAIR):
        return _examined(file, numbers)


def _examined(file: CodeFile, numbers: Mapping[str, int] | None) -> ExaminedPair:
    given = {name: number for name, number in (file.numbers | dict(numbers or {})).items() if name in file.sizes}
    parts, none = file.parts(given)
    claims: dict[str, Claim] = {}
    tried: list[tuple[str, ...]] = []
    for part in parts:
        found = examine_part(part, numbers)
        claims[", ".join(part.only)] = found.claim
        tried += [found.tried] if found.tried else []
        if found.claim.verdict is Verdict.REFUTED:
            break
    claim = _together(claims)
    left = none if claim.verdict is not Verdict.REFUTED else []
    out = [
        name for part in left if examine_part(part, numbers).claim.verdict is not Verdict.PROVED for name in part.only
    ]
    told = tuple(f"no gradient by {name} is returned, though the derivative is not shown to be 0" for name in out)
    unsaid = {f"no gradient by {name} is returned" for name in out}
    common = [one for one in tried[0] if all(one in other for other in tried)] if tried else []
    return ExaminedPair(
        replace(claim, hypotheses=(*(one for one in claim.hypotheses if one not in unsaid), *told)),
        tuple(out),
        tuple(common) if claim.verdict is Verdict.PROVED else (),
    )


def _together(claims: Mapping[str, Claim]) -> Claim:
    """One verdict: of the part that decides it, or, where all are proved, of all of them by their arguments."""
    verdict = overall(claims.values())
    first = next(claim for claim in claims.values() if claim.verdict is verdict)
    if verdict is not Verdict.PROVED or len(claims) == 1:
        return first
    statement = first.statement
    for names, claim in [*claims.items()][1:]:
        statement += f", and by {names}{claim.statement.partition(f' by {names}')[2]}"
    shared = [one for one in first.hypotheses if all(one in claim.hypotheses for claim in claims.values())]
    own = [
        f"for the derivatives by {names}: {one}"
        for names, claim in claims.items()
        for one in claim.hypotheses
        if one not in shared
    ]
    return replace(
        first,
        statement=statement,
        method="; ".join(dict.fromkeys(claim.method for claim in claims.values())),
        hypotheses=(*shared, *own),
        trusted=tuple(dict.fromkeys(one for claim in claims.values() for one in claim.trusted)),
        witness={names: claim.witness for names, claim in claims.items() if claim.witness} or None,
        seconds=sum(claim.seconds for claim in claims.values()),
    )


def check_vjp(path: str | Path, name: str, sizes: Mapping[str, int] | None = None) -> Claim:
    """The verdict on the backward pass of a pair in a Python file, which is read and never executed.

    name: of two functions NAME_forward and NAME_backward, of a class, or of the function of a defvjp.  sizes: numbers
    for sizes that have a name, where the verdict need not be for all.  The claim's hypotheses say for which arrays None
    is returned.  Raises :class:`SpecError` for code that is not in the subset (``dyadic explain check-vjp``).
    """
    return examined(CodeFile(path, name), sizes).claim


def not_examined(name: str, alone: bool) -> ExaminedPair:
    """The verdict on a pair at which the work that a file may take was spent.  alone: whether it is the only one."""
    reason = (
        "it took all the work that a file may: give its sizes numbers, as in --size n=3"
        if alone
        else "the pairs before it took all the work that a file may: give its name, as in FILE.py:NAME"
    )
    return ExaminedPair(Claim(name, f"the backward pass of {name}", Verdict.UNDECIDED, "", reason=reason))


__all__ = ["FILE", "ExaminedPair", "check_vjp", "examine_pair", "examined", "not_examined"]

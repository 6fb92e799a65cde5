"""What `check-vjp` does: a verdict on every pair of passes that is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.commands import EXIT, numbers_of, print_json, print_lines
from dyadic.printable import printable
from dyadic.proofs.claims import Claim, overall
from dyadic.proofs.statements.verdict.pair_verdict import examine_pair
from dyadic.summary import code_text
from dyadic.symbolic.errors import DyadicError, SpecError
from dyadic.symbolic.readers.python_code import CodeError, CodeFile, pairs_of
from dyadic.terminal import page, progress


def check_vjp(code: str, sizes: tuple[str, ...], format_: str, verbose: bool) -> int:
    """The exit status is 2 where a pair could not be read, else that of the verdicts."""
    path, colon, name = code.rpartition(":")
    if not colon or not path.endswith(".py"):
        path, name = code, ""
    numbers = numbers_of(sizes)
    names = [name] if name else pairs_of(path)
    if not names:
        raise DyadicError(f"{path}: holds no forward and backward pass; define NAME_forward and NAME_backward")
    claims: list[Claim] = []
    failures: list[tuple[str, SpecError]] = []
    with progress("verifying") as show:
        for one in names:
            show(f"verifying: {one}")
            try:
                claims.append(examine_pair(CodeFile(path, one), numbers))
            except SpecError as error:
                failures.append((one, error))
    verdict = "unreadable" if failures and not claims else overall(claims).value
    if format_ == "json":
        print_json(_as_json(path, verdict, claims, failures))
    else:
        print_lines(_as_text(path, verdict, claims, failures, verbose))
    return 2 if failures else EXIT[verdict]


def _as_json(
    path: str, verdict: str, claims: Sequence[Claim], failures: Sequence[tuple[str, SpecError]]
) -> dict[str, Any]:
    unreadable = [
        {
            "pair": name, "where": error.where, "problem": error.problem, "remedy": error.remedy,
            "line": error.line if isinstance(error, CodeError) else None,
        }
        for name, error in failures
    ]  # fmt: skip
    return {"file": path, "verdict": verdict, "pairs": [one.as_dict() for one in claims], "unreadable": unreadable}


def _as_text(
    path: str, verdict: str, claims: Sequence[Claim], failures: Sequence[tuple[str, SpecError]], verbose: bool
) -> Iterator[str]:
    where = page(sys.stdout)
    yield from code_text(path, verdict, claims, len(failures), where, verbose)
    for name, error in failures:
        yield ""
        yield f"UNREADABLE {printable(name)}"
        yield from where.wrapped(printable(str(error)), " " * 11)
        for line in error.pointed:
            yield f"{' ' * 13}{printable(line)}"

"""What `check-vjp` does: a verdict on every pair of passes that is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.commands import EXIT, numbers_of, print_json, print_lines
from dyadic.printable import printable
from dyadic.proofs.claims import overall
from dyadic.proofs.statements.verdict.pair_verdict import ExaminedPair, examined
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
    pairs: list[ExaminedPair] = []
    failures: list[tuple[str, SpecError]] = []
    with progress("verifying") as show:
        for one in names:
            show(f"verifying: {one}")
            try:
                pairs.append(examined(CodeFile(path, one), numbers))
            except SpecError as error:
                failures.append((one, error))
    verdict = "unreadable" if failures and not pairs else overall(pair.claim for pair in pairs).value
    if format_ == "json":
        print_json(_as_json(path, verdict, pairs, failures))
    else:
        print_lines(_as_text(path, verdict, pairs, failures, verbose))
    return 2 if failures else EXIT[verdict]


def _as_json(
    path: str, verdict: str, pairs: Sequence[ExaminedPair], failures: Sequence[tuple[str, SpecError]]
) -> dict[str, Any]:
    unreadable = [
        {
            "pair": name, "where": error.where, "problem": error.problem, "remedy": error.remedy,
            "line": error.line if isinstance(error, CodeError) else None,
        }
        for name, error in failures
    ]  # fmt: skip
    read = [pair.claim.as_dict() | {"left_out": list(pair.left_out)} for pair in pairs]
    return {"file": path, "verdict": verdict, "pairs": read, "unreadable": unreadable}


def _as_text(
    path: str, verdict: str, pairs: Sequence[ExaminedPair], failures: Sequence[tuple[str, SpecError]], verbose: bool
) -> Iterator[str]:
    where = page(sys.stdout)
    left_out = list(dict.fromkeys(name for pair in pairs for name in pair.left_out))
    yield from code_text(path, verdict, [pair.claim for pair in pairs], len(failures), where, left_out, verbose)
    for name, error in failures:
        yield ""
        yield f"UNREADABLE {printable(name)}"
        yield from where.wrapped(printable(str(error)), " " * 11)
        for line in error.pointed:
            yield f"{' ' * 13}{printable(line)}"

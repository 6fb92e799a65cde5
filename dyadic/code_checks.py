"""What `check-vjp` does: a verdict on every pair of passes that is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from dyadic.commands import EXIT, numbers_of, print_json, print_lines
from dyadic.exits import DEFECT
from dyadic.printable import printable
from dyadic.process import defect_line
from dyadic.proofs.claims import Verdict, overall
from dyadic.proofs.statements.number_systems.work import Exhausted, at_most
from dyadic.proofs.statements.verdict.pair_verdict import FILE, ExaminedPair, examined, not_examined
from dyadic.summary import code_text
from dyadic.symbolic.errors import DyadicError, SpecError
from dyadic.symbolic.readers.python_code import CodeError, CodeFile, names_of, pair_names
from dyadic.terminal import page, progress


def check_vjp(code: str, sizes: tuple[str, ...], format_: str, verbose: bool) -> int:
    """The exit status is that of the verdict in the headline: refuted, else unreadable where a pair is."""
    path, colon, name = code.rpartition(":")
    if not colon or not path.endswith(".py"):
        path, name = code, ""
    numbers = numbers_of(sizes)
    known = names_of(path)
    names = [name] if name else pair_names(known)
    if not names:
        raise DyadicError(f"{path}: holds no forward and backward pass; define NAME_forward and NAME_backward")
    pairs: list[ExaminedPair] = []
    failures: list[tuple[str, SpecError]] = []
    defects: list[tuple[str, str]] = []
    with progress("verifying") as show, at_most(FILE):
        for one in names:
            show(f"verifying: {one}")
            try:
                pairs.append(examined(CodeFile(path, one, known), numbers))
            except Exhausted:
                pairs.append(not_examined(one, len(names) == 1))
            except SpecError as error:
                failures.append((one, error))
            except (DyadicError, OSError, MemoryError):
                raise
            except Exception as error:
                if len(names) == 1:
                    raise
                defects.append((one, defect_line(error)))  # the verdicts on the other pairs are not lost with it
    found = overall(pair.claim for pair in pairs)
    verdict = "unreadable" if not pairs or (failures and found is not Verdict.REFUTED) else found.value
    if format_ == "json":
        print_json(_as_json(path, verdict, pairs, failures) | ({"defects": dict(defects)} if defects else {}))
    else:
        print_lines(_as_text(path, verdict, pairs, failures, verbose))
        print_lines(line for name, what in defects for line in ("", printable(f"DEFECT     {name}: {what}")))
    return DEFECT if defects else EXIT[verdict]


def _only_at(pairs: Sequence[ExaminedPair]) -> str:
    """For which sizes alone what is proved is proved; nothing where that is for all."""
    some = {pair.claim.id: _listed([f"at {one}" for one in pair.only_at]) for pair in pairs if pair.only_at}
    if not some or any(pair.claim.verdict is not Verdict.PROVED for pair in pairs):
        return ""
    if len(pairs) == 1:
        return f" {some.popitem()[1]} only"
    return f", {_listed([*some])} at some sizes only"


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


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
    read = [pair.claim.as_dict() | {"left_out": list(pair.left_out), "only_at": list(pair.only_at)} for pair in pairs]
    return {"file": path, "verdict": verdict, "pairs": read, "unreadable": unreadable}


def _as_text(
    path: str, verdict: str, pairs: Sequence[ExaminedPair], failures: Sequence[tuple[str, SpecError]], verbose: bool
) -> Iterator[str]:
    where = page(sys.stdout)
    left_out = list(dict.fromkeys(name for pair in pairs for name in pair.left_out))
    claims = [pair.claim for pair in pairs]
    yield from code_text(
        path, verdict, claims, len(failures), where, (left_out, _only_at(pairs) if verdict == "proved" else ""), verbose
    )
    for name, error in failures:
        yield ""
        yield f"UNREADABLE {printable(name)}"
        yield from where.wrapped(printable(str(error)), " " * 11)
        for line in error.pointed:
            yield f"{' ' * 13}{printable(line)}"

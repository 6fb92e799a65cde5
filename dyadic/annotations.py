"""Verdicts on claims as the workflow commands with which a GitHub Action marks lines of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dyadic.printable import printable
from dyadic.proofs.claims import Claim, Verdict

if TYPE_CHECKING:
    from dyadic.proofs.statements import Findings

_LEVEL = {Verdict.PROVED: "notice", Verdict.REFUTED: "error", Verdict.UNDECIDED: "warning"}
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def github_annotations(found: Findings, file: str) -> Iterator[str]:
    """A line for every claim and for every one that cannot be read; the line number is that of the claim's head."""
    for claim in found.claims:
        level = _LEVEL[claim.verdict]
        if claim.id in found.expected:
            level = "error" if found.surprising(claim) else "notice"
        yield _command(level, file, found.lines.get(claim.id, 0), claim.id, _message(claim, found))
    for failure in found.failures:
        text = "\n".join((f"unreadable: {failure.error.problem}; {failure.error.remedy}", *failure.pointed))
        yield _command("error", file, failure.line, failure.id, text)


def _message(claim: Claim, found: Findings) -> str:
    parts = [f"{claim.verdict}: {claim.statement}"]
    if claim.id in found.expected:
        parts.append(f"expected: {found.expected[claim.id]}")
    if claim.reason:
        parts.append(claim.reason)
    parts += [f"{name}: {value}" for name, value in (claim.counterexample or {}).items()]
    return "\n".join(parts)


def _command(level: str, file: str, line: int, title: str, text: str) -> str:
    at = f",line={line}" if line else ""
    return f"::{level} file={_escaped(file, _IN_PROPERTY)}{at},title={_escaped(title, _IN_PROPERTY)}::" + "%0A".join(
        _escaped(printable(part), _IN_TEXT) for part in text.split("\n")
    )


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)

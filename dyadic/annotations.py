"""Verdicts on claims in the forms that mark lines of a file: workflow commands of a GitHub Action, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dyadic.printable import printable
from dyadic.proofs.claims import Claim, Verdict
from dyadic.summary import shown_data
from dyadic.version import __version__

if TYPE_CHECKING:
    from dyadic.proofs.statements import Findings

_LEVEL = {Verdict.PROVED: "notice", Verdict.REFUTED: "error", Verdict.UNDECIDED: "warning"}
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


_SARIF = {"notice": "none", "error": "error", "warning": "warning"}
"""What passes has the level none."""
_RULES = {
    "proved": "The equation holds for this network.",
    "refuted": "There are numbers at which the two sides differ.",
    "undecided": "The equation was neither proved nor refuted.",
    "unreadable": "The claim is not in the notation, or does not fit the network.",
}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_log(found: Findings, file: Path) -> dict[str, Any]:
    """A log of one run: a result for every claim and for every one that cannot be read, at the line of its head."""
    uri = quote(file.as_posix())
    results = []
    for claim in found.claims:
        level, text = _SARIF[_level(claim, found)], f"{claim.id}: {_message(claim, found)}"
        results.append(_result(claim.verdict.value, level, text, uri, found.lines.get(claim.id, 0)))
    for failure in found.failures:
        text = "\n".join((f"{failure.error.problem}; {failure.error.remedy}", *failure.pointed))
        results.append(_result("unreadable", "error", f"{failure.id}: {text}", uri, failure.line))
    rules = [{"id": name, "shortDescription": {"text": text}} for name, text in _RULES.items()]
    driver = {"name": "dyadic", "version": __version__, "rules": rules}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _result(rule: str, level: str, text: str, uri: str, line: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if line:
        place["region"] = {"startLine": line}
    message = "\n".join(map(printable, text.split("\n")))
    return {
        "ruleId": rule,
        "level": level,
        "kind": "pass" if level == "none" else "fail",
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
    }


def github_annotations(found: Findings, file: str) -> Iterator[str]:
    """A line for every claim and for every one that cannot be read; the line number is that of the claim's head."""
    for claim in found.claims:
        yield _command(_level(claim, found), file, found.lines.get(claim.id, 0), claim.id, _message(claim, found))
    for failure in found.failures:
        text = "\n".join((f"unreadable: {failure.error.problem}; {failure.error.remedy}", *failure.pointed))
        yield _command("error", file, failure.line, failure.id, text)


def _level(claim: Claim, found: Findings) -> str:
    if claim.id in found.expected:
        return "error" if found.surprising(claim) else "notice"
    return _LEVEL[claim.verdict]


def _message(claim: Claim, found: Findings) -> str:
    parts = [f"{claim.verdict}: {claim.statement}"]
    if claim.id in found.expected:
        parts.append(f"expected: {found.expected[claim.id]}")
    if claim.reason:
        parts.append(claim.reason)
    parts += [f"{label}: {value}" for label, value in shown_data(claim.counterexample)]
    return "\n".join(parts)


def _command(level: str, file: str, line: int, title: str, text: str) -> str:
    at = f",line={line}" if line else ""
    return f"::{level} file={_escaped(file, _IN_PROPERTY)}{at},title={_escaped(title, _IN_PROPERTY)}::" + "%0A".join(
        _escaped(printable(part), _IN_TEXT) for part in text.split("\n")
    )


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)

"""The verdicts of a verification as text: the outcome first, a line for every claim, and what it all rests on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dyadic.printable import printable
from dyadic.proofs.checker import Report
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.composition import METHOD_OF, role
from dyadic.proofs.sentences import any_state, as_held, these_sizes
from dyadic.proofs.verification import Notes
from dyadic.results import Certificate
from dyadic.shorts import short
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.nouns import counted
from dyadic.terminal import VERDICT_WIDTH, Page

if TYPE_CHECKING:
    from dyadic.proofs.statements import Findings

GROUPS = ("The theorem and what it rests on", "Cross-checks of the theorem", "Beyond the theorem")
_GROUP_OF = {"theorem": 0, "rests": 0, "checks": 1, "beside": 2}
NOT_SHOWN = (
    "anything about floating point, beyond the equality of two schedules of one emitted module",
    "anything about speed",
)
_LONG_NAME, _LONGEST = 24, 600


def verdict_text(certificate: Certificate, notes: Notes, page: Page, verbose: bool = False) -> Iterator[str]:
    """The outcome, the claims by group, and what they assume and trust, line by line."""
    claims = certificate.claims
    yield from _headline(certificate, page)
    yield from page.wrapped(
        f"{certificate.name}: {_counts([claim.verdict for claim in claims])}; certificate {certificate.hash[:16]}, "
        f"architecture {certificate.architecture[:16]}"
    )
    if certificate.compared is not None:
        yield from page.wrapped(_program(certificate.compared))
    column = _column([claim.id for claim in claims], page)
    said: dict[str, Mapping[str, Any]] = {}
    for title, members in _grouped(claims):
        yield ""
        yield page.styled(title, "bold")
        for claim in members:
            yield from _line(claim, short(claim), column, page)
            yield from _details(_without_repetition(claim, said), page, verbose)
    yield from _list("Not run", [f"{name}: {reason}" for name, reason in notes.not_run.items()], page)
    yield from _list("Hypotheses", dict.fromkeys(text for claim in claims for text in claim.hypotheses), page)
    trusted = dict.fromkeys(text for claim in claims for text in claim.trusted)
    yield from _paragraph("Trusted", [importable(text) for text in trusted], page)
    yield from _list("Not shown", NOT_SHOWN, page)
    more = "" if verbose else "--verbose shows methods and witnesses; "
    yield ""
    yield from page.wrapped(f"{more}`dyadic explain METHOD` says what a method proves, trusts and cannot see.")


def _program(points: int) -> str:
    """What is known of a network and the program that it was made of."""
    if not points:
        return (
            "Of the network as it was read: its gradients were not compared with PyTorch's autograd; a backward pass "
            "of the program's own would not have been noticed."
        )
    where = counted(points, "random point")
    return f"Of the network as it was read: its gradients are those of PyTorch's autograd at {where}; no proof."


def own_claims_text(
    derivation: Derivation, found: Findings, file: str, page: Page, verbose: bool = False
) -> Iterator[str]:
    """The verdicts on somebody's own claims, and what could not be read, line by line."""
    claims, verdict = found.claims, found.verdict
    counts = _counts([claim.verdict for claim in claims])
    counts += f", {len(found.failures)} unreadable" if found.failures else ""
    if verdict.endswith("expected"):
        yield from page.wrapped(f"{verdict.upper()}: {counts}")
    else:
        yield from page.coloured(page.wrapped(f"{verdict.upper()}: {counts}"), verdict)
    depth = counted(derivation.L, "layer")
    yield from page.wrapped(
        f"{derivation.architecture.name}: L = {depth} (counted in vertices), T = {derivation.steps}"
    )
    for claim in claims:
        yield ""
        yield from _line(claim, "", len(claim.id), page)
        if claim.id in found.expected:
            other = f"not as expected: {found.expected[claim.id]}"
            yield from _detail(other if found.surprising(claim) else "as expected", page)
        yield from _detail(claim.statement, page)
        for hypothesis in claim.hypotheses:
            yield from _detail(f"assuming {hypothesis}", page)
        yield from _details(claim, page, verbose, statement=False)
    for failure in found.failures:
        yield ""
        yield from page.wrapped(printable(failure.id), f"{'UNREADABLE':<{VERDICT_WIDTH}}")
        place = f"{file}, line {failure.line}" if failure.line else file
        yield from _detail(f"{place}: {printable(failure.error.problem)}; {printable(failure.error.remedy)}", page)
        yield from (f"{' ' * (VERDICT_WIDTH + 2)}{printable(line)}" for line in failure.pointed)


def code_text(
    file: str,
    verdict: str,
    claims: Sequence[Claim],
    unreadable: int,
    page: Page,
    but: tuple[Sequence[str], str] = ((), ""),
    verbose: bool = False,
) -> Iterator[str]:
    """The verdicts on pairs of passes in code, line by line.

    but: arguments without the gradient they have, and in words for which sizes alone it holds.
    """
    left_out, sizes = but
    counts = _counts([claim.verdict for claim in claims]) + (f", {unreadable} unreadable" if unreadable else "")
    lacking = f", but no gradient by {', '.join(left_out)} is returned" if left_out else ""
    yield from page.coloured(page.wrapped(f"{verdict.upper()}{printable(sizes + lacking)}: {counts}"), verdict)
    yield from page.wrapped(f"{printable(file)}: read, not executed")
    for claim in claims:
        yield ""
        yield from _line(claim, "", len(claim.id), page)
        yield from _detail(claim.statement, page)
        for hypothesis in claim.hypotheses:
            yield from _detail(f"assuming {hypothesis}", page)
        yield from _details(claim, page, verbose, statement=False)


def report_text(report: Report, page: Page) -> Iterator[str]:
    """What a certificate is worth, then a line for each claim on what was done about it, line by line."""
    *findings, about, outcome = report.lines()
    style = "proved" if report.confirmed else "undecided"
    first, *rest = page.wrapped(outcome)
    yield first.replace(report.verdict, page.styled(report.verdict, style), 1)
    yield from rest
    yield from page.wrapped(about)
    yield ""
    for finding in findings:
        yield from page.wrapped(importable(finding[VERDICT_WIDTH:]), finding[:VERDICT_WIDTH])


def rejected_text(reason: str, page: Page) -> Iterator[str]:
    """Why a certificate does not hold, on one line."""
    yield f"{page.styled('REJECTED', 'refuted')}   {printable(' '.join(reason.split()))}"


def _headline(certificate: Certificate, page: Page) -> Iterator[str]:
    """What became of the theorem; a claim beside it that fails comes first."""
    numbers, steps = certificate.claims[-1].numbers, certificate.claims[-1].verdict
    count = counted(certificate.steps, "unit step")
    theorem = (
        f"after {count} of the saddle-point dynamics from {any_state(numbers)}, x, s and "
        f"dE/dtheta are exactly those of backpropagation{as_held(numbers)} (L = {certificate.L})"
        f"{these_sizes(numbers)}"
    )
    said = {Verdict.PROVED: "", Verdict.REFUTED: "it is not so that ", Verdict.UNDECIDED: "whether "}
    text = f"{_fallen(certificate)}{steps if _fallen(certificate) else steps.upper()}: {said[steps]}{theorem}"
    yield from page.coloured(page.wrapped(text), certificate.verdict)


def outcome(certificate: Certificate) -> str:
    """The same in one short line, with the network's name."""
    steps = certificate.claims[-1].verdict
    found = f"L = {certificate.L}, exact after {certificate.steps} steps"
    if fallen := _fallen(certificate):
        return f"{certificate.name}: {fallen}{steps}: {found}"
    return f"{certificate.name}: {found}: {steps.upper()}"


def _fallen(certificate: Certificate) -> str:
    """The claims that give the whole a verdict which is not that of the theorem, before that one."""
    verdict = certificate.verdict
    if certificate.claims[-1].verdict is verdict:
        return ""
    return f"{verdict.upper()}: {', '.join(claim.id for claim in certificate.claims if claim.verdict is verdict)}; "


def _counts(verdicts: Collection[Verdict]) -> str:
    return ", ".join(f"{sum(one is v for one in verdicts)} {v.value}" for v in Verdict)


def _grouped(claims: Sequence[Claim]) -> Iterator[tuple[str, list[Claim]]]:
    """The claims by what they are to the theorem; the theorem first, the others in their order."""
    members: dict[str, list[Claim]] = {title: [] for title in GROUPS}
    for claim in sorted(claims, key=lambda claim: claim.kind != "steps"):
        members[GROUPS[_group(claim)]].append(claim)
    return ((title, found) for title, found in members.items() if found)


def _group(claim: Claim) -> int:
    method = claim.subject.get("method", "") if claim.kind == "open" else METHOD_OF.get(claim.kind, claim.kind)
    return _GROUP_OF[role(method)]


def _column(names: Iterable[str], page: Page) -> int:
    """The width of the column of names: that of the longest but for a few long ones, which stand out of it."""
    most = min(_LONG_NAME, (page.width - VERDICT_WIDTH) // 2)
    return max((len(name) for name in names if len(name) <= most), default=most)


def _line(claim: Claim, text: str, column: int, page: Page) -> Iterator[str]:
    """Verdict, id and a short text; a name that is longer than its column has a line of its own."""
    start = f"{claim.verdict.upper():<{VERDICT_WIDTH}}"
    if not text or len(claim.id) > column:
        yield from page.coloured(page.wrapped(claim.id, start), claim.verdict)
        if text:
            yield from page.wrapped(text, " " * (VERDICT_WIDTH + column + 2))
        return
    yield from page.coloured(page.wrapped(text, f"{start}{claim.id:<{column}}  "), claim.verdict)


def _without_repetition(claim: Claim, said: dict[str, Mapping[str, Any]]) -> Claim:
    """The claim; a counterexample that a line above has shown already, with at least as much, is only referred to."""
    found = claim.counterexample
    if not found:
        return claim
    for name, other in said.items():
        if all(key in other and other[key] == value for key, value in found.items()):
            return replace(claim, counterexample={"counterexample": f"that of {name}"})
    said[claim.id] = found
    return claim


def _details(claim: Claim, page: Page, verbose: bool, statement: bool = True) -> Iterator[str]:
    """What a reader must see of a claim that is not proved, and all there is if it is wanted."""
    if verbose and statement:
        yield from _detail(claim.statement, page)
    if verbose or (not statement and claim.verdict is Verdict.PROVED):
        yield from _detail(f"by {claim.method}", page)
    if claim.reason:
        yield from _detail(f"because {claim.reason}", page)
    yield from _data(claim.counterexample, "", page)
    if verbose:
        yield from _data(claim.witness, "witness ", page)


def _data(content: Mapping[str, Any] | None, label: str, page: Page) -> Iterator[str]:
    for name, value in shown_data(content):
        yield from _detail(f"{label}{name}: {value}", page)


def shown_data(content: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Numbers and names that belong to a claim, for the eye; what is empty is left out."""
    for name, value in (content or {}).items():
        if value not in ({}, [], ""):
            yield str(name).replace("_", " "), _brief(value)


def _detail(text: str, page: Page) -> list[str]:
    return page.wrapped(importable(text), " " * VERDICT_WIDTH, " " * (VERDICT_WIDTH + 2))


def _list(title: str, items: Collection[str], page: Page) -> Iterator[str]:
    if items:
        yield ""
        yield page.styled(title, "bold")
        for item in items:
            yield from page.wrapped(item, "- ")


def _paragraph(title: str, items: Collection[str], page: Page) -> Iterator[str]:
    if items:
        yield ""
        yield page.styled(title, "bold")
        yield from page.wrapped("; ".join(items))


def importable(text: str) -> str:
    """The text with the files of proofs/ named as modules of the package: dyadic.proofs.claims for proofs/claims.py."""
    return re.sub(
        r"\bproofs/([a-z_]+(?:/[a-z_]+)*)(?:\.py\b|(?![\w/]|\.\w))",
        lambda found: f"dyadic.proofs.{found[1].replace('/', '.')}",
        text,
    )


def _brief(value: Any) -> str:
    # A size that is a number stands for the one it is replaced by: 64 -> 2.
    if isinstance(value, dict):
        replaced = str(next(iter(value), ""))[:1].isdigit()
        kept = {k: v for k, v in value.items() if not (replaced and str(k) == str(v))}
        text = ", ".join(f"{k} {'->' if replaced else '='} {v}" for k, v in kept.items()) or "the network's own"
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        text = "; ".join(value)
    elif isinstance(value, list) and all(isinstance(item, list | tuple) and len(item) == 2 for item in value):
        text = ", ".join(f"{reader}[{slot}]" if slot else str(reader) for reader, slot in value) or "none"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ... (whole in --format json)"

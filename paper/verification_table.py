"""What was verified: one table of claims with status, method and what is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.paper.document import Block, Code, Paragraph, Span, Table, two_to_a_row
from dyadic.paper.layer_words import functions_named, name_of
from dyadic.paper.prose import counted_by_letters, sentence, with_powers


def verification(
    certificate: Mapping[str, Any], kinds: Mapping[str, str], has_bounds: bool = False
) -> tuple[Block, ...]:
    """The table of claims, and what they rest on.

    kinds: layer kinds and costs in words, by their labels.  has_bounds: whether there is a section on rounding errors.
    """
    claims = certificate["claims"]
    trusted = {
        text: counted_by_letters(k)
        for k, text in enumerate(dict.fromkeys(t for claim in claims for t in claim["trusted"]))
    }
    assumed = "; ".join(dict.fromkeys(functions_named(text) for claim in claims for text in claim["hypotheses"]))
    floats = "floating-point arithmetic" + (" beyond what the next section says" if has_bounds else "")
    groups = _alike(claims)
    rows = tuple(_row(group, trusted, kinds) for group in groups)
    ids = tuple(tuple(claim["id"] for claim in group) for group in groups)
    longest = max((len(claim["verdict"]) for claim in claims), default=0)
    widths = (67, 19 if longest <= len("refuted") else 26, 39, 19)  # a narrow column has to hold the word
    table = Table("Claims.", (("claim",), ("status",), ("method",), ("trusts",)), rows, widths, ids)
    return (
        table,
        Paragraph(("; ".join(f"{letter}) {text}" for text, letter in trusted.items()) + ".",), "Trusted."),
        Paragraph((*sentence(assumed), "."), "Hypotheses."),
        Paragraph((f"Nothing is claimed here about {floats} or about the speed of any code.",), "Not shown."),
    )


def tags_table(tags: Sequence[tuple[str, str]]) -> Table:
    """Tags and hashes, two pairs to a row."""
    rows = two_to_a_row([((Code(tag),), (Code(digest),)) for tag, digest in tags])
    head: tuple[tuple[Span, ...], ...] = (("equation",), ("hash",), ("equation",), ("hash",))
    caption = "Tags and hashes of the equations, as in the certificate and in emitted code."
    return Table(caption, head, rows, (31, 32, 31, 32))  # a hash fits a narrow column in Courier too


def _alike(claims: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Claims that say the same of several things, together."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for claim in claims:
        key = (
            claim["id"].partition(":")[0],
            _without_subject(claim),
            claim["verdict"],
            claim["method"],
            claim["reason"],
        )
        groups.setdefault(key, []).append(claim)
    return list(groups.values())


def _without_subject(claim: Mapping[str, Any]) -> str:
    """The statement without the one thing that it is about, where it begins by naming that."""
    text: str = claim["statement"]
    subject = claim["id"].partition(":")[2]
    _, quoted, rest = text.partition(f'"{subject}": ')
    return rest if subject and quoted else text.removeprefix(f"{subject}: ")


def _row(
    group: Sequence[Mapping[str, Any]], trusted: Mapping[str, str], kinds: Mapping[str, str]
) -> tuple[tuple[Span, ...], ...]:
    first = group[0]
    said = _without_subject(first)
    about = said != first["statement"]
    spans: list[Span] = [Code(first["id"].partition(":")[0] if about else first["id"]), ". ", *sentence(said)]
    if about:
        parts = (claim["id"].partition(":") for claim in group)
        called = (name_of(what) if kind == "function" else kinds.get(what, what) for kind, _, what in parts)
        listed = "; ".join(dict.fromkeys(called))
        spans += with_powers(f" (of {listed})")
    if first["reason"]:
        spans.append(f". Open because {first['reason']}")
    if first["counterexample"]:
        spans.append(". A counterexample is in the certificate")
    rests_on = {text for claim in group for text in claim["trusted"]}
    letters = " ".join(letter for text, letter in trusted.items() if text in rests_on)
    return tuple(spans), (first["verdict"],), (first["method"],), (letters,)

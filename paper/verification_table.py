"""What was verified: one table of claims with status, method and what is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.paper.document import Block, Code, Paragraph, Span, Table
from dyadic.paper.prose import sentence

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def verification(certificate: Mapping[str, Any]) -> tuple[Block, ...]:
    claims = certificate["claims"]
    trusted = {
        text: _numbering(k) for k, text in enumerate(dict.fromkeys(t for claim in claims for t in claim["trusted"]))
    }
    assumed = "; ".join(dict.fromkeys(text for claim in claims for text in claim["hypotheses"]))
    rows = tuple(_row(group, trusted) for group in _alike(claims))
    table = Table("Claims.", (("claim",), ("status",), ("method",), ("trusts",)), rows, (28, 9, 16, 9))
    return (
        table,
        Paragraph(("; ".join(f"{letter}) {text}" for text, letter in trusted.items()) + ".",), "Trusted."),
        Paragraph((*sentence(assumed), "."), "Hypotheses."),
        Paragraph(
            ("Nothing is claimed here about floating-point arithmetic or about the speed of any code.",), "Not shown."
        ),
    )


def tags_table(tags: Sequence[tuple[str, str]]) -> Table:
    """Tags and hashes, two pairs to a row."""
    size = -(-len(tags) // 2)
    rows = []
    for k in range(size):
        pair = [tags[k], *tags[size + k : size + k + 1]]
        cells: list[tuple[Span, ...]] = [cell for tag, digest in pair for cell in ((Code(tag),), (Code(digest),))]
        rows.append((*cells, *[("",)] * (4 - len(cells))))
    head: tuple[tuple[Span, ...], ...] = (("equation",), ("hash",), ("equation",), ("hash",))
    caption = "Tags and hashes of the equations, as in the certificate and in emitted code."
    return Table(caption, head, tuple(rows), (18, 13, 18, 13))


def _numbering(k: int) -> str:
    return _LETTERS[k] if k < len(_LETTERS) else _LETTERS[k // len(_LETTERS) - 1] + _LETTERS[k % len(_LETTERS)]


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
    text: str = claim["statement"]
    return text.removeprefix(f"{claim['id'].partition(':')[2]}: ")


def _row(group: Sequence[Mapping[str, Any]], trusted: Mapping[str, str]) -> tuple[tuple[Span, ...], ...]:
    first = group[0]
    name = first["id"].partition(":")[0]
    said = _without_subject(first)
    several = said != first["statement"]
    spans: list[Span] = [Code(name if several else first["id"]), ". ", *sentence(said)]
    if several:
        what = {"function": "function", "adjoint": "layer kind or cost", "gradient": "layer kind"}.get(name, "case")
        listed = ", ".join(claim["id"].partition(":")[2] for claim in group) if name == "function" else ""
        spans.append(f" ({listed})" if listed else f" ({len(group)} {_plural(what, len(group))})")
    if first["reason"]:
        spans.append(f". Open because {first['reason']}")
    if first["counterexample"]:
        spans.append(". A counterexample is in the certificate")
    letters = " ".join(dict.fromkeys(trusted[text] for claim in group for text in claim["trusted"]))
    return tuple(spans), (first["verdict"],), (first["method"],), (letters,)


def _plural(text: str, count: int) -> str:
    return (
        text
        if count == 1
        else {"function": "functions", "case": "cases"}.get(
            text, text.replace("kind", "kinds").replace("cost", "costs")
        )
    )

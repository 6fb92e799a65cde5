"""The paper's abstracts as a section: each claim read in them, with its verdict and the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dyadic.paper.document import Cite, Paragraph, Section, Span, Table
from dyadic.paper.prose import sentence

_VERSIONS = {"v1": "the first version", "v2": "the second version"}


@dataclass(frozen=True)
class AbstractClaim:
    """A claim read in a sentence of an abstract.  gist: the sentence in our words.  why: the reason of the verdict."""

    version: str
    number: int
    gist: str
    id: str
    statement: str
    verdict: str
    why: str


def abstracts_section(claims: Sequence[AbstractClaim], reading: str) -> Section:
    """reading: whose reading the claims are."""
    counts = Counter(claim.verdict for claim in claims)
    total = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("proved", "refuted", "undecided"))
    said = Paragraph(
        ("Both versions of the paper's abstract ", Cite("dyadic:scurria"), f", every claim being {reading}: {total}.")
    )
    tables = [
        _table([claim for claim in claims if claim.version == version], words)
        for version, words in _VERSIONS.items()
        if any(claim.version == version for claim in claims)
    ]
    return Section("What the abstracts claim", (said, *tables), "abstracts")


def _table(claims: Sequence[AbstractClaim], version: str) -> Table:
    rows: list[tuple[tuple[Span, ...], ...]] = []
    last = 0
    for claim in claims:
        gist = f"{claim.number}. {claim.gist[:1].upper()}{claim.gist[1:]}" if claim.number != last else ""
        last = claim.number
        rows.append(((gist,), sentence(claim.statement), (claim.verdict,), (claim.why,)))
    head: tuple[tuple[Span, ...], ...] = (("sentence, in our words",), ("claim",), ("verdict",), ("because",))
    return Table(f"The abstract of {version}.", head, tuple(rows), (19, 21, 13, 21))

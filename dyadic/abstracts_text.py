"""The two abstracts as claims, as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dyadic.physics.abstracts import READING, Sentence
from dyadic.proofs.claims import Verdict
from dyadic.relaxation_text import claim_lines
from dyadic.terminal import VERDICT_WIDTH, Page

_TITLES = {
    "v1": "Backpropagation as Physical Relaxation: Exact Gradients in Finite Time (v1, February 2026)",
    "v2": "A Physical Theory of Backpropagation: Exact Gradients from the Least-Action Principle (v2, May 2026)",
}


def abstracts_text(sentences: Sequence[Sentence], page: Page, verbose: bool) -> Iterator[str]:
    """Sentence by sentence: its gist in our words, then what we read in it, each with verdict and reason."""
    counts = Counter(claim.verdict for sentence in sentences for claim in sentence.claims)
    total = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    yield from page.wrapped(f"arXiv:2602.02281, both abstracts, every claim {READING}: {total}")
    version = ""
    for sentence in sentences:
        if sentence.version != version:
            version = sentence.version
            yield ""
            yield from (page.styled(line, "bold") for line in page.wrapped(_TITLES[version]))
        yield ""
        yield from page.wrapped(sentence.gist, f"{sentence.number}. ")
        yield from claim_lines(sentence.claims, page, details=True)
        if verbose:
            for claim in sentence.claims:
                yield from page.wrapped(f"{claim.id}: {claim.method}", " " * VERDICT_WIDTH)
                for trusted in claim.trusted:
                    yield from page.wrapped(f"trusting {trusted}", " " * (VERDICT_WIDTH + 2))


__all__ = ["abstracts_text"]

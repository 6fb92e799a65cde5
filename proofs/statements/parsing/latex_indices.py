"""Indices in LaTeX, rewritten as the text that :mod:`dyadic.proofs.statements.parsing.index_text` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dyadic.proofs.checker.intake.kinds import position
from dyadic.proofs.statements.semantics.quantities import printed_letters

_INTEGER_ENTRY = re.compile(
    r"(?:\\(?:wide)?hat\s*\{(?P<hat>[A-Za-z](?:_\{\d+\}|\d*)|\\mathit\{[A-Za-z][A-Za-z0-9]*\})\}|(?<![A-Za-z\\_])(?P<letter>[xy])(?=[\^_]))"
    r"(?:\^\{(?:\\text\{)?(?P<owner>[^{}]*)\}?\})?"
)
_INDEX_WORDS = {r"\lfloor": "floor(", r"\rfloor": ")", r"\bmod": " mod ", r"\le": "<=", r"\leq": "<=", r"\mid": "|"}


def plain(owners: Mapping[str, str], text: str) -> str:
    r"""An index as text: i_{1} is i1, \hat{f}^{\text{pool}}_{i} is argf_pool[i], a named size loses its macro."""
    done = 0
    while match := _INTEGER_ENTRY.search(text, done):
        letter = re.sub(r"\\mathit|[{}_]", "", match["hat"] or match["letter"])
        name = printed_letters(position(letter) if match["hat"] else letter)
        if match["owner"] is not None:
            name += "_" + owners.get(match["owner"], match["owner"])
        rest, inner = text[match.end() :], ""
        if rest.startswith("_{"):
            end = _closing_brace(rest, 1)
            parts = (
                rest[2:end] if "," in rest[2:end] else ", ".join(re.findall(r"[a-z](?:_\{?\d+\}?|\d*)", rest[2:end]))
            )
            inner, rest = f"[{parts}]", rest[end + 1 :]
        before = text[: match.start()] + name
        text, done = before + inner + rest, len(before)
    text = re.sub(r"\\(?:mathit|text|mathrm)\s*\{([^{}]*)\}", r"\1", text).replace(r"\_", "_")
    return _index_text(re.sub(r"(?<![A-Za-z])([A-Za-z])_\{?(\d+)\}?", r"\1\2", text))


def _closing_brace(text: str, start: int) -> int:
    """The position of the brace that closes the one at ``start``; the end if there is none."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
    return len(text)


def _index_text(text: str) -> str:
    for word, plain in _INDEX_WORDS.items():
        text = re.sub(re.escape(word) + r"(?![A-Za-z])", lambda match, plain=plain: plain, text)  # type: ignore[misc]
    return text

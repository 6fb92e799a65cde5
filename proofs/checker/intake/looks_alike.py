"""How the names of a certificate look: none shows nothing, and no two of them can be taken for each other.

A report names vertices, and a person compares them with what a network's own are called.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from dyadic.proofs.checker.intake.reading import Rejected, shown

BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
"""Characters that have no look of their own though they are no spaces: joiners, fillers, the empty braille cell."""
_SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_WORDS = re.compile(r"[^\W\d_]+")
_LETTERS = {
    "aeopcyxijshdqw": "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d",
    "ABEKMHOPCTXYIJS": "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423\u0406\u0408\u0405",
    "ovcj": "\u03bf\u03bd\u03f2\u03f3",
    "ABEZHIKMNOPTYX": "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
}
LOOKS_LIKE = {one: latin for row, others in _LETTERS.items() for latin, one in zip(row, others, strict=True)}
"""Cyrillic and Greek letters that look like Latin ones (Unicode's confusables that fonts do not tell apart)."""


def check_looks(groups: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Names by where they stand; all of them are told apart.  Raises :class:`Rejected`."""
    taken: dict[str, str] = {}
    for where, names in groups:
        for name in names:
            plain = unicodedata.normalize("NFKC", name)
            if name != name.strip() or unicodedata.category(name[:1]).startswith("M") or any(map(_blank, name)):
                raise Rejected(where, f"{shown(name)} holds what is printed as nothing")
            for word in _WORDS.findall(plain):
                if any(c.isascii() for c in word) and (alien := next((c for c in word if c in LOOKS_LIKE), None)):
                    reason = f"{shown(name)} has {unicodedata.name(alien)} for a letter that it looks like"
                    raise Rejected(where, reason)
            look = " ".join("".join(LOOKS_LIKE.get(c, c) for c in plain).split())
            if taken.setdefault(look, name) != name:
                raise Rejected(where, f"{shown(name)} cannot be told from {shown(taken[look])}")


def _blank(character: str) -> bool:
    return character in BLANK or not character.isprintable() or _SELECTORS.match(character) is not None


__all__ = ["BLANK", "LOOKS_LIKE", "check_looks"]

"""How names look: what shows nothing is no part of a name, and two names that look alike are not two names.

A reader of an appendix or of a verdict sees names; a vertex whose name cannot be told from another's would let one be
taken for the other.  proofs/checker/intake/looks_alike.py says the same of a certificate, with a table of its own.
"""

from __future__ import annotations

import re
import unicodedata

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


def shows_nothing(character: str) -> bool:
    """Whether a character is printed as nothing, or only changes how others are printed."""
    return character in BLANK or not character.isprintable() or _SELECTORS.match(character) is not None


def is_visible(name: str) -> bool:
    """Whether a name is printed as it is written: no blank characters, no mark without a letter, no space at an end."""
    first = unicodedata.category(name[:1] or " ")
    return name == name.strip() != "" and not first.startswith("M") and not any(map(shows_nothing, name))


def look(name: str) -> str:
    """What a name looks like: two different names with one look are taken for each other."""
    plain = unicodedata.normalize("NFKC", name)
    return " ".join("".join(LOOKS_LIKE.get(character, character) for character in plain).split())


def disguised(name: str) -> str | None:
    """A letter of another script that looks like a Latin one, in a word with Latin letters; None if there is none."""
    for word in _WORDS.findall(unicodedata.normalize("NFKC", name)):
        if any(character.isascii() for character in word):
            found = next((character for character in word if character in LOOKS_LIKE), None)
            if found is not None:
                return found
    return None


__all__ = ["BLANK", "LOOKS_LIKE", "disguised", "is_visible", "look", "shows_nothing"]

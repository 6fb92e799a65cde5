"""Names in scripts that the fonts of a paper do not have, in Latin letters."""

from __future__ import annotations

import unicodedata

_LAST = 0x17F
"""The last character of Latin Extended-A: up to it every format has letters of its own."""


def plain_name(name: str) -> str:
    """The name with every character beyond European Latin written in Latin letters, after Unicode's name of it."""
    return "".join(_latin(character) for character in name)


def _latin(character: str) -> str:
    if ord(character) <= _LAST and (character.isprintable() or character == " "):
        return character
    base = unicodedata.normalize("NFKD", character)
    if all(ord(part) < 0x80 and part.isprintable() for part in base):
        return base
    words = unicodedata.name(character, "").split()
    if unicodedata.combining(character):
        return ""
    if words[:1] == ["CJK"] or ("LETTER" not in words and "SYLLABLE" not in words):
        return f"u{ord(character):X}"
    start = max(words.index(word) for word in ("LETTER", "SYLLABLE") if word in words) + 1
    word = "".join(words[start : start + 1])
    return word.lower() if "SMALL" in words or not character.isupper() else word.capitalize()

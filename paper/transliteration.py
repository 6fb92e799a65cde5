"""Names in scripts that the fonts of a paper do not have, in Latin letters."""

from __future__ import annotations

import re
import unicodedata

_LAST = 0x17F
"""The last character of Latin Extended-A: up to it every format has letters of its own."""

_CYRILLIC = {
    "BE": "b", "VE": "v", "GHE": "g", "DE": "d", "IE": "e", "ZHE": "zh", "ZE": "z", "SHORT": "y", "KA": "k", "EL": "l",
    "EM": "m", "EN": "n", "PE": "p", "ER": "r", "ES": "s", "TE": "t", "EF": "f", "HA": "kh", "TSE": "ts", "CHE": "ch",
    "SHA": "sh", "SHCHA": "shch", "HARD": "", "YERU": "y", "SOFT": "",
}  # fmt: skip
"""Letters that Unicode names by more than their sound, by the first word of the name."""

_FIRST_SOUND = frozenset({"ARABIC", "HEBREW", "SYRIAC", "SAMARITAN", "PHOENICIAN"})
"""Scripts whose letters have names that begin with their sound: ALEF, BEH, SHEEN."""


def plain_name(name: str) -> str:
    """The name with every character beyond European Latin written in Latin letters: Unicode's name of it, as a rule."""
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
    if words[0] == "CYRILLIC":
        word = _CYRILLIC.get(word, word)
    if words[0] in _FIRST_SOUND:
        word = words[start + 1] if word == "FINAL" else word
        word = re.split("(?<=[AEIOU])|(?=[AEIOU])", word)[0] or word[:1]
    return word.lower() if "SMALL" in words or not character.isupper() else word.capitalize()

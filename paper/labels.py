"""What places in a document are called by those who refer to them: ASCII, and another label for another name.

A name that a label can hold is its own label.  Of any other the Latin letters stay, for people, and a hash is added, so
that two names that look alike in Latin letters have two labels, the same ones in every run.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from dyadic.paper.transliteration import plain_name

_OWN = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
"""Names that are their own labels; none has two hyphens in a row, which stand before a hash."""


def label_of(name: str) -> str:
    """What the labels of the document on a network of this name begin with."""
    if _OWN.fullmatch(name):
        return name
    readable = re.sub(r"[^A-Za-z0-9]+", "-", _latin(name)).strip("-") or "network"
    return f"{readable}--{_hash(name)}"


def label_of_tag(tag: str) -> str:
    """A tag as a label: letters, digits and what a label may hold stay, everything else becomes its code."""
    readable = re.sub(r"[^A-Za-z0-9:._]", lambda found: f"-{ord(found[0]):x}", _latin(tag))
    return readable if tag.isascii() else f"{readable}--{_hash(tag)}"


def _latin(name: str) -> str:
    return unicodedata.normalize("NFKD", plain_name(name)).encode("ascii", "ignore").decode()


def _hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:8]

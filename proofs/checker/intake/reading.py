"""Reading a certificate with suspicion: every access checks that the field is there and of its type.

What stands in a file is shown as such, in quotes, wherever it could be taken for words of the checker's own.
"""

from __future__ import annotations

import re
from typing import Any

PLAIN = re.compile(r"[\w.:/#\[\]()=+-]*", re.ASCII)
"""A text in which nobody reads a sentence."""


class Rejected(Exception):
    """A certificate that does not hold; ``field`` is the part at fault."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = (text.encode("utf-8", "backslashreplace").decode() for text in (field, reason))
        super().__init__(f"{named(self.field)}: {self.reason}")


class NoCertificate(Rejected):
    """What was given holds no certificate that can be read here, which is a verdict on nothing."""


class Costly(Rejected):
    """Nothing is wrong, but evaluating it here would take too long."""


class Outside(Rejected):
    """An equation reads an entry that its tensor does not have, with no bracket that is 0 there."""


def need(table: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    """``table[key]`` if it is there and of the right type."""
    if not isinstance(table, dict) or key not in table:
        raise Rejected(f"{where}.{key}", "is missing")
    value = table[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Rejected(f"{where}.{key}", f"has the wrong type ({type(value).__name__})")
    return value


# -- what the file says, in quotes -------------------------------------------------------------------------------------


def shown(value: Any, most: int = 60) -> str:
    """Something that a file holds, in quotes, with an end that it cannot reach itself; cut where it is long."""
    text = value if isinstance(value, str) else repr(value)
    return repr(value) if len(text) <= most else f"{text[:most]!r}..."


def named(text: str) -> str:
    """A name or a path, in quotes unless it is plain."""
    return text if PLAIN.fullmatch(text) else shown(text, 200)


def tensor(kind: str, owner: str) -> str:
    """A tensor by its kind and the vertex that it belongs to."""
    return named(f"{kind}_{owner}")

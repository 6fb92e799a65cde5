"""Reading a certificate with suspicion: every access checks that the field is there and of its type."""

from __future__ import annotations

from typing import Any


class Rejected(Exception):
    """A certificate that does not hold; ``field`` is the part at fault."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = (text.encode("utf-8", "backslashreplace").decode() for text in (field, reason))
        super().__init__(f"{self.field}: {self.reason}")


def need(table: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    """``table[key]`` if it is there and of the right type."""
    if not isinstance(table, dict) or key not in table:
        raise Rejected(f"{where}.{key}", "is missing")
    value = table[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Rejected(f"{where}.{key}", f"has the wrong type ({type(value).__name__})")
    return value


class Costly(Rejected):
    """Nothing is wrong, but evaluating it here would take too long."""


class Outside(Rejected):
    """An equation reads an entry that its tensor does not have, with no bracket that is 0 there."""

"""Text that steers no terminal, whatever names of files and tensors hold."""

from __future__ import annotations

import math


def printable(text: str) -> str:
    """The text with every character that a terminal would act on written as an escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def finite_number(value: float, form: str) -> str:
    """A number in a format, where it is finite."""
    return format(value, form) if math.isfinite(value) else "not finite"

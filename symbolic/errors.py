"""The one family of errors that a user can cause and mend."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from fractions import Fraction
from pathlib import Path

_NUMBER = re.compile(r'"\\u0000(.*?)\\u0000"')
_SHOWN = 60
"""Characters of a line that are shown on either side of a place in it."""


class DyadicError(Exception):
    """Something in the input cannot be used; the message names the place and the remedy."""


class SpecError(DyadicError):
    """An architecture that cannot be built.

    Parameters
    ----------
    where: the layer, input or key at fault, as the user wrote it.
    problem: what is wrong, with the shapes or values at hand.
    remedy: what to write instead.
    pointed: of an error at a place in a text the line at fault, and below it a caret.
    """

    pointed: tuple[str, ...] = ()

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}; {remedy}" if remedy else f"{where}: {problem}")
        self.where, self.problem, self.remedy = where, problem, remedy


def pointed_at(line: str, column: int) -> tuple[str, str]:
    """A line, cut around a place in it, and below it a caret."""
    start = max(0, column - _SHOWN)
    return line[start : column + _SHOWN], " " * (column - start) + "^"


def as_written(value: object, most: int = 80) -> str:
    """A value that was read, as a specification has it (true, not True), cut after ``most`` characters."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_marked)
    text = _NUMBER.sub(r"\1", text)
    return text if len(text) <= most else f"{text[:most]}..."


def _marked(value: object) -> str:
    """What JSON has no form for: a fraction as it was written, marked as no text; anything else as text."""
    return f"\0{value!r}\0" if isinstance(value, Fraction) and type(value) is not Fraction else str(value)


def expect(what: str, value: object, *kinds: type) -> None:
    """Raises :class:`DyadicError` where an argument is of another kind."""
    if not isinstance(value, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise DyadicError(f"{what} must be of the type {wanted}, not {type(value).__name__}")


def expect_one_of(what: str, value: object, choices: Collection[str]) -> None:
    """Raises :class:`DyadicError` where an argument is none of some words."""
    if not isinstance(value, str) or value not in choices:
        raise DyadicError(f"{what} {as_written(value, 60)} is unknown; choose one of {', '.join(choices)}")


def unwritable(path: Path, error: OSError) -> DyadicError:
    """The one message for an output that cannot be written."""
    return DyadicError(f"{path}: cannot be written ({error.strerror or error}); choose another place")


class UnsupportedEquation(DyadicError):
    """An index equation outside the fragment the calculus handles: refused, never guessed at."""

"""The one family of errors that a user can cause and mend."""

from __future__ import annotations

from pathlib import Path


class DyadicError(Exception):
    """Something in the input cannot be used; the message names the place and the remedy."""


class SpecError(DyadicError):
    """An architecture that cannot be built.

    Parameters
    ----------
    where: the layer, input or key at fault, as the user wrote it.
    problem: what is wrong, with the shapes or values at hand.
    remedy: what to write instead.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}; {remedy}" if remedy else f"{where}: {problem}")
        self.where, self.problem, self.remedy = where, problem, remedy


def unwritable(path: Path, error: OSError) -> DyadicError:
    """The one message for an output that cannot be written."""
    return DyadicError(f"{path}: cannot be written ({error.strerror or error}); choose another place")


class UnsupportedEquation(DyadicError):
    """An index equation outside the fragment the calculus handles: refused, never guessed at."""

"""Where text goes: how wide it is, whether it has colours, and what shows there that the program is at work."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from dyadic.printable import printable

PIPE_WIDTH = 100
NARROWEST, WIDEST = 40, 140
"""Below, words no longer fit beside what they are about; beyond, the eye loses the line."""
VERDICT_WIDTH = 11
"""The width of a column of verdicts."""
_CODES = {"bold": "1", "proved": "1;32", "refuted": "1;31", "undecided": "1;33", "unreadable": "1;33"}


@dataclass(frozen=True)
class Page:
    """A place for text.

    width: characters in a line.  colour: whether styles are written (ANSI escape sequences).
    """

    width: int = PIPE_WIDTH
    colour: bool = False

    def styled(self, text: str, style: str) -> str:
        """``text`` in a style: ``bold``, or the name of a verdict."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour else text

    def coloured(self, lines: Iterable[str], verdict: str) -> Iterator[str]:
        """The lines, the verdict at the start of one in its colour."""
        word = verdict.upper()
        for line in lines:
            yield self.styled(word, verdict) + line[len(word) :] if line.startswith(word) else line

    def wrapped(self, text: str, first: str = "", rest: str | None = None) -> list[str]:
        """``text`` in lines that fit, after ``first``, and those that follow after ``rest`` (blanks, by default).

        Characters that are no text, such as a terminal's control sequences in a name, are written out.
        """
        rest = " " * len(first) if rest is None else rest
        return textwrap.wrap(
            printable(text), self.width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
        ) or [first.rstrip()]


def page(stream: TextIO) -> Page:
    """The page that a stream is: a terminal of some width, coloured unless NO_COLOR or TERM=dumb, or a pipe."""
    if not stream.isatty():
        return Page()
    columns = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Page(max(NARROWEST, min(columns, WIDEST)), not plain)


@contextmanager
def progress(text: str) -> Iterator[Callable[[str], None]]:
    """What is being done and for how long, on a terminal's standard error; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda message: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(text, total=None)
        yield lambda message: shown.update(task, description=printable(message))

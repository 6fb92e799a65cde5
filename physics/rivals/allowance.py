"""How long a method may take on a network.

Every evaluation of a network and every step of a search comes by :func:`spend`; when the time is over it raises
:class:`OutOfTime`, which says how far the work had come.  What was found before stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

SECONDS = 60.0
"""Of a method, where nothing else is asked for: of the processor, so that what is found does not depend on what else it
has to do."""
_SHOWN_EVERY = 0.1


class OutOfTime(Exception):
    """A method's time is over; says where it was."""


@dataclass
class _Allowance:
    """seconds: in all.  show: told what is being done.  doing, reached: what was last said of it.

    The time is that of this thread: threads that a library of linear algebra keeps do not count.
    """

    seconds: float
    show: Callable[[str], None]
    began: float = field(default_factory=time.thread_time)
    shown: float = 0.0
    doing: str = ""
    reached: str = ""

    @property
    def where(self) -> str:
        return ", ".join(filter(None, (self.doing, self.reached)))

    def check(self) -> None:
        now = time.monotonic()
        if now - self.shown >= _SHOWN_EVERY:
            self.shown = now
            self.show(self.where)
        if time.thread_time() - self.began > self.seconds:
            raise OutOfTime(": ".join(filter(None, (f"stopped after {self.seconds:g} s", self.where))))


_CURRENT: ContextVar[_Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def allowed(seconds: float, show: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Let what runs within take so long at most; ``show`` is told about ten times a second what is being done."""
    before = _CURRENT.set(_Allowance(seconds, show))
    try:
        yield
    finally:
        _CURRENT.reset(before)


def spend(reached: Callable[[], str] | None = None, doing: str | None = None) -> None:
    """Raise :class:`OutOfTime` when the time is over.

    doing: what begins now; reached: how far it is.  Both are shown, and said when the time is over.
    """
    current = _CURRENT.get()
    if current is None:
        return
    if doing is not None:
        current.doing, current.reached = doing, ""
    if reached is not None:
        current.reached = reached()
    current.check()


__all__ = ["SECONDS", "OutOfTime", "allowed", "spend"]

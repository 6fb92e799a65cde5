"""What checking may cost, in units of work: the same for a file on every machine, whatever else that machine does.

A unit is about a microsecond of a processor of today.  Whatever takes time counts its work here; where more is spent
than is allowed, :class:`Costly` is raised.  Nothing is counted unless a limit was set, so that a prover that uses the
same code has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from dyadic.proofs.checker.intake.reading import Costly


class Allowance:
    """left: the units that may still be spent."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


_RUNNING: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


def spend(units: int, where: str) -> None:
    """Count work that is about to be done."""
    running = _RUNNING.get()
    if running is not None:
        running.left -= units
        if running.left < 0:
            raise Costly(where, "checking it takes more work than is spent here")


@contextmanager
def limited(units: int) -> Iterator[None]:
    """A limit, within that of what is outside, to which everything spent inside is charged."""
    outer = _RUNNING.get()
    own = units if outer is None else max(0, min(units, outer.left))
    inner = Allowance(own)
    token = _RUNNING.set(inner)
    try:
        yield
    finally:
        _RUNNING.reset(token)
        if outer is not None:
            outer.left -= own - max(inner.left, 0)


PER_CONTAINER, PER_VALUE = 5, 1


def weigh(value: object) -> None:
    """Count what reading a file's JSON costs, by its tables, lists and values."""
    stack: list[object] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict | list):
            spend(PER_CONTAINER + PER_VALUE * len(item), "certificate")
            stack.extend(child for child in (item.values() if isinstance(item, dict) else item) if _holds(child))


def _holds(value: object) -> bool:
    return isinstance(value, dict | list)


__all__ = ["limited", "spend", "weigh"]

"""The arrays of a run of a nest.  Every access is checked: in bounds, filled, written once, no two threads at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
_NOBODY, _SEVERAL = -1, -2


class Fault(Exception):
    """A nest did something that it must not do."""


class Global:
    """An array of the device, read or written by a kernel, not both; ``written`` counts the stores to every element."""

    def __init__(self, name: str, values: Numbers, output: bool) -> None:
        self.name, self.values, self.output = name, values, output
        self._cells = values if values.shape else values.reshape(1)  # a number is an array of one
        self.written = np.zeros(self._cells.shape, int)

    def read(self, at: Sequence[Numbers], who: Numbers) -> Numbers:
        if self.output:
            raise Fault(f"{self.name} is written by this kernel and read by it")
        return np.asarray(self._cells[self._place(at, who)])

    def write(self, at: Sequence[Numbers], value: Numbers, who: Numbers) -> None:
        if not self.output:
            raise Fault(f"{self.name} is not an output")
        place = self._place(at, who)
        np.add.at(self.written, place, 1)
        self._cells[place] = value

    def _place(self, at: Sequence[Numbers], who: Numbers) -> tuple[Numbers, ...]:
        return _inside(self.name, at if self.values.shape else [np.zeros_like(who)], self._cells.shape)

    def finished(self) -> None:
        """Every element of an output has been written exactly once."""
        if self.output and (self.written != 1).any():
            at = tuple(int(k) for k in np.argwhere(self.written != 1)[0])
            raise Fault(f"{self.name}{list(at)} is written {self.written[at]} times")


class Shared:
    """An array of one block.  Between two barriers a cell belongs to one thread, or is only read.

    A copy may arrive at any time between its start and the wait for its group: no thread may touch its cells then, and
    it starts a barrier after the last access to them.
    """

    def __init__(self, name: str, shape: Sequence[int], dtype: Any, cell: tuple[int, ...] = ()) -> None:
        """cell: the shape of what one cell holds."""
        self.name, self.values = name, np.zeros((*shape, *cell), dtype)
        self.filled = np.zeros(shape, bool)
        self.writer, self.reader = np.full(shape, _NOBODY), np.full(shape, _NOBODY)
        self.copier, self.group = np.full(shape, _NOBODY), np.zeros(shape, int)

    def barrier(self) -> None:
        self.writer[...] = self.reader[...] = _NOBODY

    def read(self, at: Sequence[Numbers], who: Numbers) -> Numbers:
        place = self._place(at)
        if not self.filled[place].all():
            raise Fault(f"{self.name}: a cell is read that was never written")
        self._conflict(self.writer, place, who, "written", "read")
        before = self.reader[place]
        self.reader[place] = np.where((before == _NOBODY) | (before == who), who, _SEVERAL)
        again = self.reader[place]  # several threads of this very access at one cell: the last one's number stands
        self.reader[place] = np.where(again == who, again, _SEVERAL)
        return np.asarray(self.values[place])

    def write(self, at: Sequence[Numbers], value: Numbers, who: Numbers) -> None:
        place = self._place(at)
        self._conflict(self.writer, place, who, "written", "written")
        self._conflict(self.reader, place, who, "read", "written")
        self.writer[place] = who
        if (self.writer[place] != who).any():
            raise Fault(f"{self.name}: two threads write one cell at once")
        self.values[place], self.filled[place] = value, True

    def start(self, at: Sequence[Numbers], value: Numbers, who: Numbers, group: Numbers) -> None:
        """Copies of the threads' groups of these numbers."""
        place = self._place(at)
        if (self.writer[place] != _NOBODY).any() or (self.reader[place] != _NOBODY).any():
            raise Fault(f"{self.name}: a copy starts to a cell that was used, without a barrier between")
        self.copier[place], self.group[place] = who, group
        if (self.copier[place] != who).any():
            raise Fault(f"{self.name}: two threads copy to one cell at once")
        self.values[place] = value

    def arrive(self, who: Numbers, closed: Numbers) -> None:
        """Of these threads, the copies of groups below ``closed``, a number for every thread of the block."""
        there = np.isin(self.copier, who) & (self.group < closed[self.copier])
        self.writer[there], self.filled[there], self.copier[there] = self.copier[there], True, _NOBODY

    def finished(self) -> None:
        """No copy is under way."""
        if (self.copier != _NOBODY).any():
            raise Fault(f"{self.name}: a copy is never waited for")

    def _place(self, at: Sequence[Numbers]) -> tuple[Numbers, ...]:
        place = _inside(self.name, at, self.filled.shape)
        if (self.copier[place] != _NOBODY).any():
            raise Fault(f"{self.name}: a cell is used before a copy to it was waited for")
        return place

    def _conflict(self, owner: Numbers, place: Any, who: Numbers, before: str, now: str) -> None:
        found = owner[place]
        if ((found != _NOBODY) & (found != who)).any():
            raise Fault(f"{self.name}: a cell {before} by one thread is {now} by another without a barrier between")


class Registers:
    """An array of every thread: the thread is its first axis."""

    def __init__(self, name: str, threads: int, shape: Sequence[int], dtype: Any, cell: tuple[int, ...] = ()) -> None:
        self.name, self.values = name, np.zeros((threads, *shape, *cell), dtype)
        self.filled = np.zeros((threads, *shape), bool)

    def read(self, at: Sequence[Numbers], who: Numbers) -> Numbers:
        place = (who, *_inside(self.name, at, self.filled.shape[1:]))
        if not self.filled[place].all():
            raise Fault(f"{self.name}: a register is read that was never written")
        return np.asarray(self.values[place])

    def write(self, at: Sequence[Numbers], value: Numbers, who: Numbers) -> None:
        place = (who, *_inside(self.name, at, self.filled.shape[1:]))
        self.values[place], self.filled[place] = value, True


def _inside(name: str, at: Sequence[Numbers], shape: Sequence[int]) -> tuple[Numbers, ...]:
    for axis, (position, extent) in enumerate(zip(at, shape, strict=True)):
        if ((position < 0) | (position >= extent)).any():
            wrong = int(position[(position < 0) | (position >= extent)][0])
            raise Fault(f"{name}: position {wrong} of axis {axis}, whose extent is {extent}")
    return tuple(at)

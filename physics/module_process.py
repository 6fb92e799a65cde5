"""A module that somebody emitted, and perhaps changed, in processes of its own.

It is somebody else's program: it may end its process, be ended by a signal, never come back, or leave anything in place
of its answer.  None of that ends this program, or passes for an outcome.  But it has the user's rights, and may do
whatever the user may: it is no prisoner.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from dyadic.physics import module_runner, module_supervisor
from dyadic.physics.given_arrays import LARGEST_FILE
from dyadic.physics.updates import Array
from dyadic.scratch import LOCK, temporary_folder
from dyadic.symbolic.decimal_bounds import in_full
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.limits import MOST_AXES, regular_file

SECONDS = 600.0
"""For being imported, and again for computing gradients, if nothing else is asked for."""
_LARGEST_ANSWER = 2**24
"""Bytes of the names and shapes."""
_LONGEST = 600
"""Characters of what a module has said."""
_GRACE = 5.0
"""Seconds in which all that a module has started is ended."""


class _NoAnswer(Exception):
    """Something else than an answer is where one should be."""


class ModuleProcess:
    """Stands for an emitted module: has its tables, and ``gradients`` that are computed in a process of its own.

    path: the module's file.  seconds: how long it may take to be imported, and to be imported and compute gradients.
    Raises :class:`DyadicError`, also from ``gradients``, where it is none, ends its process or takes longer.
    """

    def __init__(self, path: Path, seconds: float = SECONDS) -> None:
        self.path, self.seconds = path, seconds
        try:
            regular_file(path, smaller="give a module that `dyadic emit` wrote")
            self._text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DyadicError(f"{path}: cannot be read ({error}); {module_runner.AGAIN}") from error
        with temporary_folder() as folder:
            tables = self._answer("tables", folder)
            try:
                self.PARAMETERS, self.INPUTS, self.TARGETS = (_shapes(tables[n]) for n in module_runner.NAMES[:3])
                self.DTYPE = _text(tables["DTYPE"])
            except (_NoAnswer, KeyError):
                raise self._unreadable() from None

    def gradients(self, params: Any, x: Any, y: Any) -> tuple[None, dict[str, Array]]:
        """(nothing for the loss, the gradients by name, as doubles)."""
        with temporary_folder() as folder:
            arrays: list[Array] = []
            given = json.dumps([_numbered(part, arrays) for part in (params, x, y)])
            (folder / "given.json").write_text(given, encoding="utf-8")
            np.savez(folder / "given.npz", **{str(number): array for number, array in enumerate(arrays)})
            answer = self._answer("gradients", folder)
            try:
                return None, _arrays(_shapes(answer.get("shapes")), folder / "answer.bin")
            except (_NoAnswer, OSError):
                raise self._unreadable() from None

    def _answer(self, what: str, folder: Path) -> dict[str, Any]:
        (folder / "emitted.py").write_text(self._text, encoding="utf-8")
        (folder / "temporary").mkdir()
        status = self._status([what, str(folder), str(self.path)], folder / "temporary")
        try:
            answer = json.loads(_content(folder / "answer.json", _LARGEST_ANSWER))
        except FileNotFoundError:
            raise DyadicError(self._ended(status)) from None
        except (_NoAnswer, OSError, ValueError, RecursionError):
            raise self._unreadable() from None
        if not isinstance(answer, dict):
            raise self._unreadable()
        if "error" in answer:
            raise DyadicError(f"{self.path}: {_said(answer['error'])}")
        return answer

    def _status(self, arguments: list[str], temporary: Path) -> int:
        """How the process ended.  What the module prints goes to standard error.

        temporary: where it and the programs that it starts are to put what is temporary.
        """
        command = [sys.executable, "-P", "-W", "ignore", str(Path(module_runner.__file__)), *arguments]
        above = [sys.executable, "-I", "-S", str(Path(module_supervisor.__file__)), str(os.getpid()), *command]
        process = subprocess.Popen(
            above, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )  # fmt: skip
        try:
            return process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            problem = f"{self.path}: the module did not come back within {in_full(self.seconds)} s"
            raise DyadicError(f"{problem}; --limit SECONDS gives it longer") from None
        finally:
            _end(process)

    def _ended(self, status: int) -> str:
        how = f"ended its process with status {status}" if status >= 0 else f"was ended by signal {-status}"
        with LOCK:  # whoever stops the program has it, and has ended its children: nothing is said of that
            return f"{self.path}: the module {how}, and gave no answer; {module_runner.AGAIN}"

    def _unreadable(self) -> DyadicError:
        return DyadicError(f"{self.path}: what the module left is no answer; {module_runner.AGAIN}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Have the supervisor end all that is left; where it cannot, it is ended, and the module's process with it."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    if process.poll() is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _content(path: Path, most: int) -> bytes:
    """What a regular file of at most so many bytes holds, whatever else has been put in its place.

    Raises :class:`_NoAnswer` for anything else, and :class:`OSError`.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as stream:
        about = os.fstat(number)
        if not stat.S_ISREG(about.st_mode) or about.st_size > most:
            raise _NoAnswer
        content = stream.read(most + 1)
    if len(content) > most:
        raise _NoAnswer
    return content


def _arrays(shapes: dict[str, tuple[int, ...]] | None, path: Path) -> dict[str, Array]:
    """The gradients in a file: the doubles of one after the other, and nothing else."""
    if shapes is None:
        raise _NoAnswer
    size = 8 * sum(map(prod, shapes.values()))
    if size > LARGEST_FILE:
        raise _NoAnswer
    content = _content(path, size)
    if len(content) != size:
        raise _NoAnswer
    numbers, found, start = np.frombuffer(content, "<f8"), {}, 0
    for name, shape in shapes.items():
        found[name] = numbers[start : start + prod(shape)].reshape(shape)
        start += prod(shape)
    return found


AnyModule = ModuleType | ModuleProcess
"""An imported module, or what stands for one."""


def _numbered(part: Any, arrays: list[Array]) -> Any:
    """The nest of a mapping of arrays, in which their numbers stand for them."""
    if isinstance(part, Mapping):
        return {name: _numbered(value, arrays) for name, value in part.items()}
    if part is None:
        return None
    arrays.append(part)
    return len(arrays) - 1


def _shapes(table: Any) -> dict[str, tuple[int, ...]] | None:
    """Shapes by name; None for None, which stands for a table that no emitted module has."""
    if table is None:
        return None
    if not isinstance(table, dict) or not all(map(_is_shape, table.values())):
        raise _NoAnswer
    return {name: tuple(shape) for name, shape in table.items()}


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, list) and len(shape) <= MOST_AXES and all(type(n) is int and n >= 0 for n in shape)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _NoAnswer
    return value


def _said(text: Any) -> str:
    """What a module has said, in one line without what moves a terminal."""
    said = text if isinstance(text, str) else repr(text)
    return (said if said.isprintable() else ascii(said))[:_LONGEST]


__all__ = ["SECONDS", "AnyModule", "ModuleProcess"]

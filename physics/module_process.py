"""A module that somebody emitted, and perhaps changed, in processes of its own.

It is somebody else's program: it may end its process, be ended by a signal, or never come back.  None of that ends this
program, or passes for an outcome.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from dyadic.physics import module_runner
from dyadic.physics.updates import Array
from dyadic.scratch import LOCK, temporary_folder
from dyadic.symbolic.decimal_bounds import in_full
from dyadic.symbolic.errors import DyadicError
from dyadic.symbolic.limits import regular_file

SECONDS = 600.0
"""For being imported, and again for computing gradients, if nothing else is asked for."""


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
        self.DTYPE = tables["DTYPE"]
        self.PARAMETERS, self.INPUTS, self.TARGETS = (_shapes(tables[name]) for name in module_runner.NAMES[:3])

    def gradients(self, params: Any, x: Any, y: Any) -> tuple[None, dict[str, Array]]:
        """(nothing for the loss, the gradients by name, as doubles)."""
        with temporary_folder() as folder:
            arrays: list[Array] = []
            given = json.dumps([_numbered(part, arrays) for part in (params, x, y)])
            (folder / "given.json").write_text(given, encoding="utf-8")
            np.savez(folder / "given.npz", **{str(number): array for number, array in enumerate(arrays)})
            names = self._answer("gradients", folder)["names"]
            with np.load(folder / "answer.npz", allow_pickle=False) as found:
                return None, {name: found[str(number)] for number, name in enumerate(names)}

    def _answer(self, what: str, folder: Path) -> dict[str, Any]:
        (folder / "emitted.py").write_text(self._text, encoding="utf-8")
        status = self._status([what, str(folder), str(self.path)])
        try:
            answer = dict(json.loads((folder / "answer.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise DyadicError(self._ended(status)) from None
        if "error" in answer:
            raise DyadicError(answer["error"])
        return answer

    def _status(self, arguments: list[str]) -> int:
        """How the process ended.  What the module prints goes to standard error."""
        command = [sys.executable, "-P", "-W", "ignore", str(Path(module_runner.__file__)), *arguments]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True)
        try:
            return process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            problem = f"{self.path}: the module did not come back within {in_full(self.seconds)} s"
            raise DyadicError(f"{problem}; --limit SECONDS gives it longer") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # with what it has started
                process.wait()

    def _ended(self, status: int) -> str:
        how = f"ended its process with status {status}" if status >= 0 else f"was ended by signal {-status}"
        with LOCK:  # whoever stops the program has it, and has ended its children: nothing is said of that
            return f"{self.path}: the module {how}, and gave no answer; {module_runner.AGAIN}"


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
    return None if table is None else {name: tuple(shape) for name, shape in table.items()}


__all__ = ["SECONDS", "AnyModule", "ModuleProcess"]

"""What the benchmarks of emitted modules share: the module of a checkout, and medians of calls that take turns."""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any


def emitted(root: Path, spec: Path, target: str, dtype: str, path: Path, quiet: bool = False) -> ModuleType:
    """The module that a checkout emits to ``path``.

    quiet: whether what the checkout says is left out.  Raises CalledProcessError where it cannot emit it.
    """
    command = [sys.executable, "-m", "dyadic", "emit", str(spec), "--target", target, "--dtype", dtype, "-o", str(path)]
    subprocess.run(command, cwd=root, check=True, capture_output=quiet)
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[path.stem] = module
    found.loader.exec_module(module)
    return module


def medians(
    calls: Mapping[str, Callable[[], Any]], seconds: float, clock: Callable[[], float], turns: int, again: bool
) -> dict[str, float]:
    """Microseconds of one call, of each contestant; they take turns until the time is over.

    seconds: for each contestant.  turns: the fewest.  again: whether a call that is not counted goes before each, so
    that the caches are the contestant's own.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    end = clock() + seconds * len(calls)
    while clock() < end or len(times[next(iter(times))]) < turns:
        for name, call in calls.items():
            if again:
                call()
            start = clock()
            call()
            times[name].append(clock() - start)
    return {name: 1e6 * statistics.median(found) for name, found in times.items()}


__all__ = ["emitted", "medians"]

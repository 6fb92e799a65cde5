"""What the benchmarks of emitted modules share: contestants, and medians of processor time of calls that take turns.

Imports nothing that reads the number of threads: call :func:`one_thread` before NumPy is imported.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from tables import put

PAGE = "docs/benchmarks.md"
HERE = Path(__file__).resolve().parent.parent
Loss = Callable[[dict[str, Any], Any, Any], Any]
"""Of parameters, inputs and targets as another library's arrays."""
Call = Callable[[], dict[str, Any]]
"""The gradients by parameter name."""


def one_thread() -> None:
    """Set what libraries read when they are loaded."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")


def arguments(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """What the command line says; every contest takes --seconds, --against and --write."""
    parser.add_argument("--seconds", type=float, default=0.5, help="for each contestant at each point")
    parser.add_argument("--against", nargs="*", default=[], metavar="LABEL=FOLDER", help="the c target of a checkout")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE}")
    return parser.parse_args()


def heading() -> str:
    """What the numbers depend on."""
    packages = [f"{p} {version(p)}" for p in ("numpy", "torch", "jax") if importlib.util.find_spec(p)]
    packages += [f"{p} absent" for p in ("torch", "jax") if not importlib.util.find_spec(p)]
    asked = subprocess.run([os.environ.get("CC", "cc"), "--version"], capture_output=True, text=True, check=False)
    compiler = asked.stdout.partition("\n")[0]
    return (
        f"Python {platform.python_version()}, {', '.join(packages)}, {compiler}; {_processor()}; "
        "float32, one thread; microseconds of processor time, medians"
    )


def table(rows: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """Rows of :func:`line` as Markdown.

    Two columns say how many times as long as an emitted module its best peer takes, for numpy only peers written in
    NumPy; what is below 1 / 1.05 is a loss, and in bold.
    """
    names = list(rows[0][1])
    peers = [name for name in names if name not in ("c", "numpy")]
    plain = [name for name in peers if name == "plain"]
    head = ["network", *names, "best peer / c", *(["plain / numpy"] if plain else [])]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for label, micro in rows:
        ratios = [min(micro[name] for name in peers) / micro["c"], *(micro[name] / micro["numpy"] for name in plain)]
        shown = [f"{r:.2f}" if r * 1.05 >= 1 else f"**{r:.2f}**" for r in ratios]
        lines.append(f"| {' | '.join([' '.join(label.split()), *(f'{micro[n]:.0f}' for n in names), *shown])} |")
    return "\n".join(lines)


def report(name: str, rows: Sequence[tuple[str, Mapping[str, float]]], write: bool) -> None:
    """Put the table of a contest into the page, if that is wanted."""
    if write:
        put(name, f"{heading()}; load of the machine {os.getloadavg()[0]:.0f}.\n\n{table(rows)}", PAGE)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


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


def checkouts(against: Sequence[str], spec: Path, folder: Path) -> dict[str, ModuleType]:
    """The modules of a network by the c and numpy targets, and by the c target of each ``LABEL=FOLDER``."""
    roots = {"c": (HERE, "c"), "numpy": (HERE, "numpy")}
    roots |= {label: (Path(root).resolve(), "c") for label, _, root in (text.partition("=") for text in against)}
    return {
        name: emitted(root, spec, target, "float32", folder / f"{spec.stem}_{k}.py", quiet=True)
        for k, (name, (root, target)) in enumerate(roots.items())
    }


def in_torch(
    loss: Loss,
    params: Mapping[str, Any],
    wanted: Sequence[str],
    x: Any,
    y: Any,
    device: str = "cpu",
    compiled: bool = False,
) -> Call:
    """PyTorch's eager mode or ``torch.compile``, its tensors made beforehand.  wanted: what gets a gradient."""
    import torch

    torch.set_num_threads(1)
    tensors = {n: torch.tensor(value, device=device, requires_grad=n in wanted) for n, value in params.items()}
    inputs, target = torch.tensor(x, device=device), torch.tensor(y, device=device)
    leaves, value = [tensors[name] for name in wanted], torch.compile(loss) if compiled else loss
    return lambda: dict(zip(wanted, torch.autograd.grad(value(tensors, inputs, target), leaves), strict=True))


def in_jax(loss: Loss, params: Mapping[str, Any], wanted: Sequence[str], x: Any, y: Any) -> Call:
    """JAX, compiled, its arrays made beforehand."""
    import jax

    arrays = {name: jax.numpy.asarray(value) for name, value in params.items()}
    fixed = {name: value for name, value in arrays.items() if name not in wanted}
    free = {name: arrays[name] for name in wanted}
    inputs, target = jax.numpy.asarray(x), jax.numpy.asarray(y)
    compiled = jax.jit(jax.value_and_grad(lambda p, a, b: loss({**p, **fixed}, a, b)))

    def call() -> dict[str, Any]:
        found: dict[str, Any] = jax.block_until_ready(compiled(free, inputs, target))[1]
        return found

    return call


def contestants(
    modules: Mapping[str, ModuleType], losses: Mapping[str, Loss], params: Mapping[str, Any], x: Any, y: Any
) -> dict[str, Call]:
    """By name: emitted modules, and losses in those of the libraries torch and jax that are installed."""
    calls: dict[str, Call] = {n: lambda m=m: m.gradients(params, x, y)[1] for n, m in modules.items()}  # type: ignore[misc]
    wanted = list(modules["numpy"].PARAMETERS)
    peers: dict[str, Callable[..., Call]] = {"torch": in_torch, "jax": in_jax}
    for name, loss in losses.items():
        if importlib.util.find_spec(name) is not None:
            calls[name] = peers[name](loss, params, wanted, x, y)
    return calls


def agreed(calls: Mapping[str, Call], bound: float = 2e-3) -> None:
    """Raises ValueError where a contestant's gradients are not those of the first."""
    first, *others = calls
    wanted = calls[first]()
    for name in others:
        found = calls[name]()
        for parameter, value in wanted.items():
            one, two = (memory_of(array) for array in (value, found[parameter]))
            scale = max(abs(one).max(), 1e-3)
            if not abs(one - two).max() <= bound * scale:
                raise ValueError(f"{name}: {parameter} differs by {abs(one - two).max() / scale:.1e}")


def memory_of(array: Any) -> Any:
    """A NumPy array of any library's array."""
    import numpy as np

    return np.asarray(array)


def line(label: str, calls: Mapping[str, Call], seconds: float) -> tuple[str, dict[str, float]]:
    """Compare the contestants, let them take turns, and print a line; the label and the medians."""
    agreed(calls)
    found = medians(calls, seconds)
    print(label, *(f"  {name} {micro:9.0f}" for name, micro in found.items()), f" (load {os.getloadavg()[0]:.1f})",
          sep="", flush=True)  # fmt: skip
    return label, found


def medians(calls: Mapping[str, Callable[[], Any]], seconds: float, turns: int = 5) -> dict[str, float]:
    """Microseconds of processor time of one call, of each contestant; they take turns until the time is over.

    seconds: for each contestant.  turns: the fewest.  A call that is not counted goes before each, so that the caches
    are the contestant's own.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    end = time.process_time() + seconds * len(calls)
    while time.process_time() < end or len(times[next(iter(times))]) < turns:
        for name, call in calls.items():
            call()
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: 1e6 * statistics.median(found) for name, found in times.items()}


__all__ = [
    "HERE", "arguments", "checkouts", "contestants", "emitted", "heading", "line", "medians", "one_thread", "report",
    "table",
]  # fmt: skip

"""Value and gradient of multilayer perceptrons on the CPU: emitted modules, NumPy by hand, PyTorch.

    python benchmarks/kernels.py [--width 64 256 1024] [--depth 4 16] [--batch 1 32 256] [--seconds S] [--dtype D]
                                 [--threads N] [--against LABEL=FOLDER ...]

One process; the contestants take turns, call by call, so that a slow spell of the machine falls on all of them; medians
in microseconds.  Every contestant's loss and gradients are compared with those by hand before anything is timed.
--against: another checkout, whose numpy target takes part.  PyTorch takes part where it is installed.
"""

from __future__ import annotations

import os
import sys

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv[:-1] else "1"
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS  # read when the libraries are loaded

import argparse  # noqa: E402
import importlib.util  # noqa: E402
import platform  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from importlib.metadata import version  # noqa: E402
from pathlib import Path  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import Any  # noqa: E402

import contest  # noqa: E402
import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent.parent
TARGETS = ("numpy", "c")
Call = Callable[[], tuple[Any, dict[str, Any]]]


def specification(width: int, depth: int) -> str:
    """depth dense layers of one width, tanh between them, as TOML."""
    lines = ['name = "mlp"', "[inputs.x]", f"shape = [{width}]"]
    for k in range(depth):
        lines += ["[[layers]]", f'name = "h{k}"', 'type = "dense"', f"units = {width}"]
        lines += ['activation = "tanh"'] if k < depth - 1 else []
    return "\n".join([*lines, '[cost]\ntype = "squared_error"'])


def emitted(folder: Path, root: Path, target: str, width: int, depth: int, dtype: str) -> ModuleType | None:
    """A checkout's module, or None where it says that it cannot emit it."""
    spec, path = (
        folder / f"mlp_{width}_{depth}.toml",
        folder / f"m{abs(hash(root))}_{target}_{width}_{depth}_{dtype}.py",
    )
    spec.write_text(specification(width, depth), encoding="utf-8")
    try:
        return contest.emitted(root, spec, target, dtype, path, quiet=True)
    except subprocess.CalledProcessError:
        return None


def by_hand(params: dict[str, Any], x: Any, y: Any, depth: int) -> tuple[Any, dict[str, Any]]:
    """As one would write it: the mean is taken once, of the cost's derivative."""
    values = [x]
    for k in range(depth):
        z = values[-1] @ params[f"h{k}.weight"].T + params[f"h{k}.bias"]
        values.append(np.tanh(z) if k < depth - 1 else z)
    difference = values[-1] - y
    s, gradients = difference / np.float32(len(x)), {}
    for k in reversed(range(depth)):
        z_bar = s * (1 - values[k + 1] ** 2) if k < depth - 1 else s
        gradients[f"h{k}.weight"] = z_bar.T @ values[k]
        gradients[f"h{k}.bias"] = z_bar.sum(axis=0)
        s = z_bar @ params[f"h{k}.weight"] if k else None
    return 0.5 * (difference**2).sum(axis=1).mean(), gradients


def by_torch(params: dict[str, Any], x: Any, y: Any, depth: int) -> Call | None:
    """PyTorch's eager mode, its arrays made beforehand; None where it is not installed."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    torch.set_num_threads(int(THREADS))
    names = list(params)
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    inputs, target = torch.tensor(x), torch.tensor(y)

    def call() -> tuple[Any, dict[str, Any]]:
        value = inputs
        for k in range(depth):
            value = torch.nn.functional.linear(value, tensors[f"h{k}.weight"], tensors[f"h{k}.bias"])
            value = torch.tanh(value) if k < depth - 1 else value
        loss = 0.5 * ((value - target) ** 2).sum(dim=1).mean()
        return loss.detach(), dict(zip(names, torch.autograd.grad(loss, [tensors[n] for n in names]), strict=True))

    return call


def compared(name: str, found: tuple[Any, dict[str, Any]], wanted: tuple[Any, dict[str, Any]], dtype: str) -> None:
    """Raises ValueError where a contestant computes something else."""
    bound = 1e-10 if dtype == "float64" else 2e-3
    pairs = [(found[0], wanted[0]), *((found[1][key], value) for key, value in wanted[1].items())]
    for one, two in pairs:
        scale = np.max(np.abs(np.asarray(two)))
        difference = np.max(np.abs(np.asarray(one) - np.asarray(two)))
        if not difference <= bound * max(scale, 1e-3):
            raise ValueError(f"{name}: differs by {difference:.1e} on a scale of {scale:.1e}")


def contestants(folder: Path, options: Any, width: int, depth: int, batch: int) -> dict[str, Call]:
    """By name, checked against each other."""
    roots = {f"{target}": (HERE, target) for target in TARGETS}
    for text in options.against:
        label, _, root = text.partition("=")
        roots[label] = (Path(root).resolve(), "numpy")
    modules = {n: emitted(folder, root, t, width, depth, options.dtype) for n, (root, t) in roots.items()}
    random = np.random.default_rng(0)
    kept = {n: m for n, m in modules.items() if m is not None}
    first = next(iter(kept.values()))
    draw = {name: random.standard_normal(shape) / shape[-1] ** 0.5 for name, shape in first.PARAMETERS.items()}
    params = {name: value.astype(options.dtype) for name, value in draw.items()}
    x, y = (random.standard_normal((batch, width)).astype(options.dtype) for _ in range(2))
    calls: dict[str, Call] = {name: lambda m=m: m.gradients(params, x, y) for name, m in kept.items()}  # type: ignore[misc]
    calls["by hand"] = lambda: by_hand(params, x, y, depth)
    torch = by_torch(params, x, y, depth)
    if torch is not None:
        calls["torch"] = torch
    wanted = calls["by hand"]()
    for name, call in calls.items():
        compared(name, call(), wanted, options.dtype)
    return calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--width", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--depth", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32, 256])
    parser.add_argument("--seconds", type=float, default=0.5, help="for each contestant at each point")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--against", nargs="*", default=[], metavar="LABEL=FOLDER")
    options = parser.parse_args()
    packages = [f"{p} {version(p)}" for p in ("numpy", "torch") if importlib.util.find_spec(p)]
    print(f"Python {platform.python_version()}, {', '.join(packages)}; {options.dtype}, {THREADS} thread(s)")
    print("microseconds, median")
    heading: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        for width in options.width:
            for depth in options.depth:
                for batch in options.batch:
                    calls = contestants(Path(name), options, width, depth, batch)
                    found = contest.medians(calls, options.seconds, time.process_time, turns=3, again=True)
                    if list(found) != heading:
                        heading = list(found)
                        print(f"{'width':>6}{'depth':>6}{'batch':>6}", *(f"{one:>10}" for one in heading))
                    print(f"{width:>6}{depth:>6}{batch:>6}", *(f"{t:10.1f}" for t in found.values()), flush=True)


if __name__ == "__main__":
    main()

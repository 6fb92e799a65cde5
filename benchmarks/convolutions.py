"""LeNet and a residual block by the c and numpy targets and by PyTorch: CPU time of a value with all gradients.

    python benchmarks/convolutions.py [--batch N ...] [--seconds S] [--against LABEL=FOLDER ...]

One thread, float32, one process; the contestants take turns, after their gradients were compared; medians of processor
time in microseconds (what other programs take of the machine is not counted), and the machine's load beside them.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # read when the libraries are loaded

import argparse  # noqa: E402
import importlib.util  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from contest import emitted, medians  # noqa: E402

HERE = Path(__file__).resolve().parent.parent
BLOCK = """name = "block"
[inputs.image]
shape = [16, 16, 16]
[[layers]]
name = "conv1"
type = "conv"
filters = 16
kernel = [3, 3]
padding = [1, 1, 1, 1]
activation = "relu"
[[layers]]
name = "conv2"
type = "conv"
filters = 16
kernel = [3, 3]
padding = [1, 1, 1, 1]
[[layers]]
name = "sum"
type = "add"
inputs = ["conv2", "image"]
[[layers]]
name = "flat"
type = "flatten"
[[layers]]
name = "logits"
type = "dense"
units = 10
[cost]
type = "squared_error"
"""
Call = Callable[[], dict[str, Any]]


def by_torch(name: str, params: dict[str, Any], x: Any, y: Any) -> Call:
    """The same networks in PyTorch's eager mode."""
    import torch
    from torch.nn import functional as f

    torch.set_num_threads(1)
    p = {key: torch.tensor(value, requires_grad=True) for key, value in params.items()}
    inputs, target = torch.tensor(x), torch.tensor(y)

    def lenet() -> Any:
        z = f.avg_pool2d(torch.tanh(f.conv2d(inputs, p["conv1.weight"], p["conv1.bias"], padding=2)), 2)
        z = f.max_pool2d(torch.tanh(f.conv2d(z, p["conv2.weight"], p["conv2.bias"])), 2).flatten(1)
        z = torch.tanh(f.linear(z, p["hidden.weight"], p["hidden.bias"]))
        return f.cross_entropy(f.linear(z, p["logits.weight"], p["logits.bias"]), target)

    def block() -> Any:
        z = torch.relu(f.conv2d(inputs, p["conv1.weight"], p["conv1.bias"], padding=1))
        z = (f.conv2d(z, p["conv2.weight"], p["conv2.bias"], padding=1) + inputs).flatten(1)
        z = f.linear(z, p["logits.weight"], p["logits.bias"])
        return 0.5 * (z - target).square().sum(dim=1).mean()

    loss = {"lenet": lenet, "block": block}[name]
    return lambda: dict(zip(p, torch.autograd.grad(loss(), list(p.values())), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32, 128])
    parser.add_argument("--seconds", type=float, default=0.5, help="for each contestant at each point")
    parser.add_argument("--against", nargs="*", default=[], metavar="LABEL=FOLDER", help="the c target of a checkout")
    options = parser.parse_args()
    roots = {"c": (HERE, "c"), "numpy": (HERE, "numpy")}
    roots |= {label: (Path(root).resolve(), "c") for label, _, root in (t.partition("=") for t in options.against)}
    with tempfile.TemporaryDirectory() as name:
        block = Path(name) / "block.toml"
        block.write_text(BLOCK, encoding="utf-8")
        for spec in (HERE / "examples/lenet.toml", block):
            modules = {
                n: emitted(root, spec, target, "float32", Path(name) / f"{spec.stem}_{k}.py")
                for k, (n, (root, target)) in enumerate(roots.items())
            }
            for batch in options.batch:
                compared(spec.stem, modules, batch, options.seconds)


def compared(name: str, modules: dict[str, ModuleType], batch: int, seconds: float) -> None:
    """Print a line."""
    random = np.random.default_rng(0)
    first = modules["numpy"]
    params = {n: np.asarray(v + 0.1 * random.standard_normal(v.shape), np.float32) for n, v in first.init(0).items()}
    ((key, shape),) = first.INPUTS.items()
    x = random.standard_normal((batch, *shape)).astype(np.float32)
    y: Any = random.integers(0, 10, batch)
    if name != "lenet":
        y = random.standard_normal((batch, 10)).astype(np.float32)
    calls: dict[str, Call] = {n: lambda m=m: m.gradients(params, {key: x}, y)[1] for n, m in modules.items()}  # type: ignore[misc]
    if importlib.util.find_spec("torch") is not None:
        calls["torch"] = by_torch(name, params, x, y)
    wanted = calls["numpy"]()
    for contestant, call in calls.items():
        for parameter, value in call().items():
            difference = np.max(np.abs(np.asarray(value) - wanted[parameter])) / np.max(np.abs(wanted[parameter]))
            if not difference < 2e-3:
                raise ValueError(f"{contestant}: {parameter} differs by {difference:.1e}")
    found = medians(calls, seconds, time.process_time, turns=5, again=False)
    line = "  ".join(f"{n} {t:9.0f}" for n, t in found.items())
    print(f"{name:6} batch {batch:4}: {line}  (load {os.getloadavg()[0]:.1f})", flush=True)


if __name__ == "__main__":
    main()

"""LeNet and a residual block by the c and numpy targets, PyTorch and JAX: CPU time of a value with all gradients.

    python benchmarks/convolutions.py [--batch N ...] [--seconds S] [--against LABEL=FOLDER ...] [--write]

One thread, float32, one process; the contestants take turns, after their gradients were compared; medians of processor
time in microseconds (what other programs take of the machine is not counted), and the machine's load beside them.
"""

from __future__ import annotations

import contest

contest.one_thread()

import argparse  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

HERE = contest.HERE
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


def by_torch(name: str, p: dict[str, Any], x: Any, y: Any) -> Any:
    """The loss in PyTorch's eager mode."""
    import torch
    from torch.nn import functional as f

    if name == "block":
        z = torch.relu(f.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=1))
        z = (f.conv2d(z, p["conv2.weight"], p["conv2.bias"], padding=1) + x).flatten(1)
        return 0.5 * (f.linear(z, p["logits.weight"], p["logits.bias"]) - y).square().sum(dim=1).mean()
    z = f.avg_pool2d(torch.tanh(f.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=2)), 2)
    z = f.max_pool2d(torch.tanh(f.conv2d(z, p["conv2.weight"], p["conv2.bias"])), 2).flatten(1)
    z = torch.tanh(f.linear(z, p["hidden.weight"], p["hidden.bias"]))
    return f.cross_entropy(f.linear(z, p["logits.weight"], p["logits.bias"]), y)


def by_jax(name: str, p: dict[str, Any], x: Any, y: Any) -> Any:
    """The loss in JAX."""
    import jax
    from jax import lax
    from jax import numpy as jnp

    def conv(z: Any, layer: str, padding: int) -> Any:
        edges = [(padding, padding)] * 2
        return lax.conv_general_dilated(z, p[f"{layer}.weight"], (1, 1), edges) + p[f"{layer}.bias"][:, None, None]

    def dense(z: Any, layer: str) -> Any:
        return z @ p[f"{layer}.weight"].T + p[f"{layer}.bias"]

    if name == "block":
        z = conv(jax.nn.relu(conv(x, "conv1", 1)), "conv2", 1) + x
        return 0.5 * ((dense(z.reshape(len(z), -1), "logits") - y) ** 2).sum(axis=1).mean()
    window = (1, 1, 2, 2)
    z = lax.reduce_window(jnp.tanh(conv(x, "conv1", 2)), 0.0, lax.add, window, window, "VALID") / 4
    z = lax.reduce_window(jnp.tanh(conv(z, "conv2", 0)), -jnp.inf, lax.max, window, window, "VALID")
    logits = dense(jnp.tanh(dense(z.reshape(len(z), -1), "hidden")), "logits")
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=-1).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32, 128])
    options = contest.arguments(parser)
    print(contest.heading())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        block = Path(folder) / "block.toml"
        block.write_text(BLOCK, encoding="utf-8")
        for spec in (HERE / "examples/lenet.toml", block):
            modules = contest.checkouts(options.against, spec, Path(folder))
            for batch in options.batch:
                calls = contestants(spec.stem, modules, batch)
                rows.append(contest.line(f"{spec.stem:6} batch {batch:4}", calls, options.seconds))
    contest.report("convolutions", rows, options.write)


def contestants(name: str, modules: dict[str, ModuleType], batch: int) -> dict[str, Callable[[], Any]]:
    """Calls that yield gradients, by name."""
    random = np.random.default_rng(0)
    first = modules["numpy"]
    params = {n: np.asarray(v + 0.1 * random.standard_normal(v.shape), np.float32) for n, v in first.init(0).items()}
    (shape,) = first.INPUTS.values()
    x = random.standard_normal((batch, *shape)).astype(np.float32)
    y: Any = random.integers(0, 10, batch)
    if name != "lenet":
        y = random.standard_normal((batch, 10)).astype(np.float32)
    losses = {"torch": partial(by_torch, name), "jax": partial(by_jax, name)}
    return contest.contestants(modules, losses, params, x, y)


if __name__ == "__main__":
    main()

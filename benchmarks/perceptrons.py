"""Value and gradient of multilayer perceptrons: the c and numpy targets, NumPy by hand, PyTorch and JAX.

    python benchmarks/perceptrons.py [--width 64 256 1024] [--depth 4 16] [--batch 1 32 256] [--seconds S]
                                 [--against LABEL=FOLDER ...] [--write]

One thread, float32, one process; the contestants take turns, after their gradients were compared; medians of processor
time in microseconds.  "plain": NumPy as one would write it; "by hand": with every array made beforehand.
"""

from __future__ import annotations

import contest

contest.one_thread()

import argparse  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402


def specification(width: int, depth: int) -> str:
    """depth dense layers of one width, tanh between them, as TOML."""
    lines = ['name = "mlp"', "[inputs.x]", f"shape = [{width}]"]
    for k in range(depth):
        lines += ["[[layers]]", f'name = "h{k}"', 'type = "dense"', f"units = {width}"]
        lines += ['activation = "tanh"'] if k < depth - 1 else []
    return "\n".join([*lines, '[cost]\ntype = "squared_error"'])


def plain(params: dict[str, Any], x: Any, y: Any, depth: int) -> tuple[Any, dict[str, Any]]:
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


class ByHand:
    """The same without a new array in a call: what one writes who knows NumPy well."""

    def __init__(self, params: dict[str, Any], x: Any, depth: int) -> None:
        self.params, self.x, self.depth = params, x, depth
        self.values = [np.empty_like(x) for _ in range(depth)]
        self.gradients = {name: np.empty_like(value) for name, value in params.items()}
        self.s, self.slope, self.difference = (np.empty_like(x) for _ in range(3))

    def __call__(self, y: Any) -> tuple[Any, dict[str, Any]]:
        p, values, s, slope = self.params, self.values, self.s, self.slope
        for k, value in enumerate(values):
            np.matmul(values[k - 1] if k else self.x, p[f"h{k}.weight"].T, out=value)
            value += p[f"h{k}.bias"]
            if k < self.depth - 1:
                np.tanh(value, out=value)
        difference = np.subtract(values[-1], y, out=self.difference)
        np.multiply(difference, np.float32(1 / len(y)), out=s)
        for k in reversed(range(self.depth)):
            if k < self.depth - 1:
                np.square(values[k], out=slope)
                np.subtract(1, slope, out=slope)
                s *= slope
            before = values[k - 1] if k else self.x
            (np.multiply if len(y) == 1 else np.matmul)(s.T, before, out=self.gradients[f"h{k}.weight"])
            np.add.reduce(s, axis=0, out=self.gradients[f"h{k}.bias"])
            if k:
                np.matmul(s, p[f"h{k}.weight"], out=slope)
                s, slope = slope, s
        return 0.5 * float(np.vdot(difference, difference)) / len(y), self.gradients


def by_torch(p: dict[str, Any], x: Any, y: Any) -> Any:
    """The loss in PyTorch's eager mode."""
    import torch

    for k in range(len(p) // 2):
        x = torch.nn.functional.linear(torch.tanh(x) if k else x, p[f"h{k}.weight"], p[f"h{k}.bias"])
    return 0.5 * ((x - y) ** 2).sum(dim=1).mean()


def by_jax(p: dict[str, Any], x: Any, y: Any) -> Any:
    """The loss in JAX."""
    from jax import numpy as jnp

    for k in range(len(p) // 2):
        x = (jnp.tanh(x) if k else x) @ p[f"h{k}.weight"].T + p[f"h{k}.bias"]
    return 0.5 * ((x - y) ** 2).sum(axis=1).mean()


def contestants(modules: dict[str, Any], width: int, depth: int, batch: int) -> dict[str, Callable[[], Any]]:
    """Calls that yield gradients, by name."""
    random = np.random.default_rng(0)
    draw = {n: random.standard_normal(shape) / shape[-1] ** 0.5 for n, shape in modules["numpy"].PARAMETERS.items()}
    params = {name: value.astype(np.float32) for name, value in draw.items()}
    x, y = (random.standard_normal((batch, width)).astype(np.float32) for _ in range(2))
    calls = contest.contestants(modules, {"torch": by_torch, "jax": by_jax}, params, x, y)
    calls["plain"] = lambda: plain(params, x, y, depth)[1]
    by_hand = ByHand(params, x, depth)
    calls["by hand"] = lambda: by_hand(y)[1]
    return calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--width", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--depth", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32, 256])
    options = contest.arguments(parser)
    print(contest.heading())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for width in options.width:
            for depth in options.depth:
                spec = Path(folder) / f"mlp_{width}_{depth}.toml"
                spec.write_text(specification(width, depth), encoding="utf-8")
                modules = contest.checkouts(options.against, spec, Path(folder))
                for batch in options.batch:
                    calls = contestants(modules, width, depth, batch)
                    rows.append(contest.line(f"{width:5} x {depth:2} batch {batch:4}", calls, options.seconds))
    contest.report("perceptrons", rows, options.write)


if __name__ == "__main__":
    main()

"""Emitted CuPy modules on a GPU: time of a value with all gradients, against PyTorch, cuBLAS and what the card can do.

    python benchmarks/gpu.py [--batch N ...] [--seconds S] [NETWORK ...]

Networks: mlp_WIDTH_DEPTH (64, 256 and 1024 by 4 and 16), lenet, block, decoder, lstm.  First a network's gradients are
compared with those of the NumPy module; then the contestants take turns: the emitted module with ``out`` and a
workspace, CuPy's own matrix products (cuBLAS) for the perceptrons, PyTorch eager and compiled where it is installed.
Medians in microseconds between events of the device.  At the top, the card's name, and what it was measured to do:
copies in GB/s and float32 matrix products in TFLOP/s; behind each perceptron the least time that these allow.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import contest
import convolutions
import numpy as np
import perceptrons
import sequences

BATCHES = (1, 32, 256)
SPECIFICATIONS = {
    **{f"mlp_{w}_{d}": perceptrons.specification(w, d) for w in (64, 256, 1024) for d in (4, 16)},
    "lenet": (contest.HERE / "examples/lenet.toml").read_text(encoding="utf-8"),
    "block": convolutions.BLOCK,
    **sequences.NETWORKS,
}
NO_CUPY = "no CuPy: pip install cupy-cuda13x (or cupy-cuda12x), matching your driver; nothing was measured"
NO_DEVICE = "no CUDA device is visible to CuPy; nothing was measured"


def refusal() -> str | None:
    """Why nothing can be measured here, if so."""
    if importlib.util.find_spec("cupy") is None:
        return NO_CUPY
    import cupy

    try:
        return None if cupy.cuda.is_available() else NO_DEVICE
    except Exception as error:  # a broken driver can raise anything
        return f"{NO_DEVICE} ({error})"


def loss_in_torch(name: str) -> contest.Loss:
    """A network's loss in PyTorch."""
    if name.startswith("mlp"):
        return perceptrons.by_torch
    return partial((convolutions if name in ("lenet", "block") else sequences).by_torch, name)


def drawn(name: str, module: Any, batch: int) -> tuple[dict[str, Any], Any, Any]:
    """Parameters, an input and a target as NumPy arrays."""
    if name in sequences.NETWORKS:
        return sequences.drawn(name, module, batch)
    random = np.random.default_rng(0)
    params = {n: np.asarray(v + 0.1 * random.standard_normal(v.shape), np.float32) for n, v in module.init(0).items()}
    (shape,), (wanted,) = module.INPUTS.values(), module.TARGETS.values()
    x = random.standard_normal((batch, *shape)).astype(np.float32)
    y: Any = random.standard_normal((batch, *wanted)).astype(np.float32)
    return params, x, random.integers(0, 10, batch) if name == "lenet" else y


def measured(calls: Mapping[str, Callable[[], Any]], seconds: float) -> dict[str, float]:
    """Medians of the microseconds between two events around each call; the contestants take turns."""
    import cupy

    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    end = time.perf_counter() + seconds * len(calls)
    while time.perf_counter() < end or len(times[next(iter(times))]) < 5:
        for name, call in calls.items():
            start, stop = cupy.cuda.Event(), cupy.cuda.Event()
            start.record()
            call()
            stop.record()
            stop.synchronize()
            times[name].append(1e3 * cupy.cuda.get_elapsed_time(start, stop))
    return {name: statistics.median(found) for name, found in times.items()}


def roofline(seconds: float) -> tuple[float, float]:
    """(bytes, float32 operations) that the card moves and does in a microsecond, in a copy and a matrix product."""
    import cupy

    source, matrix = cupy.zeros(2**26, np.float32), cupy.ones((4096, 4096), np.float32)
    target, product = cupy.empty_like(source), cupy.empty_like(matrix)
    found = measured(
        {"copy": lambda: cupy.copyto(target, source), "product": lambda: cupy.matmul(matrix, matrix, out=product)},
        seconds,
    )
    return 2 * source.nbytes / found["copy"], 2 * 4096**3 / found["product"]


def least(width: int, depth: int, batch: int, moved: float, done: float) -> float:
    """Microseconds that a perceptron takes at the least: a weight is read twice, its gradient written."""
    numbers = 3 * depth * width * width + 6 * depth * batch * width
    return max(4 * numbers / moved, 2 * (3 * depth - 1) * batch * width * width / done)


def contestants(name: str, module: Any, given: tuple[dict[str, Any], Any, Any]) -> dict[str, Callable[[], Any]]:
    """Calls that yield gradients on the device."""
    import cupy

    params = {n: cupy.asarray(value) for n, value in given[0].items()}
    x, y = map(cupy.asarray, given[1:])
    out = {n: cupy.empty(shape, np.float32) for n, shape in module.PARAMETERS.items()}
    workspace = module.Workspace()
    calls: dict[str, Callable[[], Any]] = {"emitted": lambda: module.gradients(params, x, y, out, workspace)[1]}
    if name.startswith("mlp"):
        depth = int(name.rpartition("_")[2])
        calls["cublas"] = lambda: perceptrons.plain(params, x, y, depth)[1]
    if importlib.util.find_spec("torch") is not None:
        wanted = list(module.PARAMETERS)
        for label, compiled in (("torch", False), ("compiled", True)):
            loss = loss_in_torch(name)
            calls[label] = contest.in_torch(loss, given[0], wanted, given[1], given[2], "cuda", compiled)
    return calls


def agreed(name: str, calls: Mapping[str, Callable[[], Any]], wanted: Mapping[str, Any]) -> None:
    """Raises ValueError where a contestant's gradients are not those of the NumPy module."""
    import cupy

    for label, call in calls.items():
        for parameter, value in call().items():
            array = value.cpu().numpy() if hasattr(value, "cpu") else cupy.asnumpy(value)
            scale = max(np.abs(wanted[parameter]).max(), 1e-3)
            difference = np.abs(array - wanted[parameter]).max() / scale
            if not difference <= 2e-3:
                raise ValueError(f"{name}, {label}: {parameter} differs by {difference:.1e}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("network", nargs="*", default=list(SPECIFICATIONS), help=f"of {', '.join(SPECIFICATIONS)}")
    parser.add_argument("--batch", type=int, nargs="+", default=list(BATCHES))
    parser.add_argument("--seconds", type=float, default=0.3, help="for each contestant at each point")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.network if name not in SPECIFICATIONS]
    if unknown:
        parser.error(f"no network is called {', '.join(unknown)}; there are: {', '.join(SPECIFICATIONS)}")
    if (reason := refusal()) is not None:
        print(reason, file=sys.stderr)
        return 2
    import cupy

    properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
    moved, done = roofline(options.seconds)
    print(contest.heading())
    print(f"{properties['name'].decode()}: copies {moved / 1e3:.0f} GB/s, products {done / 1e6:.1f} TFLOP/s in float32")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.network:
            spec = Path(folder) / f"{name}.toml"
            spec.write_text(SPECIFICATIONS[name], encoding="utf-8")
            module, reference = (
                contest.emitted(contest.HERE, spec, target, "float32", Path(folder) / f"{name}_{target}.py", quiet=True)
                for target in ("cupy", "numpy")
            )
            for batch in options.batch:
                given = drawn(name, reference, batch)
                calls = contestants(name, module, given)
                agreed(name, calls, reference.gradients(*given)[1])
                line = [f"{label} {micro:9.1f}" for label, micro in measured(calls, options.seconds).items()]
                if name.startswith("mlp"):
                    width, depth = map(int, name.split("_")[1:])
                    line.append(f"least {least(width, depth, batch, moved, done):9.1f}")
                print(f"{name:12} batch {batch:4}  {'  '.join(line)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The benchmark of the GPU where there is none: what it says, and that it runs with a stand-in for CuPy."""

import importlib.machinery
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
from support.optional import require

from dyadic.codegen.emulator import find_compiler
from dyadic.codegen.emulator.stand_in import stand_in


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(str(Path("benchmarks").resolve()))
    import gpu

    return gpu


def test_without_cupy_it_says_so(gpu, monkeypatch, capsys):
    monkeypatch.setattr(gpu.importlib.util, "find_spec", lambda name: None)
    assert gpu.main(["lenet"]) == 2
    assert capsys.readouterr().err.strip() == gpu.NO_CUPY


def test_without_a_device_it_says_so(gpu, monkeypatch, capsys):
    nothing = types.SimpleNamespace(cuda=types.SimpleNamespace(is_available=lambda: False))
    monkeypatch.setattr(gpu.importlib.util, "find_spec", lambda name: name == "cupy")
    monkeypatch.setitem(sys.modules, "cupy", nothing)
    assert gpu.main(["lenet"]) == 2
    assert gpu.NO_DEVICE in capsys.readouterr().err


def test_an_unknown_network_is_named():
    done = subprocess.run([sys.executable, "benchmarks/gpu.py", "mlp"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no network is called mlp; there are: mlp_64_4" in done.stderr


class Event:
    """As CuPy's, by the clock of the host."""

    def record(self):
        self.now = time.perf_counter()

    def synchronize(self):
        pass


def fake():
    """A CuPy that computes on the CPU: its times say nothing."""
    found = stand_in()
    found.cuda.Event, found.cuda.get_elapsed_time = Event, lambda one, two: 1e3 * (two.now - one.now)
    found.cuda.Device = lambda: types.SimpleNamespace(id=0)
    properties = lambda number: {"name": b"no card at all"}  # noqa: E731
    found.cuda.runtime = types.SimpleNamespace(getDeviceProperties=properties)
    found.__spec__ = importlib.machinery.ModuleSpec("cupy", None)
    return found


@pytest.mark.long
def test_it_runs_with_a_stand_in(gpu, monkeypatch, capsys):
    """A line for the network, after its gradients were compared; a wrong gradient is refused."""
    require(find_compiler(), "no C++ compiler (g++ or clang++)")
    monkeypatch.setattr(gpu.importlib.util, "find_spec", lambda name: name == "cupy" or None)
    monkeypatch.setattr(gpu.contest, "heading", lambda: "versions and threads")
    monkeypatch.setattr(gpu, "roofline", lambda seconds: (1e6, 1e6))
    monkeypatch.setitem(sys.modules, "cupy", fake())
    assert gpu.main(["mlp_64_4", "--batch", "2", "--seconds", "0"]) == 0
    heading, first, line = capsys.readouterr().out.splitlines()
    assert heading == "versions and threads"
    assert first.startswith("no card at all: copies 1000 GB/s, products 1.0 TFLOP/s")
    assert line.split()[:4] == ["mlp_64_4", "batch", "2", "emitted"]
    assert "cublas" in line
    assert "least" in line
    wrong = {"w": lambda: {"w": np.ones(3, np.float32)}}
    with pytest.raises(ValueError, match="w differs by"):
        gpu.agreed("mlp", wrong, {"w": np.zeros(3, np.float32)})

"""examples/data_parallel.py: with Dask and with torch.distributed, the bits of one process."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.optional import needed

from dyadic.codegen import emit
from dyadic.symbolic import derive, read_spec

SCRIPT = Path("examples/data_parallel.py").resolve()
STEPS = 25


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    needed("sklearn")
    needed("autograd")
    folder = tmp_path_factory.mktemp("parallel")
    emit(derive(read_spec("examples/digits.toml")), "numpy").write(folder / "kernels_numpy.py")
    return folder


def trained(out, *options, launcher=(), steps=STEPS):
    """What a run prints."""
    given = [sys.executable, *launcher, str(SCRIPT), str(out), "--steps", str(steps), *options]
    done = subprocess.run(given, capture_output=True, text=True, cwd=out, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def alone(out):
    return trained(out)


def test_it_learns_and_depends_on_every_step(alone, out):
    accuracy = float(alone.split("accuracy ")[1].split()[0])
    assert accuracy > 0.5
    assert trained(out, steps=STEPS - 1).splitlines()[-1] != alone.splitlines()[-1]


@pytest.mark.long
def test_torch_distributed(alone, out):
    needed("torch")
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    assert trained(out, "--with", "torch", launcher=launcher) == alone


def test_dask(alone, out):
    needed("distributed")
    assert trained(out, "--with", "dask", "--workers", "2") == alone


def test_an_order_of_its_own_would_show(out, monkeypatch):
    """Sums in another order give other bits: the comparison above can fail."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import data_parallel

    path = str(out / "kernels_numpy.py")
    in_order = data_parallel.alone(path, 5)
    mean = data_parallel.mean_in_order
    monkeypatch.setattr(data_parallel, "mean_in_order", lambda parts: mean(parts[::-1]))
    other = data_parallel.alone(path, 5)
    assert any(in_order[name].tobytes() != other[name].tobytes() for name in in_order)

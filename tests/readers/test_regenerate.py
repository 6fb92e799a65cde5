"""The line at the head of an emitted module that writes it again, run as it stands there."""

import re
import shlex

import numpy as np
import onnx
import pytest
from readers.onnx_models import model
from support.command import run

import dyadic

WEIGHTS = {"w": np.ones((2, 2), np.float32), "b": np.zeros(2, np.float32)}
MANY = {"w": np.ones((2, 200), np.float32), "b": np.zeros(200, np.float32)}
NODES = [("Gemm", ["x", "w", "b"], ["z"]), ("Relu", ["z"], ["y"])]
NAMELESS = """[inputs.x]\nshape = ["n"]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = "m"
[cost]\ntype = "squared_error"\n"""


def line_of(text):
    (found,) = re.findall(r"^Regenerate: (dyadic .*)$", text, re.M)
    return shlex.split(found)[1:]


def write_specs(folder):
    onnx.save(model(NODES, {"x": ["the batch", 2]}, ["y"], WEIGHTS), folder / "a model.onnx")
    (folder / "nameless.toml").write_text(NAMELESS)


SETS = [
    ("a model.onnx", "numpy", "--cost", "cross_entropy"),
    ("a model.onnx", "c", "--cost", "squared_error", "--granularity", "layer", "--dtype", "float32"),
    ("a model.onnx", "cupy", "--dtype", "float32", "--tensor-cores", "tf32"),
    ("nameless.toml", "numpy", "--size", "m=3", "--size", "n=2"),
    ("nameless.toml", "cupy", "--size", "n=64", "--size", "m=64", "--dtype", "float32", "--tensor-cores", "bfloat16"),
]


@pytest.mark.parametrize(("spec", "target", "options"), [(spec, target, more) for spec, target, *more in SETS])
def test_the_line_writes_the_same_bytes(spec, target, options, tmp_path):
    write_specs(tmp_path)
    if spec.endswith(".onnx"):
        (name,) = dyadic.read(tmp_path / spec).unknown_sizes
        options = [*options, "--size", f"{name}=4"]
    done = run("emit", spec, "--target", target, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = run(*line_of(done.stdout), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout
    without = run("emit", spec, "--target", target, *options[-2:], cwd=tmp_path).stdout
    assert without != done.stdout  # the options change what is written


def test_arrays_in_a_file_of_their_own_are_written_again(tmp_path):
    onnx.save(model(NODES, {"x": [4, 2]}, ["y"], MANY), tmp_path / "m.onnx")
    assert run("emit", "m.onnx", "--target", "numpy", "-o", "first.py", cwd=tmp_path).returncode == 0
    assert run(*line_of((tmp_path / "first.py").read_text()), cwd=tmp_path).returncode == 0
    assert (tmp_path / "FILE.py").read_bytes() == (tmp_path / "first.py").read_bytes()
    with np.load(tmp_path / "FILE.npz") as again, np.load(tmp_path / "first.npz") as first:
        assert set(again) == set(first) == {"w", "b"}


def test_without_a_file_the_options_are_there():
    network = dyadic.architecture({"inputs": {"x": {"shape": [2]}}, "layers": [{"name": "a", "type": "relu"}],
                                   "cost": {"type": "squared_error"}})  # fmt: skip
    assert line_of(dyadic.emit(dyadic.derive(network), "c").text) == [
        "emit",
        "SPEC",
        "--target",
        "c",
        "--dtype",
        "float64",
    ]


@pytest.mark.parametrize("name", ['"""; raise SystemExit #.toml', "back\\slash.toml", "-o.toml", "new\nline.toml"])
def test_a_name_that_a_docstring_cannot_hold_is_left_out(name, tmp_path):
    (tmp_path / name).write_text('name = "own"\n' + NAMELESS)
    text = dyadic.emit(dyadic.derive(dyadic.read(tmp_path / name)), "numpy", sizes={"n": 2, "m": 2}).text
    compile(text, "module.py", "exec")
    assert line_of(text)[:2] == ["emit", "SPEC"]

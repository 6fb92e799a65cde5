"""Models on the command line."""

import subprocess
import sys

import numpy as np
import onnx
from readers.onnx_models import model
from support.command import run

WEIGHTS = {"w": np.ones((150, 2), np.float32), "b": np.zeros(150, np.float32)}  # too many to be written into a module
PROTO = model([("Gemm", ["x", "w", "b"], ["z"], {"transB": 1}), ("Relu", ["z"], ["y"])], {"x": [4, 2]}, ["y"], WEIGHTS)


def test_a_model_is_verified_emitted_and_written_out(tmp_path):
    path = tmp_path / "m.onnx"
    onnx.save(PROTO, path)
    done = run("verify", path)
    assert done.returncode == 0, done.stderr
    assert "note: L = 2 where every operation is a vertex, 1 where every layer is one; here: operation" in done.stdout
    derived = run("derive", path, "--granularity", "layer", "--cost", "squared_error").stdout
    assert "small: L = 1 layer (" in derived
    assert "x_y[" in derived
    done = run("emit", path, "--target", "numpy", "-o", tmp_path / "m.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / 'm.py'} needs {tmp_path / 'm.npz'}, written beside it: the model's arrays\n"
    with np.load(tmp_path / "m.npz") as stored:
        np.testing.assert_array_equal(stored["w"], WEIGHTS["w"])


def test_errors_are_one_line(tmp_path):
    path = tmp_path / "m.onnx"
    onnx.save(model([("Det", ["x"], ["y"])], {"x": [9, 9]}, ["y"]), path)
    for arguments, message in (
        (("verify", path), "node 1 of 1 (Det, reading 'x') is not supported"),
        (("derive", tmp_path / "absent.onnx"), "cannot be read"),
        (("derive", tmp_path / "absent.pt2"), "cannot be read"),
        (("derive", "examples/digits.toml", "--cost", "abstract"), "names its cost itself"),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert message in done.stderr


def test_a_missing_package_is_named(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"")
    code = (
        "import sys; sys.modules['onnx'] = None; from dyadic.entry import main; "
        "sys.argv = ['dyadic', 'derive', 'm.onnx']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pip install 'dyadic-backprop[onnx]'" in done.stderr


def test_build_writes_every_target(tmp_path):
    path = tmp_path / "m.onnx"
    onnx.save(PROTO, path)
    done = run("build", path, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    written = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"kernels_numpy.py", "kernels_numpy.npz", "kernels_cupy.py", "certificate.json", "appendix.pdf"} <= written


def test_a_size_is_a_number_before_the_model_is_read(tmp_path):
    """A file whose sizes fit for one number only, and one that divides by a size; names that are no identifiers."""
    path, certificate = tmp_path / "m.onnx", tmp_path / "c.json"
    text = """<ir_version: 8, opset_import: ["": 17]> d (double[N,D] x) => (double[N,2] y)
    <double[3,2] w = {1, 2, 3, 4, 5, 6}> { z = MatMul(x, w)  s = Shape<start=0, end=1>(z)  f = Cast<to=11>(s)
    y = Div(z, f) }"""
    proto = onnx.parser.parse_model(text)
    proto.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "D-1"
    onnx.save(proto, path)
    assert run("verify", path).returncode == 2
    for name in ("D-1", "D_1"):
        done = run("verify", path, "--size", "N=2", "--size", f"{name}=3", "--certificate", certificate)
        assert done.returncode == 0, done.stderr
        done = run("emit", path, "--target", "numpy", "--size", "N=2", "--size", f"{name}=3")
        assert done.returncode == 0, done.stderr
    assert run("check", certificate, "--spec", path, "--size", "N=2", "--size", "D_1=3").returncode == 0
    assert run("check", certificate, "--spec", path, "--size", "N=4", "--size", "D_1=3").returncode == 1
    assert run("verify", path, "--size", "N=2", "--size", "D_1=3", "--size", "E=1").returncode == 2

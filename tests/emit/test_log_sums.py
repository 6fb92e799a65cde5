"""Softmax, its logarithm and what is built on them beside large numbers, on every target, against mpmath."""

from importlib.util import find_spec

import mpmath
import numpy as np
import pytest
from support.emulated import emitted
from support.modules import load
from support.optional import require
from sympy import Integer

from dyadic.codegen import emit
from dyadic.codegen.standalone import FunctionModule
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.spec import LAYER_TYPES

LOWEST = float(np.finfo(np.float32).min)
ROWS = {
    "masked": [-1e9] * 5,
    "lowest": [LOWEST] * 5,
    "one is not": [LOWEST, LOWEST, 1.5, 0.25, LOWEST],
    "large": [1e9, 1e9, 1e9 - 1024, 1e9, 1e9],
    "usual": [0.5, -1.0, 2.0, 0.0, 1.0],
}
Y = [0.1, 0.2, 0.3, 0.4, 0.0]


def network(layer, cost="squared_error"):
    """z = W x + b with W = 0: the row is b, and its gradient that of z."""
    layers = [{"name": "z", "type": "dense", "units": 5}, *([{"name": "f", "type": layer}] if layer else [])]
    return derive(architecture({"inputs": {"x": {"shape": [1]}}, "layers": layers, "cost": {"type": cost}}))


def wanted(layer, row):
    """(loss, gradient with respect to the row), from 50 digits."""
    with mpmath.workdps(50):
        a = [mpmath.mpf(value) for value in row]
        y = [mpmath.mpf(float(np.float32(value))) for value in Y]
        top = max(a)
        rest = mpmath.log(mpmath.fsum(mpmath.exp(one - top) for one in a))
        logs = [(one - top) - rest for one in a]
        p = [mpmath.exp(one) for one in logs]
        if layer is None:  # cross-entropy
            loss, s = -mpmath.fsum(t * one for t, one in zip(y, logs, strict=True)), None
            gradient = [mpmath.fsum(y) * one - t for one, t in zip(p, y, strict=True)]
        else:
            f = p if layer == "softmax" else logs
            s = [one - t for one, t in zip(f, y, strict=True)]
            loss = mpmath.fsum(one**2 for one in s) / 2
            if layer == "softmax":
                inner = mpmath.fsum(one * t for one, t in zip(s, p, strict=True))
                gradient = [one * (t - inner) for one, t in zip(p, s, strict=True)]
            else:
                gradient = [t - one * mpmath.fsum(s) for one, t in zip(p, s, strict=True)]
        return float(loss), np.array([float(one) for one in gradient])


def found(target, derivation, row, dtype, monkeypatch):
    given = {"z.weight": np.zeros((5, 1), dtype), "z.bias": np.array(row, dtype)}
    x, y = np.zeros((1, 1), dtype), np.array([Y], np.float32).astype(dtype)
    if target == "onnx":
        require(find_spec("onnx"), "onnx is not installed: pip install 'dyadic-backprop[onnx]'")
        from support.graph_runs import evaluated

        loss, gradients, _ = evaluated(derivation, given, {"x": x}, y, dtype)
        return float(loss), gradients["z.bias"]
    loss, gradients = emitted(derivation, target, monkeypatch, dtype).gradients(given, x, y)
    return float(loss), gradients["z.bias"]


@pytest.mark.parametrize("target", ["numpy", "c", "cupy", "onnx"])
@pytest.mark.parametrize("layer", ["softmax", "log_softmax", None], ids=str)
def test_rows_of_large_numbers(layer, target, monkeypatch):
    derivation = network(layer, "squared_error" if layer else "cross_entropy")
    for name, row in ROWS.items():
        if layer != "softmax" and name == "one is not":
            continue  # the logarithms of what is masked are as large as the mask
        loss, gradient = wanted(layer, row)
        got = found(target, derivation, row, "float32", monkeypatch)
        assert got[0] == pytest.approx(loss, rel=2e-6, abs=1e-6), name
        assert abs(got[1] - gradient).max() < 2e-6 * max(1, abs(gradient).max()), name


@pytest.mark.parametrize("target", ["numpy", "c", "cupy"])
def test_a_query_that_the_mask_hides_from_all_keys(target, monkeypatch):
    shapes = {"q": [2, 3], "k": [4, 3], "v": [4, 2], "mask": [2, 4]}
    layer = {"name": "f", "type": "attention", "inputs": list(shapes)}
    inputs = {name: {"shape": shape} for name, shape in shapes.items()}
    spec = {"inputs": inputs, "layers": [layer], "cost": {"type": "squared_error"}}
    module = emitted(derive(architecture(spec)), target, monkeypatch, "float32")
    x = {name: np.ones((1, *shape), np.float32) for name, shape in shapes.items()}
    x["v"][0] = np.arange(8).reshape(4, 2)
    x["mask"][0] = [[LOWEST] * 4, [LOWEST, 0, 0, LOWEST]]
    state = module.wavefront({}, x, np.zeros((1, 2, 2), np.float32))
    assert abs(state.x["f"][0] - [[3, 4], [3, 4]]).max() < 1e-5


@pytest.mark.parametrize("target", ["numpy", "c", "cupy"])
def test_the_log_sum_exp_itself_and_its_gradient(target, monkeypatch):
    derivation = network("reduce_logsumexp")
    module = emitted(derivation, target, monkeypatch, "float32")
    for value in (-1e9, LOWEST / 1e25, 0.0):
        given = {"z.weight": np.zeros((5, 1), np.float32), "z.bias": np.full(5, value, np.float32)}
        x, y = np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32)
        _, gradients = module.gradients(given, x, y)
        s = float(np.float32(value) + np.log(5) - 1)
        assert gradients["z.bias"] == pytest.approx(np.full(5, s / 5), rel=1e-6)


def test_functions_by_themselves():
    layer = LAYER_TYPES["softmax"]
    equation = layer.equation({"axis": 0}, (1,))
    module = FunctionModule()
    sizes = {size: Integer(5) for size in equation.inputs[0].shape}
    function = module.add("softmax", equation.definitions, equation.inputs, (), sizes)
    p = getattr(load(module.text()), function.name)(np.full((1, 5), -1e300))
    assert abs(p - 0.2).max() < 1e-15


def test_the_sum_that_loses_it_would_be_seen():
    text = emit(network("softmax"), "numpy", "float32").text
    module = load(text.replace("l_rest = np.log(", "l_rest = 0 * np.log("))
    assert str(text) != str(text).replace("l_rest = np.log(", "l_rest = 0 * np.log(")
    given = {"z.weight": np.zeros((5, 1), np.float32), "z.bias": np.full(5, -1e9, np.float32)}
    state = module.wavefront(given, np.zeros((1, 1), np.float32), np.zeros((1, 5), np.float32))
    assert state.x["f"][0, 0] == 1

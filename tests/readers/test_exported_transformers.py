"""Transformers of Hugging Face as PyTorch's exporter writes them to ONNX (exported/export.py): PyTorch's gradients."""

import sys
import types
from pathlib import Path

import numpy as np
import onnx
import pytest
from support.long_tests import one_row_in

import dyadic
from dyadic.symbolic.readers.onnx_model import from_onnx

FOLDER = Path(__file__).parent / "exported"
TOLERANCE = 1e-6
"""The exporter keeps some numbers of a float64 model (2/pi, epsilons, rotary angles) in float32."""


@pytest.mark.parametrize(("name", "parameters"), one_row_in(4, [("gpt2", 28), ("llama", 21)]))
def test_gradients_are_those_of_pytorch(name, parameters):
    architecture = from_onnx(onnx.load(FOLDER / f"{name}.onnx"))
    derivation = dyadic.derive(architecture)
    assert dyadic.verify(derivation).verdict is dyadic.Verdict.PROVED
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(str(dyadic.emit(derivation, "numpy")), name, "exec"), module.__dict__)
    params = {key: architecture.values[key].astype(float) for key in (*module.PARAMETERS, *module.CONSTANTS)}
    with np.load(FOLDER / f"{name}.npz") as stored:
        wanted = dict(stored)
    tokens, weights, value = (wanted.pop(key) for key in ("tokens", "weights", "value"))
    loss, found = module.gradients(params, {"tokens": tokens}, weights)
    assert float(loss) == pytest.approx(float(value), rel=TOLERANCE)
    assert len(wanted) == parameters
    assert sum(array.size for array in wanted.values()) >= 0.9 * sum(found[key].size for key in module.PARAMETERS)
    for key, gradient in wanted.items():
        np.testing.assert_allclose(found[key], gradient, rtol=0, atol=TOLERANCE * np.abs(gradient).max(), err_msg=key)

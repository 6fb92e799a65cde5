"""ArgMax and ArgMin inside a model, reductions and loops that do nothing: values and gradients against onnx's."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx.reference import ReferenceEvaluator
from support.modules import load

import dyadic
from dyadic.codegen import emit
from dyadic.symbolic.readers.onnx_model import from_onnx

HEAD = '<ir_version: 8, opset_import: ["": 17]> g (double[2,3] x) => (double[P,Q] y)'
WEIGHTS = "double[3] w = {1.0, -2.0, 0.5}"
TABLE = f"{WEIGHTS}, double[3,2] E = {{1, 2, 3, 4, 5, 6}}"
LOOP = """Loop<body = b (int64 i, bool c, double[2,3] s) => (bool d, double[2,3] t) { d = Identity(c)  t = Tanh(s) }>"""
X = np.array([[1.0, -0.5, 2.0], [0.3, -0.15, 0.1]])


def choice(operator, axis, keep, last):
    """Rows of a table at the positions of extrema, of which two are equal, times the entries."""
    attributes = f"axis = {axis}, keepdims = {keep}, select_last_index = {last}"
    head = HEAD.replace("Q]", "Q,R]") if keep else HEAD
    return f"""{head} <{TABLE}> {{ z = Mul(x, w)  p = {operator}<{attributes}>(z)  e = Gather(E, p)
    m = ReduceSum<keepdims = 0>(z)  y = Mul(e, m) }}"""


MODELS = [
    choice(*case) for case in (("ArgMax", 1, 0, 0), ("ArgMin", -1, 0, 1), ("ArgMax", 0, 1, 1), ("ArgMin", 0, 0, 0))
]
MODELS += [
    f"{HEAD} <{WEIGHTS}, int64[1] a = {{1}}> {{ z = Mul(x, w)  y = ReduceSum<noop_with_empty_axes = 1>(z, a) }}",
    f"{HEAD} <{WEIGHTS}, int64 n = {{0}}, bool c = {{1}}> {{ z = Mul(x, w)  y = {LOOP}(n, c, z) }}",
]


@pytest.mark.parametrize("text", MODELS)
def test_values_and_gradients(text):
    proto = onnx.parser.parse_model(text)
    (wanted,) = ReferenceEvaluator(proto).run(None, {"x": X})
    code = load(emit(dyadic.derive(from_onnx(proto)), "numpy").text)
    y = np.random.default_rng(1).normal(size=wanted.shape)
    params = code.init()
    loss, gradients = code.gradients(params, X, y)
    np.testing.assert_allclose(loss, (wanted * y).sum(), rtol=1e-12)

    def cost(w):
        moved = onnx.ModelProto()
        moved.CopyFrom(proto)
        tensor = next(t for t in moved.graph.initializer if t.name == "w")
        assert tensor.data_type == TensorProto.DOUBLE
        tensor.CopyFrom(onnx.numpy_helper.from_array(w, "w"))
        return (ReferenceEvaluator(moved).run(None, {"x": X})[0] * y).sum()

    if "Arg" in text:  # where two entries are equal a difference would cross the choice
        chosen = ReferenceEvaluator(proto).run(None, {"x": X})[0] / (X * params["w"]).sum()
        np.testing.assert_allclose(gradients["w"], X.sum(0) * (chosen * y).sum(), rtol=1e-12)
    else:
        slopes = [(cost(params["w"] + 1e-6 * row) - cost(params["w"] - 1e-6 * row)) / 2e-6 for row in np.eye(3)]
        np.testing.assert_allclose(gradients["w"], slopes, rtol=1e-7)


def test_a_choice_is_proved():
    assert dyadic.verify(dyadic.derive(from_onnx(onnx.parser.parse_model(MODELS[0]))))["verdict"] == "proved"

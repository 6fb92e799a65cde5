"""An array of an ONNX file that one node reads as a weight is a weight for all: gradients against differences."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from support.modules import load

import dyadic
from dyadic.codegen import emit
from dyadic.symbolic.readers.onnx_model import from_onnx

HEAD = '<ir_version: 8, opset_import: ["": 17]> g (double[2,3] x) => (double[2,3] y)'
CELL = '<ir_version: 8, opset_import: ["": 17]> g (double[3,2,4] x) => (double[P,Q,R,S] y)'
STATES = "double[1,8,4] W, double[1,8,2] R, double[1,8,1] V"
STEPS = """Scan<num_scan_inputs = 1, body = b (double[3] s, double[3] e) => (double[3] t, double[3] o)
    { t = Tanh(s)  o = Identity(W) }>(s0, U)"""
BODY = """Loop<body = b (int64 i, bool c, double[2,3] s) => (bool d, double[2,3] t)
    <double[3,3] W = {0.1, -0.2, 0.3, 0.5, 0.2, -0.1, 0.4, 0.3, 0.2}>
    { d = Identity(c)  V = Constant<value = double[3,3] {1, 0.2, 0.3, 0.5, 0.2, 0.1, 0.4, 0.3, 0.2}>()
      a = MatMul(s, W)  m = MatMul(a, V)  t = Tanh(m) }>"""
CELLS = """If<then_branch = t () => (double[P,Q,R,S] o) <double[1,1,4] W = {0.1, -0.2, 0.3, %s},
    double[1,1,1] R = {0.5}>
    { o, l = RNN<hidden_size = 1>(x, W, R) }, else_branch = e () => (double[P,Q,R,S] e) { e = Identity(x) }>(c)"""
MODELS = {
    "slope": f"{HEAD} <double[1] s> {{ p = PRelu(x, s)  y = Mul(p, s) }}",
    "slope after": f"{HEAD} <double[1] s> {{ p = Mul(x, s)  y = PRelu(p, s) }}",
    "folded": f"{HEAD} <double[1] s, double[1] t> {{ st = Mul(s, t)  p = PRelu(x, s)  y = Mul(p, st) }}",
    "bias and factor": f"{HEAD} <double[3,3] W, double[1] s, double two> {{ z = Gemm(x, W, s)  p = Pow(z, two) "
    "y = Mul(p, s) }",
    "exponents": f"{HEAD} <double[3] e = {{2, 3, 2}}> {{ a = Abs(x)  p = Pow(a, e)  y = Add(p, e) }}",
    "handed out": f"{HEAD} <double[3] s0, double[2,3] U, double[3] W> {{ f, o = {STEPS}  a = Mul(x, o)  b = Add(a, W) "
    "y = Mul(b, f) }",
    "weight of a body": f"{HEAD} <double[3] u, int64 n, bool c> {{ z = Mul(x, u)  y = {BODY}(n, c, z) }}",
    "one name in two bodies": f"{HEAD} <int64 n, bool c> {{ z = {BODY}(n, c, x)  y = {BODY.replace('0.1, -', '0.2, -')}"
    "(n, c, z) }",
    "one name for equal arrays": f"{HEAD} <int64 n, bool c> {{ z = {BODY}(n, c, x)  y = {BODY}(n, c, z) }}",
    "one name for two cells": f"{CELL} <bool c> {{ h = {CELLS % 0.3}  k = {CELLS % -0.2}  y = Mul(h, k) }}",
    "state before the first step": f"{CELL} <double[1,2,4] W, double[1,2,2] R, double[1,2,2] h> {{ "
    "y, l = RNN<hidden_size = 2>(x, W, R, , , h) }",
    "shape of a weight": f"{HEAD} <double[3,3] W> {{ a = MatMul(x, W)  e = EyeLike<dtype = 11>(W)  "
    "s = ReduceSum<keepdims = 0>(e)  y = Mul(a, s) }",
    "bias of a cell": f"{CELL} <double[1,2,4] W, double[1,2,2] R, double[1,4] B> {{ h, l = RNN<hidden_size = 2>"
    "(x, W, R, B)  s = ReduceSum<keepdims = 0>(B)  y = Mul(h, s) }",
    "weight of a cell": f"{CELL} <{STATES}> {{ h, i, c = LSTM<hidden_size = 2>(x, W, R)  W2 = Add(W, V) "
    "k, l, d = LSTM<hidden_size = 2>(x, W2, R)  y = Mul(h, k) }",
    "two kinds of cells": f"{CELL} <double[1,6,4] W, double[1,6,2] R, double[1,6,6] Q, int64[1] last> {{ "
    "h, i = GRU<hidden_size = 2, linear_before_reset = 1>(x, W, R)  k, l = RNN<hidden_size = 6>(x, W, Q) "
    "m = ReduceSum<keepdims = 1>(k, last)  y = Mul(h, m) }",
}  # fmt: skip


GIVEN = {
    "n": np.array(3),
    "c": np.array(True),
    "two": np.array(2.0),
    "last": np.array([3]),
    "e": np.array([2.0, 3.0, 2.0]),
}


def proto_of(text):
    """The model, with random numbers for the weights that it declares."""
    random = np.random.default_rng(5)
    proto = onnx.parser.parse_model(text)
    for declared in proto.graph.value_info:
        shape = [dim.dim_value for dim in declared.type.tensor_type.shape.dim]
        array = GIVEN.get(declared.name, 0.5 * random.normal(size=shape))
        proto.graph.initializer.append(numpy_helper.from_array(array, declared.name))
    del proto.graph.value_info[:]
    return proto


def tensors(graph):
    """The arrays of a graph and of those inside it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from tensors(attribute.g)


def named(graph):
    """Give the tensors of constants the names of these."""
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                attribute.t.name = node.output[0]
            named(attribute.g)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_those_of_the_arrays_in_the_file(name):
    proto = proto_of(MODELS[name])
    random = np.random.default_rng(7)
    x = random.normal(size=[dim.dim_value for dim in proto.graph.input[0].type.tensor_type.shape.dim])
    named(proto.graph)
    code = load(emit(dyadic.derive(from_onnx(proto)), "numpy").text)
    (wanted,) = ReferenceEvaluator(proto).run(None, {"x": x})
    y = random.normal(size=wanted.shape)
    params = code.init()
    loss, gradients = code.gradients(params, x, y)
    np.testing.assert_allclose(loss, (wanted * y).sum(), rtol=1e-9)
    assert gradients
    for key, gradient in gradients.items():
        direction = random.normal(size=gradient.shape)

        def cost(step, key=key, direction=direction):
            moved = onnx.ModelProto()
            moved.CopyFrom(proto)
            own, _, number = key.partition(".")  # of several arrays with one name the second is NAME.2
            tensor = [tensor for tensor in tensors(moved.graph) if tensor.name == own][int(number or 1) - 1]
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + step * direction, own))
            return (ReferenceEvaluator(moved).run(None, {"x": x})[0] * y).sum()

        slope = (8 * (cost(1e-3) - cost(-1e-3)) - (cost(2e-3) - cost(-2e-3))) / 12e-3
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-6, atol=1e-9, err_msg=key)


def test_two_outputs_that_are_one_vertex_have_a_cost_each():
    text = HEAD.replace("y)", "y, double[2,3] z)") + " <double[3] w> { y = Mul(x, w)  z = Identity(y) }"
    architecture = from_onnx(proto_of(text))
    code = load(emit(dyadic.derive(architecture), "numpy").text)
    x, y = np.ones((2, 3)), {owner: np.ones((2, 3)) for owner in code.TARGETS}
    assert len(y) == 2
    np.testing.assert_array_equal(code.gradients(code.init(), x, y)[1]["w"], [4, 4, 4])
    assert dyadic.verify(dyadic.derive(architecture))["verdict"] == "proved"


@pytest.mark.parametrize(("state", "found"), [("{0.1, 0, 0.3, 0}", {"W", "R", "h"}), ("{0, 0, 0, 0}", {"W", "R"})])
def test_a_state_of_zeros_before_the_first_step_is_a_constant(state, found):
    """Exporters store the zeros that a program starts from as they store what it learns."""
    text = f"{CELL} <double[1,2,4] W, double[1,2,2] R, double[1,2,2] h = {state}> {{ "
    architecture = from_onnx(proto_of(text + "y, l = RNN<hidden_size = 2>(x, W, R, , , h) }"))
    assert {given.name for given in architecture.inputs if given.role == "parameter"} == found
    assert any("zeros are constants" in note for note in architecture.notes) == ("h" not in found)

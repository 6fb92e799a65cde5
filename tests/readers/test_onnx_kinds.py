"""Kinds of ONNX models: values against onnx's reference implementation, gradients against differences of it."""

import sys
import types

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from readers.onnx_models import model, reference, single
from support.network import forward

import dyadic
from dyadic.symbolic import SpecError
from dyadic.symbolic.readers.model import Model
from dyadic.symbolic.readers.onnx_model import from_onnx

RANDOM = np.random.default_rng(23)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def floats(*values):
    return np.array(values, np.float32)


def emitted(proto):
    """The emitted module of a model, whose first node is a product with a weight "scale" of the input's shape."""
    derivation = dyadic.derive(from_onnx(proto))
    module = types.ModuleType("kinds")
    sys.modules["kinds"] = module
    exec(compile(str(dyadic.emit(derivation, "numpy")), "<kinds>", "exec"), module.__dict__)
    return module


def weighted(proto):
    """The model with its input multiplied by a weight, so that there is a gradient to look at."""
    shape = [dim.dim_value for dim in proto.graph.input[0].type.tensor_type.shape.dim]
    name = proto.graph.input[0].name
    nodes = list(proto.graph.node)
    del proto.graph.node[:]
    proto.graph.node.append(helper.make_node("Mul", [name, "scale"], ["scaled"]))
    for node in nodes:
        for one in (node, *(inner for attribute in node.attribute for inner in attribute.g.node)):
            one.input[:] = ["scaled" if read == name else read for read in one.input]
    proto.graph.node.extend(nodes)
    proto.graph.initializer.append(numpy_helper.from_array(np.ones(shape, np.float32) + 0.1 * normal(*shape), "scale"))
    return proto


def wide(proto):
    """The reference evaluator with every floating-point constant in float64."""
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    for value in (*copy.graph.input, *copy.graph.output):
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    for node in copy.graph.node:
        for attribute in node.attribute:
            if attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.DOUBLE
    for tensor in copy.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(float), tensor.name))
    return ReferenceEvaluator(copy)


def check(proto, shift=0.0):
    """Value and gradient of the weight: an input that is none of the model's tests, one random direction."""
    proto = weighted(proto)
    x = normal(*[dim.dim_value for dim in proto.graph.input[0].type.tensor_type.shape.dim]).astype(float) + shift
    name = proto.graph.input[0].name
    wanted = wide(proto).run(None, {name: x})
    module = emitted(proto)
    params, y = module.init(0), {}
    for target, array in zip(module.TARGETS, wanted, strict=True):
        y[target] = RANDOM.normal(size=array.shape)
    given = {name: x}
    _, gradients = module.gradients(params, given, y)
    scale = numpy_helper.to_array(next(t for t in proto.graph.initializer if t.name == "scale")).astype(float)
    direction = RANDOM.normal(size=scale.shape)

    def cost(moved):
        for tensor in proto.graph.initializer:
            if tensor.name == "scale":
                tensor.CopyFrom(numpy_helper.from_array(moved, "scale"))
        results = wide(proto).run(None, {name: x})
        return sum(float(np.sum(a * b)) for a, b in zip(results, y.values(), strict=True))

    slope = (cost(scale + 1e-5 * direction) - cost(scale - 1e-5 * direction)) / 2e-5
    assert float(np.sum(gradients["scale"] * direction)) == pytest.approx(slope, rel=1e-4, abs=1e-6)
    loss = module.gradients(params, given, y)[0]
    assert float(loss) == pytest.approx(cost(scale), rel=3e-5, abs=1e-6)


IMAGE = [1, 2, 4, 5]
KINDS = {
    "resize linear": single("Resize", IMAGE, None, floats(1, 1, 1.5, 0.8), mode="linear"),
    "resize cubic": single("Resize", IMAGE, None, None, ints(1, 2, 7, 3), mode="cubic", exclude_outside=1),
    "resize corners": single("Resize", IMAGE, None, None, ints(1, 2, 3, 9), mode="linear",
                             coordinate_transformation_mode="align_corners"),
    "resize smoothed": single("Resize", IMAGE, None, None, ints(2, 3), mode="linear", antialias=1, axes=[2, 3],
                              opset=18),
    "resize nearest": single("Resize", IMAGE, None, floats(1, 1, 0.6, 1.4), mode="nearest", nearest_mode="ceil"),
    "resize aspect": single("Resize", IMAGE, None, None, ints(7, 7), axes=[3, 2], opset=18,
                            keep_aspect_ratio_policy="not_larger"),
    "pad reflect": single("Pad", [3, 4], ints(0, 2, 1, 3), mode="reflect"),
    "pad edge": single("Pad", [3, 4], ints(2, 0, 0, 1), mode="edge"),
    "pad wrap": single("Pad", [3, 4], ints(1, 2, 0, 3), mode="wrap", opset=19),
    "cumsum": single("CumSum", [3, 4], np.int64(1), exclusive=1, reverse=1),
    "cumprod": single("CumProd", [3, 4], np.int64(-1), exclusive=1, opset=26),
    "dft": single("DFT", [2, 5, 1], None, np.int64(1), onesided=1, opset=20),
    "inverse dft": single("DFT", [2, 5, 2], None, np.int64(1), inverse=1, opset=20),
    "frames": single("STFT", [2, 7, 1], np.int64(2), np.hanning(4).astype(np.float32), onesided=1),
    "frames of complex numbers": single("STFT", [1, 6, 2], np.int64(3), None, np.int64(4), onesided=0),
    "cache": single("TensorScatter", [2, 4, 3], normal(2, 3, 3), ints(2, 0), mode="circular", opset=24),
    "cache from the front": single("TensorScatter", [2, 4], normal(2, 3), axis=1, opset=24),
    "slice backward": single("Slice", [5, 6], ints(-1, 4), ints(-6, 0), ints(0, 1), ints(-2, -1)),
    "gather elements": single("GatherElements", [3, 4], np.array([[1, -1], [2, 2], [0, 1]]), axis=1),
    "gather nd": single("GatherND", [2, 3, 4], np.array([[[1, -1]], [[0, 2]]]), batch_dims=1),
    "scatter elements": single("ScatterElements", [3, 4], np.array([[0, 2, 1]]), normal(1, 3), axis=0, opset=18),
    "scatter add": single("ScatterElements", [3, 4], np.array([[0, 0, 1]]), normal(1, 3), axis=1, reduction="add",
                          opset=18),
    "scatter nd": single("ScatterND", [4, 3], np.array([[2], [0]]), normal(2, 3), opset=18),
    "scatter nd product": single("ScatterND", [4, 3], np.array([[2], [2], [0]]), normal(3, 3), reduction="mul",
                                 opset=18),
    "reduce l1": single("ReduceL1", [2, 3, 2], ints(0, 2), keepdims=0, opset=18),
    "reduce log sum exp": single("ReduceLogSumExp", [2, 3, 2], ints(0, 1), opset=18),
    "reduce product": single("ReduceProd", [2, 3, 2], ints(2, 0), keepdims=0, opset=18),
    "top": model([("TopK", ["x", "two"], ["y", "i"], {"axis": 0, "largest": 0})], {"x": [3, 5]}, ["y"],
                 {"two": ints(2)}),
    "space to depth": single("SpaceToDepth", [1, 3, 4, 6], blocksize=2),
    "average of dilated windows": single("AveragePool", [1, 2, 7, 6], kernel_shape=[2, 3], dilations=[3, 2],
                                         pads=[1, 1, 0, 1], opset=19),
    "power pool": single("LpPool", [1, 2, 5, 6], kernel_shape=[2, 3], p=3, strides=[2, 1], opset=18),
    "norm": single("LpNormalization", [3, 4], axis=0, p=2, opset=22),
    "clip by tensors": model([("Mul", ["x", "half"], ["low"]), ("ReduceMax", ["low"], ["m"], {"keepdims": 0}),
                              ("Clip", ["x", "", "m"], ["y"])], {"x": [2, 3]}, ["y"], {"half": np.float32(0.5)}),
    "remainder": single("Mod", [3, 4], normal(4), fmod=1, opset=13),
    "powers": single("Pow", [3, 2], floats(3, 2)),
    "powers of one": single("Pow", [2, 3], floats(1, 1, 1)),
    "clip of crossed bounds": single("Clip", [2, 3], np.float32(0.5), np.float32(-0.2)),
    "largest": single("Hardmax", [3, 4]),
    "far bound": single("Max", [2, 3], floats(-3e38)),
    "far bounds": single("Clip", [2, 3], floats(-1e30), floats(1e9)),
    "shrink": single("Shrink", [3, 4], lambd=0.4, bias=0.1, opset=9),
    "einsum of diagonals": single("Einsum", [2, 3, 3], equation="...ii->...i"),
    "einsum of hidden axes": single("Einsum", [2, 3, 4], normal(3, 4, 2), equation="...j, ...jk"),
    "integers with scales": model([("DequantizeLinear", ["q", "x", "zero"], ["y"], {"axis": -2})], {"x": [3]}, ["y"],
                                  {"q": np.arange(-6, 6, dtype=np.int8).reshape(2, 3, 2),
                                   "zero": np.array([1, 0, -3], np.int8)}, opset=19),
    "integers with scales of blocks": model([("DequantizeLinear", ["q", "x"], ["y"], {"axis": 0, "block_size": 2})],
                                            {"x": [2, 3]}, ["y"], {"q": np.arange(12, dtype=np.uint8).reshape(4, 3)},
                                            opset=21),
    "dropout of nothing": single("Dropout", [2, 3], np.float32(0), np.bool_(True)),
    "comparison": model([("Greater", ["x", "t"], ["m"]), ("Cast", ["m"], ["f"], {"to": 1}), ("Mul", ["f", "x"], ["z"]),
                         ("Where", ["m", "z", "t"], ["y"])], {"x": [3, 4]}, ["y"], {"t": normal(4)}),
    "whole numbers": model([("Cast", ["x"], ["i"], {"to": 7}), ("Cast", ["i"], ["f"], {"to": 1}),
                            ("Add", ["x", "f"], ["y"])], {"x": [3, 4]}, ["y"]),
    "loss": model([("SoftmaxCrossEntropyLoss", ["x", "labels", "w"], ["l", "p"], {"ignore_index": 1})], {"x": [3, 4]},
                  ["l", "p"], {"labels": ints(2, 1, 3), "w": np.abs(normal(4))}),
    "statistics": model([("LayerNormalization", ["x", "w"], ["y", "mean", "inverse"], {"axis": 1})], {"x": [3, 4]},
                        ["y", "mean", "inverse"], {"w": normal(4)}),
    "gru": model([("GRU", ["x", "w", "r", "b"], ["y", "h"], {"hidden_size": 3, "direction": "bidirectional"})],
                 {"x": [3, 2, 5]}, ["y", "h"], {"w": normal(2, 9, 5), "r": normal(2, 9, 3), "b": normal(2, 18)}),
    "lstm of other activations": single("LSTM", [2, 1, 3], normal(1, 8, 3), normal(1, 8, 2), hidden_size=2,
                                        activations=["Sigmoid", "Tanh", "Tanh"]),
    "lstm": model([("LSTM", ["x", "w", "r", "b", "", "", "", "p"], ["y", "", "c"], {"hidden_size": 2})],
                  {"x": [2, 1, 3]}, ["y", "c"],
                  {"w": normal(1, 8, 3), "r": normal(1, 8, 2), "b": normal(1, 16), "p": normal(1, 6)}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_value_and_gradient(kind):
    check(KINDS[kind])


def graph(nodes, inputs, outputs):
    """A graph that a node holds; ``inputs``: (name, type, shape)."""
    made = [helper.make_node(*node[:3], **(node[3] if len(node) > 3 else {})) for node in nodes]
    infos = [[helper.make_tensor_value_info(*one) for one in side] for side in (inputs, outputs)]
    return helper.make_graph(made, "inner", *infos)


F, INT, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def test_the_branch_of_a_constant_condition_is_read():
    branches = {
        "then_branch": graph([("Tanh", ["x"], ["t"])], [], [("t", F, [2, 3])]),
        "else_branch": graph([("Exp", ["x"], ["e"])], [], [("e", F, [2, 3])]),
    }
    nodes = [("Shape", ["x"], ["n"]), ("Size", ["n"], ["k"]), ("Equal", ["k", "two"], ["c"]),
             ("If", ["c"], ["y"], branches)]  # fmt: skip
    check(model(nodes, {"x": [2, 3]}, ["y"], {"two": np.int64(2)}))


def test_a_condition_that_depends_on_an_input_is_refused():
    same = graph([("Tanh", ["x"], ["t"])], [], [("t", F, [1])])
    nodes = [("Greater", ["x", "z"], ["c"]), ("If", ["c"], ["y"], {"then_branch": same, "else_branch": same})]
    with pytest.raises(SpecError, match="the condition is not a constant"):
        from_onnx(model(nodes, {"x": [1]}, ["y"], {"z": floats(0)}))


def test_a_loop_of_known_length_is_unrolled():
    body = graph(
        [
            ("Mul", ["h", "w"], ["a"]),
            ("Sin", ["a"], ["out"]),
            ("Identity", ["go"], ["again"]),
            ("Neg", ["out"], ["seen"]),
        ],
        [("k", INT, []), ("go", B, []), ("h", F, [3])],
        [("again", B, []), ("out", F, [3]), ("seen", F, [3])],
    )
    nodes = [("Loop", ["three", "yes", "x"], ["last", "all"], {"body": body})]
    check(model(nodes, {"x": [3]}, ["last", "all"], {"three": np.int64(3), "yes": np.bool_(True), "w": normal(3)}))


def test_a_scan_is_unrolled():
    body = graph(
        [("Mul", ["s", "e"], ["p"]), ("Add", ["p", "e"], ["n"]), ("Identity", ["n"], ["out"])],
        [("s", F, [2]), ("e", F, [2])],
        [("n", F, [2]), ("out", F, [2])],
    )
    options = {"body": body, "num_scan_inputs": 1, "scan_input_axes": [1], "scan_output_directions": [1]}
    nodes = [("Scan", ["first", "x"], ["last", "all"], options)]
    architecture = from_onnx(model(nodes, {"x": [2, 3]}, ["last", "all"], {"first": floats(1, 2)}))
    x, state, seen = normal(2, 3), floats(1, 2), []
    for k in range(3):  # onnx's reference scans along the first axis alone
        state = state * x[:, k] + x[:, k]
        seen.append(state)
    found = forward(architecture, {"x": x})
    for cost, wanted in zip(architecture.costs, (state, np.stack(seen[::-1])), strict=True):
        np.testing.assert_allclose(found[cost.input], wanted, rtol=1e-5)


def test_an_attention_with_a_mask_is_read_as_onnx_defines_it():
    nodes = [("Attention", ["x", "k", "v", "m"], ["y"], {"is_causal": 0})]
    weights = {
        "k": normal(1, 1, 3, 2),
        "v": normal(1, 1, 3, 2),
        "m": np.array([[True, False, True], [True, True, False]]),
    }
    proto = model(nodes, {"x": [1, 1, 2, 2]}, ["y"], weights, opset=23)
    assert any("Attention" in note for note in from_onnx(proto).notes)
    check(proto)


def test_an_opset_below_7_is_converted():
    nodes = [("Add", ["x", "b"], ["a"], {"broadcast": 1}), ("Tanh", ["a"], ["y"])]
    proto = model(nodes, {"x": [2, 3, 4]}, ["y"], {"b": normal(4)}, opset=6)
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3, 4]))
    architecture = from_onnx(proto)
    assert [vertex.kind.type for vertex in architecture.vertices][-1] == "tanh"
    x, b = normal(2, 3, 4), numpy_helper.to_array(proto.graph.initializer[0])
    found = forward(architecture, {"x": x})[architecture.costs[0].input]
    np.testing.assert_allclose(found, np.tanh(x + b), rtol=1e-5)


def test_numbers_for_open_sizes_are_there_before_reading():
    """How many integers there are has to be known."""
    nodes = [("Shape", ["x"], ["n"]), ("Gather", ["n", "zero"], ["rows"]), ("Range", ["zero", "rows", "one"], ["r"]),
             ("Cast", ["r"], ["f"], {"to": 1}), ("Mul", ["x", "f"], ["y"])]  # fmt: skip
    proto = model(nodes, {"x": ["batch"]}, ["y"], {"zero": np.int64(0), "one": np.int64(1)})
    with pytest.raises(SpecError):
        from_onnx(proto)
    architecture = from_onnx(proto, sizes={"batch": 4})
    assert [str(n) for n in architecture.inputs[0].shape] == ["4"]
    with pytest.raises(SpecError, match="has no size named rows"):
        from_onnx(proto, sizes={"rows": 4})


def test_a_padding_of_minus_infinity_loses_no_digits():
    """Written with value (1 - [...]), the entries would be lost next to it."""
    nodes = [("Pad", ["x", "pads", "low"], ["p"]), ("MaxPool", ["p"], ["y"], {"kernel_shape": [2, 2]})]
    weights = {"pads": ints(0, 0, 1, 1, 0, 0, 0, 1), "low": np.float32(-np.inf)}
    proto = model(nodes, {"x": [1, 1, 3, 3]}, ["y"], weights)
    (wanted,) = reference(proto, {"x": (x := normal(1, 1, 3, 3))})
    module = emitted(proto)
    assert float(module.gradients(module.init(0), {"x": x}, np.ones(wanted.shape))[0]) == pytest.approx(wanted.sum())


def test_an_lstm_of_bounded_sums():
    """The bound, and other activations, are not in onnx's reference implementation."""
    w, r, b = normal(1, 8, 3), normal(1, 8, 2), 2 * normal(1, 16)
    options = {"clip": 0.4, "hidden_size": 2, "activations": ["Sigmoid", "Softsign", "Tanh"]}
    proto = weighted(single("LSTM", [2, 1, 3], w, r, b, **options))
    scale = numpy_helper.to_array(proto.graph.initializer[-1]).astype(float)
    x, direction = normal(2, 1, 3).astype(float), RANDOM.normal(size=(2, 1, 3))

    def cost(weight):
        h, c, total = np.zeros((1, 2)), np.zeros((1, 2)), 0.0
        for step in weight * x:
            z = np.clip(step @ w[0].T + h @ r[0].T + b[0, :8] + b[0, 8:], -0.4, 0.4)
            i, o, f, g = np.split(z, 4, axis=1)
            i, o, f = (1 / (1 + np.exp(-gate)) for gate in (i, o, f))
            c = f * c + i * g / (1 + np.abs(g))
            h = o * np.tanh(c)
            total += h.sum()
        return total

    module = emitted(proto)
    loss, gradients = module.gradients(module.init(0), {"x": x}, np.ones((2, 1, 1, 2)))
    assert float(loss) == pytest.approx(cost(scale), rel=1e-5)
    slope = (cost(scale + 1e-5 * direction) - cost(scale - 1e-5 * direction)) / 2e-5
    assert float(np.sum(gradients["scale"] * direction)) == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_a_negative_padding_cuts_off():
    proto = single("Pad", [3, 4], ints(-1, 1, 0, -2), floats(2.5).reshape(()))
    x = normal(3, 4)
    architecture = from_onnx(proto)
    found = forward(architecture, {"x": x})[architecture.costs[0].input]
    np.testing.assert_allclose(found, np.pad(x[1:, :2], [(0, 0), (1, 0)], constant_values=2.5), rtol=1e-6)


def test_infinities_in_half_precision_become_finite():
    found = Model("masked")
    name = found.array("mask", np.array([0, -np.inf], np.float16), "constant")
    assert np.isfinite(found.values[name]).all()


def test_positions_of_many_constants():
    """Onnx's reference implementation has none for more than 32 entries."""
    nodes = [("GatherElements", ["t", "i"], ["g"], {"axis": 1}), ("Cast", ["g"], ["f"], {"to": 1}),
             ("Add", ["x", "f"], ["y"])]  # fmt: skip
    table, at = np.arange(100).reshape(2, 50) ** 2, np.array([[3, -1, 40]])
    architecture = from_onnx(model(nodes, {"x": [1, 3]}, ["y"], {"t": table, "i": at}))
    found = forward(architecture, {"x": (x := normal(1, 3))})[architecture.costs[0].input]
    np.testing.assert_allclose(found, x + table[0, at], rtol=1e-6)
    with pytest.raises(SpecError, match="position 50 on an axis of 50"):
        from_onnx(model(nodes, {"x": [1, 3]}, ["y"], {"t": table, "i": at + 10}))


def test_a_norm_of_constants_is_not_what_the_reference_implementation_says():
    nodes = [("LpNormalization", ["c"], ["n"], {"p": 1}), ("Add", ["x", "n"], ["y"])]
    architecture = from_onnx(model(nodes, {"x": [1]}, ["y"], {"c": floats(-2)}, opset=22))
    found = forward(architecture, {"x": floats(0)})[architecture.costs[0].input]
    np.testing.assert_allclose(found, [-1], rtol=1e-6)


def test_a_number_in_double_precision_keeps_its_digits():
    proto = single("Mul", [2], np.array(1 / 3))
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    x = np.array([1.0, 2.0])
    architecture = from_onnx(proto)
    found = forward(architecture, {"x": x})[architecture.costs[0].input]
    np.testing.assert_allclose(np.asarray(found, float), x / 3, rtol=1e-15)


def test_what_is_of_another_domain_is_refused_by_name():
    proto = single("Binarizer", [2])
    proto.graph.node[0].domain = proto.opset_import[0].domain = "ai.onnx.ml"
    proto.opset_import[0].version = 1
    with pytest.raises(SpecError, match=r"\(Binarizer, reading 'x'\) is not supported \(is of the domain 'ai.onnx.ml'"):
        from_onnx(proto)


def test_integers_are_not_divided_as_numbers():
    nodes = [("Cast", ["x"], ["i"], {"to": 7}), ("Div", ["i", "two"], ["q"]), ("Cast", ["q"], ["y"], {"to": 1})]
    with pytest.raises(SpecError, match="the quotient of integers"):
        from_onnx(model(nodes, {"x": [3]}, ["y"], {"two": ints(2)}))


def test_what_gives_the_same_whatever_it_reads_has_a_gradient_of_zero():
    nodes = [("Mul", ["x", "zero"], ["z"]), ("Exp", ["x"], ["e"]), ("Add", ["z", "e"], ["y"])]
    check(model(nodes, {"x": [2, 3]}, ["y"], {"zero": floats(0).reshape(())}))


REFUSED = {
    "cubic places": (model([("GridSample", ["x", "g"], ["y"], {"mode": "cubic", "padding_mode": "border"})],
                           {"x": [1, 1, 3, 3]}, ["y"], {"g": normal(1, 2, 2, 2)}, opset=20), "cubic interpolation"),
    "computed infinities": (model([("Add", ["x", "m"], ["a"]), ("IsNaN", ["a"], ["n"]),
                                   ("Where", ["n", "z", "x"], ["y"])], {"x": [2]}, ["y"],
                                  {"m": floats(0, -np.inf), "z": floats(0, 0)}), "holds infinities"),
    "entries of an unknown number": (model([("NonZero", ["x"], ["i"]), ("Cast", ["i"], ["y"], {"to": 1})], {"x": [3]},
                                           ["y"]), "NonZero"),
    "bytes": (single("Cast", [2, 3], to=2), "few bits"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_right_is_refused(kind):
    proto, message = REFUSED[kind]
    with pytest.raises(SpecError, match=message):
        from_onnx(proto)

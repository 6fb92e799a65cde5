"""Every ONNX operator that can be read, by value: the network's equations against onnx's reference implementation."""

import numpy as np
import pytest
from readers.onnx_models import model, reference, single
from support.network import forward
from support.optional import needed

from dyadic.symbolic import SpecError
from dyadic.symbolic.readers.onnx_model import from_onnx

RANDOM = np.random.default_rng(5)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


WITHIN = {
    **dict.fromkeys(("Log", "Sqrt"), lambda x: np.abs(x) + np.float32(0.1)),
    **dict.fromkeys(("Asin", "Acos", "Atanh"), lambda x: np.float32(0.9) * np.tanh(x)),
    "Acosh": lambda x: np.abs(x) + np.float32(1.1),
}
ELEMENTWISE = (
    "Tanh", "Sigmoid", "Relu", "Softplus", "Exp", "Log", "Sqrt", "Erf", "Sin", "Cos", "Abs", "Reciprocal", "Softsign",
    "Neg", "LeakyRelu", "Elu", "Selu", "HardSigmoid", "Identity", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh",
    "Asinh", "Acosh", "Atanh", "Sign", "Floor", "Round",
)  # fmt: skip
X = [2, 3]
IMAGE = [2, 4, 5, 6]
CASES = {
    **{name: single(name, X) for name in ELEMENTWISE},
    "Mish": single("Mish", X, opset=18),
    "Mod": single("Mod", X, np.float32(0.75)),
    "HardSwish": single("HardSwish", X, opset=18),
    "Celu": single("Celu", X, alpha=0.7),
    "Selu constants": single("Selu", X, alpha=1.5, gamma=1.1),
    "Gelu": single("Gelu", X, opset=20),
    "Gelu tanh": single("Gelu", X, opset=20, approximate="tanh"),
    "Clip 6": single("Clip", X, opset=7, min=-0.5, max=0.5),
    "Clip 11": single("Clip", X, np.float32(-0.5), None, opset=11),
    "PRelu": single("PRelu", IMAGE, normal(4, 1, 1)),
    "Pow": single("Pow", X, np.float32(2)),
    "Add": single("Add", X, normal(2, 1)),
    "Add rank": single("Add", [3], normal(2, 3)),
    "Sub number": single("Sub", X, np.float32(0.5)),
    "Mul": single("Mul", X, normal(3)),
    "Div": single("Div", X, normal(2, 3)),
    "Div number": single("Div", X, np.float32(4)),
    "Max": single("Max", X, normal(2, 3), normal(3)),
    "Min": single("Min", X, normal(2, 3)),
    "Mean": single("Mean", X, normal(2, 3), normal(2, 3)),
    "Sum": single("Sum", X, normal(2, 3), normal(3)),
    "MatMul": single("MatMul", [2, 2, 3], normal(3, 4)),
    "MatMul batch": single("MatMul", [2, 1, 2, 3], normal(4, 3, 2)),
    "MatMul vector": single("MatMul", [2, 3], normal(3)),
    "Gemm": single("Gemm", X, normal(4, 3), normal(4), transB=1),
    "Gemm all": single("Gemm", [3, 2], normal(3, 4), normal(2, 1), transA=1, alpha=0.5, beta=2.0),
    "Einsum": single("Einsum", [2, 3, 4], normal(4, 5), equation="b i j, j k -> b k i"),
    "Conv": single("Conv", IMAGE, normal(6, 2, 3, 3), normal(6), group=2, strides=[2, 1], pads=[1, 0, 0, 2]),
    "Conv dilated": single("Conv", [1, 2, 9], normal(3, 2, 3), dilations=[2]),
    "Conv same": single("Conv", [1, 2, 5, 6], normal(3, 2, 2, 3), auto_pad="SAME_UPPER", strides=[2, 2]),
    "Conv same lower": single("Conv", [1, 2, 5, 6], normal(3, 2, 2, 4), auto_pad="SAME_LOWER"),
    "ConvTranspose": single(
        "ConvTranspose", [1, 4, 3, 4], normal(4, 2, 3, 3), normal(2), strides=[2, 2], pads=[1, 0, 1, 1],
        output_padding=[1, 0],
    ),
    "MaxPool": single("MaxPool", IMAGE, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
    "MaxPool ceil": single("MaxPool", IMAGE, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
    "MaxPool dilated": single("MaxPool", IMAGE, kernel_shape=[2, 2], dilations=[2, 2]),
    "AveragePool": single("AveragePool", IMAGE, kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "AveragePool pad": single("AveragePool", IMAGE, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    "AveragePool ceil": single("AveragePool", IMAGE, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, opset=19),
    "GlobalAveragePool": single("GlobalAveragePool", IMAGE),
    "GlobalMaxPool": single("GlobalMaxPool", IMAGE),
    "BatchNormalization": single("BatchNormalization", IMAGE, normal(4), normal(4), normal(4), np.abs(normal(4))),
    "InstanceNormalization": single("InstanceNormalization", IMAGE, normal(4), normal(4), epsilon=1e-3),
    "GroupNormalization": single("GroupNormalization", IMAGE, normal(4), normal(4), num_groups=2, opset=21),
    "LayerNormalization": single("LayerNormalization", [2, 3, 4], normal(3, 4), normal(3, 4), axis=1),
    "LayerNormalization scale": single("LayerNormalization", [2, 3, 4], normal(4)),
    "RMSNormalization": single("RMSNormalization", [2, 3, 4], normal(4), opset=23),
    # onnx's reference runs over as many channels as there are samples
    "LRN": single("LRN", [4, 4, 2, 2], size=3, alpha=0.3, beta=0.6, bias=1.5),
    "Softmax 13": single("Softmax", [2, 3, 2], opset=13, axis=1),
    "LogSoftmax": single("LogSoftmax", X),
    "ReduceMean": single("ReduceMean", [2, 3, 2], opset=13, axes=[0, -1], keepdims=0),
    "ReduceSum": single("ReduceSum", [2, 3, 2], ints(1)),
    "ReduceMax": single("ReduceMax", [2, 3, 2], opset=13),
    "ReduceMin": single("ReduceMin", [2, 3, 2], ints(2), opset=18, keepdims=0),
    "ReduceL2": single("ReduceL2", [2, 3, 2], opset=13, axes=[1]),
    "ReduceSumSquare": single("ReduceSumSquare", [2, 3], opset=13),
    "Reshape": single("Reshape", [2, 3, 4], ints(0, -1, 2)),
    "Flatten": single("Flatten", [2, 3, 4], axis=2),
    "Flatten 0": single("Flatten", [2, 3], axis=0),
    "Squeeze": single("Squeeze", [2, 1, 3, 1], ints(-1)),
    "Squeeze all": single("Squeeze", [2, 1, 3, 1], opset=11),
    "Unsqueeze": single("Unsqueeze", X, ints(0, -1)),
    "Transpose": single("Transpose", [2, 3, 4], perm=[2, 0, 1]),
    "Expand": single("Expand", [3, 1], ints(2, 1, 4)),
    "Tile": single("Tile", X, ints(2, 3)),
    "Concat": single("Concat", X, normal(2, 1), normal(2, 2), axis=-1),
    "Slice": single("Slice", [5, 6], ints(1, -5), ints(9, -1), ints(0, 1), ints(2, 3)),
    "Slice 9": single("Slice", [5, 6], opset=9, starts=[1], ends=[-1], axes=[1]),
    "Gather one": single("Gather", [4, 3], np.int64(-2)),
    "Gather row": single("Gather", [4, 3], ints(1, 2), axis=1),
    "Gather any": single("Gather", [4, 3], ints(2, 0, 3).reshape(1, 3)),
    "Pad": single("Pad", X, ints(0, 1, 2, 0), np.float32(1.5)),
    "Where": model([("Where", ["c", "x", "z"], ["y"])], {"x": X}, ["y"],
                   {"c": np.array([[True], [False]]), "z": normal(2, 3)}),
    "Resize": single("Resize", [1, 2, 2, 3], None, np.array([1, 1, 2, 3], np.float32), mode="nearest"),
    "Resize sizes": single("Resize", [1, 1, 2, 2], None, None, ints(1, 1, 4, 6), mode="nearest",
                           coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    "DepthToSpace": single("DepthToSpace", [1, 8, 2, 3], blocksize=2),
    "DepthToSpace CRD": single("DepthToSpace", [1, 8, 2, 3], blocksize=2, mode="CRD"),
    "SpaceToDepth": single("SpaceToDepth", [1, 2, 4, 6], blocksize=2),
    "Dropout": single("Dropout", X),
    "Cast": single("Cast", X, to=11),
    "LSTM": model([("LSTM", ["x", "w", "r", "b"], ["y", "h", "c"], {"hidden_size": 3})], {"x": [4, 2, 5]},
                  ["y", "h", "c"], {"w": normal(1, 12, 5), "r": normal(1, 12, 3), "b": normal(1, 24)}),
    "GRU": model([("GRU", ["x", "w", "r", "b"], ["y", "h"], {"hidden_size": 3, "linear_before_reset": 1})],
                 {"x": [3, 2, 5]}, ["y", "h"], {"w": normal(1, 9, 5), "r": normal(1, 9, 3), "b": normal(1, 18)}),
    "RNN": model([("RNN", ["x", "w", "r", "", "", "s"], ["y"], {"hidden_size": 3})], {"x": [3, 2, 5]}, ["y"],
                 {"w": normal(1, 3, 5), "r": normal(1, 3, 3), "s": normal(1, 2, 3)}),
    "Split": model([("Split", ["x"], ["a", "b"], {"axis": 1, "num_outputs": 2}),
                    ("Concat", ["b", "a"], ["y"], {"axis": 0})], {"x": [2, 4]}, ["y"], opset=18),
    "constants": model([("Constant", [], ["two"], {"value_float": 2.0}), ("Mul", ["two", "two"], ["four"]),
                        ("Mul", ["x", "four"], ["y"])], {"x": X}, ["y"]),
    "shapes": model([("Shape", ["x"], ["n"]), ("Gather", ["n", "one"], ["m"]), ("Unsqueeze", ["m", "zero"], ["k"]),
                     ("Concat", ["k", "minus"], ["s"], {"axis": 0}), ("Reshape", ["x", "s"], ["y"])],
                    {"x": [2, 3, 4]}, ["y"], {"one": np.int64(1), "zero": ints(0), "minus": ints(-1)}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_value(case):
    proto = CASES[case]
    shape = [dim.dim_value for dim in proto.graph.input[0].type.tensor_type.shape.dim]
    x = normal(*shape)
    x = WITHIN.get(case, np.array)(x)
    if case in ("Identity", "Dropout", "Cast"):
        proto.graph.node[0].output[0] = "z"
        proto.graph.node.append(single("Neg", [1]).graph.node[0])
        proto.graph.node[1].input[0] = "z"
    wanted = reference(proto, {"x": x})
    architecture = from_onnx(proto)
    found = forward(architecture, {"x": x})
    for cost, array in zip(architecture.costs, wanted, strict=True):
        assert found[cost.input].shape == array.shape
        np.testing.assert_allclose(found[cost.input], array, rtol=2e-5, atol=2e-5)


def test_softmax_before_opset_13_takes_the_axes_together():
    """onnx's reference gives it the newer meaning."""
    x = normal(2, 3, 2)
    architecture = from_onnx(single("Softmax", [2, 3, 2], opset=9, axis=1))
    flat = np.exp(x).reshape(2, 6)
    wanted = (flat / flat.sum(axis=1, keepdims=True)).reshape(2, 3, 2)
    np.testing.assert_allclose(forward(architecture, {"x": x})[architecture.costs[0].input], wanted, rtol=1e-5)


REFUSED = {
    "training dropout": (single("Dropout", X, None, np.bool_(True)), "training_mode"),
    "extrapolation": (single("Resize", [1, 1, 2, 2], np.array([0, 0, 0, 0, 1, 1, 2, 2], np.float32), None,
                             ints(1, 1, 3, 3), mode="linear", coordinate_transformation_mode="tf_crop_and_resize",
                             extrapolation_value=9.0), "an extrapolation value"),
    "lengths": (model([("GRU", ["x", "w", "r", "", "n"], ["y"], {"hidden_size": 3})], {"x": [3, 2, 5]}, ["y"],
                      {"w": normal(1, 9, 5), "r": normal(1, 9, 3), "n": np.array([3, 1], np.int32)}),
                "different lengths"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_variant_that_is_not_supported_is_refused(case):
    proto, message = REFUSED[case]
    with pytest.raises(SpecError, match=message):
        from_onnx(proto)


def test_cubic_interpolation_at_places_that_are_inputs():
    """Onnx's reference implementation rounds the places to float32: derivatives are PyTorch's."""
    torch = needed("torch")

    import dyadic

    nodes = [("Mul", ["x", "s"], ["places"]), ("GridSample", ["k", "places"], ["y"], {"mode": "cubic"})]
    image, x = RANDOM.normal(size=(1, 2, 4, 5)).astype(np.float32), RANDOM.uniform(-1.3, 1.3, (1, 2, 3, 2))
    scale = RANDOM.uniform(0.5, 1, (1, 2, 3, 2)).astype(np.float32)
    proto = model(nodes, {"x": x.shape}, ["y"], {"k": image, "s": scale}, opset=20)
    code = {"__name__": "cubic"}
    architecture = from_onnx(proto)
    exec(compile(str(dyadic.emit(dyadic.derive(architecture), "numpy")), "cubic", "exec"), code)
    params = {key: architecture.values[key].astype(float) for key in (*code["PARAMETERS"], *code["CONSTANTS"])}
    weights = RANDOM.normal(size=(1, 2, 2, 3))
    loss, gradients = code["gradients"](params, {"x": x}, weights)
    factors, inputs = (torch.tensor(array.astype(float), requires_grad=True) for array in (scale, image))
    found = torch.nn.functional.grid_sample(inputs, factors * torch.tensor(x), mode="bicubic", align_corners=False)
    (found * torch.tensor(weights)).sum().backward()
    assert float(loss) == pytest.approx(float((found * torch.tensor(weights)).sum()), rel=1e-12)
    for key, tensor in (("s", factors), ("k", inputs)):
        if key in gradients:
            np.testing.assert_allclose(gradients[key], tensor.grad.numpy(), rtol=0, atol=1e-12)
    assert "s" in gradients

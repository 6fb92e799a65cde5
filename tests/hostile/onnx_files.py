"""ONNX files that are refused."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from readers.onnx_models import model, single

IMAGE = [1, 4, 4, 4]


def ints(*values):
    return np.array(values, np.int64)


def whole(proto):
    return proto.SerializeToString()


def with_tensor(change, operator="Mul", shape=(2, 3)):
    """A model that reads x and a weight; ``change`` damages the weight."""
    proto = single(operator, list(shape), np.ones(shape, np.float32))
    change(proto.graph.initializer[0])
    return whole(proto)


def raw(data, dims=(2, 3), kind=TensorProto.FLOAT):
    def change(tensor):
        name = tensor.name
        tensor.Clear()
        tensor.name, tensor.data_type, tensor.raw_data = name, kind, data
        tensor.dims.extend(dims)

    return with_tensor(change)


def with_node(change, operator="Relu", shape=(2, 3), *weights, **attributes):
    proto = single(operator, list(shape), *weights, **attributes)
    change(proto.graph.node[0])
    return whole(proto)


def constant(*attributes):
    """A model that adds a Constant with the given attributes."""
    proto = model([("Add", ["x", "k"], ["y"])], {"x": [2, 3]}, ["y"])
    node = onnx.NodeProto(op_type="Constant", output=["k"])
    node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes)
    proto.graph.node.insert(0, node)
    return whole(proto)


def adding(name, value):
    """An attribute that a node does not have."""
    return lambda node: node.attribute.append(helper.make_attribute(name, value))


def function(body, calls=1):
    """A model whose nodes call a local function."""
    made = helper.make_function(
        "own", "f", ["a"], ["b"], [helper.make_node(*each) for each in body], [helper.make_opsetid("", 17)]
    )
    made.opset_import.append(helper.make_opsetid("own", 1))
    proto = model([("Relu", ["x"], ["x0"])], {"x": [2, 3]}, [f"x{calls}"])
    for k in range(calls):
        proto.graph.node.append(helper.make_node("f", [f"x{k}"], [f"x{k + 1}"], domain="own"))
    proto.functions.append(made)
    proto.opset_import.append(helper.make_opsetid("own", 1))
    return whole(proto)


def complex_weight():
    tensor = numpy_helper.from_array(np.ones((2, 3), np.complex64), "w0")
    return with_tensor(lambda weight: weight.CopyFrom(tensor))


def text_weight():
    tensor = numpy_helper.from_array(np.array([["a"] * 3] * 2, object), "w0")
    return with_tensor(lambda weight: weight.CopyFrom(tensor))


def opset(version):
    proto = single("Relu", [2, 3])
    proto.opset_import[0].version = version
    return whole(proto)


def sparse():
    proto = single("Relu", [2, 3])
    proto.graph.sparse_initializer.append(onnx.SparseTensorProto(dims=[2]))
    return whole(proto)


def made(operator, *operands, opset=17, results=1, **attributes):
    """A model that adds what an operator makes of constants."""
    names = [f"w{k}" if array is not None else "" for k, array in enumerate(operands)]
    given = {name: np.asarray(array) for name, array in zip(names, operands, strict=True) if array is not None}
    made_ = [f"m{k}" for k in range(results)]
    nodes = [(operator, names, made_, attributes), ("Cast", ["m0"], ["c"], {"to": 1}), ("Add", ["x", "c"], ["y"])]
    return whole(model(nodes, {"x": [2]}, ["y"], given, opset))


def many(count, size):
    """A model that adds many constants, each of which would do alone."""
    nodes = []
    for k in range(count):
        nodes += [("ConstantOfShape", ["s"], [f"m{k}"]), ("Add", [f"m{k}", f"v{k}"], [f"v{k + 1}"])]
    return whole(model(nodes, {"v0": [1]}, [f"v{count}"], {"s": ints(size)}))


BILLION = np.int64(10**9)
PIXELS = np.zeros((1, 1, 2, 2), np.int32)
GREAT = {
    "Range": made("Range", np.int64(0), BILLION, np.int64(1)),
    "Range of small steps": made("Range", np.float64(0), np.float64(1), np.float64(1e-9)),
    "ConstantOfShape": made("ConstantOfShape", ints(10**5, 10**5)),
    "Expand": made("Expand", ints(1), ints(10**9, 4)),
    "Tile": made("Tile", ints(1, 2), ints(10**9)),
    "OneHot": made("OneHot", ints(1, 2), BILLION, ints(0, 1)),
    "Pad": made("Pad", ints(1, 2), ints(0, 10**9)),
    "Resize": made("Resize", PIXELS, None, None, ints(1, 1, 10**5, 10**5)),
    "Upsample": made("Upsample", PIXELS, np.array([1, 1, 1e5, 1e5], np.float32), opset=9),
    "BlackmanWindow": made("BlackmanWindow", BILLION),
    "CenterCropPad": made("CenterCropPad", ints(1, 2), ints(10**9), opset=18),
    "Gather": made("Gather", np.zeros((1, 2**20), np.int64), np.zeros(2**12, np.int64)),
    "Add": made("Add", np.zeros((2**15, 1), np.int64), np.zeros((1, 2**15), np.int64)),
    "MatMul": made("MatMul", np.zeros((2**15, 1), np.int64), np.zeros((1, 2**15), np.int64)),
    "DFT": made("DFT", np.ones((1, 4, 1), np.float32), BILLION, axis=1),
    "MelWeightMatrix": made("MelWeightMatrix", BILLION, BILLION, np.int64(8), np.float32(0), np.float32(4)),
    "many": many(40, 2**24),
}
GOOD = whole(single("Mul", [2, 3], np.ones((2, 3), np.float32)))
FLOATS = np.ones(6, np.float32).tobytes()
LSTM = [np.ones(s, np.float32) for s in ((1, 8, 3), (1, 8, 2))]
ONNX_FILES = {
    "empty": b"",
    "text": b"this is no model",
    "zeros": b"\0" * 10_000,
    "noise": bytes(np.random.default_rng(0).integers(0, 256, 10_000, np.uint8)),
    "no nodes": whole(onnx.ModelProto()),
    **{f"cut at {part}": GOOD[: len(GOOD) * part // 10] for part in range(1, 10)},
    "folder": None,
    "fifo": ...,
    "no opset": opset(0),
    "opset of the future": opset(9_999),
    "opset negative": opset(-1),
    "weights cut short": raw(FLOATS[:16]),
    "7 bytes": raw(FLOATS[:7]),
    "no data": raw(b""),
    "too much data": raw(FLOATS * 2),
    "dims that do not fit": raw(FLOATS, (5, 5)),
    "dims negative": raw(FLOATS, (-1, 6)),
    "dims huge": raw(FLOATS, (2**62, 2)),
    "dims of 3,000 axes": raw(FLOATS, (1,) * 3_000),
    "dtype unknown": raw(FLOATS, kind=999),
    "dtype undefined": raw(FLOATS, kind=0),
    "text tensor": text_weight(),
    "complex": complex_weight(),
    "external data": with_tensor(lambda t: (t.ClearField("raw_data"), setattr(t, "data_location", 1))),
    "NaN weight": whole(single("Mul", [2, 3], np.full((2, 3), np.nan, np.float32))),
    "sparse": sparse(),
    "3,000 axes": whole(single("Relu", [1] * 3_000)),
    "3,000 named axes": whole(single("Relu", [f"n{k}" for k in range(3_000)])),
    "30,000 nodes": whole(model([("Relu", [f"v{k}", ], [f"v{k + 1}"]) for k in range(30_000)], {"v0": [2]}, ["v30000"])),
    "add of 1,000": whole(model([*[("Relu", ["x"], [f"v{k}"]) for k in range(1_000)],
                                 ("Sum", [f"v{k}" for k in range(1_000)], ["y"])], {"x": [2]}, ["y"])),
    "Constant without value": constant(),
    "Constant with two": constant(("value_float", 1.0), ("value_int", 1)),
    "Constant of text": constant(("value_string", "a")),
    "Constant unknown": constant(("what", 1.0)),
    "Constant of another type": constant(("value", 1.0)),
    "Constant of texts": constant(("value_strings", ["a", "b"])),
    "Constant NaN": constant(("value_float", float("nan"))),
    "Constant twice itself": constant(("value", numpy_helper.from_array(np.array(["a"], object)))),
    "attribute of another type": with_node(adding("alpha", "much"), "LeakyRelu"),
    "attribute a list": with_node(adding("axis", [1, 2]), "Softmax"),
    "attribute a float": with_node(adding("axis", 1.5), "Softmax"),
    "attribute unknown": with_node(adding("what", 1), "Relu"),
    "attribute twice": with_node(lambda n: [adding("axis", 1)(n), adding("axis", 0)(n)], "Softmax"),
    "attribute a tensor": with_node(adding("alpha", numpy_helper.from_array(np.ones(3))), "Elu"),
    "SpaceToDepth CRD": with_node(adding("mode", "CRD"), "SpaceToDepth", IMAGE, blocksize=2),
    "SpaceToDepth by 3": whole(single("SpaceToDepth", IMAGE, blocksize=3)),
    "SpaceToDepth by 0": whole(single("SpaceToDepth", IMAGE, blocksize=0)),
    "SpaceToDepth without": whole(single("SpaceToDepth", IMAGE)),
    "DepthToSpace by 3": whole(single("DepthToSpace", IMAGE, blocksize=3)),
    "DepthToSpace mode": whole(single("DepthToSpace", IMAGE, blocksize=2, mode="XYZ")),
    "DepthToSpace flat": whole(single("DepthToSpace", [4, 4], blocksize=2)),
    "MatMul of float and double": whole(single("MatMul", [2, 3], np.ones((3, 2)))),
    "Add of float and integers": whole(single("Add", [2, 3], ints(1, 2, 3))),
    "Conv of float and half": whole(single("Conv", IMAGE, np.ones((2, 4, 3, 3), np.float16))),
    "Where of float and double": whole(single("Where", [2, 3], np.ones(3), np.ones(3))),
    **{f"a constant of gigabytes by {name}": content for name, content in GREAT.items()},
    "Tile by 10^9": whole(single("Tile", [2, 3], ints(10**9, 1))),
    "Tile by 0": whole(single("Tile", [2, 3], ints(0, 1))),
    "Tile by -1": whole(single("Tile", [2, 3], ints(-1, 1))),
    "Tile of other axes": whole(single("Tile", [2, 3], ints(1, 2, 3))),
    "Gather 99": whole(single("Gather", [2, 3], ints(99), axis=0)),
    "Gather -3": whole(single("Gather", [2, 3], ints(-3), axis=0)),
    "Gather 99 of a scalar": whole(single("Gather", [2, 3], np.int64(99), axis=1)),
    "Gather axis 7": whole(single("Gather", [2, 3], ints(0), axis=7)),
    "Gather floats": whole(single("Gather", [2, 3], np.array([0.5], np.float32))),
    "Resize sizes and axes": whole(single("Resize", [1, 1, 2, 2], None, None, ints(4, 4, 4), opset=18, axes=[2, 3])),
    "Resize sizes and scales": whole(single("Resize", [1, 1, 2, 2], None, np.ones(4, np.float32) * 2, ints(1, 1, 5, 4))),
    "Resize inf": whole(single("Resize", [1, 1, 2, 2], None, np.full(4, np.inf, np.float32))),
    "Resize by 10^9": whole(single("Resize", [1, 1, 2, 2], None, None, ints(10**18, 1, 2, 2))),
    "Resize to nothing": whole(single("Resize", [1, 1, 2, 2], None, np.zeros(4, np.float32))),
    "Clip attribute NaN": whole(single("Clip", [2, 3], opset=6, min=float("nan"))),
    "Clip by many": whole(single("Clip", [2, 3], np.zeros(3, np.float32))),
    "Clip from infinity": whole(single("Clip", [2, 3], np.float32("inf"))),
    "Clip NaN": whole(single("Clip", [2, 3], np.float32("nan"))),
    "Pow inf": whole(single("Pow", [2, 3], np.float32("inf"))),
    "Div by 0": whole(single("Div", [2, 3], np.float32(0))),
    "Reshape to another": whole(single("Reshape", [2, 3], ints(7))),
    "Reshape to two open": whole(single("Reshape", [2, 3], ints(-1, -1))),
    "Reshape to -2": whole(single("Reshape", [2, 3], ints(-2, 3))),
    "Reshape to floats": whole(single("Reshape", [2, 3], np.array([2.5, 3], np.float32))),
    "Reshape to 1,000 axes": whole(single("Reshape", [2, 3], ints(*[1] * 998, 2, 3))),
    "Reshape open": whole(model([("Relu", ["s"], ["r"]), ("Reshape", ["x", "r"], ["y"])], {"x": [2], "s": [1]}, ["y"])),
    "Transpose axis 9": whole(single("Transpose", [2, 3], perm=[0, 9])),
    "Transpose twice": whole(single("Transpose", [2, 3], perm=[0, 0])),
    "Transpose of three": whole(single("Transpose", [2, 3], perm=[0, 1, 2])),
    "Squeeze of two": whole(single("Squeeze", [2, 3], ints(0))),
    "Squeeze axis 9": whole(single("Squeeze", [2, 1], ints(9))),
    "Unsqueeze axis 9": whole(single("Unsqueeze", [2, 3], ints(9))),
    "Unsqueeze twice": whole(single("Unsqueeze", [2, 3], ints(0, 0))),
    "Slice step 0": whole(single("Slice", [4, 3], ints(0), ints(2), ints(0), ints(0))),
    "Slice of nothing": whole(single("Slice", [4, 3], ints(2), ints(2), ints(0))),
    "Slice axis 9": whole(single("Slice", [4, 3], ints(0), ints(2), ints(9))),
    "Slice of other lengths": whole(single("Slice", [4, 3], ints(0, 0), ints(2), ints(0))),
    "Concat axis 9": whole(single("Concat", [2, 3], np.ones((2, 3), np.float32), axis=9)),
    "Concat without axis": whole(single("Concat", [2, 3], np.ones((2, 3), np.float32))),
    "Concat of other sizes": whole(single("Concat", [2, 3], np.ones((5, 5), np.float32), axis=0)),
    "Split that does not fit": whole(model([("Split", ["x", "w"], ["y", "z"], {"axis": 0})], {"x": [4]}, ["y", "z"],
                                            {"w": ints(3, 3)})),
    "Pad cut to nothing": whole(single("Pad", [2, 3], ints(-1, 0, -1, 0))),
    "Pad odd": whole(single("Pad", [2, 3], ints(1))),
    "Expand to another": whole(single("Expand", [2, 3], ints(5, 5))),
    "Softmax axis 9": whole(single("Softmax", [2, 3], axis=9)),
    "Flatten axis 9": whole(single("Flatten", [2, 3], axis=9)),
    "Reduce axis 9": whole(single("ReduceSum", [2, 3], ints(9))),
    "Conv without weight": whole(single("Conv", IMAGE)),
    "Conv of another window": whole(single("Conv", IMAGE, np.ones((2, 4, 3, 3), np.float32), kernel_shape=[2, 2])),
    "Conv groups": whole(single("Conv", IMAGE, np.ones((2, 4, 3, 3), np.float32), group=3)),
    "Conv strides 0": whole(single("Conv", IMAGE, np.ones((2, 4, 3, 3), np.float32), strides=[0, 0])),
    "Conv too large": whole(single("Conv", IMAGE, np.ones((2, 4, 9, 9), np.float32))),
    "Conv pads of three": whole(single("Conv", IMAGE, np.ones((2, 4, 3, 3), np.float32), pads=[1, 1, 1])),
    "Conv auto_pad": whole(single("Conv", IMAGE, np.ones((2, 4, 3, 3), np.float32), auto_pad="EVEN")),
    "MaxPool without window": whole(single("MaxPool", IMAGE)),
    "MaxPool window 0": whole(single("MaxPool", IMAGE, kernel_shape=[0, 0])),
    "LSTM of another size": whole(single("LSTM", [2, 1, 3], *LSTM, hidden_size=9)),
    "LSTM activations": whole(single("LSTM", [2, 1, 3], *LSTM, hidden_size=2, activations=["Tanh", "Tanh"])),
    "LSTM activation unknown": whole(
        single("LSTM", [2, 1, 3], *LSTM, hidden_size=2, activations=["Hocus", "Tanh", "Tanh"])),
    "LSTM activation_alpha": whole(single("LSTM", [2, 1, 3], *LSTM, hidden_size=2, activation_alpha=[1.0])),
    "LSTM direction": whole(single("LSTM", [2, 1, 3], *LSTM, hidden_size=2, direction="sideways")),
    "LSTM of 10^6 steps": whole(single("LSTM", [10**6, 1, 3], *LSTM, hidden_size=2)),
    "LSTM of other weights": whole(single("LSTM", [2, 1, 3], LSTM[0][:, :7], LSTM[1], hidden_size=2)),
    "Einsum": whole(single("Einsum", [2, 3], equation="ij,jk->ik")),
    "Einsum text": whole(single("Einsum", [2, 3], equation="__import__('os')")),
    "Gemm of other sizes": whole(single("Gemm", [2, 3], np.ones((5, 4), np.float32))),
    "MatMul of other sizes": whole(single("MatMul", [2, 3], np.ones((5, 4), np.float32))),
    "inputs missing": with_node(lambda n: n.input.pop(), "Mul", (2, 3), np.ones((2, 3), np.float32)),
    "inputs too many": with_node(lambda n: n.input.extend(["x"] * 9), "Relu"),
    "outputs too many": with_node(lambda n: n.output.extend(["a", "b"]), "Relu"),
    "reads nobody": with_node(lambda n: n.input.__setitem__(0, "nobody")),
    "reads itself": with_node(lambda n: n.input.__setitem__(0, "y")),
    "no output": whole(model([("Relu", ["x"], ["a"])], {"x": [2]}, [])),
    "output of nobody": whole(model([("Relu", ["x"], ["a"])], {"x": [2]}, ["b"])),
    "output a constant": whole(model([("Neg", ["w"], ["y"])], {"x": [2]}, ["y"], {"w": ints(3)})),
    "operator unknown": whole(single("Hocuspocus", [2, 3])),
    "domain unknown": with_node(lambda n: setattr(n, "domain", "com.example")),
    "function that is not read": function([("NonZero", ["a"], ["b"])]),
    "function of itself": function([("f", ["a"], ["b"], None, None, "own")]),
    "function with other inputs": function([("Relu", ["nobody"], ["b"])]),
    "BatchNormalization of other sizes": whole(
        single("BatchNormalization", IMAGE, *[np.ones(9, np.float32)] * 4)),
    "LayerNormalization axis 9": whole(single("LayerNormalization", [2, 3], np.ones(3, np.float32), axis=9)),
    "GroupNormalization without": whole(
        single("GroupNormalization", IMAGE, *[np.ones(4, np.float32)] * 2, opset=21)),
    "Cast to text": whole(single("Cast", [2, 3], to=8)),
    "Cast to bytes": whole(single("Cast", [2, 3], to=2)),
    "Dropout in training": whole(single("Dropout", [2, 3], np.float32(0.5), np.bool_(True))),
    "ConstantOfShape 10^12": whole(
        model([("ConstantOfShape", ["w"], ["k"]), ("Add", ["x", "k"], ["y"])], {"x": [2]}, ["y"], {"w": ints(10**6, 10**6)})),
    "ConstantOfShape -1": whole(
        model([("ConstantOfShape", ["w"], ["k"]), ("Add", ["x", "k"], ["y"])], {"x": [2]}, ["y"], {"w": ints(-1)})),
    "Range 10^12": whole(
        model([("Range", ["a", "b", "c"], ["k"]), ("Add", ["x", "k"], ["y"])], {"x": [2]}, ["y"],
              {"a": np.float32(0), "b": np.float32(1e12), "c": np.float32(1)})),
    "Expand to 10^12": whole(
        model([("Expand", ["w", "n"], ["k"]), ("Add", ["x", "k"], ["y"])], {"x": [2]}, ["y"],
              {"w": np.float32(1), "n": ints(10**6, 10**6)})),
}  # fmt: skip

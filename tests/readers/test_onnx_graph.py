"""Whole ONNX graphs: weights, integer inputs, open batch axes, what is left out, refusals; the files onnx carries."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from readers.onnx_models import model, reference
from support.long_tests import often, one_in
from support.network import forward

import dyadic
from dyadic.symbolic import SpecError
from dyadic.symbolic.readers.onnx_model import from_onnx

RANDOM = np.random.default_rng(7)
LIGHT = sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))
QUICK = ("light_resnet50", "light_squeezenet")


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def test_all_unsupported_operators_are_named_at_once():
    nodes = [("Relu", ["x"], ["a"]), ("Hardmax", ["a"], ["b"]), ("Tanh", ["b"], ["c"]), ("Bernoulli", ["c"], ["d"]),
             ("Pad", ["d"], ["y"], {"mode": "reflect", "pads": [0, 0, 0, 0]})]  # fmt: skip
    with pytest.raises(SpecError) as caught:
        from_onnx(model(nodes, {"x": [2, 2]}, ["y"], opset=9), "net.onnx")
    message = str(caught.value)
    assert message.startswith(
        "net.onnx: node 2 of 5 (Hardmax, reading 'a') is not supported (takes several axes together (opset below 13)); "
        "neither is node 4 of 5 (Bernoulli,"
    )
    assert "Tanh" not in message
    assert "\n" not in message


def test_a_dynamic_batch_axis_stays_a_name():
    """Its size is read by Shape and goes through arithmetic into Reshape."""
    nodes = [("Shape", ["x"], ["n"]), ("Gather", ["n", "zero"], ["b"]), ("Unsqueeze", ["b", "axis"], ["bs"]),
             ("Concat", ["bs", "minus"], ["s"], {"axis": 0}), ("Reshape", ["x", "s"], ["flat"]),
             ("Gemm", ["flat", "w"], ["y"], {"transB": 1})]  # fmt: skip
    weights = {"zero": np.int64(0), "axis": np.array([0]), "minus": np.array([-1]), "w": normal(3, 8)}
    proto = model(nodes, {"x": ["batch", 2, 4]}, ["y"], weights)
    architecture = from_onnx(proto)
    assert [str(n) for n in architecture.vertices[-1].shape] == ["batch", "3"]
    assert architecture.unknown_sizes == ["batch"]
    assert dyadic.verify(dyadic.derive(architecture))["verdict"] == "proved"


def test_tokens_are_an_integer_input_and_weights_parameters():
    nodes = [("Gather", ["words", "tokens"], ["a"]), ("Gather", ["places", "range"], ["p"]), ("Add", ["a", "p"], ["b"]),
             ("Transpose", ["words"], ["t"], {"perm": [1, 0]}), ("MatMul", ["b", "t"], ["y"])]  # fmt: skip
    weights = {"words": normal(7, 4), "places": normal(5, 4), "range": np.array([1, 2, 3])}
    proto = model(nodes, {"tokens": [2, 3]}, ["y"], weights, integers=("tokens",))
    architecture = from_onnx(proto)
    roles = {node.name: (node.role, node.below) for node in architecture.inputs}
    assert roles == {"tokens": ("index", 7), "words": ("parameter", None), "places": ("parameter", None)}
    np.testing.assert_array_equal(architecture.values["words"], weights["words"])
    assert len(dyadic.derive(architecture).shared["words"]) == 2  # the look-up and the transposed product
    tokens = np.array([[0, 6, 2], [3, 3, 1]])
    (wanted,) = reference(proto, {"tokens": tokens})
    np.testing.assert_allclose(
        forward(architecture, {"tokens": tokens})[architecture.costs[0].input], wanted, rtol=1e-5
    )


def test_what_is_left_out_is_said():
    nodes = [("Dropout", ["x"], ["a"]), ("Unsqueeze", ["w"], ["v"], {"axes": [1, 2]}), ("Mul", ["a", "v"], ["y"]),
             ("Relu", ["x"], ["unused"])]  # fmt: skip
    architecture = from_onnx(model(nodes, {"x": [1, 3, 2, 2], "dummy": [2]}, ["y"], {"w": normal(3)}, opset=9))
    assert [vertex.kind.type for vertex in architecture.vertices] == ["mul"]
    assert architecture.values["w"].shape == (3, 1, 1)
    for text in ("Dropout in inference", "1 nodes are left out", "input 'dummy' is left out", "only Unsqueeze reads"):
        assert any(text in note for note in architecture.notes), text


def test_two_outputs_and_a_chosen_cost():
    proto = model([("Relu", ["x"], ["y"]), ("Tanh", ["x"], ["z"])], {"x": [2, 3]}, ["y", "z"])
    assert [(cost.type, cost.owner) for cost in from_onnx(proto).costs] == [
        ("abstract", "cost1"),
        ("abstract", "cost2"),
    ]
    assert {cost.type for cost in from_onnx(proto, cost="squared_error").costs} == {"squared_error"}


def test_a_shape_that_onnx_sees_differently_is_refused():
    proto = model([("Relu", ["x"], ["y"])], {"x": [2, 3]}, ["y"])
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 4]))
    with pytest.raises(SpecError, match=r"tensor 'y': has the shape \[2, 3\] here"):
        from_onnx(proto)


def test_an_infinite_mask_becomes_a_finite_one():
    mask = np.triu(np.full((3, 3), -np.inf, np.float32), 1)
    proto = model([("Add", ["x", "mask"], ["a"]), ("Softmax", ["a"], ["y"])], {"x": [3, 3]}, ["y"], {"mask": mask})
    architecture = from_onnx(proto)
    assert np.isfinite(architecture.values["mask"]).all()
    x = normal(3, 3)
    found = forward(architecture, {"x": x})[architecture.costs[0].input]
    np.testing.assert_allclose(found, reference(proto, {"x": x})[0], rtol=1e-5)


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read"), (b"not a model", "is not|no nodes")])
def test_what_is_no_model_is_refused(tmp_path, content, message):
    path = tmp_path / "m.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecError, match=message):
        dyadic.read(path)


def test_opsets_that_onnx_does_not_know_are_refused():
    with pytest.raises(SpecError, match="is of opset 99; opsets 1 to"):
        from_onnx(model([("Relu", ["x"], ["y"])], {"x": [2]}, ["y"], opset=99))


def longest_path(proto):
    """Nodes on the longest path from the model's input, counted in the file; Dropout and what makes weights is none."""
    depth = {proto.graph.input[k].name: 0 for k in range(len(proto.graph.input))}
    weights = {tensor.name for tensor in proto.graph.initializer}
    for node in proto.graph.node:
        if set(node.input) <= weights:
            weights |= set(node.output)
        reached = max((depth[name] for name in node.input if name not in weights), default=0)
        depth |= dict.fromkeys(node.output, reached + (node.op_type != "Dropout"))
    return depth[proto.graph.output[0].name]


@pytest.mark.parametrize("path", one_in(4, LIGHT), ids=lambda path: path.stem)
def test_the_models_that_onnx_carries_are_read_and_derived(path):
    """Their shapes are onnx's: the reader compares every shape that onnx infers."""
    fine, coarse = (dyadic.derive(dyadic.read(path, granularity=kind)) for kind in ("operation", "layer"))
    assert fine.L == longest_path(onnx.load(path)) > coarse.L
    assert (fine.steps, coarse.steps) == (2 * fine.L, 2 * coarse.L)
    assert f"L = {fine.L} where every operation is a vertex, {coarse.L} where" in coarse.architecture.notes[-1]
    assert set(fine.architecture.parameters) == set(coarse.architecture.parameters) <= set(fine.architecture.values)


@pytest.mark.parametrize("path", often(LIGHT, lambda path: path.stem in QUICK), ids=lambda path: path.stem)
def test_the_models_that_onnx_carries_are_proved(path):
    certificate = dyadic.verify(dyadic.derive(dyadic.read(path)))
    assert certificate["verdict"] == "proved"


def test_large_weights_are_those_of_the_file_after_a_function_was_put_in_place():
    """What onnx infers and puts in place, it does without them."""
    weight = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    nodes = [("MatMul", ["x", "w"], ["a"]), ("LayerNormalization", ["a", "s"], ["y", "mean"], {"axis": 1})]
    proto = model(nodes, {"x": [2, 40]}, ["y", "mean"], {"w": weight, "s": np.ones(40, np.float32)})
    architecture = from_onnx(proto)
    assert any("by other operators: LayerNormalization" in note for note in architecture.notes)
    roles = {node.name: node.role for node in architecture.inputs}
    assert roles["w"] == "parameter"
    assert [name for name, role in roles.items() if role == "data"] == ["x"]
    np.testing.assert_array_equal(architecture.values["w"], weight)
    assert [tensor.name for tensor in proto.graph.initializer] == ["w", "s"]  # the caller's model is as it was


@pytest.mark.parametrize("size", [-1, -7])
def test_a_shape_below_0_is_no_shape(size):
    proto = model([("MatMul", ["x", "w"], ["y"])], {"x": [2, 4]}, ["y"], {"w": np.ones((4, 3))})
    proto.graph.initializer[0].dims[0] = size
    with pytest.raises(SpecError, match=rf"tensor 'w': its shape is \[{size}, 3\]"):
        from_onnx(proto)

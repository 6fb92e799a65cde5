"""Vertices of another size: same values and gradients, another L; and how a large model is written out."""

import numpy as np
from readers.onnx_models import model
from support.network import forward, gradients

import dyadic
from dyadic.symbolic import architecture
from dyadic.symbolic.granularity import fuse, split
from dyadic.symbolic.readers.onnx_model import from_onnx
from dyadic.symbolic.repeats import blocks

RANDOM = np.random.default_rng(3)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def convolutions(count, skip=False):
    """Convolution, norm, activation, ``count`` times; with ``skip`` an activation that is read twice."""
    nodes, weights, x = [], {}, "x"
    for k in range(count):
        weights |= {f"w{k}": normal(2, 2, 3), f"g{k}": normal(2), f"b{k}": normal(2), f"m{k}": normal(2)}
        weights[f"v{k}"] = np.abs(normal(2))
        nodes += [("Conv", [x, f"w{k}"], [f"c{k}"], {"pads": [1, 1]}),
                  ("BatchNormalization", [f"c{k}", f"g{k}", f"b{k}", f"m{k}", f"v{k}"], [f"n{k}"]),
                  ("Relu", [f"n{k}"], [f"r{k}"])]  # fmt: skip
        x = f"r{k}"
    nodes.append(("Add", [x, "c0" if skip else "x"], ["y"]))
    return from_onnx(model(nodes, {"x": [1, 2, 4]}, ["y"], weights))


def test_a_layer_as_one_vertex_has_the_same_values_and_gradients():
    fine = convolutions(2)
    coarse = fuse(fine)
    assert ([v.name for v in coarse.vertices], fine.L, coarse.L) == (["r0", "r1", "y"], 7, 3)
    assert coarse.vertices[0].kind == coarse.vertices[1].kind  # identified by content: derived once
    x, s = {"x": normal(1, 2, 4)}, normal(1, 2, 4)
    np.testing.assert_allclose(forward(coarse, x)["y"], forward(fine, x)["y"], rtol=1e-12)
    wanted, found = (gradients(dyadic.derive(a), x, {"y": s}) for a in (fine, coarse))
    assert set(wanted) == set(found)
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-9, atol=1e-12)
    assert dyadic.verify(dyadic.derive(coarse))["verdict"] == "proved"


def test_what_is_read_twice_stays_a_vertex():
    assert [v.name for v in fuse(convolutions(1, skip=True)).vertices] == ["c0", "r0", "y"]


def test_an_attention_becomes_one_vertex():
    nodes = [("MatMul", ["q", "k"], ["s"]), ("Mul", ["s", "half"], ["t"]), ("Add", ["t", "mask"], ["u"]),
             ("Softmax", ["u"], ["p"]), ("MatMul", ["p", "v"], ["y"])]  # fmt: skip
    shapes = {"q": [2, 3, 4], "k": [2, 4, 3], "v": [2, 3, 5]}
    fine = from_onnx(model(nodes, shapes, ["y"], {"half": np.float32(0.5), "mask": normal(3, 3)}))
    coarse = fuse(fine)
    assert (fine.L, coarse.L, coarse.vertices[0].inputs) == (5, 1, ("q", "k", "mask", "v"))
    x = {name: normal(*shape) for name, shape in shapes.items()}
    np.testing.assert_allclose(forward(coarse, x)["y"], forward(fine, x)["y"], rtol=1e-12)


def test_an_activation_becomes_a_vertex():
    layer = {"name": "a", "type": "dense", "units": 3, "activation": "tanh"}
    network = {"inputs": {"x": {"shape": [2]}}, "layers": [layer], "cost": {"type": "squared_error"}}
    found = split(architecture(network))
    assert [(v.name, v.kind.type, v.inputs) for v in found.vertices] == [
        ("a.linear", "dense", ("x",)), ("a", "tanh", ("a.linear",)),
    ]  # fmt: skip
    assert fuse(found).L == 1


def test_repeated_blocks_are_found():
    parts = blocks(convolutions(30))  # the first convolution reads the input, so blocks begin after it
    assert [(part.first, len(part.copies)) for part in parts] == [
        (("c0",), 1), (("n0", "r0", "c1"), 29), (("n29", "r29", "y"), 1),
    ]  # fmt: skip
    assert [name for part in parts for copy in part.copies for name in copy] == [
        v.name for v in convolutions(30).vertices
    ]
    assert len(blocks(convolutions(3))) == 1

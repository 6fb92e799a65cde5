"""Every attribute of a node and every argument of a call is read, declared to be without effect, or refused."""

import numpy as np
import onnx
import pytest
from hostile.onnx_files import function
from onnx import TensorProto, helper
from readers.onnx_models import model, reference, single
from support.network import forward
from support.optional import needed

from dyadic.symbolic import SpecError
from dyadic.symbolic.readers.onnx_model import from_onnx
from dyadic.symbolic.readers.onnx_node import OPERATORS

RANDOM = np.random.default_rng(11)


def equal(proto, shape):
    """The network computes what onnx's reference implementation does."""
    x = RANDOM.normal(size=shape).astype(np.float32)
    architecture = from_onnx(proto)
    (value,) = {cost.input for cost in architecture.costs}
    found = forward(architecture, {"x": x})[value]
    np.testing.assert_allclose(np.asarray(found, float), reference(proto, {"x": x})[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("calls", [1, 3])
def test_local_functions_are_put_in_place(calls):
    proto = onnx.load_from_string(function([("Tanh", ["a"], ["c"]), ("Neg", ["c"], ["b"])], calls))
    assert proto.functions
    equal(proto, (2, 3))


def test_a_call_of_a_local_function_is_accounted_for():
    made = helper.make_function(
        "own", "f", ["a"], ["b"], [helper.make_node("Elu", ["a"], ["b"])], [helper.make_opsetid("", 17)], ["alpha"]
    )  # fmt: skip
    attribute = made.node[0].attribute.add()
    attribute.name, attribute.ref_attr_name, attribute.type = "alpha", "alpha", onnx.AttributeProto.FLOAT

    def called(*attributes, inputs=("x",)):
        proto = model([("Relu", ["x"], ["r"])], {"x": [2, 3]}, ["y"])
        proto.graph.node[0].CopyFrom(helper.make_node("f", inputs, ["y"], domain="own"))
        proto.graph.node[0].attribute.extend(helper.make_attribute(*one) for one in attributes)
        proto.functions.append(made)
        proto.opset_import.append(helper.make_opsetid("own", 1))
        return proto

    x = RANDOM.normal(size=(2, 3))
    architecture = from_onnx(called(("alpha", 0.3)))
    found = forward(architecture, {"x": x})[architecture.costs[0].input]
    np.testing.assert_allclose(found, np.where(x > 0, x, 0.3 * np.expm1(x)), rtol=1e-6)
    for proto, message in (
        (called(("alpha", 0.3), ("beta", 0.1)), "has no attribute beta"),
        (called(("alpha", 0.3), ("alpha", 0.1)), "is given its attribute alpha more than once"),
        (called(("alpha", 1)), "alpha is of the type INT, not FLOAT"),
        (called(("alpha", 0.3), inputs=("x", "x")), "has 1 inputs and 1 outputs"),
    ):
        with pytest.raises(SpecError, match=message):
            from_onnx(proto)


def test_resize_of_some_axes():
    sizes = np.array([4, 6], np.int64)
    options = {"axes": [2, 3], "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    equal(single("Resize", [1, 2, 2, 3], None, None, sizes, opset=18, **options), (1, 2, 2, 3))


@pytest.mark.parametrize(("operator", "shape", "attributes"), [
    ("Softmax", [2, 3], {"axis": -1}), ("Dropout", [2, 3], {"seed": 3}), ("LeakyRelu", [2, 3], {"alpha": 0.01}),
    ("MaxPool", [1, 1, 4, 4], {"kernel_shape": [2, 2], "storage_order": 1}),
    ("DepthToSpace", [1, 4, 2, 2], {"blocksize": 2, "mode": "DCR"}),
])  # fmt: skip
def test_what_says_nothing_new_is_read(operator, shape, attributes):
    from_onnx(model([("Relu", ["x"], ["r"]), (operator, ["r"], ["y"], attributes)], {"x": shape}, ["y"]))


def test_an_attribute_that_its_function_does_not_ask_for(monkeypatch):
    """The mechanism, not an instance: any operator whose function forgets an attribute."""
    proto = single("LRN", [2, 3, 2, 2], size=3, alpha=0.25)
    from_onnx(proto)
    monkeypatch.setitem(OPERATORS, "LRN", lambda node: node.layer("lrn", [node.x()], size=node.get("size"), lead=1))
    with pytest.raises(SpecError, match=r"its attribute alpha = 0\.25 is not read"):
        from_onnx(proto)
    from_onnx(single("LRN", [2, 3, 2, 2], size=3, alpha=0.0001))  # what it is when left out


def test_an_attribute_that_the_operator_does_not_have():
    proto = single("SpaceToDepth", [1, 4, 4, 4], blocksize=2)
    from_onnx(proto)
    proto.graph.node[0].attribute.append(helper.make_attribute("mode", "CRD"))
    with pytest.raises(SpecError, match="mode"):
        from_onnx(proto)


KINDS_OF_VALUES = {"FLOAT": 1, "INT": 0.5, "STRING": 1, "INTS": [0.5], "FLOATS": [1], "TENSOR": 1}
"""A value of another kind than an attribute's own."""


def damaged(proto, attribute):
    node = proto.graph.node[0]
    kept = [entry for entry in node.attribute if entry.name != attribute.name]
    del node.attribute[:]
    node.attribute.extend([*kept, attribute])
    return proto


@pytest.mark.parametrize("proto", [
    single("Elu", [2, 3], alpha=0.5), single("Celu", [2, 3]), single("Gelu", [2, 3], opset=20), single("Selu", [2, 3]),
    single("HardSigmoid", [2, 3]), single("LeakyRelu", [2, 3]), single("Softmax", [2, 3]), single("Shrink", [2, 3]),
    single("LogSoftmax", [2, 3]), single("ThresholdedRelu", [2, 3]), single("MeanVarianceNormalization", [2, 3, 2, 2]),
    single("LayerNormalization", [2, 3], np.ones(3, np.float32)), single("ReduceL1", [2, 3]),
    single("GroupNormalization", [2, 4, 2], *[np.ones(4, np.float32)] * 2, opset=21, num_groups=2),
    single("DepthToSpace", [1, 4, 2, 2], blocksize=2), single("LRN", [1, 4, 2, 2], size=3),
    single("Gemm", [2, 3], np.ones((3, 2), np.float32)), single("Concat", [2, 3], axis=0),
], ids=lambda proto: proto.graph.node[0].op_type)  # fmt: skip
def test_attributes_of_another_kind_twice_or_unknown(proto):
    """Of operators that onnx defines by a function of others as well: it would not look at them."""
    from_onnx(proto)
    (node,), opset = proto.graph.node, proto.opset_import[0].version
    for name, entry in onnx.defs.get_schema(node.op_type, opset, "").attributes.items():
        other = helper.make_attribute(name, KINDS_OF_VALUES[entry.type.name])
        with pytest.raises(SpecError, match=f"its attribute {name} is of the type"):
            from_onnx(damaged(onnx.ModelProto.FromString(proto.SerializeToString()), other))
        same = [one for one in node.attribute if one.name == name] or [entry.default_value]
        if same[0].name:
            twice = onnx.ModelProto.FromString(proto.SerializeToString())
            twice.graph.node[0].attribute.extend([same[0]] * (3 - len(same if same[0] in node.attribute else [])))
            with pytest.raises(SpecError, match=f"its attribute {name} is given"):
                from_onnx(twice)
    unknown = helper.make_attribute("what", 1)
    with pytest.raises(SpecError, match="has no attribute what"):
        from_onnx(damaged(onnx.ModelProto.FromString(proto.SerializeToString()), unknown))


def test_attributes_inside_of_graphs_and_of_old_opsets():
    inner = helper.make_graph(
        [helper.make_node("Shrink", ["x"], ["t"], lambd=1)], "inner", [],
        [helper.make_tensor_value_info("t", TensorProto.FLOAT, [2, 3])],
    )  # fmt: skip
    branches = {"then_branch": inner, "else_branch": inner}
    with pytest.raises(SpecError, match="lambd is of the type INT, not FLOAT"):
        from_onnx(model([("If", ["c"], ["y"], branches)], {"x": [2, 3]}, ["y"], {"c": np.bool_(True)}))
    old = single("Elu", [2, 3], opset=6, alpha=0.5)
    from_onnx(old)
    old.graph.node[0].attribute.append(helper.make_attribute("alpha", 1.0))
    with pytest.raises(SpecError, match="alpha is given 2 times"):
        from_onnx(old)


@pytest.mark.parametrize("position", [2, 99, -3])
def test_a_position_beyond_its_axis(position):
    from_onnx(single("Gather", [2, 3], np.array([1, 0, -2]), axis=0))
    with pytest.raises(SpecError, match=f"position {position} on an axis of 2"):
        from_onnx(single("Gather", [2, 3], np.array([0, position]), axis=0))


def test_complex_weights_are_refused():
    proto = single("Mul", [2, 3], np.ones((2, 3), np.float32))
    proto.graph.initializer[0].CopyFrom(
        helper.make_tensor("w0", TensorProto.COMPLEX64, [2, 3], [1 + 2j] * 6)
    )  # fmt: skip
    with pytest.raises(SpecError, match="complex"):
        from_onnx(proto)


def test_an_argument_that_its_function_does_not_ask_for(monkeypatch):
    torch = needed("torch")

    import dyadic
    from dyadic.symbolic.readers.torch_call import OPERATORS as CALLS

    module = torch.nn.LeakyReLU(0.25)
    dyadic.from_torch(module, torch.ones(3))
    monkeypatch.setitem(CALLS, "leaky_relu", lambda call: call.layer("leaky_relu", [call.x()]))
    with pytest.raises(SpecError, match=r"its argument negative_slope = 0\.25 is not read"):
        dyadic.from_torch(module, torch.ones(3))
    dyadic.from_torch(torch.nn.LeakyReLU(0.01), torch.ones(3))  # what it is when left out


def test_a_table_whose_gradient_is_scaled_is_refused():
    torch = needed("torch")

    import dyadic

    tokens = torch.tensor([1, 2])
    dyadic.from_torch(torch.nn.Embedding(5, 2), tokens)
    with pytest.raises(SpecError, match="scale_grad_by_freq = True is not read"):
        dyadic.from_torch(torch.nn.Embedding(5, 2, scale_grad_by_freq=True), tokens)
    with pytest.raises(SpecError, match="writes in place"):
        dyadic.from_torch(torch.nn.Embedding(5, 2, max_norm=1.0), tokens)
    assert not any(
        "not compared" in note for note in dyadic.from_torch(torch.nn.Embedding(5, 2, sparse=True), tokens).notes
    )


def relu_then(*further):
    return model([("Relu", ["x"], ["a"]), *further], {"x": [2, 3]}, ["y"])


def test_a_tensor_that_is_made_twice_or_never_is_refused():
    from_onnx(relu_then(("Tanh", ["a"], ["y"])))
    with pytest.raises(SpecError, match="tensor 'a': is made twice"):
        from_onnx(relu_then(("Exp", ["x"], ["a"]), ("Tanh", ["a"], ["y"])))
    with pytest.raises(SpecError, match="'z' is no input, no weight and no result of a node before it"):
        from_onnx(relu_then(("Add", ["a", "z"], ["y"])))
    with pytest.raises(SpecError, match="'b' is no input"):  # a cycle
        from_onnx(relu_then(("Add", ["a", "b"], ["y"]), ("Exp", ["y"], ["b"])))
    proto = single("Mul", [2, 3], np.ones((2, 3), np.float32))
    proto.graph.initializer.append(proto.graph.initializer[0])
    with pytest.raises(SpecError, match="tensor 'w0': is made twice"):
        from_onnx(proto)


def test_random_numbers_are_not_drawn_while_reading():
    for operator in ("RandomNormal", "RandomUniform"):
        draw = (operator, [], ["r"], {"shape": [2, 3]})
        with pytest.raises(SpecError, match="draws random numbers"):
            from_onnx(relu_then(draw, ("Add", ["a", "r"], ["y"])))
    proto = relu_then(("Dropout", ["c", "", "train"], ["d"]), ("Add", ["a", "d"], ["y"]))
    for name, array in (("c", np.ones((2, 3), np.float32)), ("train", np.array(True))):
        proto.graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    with pytest.raises(SpecError, match="the mask would be random"):
        from_onnx(proto)


@pytest.mark.parametrize(("number", "name"), [(np.nan, "NaN"), (np.inf, "an infinity")])
def test_a_weight_that_is_no_number_is_refused(number, name):
    weight = np.ones((3, 2), np.float32)
    from_onnx(single("Gemm", [2, 3], weight))
    weight[1, 1] = number
    with pytest.raises(SpecError, match=f"parameter 'w0': holds {name}"):
        from_onnx(single("Gemm", [2, 3], weight))


@pytest.mark.parametrize("size", [0, -1])
def test_an_unknown_size_that_is_written_as_a_number_is_said(size):
    (note,) = (note for note in from_onnx(single("Relu", [size, 3])).notes if "axis 0" in note)
    assert note == f"the size {size} of axis 0 of the input 'x' is read as an unknown one"


def test_what_no_gradient_flows_through_is_not_stopped():
    torch = needed("torch")

    import dyadic

    class Held(torch.nn.Module):
        def __init__(self, random=False):
            super().__init__()
            self.random, self.inner = random, torch.nn.Linear(3, 3)
            self.register_buffer("fixed", torch.ones(3))

        def forward(self, x):
            with torch.no_grad():
                fixed = self.fixed.detach() + 1
            return self.inner(x) + (torch.rand(3) if self.random else fixed)

    x = torch.ones(2, 3)
    assert [vertex.kind.type for vertex in dyadic.from_torch(Held(), x).vertices] == ["dense", "add"]
    with pytest.raises(SpecError, match="draws random numbers"):
        dyadic.from_torch(Held(random=True), x)


@pytest.mark.parametrize("outer", [None, [2, 3, 7, 6]])
@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 0, 0, 1]])
def test_entries_are_put_back_where_the_maxima_stood(outer, pads):
    rows, columns = 6 - pads[0] - pads[2], 4 - pads[1] - pads[3]
    places = RANDOM.permutation(2 * 3 * rows * columns)[: 2 * 3 * 3 * 2].reshape(2, 3, 3, 2)
    shape = [] if outer is None else [np.array(outer)]
    equal(
        single("MaxUnpool", (2, 3, 3, 2), places, *shape, kernel_shape=[2, 2], strides=[2, 2], pads=pads), (2, 3, 3, 2)
    )


def test_two_entries_in_one_place_are_refused():
    places = np.array([0, 5, 5, 3]).reshape(1, 1, 2, 2)
    with pytest.raises(SpecError, match="no position of its own for each entry"):
        from_onnx(single("MaxUnpool", (1, 1, 2, 2), places, kernel_shape=[2, 2], strides=[2, 2]))

"""Small ONNX models made node by node, and their values by onnx's reference implementation."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator


def model(nodes, inputs, outputs, weights=None, opset=17, integers=()):
    """A model; ``inputs``: shapes by name, ``outputs``: names, ``weights``: arrays by name."""
    made = [helper.make_node(*node[:3], **(node[3] if len(node) > 3 else {})) for node in nodes]
    values = [
        helper.make_tensor_value_info(name, TensorProto.INT64 if name in integers else TensorProto.FLOAT, shape)
        for name, shape in inputs.items()
    ]
    graph = helper.make_graph(
        made, "small", values, [onnx.ValueInfoProto(name=name) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in (weights or {}).items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def single(operator, shape, *weights, opset=17, **attributes):
    """A model of one node that reads x and some arrays."""
    names = ["x", *(f"w{k}" if array is not None else "" for k, array in enumerate(weights))]
    given = {name: array for name, array in zip(names[1:], weights, strict=True) if array is not None}
    return model([(operator, names, ["y"], attributes)], {"x": shape}, ["y"], given, opset)


def reference(proto, inputs):
    """The outputs of a model."""
    return ReferenceEvaluator(proto).run(None, inputs)

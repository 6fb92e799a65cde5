"""One node of known operands, run by onnx's reference implementation."""

from __future__ import annotations

from typing import Any

import numpy as np

from dyadic.symbolic.readers.onnx_folding import Result, make_room
from dyadic.symbolic.readers.onnx_node import Node, Unsupported

_SHAPE_ENTRIES = 1024
"""Entries up to which an operand may say how large a result is."""


def evaluated(onnx: Any, opsets: Any, node: Node, proto: Any, arrays: list[np.ndarray | None]) -> list[Any]:
    """The results of a node, if they are small enough.  Raises :class:`Unsupported` otherwise."""
    helper = onnx.helper
    named = {name: array for name, array in zip(proto.input, arrays, strict=True) if array is not None}
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in named.items()
    ]
    outputs = [onnx.ValueInfoProto(name=n) for n in proto.output if n]
    few = [onnx.numpy_helper.from_array(a, n) for n, a in named.items() if a.size <= _SHAPE_ENTRIES]
    stated = helper.make_graph([proto], "node", inputs, outputs, few)
    graph = helper.make_graph([proto], "node", inputs, outputs)
    model = helper.make_model(graph, opset_imports=opsets)
    make_room(node, arrays, _inferred(onnx, helper.make_model(stated, opset_imports=opsets)))
    try:
        return list(onnx.reference.ReferenceEvaluator(model).run(None, named))
    except Exception as error:  # whatever the operator's reference implementation raises
        raise Unsupported(f"cannot be evaluated ({str(error)[:100]})") from error


def _inferred(onnx: Any, model: Any) -> list[Result]:
    """The shapes that onnx infers for a model's outputs before anything is computed, and the bytes of an entry."""
    try:
        graph = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    except Exception as error:  # whatever does not fit
        raise Unsupported(f"cannot be evaluated ({str(error)[:100]})") from error
    found: list[Result] = []
    for tensor in (output.type.tensor_type for output in graph.output):
        known = tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim)
        shape = tuple(dim.dim_value for dim in tensor.shape.dim) if known else None
        found.append((shape, onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).itemsize))
    return found

"""What onnx infers of a graph, held to what was read: types and shapes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.model import Model, Value
from dyadic.symbolic.structure import show

_SMALL = 1024
"""Entries up to which an array may say what shape a result has."""


def without_arrays(onnx: Any, proto: Any) -> Any:
    """The model with its large weights as inputs: what onnx infers is the same, and they are not copied for it."""
    found = onnx.ModelProto(ir_version=proto.ir_version)
    found.opset_import.extend(proto.opset_import)
    found.functions.extend(proto.functions)
    graph, light = proto.graph, found.graph
    light.name = graph.name
    for field in ("node", "input", "output", "value_info", "sparse_initializer"):
        getattr(light, field).extend(getattr(graph, field))
    stated = {value.name for value in graph.input}
    for tensor in graph.initializer:
        if math.prod(tensor.dims) <= _SMALL:
            light.initializer.append(tensor)
        elif tensor.name not in stated:
            light.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return found


def with_arrays(light: Any, proto: Any) -> None:
    """Put the weights of a model back that :func:`without_arrays` has made inputs."""
    stated = {value.name for value in proto.graph.input}
    for value in list(light.graph.input):
        if value.name not in stated:
            light.graph.input.remove(value)
    kept = {tensor.name for tensor in light.graph.initializer}
    light.graph.initializer.extend(tensor for tensor in proto.graph.initializer if tensor.name not in kept)


def compare_types(onnx: Any, proto: Any, where: str) -> None:
    """Refuse a model of which a node mixes types that its operator keeps apart: no runtime computes it."""
    try:
        onnx.shape_inference.infer_shapes(without_arrays(onnx, proto), check_type=True)
    except onnx.shape_inference.InferenceError as error:
        if found := re.search(
            r"\(op_type:(\w+)[^)]*\): (\w+) (?:has inconsistent|typestr:.*has unsupported) type:? ?([\w()]+)",
            str(error),
        ):
            problem = f"the operand {found[2]} of {found[1]} has the type {found[3]}, which does not go with the others"
            raise SpecError(where, problem, "cast its operands to one type and export it again") from error
    except Exception:  # beyond 2 GiB nothing can be inferred
        return


def inferred(onnx: Any, proto: Any) -> Any:
    """The graph with what onnx infers of its tensors, or None."""
    try:
        return onnx.shape_inference.infer_shapes(without_arrays(onnx, proto)).graph
    except Exception:  # not all models can be inferred; beyond 2 GiB none
        return None


def known_of(graph: Any) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    """What is inferred by tensor: shapes of which all sizes are known, and element types."""
    if graph is None:
        return {}, {}
    types = {tensor.name: tensor.data_type for tensor in graph.initializer}
    types |= {info.name: info.type.tensor_type.elem_type for info in (*graph.input, *graph.value_info, *graph.output)}
    found = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for info in (*graph.input, *graph.value_info, *graph.output):
        dims = info.type.tensor_type.shape.dim
        if info.type.tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in dims):
            found.setdefault(info.name, tuple(dim.dim_value for dim in dims))
    return found, types


def compare_shapes(graph: Any, where: str, model: Model, values: Mapping[str, Value | None]) -> None:
    """Refuse a model for which onnx infers other shapes than the layers have: one of the two reads it wrongly."""
    if graph is None:
        model.note("onnx cannot infer this model's shapes: those of the layers were not compared with them")
        return
    for info in (*graph.value_info, *graph.output):
        value, tensor = values.get(info.name), info.type.tensor_type
        if not isinstance(value, str) or not tensor.HasField("shape"):
            continue
        ours, theirs = model.shapes[value], [dim.dim_value for dim in tensor.shape.dim]
        pairs = zip(ours, theirs, strict=False)
        if len(ours) != len(theirs) or any(n.is_Integer and m and n != m for n, m in pairs):
            problem = f"has the shape {show(ours)} here and {theirs} according to onnx"
            remedy = "the file states a wrong shape, or the model is read wrongly: then please report it"
            raise SpecError(f"{where}: tensor {info.name!r}", problem, remedy)

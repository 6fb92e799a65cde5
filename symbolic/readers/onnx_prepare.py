"""What is done to an ONNX file before its graph is read: functions in place, old opsets converted, sizes given."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.limits import LARGEST_SIZE
from dyadic.symbolic.options import TAKEN_BY_ABSTRACT_COSTS, TAKEN_SIZES
from dyadic.symbolic.readers.onnx_checks import with_arrays, without_arrays
from dyadic.symbolic.readers.onnx_graphs import nodes
from dyadic.symbolic.readers.onnx_schema import DEFAULT_DOMAINS, Schemas, opset_of

OLDEST_OPSET = 7
"""Older files are converted: before it, shapes did not broadcast as in NumPy."""


def prepared(onnx: Any, proto: Any, where: str, sizes: Mapping[str, int]) -> Any:
    """The model with its functions put in place, of an opset that is read, and with numbers for the named sizes.

    Raises :class:`SpecError` where the model cannot be made so.
    """
    if proto.functions:
        _calls_fit(proto, where)
        try:
            proto = onnx.inliner.inline_local_functions(proto)
        except Exception as error:  # a function that calls itself, or one that is not there
            problem = f"its functions cannot be put in place ({str(error)[:200]})"
            raise SpecError(where, problem, "export the model again") from error
    opset, newest = opset_of(proto), onnx.defs.onnx_opset_version()
    if all(node.domain not in DEFAULT_DOMAINS for node in nodes(proto.graph)):
        return _sized(proto, where, sizes) if sizes else proto  # its nodes are refused by name
    if not 1 <= opset <= newest:
        raise SpecError(where, f"is of opset {opset}", f"opsets 1 to {newest} can be read")
    if opset < OLDEST_OPSET:
        proto = _converted(onnx, proto, where, opset)
    return _sized(proto, where, sizes) if sizes else proto


def _calls_fit(proto: Any, where: str) -> None:
    """Refuse a call of a function of the file with what the function does not have: onnx would leave it out."""
    made = {(function.domain, function.name): function for function in proto.functions}
    for graph in (proto.graph, *proto.functions):
        for node in nodes(graph):
            function = made.get((node.domain, node.op_type))
            if function is None:
                continue
            given = [attribute.name for attribute in node.attribute]
            known = {*function.attribute, *(attribute.name for attribute in function.attribute_proto)}
            problem = ""
            if foreign := [name for name in given if name not in known]:
                problem = f"has no attribute {foreign[0]:.60}"
            elif len(set(given)) < len(given):
                problem = f"is given its attribute {max(given, key=given.count):.60} more than once"
            elif len(node.input) > len(function.input) or len(node.output) > len(function.output):
                problem = f"has {len(function.input)} inputs and {len(function.output)} outputs"
            if problem:
                raise SpecError(f"{where}: the function {node.op_type:.60}", problem, "export the model again")


def _converted(onnx: Any, proto: Any, where: str, opset: int) -> Any:
    """The model in the oldest opset that is read; the converter would not tell what does not fit a schema."""
    schemas = Schemas(onnx, proto)
    for node in nodes(proto.graph):
        if problem := schemas.misfit(node):
            raise SpecError(f"{where}: node {node.name or node.op_type!r}", problem, "export the model again")
    try:
        found = onnx.version_converter.convert_version(proto, OLDEST_OPSET)
        return _slopes_by_channel(onnx, found)
    except Exception as error:  # whatever the converter has no rule for
        problem = f"is of opset {opset}, and onnx cannot convert it to {OLDEST_OPSET} ({str(error)[:200]})"
        raise SpecError(where, problem, "export the model again") from error


def _slopes_by_channel(onnx: Any, proto: Any) -> Any:
    """A PRelu of an old opset has a slope for each channel, a newer one is broadcast: the converter leaves that out."""
    ranks = {
        value.name: len(value.type.tensor_type.shape.dim)
        for value in onnx.shape_inference.infer_shapes(proto).graph.value_info
    } | {value.name: len(value.type.tensor_type.shape.dim) for value in proto.graph.input}
    slopes = {node.input[1]: ranks.get(node.input[0], 0) for node in proto.graph.node if node.op_type == "PRelu"}
    for tensor in proto.graph.initializer:
        if len(tensor.dims) == 1 and tensor.dims[0] > 1 and slopes.get(tensor.name, 0) > 2:
            tensor.dims.extend([1] * (slopes[tensor.name] - 2))
    for value in proto.graph.input:  # older files list their weights there as well
        shape = value.type.tensor_type.shape
        for tensor in proto.graph.initializer:
            if tensor.name == value.name and tensor.name in slopes:
                for _ in range(len(tensor.dims) - len(shape.dim)):
                    shape.dim.add().dim_value = 1
    return proto


def size_name(name: str, axis: int, dim: Any) -> str:
    """The name of an open size of an input: its own, or INPUT_AXIS, as an identifier that nothing else has."""
    label = re.sub(r"[^A-Za-z0-9_]", "_", dim.dim_param or f"{name}_{axis}")
    label = f"{label}_size" if label in (*TAKEN_SIZES, *TAKEN_BY_ABSTRACT_COSTS) else label
    return label if label[:1].isalpha() else f"n{label}"


def _sized(proto: Any, where: str, sizes: Mapping[str, int]) -> Any:
    """The model with numbers for sizes of its inputs: for their own names, or those under which they are read."""
    found = type(proto)()
    found.CopyFrom(proto)
    unused = set(sizes)
    for value in found.graph.input:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            given = [name for name in (dim.dim_param, size_name(value.name, axis, dim)) if name in sizes]
            if (dim.HasField("dim_value") and dim.dim_value > 0) or not given:
                continue
            name, number = given[0], sizes[given[0]]
            if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= LARGEST_SIZE:
                raise SpecError(where, f"the size {name} cannot be {number!r:.40}", f"give 1 to {LARGEST_SIZE}")
            dim.dim_value = number
            unused.discard(name)
    if unused:
        raise SpecError(where, f"has no size named {', '.join(sorted(unused))}", "name an open size of an input")
    del found.graph.value_info[:]  # stated for the open sizes
    return found


def _defined(schemas: Schemas, proto: Any, wanted: Collection[str]) -> dict[tuple[str, str], Any]:
    """Those of the wanted operators that a model uses and that ONNX defines by a function of others: their schemas."""
    found = {}
    for node in nodes(proto.graph):
        schema = schemas.of(node) if node.op_type in wanted else None
        if schema is not None and (schema.has_function or schema.has_context_dependent_function):
            found[node.domain, node.op_type] = schema
    return found


def with_bodies(onnx: Any, proto: Any, wanted: Collection[str]) -> tuple[Any, list[str]]:
    """The model with the functions of these operators in place of them, and the names of those that are gone.

    A node that does not fit its operator's schema stays as it is: its reader refuses it.
    """
    fitting = Schemas(onnx, proto)
    schemas = _defined(fitting, proto, wanted)
    if not schemas:
        return proto, []
    try:
        found = onnx.shape_inference.infer_shapes(without_arrays(onnx, proto))
        types = {value.name: value.type for value in (*found.graph.input, *found.graph.value_info)}
        types |= {
            tensor.name: onnx.helper.make_tensor_type_proto(tensor.data_type, tensor.dims)
            for tensor in found.graph.initializer
        }
        stated = {value.name for value in (*found.graph.input, *found.graph.value_info)}
        found.graph.value_info.extend(  # for the conversion of a function of another opset
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            for tensor in found.graph.initializer
            if tensor.name not in stated
        )
        for position, node in enumerate(list(nodes(found.graph))):
            schema = schemas.get((node.domain, node.op_type))
            if schema is not None and not fitting.misfit(node) and all(name in types for name in node.input if name):
                function = _function(onnx, schema, node, opset_of(proto), types)
                function.domain, function.name = "body", f"{node.op_type}.{position}"
                found.functions.append(function)
                node.domain, node.op_type = "body", function.name
        found.opset_import.append(onnx.helper.make_opsetid("body", 1))
        found = onnx.inliner.inline_local_functions(found, convert_version=True)
    except Exception:  # a function that needs types which cannot be inferred: the operator is then refused by name
        return proto, []
    with_arrays(found, proto)
    for entry in list(found.opset_import):
        if entry.domain == "body":
            found.opset_import.remove(entry)
    return found, [name for _, name in schemas]


def _function(onnx: Any, schema: Any, node: Any, opset: int, types: Mapping[str, Any]) -> Any:
    """The function of one node; what the node leaves to the operator's defaults is put into it first."""
    given = {attribute.name for attribute in node.attribute}
    for name, attribute in schema.attributes.items():
        if name not in given and attribute.default_value.type != onnx.AttributeProto.UNDEFINED:
            node.attribute.append(attribute.default_value)
    function = onnx.FunctionProto()
    if schema.has_function:
        version = _version(schema.function_opset_versions, opset)
        function.ParseFromString(schema.get_function_with_opset_version(version))
        return function
    version = _version(schema.context_dependent_function_opset_versions, opset)
    stated = [types[name].SerializeToString() if name else b"" for name in node.input]
    text = schema.get_context_dependent_function_with_opset_version(version, node.SerializeToString(), stated)
    function.ParseFromString(text)
    return function


def _version(versions: Collection[int], opset: int) -> int:
    """The opset whose function is taken: the newest up to the model's own, or the first one after it, converted."""
    return max((version for version in versions if version <= opset), default=min(versions))


__all__ = ["prepared", "with_bodies"]

"""What is done to an ONNX file before its graph is read: functions in place, old opsets converted, sizes given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.limits import LARGEST_SIZE
from dyadic.symbolic.readers.onnx_graphs import nodes

OLDEST_OPSET = 7
"""Older files are converted: before it, shapes did not broadcast as in NumPy."""
DEFAULT_DOMAINS = ("", "ai.onnx")


def opset_of(proto: Any) -> int:
    return max((entry.version for entry in proto.opset_import if entry.domain in DEFAULT_DOMAINS), default=0)


def prepared(onnx: Any, proto: Any, where: str, sizes: Mapping[str, int]) -> Any:
    """The model with its functions put in place, of an opset that is read, and with numbers for the named sizes.

    Raises :class:`SpecError` where the model cannot be made so.
    """
    if proto.functions:
        try:
            proto = onnx.inliner.inline_local_functions(proto)
        except Exception as error:  # a function that calls itself, or one that is not there
            problem = f"its functions cannot be put in place ({str(error)[:200]})"
            raise SpecError(where, problem, "export the model again") from error
    opset, newest = opset_of(proto), onnx.defs.onnx_opset_version()
    if not 1 <= opset <= newest:
        raise SpecError(where, f"is of opset {opset}", f"opsets 1 to {newest} can be read")
    if opset < OLDEST_OPSET:
        proto = _converted(onnx, proto, where, opset)
    return _sized(proto, where, sizes) if sizes else proto


def _converted(onnx: Any, proto: Any, where: str, opset: int) -> Any:
    try:
        return onnx.version_converter.convert_version(proto, OLDEST_OPSET)
    except Exception as error:  # whatever the converter has no rule for
        problem = f"is of opset {opset}, and onnx cannot convert it to {OLDEST_OPSET} ({str(error)[:200]})"
        raise SpecError(where, problem, "export the model again") from error


def _sized(proto: Any, where: str, sizes: Mapping[str, int]) -> Any:
    """The model with numbers for sizes of its inputs: for their own names, or INPUT_AXIS where they have none."""
    found = type(proto)()
    found.CopyFrom(proto)
    unused = set(sizes)
    for value in found.graph.input:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            name = dim.dim_param or f"{value.name}_{axis}"
            number = sizes.get(name)
            if (dim.HasField("dim_value") and dim.dim_value > 0) or number is None:
                continue
            if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= LARGEST_SIZE:
                raise SpecError(where, f"the size {name} cannot be {number!r:.40}", f"give 1 to {LARGEST_SIZE}")
            dim.dim_value = number
            unused.discard(name)
    if unused:
        raise SpecError(where, f"has no size named {', '.join(sorted(unused))}", "name an open size of an input")
    del found.graph.value_info[:]  # stated for the open sizes
    return found


def functions(onnx: Any, proto: Any, wanted: Collection[str]) -> list[tuple[str, str]]:
    """Those of the wanted operators that a model uses and that ONNX defines by a function of others: (domain, name)."""
    opsets = {entry.domain: entry.version for entry in proto.opset_import}
    found = []
    for domain, name in dict.fromkeys((node.domain, node.op_type) for node in nodes(proto.graph)):
        version = opsets.get(domain, opset_of(proto))
        plain = "" if domain in DEFAULT_DOMAINS else domain
        if name in wanted and onnx.defs.has(name, version, plain):
            schema = onnx.defs.get_schema(name, version, plain)
            if schema.has_function or schema.has_context_dependent_function:
                found.append((domain, name))
    return found


def with_bodies(onnx: Any, proto: Any, wanted: Collection[str]) -> tuple[Any, list[str]]:
    """The model with the functions of these operators in place of them, and the names of those that are gone."""
    found = functions(onnx, proto, wanted)
    if not found:
        return proto, []
    try:
        typed = onnx.shape_inference.infer_shapes(proto)
        stated = {value.name for value in (*typed.graph.input, *typed.graph.value_info)}
        typed.graph.value_info.extend(  # a function may depend on the types of what its operator reads
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            for tensor in typed.graph.initializer
            if tensor.name not in stated
        )
        proto = onnx.inliner.inline_selected_functions(typed, found, inline_schema_functions=True)
    except Exception:  # a function that needs types which cannot be inferred: the operator is then refused by name
        return proto, []
    left = {(node.domain, node.op_type) for node in nodes(proto.graph)}
    return proto, [name for domain, name in found if (domain, name) not in left]


__all__ = ["DEFAULT_DOMAINS", "functions", "opset_of", "prepared", "with_bodies"]

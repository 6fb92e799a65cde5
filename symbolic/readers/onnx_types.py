"""The kinds of numbers that tensors of an ONNX graph hold: which are floating-point, which integers, which booleans.

What a node makes is said by its operator's schema, of the kinds of what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FLOAT, SIGNED, UNSIGNED, BOOLEAN, OTHER = "f", "i", "u", "b", "O"
KINDS = {
    **dict.fromkeys((1, 10, 11, 16), FLOAT),
    **dict.fromkeys((6, 7), SIGNED),
    **dict.fromkeys((2, 3, 4, 5, 12, 13), UNSIGNED),
    9: BOOLEAN,
}
"""By TensorProto's number: float, float16, double and bfloat16; int32 and int64; those that wrap around soon; bool."""
_NAMES = {
    **dict.fromkeys(("float", "float16", "double", "bfloat16"), FLOAT),
    **dict.fromkeys(("int32", "int64"), SIGNED),
    **dict.fromkeys(("uint8", "int8", "uint16", "int16", "uint32", "uint64"), UNSIGNED),
    "bool": BOOLEAN,
}


def results(schema: Any, node: Any, kinds: Mapping[str, str], attributes: Mapping[str, Any]) -> list[str]:
    """The kind of each output of a node; ``kinds``: those of its operands, by name.  ``schema``: None if unknown."""
    if node.op_type in ("Cast", "EyeLike") and ("to" in attributes or "dtype" in attributes):
        return [KINDS.get(attributes.get("to", attributes.get("dtype")), OTHER)]
    if node.op_type == "ConstantOfShape":
        value = attributes.get("value")
        return [FLOAT if value is None else kind_of(value)]
    if schema is None:
        return [FLOAT] * len(node.output)
    read: dict[str, str] = {}
    for slot, name in enumerate(node.input):
        parameter = schema.inputs[min(slot, len(schema.inputs) - 1)]
        if name:
            read.setdefault(parameter.type_str, kinds.get(name, FLOAT))
    found = []
    for slot in range(len(node.output)):
        stated = schema.outputs[min(slot, len(schema.outputs) - 1)].type_str
        named = stated.removeprefix("tensor(").removesuffix(")")
        found.append(read[stated] if stated in read else _NAMES.get(named, FLOAT))
    return found


def kind_of(array: Any) -> str:
    """The kind of an array's numbers; sizes that are only names are integers."""
    if array.dtype.kind in "fb":
        return str(array.dtype.kind)
    if array.dtype == object or str(array.dtype) in ("int32", "int64"):
        return SIGNED
    return UNSIGNED if array.dtype.kind in "iu" else OTHER

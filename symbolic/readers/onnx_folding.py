"""Values known beforehand: constants are folded, sizes that are only names are carried along as expressions.

A weight of the file is not computed with: what an operator makes of it is a vertex, so that its gradient is that of the
array in the file.  The exception is a mere change of layout (``Unsqueeze``) of a weight that nothing else reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from sympy import Integer

from dyadic.symbolic.limits import MOST_COMPUTED
from dyadic.symbolic.readers.onnx_node import Known, Node, Unsupported
from dyadic.symbolic.readers.onnx_types import FLOAT, KINDS, SIGNED
from dyadic.symbolic.readers.operations import rows

Result = tuple[tuple[int, ...] | None, int]
"""Shape and bytes of an entry of what a node makes."""
LARGEST = 2**24
"""Entries up to which the operands of a node are folded."""

_RANDOM = {
    "Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
}  # fmt: skip
_WINDOWED = {
    "AveragePool", "Conv", "ConvInteger", "ConvTranspose", "DeformConv", "DFT", "Einsum", "GlobalLpPool", "GridSample",
    "LpPool", "MaxPool", "MaxRoiPool", "MaxUnpool", "QLinearConv", "RoiAlign", "STFT",
}  # fmt: skip
"""Operators whose work, or the memory that they take on the way, is not bounded by what goes in and out."""
_AT_MOST_ITS_INPUT = {"Compress": 1, "NonZero": 8, "Unique": 8}
"""Operators whose result is as long as their operand's numbers say: bytes for each axis and entry of the operand."""
_MISCALCULATED = {"LpNormalization"}
"""Operators of which onnx's reference implementation is wrong (it leaves out the absolute values)."""
_LAYOUT = {"Identity", "Unsqueeze", "Squeeze", "Reshape", "Transpose", "Flatten"}


def fold(
    node: Node, proto: Any, single: bool, evaluate: Callable[[Node, Any, list[np.ndarray | None]], list[Any]]
) -> list[Known] | None:
    """The outputs of a node whose operands are all known, or None where it has to be a vertex.

    single: no other node reads the first operand.  evaluate: runs one node on arrays.
    """
    if node.op in _RANDOM:
        raise Unsupported("draws random numbers")
    operands = [value for value in node.operands if value is not None]
    if (
        node.op == "Dropout"
        or node.op in _WINDOWED | _MISCALCULATED
        or _has_a_body(proto)
        or not all(isinstance(value, Known) for value in operands)
    ):
        return None
    known = [value for value in operands if isinstance(value, Known)]
    if node.op == "ConstantOfShape":
        return [_constant_of_shape(node)]
    if any(value.symbolic for value in known):
        return [Known(node.outputs[0], _symbolic(node, known))]
    is_read = node.op != "EyeLike"  # which asks for a shape alone
    if is_read and any((one.trained and one.array.size > 1) or one.name in node.model.decided for one in known):
        if not (single and node.op in _LAYOUT and known[0].trained):
            return None
        node.model.note(
            f"the weight {known[0].name!r}, which only {node.op} reads, is stored in the layout that this leaves"
        )
        found = evaluate(node, proto, [value.array for value in known])
        return [Known(known[0].name, found[0], trained=True)]
    if node.op == "Range":
        return [_range(node, known)]
    if sum(value.array.size for value in known) > LARGEST:
        return None
    if node.op == "GatherElements":
        return [_gather_elements(node, known)]
    arrays = [node.model.numbers_of(value) if is_read else known[0].array for value in node.operands]
    found = evaluate(node, proto, arrays)
    return [Known(name, np.asarray(array)) for name, array in zip(node.outputs, found, strict=False)]


def _gather_elements(node: Node, known: Sequence[Known]) -> Known:
    """Onnx's reference implementation fails for more than 32 entries, and wraps positions that are not there."""
    data, indices = (value.array for value in known)
    axis = node.axis(0)
    node.model.room(indices.shape, data.itemsize)
    cut = data[tuple(slice(None if k == axis else n) for k, n in enumerate(indices.shape))]
    return Known(node.outputs[0], np.take_along_axis(cut, rows(indices, data.shape[axis]), axis))


def _has_a_body(proto: Any) -> bool:
    """Whether a node holds a graph of its own (``If``, ``Loop``, ``Scan``), which may run for any time."""
    return any(attribute.HasField("g") or attribute.graphs for attribute in proto.attribute)


def make_room(node: Node, arrays: Sequence[np.ndarray | None], results: Iterable[Result]) -> None:
    """Ask for the memory of a node's results, of inferred shapes (None where one is not known), before they are made.

    Raises :class:`Unsupported` where it is too much, or not known beforehand.
    """
    for shape, itemsize in results:
        if shape is not None:
            node.model.room(shape, itemsize)
        elif node.op in _AT_MOST_ITS_INPUT:
            first = next(array for array in arrays if array is not None)
            node.model.room((first.size, max(first.ndim, 1)), max(first.itemsize, _AT_MOST_ITS_INPUT[node.op]))
        else:
            raise Unsupported("makes a constant whose size is not known beforehand")


def _constant_of_shape(node: Node) -> Known:
    """One number everywhere, held once: files with invented weights make all of them so."""
    shape = node.integers(0, "the shape")
    if not all(isinstance(n, int) for n in shape):
        raise Unsupported("fills a shape that is only known by name")
    value = node.get("value")
    fill = np.zeros(1, np.float32) if value is None else value
    node.model.room(shape, fill.itemsize, MOST_COMPUTED)
    array = np.broadcast_to(fill.reshape(-1)[0], tuple(shape))
    if array.dtype.kind == "f" and array.size > 1:
        node.model.note("weights made by ConstantOfShape are parameters")
    return Known(node.outputs[0], array, trained=array.dtype.kind == "f")


def _range(node: Node, known: Sequence[Known]) -> Known:
    """Of scalars, which exporters and functions also hand over as vectors of one entry."""
    start, limit, step = (value.array.reshape(-1)[0] for value in known)
    count = int(max(np.ceil((float(limit) - float(start)) / float(step)), 0)) if step else 0
    node.model.room((count,), 8)
    return Known(node.outputs[0], (start + np.arange(count) * step).astype(known[0].array.dtype))


def _symbolic(node: Node, known: Sequence[Known]) -> np.ndarray:
    """The few operators by which files compute with shapes."""
    first = known[0].array
    rest = [value.array for value in known[1:]]
    match node.op:
        case "Identity":
            return first
        case "Cast" if KINDS.get(node.get("to")) in (FLOAT, SIGNED):
            return first
        case "Gather" if node.get("axis", 0) == 0:
            return _array(first[rest[0].astype(int)])
        case "Unsqueeze" | "Squeeze" | "Reshape":
            count = first.size
            return first.reshape(() if node.op == "Squeeze" and count == 1 else (count,))
        case "Concat":
            return np.concatenate([value.array.astype(object) for value in known])
        case "Slice":
            start, end = (int(array.reshape(-1)[0]) for array in rest[:2])
            step = int(rest[3].reshape(-1)[0]) if len(rest) > 3 else 1
            return first[slice(start, end, step)]
        case "Add" | "Sub" | "Mul":
            operation = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}[node.op]
            return _array(operation(_exact(first), _exact(rest[0])))
        case "Div":
            found = _array(_exact(first) / _exact(rest[0]))
            if all(entry.is_integer for entry in found.reshape(-1)):
                return found
        case "ReduceProd":
            return _array(first.prod())
    raise Unsupported("computes with sizes that are only names: give numbers with --size")


def _exact(array: np.ndarray) -> np.ndarray:
    """Entries as SymPy numbers, so that a quotient stays exact."""
    if array.dtype != object and (array != np.round(array)).any():
        raise Unsupported("computes with sizes that are only names and fractions: give numbers with --size")
    found = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        found[place] = array[place] if array.dtype == object else Integer(int(array[place]))
    return found


def _array(value: Any) -> np.ndarray:
    found = np.empty(np.shape(value), object)
    found[...] = value
    return found

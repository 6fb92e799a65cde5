"""Whether a matrix is symmetric by the way it is computed, such as W W^T + I, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Sequence

from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.layers.elementwise import Pointwise
from dyadic.symbolic.readers.model import Model

_DEPTH = 12
"""How many layers back is looked: a sum is tried in both orders, so that each may double the work."""


def symmetric(model: Model, x: str) -> bool:
    """True only if it is symmetric; of many that are, it is not seen."""
    return _mirrored(model, x, x, _DEPTH)


def _mirrored(model: Model, x: str, y: str, depth: int) -> bool:
    """Whether y is x with its last two axes exchanged, after both are broadcast."""
    shape = model.shapes[x]
    if x == y and (shape in ((), (1,)) or shape[-2:] == (1, 1)):
        return True
    if len(shape) < 2 or not depth:
        return False
    if x == y and x in model.inputs:
        return model.inputs[x].role == "constant" and _own_transpose(model, x)
    return (
        _transposes(model, x, y)
        or _transposes(model, y, x)
        or any(all(_mirrored(model, one, other, depth - 1) for one, other in pairs) for pairs in _pairings(model, x, y))
    )


def _own_transpose(model: Model, x: str) -> bool:
    array = model.values[x]
    return array.shape[-1] == array.shape[-2] and bool((array == array.swapaxes(-1, -2)).all())


def _transposes(model: Model, x: str, y: str) -> bool:
    """Whether y is a vertex that exchanges the last two axes of x."""
    vertex, rank = model.vertices.get(y), len(model.shapes[x])
    if vertex is None or vertex.kind.type != "transpose" or not _same(model, x, vertex.inputs[0], _DEPTH):
        return False
    return dict(vertex.kind.settings)["permutation"] == (*range(rank - 2), rank - 1, rank - 2)


def _same(model: Model, x: str, y: str, depth: int) -> bool:
    """Whether both are computed from the same by the same layers."""
    one, other = model.vertices.get(x), model.vertices.get(y)
    if x == y or one is None or other is None or not depth:
        return x == y
    pairs = zip(one.inputs, other.inputs, strict=False)
    alike = one.kind == other.kind and one.shape == other.shape and len(one.inputs) == len(other.inputs)
    return (
        alike
        and one.sizes == other.sizes
        and not one.parameters
        and all(_same(model, a, b, depth - 1) for a, b in pairs)
    )


def _pairings(model: Model, x: str, y: str) -> list[list[tuple[str, str]]]:
    """Of which pairs it is enough that all are mirrored, for x and y to be so."""
    one, other = model.vertices.get(x), model.vertices.get(y)
    if one is None or other is None or one.kind.type != other.kind.type:
        return []
    pairs, crossed = _zipped(one.inputs, other.inputs), _zipped(one.inputs, other.inputs[::-1])
    if one.kind.type == "matmul":  # (P Q)^T = Q^T P^T
        return [crossed] if min(len(model.shapes[each]) for each in (*one.inputs, *other.inputs)) > 1 else []
    if isinstance(LAYERS[one.kind.type], Pointwise):
        return [pairs] if one.kind == other.kind else []
    orders = {"add": [pairs, crossed], "mul": [pairs, crossed], "sub": [pairs], "div": [pairs]}
    return orders.get(one.kind.type, []) if len(one.inputs) == len(other.inputs) == 2 else []


def _zipped(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(one, other, strict=False))

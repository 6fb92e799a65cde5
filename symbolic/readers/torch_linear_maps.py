"""ATen operators that are one fixed linear map along an axis, or a fixed choice of entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from dyadic.symbolic.readers.operations import times_matrix
from dyadic.symbolic.readers.torch_call import OperatorCall, Result, Unsupported, operator
from dyadic.symbolic.readers.torch_composed import line
from dyadic.symbolic.readers.torch_scatter import flat, line_of


def along(call: OperatorCall, x: str, axis: int, matrix: np.ndarray, part: str = "") -> str:
    """y[a, p, b] = Sum_q M[p, q] x[a, q, b] for a matrix of numbers."""
    call.model.room(matrix.shape, 8)
    known = call.constant(f"{call.name}.{part}matrix", matrix.astype(float))
    return times_matrix(call.model, f"{call.name}.{part}" if part else call.name, known, x, axis)


def chosen(call: OperatorCall, x: str, places: np.ndarray, count: int) -> str:
    """Entries of a tensor by their numbers in row-major order."""
    positions = call.model.indices(f"{call.name}.positions", places, count)
    return call.layer("gather", [flat(call, x, "flat"), positions], axis=0)


@operator(cumsum="einsum")
def cumulated(call: OperatorCall) -> Result:
    call.ignore("dtype")
    axis = call.axis()
    extent = call.extent(axis)
    call.model.room((extent, extent), 8)
    return along(call, call.x(), axis, np.tri(extent))


@operator(flip="gather")
def flip(call: OperatorCall) -> Result:
    found = call.x()
    for number, axis in enumerate(call.axes("dims")):
        extent = call.extent(axis)
        backwards = call.model.indices(f"backwards {extent}", np.arange(extent)[::-1].copy(), extent)
        found = call.layer("gather", [found, backwards], f"axis{axis}" if number else "", axis=axis)
    return found


def _folded(extent: int, front: int, back: int, mode: str) -> np.ndarray:
    """Which entry stands at each place of a padded axis."""
    how: dict[str, Any] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(np.arange(extent), (front, back), mode=how[mode])


_PADS = {f"{kind}_pad{d}d": kind for kind in ("reflection", "replication") for d in (1, 2, 3)}


@operator(**dict.fromkeys(_PADS, "gather"))
def folding_pad(call: OperatorCall) -> Result:
    mode = {"reflection": "reflect", "replication": "replicate"}[_PADS[call.operator]]
    return padded_by_entries(call, list(call["padding"]), mode)


def padded_by_entries(call: OperatorCall, padding: list[int], mode: str) -> str:
    """Padding by entries of the tensor itself; the last axis first, as PyTorch gives it."""
    if min(padding) < 0:
        raise Unsupported("negative padding")
    found, rank = call.x(), call.rank()
    for k in range(len(padding) // 2):
        axis, front, back = rank - 1 - k, padding[2 * k], padding[2 * k + 1]
        extent = call.extent(axis)
        if mode == "reflect" and max(front, back) >= extent:
            raise Unsupported(f"reflects {max(front, back)} entries of an axis of {extent}")
        if front or back:
            places = call.model.indices(f"{call.name}.places{axis}", _folded(extent, front, back, mode), extent)
            found = call.layer("gather", [found, places], f"axis{axis}", axis=axis)
    return found


def uneven_windows(extent: int, count: int) -> np.ndarray:
    """The matrix of an adaptive average pool: window k is from floor(k n / m) to ceil((k + 1) n / m)."""
    matrix = np.zeros((count, extent))
    for k in range(count):
        low, high = k * extent // count, -(-(k + 1) * extent // count)
        matrix[k, low:high] = 1 / (high - low)
    return matrix


@operator(diagonal="gather reshape")
def diagonal(call: OperatorCall) -> Result:
    line = line_of(call, call.shape())
    places = np.diagonal(line, int(call["offset"]), int(call["dim1"]), int(call["dim2"]))
    return chosen(call, call.x(), places.copy(), line.size)


@operator(repeat_interleave="gather")
def repeated(call: OperatorCall) -> Result:
    call.ignore("output_size")
    times = call["repeats"]
    if not isinstance(times, int) or not call.given("dim"):
        raise Unsupported("repeats that are not one number, or of the flattened tensor")
    axis = call.axis()
    extent = call.extent(axis)
    places = call.model.indices(f"{call.name}.places", np.repeat(np.arange(extent), times), extent)
    return call.layer("gather", [call.x(), places], axis=axis)


@operator(prod="reshape mul select stack", cumprod="mul select stack")
def product(call: OperatorCall) -> Result:
    """One factor after the other."""
    call.ignore("dtype")
    x, axis = (call.x(), call.axis()) if call.given("dim") else (line(call), 0)
    extent = call.extent(axis, vertex=x)
    if extent > 64:
        raise Unsupported(f"a product of {extent} factors (at most 64)")
    factors = [call.layer("select", [x], f"factor{k}", axis=axis, position=k) for k in range(extent)]
    products = [factors[0]]
    for k, factor in enumerate(factors[1:], 1):
        products.append(call.layer("mul", [products[-1], factor], f"product{k}"))
    if call.operator == "cumprod":
        return call.layer("stack", products, axis=axis)
    if call["keepdim"]:
        return call.layer("stack", products[-1:], axis=axis)
    return products[-1]

"""ONNX operators that reduce axes, accumulate along one, or order its entries."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import numpy as np
from sympy import Integer

from dyadic.symbolic.limits import MOST_INPUTS
from dyadic.symbolic.readers.onnx_node import Node, Unsupported, Value, operator
from dyadic.symbolic.readers.operations import from_last, mapped, ranks, to_last
from dyadic.symbolic.readers.positions import one_hot

_REDUCTIONS = {
    "ReduceSum": "reduce_sum",
    "ReduceMean": "reduce_mean",
    "ReduceMax": "reduce_max",
    "ReduceMin": "reduce_min",
    "ReduceLogSumExp": "reduce_logsumexp",
}


def reduced(node: Node) -> dict[str, Any] | None:
    """The options of a reduction; None where nothing is reduced."""
    axes = node.axes(1)
    keep, stays = bool(node.get("keepdims", 1)), bool(node.get("noop_with_empty_axes", 0))
    if axes is None or not axes:
        if stays:
            return None
        axes = list(range(node.rank()))
    return {"axes": sorted(axes), "keep": keep}


@operator(
    **_REDUCTIONS, ReduceL1="abs reduce_sum", ReduceL2="power reduce_sum sqrt", ReduceSumSquare="power reduce_sum",
    ReduceLogSum="reduce_sum log",
)  # fmt: skip
def reduce(node: Node) -> Value:
    options = reduced(node)
    if node.op == "ReduceMean" and node.kind() != "f":
        raise Unsupported("the mean of integers")
    before = {
        "ReduceL1": ("abs", {}),
        "ReduceL2": ("power", {"exponent": 2}),
        "ReduceSumSquare": ("power", {"exponent": 2}),
    }
    after = {"ReduceL2": "sqrt", "ReduceLogSum": "log"}.get(node.op)
    found = node.x()
    if node.op in before:
        type_, given = before[node.op]
        found = node.layer(type_, [found], "" if options is None and not after else "entries", **given)
    if options is not None and node.rank():
        found = node.layer(_REDUCTIONS.get(node.op, "reduce_sum"), [found], "sum" if after else "", **options)
    if after:
        found = node.layer(after, [found])
    return found if found != node.x() else node.same("over no axis")


@operator(ReduceProd="transpose reshape select mul")
def product(node: Node) -> Value:
    """The entries along the axes multiplied one after the other."""
    options = reduced(node)
    if options is None:
        return node.same("over no axis")
    axes, shape = options["axes"], node.shape()
    kept = [axis for axis in range(node.rank()) if axis not in axes]
    count = int(np.prod(node.extents(0, axes), dtype=object))
    if count > MOST_INPUTS:
        raise Unsupported(f"multiplies {count} entries (at most {MOST_INPUTS})")
    moved = node.layer("transpose", [node.x()], "moved", permutation=[*kept, *axes])
    target = [shape[axis] for axis in kept]
    rows = node.layer("reshape", [moved], "rows", shape=[*target, count])
    found = node.layer("select", [rows], "entry0", axis=len(kept), position=0)
    for k in range(1, count):
        factor = node.layer("select", [rows], f"entry{k}", axis=len(kept), position=k)
        found = node.layer("mul", [found, factor], f"product{k}")
    if options["keep"]:
        target = [1 if axis in axes else extent for axis, extent in enumerate(shape)]
    return node.layer("reshape", [found], shape=target) if options["keep"] else found


@operator(CumProd="select mul stack")
def cumulative_product(node: Node) -> Value:
    axis, order = _line(node)
    entries = [node.layer("select", [node.x()], f"entry{k}", axis=axis, position=k) for k in order]
    if node.get("exclusive", 0):  # the first is a product of nothing
        one = node.layer("scale", [entries[0]], "one", factor=0, offset=1)
        entries = [one, *entries[:-1]]
    found = entries[:1]
    for k, entry in enumerate(entries[1:], 1):
        found.append(node.layer("mul", [found[-1], entry], f"product{k}"))
    return node.layer("stack", found if order[0] == 0 else found[::-1], axis=axis)


@operator(CumSum="einsum linear_map gather")
def cumulative_sum(node: Node) -> Value:
    axis, order = _line(node, MOST_INPUTS**2)
    n = len(order)
    node.model.room((n, n), 8)
    matrix = np.tril(np.ones((n, n)), -1 if node.get("exclusive", 0) else 0)
    return mapped(node.model, node.name, node.x(), axis, matrix if order[0] == 0 else matrix[::-1, ::-1])


def _line(node: Node, most: int = MOST_INPUTS) -> tuple[int, range]:
    """The axis along which a node accumulates, and the places on it in their order."""
    axis = node.integers(1, "the axis")[0]
    if not -node.rank() <= axis < node.rank():
        raise Unsupported(f"axis {axis} of {node.rank()} axes")
    (n,) = node.extents(0, [axis % node.rank()])
    if n > most:
        raise Unsupported(f"accumulates {n} entries (at most {most})")
    return axis % node.rank(), range(n - 1, -1, -1) if node.get("reverse", 0) else range(n)


# -- order --------------------------------------------------------------------------------------------------------


def _ranks(node: Node, axis: int, largest: bool, x: str | None = None) -> str:
    """The ranks of an operand's entries, or of those of x, along an axis, which becomes the last."""
    (n,) = node.extents(0, [axis])
    if n > MOST_INPUTS:
        raise Unsupported(f"orders {n} entries (at most {MOST_INPUTS})")
    node.model.room((n, n), 8)
    return ranks(node.model, node.name, node.x() if x is None else x, axis, n, largest)


@operator(Hardmax="transpose unsqueeze compare mul add reduce_sum reshape")
def hardmax(node: Node) -> Value:
    """1 at the first maximum, 0 elsewhere; its derivative is 0."""
    if node.opset < 13:
        raise Unsupported("takes several axes together (opset below 13)")
    axis = node.axis(-1)
    first = node.layer(
        "compare", [_ranks(node, axis, True), node.constant("first", np.array(0.0))], "choice", relation="equal"
    )
    return node.layer("transpose", [first], permutation=from_last(axis, node.rank()))


@operator(**dict.fromkeys(("ArgMax", "ArgMin"), "unsqueeze compare mul add reduce_sum transpose squeeze gather scale"))
def extreme_position(node: Node) -> Value:
    """Sum_i [r[i] = 0] i, where r are the ranks along the axis: of equal entries the first, or the last, has rank 0."""
    axis, keep = node.axis(0), bool(node.get("keepdims", 1))
    (n,) = node.extents(0, [axis])
    x, from_behind = node.x(), bool(node.get("select_last_index", 0))
    if from_behind:
        x = mapped(node.model, f"{node.name}.reversed", x, axis, np.eye(n)[::-1])
    found = _ranks(node, axis, node.op == "ArgMax", x)
    chosen = node.layer("compare", [found, node.constant("first", np.array(0.0))], "choice", relation="equal")
    line = np.arange(n, dtype=float)
    placed = node.layer("mul", [chosen, node.constant("line", line[::-1].copy() if from_behind else line)], "placed")
    if not keep:
        return node.layer("reduce_sum", [placed], axes=[node.rank() - 1], keep=False)
    position = node.layer("reduce_sum", [placed], "position", axes=[node.rank() - 1], keep=True)
    return node.layer("transpose", [position], permutation=from_last(axis, node.rank()))


@operator(TopK="transpose unsqueeze compare mul add reduce_sum einsum")
def top(node: Node) -> list[Value]:
    """The entries whose rank is 0, ..., k - 1: sums of entries over choices, which have no derivative of their own."""
    node.only_outputs()
    node.ignore("sorted")  # sorted is one of the orders allowed
    k = int(node.integers(1, "k")[0]) if node.has(1) else int(node.get("k"))
    axis = node.axis(-1)
    if not 1 <= k <= node.extents(0, [axis])[0]:
        raise Unsupported(f"the {k} largest of {node.extents(0, [axis])[0]}")
    found = _ranks(node, axis, bool(node.get("largest", 1)))
    chosen = one_hot(node.model, f"{node.name}.choice", found, Integer(k))
    x = node.layer("transpose", [node.x()], "ordered", permutation=to_last(axis, node.rank()))
    letters = ascii_lowercase[: node.rank() - 1]
    values = node.layer("einsum", [chosen, x], "values", equation=f"{letters}yz,{letters}y->{letters}z")
    return [node.layer("transpose", [values], permutation=from_last(axis, node.rank())), ""]

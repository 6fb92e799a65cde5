"""Random cases of layer types that choose entries, or put them, where integers say; each with the same in PyTorch."""

import torch
from hypothesis import strategies as st
from support.cases import size_, sizes_, table

CASES, case = table()


def axis_(draw, rank):
    """An axis as it may be given, and counted from the front."""
    axis = draw(st.integers(-rank, rank - 1))
    return axis, axis % rank


@case("gather_elements")
def gather_elements(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3), 1, 3)
    axis, at = axis_(draw, len(shape))
    chosen = [size_(draw) if k == at else n for k, n in enumerate(shape)]
    return [shape, chosen], {"axis": axis}, lambda x, t: x.gather(at, t), {"below": {1: shape[at]}}


@case("scatter", "scatter_elements")
def scatter(draw, type_):
    """Where places coincide, what is put is added to x less as often: the equation, not a runtime's choice."""
    shape = sizes_(draw, size_(draw, 1, 3), 1, 3)
    axis, at = axis_(draw, len(shape))
    count = size_(draw)
    moved = [count if k == at else n for k, n in enumerate(shape)]
    reduction = draw(st.sampled_from(["add", "put"]))

    def add(x, t, u):
        return x.index_add(at, t, u) if type_ == "scatter" else x.scatter_add(at, t, u)

    def layer(x, t, u):
        if reduction == "add":
            return add(x, t, u)
        hits = add(torch.zeros(x.shape, dtype=x.dtype), t, torch.ones(u.shape, dtype=u.dtype))
        return add(x * (1 - hits), t, u)

    places = [count] if type_ == "scatter" else moved
    return [shape, places, moved], {"axis": axis, "reduction": reduction}, layer, {"below": {1: shape[at]}}


@case("linear_map")
def linear_map(draw, type_):
    shape = sizes_(draw, size_(draw, 1, 3), 1, 4)
    axis, at = axis_(draw, len(shape))
    rows, entries = sizes_(draw, 2, 1, 3)

    def layer(x, columns, weights):
        matrix = torch.zeros(rows, shape[at], dtype=x.dtype).scatter_add(1, columns, weights)
        return torch.tensordot(matrix, x, dims=([1], [at])).movedim(0, at)

    return [shape, [rows, entries], [rows, entries]], {"axis": axis}, layer, {"below": {1: shape[at]}}

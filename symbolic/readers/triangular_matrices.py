"""Triangular systems by substitution, and Cholesky's factor column by column, as layers.

Both work on the first row or column and go on with the rest, one row and column smaller:

    x[0] = b[0] / a[0, 0],          then  a' = a[1:, 1:],  b' = b[1:] - a[1:, 0] x[0]
    c = a[:, 0] / sqrt(a[0, 0]),    then  a' = a[1:, 1:] - c[1:] c[1:]^T

Each reads the lower triangle only.
"""

from __future__ import annotations

from string import ascii_lowercase

import numpy as np

from dyadic.symbolic.readers.model import Known, Model
from dyadic.symbolic.readers.operations import sliced
from dyadic.symbolic.readers.small_matrices import rows_of

MOST_STEPS = 24
"""Rows of a matrix on which is worked row by row: some seven vertices for each."""


def transposed(model: Model, name: str, x: str) -> str:
    """The last two axes exchanged."""
    rank = len(model.shapes[x])
    return model.layer(name, "transpose", [x], permutation=[*range(rank - 2), rank - 1, rank - 2])


def _turned(model: Model, name: str, x: str, n: int, axes: int) -> str:
    """The last but one axis (the last two, for ``axes`` 2) of n entries backwards."""
    backwards = model.indices(f"backwards {n}", np.arange(n)[::-1].copy(), n)
    for k in range(axes):
        x = model.layer(f"{name}{k}", "gather", [x, backwards], axis=len(model.shapes[x]) - 2 + k)
    return x


def _part(model: Model, name: str, x: str, rows: tuple[int, int], columns: tuple[int, int] | None = None) -> str:
    """Of the last two axes the rows, and the columns, from one number up to another."""
    rank = len(model.shapes[x])
    cuts = [(rank - 2, rows), *([(rank - 1, columns)] if columns else [])]
    return sliced(model, name, x, [(axis, start, end - start, 1) for axis, (start, end) in cuts])


def substituted(model: Model, name: str, a: str, b: str, upper: bool = False, unit: bool = False) -> str:
    """The x with a x = b for a triangular matrix a; ``unit``: whose diagonal is taken to be 1."""
    n = rows_of(model, a, MOST_STEPS)
    batch, columns = model.shapes[a][:-2], model.shapes[b][-1]
    if batch and batch != model.shapes[b][:-2]:  # as the two broadcast
        b = model.layer(f"{name}.expanded", "expand", [b], shape=[*batch, n, columns])
    if upper:
        a, b = _turned(model, f"{name}.matrix", a, n, 2), _turned(model, f"{name}.right", b, n, 1)
        return _turned(model, f"{name}.x", substituted(model, f"{name}.turned", a, b, unit=unit), n, 1)
    found = []
    for k, left in enumerate(range(n, 0, -1)):
        x = _part(model, f"{name}.right{k}", b, (0, 1))
        if not unit:
            x = model.layer(f"{name}.x{k}", "div", [x, _part(model, f"{name}.pivot{k}", a, (0, 1), (0, 1))])
        found.append(x)
        if left > 1:
            column = _part(model, f"{name}.column{k}", a, (1, left), (0, 1))
            taken = model.layer(f"{name}.taken{k}", "mul", [column, x])
            b = model.layer(f"{name}.rest{k}", "sub", [_part(model, f"{name}.below{k}", b, (1, left)), taken])
            a = _part(model, f"{name}.matrix{k + 1}", a, (1, left), (1, left))
    return model.layer(name, "concat", found, axis=len(model.shapes[b]) - 2) if n > 1 else found[0]


def cholesky_factor(model: Model, name: str, a: str) -> str:
    """The lower triangular L with a positive diagonal and L L^T = a, for a symmetric positive definite matrix a."""
    n = rows_of(model, a, MOST_STEPS)
    rank, columns = len(model.shapes[a]), []
    batch = ascii_lowercase[: rank - 2]
    for k, left in enumerate(range(n, 0, -1)):
        root = model.layer(f"{name}.root{k}", "sqrt", [_part(model, f"{name}.pivot{k}", a, (0, 1), (0, 1))])
        column = model.layer(f"{name}.column{k}", "div", [_part(model, f"{name}.read{k}", a, (0, left), (0, 1)), root])
        columns.append(column)
        if left > 1:
            below = _part(model, f"{name}.below{k}", column, (1, left))
            square = model.layer(f"{name}.square{k}", "einsum", [below] * 2, equation=f"{batch}yx,{batch}zx->{batch}yz")
            rest = _part(model, f"{name}.rest{k}", a, (1, left), (1, left))
            a = model.layer(f"{name}.matrix{k + 1}", "sub", [rest, square])
    packed = model.layer(f"{name}.packed", "concat", columns, axis=rank - 2) if n > 1 else columns[0]
    entries = model.layer(f"{name}.entries", "squeeze", [packed], axes=[rank - 1])
    return _unpacked(model, name, entries, n)


def _unpacked(model: Model, name: str, entries: str, n: int) -> str:
    """The lower triangular matrix whose columns stand one after the other."""
    places, below = np.zeros((n, n), int), np.tri(n, dtype=np.float32)
    places.T[np.triu_indices(n)] = np.arange(n * (n + 1) // 2)
    at = model.indices(f"columns of a triangle {n}", places, n * (n + 1) // 2)
    square = model.layer(f"{name}.placed", "gather", [entries, at], axis=len(model.shapes[entries]) - 1)
    kept = model.vertex(Known(f"triangle {n}", below), trained=False)
    return model.layer(name, "mul", [square, kept])

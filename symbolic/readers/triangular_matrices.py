"""Triangular systems by substitution, and Cholesky's factor column by column, as layers.

Both work on the first row or column and go on with the rest, one row and column smaller:

    x[0] = b[0] / a[0, 0],          then  a' = a[1:, 1:],  b' = b[1:] - a[1:, 0] x[0]
    c = a[:, 0] / sqrt(a[0, 0]),    then  a' = a[1:, 1:] - c[1:] c[1:]^T

Each reads the lower triangle only.
"""

from __future__ import annotations

from string import ascii_lowercase

import numpy as np

from dyadic.symbolic.readers.determinants import rows_of
from dyadic.symbolic.readers.elimination import MOST_STEPS, beside, part
from dyadic.symbolic.readers.model import Model


def _turned(model: Model, name: str, x: str, n: int, axes: int) -> str:
    """The last but one axis (the last two, for ``axes`` 2) of n entries backwards."""
    backwards = model.indices(f"backwards {n}", np.arange(n)[::-1].copy(), n)
    for k in range(axes):
        x = model.layer(f"{name}{k}", "gather", [x, backwards], axis=len(model.shapes[x]) - 2 + k)
    return x


def substituted(model: Model, name: str, a: str, b: str, upper: bool = False, unit: bool = False) -> str:
    """The x with a x = b for a triangular matrix a; ``unit``: whose diagonal is taken to be 1."""
    n = rows_of(model, a, MOST_STEPS)
    a, b = beside(model, name, a, b)
    if upper:
        a, b = _turned(model, f"{name}.matrix", a, n, 2), _turned(model, f"{name}.right", b, n, 1)
        return _turned(model, f"{name}.x", substituted(model, f"{name}.turned", a, b, unit=unit), n, 1)
    found = []
    for k, left in enumerate(range(n, 0, -1)):
        x = part(model, f"{name}.right{k}", b, (0, 1))
        if not unit:
            x = model.layer(f"{name}.x{k}", "div", [x, part(model, f"{name}.pivot{k}", a, (0, 1), (0, 1))])
        found.append(x)
        if left > 1:
            column = part(model, f"{name}.column{k}", a, (1, left), (0, 1))
            taken = model.layer(f"{name}.taken{k}", "mul", [column, x])
            b = model.layer(f"{name}.rest{k}", "sub", [part(model, f"{name}.below{k}", b, (1, left)), taken])
            a = part(model, f"{name}.matrix{k + 1}", a, (1, left), (1, left))
    return model.layer(name, "concat", found, axis=len(model.shapes[b]) - 2) if n > 1 else found[0]


def cholesky_factor(model: Model, name: str, a: str) -> str:
    """The lower triangular L with a positive diagonal and L L^T = a, for a symmetric positive definite matrix a."""
    n = rows_of(model, a, MOST_STEPS)
    rank, columns = len(model.shapes[a]), []
    batch = ascii_lowercase[: rank - 2]
    for k, left in enumerate(range(n, 0, -1)):
        root = model.layer(f"{name}.root{k}", "sqrt", [part(model, f"{name}.pivot{k}", a, (0, 1), (0, 1))])
        column = model.layer(f"{name}.column{k}", "div", [part(model, f"{name}.read{k}", a, (0, left), (0, 1)), root])
        columns.append(column)
        if left > 1:
            below = part(model, f"{name}.below{k}", column, (1, left))
            square = model.layer(f"{name}.square{k}", "einsum", [below] * 2, equation=f"{batch}yx,{batch}zx->{batch}yz")
            rest = part(model, f"{name}.rest{k}", a, (1, left), (1, left))
            a = model.layer(f"{name}.matrix{k + 1}", "sub", [rest, square])
    found = columns.pop()
    for k, column in reversed(list(enumerate(columns))):  # the factor of the rest stands below a row of zeros
        lower = model.layer(f"{name}.lowered{k + 1}", "pad", [found], padding=[1, 0, 0, 0])
        found = model.layer(f"{name}.factor{k}" if k else name, "concat", [column, lower], axis=rank - 1)
    return found

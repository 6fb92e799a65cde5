"""Determinants of small matrices as layers: a polynomial, without pivots and divisions, for singular ones too.

A minor is the determinant of the first k rows and of k of the columns, T.  Expanded along its last row,

    M[T] = Sum_q (-1)^(k - 1 + q) a[k - 1, T_q] M'[T without T_q],

all minors of k rows come from those M' of k - 1 rows: entries chosen by constant positions, products, sums with signs.
The determinant is the minor of all rows.
"""

from __future__ import annotations

from itertools import combinations
from string import ascii_lowercase

import numpy as np

from dyadic.symbolic.readers.model import Known, Model, Unsupported

MOST_ROWS = 8
"""Of a matrix whose minors are formed: there are 2^n of them."""


def rows_of(model: Model, x: str, most: int) -> int:
    """How many rows a square matrix, the last two axes of a vertex, has: at most so many."""
    shape = model.shapes[x]
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise Unsupported("needs square matrices along the last two axes")
    if not shape[-1].is_Integer:
        raise Unsupported(f"needs a number for the size {shape[-1]}")
    if shape[-1] == 0:
        raise Unsupported("a matrix without rows")
    if shape[-1] > most:
        raise Unsupported(f"a matrix of {shape[-1]} rows (at most {most})")
    return int(shape[-1])


def determinant(model: Model, name: str, x: str) -> str:
    """det x of the matrices along the last two axes."""
    n, batch = rows_of(model, x, MOST_ROWS), len(model.shapes[x]) - 2
    minors = ""
    for k in range(1, n + 1):
        row = model.layer(f"{name}.row{k}", "select", [x], axis=batch, position=k - 1)
        minors = _expanded(model, f"{name}.minors{k}", row, minors, n, k) if k > 1 else row
    return model.layer(name, "select", [minors], axis=batch, position=0)


def _expanded(model: Model, name: str, row: str, smaller: str, n: int, k: int) -> str:
    """The minors of k rows out of n, from the last of these rows and the minors of those before it."""
    sets = list(combinations(range(n), k))
    place = {T: p for p, T in enumerate(combinations(range(n), k - 1))}
    rest = [[place[T[:q] + T[q + 1 :]] for q in range(k)] for T in sets]
    signs = np.array([(-1.0) ** (k - 1 + q) for q in range(k)])
    axis = len(model.shapes[row]) - 1
    factors = []
    for part, x, places in (("entries", row, sets), ("rest", smaller, rest)):
        positions = model.indices(f"{part} {k} of {n}", np.array(places), int(model.shapes[x][axis]))
        factors.append(model.layer(f"{name}.{part}", "gather", [x, positions], axis=axis))
    factors.append(model.vertex(Known(f"{name}.signs", signs), trained=False))
    a = ascii_lowercase[:axis]
    return model.layer(name, "einsum", factors, equation=f"{a}yz,{a}yz,z->{a}y")

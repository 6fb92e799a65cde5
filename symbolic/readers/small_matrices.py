"""Determinant, adjugate and inverse of small matrices as layers, without pivots: polynomials, and one division.

A minor is the determinant of the first k rows (or the last k) and k of the columns T.  Expanded along its last row,

    M[T] = Sum_q (-1)^(k - 1 + q) a[k - 1, T_q] M'[T without T_q],

all minors of k rows come from those M' of k - 1: entries chosen by constant positions, products, sums with signs.  The
determinant is the minor of all rows.  A cofactor lacks row i and column j; by Laplace's expansion it is a sum of
products of minors of the i rows above and of the n - 1 - i rows below.  All this holds for singular matrices too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from string import ascii_lowercase

import numpy as np

from dyadic.symbolic.readers.model import Known, Model, Unsupported

MOST_ROWS = 8
"""Of a matrix whose minors are formed: there are 2^n of them, and errors grow with their number."""


def rows_of(model: Model, x: str, most: int = MOST_ROWS) -> int:
    """How many rows a square matrix, the last two axes of a vertex, has."""
    shape = model.shapes[x]
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise Unsupported("needs square matrices along the last two axes")
    if not shape[-1].is_Integer:
        raise Unsupported(f"needs a number for the size {shape[-1]}")
    if shape[-1] > most:
        raise Unsupported(f"a matrix of {shape[-1]} rows (at most {most})")
    return int(shape[-1])


def determinant(model: Model, name: str, x: str) -> str:
    """det x of the matrices along the last two axes."""
    n = rows_of(model, x)
    last = len(model.shapes[x]) - 2
    return model.layer(name, "select", [_minors(model, name, x, n, below=False)[n]], axis=last, position=0)


def inverse(model: Model, name: str, x: str) -> str:
    """The inverse where det x is not 0: the adjugate, divided by the determinant."""
    n = rows_of(model, x)
    if n == 1:
        return model.layer(name, "reciprocal", [x])
    above, below = (_minors(model, name, x, n, side) for side in (False, True))
    cofactors = [_cofactors(model, f"{name}.cofactors{i}", above, below, n, i) for i in range(n)]
    adjugate = model.layer(f"{name}.adjugate", "stack", cofactors, axis=len(model.shapes[x]) - 1)
    whole = model.layer(f"{name}.determinant", "unsqueeze", [above[n]], axes=[len(model.shapes[x]) - 2])
    return model.layer(name, "div", [adjugate, whole])


Minors = dict[int, str]
"""By the number of rows: a vertex with the minors along its last axis, in the order of :func:`_columns`; none for 0."""


def _columns(n: int, k: int) -> list[tuple[int, ...]]:
    return list(combinations(range(n), k))


def _minors(model: Model, name: str, x: str, n: int, below: bool) -> Minors:
    """The minors of the first (or, ``below``, the last) 1, 2, ... rows: of n rows, or of n - 1."""
    found: Minors = {}
    axis = len(model.shapes[x]) - 2
    for k in range(1, n if below else n + 1):
        at = n - k if below else k - 1
        row = model.layer(f"{name}.row{at}", "select", [x], axis=axis, position=at)
        if k == 1:
            found[k] = row
            continue
        sets, place = _columns(n, k), {T: p for p, T in enumerate(_columns(n, k - 1))}
        rest = [[place[T[:q] + T[q + 1 :]] for q in range(k)] for T in sets]
        signs = [[(-1) ** (q if below else k - 1 + q) for q in range(k)] for T in sets]
        side = "below" if below else "above"
        factors = {"entries": (row, sets), "rest": (found[k - 1], rest)}
        found[k] = _summed(model, f"{name}.{side}{k}", f"{side} {k} of {n}", signs, factors)
    return found


def _cofactors(model: Model, name: str, above: Minors, below: Minors, n: int, i: int) -> str:
    """The cofactors of row i, one for each column j: (-1)^(i + j) times the minor without that row and column."""
    chosen, others, signs = [], [], []
    for j in range(n):
        columns = [c for c in range(n) if c != j]
        splits = list(combinations(range(n - 1), i))  # which of these columns the rows above take
        chosen.append([_columns(n, i).index(tuple(columns[s] for s in split)) for split in splits])
        rest = [tuple(columns[s] for s in range(n - 1) if s not in split) for split in splits]
        others.append([_columns(n, n - 1 - i).index(T) for T in rest])
        signs.append([(-1) ** (i + j + sum(split) - sum(range(i))) for split in splits])
    factors = {"above": (above[i], chosen)} if i else {}
    factors |= {"below": (below[n - 1 - i], others)} if i < n - 1 else {}
    return _summed(model, name, f"cofactors {i} of {n}", signs, factors)


def _summed(
    model: Model, name: str, key: str, signs: Sequence[Sequence[int]],
    factors: Mapping[str, tuple[str, Sequence[Sequence[int]]]],
) -> str:  # fmt: skip
    """y[a, t] = Sum_q signs[t, q] times the product of x[a, p[t, q]] over the factors (x, p)."""
    read = []
    for part, (x, places) in factors.items():
        axis = len(model.shapes[x]) - 1
        positions = model.indices(f"{part} {key}", np.array(places), int(model.shapes[x][axis]))
        read.append(model.layer(f"{name}.{part}", "gather", [x, positions], axis=axis))
    weights = model.vertex(Known(f"signs {key}", np.array(signs, np.float32)), trained=False)
    batch = ascii_lowercase[: len(model.shapes[read[0]]) - 2]
    equation = f"{batch}yz," * len(read) + f"yz->{batch}y"
    return model.layer(name, "einsum", [*read, weights], equation=equation)

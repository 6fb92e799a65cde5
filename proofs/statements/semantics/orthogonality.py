"""Matrices with orthonormal columns or rows: as they are assumed (``W^T W = I``), and as they are drawn.

Every real r x c matrix with r > c and orthonormal columns is the first c columns of a product of c reflections
I - 2 v v^T / (v^T v) (Householder's elimination, backwards), and every orthogonal n x n matrix is a product of n of
them or of n - 1, which of both its determinant says (Cartan and Dieudonne, with a reflection that is taken twice).  So
what holds for free v holds of all such matrices, and rational v give rational ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from dyadic.proofs.evaluate.number_rings import Ring, Undetermined
from dyadic.proofs.statements.number_systems.rings import Growth
from dyadic.proofs.statements.semantics.vocabulary import shown_entry

COLUMNS, ROWS = "columns", "rows"
_LABEL = "reflection "
Key = tuple[str, str]


class NoSuchMatrix(Undetermined):
    """A matrix cannot have more orthonormal columns than rows."""


def assumed_orthogonal(left: Any, right: Any) -> tuple[Key, str] | None:
    """The matrix that an assumed equation says to have orthonormal columns or rows, and which; None for others."""
    for one, other in ((left, right), (right, left)):
        found = _of_wholes(one) if other == 1 or other == ["eye"] else _of_entries(one, other)
        if found is not None:
            return found
    return None


def _of_wholes(node: Any) -> tuple[Key, str] | None:
    """``W^T W`` or ``W W^T``."""
    match node:
        case ["product", _, ["" | "@", one], ["" | "@", two]]:
            first, second = _matrix(one), _matrix(two)
            if first is not None and second is not None and first[0] == second[0] and first[1] != second[1]:
                return first[0], COLUMNS if first[1] else ROWS
    return None


def _matrix(node: Any) -> tuple[Key, bool] | None:
    """A whole tensor, and whether it is transposed."""
    match node:
        case ["whole", str(kind), str(owner), _]:
            return (kind, owner), False
        case ["transposed", inner, _]:
            found = _matrix(inner)
            return found and (found[0], not found[1])
    return None


def _of_entries(node: Any, other: Any) -> tuple[Key, str] | None:
    """``Sum[k] W[k, i] W[k, j] = delta[i, j]``."""
    match node, other:
        case (
            ["sum", str(k), None, ["*", ["entry", kind, owner, [a, b]], ["entry", kind_2, owner_2, [c, d]]]],
            ["entry", "delta", _, [i, j]],
        ) if (kind, owner) == (kind_2, owner_2) and i != j and _is_index(i) and _is_index(j):
            bound = ["index", k]
            if a == c == bound and [b, d] in ([i, j], [j, i]):
                return (kind, owner), COLUMNS
            if b == d == bound and [a, c] in ([i, j], [j, i]):
                return (kind, owner), ROWS
    return None


def _is_index(node: Any) -> bool:
    return isinstance(node, list) and node[0] == "index"


def sign_of(key: Key) -> str:
    """The label of the integer that says how many reflections a square matrix is made of: n less 0 or 1."""
    return f"the sign of the determinant of {shown_entry(*key, ())}"


def is_reflection(label: str) -> bool:
    """Whether a number that is drawn is one of the v of a matrix, and no entry of the network."""
    return label.startswith(_LABEL)


def operations(rows: int, columns: int) -> int:
    """About how many operations it takes to make one."""
    return 4 * rows * columns * min(rows, columns)


def orthonormal(
    ring: Ring, draw: Callable[[str], Any], key: Key, shape: Sequence[int], which: str, integers: Mapping[str, int]
) -> dict[tuple[int, ...], Any]:
    """The entries of a matrix with orthonormal columns (rows), from the numbers that ``draw`` gives.

    Raises :class:`NoSuchMatrix`.
    """
    rows, columns = shape if which == COLUMNS else shape[::-1]
    if rows < columns:
        raise NoSuchMatrix(f"{shown_entry(*key, ())} has more {which} than orthonormal ones can be")
    made_of = columns - (integers.get(sign_of(key), 0) if rows == columns else 0)
    places = [place if which == COLUMNS else place[::-1] for place in product(range(rows), range(columns))]
    if isinstance(ring, Growth):
        # Over the product of the v^T v, of degree 2 each, an entry has a numerator of that degree at most.
        return dict.fromkeys(places, (made_of * (4 + rows.bit_length()), 2 * made_of))
    minus, zero, one = ring.number(-2), ring.number(0), ring.number(1)
    found = [[one if row == column else zero for column in range(columns)] for row in range(rows)]
    for number in range(made_of):
        v = [draw(f"{_LABEL}{number} of {shown_entry(*key, (row,))}") for row in range(rows)]
        scale = ring.mul([minus, ring.power(ring.add([ring.mul([entry, entry]) for entry in v]), -1)])
        for column in range(columns):
            along = ring.mul([scale, ring.add([ring.mul([v[row], found[row][column]]) for row in range(rows)])])
            for row in range(rows):
                found[row][column] = ring.add([found[row][column], ring.mul([along, v[row]])])
    entries = [entry for row in found for entry in row]
    return dict(zip(places, entries, strict=True))


__all__ = [
    "COLUMNS",
    "ROWS",
    "NoSuchMatrix",
    "assumed_orthogonal",
    "is_reflection",
    "operations",
    "orthonormal",
    "sign_of",
]

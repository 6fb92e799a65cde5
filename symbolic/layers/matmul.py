"""matmul:  y[a, i, j] = Sum_k x1[a, i, k] x2[a, k, j],  leading axes a broadcast; vectors as in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Definition, Index, Tensor, size, total
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Role,
    Shape,
    broadcast_axes,
    broadcast_leading,
)
from dyadic.symbolic.tensor_names import U1, U2, Name, V


class Matmul(LayerType):
    """y[i, j] = Sum_k x1[i, k] x2[k, j]; leading axes broadcast, and a vector has no axis i (or j)."""

    name = "matmul"
    roles = frozenset({Role.PRODUCT, Role.SCORES})
    example = Example([("n", "k"), ("k", "m")])
    arity = (2, 2)
    smallest_rank = 1
    input_rule = "two inputs; the last axis of the first is contracted with the last but one of the second"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return broadcast_axes([shape[:-2] for shape in shapes])

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        i, j, k = Index("i"), Index("j"), Index("k")
        n, m, q = size("n"), size("m"), size("q")
        (one, two), here, shape = broadcast_leading(settings, [max(rank - 2, 0) for rank in ranks])
        row = ((i,), (n,)) if ranks[0] > 1 else ((), ())
        column = ((j,), (m,)) if ranks[1] > 1 else ((), ())
        x1 = Tensor(Name("x", U1), (*one[1], *row[1], q))
        x2 = Tensor(Name("x", U2), (*two[1], q, *column[1]))
        f = Tensor(Name("f", V), (*shape, *row[1], *column[1]))
        body = total(k, q, x1[(*one[0], *row[0], k)] * x2[(*two[0], k, *column[0])])
        return LayerEquation((x1, x2), {}, (Definition(f, (*here, *row[0], *column[0]), body),))

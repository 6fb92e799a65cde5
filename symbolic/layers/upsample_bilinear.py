"""upsample_bilinear: the last two axes made longer by whole factors, linearly between centres of entries.

Entry i = r q + k of an axis made r times longer lies at a = (2 k + 1 - r) / (2 r) from entry q of the input: between
q + floor(a) and the next one. Beyond the first and the last entry the input is continued by that entry
(half-pixel centres; PyTorch's interpolate with mode "bilinear" and align_corners=False).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Integer, Rational

from dyadic.symbolic.expressions import Definition, Inside, Quotient, Remainder, Same, Tensor
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Shape, ShapeError, axes
from dyadic.symbolic.tensor_names import Name, U, V


def interpolated(i: Expr, factor: int, extent: Expr, read: Callable[[Expr], Expr]) -> Expr:
    """The value at place i of an axis made ``factor`` times longer; ``read`` gives the input's entry at a place."""
    q, terms = Quotient(i, Integer(factor)), []
    for k in range(factor):
        a = Rational(2 * k + 1 - factor, 2 * factor)
        low = Integer(-1 if a < 0 else 0)
        weights = {low: 1 - (a - low), low + 1: a - low}
        phase = Same(Remainder(i, Integer(factor)), Integer(k))
        for place, weight in weights.items():
            if weight == 0:
                continue
            terms.append(weight * phase * (Inside(q + place, extent) if place != 0 else 1) * read(q + place))
            if place != 0:
                edge = Integer(0) if place < 0 else extent - 1
                terms.append(weight * phase * Same(q, edge) * read(edge))
    return Add(*terms)


class UpsampleBilinear(LayerType):
    name = "upsample_bilinear"
    example = Example([("c", "n", "m")], {"factors": [2, 2]})
    options = {"factors": Option("integers")}
    smallest_rank = 2
    input_rule = "an input with at least two axes, of which the last two are made longer by the factors"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        factors = options["factors"]
        if len(factors) != 2 or min(factors) < 1 or len(shapes[0]) < 2:
            raise ShapeError(f"factors = {list(factors)} do not fit", "give a positive integer for each of two axes")
        return {"factors": factors}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        (*lead, i, j), (*others, n, m) = here, shape
        rows, columns = settings["factors"]
        x = Tensor(Name("x", U), shape)
        h = Tensor(Name("h", V), (*others, n * rows, m))
        f = Tensor(Name("f", V), (*others, n * rows, m * columns))
        tall = interpolated(i, rows, n, lambda place: x[(*lead, place, j)])
        wide = interpolated(j, columns, m, lambda place: h[(*lead, i, place)])
        return LayerEquation((x,), {}, (Definition(h, here, tall), Definition(f, here, wide)))

"""linear_map:  y[a, i, b] = Sum_k w[i, k] x[a, t[i, k], b]:  a matrix with few entries in each row, along one axis.

Row i of the matrix has w[i, k] in column t[i, k], for k = 0, 1, ..., q - 1; a column may occur twice.  Interpolation,
pools over windows of different sizes and every other fixed linear map along an axis are of this form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Definition, Index, Tensor, size, total
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    batch_axes,
    canonical_axis,
)
from dyadic.symbolic.layers.lookup import IN_RANGE
from dyadic.symbolic.tensor_names import Name, V, slots


class LinearMap(LayerType):
    name = "linear_map"
    example = Example([("n",), ("m", "q"), ("m", "q")], below="n")
    options = {"axis": Option("integer", 0)}
    arity = (3, 3)
    index_slots = frozenset({1})
    smallest_rank = 1
    input_rule = "an input, the columns (m, q) of each row's entries, integers below its axis, and these entries (m, q)"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axis": canonical_axis(options["axis"], len(shapes[0]))}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        axis = settings["axis"]
        others, other_sizes = batch_axes(ranks[0] - 1)
        i, k, m, n, q = Index("i"), Index("k"), size("m"), size("n"), size("q")
        first, second, third = slots(3)
        x = Tensor(Name("x", first), (*other_sizes[:axis], n, *other_sizes[axis:]))
        t, w = Tensor(Name("x", second), (m, q)), Tensor(Name("x", third), (m, q))
        f = Tensor(Name("f", V), (*other_sizes[:axis], m, *other_sizes[axis:]))
        body = total(k, q, w[i, k] * x[(*others[:axis], t[i, k], *others[axis:])])
        definition = Definition(f, (*others[:axis], i, *others[axis:]), body)
        return LayerEquation((x, t, w), {}, (definition,), hypotheses=(IN_RANGE,))

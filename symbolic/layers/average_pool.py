"""average_pool:  y[i] = Sum_u x[s i + u - p] / count[i],  over the trailing axes.

count: the number of taps inside the input; with ``count_include_pad`` those in the padding too, though not those that
a last window in ceil mode has beyond it.  It is a product over the axes; without padding it is the kernel's extent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Integer, Mul

from dyadic.symbolic.expressions import Definition, Index, Inside, Tensor, total
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    batch_axes,
    indices,
    sizes,
    sum_over,
)
from dyadic.symbolic.layers.max_pool import POOL_OPTIONS, pool_settings
from dyadic.symbolic.layers.windows import Window, kernel_indices, windows
from dyadic.symbolic.tensor_names import Name, U, V


class AveragePool(LayerType):
    name = "average_pool"
    example = Example([("m", "n")], {"kernel": [3], "stride": [2], "padding": [1]})
    options = {**POOL_OPTIONS, "count_include_pad": Option("flag", False)}
    smallest_rank = 1
    input_rule = "at least as many axes as the kernel, which pools the last ones"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return pool_settings(options, shapes[0]) | {"count_include_pad": options["count_include_pad"]}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        kernel = [Integer(w) for w in settings["kernel"]]
        d = len(kernel)
        lead, lead_sizes = batch_axes(ranks[0] - d)
        i, u, n, o = indices("i", d), kernel_indices(d), sizes("n", d), sizes("o", d)
        sliding = windows(settings, kernel, n)
        x, f = Tensor(Name("x", U), (*lead_sizes, *n)), Tensor(Name("f", V), (*lead_sizes, *o))

        definitions: list[Definition] = []
        counts: list[Expr] = []
        for a, one in enumerate(sliding):
            inside = counted(one, i[a], u[a], settings["count_include_pad"])
            if inside == 1:
                counts.append(kernel[a])
            else:
                count = Tensor(Name("c" if d == 1 else f"c{a + 1}", V), (o[a],))
                definitions.append(Definition(count, (i[a],), total(u[a], kernel[a], inside)))
                counts.append(count[i[a]])
        at = [(one, i[a], u[a]) for a, one in enumerate(sliding)]
        entry = x[(*lead, *(one.position(j, v) for one, j, v in at))]
        taps = sum_over(zip(u, kernel, strict=True), Mul(*(one.guard(j, v) for one, j, v in at)) * entry)
        definitions.append(Definition(f, (*lead, *i), taps / Mul(*counts)))
        extents = {extent: one.count for extent, one in zip(o, sliding, strict=True)}
        return LayerEquation((x,), {}, tuple(definitions), {}, extents)


def counted(window: Window, i: Index, u: Index, padding_counts: bool) -> Expr:
    """Bracket: does tap u of window i count in the average?  1 where all do."""
    if not padding_counts:
        return window.guard(i, u)
    if not window.ceil or window.stride == 1:
        return Integer(1)
    return Inside(window.position(i, u) + window.front, window.size + window.front + window.back)

"""pad:  y[i] = [0 <= i - p < n] x[i - p] + value [0 <= i < p] + value [0 <= i - p - n < q];  negative padding cuts off.

The entries around are not written as value (1 - [...]): what is a number times a sum is multiplied out, and next to a
large value, as before a maximum, value - value + x would be 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Integer, Mul

from dyadic.symbolic.expressions import Definition, Inside, Tensor
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Shape, ShapeError, axes
from dyadic.symbolic.tensor_names import Name, U, V


class Pad(LayerType):
    name = "pad"
    example = Example([("n",)], {"padding": [1, 2]})
    options = {"padding": Option("integers"), "value": Option("number", Integer(0))}
    smallest_rank = 1
    input_rule = "an input with at least as many axes as are padded, the last ones"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        padding = options["padding"]
        if len(padding) % 2 or len(padding) > 2 * len(shapes[0]):
            raise ShapeError(f"padding has {len(padding)} entries", "give it in front of, then behind the last axes")
        return {"padding": padding, "value": options["value"]}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, extents = axes(ranks[0])
        padding = settings["padding"]
        d = len(padding) // 2
        lead = (0,) * (ranks[0] - d)
        fronts, backs = (*lead, *padding[:d]), (*lead, *padding[d:])
        entry = tuple(i - front for i, front in zip(here, fronts, strict=True))
        shape = tuple(n + front + back for n, front, back in zip(extents, fronts, backs, strict=True))
        padded = [k for k in range(ranks[0]) if fronts[k] > 0 or backs[k] > 0]
        inside = Mul(*(Inside(entry[k], extents[k]) for k in padded))
        x, f = Tensor(Name("x", U), extents), Tensor(Name("f", V), shape)
        value = inside * x[entry]
        before: Expr = Integer(1)  # inside along the axes that came before
        for k in padded if settings["value"] else ():
            around = [(here[k], fronts[k]), (entry[k] - extents[k], backs[k])]
            value += Add(
                *(settings["value"] * before * Inside(at, Integer(count)) for at, count in around if count > 0)
            )
            before *= Inside(entry[k], extents[k])
        return LayerEquation((x,), {}, (Definition(f, here, value),))

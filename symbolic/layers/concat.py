"""concat:  y[i] = [0 <= i < n1] x1[i] + [0 <= i - n1 < n2] x2[i - n1] + ...,  along one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Integer

from dyadic.symbolic.expressions import Definition, Inside, Tensor, size
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    ShapeError,
    axes,
    canonical_axis,
)
from dyadic.symbolic.tensor_names import Name, V, slots


class Concat(LayerType):
    name = "concat"
    example = Example([("n", "m"), ("k", "m")], {"axis": 0})
    options = {"axis": Option("integer")}
    arity = (1, None)
    smallest_rank = 1
    input_rule = "inputs whose shapes differ along that axis only"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if len({len(shape) for shape in shapes}) > 1:
            raise ShapeError("the inputs have different numbers of axes")
        return {"axis": canonical_axis(options["axis"], len(shapes[0]))}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, common = axes(ranks[0])
        axis, i = settings["axis"], here[settings["axis"]]
        inputs, terms = [], []
        offset: Expr = Integer(0)
        for k, owner in enumerate(slots(len(ranks)), 1):
            own = size(f"m{k}")
            inputs.append(Tensor(Name("x", owner), (*common[:axis], own, *common[axis + 1 :])))
            entry = inputs[-1][(*here[:axis], i - offset, *here[axis + 1 :])]
            terms.append(Inside(i - offset, own) * entry if len(ranks) > 1 else entry)
            offset = offset + own
        f = Tensor(Name("f", V), (*common[:axis], offset, *common[axis + 1 :]))
        return LayerEquation(tuple(inputs), {}, (Definition(f, here, Add(*terms)),))

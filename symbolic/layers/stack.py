"""select and stack: one position of an axis, and its converse, inputs side by side along a new axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Add

from dyadic.symbolic.expressions import Definition, Expr, Integer, Same, Tensor, size
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
from dyadic.symbolic.tensor_names import Name, U, V, slots


class Select(LayerType):
    """y[a, b] = x[a, position, b]: one position of an axis, which is left out."""

    name = "select"
    example = Example([("n", "m")], {"position": 0})
    options = {"axis": Option("integer", 0), "position": Option("integer")}
    smallest_rank = 1
    input_rule = "at least one axis, long enough for the position"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        axis, position = canonical_axis(options["axis"], len(shapes[0])), options["position"]
        extent = shapes[0][axis]
        if position < 0 and extent.is_Integer:
            position += int(extent)
        if position < 0 or (extent.is_Integer and position >= extent):
            raise ShapeError(f"position {options['position']} does not exist along axis {axis}")
        return {"axis": axis, "position": position}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        axis = settings["axis"]
        here, shape = axes(ranks[0] - 1)
        x = Tensor(Name("x", U), (*shape[:axis], size("m"), *shape[axis:]))
        entry = x[(*here[:axis], Integer(settings["position"]), *here[axis:])]
        room = {size("r"): size("m") - settings["position"]}
        return LayerEquation((x,), {}, (Definition(Tensor(Name("f", V), shape), here, entry),), {}, room)


class Stack(LayerType):
    """y[a, k, b] = x_k[a, b]: inputs of one shape side by side along a new axis."""

    name = "stack"
    example = Example([("n",), ("n",)])
    options = {"axis": Option("integer", 0)}
    arity = (1, None)
    input_rule = "inputs of one shape"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axis": canonical_axis(options["axis"], len(shapes[0]) + 1)}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        axis = settings["axis"]
        here, sizes = axes(ranks[0] + 1)
        shape = (*sizes[:axis], Integer(len(ranks)), *sizes[axis + 1 :])
        own, place = (*here[:axis], *here[axis + 1 :]), (*shape[:axis], *shape[axis + 1 :])
        inputs = tuple(Tensor(Name("x", owner), place) for owner in slots(len(ranks)))
        terms: list[Expr] = [Same(here[axis], Integer(k)) * x[own] for k, x in enumerate(inputs)]
        return LayerEquation(inputs, {}, (Definition(Tensor(Name("f", V), shape), here, Add(*terms)),))

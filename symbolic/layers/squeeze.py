"""squeeze:  y[i] = x[i, 0]  drops axes of size 1;  unsqueeze:  y[i, j] = x[i]  inserts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Integer

from dyadic.symbolic.expressions import Definition, Tensor
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    ShapeError,
    axes,
    canonical_axes,
)
from dyadic.symbolic.tensor_names import Name, U, V


class Squeeze(LayerType):
    """y[i] = x[i, 0]: drops axes of size 1."""

    name = "squeeze"
    example = Example([("n", 1)])
    options = {"axes": Option("integers", optional=True)}
    input_rule = "an input whose named axes have size 1 (all such axes if none is named)"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        (shape,) = shapes
        if options["axes"] is None:
            return {"axes": tuple(k for k, extent in enumerate(shape) if extent == 1)}
        chosen = canonical_axes(options["axes"], len(shape))
        for k in chosen:
            if shape[k] != 1:
                raise ShapeError(f"axis {k} has size {shape[k]}", "only an axis of size 1 can be dropped")
        return {"axes": chosen}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        dropped = settings["axes"]
        here, shape = axes(ranks[0] - len(dropped))
        left = iter(zip(here, shape, strict=True))
        entry, extents = zip(
            *((Integer(0), Integer(1)) if k in dropped else next(left) for k in range(ranks[0])), strict=True
        ) if ranks[0] else ((), ())  # fmt: skip
        x, f = Tensor(Name("x", U), extents), Tensor(Name("f", V), shape)
        return LayerEquation((x,), {}, (Definition(f, here, x[entry]),))


class Unsqueeze(LayerType):
    """y[i, j] = x[i]: inserts axes of size 1."""

    name = "unsqueeze"
    example = Example([("n",)], {"axes": [0]})
    options = {"axes": Option("integers")}
    input_rule = "any shape; axes are those of the result"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axes": canonical_axes(options["axes"], len(shapes[0]) + len(options["axes"]))}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        new = settings["axes"]
        here, shape = axes(ranks[0] + len(new))
        shape = tuple(Integer(1) if k in new else extent for k, extent in enumerate(shape))
        kept = [k for k in range(len(here)) if k not in new]
        x, f = Tensor(Name("x", U), tuple(shape[k] for k in kept)), Tensor(Name("f", V), shape)
        return LayerEquation((x,), {}, (Definition(f, here, x[tuple(here[k] for k in kept)]),))

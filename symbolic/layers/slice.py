"""slice:  y[i] = x[start + step i],  along chosen axes.

No bracket: the slice lies inside its input, because from its last position on the axis has a size r, at least 1.  A
slice that goes backward is named by its lowest position.  One that starts at a distance from the end of an axis whose
size is not a number lies inside by hypothesis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import sympify

from dyadic.symbolic.expressions import Definition, Tensor, size
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    ShapeError,
    axes,
    canonical_axis,
    sizes,
)
from dyadic.symbolic.tensor_names import Name, U, V


class Slice(LayerType):
    name = "slice"
    example = Example([("n",)], {"starts": [1], "sizes": [2], "steps": [2]})
    options = {
        "starts": Option("integers"),
        "sizes": Option("sizes"),
        "steps": Option("integers", optional=True),
        "axes": Option("integers", optional=True),
    }
    smallest_rank = 1
    input_rule = "an input that the slice lies inside; a negative start counts from the end"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        (shape,) = shapes
        starts = options["starts"]
        chosen = range(len(starts)) if options["axes"] is None else options["axes"]
        found = tuple(canonical_axis(axis, len(shape)) for axis in chosen)
        steps = (1,) * len(starts) if options["steps"] is None else options["steps"]
        if len({len(starts), len(found), len(steps), len(options["sizes"])}) > 1:
            raise ShapeError("starts, sizes, steps and axes differ in length", "give one of each for every sliced axis")
        if len(set(found)) != len(found) or 0 in steps:
            raise ShapeError("an axis is named twice, or a step is 0", "name each axis once, with a step that moves")
        lowest = []
        for axis, start, step, count in zip(found, starts, steps, options["sizes"], strict=True):
            first = start + shape[axis] if start < 0 else start
            last = first + step * (count - 1)
            for position in (first, last):
                inside = 0 <= position < shape[axis] if (position + shape[axis]).is_Integer else True
                if not inside:
                    raise ShapeError(f"the slice reaches position {position} of axis {axis}, of size {shape[axis]}")
            end = first if step > 0 else last
            if start >= 0 and not sympify(end).is_Integer:
                raise ShapeError(f"a step of {step} needs a size that is a number, not {count}")
            lowest.append(int(end) if sympify(end).is_Integer else start)
        return {"starts": tuple(lowest), "steps": steps, "axes": found}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, extents = axes(ranks[0])
        counts = sizes("o", len(settings["axes"]))
        entry, shape = list(here), list(extents)
        rows = zip(settings["axes"], settings["starts"], settings["steps"], counts, strict=True)
        room = {}
        for k, (axis, start, step, count) in enumerate(rows, 1):
            shape[axis] = count
            if start < 0:
                entry[axis] = extents[axis] + start + step * here[axis]
                continue
            place = here[axis] if step > 0 else count - 1 - here[axis]
            entry[axis] = start + abs(step) * place
            room[size(f"r{k}")] = extents[axis] - start - abs(step) * (count - 1)
        x, f = Tensor(Name("x", U), extents), Tensor(Name("f", V), tuple(shape))
        return LayerEquation(
            (x,),
            {},
            (Definition(f, here, x[tuple(entry)]),),
            {"sizes": counts},
            room,
            ("the slice lies inside its input",) if min(settings["starts"], default=0) < 0 else (),
        )

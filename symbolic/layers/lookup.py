"""embedding, gather, gather_elements: rows of a table, or entries of an activation, chosen by an input of integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Definition, Index, Tensor, size
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Parameter,
    Shape,
    axes,
    batch_axes,
    canonical_axis,
)
from dyadic.symbolic.tensor_names import U1, U2, Name, U, V

IN_RANGE = "every integer of the index input lies in the range of the axis it chooses from"


class Embedding(LayerType):
    """y[i, c] = W[x[i], c], the rows of a table chosen by an input of integers (tokens)."""

    name = "embedding"
    example = Example(options={"count": "q", "units": "m"})
    options = {"count": Option("size", optional=True), "units": Option("size", optional=True)}
    parametric = True
    index_slots = frozenset({0})
    input_rule = "an input of integers: one with below = ... "

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        c, n, m = Index("c"), size("q"), size("m")
        x, W = Tensor(Name("x", U), shape), Tensor(Name("W", V), (n, m))
        definition = Definition(Tensor(Name("f", V), (*shape, m)), (*here, c), W[x[here], c])
        parameters = {"weight": Parameter(W, "fan_in")}
        return LayerEquation((x,), parameters, (definition,), {"count": n, "units": m}, {}, (IN_RANGE,))


class Gather(LayerType):
    """y[a, i, b] = x[a, t[i], b]: entries along an axis chosen by an input t of integers."""

    name = "gather"
    example = Example([("n", "m"), ("k",)], below="n")
    options = {"axis": Option("integer", 0)}
    arity = (2, 2)
    index_slots = frozenset({1})
    input_rule = "an input and an input of integers (one with below = ...)"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axis": canonical_axis(options["axis"], len(shapes[0]))}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        axis = settings["axis"]
        others, other_sizes = batch_axes(ranks[0] - 1)
        here, shape = axes(ranks[1])
        x = Tensor(Name("x", U1), (*other_sizes[:axis], size("m"), *other_sizes[axis:]))
        t = Tensor(Name("x", U2), shape)
        f = Tensor(Name("f", V), (*other_sizes[:axis], *shape, *other_sizes[axis:]))
        chosen = x[(*others[:axis], t[here], *others[axis:])]
        definition = Definition(f, (*others[:axis], *here, *others[axis:]), chosen)
        return LayerEquation((x, t), {}, (definition,), hypotheses=(IN_RANGE,))


class GatherElements(LayerType):
    """y[a, i, b] = x[a, t[a, i, b], b]: each entry along an axis chosen by an integer of its own."""

    name = "gather_elements"
    example = Example([("n", "m"), ("n", "k")], {"axis": 1}, below="m")
    options = {"axis": Option("integer", 0)}
    arity = (2, 2)
    index_slots = frozenset({1})
    smallest_rank = 1
    input_rule = "an input and an input of integers (one with below = ...), of one shape but for the axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axis": canonical_axis(options["axis"], len(shapes[0]))}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        axis = settings["axis"]
        here, shape = axes(ranks[0])
        table = (*shape[:axis], size("m"), *shape[axis + 1 :])
        x, t, f = Tensor(Name("x", U1), table), Tensor(Name("x", U2), shape), Tensor(Name("f", V), shape)
        chosen = x[(*here[:axis], t[here], *here[axis + 1 :])]
        return LayerEquation((x, t), {}, (Definition(f, here, chosen),), hypotheses=(IN_RANGE,))

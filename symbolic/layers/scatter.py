"""scatter and scatter_elements: entries added, or put, where an input of integers says.

    scatter:           y[a, p, b] = x[a, p, b] + Sum_i [t[i] = p] u[a, i, b]
    scatter_elements:  y[a, p, b] = x[a, p, b] + Sum_i [t[a, i, b] = p] u[a, i, b]

With reduction "put" x[a, p, b] is multiplied by 1 - Sum_i [...]: where no two integers are equal, u replaces x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Definition, Element, Expr, Index, Integer, Same, Tensor, size, total
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
from dyadic.symbolic.tensor_names import Name, Owner, V, slots


class _Scatter(LayerType):
    options = {"axis": Option("integer", 0), "reduction": Option("choice", "add", ("add", "put"))}
    arity = (3, 3)
    index_slots = frozenset({1})
    smallest_rank = 1

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axis": canonical_axis(options["axis"], len(shapes[0])), "reduction": options["reduction"]}

    def position(self, owner: Owner, here: Sequence[Expr], shape: Shape, axis: int) -> tuple[Tensor, Element]:
        """The tensor of integers, and its entry that says where u's entry goes."""
        raise NotImplementedError

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        axis = settings["axis"]
        others, other_sizes = batch_axes(ranks[0] - 1)
        p, i, n, m = Index("p"), Index("i"), size("n"), size("m")
        into = (*other_sizes[:axis], n, *other_sizes[axis:])
        there = (*other_sizes[:axis], m, *other_sizes[axis:])
        at, here = (*others[:axis], p, *others[axis:]), (*others[:axis], i, *others[axis:])
        first, second, third = slots(3)
        x, u, f = Tensor(Name("x", first), into), Tensor(Name("x", third), there), Tensor(Name("f", V), into)
        t, entry = self.position(second, here, there, axis)
        kept = Integer(1) if settings["reduction"] == "add" else 1 - total(i, m, Same(entry, p))
        body = kept * x[at] + total(i, m, Same(entry, p) * u[here])
        once = () if settings["reduction"] == "add" else ("no two entries are put in one place",)
        return LayerEquation((x, t, u), {}, (Definition(f, at, body),), hypotheses=(IN_RANGE, *once))


class Scatter(_Scatter):
    """y[a, p, b] = x[a, p, b] + Sum_i [t[i] = p] u[a, i, b]: rows added, or put, where integers say."""

    name = "scatter"
    example = Example([("n", "d"), ("m",), ("m", "d")], below="n")
    input_rule = "an input, integers (m,) below its axis, and m rows for these places"

    def position(self, owner: Owner, here: Sequence[Expr], shape: Shape, axis: int) -> tuple[Tensor, Element]:
        t = Tensor(Name("x", owner), (shape[axis],))
        return t, t[here[axis]]


class ScatterElements(_Scatter):
    """y[a, p, b] = x[a, p, b] + Sum_i [t[a, i, b] = p] u[a, i, b]: each entry goes to a place of its own."""

    name = "scatter_elements"
    example = Example([("d", "n"), ("d", "m"), ("d", "m")], {"axis": 1}, below="n")
    input_rule = "an input, integers below its axis, and an entry for each; of one shape but for the axis"

    def position(self, owner: Owner, here: Sequence[Expr], shape: Shape, axis: int) -> tuple[Tensor, Element]:
        t = Tensor(Name("x", owner), shape)
        return t, t[tuple(here)]

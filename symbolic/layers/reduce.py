"""reduce_sum, reduce_mean, reduce_max, reduce_min, reduce_logsumexp over axes;  global_average_pool, global_max_pool.

    reduce_mean:  y[i] = Sum_j x[i, j] / n      reduce_max:  y[i] = Max_j x[i, j]      reduce_min:  -Max_j (-x[i, j])

A maximum or log-sum-exp over several axes is taken one axis after the other, the last one first (see max_pool).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Mul

from dyadic.symbolic.expressions import Definition, Index, Reduction, Tensor
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Shape,
    ShapeError,
    axes,
    batch_rank,
    canonical_axes,
    sum_over,
)
from dyadic.symbolic.layers.max_pool import TIES
from dyadic.symbolic.tensor_names import Name, U, V


@dataclass(frozen=True)
class Reduced:
    """x's entry x[.., j, ..] with the index j of every reduced axis; ``here`` and ``shape`` are those of the result."""

    x: Tensor
    entry: tuple[Index, ...]
    bound: tuple[tuple[Index, Expr], ...]
    here: tuple[Index, ...]
    shape: Shape

    def definition(self, body: Expr) -> Definition:
        return Definition(Tensor(Name("f", V), self.shape), self.here, body)

    def nested(self, kind: str, letter: str, sign: int = 1) -> list[Definition]:
        """Max or LogSumExp of sign * x over the bound indices, the last of them first; the last is the whole."""
        found: list[Definition] = []
        value, kept = sign * self.x[self.entry], self.entry
        sizes = dict(zip(self.entry, self.x.shape, strict=True))
        for k, (index, extent) in reversed(list(enumerate(self.bound, 1))):
            kept = tuple(other for other in kept if other != index)
            reduction = Reduction(kind, index, extent, value)
            last = k == 1
            if last and sign > 0:
                return [*found, self.definition(reduction)]
            tensor = Tensor(Name(f"{letter}{k}", V), tuple(sizes[other] for other in kept))
            found.append(Definition(tensor, kept, reduction))
            value = tensor[kept]
        return [*found, self.definition(sign * value)]


class Reduce(LayerType):
    example = Example([("n", "m")], {"axes": [1]})
    options = {"axes": Option("integers", optional=True), "keep": Option("flag", True)}
    smallest_rank = 1
    input_rule = "at least one axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        rank = len(shapes[0])
        chosen = tuple(range(rank)) if options["axes"] is None else canonical_axes(options["axes"], rank)
        if not chosen:
            raise ShapeError("axes is empty", "name the axes, or leave the option out to reduce all")
        return {"axes": chosen, "keep": options["keep"]}

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        indices, extents = axes(ranks[0])
        over = settings["axes"]
        bound_names = dict(
            zip(over, map(Index, ("j",) if len(over) == 1 else (f"j{k + 1}" for k in over)), strict=True)
        )
        kept = range(ranks[0]) if settings["keep"] else [k for k in range(ranks[0]) if k not in over]
        reduced = Reduced(
            Tensor(Name("x", U), extents),
            tuple(bound_names.get(k, index) for k, index in enumerate(indices)),
            tuple((bound_names[k], extents[k]) for k in over),
            tuple(indices[k] for k in kept),
            tuple(Integer(1) if k in over else extents[k] for k in kept),
        )
        definitions = self.reduction(reduced)
        hypotheses = (TIES,) if any(isinstance(d.body, Reduction) and d.body.kind == "max" for d in definitions) else ()
        return LayerEquation((reduced.x,), {}, tuple(definitions), hypotheses=hypotheses)

    @abstractmethod
    def reduction(self, reduced: Reduced) -> list[Definition]:
        """The definitions of the result."""


class ReduceSum(Reduce):
    """y[i] = Sum_j x[i, j], over chosen axes."""

    name = "reduce_sum"

    def reduction(self, reduced: Reduced) -> list[Definition]:
        return [reduced.definition(sum_over(reduced.bound, reduced.x[reduced.entry]))]


class ReduceMean(Reduce):
    """y[i] = Sum_j x[i, j] / n, over chosen axes."""

    name = "reduce_mean"

    def reduction(self, reduced: Reduced) -> list[Definition]:
        count = Mul(*(extent for _, extent in reduced.bound))
        return [reduced.definition(sum_over(reduced.bound, reduced.x[reduced.entry]) / count)]


class ReduceMax(Reduce):
    """y[i] = Max_j x[i, j], over chosen axes."""

    name = "reduce_max"

    def reduction(self, reduced: Reduced) -> list[Definition]:
        return reduced.nested("max", "m")


class ReduceMin(Reduce):
    """y[i] = Min_j x[i, j] = -Max_j (-x[i, j]), over chosen axes."""

    name = "reduce_min"

    def reduction(self, reduced: Reduced) -> list[Definition]:
        return reduced.nested("max", "m", -1)


class ReduceLogSumExp(Reduce):
    """y[i] = log Sum_j exp(x[i, j]), over chosen axes."""

    name = "reduce_logsumexp"

    def reduction(self, reduced: Reduced) -> list[Definition]:
        return reduced.nested("logsumexp", "l")


class _GlobalPool(Reduce):
    """A reduction over all axes after the channel axis, which stay as axes of size 1."""

    example = Example([("n", "m")])
    options = {"lead": Option("integer", 0)}
    smallest_rank = 2
    input_rule = "a channel axis and at least one further axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        lead = batch_rank(options, shapes[0], 2)
        return {"axes": tuple(range(lead + 1, len(shapes[0]))), "keep": True}


class GlobalAveragePool(_GlobalPool, ReduceMean):
    """y[c, 0] = Sum_j x[c, j] / n: the mean over all axes after the channel axis, which stay with size 1."""

    name = "global_average_pool"


class GlobalMaxPool(_GlobalPool, ReduceMax):
    """y[c, 0] = Max_j x[c, j]: the maximum over all axes after the channel axis, which stay with size 1."""

    name = "global_max_pool"

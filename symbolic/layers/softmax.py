"""softmax and log_softmax along one axis, through the logarithm of the normaliser, which does not overflow.

l = log Sum_k exp(x[k]),     softmax: y[i] = exp(x[i] - l),     log_softmax: y[i] = x[i] - l
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Apply, Definition, Expr, Index, Reduction, Tensor
from dyadic.symbolic.layers.layer_type import LayerEquation, LayerType, Option, Role, Shape, axes, canonical_axis
from dyadic.symbolic.tensor_names import Name, U, V


class LogSoftmax(LayerType):
    """y[i] = x[i] - log Sum_k exp(x[k]), along an axis."""

    name = "log_softmax"
    options = {"axis": Option("integer", -1)}
    smallest_rank = 1
    input_rule = "at least one axis"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        return {"axis": canonical_axis(options["axis"], len(shapes[0]))}

    def value(self, logarithm: Expr) -> Expr:
        """The output in terms of its logarithm."""
        return logarithm

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        here, shape = axes(ranks[0])
        axis, k = settings["axis"], Index("k")
        others, other_sizes = (row[:axis] + row[axis + 1 :] for row in (here, shape))
        x, l, f = Tensor(Name("x", U), shape), Tensor(Name("l", V), other_sizes), Tensor(Name("f", V), shape)  # noqa: E741
        summand = x[(*here[:axis], k, *here[axis + 1 :])]
        return LayerEquation(
            (x,),
            {},
            (
                Definition(l, others, Reduction("logsumexp", k, shape[axis], summand)),
                Definition(f, here, self.value(x[here] - l[others])),
            ),
        )


class Softmax(LogSoftmax):
    """y[i] = exp(x[i]) / Sum_k exp(x[k]), along an axis."""

    name = "softmax"
    roles = frozenset({Role.WEIGHTS})

    def value(self, logarithm: Expr) -> Expr:
        return Apply("exp", 0, logarithm)

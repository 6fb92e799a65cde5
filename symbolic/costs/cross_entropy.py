"""cross_entropy:  C = Sum_i y[i] (log Sum_k exp(x[k]) - x[i]),  the negative log-likelihood after softmax.

For a target y that is a probability vector this is -Sum_i y[i] log softmax(x)[i]; the gradient derived here,
(Sum_k y[k]) softmax(x)[i] - y[i], does not use that y sums to one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbolic.costs.base import COST_OWNER, CostEquation, CostType
from symbolic.expressions import Definition, Index, Reduction, Tensor, size, total


class CrossEntropy(CostType):
    name = "cross_entropy"
    smallest_rank = 1
    largest_rank = 1
    smallest_size = 2
    size_rule = "one axis of at least two classes (with one class the cost is constant)"

    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        i, k, n = Index("i"), Index("k"), size("n")
        x, y = Tensor("x", "u", (n,)), Tensor("y", COST_OWNER, (n,))
        lse, C = Tensor("lse", COST_OWNER, ()), Tensor("C", COST_OWNER, ())
        return CostEquation(
            x,
            y,
            (
                Definition(lse, (), Reduction("logsumexp", k, n, x[k])),
                Definition(C, (), total(i, n, y[i] * (lse[()] - x[i]))),
            ),
            ("the target is a probability vector (only for the name cross-entropy; the gradient does not need it)",),
        )

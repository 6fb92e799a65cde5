"""cross_entropy:  C = Sum_a Sum_i y[a, i] (log Sum_k exp(x[a, k]) - x[a, i]),  minus the log-likelihood after softmax.

The classes lie along the last axis; the others, a, are summed over.  For a target y[a] that is a probability vector
this is -Sum_i y[i] log softmax(x)[i]; the gradient derived here, (Sum_k y[k]) softmax(x)[i] - y[i], does not use that
y sums to one.  With target = "index" the target is the class itself:  C = Sum_a log Sum_k exp(x[a, k]) - x[a, y[a]].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dyadic.symbolic.costs.cost_type import CostEquation, CostType, summed
from dyadic.symbolic.expressions import Definition, Index, Reduction, Tensor, size
from dyadic.symbolic.layers.layer_type import Option, batch_axes
from dyadic.symbolic.tensor_names import COST, Name, U


class CrossEntropy(CostType):
    """C = Sum_i y[i] (log Sum_k exp(x[k]) - x[i]), classes last, or with target = "index" of the class y alone."""

    name = "cross_entropy"
    options = {"target": Option("choice", "probabilities", ("probabilities", "index"))}
    smallest_rank = 1
    smallest_size = 2
    size_rule = "a last axis of at least two classes (with one class the cost is constant)"

    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        i, k, n = Index("i"), Index("k"), size("n")
        lead, lead_sizes = batch_axes(rank - 1)
        x = Tensor(Name("x", U), (*lead_sizes, n))
        lse, C = Tensor(Name("lse", COST), lead_sizes), Tensor(Name("C", COST), ())
        normaliser = Definition(lse, lead, Reduction("logsumexp", k, n, x[(*lead, k)]))
        if settings.get("target") == "index":
            y = Tensor(Name("y", COST), lead_sizes)
            cost = summed(lse[lead] - x[(*lead, y[lead])], lead, lead_sizes)
            hypothesis = "the target is a class: an integer from 0 to the number of classes less one"
            return CostEquation(x, y, (normaliser, Definition(C, (), cost)), (hypothesis,), "index")
        y = Tensor(Name("y", COST), (*lead_sizes, n))
        here = (*lead, i)
        cost = summed(y[here] * (lse[lead] - x[here]), here, x.shape)
        return CostEquation(
            x,
            y,
            (normaliser, Definition(C, (), cost)),
            ("the target is a probability vector (only for the name cross-entropy; the gradient does not need it)",),
        )

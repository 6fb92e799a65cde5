"""abstract:  C = Phi( Sum_i y[i] x[i] )  with a free differentiable function Phi.

What is shown for a free Phi and a free y uses of the cost only that it is differentiable and which activation its
gradient reads, and any gradient is that of such a cost at the point where it is taken: so it holds for every cost.
In emitted code Phi is the identity, so that y is the sensitivity dC/dx itself, given in place of a target.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dyadic.symbolic.costs.cost_type import CostEquation, CostType, summed
from dyadic.symbolic.expressions import Apply, Definition, Tensor
from dyadic.symbolic.layers.layer_type import axes
from dyadic.symbolic.tensor_names import COST, Name, U


class Abstract(CostType):
    """C = Phi( Sum_i y[i] x[i] ) for a free differentiable Phi: holds for every cost."""

    name = "abstract"

    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        here, shape = axes(rank)
        x, y = Tensor(Name("x", U), shape), Tensor(Name("y", COST), shape)
        paired, C = Tensor(Name("t", COST), ()), Tensor(Name("C", COST), ())
        body = summed(y[here] * x[here], here, shape)
        definitions = (Definition(paired, (), body), Definition(C, (), Apply("outer", 0, paired[()])))
        return CostEquation(x, y, definitions, ("the cost is differentiable",))

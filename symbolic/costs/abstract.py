"""abstract:  C = Phi( Sum_i y[i] x[i] )  with a free differentiable function Phi.

What is shown for a free Phi and a free y uses of the cost only that it is differentiable and which activation its
gradient reads, and any gradient is that of such a cost at the point where it is taken: so it holds for every cost.
In emitted code Phi is the identity, so that y is the sensitivity dC/dx itself, given in place of a target.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbolic.costs.base import COST_OWNER, CostEquation, CostType
from symbolic.expressions import Apply, Definition, Tensor, total
from symbolic.layers.base import axes


class Abstract(CostType):
    name = "abstract"

    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        here, shape = axes(rank)
        x, y = Tensor("x", "u", shape), Tensor("y", COST_OWNER, shape)
        paired, C = Tensor("t", COST_OWNER, ()), Tensor("C", COST_OWNER, ())
        body = y[here] * x[here]
        for index, extent in reversed(list(zip(here, shape, strict=True))):
            body = total(index, extent, body)
        definitions = (Definition(paired, (), body), Definition(C, (), Apply("outer", 0, paired[()])))
        return CostEquation(x, y, definitions, ("the cost is differentiable",))

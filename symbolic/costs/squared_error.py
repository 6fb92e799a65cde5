"""squared_error:  C = 1/2 Sum_i (x[i] - y[i])^2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Rational

from symbolic.costs.base import COST_OWNER, CostEquation, CostType
from symbolic.expressions import Definition, Tensor, total
from symbolic.layers.base import axes


class SquaredError(CostType):
    name = "squared_error"

    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        here, shape = axes(rank)
        x, y, C = Tensor("x", "u", shape), Tensor("y", COST_OWNER, shape), Tensor("C", COST_OWNER, ())
        body = (x[here] - y[here]) ** 2
        for index, extent in reversed(list(zip(here, shape, strict=True))):
            body = total(index, extent, body)
        return CostEquation(x, y, (Definition(C, (), Rational(1, 2) * body),))

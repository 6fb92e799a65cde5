"""squared_error:  C = 1/2 Sum_i (x[i] - y[i])^2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Rational

from dyadic.symbolic.costs.cost_type import CostEquation, CostType, summed
from dyadic.symbolic.expressions import Definition, Tensor
from dyadic.symbolic.layers.layer_type import axes
from dyadic.symbolic.tensor_names import COST, Name, U


class SquaredError(CostType):
    """C = 1/2 Sum_i (x[i] - y[i])^2."""

    name = "squared_error"

    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        here, shape = axes(rank)
        x, y, C = Tensor(Name("x", U), shape), Tensor(Name("y", COST), shape), Tensor(Name("C", COST), ())
        body = summed((x[here] - y[here]) ** 2, here, shape)
        return CostEquation(x, y, (Definition(C, (), Rational(1, 2) * body),))

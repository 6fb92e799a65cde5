"""The costs.  To add one: write one file with its equation and list it in ``_TYPES``."""

from __future__ import annotations

from dyadic.symbolic.costs.abstract import Abstract
from dyadic.symbolic.costs.cost_type import COST_OWNER, CostEquation, CostType
from dyadic.symbolic.costs.cross_entropy import CrossEntropy
from dyadic.symbolic.costs.elementwise_costs import ELEMENTWISE
from dyadic.symbolic.costs.squared_error import SquaredError

_TYPES: tuple[type[CostType], ...] = (SquaredError, CrossEntropy, *ELEMENTWISE, Abstract)
COSTS: dict[str, CostType] = {cost.name: cost() for cost in _TYPES}

__all__ = ["COSTS", "COST_OWNER", "CostEquation", "CostType"]

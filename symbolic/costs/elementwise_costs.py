"""bernoulli, huber and hinge: the sum over all entries of one formula of the activation and the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dyadic.symbolic.costs.cost_type import CostEquation, CostType, summed
from dyadic.symbolic.expressions import Apply, Definition, Element, Expr, Integer, Tensor
from dyadic.symbolic.layers.layer_type import Option, ShapeError, axes
from dyadic.symbolic.tensor_names import COST, Name, U


class Elementwise(CostType):
    """C = Sum_i of a formula of x[i] and y[i]."""

    hypotheses: tuple[str, ...] = ()

    def value(self, x: Element, y: Element, settings: Mapping[str, Any]) -> Expr:
        """The formula, for one entry."""
        raise NotImplementedError

    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        here, shape = axes(rank)
        x, y, C = Tensor(Name("x", U), shape), Tensor(Name("y", COST), shape), Tensor(Name("C", COST), ())
        body = summed(self.value(x[here], y[here], settings), here, shape)
        return CostEquation(x, y, (Definition(C, (), body),), self.hypotheses)


class Bernoulli(Elementwise):
    """C = Sum_i softplus(x[i]) - y[i] x[i]: minus the log-likelihood of y in [0, 1] under sigmoid(x)."""

    name = "bernoulli"
    hypotheses = ("the target lies in [0, 1] (only for the name; the gradient does not need it)",)

    def value(self, x: Element, y: Element, settings: Mapping[str, Any]) -> Expr:
        return Apply("softplus", 0, x) - y * x


class Huber(Elementwise):
    """C = Sum_i h(x[i] - y[i]), h(r) = r^2/2 for |r| <= delta and delta (|r| - delta/2) beyond."""

    # h(r) = (r^2 - relu(r - delta)^2 - relu(-r - delta)^2) / 2; its derivative is min(max(r, -delta), delta).
    name = "huber"
    options = {"delta": Option("number", Integer(1))}

    def value(self, x: Element, y: Element, settings: Mapping[str, Any]) -> Expr:
        delta = settings["delta"]
        if delta <= 0:
            raise ShapeError(f"delta = {delta} is not positive", "choose delta > 0")
        beyond = [Apply("relu", 0, r - delta) ** 2 for r in (x - y, y - x)]
        return ((x - y) ** 2 - beyond[0] - beyond[1]) / 2


class Hinge(Elementwise):
    """C = Sum_i relu(1 - y[i] x[i]), for targets -1 and 1."""

    name = "hinge"
    hypotheses = (
        "the target is -1 or 1 (only for the name; the gradient does not need it)",
        "at the kink y x = 1 the derivative is taken as 0",
    )

    def value(self, x: Element, y: Element, settings: Mapping[str, Any]) -> Expr:
        return Apply("relu", 0, 1 - y * x)


ELEMENTWISE: tuple[type[CostType], ...] = (Bernoulli, Huber, Hinge)

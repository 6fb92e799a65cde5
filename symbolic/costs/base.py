"""What a cost is: a scalar function of one activation x_u and a target y of the same shape."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from symbolic.expressions import Definition, Tensor


@dataclass(frozen=True)
class CostEquation:
    """The last definition is the scalar C; earlier ones are named intermediates."""

    input: Tensor
    target: Tensor
    definitions: tuple[Definition, ...]
    hypotheses: tuple[str, ...] = ()


class CostType(ABC):
    name: ClassVar[str]
    smallest_rank: ClassVar[int] = 0
    largest_rank: ClassVar[int | None] = None
    smallest_size: ClassVar[int] = 1
    size_rule: ClassVar[str] = ""

    @abstractmethod
    def equation(self, rank: int) -> CostEquation:
        """The equation for an activation with ``rank`` axes."""


COST_OWNER = "cost"
"""The owner of the cost's own tensors (target, intermediates, C) in an equation."""

"""What a cost is: a scalar function of one activation x_u and, mostly, a target y."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from symbolic.expressions import Definition, Tensor
from symbolic.layers.base import Option


@dataclass(frozen=True)
class CostEquation:
    """The last definition is the scalar C; earlier ones are named intermediates.

    target_role: "data", or "index" for a target of integers below the size of the activation's last axis.
    """

    input: Tensor
    target: Tensor
    definitions: tuple[Definition, ...]
    hypotheses: tuple[str, ...] = ()
    target_role: Literal["data", "index"] = "data"


class CostType(ABC):
    name: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}
    smallest_rank: ClassVar[int] = 0
    largest_rank: ClassVar[int | None] = None
    smallest_size: ClassVar[int] = 1
    size_rule: ClassVar[str] = ""

    @abstractmethod
    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        """The equation for an activation with ``rank`` axes."""


COST_OWNER = "cost"
"""The owner of the cost's own tensors (target, intermediates, C) in an equation."""

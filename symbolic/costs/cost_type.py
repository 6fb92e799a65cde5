"""What a cost is: a scalar function of one activation x_u and, mostly, a target y."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from dyadic.symbolic.docstrings import docstring
from dyadic.symbolic.expressions import Definition, Expr, Index, Tensor, total
from dyadic.symbolic.layers.layer_type import Option


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
    """Base of all costs; a file in this folder defines one and registers it.

    ``smallest_size``: of the activation's last axis.
    """

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}
    smallest_rank: ClassVar[int] = 0
    largest_rank: ClassVar[int | None] = None
    smallest_size: ClassVar[int] = 1
    size_rule: ClassVar[str] = ""

    @abstractmethod
    def equation(self, rank: int, settings: Mapping[str, Any]) -> CostEquation:
        """The equation for an activation with ``rank`` axes."""

    @property
    def about(self) -> str:
        """One line for a table of costs: the first of the class's docstring."""
        return docstring(type(self)).strip().partition("\n")[0]


def summed(body: Expr, indices: Iterable[Index], extents: Iterable[Expr]) -> Expr:
    """The sum of the body over all the indices."""
    for index, extent in reversed(list(zip(indices, extents, strict=True))):
        body = total(index, extent, body)
    return body


COST_OWNER = "cost"
"""The owner of the cost's own tensors (target, intermediates, C) in an equation."""

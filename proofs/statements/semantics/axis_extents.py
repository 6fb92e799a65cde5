"""The sizes of axes, as the architecture gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dyadic.proofs.evaluate.network import Rejected, whole


@dataclass(frozen=True)
class Extent:
    """The size of an axis.

    node: an integer expression of the sizes of ``owner`` (a vertex or a cost), whose values in the architecture are
    ``table``; or (free) a size of an input; or a plain number.
    """

    node: Any
    owner: str = ""
    table: Mapping[str, Any] = field(default_factory=dict, compare=False)
    free: bool = False

    @cached_property
    def key(self) -> str:
        """Two extents with one key are equal: the number, or where a size is left symbolic the expression."""
        if self.true is not None:
            return f"={self.true}"
        bound = self.bound
        return repr((bound, "" if _is_size(bound) else self.owner))

    @property
    def bound(self) -> Any:
        """The node, of a size of a vertex that in the architecture."""
        return self.table.get(self.node[1], self.node) if _is_size(self.node) else self.node

    @cached_property
    def true(self) -> int | None:
        """The number in this architecture; None where a size is left symbolic."""
        try:
            return whole(self.node, {k: v for k, v in self.table.items() if isinstance(v, int)}, "extent")
        except Rejected:
            return None

    def same(self, other: Extent) -> bool:
        return self.key == other.key

    def __str__(self) -> str:
        bound = self.bound
        return str(self.true) if self.true is not None else _written(bound)


def _written(node: Any) -> str:
    """A size, or a sum of sizes and numbers, as text."""
    match node:
        case ["size", name]:
            return str(name)
        case ["+", *terms]:
            return " + ".join(map(_written, terms)).replace("+ -", "- ")
        case ["*", *factors]:
            return " ".join(map(_written, factors))
    return str(node)


def _is_size(node: Any) -> bool:
    return isinstance(node, list) and node[:1] == ["size"]


__all__ = ["Extent"]

"""Which integer inputs of a program are positions: they reach a lookup by way of views, slices and the like alone."""

from __future__ import annotations

from typing import Any

from dyadic.symbolic.readers.stopped_gradients import label

_LAYOUTS = (
    "view", "view_as", "reshape", "_unsafe_view", "flatten", "unflatten", "permute", "transpose", "t", "unsqueeze",
    "squeeze", "expand", "expand_as", "slice", "narrow", "select", "cat", "stack", "clone", "contiguous", "alias",
    "detach", "split", "split_with_sizes", "chunk", "unbind", "getitem", "to", "_to_copy", "type_as", "long", "int",
    "lift_fresh_copy",
)  # fmt: skip


def rows_looked_up(node: Any) -> int | None:
    """The least number of rows of the tables in which an integer input is looked up; None if it is in none."""
    found = list(_rows(node, set()))
    return min(found, default=None)


def _rows(node: Any, seen: set[Any]) -> Any:
    if node in seen:
        return
    seen.add(node)
    for user in node.users:
        name = label(user)
        if name == "embedding" and user.args[1] is node:
            yield _extent(user.args[0], 0)
        elif name == "index_select" and user.args[2] is node:
            yield _extent(user.args[0], user.args[1])
        elif name == "index":
            axes = [axis for axis, one in enumerate(user.args[1]) if one is node]
            if axes and sum(one is not None for one in user.args[1]) == 1:
                yield _extent(user.args[0], axes[0])
        elif name in _LAYOUTS and not _floating(user):
            yield from _rows(user, seen)


def _extent(table: Any, axis: int) -> int:
    return int(table.meta["val"].shape[axis])


def _floating(node: Any) -> bool:
    value = node.meta.get("val")
    return bool(getattr(value, "dtype", None) is not None and value.dtype.is_floating_point)

"""Integers that serve as positions, and what is looked up with them.

An input of the role "index" is read by lookups alone.  What a model does to such integers before that is seen to here:

* where it lays them out anew (a view, a slice, a concatenation), that is done to what is looked up instead:
  table[view(t)] is view(table[t]);
* where it computes with them, they become numbers, by a lookup in the table 0, 1, 2, ...;
* what is looked up by computed integers p is Sum_k [p = k] table[k].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sympy import Expr

from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.structure import Input

LAYOUTS = (
    "identity",
    "reshape",
    "flatten",
    "transpose",
    "squeeze",
    "unsqueeze",
    "expand",
    "concat",
    "stack",
    "slice",
    "select",
)
"""Layer types that only say where an entry goes."""
MAKES = (*LAYOUTS, "embedding", "gather", "einsum", "compare")
"""The layer types that reading positions, and what is done to them, may make."""
_LETTERS = "abcdefghijklmopqrstuvwxyz"  # without n, the axis that is chosen from


@dataclass(frozen=True)
class Layout:
    """Positions laid out anew: a layer type with its options, and the names of the positions that it would read."""

    type: str
    parts: tuple[str, ...]
    options: Mapping[str, Any]


class Moving(Protocol):
    """What is asked here of a model while it is read (model.py)."""

    inputs: dict[str, Input]
    shapes: dict[str, Shape]
    given: dict[str, str]
    layouts: dict[str, Layout]

    def layer(self, wanted: str, type_: str, inputs: Sequence[str], **options: Any) -> str:
        """A vertex."""

    def laid_out(self, wanted: str, layout: Layout) -> str:
        """Positions laid out anew."""

    def is_position(self, name: str) -> bool:
        """Whether a name stands for positions."""

    def count(self, name: str) -> Expr:
        """What positions are below."""

    def array(self, wanted: str, value: np.ndarray, role: Any, below: int | None = None) -> str:
        """A clamped vertex that comes with its array."""

    def room(self, shape: Any, itemsize: int) -> None:
        """Ask for the memory of a constant."""


def read_instead(
    model: Moving, wanted: str, type_: str, inputs: Sequence[str], options: Mapping[str, Any]
) -> str | None:
    """The name of what a layer that reads positions would give; None where it is a layer like any other."""
    slots = {"embedding": (0, 1, 0), "gather": (1, 0, int(options.get("axis", 0)))}
    if type_ in slots:
        at, table, axis = slots[type_]
        name = inputs[at]
        if len(inputs) != 2 or (_given(model, name) and not _given(model, inputs[table])):
            return None
        return looked_up(model, wanted, inputs[table], name, axis)
    slots_of_positions = LAYERS[type_].index_slots
    computed = [name for slot, name in enumerate(inputs) if slot not in slots_of_positions]
    if not any(map(model.is_position, computed)):
        return None
    if type_ in LAYOUTS and all(map(model.is_position, inputs)):
        return model.laid_out(wanted, Layout(type_, tuple(inputs), dict(options)))
    given = [name if slot in slots_of_positions else numbers(model, name) for slot, name in enumerate(inputs)]
    return model.layer(wanted, type_, given, **options)


def _given(model: Moving, name: str) -> bool:
    return name in model.inputs and model.inputs[name].role == "index"


def numbers(model: Moving, name: str) -> str:
    """Positions as numbers; anything else as it is."""
    if not model.is_position(name):
        return name
    known = f"numbers of {name}"
    if known not in model.given:
        extent = int(model.count(name))
        line = f"line of {extent}"
        if line not in model.given:
            model.room((extent,), 8)
            model.given[line] = model.array(f"numbers.{extent}", np.arange(extent, dtype=float), "constant")
        model.given[known] = looked_up(model, f"{name}.numbers", model.given[line], name, 0)
    return model.given[known]


def looked_up(model: Moving, wanted: str, table: str, positions: str, axis: int) -> str:
    """Entries of a table along an axis: the axis is replaced by those of the positions."""
    table = numbers(model, table)
    if _given(model, positions):
        if axis == 0 and len(model.shapes[table]) == 2:
            return model.layer(wanted, "embedding", [positions, table])
        return model.layer(wanted, "gather", [table, positions], axis=axis)
    if not model.is_position(positions):
        return _by_number(model, wanted, table, positions, axis)
    rank, here = len(model.shapes[table]), len(model.shapes[positions])
    order = [axis, *(k for k in range(rank) if k != axis)]
    if order != sorted(order):
        table = model.layer(f"{wanted}.rows", "transpose", [table], permutation=order)
    found = _laid_out(model, wanted, table, positions)
    back = [*range(here, here + axis), *range(here), *range(here + axis, here + rank - 1)]
    if back != sorted(back):
        found = model.layer(wanted, "transpose", [found], permutation=back)
    return found


def _laid_out(model: Moving, wanted: str, table: str, positions: str) -> str:
    """Rows of a table; what was done to the positions is done to the rows, whose own axes come last."""
    if _given(model, positions):
        return looked_up(model, f"{wanted}.rows", table, positions, 0)
    layout = model.layouts[positions]
    rows = [_laid_out(model, wanted, table, part) for part in layout.parts]
    own = list(model.shapes[table][1:])
    options = dict(layout.options)
    if layout.type in ("reshape", "expand"):
        options["shape"] = [*options["shape"], *own]
    elif layout.type == "transpose":
        rank = len(options["permutation"])
        options["permutation"] = [*options["permutation"], *range(rank, rank + len(own))]
    return model.layer(wanted, layout.type, rows, **options)


def _by_number(model: Moving, wanted: str, table: str, positions: str, axis: int) -> str:
    """Sum_k [p = k] table[k], for positions that were computed."""
    shape = model.shapes[table]
    chosen = one_hot(model, f"{wanted}.choice", positions, shape[axis])
    rank, here = len(shape), len(model.shapes[positions])
    ours, theirs = _LETTERS[:here], _LETTERS[here : here + rank - 1]
    equation = f"{ours}n,{theirs[:axis]}n{theirs[axis:]}->{theirs[:axis]}{ours}{theirs[axis:]}"
    return model.layer(wanted, "einsum", [chosen, table], equation=equation)


def one_hot(model: Moving, wanted: str, positions: str, extent: Expr) -> str:
    """[p = k] for k = 0, 1, ..., extent - 1, as a new last axis."""
    line = np.arange(int(extent), dtype=float)
    model.room(line.shape, 8)
    known = f"line of {int(extent)}"
    if known not in model.given:
        model.given[known] = model.array(f"numbers.{int(extent)}", line, "constant")
    positions = numbers(model, positions)
    column = model.layer(f"{wanted}.column", "unsqueeze", [positions], axes=[len(model.shapes[positions])])
    return model.layer(wanted, "compare", [column, model.given[known]], relation="equal")

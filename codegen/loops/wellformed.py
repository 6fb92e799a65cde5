"""What every kernel must satisfy, decided for all its points and every batch size.

* every output is stored exactly once, at every one of its elements: its entry's indices are the kernel's axes;
* every load is in bounds, or stands under brackets that hold only where it is.  An index that is an entry of an integer
  tensor is in range by hypothesis: the module checks its integers;
* indices and locals are defined before they are used, once;
* nothing is read and written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from math import prod
from typing import Any

import numpy as np
from sympy import Add, Expr, Mul

from dyadic.codegen.loops.contraction import free_indices
from dyadic.codegen.loops.kernel import Accumulate, Axis, Kernel, Let, Local, Masked, Put, Statement
from dyadic.codegen.loops.nest import For, Halving, IndexValue, Nest, Set, steps_of
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.expressions import Bracket, Divides, Element, Index, Inside, Quotient, Remainder, Same
from dyadic.symbolic.indices import is_inside
from dyadic.symbolic.tensor_names import Name

_MOST = 2**22
Guards = tuple[Expr, ...]


class KernelError(Exception):
    """A kernel does not satisfy the specification."""


def verify(kernel: Kernel) -> None:
    """Raises :class:`KernelError` with the first thing that is wrong."""
    known = {tensor.name for tensor in kernel.reads}
    stored: list[Name] = []
    for part in kernel.parts:
        _Verifier(part).run()
        if missing := {tensor.name for tensor in part.reads} - known:
            raise KernelError(f"{kernel.name}: nothing before {part.name} gives {sorted(map(str, missing))}")
        stored += [tensor.name for tensor in part.writes]
        known |= set(stored)
    if Counter(stored) != Counter(tensor.name for tensor in kernel.writes):
        raise KernelError(f"{kernel.name}: its parts store {stored}, where the outputs are {kernel.writes}")


def distinct_names(nest: Nest) -> None:
    """Raises :class:`KernelError` if a name in a nest's text would mean two things."""
    kernel = nest.kernel
    groups = {
        "tensors": {variable(tensor) for tensor in (*kernel.reads, *kernel.writes)},
        "arrays": {array.name for array in nest.arrays},
        "locals": {str(s.target) for s in steps_of(nest.steps) if isinstance(s, Set) and isinstance(s.target, Local)},
        "indices": {s.index.name for s in steps_of(nest.steps) if isinstance(s, IndexValue | For | Halving)},
        "words": {"batch", "real", "int", "if", "for", "const"},
    }
    for (one, names), (two, others) in combinations(groups.items(), 2):
        if names & others:
            raise KernelError(f"{kernel.name}: {sorted(names & others)} are {one} and {two}")


class _Verifier:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.tensors = kernel, kernel.tensors
        self.ranges: dict[Index, Expr] = {}
        self.known: set[Expr] = set()
        self.stored: list[Name] = []

    def run(self) -> None:
        reads, writes = ({t.name for t in group} for group in (self.kernel.reads, self.kernel.writes))
        if reads & writes:
            self.fail(f"{reads & writes} are read and written")
        self.enter(self.kernel.axes)
        self.statements(self.kernel.statements, ())
        if Counter(self.stored) != Counter(writes):
            self.fail(f"stores {self.stored}, where the outputs are {sorted(map(str, writes))}")

    def fail(self, what: str) -> None:
        raise KernelError(f"{self.kernel.name}: {what}")

    def enter(self, axes: Sequence[Axis]) -> None:
        for axis in axes:
            if axis.index in self.ranges:
                self.fail(f"index {axis.index} is bound twice")
            if not (axis.extent.is_Integer and axis.extent > 0) and axis.extent.free_symbols != {BATCH}:
                self.fail(f"the extent of {axis.index} is {axis.extent}")
            self.ranges[axis.index] = axis.extent

    def statements(self, statements: Sequence[Statement], guards: Guards) -> None:
        for statement in statements:
            if isinstance(statement, Put):
                self.put(statement, guards)
            elif isinstance(statement, Let):
                self.expression(statement.value, guards)
                self.define(statement.local)
            else:
                self.accumulate(statement, guards)

    def define(self, local: Local) -> None:
        if local in self.known:
            self.fail(f"{local} is defined twice")
        self.known.add(local)

    def put(self, statement: Put, guards: Guards) -> None:
        entry = statement.entry
        axes = self.kernel.axes
        shape = self.tensors[entry.name].shape
        if guards or entry.indices != tuple(a.index for a in axes) or shape != tuple(a.extent for a in axes):
            self.fail(f"{variable(entry)} is not stored once at each of its elements")
        self.expression(statement.value, guards)
        self.stored.append(entry.name)

    def accumulate(self, statement: Accumulate, guards: Guards) -> None:
        if statement.kind == "argmax" and len(statement.axes) != 1:
            self.fail("a position is taken over several axes")
        if not statement.axes:
            self.fail(f"{statement.local} is reduced over nothing")
        outside = dict(self.ranges), set(self.known)
        self.ranges = {index: e for index, e in self.ranges.items() if index not in {a.index for a in statement.axes}}
        self.enter(statement.axes)
        for k, guard in enumerate(statement.guards):
            self.guard(guard, (*guards, *statement.guards[:k]))
        inside = (*guards, *statement.guards)
        self.statements(statement.inner, inside)
        self.expression(statement.value, inside)
        self.ranges, self.known = outside
        self.define(statement.local)

    def guard(self, guard: Expr, guards: Guards) -> None:
        if not isinstance(guard, Bracket):
            self.fail(f"{guard} is not a condition")
        for argument in guard.args:
            self.expression(argument, guards)

    def expression(self, node: Expr, guards: Guards) -> None:
        if isinstance(node, Index) and node not in self.ranges:
            self.fail(f"index {node} is not bound")
        if isinstance(node, Local) and node not in self.known:
            self.fail(f"{node} is used before it is defined")
        if isinstance(node, Element):
            self.load(node, guards)
        elif isinstance(node, Masked):
            value, *own = node.args
            for k, guard in enumerate(own):
                self.guard(guard, (*guards, *own[:k]))
            self.expression(value, (*guards, *own))
            return
        for part in node.args:
            if isinstance(part, Expr):
                self.expression(part, guards)

    def load(self, entry: Element, guards: Guards) -> None:
        key = entry.name
        if key not in self.tensors or key in {t.name for t in self.kernel.writes}:
            self.fail(f"{variable(entry)} is not an input")
        extents = self.tensors[key].shape
        if len(extents) != len(entry.indices):
            self.fail(f"{variable(entry)} has {len(extents)} axes")
        for index in sorted(free_indices(entry) - set(self.ranges), key=str):
            self.fail(f"index {index} is not bound")
        for position, (index, extent) in enumerate(zip(entry.indices, extents, strict=True)):
            if not isinstance(index, Element) and not in_bounds(index, extent, guards, self.ranges):
                self.fail(f"{variable(entry)}: axis {position} of extent {extent} is read at {index}")


def in_bounds(index: Expr, extent: Expr, guards: Guards, ranges: Mapping[Index, Expr]) -> bool:
    """Whether 0 <= index < extent at every point of the ranges at which all brackets hold."""
    if is_inside(index, extent, ranges) or any(g == Inside(index, extent) for g in guards):
        return True
    if index.has(Element) or not extent.is_Integer:
        return False
    known = [g for g in guards if not g.has(Element) and _counted(g, ranges)]
    near = [g for g in known if free_indices(g) <= free_indices(index)]
    return any(_enumerated(index, int(extent), chosen, ranges) for chosen in (near, known))


def _counted(node: Expr, ranges: Mapping[Index, Expr]) -> bool:
    return all(ranges[index].is_Integer for index in free_indices(node))


def _enumerated(index: Expr, extent: int, guards: Iterable[Expr], ranges: Mapping[Index, Expr]) -> bool:
    guards = list(guards)
    names = sorted(set(chain(free_indices(index), *map(free_indices, guards))), key=str)
    if not _counted(index, ranges) or prod(int(ranges[name]) for name in names) > _MOST:
        return False
    grids = np.meshgrid(*(np.arange(int(ranges[name])) for name in names), indexing="ij")
    point = dict(zip(names, grids, strict=True))
    holds = np.ones(np.broadcast_shapes(*(grid.shape for grid in grids)) if grids else (), bool)
    for guard in guards:
        holds = holds & _bracket(guard, point)
    value = _integer(index, point)
    return bool((~holds | ((value >= 0) & (value < extent))).all())


def _bracket(guard: Expr, point: Mapping[Any, Any]) -> Any:
    one, two = (_integer(argument, point) for argument in guard.args)
    if isinstance(guard, Inside):
        return (one >= 0) & (one < two)
    if isinstance(guard, Divides):
        return two % one == 0
    if isinstance(guard, Same):
        return one == two
    raise TypeError(f"{type(guard).__name__} is not a condition")


def _integer(node: Expr, point: Mapping[Any, Any]) -> Any:
    if node in point:
        return point[node]
    if node.is_Integer:
        return int(node)
    parts = [_integer(part, point) for part in node.args]
    if isinstance(node, Add):
        return sum(parts)
    if isinstance(node, Mul):
        return prod(parts)
    if isinstance(node, Quotient | Remainder):
        return parts[0] // parts[1] if isinstance(node, Quotient) else parts[0] % parts[1]
    raise TypeError(f"{node} is not an integer expression")

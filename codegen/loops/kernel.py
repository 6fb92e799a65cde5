"""A kernel before it has a place on a machine: what is computed at each point of one iteration space.

Scalar expressions are SymPy trees over the node types of :mod:`dyadic.symbolic.expressions` and those added here.
An :class:`Element` in an expression is a load.  Integer expressions stand in indices, guards and extents only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sympy import Expr, Symbol, sympify
from sympy.core.symbol import Str

from dyadic.symbolic.expressions import Element, Index, Tensor
from dyadic.symbolic.tensor_names import Name


class Local(Symbol):
    """A value that a thread holds under a name; a number of the module's type, or an integer (a position)."""

    def __new__(cls, name: str, integer: bool = False) -> Local:
        return Symbol.__new__(cls, name, integer=True) if integer else Symbol.__new__(cls, name)


class Masked(Expr):
    """``Masked(value, *conditions)``: the value where all brackets hold, 0 elsewhere; not evaluated there."""

    is_commutative = True

    def __new__(cls, value: Expr, *conditions: Expr) -> Masked:
        return Expr.__new__(cls, sympify(value), *conditions)


class Nearest(Expr):
    """``Nearest(value, format)``: the nearest number of a format of :mod:`.tensor_cores`."""

    is_commutative = True

    def __new__(cls, value: Expr, form: str | Str) -> Nearest:
        return Expr.__new__(cls, sympify(value), form if isinstance(form, Str) else Str(form))

    @property
    def form(self) -> str:
        return str(self.args[1].name)


class Halves(Expr):
    """``Halves(low, high, format)``: two numbers rounded to a format of 16 bits, side by side as one value of 32."""

    is_commutative = True

    def __new__(cls, low: Expr, high: Expr, form: str | Str) -> Halves:
        return Expr.__new__(cls, sympify(low), sympify(high), form if isinstance(form, Str) else Str(form))

    @property
    def form(self) -> str:
        return str(self.args[2].name)


@dataclass(frozen=True)
class Axis:
    """``index`` runs over 0, ..., extent - 1; the extent is a number or an expression of the batch size."""

    index: Index
    extent: Expr


@dataclass(frozen=True)
class Let:
    """``local = value`` at a point."""

    local: Local
    value: Expr


@dataclass(frozen=True)
class Accumulate:
    """``local`` = the ``value`` reduced over the points of ``axes`` at which all guards hold.

    kind: "sum", "max" (the largest), "argmax" (the first index of the one axis at which it is attained).
    inner: what is computed at each point before the value.
    """

    local: Local
    kind: str
    axes: tuple[Axis, ...]
    guards: tuple[Expr, ...]
    inner: tuple[Statement, ...]
    value: Expr


@dataclass(frozen=True)
class Put:
    """``entry = value``, a store."""

    entry: Element
    value: Expr


Statement = Let | Accumulate | Put


@dataclass(frozen=True)
class Kernel:
    """One launch: the statements at every point of ``axes``.

    reads, writes: the array arguments in order, with shapes in numbers and the batch size.
    integers: those of them that hold integers.  defines: the tensors of the equations that it evaluates, stored or not.
    before: kernels whose results this one reads and which the same launch evaluates, in order; reads, writes, integers
    and defines are then those of the whole launch.
    """

    name: str
    axes: tuple[Axis, ...]
    statements: tuple[Statement, ...]
    reads: tuple[Tensor, ...]
    writes: tuple[Tensor, ...]
    integers: frozenset[Name]
    defines: tuple[Tensor, ...]
    before: tuple[Kernel, ...] = ()

    @property
    def tensors(self) -> dict[Name, Tensor]:
        return {t.name: t for t in (*self.reads, *self.writes)}

    @property
    def accumulators(self) -> tuple[Accumulate, ...]:
        """The reductions at each point, those inside other reductions left out."""
        return tuple(item for item in self.statements if isinstance(item, Accumulate))

    @property
    def parts(self) -> tuple[Kernel, ...]:
        """What the launch evaluates, one after another: ``before``, and the kernel itself, each with its own arrays."""
        if not self.before:
            return (self,)
        stored = {s.entry.name for s in self.statements if isinstance(s, Put)}
        loaded = {e.name for s in every(self.statements) for x in expressions(s) for e in x.atoms(Element)} - stored
        earlier = {t.name: t for part in self.before for t in part.writes}
        reads = tuple(t for t in (*self.reads, *earlier.values()) if t.name in loaded)
        writes = tuple(t for t in self.writes if t.name in stored)
        defines = tuple(t for t in self.defines if not any(t in part.defines for part in self.before))
        own = frozenset(self.integers & {t.name for t in (*reads, *writes)})
        return (*self.before, replace(self, before=(), reads=reads, writes=writes, integers=own, defines=defines))


def expressions(statement: Statement) -> Iterator[Expr]:
    """The expressions of one statement, without those of the statements inside it."""
    if isinstance(statement, Let):
        yield statement.value
    elif isinstance(statement, Put):
        yield from (statement.value, statement.entry)
    else:
        yield from (*statement.guards, statement.value)


def every(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    """All statements, outer before inner."""
    for statement in statements:
        yield statement
        if isinstance(statement, Accumulate):
            yield from every(statement.inner)

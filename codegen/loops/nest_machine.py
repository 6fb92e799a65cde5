"""Runs a nest on the CPU with every access checked, block by block, all threads of a block at once.

It knows nothing of how nests are made.  :func:`check` holds a nest to the kernel that it schedules: outputs written
exactly once, every access in bounds, no two threads at one cell without a barrier between, copies waited for, barriers
met by all threads, and the values those of the plainest schedule.  This is shown for the batch size at hand, not for
all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
from sympy import Add, Expr, Mul, Pow, oo

from dyadic.codegen.log_sums import Apart
from dyadic.codegen.loops.kernel import Halves, Kernel, Local, Masked, Nearest, every, expressions
from dyadic.codegen.loops.memory import Fault, Global, Numbers, Registers, Shared
from dyadic.codegen.loops.nest import (
    BLOCK,
    THREAD,
    Barrier,
    Cell,
    Combine,
    Commit,
    Copy,
    For,
    Halving,
    If,
    IndexValue,
    Nest,
    Scope,
    Set,
    Step,
    Vector,
    Wait,
    WarpProduct,
)
from dyadic.codegen.loops.tensor_cores import FORMATS, WARP, rounded
from dyadic.codegen.loops.tensor_cores import product as warp_product
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.expressions import Apply, Divides, Element, Inside, Quotient, Remainder, Same
from dyadic.symbolic.tensor_names import Name

_EXACT: dict[str, Callable[[Numbers], Numbers]] = {"exp": np.exp, "log": np.log}
"""What a running sum of exponentials rests on: exp(a + b) = exp(a) exp(b)."""


class Machine:
    """One block at a time over the same global arrays.  ``arrays``: inputs by tensor; outputs are made here.

    exact: whether exp and log are themselves, and not some function.
    """

    def __init__(self, nest: Nest, arrays: Mapping[Name, Numbers], batch: int, exact: bool = False) -> None:
        self.nest, self.batch, self.exact = nest, batch, exact
        self.memory: dict[Name, Global] = {}
        for tensor in nest.kernel.reads:
            key = tensor.name
            self.memory[key] = Global(variable(tensor), arrays[key].reshape(shape(tensor.shape, batch)), False)
        for tensor in nest.kernel.writes:
            dtype = np.int64 if tensor.name in nest.kernel.integers else np.float64
            values = np.zeros(shape(tensor.shape, batch), dtype)
            self.memory[tensor.name] = Global(variable(tensor), values, True)
        self.threads = int(np.prod(nest.block))

    def run(self) -> dict[Name, Numbers]:
        """All blocks; the outputs."""
        grid = [int(extent.xreplace({BATCH: self.batch})) for extent in self.nest.grid]
        for block in product(*(range(extent) for extent in reversed(grid))):
            self._block(block[::-1])
        for array in self.memory.values():
            array.finished()
        return {key: array.values for key, array in self.memory.items() if array.output}

    def _block(self, block: Sequence[int]) -> None:
        who = np.arange(self.threads)
        self.values: dict[Expr, Numbers] = {}
        rest = who
        for coordinate, extent in zip(THREAD, self.nest.block, strict=False):
            self.values[coordinate], rest = rest % extent, rest // extent
        for coordinate, number in zip(BLOCK, block, strict=False):
            self.values[coordinate] = np.full(self.threads, number)
        self.own: dict[str, Shared | Registers] = {}
        for array in self.nest.arrays:
            dtype = np.int64 if array.integer else np.float64
            cell = (2,) if array.pairs else ()
            self.own[array.name] = (
                Shared(array.name, array.shape, dtype, cell)
                if array.shared
                else Registers(array.name, self.threads, array.shape, dtype, cell)
            )
        self.groups = np.zeros(self.threads, int)
        self._steps(self.nest.steps, who)
        for shared in self._shared():
            shared.finished()

    def _shared(self) -> list[Shared]:
        return [array for array in self.own.values() if isinstance(array, Shared)]

    # -- steps; ``who``: the threads that take them ---------------------------------------------------------------

    def _steps(self, steps: Sequence[Step], who: Numbers) -> None:
        for step in steps:
            self._step(step, who)

    def _step(self, step: Step, who: Numbers) -> None:
        match step:
            case IndexValue(index, value):
                self._define(index, self.number(value, who), who)
            case Set(target, value):
                self._store(target, self.number(value, who), who)
            case Combine():
                self._combine(step, who)
            case For(index, start, stop, stride, body):
                position, end = self.number(start, who), self.number(stop, who)
                while (active := position < end).any():
                    self._define(index, position[active], who[active])
                    self._steps(body, who[active])
                    position = position + stride
            case Halving(index, first, body):
                while first > 0:
                    self._define(index, np.full(len(who), first), who)
                    self._steps(body, who)
                    first //= 2
            case If(conditions, body):
                chosen = who[self._hold(conditions, who)]
                if len(chosen):
                    self._steps(body, chosen)
            case Scope(_, body):
                self._steps(body, who)
            case Vector(target, source, count):
                for k in range(count):
                    moved = (_along(one, k) for one in (target, source))
                    self._step(Set(*moved), who)
            case Copy():
                self._copy(step, who)
            case Commit():
                self.groups[who] += 1
            case Wait(pending):
                for shared in self._shared():
                    shared.arrive(who, self.groups - pending)
            case WarpProduct():
                self._multiply(step, who)
            case Barrier():
                if len(who) < self.threads:
                    raise Fault(f"{self.threads - len(who)} of {self.threads} threads do not come to a barrier")
                for shared in self._shared():
                    shared.barrier()

    def _define(self, name: Expr, value: Numbers, who: Numbers) -> None:
        held = self.values.setdefault(name, np.zeros(self.threads, value.dtype))
        held = held.astype(np.result_type(held, value))
        held[who] = value
        self.values[name] = held

    def _store(self, target: Expr, value: Numbers, who: Numbers) -> None:
        if isinstance(target, Local):
            self._define(target, value, who)
        elif isinstance(target, Cell):
            self.own[target.array].write([self.number(i, who) for i in target.indices], value, who)
        else:
            self.memory[target.name].write([self.number(i, who) for i in target.indices], value, who)

    def _combine(self, step: Combine, who: Numbers) -> None:
        old, new = self.number(step.target, who), self.number(step.value, who)
        if step.kind == "sum":
            self._store(step.target, old + new, who)
        elif step.kind == "max":
            self._store(step.target, np.maximum(old, new), who)
        else:
            assert step.place is not None
            assert step.at is not None
            place, at = self.number(step.place, who), self.number(step.at, who)
            better = (new > old) | ((new == old) & (at < place) & isinstance(step.at, Cell))
            self._store(step.target, np.where(better, new, old), who)
            self._store(step.place, np.where(better, at, place), who)

    def _copy(self, step: Copy, who: Numbers) -> None:
        array = self.own[step.target.array]
        if not isinstance(array, Shared):
            raise Fault(f"{array.name}: a copy goes into registers")
        for k in range(step.count):
            target = _along(step.target, k)
            value = self.number(Masked(_along(step.source, k), *step.conditions), who)
            array.start([self.number(i, who) for i in target.indices], value, who, self.groups[who])

    def _multiply(self, step: WarpProduct, who: Numbers) -> None:
        """Whole warps multiply, and only what is rounded."""
        if (np.bincount(who // WARP, minlength=1) % WARP).any():
            raise Fault("threads of a warp do not come to a matrix product together")
        operands = []
        for cells in (step.left, step.right):
            held = np.stack([self.number(cell, who) for cell in cells], axis=1)
            if not np.array_equal(held, rounded(held, step.form), equal_nan=True):
                raise Fault(f"{cells[0].array}: a factor of a matrix product is not rounded")
            if (held.ndim == 3) is not FORMATS[step.form].paired:
                raise Fault(f"{cells[0].array}: factors in {step.form} are held otherwise")
            operands.append(held.reshape(-1, WARP, *held.shape[1:]))
        added = warp_product(*operands).reshape(len(who), len(step.sum))
        for k, cell in enumerate(step.sum):
            self._store(cell, self.number(cell, who) + added[:, k], who)

    # -- expressions ------------------------------------------------------------------------------------------------

    def _hold(self, conditions: Sequence[Expr], who: Numbers) -> Numbers:
        """Which of the threads meet all conditions; a later one is not evaluated where an earlier one fails."""
        result = np.ones(len(who), bool)
        for guard in conditions:
            here = who[result]
            one, two = (self.number(argument, here) for argument in guard.args)
            if isinstance(guard, Inside):
                result[result] = (one >= 0) & (one < two)
            elif isinstance(guard, Divides):
                result[result] = two % one == 0
            elif isinstance(guard, Same):
                result[result] = one == two
            else:
                raise TypeError(f"{type(guard).__name__} is not a condition")
        return result

    def number(self, node: Expr, who: Numbers) -> Numbers:
        """The value of an expression for each thread."""
        if node in self.values:
            return self.values[node][who]
        if node == BATCH:
            return np.full(len(who), self.batch)
        if node == -oo or (node.is_number and not node.has(Apply)):
            return np.full(len(who), int(node) if node.is_Integer else float(node))
        if isinstance(node, Element):
            return self.memory[node.name].read([self.number(i, who) for i in node.indices], who)
        if isinstance(node, Cell):
            return self.own[node.array].read([self.number(i, who) for i in node.indices], who)
        if isinstance(node, Masked):
            value, *guards = node.args
            holds = self._hold(guards, who)
            result = np.zeros(len(who))
            result[holds] = self.number(value, who[holds])
            return result
        if isinstance(node, Apart):
            return self.number(node.args[0], who)
        if isinstance(node, Nearest):
            return rounded(self.number(node.args[0], who), node.form)
        if isinstance(node, Halves):
            return rounded(np.stack([self.number(one, who) for one in node.args[:2]], axis=-1), node.form)
        if isinstance(node, Apply):
            argument = self.number(node.argument, who)
            return _EXACT[node.name](argument) if self.exact and node.name in _EXACT else _opaque(node, argument)
        parts = [self.number(part, who) for part in node.args]
        if isinstance(node, Add):
            return np.asarray(sum(parts[1:], parts[0]))
        if isinstance(node, Mul):
            return np.asarray(np.multiply.reduce(parts))
        if isinstance(node, Pow):
            return np.asarray(np.float_power(parts[0], parts[1]))
        if isinstance(node, Quotient | Remainder):
            return parts[0] // parts[1] if isinstance(node, Quotient) else parts[0] % parts[1]
        raise TypeError(f"a machine cannot evaluate {type(node).__name__}")


def _opaque(node: Apply, argument: Numbers) -> Numbers:
    """Some function of one number under this name: what is compared does not depend on which.  It has no zeros."""
    shift = sum(ord(letter) * (k + 1) for k, letter in enumerate(node.name)) + node.order
    return np.asarray(2.0 + np.cos(argument + shift))


def _along(entry: Element | Cell, k: int) -> Expr:
    """The entry k further along its last axis."""
    *before, last = entry.indices
    if isinstance(entry, Cell):
        return Cell(entry.array, *before, last + k)
    return Element(entry.name, *before, last + k)


def shape(extents: Sequence[Expr], batch: int) -> tuple[int, ...]:
    return tuple(int(extent.xreplace({BATCH: batch})) for extent in extents)


def inputs(kernel: Kernel, batch: int, seed: int = 0) -> dict[Name, Numbers]:
    """Random arrays for what a kernel reads; integers such that every index they are used in is in range."""
    random = np.random.default_rng(seed)
    found: dict[Name, Numbers] = {}
    for tensor in kernel.reads:
        key = tensor.name
        extents = shape(tensor.shape, batch)
        if key in kernel.integers:
            found[key] = random.integers(0, _below(kernel, key, batch), extents)
        else:
            found[key] = random.uniform(0.25, 1.75, extents)
    return found


def _below(kernel: Kernel, key: Name, batch: int) -> int:
    """The smallest extent of an axis that an integer tensor chooses from; 2 if it is only compared."""
    found = []
    for statement in every(kernel.statements):
        for expression in expressions(statement):
            for entry in expression.atoms(Element):
                tensor = kernel.tensors[entry.name]
                pairs = zip(entry.indices, shape(tensor.shape, batch), strict=True)
                found += [n for i, n in pairs if isinstance(i, Element) and i.name == key]
    return min(found, default=2)


def check(nest: Nest, plain: Nest | Sequence[Nest], batch: int, seed: int = 0) -> None:
    """Run a nest and a plain one of the same kernel (or of each of its parts) on the same numbers.

    Raises :class:`Fault`.
    """
    arrays, exact = inputs(nest.kernel, batch, seed), bool(nest.kernel.before)
    found = Machine(nest, arrays, batch, exact).run()
    wanted: dict[Name, Numbers] = {}
    for part in [plain] if isinstance(plain, Nest) else plain:
        wanted |= Machine(part, {**arrays, **wanted}, batch, exact).run()
    for key, values in wanted.items():
        if not np.allclose(found[key].reshape(values.shape), values, rtol=1e-11, atol=1e-12, equal_nan=True):
            raise Fault(f"{nest.kernel.name}: {key.kind} differs from what the kernel says")


__all__ = ["Fault", "Machine", "check", "inputs", "shape"]

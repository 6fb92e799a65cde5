"""Nests as text of the C family.  The base class spells what C, CUDA and C++ share; a target fills in the rest.

No mathematics here: what is computed, in which order and by whom stands in the nest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from sympy import Add, Expr, Integer, Mul, Pow, Rational, oo

from dyadic.codegen.c_functions import call
from dyadic.codegen.c_integers import ATOM, PRODUCT, SUM, IntegerPrinter
from dyadic.codegen.log_sums import Apart
from dyadic.codegen.loops.kernel import Halves, Local, Masked, Nearest
from dyadic.codegen.loops.nest import (
    Array,
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
    steps_of,
)
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply, Element, Index, Tensor
from dyadic.symbolic.printing import factor_key, joined, signed_terms

_FACTORS = 16
"""Powers up to which one is written as a product of so many factors."""


class CPrinter(ABC):
    """Prints one nest.  suffix: ``f`` for float literals, empty for double.

    restrict: how the language says that no two arrays overlap.
    """

    restrict: str

    def __init__(self, nest: Nest, suffix: str) -> None:
        self.nest, self.suffix = nest, suffix
        self.tensors, self.integers = nest.kernel.tensors, nest.kernel.integers
        self.arrays = {array.name: array for array in nest.arrays}
        ranges = {axis.index: axis.extent for axis in nest.kernel.axes} | nest.ranges
        for step in steps_of(nest.steps):
            if isinstance(step, For) and step.start == 0:
                ranges[step.index] = step.stop
        self.whole = IntegerPrinter(self.tensors, ranges)

    @property
    def takes_batch(self) -> bool:
        """Whether the text uses the batch size."""
        return takes_batch(self.nest)

    @abstractmethod
    def kernel(self, about: str) -> str:
        """The kernel with its signature; ``about`` is the comment above it."""

    @abstractmethod
    def barrier(self) -> str: ...

    @abstractmethod
    def vector(self, step: Vector) -> str: ...

    def copying(self, step: Copy | Commit | Wait) -> str:
        """Where a block's memory is filled while its threads go on."""
        raise UnsupportedEquation("C code has no copies that are waited for")

    def warp_product(self, step: WarpProduct) -> str:
        """Where there are tensor cores."""
        raise UnsupportedEquation("C code has no warps")

    def arguments(self) -> list[str]:
        """The kernel's parameters: its arrays, and the batch size if the text uses it."""
        found = [self._argument(tensor) for tensor in parameters(self.nest)]
        return [*found, "const int batch"] if self.takes_batch else found

    def _argument(self, tensor: Tensor) -> str:
        const = "" if tensor in self.nest.kernel.writes else "const "
        return f"{const}{_type(tensor.name in self.integers)}* {self.restrict} {variable(tensor)}"

    def declaration(self, array: Array) -> str:
        extents = [*array.shape[:-1], array.shape[-1] + array.padding]
        shared = "__shared__ __align__(16) " if array.shared else ""  # packs of 16 bytes go in and out
        kind = "Bits" if array.pairs else _type(array.integer)
        return f"{shared}{kind} {array.name}{''.join(f'[{e}]' for e in extents)};"

    # -- steps -----------------------------------------------------------------------------------------------------

    def steps(self, steps: Sequence[Step], depth: int) -> list[str]:
        return [line for step in steps for line in self.step(step, depth)]

    def step(self, step: Step, depth: int) -> list[str]:
        indent = "    " * depth
        match step:
            case IndexValue(index, value):
                return [f"{indent}const int {index.name} = {self.whole(value)};"]
            case Set():
                return [f"{indent}{self._set(step)};"]
            case Combine():
                return [f"{indent}{line}" for line in self._combine(step)]
            case For():
                return self._for(step, depth)
            case Halving(index, first, body):
                head = f"for (int {index.name} = {first}; {index.name} > 0; {index.name} /= 2) {{"
                return [indent + head, *self.steps(body, depth + 1), f"{indent}}}"]
            case If(conditions, body):
                return [
                    f"{indent}if ({self.whole.conditions(conditions)}) {{",
                    *self.steps(body, depth + 1),
                    f"{indent}}}",
                ]
            case Vector():
                return [f"{indent}{self.vector(step)}"]
            case Copy() | Commit() | Wait():
                return [f"{indent}{self.copying(step)}"]
            case WarpProduct():
                return [f"{indent}{self.warp_product(step)}"]
            case Barrier():
                return [f"{indent}{self.barrier()}"]
            case Scope(remark, body):
                return [f"{indent}{{   // {remark}", *self.steps(body, depth + 1), f"{indent}}}"]

    def _for(self, step: For, depth: int) -> list[str]:
        indent, name = "    " * depth, step.index.name
        forward = f"++{name}" if step.step == 1 else f"{name} += {step.step}"
        head = f"for (int {name} = {self.whole(step.start)}; {name} < {self.whole(step.stop)}; {forward}) {{"
        pragma = "#pragma unroll" if step.unroll is True else f"#pragma unroll {step.unroll}"
        unroll = [indent + pragma] if step.unroll else []
        return [*unroll, indent + head, *self.steps(step.body, depth + 1), f"{indent}}}"]

    def _set(self, step: Set) -> str:
        target = self.target(step.target)
        value = self.whole(step.value) if self.is_integer(step.target) else self.real(step.value)
        if not step.new:
            return f"{target} = {value}"
        return f"{'const ' if step.fixed else ''}{'int' if self.is_integer(step.target) else 'real'} {target} = {value}"

    def _combine(self, step: Combine) -> list[str]:
        target, value = self.target(step.target), self.real(step.value)
        if step.kind == "sum":
            return [f"{target} += {value};"]
        if step.kind == "max":
            return [f"{target} = larger({target}, {value});"]
        assert step.place is not None
        assert step.at is not None
        place, at = self.target(step.place), self.whole(step.at)
        test = f"above({value}, {target})"
        if isinstance(step.at, Cell):  # two lanes: of equal values the first in the order of the axis is taken
            test += f" || ({value} == {target} && {at} < {place})"
        return [f"if ({test}) {{", f"    {target} = {value};", f"    {place} = {at};", "}"]

    def is_integer(self, target: Expr) -> bool:
        if isinstance(target, Cell):
            return self.arrays[target.array].integer
        if isinstance(target, Element):
            return target.name in self.integers
        return bool(target.is_integer)

    def target(self, node: Expr) -> str:
        """What stands on the left of an assignment."""
        if isinstance(node, Element):
            return self.whole.entry(node)
        return self.whole(node) if isinstance(node, Cell) else str(node)

    # -- numbers ---------------------------------------------------------------------------------------------------

    def real(self, node: Expr, level: int = SUM) -> str:
        """An expression of the module's type."""
        text, own = self._visit(node)
        return text if own >= level else f"({text})"

    def literal(self, value: Expr) -> str:
        return "-INFINITY" if value == -oo else f"{float(value)!r}{self.suffix}"

    def _visit(self, node: Expr) -> tuple[str, int]:
        if node == -oo or (node.is_number and not node.has(Apply)):
            return self.literal(node), ATOM if node >= 0 else SUM
        if isinstance(node, Element | Cell):
            text = self.target(node)
            return (f"(real){text}", ATOM) if self.is_integer(node) else (text, ATOM)
        if isinstance(node, Local):
            return (f"(real){node}", ATOM) if node.is_integer else (str(node), ATOM)
        if node == BATCH or isinstance(node, Index):
            return f"(real){self.whole(node, ATOM)}", ATOM
        if isinstance(node, Apply):
            return call(node, self.real(node.argument)), ATOM
        if isinstance(node, Apart):
            return f"({self.real(node.args[0])})", ATOM
        if isinstance(node, Nearest):
            return f"{node.form}({self.real(node.args[0])})", ATOM
        if isinstance(node, Halves):
            low, high = (self.real(one) for one in node.args[:2])
            return f"{node.form}_pair({low}, {high})", ATOM
        if isinstance(node, Masked):
            value, *guards = node.args
            return f"({self.whole.conditions(guards)} ? {self.real(value)} : {self.literal(Integer(0))})", ATOM
        if isinstance(node, Add):
            return self._sum(node), SUM
        if isinstance(node, Mul):
            return self._product(node)
        if isinstance(node, Pow) and isinstance(node.exp, Rational):
            return self._power(node)
        raise UnsupportedEquation(f"C code cannot hold {type(node).__name__}")

    def _sum(self, node: Add) -> str:
        return joined([(sign, self.real(term, PRODUCT)) for sign, term in signed_terms(node)])

    def _product(self, node: Mul) -> tuple[str, int]:
        flat = [one for factor in node.args for one in Mul.make_args(factor)]
        number = Mul(*(factor for factor in flat if factor.is_number and not factor.has(Apply)))
        rest = sorted((f for f in flat if not f.is_number or f.has(Apply)), key=factor_key)
        below = [f for f in rest if isinstance(f, Pow) and f.exp.is_negative]
        pieces = [self.real(factor, ATOM) for factor in rest if factor not in below]
        sign = "-" if number == -1 and pieces else ""
        if not sign and (number != 1 or not pieces):
            pieces.insert(0, self.real(number, ATOM))
        text = sign + " * ".join(pieces)
        for factor in below:
            text += f" / {self.real(1 / factor, ATOM)}"
        return text, SUM if sign else PRODUCT

    def _power(self, node: Pow) -> tuple[str, int]:
        if node.exp.is_negative:
            return f"{self.literal(Integer(1))} / {self.real(1 / node, ATOM)}", PRODUCT
        if isinstance(node.exp, Integer) and node.exp <= _FACTORS:
            return " * ".join([self.real(node.base, ATOM)] * int(node.exp)), PRODUCT
        if node.exp == Rational(1, 2):
            return f"sqrt({self.real(node.base)})", ATOM
        return f"pow({self.real(node.base)}, {self.literal(node.exp)})", ATOM


def _type(integer: bool) -> str:
    return "int" if integer else "real"


def takes_batch(nest: Nest) -> bool:
    """Whether a nest's text uses the batch size."""
    kernel = nest.kernel
    extents = [e for t in (*kernel.reads, *kernel.writes) for e in t.shape[1:]]
    found: list[Expr] = [*nest.grid, *extents]
    for step in steps_of(nest.steps):
        if isinstance(step, For):
            found += [step.start, step.stop]
        elif isinstance(step, If | Copy):
            found += step.conditions
        elif isinstance(step, Set | Combine | IndexValue):
            found.append(step.value)
    return any(expression.has(BATCH) for expression in found)


def parameters(nest: Nest) -> list[Tensor]:
    """The array arguments in order."""
    return [*nest.kernel.reads, *nest.kernel.writes]


__all__ = ["CPrinter", "parameters", "takes_batch"]

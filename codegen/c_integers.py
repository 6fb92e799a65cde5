"""Integer expressions and conditions in C: indices, offsets, extents, brackets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Add, Expr, Max, Min, Mul

from dyadic.codegen.loops.nest import Cell
from dyadic.codegen.program import BATCH, variable
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Divides, Element, Index, Inside, Quotient, Remainder, Same, Tensor
from dyadic.symbolic.indices import bounds, numeric
from dyadic.symbolic.printing import joined, signed_terms, whole_term_key
from dyadic.symbolic.tensor_names import Name

SUM, PRODUCT, ATOM = range(3)
_LARGE = 2**31


class IntegerPrinter:
    """Prints integer expressions.

    tensors: the arrays that entries in indices are read from; ranges: extents of the indices, where known.
    """

    def __init__(self, tensors: Mapping[Name, Tensor], ranges: Mapping[Index, Expr]) -> None:
        self.tensors, self.ranges = tensors, dict(ranges)

    def __call__(self, node: Expr, level: int = SUM) -> str:
        text, own = self._visit(node)
        return text if own >= level else f"({text})"

    def _visit(self, node: Expr) -> tuple[str, int]:
        if isinstance(node, Index):
            return node.name, ATOM
        if node == BATCH:
            return "batch", ATOM
        if node.is_Integer:
            return str(node), ATOM if node >= 0 else SUM
        if isinstance(node, Element):
            return self.entry(node), ATOM
        if isinstance(node, Quotient | Remainder):
            return self._division(node)
        if isinstance(node, Mul):
            number, rest = node.as_coeff_Mul()
            pieces = [self(factor, ATOM) for factor in Mul.make_args(rest)]
            text = " * ".join([*([str(number)] if number != 1 else []), *pieces])
            return text, PRODUCT if number > 0 else SUM
        if isinstance(node, Add):
            return self._sum(node), SUM
        if isinstance(node, Cell):
            return node.array + "".join(f"[{self(index)}]" for index in node.indices), ATOM
        if isinstance(node, Max | Min):
            first, *others = [self(part) for part in sorted(node.args, key=lambda part: not part.is_Integer)]
            for other in others:
                first = f"{'at_least' if isinstance(node, Max) else 'at_most'}({first}, {other})"
            return first, ATOM
        if node.is_Symbol:  # an integer that a thread holds
            return str(node), ATOM
        raise UnsupportedEquation(f"{type(node).__name__} is not an integer expression")

    def _sum(self, node: Add) -> str:
        return joined([(sign, self(term, PRODUCT)) for sign, term in signed_terms(node, whole_term_key)])

    def _division(self, node: Expr) -> tuple[str, int]:
        """C rounds towards zero, so a numerator that may be negative needs a function of its own."""
        sign = "/" if isinstance(node, Quotient) else "%"
        top, bottom = node.args
        if nonnegative(top, self.ranges):
            return f"{self(top, PRODUCT)} {sign} {self(bottom, ATOM)}", PRODUCT
        return f"{'floor_quotient' if sign == '/' else 'floor_remainder'}({self(top)}, {self(bottom)})", ATOM

    def offset(self, indices: Sequence[Expr], shape: Sequence[Expr]) -> str:
        """The row-major position; in 64 bits where 32 might not do."""
        wide = len(shape) > 1 and (any(e.has(BATCH) for e in shape) or Mul(*shape) >= _LARGE)
        text = ""
        for index, extent in zip(indices, shape, strict=True):
            if index == 0 and not text:
                continue
            if not text:
                text = f"(size_t){self(index, ATOM)}" if wide else self(index)
                continue
            before = f"({text})" if " + " in text or " - " in text else text
            text = f"{before} * {self(extent, ATOM)}"
            if index != 0:
                text += f" + {self(index)}"
        return text or "0"

    def entry(self, node: Element) -> str:
        """``array[offset]``."""
        tensor = self.tensors[node.name]
        return f"{variable(node)}[{self.offset(node.indices, tensor.shape)}]"

    def condition(self, guard: Expr) -> str:
        """A bracket as a condition."""
        if isinstance(guard, Inside):
            value, extent = guard.args
            below = f"{self(value)} < {self(extent)}"
            if nonnegative(value, self.ranges):
                return f"{self(value)} == 0" if extent == 1 else below
            limits = numeric(bounds(value, self.ranges))
            if limits and extent.is_Integer and limits[1] < extent:
                return f"{self(value)} >= 0"
            return f"{self(value)} >= 0 && {below}"
        if isinstance(guard, Divides):
            return f"{self(guard.args[1], ATOM)} % {self(guard.args[0], ATOM)} == 0"
        if isinstance(guard, Same):
            one, two = guard.args
            return f"{self(one)} == {self(two)}"
        raise UnsupportedEquation(f"{type(guard).__name__} is not a condition")

    def conditions(self, guards: Sequence[Expr]) -> str:
        return " && ".join(dict.fromkeys(self.condition(guard) for guard in guards))


def nonnegative(node: Expr, ranges: Mapping[Index, Expr]) -> bool:
    """Whether an integer expression is certainly not negative; indices never are."""
    if isinstance(node, Index) or node == BATCH:
        return True
    if isinstance(node, Remainder):
        return True
    if isinstance(node, Quotient):
        return nonnegative(node.args[0], ranges)
    limits = numeric(bounds(node, ranges))
    if limits is not None:
        return limits[0] >= 0
    if isinstance(node, Mul):
        return all(nonnegative(factor, ranges) for factor in node.args)
    if isinstance(node, Add):
        known = [term for term in node.args if numeric(bounds(term, ranges)) is not None]
        rest = [term for term in node.args if term not in known]
        low = numeric(bounds(Add(*known), ranges))
        return low is not None and low[0] >= 0 and all(nonnegative(term, ranges) for term in rest)
    return False


__all__ = ["ATOM", "PRODUCT", "SUM", "IntegerPrinter", "nonnegative"]

"""Matrix products of gathered operands as C: copies into the arrays ``gathered``, and calls of ``product``."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer

from dyadic.codegen.c_printer import CPrinter
from dyadic.codegen.loops.gathered import GatheredOperand, GatheredProduct, size
from dyadic.codegen.loops.kernel import Axis
from dyadic.codegen.loops.product import MatrixView
from dyadic.codegen.loops.sequential import START, limits
from dyadic.codegen.program import variable
from dyadic.symbolic.expressions import Element

LEFT, RIGHT = "gathered[0]", "gathered[1]"


def lines(printer: CPrinter, product: GatheredProduct) -> list[str]:
    """The loops around the product, the copies and the call."""
    text: list[str] = []
    if isinstance(product.left, GatheredOperand) and product.fixed:
        text += _copied(printer, product.left, LEFT, 1)
    around = (*product.outer, *product.summed)
    text += [_for(printer, axis, depth) for depth, axis in enumerate(around, 1)]
    within = 1 + len(around)
    if isinstance(product.left, GatheredOperand) and not product.fixed:
        text += _copied(printer, product.left, LEFT, within)
    text += _copied(printer, product.right, RIGHT, within)
    text.append("    " * within + _call(printer, product))
    return text + ["    " * depth + "}" for depth in range(len(around), 0, -1)]


def _for(printer: CPrinter, axis: Axis, depth: int) -> str:
    name = axis.index.name
    return f"{'    ' * depth}for (int {name} = 0; {name} < {printer.whole(axis.extent)}; ++{name}) {{"


def _call(printer: CPrinter, product: GatheredProduct) -> str:
    rows, columns, depth = (size(axes) for axes in (product.rows, product.columns, product.depth))
    along_depth = product.right.fast == product.depth
    right = f"{RIGHT}, {1 if along_depth else columns}, {depth if along_depth else 1}"
    left = f"{LEFT}, {depth}, 1" if isinstance(product.left, GatheredOperand) else place(printer, product.left)
    out = place(printer, product.out).rpartition(", ")[0]
    more = " || ".join(f"{axis.index.name} != 0" for axis in product.summed) or "0"
    return f"product({rows}, {columns}, {depth}, {left}, {right}, {out}, {printer.real(product.scale)}, {more});"


def place(printer: CPrinter, view: MatrixView) -> str:
    """``first, row stride, column stride``."""
    first = f"&{printer.whole.entry(view.entry)}" if any(view.entry.indices) else variable(view.entry)
    return f"{first}, {view.row}, {view.column}"


def _copied(printer: CPrinter, gather: GatheredOperand, into: str, depth: int) -> list[str]:
    """Loops over the copy's rows, in each of which the last axis is copied where its brackets hold."""
    *around, last = (*gather.slow, *gather.fast)
    before, low, high, within = (_from_zero(part) for part in limits(gather.operand.guards, last.index, size([last])))
    text = [_for(printer, axis, depth + k) for k, axis in enumerate(around)]
    indent, name = "    " * (depth + len(around)), last.index.name
    offset = printer.whole.offset([axis.index for axis in around] + [Integer(0)], [a.extent for a in (*around, last)])
    text.append(f"{indent}real* to = {into} + {offset};")
    if gather.operand.guards:
        text.append(f"{indent}for (int {name} = 0; {name} < {size([last])}; ++{name}) {{ to[{name}] = 0; }}")
    condition = f"if ({printer.whole.conditions(before)}) " if before else ""
    value = f"to[{name}] = {printer.whole.entry(_entry(gather))};"
    value = f"if ({printer.whole.conditions(within)}) {{ {value} }}" if within else value
    loop = f"for (int {name} = {printer.whole(low)}; {name} < {printer.whole(high)}; ++{name}) {{ {value} }}"
    text.append(f"{indent}{condition}{loop}")
    return text + ["    " * (depth + k) + "}" for k in reversed(range(len(around)))]


def _entry(gather: GatheredOperand) -> Element:
    return gather.operand.entry


def _from_zero(part: Expr | Sequence[Expr]) -> Expr | tuple[Expr, ...]:
    """Limits of an axis that is not cut into chunks."""
    if isinstance(part, Expr):
        return part.xreplace({START: Integer(0)})
    return tuple(one.xreplace({START: Integer(0)}) for one in part)


__all__ = ["lines", "place"]

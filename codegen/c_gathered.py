"""Matrix products of gathered operands as C: copies into the arrays ``gathered``, and calls of ``product``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Integer

from dyadic.codegen.c_printer import CPrinter
from dyadic.codegen.loops.gathered import GatheredOperand, GatheredProduct, size
from dyadic.codegen.loops.kernel import Axis
from dyadic.codegen.loops.product import MatrixView
from dyadic.codegen.loops.sequential import START, limits
from dyadic.codegen.program import variable

LEFT, RIGHT = "gathered[0]", "gathered[1]"
_WRITTEN_OUT = 8
"""The longest axis that is written out."""


def lines(printer: CPrinter, product: GatheredProduct) -> list[str]:
    """The loops around the product, the copies and the call."""
    left = copied(printer, product.left, LEFT) if isinstance(product.left, GatheredOperand) else []
    inside = [*copied(printer, product.right, RIGHT), _call(printer, product)]
    around = (*product.outer, *product.summed)
    if product.fixed:
        return [*left, *looped(printer, around, inside)]
    return looped(printer, around, [*left, *inside])


def looped(printer: CPrinter, axes: Sequence[Axis], body: Sequence[str]) -> list[str]:
    """Lines in loops over the axes, the last the innermost."""
    text = list(body)
    for axis in reversed(axes):
        name = axis.index.name
        head = f"for (int {name} = 0; {name} < {printer.whole(axis.extent)}; ++{name}) {{"
        text = [head, *(f"    {line}" for line in text), "}"]
    return text


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


def copied(printer: CPrinter, gather: GatheredOperand, into: str) -> list[str]:
    """Loops over the copy's rows, in each of which the last axis is copied where its brackets hold.

    A short axis that moves the first or last entry of a row is written out, so that a row has a length that the
    compiler knows: of a 3 x 3 window's rows of 16, one is 16 entries and two are 15.
    """
    *around, last = (*gather.slow, *gather.fast)
    _, low, high, _ = limits(gather.operand.guards, last.index, size([last]))
    moving = low.free_symbols | high.free_symbols
    short = next((a for a in around if a.index in moving and size([a]) <= _WRITTEN_OUT), None)
    if short is None:
        return looped(printer, around, _row(printer, gather, into, {}))
    place = around.index(short)
    lines: list[str] = []
    for value in range(size([short])):
        row = looped(printer, around[place + 1 :], _row(printer, gather, into, {short.index: Integer(value)}))
        lines += row if around[place + 1 :] else ["{", *(f"    {line}" for line in row), "}"]
    return looped(printer, around[:place], lines)


def _row(printer: CPrinter, gather: GatheredOperand, into: str, at: Mapping[Expr, Expr]) -> list[str]:
    """One row of the copy.  at: the value of an axis that is written out."""
    *around, last = (*gather.slow, *gather.fast)
    guards = [guard.xreplace(dict(at)) for guard in gather.operand.guards]
    before, low, high, within = (_from_zero(part) for part in limits(guards, last.index, size([last])))
    name = last.index.name
    indices = [*(at.get(axis.index, axis.index) for axis in around), Integer(0)]
    text = [f"real* to = {into} + {printer.whole.offset(indices, [a.extent for a in (*around, last)])};"]
    if guards:
        text.append(f"for (int {name} = 0; {name} < {size([last])}; ++{name}) {{ to[{name}] = 0; }}")
    condition = f"if ({printer.whole.conditions(before)}) " if before else ""
    value = f"to[{name}] = {printer.whole.entry(gather.operand.entry.xreplace(dict(at)))};"
    value = f"if ({printer.whole.conditions(within)}) {{ {value} }}" if within else value
    loop = f"for (int {name} = {printer.whole(low)}; {name} < {printer.whole(high)}; ++{name}) {{ {value} }}"
    return [*text, condition + loop]


def _from_zero(part: Expr | Sequence[Expr]) -> Expr | tuple[Expr, ...]:
    """Limits of an axis that is not cut into chunks."""
    if isinstance(part, Expr):
        return part.xreplace({START: Integer(0)})
    return tuple(one.xreplace({START: Integer(0)}) for one in part)


__all__ = ["RIGHT", "copied", "lines", "looped", "place"]

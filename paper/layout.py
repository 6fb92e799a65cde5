"""Where a long equation is broken into rows: between terms, and within a product between its factors."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Mul

from dyadic.symbolic.expressions import Bracket, Element, Reduction, walk
from dyadic.symbolic.printing import POWER, PRODUCT, Printer, TextPrinter, signed_terms

WIDTH = 60.0
"""How wide a row may be, in letters: about one column of a paper in two columns."""
_SCRIPT = 0.6
_SUM = 3.0
Piece = tuple[str, float]
"""A part of a row and its width."""

_TEXT = TextPrinter()


def extent(node: Expr) -> float:
    """Roughly how wide an expression is typeset, in letters: scripts are small and stand above one another."""
    found = float(len(_TEXT(node)))
    for part in walk(node):
        if isinstance(part, Element):
            found += _entry(part) - len(_TEXT(part))
        elif isinstance(part, Bracket):
            found += sum(_entry(entry) - len(_TEXT(entry)) for entry in part.atoms(Element))
        elif isinstance(part, Reduction):
            found += _SUM - len(_TEXT.reduction(part, ""))
    return found


def _entry(node: Element) -> float:
    indices = sum(len(_TEXT(index)) + 1 for index in node.indices)
    return 1 + _SCRIPT * max(len(str(node.name.owner)), indices)


def rows(printer: Printer, body: Expr, room: float, cross: str) -> list[str]:
    """The right-hand side of an equation as rows no wider than ``room``, if it can be broken so.

    ``cross``: the sign of multiplication, which begins a row that continues a product.
    """
    found: list[str] = []
    row, width = "", 0.0
    for position, (sign, term) in enumerate(signed_terms(body)):
        sign = "" if sign == "+" and not position else sign
        parts = pieces(printer, term)
        whole = sum(size for _, size in parts)
        if row and width + 2 + whole > room:  # a term begins a row rather than being cut
            found, row, width = [*found, row], "", 0.0
        for number, (text, size) in enumerate(parts):
            if number and width + size > room:
                found, row, width = [*found, row], f"{cross} {text}", size + 2
            elif number:
                row, width = printer.product([row, text]), width + size
            else:
                row, width = f"{row} {sign} {text}".strip(), width + size + 2
    return [*found, row]


def pieces(printer: Printer, term: Expr) -> list[Piece]:
    """The factors of a product, those under its sums included; one piece where it is no plain product."""
    if isinstance(term, Reduction):
        head = printer.reduction(term, "").strip()
        if isinstance(term.body, Add) or term.body.could_extract_minus_sign():
            return [(f"{head} {printer(term.body, PRODUCT)}", _SUM + extent(term.body))]
        (first, size), *others = pieces(printer, term.body)
        return [(f"{head} {first}", _SUM + size), *others]
    top, bottom = printer.factors(term) if isinstance(term, Mul) else ([], [])
    if top and not bottom:
        *front, last = top
        return [*((printer(factor, POWER), extent(factor) + 0.5) for factor in front), *_last(printer, last)]
    return [(printer(term, PRODUCT), extent(term))]


def _last(printer: Printer, factor: Expr) -> Sequence[Piece]:
    return pieces(printer, factor) if isinstance(factor, Reduction) else [(printer(factor, POWER), extent(factor))]

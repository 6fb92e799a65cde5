"""Where a long equation is broken into rows: between terms, and within a product between its factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Mul

from dyadic.paper.widths import BRACKETS, QUAD, SIGN, SPACE, Ruler
from dyadic.symbolic.expressions import Reduction
from dyadic.symbolic.printing import POWER, PRODUCT, Printer, signed_terms

WIDTH = 375.0
"""How wide a row may be where a line has room for it, in points of a font of 10 points."""
NARROW = 228.0
"""The same in a column of a paper in two columns."""
_LONG_NUMBER = 8
"""A coefficient with more digits stands as a fraction of its own, beside which a row can end."""
Piece = tuple[str, float]
"""A part of a row and its width."""


@dataclass(frozen=True)
class RowPart:
    """A term (its ``sign`` before it) or a further factor (``sign`` empty) of a right-hand side.

    wide, narrow: whether a row begins with it where the line is wide, and in a narrow column.
    """

    text: str
    sign: str = ""
    wide: bool = False
    narrow: bool = False


def parts(printer: Printer, ruler: Ruler, body: Expr, left: float) -> list[RowPart]:
    """The right-hand side of an equation whose left-hand side is so wide, with the places where rows begin."""
    found: list[RowPart] = []
    sizes: list[tuple[float, float]] = []  # of each part its own width, and that of the term that it begins
    for position, (sign, term) in enumerate(signed_terms(body)):
        sign, term = _positive(sign, term)
        cut = pieces(printer, ruler, term)
        for number, (text, size) in enumerate(cut):
            found.append(RowPart(text, "" if number or (sign == "+" and not position) else sign))
            sizes.append((size, 0.0 if number else sum(width for _, width in cut)))
    wide = _breaks(sizes, WIDTH - left, WIDTH - left)
    narrow = _breaks(sizes, NARROW - left, NARROW)
    return [
        RowPart(part.text, part.sign, place in wide, place in narrow) for place, part in enumerate(found)
    ]  # fmt: skip


def _positive(sign: str, term: Expr) -> tuple[str, Expr]:
    """A sum of negative products as a negative sum of products."""
    if isinstance(term, Reduction) and term.kind == "sum" and not isinstance(term.body, Add):
        inner, body = ("-", -term.body) if term.body.could_extract_minus_sign() else _positive("+", term.body)
        if inner == "-":
            return "+" if sign == "-" else "-", Reduction("sum", term.index, term.extent, body)
    return sign, term


def _breaks(sizes: Sequence[tuple[float, float]], first: float, others: float) -> set[int]:
    """The places at which rows begin: a term begins a row rather than being cut."""
    found: set[int] = set()
    width, room = 0.0, first
    for place, (size, whole) in enumerate(sizes):
        needed = width + SIGN + whole if whole else width + size
        if place and width and needed > room:
            found.add(place)
            width, room = QUAD, others
        width += size + (SIGN if whole else 0)
    return found


def pieces(printer: Printer, ruler: Ruler, term: Expr) -> list[Piece]:
    """The factors of a product, those under its sums included; one piece where it is no plain product."""
    if isinstance(term, Reduction):
        head, width = printer.reduction(term, "").strip(), ruler.head(term)
        if isinstance(term.body, Add) or term.body.could_extract_minus_sign():
            return [(f"{head} {printer(term.body, PRODUCT)}", width + ruler(term.body) + BRACKETS)]
        (first, size), *others = pieces(printer, ruler, term.body)
        return [(f"{head} {first}", width + size), *others]
    top, bottom = printer.factors(term) if isinstance(term, Mul) else ([], [])
    if len(top) > 1 and bottom and all(f.is_number for f in (top[0], *bottom)) and len(str(top[0])) > _LONG_NUMBER:
        number = Mul(top.pop(0), *(1 / f for f in bottom))
        return [(printer(number, POWER), ruler(number) + SPACE), *pieces(printer, ruler, Mul(*top))]
    if top and not bottom:
        *front, last = top
        before = [
            (printer(factor, POWER), ruler(factor) + BRACKETS * isinstance(factor, Add) + SPACE) for factor in front
        ]
        if isinstance(last, Reduction):
            return [*before, *pieces(printer, ruler, last)]
        return [*before, (printer(last, POWER), ruler(last) + BRACKETS * isinstance(last, Add))]
    return [(printer(term, PRODUCT), ruler(term))]

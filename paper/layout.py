"""Where a long equation is broken into rows: between terms, between the factors of a product, and within brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, Mul, Pow, S

from dyadic.paper.symbols import NotationPrinter
from dyadic.paper.widths import BRACKETS, QUAD, SIGN, SPACE, Ruler
from dyadic.symbolic.expressions import Reduction
from dyadic.symbolic.printing import POWER, PRODUCT, signed_terms

WIDTH = 375.0
"""How wide a row may be where a line has room for it, in points of a font of 10 points."""
NARROW = 228.0
"""The same in a column of a paper in two columns."""
_LONG_NUMBER = 8
"""A coefficient with more digits stands as a fraction of its own, beside which a row can end."""


@dataclass(frozen=True)
class Piece:
    """A part of a row before which another row can begin.

    width: its own.  sign: of the term that begins with it; a further factor has none.  term: how wide that term is.
    """

    text: str
    width: float
    sign: str = ""
    term: float = 0.0


@dataclass(frozen=True)
class RowPart:
    """A term (its ``sign`` before it) or a further factor (``sign`` empty) of a right-hand side.

    wide, narrow: whether a row begins with it where the line is wide, and in a narrow column.
    """

    text: str
    sign: str = ""
    wide: bool = False
    narrow: bool = False


def parts(printer: NotationPrinter, ruler: Ruler, body: Expr, left: float, narrowest: float) -> list[RowPart]:
    """The right-hand side of an equation with the places where rows begin.

    left: how wide the left-hand side is.  narrowest: the narrowest column for which there are rows.
    """
    found = Cutter(printer, ruler).of_sum(body, narrowest - left - SIGN)
    wide = breaks(found, WIDTH - left, WIDTH - left)
    narrow = breaks(found, NARROW - left, NARROW)
    return [RowPart(piece.text, piece.sign, place in wide, place in narrow) for place, piece in enumerate(found)]


def breaks(pieces: Sequence[Piece], first: float, others: float) -> set[int]:
    """The places at which rows begin: a term begins a row rather than being cut.

    first: the room in the first row.  others: the room in those below it.
    """
    found: set[int] = set()
    width, room = 0.0, first
    for place, piece in enumerate(pieces):
        needed = width + SIGN + piece.term if piece.term else width + piece.width
        if place and width and needed > room:
            found.add(place)
            width, room = QUAD, others
        width += piece.width + (SIGN if piece.term else 0)
    return found


class Cutter:
    """Cuts expressions into pieces.  room: brackets and fractions that are wider than this are opened."""

    def __init__(self, printer: NotationPrinter, ruler: Ruler) -> None:
        self._printer, self._ruler = printer, ruler

    def of_sum(self, body: Expr, room: float) -> list[Piece]:
        """The terms, each with its factors behind it."""
        found: list[Piece] = []
        for position, (sign, term) in enumerate(signed_terms(body)):
            sign, term = _positive(sign, term)
            first, *others = self.of_product(term, room)
            shown = "" if sign == "+" and not position else sign
            found += [replace(first, sign=shown, term=first.width + sum(piece.width for piece in others)), *others]
        return found

    def of_product(self, term: Expr, room: float) -> list[Piece]:
        """The factors, those under its sums included; one piece where it is no product."""
        if isinstance(term, Reduction):
            head, width = self._printer.reduction(term, "").strip(), self._ruler.head(term)
            cut = self._in_brackets if term.body.could_extract_minus_sign() else self.of_product
            first, *others = cut(term.body, room - width)
            return [replace(first, text=self._printer.under(head, first.text), width=width + first.width), *others]
        top, bottom = self._printer.factors(term) if isinstance(term, Mul) else ([], [])
        if not top:
            return self._factor(term, room)
        if not bottom:
            *front, last = top
            behind = (self.of_product if isinstance(last, Reduction) else self._factor)(last, room)
            return [*(piece for factor in front for piece in _spaced(self._factor(factor, room))), *behind]
        number, *others = top
        long = number.is_number and all(f.is_number for f in bottom) and len(str(number)) > _LONG_NUMBER
        if not (long or self._ruler(term) > room) or not (others or isinstance(number, Add)):
            return [self._whole(term)]
        if number.is_number:
            coefficient, rest = Mul(number, *(1 / f for f in bottom)), Mul(*others)
        else:
            coefficient, rest = Mul(*(1 / f for f in bottom)), Mul(*top)
        return [
            Piece(self._printer(coefficient, PRODUCT), self._ruler(coefficient) + SPACE),
            *self.of_product(rest, room),
        ]

    def _factor(self, node: Expr, room: float) -> list[Piece]:
        if isinstance(node, Add):
            return self._in_brackets(node, room)
        if isinstance(node, Pow) and isinstance(node.base, Add) and node.exp.is_Integer and node.exp > 0:
            return self._in_brackets(node.base, room, node.exp)
        if isinstance(node, Reduction):
            return [Piece(self._printer(node, POWER), self._ruler(node) + BRACKETS)]
        return [self._whole(node)]

    def _whole(self, node: Expr) -> Piece:
        return Piece(self._printer(node, PRODUCT), self._ruler(node))

    def _in_brackets(self, body: Expr, room: float, exponent: Expr = S.One) -> list[Piece]:
        """A sum in brackets, of which each term is a piece where it is wider than the room."""
        power = body**exponent
        width = self._ruler(power) + (BRACKETS if power == body else 0.0)
        if width <= room:
            return [Piece(self._printer(power, POWER), width)]
        pieces = self.of_sum(body, room)
        opening, closing = self._printer.sized_brackets("".join(piece.text for piece in pieces))
        if exponent != 1:
            closing += self._printer.script("^", self._printer(exponent))
        first = pieces[0]
        pieces[0] = replace(
            first, text=f"{opening}{first.sign}{first.text}", sign="", term=0.0, width=first.width + BRACKETS / 2
        )
        last = pieces[-1]
        pieces[-1] = replace(last, text=f"{last.text}{closing}", width=last.width + BRACKETS)
        return pieces


def _spaced(pieces: Sequence[Piece]) -> list[Piece]:
    """Factors with the space that another one follows after."""
    *front, last = pieces
    return [*front, replace(last, width=last.width + SPACE)]


def _positive(sign: str, term: Expr) -> tuple[str, Expr]:
    """A sum of negative products as a negative sum of products."""
    if isinstance(term, Reduction) and term.kind == "sum" and not isinstance(term.body, Add):
        inner, body = ("-", -term.body) if term.body.could_extract_minus_sign() else _positive("+", term.body)
        if inner == "-":
            return "+" if sign == "-" else "-", Reduction("sum", term.index, term.extent, body)
    return sign, term

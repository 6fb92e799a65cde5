"""How wide formulas are: a ruler that reads the MathML of an expression, whatever it will be typeset in."""

from __future__ import annotations

import unicodedata
from functools import cache
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import fromstring

from sympy import Expr

from dyadic.paper.document import Document
from dyadic.paper.mathml import MathmlPrinter, assemble
from dyadic.symbolic.expressions import Reduction

SPACE = 1.7
"""Between two factors: a thin space, in points of a font of 10 points, as all widths here are."""
RELATION, SIGN, BRACKETS, QUAD = 13.3, 12.2, 8.0, 10.0
"""An equals sign and a plus sign, each with its spaces, a pair of brackets, and what a further row begins with."""
_SCRIPT, _SCRIPT_OF_SCRIPT = 0.74, 0.58
_OPERATORS = {
    **dict.fromkeys("=<>≤≥←∈", RELATION), **dict.fromkeys("+−", SIGN), "∣": 8.4, "·": 7.3, ",": 4.5, ";": 4.5,
    **dict.fromkeys("()", BRACKETS / 2), **dict.fromkeys("[]", 2.9), **dict.fromkeys("⌊⌋⟨⟩", 4.5), "/": 5.0, "|": 2.8,
    "\u2062": SPACE, "∑": 14.6, "′": 3.0, "{": 5.5, ":": 8.4,
}  # fmt: skip
_SPACES = {
    **dict.fromkeys("=<>≤≥←∈", 5.6), **dict.fromkeys("+−", 4.4), "∣": 5.6, "·": 4.4, ",": 1.7, ";": 1.7, ":": 5.6,
}  # fmt: skip
"""Which part of an operator's width is space around it, which there is none of in a script."""
_NARROW, _BROAD = frozenset("ijlt1I.,'"), frozenset("mwMW")


class Ruler:
    """Measures expressions as one network's notation prints them.  kind: as that of a printer."""

    def __init__(self, document: Document) -> None:
        self._printer = MathmlPrinter(document.notation, document.named, document.aliases)
        self._known: dict[tuple[str, Expr], float] = {}
        self.kind = ""

    def __call__(self, node: Expr) -> float:
        """The width of an expression in a display, in points of a font of 10 points."""
        if (self.kind, node) not in self._known:
            self._printer.kind = self.kind
            self._known[self.kind, node] = _width(self._printer(node))
        return self._known[self.kind, node]

    def head(self, node: Reduction) -> float:
        """The width of a sum's sign with what stands under it."""
        self._printer.kind = self.kind
        return _width(self._printer.reduction(node, "")) + SPACE


def _width(mathml: str) -> float:
    return _row(fromstring(f"<mrow>{assemble(mathml)}</mrow>"), 1.0)


def _row(node: Node, scale: float) -> float:
    return sum(_of(child, scale) for child in node)


def _of(node: Node, scale: float) -> float:
    children = list(node)
    match node.tag:
        case "mi" | "mn" | "mtext" | "mo":
            return scale * _text(node.text or "", node.tag, scale)
        case "msub" | "msup":
            return _of(children[0], scale) + _of(children[1], _smaller(scale)) + 0.5
        case "msubsup":
            return _of(children[0], scale) + max(_of(child, _smaller(scale)) for child in children[1:]) + 0.5
        case "munder":
            return max(_of(children[0], scale), _of(children[1], _smaller(scale))) + SPACE
        case "mover":
            return _of(children[0], scale)
        case "mfrac":
            inner = scale if scale == 1.0 else _smaller(scale)
            return max(_of(child, inner) for child in children) + 2.6
        case "msqrt":
            return _row(node, scale) + 8.5
        case "mspace":
            return 10.0 * float(node.attrib["width"].removesuffix("em"))
        case "mtable":
            columns = zip(*([_row(cell, scale) for cell in row] for row in children), strict=True)
            return sum(map(max, columns)) + 10.0 * len(children[0])
    return _row(node, scale)


def _smaller(scale: float) -> float:
    return _SCRIPT if scale == 1.0 else _SCRIPT_OF_SCRIPT


@cache
def _text(text: str, tag: str, scale: float) -> float:
    if tag == "mo" and len(text) == 1:
        found = _OPERATORS.get(text, 6.0)
        return found - _SPACES.get(text, 0.0) if scale < 1.0 else found
    return sum(_letter(character, tag) for character in text) + (SPACE if tag == "mo" or len(text) > 1 else 0.0)


def _letter(character: str, tag: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 10.0
    if character.isdigit():
        return 5.0
    upright = tag == "mtext"
    if character in _BROAD:
        return 8.0 if upright else 9.0
    if character in _NARROW or (upright and character in "fr"):
        return 3.2 if upright else 4.0
    return (7.0 if upright else 7.8) if character.isupper() else 5.0 if upright else 5.6

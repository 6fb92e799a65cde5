r"""Brackets in LaTeX: delimiters, absolute values, norms, conditions, put into the text notation."""

from __future__ import annotations

from collections.abc import Sequence

from dyadic.proofs.statements.parsing.latex_source import Cursor, LatexNode, content
from dyadic.proofs.statements.parsing.latex_symbols import INDICATOR, RELATIONS, SYMBOLS
from dyadic.proofs.statements.parsing.tokens import Unreadable

_NORMS = {"1": ", 1", "2": ", 2", "F": "", r"\mathrmF": "", r"\textF": ""}
"""What stands below a norm, and how the text notation tells it: that of Frobenius is of all entries."""


class LatexBrackets:
    """The part of the LaTeX reader that knows brackets; the rest translates what is in them."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, int]] = []

    def _item(self, cursor: Cursor) -> None:
        raise NotImplementedError

    def _emit(self, text: str, at: int) -> None:
        self._pieces.append((text, at))

    def _text_of(self, found: Sequence[LatexNode], end: int) -> str:
        """The translation of some nodes, apart."""
        before, self._pieces = self._pieces, []
        self._translated(Cursor(found, end))
        text = " ".join(piece for piece, _ in self._pieces)
        self._pieces = before
        return text

    def _translated(self, cursor: Cursor) -> None:
        while cursor.next < len(cursor.nodes):
            self._item(cursor)

    def _bracketed(self, found: Sequence[LatexNode], at: int) -> None:
        self._emit("(", at)
        self._translated(Cursor(found, at))
        self._emit(")", at)

    def _delimiter(self, cursor: Cursor) -> None:
        left = cursor.take().text == r"\left"
        node = cursor.peek()
        if node.text in ("|", r"\vert", r"\lvert", r"\rvert"):
            if not left:
                raise Unreadable(node.at, r"\right| closes no \left|")
            cursor.take()
            self._absolute(cursor.until(r"\left", r"\right", r"\left| is not closed"), cursor, node.at)
        elif node.text in (r"\|", r"\Vert", r"\lVert", r"\langle") and left:
            cursor.take()
            self._of_wholes(cursor, node)

    def _absolute(self, inner: list[LatexNode], cursor: Cursor, at: int) -> None:
        if cursor.take().text not in ("|", r"\vert", r"\rvert"):
            raise Unreadable(at, r"\left| is closed by another bracket")
        self._emit("abs", at)
        self._bracketed(inner, at)

    def _modulus(self, cursor: Cursor) -> None:
        start = cursor.take()
        if start.text == r"\lvert":
            inner = cursor.until(r"\lvert", r"\rvert", r"\lvert is not closed")
        else:
            inner = cursor.until("", "|", "this bar is not closed")
            spaced = not inner or inner[0].at > start.at + 1
            if spaced or any(node.text == "|" for node in inner):
                raise Unreadable(start.at, r"an absolute value is written |a|, \lvert a \rvert or \left| a \right|")
        self._emit("abs", start.at)
        self._bracketed(inner, start.at)

    def _of_wholes(self, cursor: Cursor, opening: LatexNode) -> None:
        """A norm, or a product of vectors in angle brackets."""
        closing = {r"\lVert": r"\rVert", r"\langle": r"\rangle"}.get(opening.text, opening.text)
        first = opening.text if closing != opening.text else ""
        inner = [n for n in cursor.until(first, closing, "this is not closed") if n.text not in (r"\left", r"\right")]
        order = "" if opening.text == r"\langle" else self._order(cursor)
        self._emit("dot" if opening.text == r"\langle" else "norm", opening.at)
        self._emit("(", opening.at)
        self._translated(Cursor(inner, opening.at))
        self._emit(f"{order})", opening.at)

    def _order(self, cursor: Cursor) -> str:
        """Which norm it is, by what stands below its bars, before or behind a power."""
        ahead = 0 if cursor.is_at("_") else 2 if cursor.is_at("^") and cursor.peek(2).text == "_" else None
        if ahead is None:
            return ""
        mark = cursor.peek(ahead + 1)
        written = "".join(node.text for node in content(mark)).strip()
        if written not in _NORMS:
            raise Unreadable(mark.at, f"a norm with {written or 'this'} below its bars is not read: 1, 2 or F")
        cursor.nodes = [*cursor.nodes[: cursor.next + ahead], *cursor.nodes[cursor.next + ahead + 2 :]]
        return _NORMS[written]

    def _square(self, found: Sequence[LatexNode], at: int) -> None:
        """A condition, or brackets that only group."""
        if any(node.kind != "group" and SYMBOLS.get(node.text, node.text) in RELATIONS for node in found):
            self._condition(found, at)
        else:
            self._bracketed([node for node in found if node.text not in (r"\left", r"\right")], at)

    def _condition(self, found: Sequence[LatexNode], at: int) -> None:
        self._emit(f"[{self._text_of(found, at)}]", at)

    def _indicator(self, cursor: Cursor) -> bool:
        r"""``\mathbb{1}[...]``, ``\mathbb{1}_{...}``, ``\mathbf{1}\{...\}``: 1 where the condition holds."""
        node, one = cursor.peek(), cursor.peek(1)
        if node.text not in INDICATOR or one.text.strip() not in ("1", "I"):
            return False
        after = 3 if cursor.peek(2).text == r"\left" else 2
        opening = cursor.peek(after)
        closing = {"[": "]", "(": ")", r"\{": r"\}", r"\lbrace": r"\rbrace"}.get(opening.text)
        if opening.text == "_":
            cursor.next += 3
            self._condition(content(cursor.argument()), node.at)
            return True
        if closing is None or opening.kind == "group":
            return False
        cursor.next += after + 1
        inner = cursor.until(opening.text, closing, "this bracket is not closed")
        self._condition([each for each in inner if each.text not in (r"\left", r"\right")], node.at)
        return True

r"""The LaTeX notation: what ``dyadic derive --format latex`` prints and its variants, put into the text notation.

``\frac{\partial C}{\partial x^{\text{out}}_i}`` becomes ``dC/dx_out[i]``, which text.py reads; a place in the text is
a place in the LaTeX.  A command that is not listed is an error.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from dyadic.proofs.statements.parsing.index_text import split
from dyadic.proofs.statements.parsing.latex_brackets import LatexBrackets
from dyadic.proofs.statements.parsing.latex_names import FONTS, Names
from dyadic.proofs.statements.parsing.latex_ranges import cases_text, range_texts, scripts_of
from dyadic.proofs.statements.parsing.latex_source import (
    Cursor,
    LatexNode,
    content,
    goes_on,
    is_empty,
    nodes,
    parts,
    transposed_by,
    without_d,
    words_for,
)
from dyadic.proofs.statements.parsing.latex_symbols import (
    CALLS,
    FRACTIONS,
    FUNCTION_OF,
    LISTED,
    REDUCTIONS,
    SYMBOLS,
)
from dyadic.proofs.statements.parsing.text import TextReader
from dyadic.proofs.statements.parsing.tokens import CLAIMED, Limits, Token, Unreadable, doubtful_argument
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary


class LatexReader(LatexBrackets):
    """Tokens of one :func:`latex_source.formula`; arguments as for :class:`TextReader`."""

    def __init__(self, source: str, vocabulary: Vocabulary, define: bool = False, limits: Limits = CLAIMED) -> None:
        super().__init__()
        self._limits, self._source = limits, source
        self._vocabulary, self._define = vocabulary, define
        self._names = Names(vocabulary, define)
        self._translated(Cursor(nodes(source, limits), len(source)))

    @property
    def text(self) -> str:
        """The formula in the text notation."""
        return " ".join(piece for piece, _ in self._pieces)

    def tokens(self) -> list[Token]:
        text, starts, places = "", [], []
        for piece, at in self._pieces:
            starts.append(len(text))
            places.append(at)
            text += f"{piece} "

        def back(position: int) -> int:
            return places[max(bisect_right(starts, position) - 1, 0)] if places else 0

        try:
            found = TextReader(text.rstrip(), self._vocabulary, self._define, self._limits).tokens()
        except Unreadable as error:
            raise Unreadable(back(error.position), error.problem) from error
        return [Token(token.kind, token.value, back(token.position)) for token in found]

    def _item(self, cursor: Cursor) -> None:
        node = cursor.peek()
        if node.kind == "group":
            cursor.take()
            if node.inner or not is_empty(cursor, self._source, node.at):
                self._bracketed(node.inner, node.at)
        elif node.kind == "number":
            cursor.take()
            self._emit(node.text.removesuffix("."), node.at)
        elif cursor.is_at(r"\left", r"\right"):
            self._delimiter(cursor)
        elif cursor.is_at(r"\lvert", "|"):
            self._modulus(cursor)
        elif cursor.is_at(r"\|", r"\lVert", r"\Vert", r"\langle"):
            cursor.take()
            self._of_wholes(cursor, node)
        elif cursor.is_at("["):
            cursor.take()
            self._square(cursor.until("[", "]", "this bracket is not closed"), node.at)
        elif cursor.is_at("_"):
            cursor.take()
            inside = self._indices(content(cursor.argument()), cursor.end)
            self._emit(self._placed("", inside, cursor), node.at)
        elif cursor.is_at("^"):
            self._superscript(cursor)
        elif not self._special(cursor):
            self._named(cursor)

    def _special(self, cursor: Cursor) -> bool:
        """Fractions, roots, reductions, cases, brackets of conditions: whether one stood here."""
        node = cursor.peek()
        if cursor.is_at(*FRACTIONS):
            cursor.take()
            self._fraction(cursor, node.at)
        elif cursor.is_at(r"\sqrt"):
            cursor.take()
            self._root(cursor, node.at)
        elif cursor.is_at(r"\begin"):
            self._emit(*cases_text(cursor, self._text_of))
        elif (after := words_for(cursor)) is not None:
            cursor.next += after
            self._emit("for", node.at)
        elif not (self._derivative(cursor) or self._indicator(cursor) or self._reduction(cursor)):
            if node.text not in SYMBOLS or (node.text == r"\pi" and self._names.is_quantity("pi")):
                return False
            cursor.take()
            self._emit(SYMBOLS[node.text], node.at)
        return True

    # -- fractions, roots, powers

    def _fraction(self, cursor: Cursor, at: int) -> None:
        number = cursor.next > 1 and cursor.peek(-2).kind == "number"
        number = number and (cursor.next < 3 or cursor.peek(-3).text not in ("_", "^"))
        top, bottom = cursor.arguments(2)
        if number and all(part.text.strip().isdigit() for part in (top, bottom)):
            raise Unreadable(at, r"a number before a fraction is doubtful: write 2 \cdot \frac{1}{2}, or \frac{5}{2}")
        if without_d(content(top)) == () and cursor.peek().kind in ("letter", "command"):  # d/dW of what follows
            top = LatexNode("group", "", at, (*content(top), cursor.take()))
        if self._derivative_of(content(top), content(bottom), at):
            return
        self._emit("(", at)
        self._bracketed(content(top), top.at)
        self._emit("/", at)
        self._bracketed(content(bottom), bottom.at)
        self._emit(")", at)

    def _below(self, text: str, at: int) -> str:
        """That by which is differentiated."""
        if "^T _[" in text:
            raise Unreadable(at, "a derivative by an entry of a transposed matrix is doubtful: exchange the indices")
        return text

    def _derivative_of(self, top: Sequence[LatexNode], bottom: Sequence[LatexNode], at: int) -> bool:
        r"""``\partial C / \partial x_i`` or ``d x_i / d t``."""
        above, below = without_d(top), without_d(bottom)
        if above is None or below is None or not above or not below:
            return False
        if len(below) == 1 and below[0].text == "t":
            self._emit(f"d{self._text_of(above, at)}/dt", at)
            return True
        of = self._quantity_of(above, at)
        called = FUNCTION_OF.fullmatch(of)
        if called and called[1] in self._vocabulary.functions and called[2] == self._text_of(below, at).strip():
            self._emit(f"{called[1]}'({called[2]})", at)
            return True
        if of not in ("E", "C") and not self._names.is_quantity(of.partition("[")[0]):
            return False
        self._emit(f"d{of}/d{self._below(self._text_of(below, at), at)}", at)
        return True

    def _quantity_of(self, found: Sequence[LatexNode], at: int) -> str:
        """What is differentiated, under the name that is printed for it."""
        text = self._text_of(found, at)
        return self._vocabulary.author.plain.get(text, text)

    def _derivative(self, cursor: Cursor) -> bool:
        r"""The same in one line, and ``\nabla_{W} C``."""
        node = cursor.peek()
        if node.text == r"\nabla":
            if cursor.peek(1).text != "_":
                raise Unreadable(node.at, r"a gradient is written \nabla_{W} C")
            cursor.next += 2
            by, of = cursor.argument(), cursor.take()
            of_output = self._vocabulary.author.of_output("".join(each.text for each in content(by)))
            self._emit(f"d{self._quantity_of([of], of.at)}/d{of_output or self._text_of(content(by), by.at)}", node.at)
            return True
        end = next((k for k in range(1, 8) if cursor.peek(k).text == "/"), 0)
        if node.text not in (r"\partial", "d", r"\mathrm") or not end:
            return False
        below = without_d(cursor.nodes[cursor.next + end + 1 :])
        above = without_d(cursor.nodes[cursor.next : cursor.next + end])
        if below is None or above is None or len(above) != 1:
            return False
        inner = Cursor(below, cursor.end)
        lower = self._below(self._entry_text(inner), node.at)
        self._emit(f"d{self._quantity_of(above, node.at)}/d{lower}", node.at)
        cursor.next = len(cursor.nodes) - (len(below) - inner.next)
        return True

    def _root(self, cursor: Cursor, at: int) -> None:
        degree = ""
        if cursor.is_at("["):
            cursor.take()
            degree = self._text_of(cursor.until("[", "]", "this bracket is not closed"), at)
        (argument,) = cursor.arguments(1)
        self._emit("(" if degree else "sqrt", at)
        self._bracketed(content(argument), argument.at)
        if degree:
            self._emit(f"^(1/{degree}))", at)

    def _superscript(self, cursor: Cursor) -> None:
        at = cursor.peek().at
        if length := transposed_by(cursor):
            cursor.next += length
            self._emit("^T", at)
            return
        cursor.take()
        self._emit(f"^({self._text_of(content(cursor.argument()), at)})", at)

    # -- sums and the like

    def _reduction(self, cursor: Cursor) -> bool:
        node = cursor.peek()
        long = node.text.rstrip("*") == r"\operatorname"
        word = REDUCTIONS.get(cursor.peek(1).text if long else node.text)
        if word is None:
            return False
        start = cursor.next
        cursor.next += 2 if long else 1
        scripts = scripts_of(cursor)
        if "_" not in scripts:
            if word not in ("Max", "Min"):
                raise Unreadable(node.at, "a reduction needs an index")
            cursor.next = start + (2 if long else 1)
            self._emit(word.lower(), node.at)
            return True
        ranges = range_texts(scripts["_"], scripts.get("^"), node.at, self._text_of)
        self._emit(f"{word}[{', '.join(ranges)}]", node.at)
        return True

    # -- quantities, functions and indices

    def _named(self, cursor: Cursor) -> None:
        node = cursor.peek()
        if node.text == "e" and cursor.peek(1).text == "^" and not self._names.is_quantity("e", cursor.peek(2)):
            cursor.next += 2
            self._emit("exp", node.at)
            argument = cursor.argument()
            self._bracketed(content(argument), argument.at)
            if cursor.is_at("^"):
                raise Unreadable(cursor.peek().at, "a double superscript, which TeX refuses: write (e^{a})^2")
            return
        text = self._entry_text(cursor)
        self._emit(text, node.at)
        known = self._vocabulary
        if text not in known.tensors and (text in CALLS or text.rstrip("'") in known.functions):
            self._argument(text, cursor)

    def _argument(self, name: str, cursor: Cursor) -> None:
        """What a function without brackets is of, where a brace or a fraction tells; of whole tensors also a letter."""
        start = cursor.peek().at
        if cursor.is_at("^") and name not in CALLS:
            self._superscript(cursor)
        node = cursor.peek()
        called = name in CALLS and (node.kind in ("group", "letter") or node.text in FONTS)
        if not (called or node.kind == "group" or node.text in FRACTIONS):
            return
        if called:
            self._emit("(", node.at)
        self._item(cursor)
        if called:
            self._emit(")", node.at)
        if goes_on(cursor):
            raise doubtful_argument(name, start)

    def _entry_text(self, cursor: Cursor) -> str:
        """A quantity with its indices, a function's name, or an index, in the text notation."""
        found = self._names.read(cursor)
        if found.indices is None:
            return found.text
        inside = self._indices(found.indices, cursor.end)
        tensor = self._vocabulary.tensors.get(found.text)
        if tensor is not None and len(tensor.axes) - sum(isinstance(part, int) for part in tensor.part) == 2:
            if re.fullmatch(r"\d{2,}|\d+ *[a-z]\d*", inside):
                first, rest = inside[:1], inside[1:].strip()
                row = f", or {inside}, : for a row" if inside.isdigit() else ""
                problem = f"{inside} below a matrix is doubtful: write {first}, {rest}{row}"
                raise Unreadable(cursor.end, problem)
            return self._placed(found.text, inside, cursor) + found.after
        return f"{found.text}[{inside}]{found.after}"

    def _placed(self, name: str, inside: str, cursor: Cursor) -> str:
        r"""A tensor's name, or nothing behind brackets, and its indices; W_{ij}^T is typeset as W^T_{ij} is."""
        places = [part.strip() for part, _ in split(inside, 0)]
        if len(places) == 2 and ":" not in places and (length := transposed_by(cursor)):
            cursor.next += length
            return f"{name} ^T _[{inside}]"
        return f"{name}[{inside}]" if name else f"_[{inside}]"

    def _indices(self, found: Sequence[LatexNode], end: int) -> str:
        """Indices between commas, or letters side by side."""
        listed = parts(found, ",")
        if len(listed) == 1 and any(node.text == ":" for node in found):
            listed = [[node] for node in found]
        if len(listed) == 1:
            text = self._text_of(found, end)
            if LISTED.fullmatch(text) and not re.fullmatch(r"\s*\d+\s*[a-z].*", text):
                return ", ".join(re.findall(r"[a-z]\d*|\d+", text))
            return text
        return ", ".join(self._text_of(part, end) for part in listed if part)

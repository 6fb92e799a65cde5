r"""LaTeX taken apart: displays into equations, an equation into symbols, groups and commands.

Nothing is expanded but what :func:`expanded` is given; what is only for the eye is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dyadic.proofs.statements.parsing.latex_symbols import ENDS, SYMBOLS, TRANSPOSED, UPRIGHT
from dyadic.proofs.statements.parsing.tokens import CLAIMED, DEEPEST, Limits, Unreadable

_COMMENT = re.compile(r"(\\.)|%[^\n]*(?:\n[ \t]*(?=\S))?", re.DOTALL)
_DROPPED = re.compile(
    r"(?<!\\)(?:\\(?:label|tag)\*?\{[^{}]*\}"
    r"|\\(?:nonumber|notag|displaystyle|textstyle|limits|[bB]igg?[lrm]?)(?![A-Za-z])|\\[,;:!> ]|~)"
)
_DISPLAY = re.compile(
    r"(?<!\\)(?:\\(?:begin|end)\{(?:equation|align|aligned|alignat|alignedat|flalign|gather|gathered|multline|split"
    r"|eqnarray|displaymath|math|subequations)\*?\}(?:\[[tbc]\]|\{\d\})?|\\[\[\]()]|\$+)"
)
_LENGTH = r"\[\s*-?[\d.]*\s*(?:pt|em|ex|mm|cm|in|\\[a-z]+)\s*\]"
_ROW = re.compile(rf"\\\\\*?(?:{_LENGTH})?|\n\s*\n|\\(?:begin|end)\{{cases\}}")
_CELL = re.compile(r"(?<!\\)&|\\q?quad(?![A-Za-z])|\\(?:begin|end)\{cases\}")
_SYMBOL = re.compile(
    r"\d+(?:\.\d+|\.(?=\s*(?:[-+=*/)\]}<>&]|\\cdot|\\times|\\right|$)))?|(?<!\\left)(?<!\\right)\.\d+|:=|\\[A-Za-z]+\*?|\\.|\S",
    re.DOTALL,
)
_RELATION = re.compile(r":?=|\\(?:leftarrow|gets|rightarrow|to|coloneqq|equiv|triangleq|doteq)(?![A-Za-z])")
_CONTINUES = re.compile(r"(?:\\left\s*\.\s*)?(?:[-+]|\\(?:cdot|times|odot)(?![A-Za-z]))|\\text\{\s*for\s*\}")
_STOP = re.compile(r"(?:(?<!\\right)(?<!\\left)[.,;\s])+\Z")
"""What ends a sentence, and is no missing bracket."""
_BARS = ("|", r"\vert", r"\rvert", r"\|", r"\Vert", r"\rVert", r"\mid")
_PARTIAL = (r"\partial", "d")
_NESTED = re.compile(r"\\begin\{cases\}.*?\\end\{cases\}|\{[^{}]*\}|\[[^\[\]]*\]", re.DOTALL)


def formula(source: str) -> str:
    """One equation without what is only for the eye.  Raises :class:`Unreadable` where there are several."""
    found = rows(source)
    if len(found) > 1:
        raise Unreadable(
            max(source.find(found[1][:5]), 0), f"one formula is expected, here another begins: {found[1][:40]}"
        )
    return found[0] if found else ""


def rows(source: str) -> list[str]:
    """The equations of one or several displays, one string each.

    A row that starts with a relation, or with an operator and holds no relation, continues the one before.  What
    stands in another row, display or column is never a factor of what stands before it.
    """
    text = _COMMENT.sub(lambda match: match[1] or "", source)
    found: list[str] = []
    for row in _split(_DISPLAY.sub("\n\n", _DROPPED.sub(" ", text)), _ROW):
        for part in _columns(row):
            text = _STOP.sub("", part).strip()
            if not text:
                continue
            if found and (_RELATION.match(text) or (_CONTINUES.match(text) and not _relates(text))):
                found[-1] += " " + text
            else:
                found.append(text)
    return found


def _relates(text: str) -> bool:
    """Whether a relation stands in it outside of groups and brackets."""
    for _ in range(DEEPEST):
        text = _NESTED.sub(" ", text)
    return _RELATION.search(text) is not None


def _columns(row: str) -> list[str]:
    """The equations side by side in a row: beyond wide spaces, or in pairs of columns beyond the first."""
    found = [""]
    for cell in _split(row, _CELL):
        text = cell.strip()
        if text and not _RELATION.match(text) and not _CONTINUES.match(text) and _ends(found[-1]):
            found.append(cell)
        else:
            found[-1] += " " + cell
    return found


def _ends(text: str) -> bool:
    """Whether an equation may end here: both its sides have begun."""
    *_, last = _RELATION.split(text)
    return _relates(text) and bool(last.strip())


def _split(text: str, marks: re.Pattern[str]) -> list[str]:
    """What stands between marks, of which those within cases do not count."""
    found, start, inside = [], 0, 0
    for match in marks.finditer(text):
        if match[0].startswith(("\\begin", "\\end")):
            inside += 1 if match[0].startswith("\\begin") else -1
        elif not inside:
            found.append(text[start : match.start()])
            start = match.end()
    return [*found, text[start:]]


@dataclass(frozen=True)
class LatexNode:
    """kind: number, letter, command, symbol or group; text: as written, of a group what is inside; at: where."""

    kind: str
    text: str
    at: int
    inner: tuple[LatexNode, ...] = ()


def nodes(source: str, limits: Limits = CLAIMED) -> tuple[LatexNode, ...]:
    """The symbols of an equation, groups as trees.  Raises :class:`Unreadable` for braces that do not match."""
    if len(source) > limits.text:
        raise Unreadable(0, f"the formula is longer than {limits.text} characters")
    levels: list[list[LatexNode]] = [[]]
    opened: list[int] = []
    for match in _SYMBOL.finditer(source):
        word, at = match[0], match.start()
        if word == "{":
            levels.append([])
            opened.append(at)
            if len(levels) > DEEPEST:
                raise Unreadable(at, f"the formula is nested more than {DEEPEST} deep")
        elif word == "}":
            if not opened:
                raise Unreadable(at, "this brace closes no group")
            inner, start = _seen(levels.pop()), opened.pop()
            levels[-1] += _script(levels[-1], LatexNode("group", source[start + 1 : at], start, inner))
        else:
            levels[-1].append(LatexNode(_kind(word), word, at))
    if opened:
        raise Unreadable(opened[-1], "this group is not closed")
    return _seen(levels[0])


def _seen(found: list[LatexNode]) -> tuple[LatexNode, ...]:
    r"""Symbols of one level without \left. and \right., which draw nothing: what is typeset is what is read.

    A bracket over two rows is \left( a \right. and \left. b \right): what is left of it is a ( and a ).
    """
    kept: list[LatexNode] = []
    opened: list[str] = []
    over_rows = False  # whether a [ waits for its ] behind a \right.
    at = 0
    while at < len(found):
        node, after = found[at], found[at + 1].text if at + 1 < len(found) else ""
        if node.text == r"\left" and node.kind == "command":
            opened.append(after)
            if len(after) > 1 and after[0] == ".":
                raise Unreadable(
                    node.at, r"\left is followed by a number: a bracket is drawn there, or \left. for none"
                )
        elif node.text == r"\right" and node.kind == "command":
            first = opened.pop() if opened else None
            if after == "." and first is None:
                raise Unreadable(node.at, r"\right. closes no \left")
            over_rows = over_rows or (first == "[" and after == ".")
            if first == "." and after in (_BARS if over_rows else (*_BARS, "]")):
                problem = "what stands beside a bar of evaluation is not read: write the argument"
                raise Unreadable(node.at, problem)
        if node.text not in (r"\left", r"\right") or after != ".":
            kept.append(node)
            at += 1
            continue
        at += 2
        if node.text == r"\right" and at < len(found) and found[at].text in ("^", "_", "'"):
            raise Unreadable(found[at].at, r"a script behind \right. is doubtful: no bracket is drawn there")
    if "." in opened:
        raise Unreadable(found[0].at, r"\left. is not closed")
    return tuple(kept)


def _script(before: list[LatexNode], group: LatexNode) -> list[LatexNode]:
    r"""A group, of which the sign of a transpose at the end of a superscript is one of its own: W^{(l)\top}."""
    inner = group.inner
    for length in (1, 2):
        rest, sign = inner[:-length], inner[-length:]
        upright = length == 2 or (sign[-1:] and sign[0].text != "T")
        behind = rest and rest[-1].text not in ("^", "_") and before and before[-1].text == "^"
        if behind and upright and is_transpose_sign(sign) and before[-1].kind != "group":
            written = group.text[: sign[0].at - group.at - 1]
            both = LatexNode("group", written, group.at, rest), LatexNode("group", "", sign[0].at, sign)
            return [both[0], before[-1], both[1]]
    return [group]


def _kind(word: str) -> str:
    if word[0].isdigit() or (word[0] == "." and len(word) > 1):
        return "number"
    if word[0] == "\\":
        return "command"
    return "letter" if word.isalpha() and word.isascii() else "symbol"


class Cursor:
    """A place in a list of nodes."""

    def __init__(self, found: Sequence[LatexNode], end: int) -> None:
        self.nodes, self.next, self.end = found, 0, end

    def peek(self, ahead: int = 0) -> LatexNode:
        """The node here, or an empty symbol at the end."""
        position = self.next + ahead
        return self.nodes[position] if position < len(self.nodes) else LatexNode("symbol", "", self.end)

    def take(self) -> LatexNode:
        node = self.peek()
        self.next += 1
        return node

    def is_at(self, *texts: str) -> bool:
        return self.peek().kind != "group" and self.peek().text in texts

    def argument(self) -> LatexNode:
        """The group or symbol that a script applies to; of several digits it would be the first."""
        node = self.take()
        if not node.text and node.kind != "group":
            raise Unreadable(node.at, "something is missing here")
        if node.kind == "number" and len(node.text) > 1:
            raise Unreadable(node.at, f"braces are missing: {{{node.text}}}")
        return node

    def arguments(self, count: int) -> list[LatexNode]:
        r"""The arguments of a command, each a group or one symbol as in TeX: those of \frac12 are 1 and 2."""
        found: list[LatexNode] = []
        for _ in range(count):
            node = self.peek()
            if node.kind == "number" and len(node.text) > 1 and node.text.isdigit():
                digits = [LatexNode("number", digit, node.at + k) for k, digit in enumerate(node.text)]
                self.nodes = [*self.nodes[: self.next], *digits, *self.nodes[self.next + 1 :]]
            found.append(self.argument())
        last, after = found[-1], self.peek()
        if last.kind == after.kind == "number" and after.at == last.at + 1:
            raise Unreadable(
                last.at, f"braces are missing: only the digit {last.text} belongs to what stands before it"
            )
        return found

    def until(self, opening: str, closing: str, problem: str) -> list[LatexNode]:
        """The nodes up to the closing symbol that belongs to the opening one just taken."""
        found: list[LatexNode] = []
        start, depth = self.peek().at, 1
        while self.next < len(self.nodes):
            node = self.take()
            if node.kind != "group":
                depth += (node.text == opening) - (node.text == closing)
                if depth == 0:
                    return found
            found.append(node)
        raise Unreadable(start, problem)


def content(node: LatexNode) -> tuple[LatexNode, ...]:
    """What a group holds, or the symbol itself."""
    return node.inner if node.kind == "group" else (node,)


def parts(found: Sequence[LatexNode], mark: str) -> list[list[LatexNode]]:
    """The nodes between marks."""
    parts: list[list[LatexNode]] = [[]]
    for node in found:
        if node.kind != "group" and node.text == mark:
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def words_for(cursor: Cursor) -> int | None:
    r"""The symbols of ``\text{for}`` here, with a comma before it."""
    comma = int(cursor.is_at(","))
    said = cursor.peek(comma).text == r"\text" and cursor.peek(comma + 1).text.strip() == "for"
    return comma + 2 if said else None


def is_transpose_sign(found: Sequence[LatexNode]) -> bool:
    r"""Whether a superscript is that of a transposed tensor: T, \top, \intercal, or an upright T."""
    if len(found) == 2 and found[0].text in UPRIGHT:
        return found[1].text.strip() == "T"
    return len(found) == 1 and found[0].text in TRANSPOSED


def transposed_by(cursor: Cursor) -> int:
    """The symbols, from the mark on, of the superscript of a transposed tensor; 0 where none is here."""
    if not cursor.is_at("^"):
        return 0
    for length in (2, 3):  # of A^\mathsf{T} the font is a symbol of its own
        found = [cursor.peek(1)] if length == 2 else [cursor.peek(1), cursor.peek(2)]
        inner = content(found[0]) if length == 2 else found
        if is_transpose_sign(inner):
            return length
    return 0


def is_empty(cursor: Cursor, source: str, at: int) -> bool:
    r"""That empty braces before the cursor are nothing, or, as in ``x_i{}^2``, carry a power of what they stand at.

    at: where they begin.  Raises :class:`Unreadable` for another script.
    """
    if cursor.is_at("^", "_"):
        behind = bool(at) and (source[at - 1].isalnum() or source[at - 1] in ")]}|")
        if not behind or cursor.is_at("_") or transposed_by(cursor):
            raise Unreadable(at, "of what these empty braces carry a script is doubtful: write (a)^2")
    return True


def goes_on(cursor: Cursor) -> bool:
    """Whether a factor, or the product that it is in, goes on here."""
    node = cursor.peek()
    if node.kind == "group":
        return True
    return bool(node.text) and SYMBOLS.get(node.text, node.text) not in ENDS and words_for(cursor) is None


def is_word(node: LatexNode) -> bool:
    """``\\text`` or one of the words that it holds beside a case."""
    return node.text == r"\text" or (
        node.kind == "group" and node.text.strip(" .,") in ("if", "otherwise", "else", "for")
    )


def without_d(found: Sequence[LatexNode]) -> Sequence[LatexNode] | None:
    r"""What stands behind a \partial, d or \mathrm{d}; None where none does."""
    if found and found[0].text in _PARTIAL:
        return found[1:]
    if len(found) > 1 and found[0].text == r"\mathrm" and found[1].text.strip() == "d":
        return found[2:]
    return None

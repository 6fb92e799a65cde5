r"""LaTeX taken apart: displays into equations, an equation into symbols, groups and commands.

Nothing is expanded but what :func:`expanded` is given; what is only for the eye is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dyadic.proofs.statements.parsing.tokens import DEEPEST, LONGEST_TEXT, Unreadable

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_DROPPED = re.compile(
    r"(?<!\\)(?:\\(?:label|tag)\*?\{[^{}]*\}|\\(?:begin|end)\{(?!cases)[A-Za-z]+\*?\}"
    r"|\\(?:nonumber|notag|displaystyle|textstyle|limits|q?quad|[bB]igg?[lrm]?)(?![A-Za-z])|\\[,;:!> \[\]]|~|\$)"
)
_ALIGNMENT = re.compile(r"(?<!\\)&")
_ROW = re.compile(r"\\\\(?:\[[^\]]*\])?|\n\s*\n|\\(?:begin|end)\{cases\}")
_SYMBOL = re.compile(r"\d+(?:\.\d+)?|\\[A-Za-z]+\*?|\\.|\S", re.DOTALL)
_RELATION = re.compile(r"=|:=|\\(?:leftarrow|gets|coloneqq)(?![A-Za-z])")


def tidy(source: str) -> str:
    """Comments, labels, environments, spacing and the size of brackets left out; alignment marks stay."""
    return _DROPPED.sub(" ", _COMMENT.sub("", source))


def formula(source: str) -> str:
    """One equation without what is only for the eye."""
    text = tidy(source)
    if "\\begin{cases}" not in text:
        text = _ALIGNMENT.sub(" ", text)
    return text.strip().rstrip(".,;").strip()


def rows(source: str) -> list[str]:
    """The equations of a display, one string each: a row that starts with a relation continues the one before."""
    found: list[str] = []
    for row in _rows(tidy(source)):
        text = (row if "\\begin{cases}" in row else _ALIGNMENT.sub(" ", row)).strip().lstrip("&").strip()
        text = text.rstrip(".,;").strip()
        if not text:
            continue
        if found and _RELATION.match(text):
            found[-1] += " " + text
        else:
            found.append(text)
    return found


def _rows(text: str) -> list[str]:
    """The rows, of which those of cases are part of one."""
    found, start, inside = [], 0, 0
    for match in _ROW.finditer(text):
        if match[0].startswith(("\\begin", "\\end")):
            inside += 1 if match[0].startswith("\\begin") else -1
        elif not inside:
            found.append(text[start : match.start()])
            start = match.end()
    return [*found, text[start:]]


@dataclass(frozen=True)
class Node:
    """kind: number, letter, command, symbol or group; text: as written, of a group what is inside; at: where."""

    kind: str
    text: str
    at: int
    inner: tuple[Node, ...] = ()


def nodes(source: str) -> tuple[Node, ...]:
    """The symbols of an equation, groups as trees.  Raises :class:`Unreadable` for braces that do not match."""
    if len(source) > LONGEST_TEXT:
        raise Unreadable(0, f"the formula is longer than {LONGEST_TEXT} characters")
    levels: list[list[Node]] = [[]]
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
            inner, start = tuple(levels.pop()), opened.pop()
            levels[-1].append(Node("group", source[start + 1 : at], start, inner))
        else:
            levels[-1].append(Node(_kind(word), word, at))
    if opened:
        raise Unreadable(opened[-1], "this group is not closed")
    return tuple(levels[0])


def _kind(word: str) -> str:
    if word[0].isdigit():
        return "number"
    if word[0] == "\\":
        return "command"
    return "letter" if word.isalpha() and word.isascii() else "symbol"


class Cursor:
    """A place in a list of nodes."""

    def __init__(self, found: Sequence[Node], end: int) -> None:
        self.nodes, self.next, self.end = found, 0, end

    def peek(self, ahead: int = 0) -> Node:
        """The node here, or an empty symbol at the end."""
        position = self.next + ahead
        return self.nodes[position] if position < len(self.nodes) else Node("symbol", "", self.end)

    def take(self) -> Node:
        node = self.peek()
        self.next += 1
        return node

    def is_at(self, *texts: str) -> bool:
        return self.peek().kind != "group" and self.peek().text in texts

    def argument(self) -> Node:
        """The group or symbol that a command applies to; of several digits it is the first."""
        node = self.take()
        if not node.text and node.kind != "group":
            raise Unreadable(node.at, "something is missing here")
        if node.kind == "number" and len(node.text) > 1:
            rest = Node("number", node.text[1:], node.at + 1)
            self.nodes = [*self.nodes[: self.next], rest, *self.nodes[self.next :]]
            return Node("number", node.text[0], node.at)
        return node

    def script(self) -> Node:
        """The group or symbol of a script: 12 without braces would be a 1 with a 2 behind it."""
        node = self.peek()
        if node.kind == "number" and len(node.text) > 1:
            raise Unreadable(node.at, f"braces are missing: {{{node.text}}}")
        return self.argument()

    def until(self, opening: str, closing: str, problem: str) -> list[Node]:
        """The nodes up to the closing symbol that belongs to the opening one just taken."""
        found: list[Node] = []
        start, depth = self.peek().at, 1
        while self.next < len(self.nodes):
            node = self.take()
            if node.kind != "group":
                depth += (node.text == opening) - (node.text == closing)
                if depth == 0:
                    return found
            found.append(node)
        raise Unreadable(start, problem)


def content(node: Node) -> tuple[Node, ...]:
    """What a group holds, or the symbol itself."""
    return node.inner if node.kind == "group" else (node,)

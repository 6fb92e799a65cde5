r"""Parts of the LaTeX notation that are put into text as wholes: cases, and the ranges of sums."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from dyadic.proofs.statements.parsing.latex_source import Cursor, LatexNode, content, is_word, parts
from dyadic.proofs.statements.parsing.tokens import Unreadable

TextOf = Callable[[Sequence[LatexNode], int], str]
"""The translation of some nodes, apart."""


def cases_text(cursor: Cursor, text_of: TextOf) -> tuple[str, int]:
    r"""``\begin{cases} a & \text{if } c \\ b & \text{otherwise} \end{cases}``: a [c] + b (1 - [c]); its place."""
    start = cursor.take().at
    if cursor.take().text != "cases":
        raise Unreadable(start, "only cases begin inside of an equation")
    inner = cursor.until(r"\begin", r"\end", r"\begin{cases} is not closed")
    cursor.take()
    others, terms = "", []
    for row in parts(inner, r"\\"):
        value, *condition = parts(row, "&")
        if not row:
            continue
        rest = _unmarked([node for node in (condition[0] if condition else []) if not is_word(node)])
        text = f"({text_of(_unmarked(value), start)})"
        if rest:
            bracket = f"[{text_of(rest, start)}]"
            terms.append(f"{text} {bracket}{others}")
            others += f" (1 - {bracket})"
        else:
            terms.append(f"{text}{others}")
    if not terms:
        raise Unreadable(start, "cases need a value and a condition in each row")
    return f"({' + '.join(terms)})", start


def _unmarked(nodes: Sequence[LatexNode]) -> Sequence[LatexNode]:
    """Without the comma or the full stop at the end."""
    return nodes[:-1] if nodes and nodes[-1].text in (",", ".", ";") else nodes


def scripts_of(cursor: Cursor) -> dict[str, LatexNode]:
    """What stands below and above a sign, by the mark before it."""
    found: dict[str, LatexNode] = {}
    while cursor.is_at("_", "^"):
        mark = cursor.take().text
        if mark in found:
            raise Unreadable(cursor.peek().at, "one script of a kind at a time")
        found[mark] = cursor.argument()
    return found


def range_texts(below: LatexNode, above: LatexNode | None, at: int, text_of: TextOf) -> list[str]:
    """The ranges of a reduction, each as text.py reads it."""
    text = text_of(content(below), at).strip()
    if above is None:
        if re.fullmatch(r"[a-z]\d*(?: [a-z]\d*)+", text):
            return text.split(" ")
        return [part.strip() for part in text.split(",")]
    match = re.fullmatch(r"((?:[a-z]\d* , )*[a-z]\d*) = ([^=<>]+)", text)
    if match is None:
        raise Unreadable(below.at, r"an upper end belongs to a lower one: \sum_{j=0}^{63}")
    last = text_of(content(above), at)
    return [f"{index}={match[2]}..{last}" for index in match[1].split(" , ")]

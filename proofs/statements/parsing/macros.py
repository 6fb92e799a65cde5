r"""Macros of a LaTeX source, put into its formulas: \newcommand, \renewcommand, \def, \DeclareMathOperator.

No TeX is run: a macro has a body and up to nine arguments without defaults, and must not call itself.  What is
expanded is bounded in length and in number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dyadic.proofs.statements.parsing.tokens import CLAIMED, DEEPEST, Unreadable

_START = re.compile(
    r"(?<!\\)\\(?:(?P<new>(?:re)?newcommand|providecommand)\*?|(?P<define>[egx]?def)|(?P<operator>DeclareMathOperator)\*?)"
    r"(?![A-Za-z])\s*(?P<brace>\{\s*)?(?P<name>\\[A-Za-z]+)\s*"
)
_COUNT = re.compile(r"\[\s*(\d)\s*\]\s*")
_PARAMETERS = re.compile(r"((?:#\d\s*)*)(?=\{)")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_COMMENT = re.compile(r"(\\.)|%[^\n]*", re.DOTALL)
MOST = 1_000
"""How many macros are read, and how often one may be put in."""


@dataclass(frozen=True)
class Macro:
    """body: None where its definition is not read, which matters only where it is used."""

    body: str | None
    arguments: int = 0


_BUILT_IN = {"\\ensuremath": Macro("#1", 1), "\\xspace": Macro("")}


def macros_in(source: str) -> dict[str, Macro]:
    """The macros that a source defines, by name."""
    found: dict[str, Macro] = {}
    text = _COMMENT.sub(lambda match: match[1] or "", source)
    for match in _START.finditer(text):
        if len(found) < MOST:
            found[match["name"]] = _defined(text, match)[0]
    return found


def _defined(text: str, match: re.Match[str]) -> tuple[Macro, int]:
    """The macro that a definition makes, and where the definition ends."""
    at, count = match.end(), 0
    if match["brace"]:
        if text[at : at + 1] != "}":
            return Macro(None), at
        at += 1
        at += len(text[at:]) - len(text[at:].lstrip())
    if match["define"] and (parameters := _PARAMETERS.match(text, at)):
        count, at = parameters[1].count("#"), parameters.end()
    elif match["new"] and (number := _COUNT.match(text, at)):
        count, at = int(number[1]), number.end()
    if text[at : at + 1] != "{":  # a default, or a delimiter
        return Macro(None), at
    end = _closing(text, at)
    if end < 0:
        return Macro(None), at
    body = text[at + 1 : end]
    if match["operator"]:
        body = rf"\operatorname{{{body}}}"
    return Macro(body if len(body) <= CLAIMED.text else None, count), end + 1


def _closing(text: str, start: int) -> int:
    """The brace that closes the one at ``start``; -1 if there is none."""
    depth, at = 0, start
    while at < len(text):
        if text[at] == "\\":
            at += 1
        else:
            depth += (text[at] == "{") - (text[at] == "}")
            if depth == 0:
                return at
        at += 1
    return -1


@dataclass
class _Expansion:
    macros: Mapping[str, Macro]
    count: int = 0
    depth: int = 0
    active: list[str] = field(default_factory=list)

    def expanded(self, text: str) -> str:
        self.depth += 1
        if self.depth > 2 * DEEPEST:
            raise Unreadable(0, f"macros stand inside each other more than {DEEPEST} deep")
        found: list[str] = []
        at, length = 0, 0
        while at < len(text):
            match = _COMMAND.match(text, at)
            if match is None:
                piece, at = text[at], at + 1
            elif definition := _START.match(text, at):
                piece, at = "", _defined(text, definition)[1]
            elif match[0] in self.macros:
                piece, at = self._call(match[0], text, match.end())
            else:
                piece, at = match[0], match.end()
            found.append(piece)
            length += len(piece)
            if length > CLAIMED.text:
                raise Unreadable(0, f"with its macros the formula is longer than {CLAIMED.text} characters")
        self.depth -= 1
        return "".join(found)

    def _call(self, name: str, text: str, at: int) -> tuple[str, int]:
        macro = self.macros[name]
        self.count += 1
        if macro.body is None:
            raise Unreadable(0, f"the definition of {name} is not read: write a body in braces, without defaults")
        if name in self.active:
            raise Unreadable(0, f"the macro {name} calls itself")
        if self.count > MOST:
            raise Unreadable(0, f"the formula calls more than {MOST} macros")
        arguments = []
        for _ in range(macro.arguments):
            argument, at = self._argument(name, text, at)
            arguments.append(self.expanded(argument))
        self.active.append(name)
        body = self.expanded(_with(macro.body, arguments))
        self.active.pop()
        if body[-1:].isalpha() and text[at : at + 1].isalpha() and re.search(r"\\[A-Za-z]+\Z", body):
            body += " "
        return body, at

    def _argument(self, name: str, text: str, at: int) -> tuple[str, int]:
        at += len(text[at:]) - len(text[at:].lstrip())
        if at >= len(text):
            raise Unreadable(0, f"an argument of {name} is missing")
        if text[at] == "{":
            end = _closing(text, at)
            if end < 0:
                raise Unreadable(0, f"an argument of {name} is not closed")
            return text[at + 1 : end], end + 1
        match = _COMMAND.match(text, at)
        end = match.end() if match else at + 1
        if text[at:end] in ("&", "}", "\\\\", "\\end", "\\begin"):
            raise Unreadable(0, f"an argument of {name} is missing")
        return text[at:end], end


def _with(body: str, arguments: list[str]) -> str:
    """The body with its arguments."""

    def argument(match: re.Match[str]) -> str:
        number = int(match[1]) - 1
        if not 0 <= number < len(arguments):
            raise Unreadable(0, f"a macro speaks of an argument #{match[1]} that it does not have")
        return arguments[number]

    found = re.sub(r"(?<!\\)#(\d)", argument, body)
    if len(found) > CLAIMED.text:
        raise Unreadable(0, f"with its macros the formula is longer than {CLAIMED.text} characters")
    return found


def expanded(source: str, macros: Mapping[str, Macro]) -> str:
    """A formula with its macros put in.  Raises :class:`Unreadable`."""
    if not macros and "\\ensuremath" not in source and "\\xspace" not in source and not _START.search(source):
        return source
    text = _COMMENT.sub(lambda match: match[1] or "", source)
    return _Expansion({**_BUILT_IN, **macros}).expanded(text)


__all__ = ["Macro", "expanded", "macros_in"]

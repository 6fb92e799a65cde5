"""Python source as a tree that is looked at and never run: no part of a file is imported, compiled or evaluated."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from io import BytesIO
from pathlib import Path
from tokenize import detect_encoding

from dyadic.symbolic.errors import SpecError, pointed_at
from dyadic.symbolic.limits import regular_file

LARGEST_SOURCE = 2**20
"""Bytes of a file."""
DEEPEST_SOURCE = 50
"""Levels to which an expression or a block may be nested."""
MOST_SYNTAX = 200_000
"""Nodes of the syntax tree of a file."""
HOW = "see `dyadic explain check-vjp`"
"""The remedy where code is not written as pairs are, or holds what is not read."""
_LIKE_ASCII = ("ascii", "us-ascii", "iso-8859-1", "latin-1")
"""Encodings that Python may be told of a file that has no other letters."""
SHAPES = "mind the shapes"
"""The remedy where code would stop because two shapes do not go together."""


_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class CodeError(SpecError):
    """Code that is not in the subset: ``line`` is the number of the line at fault."""

    def __init__(self, path: str, line: int, column: int, text: str, problem: str, remedy: str) -> None:
        super().__init__(f"{path}, line {line}, column {column + 1}", problem, remedy)
        self.line = line
        self.pointed = pointed_at("".join(c if c.isprintable() else " " for c in text), column)


class NotInSubset(Exception):
    """What is asked of a value cannot be read; the message says why, whoever catches it knows the place."""


class ShapesDoNotFit(NotInSubset):
    """Two shapes that do not go together, so that the code would stop there."""


class NumbersNeeded(Exception):
    """What is done needs a number where a size has a name."""


class SourceText:
    """A file's text and its syntax tree.  Raises :class:`SpecError` where it is no Python or goes beyond the limits."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        regular_file(path, LARGEST_SOURCE, "put the pair of functions into a file of its own")
        try:
            content = path.read_bytes()
            text = content.decode("utf-8-sig")
            encoding, _ = detect_encoding(BytesIO(content).readline)
        except (UnicodeDecodeError, SyntaxError) as error:
            raise SpecError(self.path, "is no text in UTF-8", "save it as UTF-8") from error
        if encoding not in ("utf-8", "utf-8-sig") and not (encoding in _LIKE_ASCII and content.isascii()):
            raise SpecError(self.path, f"says that it is written in {encoding[:40]}", "save it as UTF-8 and say so")
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        try:
            self.tree = ast.parse("\n".join(self.lines))
        except SyntaxError as error:
            place = error.lineno or 1, max(0, (error.offset or 1) - 1)
            raise self.error(*place, f"is no Python ({error.msg})", "mend it") from error
        except (ValueError, RecursionError, MemoryError) as error:
            remedy = "put the pair of functions into a file of its own"
            raise SpecError(self.path, "cannot be taken apart: it is nested too deeply, or no text", remedy) from error
        self._measure()

    def _measure(self) -> None:
        """Refuse trees that are too large or too deep for what walks over them."""
        count = 0
        level: list[tuple[ast.AST, int]] = [(self.tree, 0)]
        while level:
            node, depth = level.pop()
            count += 1
            if count > MOST_SYNTAX:
                raise SpecError(self.path, f"has more than {MOST_SYNTAX} elements", "make the file smaller")
            if depth > DEEPEST_SOURCE:
                raise self.at(node, f"is nested more than {DEEPEST_SOURCE} levels deep", "write it in several steps")
            level += [(child, depth + 1) for child in ast.iter_child_nodes(node)]

    @cached_property
    def defining(self) -> set[int]:
        """The numbers of the lines in which functions and classes stand."""
        return lines_of([node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)])

    def at(self, node: ast.AST, problem: str, remedy: str = HOW) -> CodeError:
        """The error for a place in the tree."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return self.error(line, len(text.encode()[:offset].decode(errors="ignore")), problem, remedy)

    def error(self, line: int, column: int, problem: str, remedy: str) -> CodeError:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return CodeError(self.path, line, column, text, problem, remedy)


def lines_of(nodes: Sequence[ast.stmt]) -> set[int]:
    """The numbers of the lines in which some statements stand."""
    return {number for node in nodes for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def nodes_within(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """All that stands in some statements, but not within functions and classes that are only defined there.

    Their decorators, defaults, annotations and bases are evaluated where they are defined.
    """
    stack: list[ast.AST] = list(statements)
    while stack:
        node = stack.pop()
        yield node
        inside = node.body if isinstance(node, _DEFINED) else []
        inner = {id(part) for part in (inside if isinstance(inside, list) else [inside])}
        stack.extend(part for part in ast.iter_child_nodes(node) if id(part) not in inner)


def arguments_of(function: ast.FunctionDef | ast.Lambda) -> list[ast.arg]:
    """All arguments that have a name, in order, those that are only given by name behind the others."""
    return [*function.args.args, *function.args.kwonlyargs]


def defaults_of(function: ast.FunctionDef | ast.Lambda) -> dict[str, ast.expr]:
    """What stands for arguments that are not given, by name."""
    arguments = function.args
    found = dict(zip([a.arg for a in arguments.args][::-1], arguments.defaults[::-1], strict=False))
    by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return found | {argument.arg: default for argument, default in by_name if default is not None}

"""The shapes of arguments, as they are written in annotations, docstrings and comments.

def affine_forward(x: "n d", w: Float[Array, "d m"], b):
    '''b: (m,)    or    - b: A numpy array of biases, of shape (m,)'''
    # dyadic: b: m; eps: number; n = 3
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from dyadic.symbolic.limits import MOST_AXES
from dyadic.symbolic.readers.python_code.array_forms import Dim, Shape
from dyadic.symbolic.readers.python_code.source_text import NumbersNeeded, SourceText, arguments_of, lines_of

_COMMENT = re.compile(r"#\s*dyadic:\s*(.{1,500})")
_ENTRY = re.compile(r"\s*([A-Za-z_][\w, ]{0,100}?)\s*(:|=)\s*(.*?)\s*\Z")
_LINE = re.compile(r"\s*[-*]?\s*([A-Za-z_]\w{0,40}(?:\s*,\s*[A-Za-z_]\w{0,40}){0,8})\s*:\s*(.{1,300}?)\s*\Z")
_OF_SHAPE = re.compile(r"\bshape:?\s*[(\[]([^()\[\]]{0,80})[)\]]")
_DIM = re.compile(r"[A-Za-z_]\w{0,30}\Z|[1-9]\d{0,6}\Z")
_PRODUCT = re.compile(
    r"([1-9]\d{0,2})([A-Za-z_]\w{0,30})\Z|((?:[1-9]\d{0,2}|[A-Za-z_]\w{0,30})(?:\*[A-Za-z_]\w{0,30}){1,2})\Z"
)
"""``4H``, as docstrings say how wide the gates of a cell are, ``4*h``, ``c*h*w``."""
_TIMES = "*"
_BOUND = re.compile(r"\b0\s*<=\s*([A-Za-z_]\w{0,30})(?:\[[\w, ]{1,30}\])?\s*<\s*([A-Za-z_]\w{0,30}|[1-9]\d{0,6})\b")
"""``0 <= y[i] < C``, as docstrings say which integers labels are."""
_NUMBER_WORDS = ("number", "scalar", "float")


@dataclass
class WrittenShapes:
    """shapes: by argument.  numbers: for sizes that have a name.

    below: for arrays of integers, such as labels, the size that they are below.
    """

    shapes: dict[str, Shape] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    below: dict[str, Dim] = field(default_factory=dict)

    def told(self, name: str, written: tuple[Shape, Dim | None]) -> None:
        """The shape of an argument, and which integers are in it."""
        self.shapes[name], limit = written
        self.below.pop(name, None)
        if limit is not None:
            self.below[name] = limit

    def take_over(self, other: WrittenShapes, names: Mapping[str, str]) -> None:
        """What is written elsewhere and not here.  names: of the arguments here by those there."""
        self.numbers = other.numbers | self.numbers
        for theirs, own in names.items():
            if own not in self.shapes and theirs in other.shapes:
                self.told(own, (other.shapes[theirs], other.below.get(theirs)))


def shape_written(text: str) -> Shape | None:
    """``n d``, ``(n, d)``, ``(m,)``, ``3 4``; ``number`` or ``()`` for a single one; None for anything else."""
    text = text.strip()
    if text in (*_NUMBER_WORDS, "()"):
        return ()
    if text[:1] + text[-1:] in ("()", "[]"):
        text = text[1:-1].strip().removesuffix(",")
    pieces = [piece for piece in re.split(r"\s*,\s*|\s+", re.sub(r"\s*\*\s*", _TIMES, text)) if piece]
    if not pieces or len(pieces) > MOST_AXES or not all(_DIM.match(piece) or _PRODUCT.match(piece) for piece in pieces):
        return None
    return tuple(_dim(piece) for piece in pieces)


def integers_written(text: str) -> tuple[Shape, Dim | None] | None:
    """``n < k``: integers from 0 on and below k; the shape alone for other numbers; None for anything else."""
    written, sign, limit = text.partition("<")
    shape, limit = shape_written(written), limit.strip()
    if shape is None or (sign and not _DIM.match(limit)):
        return None
    return shape, _dim(limit) if sign else None


def _dim(piece: str) -> Dim:
    product = _PRODUCT.match(piece)
    if product is not None and product[1]:
        return f"{product[1]}{_TIMES}{product[2]}"
    return int(piece) if piece.isdigit() else piece


def size_names(dim: Dim) -> list[str]:
    """The names of sizes in a size: itself, or those of a product."""
    return [name for name in dim.split(_TIMES) if not name.isdigit()] if isinstance(dim, str) else []


def with_numbers(dim: Dim, numbers: Mapping[str, int]) -> Dim:
    """A size with numbers put in.  Raises :class:`NumbersNeeded` for a product that holds a name without one."""
    if not isinstance(dim, str) or _TIMES not in dim:
        return numbers.get(dim, dim) if isinstance(dim, str) else dim
    if not numbers.keys() >= {*size_names(dim)}:
        raise NumbersNeeded("a size that is a product")
    return prod(int(part) if part.isdigit() else numbers[part] for part in dim.split(_TIMES))


def written_shapes(source: SourceText, functions: list[ast.FunctionDef], outer: Sequence[ast.AST]) -> WrittenShapes:
    """What is written in the functions and about them.  outer: classes in which they stand."""
    found = WrittenShapes()
    for node in [source.tree, *outer, *functions]:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            _docstring(ast.get_docstring(node) or "", found)
    for function in functions:
        for argument in arguments_of(function):
            written = _annotated(argument.annotation)
            if written is not None:
                found.told(argument.arg, written)
    own = lines_of(functions)
    for number, line in enumerate(source.lines, 1):
        if number not in source.defining or number in own:
            for text in _COMMENT.findall(line):
                _comment(source, number, line, text, found)
    return found


def _annotated(node: ast.expr | None) -> tuple[Shape, Dim | None] | None:
    """``"n d"``, or the last text within brackets, as jaxtyping writes it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return integers_written(node.value)
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _annotated(parts[-1]) if isinstance(parts[-1], ast.Constant) else None
    return None


def _docstring(text: str, found: WrittenShapes) -> None:
    for name, limit in _BOUND.findall(text):
        found.below.setdefault(name, _dim(limit))
    for line in text.split("\n"):
        match = _LINE.match(line[:500])
        if match is None:
            continue
        inner = _OF_SHAPE.search(match[2])
        shape = shape_written(f"({inner[1]})") if inner else shape_written(match[2])
        plain = inner is not None or match[2][:1] in "([" or " " in match[2]
        if shape is None or not (plain or match[2] in _NUMBER_WORDS):
            continue
        for name in match[1].split(","):
            found.shapes.setdefault(name.strip(), shape)


def _comment(source: SourceText, number: int, line: str, text: str, found: WrittenShapes) -> None:
    for entry in filter(str.strip, text.split(";")):
        match = _ENTRY.match(entry)
        written = integers_written(match[3]) if match is not None and match[2] == ":" else None
        if (
            match is not None
            and match[2] == "="
            and match[3].isascii()
            and match[3].isdigit()
            and 0 < int(match[3]) < 10**6
        ):
            found.numbers[match[1].strip()] = int(match[3])
        elif match is not None and written is not None:
            for name in match[1].split(","):
                found.told(name.strip(), written)
        else:
            remedy = "write # dyadic: x: n d; eps: number; n = 3"
            raise source.error(number, line.index("#"), f"the comment {entry.strip()[:60]!r} is not understood", remedy)

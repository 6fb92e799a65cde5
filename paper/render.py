"""What the LaTeX and Typst back ends share: the walk over the document tree."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.resources import files

from sympy import Add, Expr

from dyadic.paper import layout
from dyadic.paper.document import (
    Algorithm,
    BigSum,
    Block,
    Bracketed,
    Cite,
    Code,
    Display,
    Document,
    EquationBlock,
    Formula,
    Fraction,
    Math,
    OtherLetters,
    Paragraph,
    Picture,
    Refs,
    Span,
    Subscripted,
    Table,
    Theorem,
    Unbroken,
    Words,
)
from dyadic.paper.meanings import Glyph
from dyadic.paper.symbols import NotationPrinter, with_known_slopes
from dyadic.paper.widths import RELATION, Ruler
from dyadic.symbolic.expressions import Definition, Element, apart_from_sizes
from dyadic.symbolic.tensor_names import NameRole

TEMPLATES = files("dyadic.paper") / "templates"
"""What surrounds what the back ends write."""


def pieces_of_name(name: str) -> list[str]:
    """What a line may end between: where a name can be read on, but within no range and before no last number."""
    return re.split(r"(?<=[.:,_(=/ -])(?=.)(?![^\[]*\])(?!\d+$)", name)


class Renderer(ABC):
    """Subclasses give the words of one typesetting language; ``printer`` prints its expressions."""

    printer: NotationPrinter
    symbols: dict[str, str]
    aligned = "& "
    """What the place stands behind at which the rows of a formula are aligned."""
    new_row: str
    """What begins a further row of a formula."""
    times: str
    """What stands before a factor at the beginning of a row."""
    narrowest = layout.WIDTH
    """The narrowest line for which there are rows."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.ruler = Ruler(document)
        blocks = [block for section in document.sections for block in section.blocks]
        keys = [block.key for block in blocks if isinstance(block, Display) and block.key]
        self.numbers = {key: number for number, key in enumerate(keys, 1)}
        self.cited: set[str] = set()

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "\n\n".join(self.block(block) for block in blocks)

    def block(self, block: Block) -> str:
        match block:
            case Paragraph():
                return self.paragraph(block)
            case Display(formula=(Expr() as left, "=", Expr() as right)):
                return self.tagged([self.equality(self.printer(left), right, self.ruler(left))], "")
            case Display(formula=Add() as terms):
                return self.tagged([self.aligned + "".join(self._in_rows(terms, 0.0))], "")
            case Display():
                return self.display([self.formula(block.formula)], block.key)
            case EquationBlock():
                return self.equations(block)
            case Picture():
                return self.picture(block)
            case Theorem():
                return self.theorem(block)
            case Table():
                return self.table(block)
            case Algorithm():
                return self.algorithm(block)

    def spans(self, spans: Sequence[Span]) -> str:
        return "".join(self.span(span) for span in spans)

    def span(self, span: Span) -> str:
        match span:
            case str():
                return self.text(span)
            case Code():
                return self.code(self.document.notation.plain(span.text))
            case Refs():
                shown = [f"({self.ref(key)})" for key in span.keys if key in self.numbers]
                return f" {', '.join(shown)}" if shown else ""
            case Math():
                return self.inline(self.formula(span.formula))
            case Cite():
                self.cited.add(span.key)
                return self.cite(span.key)
            case OtherLetters():
                return self.other_letters(span)

    def other_letters(self, span: OtherLetters) -> str:
        return self.text(span.points)

    def equations(self, block: EquationBlock) -> str:
        self.printer.kind = self.ruler.kind = block.kind
        lines = self.lines(block)
        left = max(self.ruler(line.element) for line in lines)
        first_gradient = len(lines) - block.gradients
        rows = [self.row(line, left, k >= first_gradient) for k, line in enumerate(lines)]
        self.printer.kind = self.ruler.kind = ""
        return self.tagged(rows, block.tag)

    def lines(self, block: EquationBlock) -> tuple[Definition, ...]:
        """The equations of a block in the letters in which they are printed."""
        return self.document.notation.apart(
            [with_known_slopes(apart_from_sizes(line)) for line in block.lines], block.kind
        )

    def width(self, block: EquationBlock) -> float:
        """How wide the equations of a block are where none is broken, in points of a font of 10 points."""
        self.ruler.kind = block.kind
        lines = self.lines(block)
        left = max(self.ruler(line.element) for line in lines)
        right = max(self.ruler(line.body) for line in lines)
        self.ruler.kind = ""
        return left + RELATION + right

    def row(self, item: Definition, widest: float, gradient: bool) -> str:
        """An equation, its right-hand side broken where it is wider than the line."""
        left = self.printer(item.element)
        name = item.tensor.name
        if gradient and name.role is NameRole.ADJOINT:
            left = self.partial(self.printer(Element(name.plain, *item.indices)))
        return self.equality(left, item.body, widest)

    def equality(self, left: str, right: Expr, widest: float) -> str:
        first, others = self._in_rows(right, widest + RELATION)
        return self.relation(left, first) + others

    def _in_rows(self, body: Expr, left: float) -> tuple[str, str]:
        """An expression, broken where it is wider than the line: its first part, and those behind it."""
        first, *others = layout.parts(self.printer, self.ruler, body, left, self.narrowest)
        return f"{first.sign}{first.text}", "".join(map(self.part, others))

    def formula(self, node: Formula) -> str:
        match node:
            case str():
                return " ".join(self.symbol(word) for word in node.split())
            case tuple():
                return " ".join(self.formula(part) for part in node)
            case Subscripted():
                text = self.group(self.formula(node.base)) if isinstance(node.base, tuple) else self.formula(node.base)
                text += self.script("_", self.formula(node.index)) if node.index else ""
                return text + (self.script("^", self.formula(node.upper)) if node.upper else "")
            case Fraction():
                return self.printer.fraction(self.formula(node.top), self.formula(node.bottom))
            case BigSum():
                return f"{self.symbol('sum')}{self.script('_', self.formula(node.under))} {self.formula(node.body)}"
            case Words():
                return self.words(node.text)
            case Bracketed():
                return self.printer.brackets(self.formula(node.formula))
            case Unbroken():
                return self.unbroken(self.formula(node.formula))
            case Glyph():
                upper = self.script("^", self.printer.superscript(node.upper)) if node.upper else ""
                return self.printer.glyph_letter(node.base) + upper
        return self.printer(node)

    def symbol(self, word: str) -> str:
        if word in self.symbols and word not in self.document.notation.chosen:
            return self.symbols[word]
        return self.printer.symbol(word) if word[:1].isalpha() else word

    @abstractmethod
    def text(self, text: str) -> str: ...
    @abstractmethod
    def code(self, text: str) -> str: ...
    @abstractmethod
    def inline(self, formula: str) -> str: ...
    @abstractmethod
    def cite(self, key: str) -> str: ...
    @abstractmethod
    def words(self, text: str) -> str: ...
    @abstractmethod
    def group(self, formula: str) -> str: ...
    @abstractmethod
    def unbroken(self, formula: str) -> str: ...
    @abstractmethod
    def script(self, mark: str, formula: str) -> str: ...
    @abstractmethod
    def partial(self, by: str) -> str: ...
    @abstractmethod
    def relation(self, left: str, right: str) -> str:
        """left = right, aligned at the sign where the line is wide."""

    def part(self, part: layout.RowPart) -> str:
        """A further term or factor, on a row of its own where it has to be."""
        new = self.new_row if part.wide else ""
        if part.sign:
            return f"{new} {part.sign} {part.text}"
        return f"{new} {self.times} {part.text}" if new else self.beside(part.text)

    @abstractmethod
    def beside(self, factor: str) -> str:
        """A factor behind another one."""

    @abstractmethod
    def paragraph(self, block: Paragraph) -> str: ...
    @abstractmethod
    def display(self, rows: Sequence[str], key: str) -> str:
        """A formula, numbered where it has a key."""

    @abstractmethod
    def tagged(self, rows: Sequence[str], tag: str) -> str:
        """Equations with their tag, if they have one, at the last of them."""

    @abstractmethod
    def ref(self, key: str) -> str: ...
    @abstractmethod
    def picture(self, block: Picture) -> str: ...
    @abstractmethod
    def theorem(self, block: Theorem) -> str: ...
    @abstractmethod
    def table(self, block: Table) -> str: ...
    @abstractmethod
    def algorithm(self, block: Algorithm) -> str: ...

"""What the LaTeX and Typst back ends share: the walk over the document tree."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from sympy import Add

from dyadic.paper import layout
from dyadic.paper.document import (
    Algorithm,
    BigSum,
    Block,
    Cite,
    Code,
    Display,
    Document,
    EquationBlock,
    Formula,
    Fraction,
    Math,
    Paragraph,
    Span,
    Subscripted,
    Table,
    Theorem,
    Words,
)
from dyadic.symbolic.expressions import Definition, Element, apart_from_sizes
from dyadic.symbolic.printing import Printer, joined
from dyadic.symbolic.tensor_names import NameRole

_LONGEST_LINE = 3
"""A right-hand side with more terms than this is broken after that many."""


class Renderer(ABC):
    """Subclasses give the words of one typesetting language; ``printer`` prints its expressions."""

    printer: Printer
    symbols: dict[str, str]

    def __init__(self, document: Document) -> None:
        self.document = document

    def blocks(self, blocks: Sequence[Block]) -> str:
        return "\n\n".join(self.block(block) for block in blocks)

    def block(self, block: Block) -> str:
        match block:
            case Paragraph():
                return self.paragraph(block)
            case Display():
                return self.display(self.broken(block.formula), "")
            case EquationBlock():
                last = len(block.lines) - 1
                room = layout.WIDTH - max((layout.extent(line.element) for line in block.lines), default=0)
                rows = [self.rows(line, room, block.gradient and k == last) for k, line in enumerate(block.lines)]
                return self.display([row for part in rows for row in part], block.tag)
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
                return self.code(span.text)
            case Math():
                return self.inline(self.formula(span.formula))
            case Cite():
                return self.cite(span.key)

    def broken(self, formula: Formula) -> list[str]:
        """A formula as one row, or an expression with many terms as rows of two."""
        if not isinstance(formula, Add) or len(formula.args) <= _LONGEST_LINE:
            return [self.formula(formula)]
        terms = self.printer.terms(formula)
        pairs = [terms[k : k + 2] for k in range(0, len(terms), 2)]
        plus = ["+ " if number and pair[0][0] == "+" else "" for number, pair in enumerate(pairs)]
        return [f"& {sign}{joined(pair)}" for sign, pair in zip(plus, pairs, strict=True)]

    def rows(self, item: Definition, room: float, gradient: bool) -> list[str]:
        """An equation as aligned rows, its right-hand side broken where it is wider than ``room``."""
        item = apart_from_sizes(item)
        left = self.printer(item.element)
        name = item.tensor.name
        if gradient and name.role is NameRole.ADJOINT:
            left = self.partial(self.printer(Element(name.plain, *item.indices)))
        first, *others = layout.rows(self.printer, item.body, room, self.symbol("dot"))
        return [f"{left} &= {first}", *(f"{self.continued()} {row}" for row in others)]

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
        return self.printer(node)

    def symbol(self, word: str) -> str:
        if word in self.symbols:
            return self.symbols[word]
        return self.printer.symbol(word) if word[:1].isalpha() and ("_" in word or len(word) > 1) else word

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
    def script(self, mark: str, formula: str) -> str: ...
    @abstractmethod
    def partial(self, by: str) -> str: ...
    @abstractmethod
    def continued(self) -> str: ...
    @abstractmethod
    def paragraph(self, block: Paragraph) -> str: ...
    @abstractmethod
    def display(self, rows: Sequence[str], tag: str) -> str: ...
    @abstractmethod
    def theorem(self, block: Theorem) -> str: ...
    @abstractmethod
    def table(self, block: Table) -> str: ...
    @abstractmethod
    def algorithm(self, block: Algorithm) -> str: ...

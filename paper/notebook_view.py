"""What a notebook shows of equations: a table of formulas, by the emitter of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dyadic.paper.document import Document, EquationBlock
from dyadic.paper.glyphs import Notation, allocate
from dyadic.paper.html_document import CELL, ROW, HtmlRenderer
from dyadic.paper.mathml import assemble
from dyadic.paper.render import Renderer
from dyadic.paper.transliteration import plain_name
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.instantiation import Equation

_LEFT = ' style="text-align: left; padding: 0.2em 0.1em"'
_RIGHT = ' style="text-align: right; padding: 0.2em 0.1em"'


class NotebookRenderer(HtmlRenderer):
    """Formulas alone, which need neither the style nor the script of a page."""

    block = Renderer.block

    def displayed(self, rows: Sequence[str], mark: str, place: str) -> str:
        cells = [line.split(CELL) for row in rows for line in row.split(ROW)]
        inner = "".join(
            "<mtr>"
            + "".join(f"<mtd{_LEFT if column else _RIGHT}>{assemble(cell)}</mtd>" for column, cell in enumerate(line))
            + "</mtr>"
            for line in cells
        )
        return f'<math><mtable displaystyle="true">{inner}</mtable></math>'


def equations_table(equations: Sequence[Equation], derivation: Derivation | None, caption: str, more: int = 0) -> str:
    """Equations behind the intermediates that they use, with their tags and hashes.

    derivation: whose notation they are written in, where it is known.  more: how many are not shown.
    """
    named = equations[0].named if equations else frozenset()
    notation = allocate(derivation) if derivation else Notation()
    renderer = NotebookRenderer(Document("", "", (), notation, {}, named))
    body = "".join(_row(renderer, equation) for equation in equations)
    body += f"<tr><td colspan=3>and {more} more</td></tr>" if more > 0 else ""
    head = "<tr><th>tag</th><th>hash</th><th>equation</th></tr>"
    return f"<table><caption>{escape(plain_name(caption))}</caption>{head}{body}</table>"


def _row(renderer: NotebookRenderer, equation: Equation) -> str:
    vertex = equation.tag.partition(":")[2].partition(".")[0]
    kind = renderer.document.notation.types.get(vertex, "")
    lines = (*equation.where, equation.definition)
    formula = renderer.block(EquationBlock(lines, equation.tag, int(equation.role == "gradient"), kind))
    tag = escape(plain_name(equation.tag))
    return f'<tr><td>{tag}</td><td>{equation.short}</td><td style="text-align: left">{formula}</td></tr>'

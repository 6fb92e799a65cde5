"""The Typst back end: a whole document, compiled to PDF by pip's typst without any system dependency."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import typst

from dyadic.paper.document import (
    REFERENCES,
    Algorithm,
    Block,
    Display,
    Document,
    EquationBlock,
    Paragraph,
    Picture,
    Table,
    Theorem,
    reference_number,
)
from dyadic.paper.drawing import Drawing, svg
from dyadic.paper.render import TEMPLATES, Renderer, pieces_of_name
from dyadic.paper.transliteration import plain_name
from dyadic.paper.typst_math import TypstPrinter, typst_string

_SYMBOLS = {
    "=": "=", "<-": "arrow.l", "in": "in", "partial": "partial",
    "langle": "chevron.l", "rangle": "chevron.r", "dot": "dot.c", "quad": "quad", "top": "top", "sum": "sum",
    "/": "\\/", ";": "\\;", "<=": "<=", "|": 'class("opening", bar.v)', "||": 'class("closing", bar.v)',
}  # fmt: skip


class TypstRenderer(Renderer):
    symbols = _SYMBOLS
    new_row, times = ' \\\n  & quad ""', "dot.c"

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.printer = TypstPrinter(document.notation, document.named, document.aliases)

    def render(self) -> list[str]:
        parts = ["#counter(heading).update(0)", f"#heading(level: 1, {typst_string(plain_name(self.document.title))})"]
        for section in self.document.sections:
            parts += [f"#heading(level: 2, {typst_string(plain_name(section.title))})", self.blocks(section.blocks)]
        return parts

    def text(self, text: str) -> str:
        return f"#{typst_string(plain_name(text))}" if text else ""

    def code(self, text: str) -> str:
        # A zero-width space lets a line end there.
        text = plain_name(text)
        return f"#code({typst_string(chr(0x200B).join(pieces_of_name(text)) if len(text) > 12 else text)})"

    def inline(self, formula: str) -> str:
        """A short one stays on a line."""
        return f"#box(${formula}$)" if len(formula) <= _SHORT and " = " in formula else f"${formula}$"

    def cite(self, key: str) -> str:
        return f"#{typst_string(f'[{reference_number(key)}]')}"

    def words(self, text: str) -> str:
        return f"op({typst_string(text)})"

    def group(self, formula: str) -> str:
        return formula

    def unbroken(self, formula: str) -> str:
        return f"#box(${formula}$)"

    def script(self, mark: str, formula: str) -> str:
        return f"{mark}({formula})"

    def partial(self, by: str) -> str:
        return f"frac(partial E, partial {by})"

    def relation(self, left: str, right: str) -> str:
        return f"{left} &= {right}"

    def beside(self, factor: str) -> str:
        return f" thin {factor}"

    def blocks(self, blocks: Sequence[Block]) -> str:
        """What announces the next block stays on its page."""
        found: list[str] = []
        announcing = _announcing(blocks)
        place = 0
        while place < len(blocks):
            two = blocks[place : place + 2], blocks[place + 2 : place + 4]
            if all(map(self._fits_half, two)):
                left, right = ("\n\n".join(map(self.block, pair)) for pair in two)
                found.append(f"#beside[{left}][{right}]")
                place += 4
                continue
            shown = self.block(blocks[place])
            found.append(f"#block(sticky: true, width: 100%)[{shown}]" if announcing[place] else shown)
            place += 1
        return "\n\n".join(found)

    def _fits_half(self, pair: Sequence[Block]) -> bool:
        """Whether this is a heading with few short equations, which leave room for others beside them."""
        match pair:
            case (Paragraph(), EquationBlock() as shown):
                return len(shown.lines) <= _FEW and self.width(shown) <= _HALF
        return False

    def paragraph(self, block: Paragraph) -> str:
        lead = f"#lead({typst_string(block.lead)}) " if block.lead else ""
        return lead + self.spans(block.spans)

    def display(self, rows: Sequence[str], key: str) -> str:
        numbering = f'_ => "({self.numbers[key]})"' if key else "none"
        return f"#math.equation(block: true, numbering: {numbering}, $\n  " + " \\\n  ".join(rows) + "\n$)"

    def tagged(self, rows: Sequence[str], tag: str) -> str:
        if not tag:
            return self.display(rows, "")
        return f"#tagged({typst_string(plain_name(tag))}, $\n  " + " \\\n  ".join(rows) + "\n$)"

    def ref(self, key: str) -> str:
        return f'#"{self.numbers[key]}"'

    def picture(self, block: Picture) -> str:
        drawing = block.drawing
        scale = min(_SMALLEST if block.wide else 1.0, _ROOM[0] / drawing.width, _ROOM[1] / drawing.height)
        if scale < _SMALLEST:
            return ""
        image = (
            f'image(bytes({typst_string(svg(drawing))}), format: "svg", width: {scale * drawing.width:.1f}pt, '
            f"alt: {typst_string(drawing.title)})"
        )
        shown = f"picture({image})[{self.spans(block.caption)}]"
        return f"#place(auto, float: true, clearance: 1.6em, align(start, {shown}))" if block.wide else f"#{shown}"

    def theorem(self, block: Theorem) -> str:
        first, *others = block.body
        start, body = self.block(first), self.blocks(others)
        if block.kind == "Proof":
            return f"#proof[{start}\n\n{body}]"
        announces = str(_announcing(block.body)[0]).lower()
        return f"#statement({typst_string(block.kind)}, {typst_string(block.title)}, {announces})[{start}][{body}]"

    def table(self, block: Table) -> str:
        columns = ", ".join(f"{width}fr" for width in block.widths)
        head = ", ".join(f"[#strong[{self.spans(title)}]]" for title in block.head)
        rows = ",\n  ".join(f"({', '.join(f'[{self.spans(cell)}]' for cell in row)},)" for row in block.rows)
        return f"#ruled({typst_string(plain_name(block.caption))}, ({columns},), ({head},),\n  {rows},\n)"

    def algorithm(self, block: Algorithm) -> str:
        lines = ",\n  ".join(f"({level}, [{self.spans(spans)}])" for level, spans in block.lines)
        return f"#algorithm({typst_string(block.title)}, (\n  {lines},\n))"


def _announcing(blocks: Sequence[Block]) -> list[bool]:
    """Which blocks the reader needs beside what comes next: a paragraph before a formula, few formulas in a row."""
    found: list[bool] = []
    for is_display, group in groupby(blocks, lambda block: isinstance(block, Display)):
        run = list(group)
        found += [is_display and len(run) <= _FEW] * (len(run) - 1) + [False]
    following = [*blocks[1:], None][: len(blocks)]
    return [
        few or (isinstance(one, Paragraph) and isinstance(two, _ANNOUNCED))
        for few, one, two in zip(found, blocks, following, strict=True)
    ]


_ROOM, _SMALLEST = (453.0, 650.0), 0.7
"""A page in points, less what a caption needs, and the scale below which no drawing is legible."""

_HALF = 165.0
"""The room for equations in half a line, in points: their tag stands beside them."""
_ANNOUNCED = Display | EquationBlock | Algorithm | Theorem | Table
_SHORT = 40
_FEW = 3
"""So many formulas in a row stay on one page."""


def render_typst(*documents: Document) -> str:
    """The Typst source."""
    parts = [(TEMPLATES / "appendix.typ").read_text(encoding="utf-8")]
    cited: set[str] = set()
    for document in documents:
        renderer = TypstRenderer(document)
        parts += renderer.render()
        cited |= renderer.cited
    if cited:
        parts.append('#heading(level: 2, numbering: none, "References")')
    parts += [f"#reference({k}, {typst_string(r.text)})" for k, r in enumerate(REFERENCES, 1) if r.key in cited]
    return "\n\n".join(parts) + "\n"


def drawing_pdf(drawing: Drawing) -> bytes:
    """A drawing as a PDF of its own size."""
    source = "#set document(date: none)\n#set page(width: auto, height: auto, margin: 0pt)\n"
    source += f'#image(bytes({typst_string(svg(drawing))}), format: "svg")\n'
    return bytes(typst.compile(source.encode(), format="pdf", timestamp=0))


def render_pdf(*documents: Document) -> bytes:
    """The PDF; the same bytes for the same documents."""
    return bytes(typst.compile(render_typst(*documents).encode(), format="pdf", timestamp=0))

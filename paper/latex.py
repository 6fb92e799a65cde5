r"""The LaTeX back end: a fragment for ``\input``, without a preamble."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from dyadic.paper.document import (
    REFERENCES,
    Algorithm,
    Block,
    Display,
    Document,
    EquationBlock,
    Paragraph,
    Picture,
    Span,
    Table,
    Theorem,
)
from dyadic.paper.drawing import SHADES, Box, Caption, Curve, Shape, Stroke, dashes
from dyadic.paper.labels import label_of_tag
from dyadic.paper.latex_math import LatexMathPrinter
from dyadic.paper.layout import NARROW, WIDTH, RowPart
from dyadic.paper.meanings import GREEK
from dyadic.paper.render import Renderer, pieces_of_name
from dyadic.paper.sealed_formulas import sealed
from dyadic.paper.transliteration import plain_name
from dyadic.symbolic.latex_printing import latex_escape

_SYMBOLS = {
    "=": "=", "<-": r"\leftarrow", "in": r"\in", "partial": r"\partial",
    "langle": r"\langle", "rangle": r"\rangle", "dot": r"\cdot", "quad": r"\quad",
    "top": r"\top", "sum": r"\sum", "<=": r"\le", ">=": r"\ge", "|": r"\lvert", "||": r"\rvert",
}  # fmt: skip


_BREAK = r"\allowbreak "
NOBREAK, MAY_END = r"\nopagebreak ", r"\dyadicmayend "
_GREEK = {character: name for name, character in GREEK.items()}
_LONG_WORD, _LONG_NUMBER = 20, 8


class LatexRenderer(Renderer):
    symbols = _SYMBOLS
    narrowest = NARROW

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.printer = LatexMathPrinter(document.notation, document.named, document.aliases)

    def render(self) -> str:
        title = rf"\section{{{self.text(self.document.title)}}}\label{{\dyadicprefix}}"
        head = [
            "% Written by dyadic. Use: \\usepackage{dyadic-appendix} in the preamble (before cleveref),",
            "% \\input this file, and add dyadic.bib to the bibliography.",
            f"% Its labels begin with dyadic:{self.document.label}:, as in dyadic:{self.document.label}:exactness.",
            rf"\dyadicbegin{{{self.document.label}}}",
            title,
        ]
        body = [
            rf"\subsection{{{self.text(s.title)}}}\label{{\dyadicprefix:section-{number}}}"
            + "\n"
            + self.blocks(s.blocks)
            for number, s in enumerate(self.document.sections, 1)
        ]
        return "\n".join(head) + "\n" + "\n\n".join(body) + "\n\\dyadicend\n"

    def blocks(self, blocks: Sequence[Block]) -> str:
        """A display belongs to the paragraph that it follows: no blank line before it."""
        found: str = ""
        last: Block | None = None
        for block in blocks:
            goes_on = isinstance(last, Display | EquationBlock) and _begins_small(block)
            between = "\n" if isinstance(block, Display | EquationBlock) or goes_on else "\n\n"
            found += (between if found else "") + self.block(block)
            last = block
        return found

    def text(self, text: str) -> str:
        # A label such as dense(activation=identity, ...) is a word that no line could hold the end of.
        words = re.split(r"(\s+)", plain_name(text))
        escaped = "".join(_BREAK.join(map(latex_escape, _pieces(word))) for word in words)
        return escaped.replace("/", rf"/{_BREAK}")

    def code(self, text: str) -> str:
        whole = pieces_of_name(plain_name(text))
        pieces = [p for piece in whole for p in ([piece] if len(piece) <= 12 else re.findall(r".{1,6}", piece))]
        return rf"\dyadiccode{{{_BREAK.join(map(latex_escape, pieces))}}}"

    def inline(self, formula: str) -> str:
        return f"${formula}$"

    def cite(self, key: str) -> str:
        return rf"\dyadiccite{{{key}}}"

    def words(self, text: str) -> str:
        return rf"\operatorname{{{self.text(text)}}}"

    def group(self, formula: str) -> str:
        return f"{{{formula}}}"

    unbroken = group

    def script(self, mark: str, formula: str) -> str:
        return f"{mark}{{{formula}}}"

    def partial(self, by: str) -> str:
        return rf"\frac{{\partial E}}{{\partial {by}}}"

    def relation(self, left: str, right: str) -> str:
        return rf"\dyadicleft {left} \dyadicequal {right}"

    def part(self, part: RowPart) -> str:
        if part.sign:
            between, after = "", f" {part.sign} {part.text}"
        else:
            between, after = r"\, ", f" {part.text}"
        new = "" if part.sign else r"\cdot "
        match part.wide, part.narrow:
            case False, False:
                return after if part.sign else self.beside(part.text)
            case True, True:
                return f"\n  \\dyadicrow {new}{after.strip()}"
            case _, narrow:
                choice = rf"\dyadicifnarrow{{\dyadicrow {new}}}{{{between}}}"
                other = rf"\dyadicifnarrow{{{between}}}{{\dyadicrow {new}}}"
                return f"\n  {choice if narrow else other}{after}"

    def beside(self, factor: str) -> str:
        return rf" \, {factor}"

    def paragraph(self, block: Paragraph) -> str:
        lead = rf"\textbf{{{self.text(block.lead)}}} " if block.lead else ""
        return lead + self.spans(block.spans)

    def display(self, rows: Sequence[str], key: str) -> str:
        inner = rows[0] if len(rows) == 1 else "\\begin{aligned}\n  " + " \\\\\n  ".join(rows) + "\n\\end{aligned}"
        if not key:
            return f"\\begin{{equation*}}\n{inner}\n\\end{{equation*}}"
        return f"\\begin{{equation}}\\label{{\\dyadicprefix:{label_of_tag(key)}}}\n{inner}\n\\end{{equation}}"

    def tagged(self, rows: Sequence[str], tag: str) -> str:
        if not tag:
            return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"
        shown = rf"\tag*{{\dyadictag{{{self.text(tag)}}}}}\label{{\dyadicprefix:{label_of_tag(tag)}}}"
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + f"\n{shown}\n\\end{{align*}}"

    def ref(self, key: str) -> str:
        return rf"\ref{{\dyadicprefix:{label_of_tag(key)}}}"

    def theorem(self, block: Theorem) -> str:
        body = self.blocks(block.body)
        if block.kind == "Proof":
            return f"\\begin{{dyadicproof}}\n{body}\n\\end{{dyadicproof}}"
        label = rf"\label{{\dyadicprefix:{label_of_tag(block.key)}}}" if block.key else ""
        start = rf"\begin{{dyadicstatement}}{{{block.kind}}}{{{self.text(block.title)}}}{label}"
        return f"{start}\n{body}\n\\end{{dyadicstatement}}"

    def table(self, block: Table) -> str:
        total = sum(block.widths)
        shares = [f"{width / total:.4f}" for width in block.widths]

        def row(cells: Sequence[Sequence[Span]]) -> str:
            inner = "".join(
                rf"\dyadiccell{{{share}}}{{{self.spans(cell)}}}" for share, cell in zip(shares, cells, strict=True)
            )
            return rf"\dyadictablerow{{{inner}}}"

        # The first two and the last two rows stay together; of up to three, all do.
        before = ["", NOBREAK, *[MAY_END] * (len(block.rows) - 3), NOBREAK]
        joined = "\n".join(start + row(cells) for start, cells in zip(before, block.rows, strict=False))
        return f"\\dyadictable{{{self.text(block.caption)}}}{{{row(block.head)}}}\n{joined}\n\\dyadictableend"

    def picture(self, block: Picture) -> str:
        drawing = block.drawing
        shapes = "\n".join(line for shape in drawing.shapes for line in _drawn(self, shape))
        width, height = math.ceil(drawing.width), math.ceil(drawing.height)
        command = f"\\dyadicwidepicture{{{width}}}{{{height}}}" if block.wide else f"\\dyadicpicture{{{width}}}"
        return (
            f"{command}{{{self.spans(block.caption)}}}{{%\n\\begin{{picture}}({width},{height})\n"
            f"{shapes}\n\\end{{picture}}}}"
        )

    def algorithm(self, block: Algorithm) -> str:
        lines = "\n".join(
            rf"\item[{number}.] {{\advance\leftskip {level * 1.5}em {self.spans(spans)}\par}}"
            for number, (level, spans) in enumerate(block.lines, 1)
        )
        title = self.text(block.title)
        return f"\\begin{{dyadicalgorithm}}{{{title}}}\n{lines}\n\\end{{dyadicalgorithm}}"


class StandaloneLatex(LatexRenderer):
    """Formulas that need amsmath and nothing of the fragment's style: what a reader copies from a page."""

    new_row, times = "\n  \\\\&\\quad", r"\cdot"
    narrowest = WIDTH

    def relation(self, left: str, right: str) -> str:
        return f"{left} &= {right}"

    part = Renderer.part

    def display(self, rows: Sequence[str], key: str) -> str:
        return super().display(rows, "")

    def tagged(self, rows: Sequence[str], tag: str) -> str:
        return super().tagged(rows, "")


def _begins_small(block: Block) -> bool:
    """Whether a paragraph goes on with a sentence."""
    first = block.spans[0] if isinstance(block, Paragraph) and block.spans and not block.lead else ""
    return isinstance(first, str) and first[:1].islower()


def _pieces(word: str) -> list[str]:
    if sum(map(str.isdigit, word)) > _LONG_NUMBER:  # which no hyphenation parts
        return re.findall(r".{1,6}", word)
    return re.split(r"(?<=[(=])(?=\w)", word) if len(word) > _LONG_WORD else [word]


def _drawn(renderer: LatexRenderer, shape: Shape) -> list[str]:
    match shape:
        case Box():
            size = rf"{shape.width:.2f}\unitlength}}{{{shape.height:.2f}\unitlength"
            filled = rf"\color{{dyadic{shape.shade}}}" if shape.shade in SHADES else _in_grey(shape.shade)
            return [rf"\put({shape.x:.2f},{shape.y:.2f}){{{filled}\rule{{{size}}}}}"]
        case Curve():
            ends = [(*one, *two) for one, two in pairwise(shape.points)]
            return [line for segment in ends for line in _segment(*segment, shape.width, bool(shape.dashes))]
        case Stroke():
            return [_line(line) for line in (dashes(shape) if shape.dashed else [shape])]
        case Caption():
            place = {"start": "l", "middle": "", "end": "r"}[shape.anchor]
            text = rf"\dyadictypewriter {renderer.text(shape.text)}" if shape.code else _caption(renderer, shape.text)
            box = rf"\makebox(0,0)[{place}]" if place else r"\makebox(0,0)"
            return [rf"\put({shape.x:.2f},{shape.y:.2f}){{{box}{{\dyadicpicturefont {text}}}}}"]


def _caption(renderer: LatexRenderer, text: str) -> str:
    """Text in which the Greek letters are those of formulas."""
    parts = re.split(f"([{''.join(_GREEK)}])", text)
    return "".join(renderer.inline(rf"\{_GREEK[part]}") if part in _GREEK else renderer.text(part) for part in parts)


def _in_grey(shade: str) -> str:
    red, green, blue = (int(shade[k : k + 2], 16) / 255 for k in (0, 2, 4))
    return rf"\color[rgb]{{{red:.3f},{green:.3f},{blue:.3f}}}"


def _segment(x1: float, y1: float, x2: float, y2: float, thick: float, dashed: bool) -> list[str]:
    """A piece of a curve; a slanting one is drawn by points."""
    if x1 != x2 and y1 != y2:
        return [rf"\qbezier({x1:.2f},{y1:.2f})({(x1 + x2) / 2:.2f},{(y1 + y2) / 2:.2f})({x2:.2f},{y2:.2f})"]
    line = Stroke(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), dashed)
    return [_line(piece, thick) for piece in (dashes(line) if dashed else [line])]


def _line(line: Stroke, thick: float = 1.0) -> str:
    """A line as a thin rule: a picture's own lines are not of every length."""
    x, y = min(line.x1, line.x2), min(line.y1, line.y2)
    width, height = abs(line.x1 - line.x2), abs(line.y1 - line.y2)
    size = rf"{width or thick:.2f}\unitlength}}{{{height or thick:.2f}\unitlength"
    corner = f"{x - (0 if width else thick / 2):.2f},{y - (0 if height else thick / 2):.2f}"
    return rf"\put({corner}){{\rule{{{size}}}}}"


def render_latex(*documents: Document) -> str:
    """The fragment's text."""
    return "\n".join(sealed(LatexRenderer(document).render()) for document in documents)


def bibliography() -> str:
    """dyadic.bib."""
    entries = []
    for reference in REFERENCES:
        fields = {"author": reference.authors, "title": f"{{{reference.title}}}", "year": str(reference.year)}
        if reference.journal:
            fields |= {"journal": reference.journal, "volume": reference.volume, "pages": reference.pages}
        else:
            fields["note"] = f"arXiv:{reference.arxiv}"
        fields |= {"eprint": reference.arxiv, "archiveprefix": "arXiv"}
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        entries.append(f"@{'article' if reference.journal else 'misc'}{{{reference.key},\n{body}\n}}\n")
    return "\n".join(entries)

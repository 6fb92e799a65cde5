r"""The LaTeX back end: a fragment for ``\input``, without a preamble."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dyadic.paper.document import REFERENCES, Algorithm, Document, Paragraph, Table, Theorem
from dyadic.paper.render import Renderer
from dyadic.symbolic.latex_printing import LatexPrinter, latex_escape

_SYMBOLS = {
    "=": "=", "<-": r"\leftarrow", "in": r"\in", "partial": r"\partial", "theta": r"\theta", "tau": r"\tau",
    "Lambda": r"\Lambda", "langle": r"\langle", "rangle": r"\rangle", "dot": r"\cdot", "quad": r"\quad",
    "top": r"\top", "sum": r"\sum", "(x,": "(x,",
}  # fmt: skip


_BREAK = r"\allowbreak "
_LONG_WORD = 20


class LatexRenderer(Renderer):
    symbols = _SYMBOLS

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.printer = LatexPrinter(document.named, document.aliases)

    def render(self) -> str:
        head = [
            "% Written by dyadic. Use: \\usepackage{dyadic-appendix} in the preamble, \\input this file,",
            "% and add dyadic.bib to the bibliography.",
            rf"\section{{{self.text(self.document.title)}}}\label{{dyadic:{self.document.label}}}",
        ]
        body = [rf"\subsection{{{self.text(s.title)}}}" + "\n" + self.blocks(s.blocks) for s in self.document.sections]
        # Names cannot be hyphenated: let lines be a little loose rather than too long.
        inside = "\n\n".join(body)
        return "\n".join(head) + f"\n\\begingroup\\emergencystretch=6em\n\n{inside}\n\n\\endgroup\n"

    def text(self, text: str) -> str:
        # A label such as dense(activation=identity, ...) is a word that no line could hold the end of.
        return "".join(_BREAK.join(map(latex_escape, _pieces(word))) for word in re.split(r"(\s+)", text))

    def code(self, text: str) -> str:
        # A break is allowed after the characters at which identifiers can be read on.
        whole = re.split(r"(?<=[.:,_(=/ -])", text)
        pieces = [p for piece in whole for p in ([piece] if len(piece) <= 12 else re.findall(r".{1,10}", piece))]
        return rf"\dyadiccode{{{_BREAK.join(map(latex_escape, pieces))}}}"

    def inline(self, formula: str) -> str:
        return f"${formula}$"

    def cite(self, key: str) -> str:
        return rf"\cite{{{key}}}"

    def words(self, text: str) -> str:
        return rf"\text{{{latex_escape(text)}}}"

    def group(self, formula: str) -> str:
        return f"{{{formula}}}"

    def script(self, mark: str, formula: str) -> str:
        return f"{mark}{{{formula}}}"

    def partial(self, by: str) -> str:
        return rf"\frac{{\partial E}}{{\partial {by}}}"

    def continued(self) -> str:
        return r"&\quad"

    def paragraph(self, block: Paragraph) -> str:
        lead = rf"\paragraph{{{self.text(block.lead)}}} " if block.lead else ""
        return lead + self.spans(block.spans)

    def display(self, rows: Sequence[str], tag: str) -> str:
        label = rf"\label{{dyadic:{self.document.label}:{_label(tag)}}}" if tag else ""
        if len(rows) == 1:
            row = re.sub(r"(?<!\\)&", "", rows[0])
            return f"\\begin{{equation}}{label}\n\\dyadicfit{{{row}}}\n\\end{{equation}}"
        inner = " \\\\\n  ".join(rows)
        aligned = f"\\begin{{aligned}}\n  {inner}\n\\end{{aligned}}"
        return f"\\begin{{equation}}{label}\n\\dyadicfit{{{aligned}}}\n\\end{{equation}}"

    def theorem(self, block: Theorem) -> str:
        body = self.blocks(block.body)
        if block.kind == "Proof":
            return f"\\begin{{proof}}\n{body}\n\\end{{proof}}"
        name = f"dyadic{block.kind.lower()}"
        title = f"[{{{self.text(block.title)}}}]" if block.title else ""
        return f"\\begin{{{name}}}{title}\n{body}\n\\end{{{name}}}"

    def table(self, block: Table) -> str:
        total = sum(block.widths)
        columns = "".join(
            rf">{{\raggedright\arraybackslash}}p{{\dimexpr {0.97 * width / total:.4f}\linewidth-2\tabcolsep\relax}}"
            for width in block.widths
        )
        head = " & ".join(rf"\textbf{{{self.text(title)}}}" for title in block.head)
        rows = " \\\\\n".join(" & ".join(self.spans(cell) for cell in row) for row in block.rows)
        return (
            f"\\par\\medskip\\noindent\\textit{{{self.text(block.caption)}}}\\par\\nopagebreak\\smallskip\n"
            f"{{\\footnotesize\\dyadictablestart\n\\dyadictablehead{{{columns}}}{{{head}}}\n"
            f"{rows} \\\\\n\\dyadictableend}}"
        )

    def algorithm(self, block: Algorithm) -> str:
        lines = "\n".join(
            rf"\item[{number}.] \hspace*{{{level * 1.5}em}}{self.spans(spans)}"
            for number, (level, spans) in enumerate(block.lines, 1)
        )
        title = self.text(block.title)
        return f"\\begin{{dyadicalgorithm}}{{{title}}}\n{lines}\n\\end{{dyadicalgorithm}}"


def _pieces(word: str) -> list[str]:
    return re.split(r"(?<=[(=])(?=\w)", word) if len(word) > _LONG_WORD else [word]


def _label(tag: str) -> str:
    """A tag as a label: letters and digits stay, everything else becomes its code."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: f"-{ord(found[0]):x}", tag)


def render_latex(document: Document) -> str:
    """The fragment's text."""
    return LatexRenderer(document).render()


def bibliography() -> str:
    """dyadic.bib."""
    entries = []
    for reference in REFERENCES:
        authors, title, rest = (part.strip() for part in re.split(r"(?<=[a-z])\. ", reference.text, maxsplit=2))
        entries.append(
            f"@misc{{{reference.key},\n  author = {{{authors}}},\n  title = {{{title}}},\n"
            f"  note = {{{rest.rstrip('.')}, {reference.identifier}}}\n}}\n"
        )
    return "\n".join(entries)

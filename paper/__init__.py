"""What is read: a derivation and its certificate as an appendix, and figures.

document.py   the document tree             theory.py          formulas of the general theory
content.py    derivation + certificate -> document tree, by setting.py, network_equations.py, exactness.py,
              verification_table.py; layer_words.py, prose.py   kinds and claims in words
glyphs.py, meanings.py    which letter stands for what, and means what;  transliteration.py names in other scripts
drawing.py    drawings and SVG              wavefront.py, architecture_graph.py, deviation_plots.py   what is drawn
graph_panel.py            boxes and the lines between them;  widths.py how wide formulas are
layout.py     where rows begin              render.py          the walk that both back ends share
latex.py, latex_math.py LaTeX fragment      typst_document.py, typst_math.py   PDF;  symbols.py what all print
claims_graph.py           the claims as a graph;  abstracts_section.py   what became of the paper's abstracts
html_document.py, mathml.py                 a page that needs nothing else;  notebook_view.py   what a notebook shows
rounding_section.py       bounds on rounding errors of a run
certificate_document.py   a certificate alone;  sealed_formulas.py   what was changed in a fragment by hand
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dyadic.paper.content import DETAILS, OF_ANY_NETWORK, SECTIONS, build_document
from dyadic.paper.deviation_plots import DeviationLine, deviation_map, deviation_plot
from dyadic.paper.document import Document
from dyadic.paper.drawing import Drawing, stacked, svg
from dyadic.paper.glyphs import read_notation
from dyadic.paper.html_document import render_html
from dyadic.paper.latex import bibliography, render_latex
from dyadic.paper.render import TEMPLATES
from dyadic.paper.typst_document import drawing_pdf, render_pdf, render_typst
from dyadic.symbolic.errors import DyadicError


def appendix_files(documents: Document | Sequence[Document], path: Path) -> dict[Path, bytes]:
    """The files of an appendix on one network or several at ``path``.

    They are a .tex fragment with its .sty and .bib beside it, a .pdf, or an .html page.

    Raises :class:`DyadicError` for another ending.
    """
    parts = [documents] if isinstance(documents, Document) else documents
    if appendix_format(path) == ".tex":
        style = (TEMPLATES / "dyadic-appendix.sty").read_bytes()
        contents = (render_latex(*parts).encode(), style, bibliography().encode())
        return dict(zip(file_names(path), contents, strict=True))
    if path.suffix == ".html":
        return {path: render_html(*parts).encode()}
    return {path: render_pdf(*parts)}


def file_names(path: Path) -> list[Path]:
    """Where the files of an appendix go that is to be at ``path``; that is the first of them."""
    beside = ("dyadic-appendix.sty", "dyadic.bib") if path.suffix == ".tex" else ()
    return [path, *(path.with_name(name) for name in beside)]


def appendix_format(path: Path) -> str:
    """The ending of an appendix.  Raises :class:`DyadicError` for one that is none of .tex, .pdf and .html."""
    if path.suffix in (".tex", ".pdf", ".html"):
        return path.suffix
    raise DyadicError(f"{path}: the ending {path.suffix!r} is not one of .tex, .pdf, .html")


def figure_format(path: Path) -> str:
    """The ending of a figure.  Raises :class:`DyadicError` for one that is neither .svg nor .pdf."""
    if path.suffix not in (".svg", ".pdf"):
        raise DyadicError(f"{path}: the ending {path.suffix!r} is not one of .svg, .pdf")
    return path.suffix


def figure_file(drawing: Drawing, path: Path) -> bytes:
    """A drawing as the file that the ending of ``path`` says."""
    return svg(drawing).encode() if figure_format(path) == ".svg" else drawing_pdf(drawing)


__all__ = [
    "DETAILS",
    "OF_ANY_NETWORK",
    "SECTIONS",
    "DeviationLine",
    "Document",
    "appendix_files",
    "appendix_format",
    "build_document",
    "deviation_map",
    "deviation_plot",
    "figure_file",
    "figure_format",
    "file_names",
    "read_notation",
    "render_html",
    "render_latex",
    "render_pdf",
    "render_typst",
    "stacked",
]

if __name__ != "dyadic.paper":  # one module must not exist under two names
    raise ImportError("import dyadic.paper, not paper: the folder is a part of the package dyadic")

"""What is read: a derivation and its certificate as an appendix.

document.py   the document tree             theory.py          formulas of the general theory
content.py    derivation + certificate -> document tree
render.py     the walk that both back ends share
latex.py      LaTeX fragment                typst_document.py, typst_math.py   PDF
"""

from __future__ import annotations

import os
import tempfile
from importlib.resources import files
from pathlib import Path

from paper.content import build_document
from paper.document import Document
from paper.latex import bibliography, render_latex
from paper.typst_document import render_pdf, render_typst
from symbolic.errors import DyadicError


def write_appendix(document: Document, path: Path) -> None:
    """Write a .tex fragment (with dyadic-appendix.sty and dyadic.bib beside it) or a .pdf.

    Every file is written under another name and then renamed.  Raises :class:`DyadicError` for another ending.
    """
    if path.suffix == ".tex":
        style = files("paper").joinpath("templates/dyadic-appendix.sty").read_bytes()
        _replace(path.with_name("dyadic-appendix.sty"), style)
        _replace(path.with_name("dyadic.bib"), bibliography().encode())
        _replace(path, render_latex(document).encode())
    elif path.suffix == ".pdf":
        _replace(path, render_pdf(document))
    elif path.suffix == ".html":
        raise DyadicError(f"{path}: HTML comes with the paper issue; write a .tex or .pdf file")
    else:
        raise DyadicError(f"{path}: the ending {path.suffix!r} is not one of .tex, .pdf")


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


__all__ = ["Document", "build_document", "render_latex", "render_pdf", "render_typst", "write_appendix"]

"""Drawings that need the width of a page: where they stand, and when they are left out."""

import json
import shutil
import subprocess
from math import ceil

import pytest
from support.optional import require
from support.unverified import UNVERIFIED
from typeset.test_hosts import complaints

from dyadic.paper import build_document, render_html, render_latex, render_typst
from dyadic.paper.architecture_graph import architecture_graph
from dyadic.paper.document import Document, Picture, Section
from dyadic.paper.drawing import Caption, Drawing
from dyadic.paper.glyphs import Notation
from dyadic.paper.typst_document import TypstRenderer
from dyadic.symbolic import derive, read_spec


def test_every_format_shows_the_architecture_of_a_large_network():
    derivation = derive(read_spec("examples/lstm.toml"))
    document = build_document(derivation, UNVERIFIED, sections=["setting"])
    drawing = architecture_graph(derivation)
    assert render_html(document).count(drawing.title) == 1
    assert render_typst(document).count("place(auto, float: true, clearance: 1.6em, align(start, picture(") == 1
    assert render_typst(document).count(f"alt: {json.dumps(drawing.title)}") == 1
    latex = render_latex(document)
    assert latex.count(rf"\dyadicwidepicture{{{ceil(drawing.width)}}}{{{ceil(drawing.height)}}}") == 1
    for name in ("readout", "memory.6"):
        assert rf"\dyadictypewriter {name}}}" in latex


def test_a_drawing_that_nobody_could_read_on_a_page_is_left_out():
    letters = Caption(1, 1, "n")
    pictures = {width: Picture(Drawing(width, 90.0, (letters,), "it"), ("Said.",), wide=True) for width in (640, 660)}
    renderer = TypstRenderer(Document("T", "t", (), Notation(), {}, frozenset()))
    assert "image(" in renderer.block(pictures[640])
    assert renderer.block(pictures[660]) == ""


@pytest.mark.parametrize(("host", "widest"), [("icml-like", 800), ("revtex4-2", 800), ("llncs", 590)])
def test_so_it_is_in_latex_by_the_width_of_the_page(host, widest, tmp_path):
    """Over both columns where there are two."""
    require(shutil.which("pdftotext"), "pdftotext (poppler) is not installed")
    for width in (widest, widest + 120):
        picture = Picture(Drawing(width, 90.0, (Caption(1, 1, "letters"),), "it"), ("Seen here.",), wide=True)
        document = Document("T", "t", (Section("S", (picture,), "setting"),), Notation(), {}, frozenset())
        folder = tmp_path / str(width)
        folder.mkdir()
        assert complaints(folder, host, r"\input{appendix}\cite{dyadic:galley}", document=document) == []
        shown = subprocess.run(
            ["pdftotext", folder / "main.pdf", "-"], capture_output=True, text=True, check=True
        ).stdout
        assert ("Seen here." in shown) == (width == widest)

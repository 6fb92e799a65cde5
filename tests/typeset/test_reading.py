"""What was ugly or unclear on pages that were looked at, by kind, and stays mended."""

import re

import pytest
from support.browser import Browser, find_browser
from support.latex_reading import argument
from support.optional import require
from support.single_layer import one_of_a_kind
from support.unverified import UNVERIFIED
from sympy import Integer, Rational, sqrt

from dyadic.paper import build_document, render_html, render_latex
from dyadic.paper.document import Display, Document
from dyadic.paper.glyphs import Notation
from dyadic.paper.latex import LatexRenderer
from dyadic.paper.layer_words import _value
from dyadic.paper.render import pieces_of_name
from dyadic.paper.typst_document import render_typst
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.expressions import Apply, Element, Index, Inside, Reduction
from dyadic.symbolic.tensor_names import Name

CELL = "#tag-g\\\\:hidden\\\\.weight mtable > mtr:first-child > mtd:first-child"


def document_of(spec):
    sections = ["setting", "energy", "dynamics", "equations", "algorithms"]
    return build_document(derive(spec), UNVERIFIED, sections=sections)


@pytest.fixture(scope="module")
def decoder():
    return document_of(read_spec("examples/decoder.toml"))


def latex(body):
    document = Document("T", "t", (), Notation(), {}, frozenset())
    return LatexRenderer(document).block(Display((Element(Name("p", "it")), "=", body))).partition("dyadicequal ")[2]


def test_below_the_sign_of_a_sum_there_is_room():
    """A bracket or another sign behind it stood so close that their indices touched."""
    i, j = Index("i"), Index("j")
    entry = Element(Name("z", "it"), i, j)
    inner = Reduction("sum", j, Integer(5), Inside(i - j, Integer(4)) * entry)
    text = latex(Reduction("max", i, Integer(3), inner))
    assert r"\max_{i<3} \, \sum_{j<5} \, \left[0" in text
    assert r"\sum_{j<5} z" in latex(Reduction("sum", j, Integer(5), entry))


def test_a_number_before_what_is_large_is_a_fraction_of_its_own():
    """Within a fraction the argument of a function was set small, and its fractions smaller."""
    entry, other = Element(Name("z", "it")), Element(Name("p", "it"))
    large = Apply("tanh", 0, (entry + other) * sqrt(2) / 3) + 1
    assert latex(entry * large / 2).startswith(r"\frac{1}{2} \, ")
    assert r"\frac{\sqrt{2}}{3} \, (p" in latex(entry * large / 2)
    assert latex(entry / 2).startswith(r"\frac{z")


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("blocks.[0..11].transpose.2", ["blocks.", "[0..11].", "transpose.2"]),
        ("scaled_dot.product", ["scaled_", "dot.", "product"]),
        ("g:hidden.weight", ["g:", "hidden.", "weight"]),
    ],
)
def test_no_line_ends_in_a_range_or_before_a_last_number(name, pieces):
    assert pieces_of_name(name) == pieces


def test_brackets_are_said_to_be_numbers(decoder):
    page = render_latex(decoder)
    assert r"A bracket such as $\left[0 \le i < n\right]$ is 1 where it holds" in page
    assert "under a maximum or LSE it leaves terms out" in page
    assert "LSE is the logarithm" in page
    assert "A bracket" not in render_latex(document_of(read_spec("examples/digits.toml")))
    strided = architecture(one_of_a_kind("conv"))
    assert ("k \\mid i" in render_latex(document_of(strided))) == (r"\mid" in latex_equations(strided))


def latex_equations(spec):
    return render_latex(build_document(derive(spec), UNVERIFIED, sections=["equations"]))


def test_the_vertex_of_which_the_parents_are_is_a_symbol(decoder):
    assert r"\operatorname{pa} ( v )" in render_latex(decoder)
    assert 'op("ch") ( v )' in render_typst(decoder)


def test_the_sentence_of_the_cost(decoder):
    page = render_html(decoder)
    assert "The cost is the cross entropy (target index) of" in page
    assert "<mfrac><mn>1</mn><mn>200</mn></mfrac>" in page  # 1/200|theta|^2 could be read in two ways


def test_what_a_statement_begins_with_stays_with_its_formula(decoder):
    source = render_typst(decoder)
    assert '#statement("Remark", "B, the doubled state", true)' in source
    assert '#statement("Remark", "A, the action of the energy", false)' in source
    assert source.count("\\\n") == source.count("\\\n", source.index("#tagged"))  # the general formulas fit a line


def test_a_small_number_in_words_is_no_row_of_zeros():
    """As in the equations, where it has a power of ten."""
    assert _value(Rational(1, 10**4)) == "0.0001"
    assert _value(Rational(1, 10**5)) == "1e-5"
    assert _value(Rational(10000001, 10**12)) == "1.0000001e-5"


def test_in_the_page_names_end_at_the_equals_sign_and_bars_are_above_letters(tmp_path):
    require(find_browser(), "no Chromium is installed")
    path = tmp_path / "page.html"
    path.write_text(render_html(document_of(read_spec("examples/digits.toml"))), encoding="utf-8")
    browser = Browser(tmp_path)
    try:
        browser.open(path)
        box = "getBoundingClientRect()"
        cell = f"document.querySelector('{CELL}')"
        assert abs(browser.ask(f"{cell}.{box}.right - {cell}.firstElementChild.{box}.right")) < 4
        assert browser.ask("[...document.querySelectorAll('mover')].every(m => m.getAttribute('accent') === 'false')")
        sums = "[...document.querySelectorAll('.algorithm math munder > :first-child')]"
        assert browser.ask(f"{sums}.length") > 0
        below = f"{sums}.every(m => m.nextElementSibling.{box}.left >= m.{box}.right - 1)"
        assert browser.ask(below), "in a line of text what belongs below a sum stands beside it"
    finally:
        browser.close()


@pytest.mark.parametrize("name", ["digits", "lenet", "lstm", "decoder"])
def test_but_for_scripts_formulas_are_as_large_as_the_text(name):
    """No command that sets a fraction smaller, and none within a fraction, which TeX would set smaller by itself."""
    page = render_latex(document_of(read_spec(f"examples/{name}.toml")))
    assert re.findall(r"\\[td]frac|\\(?:script|text)style", page) == []
    assert page.count(r"\frac{") > 5
    assert nested(page) == []
    assert nested(r"\frac{1}{2 + \frac{3}{4}}") != []


def nested(page):
    found = []
    for place in re.finditer(r"\\frac(?=\{)", page):
        top, middle = argument(page, place.end())
        bottom, end = argument(page, middle)
        found += [page[place.start() : end]] if r"\frac" in top + bottom else []
    return found

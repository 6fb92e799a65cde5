"""What was ugly on the pages of whole networks, by kind: rows pulled apart, formulas torn, marks that nobody sees."""

import re
from itertools import pairwise

import pytest
from support.browser import Browser, find_browser
from support.optional import require
from support.single_layer import one_cost
from support.unverified import UNVERIFIED
from typeset.test_hosts import complaints
from typeset.test_pages import pages_of, words_of

from dyadic.paper import build_document, render_html, render_latex, render_typst
from dyadic.paper.document import Display, Document, Paragraph, Section, Table
from dyadic.paper.glyphs import Notation
from dyadic.paper.prose import differing, with_powers
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.expressions import Apply

D_THETA, Q = "\U0001d437\U0001d703", "\U0001d444"


def digits_of(formula):
    """The significant digits of a number, which is a text or a mantissa with its power."""
    text = formula if isinstance(formula, str) else formula.formula[0]
    return len(text.replace(".", "").lstrip("0"))


@pytest.mark.parametrize(
    ("one", "other", "digits"),
    [
        ("8.48382854313650000e-13", "8.48382854313000000e-13", 14),
        ("0.00027900", "0.00026400", 3),
        ("1.0000e-9", "1.2300e-9", 3),
    ],
)
def test_two_values_that_differ_have_as_many_digits(one, other, digits):
    pair = differing(one, other)
    assert [*map(digits_of, pair)] == [digits, digits]


def test_numbers_in_words_have_no_computer_notation():
    norm = {"name": "a", "type": "batch_norm", "epsilon": 1.0000001e-05}
    spec = {"inputs": {"u": {"shape": [2, 3]}}, "layers": [norm], "cost": {"type": "squared_error"}}
    for detail in ("full", "short"):
        document = build_document(
            derive(architecture(spec)), UNVERIFIED, sections=["setting", "equations"], detail=detail
        )
        for text in (render_latex(document), render_typst(document), render_html(document)):
            assert "1.0000001" in text
            assert not re.search(r"\d\.?\d*e-\d", text.partition("</style>")[2] or text)
    assert with_powers("x 1.5e-7, model2e-5b")[0::2] == ("x ", ", model2e-5b")


@pytest.mark.parametrize("cost", [name for name in COSTS if name != "abstract"])
def test_every_function_of_a_cost_is_defined(cost):
    derivation = derive(architecture(one_cost(cost)))
    document = build_document(derivation, UNVERIFIED, sections=["equations"])
    formulas = [b.formula for s in document.sections for b in s.blocks if isinstance(b, Display)]
    defined = {node.name for formula in formulas for node in formula[0].atoms(Apply) if node.order}
    (derived,) = {one.label: one for one in derivation.costs.values()}.values()
    lines = (*derived.equation.definitions, derived.gradient, *derived.intermediates)
    primed = {node.name for line in lines for node in line.body.atoms(Apply) if node.order}
    assert primed - {"exp"} <= defined


def test_tightness_for_sizes_by_name_says_at_which():
    layers = [{"name": f"h{k}", "type": "dense", "units": "width", "activation": "tanh"} for k in range(2)]
    spec = {"inputs": {"x": {"shape": ["n"]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    page = render_latex(build_document(derivation, verify(derivation), sections=["proof"]))
    assert "steps are not enough" in page
    assert "own sizes" not in page
    assert re.search(r"gives for \$n = \d\$, \$\\mathrm\{width\} = \d\$|gives for .*n.* = \d.*width.* = \d", page), page


def torn(source, folder):
    """Whether a remark ends on another page than it begins on, or the last formula of stationarity is on another."""
    pages = ["".join(word for word, _ in words) for words in pages_of(source, folder)]
    together = (("(C,thedoubledcost)", "dynamicsusedhere."), ("isinference,backpropagation", D_THETA))
    return sum(not any(begin in page and end in page for page in pages) for begin, end in together)


@pytest.mark.parametrize("down", [9, 21, 22, 23])
def test_remarks_and_the_formulas_of_stationarity_stay_whole(down, tmp_path):
    source = render_typst(build_document(derive(read_spec("examples/digits.toml")), UNVERIFIED, sections=["dynamics"]))
    moved = source.replace("#heading(level: 2", f"#block(height: {down}cm)[x]\n#heading(level: 2", 1)
    assert torn(moved, tmp_path) == 0
    loose = moved.replace("height > 8cm", "height > 0cm").replace(
        "#block(sticky: true, width: 100%)[#math", "#block[#math"
    )
    assert torn(loose, tmp_path) == (down in (21, 22)), "where nothing held them together, it is seen"


def test_the_tag_of_what_goes_over_a_page_stands_at_its_first_row(tmp_path):
    document = build_document(derive(read_spec("examples/decoder.toml")), UNVERIFIED, sections=["equations"])
    (page,) = [page for page in pages_of(render_typst(document), tmp_path) if "x:attention" in dict(page)]
    _, top, _, bottom = dict(page)["x:attention"]
    assert any(word == Q and abs(box[1] + box[3] - top - bottom) < 8 for word, box in page)


def table_of(lines, count):
    rows = tuple(((f"row{k} " + "x " * (28 * lines),), (f"b{k}",)) for k in range(count))
    return Table("Rows.", (("one",), ("two",)), rows, (20, 20))


def compiled_words(folder, host, *blocks):
    """Of every page the words with their boxes, as the class sets these blocks."""
    document = Document("T", "t", (Section("S", blocks),), Notation(), {}, frozenset())
    assert complaints(folder, host, r"\input{appendix}\nocite{*}", document=document) == []
    return words_of(folder / "main.pdf")


def test_rows_are_not_pulled_apart_where_columns_end_level(tmp_path):
    """In IEEEtran columns are as long as each other: what is left over goes below a table's part, not between rows."""
    gaps = []
    for page in compiled_words(tmp_path, "IEEEtran", table_of(5, 30)):
        rows = [(int(word[3:]), left, top) for word, (left, top, _, _) in page if word.startswith("row")]
        gaps += [low - high for (k, a, high), (m, b, low) in pairwise(rows) if m == k + 1 and a == b]
    assert len(gaps) > 20
    assert max(gaps) - min(gaps) < 1


@pytest.mark.parametrize("host", ["IEEEtran", "acmart"])
def test_no_column_ends_early_where_rows_may_part(host, tmp_path):
    text = Paragraph((" ".join(f"word{k}" for k in range(60)),))
    blocks = (text, table_of(2, 25), *[text, Display(("x", "=", "y"))] * 12)
    pages = compiled_words(tmp_path, host, *blocks)[:-1]
    columns = [
        max(bottom for _, (left, _, _, bottom) in page if (left > 306) == right)
        for page in pages
        for right in (False, True)
    ]
    assert len(columns) >= 4
    assert max(columns) - min(columns) < 40


def test_bars_and_primes_are_as_large_as_their_letters(tmp_path):
    require(find_browser(), "no Chromium is installed")
    path = tmp_path / "page.html"
    document = build_document(derive(read_spec("examples/digits.toml")), UNVERIFIED, sections=["equations"])
    path.write_text(render_html(document), encoding="utf-8")
    browser = Browser(tmp_path)
    try:
        browser.open(path)
        size = "parseFloat(getComputedStyle({}).fontSize)"
        for marks in ("mover > mo", "mo.prime"):
            same = f"Math.abs({size.format('m')} - {size.format('m.previousElementSibling')}) < 0.1"
            found = f"[...document.querySelectorAll('{marks}')]"
            assert browser.ask(f"{found}.length") > 2
            assert browser.ask(f"{found}.every(m => {same})")
    finally:
        browser.close()


def test_formulas_that_stay_together_stand_in_the_middle(tmp_path):
    formulas = (Display(("x", "=", "y")), Display(("x", "=", "y"), "numbered"), Display(("x", "=", "y")))
    document = Document("T", "t", (Section("S", formulas),), Notation(), {}, frozenset())
    (page,) = pages_of(render_typst(document), tmp_path)
    places = [(box[0] + box[2]) / 2 for word, box in page if "=" in word]
    assert len(places) == 3
    assert max(abs(place - 595.276 / 2) for place in places) < 5

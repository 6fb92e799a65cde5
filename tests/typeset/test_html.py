"""The page: well formed, alone in the world, and it does what a reader asks of it by mouse and keyboard."""

import re
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont
from support.browser import Browser, find_browser
from support.optional import require

from dyadic.paper import build_document, render_html
from dyadic.paper.claims_graph import claims_graph
from dyadic.paper.glyphs import Notation
from dyadic.paper.mathml import MathmlPrinter
from dyadic.paper.meanings import GREEK
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec

VOID = {"meta", "br", "wbr", "input"}
HOSTILE = ["</script>", "<img src=x onerror=alert>", "a&b", "größe", "層", "<b>", "-->", "&lt&"]


class Outline(HTMLParser):
    """Every element opened is closed in its turn; ids and links."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.links, self.tags = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        self.links += [value for name, value in attributes if name in ("href", "src", "data", "action", "srcset")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def outline(page):
    found = Outline()
    found.feed(page)
    assert (found.wrong, found.open) == ([], [])
    return found


def page_of(network):
    derivation = derive(network)
    certificate = verify(derivation)
    return derivation, certificate, render_html(build_document(derivation, certificate))


def hostile():
    layers = [{"name": name, "type": "dense", "units": 3, "activation": "gelu"} for name in HOSTILE]
    return architecture(
        {
            "name": '</title><script>alert(1)</script> " onclick="alert(1) {{script}}',
            "inputs": {"in": {"shape": [2]}},
            "layers": layers,
            "cost": {"type": "squared_error"},
        }
    )


@pytest.fixture(scope="module")
def decoder():
    return page_of(read_spec("examples/decoder.toml"))


def test_it_is_well_formed_and_points_only_into_itself(decoder):
    _, _, page = decoder
    found = outline(page)
    assert len(set(found.ids)) == len(found.ids)
    assert found.links
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert page.count("url(") == page.count("src: url(data:font/woff2;base64,") == 1
    assert "@import" not in page


def test_every_formula_is_mathml_of_its_own(decoder):
    _, _, page = decoder
    formulas = re.findall(r"<math.*?</math>", page, re.S)
    assert len(formulas) > 150
    known = {
        "math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msub", "msup", "msubsup", "munder", "mover", "mfrac",
        "msqrt", "mtable", "mtr", "mtd",
    }  # fmt: skip
    children = {"msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "mfrac": 2}
    for formula in formulas:
        for node in ElementTree.fromstring(formula).iter():
            assert node.tag in known
            assert len(node) == children.get(node.tag, len(node)), formula
            if len(node):
                assert not (node.text or "").strip()
                assert not any((child.tail or "").strip() for child in node)


def test_the_font_of_formulas_holds_every_sign_of_theirs(decoder):
    """But for those of the names of a user: they are none of the notation, and the reader's fonts show them."""
    _, _, page = decoder
    stored = b64decode(re.search(r"url\(data:font/woff2;base64,([^)]+)", page)[1])
    font = TTFont(BytesIO(stored))
    assert {"MATH", "GSUB"} <= set(font.keys())
    held = font.getBestCmap().keys()
    signs = set(unescape(re.sub(r"<[^>]*>", "", "".join(re.findall(r"<math.*?</math>", page, re.S)))))
    signs |= set("".join(MathmlPrinter(Notation()).greek(name) for name in GREEK if name.islower()))
    italic = {chr(0x1D434 + k) for k in range(52)} - {chr(0x1D455)} | {"\u210e"} | {chr(0x1D6E2 + k) for k in range(58)}
    assert {sign for sign in signs | italic if not sign.isspace() and ord(sign) not in held} == set()


def test_every_equation_is_there_with_its_hash_and_every_claim_with_its_verdict(decoder):
    derivation, certificate, page = decoder
    titles = {tag[1]["title"] for tag in outline(page).tags if "title" in tag[1]}
    shown = [equation for equation in derivation.equations.values() if equation.role != "energy"]
    assert len(shown) > 40
    assert {f"SHA-256 {equation.hash}" for equation in shown} <= titles
    plain = page.replace("<wbr>", "")
    for claim in certificate["claims"]:
        assert f"<code>{claim['id']}</code>" in plain
    assert plain.count('<details class="claim proved">') >= 20
    assert "claim refuted" not in plain


def test_a_claim_that_is_refuted_is_shown_as_such():
    derivation = derive(read_spec("examples/digits.toml"))
    certificate = verify(derivation, steps=7)
    page = render_html(build_document(derivation, certificate))
    theorem = page[page.index('class="statement"') :]
    assert theorem.index('<details class="claim refuted">') < theorem.index("</h3>")
    assert "counterexample" in theorem


def test_names_are_text_whatever_they_are():
    _, _, page = page_of(hostile())
    found = outline(page)
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert "img" not in [tag for tag, _ in found.tags]
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert page.count("a&amp;b") > 10
    assert "{{script}}" in page  # a name, not a place for something


@pytest.fixture
def reader(decoder, tmp_path):
    require(find_browser(), "no Chromium is installed")
    path = tmp_path / "page.html"
    path.write_text(decoder[2], encoding="utf-8")
    browser = Browser(tmp_path)
    browser.open(path)
    yield browser
    complaints = list(browser.complaints)
    browser.close()
    assert complaints == []


def test_the_slider_by_keyboard_and_by_mouse(reader):
    step = "Number(document.querySelector('.steps output').textContent)"
    said = "document.querySelector('#step-said').textContent"
    assert reader.ask(step) == 22
    reader.ask("document.querySelector('.steps input').focus()")
    reader.press("Home", 36)
    assert reader.ask(step) == 0
    assert "activations are exact at 0 of 11 vertices, sensitivities at 0" in reader.ask(said)
    for _ in range(3):
        reader.press("ArrowRight", 39)
    assert reader.ask(step) == 3
    assert "activations are exact at 3 of 11 vertices, sensitivities at 0" in reader.ask(said)
    left = "Number(document.querySelector('.later').getAttribute('x'))"
    before = reader.ask(left)
    reader.click(".steps svg", (0.7, 0.5))
    assert 10 < reader.ask(step) < 20
    assert reader.ask(left) > before


def test_a_badge_opens_its_entry(reader):
    shown = "document.querySelector('.statement details .entries').checkVisibility()"
    assert reader.ask(shown) is False
    reader.click(".statement summary")
    assert reader.ask(shown) is True
    assert "composition" in reader.ask("document.querySelector('.statement details dl').textContent")
    reader.press("Tab", 9)


def test_a_symbol_says_what_it_is(reader):
    hidden = "document.getElementById('said').hidden"
    assert reader.ask(hidden) is True
    reader.move("[id='tag-x:norm1'] [data-say]")
    assert reader.ask(hidden) is False
    assert reader.ask("document.getElementById('said').textContent") == "mean (norm1)"


def test_copy_and_theme(reader):
    reader.tell("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    reader.click("[id='tag-x:norm1'] .copy")
    reader.ask("new Promise(r => setTimeout(r, 50))")
    assert reader.ask("document.querySelector(\"[id='tag-x:norm1'] .copy\").textContent") == "copied"
    latex = reader.ask("document.querySelector(\"[id='tag-x:norm1'] .copy\").dataset.latex")
    assert latex.startswith("\\begin{align*}")
    assert "dyadic" not in latex
    colour = "getComputedStyle(document.body).backgroundColor"
    light = reader.ask(colour)
    reader.click("#theme")
    assert reader.ask(colour) != light
    reader.click("#theme")
    assert reader.ask(colour) == light


def test_a_claim_of_the_graph_leads_to_its_entry(reader):
    """By mouse, and by keyboard."""
    opened = "[...document.querySelectorAll('tr details[open]')].map(d => d.closest('tr').id)"
    assert reader.ask(opened) == []
    names = reader.ask("[...document.querySelectorAll('svg.claims a text')].map(t => t.textContent)")
    assert {"steps", "lemma", "ranks", "instances", "adjoint (12)", "identity", "tightness"} <= set(names)
    reader.click("svg.claims a[aria-label^='wiring']")
    first = reader.ask(opened)
    assert [name.rpartition("-")[0] for name in first] == ["claim-wiring"]
    reader.ask("document.querySelector(\"svg.claims a[aria-label^='lemma']\").focus()")
    reader.press("Enter", 13)
    assert len(reader.ask(opened)) == 2


def test_the_graph_tells_what_is_open_and_for_which_sizes():
    """Three kinds of claims, each another shape; the theorem that is refuted is drawn as such."""
    derivation = derive(read_spec("examples/digits.toml"))
    page = render_html(build_document(derivation, verify(derivation, steps=7)))
    drawn = ElementTree.fromstring(page[page.index('<svg class="claims"') :].partition("</svg>")[0] + "</svg>")
    nodes = {node.get("aria-label").partition(":")[0]: node for node in drawn.iter("a")}
    assert nodes["steps"].get("class") == "refuted"
    assert nodes["lemma"].get("class") == "proved"
    shapes = {name: node[0].tag for name, node in nodes.items()}
    assert (shapes["steps"], shapes["lemma"], shapes["pairing"]) == ("ellipse", "rect", "polygon")
    claims = {claim["id"]: dict(claim) for claim in verify(derivation)["claims"]}
    adjoint = next(claim for claim in claims.values() if claim["kind"] == "adjoint")
    adjoint |= {"numbers": {**adjoint["numbers"], "all_sizes": 0}, "verdict": "undecided"}
    text = claims_graph(list(claims.values()), dict.fromkeys(claims, "here"))
    assert re.findall(r'class="(\w+ here)" aria-label="(adjoint)', text) == [("undecided here", "adjoint")]
    assert claims_graph([claim for claim in claims.values() if claim["kind"] != "steps"], {}) == ""


@pytest.mark.parametrize(
    ("name", "theme", "width"), [("digits", "dark", 900), ("lstm", "dark", 900), ("digits", "light", 300)]
)
def test_nothing_keeps_people_from_reading_it(name, theme, width, tmp_path):
    """What axe-core finds: contrast, names of what can be pressed, landmarks, order of headings."""
    axe = Path("node_modules/axe-core/axe.min.js")
    require(find_browser(), "no Chromium is installed")
    require(axe.exists(), "axe-core is not there: npm install --no-save axe-core")
    path = tmp_path / "page.html"
    path.write_text(page_of(read_spec(f"examples/{name}.toml"))[2], encoding="utf-8")
    browser = Browser(tmp_path, width, 800)
    try:
        browser.open(path)
        browser.ask(f"document.documentElement.dataset.theme = '{theme}'")
        browser.ask(f"{axe.read_text(encoding='utf-8')};1")
        found = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))"
        assert browser.ask(found) == []
        assert (browser.ask("document.querySelectorAll('.formula[tabindex]').length") > 0) == (width < 400)
        browser.ask("document.getElementById('theme').textContent = ''")
        assert [name for name, _ in browser.ask(found)] == ["button-name"]
    finally:
        browser.close()


def test_nothing_is_wider_than_a_narrow_screen(decoder, tmp_path):
    require(find_browser(), "no Chromium is installed")
    path = tmp_path / "page.html"
    path.write_text(decoder[2], encoding="utf-8")
    browser = Browser(tmp_path, 420, 800)
    try:
        browser.open(path)
        assert browser.ask("document.documentElement.scrollWidth <= innerWidth")
    finally:
        browser.close()

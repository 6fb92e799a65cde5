"""Pages as they come out: tags touch no formula, rows of a table are not split, and none stands alone."""

import re
import shutil
import subprocess

import pytest
import typst
from support.optional import require

from dyadic.paper import build_document, render_typst
from dyadic.paper.document import Document, EquationBlock, Section, Table
from dyadic.paper.glyphs import Notation
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec

WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')


def pages_of(source, folder):
    """Of every page of a Typst source its words, each with its box."""
    path = folder / "a.pdf"
    path.write_bytes(typst.compile(source.encode(), format="pdf", timestamp=0))
    return words_of(path)


def words_of(path):
    """Of every page of a PDF its words, each with its box (left, top, right, bottom)."""
    require(shutil.which("pdftotext"), "pdftotext (poppler) is not installed")
    text = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True).stdout
    return [[(word, tuple(map(float, box))) for *box, word in WORD.findall(page)] for page in text.split("<page ")[1:]]


def touching(pages, is_tag):
    """Tags whose box meets that of another word."""
    found = []
    for words in pages:
        for tag, (left, top, right, bottom) in words:
            others = [box for word, box in words if word != tag]
            if is_tag(tag) and any(a < right and left < c and b < bottom and top < d for a, b, c, d in others):
                found.append(tag)
    return found


def simply_tagged(source):
    """The source with tags as Typst sets numbers."""
    simple = "#let tagged(tag, body) = math.equation(block: true, numbering: _ => code(tag), body)\n\n"
    start, end = source.index("#let tagged("), source.index("#let beside(")
    return source[:start] + simple + source[end:]


@pytest.fixture(scope="module")
def wide():
    """Equations of every width beside tags of every length."""
    names = ["a", "an-attention-with-long-name", "norm-of-the-second-block"]
    network = architecture(
        {
            "inputs": {"words": {"shape": [3, 4]}},
            "layers": [
                {"name": names[0], "type": "multi_head_attention", "heads": 2},
                {"name": names[1], "type": "multi_head_attention", "heads": 2},
                {"name": names[2], "type": "layer_norm"},
            ],
            "cost": {"type": "squared_error"},
            "weight_decay": 0.01,
        }
    )
    derivation = derive(network)
    return derivation, render_typst(build_document(derivation, verify(derivation)))


def test_no_tag_touches_a_formula(wide, tmp_path):
    derivation, source = wide
    assert sum(equation.tag in source for equation in derivation.equations.values()) > 10
    pages = pages_of(source, tmp_path)

    def is_tag(word):
        return word.startswith("g:") and "weight" in word

    assert sum(is_tag(word) for words in pages for word, _ in words) >= 8
    assert touching(pages, is_tag) == []
    # Numbers as Typst sets them do touch formulas here: the test can say no.
    assert touching(pages_of(simply_tagged(source), tmp_path), is_tag) != []


def test_no_tag_touches_what_stands_beside_it(tmp_path):
    layers = [{"name": f"v{k}", "type": name} for k, name in enumerate(["tanh", "gelu", "hard_swish", "softplus"] * 9)]
    derivation = derive(
        architecture({"inputs": {"x": {"shape": [3, 4]}}, "layers": layers, "cost": {"type": "squared_error"}})
    )
    source = render_typst(build_document(derivation, verify(derivation, methods=["lemma"]), sections=["equations"]))
    assert source.count("#beside[") == 2
    pages = pages_of(source, tmp_path)
    assert sum(word in {"K1", "K2", "K3", "K4"} for words in pages for word, _ in words) == 4
    assert touching(pages, lambda word: word.startswith("K")) == []
    # In cells that are too narrow tags as Typst sets numbers touch: the test can say no.
    narrow = simply_tagged(source).replace("columns: (1fr, 1fr), gutter: 2em", "columns: (3cm, 3cm), gutter: 0pt")
    assert touching(pages_of(narrow, tmp_path), lambda word: word.startswith("K")) != []


@pytest.mark.parametrize("name", ["lstm", "lenet", "decoder"])
def test_a_tag_stands_once_wherever_pages_end(name, tmp_path):
    derivation = derive(read_spec(f"examples/{name}.toml"))
    document = build_document(derivation, verify(derivation), sections=["dynamics", "equations"])
    tags = [block.tag for section in document.sections for block in section.blocks if isinstance(block, EquationBlock)]
    assert len(tags) > 5
    words = [word for page in pages_of(render_typst(document), tmp_path) for word, _ in page]
    assert {tag: words.count(tag) for tag in tags} == dict.fromkeys(tags, 1)


def table_of(count, lines):
    rows = tuple(
        ((" ".join(f"row{k}line{n} {'x' * 40}" for n in range(lines)),), (f"row{k}line0",)) for k in range(count)
    )
    table = Table("Rows.", (("one",), ("two",)), rows, (20, 20))
    return render_typst(Document("T", "t", (Section("S", (table,)),), Notation(), {}, frozenset()))


@pytest.mark.parametrize(
    ("count", "lines"), [(count, lines) for count in (1, 2, 3, 4, 40, 41, 42, 43) for lines in (1, 3)]
)
def test_rows_stay_whole_and_in_company(count, lines, tmp_path):
    pages = pages_of(table_of(count, lines), tmp_path)
    found = {}
    for number, words in enumerate(pages):
        for word, _ in words:
            if match := re.match(r"row(\d+)line", word):
                found.setdefault(int(match[1]), set()).add(number)
    assert sorted(found) == list(range(count))
    assert all(len(numbers) == 1 for numbers in found.values())
    if count > 1:
        assert found[0] == found[1]
        assert found[count - 1] == found[count - 2]

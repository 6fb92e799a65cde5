"""One allocator of symbols: a letter is one quantity, indices give way, names in any script are written."""

import re

import pytest
import typst
from support.single_layer import one_cost, one_of_a_kind

from dyadic.catalogue import example_network
from dyadic.paper import build_document, render_html, render_latex, render_typst
from dyadic.paper.document import BigSum, Display, Fraction, Math, Paragraph, Subscripted, Theorem
from dyadic.paper.glyphs import Notation, allocate, entries, read_notation
from dyadic.paper.latex_math import LatexMathPrinter
from dyadic.paper.mathml import MathmlPrinter
from dyadic.paper.meanings import GREEK, OF_THE_THEORY, Glyph
from dyadic.paper.network_equations import by_vertex, lines_of
from dyadic.paper.setting import symbols
from dyadic.paper.transliteration import plain_name
from dyadic.paper.typst_math import TypstPrinter
from dyadic.proofs import verify
from dyadic.symbolic import DyadicError, architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.expressions import Apply, Element, all_indices
from dyadic.symbolic.functions import FUNCTIONS, Z
from dyadic.symbolic.spec import LAYER_TYPES


def attention(name="attend", units=4, heads=2):
    return architecture(
        {
            "inputs": {"words": {"shape": [3, units]}},
            "layers": [
                {"name": name, "type": "multi_head_attention", "heads": heads},
                {"name": "norm", "type": "layer_norm"},
            ],
            "cost": {"type": "squared_error"},
        }
    )


def test_weights_of_queries_are_no_product():
    derivation = derive(attention())
    document = build_document(derivation, verify(derivation))
    latex, typst = render_latex(document), render_typst(document)
    assert r"W^{Q, \text{attend}}" in latex
    assert r"\mathit{Wq}" not in latex
    assert 'W^(Q, "attend")' in typst
    assert r"\frac{1}{\sqrt{2}}" in latex
    assert r"\operatorname{rsqrt}\left(2" not in latex


def test_no_index_has_the_letter_of_a_quantity():
    derivation = derive(attention())
    notation = allocate(derivation)
    clashes = 0
    for layer in derivation.layers.values():
        lines = (*layer.equation.definitions, *layer.intermediates, *layer.adjoints, *layer.gradients.values())
        letters = {e.name.letter for line in lines for e in (line.element, *line.body.atoms(Element))}
        before = {i.name for line in lines for i in (*line.indices, *all_indices(line.body))}
        clashes += bool(before & letters)
        apart = notation.apart(lines, layer.kind.type)
        bases = {
            notation.glyph(e.name.letter, "", layer.kind.type).base
            for line in apart
            for e in (line.element, *line.body.atoms(Element))
        }
        after = {i.name[0] for line in apart for i in (*line.indices, *all_indices(line.body))}
        assert not after & bases
        for old, new in zip(lines, apart, strict=True):  # renamed one to one
            assert len(set(new.indices)) == len(set(old.indices))
            assert len(all_indices(new.body)) == len(all_indices(old.body))
    assert clashes  # else nothing is tested


def gates_and_queries(rows):
    layers = [
        {"name": "one", "type": "dense", "units": 4},
        {"name": "gated", "type": "gru", "output": "all"},
        {"name": "attend", "type": "multi_head_attention", "heads": 2},
        {"name": "kept", "type": "reshape", "shape": [1, 12]},
        {"name": "out", "type": "conv", "filters": 2, "kernel": [2]},
    ]
    layers[1] |= {"units": 4}
    return derive(
        architecture({"inputs": {"in": {"shape": [rows, 4]}}, "layers": layers, "cost": {"type": "squared_error"}})
    )


@pytest.mark.parametrize("detail", ["full", "short"])
def test_no_index_or_size_goes_by_the_letter_of_a_quantity_anywhere_in_a_paper(detail):
    derivation = gates_and_queries(3)
    document = build_document(derivation, verify(derivation, methods=["ranks", "lemma"]), detail=detail)
    blocks = [block for section in document.sections for block in section.blocks]
    lines = lines_of(blocks)
    quantities = document.notation.bases(lines) | (OF_THE_THEORY.keys() if detail == "full" else set())
    assert {"n", "r", "z", "a", "ell"} < quantities
    for kind, line in lines:
        (apart,) = document.notation.apart([line], kind)
        symbols = {*apart.indices, *all_indices(apart.body), *apart.body.free_symbols}
        assert not {symbol.name.rstrip("0123456789") for symbol in symbols} & quantities, apart


def test_sizes_that_the_author_named_keep_their_names():
    """They stand in tables too; only where a quantity of the equation itself has the letter do they give way."""
    spec = {
        "inputs": {"in": {"shape": ["q"]}},
        "layers": [{"name": "a", "type": "dense", "units": "q"}],
        "cost": {"type": "squared_error"},
    }
    derivation = derive(architecture(spec))
    latex = render_latex(build_document(derivation, verify(derivation, methods=["ranks", "lemma"])))
    assert r"\sum_{j<q}" in latex


def test_the_users_notation(tmp_path):
    path = tmp_path / "notation.toml"
    path.write_text('s = "lambda"\nWq = "A^Q"\n')
    chosen = read_notation(path)
    assert chosen["s"].base == "lambda"
    derivation = derive(attention())
    document = build_document(derivation, verify(derivation), chosen)
    latex, typst = render_latex(document), render_typst(document)
    assert r"\lambda^{\text{norm}}" in latex
    assert r"A^{Q, \text{attend}}" in latex
    assert not re.search(r"(?<![A-Za-z\\])s[_^]\{|_\{s\}", latex)
    assert r"front of $\lambda$" in latex
    assert 'lambda^("norm")' in typst
    page = render_html(document)
    assert re.search(r"<mi>λ</mi>(<mrow>.*?</mrow>|<mi>i</mi>)?<mtext>norm</mtext>", page)
    assert "<mi>s</mi>" not in page


def test_every_greek_letter_is_one_in_every_format():
    letters = {name: re.sub("<.*?>", "", MathmlPrinter(Notation()).greek(name)) for name in GREEK}
    assert all(len(letter) == 1 and not letter.isascii() for letter in letters.values())
    assert len(set(letters.values())) == len(GREEK)
    source = " ".join(map(TypstPrinter(Notation()).greek, sorted(GREEK)))
    assert typst.compile(f"$ {source} $".encode(), format="pdf").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('W = "b"', "is what b is called"),
        ('x = "L"', "in the theorem L is the depth of the network"),
        ('W = "A"\nb = "A"', "is what"),
        ('W = "\\\\input{x}"', "is no letter"),
        ("W = 3", "is no letter"),
        ('W = "word"', "is no letter"),
        ("W = ", "cannot be read as TOML"),
        ('weights = "A"', "no quantity has the letter 'weights'"),
        ('Wqq = "A"', "did you mean 'Wq'"),
        ('x = "h"', "is what hidden is called, the hidden state of networks that have one; choose another letter, or"),
    ],
)
def test_a_notation_that_cannot_be(tmp_path, text, said):
    path = tmp_path / "notation.toml"
    path.write_text(text)
    with pytest.raises(DyadicError, match=said):
        read_notation(path)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("größe", "größe"),
        ("слой", "sloy"),
        ("Щель", "Shchel"),
        ("層1", "u5C641"),
        ("αβ", "alphabeta"),
        ("한", "han"),
        ("الطبقة", "altbqt"),
        ("שלום", "shlvm"),
        ("\uff58", "x"),
    ],
)
def test_names_in_other_scripts(name, plain):
    assert plain_name(name) == plain


def test_transliterated_names_are_announced_and_apart():
    derivation = derive(
        architecture(
            {
                "inputs": {"in": {"shape": [2]}},
                "layers": [{"name": name, "type": "tanh"} for name in ("層", "u5C64", "слой")],
                "cost": {"type": "squared_error"},
            }
        )
    )
    latex = render_latex(build_document(derivation, verify(derivation)))
    assert latex.isascii()
    assert "u5C64-2" in latex  # the other is a vertex of that very name
    assert "U+5C64" in latex


def test_a_part_of_many_names_is_announced_once():
    names = [f"блоки.{k}.слой_{n}" for k in range(4) for n in (1, 2)]
    layers = [{"name": name, "type": "dense", "units": 2} for name in names]
    derivation = derive(
        architecture({"inputs": {"in": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}})
    )
    document = build_document(derivation, verify(derivation, methods=["ranks", "lemma"]))
    latex, page = render_latex(document), render_html(document)
    assert latex.count("U+0441") == 1
    assert latex.count("U+0431") == 1
    announced = re.search(r"Parts of names[^\n]*", page)[0]
    assert "bloki (блоки); sloy (слой)." in re.sub("<.*?>", "", announced)


def test_every_letter_of_the_catalogue_can_be_chosen(tmp_path):
    path = tmp_path / "notation.toml"
    for name in LAYER_TYPES:
        equation = example_network(name, numeric=False).layers["layer"].equation
        for letter in {e.name.letter for line in equation.definitions for e in entries(line)}:
            path.write_text(f'{letter} = "omega"\n')
            assert read_notation(path)[letter].base == "omega"


def test_two_quantities_may_trade_letters(tmp_path):
    path = tmp_path / "notation.toml"
    path.write_text('x = "h"\nhidden = "x"\n')
    assert read_notation(path)["x"].plain == "h"


def test_a_glyph_is_one_quantity():
    notation = allocate(derive(attention()))
    assert notation.glyph("v", "norm") != notation.glyph("v", "attend")
    assert notation.glyph("eps") == Glyph("e", "ps")


@pytest.mark.parametrize("name", [*LAYER_TYPES, *(f"cost {cost}" for cost in COSTS)])
def test_every_letter_of_the_catalogue_has_a_meaning(name):
    spec = one_cost(name.removeprefix("cost ")) if name.startswith("cost ") else one_of_a_kind(name)
    derivation = derive(architecture(spec))
    notation = allocate(derivation)
    table = symbols(notation, lines_of(by_vertex(derivation)))[0]
    listed = {cell[0].formula: text[0] for row in table.rows for cell, text in (row[:2], row[2:]) if cell != ("",)}
    assert all(listed.values()), listed
    shown = {(glyph.base, glyph.upper) for glyph in listed}
    for kind, line in lines_of(by_vertex(derivation)):
        for element in entries(line):
            glyph = notation.glyph(element.name.letter, str(element.name.owner), kind)
            assert (glyph.base, glyph.upper) in shown, glyph


def test_every_letter_of_the_theory_is_in_the_table():
    derivation = derive(attention())
    document = build_document(derivation, verify(derivation))
    tables = [b for section in document.sections for b in section.blocks if getattr(b, "caption", "") == "Notation."]
    listed = {cell[0].formula.base for row in tables[0].rows for cell in (row[0], row[2]) if cell != ("",)}
    operators = {"d", "partial", "in", "langle", "rangle", "quad", "dot", "top", "k", "j", "m", "e"}
    blocks = [block for section in document.sections for block in section.blocks]
    letters = set().union(*map(letters_of, blocks))
    assert {"tau", "q", "Lambda", "F", "v"} <= letters  # else nothing is tested
    assert letters - operators - listed == set()


def letters_of(node):
    """The letters in the general formulas of a block."""
    match node:
        case Math():
            return letters_in(node.formula)
        case Display():
            return letters_in(node.formula)
        case Theorem():
            return set().union(*map(letters_of, node.body))
        case Paragraph():
            return set().union(*map(letters_of, node.spans))
    return set()


def letters_in(formula):
    match formula:
        case str():
            return {word for word in formula.split() if word.isalpha() and (len(word) == 1 or word in GREEK)}
        case tuple():
            return set().union(*map(letters_in, formula))
        case Subscripted():
            return letters_in((formula.base, formula.index, formula.upper))
        case Fraction():
            return letters_in((formula.top, formula.bottom))
        case BigSum():
            return letters_in((formula.under, formula.body))
    return set()


def test_primes_stand_at_the_letter_and_not_in_its_subscript():
    """Typst reads a prime behind a subscript as part of the subscript."""
    subscripted = [name for name, one in FUNCTIONS.items() if "_" in (one.written or "")]
    assert subscripted
    for printer in (LatexMathPrinter(Notation()), TypstPrinter(Notation())):
        for name in subscripted:
            text = printer(Apply(name, 1, Z))
            assert "'" in text
            assert text.index("'") < text.index("_"), text

"""LaTeX, Typst and MathML of every equation, read by readers of their own, have the derived equation's value."""

import random
import re
from math import prod

import pytest
from campaigns.typeset_matrix import networks
from support.derived_value import head_of, value_of
from support.formula_reading import PRIME, FormulaReader, NotRead, drawn, equation
from support.latex_reading import latex_rows
from support.long_tests import often, one_in
from support.mathml_reading import mathml_rows
from support.optional import require
from support.row_widths import too_wide
from support.single_layer import one_cost, one_of_a_kind
from support.strategies import residual
from support.typst_reading import typst_rows
from support.unverified import UNVERIFIED
from sympy import Integer

from dyadic.paper import build_document
from dyadic.paper.document import Display, Document, EquationBlock
from dyadic.paper.glyphs import Notation
from dyadic.paper.html_document import HtmlRenderer
from dyadic.paper.latex import LatexRenderer, StandaloneLatex
from dyadic.paper.typst_document import TypstRenderer
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.expressions import Apply, Element, Index, Reduction, apart_from_sizes
from dyadic.symbolic.functions import FUNCTIONS, Z, by_cases, closed_form
from dyadic.symbolic.spec import LAYER_TYPES
from dyadic.symbolic.tensor_names import Name

FORMATS = {
    "latex": (LatexRenderer, latex_rows),
    "narrow latex": (LatexRenderer, lambda text: latex_rows(text, narrow=True)),
    "copied latex": (StandaloneLatex, latex_rows),
    "typst": (TypstRenderer, typst_rows),
    "mathml": (HtmlRenderer, mathml_rows),
}
MODELS = ["chain", "hostile", "resnet50"]


def blocks_of(document):
    found = [block for section in document.sections for block in section.blocks]
    return [block for block in found if isinstance(block, EquationBlock)]


def document_of(spec):
    return build_document(derive(architecture(spec) if isinstance(spec, dict) else spec), UNVERIFIED)


def points(block, document):
    """For every line its name on paper, random values for its indices, and its value there; sizes by their names."""
    draw, found = random.Random(block.tag), []
    shown = document.notation.apart([apart_from_sizes(line) for line in block.lines], block.kind)
    sizes, by_name = {}, {}
    for line in block.lines:
        for symbol in sorted(size_symbols(line), key=str):
            sizes.setdefault(symbol, len(sizes) + 2)
            by_name[symbol.name] = sizes[symbol]
    for line, new in zip(block.lines, shown, strict=True):
        for old, other in zip(line.tensor.shape, new.tensor.shape, strict=True):
            if old.is_Symbol and old != other:
                by_name[other.name] = sizes[old]
    for line in block.lines:
        at = [draw.randrange(10, 10**6) for _ in line.indices]  # entries have values beyond the shape too

        def name(tensor, kind=block.kind):
            return head_of(tensor, document, kind)

        value = value_of(line.body, sizes | dict(zip(line.indices, at, strict=True)), name)
        found.append((name(line.tensor.name), at, by_name, value))
    return found


def size_symbols(line):
    shape = {symbol for extent in line.tensor.shape for symbol in extent.free_symbols}
    return {s for s in shape | line.body.free_symbols if not isinstance(s, Index | Element)}


def differences(rows, expected):
    """What is read otherwise than it was derived."""
    assert len(rows) == len(expected), (len(rows), len(expected))
    found = [(equation(boxes), *at_point) for boxes, at_point in zip(rows, expected, strict=True)]
    return [
        (row.head, head) for row, head, at, sizes, value in found if row.head != head or row.value(at, sizes) != value
    ]


def hold(document):
    """Every equation in every format, no row of it wider than its line; how many."""
    count = 0
    for name, (renderer, reader) in FORMATS.items():
        typesetter = renderer(document)
        for block in blocks_of(document):
            text = typesetter.block(block)
            assert differences(reader(text), points(block, document)) == [], (name, block.tag, text)
            assert too_wide(typesetter, block) == [], (name, block.tag)
            count += len(block.lines)
    return count


@pytest.mark.parametrize("type_", one_in(8, LAYER_TYPES))
def test_every_layer_type(type_):
    assert hold(document_of(one_of_a_kind(type_))) >= 5 * 3


@pytest.mark.parametrize("cost", COSTS)
def test_every_cost(cost):
    assert hold(document_of(one_cost(cost))) >= 5 * 3


@pytest.mark.parametrize("name", ["digits", "lenet", "decoder", "lstm"])
def test_examples(name):
    assert hold(document_of(read_spec(f"examples/{name}.toml"))) > 100


def test_a_large_network_whose_equations_stand_once_for_each_kind():
    assert hold(document_of(residual(20))) >= 5 * 10


def test_every_function_and_its_derivative():
    """The formulas of the functions, in all formats, against the expressions that they show."""
    z, count = drawn("z"), 0
    for name in FUNCTIONS:
        for order, formula in enumerate((by_cases(name), closed_form(name, 1))):
            block = Display((Apply(name, order, Z), "=", formula))
            document = Document("T", "t", (), Notation(), {}, frozenset())
            expected = value_of(formula, {Z: z}, lambda tensor: tensor)
            for kind, (renderer, reader) in FORMATS.items():
                text = renderer(document).block(block)
                (boxes,) = reader(text)
                place = next(k for k, box in enumerate(boxes) if box.value == "=")
                reading = FormulaReader(boxes[place + 1 :], {"z": z})
                assert reading.expression() == expected, (kind, text)
                reading.expect_end()
                count += 1
    assert count >= 10 * len(FUNCTIONS)


@pytest.mark.parametrize("kind", ["latex", "typst", "mathml"])
def test_the_power_of_a_number_that_has_a_superscript_is_no_superscript(kind):
    document = Document("T", "t", (), Notation(), {}, frozenset())
    renderer, reader = FORMATS[kind]
    total = Element(Name("p", "norm"))
    (boxes,) = reader(renderer(document).block(Display((total, "=", total**2 + total))))
    value = drawn("entry", ("", "p", ("norm",)))
    assert FormulaReader(boxes[2:], {}).expression() == (value**2 + value) % PRIME


@pytest.mark.parametrize("kind", FORMATS)
def test_brackets_and_fractions_that_are_set_in_several_rows(kind):
    """A square of a sum, a sum over a sum and a fraction, each wider than any line."""
    document = Document("T", "t", (), Notation(), {}, frozenset())
    renderer, reader = FORMATS[kind]
    terms = [Element(Name("p", f"quite-long-{k}")) for k in range(12)]
    wide = sum((-1) ** k * term / (k + 2) for k, term in enumerate(terms))
    index = Index("i")
    bodies = [
        wide**2 * terms[0],
        Reduction("sum", index, Integer(3), wide + terms[0] * index),
        terms[1] * wide / (terms[0] * 4),
        prod(terms) / 7,
        (terms[0] + terms[1]) * (2 - wide) * wide**3,
    ]
    left = Element(Name("q", "it"))
    for body in bodies:
        text = renderer(document).block(Display((left, "=", body)))
        assert any(mark in text for mark in ("dyadicrow", "quad", "mspace")), text
        (boxes,) = reader(text)
        expected = value_of(body, {}, lambda name: ("", name.letter, (name.owner,)))
        reading = FormulaReader(boxes[2:], {})
        assert reading.expression() == expected, text
        reading.expect_end()
        for wrong in flipped(text.partition("data-latex")[0], kind):
            (boxes,) = reader(wrong)
            assert FormulaReader(boxes[2:], {}).expression() != expected, wrong


# -- the test can say no -----------------------------------------------------------------------------------------------

SIGNS = {
    "latex": r"(?<=[ {\n(])[+-](?=[ \\{\da-z])",
    "narrow latex": r"(?<=[ {\n(])[+-](?=[ \\{\da-z])",
    "copied latex": r"(?<=[ {\n(])[+-](?=[ \\{\da-z])",
    "typst": r"(?<=[ (])[+-](?=[ \[\da-z])",
    "mathml": r"(?<=>)[+\u2212](?=</mo>)",
}
OTHER = {"+": "-", "-": "+", "\u2212": "+"}


def flipped(text, kind):
    """The text with one sign changed, for every sign in it."""
    for found in re.finditer(SIGNS[kind], text):
        other = "\u2212" if found[0] == "+" and kind == "mathml" else OTHER[found[0]]
        yield text[: found.start()] + other + text[found.end() :]


def is_seen(wrong, right, reader, expected):
    """Whether a row that is read otherwise has another value; right: the rows as they are.

    What cannot be read is seen too.
    """
    try:
        rows = reader(wrong)
        if len(rows) != len(right):
            return True
        changed = [k for k, boxes in enumerate(rows) if boxes != right[k]]
        return differences([rows[k] for k in changed], [expected[k] for k in changed]) != []
    except NotRead:
        return True


def signs_seen(document, kind):
    """How many signs there are in the equations; each of them, changed alone, is seen."""
    make, reader = FORMATS[kind]
    renderer, count = make(document), 0
    for block in blocks_of(document):
        body, expected = renderer.block(block).partition("data-latex")[0], points(block, document)
        right = reader(body)
        for wrong in flipped(body, kind):
            assert is_seen(wrong, right, reader, expected), wrong
            count += 1
    return count


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["conv", "layer_norm", "multi_head_attention", "lstm_cell", "average_pool", "highway"])
def test_one_sign_changed_anywhere_is_seen(name, kind):
    assert signs_seen(document_of(one_of_a_kind(name)), kind) > 3


@pytest.mark.long
@pytest.mark.parametrize("name", [*LAYER_TYPES, *COSTS])
def test_one_sign_changed_in_any_layer_or_cost_is_seen(name):
    document = document_of(one_of_a_kind(name) if name in LAYER_TYPES else one_cost(name))
    counts = {signs_seen(document, kind) for kind in FORMATS}
    assert len(counts) == 1, "every format has the same signs"
    assert counts.pop() >= 1


@pytest.mark.parametrize("name", often(MODELS, lambda name: name == "chain"))
def test_whole_models_and_every_sign_of_theirs(name):
    """Networks of the campaign: names in any script, sizes by name."""
    found = networks()
    require(name in found, f"what reads {name} is not installed")
    document = document_of(found[name]())
    assert hold(document) >= 5 * 5
    counts = {signs_seen(document, kind) for kind in FORMATS}
    assert len(counts) == 1, "every format has the same signs"
    assert counts.pop() >= 3


@pytest.mark.parametrize("kind", FORMATS)
def test_one_sign_changed_in_a_function_is_seen(kind):
    """In the formulas of the functions and of their derivatives."""
    z, count = drawn("z"), 0
    renderer, reader = FORMATS[kind]
    for name in FUNCTIONS:
        for order, formula in enumerate((by_cases(name), closed_form(name, 1))):
            document = Document("T", "t", (), Notation(), {}, frozenset())
            text = renderer(document).block(Display((Apply(name, order, Z), "=", formula)))
            expected = value_of(formula, {Z: z}, lambda tensor: tensor)
            for wrong in flipped(text.partition("data-latex")[0], kind):
                assert function_value(wrong, reader) != expected, (name, wrong)
                count += 1
    assert count > 30


def function_value(text, reader):
    """The right-hand side of a function's formula, None where it cannot be read."""
    try:
        (boxes,) = reader(text)
        place = next(k for k, box in enumerate(boxes) if box.value == "=")
        reading = FormulaReader(boxes[place + 1 :], {"z": drawn("z")})
        found = reading.expression()
        reading.expect_end()
    except NotRead:
        return None
    return found


@pytest.mark.parametrize("kind", FORMATS)
def test_other_mistakes_are_seen(kind):
    """An index for another, an accent, a superscript or a prime that is missing, a size that is another."""
    changes = {
        "latex": {
            r"\bar{": r"\hat{",
            "W^{Q, ": "W^{K, ",
            "_{m i r}": "_{m r i}",
            "<6}": "<5}",
            r"\frac{1}{": r"\frac{2}{",
        },
        "typst": {"macron(": "hat(", "W^(Q, ": "W^(K, ", "_(m i r)": "_(m r i)", "< 6)": "< 5)", "frac(1,": "frac(2,"},
        "mathml": {"<mi>Q</mi>": "<mi>K</mi>", "<mn>6</mn>": "<mn>5</mn>", "<mi>i</mi>": "<mi>e</mi>"},
    }
    document = document_of(one_of_a_kind("multi_head_attention"))
    renderer, reader = FORMATS[kind]
    blocks = blocks_of(document)
    for old, new in changes[kind.rpartition(" ")[2]].items():
        shown = [(renderer(document).block(block).partition("data-latex")[0], block) for block in blocks]
        with_it = [(text, block) for text, block in shown if old in text]
        assert with_it, old
        for text, block in with_it:
            wrong = text.replace(old, new, 1)
            assert is_seen(wrong, reader(text), reader, points(block, document)), (old, text)

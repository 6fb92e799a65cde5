"""What a notebook shows: MathML that is read back, in tables that hold whatever a name holds."""

import pytest
from support.formula_reading import equation
from support.mathml_reading import mathml_rows
from support.unverified import UNVERIFIED
from typeset.test_read_back import points

import dyadic
from dyadic.paper import build_document
from dyadic.paper.document import EquationBlock
from dyadic.symbolic import notebook


@pytest.fixture(scope="module")
def derivation():
    return dyadic.derive(dyadic.read("examples/lenet.toml"))


def differing(table, derivation):
    """Tags of the equations whose formulas have another value than theirs."""
    document, wrong = build_document(derivation, UNVERIFIED), []
    formulas = table.split("<math>")[1:]
    for equation_shown, formula in zip(derivation.equations.values(), formulas, strict=False):
        vertex = equation_shown.tag.partition(":")[2].partition(".")[0]
        block = EquationBlock(
            (*equation_shown.where, equation_shown.definition), equation_shown.tag, 0,
            document.notation.types.get(vertex, ""),
        )  # fmt: skip
        root = f'<math><mtable class="aligned"{formula.removeprefix("<mtable").partition("</math>")[0]}</math>'
        read = [equation(boxes) for boxes in mathml_rows(root)]
        expected = points(block, document)
        values = [(row.value(at, sizes), value) for row, (_, at, sizes, value) in zip(read, expected, strict=True)]
        wrong += [equation_shown.tag] if any(one != other for one, other in values) else []
    return wrong


def test_its_formulas_are_the_equations(derivation):
    table = derivation._repr_html_()
    assert table.count("<math>") == min(len(derivation.equations), 60)
    assert differing(table, derivation) == []
    assert differing(table.replace("<mo>+</mo>", "<mo>\u2212</mo>", 1), derivation) != []


def test_one_equation_alone(derivation):
    shown = derivation.equations["s:flat"]
    assert shown._repr_html_().count("<math>") == 1
    assert shown.short in shown._repr_html_()


def test_lines_of_text_where_nothing_typesets(derivation, monkeypatch):
    monkeypatch.setattr(notebook, "_typesetters", [])
    shown = derivation.equations["s:flat"]
    assert "<math>" not in shown._repr_html_()
    assert str(shown).replace("<", "&lt;") in shown._repr_html_()

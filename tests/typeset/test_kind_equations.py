"""The equations of a kind: parents that are parameters by a letter of their own, numbers as they are read."""

import pytest
from support.unverified import UNVERIFIED
from sympy import Integer, Rational

from dyadic.paper import build_document
from dyadic.paper.document import Display, Document, EquationBlock
from dyadic.paper.glyphs import Notation
from dyadic.paper.latex import LatexRenderer
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Apply, Element, elements
from dyadic.symbolic.tensor_names import Name


def network(roles):
    """Two products of one kind, each with an input of its own, which has this role."""
    spec = {"name": "n", "inputs": {"x": {"shape": [3]}}, "parameters": {}, "cost": {"type": "squared_error"}}
    for k, role in enumerate(roles):
        spec[role][f"w{k}"] = {"shape": [3]}
    layers = [{"name": f"p{k}", "type": "mul", "inputs": ["x", f"w{k}"]} for k in range(len(roles))]
    layers.append({"name": "sum", "type": "add", "inputs": [f"p{k}" for k in range(len(roles))]})
    return build_document(derive(architecture(spec | {"layers": layers})), UNVERIFIED, detail="short")


def letters(document, tag):
    blocks = [block for section in document.sections for block in section.blocks]
    (block,) = [block for block in blocks if isinstance(block, EquationBlock) and block.tag == tag]
    found = {node.name for line in block.lines for node in (line.element, *elements(line.body))}
    return {(name.letter, str(name.owner)) for name in found}


def test_a_parent_that_is_a_parameter_everywhere_is_theta():
    assert {("x", "u1"), ("theta", "u2")} <= letters(network(["parameters", "parameters"]), "K1")


def test_a_parent_that_is_one_here_and_none_there_is_not():
    found = letters(network(["parameters", "inputs"]), "K1")
    assert ("x", "u2") in found
    assert ("theta", "u2") not in found


def latex(body):
    document = Document("T", "t", (), Notation(), {}, frozenset())
    return LatexRenderer(document).block(Display((Element(Name("p", "it")), "=", body))).partition("dyadicequal ")[2]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Rational(1, 3), r"\frac{1}{3}"),
        (Rational(1, 16), r"\frac{1}{16}"),
        (Rational(8943, 200000), "0.044715"),
        (Rational(-8943, 200000), "-0.044715"),
        (Rational(1, 100000), "{10}^{-5}"),
        (Rational(10000001, 10**12), r"1.0000001 \cdot {10}^{-5}"),
        (Rational(1, 1024), r"\frac{1}{1024}"),  # 0.0009765625 has more digits
        (Rational(1, 3000), r"\frac{1}{3000}"),
        (Integer(100000), "100000"),
    ],
)
def test_numbers(number, text):
    assert latex(number).startswith(text)


def test_a_root_stands_below_the_line_and_what_has_a_superscript_is_bracketed():
    entry, other = Element(Name("z", "it")), Element(Name("p", "it"))
    assert latex(other * Apply("rsqrt", 0, entry)).startswith(r"\frac{p^{\text{it}}}{\sqrt{z^{\text{it}}}}")
    assert latex(entry**2).startswith(r"{(z^{\text{it}})}^{2}")

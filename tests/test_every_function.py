"""Each place that has to know the scalar functions knows all of them."""

import json
from pathlib import Path

import pytest
from support.c_formula import c_formula

from dyadic.codegen.numpy_printer import NumpyPrinter
from dyadic.paper import build_document, render_latex, render_pdf
from dyadic.paper.glyphs import Notation
from dyadic.paper.typst_math import TypstPrinter
from dyadic.proofs import verify
from dyadic.proofs.checker.differentiation.definitions import DEFINITIONS
from dyadic.proofs.checker.differentiation.function_replay import check_function
from dyadic.proofs.claims import Verdict
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.methods.derivatives import function_claim
from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims
from dyadic.proofs.statements.semantics.vocabulary import FUNCTIONS as WRITTEN
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Apply, Definition, Index, Tensor, size
from dyadic.symbolic.functions import ACTIVATIONS, FUNCTIONS, Z, closed_form
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.serialise import function_to_json
from dyadic.symbolic.tensor_names import Name, U, V

BOTH = {(name, order) for name in FUNCTIONS for order in (0, 1)}
NAMES = set(FUNCTIONS)
HERE, N = Index("i"), size("n")
X, F = Tensor(Name("x", U), (N,)), Tensor(Name("f", V), (N,))
PRINTERS = {"text": TextPrinter(), "latex": LatexPrinter(), "typst": TypstPrinter(Notation())}


def numpy(name, order):
    body = closed_form(name, order).xreplace({Z: X[HERE]})
    return NumpyPrinter((X,)).definition(Definition(F, (HERE,), body))


def cuda(name, order):
    return c_formula(closed_form(name, order))


def catalogue():
    """The functions in the table of docs/layers.md."""
    table = Path("docs/layers.md").read_text().partition("## Scalar functions")[2]
    return {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}


def refuses(function, *arguments):
    try:
        function(*arguments)
    except Exception:
        return True
    return False


PLACES = {
    "deriver": lambda: {key for key in BOTH if not refuses(closed_form, *key)},
    "NumPy": lambda: {key for key in BOTH if not refuses(numpy, *key)},
    "CUDA": lambda: {key for key in BOTH if not refuses(cuda, *key)},
    **{
        name: lambda printer=printer: {key for key in BOTH if printer(Apply(*key, Z)) and printer(closed_form(*key))}
        for name, printer in PRINTERS.items()
    },
    "prover's field": lambda: {n for n in FUNCTIONS if function_claim(n).verdict is Verdict.PROVED},
    "checker's field": lambda: {n for n in FUNCTIONS if check_function(n, function_to_json(n), n).defined_here},
    "checker's definitions": lambda: set(DEFINITIONS),
    "Arb": lambda: set(TRUE_FUNCTIONS),
    "claims": lambda: set(WRITTEN),
    "documentation": catalogue,
}


@pytest.mark.parametrize("place", PLACES)
def test_all_functions_are_known(place):
    assert PLACES[place]() in (NAMES, BOTH)


def test_a_function_that_is_missing_would_show(monkeypatch):
    """The places look functions up: one that only the table names is missed by each of them that has its own."""
    monkeypatch.setitem(FUNCTIONS, "unknown", FUNCTIONS["tanh"])
    missed = [
        place for place in ("Arb", "claims", "checker's definitions", "documentation") if "unknown" in PLACES[place]()
    ]
    assert missed == []
    assert refuses(closed_form, "no such function", 0)


def test_names_that_notations_could_break_are_kept_whole():
    z = Apply("gelu_tanh", 1, Z)
    assert PRINTERS["latex"](z) == r"\operatorname{gelu\_tanh}'\left(z\right)"
    assert PRINTERS["typst"](z) == 'op("GELU")\'_("tanh")(z)'  # on paper the variant is a subscript
    assert PRINTERS["text"](z) == "gelu_tanh'(z)"


def test_layers_and_activations_are_those_of_the_table():
    assert {name for name, function in FUNCTIONS.items() if function.layer} <= set(LAYERS)
    assert set(ACTIVATIONS) <= set(LAYERS)


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if function.layer])
def test_what_is_printed_of_a_layer_can_be_read_back_as_a_claim(name):
    layers = [{"name": "a", "type": "dense", "units": 2}, {"name": "b", "type": name}]
    spec = {"name": "it", "inputs": {"u": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    statements = []
    for notation, latex in (("text", False), ("latex", True)):
        equations = derivation.equations
        for tag, kind in (("x:b", "inference"), ("s:a", "sensitivity")):
            equation = equations[tag]
            where = tuple(PRINTERS[notation].equation(item) for item in equation.where)
            text = PRINTERS[notation].equation(equation.definition)
            statements.append(Statement(f"{notation} {tag}", kind, text, (text,), where, latex=latex))
    claims = verify_claims(derivation, ClaimsFile(tuple(statements), {}))
    assert {claim.verdict for claim in claims} == {Verdict.PROVED}, [(c.statement, c.reason) for c in claims]


def test_a_certificate_can_hold_all_of_them():
    text = json.dumps({name: function_to_json(name) for name in FUNCTIONS})
    assert json.loads(text) == {name: function_to_json(name) for name in FUNCTIONS}


@pytest.mark.long
def test_an_appendix_can_hold_all_of_them():
    layers = [{"name": f"l-{name}", "type": name} for name in FUNCTIONS if name in LAYERS]
    spec = {"name": "all", "inputs": {"u": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    document = build_document(derivation, verify(derivation))
    assert render_pdf(document).startswith(b"%PDF")
    latex = render_latex(document)
    assert r"\begin{cases} z \quad \text{if } z > 0" in latex
    assert latex.count(r"\begin{cases}") == 8

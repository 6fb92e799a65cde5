"""The author's own names, and equations for all layers of a chain."""

from __future__ import annotations

import pytest

from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims
from dyadic.symbolic import SpecError

CHAIN = network(dense("h1", 5, "tanh"), dense("h2", 3, "tanh"), dense("out", 2, "sigmoid"), inputs={"image": [4]})
SKIP = network(
    dense("h", 3, "tanh"), dense("g", 3), {"name": "sum", "type": "add", "inputs": ["h", "g"]}, inputs={"u": [2]}
)
SQUARE = network(dense("h1", 3, "tanh"), dense("h2", 3, "tanh"), dense("out", 3), inputs={"image": [3]})
NAMES = {
    "a^l": "x", r"\delta^l": "zbar", "z^l": "z", "w^{l}": "W", "b^l": "b", r"\hat{y}": "x_out", "L": "C",
    "theta": "W_out", "V": "W_h2^T",
}  # fmt: skip
FUNCTIONS = {"sigma": "tanh", "phi": "sigmoid"}


def judged(claim, derivation=CHAIN, names=NAMES, layers=(), latex=True, **options):
    options = {"at": "solution", **options}
    statement = Statement("it", "equal", "it", (claim,), latex=latex, **options)
    return verify_claims(derivation, ClaimsFile((statement,), FUNCTIONS, (), names, tuple(layers)))[0]


BOOK = [
    (r"\delta^L = \nabla_{a^L} L \odot \phi'(z^L)", True),
    (r"\delta^{l} = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", True),
    (r"\delta^{l} = ((w^{l+1})^T \delta^{l+1}) \odot \sigma(z^l)", False),
    (r"\delta^{(l)} = (w^{(l+1)})^T (\delta^{(l+1)} \odot \sigma'(z^{(l)}))", None),
    (r"\frac{\partial L}{\partial b^l_j} = \delta^l_j", True),
    (r"\frac{\partial L}{\partial w^l_{jk}} = a^{l-1}_k \delta^l_j", True),
    (r"\frac{\partial L}{\partial w^l_{jk}} = a^{l-1}_j \delta^l_k", False),
    (r"\frac{\partial L}{\partial w^l} = \delta^l (a^{l-1})^\top", True),
    (r"a^{2}_j = \sigma\left(\sum_k w^{2}_{jk} a^{1}_k + b^{2}_j\right)", True),
    (r"a^{2}_j = \sigma\left(\sum_k w^{2}_{jk} a^{0}_k + b^{2}_j\right)", False),
    (r"\delta^{l}_j = \sigma'(z^l_j) \sum_k w^{l+1}_{kj} \delta^{l+1}_k", True),
    (r"L = \frac12 \| \hat{y} - y \|^2", True),
    (r"L = \frac12 \| y - a^{L-1} \|^2", None),
    (r"\theta = w^3", True),
    (r"V_{ij} = w^2_{ji}", True),
    (r"V a^{1} = w^2 a^1", None),
    (r"V^\top a^{1} = w^2 a^1", True),
]


@pytest.mark.parametrize(("claim", "true"), BOOK)
def test_a_book_is_read_as_it_stands(claim, true):
    if true is None:  # shapes that do not fit
        with pytest.raises(SpecError, match="is not|other shapes"):
            judged(claim)
        return
    found = judged(claim)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)


def test_the_layers_are_said():
    found = judged(r"\delta^{l} = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)")
    assert found.statement.startswith("for l = 1, 2 (")
    found = judged(r"\delta^{l} = (w^{l+1} \delta^{l+1}) \odot \sigma'(z^l)", derivation=SQUARE)
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample["layer"] == "l = 1 (h1)"


LINEAR_END = network(dense("h1", 3, "tanh"), dense("out", 3), inputs={"image": [3]})
"""Its last layer has no z of its own."""


def test_a_layer_that_is_not_reached_is_named():
    own = {name: meaning for name, meaning in NAMES.items() if name != "V"}
    gradient = r"\frac{\partial L}{\partial w^l_{jk}} = a^{l-1}_k \delta^l_j"
    found = judged(gradient, derivation=LINEAR_END, names=own)
    assert found.verdict is Verdict.PROVED
    assert found.statement.startswith("for l = 1 (h1): equal: ")
    assert found.statement.endswith("; not for l = 2 (out) for want of zbar_out")
    assert "not for" not in judged(gradient).statement  # all layers, and the input is none
    assert "not for" not in judged(r"\delta^{l} = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)").statement
    with pytest.raises(SpecError, match=r"with all that is named: not l = 1 \(h1\) for want of zbar_out, l = 2"):
        judged(r"\delta^l_j = \delta^{l+1}_j", derivation=LINEAR_END, names=own)


@pytest.mark.parametrize(
    ("claim", "said"), [(r"z^L_j = 0", "no z of its own.*that is x_out"), (r"\delta^L_j = 0", "s_out")]
)
def test_a_layer_without_a_z_says_what_stands_for_it(claim, said):
    own = {name: meaning for name, meaning in NAMES.items() if name != "V"}
    with pytest.raises(SpecError, match=said):
        judged(claim, derivation=LINEAR_END, names=own)


def test_names_in_text():
    assert judged("a^l[j] = sigma(Sum[k] w^{l}[j, k] a^{l-1}[k] + b^l[j])", latex=False).verdict is Verdict.REFUTED
    found = judged("a^l[j] = sigma(Sum[k] w^{l}[j, k] a^{l-1}[k] + b^l[j])", latex=False, layers=("image", "h1", "h2"))
    assert found.verdict is Verdict.PROVED
    assert judged("dL/dtheta[i, j] = delta^3[i] a^2[j]", latex=False).verdict is Verdict.PROVED
    assert judged("yhat[0] = a^L[0]", latex=False).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        ({"q": "x_nothing"}, {}, "is no quantity of this network"),
        (
            {"x_h1": "x_h2"},
            {},
            "x_h1: is the name of another quantity: the activation of h1; use another, such as x_h1_1",
        ),
        (
            {"E": "C"},
            {},
            r"E: is the name of another quantity: the energy of the network; use another, such as E_1",
        ),
        ({"E": "2.5"}, {}, "is the name of another quantity: the energy of the network"),
        ({"E_h1": "number"}, {}, "is the name of another quantity: a term of the energy, that of h1"),
        ({"C": "E"}, {}, "is the name of another quantity: the cost"),
        ({"s_h1": "x_h1"}, {}, "is the name of another quantity: the sensitivity of h1"),
        ({"x_image": "x_h1"}, {}, "is the name of another quantity: the input image"),
        ({"W_h1": "b_h1"}, {}, "is the name of another quantity: W_h1, as `dyadic derive` prints it"),
        ({"q": "C^T"}, {}, "is no vector or matrix"),
        ({"a b": "x_h1"}, {}, "cannot be used"),
        ({"a^l": "x"}, {"layers": ("image", "nowhere")}, "is no layer or input"),
        ({"a^l": "x"}, {"derivation": SKIP}, "are in no chain"),
    ],
)
def test_names_that_cannot_be_used(names, options, message):
    with pytest.raises(SpecError, match=message):
        judged("C = C", names=names, latex=False, **options)


def test_a_layer_that_there_is_not():
    with pytest.raises(SpecError, match=r"the layers are 0 = image, 1 = h1"):
        judged(r"a^{7}_j = 0 a^{1}_j")
    with pytest.raises(SpecError, match=r"no layer l"):
        judged(r"z^{l}_j = z^{l+5}_j")


ROWS = {"r": "x_h2^T", "q": "z_out^T", "W": "W_out", "c": "b_out^T", "s": "x_h2"}


@pytest.mark.parametrize(
    ("definition", "claim", "true"),
    [
        ("", r"q = r W^T + c", True),
        ("", r"q^T = W r^T + c^T", True),
        ("", r"q_i = \sum_j W_{ij} r_j + c_i", True),
        (r"\hat{q} = r W^T", r"\hat{q} = q - c", True),
        (r"\hat{q} = r W^T", r"\hat{q} = q + c", False),
        (r"\hat{q} = r W^T", r"\hat{q} \hat{q}^T = \sum_i (q_i - c_i)^2", True),
    ],
)
def test_an_example_may_be_a_row(definition, claim, true):
    definitions = (definition,) * bool(definition)
    assert judged(claim, names=ROWS, definitions=definitions).verdict is (Verdict.PROVED if true else Verdict.REFUTED)


@pytest.mark.parametrize(("definition", "claim"), [("", "r = s"), (r"\hat{q} = r", r"\hat{q} = s")])
def test_a_row_is_no_column(definition, claim):
    with pytest.raises(SpecError, match=r"needs \^T"):
        judged(claim, names=ROWS, definitions=(definition,) * bool(definition))


def test_what_is_0_at_the_solution_is_said():
    """dE/dx is the derivative of the energy, which rests: who means the sensitivity is told."""
    found = judged(r"\beta_j = 2 \beta_j", names={"beta": "xbar_h1"})
    assert found.verdict is Verdict.PROVED
    assert "dE/dx_h1 is 0 there (the sensitivity is s_h1)" in found.hypotheses
    found = judged(r"\beta_j = 2 \beta_j", names={"beta": "xbar_image"})
    assert found.verdict is Verdict.REFUTED
    assert not any("is 0 there" in text for text in found.hypotheses)


LETTERS = {
    "a_j": "z_h2[j]", "a_k": "z_out[k]", "w_{kj}": "W_out[k, j]", "b_k": "b_out[k]", "x_j": "x_h2[j]", "t": "y",
    r"\delta_k": "zbar_out[k]", r"\delta_j": "zbar_h2[j]",
}  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        (r"a_k = \sum_j w_{kj} x_j + b_k", True),
        (r"\delta_j = (1 - x_j^2) \sum_k w_{kj} \delta_k", True),
        (r"\delta_j \equiv \frac{\partial C}{\partial a_j}", True),
        (r"\frac{\partial C}{\partial w_{kj}} = \delta_k x_j", True),
        (r"\frac{\partial C}{\partial w_{kj}} = \delta_k a_j", False),
        (r"\delta_j = \sum_k w_{kj} \delta_k", False),
    ],
)
def test_letters_of_indices_say_of_which_layer(claim, true):
    assert judged(claim, names=LETTERS).verdict is (Verdict.PROVED if true else Verdict.REFUTED)


@pytest.mark.parametrize("claim", [r"a_m = a_m", r"w_{jk} = w_{jk}"])
def test_other_letters_say_nothing(claim):
    with pytest.raises(SpecError, match="is no quantity"):
        judged(claim, names=LETTERS)


@pytest.mark.parametrize("names", [{"a_j": "z_nowhere[j]"}, {"a_j": "z_h2[k]"}, {"a_{jk}": "W_out[j, j]"}])
def test_letters_that_cannot_be_used(names):
    with pytest.raises(SpecError, match="no quantity|other indices"):
        judged(r"a_j = a_j" if "a_j" in names else "a_{jk} = 1", names=names)


def test_who_renames_the_targets_may_define_y():
    names = {"t": "y", "o": "x_out"}
    definitions = ("y_k = 2 o_k",)
    assert judged("y_k - t_k = 2 o_k - t_k", names=names, definitions=definitions).verdict is Verdict.PROVED
    assert judged("y_k = t_k", names=names, definitions=definitions).verdict is Verdict.REFUTED
    assert judged("y_k = t_k", names=names).verdict is Verdict.PROVED
    assert judged("t_k = 2 o_k", names=names, definitions=("t_k = 2 o_k",)).verdict is Verdict.REFUTED


@pytest.mark.long
def test_what_is_assumed_is_said_of_the_layers_that_it_is_of():
    """Of a refuted layer nothing is said that holds for another one; of several, which."""
    from dyadic.proofs.statements import _of_layers

    wrong = judged(r"\frac{\partial L}{\partial w^l_{jk}} = a^{l-1}_j \delta^l_k")
    assert wrong.counterexample["layer"] == "l = 1 (h1)"
    assert [text for text in wrong.hypotheses if "runs over" in text] == [
        "k runs over the 4 entries of its axis on the left side"
    ]
    assert [*_of_layers({1: ("a", "b"), 2: ("a",), 3: ("a", "b")})] == ["a", "for l = 1, 3: b"]

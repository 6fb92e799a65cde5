"""Ways of writing that people expect: remainders, entries of what is in brackets, inequalities, sizes, ranges."""

from __future__ import annotations

import pytest
from support.long_tests import one_row_in

from claims.author import CHAIN_NAMES, judged
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

SMALL = network(dense("h", 3, "tanh"), dense("o", 2), inputs={"u": [2]})
SQUARE = network(dense("h", 3, "tanh"), dense("g", 3, "sigmoid"), dense("o", 3), inputs={"u": [3]})
SIZES = network(dense("h", "n", "tanh"), dense("o", "m"), inputs={"u": ["k"]})
CHAIN = network(dense("h1", 3, "sigmoid"), dense("h2", 3, "sigmoid"), dense("h3", 3, "sigmoid"), inputs={"image": [3]})
TOKENS = network(
    {"name": "e", "type": "embedding", "count": 4, "units": 2}, inputs={"t": {"shape": [3], "below": 4}}
)  # fmt: skip
ATTENTION = network(
    {"name": "o", "type": "attention", "inputs": ["q", "k", "v"]}, inputs={"q": [3, 2], "k": [3, 2], "v": [3, 2]}
)
ROWS = {"q": "x_q", "k": "x_k", "v": "x_v", "o": "f_o", "P": "p_o", "S": "a_o", "dO": "s_o", "d_k": "2", "V": "x_v"}

RANGES = [
    (SMALL, "sensitivity", "s_h[j] = Sum[i] W_o[i,j] s_o[i] for j < 2", True),
    (SMALL, "sensitivity", "s_h[j] = Sum[i] W_o[i,0] s_o[i] for j < 2", False),
    (SMALL, "sensitivity", "s_h[j] = Sum[i] W_o[i,0] s_o[i] for j < 1", True),
    (SMALL, "gradient", "Wbar_h[i,j] = s_h[i] (1 - f_h[i]^2) x_u[j] for j < 1", True),
    (SMALL, "gradient", "Wbar_h[i,j] = s_h[i] (1 - f_h[i]^2) x_u[0] for j < 1, i != 2", True),
    (SMALL, "gradient", "Wbar_h[i,j] = s_h[i] (1 - f_h[i]^2) x_u[0] for j < 2, i != 2", False),
    (SMALL, "inference", "x_o[i] = Sum[k] W_o[1, k] x_h[k] + b_o[i] for i = 1", True),
    (SMALL, "update", "s_o[i] <- x_o[i] - y[0] for i < 1", True),
    (SMALL, "update", "s_o[i] <- x_o[i] - y[0] for i < 2", False),
    (SMALL, "dynamics", "dx_o[i]/dt = f_o[1] - x_o[i] for i = 1", True),
    (SMALL, "adjoint", "s_h[j] = W_o[0,j] s_o[0] + W_o[1,j] s_o[1] for j >= 1", True),
]

EQUATIONS = [
    (SMALL, "Sum[i<3] (i mod 2) x_h[i] = x_h[1]", True),
    (SMALL, "Sum[i<3] (i mod 2) x_h[i] = x_h[2]", False),
    (SMALL, "Sum[i<3] ((i + 1) mod 2) x_h[i] = x_h[0] + x_h[2]", True),
    (SMALL, "Sum[i<3] (i + 1 mod 2) x_h[i] = x_h[0] + x_h[1] + x_h[2]", False),
    (SMALL, "Sum[i] (i - 2 floor(i/2)) x_h[i] = x_h[1]", True),
    (SMALL, "Sum[i] (i - 2 floor((i + 1)/2)) x_h[i] = x_h[1]", False),
    (SMALL, "floor(7/2) = 3", True),
    (SMALL, "floor(-1/2) = -1", True),
    (SMALL, "floor(-1/2) = 0", False),
    (SMALL, "Sum[i] floor(i + 1/2) x_h[i] = x_h[1] + 2 x_h[2]", True),
    (SMALL, "(x_h[i] mod 1) = x_h[i] - floor(x_h[i])", True),
    (SMALL, "(x_h[i] mod 3) = x_h[i] - 3 floor(x_h[i] / 3)", True),
    (SMALL, "(x_h[i] mod 3) = x_h[i] - floor(x_h[i] / 3)", False),
    (SMALL, "(W_h x_u)[i] = z_h[i] - b_h[i]", True),
    (SMALL, "(W_h x_u)[i] = z_h[i] + b_h[i]", False),
    (SMALL, "(W_o^T)[i, j] = W_o[j, i]", True),
    (SMALL, "(W_o^T s_o)[j] = Sum[i] W_o[i, j] s_o[i]", True),
    (SQUARE, "(W_o s_o)[j] = Sum[i] W_o[i, j] s_o[i]", False),
    (SMALL, "softmax(x_o)[i] = exp(x_o[i]) / Sum[k] exp(x_o[k])", True),
    (SMALL, "softmax(x_o)[0] + softmax(x_o)[1] = 1", True),
    (SMALL, "softmax(x_o)[0] - softmax(x_o)[1] = 1", False),
    (SMALL, "exp(x_h[i]) > 0", True),
    (SMALL, "0 < sigmoid(x_h[i]) < 1", True),
    (SMALL, "x_h[i] >= 0", False),
    (SMALL, "x_h[i] != 1/7", False),
    (SMALL, "exp(x_h[i]) <= 1", False),
    (SMALL, "Sum[k] [0 <= i - k] x_h[k] + 0 x_h[i] = x_h[0] + [i >= 1] x_h[1] + [i >= 2] x_h[2]", True),
    (SMALL, "Sum[k] [0 <= i - k - 1] x_h[k] + 0 x_h[i] = x_h[0] + [i >= 1] x_h[1] + [i >= 2] x_h[2]", False),
    (SIZES, "n = 2", False),
    (SIZES, "n m = m^2", False),
    (SIZES, "n^2 - m^2 = (n - m) (n + m)", True),
    (SIZES, "k/n = n/k", False),
    (SIZES, "Sum[i, j] (x_h[i] - x_h[j])^2 = 2 n Sum[i] x_h[i]^2 - 2 (Sum[i] x_h[i])^2", True),
    (SIZES, "Sum[i, j] (x_h[i] - x_h[j])^2 = 2 m Sum[i] x_h[i]^2 - 2 (Sum[i] x_h[i])^2", False),
    (SIZES, "floor(n/2) = n/2", False),
    (TOKENS, "(x_t[0] mod 2) = x_t[0] - 2 floor(x_t[0]/2)", True),
]  # fmt: skip

NAMED = [
    (ATTENTION, "o[i] = Sum[j] P[i, j] v[j]", True),
    (ATTENTION, "o[i] = Sum[j] P[j, i] v[j]", False),
    (ATTENTION, "S[i, j] = q[i]^T k[j] / sqrt(d_k)", True),
    (ATTENTION, "S[i, j] = q[j]^T k[i] / sqrt(d_k)", False),
    (ATTENTION, "S[i, j] = q[i]^T k[j] / d_k", False),
    (ATTENTION, "P[i] = softmax(S[i])", True),
    (ATTENTION, "o[i] = V^T softmax(S[i])", True),
    (ATTENTION, "o[i] = Sum[j] P[i, j] v[0] for i < 2", False),
    (ATTENTION, "o[i] = o[1] for i = 1", True),
    (ATTENTION, "o[i] = o[1] for i >= 1", False),
]
NAMED_IN_LATEX = [
    (ATTENTION, r"o_i = \sum_j P_{ij} v_j", True),
    (ATTENTION, r"o_i = \sum_j P_{ji} v_j", False),
    (ATTENTION, r"S_{ij} = \frac{q_i^\top k_j}{\sqrt{d_k}}", True),
    (ATTENTION, r"S_{ij} = \frac{q_i^\top k_j}{d_k}", False),
    (ATTENTION, r"o_i = \frac{\sum_j e^{q_i^T k_j / \sqrt{d_k}} v_j}{\sum_l e^{q_i^T k_l / \sqrt{d_k}}}", True),
    (ATTENTION, r"o_i = \frac{\sum_j e^{q_i^T k_j} v_j}{\sum_l e^{q_i^T k_l}}", False),
    (ATTENTION, r"\left[ P_{ij} + S_{ij} \right] = [P_{ij}] + \{S_{ij}\}", True),
]
IN_CHAIN = [
    (r"\delta^{\ell} = ((w^{\ell+1})^T \delta^{\ell+1}) \odot \sigma'(z^{\ell})", True),
    (r"\delta^{\ell} = (w^{\ell+1} \delta^{\ell+1}) \odot \sigma'(z^{\ell})", False),
    (r"\delta^l_j = ((w^{l+1})^T \delta^{l+1})_j \sigma'(z^l_j)", True),
    (r"\delta^l_j = (w^{l+1} \delta^{l+1})_j \sigma'(z^l_j)", False),
    (r"\sum_{\ell} w^2_{j\ell} a^1_\ell = z^2_j - b^2_j", True),
    (r"\sum_{\ell} w^2_{\ell j} a^1_\ell = z^2_j - b^2_j", False),
    (r"0 \le a^2_j < 1", True),
    (r"a^2_j \geq \frac{1}{2}", False),
    (r"\frac{1}{2n} \sum_j a^2_j = \frac{1}{10} \sum_j a^2_j", True),
    (r"\frac{1}{2n} \sum_j a^2_j = \frac{1}{5} \sum_j a^2_j", False),
    (r"\frac{1}{\lambda} (\lambda a^2_j) = a^2_j", True),
    (r"\lambda a^2_j = a^2_j", False),
]

UNREADABLE = [
    (SMALL, "x_h[i] <-1", "a <-b is doubtful"),
    (SMALL, "x_h[i] = x_h[i] > 0", "an inequality stands alone"),
    (SMALL, "x_h > 0", "between numbers, not for a column"),
    (SMALL, "0 < x_h", "between numbers"),
    (SMALL, "(x_h[i] + 1 mod 2) = 0", "what mod belongs to is doubtful"),
    (SMALL, "(i mod 2 mod 2) x_h[i] = 0", "one mod in a bracket"),
    (SMALL, "softmax(x_o)[i, j] = x_o[i] x_o[j]", "a column of 2 has 1 axes, not 2"),
    (SMALL, "x_h[i] = [x_h[i]]", "a condition has a relation"),
    (SMALL, "x_h = x_h for i < 2", "ranges are those of indices"),
]


def verdict(true):
    return Verdict.PROVED if true else Verdict.REFUTED


@pytest.mark.parametrize(("derivation", "kind", "claim", "true"), RANGES)
def test_ranges_of_free_indices_for_every_kind(derivation, kind, claim, true):
    child = "o" if kind == "adjoint" else None
    assert judged(derivation, claim, kind=kind, child=child).verdict is verdict(true)


@pytest.mark.parametrize(("derivation", "claim", "true"), EQUATIONS)
def test_equations(derivation, claim, true):
    assert judged(derivation, claim).verdict is verdict(true)


@pytest.mark.parametrize(("derivation", "claim", "true"), NAMED)
def test_rows_have_names_too(derivation, claim, true):
    assert judged(derivation, claim, names=ROWS).verdict is verdict(true)


@pytest.mark.parametrize(("derivation", "claim", "true"), NAMED_IN_LATEX)
def test_rows_in_latex(derivation, claim, true):
    assert judged(derivation, claim, names=ROWS, latex=True).verdict is verdict(true)


@pytest.mark.parametrize(("claim", "true"), one_row_in(4, IN_CHAIN))
def test_a_book_of_layers(claim, true):
    names = {**CHAIN_NAMES, "n": "5", r"\lambda": "number"}
    assert judged(CHAIN, claim, names=names, latex=True, at="solution").verdict is verdict(true)


@pytest.mark.parametrize(("derivation", "claim", "message"), UNREADABLE)
def test_what_is_doubtful_is_refused(derivation, claim, message):
    with pytest.raises(SpecError, match=message):
        judged(derivation, claim)


@pytest.mark.parametrize(
    ("derivation", "claim", "options"),
    [
        (SIZES, "n = 2 q", {}),
        (SQUARE, "x_h[i] = 0", {"assumptions": ("W_g^T W_g = 2",)}),
        (SQUARE, "x_h[i] = 0", {"assumptions": ("W_g^T W_o = I",)}),
        (SQUARE, "x_h[i] = 0", {"assumptions": ("W_g > 0",)}),
        (CHAIN, r"\nabla_q C = \mu", {"latex": True}),
        (SMALL, "x_h[i] = x_h[i] (2", {}),
    ],
)
def test_messages_show_what_was_written(derivation, claim, options):
    with pytest.raises(SpecError) as error:
        judged(derivation, claim, **options)
    text = str(error.value)
    assert "['" not in text
    assert "\\\\" not in text


def test_an_assumption_between_whole_tensors():
    claim = "W_g x_h = W_g^T x_h"
    assert judged(SQUARE, claim, assumptions=("W_g = W_g^T",)).verdict is Verdict.PROVED
    assert judged(SQUARE, claim, assumptions=("W_g = W_o^T",)).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    "claim",
    [
        "Sum[k] [0 <= i - k] x_h[k] + x_h[i] = 0",
        "[x_h[i] > x_h[0]] = 1",
        "[x_h[i] = 2] = 1",
        "[x_h[i] <= 2] = 1",
        "(i mod 2) x_h[i] = floor(i / 2)",
    ],
)
def test_what_is_echoed_is_what_was_written(claim):
    found = judged(SMALL, claim)
    echoed = found.statement.removeprefix("equal: ")
    assert echoed == claim
    assert judged(SMALL, echoed).verdict is found.verdict

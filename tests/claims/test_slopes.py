"""Derivatives of one quantity of the forward pass by another: formulas of textbooks, slips, finite differences."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from support.long_tests import one_row_in

from claims.author import CHAIN_NAMES, judged
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

CHAIN = network(dense("h1", 3, "sigmoid"), dense("h2", 3, "sigmoid"), dense("h3", 3, "sigmoid"), inputs={"image": [3]})
NARROW = network(dense("h1", 3, "sigmoid"), dense("h2", 2, "sigmoid"), inputs={"image": [3]})
SOFTMAX = network(
    dense("h", 4), dense("o", 3), {"type": "softmax", "name": "p"}, inputs={"u": [3]}
)  # fmt: skip
LOGITS = network(dense("h", 3), dense("o", 3), inputs={"u": [3]}, cost={"type": "cross_entropy"})
NORM = network(dense("a", 3), {"type": "layer_norm", "name": "n"}, inputs={"u": [2, 3]})
SKIP = network(
    dense("h", 3, "tanh"), dense("g", 3, "tanh"), {"name": "sum", "type": "add", "inputs": ["h", "g"]},
    inputs={"u": [3]},
)  # fmt: skip
TOKENS = network(
    {"name": "e", "type": "embedding", "count": 4, "units": 2}, {"name": "fl", "type": "flatten"},
    inputs={"t": {"shape": [3], "below": 4}},
)  # fmt: skip
TIED = network(
    {"name": "a", "type": "matmul", "inputs": ["u", "w"]}, {"name": "b", "type": "matmul", "inputs": ["a", "w"]},
    inputs={"u": [2, 3]}, parameters={"w": {"shape": [3, 3]}},
)  # fmt: skip

IN_CHAIN = [
    (r"\frac{\partial a^l_j}{\partial z^l_j} = \sigma'(z^l_j)", True),
    (r"\frac{\partial a^l_j}{\partial z^l_k} = \delta_{jk} \sigma'(z^l_j)", True),
    (r"\frac{\partial a^l_j}{\partial z^l_k} = \sigma'(z^l_j)", False),
    (r"\frac{\partial a^l_j}{\partial z^l_j} = \sigma(z^l_j)", False),
    (r"\frac{\partial z^{l+1}_k}{\partial z^l_j} = w^{l+1}_{kj} \sigma'(z^l_j)", True),
    (r"\frac{\partial z^{l+1}_k}{\partial z^l_j} = w^{l+1}_{jk} \sigma'(z^l_j)", False),
    (r"\frac{\partial z^{l+1}_k}{\partial z^l_j} = w^{l+1}_{kj} \sigma'(z^l_k)", False),
    (r"\frac{\partial z^{l+1}_k}{\partial z^l_j} = w^{l+1}_{kj}", False),
    (r"\frac{\partial z^{l+1}_k}{\partial a^l_j} = w^{l+1}_{kj}", True),
    (r"\frac{\partial z^{l+1}_j}{\partial a^l_k} = w^{l+1}_{kj}", False),
    (r"\frac{\partial z^l_j}{\partial b^l_j} = 1", True),
    (r"\frac{\partial z^l_j}{\partial b^l_k} = 1", False),
    (r"\frac{\partial z^2_i}{\partial w^2_{jk}} = \delta_{ij} a^1_k", True),
    (r"\frac{\partial z^2_i}{\partial w^2_{jk}} = \delta_{ik} a^1_j", False),
    (
        r"\frac{\partial C}{\partial z^l_j} = \sum_k \frac{\partial C}{\partial z^{l+1}_k}"
        r" \frac{\partial z^{l+1}_k}{\partial z^l_j}",
        True,
    ),
    (
        r"\frac{\partial C}{\partial z^l_j} = \sum_k \frac{\partial C}{\partial z^{l+1}_k}"
        r" \frac{\partial z^{l+1}_j}{\partial z^l_k}",
        False,
    ),
    (
        r"\frac{\partial C}{\partial z^l_j} = \frac{\partial C}{\partial a^l_j} \frac{\partial a^l_j}{\partial z^l_j}",
        True,
    ),
    (
        r"\frac{\partial z^3_k}{\partial z^1_j} = \sum_m \frac{\partial z^3_k}{\partial z^2_m}"
        r" \frac{\partial z^2_m}{\partial z^1_j}",
        True,
    ),
    (r"\frac{\partial z^3_k}{\partial z^1_j} = 0", False),
    (r"\frac{\partial z^1_k}{\partial z^3_j} = 0", True),
    (r"\frac{\partial a^l}{\partial z^l} = \mathrm{diag}(\sigma'(z^l))", True),
    (r"\frac{\partial z^{l+1}}{\partial a^l} = w^{l+1}", True),
    (r"\frac{\partial z^{l+1}}{\partial a^l} = (w^{l+1})^T", False),
    (r"\frac{\partial z^{l+1}}{\partial z^l} = w^{l+1} \mathrm{diag}(\sigma'(z^l))", True),
    (r"\frac{\partial z^{l+1}}{\partial z^l} = \mathrm{diag}(\sigma'(z^l)) w^{l+1}", False),
]
OTHERS = [
    (SOFTMAX, "dx_p[i]/dx_o[j] = x_p[i] (delta[i, j] - x_p[j])", True),
    (SOFTMAX, "dx_p[i]/dx_o[j] = x_p[j] (delta[i, j] - x_p[i])", True),
    (SOFTMAX, "dx_p[i]/dx_o[j] = x_p[i] (1 - x_p[j])", False),
    (SOFTMAX, "dx_p[i]/dx_o[j] = x_p[i] (x_p[j] - delta[i, j])", False),
    (SOFTMAX, "dx_p/dx_o = diag(x_p) - x_p x_p^T", True),
    (SOFTMAX, "dx_p/dx_o = diag(x_p) + x_p x_p^T", False),
    (SOFTMAX, "dx_p[i]/dx_h[j] = Sum[k] x_p[i] (delta[i, k] - x_p[k]) W_o[k, j]", True),
    (SOFTMAX, "dx_p[i]/dx_h[j] = Sum[k] x_p[i] (delta[i, k] - x_p[i]) W_o[k, j]", False),
    (LOGITS, "dlse/dx_o[i] = exp(x_o[i] - lse)", True),
    (LOGITS, "dlse/dx_h[j] = Sum[i] exp(x_o[i] - lse) W_o[i, j]", True),
    (LOGITS, "dlse/dx_h[j] = Sum[i] exp(x_o[i] - lse) W_o[j, i]", False),
    (NORM, "df_n[r, i]/dx_a[q, j] = [r = q] G_n[i] r_n[r] (delta[i, j] - 1/3 - 1/3 h_n[r, i] h_n[r, j])", None),
    (SKIP, "dx_sum[i]/dx_h[j] = delta[i, j] + (1 - x_g[i]^2) W_g[i, j]", True),
    (SKIP, "dx_sum[i]/dx_h[j] = (1 - x_g[i]^2) W_g[i, j]", False),
    (SKIP, "dx_sum[i]/dx_h[j] = delta[i, j]", False),
    (SKIP, "dx_sum[i]/dx_g[j] = delta[i, j]", True),
    (TOKENS, "df_e[i, d]/dW_e[v, c] = [x_t[i] = v] delta[c, d]", True),
    (TOKENS, "df_e[i, d]/dW_e[v, c] = [x_t[0] = v] delta[c, d]", False),
    (TOKENS, "df_e[i, d]/dW_e[v, c] = [0 = v] delta[c, d]", False),
    (TIED, "dx_b[r, j]/dw[p, q] = x_a[r, p] delta[j, q] + x_u[r, p] w[q, j]", True),
    (TIED, "dx_b[r, j]/dw[p, q] = x_a[r, p] delta[j, q]", False),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "true"), one_row_in(10, IN_CHAIN))
def test_chain(claim, true):
    found = judged(CHAIN, claim, names=CHAIN_NAMES, latex=True, at="solution")
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)


@pytest.mark.parametrize(("derivation", "claim", "true"), [case for case in OTHERS if case[2] is not None])
def test_others(derivation, claim, true):
    found = judged(derivation, claim, at="solution")
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED), (found.reason, found.counterexample)


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def forward(values, moved=None, by=0.0):
    """z of both layers of the narrow network; an entry of the first layer's z is moved."""

    def value(label):
        return float(Fraction(values.get(label, "0")))

    x = [value(f"x_image[{k}]") for k in range(3)]
    z1 = [sum(value(f"W_h1[{i}, {k}]") * x[k] for k in range(3)) + value(f"b_h1[{i}]") for i in range(3)]
    if moved is not None:
        z1[moved] += by
    a1 = [sigmoid(z) for z in z1]
    return [sum(value(f"W_h2[{i}, {k}]") * a1[k] for k in range(3)) + value(f"b_h2[{i}]") for i in range(2)]


@pytest.mark.parametrize("claim", ["dz_h2[i]/dz_h1[j] = 0", "dz_h2[i]/dz_h1[j] = W_h2[i, j] sigmoid(z_h1[j])"])
def test_the_number_of_a_refutation_is_that_of_finite_differences(claim):
    numbers = judged(NARROW, claim, at="solution").counterexample
    i, j = numbers["at"]["i"], numbers["at"]["j"]
    above, below = forward(numbers["values"], j, 1e-5), forward(numbers["values"], j, -1e-5)
    left = numbers["left"].rstrip(".")
    assert float(Fraction(left)) == pytest.approx((above[i] - below[i]) / 2e-5, abs=1e-8)
    assert numbers["left"] != numbers["right"]


@pytest.mark.parametrize(
    ("derivation", "claim", "options", "message"),
    [
        (NARROW, "dz_h2[i]/dz_h1[j] = W_h2[i, j]", {"at": "any state"}, 'at = "solution"'),
        (NARROW, "ds_h1[i]/dz_h1[j] = 0", {}, "is not computed in the forward pass"),
        (NARROW, "dzbar_h1[i]/dz_h1[j] = 0", {}, "is not computed in the forward pass"),
        (NARROW, "dz_h1[i]/dy[j] = 0", {}, "nothing is differentiated by y"),
        (NARROW, "dz_h1[i]/ds_h1[j] = 0", {}, "nothing is differentiated by s_h1"),
        (NARROW, "dz_h1/dz_h1[j] = 0", {}, "either both have indices, or neither"),
        (NARROW, "dW_h1[i, j]/dz_h1[j] = 0", {}, "is not computed in the forward pass"),
        (TOKENS, "df_e[i, d]/dx_t[i] = 0", {}, "nothing is differentiated by x_t"),
    ],
)
def test_what_has_no_such_derivative(derivation, claim, options, message):
    with pytest.raises(SpecError, match=message):
        judged(derivation, claim, **{"at": "solution", **options})


def test_a_large_network_is_undecided_and_not_guessed():
    large = network(dense("h", 70, "tanh"), dense("g", 60, "tanh"), inputs={"u": [64]})
    for claim in ("dz_g[i]/dz_h[j] = W_g[i, j] (1 - x_h[j]^2)", "dz_g[i]/dz_h[j] = W_g[i, j]"):
        assert judged(large, claim, at="solution").verdict is Verdict.UNDECIDED

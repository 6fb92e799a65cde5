"""What people write is read as they mean it, in text and in LaTeX, or refused with the place."""

from __future__ import annotations

import pytest

from claims import campaign
from claims.campaign import _dense as dense
from claims.test_campaign import derivation, judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError


class ReadNetworks:
    """Small ones, and those of the campaign."""

    NETWORKS = {
        **campaign.NETWORKS,
        "small": lambda: network(dense("h", 3, "tanh"), dense("o", 2), inputs={"u": [2]}),
        "size": lambda: network(dense("h", "n", "tanh"), dense("o", 2), inputs={"u": ["k"]}),
        "two costs": lambda: network(
            dense("h", 3, "tanh"), dense("o", 2), inputs={"u": [2]},
            costs=[{"type": "squared_error", "inputs": ["o"], "weight": 2}, {"type": "squared_error", "inputs": ["h"]}],
        ),
        "weight": lambda: network(dense("o", 2), inputs={"u": [2]}, cost={"type": "squared_error", "weight": 3}),
    }  # fmt: skip


TEXT = [
    ("small", "1e-3 x_h[i] + 0.5e2 x_h[0] = x_h[i]/1000 + 50 x_h[0]", True),
    ("small", "1e-3 x_h[i] = x_h[i]/100", False),
    ("small", "Sum[i] i x_h[i] = x_h[1] + 2 x_h[2]", True),
    ("small", "Sum[i] i x_h[i] = x_h[0] + 2 x_h[1] + 3 x_h[2]", False),
    ("small", "Sum[1<=i<3] x_h[i] = x_h[1] + x_h[2]", True),
    ("small", "Sum[0<i<=2] x_h[i] = x_h[1] + x_h[2]", True),
    ("small", "Sum[i=0..1] x_h[i] = x_h[0] + x_h[1]", True),
    ("small", "Sum[i=0..1] x_h[i] = Sum[i] x_h[i]", False),
    ("small", "Max[1<=k<3] x_h[k] = max(x_h[1], x_h[2])", True),
    ("small", "Min[k<2] x_h[k] = min(x_h[0], x_h[1])", True),
    ("small", "sin(pi/6) = 1/2", True),
    ("small", "pi = 22/7", False),
    ("small", "x_h[i] = Sum[k<2] [i = k] x_h[k] for i < 2", True),
    ("small", "x_h[i] = Sum[k<2] [i = k] x_h[k] for i < 3", False),
    ("small", "x_h[i] + x_h[j] = x_h[0] + x_h[1] for i = 0, 1 <= j < 2", True),
    ("small", "x_h[i] + x_h[j] = x_h[0] + x_h[1] for i = 0, 1 <= j < 3", False),
    ("small", "|x_h[i]| = max(x_h[i], -x_h[i])", True),
    ("small", "|x_h[i] + 1| = |x_h[i]| + 1", False),
    ("small", "Sum[k] [k != i] x_h[k] = Sum[k] x_h[k] - [i < 3] x_h[i]", True),
    ("small", "Sum[k] [k > i] x_h[k] = Sum[k] [k >= i] x_h[k]", False),
    ("small", "[z_h[i] > 0] z_h[i] = relu(z_h[i])", True),
    ("small", "relu'(z_h[i]) = [z_h[i] >= 0]", False),
    ("small", "[0 <= x_h[i] < 1] = [x_h[i] >= 0] - [x_h[i] >= 1]", True),
    ("small", "[x_h[i] = 1] x_h[i] = [x_h[i] = 1]", True),
    ("size", "Sum[i<n] 1 = n", True),
    ("size", "Sum[i<n] 1 = n + 1", False),
    ("size", "1/n Sum[i<n] (x_h[i] - 1/n Sum[k<n] x_h[k]) = 0", True),
    ("size", "1/n Sum[i<n] x_h[i] = 1/(n + 1) Sum[i] x_h[i]", False),
    ("two costs", "C = 2 C_cost1 + C_cost2", True),
    ("two costs", "C = C_cost1 + C_cost2", False),
    ("two costs", "dC/dx_o[i] = 2 (x_o[i] - y_cost1[i])", True),
    ("weight", "dC/dx_o[i] = x_o[i] - y[i]", True),
    ("weight", "s_o[i] = 3 dC/dx_o[i] + s_o[i] - 3 x_o[i] + 3 y[i]", True),
    ("weight", "dE/dx_o[i] + s_o[i] = dC/dx_o[i]", False),
]

LATEX = [
    ("small", r"[j = 0]\, x^{\text{h}}_j = [j = 0] x^{\text{h}}_{0}", True),
    ("words", r"f^{e}_{i c} = W^{\text{e}}_{x^{\text{t}}_{i}, c}", True),
    ("words", r"\bar{W}^{\text{e}}_{v c} = \sum_{i=0}^{3} \mathbb{1}[x^{\text{t}}_{i} = v]\, s^{\text{e}}_{i c}", True),
    ("words", r"\bar{W}^{\text{e}}_{v c} = \sum_{i} \mathbf{1}\{x^{\text{t}}_{i} = v\} \cdot s^{\text{e}}_{i c}", True),
    ("words", r"\bar{W}^{\text{e}}_{v c} = \sum_{i} \mathbb{1}_{x^{\text{t}}_{0} = v} s^{\text{e}}_{i c}", False),
    ("small", r"\max(z^{h}_i, 0) + \min\{z^h_i, 0\} = z^h_i", True),
    ("small", r"|x^h_i|^2 = \left| x^h_i \right| \cdot \lvert x^h_i \rvert", True),
    ("small", r"\mathrm{relu}(z^h_i) = \begin{cases} z^h_i & z^h_i > 0 \\ 0 & \text{otherwise} \end{cases}", True),
    ("small", r"\mathrm{relu}'(z^h_i) = \begin{cases} 1 & z^h_i \ge 0 \\ 0 & \text{otherwise} \end{cases}", False),
    ("small", r"\sqrt[3]{\exp(3 x^h_i)} = e^{x^h_i}", True),
    ("small", r"\sum_{k \neq i} x^h_k + x^h_i = \sum_{k} x^h_k + 0 x^h_i", True),
    ("small", r"\partial C / \partial x^{o}_i = \left\{ x^o_i - y_i \right\}", True),
    ("small", r"\mathrm{d}C/\mathrm{d}x^{o}_i = 2 x^o_i - y_i", False),
    ("small", r"\nabla_{x^o_i} C = x^o_i - y_i", True),
    ("small", r"\frac{d x^{o}_i}{dt} = f^{o}_i - x^o_i", True),
    ("small", r"\dot{s}^{o}_i = x^o_i - y_i - s^o_i", True),
    ("small", r"\tanh'(z^h_i) = 1 - \tanh^2(z^h_i)", True),
    ("small", r"-2 x^h_i{}^2 = -2 x^h_i x^h_i", True),
    ("small", r"x^h_i{}^2 x^h_0{} = (x^h_i x^h_0)^2", False),
    ("small", r"\tanh'(z^h_i) = 1 - \tanh(z^h_i)", False),
    ("small", r"\sum_{i, j} W^{o}_{ij} s^o_i x^h_j = \sum_i s^o_i \sum_j W^{o}_{ij} x^h_j", True),
    ("small", r"\cos(\pi / 3) = \tfrac{1}{2}", True),
    ("small", r"\sum_{1 \le i < 3} x^h_i = x^h_1 + x^h_2", True),
    ("small", r"\boldsymbol{x}^{(h)}_i = \mathbf{x}^{h}_i", True),
    ("small", r"\ln(e^{2}) = 2", True),
    ("small", r"x^h_{i} = \sum_{k<2} \delta_{ik} x^h_k \quad \text{for } i < 2", True),
    ("small", r"x^h_{i} = \sum_{k<2} \delta_{ik} x^h_k, \text{ for } i \le 2", False),
    ("size", r"\frac{1}{n} \sum_{i=0}^{n-1} (x^{h}_i + 1) = \frac1n \sum_i x^h_i + 1", True),
]  # fmt: skip

FROM_ONE = [
    (r"\sum_{i=1}^{3} x^h_i = x^h_1 + x^h_2 + x^h_3", True),
    (r"\sum_{i=1}^{3} i\, x^h_i = x^h_1 + 2 x^h_2 + 3 x^h_3", True),
    (r"\sum_{i=2}^{3} x^h_i = x^h_2 + x^h_3", True),
    (r"\sum_{i=1}^{2} x^h_{i+1} = x^h_2 + x^h_3", True),
    (r"\sum_{i=1}^{2} x^h_{i+1} = x^h_1 + x^h_2", False),
    (r"\sum_{i=1}^{3} [i = 3] x^h_i = x^h_3", True),
    (r"\sum_{i=1}^{3} [i = 3] x^h_i = x^h_2", False),
    (r"\sum_{i=1}^{3} [2 \le i] x^h_i = x^h_2 + x^h_3", True),
]


def verdict(name, claim, **options):
    return judged(derivation(ReadNetworks, name), claim, **options).verdict


@pytest.mark.parametrize(("name", "claim", "true"), TEXT)
def test_text(name, claim, true):
    assert verdict(name, claim) is (Verdict.PROVED if true else Verdict.REFUTED)


@pytest.mark.parametrize(("name", "claim", "true"), LATEX)
def test_latex(name, claim, true):
    assert verdict(name, claim, latex=True) is (Verdict.PROVED if true else Verdict.REFUTED)


@pytest.mark.parametrize(("claim", "true"), FROM_ONE)
def test_indices_from_one(claim, true):
    found = judged(derivation(ReadNetworks, "small"), claim, latex=True, first=1)
    assert found.verdict is (Verdict.PROVED if true else Verdict.REFUTED)
    assert any("the claim counts them from 1" in text for text in found.hypotheses)


def test_integers_count_from_one_too():
    claims = derivation(ReadNetworks, "classes")
    right = "dE/dx_a[r, i] + s_a[r, i] = exp(x_a[r, i] - lse[r]) - [i = y[r]]"
    assert judged(claims, right, first=1).verdict is Verdict.PROVED
    assert judged(claims, "[y[1] = 9] [y[1] = 1] x_a[1, 1] = 0 x_a[1, 1]", first=1).verdict is Verdict.PROVED
    assert judged(claims, "Sum[v=1..9] [y[1] = v] = 1", first=1).verdict is Verdict.PROVED
    assert judged(claims, "Sum[v=1..8] [y[1] = v] = 1", first=1).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("claim", "options", "message"),
    [
        ("x_h[i] = w", {}, "'w' is no quantity of this network"),
        ("x_h[i] = |x_h[i] |x_h[0]||", {}, "absolute value"),
        ("max(x_h[i]) = x_h[i]", {}, "at least two arguments"),
        ("Sum[i=1..3] x_h[i] = 0", {}, "indices start from 0 here"),
        ("Sum[0<=i<3] x_h[i] = 0", {"first": 1}, "nothing would be compared"),
        ("x_h[0] = x_h[1]", {"first": 1}, "there is no index 0"),
        ("Sum[3<=i<3] x_h[i] = 0", {}, "nothing would be compared"),
        ("1e99 x_h[i] = 0", {}, "more than 40 digits"),
        ("x_u[k] = x_u[k]", {"size": True}, "k is a size of this network"),
        ("x_h = x_h for i < 2", {}, "ranges are those of indices"),
        ("x_h[i] = x_h[i] for i", {}, "expected"),
        ("dC/dW_h[i, j] = 0", {}, 'at = "solution"'),
        (r"\sum_{i=1}^{3} x^h_i = 0", {"latex": True}, "indices start from 0 here"),
        (r"x^h_i = \hat{q}_i", {"latex": True}, "'qhat' is no quantity"),
        (r"x^h_i = \left. x^h_i \right|_{0}", {"latex": True}, "bar of evaluation"),
        (r"x^h_i = \unknown{x}", {"latex": True}, "not understood"),
        (r"x^h_i = \sum x^h_k", {"latex": True}, "needs an index"),
        (r"x^h_i = {x^h_i", {"latex": True}, "not closed"),
        (r"e^{x^h_i}^2 = 1", {"latex": True}, "a double superscript"),
        (r"x^h_i {}^2 x^h_0 = 1", {"latex": True}, "empty braces"),
        (r"W^h{}^T s^h = s^h", {"latex": True}, "empty braces"),
        (r"1 + {}^2 x^h_0 = 1", {"latex": True}, "empty braces"),
        ("Sum[k<12345] 1 = 12345", {}, "a sum of 12345 terms is too long"),
    ],
)
def test_what_is_not_meant_is_refused_with_its_place(claim, options, message):
    network = "size" if options.pop("size", False) else "small"
    with pytest.raises(SpecError, match=message) as error:
        judged(derivation(ReadNetworks, network), claim, **options)
    if error.value.pointed:
        line, caret = error.value.pointed
        assert len(caret) - 1 <= len(line)

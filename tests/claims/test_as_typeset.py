r"""What is typeset is what is read: brackets that are not drawn, letters that tell layers, one sum or two, scripts.

Beside each form that is read stands a near one that is false, and one whose meaning is doubtful, which is refused.
"""

from __future__ import annotations

import re

import pytest

from claims.author import CHAIN_NAMES, judged, verdict_on
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import Statement
from dyadic.proofs.statements.parsing.latex_source import rows
from dyadic.symbolic import SpecError

NETWORK = network(dense("h", 3, "tanh"), dense("g", 3, "sigmoid"), dense("o", 2), inputs={"u": [3]})
NAMES = {"A": "W_h", "B": "W_g", "M": "W_o", "u": "x_h", "v": "x_g", "w": "x_o", "p": "s_h", "t": "number"}
P, R = Verdict.PROVED, Verdict.REFUTED


def verdict(claim, names=NAMES, **options):
    return judged(NETWORK, claim, "equal", names, latex="\\" in claim, **options).verdict


READ = [
    (r"\left. u_i + v_i \right. p_i = u_i + v_i p_i", P), (r"\left. u_i + v_i \right. p_i = (u_i + v_i) p_i", R),
    (r"2 \left. u_i - v_i \right. = 2 u_i - v_i", P), (r"A \left. u + v \right. = A u + A v", R),
    (r"\left( u_i \right. + \left. v_i \right) p_i = u_i p_i + v_i p_i", P),
    (r"\left[ u_i \right. + \left. v_i \right] p_i = u_i + v_i p_i", R),
    (r"u_i p_i + v_i p_i &= \left[ u_i \right. \\ & \quad + \left. v_i \right] p_i", P),
    (r"u_i p_i + v_i p_i &= \left( u_i \right. \\ & \left. + v_i \right) p_i", P),
    (r"u_i = \left. u_i \right..", P),
    (r"\sum_j \sum_{i \ne j} u_i u_j = 2 \sum_j \sum_{i<j} u_i u_j", P),
    (r"\sum_j \sum_{i \ne j} u_i v_j = 2 \sum_j \sum_{i<j} u_i v_j", R),
    (r"\sum_{j \le i} A_{ij} u_j = \sum_{j \le i} u_j A_{ij} \text{ for } i < 3", P),
    (r"\sum_{j \le i} 2 u_j = 2 \sum_{j \le i} u_j", P), (r"\sum_{j<i} u_j = \sum_{j \le i} u_j", R),
    (r"\sum_{j<i} A_{ij} u_j = (A u)_i - \sum_{j \ge i} A_{ij} u_j", P),
    (r"u^T A^T A u \ge 0", P), (r"u^T A u \ge 0", R), (r"\|u\| \ge 0", P), (r"u^T u > 0", R),
    (r"\operatorname{tr}(A^T A) \ge 0", P), (r"0 \le \mathrm{softmax}(u)_i \le 1", P),
    ("dot(u, v)^2 <= dot(u, u) dot(v, v)", P), ("dot(u, v)^2 < dot(u, u) dot(v, v)", R),
    (r"\max_{j \le i} u_j \ge u_i", P), (r"\max_{j \le i} u_j > u_i", R), (r"\sum_{j < i} u_j^2 \ge u_i^2", R),
    (r"p^T A u^T v = (u^T v) p^T A", P), (r"p^T A u^T v = p^T A", R),
    ('einsum("iJ,Jk", A, B) = A @ B', P), ('einsum("bA", A) = A', R), ('einsum("AA", A) = trace(A)', P),
    ("2 * A @ u = A @ u * 2", P), (r"-\sqrt[3]{8} = -2", P),
]  # fmt: skip
TWICE = "one sum or two"
REFUSED = [
    (r"2 \left. u_i + v_i \right.^2 = 1", "no bracket is drawn"), (r"\left. u_i \right|_0 = u_i", "bar of evaluation"),
    (r"\left. u_i \right] = u_i", "bar of evaluation"), (r"\left. u_i = u_i", "is not closed"),
    (r"u_i \right. = u_i", "closes no"), (r"\left .5 u_i \right. = u_i", "followed by a number"),
    (r"\sum_{i \ne j} u_i u_j = 2 \sum_{i<j} u_i u_j", TWICE), (r"\sum_{i<j} u_i v_j = \sum_{i>j} u_j v_i", TWICE),
    (r"\sum_{i<j} (u_i - u_j)^2 = \sum_{i \ne j} \frac12 (u_i - u_j)^2", TWICE),
    ("Sum[j<i] u[j] v[i] = Sum[j>i] u[j] v[i]", r"write Sum[i] before it"),
    (r"\sum_{i>j} u_i u_j = (\sum_i u_i)^2", r"write \sum_{j} before it"),
    (r"u_i + \sum_{j \le i} u_j = 1", "on one side"), (r"\sum_{i \ne j} (u_i - u_j)^2 \ge 0", TWICE),
    ("A @ B .* A = (A @ B) .* A", "write A .* (B @ C)"), ("A @ u * v = v", "@ beside .* or *"),
    ("u >= 0", "not for a column of 3"), (r"A^T A \ge 0", "not for 3 x 3"),
    (r"p^T u^T v = p^T", "a row times a row"), (r"\frac12 u v = u v", r"u \odot v"), ("u v = v u", "u .* v"),
    (r"\sqrt[3]{-8} = -2", "a root of a negative number"), ("(-8)^(2/3) = 4", "a root of a negative number"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "expected"), READ)
def test_what_is_read(claim, expected):
    assert verdict(" ".join(rows(claim)) if "\\" in claim else claim) is expected


@pytest.mark.parametrize(("claim", "message"), REFUSED)
def test_what_is_refused(claim, message):
    with pytest.raises(SpecError, match=re.escape(message)):
        verdict(claim)


def test_a_definition_may_end_a_sum_at_its_own_index():
    sums = ("c[i] = Sum[j<=i] x_u[j]",)
    assert verdict("c[2] = x_u[0] + x_u[1] + x_u[2]", definitions=sums) is P
    assert verdict("c[1] = x_u[0] + x_u[1] + x_u[2]", definitions=sums) is R


def test_an_assumption_may_be_of_numbers_made_of_tensors():
    assert verdict("abs(u^T v) = -(u^T v)", assumptions=("u^T v <= 0",)) is P
    assert verdict("abs(u^T v) = u^T v", assumptions=("u^T v <= 0",)) is R
    with pytest.raises(SpecError, match="not for a column"):
        verdict("abs(u^T v) = u^T v", assumptions=("u <= 0",))


LETTERS = {"o_k": "x_o[k]", "o_h": "x_g[h]", "w_{kh}": "W_o[k, h]", "x_i": "x_h[i]", "w_{hi}": "W_g[h, i]", "J": "C"}
OUTPUT, HIDDEN = r"\delta_k = o_k - y_k", r"\delta_h = o_h (1 - o_h) \sum_k w_{kh} \delta_k"


def lettered(definitions, claim, names=LETTERS, latex=True):
    statement = Statement("it", "equal", "it", (claim,), tuple(definitions), latex, at="solution")
    return verdict_on(NETWORK, statement, names)


@pytest.mark.parametrize(("definitions", "claim", "expected"), [
    ((OUTPUT, HIDDEN), r"\frac{\partial J}{\partial w_{hi}} = \delta_h x_i", P),
    ((OUTPUT, HIDDEN), r"\frac{\partial J}{\partial w_{hi}} = -\delta_h x_i", R),
    ((OUTPUT, HIDDEN), r"\frac{\partial J}{\partial w_{kh}} = \delta_k o_h", P),
    ((OUTPUT, HIDDEN), r"\delta_h = 0", R), ((r"a_k = o_k", "a_h = o_h"), "a_h = o_h", P),
    ((OUTPUT, HIDDEN, r"g_{kh} = \delta_k o_h", r"g_{hi} = \delta_h x_i"), r"\nabla_{W^{\text{o}}} J = g", None),
    ((OUTPUT, HIDDEN), r"\delta^T \delta = 1", None),
    ((OUTPUT, HIDDEN, r"g_{kh} = \delta_k o_h", r"g_{hi} = \delta_h x_i"),
     r"\frac{\partial J}{\partial w_{hi}} = g_{hi}", P),
    ((OUTPUT, r"\delta_k = 2 o_k - o_k - y_k"), r"\sum_m \delta_m = \sum_k o_k - \sum_k y_k", P),
    ((OUTPUT, HIDDEN, r"\delta_k = 2 o_k - y_k"), "o_h = o_h", R),
    ((r"\delta^{\text{o}}_k = o_k", r"\delta^{\text{g}}_h = o_h"), r"\delta^{\text{g}}_h = o_h", P),
    ((r"\delta^{\text{o}}_k = o_k", r"\delta^{\text{g}}_h = o_h"), r"\delta^{\text{g}}_h = 0", R),
    ((OUTPUT,), HIDDEN, None), ((OUTPUT, HIDDEN), r"\sum_m \delta_m = \sum_k \delta_k", None),
    ((OUTPUT, r"\delta_h = o_h \delta_h"), r"\delta_h = 0", None),
])  # fmt: skip
def test_letters_tell_layers_in_definitions(definitions, claim, expected):
    if expected is not None:
        assert lettered(definitions, claim).verdict is expected
        return
    with pytest.raises(SpecError, match="letters tell layers"):
        lettered(definitions, claim)


def test_a_second_definition_with_another_letter_is_no_claim_about_the_first():
    with pytest.raises(SpecError, match=r"defined twice, as d\[m\] and as d\[n\]"):
        lettered((r"d_m = x^{\text{o}}_m", r"d_n = x^{\text{g}}_n"), "d_n = d_n")
    with pytest.raises(SpecError, match=r"defined twice, as d\[m\] and as d\[n\]"):
        lettered(("d[m] = x_o[m]", "d[n] = x_o[n]"), "d[n] = d[n]", latex=False)
    with pytest.raises(SpecError, match=r"defined twice, as d\[m\] and as d\[n\]"):
        lettered((r"d_m = x^{\text{o}}_m",), r"d_n = x^{\text{g}}_n")
    assert lettered((r"d_m = x^{\text{o}}_m", r"d_m = x^{\text{o}}_m + 0"), r"d_n = x^{\text{o}}_n").verdict is P
    assert lettered((r"d_m = x^{\text{o}}_m", r"d_m = x^{\text{o}}_m + 1"), r"d_n = x^{\text{o}}_n").verdict is R


BOLD = {r"\mathbf{h}^{(l)}": "x", r"\mathbf W^{(l)}": "W", r"\boldsymbol{a}^{(l)}": "z", r"\hat{\mathbf{y}}": "x_o"}


@pytest.mark.parametrize(("claim", "expected"), [
    (r"\nabla_{\mathbf{h}^{(l-1)}} C = \mathbf{W}^{(l)\top} \nabla_{\mathbf{a}^{(l)}} C", P),
    (r"\nabla_{W^{(l)}} C = \nabla_{a^{(l)}} C \, h^{(l-1)\mathsf{T}}", P),
    (r"\nabla_{W^{(l)}} C = \nabla_{a^{(l)}} C \, h^{(l)T}", R), (r"\hat{y} = h^{(L)}", P),
    (r"W^{(2)\top}_{ij} = W^{(2)}_{ji}", P), (r"W^{(2)\intercal}_{ij} = W^{(2)}_{ij}", R),
])  # fmt: skip
def test_a_transpose_beside_the_layer_and_bold_names(claim, expected):
    assert judged(NETWORK, claim, "equal", BOLD, latex=True, at="solution").verdict is expected


@pytest.mark.parametrize(("name", "remedy"), [
    ("h^{(k)}", r"the letter of a layer is l.*write h\^\{\(l\)\}"), (r"\mathbf{W}^{(1)}", r"W\^\{\(l\)\} = \"W\""),
    ("h^?", "use letters"),
])  # fmt: skip
def test_a_name_that_cannot_be_used_says_which_can(name, remedy):
    with pytest.raises(SpecError, match=remedy):
        judged(NETWORK, "x_h[0] = x_h[0]", "equal", {**CHAIN_NAMES, name: "x"})

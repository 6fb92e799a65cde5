r"""Notation that papers use and that was refused once: what it is read as, and what of it stays doubtful.

A^{\mathsf T}, norms with a number below, \left. \right., diag of a matrix, A u^T v, a range parted in two, indices
that go by their letter, einsum without an arrow, numbers such as .5, inequalities that hold by squares, and arrows.
"""

from __future__ import annotations

import pytest

from claims.author import judged
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

SQUARE = network(dense("h", 3, "tanh"), dense("g", 3, "sigmoid"), dense("o", 3), inputs={"u": [3]})
NAMES = {"A": "W_h", "B": "W_g", "D": "W_o", "u": "x_h", "v": "x_g", "w": "x_o"}
BY_LETTER = {**NAMES, "a_j": "z_h[j]", "a_k": "x_o[k]"}
P, R = Verdict.PROVED, Verdict.REFUTED


def verdict(claim, names=NAMES, kind="equal"):
    return judged(SQUARE, claim, kind, names, latex="\\" in claim or "_{" in claim)


READ = [
    (r"A^{\mathsf T} u = A^T u", P), (r"u^{\mathrm T} v = v^{\mathrm{T}} u", P), (r"A^\mathsf{T} u = A u", R),
    (r"A^{\mathsf T}_{ij} = A_{ji}", P), (r"A_{ij}^{\text{T}} = A_{ij}", R),
    (r"(A B)^{\mathsf T} = B^{\mathsf T} A^{\mathsf T}", P), (r"(A B)^{\mathsf T} = A^{\mathsf T} B^{\mathsf T}", R),
    (r"2 \left. (u_i + v_i) \right. = 2 v_i + 2 u_i", P), (r"\left. u_i \right. = v_i", R),
    (r"\|u\|_1 = \sum_i |u_i|", P), (r"\|u\|_1 = \sum_i u_i", R), (r"\|u\|^2_2 = u^T u", P),
    (r"\lVert u\rVert_1^2 = u^T u", R), (r"\|A\|_{\mathrm F}^2 = \operatorname{tr}(A A^T)", P),
    (r"\operatorname{tr}(A) = \mathbf 1^T \operatorname{diag}(A)", P), ("diag(diag(u)) = u", P),
    ("diag(diag(A)) = A", R),
    (r"\sqrt[3]{u_i^2}^3 = u_i^2", P), (r"\sqrt[3]{u_i^3}^2 = u_i^3", R),
    ('einsum("ij,jk", A, B) = A @ B', P), ('einsum("ba", A) = A^T', P), ('einsum("ii", A) = trace(A)', P),
    ('einsum("ij,jk", A, B) = B @ A', R),
    (".5 u[i] + .5 u[i] = u[i]", P), ("u[i] * 3. = 3 u[i]", P), ("3. u[i] = 3 u[i]", P), (r"u_i = 3. \cdot u_i", R),
    (r".5 u_i = \frac12 u_i", P),
    ("A u^T v = u^T v A", P), ("A u^T v = A u v^T", R), ("w u^T v = (u^T v) w", P),
    ("(A @ B) .* D = D .* (A @ B)", P), (r"A \odot B D = A \odot (B D)", P), (r"A \odot B D = (A \odot B) D", R),
    ("(u[i] - v[i])^2 >= 0", P), ("u[i]^2 + v[i]^2 >= 2 u[i] v[i]", P), ("u[i]^2 + v[i]^2 > 2 u[i] v[i]", R),
    ("u[i]^2 + v[i]^2 >= 2 u[i] v[i] + 1", R), ("u[i]^4 + v[i]^4 >= 2 u[i]^2 v[i]^2", P),
    ("u[0]^2 - u[0] + 1 > 0", P), ("4 u[0]^2 - 4 u[0] + 1 > 0", R), ("4 u[0]^2 - 4 u[0] + 1 >= 0", P),
    ("u[0]^2 - u[0] + 1/5 > 0", R), ("u[0]^3 >= 0", R), ("exp(u[0]) + exp(-u[0]) >= 2", P),
    ("relu(2 u[0] v[0] - u[0]^2 - v[0]^2) = 0", P), ("relu(2 u[0] v[0] - u[0]^2 - v[0]^2 + 1/100) = 0", R),
    ("(u[0]^2 + u[1]^2) (v[0]^2 + v[1]^2) >= (u[0] v[0] + u[1] v[1])^2", P),
    ("[u[0]^2 + v[0]^2 = 2 u[0] v[0]] = [u[0] = v[0]]", P),
    (r"\sum_{j<i} u_j + \sum_{j \ge i} u_j = \sum_j u_j", P), (r"\sum_{j<i} u_j + \sum_{j \ge i} v_j = \sum_j u_j", R),
    (r"\sum_{j \le i} u_j + \sum_{j > i} u_j = \sum_j u_j", P),
]  # fmt: skip
REFUSED = [
    (r"\left. u_i^2 \right| = u_i", "a bar of evaluation"), (r"\left( u_i \right. = u_i", "expected '"),
    (r"\|A\|_2^2 = \operatorname{tr}(A^T A)", "largest singular value"), (r"\|A\|_1 = 1", "largest column sum"),
    (r"\|u\|_3 = 1", "a norm with 3 below its bars"), (r"\operatorname{diag}(A) = A", "other shapes"),
    (r"A_{0j} = A_{0,j}", "0 j below a matrix is doubtful: write 0, j"),
    ("A .* B @ D = (A .* B) @ D", "@ beside .* or * is doubtful"), ("u .* A @ v = u", "@ beside .* or * is doubtful"),
    ("A @ B .* D = (A @ B) .* D", "@ beside .* or * is doubtful"),
    (r"u_i \to u_i", "an arrow is a step"), (r"u_i \gets u_i", "an arrow is a step"),
    ("u[i] <- u[i]", "an arrow is a step"),
    (r"u_i \leftarrow u_i", "an arrow is a step"), (r"\delta_{kk} = 1", "range cannot be told"),
    (r"\sum_{j<i} u_j + \sum_{j > i} u_j = \sum_j u_j", "depends on i"),
    (r"\sum_{j<i} u_i v_j + \sum_{j \ge i} u_j = \sum_j u_j", "depends on i"),
    (r"\frac12 u_i + 3. u_i = 4 u_i", "is not understood"), ("u[i].5 = u[i]", "is not understood"),
    ('einsum("ij,k", A, u, v) = 1', "does not fit"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "expected"), READ)
def test_what_is_read(claim, expected):
    found = verdict(claim)
    assert found.verdict is expected, (found.statement, found.reason, found.counterexample)


@pytest.mark.parametrize(("claim", "message"), REFUSED)
def test_what_is_refused(claim, message):
    with pytest.raises(SpecError, match=message.replace("*", r"\*").replace(".", r"\.")):
        verdict(claim)


@pytest.mark.parametrize(("claim", "expected"), [
    (r"\delta_{kk} = 1", P), (r"\sum_k \delta_{kk} = 3", P), (r"\sum_k \delta_{kk} = 4", R),
    (r"\delta_{jk} = [j = k]", P), (r"\delta_{jk} = 0", R),
])  # fmt: skip
def test_an_index_that_goes_by_its_letter_has_its_range(claim, expected):
    found = verdict(claim, BY_LETTER)
    assert found.verdict is expected
    assert any("runs over 3 entries, as in the names" in text for text in found.hypotheses)


def test_an_arrow_is_a_step_of_an_update():
    update = judged(SQUARE, r"x^{\text{h}}_i \leftarrow \tanh(z^{\text{h}}_i)", "update", latex=True)
    assert update.verdict is P
    assert judged(SQUARE, r"x^{\text{h}}_i \leftarrow z^{\text{h}}_i", "update", latex=True).verdict is R

"""Equations between whole tensors get the verdict of the same equations between entries; what does not fit is named."""

from __future__ import annotations

import re

import pytest
from support.long_tests import one_in, one_row_in

from claims import author
from claims.book_networks import NETWORKS, book_derivation
from claims.campaign import _dense as dense
from claims.equations_twice import MISFITS, TWICE
from claims.second_look import holds_again
from claims.test_campaign import derivation, judged
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError


class MatrixNetworks:
    """Of equal and of different widths, one with a batch axis, one with a softmax."""

    NETWORKS = {
        "mlp": lambda: network(dense("h", 4, "tanh"), dense("g", 4, "sigmoid"), dense("o", 2), inputs={"u": [3]}),
        "batch": lambda: network(dense("h", 4, "tanh"), dense("o", 2), inputs={"u": [5, 3]}),
        "soft": lambda: network(dense("h", 4), dense("o", 3), inputs={"u": [3]}, cost={"type": "cross_entropy"}),
        "named": lambda: network(dense("h", "n", "tanh"), dense("o", "m"), inputs={"u": ["k"]}),
    }


# The same equation in three notations: between entries, between whole tensors, and the latter in LaTeX.
THREE = [
    ("mlp", "z_h[i] = Sum[j] W_h[i, j] x_u[j] + b_h[i]", "z_h = W_h x_u + b_h",
     r"z^{h} = W^{h} x^{u} + b^{h}", True),
    ("mlp", "z_g[i] = Sum[j] W_g[j, i] x_h[j] + b_g[i]", "z_g = W_g^T x_h + b_g",
     r"z^{g} = (W^{g})^\top x^{h} + b^{g}", False),
    ("mlp", "dE/dx_h[j] + s_h[j] = Sum[i] W_g[i, j] zbar_g[i]", "dE/dx_h + s_h = W_g^T zbar_g",
     r"\frac{\partial E}{\partial x^{h}} + s^{h} = {W^{g}}^{T} \bar{z}^{g}", True),
    ("mlp", "dE/dx_h[j] + s_h[j] = Sum[i] W_g[j, i] zbar_g[i]", "dE/dx_h + s_h = W_g zbar_g",
     r"\frac{\partial E}{\partial x^{h}} + s^{h} = W^{g} \bar{z}^{g}", False),
    ("mlp", "zbar_g[i] = s_g[i] f_g[i] (1 - f_g[i])", "zbar_g = s_g * f_g * (1 - f_g)",
     r"\bar{z}^{g} = s^{g} \odot f^{g} \odot (1 - f^{g})", True),
    ("mlp", "zbar_g[i] = s_g[i] f_g[i] (1 + f_g[i])", "zbar_g = s_g .* f_g .* (1 + f_g)",
     r"\bar{z}^{g} = s^{g} \circ f^{g} \circ (\mathbf{1} + f^{g})", False),
    ("mlp", "Wbar_g[i, j] = zbar_g[i] x_h[j]", "Wbar_g = zbar_g x_h^T",
     r"\bar{W}^{g} = \bar{z}^{g} (x^{h})^{\top}", True),
    ("mlp", "Wbar_g[i, j] = zbar_g[j] x_h[i]", "Wbar_g = x_h zbar_g^T",
     r"\bar{W}^{g} = x^{h} (\bar{z}^{g})^{\top}", False),
    ("mlp", "zbar_g[i] = Sum[k] delta[i, k] sigmoid'(z_g[k]) s_g[k]", "zbar_g = diag(sigmoid'(z_g)) s_g",
     r"\bar{z}^{g} = \mathrm{diag}(\mathrm{sigmoid}'(z^{g})) s^{g}", True),
    ("mlp", "C = 1/2 Sum[i] (x_o[i] - y[i])^2", "C = 1/2 norm(x_o - y)^2",
     r"C = \frac12 \| x^{o} - y \|^2", True),
    ("mlp", "C = Sum[i] (x_o[i] - y[i])^2", "C = (x_o - y)^T (x_o - y)",
     r"C = \langle x^{o} - y, x^{o} - y \rangle", False),
    ("mlp", "Sum[i] x_h[i] = 4 Sum[i] x_h[i]/4", "sum(x_h) = 4 mean(x_h)",
     r"\mathbf{1}^\top x^{h} = 4 \operatorname{mean}(x^{h})", True),
    ("mlp", "Sum[i] W_g[i, i] = Sum[i, j] delta[i, j] W_g[j, i]", "trace(W_g) = trace(W_g^T)",
     r"\operatorname{tr}(W^{g}) = \operatorname{tr}({W^{g}}^\top)", True),
    ("mlp", "Sum[i, j] W_g[i, j] W_g[i, j] = Sum[i, j] W_g[i, j] W_g[j, i]", "trace(W_g^T W_g) = trace(W_g W_g)",
     r"\operatorname{tr}({W^{g}}^T W^{g}) = \operatorname{tr}(W^{g} W^{g})", False),
    ("batch", "z_h[r, i] = Sum[j] W_h[i, j] x_u[r, j] + b_h[i]", "z_h = x_u W_h^T + ones b_h^T",
     r"z^{h} = x^{u} {W^{h}}^\top + \mathbf{1} {b^{h}}^\top", True),
    ("batch", "Wbar_h[i, j] = Sum[r] zbar_h[r, i] x_u[r, j]", "Wbar_h = zbar_h^T x_u",
     r"\bar{W}^{h} = {\bar{z}^{h}}^\top x^{u}", True),
    ("batch", "bbar_h[i] = Sum[r] zbar_h[r, i]", "bbar_h = zbar_h^T ones",
     r"\bar{b}^{h} = {\bar{z}^{h}}^\top \mathbf 1", True),
    ("batch", "bbar_h[i] = 1/5 Sum[r] zbar_h[r, i]", "bbar_h = 1/5 zbar_h^T ones",
     r"\bar{b}^{h} = \frac{1}{5} {\bar{z}^{h}}^\top \mathbf 1", False),
    ("soft", "dC/dx_o[i] = exp(x_o[i]) (Sum[j] y[j]) / Sum[k] exp(x_o[k]) - y[i]", "dC/dx_o = sum(y) softmax(x_o) - y",
     r"\nabla_{x^{o}} C = \operatorname{sum}(y) \operatorname{softmax}(x^{o}) - y", True),
    ("soft", "dC/dx_o[i] = exp(x_o[i]) / Sum[k] exp(x_o[k]) - y[i]", "dC/dx_o = softmax(x_o) - y",
     r"\nabla_{x^{o}} C = \operatorname{softmax}(x^{o}) - y", False),
    ("named", "Wbar_h[i, j] = s_h[i] (1 - tanh(z_h[i])^2) x_u[j]", "Wbar_h = (s_h .* (1 - tanh(z_h)^2)) x_u^T",
     r"\bar{W}^{h} = (s^{h} \odot (1 - \tanh^2(z^{h}))) {x^{u}}^T", True),
    ("named", "1/n Sum[i] x_h[i] = Sum[i] x_h[i]", "mean(x_h) = sum(x_h)",
     r"\operatorname{mean}(x^{h}) = \mathbf{1}^\top x^{h}", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entries", "whole", "latex", "true"), one_row_in(4, THREE))
def test_three_notations_one_verdict(name, entries, whole, latex, true):
    wanted = Verdict.PROVED if true else Verdict.REFUTED
    found = [judged(derivation(MatrixNetworks, name), text) for text in (entries, whole)]
    found.append(judged(derivation(MatrixNetworks, name), latex, latex=True))
    assert [claim.verdict for claim in found] == [wanted] * 3, [claim.reason for claim in found]


@pytest.mark.parametrize(
    ("name", "claim", "message"),
    [
        ("mlp", "s_o x_g = W_o", "a column times a column: write u\\^T v, u v\\^T or u .\\* v"),
        ("mlp", "s_h[i] = x_h", "x_h needs 1 indices in square brackets"),
        ("mlp", "x_u = x_h", "other shapes: a column of 3 and a column of 4"),
        ("mlp", "W_g * W_g = W_g", "write @ for the product of matrices or .\\* for that of entries"),
        ("mlp", "W_g^2 = W_g", "a power of a matrix"),
        ("mlp", "W_o s_o = x_g", "4 is not 2; the first one transposed would fit"),
        ("mlp", "Wbar_o = x_g s_o^T", "transposed they would fit"),
        ("mlp", "dE/dW_o = x_g s_o^T", "layout"),
        ("mlp", "bbar_g = ones^T W_g", "one of them needs \\^T"),
        ("mlp", "x_u + x_h = x_h", "a sum of other shapes"),
        ("mlp", "trace(W_o) = 0", "square matrix"),
        ("mlp", "dot(x_u, x_h) = 0", "other shapes"),
        ("mlp", "diag(W_o) = x_g", "diag is of a vector or a square matrix"),
        ("mlp", "x_h . x_g = 0", "not understood|does not fit"),
        ("mlp", "x_h \u00b7 x_g = 0", "column times a column"),
    ],
)
def test_shapes_that_do_not_fit_are_named(name, claim, message):
    with pytest.raises(SpecError, match=message):
        judged(derivation(MatrixNetworks, name), claim)


def test_layouts():
    mlp = derivation(MatrixNetworks, "mlp")
    assert judged(mlp, "dE/dW_o = x_g s_o^T", layout="numerator").verdict is Verdict.PROVED
    assert judged(mlp, "dE/dW_g = zbar_g x_h^T").verdict is Verdict.PROVED
    found = judged(mlp, "dE/dW_g = x_h zbar_g^T")
    assert found.verdict is Verdict.REFUTED
    assert "numerator layout" in found.counterexample["but"]


def test_a_definition_of_a_whole_tensor():
    found = judged(
        derivation(MatrixNetworks, "mlp"), "Wbar_g = q x_h^T", definitions=("q = s_g .* sigmoid'(z_g)", "r[i] = q[i]")
    )
    assert found.verdict is Verdict.PROVED


def test_there_are_sixty_equations():
    assert len(THREE) + len(TWICE) >= 60
    assert sum(each[3] is False for each in TWICE) >= 15


@pytest.mark.parametrize("number", one_in(8, range(len(TWICE))))
def test_matrix_and_index_form_get_one_verdict(number):
    name, entries, whole, true, *with_own = TWICE[number]
    book, own = NETWORKS[name], with_own[0] if with_own else {}
    words = {"names": book.names, "functions": book.functions}
    wanted = Verdict.PROVED if true else Verdict.REFUTED
    for notation, claim in (("entries", entries), ("whole", whole)):
        statement = author.statement_of(claim, definitions=own.get(notation, ()), at="solution", **book.options)
        found = author.verdict_on(book_derivation(name), statement, **words)
        assert found.verdict is wanted, (claim, found.reason, found.counterexample)
        assert true or holds_again(book_derivation(name), statement, found, **words)


@pytest.mark.parametrize(("name", "claim", "message"), MISFITS)
def test_slips_that_do_not_fit_are_named(name, claim, message):
    with pytest.raises(SpecError, match=message):
        author.judged(book_derivation(name), claim, names=NETWORKS[name].names, at="solution")


def test_the_row_comes_first_in_a_counterexample():
    found = judged(derivation(MatrixNetworks, "mlp"), "(W_g W_g)^T = W_g^T W_g")
    row_of_transposed = re.search(r"W_g\[(\w), \w\] W_g\[\w, (\w)\]", found.statement)
    assert list(found.counterexample["at"]) == [row_of_transposed[2], row_of_transposed[1]]

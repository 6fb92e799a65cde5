"""Names of parts of tensors, of numbered steps, of layers counted from 1; colons for whole axes; letters of papers."""

from __future__ import annotations

import pytest

from claims.author import judged
from claims.campaign import _dense as dense
from claims.textbook import network
from dyadic.proofs.claims import Verdict
from dyadic.symbolic import SpecError

NORM = network({"type": "layer_norm", "name": "n"}, inputs={"u": [2, 3]})
CHAIN = network(dense("h1", 3, "sigmoid"), dense("h2", 3, "sigmoid"), dense("h3", 3, "sigmoid"), inputs={"image": [3]})
CELL = network({"type": "lstm", "units": 2, "name": "r"}, inputs={"u": [2, 2]})
ATTENTION = network(
    {"name": "o", "type": "attention", "inputs": ["q", "k", "v"]}, inputs={"q": [3, 2], "k": [3, 2], "v": [3, 2]}
)
CLASSES = network(dense("o", 3), inputs={"u": [3]}, cost={"type": "cross_entropy", "target": "index"})

ROW = {
    "x": "x_u[0, :]",
    "m": "m_n[0]",
    "column": "x_u[:, 1]",
    "y": "f_n[0, :]",
    r"\sigma^2": "v_n[0]",
    "corner": "x_u[:, 0:2]^T",
}
ROWS = [
    ("x[j] = x_u[0, j]", True),
    ("x[j] = x_u[1, j]", False),
    ("m = mean(x)", True),
    ("m = mean(column)", False),
    ("sigma2 = mean((x - m) .* (x - m))", True),
    ("sigma2 = mean((x + m) .* (x + m))", False),
    ("y[j] = G_n[j] r_n[0] (x[j] - m) + b_n[j]", True),
    ("y[j] = G_n[j] r_n[1] (x[j] - m) + b_n[j]", False),
    ("dC/dx[j] = dC/dx_u[0, j]", True),
    ("dC/dx = dC/dx", True),
    ("column[t] = x_u[t, 1]", True),
    ("column[t] = x_u[1, t]", False),
    ("trace(corner) = x_u[0, 0] + x_u[1, 1]", True),
    ("trace(corner) = x_u[0, 1] + x_u[1, 0]", False),
]  # fmt: skip

FROM_ONE = {
    "a^{(l)}": "x^{l-1}",
    "z^{(l)}": "z^{l-1}",
    r"\delta^{(l)}": "zbar^{l-1}",
    "W^{(l)}": "W^l",
    "b^{(l)}": "b^l",
}
LAYERS = [
    (r"z^{(l+1)} = W^{(l)} a^{(l)} + b^{(l)}", True),
    (r"z^{(l)} = W^{(l)} a^{(l)} + b^{(l)}", False),
    (r"\delta^{(n_l)} = (a^{(n_l)} - y) \odot f'(z^{(n_l)})", True),
    (r"\delta^{(n_l - 1)} = (W^{(n_l - 1)})^T \delta^{(n_l)} \odot f'(z^{(n_l - 1)})", True),
    (r"\delta^{(n_l - 1)} = W^{(n_l - 1)} \delta^{(n_l)} \odot f'(z^{(n_l - 1)})", False),
    (r"\nabla_{W^{(l)}} C = \delta^{(l+1)} (a^{(l)})^T", True),
    (r"\nabla_{W^{(l)}} C = \delta^{(l+1)} (a^{(l+1)})^T", False),
    (r"\frac{\partial}{\partial b^{(l)}_i} C = \delta^{(l+1)}_i", True),
    (r"\frac{d f(z^{(l)}_i)}{d z^{(l)}_i} = a^{(l)}_i (1 - a^{(l)}_i)", True),
    (r"\frac{d f(z^{(l)}_i)}{d z^{(l)}_i} = a^{(l)}_i", False),
]

STEPS = {
    "c_t": "cell_r.{t}", "f_t": "gf_r.{t}", "i_t": "gi_r.{t}", "g_t": "gg_r.{t}", "h_t": "hidden_r.{t}",
    "x_t": "x_r.x{t}", "W_f": "r.weight[2:4, :]", "U_f": "r.recurrent[2:4, :]", "b_f": "r.bias[2:4]",
    "d_f": "r.recurrent_bias[2:4]",
}  # fmt: skip
RECURRENT = [
    (r"c_t = f_t \odot c_{t-1} + i_t \odot g_t", True),
    (r"c_t = f_t \odot c_{t-1} - i_t \odot g_t", False),
    (r"f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f + d_f)", True),
    (r"f_t = \sigma(W_f x_{t-1} + U_f h_{t-1} + b_f + d_f)", False),
    (r"i_t = \sigma(W_f x_t + U_f h_{t-1} + b_f + d_f)", False),
    (r"f_1 = f_2", False),
]

SLICES = [
    (r"P_{i:} = \operatorname{softmax}(S_{i:})", True),
    (r"P_{:j} = \operatorname{softmax}(S_{:j})", False),
    (r"S_{:,j} = \frac{1}{\sqrt{2}} Q k_j", True),
    (r"S_{j,:} = \frac{1}{\sqrt{2}} Q k_j", False),
]


def verdict(true):
    return Verdict.PROVED if true else Verdict.REFUTED


@pytest.mark.parametrize(("claim", "true"), ROWS)
def test_parts_of_tensors(claim, true):
    assert judged(NORM, claim, names=ROW, at="solution").verdict is verdict(true)


@pytest.mark.parametrize(("claim", "true"), LAYERS)
def test_layers_counted_from_one(claim, true):
    assert judged(
        CHAIN, claim, names=FROM_ONE, functions={"f": "sigmoid"}, latex=True, at="solution"
    ).verdict is verdict(true)


@pytest.mark.parametrize(("claim", "true"), RECURRENT)
def test_steps_of_a_recurrence(claim, true):
    assert judged(CELL, claim, names=STEPS, latex=True, at="solution").verdict is verdict(true)


@pytest.mark.parametrize(("claim", "true"), SLICES)
def test_colons(claim, true):
    names = {"P": "p_o", "S": "a_o", "Q": "x_q", "k": "x_k"}
    assert judged(ATTENTION, claim, names=names, latex=True).verdict is verdict(true)


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        (r"L_i = -\log\left(\frac{e^{f_{y_i}}}{ \sum_j e^{f_j} }\right)", True),
        (r"L_i = -f_{y_i} + \log\sum_j e^{f_j}", True),
        (r"L_i = -f_{y_i} + \sum_j \log e^{f_j}", False),
        (r"\frac{\partial L_i}{\partial f_k} = \frac{e^{f_k}}{\sum_j e^{f_j}} - \mathbb{1}(y_i = k)", True),
        (r"\frac{\partial L_i}{\partial f_k} = \frac{e^{f_k}}{\sum_j e^{f_j}} - \mathbb{1}(y_i = 1)", False),
        (r"\sum_j -2 f_j = - \sum_j 2 f_j", True),
        (r"\sum_j -2 f_j = \sum_j 2 f_j", False),
    ],
)
def test_integers_have_names_too(claim, true):
    names = {"f": "x_o", "y_i": "y", "L_i": "C"}
    assert judged(CLASSES, claim, names=names, latex=True, at="solution").verdict is verdict(true)


@pytest.mark.parametrize(
    ("names", "claim", "message"),
    [
        ({"x": "x_u[2, :]"}, "x = x", "is no quantity of this network"),
        ({"x": "x_u[0]"}, "x = x", "is no quantity of this network"),
        ({"x": "x_u[:, 1:7]"}, "x = x", "is no quantity of this network"),
        ({"x": "x_u[:, 2:2]"}, "x = x", "is no quantity of this network"),
        ({"x": "x_u[0, 0]^T"}, "x = x", "is no vector or matrix"),
        ({"x": "x_u[:, 0:2]"}, "x[i, j] = x_u[i, j]", "write it without indices"),
        ({"x_u": "f_n[0, :]"}, "x_u = x_u", "is the name of another quantity"),
        ({"q": "1/0"}, "q = 1", "is no quantity of this network"),
    ],
)
def test_parts_that_there_are_not(names, claim, message):
    with pytest.raises(SpecError, match=message):
        judged(NORM, claim, names=names)


def test_a_step_that_there_is_not():
    with pytest.raises(SpecError, match="there is no"):
        judged(CELL, r"c_3 = c_2", names=STEPS, latex=True)
    with pytest.raises(SpecError, match="no layer l"):
        judged(CELL, r"c_{t+5} = c_t", names=STEPS, latex=True)

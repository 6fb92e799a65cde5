"""Twenty-four networks under the names that books and papers give to their quantities."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from claims.author import CHAIN_NAMES
from claims.campaign import _dense as dense
from claims.textbook import network


@dataclass(frozen=True)
class BookNetwork:
    """make: the derivation.  names, functions: the author's.  options: what all claims about it share."""

    make: object
    names: dict
    functions: dict = field(default_factory=lambda: {"sigma": "sigmoid"})
    options: dict = field(default_factory=dict)


_ONE = {"assumptions": ("Sum[i] y[i] = 1",)}
_COUNTED = {"first": 1}
_SOFTMAX = {"type": "softmax"}
_RECURRENT = {"W": "r.weight", "U": "r.recurrent"}
_ATTENTION = {
    "Q": "x_q", "K": "x_k", "V": "x_v", "S": "a_m", "P": "p_m", "O": "x_m", "dO": "s_m", "d_k": "4",
}  # fmt: skip


def _attention(**options):
    return lambda: network(
        {"name": "m", "type": "attention", "inputs": ["q", "k", "v"], **options},
        inputs={"q": [3, 4], "k": [3, 4], "v": [3, 2]},
    )


def _pooled(kind):
    return lambda: network(
        {"name": "p", "type": kind, "kernel": [2], "stride": [2]}, {"name": "f", "type": "flatten"}, dense("o", 2),
        inputs={"u": [1, 6]},
    )  # fmt: skip


NETWORKS = {
    "mlp": BookNetwork(
        lambda: network(dense("h", 4, "tanh"), dense("g", 4, "tanh"), dense("o", 2), inputs={"u": [3]}),
        {
            "x": "x_u", "z_1": "z_h", "h_1": "x_h", "h_2": "x_g", "W_1": "W_h", "W_2": "W_g", "W_3": "W_o",
            "b_1": "b_h", "b_2": "b_g", "b_3": "b_o", r"\delta_1": "zbar_h", r"\delta_2": "zbar_g",
            r"\hat{y}": "x_o", "h": "x_h", "g": "x_g", "o": "x_o", "V": "W_g", "W": "W_o",
        },
    ),
    "chain": BookNetwork(
        lambda: network(
            dense("h1", 4, "sigmoid"), dense("h2", 4, "sigmoid"), dense("h3", 2, "sigmoid"), inputs={"u": [3]}
        ),
        CHAIN_NAMES, options=_COUNTED,
    ),
    "softmax": BookNetwork(
        lambda: network(dense("h", 4, "relu"), dense("o", 3), inputs={"u": [3]}, cost={"type": "cross_entropy"}),
        {"x": "x_u", "a": "z_h", "h": "x_h", "o": "x_o", "W": "W_h", "b": "b_h", "V": "W_o", "c": "b_o", "L": "C"},
        options=_ONE,
    ),
    "softmax layer": BookNetwork(
        lambda: network(dense("z", 3), {"name": "p", **_SOFTMAX}, inputs={"u": [2]}),
        {"z": "x_z", "p": "x_p", "x": "x_u", "W": "W_z"},
    ),
    "classes": BookNetwork(
        lambda: network(dense("o", 4), inputs={"u": [3]}, cost={"type": "cross_entropy", "target": "index"}),
        {"x": "x_u", "f": "x_o", "W": "W_o", "b": "b_o", "L": "C"},
    ),
    "logistic": BookNetwork(
        lambda: network(dense("z", 1), inputs={"u": [3]}, cost={"type": "bernoulli"}),
        {"x": "x_u", "z": "x_z[0]", "w": "W_z[0, :]", "b": "b_z[0]", "y": "y[0]", "L": "C"},
    ),
    "regression": BookNetwork(
        lambda: network(dense("o", 2, bias=False), inputs={"u": [5, 3]}),
        {"X": "x_u", "W": "W_o^T", "Y": "y", r"\hat{Y}": "x_o", "B": "W_o"},
    ),
    "ridge": BookNetwork(
        lambda: network(dense("h", 3, "sigmoid"), dense("o", 1), inputs={"u": [2]}, weight_decay=0.5),
        {"x": "x_u", "W": "W_h", "b": "b_h", "V": "W_o", "c": "b_o", "delta": "zbar_h"},
    ),
    "batch": BookNetwork(
        lambda: network(dense("h", 4, "tanh"), dense("o", 3), inputs={"u": [3, 2]}, cost={"type": "cross_entropy"}),
        {
            "X": "x_u", "H": "x_h", "O": "x_o", "Y": "y", "W_1": "W_h", "b_1": "b_h", "W_2": "W_o", "b_2": "b_o",
            "Delta": "zbar_h",
        },
        options={"assumptions": ("Sum[i] y[r, i] = 1",)},
    ),
    "residual": BookNetwork(
        lambda: network(
            dense("f", 3, "tanh"), {"name": "h", "type": "add", "inputs": ["u", "f"]}, dense("o", 2),
            inputs={"u": [3]},
        ),
        {"x": "x_u", "f": "x_f", "h": "x_h", "W": "W_f", "b": "b_f"},
    ),
    "gated": BookNetwork(
        lambda: network(
            dense("g", 3, "sigmoid", inputs=["u"]), dense("v", 3, inputs=["u"]),
            {"name": "m", "type": "mul", "inputs": ["g", "v"]}, inputs={"u": [3]},
        ),
        {"x": "x_u", "g": "x_g", "v": "x_v", "m": "x_m", "W_g": "W_g", "b_g": "b_g", "V": "W_v", "c": "b_v"},
    ),
    "tied": BookNetwork(
        lambda: network(
            {"name": "h", "type": "matmul", "inputs": ["u", "w"]}, {"name": "t", "type": "transpose", "inputs": ["w"]},
            {"name": "o", "type": "matmul", "inputs": ["h", "t"]},
            inputs={"u": [2, 3]}, parameters={"w": {"shape": [3, 2]}},
        ),
        {"X": "x_u", "W": "w", "H": "x_h", "O": "x_o", "Y": "y"},
    ),
    "layer norm": BookNetwork(
        lambda: network({"name": "n", "type": "layer_norm"}, inputs={"u": [2, 4]}),
        {
            "x": "x_u[0, :]", r"\mu": "m_n[0]", r"\sigma^2": "v_n[0]", r"\gamma": "G_n", r"\beta": "b_n",
            "o": "x_n[0, :]", r"\epsilon": "0.00001", "var": "v_n[0]",
        },
    ),
    "batch norm": BookNetwork(
        lambda: network({"name": "n", "type": "batch_norm_training", "axis": 1}, inputs={"u": [6, 2]}),
        {
            "x": "x_u[:, 0]", r"\mu": "m_n[0]", r"\sigma^2": "v_n[0]", r"\gamma": "G_n[0]", r"\beta": "b_n[0]",
            "o": "x_n[:, 0]", r"\epsilon": "0.00001", "X": "x_u", "Out": "x_n", "Gamma": "G_n",
        },
    ),
    "rms norm": BookNetwork(
        lambda: network({"name": "n", "type": "rms_norm"}, inputs={"u": [2, 4]}),
        {"x": "x_u[0, :]", "gamma": "G_n", "o": "x_n[0, :]", "eps": "0.00001"},
    ),
    "attention": BookNetwork(_attention(), _ATTENTION),
    "causal attention": BookNetwork(_attention(causal=True), _ATTENTION),
    "lstm": BookNetwork(
        lambda: network({"name": "r", "type": "lstm", "units": 2}, inputs={"x": [2, 2]}),
        {
            "x_t": "x_r.x{t}", "i_t": "gi_r.{t}", "f_t": "gf_r.{t}", "g_t": "gg_r.{t}", "o_t": "go_r.{t}",
            "c_t": "cell_r.{t}", "h_t": "hidden_r.{t}", "z_t": "z_r.{t}", **_RECURRENT,
        },
    ),
    "rnn": BookNetwork(
        lambda: network({"name": "r", "type": "rnn", "units": 2}, inputs={"x": [2, 3]}),
        {
            "x_1": "x_r.x1", "x_2": "x_r.x2", "h_0": "x_r.initial", "h_1": "x_r.1", "h_2": "x_r", "z_2": "z_r",
            r"\delta_1": "zbar_r.1", r"\delta_2": "zbar_r", "b": "r.bias", "c": "r.recurrent_bias", **_RECURRENT,
        },
    ),
    "conv": BookNetwork(
        lambda: network(
            {"name": "c", "type": "conv", "filters": 2, "kernel": [3], "activation": "tanh"},
            {"name": "f", "type": "flatten"}, dense("o", 2), inputs={"u": [2, 5]},
        ),
        {"x": "x_u", "z": "z_c", "a": "x_c", "K": "W_c", "b": "b_c", r"\delta": "zbar_c"},
    ),
    "strided conv": BookNetwork(
        lambda: network(
            {"name": "c", "type": "conv", "filters": 1, "kernel": [2, 2], "stride": [2, 2], "activation": "tanh"},
            inputs={"u": [1, 4, 4]},
        ),
        {"x": "x_u", "z": "z_c", "a": "x_c", "K": "W_c", "b": "b_c", r"\delta": "zbar_c"},
    ),
    "max pool": BookNetwork(_pooled("max_pool"), {"x": "x_u", "p": "x_p"}),
    "mean pool": BookNetwork(_pooled("average_pool"), {"x": "x_u", "p": "x_p"}),
    "embedding": BookNetwork(
        lambda: network(
            {"name": "e", "type": "embedding", "count": 5, "units": 2}, dense("o", 2),
            inputs={"t": {"shape": [3], "below": 5}},
        ),
        {"M": "W_e", "e": "x_e", "w": "x_t"},
    ),
    "named": BookNetwork(
        lambda: network(dense("h", "n", "tanh"), dense("o", "m"), inputs={"u": ["k"]}),
        {"x": "x_u", "h": "x_h", "o": "x_o", "W": "W_h", "V": "W_o", "a": "z_h", "b": "b_h"},
    ),
}  # fmt: skip


@cache
def book_derivation(name):
    return NETWORKS[name].make()

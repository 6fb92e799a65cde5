"""Claims over twelve architectures that tempt a checker into the wrong verdict, with an answer computed apart from it.

A false claim carries its two sides as a Python function of the values of a counterexample and of the index at which it
is said to fail; they are evaluated at the network's own sizes.
"""

from __future__ import annotations

import math

from claims.textbook import network


def _dense(name, units, activation="identity", **others):
    return {"name": name, "type": "dense", "units": units, "activation": activation, **others}


NETWORKS = {
    # Twice the same size, and a size that is a number of the claims.
    "square": lambda: network(_dense("a", 4, "tanh"), _dense("b", 4), inputs={"u": [4]}),
    "four": lambda: network(_dense("h", 4, "softplus"), _dense("o", 2), inputs={"u": [3]}),
    "chain": lambda: network(
        *(_dense(name, 10 * k) for name, k in zip("abcdef", range(4, 10), strict=True)), inputs={"u": [30]}
    ),
    "wide": lambda: network(
        _dense("a", 300, "relu"), _dense("b", 500, "sigmoid"), _dense("c", 10), inputs={"u": [400]}
    ),
    "product": lambda: network(_dense("a", 6), {"name": "t", "type": "transpose"}, inputs={"u": [8, 5]}),
    "flat": lambda: network({"name": "f", "type": "flatten"}, _dense("b", 3, "gelu"), inputs={"u": [2, 3]}),
    "window": lambda: network(
        {"name": "c", "type": "conv", "filters": 2, "kernel": [3], "padding": [1, 1], "activation": "tanh"},
        {"name": "f", "type": "flatten"}, _dense("o", 2), inputs={"u": [1, 5]},
    ),
    "words": lambda: network(
        {"name": "e", "type": "embedding", "count": 6, "units": 2}, _dense("o", 3, "silu"),
        inputs={"t": {"shape": [4], "below": 6}},
    ),
    "many words": lambda: network(
        {"name": "e", "type": "embedding", "count": 40, "units": 3}, _dense("o", 2),
        inputs={"t": {"shape": [12], "below": 40}},
    ),
    "classes": lambda: network(
        _dense("a", 9, "relu"), inputs={"u": [5, 2]}, cost={"type": "cross_entropy", "target": "index"}
    ),
    "decay": lambda: network(_dense("a", 3, "sigmoid"), _dense("b", 3), inputs={"u": [3]}, weight_decay=0.5),
    "named": lambda: network(_dense("a", "n", "tanh"), _dense("b", "m"), inputs={"u": ["k"]}),
}  # fmt: skip

_BIG = "Sum[p] Sum[q] Sum[r] x_a[p] x_b[q] x_c[r]"

TRUE = [
    ("chain", f"{_BIG} + Sum[i] (1 + x_a[i] - x_a[i]) = 40 + {_BIG}"),
    ("chain", f"{_BIG} + Sum[i, j] (1 + x_a[i] x_b[j] - x_b[j] x_a[i]) = 2000 + {_BIG}"),
    ("chain", f"{_BIG} = (Sum[p] x_a[p]) (Sum[q] x_b[q]) Sum[r] x_c[r]"),
    ("chain", f"{_BIG} + LogSumExp[i] (x_d[i] - x_d[i]) = {_BIG} + log(70)"),
    ("chain", f"{_BIG} + (Sum[i] (x_a[i] + 1)) (Sum[j] (x_d[j] + 1)) = "
              f"{_BIG} + (Sum[i] x_a[i] + 40) (Sum[i] x_d[i] + 70)"),
    ("chain", "dE/dx_c[j] + s_c[j] = Sum[i] W_d[i, j] s_d[i]"),
    ("chain", "(Sum[i<40] x_a[i])^2 = Sum[i] x_a[i]^2 + Sum[i, k] (1 - delta[i, k]) x_a[i] x_a[k]"),
    ("wide", "Sum[i] (sigmoid'(z_b[i]) + f_b[i]^2 - f_b[i] + 1) = 500"),
    ("wide", "1/300 Sum[i] (x_a[i] - 1/300 Sum[k] x_a[k])^2 = 1/300 Sum[i] x_a[i]^2 - (1/300 Sum[i] x_a[i])^2"),
    ("wide", "Wbar_b[i, j] = s_b[i] f_b[i] (1 - f_b[i]) x_a[j]"),
    ("wide", "Sum[i] (relu(x_a[i]) - relu(-x_a[i]) - x_a[i] + 3) = 900"),
    ("wide", "Sum[i] zbar_a[i] = Sum[i] s_a[i] relu'(z_a[i])"),
    ("square", "x_a[i]^4 = x_a[i] x_a[i]^3"),
    ("square", "Sum[i<4] (tanh(z_a[i])^2 + tanh'(z_a[i])) = 4"),
    ("square", "Sum[i, j] delta[i, j] W_a[i, j] = Sum[k<4] W_a[k, k]"),
    ("square", "Sum[i] Sum[j] W_b[i, j] x_a[j] = Sum[j] x_a[j] Sum[i] W_b[i, j]"),
    ("square", "Sum[i] (x_a[i] Sum[i] x_b[i]) = (Sum[i] x_a[i]) (Sum[j] x_b[j])"),
    ("square", "x_a[3] + Sum[i<3] x_a[i] = Sum[i] x_a[i]"),
    ("square", "1/4 Sum[j<4] (x_a[j] - 1/4 Sum[k<4] x_a[k]) = 0"),
    ("square", "dE/dx_a[j] = Sum[i] W_b[i, j] s_b[i] - s_a[j]"),
    ("four", "Sum[i<4] (softplus(z_h[i]) - softplus(-z_h[i]) - z_h[i] + 1) = 4"),
    ("four", "Sum[i<4] (x_h[i] + Sum[k<4] [0 <= i - k - 1 < 4]) = Sum[i] x_h[i] + 6"),
    ("four", "(Sum[i] 1 + 0 x_h[0]) = 4".replace("Sum[i] 1", "Sum[i<4] 1")),
    ("four", "Sum[i<4] [0 <= i - 2 < 2] x_h[i] = x_h[2] + x_h[3]"),
    ("four", "abs(x_h[i])^2 = x_h[i]^2"),
    ("product", "Sum[i<8] Sum[j<6] (1 + 0 x_a[i, j]) = 48"),
    ("product", "x_t[j, i] = x_a[i, j] + f_t[j, i] - x_a[i, j] - f_t[j, i] + x_t[j, i]"),
    ("product", "dE/dx_a[i, j] = s_t[j, i] - s_a[i, j]"),
    ("product", "Sum[i, j] x_a[i, j] / 48 = 1/8 Sum[i] (1/6 Sum[j] x_a[i, j])"),
    ("flat", "f_f[i] = x_u[floor(i / 3), (i mod 3)]"),
    ("flat", "gelu(x_b[i]) - gelu(-x_b[i]) = x_b[i]"),
    ("flat", "dE/dx_u[i, j] = s_f[3 i + j]"),
    ("window", "bbar_c[k] = Sum[i] zbar_c[k, i]"),
    ("window", "zbar_c[k, i] = s_c[k, i] tanh'(z_c[k, i])"),
    ("window", "elu'(x_o[i]) = exp(-relu(-x_o[i]))"),
    ("words", "x_e[i, c] - x_e[i, c] + f_e[i, c] = W_e[x_t[i], c]"),
    ("words", "Wbar_e[v, c] = Sum[i] [x_t[i] = v] s_e[i, c]"),
    ("words", "Sum[v<6] [x_t[2] = v] = 1"),
    ("words", "[x_t[0] = 5] [x_t[0] = 4] s_e[0, 0] = 0 s_e[0, 0]"),
    ("many words", "Wbar_e[v, c] = Sum[i] [x_t[i] = v] s_e[i, c]"),
    ("many words", "Sum[v<40] [x_t[11] = v] (1 - [x_t[11] = v]) s_e[0, 0] = 0 s_e[0, 0]"),
    ("many words", "Sum[v] Wbar_e[v, c] = Sum[i] s_e[i, c]"),
    ("classes", "dE/dx_a[r, i] = exp(x_a[r, i] - lse[r]) - [i = y[r]] - s_a[r, i]"),
    ("classes", "Sum[i] (dC/dx_a[r, i] + s_a[r, i]) = Sum[i] s_a[r, i]"),
    ("classes", "[y[0] = y[1]] [y[1] = y[2]] (1 - [y[0] = y[2]]) x_a[0, 0] = 0 x_a[0, 0]"),
    ("classes", "relu'(x_a[r, i])^2 = relu'(x_a[r, i])"),
    ("decay", "Wbar_a[i, j] = s_a[i] f_a[i] (1 - f_a[i]) x_u[j] + 1/2 W_a[i, j]"),
    ("decay", "sigmoid(-x_a[i]) + sigmoid(x_a[i]) = 1"),
    ("named", "Wbar_a[i, j] = s_a[i] tanh'(z_a[i]) x_u[j]"),
    ("named", "Sum[i] (tanh(z_a[i])^2 + tanh'(z_a[i]) - 1) = 0"),
    ("named", "Sum[i, j] W_b[i, j] s_b[i] x_a[j] = Sum[j] x_a[j] (s_a[j] + dE/dx_a[j])"),
]  # fmt: skip


def _total(v, name, count, function=lambda x: x):
    return sum(function(v(name, i)) for i in range(count))


def _triple(v):
    return math.prod(_total(v, f"x_{n}", c) for n, c in (("a", 40), ("b", 50), ("c", 60)))


def _lse(values):
    return math.log(sum(map(math.exp, values)))


FALSE = [
    ("chain", f"{_BIG} + Sum[i] (1 + x_a[i] - x_a[i]) = {_BIG} + Sum[j] (1 + x_d[j] - x_d[j])",
     lambda v: (_triple(v) + 40, _triple(v) + 70)),
    ("chain", f"{_BIG} + Sum[i] (1 + x_a[i] - x_a[i]) = 41 + {_BIG}", lambda v: (_triple(v) + 40, _triple(v) + 41)),
    ("chain", f"{_BIG} + Sum[i, j] (1 + x_a[i] x_b[j] - x_b[j] x_a[i]) = {_BIG} + 2400",
     lambda v: (_triple(v) + 2000, _triple(v) + 2400)),
    ("chain", f"{_BIG} + LogSumExp[i] (x_d[i] - x_d[i]) = {_BIG} + log(40)",
     lambda v: (_triple(v) + math.log(70), _triple(v) + math.log(40))),
    ("chain", f"{_BIG} = 40 (Sum[q] x_b[q]) Sum[r] x_c[r]",
     lambda v: (_triple(v), 40 * _total(v, "x_b", 50) * _total(v, "x_c", 60))),
    ("chain", f"{_BIG} + 1/40 Sum[i] x_a[i] = {_BIG} + 1/50 Sum[i] x_a[i]",
     lambda v: (_triple(v) + _total(v, "x_a", 40) / 40, _triple(v) + _total(v, "x_a", 40) / 50)),
    ("chain", "(Sum[i] x_a[i])^2 = 40 Sum[i] x_a[i]^2",
     lambda v: (_total(v, "x_a", 40) ** 2, 40 * _total(v, "x_a", 40, lambda x: x * x))),
    ("wide", "Sum[i] (sigmoid'(z_b[i]) + f_b[i]^2 - f_b[i] + 1) = 300", lambda v: (500, 300)),
    ("wide", "1/299 Sum[i] (x_a[i] - 1/300 Sum[k] x_a[k])^2 = 1/300 Sum[i] x_a[i]^2 - (1/300 Sum[i] x_a[i])^2",
     lambda v: (
         sum((v("x_a", i) - _total(v, "x_a", 300) / 300) ** 2 for i in range(300)) / 299,
         _total(v, "x_a", 300, lambda x: x * x) / 300 - (_total(v, "x_a", 300) / 300) ** 2)),
    ("wide", "Sum[i] relu'(x_a[i]) + Sum[i] relu'(-x_a[i]) = 300",
     lambda v: (_total(v, "x_a", 300, lambda x: float(x != 0)), 300)),
    ("wide", "Sum[i] abs(x_b[i]) = abs(Sum[i] x_b[i])",
     lambda v: (_total(v, "x_b", 500, abs), abs(_total(v, "x_b", 500)))),
    ("square", "x_a[i]^4 = x_a[i]^2", lambda v, i: (v("x_a", i) ** 4, v("x_a", i) ** 2)),
    ("square", "Sum[i<3] x_a[i] = Sum[i<4] x_a[i]", lambda v: (_total(v, "x_a", 3), _total(v, "x_a", 4))),
    ("square", "W_a[i, j] = W_a[j, i]", lambda v, i, j: (v("W_a", i, j), v("W_a", j, i))),
    ("square", "Sum[i] (x_a[i] Sum[i] x_b[i]) = Sum[i] x_a[i] x_b[i]",
     lambda v: (_total(v, "x_a", 4) * _total(v, "x_b", 4), sum(v("x_a", i) * v("x_b", i) for i in range(4)))),
    ("square", "Sum[i] Sum[j] W_b[i, j] x_a[j] = Sum[i] Sum[j] W_b[i, j] x_a[i]",
     lambda v: tuple(sum(v("W_b", i, j) * v("x_a", (i, j)[k]) for i in range(4) for j in range(4)) for k in (1, 0))),
    ("square", "Sum[i, j] (1 - delta[i, j]) = 16 + 0 x_a[0]".replace("Sum[i, j]", "Sum[i<4, j<4]"), lambda v: (12, 16)),
    ("four", "Sum[i<4] (softplus(x_h[i]) - softplus(-x_h[i]) - x_h[i] + 1) = 3", lambda v: (4, 3)),
    ("four", "Sum[i<4] (x_h[i] + Sum[k<4] [0 <= i - k - 1 < 4]) = Sum[i] x_h[i] + 4",
     lambda v: (_total(v, "x_h", 4) + 6, _total(v, "x_h", 4) + 4)),
    ("four", "Sum[i<4] [0 <= i - 2 < 2] x_h[i] = x_h[1] + x_h[2]",
     lambda v: (v("x_h", 2) + v("x_h", 3), v("x_h", 1) + v("x_h", 2))),
    ("four", "abs'(x_h[i])^2 = 1", lambda v, i: (float(v("x_h", i) != 0), 1)),
    ("four", "sqrt(x_h[i]^2) = x_h[i]", lambda v, i: (abs(v("x_h", i)), v("x_h", i))),
    ("four", "Max[i] x_h[i] = x_h[0]", lambda v: (max(v("x_h", i) for i in range(4)), v("x_h", 0))),
    ("product", "Sum[i, j] x_a[i, j] / 40 = 1/8 Sum[i] (1/6 Sum[j] x_a[i, j])",
     lambda v: tuple(sum(v("x_a", i, j) for i in range(8) for j in range(6)) / n for n in (40, 48))),
    ("product", "Sum[i] x_a[i, j] Sum[k] x_a[k, j] = Sum[i] x_a[i, j]^2",
     lambda v, j: (sum(v("x_a", i, j) for i in range(8)) ** 2, sum(v("x_a", i, j) ** 2 for i in range(8)))),
    ("product", "dE/dx_a[i, j] = s_t[j, i]", lambda v, i, j: (v("s_t", j, i) - v("s_a", i, j), v("s_t", j, i))),
    ("flat", "dE/dx_u[i, j] = s_f[2 i + j]", lambda v, i, j: (v("s_f", 3 * i + j), v("s_f", 2 * i + j))),
    ("flat", "gelu(x_b[i]) + gelu(-x_b[i]) = 0",
     lambda v, i: (v("x_b", i) * math.erf(v("x_b", i) / math.sqrt(2)), 0)),
    ("flat", "f_f[i] = x_u[(i mod 2), floor(i / 2)]",
     lambda v, i: (v("x_u", i // 3, i % 3), v("x_u", i % 2, i // 2))),
    ("window", "elu(x_o[i]) = relu(x_o[i]) + exp(-relu(x_o[i])) - 1",
     lambda v, i: (v("x_o", i) if v("x_o", i) > 0 else math.expm1(v("x_o", i)),
                   max(v("x_o", i), 0) + math.exp(-max(v("x_o", i), 0)) - 1)),
    ("words", "[x_t[0] = 5] [x_t[1] = 0] [x_t[2] = 3] = 0", lambda v: (float(
        (v("x_t", 0), v("x_t", 1), v("x_t", 2)) == (5, 0, 3)), 0)),
    ("words", "[x_t[0] = x_t[1]] = [x_t[1] = x_t[2]]",
     lambda v: (float(v("x_t", 0) == v("x_t", 1)), float(v("x_t", 1) == v("x_t", 2)))),
    ("words", "f_e[i, c] = W_e[x_t[0], c]",
     lambda v, i, c: (v("W_e", v("x_t", i), c), v("W_e", v("x_t", 0), c))),
    ("many words", "[x_t[0] = 31] [x_t[7] = 13] [x_t[11] = 12] = 0", lambda v: (float(
        (v("x_t", 0), v("x_t", 7), v("x_t", 11)) == (31, 13, 12)), 0)),
    ("many words", "Sum[v<39] [x_t[11] = v] = 1", lambda v: (float(v("x_t", 11) < 39), 1)),
    ("classes", "dE/dx_a[r, i] = exp(x_a[r, i] - lse[r]) - [i = y[0]] - s_a[r, i]",
     lambda v, r, i: tuple(
         math.exp(v("x_a", r, i) - _lse([v("x_a", r, k) for k in range(9)])) - (i == v("y", row)) - v("s_a", r, i)
         for row in (r, 0))),
    ("classes", "[y[0] = 5] [y[1] = 0] [y[2] = 3] = 0",
     lambda v: (float((v("y", 0), v("y", 1), v("y", 2)) == (5, 0, 3)), 0)),
    ("decay", "bbar_a[i] = zbar_a[i]",
     lambda v, i: tuple(
         v("s_a", i) * _slope(sum(v("W_a", i, j) * v("x_u", j) for j in range(3)) + v("b_a", i)) + d * v("b_a", i)
         for d in (0.5, 0))),
    ("decay", "sigmoid'(x_a[i]) = sigmoid(x_a[i]) (1 - x_a[i])",
     lambda v, i: (_slope(v("x_a", i)), (1 - v("x_a", i)) / (1 + math.exp(-v("x_a", i))))),
    ("named", "Wbar_a[i, j] = s_a[i] tanh'(x_a[i]) x_u[j]", None),
    ("named", "Sum[i] (tanh(z_a[i])^2 + tanh'(z_a[i])) = 3", None),
    ("named", "Sum[i] x_a[i] = Sum[i] x_b[i]", None),
]  # fmt: skip


def _slope(z):
    share = 1 / (1 + math.exp(-z))
    return share * (1 - share)

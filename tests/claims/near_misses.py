"""One hundred and fifty claims over twelve networks: each true one beside a slip of the kind that people make.

A slip is a sign, a factor 2, an index shifted, a range that ends one too early, a cost or a term forgotten, one of the
places forgotten in which something shared occurs, a transpose, a function's argument, a convention at a kink.
"""

from __future__ import annotations

from claims.campaign import _dense as dense
from claims.textbook import network


class SlippedNetworks:
    """Twelve networks: chains, a skip, a convolution, pools, a norm, attention, tying, recurrence, several costs."""

    NETWORKS = {
        "mlp": lambda: network(dense("h", 4, "tanh"), dense("g", 3, "sigmoid"), dense("o", 2), inputs={"u": [3]}),
        "classes": lambda: network(
            dense("h", 4, "relu"), dense("o", 3), inputs={"u": [3]}, cost={"type": "cross_entropy"}
        ),
        "skip": lambda: network(
            dense("a", 3, "softplus"), dense("b", 3, "tanh"), {"name": "sum", "type": "add", "inputs": ["a", "b"]},
            dense("o", 2), inputs={"u": [2]},
        ),
        "conv": lambda: network(
            {"name": "c", "type": "conv", "filters": 2, "kernel": [3], "stride": [2], "activation": "tanh"},
            {"name": "f", "type": "flatten"}, dense("o", 2), inputs={"u": [2, 9]},
        ),
        "pool": lambda: network(
            {"name": "p", "type": "max_pool", "kernel": [2], "stride": [1]}, {"name": "f", "type": "flatten"},
            dense("o", 2), inputs={"u": [1, 5]},
        ),
        "norm": lambda: network(
            dense("a", 4), {"name": "n", "type": "layer_norm"}, dense("o", 2), inputs={"u": [3]}
        ),
        "words": lambda: network(
            {"name": "e", "type": "embedding", "count": 5, "units": 2}, dense("o", 3, "silu"),
            inputs={"t": {"shape": [3], "below": 5}},
        ),
        "two costs": lambda: network(
            dense("h", 3, "tanh"), dense("o", 3), inputs={"u": [2]},
            costs=[{"type": "squared_error", "inputs": ["o"], "weight": 2},
                   {"type": "cross_entropy", "inputs": ["h"]}],
        ),
        "tied": lambda: network(
            {"name": "a", "type": "matmul", "inputs": ["u", "w"]}, {"name": "t", "type": "tanh"},
            {"name": "b", "type": "matmul", "inputs": ["t", "w"]},
            inputs={"u": [2, 3]}, parameters={"w": {"shape": [3, 3]}}, weight_decay=0.5,
        ),
        "attention": lambda: network(
            {"name": "m", "type": "attention", "inputs": ["q", "k", "v"]},
            inputs={"q": [3, 2], "k": [3, 2], "v": [3, 2]},
        ),
        "batch": lambda: network(dense("h", 4, "gelu"), {"name": "p", "type": "softmax"}, inputs={"u": [5, 3]}),
        "named": lambda: network(dense("h", "n", "tanh"), dense("o", "m"), inputs={"u": ["k"]}),
    }  # fmt: skip


_ANY, _AT = {}, {"at": "solution"}
_TEX = {"latex": True}

# (network, options, a true claim, the slip in it, the kind of slip)
PAIRS = [
    ("mlp", _ANY, "zbar_h[i] = s_h[i] (1 - tanh(z_h[i])^2)", "zbar_h[i] = s_h[i] (1 + tanh(z_h[i])^2)", "sign"),
    ("mlp", _ANY, "dC/dx_o[i] = x_o[i] - y[i]", "dC/dx_o[i] = 2 (x_o[i] - y[i])", "factor"),
    ("mlp", _ANY, "dE/dx_h[j] + s_h[j] = Sum[i] W_g[i, j] s_g[i] f_g[i] (1 - f_g[i])",
     "dE/dx_h[j] + s_h[j] = Sum[i<2] W_g[i, j] s_g[i] f_g[i] (1 - f_g[i])", "range"),
    ("mlp", _ANY, "Wbar_g[i, j] = s_g[i] sigmoid'(z_g[i]) x_h[j]", "Wbar_g[i, j] = s_g[i] sigmoid'(x_g[i]) x_h[j]",
     "argument"),
    ("mlp", _ANY, "dE/dx_g = W_o^T s_o - s_g", "dE/dx_g = W_o^T s_o + s_g", "sign"),
    ("mlp", _AT, "zbar_g[i] = dC/dx_g[i] x_g[i] (1 - x_g[i])", "zbar_g[i] = dC/dx_g[i] x_g[i] (1 - x_h[i])", "index"),
    ("mlp", _AT, "dC/dW_g = (W_o^T (x_o - y) .* x_g .* (1 - x_g)) x_h^T",
     "dC/dW_g = (W_o^T (x_o - y) .* x_g .* (1 - x_g)) (tanh(x_h))^T", "argument"),
    ("mlp", _AT, "dC/db_h[j] = (1 - x_h[j]^2) Sum[i] W_g[i, j] zbar_g[i]",
     "dC/db_h[j] = (1 - x_h[j]) Sum[i] W_g[i, j] zbar_g[i]", "argument"),
    ("mlp", _TEX, r"\bar{z}^{g}_i = s^{g}_i \mathrm{sigmoid}(z^{g}_i) \mathrm{sigmoid}(-z^{g}_i)",
     r"\bar{z}^{g}_i = s^{g}_i \mathrm{sigmoid}(z^{g}_i) \mathrm{sigmoid}(z^{g}_i)", "sign"),
    ("mlp", {"first": 1}, "x_o[1] = x_o[1] + z_h[4] - Sum[j=1..3] W_h[4, j] x_u[j] - b_h[4]",
     "x_o[1] = x_o[1] + z_h[4] - Sum[j=1..2] W_h[4, j] x_u[j] - b_h[4]", "range"),
    ("classes", _ANY, "dC/dx_o[i] = exp(x_o[i] - lse) Sum[j] y[j] - y[i]", "dC/dx_o[i] = exp(x_o[i] - lse) - y[i]",
     "factor"),
    ("classes", {"assumptions": ("y one-hot",)}, "dC/dx_o[i] = exp(x_o[i] - lse) - y[i]",
     "dC/dx_o[i] = exp(x_o[i] - lse) + y[i]", "sign"),
    ("classes", {"assumptions": ("Sum[i] y[i] = 1",)}, "Sum[i] dC/dx_o[i] = 0 x_o[0]",
     "Sum[i] dC/dx_o[i] = 1 + 0 x_o[0]", "term"),
    ("classes", _ANY, "lse = Max[i] x_o[i] + log(Sum[i] exp(x_o[i] - Max[k] x_o[k]))",
     "lse = Max[i] x_o[i] + log(Sum[i<2] exp(x_o[i] - Max[k] x_o[k]))", "range"),
    ("classes", _ANY, "bbar_h[i] = s_h[i] [z_h[i] > 0]", "bbar_h[i] = s_h[i] [z_h[i] >= 0]", "kink"),
    ("classes", {"assumptions": ("z_h[i] > 0",)}, "Wbar_h[i, j] = s_h[i] x_u[j]", "Wbar_h[i, j] = s_h[i] z_h[i] x_u[j]",
     "argument"),
    ("classes", _AT, "dC/dW_o[i, j] = (exp(x_o[i] - lse) Sum[k] y[k] - y[i]) x_h[j]",
     "dC/dW_o[i, j] = (exp(x_o[i] - lse) Sum[k] y[k] - y[i]) z_h[j]", "argument"),
    ("classes", _ANY, "C = lse Sum[i] y[i] - Sum[i] y[i] x_o[i]", "C = lse - Sum[i] y[i] x_o[i]", "factor"),
    ("classes", _TEX, r"\frac{\partial C}{\partial x^{o}_i} = \frac{e^{x^{o}_i} \sum_j y_j}{\sum_k e^{x^{o}_k}} - y_i",
     r"\frac{\partial C}{\partial x^{o}_i} = \frac{e^{x^{o}_i} \sum_j y_j}{\sum_{k<3} e^{x^{o}_i}} - y_i", "index"),
    ("skip", _ANY, "dE/dx_a[j] + s_a[j] = Sum[i] W_b[i, j] zbar_b[i] + s_sum[j]",
     "dE/dx_a[j] + s_a[j] = Sum[i] W_b[i, j] zbar_b[i]", "term"),
    ("skip", _ANY, "zbar_a[i] = s_a[i] sigmoid(z_a[i])", "zbar_a[i] = s_a[i] sigmoid(-z_a[i])", "sign"),
    ("skip", _ANY, "f_a[i] - z_a[i] = softplus(-z_a[i])", "f_a[i] + z_a[i] = softplus(-z_a[i])", "sign"),
    ("skip", _AT, "s_b[i] = s_sum[i]", "s_b[i] = s_a[i]", "term"),
    ("skip", _AT, "dC/dx_a[j] = s_sum[j] + Sum[i] W_b[i, j] s_sum[i] (1 - x_b[i]^2)",
     "dC/dx_a[j] = s_sum[j] + Sum[i] W_b[i, j] s_sum[i] (1 - x_sum[i]^2)", "argument"),
    ("skip", _ANY, "Wbar_o[i, j] = s_o[i] (x_sum[j])", "Wbar_o[i, j] = s_o[i] x_a[j]", "term"),
    ("skip", _AT, "dC/dW_o[i, j] = (x_o[i] - y[i]) (x_a[j] + x_b[j])",
     "dC/dW_o[i, j] = (x_o[i] - y[i]) x_b[j]", "term"),
    ("skip", _ANY, "E = E_a + E_b + E_sum + E_o + C", "E = E_a + E_b + E_o + C", "term"),
    ("skip", _AT, "E = C", "E = 2 C", "factor"),
    ("conv", _ANY, "Wbar_c[c, k, u] = Sum[i<4] zbar_c[c, i] x_u[k, 2 i + u]",
     "Wbar_c[c, k, u] = Sum[i<4] zbar_c[c, i] x_u[k, i + u]", "index"),
    ("conv", _ANY, "bbar_c[c] = Sum[i<4] zbar_c[c, i]", "bbar_c[c] = Sum[i<3] zbar_c[c, i]", "range"),
    ("conv", _ANY, "dE/dx_c[j, k] + s_c[j, k] = s_f[4 j + k]", "dE/dx_c[j, k] + s_c[j, k] = s_f[2 k + j]", "index"),
    ("conv", _ANY, "dE/dx_u[k, p] = Sum[c<2] Sum[u<3] [2 | p - u] [0 <= p - u < 8] W_c[c, k, u]"
     " zbar_c[c, floor((p - u) / 2)]",
     "dE/dx_u[k, p] = Sum[c<2] Sum[u<2] [2 | p - u] [0 <= p - u < 8] W_c[c, k, u] zbar_c[c, floor((p - u) / 2)]",
     "range"),
    ("conv", _ANY, "z_c[c, 3] = Sum[k, u] W_c[c, k, u] x_u[k, 6 + u] + b_c[c]",
     "z_c[c, 3] = Sum[k, u] W_c[c, k, u] x_u[k, 5 + u] + b_c[c]", "index"),
    ("conv", _ANY, "f_f[5] = x_c[1, 1]", "f_f[5] = x_c[1, 2]", "index"),
    ("conv", _AT, "dC/db_c[c] = Sum[i<4] s_f[4 c + i] (1 - x_c[c, i]^2)",
     "dC/db_c[c] = Sum[i<4] s_f[4 c + i] (1 - z_c[c, i]^2)", "argument"),
    ("pool", _ANY, "dE/dx_u[0, 1] = s_p[0, 0] [x_u[0, 1] > x_u[0, 0]] + s_p[0, 1] [x_u[0, 1] >= x_u[0, 2]]",
     "dE/dx_u[0, 1] = s_p[0, 0] [x_u[0, 1] >= x_u[0, 0]] + s_p[0, 1] [x_u[0, 1] >= x_u[0, 2]]", "kink"),
    ("pool", _ANY, "dE/dx_u[0, 4] = s_p[0, 3] [x_u[0, 4] > x_u[0, 3]]", "dE/dx_u[0, 4] = s_p[0, 3]", "factor"),
    ("pool", _ANY, "Sum[i] dE/dx_u[0, i] = Sum[i] s_p[0, i]", "Sum[i] dE/dx_u[0, i] = Sum[i<3] s_p[0, i]", "range"),
    ("pool", _ANY, "f_p[0, i] = max(x_u[0, i], x_u[0, i + 1])", "f_p[0, i] = max(x_u[0, i + 1], x_u[0, 0])", "index"),
    ("pool", {"assumptions": ("x_u[0, 0] > x_u[0, 1]",)}, "dE/dx_u[0, 0] = s_p[0, 0]", "dE/dx_u[0, 1] = s_p[0, 0]",
     "index"),
    ("pool", _ANY, "dE/dx_u[0, 0] = s_p[0, 0] [argf_p[0, 0] = 0]", "dE/dx_u[0, 0] = s_p[0, 1] [argf_p[0, 0] = 0]",
     "index"),
    ("norm", _ANY, "Sum[i] z_n[i] = 0 x_a[0]", "Sum[i<3] z_n[i] = 0 x_a[0]", "range"),
    ("norm", _ANY, "v_n = 1/4 Sum[i] x_a[i]^2 - m_n^2", "v_n = 1/4 Sum[i] x_a[i]^2 + m_n^2", "sign"),
    ("norm", _ANY, "r_n^2 (v_n + 1e-5) = 1", "r_n^2 (v_n + 1e-6) = 1", "factor"),
    ("norm", _ANY, "dE/dx_a[i] + s_a[i] = r_n (G_n[i] s_n[i] - 1/4 Sum[j] G_n[j] s_n[j]"
     " - 1/4 r_n^2 z_n[i] Sum[j] G_n[j] s_n[j] z_n[j])",
     "dE/dx_a[i] + s_a[i] = r_n (G_n[i] s_n[i] - 1/4 Sum[j] G_n[j] s_n[j]"
     " - 1/4 r_n z_n[i] Sum[j] G_n[j] s_n[j] z_n[j])", "argument"),
    ("norm", _ANY, "Gbar_n[i] = s_n[i] r_n (x_a[i] - m_n)", "Gbar_n[i] = s_n[i] r_n x_a[i]", "term"),
    ("norm", _ANY, "Sum[i] (dE/dx_a[i] + s_a[i]) = 0 x_a[0]", "Sum[i] dE/dx_a[i] = 0 x_a[0]", "term"),
    ("norm", _AT, "dC/dG_n[i] = s_n[i] (x_n[i] - b_n[i]) / G_n[i]", "dC/dG_n[i] = s_n[i] x_n[i] / G_n[i]", "term"),
    ("words", _ANY, "Wbar_e[v, c] = Sum[i] [x_t[i] = v] s_e[i, c]", "Wbar_e[v, c] = Sum[i<2] [x_t[i] = v] s_e[i, c]",
     "range"),
    ("words", _ANY, "f_e[i, c] = Sum[v] [x_t[i] = v] W_e[v, c]", "f_e[i, c] = Sum[v] [x_t[0] = v] W_e[v, c]", "index"),
    ("words", _ANY, "zbar_o[i, j] = s_o[i, j] (sigmoid(z_o[i, j]) + z_o[i, j] sigmoid'(z_o[i, j]))",
     "zbar_o[i, j] = s_o[i, j] (sigmoid(z_o[i, j]) - z_o[i, j] sigmoid'(z_o[i, j]))", "sign"),
    ("words", _ANY, "bbar_o[i] = Sum[r] zbar_o[r, i]", "bbar_o[i] = zbar_o[0, i]", "shared"),
    ("words", _ANY, "Wbar_o = zbar_o^T x_e", "Wbar_o = s_o^T x_e", "factor"),
    ("words", _ANY, "C = 1/2 Sum[i, j] (x_o[i, j] - y[i, j])^2", "C = Sum[i, j] (x_o[i, j] - y[i, j])^2", "factor"),
    ("two costs", _ANY, "dE/dx_h[j] + s_h[j] = Sum[i] W_o[i, j] s_o[i] + exp(x_h[j] - lse_cost2) (Sum[i] y_cost2[i])"
     " - y_cost2[j]", "dE/dx_h[j] + s_h[j] = Sum[i] W_o[i, j] s_o[i]", "cost"),
    ("two costs", _ANY, "C = 2 C_cost1 + C_cost2", "C = C_cost1 + 2 C_cost2", "factor"),
    ("two costs", _ANY, "dC/dx_o[i] = 2 (x_o[i] - y_cost1[i])", "dC/dx_o[i] = x_o[i] - y_cost1[i]", "factor"),
    ("two costs", _AT, "s_o[i] = 2 (x_o[i] - y_cost1[i])", "s_o[i] = 2 (x_o[i] - y_cost2[i])", "cost"),
    ("two costs", _AT, "dC/dW_o[i, j] = 2 (x_o[i] - y_cost1[i]) x_h[j]", "dC/dW_o[i, j] = (x_o[i] - y_cost1[i]) x_h[j]",
     "factor"),
    ("two costs", _AT, "E = 2 C_cost1 + C_cost2", "E = 2 C_cost1", "cost"),
    ("tied", _ANY, "xbar_w[k, j] = Sum[i] s_a[i, j] x_u[i, k] + Sum[i] s_b[i, j] x_t[i, k] + w[k, j]/2",
     "xbar_w[k, j] = Sum[i] s_b[i, j] x_t[i, k] + w[k, j]/2", "shared"),
    ("tied", _ANY, "wbar = x_u^T s_a + x_t^T s_b + 1/2 w", "wbar = x_u^T s_a + x_t^T s_b", "term"),
    ("tied", _AT, "dC/dw[k, j] = Sum[i] s_a[i, j] x_u[i, k] + Sum[i] s_b[i, j] x_t[i, k]",
     "dC/dw[k, j] = Sum[i] s_a[i, j] x_u[i, k] + Sum[i] s_b[i, j] x_t[i, k] + w[k, j]/2", "term"),
    ("tied", _ANY, "dE/dx_t + s_t = s_b w^T", "dE/dx_t + s_t = s_b w", "index"),
    ("tied", {"assumptions": ("w symmetric",)}, "dE/dx_t + s_t = s_b w", "dE/dx_t + s_t = 2 s_b w", "factor"),
    ("attention", _ANY, "Sum[j] p_m[i, j] = 1", "Sum[j<2] p_m[i, j] = 1", "range"),
    ("attention", _ANY, "dE/dx_v[j, c] = Sum[i] p_m[i, j] s_m[i, c]", "dE/dx_v[j, c] = Sum[i] p_m[j, i] s_m[i, c]",
     "index"),
    ("attention", _ANY, "abar_m[i, j] = p_m[i, j] (Sum[c] s_m[i, c] x_v[j, c] - Sum[c] s_m[i, c] f_m[i, c])",
     "abar_m[i, j] = p_m[i, j] (Sum[c] s_m[i, c] x_v[j, c] + Sum[c] s_m[i, c] f_m[i, c])", "sign"),
    ("attention", _ANY, "dE/dx_q[i, r] = 1/sqrt(2) Sum[j] abar_m[i, j] x_k[j, r]",
     "dE/dx_q[i, r] = 1/2 Sum[j] abar_m[i, j] x_k[j, r]", "factor"),
    ("attention", _ANY, "dE/dx_k[j, r] = 1/sqrt(2) Sum[i] abar_m[i, j] x_q[i, r]",
     "dE/dx_k[j, r] = 1/sqrt(2) Sum[i] abar_m[j, i] x_q[i, r]", "index"),
    ("batch", _ANY, "dE/dx_h[r, i] + s_h[r, i] = f_p[r, i] (s_p[r, i] - Sum[k] f_p[r, k] s_p[r, k])",
     "dE/dx_h[r, i] + s_h[r, i] = f_p[r, i] (s_p[r, i] + Sum[k] f_p[r, k] s_p[r, k])", "sign"),
    ("batch", _ANY, "bbar_h[i] = Sum[r] zbar_h[r, i]", "bbar_h[i] = 1/5 Sum[r] zbar_h[r, i]", "factor"),
    ("batch", _AT, "Sum[i] x_p[r, i] = 1", "Sum[r] x_p[r, i] = 1", "index"),
    ("named", _ANY, "Wbar_h = (s_h .* (1 - tanh(z_h)^2)) x_u^T", "Wbar_h = (s_h .* (1 - tanh(z_h))) x_u^T", "argument"),
    ("named", _ANY, "1/n Sum[i<n] (x_h[i] - 1/n Sum[j<n] x_h[j])^2 = 1/n Sum[i] x_h[i]^2 - (1/n Sum[i] x_h[i])^2",
     "1/(n - 1) Sum[i<n] (x_h[i] - 1/n Sum[j<n] x_h[j])^2 = 1/n Sum[i] x_h[i]^2 - (1/n Sum[i] x_h[i])^2", "factor"),
]  # fmt: skip

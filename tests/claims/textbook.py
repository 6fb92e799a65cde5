"""The textbook's backward formulas of norms, attention, softmax, as claims in data, right and with the usual mistakes.

Each: name -> (network, kind, definitions, the right formula, {mistake: wrong formula}).
"""

from __future__ import annotations

from dyadic.symbolic import architecture, derive


def network(*layers, inputs, **others):
    """A derivation; layers are called l0, l1, ... where they have no name."""
    named = [{"name": f"l{k}", **layer} for k, layer in enumerate(layers)]
    shapes = {name: {"shape": shape} if isinstance(shape, list) else shape for name, shape in inputs.items()}
    data = {"name": "it", "inputs": shapes, "layers": named, "cost": {"type": "squared_error"}} | others
    if "costs" in others:
        del data["cost"]
    return derive(architecture(data))


def _after_dense(layer, units=5, rows=2):
    return network(
        {"name": "a", "type": "dense", "units": units},
        {"name": "n", **layer},
        {"name": "out", "type": "dense", "units": 2},
        inputs={"u": [rows, 3]},
    )  # fmt: skip


def _attention(**options):
    return network(
        {"name": "att", "type": "attention", "inputs": ["q", "k", "v"], **options},
        inputs={"q": [3, 4], "k": [3, 4], "v": [3, 2]},
    )


NETWORKS = {
    "layer norm": lambda: _after_dense({"type": "layer_norm"}),
    "wide layer norm": lambda: _after_dense({"type": "layer_norm"}, units=48, rows=32),
    "rms norm": lambda: _after_dense({"type": "rms_norm"}),
    "batch norm": lambda: network(
        {"name": "a", "type": "dense", "units": 3}, {"name": "n", "type": "batch_norm_training", "axis": 1},
        inputs={"u": [6, 2]},
    ),
    "softmax": lambda: _after_dense({"type": "softmax"}, units=4),
    "attention": _attention,
    "causal attention": lambda: _attention(causal=True),
    "masked attention": lambda: network(
        {"name": "att", "type": "attention", "inputs": ["q", "k", "v", "mask"]},
        inputs={"q": [3, 4], "k": [3, 4], "v": [3, 2], "mask": [3, 3]},
    ),
    "cross-entropy": lambda: network(
        {"name": "a", "type": "dense", "units": 4}, inputs={"u": [3]}, cost={"type": "cross_entropy"}
    ),
    "classes": lambda: network(
        {"name": "a", "type": "dense", "units": 7}, inputs={"u": [3]}, cost={"type": "cross_entropy", "target": "index"}
    ),
}  # fmt: skip

_LAYER = (
    "mu[r] = 1/5 Sum[k] x_a[r, k]",
    "sigma[r] = sqrt(1/5 Sum[k] (x_a[r, k] - mu[r])^2 + 1/100000)",
    "xhat[r, i] = (x_a[r, i] - mu[r]) / sigma[r]",
    "dxhat[r, i] = s_n[r, i] G_n[i]",
)
_WIDE = tuple(line.replace("1/5", "1/48") for line in _LAYER)
_RMS = ("rms[r] = sqrt(1/5 Sum[k] x_a[r, k]^2 + 1/100000)", "xhat[r, i] = x_a[r, i] / rms[r]")
_BATCH = (
    "mu[c] = 1/6 Sum[n] x_a[n, c]",
    "var[c] = 1/6 Sum[n] (x_a[n, c] - mu[c])^2",
    "inv[c] = (var[c] + 1/100000)^(-1/2)",
    "xhat[n, c] = (x_a[n, c] - mu[c]) inv[c]",
)
_THREE = (
    "dxhat[n, c] = s_n[n, c] G_n[c]",
    "dvar[c] = Sum[n] dxhat[n, c] (x_a[n, c] - mu[c]) (-1/2) (var[c] + 1/100000)^(-3/2)",
    "dmu[c] = -Sum[n] dxhat[n, c] inv[c] - 2/6 dvar[c] Sum[n] (x_a[n, c] - mu[c])",
)
_ATTENTION = (
    "S[i, j] = 1/2 Sum[r] x_q[i, r] x_k[j, r]",
    "P[i, j] = exp(S[i, j]) / Sum[k] exp(S[i, k])",
    "dP[i, j] = Sum[c] s_att[i, c] x_v[j, c]",
    "dS[i, j] = P[i, j] (dP[i, j] - Sum[k] P[i, k] dP[i, k])",
)
_CAUSAL = (
    _ATTENTION[0],
    "P[i, j] = [0 <= i - j < 3] exp(S[i, j]) / Sum[k] [0 <= i - k < 3] exp(S[i, k])",
    *_ATTENTION[2:],
)
_MASKED = ("S[i, j] = 1/2 Sum[r] x_q[i, r] x_k[j, r] + x_mask[i, j]", *_ATTENTION[1:])

CLAIMS = {
    "layer norm, closed form": (
        "layer norm", "adjoint", _LAYER,
        "s_a[r, i] = 1 / sigma[r] (dxhat[r, i] - 1/5 Sum[k] dxhat[r, k]"
        " - xhat[r, i] 1/5 Sum[k] dxhat[r, k] xhat[r, k])",
        {
            "first mean missing":
                "s_a[r, i] = 1 / sigma[r] (dxhat[r, i] - xhat[r, i] 1/5 Sum[k] dxhat[r, k] xhat[r, k])",
            "second mean missing": "s_a[r, i] = 1 / sigma[r] (dxhat[r, i] - 1/5 Sum[k] dxhat[r, k])",
            "1 / (N - 1)":
                "s_a[r, i] = 1 / sigma[r] (dxhat[r, i] - 1/4 Sum[k] dxhat[r, k]"
                " - xhat[r, i] 1/4 Sum[k] dxhat[r, k] xhat[r, k])",
            "scale outside the means":
                "s_a[r, i] = G_n[i] / sigma[r] (s_n[r, i] - 1/5 Sum[k] s_n[r, k]"
                " - xhat[r, i] 1/5 Sum[k] s_n[r, k] xhat[r, k])",
            "sum over rows":
                "s_a[r, i] = 1 / sigma[r] (dxhat[r, i] - 1/2 Sum[k] dxhat[k, i] - xhat[r, i] 1/2 Sum[k] dxhat[k, i])",
        },
    ),
    "layer norm too large to evaluate": (
        "wide layer norm", "adjoint", _WIDE,
        "s_a[r, i] = 1 / sigma[r] (dxhat[r, i] - 1/48 Sum[k] dxhat[r, k]"
        " - xhat[r, i] 1/48 Sum[k] dxhat[r, k] xhat[r, k])",
        {"1/32": "s_a[r, i] = 1 / sigma[r] (dxhat[r, i] - 1/32 Sum[k] dxhat[r, k]"
                 " - xhat[r, i] 1/32 Sum[k] dxhat[r, k] xhat[r, k])"},
    ),
    "layer norm, scale": (
        "layer norm", "gradient", _LAYER, "Gbar_n[i] = Sum[r] s_n[r, i] xhat[r, i]",
        {"not normalised": "Gbar_n[i] = Sum[r] s_n[r, i] x_a[r, i]",
         "mean": "Gbar_n[i] = 1/2 Sum[r] s_n[r, i] xhat[r, i]"},
    ),
    "layer norm, epsilon outside": (
        "layer norm", "inference", _LAYER, "x_n[r, i] = G_n[i] xhat[r, i] + b_n[i]",
        {"outside": "x_n[r, i] = b_n[i]"
                    " + G_n[i] (x_a[r, i] - mu[r]) / (sqrt(1/5 Sum[k] (x_a[r, k] - mu[r])^2) + 1/100000)"},
    ),
    "rms norm": (
        "rms norm", "adjoint", _RMS,
        "s_a[r, i] = 1 / rms[r] (G_n[i] s_n[r, i] - xhat[r, i] 1/5 Sum[k] G_n[k] s_n[r, k] xhat[r, k])",
        {
            "mean missing": "s_a[r, i] = G_n[i] s_n[r, i] / rms[r]",
            "sum for mean":
                "s_a[r, i] = 1 / rms[r] (G_n[i] s_n[r, i] - xhat[r, i] Sum[k] G_n[k] s_n[r, k] xhat[r, k])",
            "layer norm's":
                "s_a[r, i] = 1 / rms[r] (G_n[i] s_n[r, i] - 1/5 Sum[k] G_n[k] s_n[r, k]"
                " - xhat[r, i] 1/5 Sum[k] G_n[k] s_n[r, k] xhat[r, k])",
        },
    ),
    "batch norm, in three lines": (
        "batch norm", "adjoint", _BATCH + _THREE,
        "s_a[n, c] = dxhat[n, c] inv[c] + dvar[c] 2/6 (x_a[n, c] - mu[c]) + 1/6 dmu[c]",
        {
            "2 missing": "s_a[n, c] = dxhat[n, c] inv[c] + dvar[c] 1/6 (x_a[n, c] - mu[c]) + 1/6 dmu[c]",
            "1 / (N - 1)": "s_a[n, c] = dxhat[n, c] inv[c] + dvar[c] 2/5 (x_a[n, c] - mu[c]) + 1/5 dmu[c]",
            "mean's part missing": "s_a[n, c] = dxhat[n, c] inv[c] + dvar[c] 2/6 (x_a[n, c] - mu[c])",
        },
    ),
    "batch norm, closed form": (
        "batch norm", "adjoint", _BATCH,
        "s_a[n, c] = 1/6 G_n[c] inv[c] (6 s_n[n, c] - Sum[m<6] s_n[m, c] - xhat[n, c] Sum[m<6] s_n[m, c] xhat[m, c])",
        {
            "statistics constant": "s_a[n, c] = G_n[c] inv[c] s_n[n, c]",
            "5 for 6": "s_a[n, c] = 1/6 G_n[c] inv[c] (5 s_n[n, c] - Sum[m<6] s_n[m, c]"
                       " - xhat[n, c] Sum[m<6] s_n[m, c] xhat[m, c])",
            "over channels": "s_a[n, c] = 1/3 G_n[c] inv[c] (3 s_n[n, c] - Sum[m<3] s_n[n, m]"
                             " - xhat[n, c] Sum[m<3] s_n[n, m] xhat[n, m])",
        },
    ),
    "softmax, p (g - <p, g>)": (
        "softmax", "adjoint", ("p[r, i] = exp(x_a[r, i]) / Sum[k] exp(x_a[r, k])",),
        "s_a[r, i] = p[r, i] (s_n[r, i] - Sum[k] p[r, k] s_n[r, k])",
        {
            "diagonal only": "s_a[r, i] = p[r, i] (1 - p[r, i]) s_n[r, i]",
            "p missing": "s_a[r, i] = p[r, i] (s_n[r, i] - Sum[k] s_n[r, k])",
            "sign": "s_a[r, i] = p[r, i] (s_n[r, i] + Sum[k] p[r, k] s_n[r, k])",
        },
    ),
    "attention, queries": (
        "attention", "equal", _ATTENTION, "dE/dx_q[i, r] = 1/2 Sum[j] dS[i, j] x_k[j, r]",
        {
            "1 / sqrt(d) missing": "dE/dx_q[i, r] = Sum[j] dS[i, j] x_k[j, r]",
            "transposed": "dE/dx_q[i, r] = 1/2 Sum[j] dS[j, i] x_k[j, r]",
            "P for dS": "dE/dx_q[i, r] = 1/2 Sum[j] P[i, j] dP[i, j] x_k[j, r]",
        },
    ),
    "attention, keys": (
        "attention", "equal", _ATTENTION, "dE/dx_k[j, r] = 1/2 Sum[i] dS[i, j] x_q[i, r]",
        {"transposed": "dE/dx_k[j, r] = 1/2 Sum[i] dS[j, i] x_q[i, r]",
         "1 / d": "dE/dx_k[j, r] = 1/4 Sum[i] dS[i, j] x_q[i, r]"},
    ),
    "attention, values": (
        "attention", "equal", _ATTENTION, "dE/dx_v[j, c] = Sum[i] P[i, j] s_att[i, c]",
        {"transposed": "dE/dx_v[j, c] = Sum[i] P[j, i] s_att[i, c]"},
    ),
    "causal attention, queries": (
        "causal attention", "equal", _CAUSAL, "dE/dx_q[i, r] = 1/2 Sum[j] dS[i, j] x_k[j, r]",
        {"1 / sqrt(d) missing": "dE/dx_q[i, r] = Sum[j] dS[i, j] x_k[j, r]"},
    ),
    "causal attention without its mask": (
        "causal attention", "equal", _CAUSAL, "dE/dx_v[j, c] = Sum[i] P[i, j] s_att[i, c]",
        {"unmasked": "dE/dx_v[j, c] = Sum[i] exp(S[i, j]) / (Sum[k] exp(S[i, k])) s_att[i, c]"},
    ),
    "masked attention, keys": (
        "masked attention", "equal", _MASKED, "dE/dx_k[j, r] = 1/2 Sum[i] dS[i, j] x_q[i, r]",
        {"mask forgotten": "dE/dx_k[j, r] = 1/2 Sum[i] exp(1/2 Sum[r] x_q[i, r] x_k[j, r]) dP[i, j] x_q[i, r]"},
    ),
    "cross-entropy, p - y": (
        "cross-entropy", "sensitivity", (), "s_a[i] = exp(x_a[i]) / (Sum[k] exp(x_a[k])) Sum[k] y[k] - y[i]",
        {"targets that sum to 1": "s_a[i] = exp(x_a[i]) / (Sum[k] exp(x_a[k])) - y[i]"},
    ),
    "classes, p - [i = y]": (
        "classes", "sensitivity", (), "s_a[i] = exp(x_a[i]) / (Sum[k] exp(x_a[k])) - [i = y]",
        {"class 0": "s_a[i] = exp(x_a[i]) / (Sum[k] exp(x_a[k])) - [i = 0]",
         "sign": "s_a[i] = [i = y] - exp(x_a[i] - lse)"},
    ),
}  # fmt: skip

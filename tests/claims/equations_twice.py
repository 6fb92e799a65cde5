"""Forty equations of books, each between entries and between whole tensors; with test_matrix's twenty-one: sixty-one.

Those that are false hold the slips of matrix notation: a transpose forgotten or added, a product entry by entry for one
of matrices, factors in the other order, rows for columns.
"""

from __future__ import annotations

_FLASH = {
    "entries": ("dP[i, j] = Sum[c] dO[i, c] V[j, c]", "D[i] = Sum[c] dO[i, c] O[i, c]"),
    "whole": ("dP = dO V^T", "D = (dO .* O) ones"),
}

TWICE = [
    ("mlp", "z_1[i] = Sum[j] W_1[i, j] x[j] + b_1[i]", "z_1 = W_1 x + b_1", True),
    ("mlp", "dC/dh_1[j] = Sum[i] W_2[i, j] delta_2[i]", "dC/dh_1 = W_2^T delta_2", True),
    ("mlp", "dC/dh_1[j] = Sum[i] W_2[j, i] delta_2[i]", "dC/dh_1 = W_2 delta_2", False),
    ("mlp", "dC/dW_2[i, j] = delta_2[i] h_1[j]", "dC/dW_2 = delta_2 h_1^T", True),
    ("mlp", "dC/dW_2[i, j] = h_1[i] delta_2[j]", "dC/dW_2 = h_1 delta_2^T", False),
    ("mlp", "dC/dW_2[i, j] = delta_2[i] h_2[j]", "dC/dW_2 = delta_2 h_2^T", False),
    ("mlp", "delta_2[i] = dC/dh_2[i] (1 - h_2[i]^2)", "delta_2 = diag(1 - h_2^2) dC/dh_2", True),
    ("mlp", "delta_2[i] = dC/dh_2[i] (1 - h_1[i]^2)", "delta_2 = dC/dh_2 .* (1 - h_1^2)", False),
    ("mlp", "dC/dx[j] = Sum[i] W_1[i, j] (1 - h_1[i]^2) Sum[k] W_2[k, i] delta_2[k]",
     "dC/dx = W_1^T diag(1 - h_1^2) W_2^T delta_2", True),
    ("mlp", "dC/dx[j] = Sum[i] W_1[i, j] (1 - h_1[i]^2) Sum[k] W_2[i, k] delta_2[k]",
     "dC/dx = W_1^T diag(1 - h_1^2) W_2 delta_2", False),
    ("mlp", "C = 1/2 Sum[i] (o[i] - y[i])^2", "C = 1/2 norm(o - y)^2", True),
    ("mlp", "Sum[i] (Sum[j] W_2[i, j] h_1[j])^2 = Sum[i, j] h_1[i] h_1[j] Sum[k] W_2[k, i] W_2[k, j]",
     "norm(W_2 h_1)^2 = h_1^T W_2^T W_2 h_1", True),
    ("mlp", "Sum[i] (Sum[j] W_2[i, j] h_1[j])^2 = Sum[i, j] h_1[i] W_2[j, i] W_2[i, j] h_1[j]",
     "norm(W_2 h_1)^2 = h_1^T (W_2^T .* W_2) h_1", False),
    ("mlp", "Sum[i] (Sum[j] W_2[i, j] h_1[j])^2 = Sum[i, j] h_1[i] h_1[j] Sum[k] W_2[i, k] W_2[j, k]",
     "norm(W_2 h_1)^2 = h_1^T W_2 W_2^T h_1", False),
    ("mlp", "Sum[i, j] W_2[i, j]^2 = Sum[i] Sum[k] W_2[k, i] W_2[k, i]", "norm(W_2)^2 = trace(W_2^T W_2)", True),
    ("mlp", "Sum[i, j] W_2[i, j]^2 = Sum[i] W_2[i, i]^2", "norm(W_2)^2 = trace(W_2 .* W_2)", False),
    ("softmax", "dL/do[i] = exp(o[i]) / Sum[k] exp(o[k]) - y[i]", "dL/do = softmax(o) - y", True),
    ("softmax", "dL/do[i] = exp(o[i]) / Sum[k] exp(o[k]) (1 - y[i])", "dL/do = softmax(o) .* (1 - y)", False),
    ("softmax", "dL/dV[i, j] = dL/do[i] h[j]", "dL/dV = dL/do h^T", True),
    ("softmax", "dL/db[j] = relu'(a[j]) Sum[i] V[i, j] dL/do[i]", "dL/db = relu'(a) .* (V^T dL/do)", True),
    ("softmax", "dL/db[j] = relu'(a[j]) Sum[i] V[i, j] (dL/do[i])^2",
     "dL/db = relu'(a) .* (V^T (dL/do .* dL/do))", False),
    ("softmax layer", "dp[i]/dz[j] = p[i] (delta[i, j] - p[j])", "dp/dz = diag(p) - p p^T", True),
    ("softmax layer", "dp[i]/dz[j] = p[i] (delta[i, j] - 1)", "dp/dz = diag(p) - p ones^T", False),
    ("regression", "dC/dW[i, j] = Sum[n] X[n, i] (Sum[k] X[n, k] W[k, j] - Y[n, j])", "dC/dW = X^T (X W - Y)", True),
    ("regression", "dC/dX[n, i] = Sum[j] (Sum[k] X[n, k] W[k, j] - Y[n, j]) W[i, j]", "dC/dX = (X W - Y) W^T", True),
    ("regression", "dC/dW[i, j] = 1/5 Sum[n] X[n, i] (Sum[k] X[n, k] W[k, j] - Y[n, j])",
     "dC/dW = 1/5 X^T (X W - Y)", False),
    ("batch", "dC/dW_1[i, j] = Sum[n] Delta[n, i] X[n, j]", "dC/dW_1 = Delta^T X", True),
    ("batch", "dC/db_1[i] = Sum[n] Delta[n, i]", "dC/db_1 = Delta^T ones", True),
    ("batch", "dC/dW_1[i, j] = Sum[n] Delta[n, i]", "dC/dW_1 = Delta^T ones ones^T", False),
    ("residual", "dC/dx[j] = dC/dh[j] + Sum[i] W[i, j] (1 - f[i]^2) dC/dh[i]",
     "dC/dx = (I + W^T diag(1 - f^2)) dC/dh", True),
    ("residual", "dC/dx[j] = dC/dh[j] + Sum[i] W[j, i] (1 - f[i]^2) dC/dh[i]",
     "dC/dx = (I + W diag(1 - f^2)) dC/dh", False),
    ("residual", "dh[i]/dx[j] = delta[i, j] + (1 - f[i]^2) W[i, j]", "dh/dx = I + diag(1 - f^2) W", True),
    ("residual", "dh[i]/dx[j] = delta[i, j] + W[i, j] (1 - f[j]^2)", "dh/dx = I + W diag(1 - f^2)", False),
    ("gated", "dC/dW_g[i, j] = dC/dm[i] v[i] g[i] (1 - g[i]) x[j]", "dC/dW_g = (dC/dm .* v .* g .* (1 - g)) x^T", True),
    ("gated", "dC/dV[i, j] = x[i] dC/dm[j] g[j]", "dC/dV = x (dC/dm .* g)^T", False),
    ("attention", "S[i, j] = 1/2 Sum[r] Q[i, r] K[j, r]", "S = 1/2 Q K^T", True),
    ("attention", "S[i, j] = 1/2 Sum[r] Q[j, r] K[i, r]", "S = 1/2 K Q^T", False),
    ("attention", "dC/dQ[i, r] = 1/2 Sum[j] P[i, j] (dP[i, j] - D[i]) K[j, r]",
     "dC/dQ = 1/2 (P .* (dP - D ones^T)) K", True, _FLASH),
    ("attention", "dC/dQ[i, r] = 1/2 Sum[j] P[i, j] (dP[i, j] - D[j]) K[j, r]",
     "dC/dQ = 1/2 (P .* (dP - ones D^T)) K", False, _FLASH),
    ("named", "dC/dW[i, j] = (1 - h[i]^2) (Sum[k] V[k, i] (o[k] - y[k])) x[j]",
     "dC/dW = diag(1 - h^2) V^T (o - y) x^T", True),
]  # fmt: skip

MISFITS = [
    ("mlp", "z_1 = W_1^T x + b_1", "the first one transposed would fit|3 is not 4|4 is not 3"),
    ("mlp", "dC/dh_2 = W_3 (o - y)", "the first one transposed would fit"),
    ("mlp", "dC/dW_3 = h_2 (o - y)^T", "transposed they would fit"),
    ("mlp", "z_1 = W_1 .* x + b_1", "product entry by entry of other shapes"),
    ("regression", "dC/dW = (X W - Y)^T X", "transposed they would fit"),
    ("regression", "dC/dW = X .* (X W - Y)", "product entry by entry of other shapes"),
    ("regression", "dC/dW = X (X W - Y)", "3 is not 5; the first one transposed would fit"),
    ("batch", "dC/dW_1 = Delta X^T", "is not"),
    ("attention", "dC/dV = P .* dO", "product entry by entry of other shapes"),
    ("attention", "S = 1/2 Q K", "4 is not 3; the first one transposed would fit"),
    ("attention", "S = 1/2 Q^T K", "other shapes"),
    ("gated", "dC/dW_g = x^T (dC/dm .* v .* g .* (1 - g))", "number|other shapes|needs 2 indices"),
]
"""A wrong transpose, a product entry by entry for one of matrices, the other layout: where shapes do not fit."""

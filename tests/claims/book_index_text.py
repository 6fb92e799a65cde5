"""Fifty claims of books in index notation, as text: a true one and a slip in it, of one network each."""

from __future__ import annotations

_ROW = ("rstd = 1 / sqrt(var + 0.00001)", "xhat[i] = (x[i] - mu) rstd", "g[i] = dC/do[i] gamma[i]")
_COLUMNS = (
    "rstd[c] = 1 / sqrt(v_n[c] + 0.00001)", "xhat[n, c] = (X[n, c] - m_n[c]) rstd[c]",
)  # fmt: skip
_RMS = ("rms = sqrt(1/4 Sum[j] x[j]^2 + eps)", "g[i] = dC/do[i] gamma[i]")
_SCORES = ("dP[i, j] = Sum[c] dO[i, c] V[j, c]", "dS[i, j] = P[i, j] (dP[i, j] - Sum[k] P[i, k] dP[i, k])")

PAIRS = [
    ("classes", {}, "dL/df[i] = exp(f[i]) / Sum[k] exp(f[k]) - [i = y]",
     "dL/df[i] = exp(f[i]) / Sum[k] exp(f[k]) + [i = y]"),
    ("classes", {}, "L = -f[y] + log(Sum[j] exp(f[j]))", "L = f[y] + log(Sum[j] exp(f[j]))"),
    ("classes", {}, "dL/dW[i, j] = (softmax(f)[i] - [y = i]) x[j]", "dL/dW[i, j] = softmax(f)[i] x[j]"),
    ("logistic", {}, "dL/dw[j] = (sigmoid(z) - y) x[j]", "dL/dw[j] = (sigmoid(z) - y) sigmoid'(z) x[j]"),
    ("logistic", {}, "L = -y log(sigmoid(z)) - (1 - y) log(1 - sigmoid(z))",
     "L = -y log(sigmoid(z)) + (1 - y) log(1 - sigmoid(z))"),
    ("layer norm", {}, "mu = 1/4 Sum[i] x[i]", "mu = 1/3 Sum[i] x[i]"),
    ("layer norm", {}, "var = 1/4 Sum[i] x[i]^2 - mu^2", "var = 1/4 Sum[i] x[i]^2 + mu^2"),
    ("layer norm", {"definitions": _ROW},
     "dC/dx[i] = rstd (g[i] - 1/4 Sum[j] g[j] - xhat[i] 1/4 Sum[j] g[j] xhat[j])",
     "dC/dx[i] = rstd (g[i] - 1/4 Sum[j] g[j] - 1/4 Sum[j] g[j] xhat[j])"),
    ("batch norm", {"definitions": _COLUMNS}, "dC/dGamma[c] = Sum[n] dC/dOut[n, c] xhat[n, c]",
     "dC/dGamma[c] = 1/6 Sum[n] dC/dOut[n, c] xhat[n, c]"),
    ("batch norm", {"definitions": _COLUMNS},
     "dC/dX[n, c] = 1/6 Gamma[c] rstd[c] (6 dC/dOut[n, c] - Sum[m] dC/dOut[m, c] - xhat[n, c] Sum[m] dC/dOut[m, c]"
     " xhat[m, c])",
     "dC/dX[n, c] = 1/6 Gamma[c] rstd[c] (6 dC/dOut[n, c] - Sum[m] dC/dOut[m, c] + xhat[n, c] Sum[m] dC/dOut[m, c]"
     " xhat[m, c])"),
    ("rms norm", {}, "o[i] = gamma[i] x[i] / sqrt(1/4 Sum[j] x[j]^2 + eps)",
     "o[i] = gamma[i] x[i] / sqrt(Sum[j] x[j]^2 + eps)"),
    ("rms norm", {"definitions": _RMS}, "dC/dx[i] = g[i] / rms - x[i] (1/4 Sum[j] g[j] x[j]) / rms^3",
     "dC/dx[i] = g[i] / rms - x[i] (1/4 Sum[j] g[j] x[j]) / rms^2"),
    ("conv", {}, "z[f, i] = Sum[c] Sum[u] K[f, c, u] x[c, i + u] + b[f]",
     "z[f, i] = Sum[c] Sum[u] K[f, c, u] x[c, i - u + 2] + b[f]"),
    ("conv", {}, "dC/dK[f, c, u] = Sum[i] delta[f, i] x[c, i + u]",
     "dC/dK[f, c, u] = Sum[i<2] delta[f, i] x[c, i + u]"),
    ("conv", {}, "dC/dx[c, p] = Sum[f] Sum[u] [0 <= p - u < 3] K[f, c, u] delta[f, p - u]",
     "dC/dx[c, p] = Sum[f] Sum[u] [0 <= p - u < 3] K[f, c, 2 - u] delta[f, p - u]"),
    ("strided conv", {}, "z[f, i, j] = Sum[c, u, v] K[f, c, u, v] x[c, 2 i + u, 2 j + v] + b[f]",
     "z[f, i, j] = Sum[c, u, v] K[f, c, u, v] x[c, i + u, j + v] + b[f]"),
    ("max pool", {}, "p[c, i] = max(x[c, 2 i], x[c, 2 i + 1])", "p[c, i] = min(x[c, 2 i], x[c, 2 i + 1])"),
    ("max pool", {}, "dC/dx[0, 2 i + 1] = dC/dp[0, i] [x[0, 2 i + 1] > x[0, 2 i]]",
     "dC/dx[0, 2 i + 1] = dC/dp[0, i] [x[0, 2 i + 1] >= x[0, 2 i]]"),
    ("embedding", {}, "dC/dM[v, c] = Sum[t] [w[t] = v] dC/de[t, c]", "dC/dM[v, c] = [w[0] = v] dC/de[0, c]"),
    ("mean pool", {}, "p[c, i] = (x[c, 2 i] + x[c, 2 i + 1]) / 2", "p[c, i] = x[c, 2 i] + x[c, 2 i + 1]"),
    ("mean pool", {}, "dC/dx[c, i] = 1/2 dC/dp[c, floor(i / 2)]", "dC/dx[c, i] = dC/dp[c, floor(i / 2)]"),
    ("attention", {"definitions": _SCORES}, "dC/dQ[i, r] = 1/2 Sum[j] dS[i, j] K[j, r]",
     "dC/dQ[i, r] = 1/2 Sum[j] dS[j, i] K[j, r]"),
    ("causal attention", {}, "P[i, j] = [j <= i] exp(S[i, j]) / Sum[k<=i] exp(S[i, k])",
     "P[i, j] = [j <= i] exp(S[i, j]) / Sum[k] exp(S[i, k])"),
    ("ridge", {"kind": "descent"}, "W[i, j] <- W[i, j] - eta (delta[i] x[j] + 1/2 W[i, j])",
     "W[i, j] <- W[i, j] - eta delta[i] x[j]"),
    ("named", {}, "dC/dW[i, j] = Sum[k] (o[k] - y[k]) V[k, i] (1 - h[i]^2) x[j]",
     "dC/dW[i, j] = Sum[k] (o[k] - y[k]) V[k, i] (1 - h[i]) x[j]"),
]  # fmt: skip

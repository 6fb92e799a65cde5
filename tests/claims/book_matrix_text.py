"""Fifty claims of books in matrix notation, as text: a true one and a slip in it, of one network each."""

from __future__ import annotations

_SCORES = ("p = softmax(o)",)
_FLASH = ("dP = dO V^T", "D = (dO .* O) ones", "dS = P .* (dP - D ones^T)")

PAIRS = [
    ("mlp", {}, "z_1 = W_1 x + b_1", "z_1 = W_1 x - b_1"),
    ("mlp", {}, "delta_1 = (W_2^T delta_2) .* (1 - h_1 .* h_1)", "delta_1 = (W_2 delta_2) .* (1 - h_1 .* h_1)"),
    ("mlp", {}, "dC/dW_2 = delta_2 h_1^T", "dC/dW_2 = h_1 delta_2^T"),
    ("mlp", {}, "dC/dx = W_1^T diag(1 - h_1^2) W_2^T diag(1 - h_2^2) W_3^T (o - y)",
     "dC/dx = W_1^T diag(1 - h_1^2) W_2^T diag(1 - h_1^2) W_3^T (o - y)"),
    ("mlp", {}, "C = 1/2 norm(W_3 h_2 + b_3 - y)^2", "C = 1/2 norm(W_3 h_2 + b_3 - y)"),
    ("softmax", {}, "dL/do = softmax(o) - y", "dL/do = y - softmax(o)"),
    ("softmax", {"definitions": _SCORES}, "dL/dV = (p - y) h^T", "dL/dV = (p - y) a^T"),
    ("softmax", {}, "dL/dh = V^T (softmax(o) - y)", "dL/dh = V^T softmax(o)"),
    ("softmax", {}, "L = log(sum(exp(o))) - dot(y, o)", "L = log(sum(exp(o))) - sum(o)"),
    ("softmax", {"definitions": _SCORES}, "dL/db = relu'(a) .* (V^T (p - y))", "dL/db = relu(a) .* (V^T (p - y))"),
    ("regression", {}, "dC/dW = X^T (X W - Y)", "dC/dW = X^T (Y - X W)"),
    ("regression", {}, "dC/dX = (X W - Y) W^T", "dC/dX = (X W - Y) W^T W W^T"),
    ("regression", {}, "C = 1/2 trace((X W - Y)^T (X W - Y))", "C = trace((X W - Y)^T (X W - Y))"),
    ("batch", {}, "dC/dW_1 = Delta^T X", "dC/dW_1 = 1/3 Delta^T X"),
    ("batch", {}, "dC/db_1 = Delta^T ones", "dC/db_1 = Delta^T ones + b_1"),
    ("batch", {"definitions": ("P = softmax(O)",)}, "dC/dH = (P - Y) W_2", "dC/dH = (P + Y) W_2"),
    ("attention", {}, "dC/dV = P^T dO", "dC/dV = P dO"),
    ("attention", {"definitions": _FLASH}, "dC/dQ = dS K / sqrt(d_k)", "dC/dQ = dS K"),
    ("attention", {"definitions": _FLASH}, "dC/dK = 1/2 dS^T Q", "dC/dK = 1/2 dS Q"),
    ("residual", {}, "dC/dx = dC/dh + W^T (dC/dh .* (1 - f^2))", "dC/dx = W^T (dC/dh .* (1 - f^2))"),
    ("gated", {}, "dC/dW_g = (dC/dm .* v .* g .* (1 - g)) x^T", "dC/dW_g = (dC/dm .* g .* (1 - g)) x^T"),
    ("tied", {}, "dC/dW = X^T (O - Y) W + (O - Y)^T H", "dC/dW = X^T (O - Y) W"),
    ("named", {}, "dC/dW = (V^T (o - y) .* (1 - tanh(a)^2)) x^T", "dC/dW = (V^T (o - y) .* (1 + tanh(a)^2)) x^T"),
    ("ridge", {}, "dE/dW = delta x^T + 1/2 W", "dE/dW = delta x^T + W"),
    ("chain", {}, "delta^3 = (a^3 - y) .* sigma'(z^3)", "delta^3 = a^3 - y"),
]  # fmt: skip

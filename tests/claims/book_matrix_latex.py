"""Fifty claims of books in matrix notation, in LaTeX: a true one and a slip in it, of one network each."""

from __future__ import annotations

PAIRS = [
    ("mlp", {}, r"\nabla_{W_3} C = (\hat{y} - y) h_2^\top", r"\nabla_{W_3} C = (y - \hat{y}) h_2^\top"),
    ("mlp", {}, r"\frac{\partial C}{\partial h_1} = W_2^\top \left( \frac{\partial C}{\partial h_2} \odot"
     r" \left( 1 - h_2 \odot h_2 \right) \right)",
     r"\frac{\partial C}{\partial h_1} = W_2^\top \frac{\partial C}{\partial h_2} \odot \left( 1 - h_1 \odot h_1"
     r" \right)"),
    ("mlp", {}, r"\frac{\partial h_2}{\partial h_1} = \mathrm{diag}(1 - h_2^2) W_2",
     r"\frac{\partial h_2}{\partial h_1} = W_2 \, \mathrm{diag}(1 - h_2^2)"),
    ("mlp", {}, r"h_2 = \tanh(W_2 \tanh(W_1 x + b_1) + b_2)", r"h_2 = \tanh(W_2 \tanh(W_1 x) + b_2)"),
    ("mlp", {}, r"C = \frac{1}{2} (\hat{y} - y)^\top (\hat{y} - y)",
     r"C = \frac{1}{2} \hat{y}^\top \hat{y} - \hat{y}^\top y"),
    ("mlp", {}, r"\frac{\partial C}{\partial x} = W_1^\top \delta_1", r"\frac{\partial C}{\partial x} = W_1^\top h_1"),
    ("softmax layer", {}, r"\frac{\partial p}{\partial z} = \operatorname{diag}(p) - p p^\top",
     r"\frac{\partial p}{\partial z} = \operatorname{diag}(p) + p p^\top"),
    ("softmax", {}, r"\nabla_V L = (\operatorname{softmax}(o) - y) h^\top",
     r"\nabla_V L = (y - \operatorname{softmax}(o)) h^\top"),
    ("softmax", {}, r"L = - y^\top \log(\operatorname{softmax}(o))", r"L = - y^\top \operatorname{softmax}(o)"),
    ("softmax", {}, r"h = \max(0, W x + b)", r"h = \max(0, W x)"),
    ("regression", {}, r"\frac{\partial C}{\partial W} = X^\top X W - X^\top Y",
     r"\frac{\partial C}{\partial W} = X^\top X W + X^\top Y"),
    ("regression", {}, r"C = \frac{1}{2} \lVert X W - Y \rVert_F^2", r"C = \frac{1}{2} \lVert X W - Y \rVert_F"),
    ("batch", {}, r"\frac{\partial C}{\partial W_1} = \left( \frac{\partial C}{\partial H} \odot (1 - H \odot H)"
     r" \right)^\top X",
     r"\frac{\partial C}{\partial W_1} = \left( \frac{\partial C}{\partial H} \odot (1 - H) \right)^\top X"),
    ("batch", {}, r"O = H W_2^\top + \mathbf{1} b_2^\top", r"O = H W_2^\top - \mathbf{1} b_2^\top"),
    ("attention", {}, r"O = \operatorname{softmax}\left( \frac{Q K^\top}{\sqrt{d_k}} \right) V",
     r"O = \operatorname{softmax}\left( Q K^\top \right) V"),
    ("attention", {}, r"S = \frac{1}{\sqrt{d_k}} Q K^\top", r"S = \frac{1}{d_k} Q K^\top"),
    ("attention", {}, r"\frac{\partial C}{\partial V} = P^\top \frac{\partial C}{\partial O}",
     r"\frac{\partial C}{\partial V} = P \frac{\partial C}{\partial O}"),
    ("residual", {}, r"\frac{\partial C}{\partial x} = \left( I + W^\top \operatorname{diag}(1 - f^2) \right)"
     r" \frac{\partial C}{\partial h}",
     r"\frac{\partial C}{\partial x} = \left( I + \operatorname{diag}(1 - f^2) W \right)"
     r" \frac{\partial C}{\partial h}"),
    ("residual", {}, r"\frac{\partial h}{\partial x} = I + \operatorname{diag}(1 - f \odot f) W",
     r"\frac{\partial h}{\partial x} = \operatorname{diag}(1 - f \odot f) W"),
    ("gated", {}, r"m = \sigma(W_g x + b_g) \odot (V x + c)", r"m = \sigma(W_g x + b_g) \odot \sigma(V x + c)"),
    ("gated", {}, r"\frac{\partial C}{\partial x} = W_g^\top \left( \frac{\partial C}{\partial m} \odot v \odot g"
     r" \odot (1 - g) \right) + V^\top \left( \frac{\partial C}{\partial m} \odot g \right)",
     r"\frac{\partial C}{\partial x} = W_g^\top \left( \frac{\partial C}{\partial m} \odot v \odot g"
     r" \odot (1 - g) \right) + V^\top \left( \frac{\partial C}{\partial m} \odot v \right)"),
    ("lstm", {}, r"\frac{\partial C}{\partial f_t} = \frac{\partial C}{\partial c_t} \odot c_{t-1}",
     r"\frac{\partial C}{\partial f_t} = \frac{\partial C}{\partial c_t} \odot c_t"),
    ("rnn", {}, r"\frac{\partial C}{\partial h_1} = U^\top \operatorname{diag}(1 - h_2^2)"
     r" \frac{\partial C}{\partial h_2}",
     r"\frac{\partial C}{\partial h_1} = U \operatorname{diag}(1 - h_2^2) \frac{\partial C}{\partial h_2}"),
    ("rnn", {}, r"\frac{\partial C}{\partial U} = \delta_1 h_0^\top + \delta_2 h_1^\top",
     r"\frac{\partial C}{\partial U} = \delta_1 h_0^\top + \delta_2 h_0^\top"),
    ("chain", {}, r"\frac{\partial C}{\partial w^l} = \delta^l (a^{l-1})^\top",
     r"\frac{\partial C}{\partial w^2} = a^1 (\delta^2)^\top"),
]  # fmt: skip

"""Fifty claims of books in index notation, in LaTeX: a true one and a slip in it, of one network each."""

from __future__ import annotations

_NORMED = (r"\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}",)
_COUNTED = {"first": 1}

PAIRS = [
    ("chain", {}, r"\delta^l_j = \sum_k w^{l+1}_{kj} \delta^{l+1}_k \sigma'(z^l_j)",
     r"\delta^l_j = \sum_k w^{l+1}_{jk} \delta^{l+1}_k \sigma'(z^l_j)"),
    ("chain", {}, r"\frac{\partial C}{\partial w^l_{jk}} = \frac{\partial C}{\partial z^l_j} a^{l-1}_k",
     r"\frac{\partial C}{\partial w^2_{jk}} = \frac{\partial C}{\partial z^2_j} a^{2}_k"),
    ("chain", {}, r"C = \frac{1}{2} \sum_{j=1}^{2} (a^3_j - y_j)^2", r"C = \sum_{j=1}^{2} (a^3_j - y_j)^2"),
    ("mlp", {}, r"\frac{\partial C}{\partial g_i} = \sum_k (o_k - y_k) W_{ki}",
     r"\frac{\partial C}{\partial g_i} = \sum_k (o_k - y_k) W_{ik}"),
    ("mlp", {}, r"\frac{\partial C}{\partial V_{ij}} = \sum_k (o_k - y_k) W_{ki} (1 - g_i^2) h_j",
     r"\frac{\partial C}{\partial V_{ij}} = \sum_k (o_k - y_k) W_{ki} (1 - h_i^2) h_j"),
    ("softmax", {}, r"\frac{\partial L}{\partial o_i} = \frac{e^{o_i}}{\sum_j e^{o_j}} - y_i",
     r"\frac{\partial L}{\partial o_i} = \frac{e^{o_i}}{\sum_j e^{o_j}} + y_i"),
    ("softmax", {}, r"L = - \sum_i y_i \log \frac{e^{o_i}}{\sum_j e^{o_j}}",
     r"L = - \sum_i y_i \frac{e^{o_i}}{\sum_j e^{o_j}}"),
    ("softmax layer", {}, r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)",
     r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_i)"),
    ("classes", {"definitions": (r"p_k = \frac{e^{f_k}}{\sum_j e^{f_j}}",)},
     r"\frac{\partial L}{\partial f_k} = p_k - \mathbb{1}(y = k)", r"\frac{\partial L}{\partial f_k} = p_k"),
    ("logistic", {}, r"\frac{\partial L}{\partial b} = \frac{1}{1 + e^{-z}} - y",
     r"\frac{\partial L}{\partial b} = \frac{1}{1 + e^{z}} - y"),
    ("layer norm", {}, r"o_i = \gamma_i \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta_i",
     r"o_i = \gamma_i \frac{x_i - \mu}{\sigma^2 + \epsilon} + \beta_i"),
    ("layer norm", {}, r"\sigma^2 = \frac{1}{4} \sum_i (x_i - \mu)^2", r"\sigma^2 = \frac{1}{3} \sum_i (x_i - \mu)^2"),
    ("layer norm", {}, r"\sum_i \frac{\partial C}{\partial x_i} = 0",
     r"\sum_i x_i \frac{\partial C}{\partial x_i} = 0"),
    ("batch norm", _COUNTED, r"\mu = \frac{1}{6} \sum_{i=1}^{6} x_i", r"\mu = \frac{1}{6} \sum_{i=1}^{5} x_i"),
    ("batch norm", {"definitions": _NORMED},
     r"\frac{\partial C}{\partial \gamma} = \sum_i \frac{\partial C}{\partial o_i} \hat{x}_i",
     r"\frac{\partial C}{\partial \gamma} = \sum_i \frac{\partial C}{\partial o_i} x_i"),
    ("attention", {}, r"P_{ij} = \frac{\exp(S_{ij})}{\sum_k \exp(S_{ik})}",
     r"P_{ij} = \frac{\exp(S_{ij})}{\sum_k \exp(S_{kj})}"),
    ("attention", {}, r"\frac{\partial C}{\partial V_{jc}} = \sum_i P_{ij} \frac{\partial C}{\partial O_{ic}}",
     r"\frac{\partial C}{\partial V_{jc}} = \sum_i P_{ji} \frac{\partial C}{\partial O_{ic}}"),
    ("causal attention", {}, r"O_{ic} = \sum_{j \le i} P_{ij} V_{jc}", r"O_{ic} = \sum_{j < i} P_{ij} V_{jc}"),
    ("conv", {}, r"\frac{\partial C}{\partial b_f} = \sum_i \delta_{fi}",
     r"\frac{\partial C}{\partial b_f} = \frac{1}{3} \sum_i \delta_{fi}"),
    ("conv", {}, r"z_{fi} = \sum_c \sum_{u=0}^{2} K_{fcu} x_{c,i+u} + b_f",
     r"z_{fi} = \sum_c \sum_{u=0}^{1} K_{fcu} x_{c,i+u} + b_f"),
    ("max pool", {}, r"p_{ci} = \max(x_{c,2i}, x_{c,2i+1})", r"p_{ci} = \max(x_{c,i}, x_{c,i+1})"),
    ("residual", {}, r"\frac{\partial C}{\partial x_j} = \frac{\partial C}{\partial h_j} + \sum_i"
     r" \frac{\partial C}{\partial h_i} (1 - f_i^2) W_{ij}",
     r"\frac{\partial C}{\partial x_j} = \frac{\partial C}{\partial h_j} + \sum_i"
     r" \frac{\partial C}{\partial h_i} (1 - f_i^2) W_{ji}"),
    ("gated", {}, r"\frac{\partial C}{\partial v_i} = \frac{\partial C}{\partial m_i} g_i",
     r"\frac{\partial C}{\partial v_i} = \frac{\partial C}{\partial m_i} v_i"),
    ("named", _COUNTED, r"\frac{1}{n} \sum_{i=1}^{n} \left( h_i - \frac{1}{n} \sum_{j=1}^{n} h_j \right) = 0",
     r"\frac{1}{n} \sum_{i=1}^{n} \left( h_i - \sum_{j=1}^{n} h_j \right) = 0"),
    ("ridge", {}, r"E = C + \frac{1}{4} \left( \sum_{ij} W_{ij}^2 + \sum_{ij} V_{ij}^2 + \sum_i b_i^2"
     r" + \sum_i c_i^2 \right)",
     r"E = C + \frac{1}{2} \left( \sum_{ij} W_{ij}^2 + \sum_{ij} V_{ij}^2 + \sum_i b_i^2 + \sum_i c_i^2 \right)"),
]  # fmt: skip

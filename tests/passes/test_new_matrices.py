"""A Jacobian by diagflat, as softmax layers have it in NumPy, and new arrays of the type of a tensor."""

import pytest
from passes.decided import PROVED, REFUSED, REFUTED, decided

SOFTMAX = """import numpy as np


def f_forward(x: "n k"):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def f_backward(g, cache):
    dx = np.empty_like(g)
    for i, (p, d) in enumerate(zip(cache, g)):
        p = p.reshape(-1, 1)
        dx[i] = np.dot({jacobian}, d)
    return dx
"""


@pytest.mark.parametrize(
    ("jacobian", "verdict"),
    [
        ("np.diagflat(p) - np.dot(p, p.T)", PROVED),
        ("np.diagflat(p) + np.dot(p, p.T)", REFUTED),
        ("np.diagflat(p ** 2) - np.dot(p, p.T)", REFUTED),
        ("np.diagflat(p, 0) - np.dot(p, p.T)", REFUSED),
    ],
)
def test_the_jacobian_of_softmax(tmp_path, jacobian, verdict):
    assert decided(tmp_path, SOFTMAX.format(jacobian=jacobian)) is verdict


def test_of_a_matrix_all_entries(tmp_path):
    text = (
        "import numpy as np\n\n\ndef f_forward(x: '2 3'):\n    return np.diagflat(x), x\n\n\n"
        "def f_backward(g, x):\n    return np.diag(g).reshape({})\n"
    )
    assert decided(tmp_path, text.format("x.shape")) is PROVED
    assert decided(tmp_path, text.format("3, 2).T")) is not PROVED


FIRST_COLUMN = """import torch


class f(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: "n d"):
        ctx.shape = x.shape
        return x[:, 0]

    @staticmethod
    def backward(ctx, g):
        dx = {new}
        dx[:, {column}] = g
        return dx
"""


@pytest.mark.parametrize(
    ("new", "column", "verdict"),
    [
        ("g.new_zeros(ctx.shape)", "0", PROVED),
        ("g.new_zeros(ctx.shape[0], ctx.shape[1])", "0", PROVED),
        ("g.new_zeros(*ctx.shape)", "0", PROVED),
        ("g.new_zeros(ctx.shape)", "-1", REFUTED),
        ("g.new_ones(ctx.shape)", "0", REFUTED),
        ("(g > 0).new_zeros(ctx.shape)", "0", REFUSED),
    ],
)
def test_new_arrays_of_pytorch(tmp_path, new, column, verdict):
    assert decided(tmp_path, FIRST_COLUMN.format(new=new, column=column)) is verdict

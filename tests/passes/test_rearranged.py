"""flip, roll, pad, split, repeat, tile, triu, cumsum and the like: what NumPy computes, and pairs made of them."""

import numpy as np
import pytest
from passes.executed import computed_and_read
from passes.near_misses import told_apart
from passes.test_subset import HEAD

from dyadic.symbolic.readers.python_code import CodeError, CodeFile

BODIES = [
    "np.flip(x)", "np.flip(x, 1) + np.flip(y, axis=(0,))", "np.fliplr(x) * np.flipud(y)", "x[::-1]", "x[:, ::-1] @ y[2:0:-1].T",
    "np.roll(x, 1)", "np.roll(x, -3)", "np.roll(x, 2, axis=1)", "np.roll(x, (1, -1), axis=(0, 1))", "np.roll(x, 5, 0)",
    "np.repeat(x, 2)", "np.repeat(x, 2, axis=1)", "x.repeat(3, axis=0)", "np.repeat(x.mean(axis=1, keepdims=True), 4, axis=1) * y",
    "np.tile(x, 2)", "np.tile(x, (2, 1))", "np.tile(x[0], (3, 1)) + y", "np.tile(x, (2, 1, 1))", "np.tile(x[0], 2)",
    "np.triu(x)", "np.triu(x, 1)", "np.triu(x, -1)", "np.tril(x)", "np.tril(x, 2)", "np.tril(x, k=-2)",
    "np.tril(np.ones((2, 3, 4)))", "np.triu(x, 9)", "np.tril(x, 9)", "np.triu(x, -9)", "np.tril(x, -9)",
    "np.cumsum(x)", "np.cumsum(x, axis=0)", "x.cumsum(axis=-1)", "np.cumsum(x[:, ::-1], axis=1)[:, ::-1]",
    "np.prod(x, axis=1)", "np.prod(x, axis=0, keepdims=True) + y", "x.prod()",
    "np.pad(x, 1)", "np.pad(x, (1, 2))", "np.pad(x, ((1, 0), (0, 2)))", "np.pad(x, ((1, 2),), constant_values=3)",
    "np.pad(x[0], 2, mode='constant')", "np.pad(x, ((0, 0), (1, 1)), 'constant', constant_values=-1.5)",
    "np.concatenate(np.split(x, 2, axis=1)[::-1], axis=1)", "np.split(x, 3)[1]", "np.split(x, [1], axis=0)[1] * 2",
    "np.split(x, [1, 3], axis=-1)[1]", "np.logaddexp(x, y)", "np.logaddexp(x, 0)", "x / x.size", "x * np.size(x, 1) + y.T.size",
    "np.dot(np.stack([x, y]), y.T)", "np.dot(x, np.stack([y.T, x.T]))", "np.dot(np.stack([x, y]), np.stack([x.T, y.T, x.T]))",
    "np.dot(np.stack([x, y]), x[0])", "np.dot(x[0], np.stack([x.T, y.T]))",
]  # fmt: skip
BLOCKS = [
    "z = np.zeros((3, 4))\n    z[::-1] = x\n    return z",
    "z = x.copy()\n    z[:, 2:0:-1] += y[:, :2]\n    return z",
    "z = x.copy()\n    z[:, ::-2] = 0\n    return z",
    "a, b = np.split(x, 2, axis=1)\n    return a * b",
]


@pytest.mark.parametrize("body", [*(f"return {body}" for body in BODIES), *BLOCKS])
def test_reads_what_numpy_computes(tmp_path, body):
    wanted, found, shape = computed_and_read(tmp_path, HEAD, body)
    assert wanted.shape == found.shape == shape
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("body", "words"), [
    ("return np.pad(x, 1, mode='edge')", "a pad in the mode edge"),
    ("return np.pad(x, ((1, 2), (3, 4), (5, 6)))", "the widths of a pad do not fit"),
    ("return np.pad(x, -1)", "a pad by less than nothing"),
    ("return np.pad(x, 1, constant_values=(1, 2))", "where an array or a number is read"),
    ("return np.split(x, 2)[0]", "cannot be split"),
    ("return np.roll(x, (1, 2), axis=0)", "are not as many"),
    ("return np.triu(x[0])", "a triangle of what is no matrix"),
    ("return np.repeat(x, 0)", "repeated less than once"),
    ("return np.repeat(x, [1, 2, 1], axis=0)", "a number of times that is no integer"),
    ("z = np.flip(x)\n    z[0] = 0\n    return x", "a view"),
    ("z = np.split(x, 3)[0]\n    x[0] = 1\n    return z * 1", "a view"),
])  # fmt: skip
def test_refuses_the_rest(tmp_path, body, words):
    with pytest.raises(CodeError, match=words):
        both_read(tmp_path, body)


def both_read(tmp_path, body):
    path = tmp_path / "f.py"
    path.write_text(
        f'import numpy as np\ndef f_forward(x: "3 4"):\n    {body}\n\ndef f_backward(dz, cache):\n    return dz\n'
    )
    return CodeFile(path, "f").pair()


PAIRS = [
    ('x: "n d"', "np.cumsum(x, axis=0)", "np.flip(np.cumsum(np.flip(g, 0), axis=0), 0)", "np.cumsum(g, axis=0)"),
    ('x: "n d"', "np.flip(x, 1)", "np.flip(g, 1)", "np.flip(g, 0)"),
    ('x: "n d"', "np.roll(x, 1, axis=1)", "np.roll(g, -1, axis=1)", "np.roll(g, 1, axis=1)"),
    ('x: "n n"', "np.triu(x, 1) @ x", "np.triu(g @ x.T, 1) + np.triu(x, 1).T @ g", "np.triu(g @ x.T) + np.triu(x, 1).T @ g"),
    ('x: "n d"', "np.pad(x, ((0, 0), (1, 2)))", "g[:, 1:-2]", "g[:, 2:-1]"),
    ('x: "n d"', "np.repeat(x, 2, axis=1)", "g.reshape(x.shape[0], x.shape[1], 2).sum(axis=2)",
     "g.reshape(x.shape[0], 2, x.shape[1]).sum(axis=1)"),
    ('x: "n d"', "np.tile(x, (2, 1))", "g[: x.shape[0]] + g[x.shape[0] :]", "g[: x.shape[0]] + g[: x.shape[0]]"),
    ('x: "n d"', "x - x.sum() / x.size", "g - g.sum() / x.size", "g - g.sum() / len(x)"),
    ('x: "n"', "np.logaddexp(x, 0)", "g / (1 + np.exp(-x))", "g / (1 + np.exp(x))"),
    ('x: "n 3"', "np.prod(x, axis=1)", "g[:, None] * np.stack([x[:, 1] * x[:, 2], x[:, 0] * x[:, 2], x[:, 0] * x[:, 1]], axis=1)",
     "g[:, None] * np.stack([x[:, 1] * x[:, 2], x[:, 0] * x[:, 2], x[:, 1] * x[:, 1]], axis=1)"),
    ('x: "n 4"', "np.split(x, 2, axis=1)[0] * np.split(x, 2, axis=1)[1]",
     "np.concatenate([g * x[:, 2:], g * x[:, :2]], axis=1)", "np.concatenate([g * x[:, :2], g * x[:, 2:]], axis=1)"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "forward", "right", "wrong"), PAIRS, ids=[pair[1] for pair in PAIRS])
def test_pairs(tmp_path, inputs, forward, right, wrong):
    told_apart(tmp_path / "f.py", inputs, f"return {forward}, x", right, wrong)


TORCH = [
    ("torch.nn.functional.pad(x, (1, 2))", "g[:, 1:-2]", "g[:, 2:-1]"),
    ("torch.nn.functional.pad(x, (0, 0, 1, 0))", "g[1:]", "g[:-1]"),
    ("x.repeat(2, 1)", "g[:2] + g[2:]", "g[:2] + g[:2]"),
    ("torch.cat(torch.split(x, 2, dim=1)[::-1], 1)", "torch.cat([g[:, 1:], g[:, :1]], 1)", "g"),
    ("torch.flip(x, dims=(1,))", "torch.flip(g, (1,))", "torch.flip(g, (0,))"),
    ("x / x.numel()", "g / x.numel()", "g / x.size(0)"),
    ("torch.roll(x, 1, 1)", "torch.roll(g, -1, 1)", "torch.roll(g, 1, 1)"),
]


@pytest.mark.parametrize(("forward", "right", "wrong"), TORCH, ids=[pair[0] for pair in TORCH])
def test_of_pytorch(tmp_path, forward, right, wrong):
    told_apart(tmp_path / "f.py", 'x: "2 3"', f"return {forward}, x", right, wrong, head="import torch")

"""What is read of code is what NumPy computes: entry by entry, for every construct of the subset."""

import numpy as np
import pytest
from passes.executed import computed_and_read, written

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.python_code import CodeError, CodeFile
from dyadic.symbolic.readers.python_code.array_layout import _groups

BODIES = [
    "x + 2 * y - 1", "x * y / (1 + y**2)", "-x", "x @ y.T", "np.dot(x, y.T)", "(x.T @ y)[1:, ::2]", "x[0]", "x[-1, 1:3]",
    "x[:, None, 1] * y[None, :, 0]", "x[..., 0] + np.ones(3)", "np.sum(x)", "x.sum(axis=0)", "np.sum(x, axis=1, keepdims=True) * y",
    "x.mean(axis=(0, 1)) + y.mean(0)", "x.var(axis=0) + np.std(y, axis=0, ddof=1)", "np.max(x, axis=1)", "x.max() - x.min(axis=0)",
    "np.exp(x) + np.tanh(y) + np.sqrt(x**2 + 1) + np.log(y**2 + 2)", "np.maximum(x, y) - np.minimum(x, 0.5)",
    "np.where(x > y, x, 2 * y)", "np.where((x > 0) & (y > 0) | (x < -1), x, 0)", "np.clip(x, -0.5, 0.5)", "np.abs(x) * np.sign(y)",
    "x.reshape(4, 3)", "x.reshape(-1)", "x.reshape(2, 6) @ np.ones((6, 2))", "x.reshape(3, 2, 2).transpose(2, 0, 1)", "x.ravel()[1:5]",
    "np.transpose(x) + 1", "np.swapaxes(x, 0, 1)", "np.expand_dims(x, 1).squeeze()", "np.broadcast_to(x[0], (2, 4))",
    "np.einsum('ij,kj->ik', x, y)", "np.einsum('ij,ij->', x, y)", "np.einsum('ij->j', x)", "np.concatenate([x, y], axis=1)",
    "np.concatenate((x[:1], y, x[1:]))", "np.stack([x, y, x], axis=1)", "np.outer(x[0], y[1])", "np.eye(4) * x[0]",
    "np.diag(x[0]) + np.zeros((4, 4))", "np.linalg.norm(x, axis=1)", "x * np.pi", "x**0 + x**3 + (x**2 + 1) ** -0.5", "(x > 0) * y",
    "np.square(x) + np.reciprocal(2 + y**2)", "x.T.T.copy()", "np.full((2, 2), 3.5)", "np.ones_like(x) + np.zeros_like(y)",
    "x[1][2] * y[2, 3]", "np.moveaxis(x.reshape(3, 2, 2), 0, 2)", "x / x.shape[0] + len(x)", "~(x > 0) * x", "(x >= y) * 1.0 + (x > y)",
    "np.logical_and(x > 0, y > 0) * x + np.logical_or(x > 1, y > 0) * np.logical_not(x > y)", "np.not_equal(np.eye(3, 4), 1) * x",
    "((x >= y) + (x > y)) * x", "(x > y).astype(np.float64) + (x < y)",
    "np.sum(np.exp(x - x.max(axis=1, keepdims=True)), axis=1)", "1.5e-1 * x + (7 // 2) % 2",
    "np.reshape(x, 12, order='C') + np.zeros(shape=12)", "np.transpose(x, axes=None) + np.zeros((4, 3), order='F')",
    "np.linalg.norm(x, ord=2, axis=0) + np.linalg.norm(y[0], ord=2)", "np.eye(3, 4) + np.eye(3, M=4) * x", "sum([x, y, x])",
    "sum(x)", "np.exp(x) ** y", "np.power(x**2 + 1, y) + 2.5**x", "(x > 0).astype(float) + (x > y).astype(int) - 1",
    "x * (x > 0).astype(bool) + np.zeros((3, 4), dtype=float)", "~np.zeros(x.shape, dtype=bool) * y", "x * np.e + pi * y",
    "np.array([x, 2 * y])[1]", "np.array([[1, 2.5], [0.5, 3]]) @ x[:2]", "np.sum([x, y, x], axis=0)", "x[0] * np.array([x.sum(), 1, y[0, 0], 3])",
    "x * np.arange(4) + np.arange(2, 8, 2)[:, None]", "np.arange(6)[::-1][2:5] @ x", "np.arange(4, dtype=float) / 2 * y",
    "x.sum() / np.prod(x.shape) + np.array(2.0)", "np.hstack([x, y]) @ np.ones(8)", "np.hstack((x[0], y[1], x.sum()))",
    "np.vstack([x, y[0], y])", "np.column_stack([x, y[:, 0], x[:, 1]])", "np.diff(x) + np.diff(y, axis=1)", "np.diff(x, axis=0)",
    "np.tensordot(x, y, axes=([0], [0]))", "np.tensordot(x, y.T, axes=1)", "np.tensordot(x, y)", "np.tensordot(x, y, axes=0)",
    "np.tensordot(x, y, axes=(1, 1)) + np.inner(x, y)", "np.inner(x[0], y[0])", "np.trace(x @ y.T)", "np.einsum('...j,jk->...k', x, y.T)",
    "np.einsum('...i,...i->...', x, y)", "np.einsum('...j', x)", "np.einsum('i...->...', x)", "np.log2(x**2 + 1) + np.exp2(y)", "np.hypot(x, y) + np.log10(y**2 + 1)",
    "np.heaviside(x, 0.5) + x * np.heaviside(y, x)", "np.count_nonzero(x > y, axis=0)", "x * np.any(x > 0, axis=1, keepdims=True)",
    "np.where(np.all(x > y - 2, axis=0), x, 2 * x)", "np.full_like(x, 1.5) + np.full_like(y, 3)", "x * np.float64(2)", "pow(x, 2) + x * RATE",
    "x * FIRST - y * SECOND + SHAPE[1] * x", "x * TABLE['k']", "np.stack([row * 2 for row in x])", "sum(k * row for k, row in enumerate(x))",
    "sum(a[i] * b for a in (x, y) for i, b in enumerate([1, 2, 3]) if i != 1)", "(lambda a, b=2: a * b)(x) + (lambda: y)()",
    "np.stack([f(x) for f in [np.tanh, helper, lambda a: a + 1]])", "{k: v * 2 for k, v in zip(['a', 'b'], [x, y])}['b']",
    "dict(a=x, b=y)['b']", "x if 0 < x.shape[0] <= 3 != 4 else y", "x if all([True, x.shape[0] > 1]) and not any([False]) else y",
    "np.linalg.norm(x, 2, axis=1)", "np.expand_dims(x, (0, 2))",
]  # fmt: skip
BLOCKS = [
    "y = y.copy()\n    for k in range(3)[::-1][:2]:\n        y[k] = x[k] + y[range(1, 3)[-2]]\n    return y",
    "a, *rest = x, y, x * y\n    return a * rest[1] - rest[0]", "*rest, b = [x, y]\n    return b - 2 * rest[0]",
    "a, (*rest,), b = x, (), y\n    return a * (len(rest) + 2) - b",
    "z = x.copy()\n    z[1:, :2] = 0\n    z[0] += y[1]\n    return z",
    "z = np.zeros((3, 4))\n    for i in range(3):\n        z[i] = x[i] * (i + 1)\n    return z",
    "z = np.zeros_like(x)\n    z[:, ::2] = y[:, 1::2]\n    z[:, 1] -= 3\n    return z",
    "z = 0 * x\n    z[y > 0] = x[y > 0]\n    m = x < 0\n    part = y[m]\n    y[0] = 7\n    z[m] = part\n    return z",
    "z = 0 * x\n    z[y[:, 0] > 0] = x[y[:, 0] > 0]\n    return z",
    "z = x * 1\n    z[y > 0] = 0\n    z[x < 0] *= 2\n    return z",
    "z = 0\n    for a, b in zip([x, y], [1, 2]):\n        z = z + a * b\n    return z",
    "z = w = x * 2\n    w += y\n    return z",
    "parts = []\n    for k, row in enumerate([x[0], x[1], y[0]]):\n        if k == 1:\n            continue\n        parts.append(row)\n    return np.stack(parts)",
    "table = {'a': x, 'b': y}\n    table['a'] = table['a'] + table['b']\n    return table['a'] if x.shape == y.shape else y",
    "n, d = x.shape\n    if n > d:\n        return x\n    elif n == 3 and not d < 4:\n        return helper(y, scale=2.0) + helper(x)\n    return y",
    "z = x - y\n    z = z - z.mean(axis=1, keepdims=True)\n    del x\n    return z",
    "a, (b, c) = x, (y, 3)\n    a = a * c\n    return a - b",
    "a = [x]\n    b = a\n    a += [2 * x]\n    return b[-1]",
    "t = {'a': [x]}\n    s = t['a']\n    t['a'] += [3 * y]\n    return s[1]",
    "def twice(a):\n        k = 2\n        return a * k + later\n    later = y\n    k = 5\n    return twice(x) * k",
    "scale = 2\n    def scaled(a, by=scale):\n        return a * by\n    scale = 7\n    return scaled(x) + scaled(y, by=scale)",
    "fs = [lambda a: a * k for k in range(3)]\n    return fs[0](x)",
    "def power(a, n):\n        return a if n == 0 else power(a, n - 1) * 2\n    return power(x, 3)",
    "i = 0\n    while i < x.shape[0] - 1:\n        i += 1\n        y = y * x[i]\n    else:\n        y = y + 1\n    return y",
    "for i in range(3):\n        if i == 1:\n            break\n    else:\n        x = x + 1\n    return x * i",
    "z = np.zeros_like(x)\n    for t in range(x.shape[0] - 1, -1, -1):\n        z[t] = x[t] * t\n    return z[: x.shape[0] // 2 + 1] * 3",
    "a, b, c = x\n    return a * b - c",
    "p = [x] * (x.shape[0] - 1)\n    return np.stack(p)[-1] + y",
    "with np.errstate(all='ignore'):\n        z = x * 2\n    return z",
    "total = np.zeros(4)\n    for row in x:\n        total += row * y[0]\n    return total",
    "a = [x, y]\n    b = a\n    a *= 2\n    return b[3] * len(b)",
]  # fmt: skip
HEAD = "import numpy as np\nfrom math import pi\nSCALE = 0.25\nRATE = np.sqrt(2 / np.pi) * SCALE\nFIRST, SECOND = 1.5, -2\nSHAPE = (3, 4)\nTABLE = {'k': 3}\n\ndef helper(a, scale=SCALE):\n    return a * scale\n\n"


@pytest.mark.parametrize("body", [*(f"return {body}" for body in BODIES), *BLOCKS])
def test_reads_what_numpy_computes(tmp_path, body):
    wanted, found, shape = computed_and_read(tmp_path, HEAD, body)
    assert wanted.shape == found.shape == shape
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("old", "new"), [
    ((2, 3, 4), (6, 4)), ((6, 4), (2, 12)), ((1, 6), (2, 3)), ((6, 1), (3, 2, 1)), ((24,), (2, 1, 12)), ((4, 6), (24,)),
    ((1,), ()), ((), (1, 1)), ((2, 2, 3), (4, 3)), ((3, 4), (4, 3)),
])  # fmt: skip
def test_groups_of_a_reshape(old, new):
    groups = _groups(list(old), list(new))
    assert [axis for (one, two), _ in groups for axis in range(one, two)] == list(range(len(old)))
    assert [axis for _, (one, two) in groups for axis in range(one, two)] == list(range(len(new)))
    for (a, b), (c, d) in groups:
        assert np.prod(old[a:b]) == np.prod(new[c:d])


REFUSED = [
    ("a, b, *rest = (x,)\n    return a", "taken apart"), ("*a, *b = x, y\n    return x", "taken apart"),
    ("[*a] = 3\n    return x", "taken apart"),
    ("return np.linalg.inv(x)", "numpy.linalg.inv"),
    ("return np.fft.fft(x)", "numpy.fft.fft"),
    ("return x[x > 0]", "is no array"),
    ("x[x > 0] = y[y > 0]\n    return x", "the same mask"),
    ("return 2 * x[x > 0]", "an array as an index"),
    ("x[:, 0] = y[x > 0]\n    return x", "the same mask"),
    ("if x.sum() > 0:\n        return x\n    return y", "depends on the numbers in an array"),
    ("while True:\n        pass", "a loop of more than"),
    ("while x.sum() > 0:\n        x = x - 1\n    return x", "depends on the numbers in an array"),
    ("return {a for a in (x, y)}", "a set"),
    ("z = (a for a in (x, y))\n    return sum(z)", "a generator that is not used up at once"),
    ("z = x.T\n    z[0] = 0\n    return x", "a view"),
    ("z = x[0]\n    x[0] = 1\n    return z", "a view"),
    ("x[y > 0] = y\n    return x", "where a mask is"),
    ("x[y > 0] += y\n    return x", "where a mask is"),
    ("x += np.ones((2, 3, 4))\n    return x", "would change the shape"),
    ("z = np.einsum('ij->ji', x)\n    z[0] = 0\n    return x", "a view"),
    ("z = np.array(x, copy=False)\n    z[0] = 0\n    return x", "a view"),
    ("z = np.reshape(a=x, newshape=12)\n    z[0] = 0\n    return x", "a view"),
    ("return sum(x, y)", "sum of 2 arguments"),
    ("return x * len(x, x)", "len of 2 arguments"),
    ("z = 0\n    for k, a in enumerate([x, y], 1, 2):\n        z = z + k * a\n    return z", "enumerate of 3 arguments"),
    ("t = {'k': 3}\n    return x * dict(t).get('k', 1)", "dict of 1 arguments"),
    ("return x * int([1])", "an integer from this"),
    ("return x @ np.eye(4, 4, 1)", "the argument a further one"),
    ("return x.reshape(12, order='F')", "other than row by row"),
    ("return np.ravel(x, order='F')", "other than row by row"),
    ("return np.linalg.norm(x, ord=2)", "a norm other than"),
    ("return np.zeros() + x", "the argument shape is missing"),
    ("return x.transpose('a')", "an axis that is no integer"),
    ("return x[::0]", "step is 0"),
    ("return np.var(x, axis=0, keepdims=1)", "neither True nor False"),
    ("return x.sum(axis=range(2))", "an axis that is no number"),
    ("return x @ y", "cannot be multiplied"),
    ("return x + np.ones(3)", "cannot be broadcast"),
    ("return x.reshape(5, 2)", "cannot be reshaped"),
    ("return unknown(x)", "no function that is known"),
    ("return (x > 0) ** y", "whose exponent is an array"),
    ("return (-2) ** y", "a power of a number that is not positive"), ("return (-0.5) ** y", "a power of a number that is not positive"),
    ("for i in range(10**9):\n        x = x + 1\n    return x", "a loop of more than"),
    ("return 10 ** 10 ** 10 * x", "the exponent"),
    ("return (2 ** 64) ** 64 * x", "so many digits"),
    ("return x * 1e400", "this number"),
    ("global z\n    return x", "Global"),
    ("return f_forward(x, y)", "a call so deep"),
    ("return np.sum(x, axis=5)", "axis 5"),
    ("return np.sum(x, where=y > 0)", "the argument where"),
    ("return x // y", "FloorDiv"),
    ("return z", "z has no value here"),
    ("x.__class__ = 3\n    return x", "could change"),
    ("return x.__class__", "__class__"),
    ("return getattr(x, 'T')", "no function that is known"),
    ("return __import__('os').system('true')", "could change"),
    ("return eval('x')", "could change"),
    ("return open('/tmp/f').read()", "no function that is known"),
    ("with open('f') as x:\n        return x", "open has no value"),
    ("with np.printoptions(precision=3):\n        return x", "With"),
    ("import os\n    return x", "Import"),
    ("return x if x is y else y", "with is"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), REFUSED)
def test_refuses_the_rest_with_its_place(tmp_path, body, words):
    path = written(tmp_path, HEAD, body)
    with pytest.raises(CodeError) as caught:
        CodeFile(path, "f").pair()
    assert words in caught.value.problem
    line, caret = caught.value.pointed
    assert caught.value.line > HEAD.count("\n")
    assert line in path.read_text()
    assert caret.endswith("^")


@pytest.mark.parametrize(("text", "words"), [
    ("def f_forward(x): return x, x\ndef f_backward(dy, cache): return dy", "the shape of x is not told"),
    ('def f_forward(x: "n"): return x', "holds no forward and backward pass"),
    ('def f_forward(x: "n"): return x\ndef f_backward(cache): return cache', "takes no derivative by an output"),
    ('def f_forward(x: "n"): return x\ndef f_backward(dy, cache): return dy', "hands nothing over"),
    ('def f_forward(x: "n"): return x, x\ndef f_backward(dy, cache): return dy, dy', "returns 2 gradients"),
    ('def f_forward(*x): return x, x\ndef f_backward(dy, cache): return dy', "behind *"),
    ('# dyadic: x is large\ndef f_forward(x: "n"): return x, x\ndef f_backward(dy, cache): return dy', "not understood"),
    ('def f_forward(x: "n"): return x, x\ndef f_backward(dy, cache): return dy\ndef f_forward(x): return 2 * x', "twice"),
])  # fmt: skip
def test_says_what_a_pair_lacks(tmp_path, text, words):
    path = tmp_path / "f.py"
    path.write_text(f"{text}\n")
    with pytest.raises(SpecError) as caught:
        CodeFile(path, "f").pair()
    assert words in str(caught.value)

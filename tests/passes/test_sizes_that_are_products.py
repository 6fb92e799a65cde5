"""Sizes as docstrings of cells have them, (D, 4H), and as people annotate what is flattened."""

import pytest
from passes.decided import PROVED, REFUSED, REFUTED, decided

from dyadic.symbolic.readers.python_code.written_shapes import integers_written, shape_written

CELL = '''import numpy as np


def f_forward({arguments}):
    """
    - x: Input data, of shape (N, D)
    - w: Input-to-hidden weights, of shape ({shape})
    """
    h = w.shape[1] // 4
    a = x @ w
    return a[:, :h] * np.tanh(a[:, 3 * h:]), (x, w, a, h)


def f_backward(g, cache):
    x, w, a, h = cache
    da = np.zeros_like(a)
    t = np.tanh(a[:, 3 * h:])
    da[:, :h] = g * t
    da[:, {part}] = g * a[:, :h] * (1 - t ** 2)
    return da @ w.T, x.T @ da
'''
FLAT = """import numpy as np


def f_forward(x: "n a b", w: {shape!r}):
    return x.reshape(x.shape[0], -1) @ w, (x, w)


def f_backward(g, cache):
    x, w = cache
    return (g @ w.T).reshape(x.shape), x.reshape(x.shape[0], -1).T @ ({upstream})
"""


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [("x, w", "D, 4H"), ("x, w", "D, 4*H"), ("x, w", "D, 4 * H"), ("x: 'N D', w: 'D 4*H'", "D, M")],
)
def test_a_cell(tmp_path, arguments, shape):
    right = CELL.format(arguments=arguments, shape=shape, part="3 * h:")
    assert decided(tmp_path, right) is PROVED
    assert decided(tmp_path, right.replace("da[:, 3 * h:]", "da[:, 2 * h:3 * h]")) is REFUTED


@pytest.mark.parametrize("shape", ["a*b m", "(a * b, m)"])
def test_what_is_flattened(tmp_path, shape):
    assert decided(tmp_path, FLAT.format(shape=shape, upstream="g")) is PROVED
    assert decided(tmp_path, FLAT.format(shape=shape, upstream="2 * g")) is REFUTED
    assert decided(tmp_path, FLAT.format(shape="a+b m", upstream="g")) is REFUSED


def test_how_they_are_written():
    assert shape_written("d 4*h") == shape_written("(d, 4h)") == ("d", "4*h")
    assert shape_written("c*h*w") == ("c*h*w",)
    assert integers_written("2*n < k") == (("2*n",), "k")
    assert [shape_written(text) for text in ("4*", "*h", "h*4*", "a*b*c*d", "4**h", "0*h", "4 h")] == [
        *[None] * 6,
        (4, "h"),
    ]

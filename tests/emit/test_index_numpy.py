"""NumPy code of definitions with index expressions, against a literal interpreter of the same definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.index_code import CHECK, batched, check, difference, emitted, plain
from sympy import Integer, Rational

from dyadic.codegen.program import BATCH, SAMPLE
from dyadic.symbolic.expressions import (
    Apply,
    Definition,
    Divides,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
    Tensor,
    size,
    total,
)
from dyadic.symbolic.tensor_names import Name, U, V

a, b, c, d, i, j, k, p, q, t, u, v, w = (Index(name) for name in "abcdijkpqtuvw")
# -- convolution ------------------------------------------------------------------------------------------------------


class ConvEquations:
    """Equations of an N-dimensional convolution: strides, padding, dilation and groups, per axis."""

    def __init__(self, rank, channels, outputs, groups, extents, kernel, strides, pads, dilations):
        self.text = (
            f"convolution({rank}, {channels}, {outputs}, {groups}, {extents}, {kernel}, {strides}, {pads}, {dilations})"
        )
        self.g, self.m, self.r = groups, channels, outputs  # channels and outputs per group
        self.kernel, self.strides, self.pads, self.dilations = kernel, strides, pads, dilations
        self.extents = extents
        self.out = [
            (n + 2 * pad - dil * (ker - 1) - 1) // s + 1
            for n, pad, dil, ker, s in zip(extents, pads, dilations, kernel, strides, strict=True)
        ]
        names = range(1, rank + 1)
        self.i, self.u, self.p = ([Index(f"{letter}{n}") for n in names] for letter in "iup")
        self.M, self.R = size("m"), size("r")  # left symbolic
        self.sizes = {self.M: Integer(self.m), self.R: Integer(self.r)}
        self.x = batched("x", "u", self.g * self.M, *extents)
        self.K = plain("K", "v", self.g * self.R, self.M, *kernel)
        self.s = batched("s", "v", self.g * self.R, *self.out)
        self.at = [
            s * i + dil * u - pad for s, i, dil, u, pad in zip(strides, self.i, dilations, self.u, pads, strict=True)
        ]

    def __repr__(self):
        return self.text

    def forward(self):
        body = self.K[(c, k, *self.u)] * self.x[(SAMPLE, self.M * Quotient(c, self.R) + k, *self.at)]
        for at, n, u, ker in zip(self.at, self.extents, self.u, self.kernel, strict=True):
            body = total(u, ker, Inside(at, n) * body)
        return Definition(Tensor(Name("f", V), self.s.shape), (SAMPLE, c, *self.i), total(k, self.M, body)), [
            self.x,
            self.K,
        ]

    def adjoint(self):
        e = [p - dil * u + pad for p, dil, u, pad in zip(self.p, self.dilations, self.u, self.pads, strict=True)]
        output = self.R * Quotient(k, self.M) + b
        steps = [Quotient(at, s) for at, s in zip(e, self.strides, strict=True)]
        body = self.K[(output, Remainder(k, self.M), *self.u)] * self.s[(SAMPLE, output, *steps)]
        for at, step, s, o, u, ker in zip(e, steps, self.strides, self.out, self.u, self.kernel, strict=True):
            body = total(u, ker, Divides(s, at) * Inside(step, o) * body)
        item = Definition(Tensor(Name("x", U).adjoint, self.x.shape), (SAMPLE, k, *self.p), total(b, self.R, body))
        return item, [self.K, self.s]

    def gradient(self):
        body = self.s[(SAMPLE, c, *self.i)] * self.x[(SAMPLE, self.M * Quotient(c, self.R) + k, *self.at)]
        for at, n, i_, o in zip(self.at, self.extents, self.i, self.out, strict=True):
            body = total(i_, o, Inside(at, n) * body)
        item = Definition(
            Tensor(Name("K", V).adjoint, self.K.shape), (c, k, *self.u), total(SAMPLE, BATCH, body) / BATCH
        )
        return item, [self.x, self.s]


@st.composite
def convolutions(draw):
    rank = draw(st.integers(1, 3))
    small = st.integers(1, 2)
    each = lambda strategy: [draw(strategy) for _ in range(rank)]  # noqa: E731
    kernel, dilations = each(st.integers(1, 3 if rank < 3 else 2)), each(small)
    pads = each(st.integers(0, 3 if rank == 1 else 2))
    extents = [
        draw(st.integers(max(1, dil * (ker - 1) + 1 - 2 * pad), dil * (ker - 1) + (5 if rank < 3 else 2)))
        for ker, dil, pad in zip(kernel, dilations, pads, strict=True)
    ]
    strides = each(st.integers(1, 3))
    return ConvEquations(
        rank,
        draw(small),
        draw(small),
        draw(st.integers(1, 3 if rank < 3 else 2)),
        extents,
        kernel,
        strides,
        pads,
        dilations,
    )


@CHECK
@given(convolutions(), st.integers(0, 99))
def test_convolutions(conv, seed):
    for item, tensors in (conv.forward(), conv.adjoint(), conv.gradient()):
        text = check([item], tensors, conv.sizes, seed)
        assert "_INDEX_" not in text


# -- pooling ----------------------------------------------------------------------------------------------------------


@CHECK
@given(st.integers(1, 7), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 99))
def test_pooling(n, kernel, stride, pad, seed):
    pad = min(pad, kernel - 1)
    out = (n + 2 * pad - kernel) // stride + 1
    if out < 1:
        return
    N = size("n")
    x, s, m = batched("x", "u", 2, N), batched("s", "v", 2, out), batched("m", "v", 2, out)
    arg = batched("arg m", "v", 2, out)
    at, back = stride * i + u - pad, Quotient(p - u + pad, stride)
    returns = Divides(stride, p - u + pad) * Inside(back, out)
    sizes = {N: Integer(n)}
    # The mean without the padding: the number of entries is a sum of brackets.
    count = Definition(batched("n", "v", out), (SAMPLE, i), total(u, kernel, Inside(at, N)))
    mean = Definition(m, (SAMPLE, c, i), total(u, kernel, Inside(at, N) * x[SAMPLE, c, at]) / count.tensor[SAMPLE, i])
    check([count, mean], [x], sizes, seed)
    adjoint = total(u, kernel, returns * s[SAMPLE, c, back] / count.tensor[SAMPLE, back])
    check([count, Definition(batched("bar x", "u", 2, N), (SAMPLE, c, p), adjoint)], [s], sizes, seed)
    # The maximum, where it is, and its adjoint.
    largest, place = (Reduction(kind, u, kernel, Inside(at, N) * x[SAMPLE, c, at]) for kind in ("max", "argmax"))
    chosen = total(u, kernel, returns * Same(u, arg[SAMPLE, c, back]) * s[SAMPLE, c, back])
    check(
        [
            Definition(m, (SAMPLE, c, i), largest),
            Definition(arg, (SAMPLE, c, i), place),
            Definition(batched("bar x", "u", 2, N), (SAMPLE, c, p), chosen),
        ],
        [x, s],
        sizes,
        seed,
    )
    unsolved = total(i, out, Same(p, at.xreplace({u: arg[SAMPLE, c, i]})) * s[SAMPLE, c, i])
    check([Definition(batched("bar x", "u", 2, N), (SAMPLE, c, p), unsolved)], [arg, s], sizes, seed, {"arg m": kernel})


# -- attention, broadcasting, normalisation ---------------------------------------------------------------------------


@CHECK
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_causal_attention(length, heads, width, seed):
    T, H = size("t"), size("h")
    sizes = {T: Integer(length), H: Integer(heads)}
    q_, k_, v_ = (batched(kind, "u", T, H, width) for kind in ("q", "k", "y"))
    z, f, y = batched("z", "v", H, T, T), batched("f", "v", H, T, T), batched("o", "v", T, H, width)
    lse, s, fs = batched("lse", "v", H, T), batched("s", "v", T, H, width), batched("fs", "v", H, T)
    causal = Inside(i - j, T)
    at = (SAMPLE, a)
    scores = total(d, width, q_[SAMPLE, i, a, d] * k_[SAMPLE, j, a, d]) * Rational(1, width)
    weights = causal * Apply("exp", 0, 800 * z[(*at, i, j)] - lse[(*at, i)])
    df = total(d, width, s[SAMPLE, i, a, d] * v_[SAMPLE, j, a, d])
    definitions = [
        Definition(z, (*at, i, j), scores),
        Definition(lse, (*at, i), Reduction("logsumexp", j, T, causal * 800 * z[(*at, i, j)])),
        Definition(f, (*at, i, j), weights),
        Definition(y, (SAMPLE, i, a, d), total(j, T, f[(*at, i, j)] * v_[SAMPLE, j, a, d])),
        Definition(batched("direct", "v", T, H, width), (SAMPLE, i, a, d), total(j, T, weights * v_[SAMPLE, j, a, d])),
        Definition(
            fs, (*at, i), total(j, T, total(d, width, f[(*at, i, j)] * s[SAMPLE, i, a, d] * v_[SAMPLE, j, a, d]))
        ),
        Definition(batched("bar z", "v", H, T, T), (*at, i, j), f[(*at, i, j)] * (df - fs[(*at, i)])),
        Definition(batched("top", "v", H, T), (*at, i), Reduction("max", j, T, causal * z[(*at, i, j)])),
        Definition(batched("arg top", "v", H, T), (*at, i), Reduction("argmax", j, T, causal * z[(*at, i, j)])),
        # Outside the bracket the logarithm and the quotient would not be finite.
        Definition(
            batched("w", "v", H, T, T),
            (*at, i, j),
            causal * Apply("log", 0, Integer(1) + z[(*at, i, j)] ** 2) / Apply("exp", 0, z[(*at, i, j)]),
        ),
    ]
    check(definitions, [q_, k_, v_, s], sizes, seed)


@CHECK
@given(st.booleans(), st.booleans(), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(0, 99))
def test_broadcast_products(one_left, one_right, n, m, r, seed):
    """Batched matrix products in which an axis of size 1 is read at 0, and four factors at once."""
    left, right = batched("A", "u", 1 if one_left else 3, n, m), batched("B", "u", 1 if one_right else 3, m, r)
    at = lambda one: Integer(0) if one else b  # noqa: E731
    product = left[SAMPLE, at(one_left), i, k] * right[SAMPLE, at(one_right), k, j]
    shape = (3, n, r)
    U, V = plain("U", "v", n, m), plain("V", "v", m, r)
    chain = U[i, p] * V[p, q] * V[k, q] * U[j, k] * left[SAMPLE, 0, j, k] / 3
    for index, extent in ((q, r), (p, m), (k, m), (j, n)):
        chain = total(index, extent, chain)
    count = total(k, m, total(p, 5, right[SAMPLE, at(one_right), k, 0]))
    check(
        [
            Definition(batched("f", "v", *shape), (SAMPLE, b, i, j), total(k, m, product)),
            Definition(batched("g", "v", n), (SAMPLE, i), chain),
            Definition(batched("h", "v", 3, 2), (SAMPLE, b, c), count),
            Definition(batched("e", "v", m), (SAMPLE, k), total(i, min(n, m), left[SAMPLE, 0, i, i] * V[k, 0])),
        ],
        [left, right, U, V],
        {},
        seed,
    )


@CHECK
@given(st.integers(2, 6), st.integers(0, 99))
def test_layer_norm(n, seed):
    N = size("n")
    x, s, W = batched("x", "u", 2, N), batched("s", "v", 2, N), plain("W", "v", N)
    mean, var, h = batched("mean", "v", 2), batched("var", "v", 2), batched("h", "v", 2, N)
    at = (SAMPLE, a)
    scale = (var[at] + Rational(1, 100000)) ** Rational(-1, 2)
    back = W[i] * s[(*at, i)]
    one, two = batched("one", "v", 2), batched("two", "v", 2)
    definitions = [
        Definition(mean, at, total(i, N, x[(*at, i)]) / N),
        Definition(var, at, total(i, N, (x[(*at, i)] - mean[at]) ** 2) / N),
        Definition(h, (*at, i), (x[(*at, i)] - mean[at]) * scale),
        Definition(batched("f", "v", 2, N), (*at, i), W[i] * h[(*at, i)]),
        Definition(one, at, total(i, N, back)),
        Definition(two, at, total(i, N, back * h[(*at, i)])),
        Definition(batched("bar x", "u", 2, N), (*at, i), scale * (back - (one[at] + h[(*at, i)] * two[at]) / N)),
        Definition(plain("bar W", "v", N), (i,), total(SAMPLE, BATCH, total(a, 2, s[(*at, i)] * h[(*at, i)])) / BATCH),
        Definition(batched("r", "v", 2, N), (*at, i), Apply("rsqrt", 0, var[at]) * Apply("sqrt", 0, var[at]) * N),
        Definition(batched("t", "v", 2, N), (*at, i), (var[at] + 1) ** Rational(2, 3) * total(k, N, W[i] + W[k])),
    ]
    check(definitions, [x, s, W], {N: Integer(n)}, seed)


# -- what the comparison catches, and how the code reads --------------------------------------------------------------


def _strided():
    return ConvEquations(2, 2, 3, 2, [7, 6], [3, 3], [2, 2], [1, 1], [1, 1])


def _maximum():
    x, s = batched("x", "u", 2, 9), batched("s", "v", 2, 5)
    m, arg = batched("m", "v", 2, 5), batched("arg m", "v", 2, 5)
    window = Inside(2 * i + u - 1, 9) * x[SAMPLE, c, 2 * i + u - 1]
    back = Quotient(p - u + 1, 2)
    chosen = Divides(2, p - u + 1) * Inside(back, 5) * Same(u, arg[SAMPLE, c, back]) * s[SAMPLE, c, back]
    definitions = [
        Definition(m, (SAMPLE, c, i), Reduction("max", u, 3, window)),
        Definition(arg, (SAMPLE, c, i), Reduction("argmax", u, 3, window)),
        Definition(batched("bar x", "u", 2, 9), (SAMPLE, c, p), total(u, 3, chosen)),
    ]
    return definitions, [x, s], {}


def _attention():
    z, y = batched("z", "u", 3, 3), batched("y", "u", 3, 2)
    f = Inside(i - j, 3) * Apply("exp", 0, z[SAMPLE, i, j])
    square = Inside(i - j, 3) * z[SAMPLE, i, j] ** 2
    definitions = [
        Definition(batched("f", "v", 3, 2), (SAMPLE, i, d), total(j, 3, f * y[SAMPLE, j, d])),
        Definition(batched("g", "v", 3, 3), (SAMPLE, i, j), square),
    ]
    return definitions, [z, y], {}


def _table():
    ids, W, s = batched("x", "u", 4), plain("W", "v", 5, 2), batched("s", "v", 4, 2)
    back = total(SAMPLE, BATCH, total(t, 4, Same(p, ids[SAMPLE, t]) * s[SAMPLE, t, d])) / BATCH
    definitions = [
        Definition(batched("f", "v", 4, 2), (SAMPLE, t, d), W[ids[SAMPLE, t], d]),
        Definition(plain("bar W", "v", 5, 2), (p, d), back),
        Definition(batched("e", "v", 4, 5), (SAMPLE, t, p), Same(p, ids[SAMPLE, t]) * s[SAMPLE, t, 0]),
        Definition(plain("h", "v", 5), (i,), W[Quotient(i, 2), 0] * W[i, 1]),
        Definition(batched("o", "v", 5), (SAMPLE, p), total(t, 4, Same(p, ids[SAMPLE, t]) * s[SAMPLE, t, 1])),
    ]
    return definitions, [ids, W, s], {}


def _one(part):
    item, tensors = part
    return [item], tensors, _strided().sizes


CASES = {
    "forward": lambda: _one(_strided().forward()),
    "adjoint": lambda: _one(_strided().adjoint()),
    "gradient": lambda: _one(_strided().gradient()),
    "maximum": _maximum,
    "attention": _attention,
    "table": _table,
}


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        ("forward", "(-1, (3, 1), (4, 2))", "(0, (3, 1), (4, 2))"),
        ("forward", "(3, 2), (3, 1)", "(3, 2), (3, 2)"),
        ("forward", "np.full(extents, fill", "np.full(extents, 1 + fill"),
        ("forward", "before = max(0, -low)", "before = max(0, -low) + 1"),
        ("forward", ".reshape(-1, 6, 4, 3)", "[::-1].reshape(-1, 6, 4, 3)"),
        ("adjoint", "spread={3: 2}", "spread={3: 1}"),
        ("adjoint", "slice(before, before + extent, gap)", "slice(before, before + extent)"),
        ("adjoint", "b.swapaxes(-1, -2)", "b[..., ::-1].swapaxes(-1, -2)"),
        ("gradient", "/ batch", "/ 1"),
        ("gradient", "inner = columns + rows if flipped", "inner = rows + columns if flipped"),
        ("maximum", "fill=-np.inf", "fill=0"),
        ("maximum", "np.maximum(result", "np.minimum(result"),
        ("maximum", "argmax(axis=-2)", "argmin(axis=-2)"),
        ("maximum", "==", "!="),
        ("maximum", "spread={2: 2}", "spread={2: 1}"),
        ("attention", ">= 0", "> 0"),
        ("attention", "-np.inf", "0"),
        ("attention", "_BRACKET_1 *", ""),
        ("table", "W[x]", "W[::-1][x]"),
        ("table", "size * np.arange(len(rows))[:, None]", "0"),
        ("table", "np.add.at(result, (width * rows", "np.add.at(result, (rows"),
        ("table", "np.arange(5) // 2", "np.arange(5) // 3"),
    ],
)
def test_wrong_code_is_caught(case, old, new):
    definitions, tensors, sizes = CASES[case]()
    text = emitted(definitions, tensors, sizes)
    sizes = {**sizes, BATCH: Integer(3)}
    below = {"x": 5} if case == "table" else {}
    assert difference(text, definitions, tensors, sizes, 1, below) < 1e-12
    assert old in text, text
    try:
        wrong = difference(text.replace(old, new), definitions, tensors, sizes, 1, below)
    except (AssertionError, IndexError, ValueError):
        return
    assert not wrong < 1e-6


def test_products_of_parts_of_tensors():
    """A plain index that does not run through the whole axis; a sum whose terms have their axes in different orders."""
    A, B, U, V = plain("A", "u", 4, 5), plain("B", "u", 5, 6), batched("x", "u", 3, 4), plain("V", "v", 4, 3)
    part = total(k, 2, A[i, k] * B[k, j])
    mixed = total(SAMPLE, BATCH, total(p, 4, V[p, i] * U[SAMPLE, j, p]) + U[SAMPLE, i, j] * U[SAMPLE, j, i]) / BATCH
    definitions = [
        Definition(plain("f", "v", 4, 3), (i, j), part),
        Definition(plain("g", "v", 3, 3), (i, j), mixed),
        Definition(batched("h", "v", 3, 3), (SAMPLE, i, j), total(p, 4, V[p, i] * U[SAMPLE, j, p]) * V[i, j]),
    ]
    check(definitions, [A, B, U, V], {})


def test_code_reads_like_the_equation():
    conv = ConvEquations(1, 3, 4, 1, [8], [3], [2], [1], [1])
    forward, adjoint = (emitted([item], tensors, conv.sizes) for item, tensors in (conv.forward(), conv.adjoint()))
    assert (
        """
    x_windows = _windows(x, {2: (-1, (3, 1), (4, 2))})
    f = _einsum("cku,skui->sci", K, x_windows)
"""
        in forward
    )
    # No zeros between the values of s, and no bracket: the windows are padded.
    body = adjoint.partition("def routine")[2]
    assert "spread" not in body
    assert "_BRACKET" not in body
    assert "W_bar = _scatter(x, s, 5) / batch" in emitted(*_table())

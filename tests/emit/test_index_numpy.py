"""NumPy code of definitions with index expressions, against a literal interpreter of the same definitions."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.definitions import interpret
from support.modules import load
from sympy import Integer, Rational, sympify

from codegen.emit import _render
from codegen.numpy_printer import NumpyPrinter
from codegen.program import BATCH, SAMPLE, variable
from symbolic.expressions import (
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

a, b, c, d, i, j, k, p, q, t, u, v, w = (Index(name) for name in "abcdijkpqtuvw")
CHECK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def emitted(definitions, tensors, sizes, dtype="float64"):
    """(the text of a module, its function)."""
    printer = NumpyPrinter(tensors, sizes)
    arguments = [variable(tensor) for tensor in tensors]
    context = {
        "helpers": printer.support.helpers,
        "routines": [
            {
                "name": "routine",
                "doc": "",
                "arguments": [*arguments, "batch"],
                "statements": [(variable(item.tensor), printer.definition(item)) for item in definitions],
                "result": f"[{', '.join(variable(item.tensor) for item in definitions)}]",
            }
        ],
        "constants": printer.support.listed(),
    }
    text = f"from math import prod\n\nimport numpy as np\n\nDTYPE = np.{dtype}\n" + _render(
        "numpy_routines.py.j2", context
    )
    assert "for" not in text.partition("def routine(")[2]
    return text


def data(tensors, sizes, seed, integers=()):
    """Random arrays; an integer tensor's entries are below ``integers[kind]``."""
    random = np.random.default_rng(seed)
    arrays = {}
    for tensor in tensors:
        shape = [int(extent.xreplace(sizes)) for extent in tensor.shape]
        below = dict(integers).get(tensor.kind)
        arrays[tensor.kind, tensor.owner] = (
            random.normal(size=shape) if below is None else random.integers(below, size=shape)
        )
    return arrays


def difference(text, definitions, tensors, sizes, seed, integers=()):
    """The largest difference between the emitted function and the interpreter, relative to the largest value."""
    arrays = data(tensors, sizes, seed, integers)
    found = load(text).routine(*arrays.values(), int(BATCH.xreplace(sizes)) if BATCH in sizes else None)
    worst = 0.0
    for item, have in zip(definitions, found, strict=True):
        want = interpret(item, arrays, sizes)
        arrays[item.tensor.kind, item.tensor.owner] = want
        assert have.shape == want.shape, text
        assert np.issubdtype(have.dtype, np.integer) == (want.dtype == int)
        worst = max(worst, np.max(np.abs(have - want)) / max(1.0, np.max(np.abs(want))))
    return worst


def check(definitions, tensors, sizes, seed=0, integers=(), batch=2):
    """Emit (the batch size unknown), run in both precisions and compare; return the text."""
    text = emitted(definitions, tensors, sizes)
    sizes = {**sizes, BATCH: Integer(batch)}
    assert difference(text, definitions, tensors, sizes, seed, integers) < 1e-12, text
    single = load(emitted(definitions, tensors, {s: n for s, n in sizes.items() if s != BATCH}, "float32"))
    arrays = [
        array.astype(np.float32) if array.dtype == float else array
        for array in data(tensors, sizes, seed, integers).values()
    ]
    assert all(array.dtype in (np.float32, np.int64) for array in single.routine(*arrays, batch)), text
    return text


def plain(kind, owner, *shape):
    return Tensor(kind, owner, tuple(map(sympify, shape)))


def batched(kind, owner, *shape):
    return plain(kind, owner, BATCH, *shape)


# -- convolution ------------------------------------------------------------------------------------------------------


class Conv:
    """Equations of an N-dimensional convolution: strides, padding, dilation and groups, per axis."""

    def __init__(self, rank, channels, outputs, groups, extents, kernel, strides, pads, dilations):
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

    def forward(self):
        body = self.K[(c, k, *self.u)] * self.x[(SAMPLE, self.M * Quotient(c, self.R) + k, *self.at)]
        for at, n, u, ker in zip(self.at, self.extents, self.u, self.kernel, strict=True):
            body = total(u, ker, Inside(at, n) * body)
        return Definition(Tensor("f", "v", self.s.shape), (SAMPLE, c, *self.i), total(k, self.M, body)), [
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
        item = Definition(Tensor("bar x", "u", self.x.shape), (SAMPLE, k, *self.p), total(b, self.R, body))
        return item, [self.K, self.s]

    def gradient(self):
        body = self.s[(SAMPLE, c, *self.i)] * self.x[(SAMPLE, self.M * Quotient(c, self.R) + k, *self.at)]
        for at, n, i_, o in zip(self.at, self.extents, self.i, self.out, strict=True):
            body = total(i_, o, Inside(at, n) * body)
        item = Definition(Tensor("bar K", "v", self.K.shape), (c, k, *self.u), total(SAMPLE, BATCH, body) / BATCH)
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
    return Conv(
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

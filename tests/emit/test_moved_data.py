"""NumPy code that moves data and reads tables of integers, against a literal interpreter of the same definitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.index_code import CHECK, batched, check, plain
from sympy import Integer

from dyadic.codegen.program import BATCH, SAMPLE
from dyadic.symbolic.expressions import (
    Definition,
    Divides,
    Index,
    Inside,
    Quotient,
    Remainder,
    Same,
    Tensor,
    total,
)
from dyadic.symbolic.tensor_names import Name, V

a, b, c, d, i, j, k, p, q, t, u, v, w = (Index(name) for name in "abcdijkpqtuvw")


@CHECK
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 3), st.integers(0, 3), st.integers(0, 99))
def test_slices_pads_and_concatenation(n, m, step, before, seed):
    x, y = batched("x", "u1", 2, n), batched("x", "u2", 2, m)
    s = batched("s", "v", 2, n + m)
    length = (n + m - 1) // step + 1
    f = Tensor(Name("f", V), (*s.shape[:2], Integer(length)))
    sliced = Definition(f, (SAMPLE, c, i), s[SAMPLE, c, step * i])
    flipped = Definition(f, (SAMPLE, c, i), s[SAMPLE, c, n + m - 1 - step * i])
    back = Divides(step, p) * Inside(Quotient(p, step), length) * f[SAMPLE, c, Quotient(p, step)]
    adjoint = Definition(batched("bar x", "u", 2, n + m), (SAMPLE, c, p), back)
    padded = Definition(batched("g", "v", 2, n + 5), (SAMPLE, c, i), Inside(i - before, n) * x[SAMPLE, c, i - before])
    joined = Inside(i, n) * x[SAMPLE, c, i] + Inside(i - n, m) * y[SAMPLE, c, i - n]
    concat = Definition(batched("h", "v", 2, n + m), (SAMPLE, c, i), joined)
    part = Definition(batched("e", "v", 2, m), (SAMPLE, c, i), s[SAMPLE, c, i + n])
    check([sliced, adjoint, padded, concat, part], [x, y, s], {}, seed)
    check([flipped, adjoint], [s], {}, seed)


@CHECK
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.permutations(range(4)), st.data(), st.integers(0, 99))
def test_reshapes(extents, order, data_, seed):
    """Any shape into any other of the same number of entries, and back."""
    total_size = int(np.prod(extents))
    first = data_.draw(st.sampled_from([n for n in range(1, total_size + 1) if total_size % n == 0]))
    target = [first, total_size // first]
    x, f = batched("x", "u", *extents), batched("f", "v", *target)
    forward = Definition(f, (SAMPLE, a, b), x[(SAMPLE, *_digits(a * target[1] + b, extents))])
    ps = [Index(f"p{n}") for n in range(len(extents))]
    flat = Integer(0)
    for index, extent in zip(ps, extents, strict=True):
        flat = flat * extent + index
    back = Definition(batched("g", "v", *extents), (SAMPLE, *ps), f[(SAMPLE, *_digits(flat, target))])
    text = check([forward, back], [x], {}, seed)
    assert "_INDEX_" not in text


def _digits(flat, extents):
    digits, step = [], 1
    for extent in reversed(extents):
        digits.insert(
            0, Remainder(Quotient(flat, step), extent) if len(digits) < len(extents) - 1 else Quotient(flat, step)
        )
        step *= extent
    return digits


@CHECK
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 9), st.integers(0, 99))
def test_upsampling_and_shuffles(n, factor, length, seed):
    """Nearest neighbours (also where the factor does not divide the length) and depth to space."""
    x = batched("x", "u", factor, -(-length // factor))
    s = batched("s", "v", length)
    up = Definition(batched("f", "v", factor, length), (SAMPLE, c, i), x[SAMPLE, c, Quotient(i, factor)])
    gathered = total(i, length, Same(p, Quotient(i, factor)) * s[SAMPLE, i])
    solved = total(u, factor, Inside(factor * p + u, length) * s[SAMPLE, factor * p + u])
    shape = (-(-length // factor),)
    check(
        [
            up,
            Definition(batched("g", "v", *shape), (SAMPLE, p), gathered),
            Definition(batched("h", "v", *shape), (SAMPLE, p), solved),
        ],
        [x, s],
        {},
        seed,
    )
    z = batched("x", "u", factor * n, length)
    shuffle = z[SAMPLE, n * Remainder(i, factor) + c, Quotient(i, factor)]
    text = check([Definition(batched("f", "v", n, factor * length), (SAMPLE, c, i), shuffle)], [z], {}, seed)
    assert "_INDEX_" not in text


# -- tables of integers -----------------------------------------------------------------------------------------------


@CHECK
@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 3), st.integers(0, 99))
def test_embeddings(vocabulary, length, width, seed):
    ids, W, s = batched("x", "u", length), plain("W", "v", vocabulary, width), batched("s", "v", length, width)
    below = {"x": vocabulary}
    look = Definition(s, (SAMPLE, t, d), W[ids[SAMPLE, t], d])
    add = total(SAMPLE, BATCH, total(t, length, Same(p, ids[SAMPLE, t]) * s[SAMPLE, t, d])) / BATCH
    gradient = Definition(plain("bar W", "v", vocabulary, width), (p, d), add)
    check(
        [Definition(batched("f", "v", length, width), look.indices, look.body), gradient], [ids, W, s], {}, seed, below
    )
    # Per sample: the entry of each row that an integer tensor names, and its adjoint.
    x = batched("z", "u", length, vocabulary)
    picked = Definition(batched("f", "v", length), (SAMPLE, t), x[SAMPLE, t, ids[SAMPLE, t]])
    same = total(k, vocabulary, Same(k, ids[SAMPLE, t]) * x[SAMPLE, t, k])
    spread = Definition(
        batched("g", "v", length, vocabulary), (SAMPLE, t, p), Same(p, ids[SAMPLE, t]) * s[SAMPLE, t, 0]
    )
    shifted = Inside(ids[SAMPLE, t] - 1, vocabulary) * x[SAMPLE, t, ids[SAMPLE, t] - 1]
    check(
        [
            picked,
            Definition(batched("e", "v", length), (SAMPLE, t), same),
            spread,
            Definition(batched("h", "v", length), (SAMPLE, t), shifted),
        ],
        [ids, x, s],
        {},
        seed,
        below,
    )

"""Formats of 16 bits as NumPy and float32's own bits have them, and how far rounded factors lead a sum of products."""

import numpy as np

UNITS = {"float16": (2.0**-11, 2.0**-25), "bfloat16": (2.0**-8, 2.0**-134)}
"""How far a number moves: relatively, and where it is small absolutely."""


def nearest16(values, form):
    """The nearest numbers of a format, of two the even one, of float32 numbers or, for float16, of any."""
    if form == "float16":
        with np.errstate(over="ignore"):
            return np.asarray(values).astype(np.float16).astype(np.float64)
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    kept = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)
    return np.where(np.isfinite(values), kept, values).astype(np.float64)


def numbers16():
    """Float32 numbers of all sizes, with halfway cases, subnormals, what is too large, and what is not finite."""
    random = np.random.default_rng(0)
    drawn = random.normal(size=600) * 2.0 ** random.integers(-140, 127, 600)
    near = random.normal(size=600) * 2.0 ** random.integers(-28, 17, 600)
    halfway = [1 + k * 2.0**-11 + d for k in (1, 2, 3) for d in (0, 2.0**-23, -(2.0**-23))]
    halfway += [1 + k * 2.0**-8 + d for k in (1, 2, 3) for d in (0, 2.0**-23, -(2.0**-23))]
    edges = [
        65504,
        65519.996,
        65520,
        65536,
        2**-14,
        2**-24,
        2**-25,
        1.5 * 2**-24,
        2**-25 + 2**-40,
        3.3895314e38,
        3.4e38,
    ]
    special = [0.0, 1e-45, 1e-40, 1.17549435e-38, np.inf, np.nan]
    values = np.concatenate([drawn, near, halfway, edges, special])
    return np.concatenate([values, -values]).astype(np.float32)


def bound(left, right, form):
    """How far left @ right, with factors rounded and products of 16 terms added to float32 sums, is from the exact one.

    A factor a becomes a' with |a' - a| <= u |a| + t =: d(a), so that |a' b' - a b| <= |a| d(b) + |b| d(a) + d(a) d(b);
    m sums in float32, of exact products, add at most m v / (1 - m v) times the sum of |a'| |b'|, v = 2^-24.
    """
    unit, tiny = UNITS[form]
    a, b = np.abs(left), np.abs(right)
    moved_a, moved_b = unit * a + tiny, unit * b + tiny
    factors = a @ moved_b + moved_a @ b + moved_a @ moved_b
    sums = -(-left.shape[1] // 16)
    growth = sums * 2.0**-24 / (1 - sums * 2.0**-24)
    return factors + growth * ((a + moved_a) @ (b + moved_b)) + 1e-12 * (a @ b)

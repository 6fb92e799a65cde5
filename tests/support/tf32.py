"""TF32 as NumPy has it: told by the definition, not by bits."""

import numpy as np


def nearest(values):
    """The nearest doubles with 11 significant bits, halfway cases away from zero; what is not finite stays."""
    values = np.asarray(values, np.float64)
    finite = np.isfinite(values)
    fraction, exponent = np.frexp(np.where(finite, values, 0.0))
    steps = np.sign(fraction) * np.floor(np.abs(fraction) * 2**11 + 0.5)
    return np.where(finite, np.ldexp(steps, exponent - 11), values)


def tf32_values():
    """Float32 numbers of many sizes, with halfway cases, zeros and what is not finite."""
    random = np.random.default_rng(0)
    drawn = random.normal(size=400) * 10.0 ** random.integers(-20, 20, 400)
    halfway = np.array([1 + 2**-11, 1 + 3 * 2**-11, 2 - 2**-11, 1 + 2**-11 - 2**-23, 1 + 2**-11 + 2**-23])
    special = np.array([0.0, 1.0, 65504.0, np.inf, np.nan])
    values = np.concatenate([drawn, halfway, special])
    return np.concatenate([values, -values]).astype(np.float32)

"""Emitted NumPy code on complex numbers, of which NumPy itself leaves out log(exp(a) + exp(b))."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np

from dyadic.physics.loading import imported
from dyadic.physics.updates import Array, Updates

_MISSING, _OURS = "np.logaddexp", "_log_of_sum"


def on_complex_numbers(updates: Updates) -> Updates:
    """The same numbers with code whose arrays may be complex."""
    network = updates.network
    if _MISSING not in network.text:
        return updates
    text = f"{network.text.replace(_MISSING, _OURS)}\nfrom {__name__} import log_of_sum as {_OURS}\n"
    found = copy(updates)
    found.network = replace(network, module=imported(text))
    return found


def log_of_sum(one: Array, two: Array) -> Array:
    """log(exp(a) + exp(b)), continued analytically from the real numbers: the exponent's real part is not above 0."""
    first = np.real(one) >= np.real(two)
    high: Array = np.where(first, one, two)
    low: Array = np.where(first, two, one)
    return high + np.log1p(np.exp(low - high))


__all__ = ["log_of_sum", "on_complex_numbers"]

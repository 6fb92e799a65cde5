"""How wrong a gradient is, in numbers that do not overflow where the gradients themselves do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dyadic.physics.updates import Array

NOTHING = (
    "every gradient that is compared is 0 here, so that nothing is shown of the method: give other numbers, or compare "
    "other parameters"
)
"""Of claims that a gradient is the one that is wanted, where both are 0 to the last digit."""
_SMALLEST = 1e-300
_BLOCK = 4096
"""Entries that are handled at once: they stay in the cache, and no library starts threads for them."""


def gradient_error(found: Array, wanted: Array) -> tuple[float, float]:
    """(|found - wanted| / |wanted|, the cosine of the angle between them), for two vectors.

    (0, NaN) if both are 0; (infinity, NaN) if only the second is, since no error is relative to 0, and 0 has no angle.
    """
    return error_by_parts([found], [wanted])


def error_by_parts(found: Sequence[Array], wanted: Sequence[Array]) -> tuple[float, float]:
    """The same of vectors that are given in parts."""
    pairs = [
        (one[k : k + _BLOCK], two[k : k + _BLOCK])
        for one, two in zip(found, wanted, strict=True)
        for k in range(0, len(two), _BLOCK)
    ]
    own, norm = _norm(one for one, _ in pairs), _norm(two for _, two in pairs)
    if norm == 0:
        return (0.0 if own == 0 else float("inf")), float("nan")
    off = _norm(one - two for one, two in pairs)
    scale, length = max(norm, _SMALLEST), max(own, _SMALLEST)
    cosine = sum(float((two / scale) @ (one / length)) for one, two in pairs)
    return off / scale, cosine


def _norm(parts: Iterable[Array]) -> float:
    """The Euclidean norm of a vector in parts."""
    return _length(np.array([_length(part) for part in parts]))


def _length(vector: Array) -> float:
    """The Euclidean norm, its squares taken of numbers up to 1."""
    largest = float(np.abs(vector).max(initial=0))
    return largest * float(np.linalg.norm(vector / largest)) if largest else 0.0


__all__ = ["NOTHING", "error_by_parts", "gradient_error"]

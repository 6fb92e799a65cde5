"""How wrong a gradient is, in numbers that do not overflow where the gradients themselves do not."""

from __future__ import annotations

import numpy as np

from dyadic.physics.updates import Array

_SMALLEST = 1e-300


def gradient_error(found: Array, wanted: Array) -> tuple[float, float]:
    """(|found - wanted| / |wanted|, the cosine of the angle between them), for two vectors.

    (0, 1) if both are 0; (infinity, NaN) if only the second is, since no error is relative to 0, and 0 has no angle.
    """
    if not wanted.any():
        return (float("inf"), float("nan")) if found.any() else (0.0, 1.0)
    off, own, norm = _norm(found - wanted), _norm(found), _norm(wanted)
    cosine = float((wanted / max(norm, _SMALLEST)) @ (found / max(own, _SMALLEST)))
    return off / max(norm, _SMALLEST), cosine


def _norm(vector: Array) -> float:
    """The Euclidean norm, its squares taken of numbers up to 1."""
    largest = float(np.abs(vector).max(initial=0))
    return largest * float(np.linalg.norm(vector / largest)) if largest else 0.0


__all__ = ["gradient_error"]

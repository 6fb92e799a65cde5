"""What a warp's matrix product on tensor cores is: mma.sync m16n8k8 on TF32 operands.

A warp of 32 threads multiplies 16 x 8 by 8 x 8; every lane holds a few entries of each matrix.  Source of the layout:
the PTX ISA, "Matrix fragments for mma.m16n8k8", with groupID = lane / 4 and threadID_in_group = lane % 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
WARP = 32
ROWS, COLUMNS, DEPTH = 16, 8, 8
_LANE = np.arange(WARP)[:, None]
_QUAD, _MEMBER = _LANE // 4, _LANE % 4
_UP_TO = np.arange(4)[None, :]

LEFT = _QUAD + 8 * (_UP_TO % 2), _MEMBER + 4 * (_UP_TO // 2)
"""Row and term of each lane's four entries of the left matrix; arrays of shape (32, 4)."""
RIGHT = _MEMBER + 4 * _UP_TO[:, :2], _QUAD + 0 * _UP_TO[:, :2]
"""Term and column of each lane's two entries of the right matrix."""
SUM = _QUAD + 8 * (_UP_TO // 2), 2 * _MEMBER + _UP_TO % 2
"""Row and column of each lane's four entries of the sum."""


def rounded(values: Numbers) -> Numbers:
    """Doubles with 10 bits of fraction, as TF32 has: the nearest, of two the one further from zero (cvt.rna).

    The range of the exponents is left as it is.
    """
    bits = np.ascontiguousarray(values, np.float64).view(np.int64)
    finite = np.isfinite(values)
    return np.where(finite, ((bits + (1 << 41)) & ~np.int64((1 << 42) - 1)).view(np.float64), values)


def product(left: Numbers, right: Numbers) -> Numbers:
    """What each lane's entries of the sum grow by.

    left, right: the entries that the lanes hold, of shapes (warps, 32, 4) and (warps, 32, 2); the result is as left.
    """
    warps = len(left)
    one, two = np.full((warps, ROWS, DEPTH), np.nan), np.full((warps, DEPTH, COLUMNS), np.nan)
    one[:, *LEFT], two[:, *RIGHT] = left, right
    return np.asarray((one @ two)[:, *SUM])


__all__ = ["COLUMNS", "DEPTH", "LEFT", "RIGHT", "ROWS", "SUM", "WARP", "product", "rounded"]

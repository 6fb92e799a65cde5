"""What a warp's matrix product on tensor cores is: mma.sync m16n8k8 on TF32 operands, m16n8k16 on those of 16 bits.

A warp of 32 threads multiplies 16 x 8 by 8 x 8; every lane holds a few entries of each matrix.  Source of the layout:
the PTX ISA, "Matrix fragments for mma.m16n8k8", with groupID = lane / 4 and threadID_in_group = lane % 4.  Fragments of
m16n8k16 with 16 bits lie the same way, with two neighbouring terms in the place of each.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Format:
    """Numbers with ``fraction`` bits behind the leading one, that one being at least 2^least in size.

    Below, they are multiples of 2^(least - fraction).  even: of two nearest the one whose last bit is 0, else the one
    further from zero.  largest: from halfway to the next on, infinity.  paired: two take 32 bits.
    """

    fraction: int
    least: int
    largest: float
    even: bool
    paired: bool

    @property
    def narrow(self) -> bool:
        """Whether float32 has numbers that are too large or too small for it."""
        return self.least > -126

    @property
    def infinite(self) -> float:
        """Where infinity begins: halfway from the largest to the next, if there were one."""
        return self.largest * (1 + self.unit / (2 - 2 * self.unit))

    @property
    def unit(self) -> float:
        """The largest relative error of rounding, where the exponent is not below the least."""
        return 2.0 ** -(self.fraction + 1)

    @property
    def tiny(self) -> float:
        """The largest absolute error below."""
        return 2.0 ** (self.least - self.fraction - 1)


FORMATS = {
    "tf32": Format(10, -126, (2 - 2.0**-10) * 2.0**127, even=False, paired=False),
    "float16": Format(10, -14, 65504.0, even=True, paired=True),
    "bfloat16": Format(7, -126, (2 - 2.0**-7) * 2.0**127, even=True, paired=True),
}


def rounded(values: Numbers, form: str) -> Numbers:
    """The nearest numbers of a format (cvt.rna to TF32, cvt.rn to the others)."""
    one = FORMATS[form]
    finite = np.isfinite(values)
    given = np.where(finite, values, 0.0)
    unit = np.ldexp(1.0, np.maximum(np.frexp(given)[1] - 1, one.least) - one.fraction)
    steps = given / unit
    nearest = (np.rint(steps) if one.even else np.sign(steps) * np.floor(np.abs(steps) + 0.5)) * unit
    return np.where(finite, np.where(np.abs(nearest) > one.largest, np.copysign(np.inf, given), nearest), values)


def product(left: Numbers, right: Numbers) -> Numbers:
    """What each lane's entries of the sum grow by.

    left, right: the entries that the lanes hold, of shapes (warps, 32, 4) and (warps, 32, 2), with an axis more where
    they are pairs; the result has the first of these shapes.
    """
    if left.ndim > 3:
        return product(left[..., 0], right[..., 0]) + product(left[..., 1], right[..., 1])
    warps = len(left)
    one, two = np.full((warps, ROWS, DEPTH), np.nan), np.full((warps, DEPTH, COLUMNS), np.nan)
    one[:, *LEFT], two[:, *RIGHT] = left, right
    return np.asarray((one @ two)[:, *SUM])


__all__ = ["COLUMNS", "DEPTH", "FORMATS", "LEFT", "RIGHT", "ROWS", "SUM", "WARP", "Format", "product", "rounded"]

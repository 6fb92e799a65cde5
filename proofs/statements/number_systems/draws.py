"""Small numbers by the label of an entry, at which the two sides of a claim are evaluated exactly."""

from __future__ import annotations

import hashlib
from fractions import Fraction

Number = int | Fraction
INTEGERS = (1, 2, -1, 3, -2, 5)
FRACTIONS = tuple(Fraction(*pair) for pair in ((1, 2), (-1, 2), (1, 3), (-1, 4), (3, 2), (-3, 2), (2, 1), (7, 1)))


class Draws(dict[str, Number]):
    """One number for each label that is asked for, the same whenever it is.

    seed: 0 and 1 are all ones and all zeros (of fractions: all halves and all twos); from 2 on the numbers are drawn,
    every third time with zeros among them.
    zero: whether the entries of a block that stands for several (``x_h[3..39]``) are 0.
    broken: whether fractions are drawn, as some functions are defined, or differ, only between the integers.
    """

    def __init__(self, seed: int, zero: bool, broken: bool = False) -> None:
        super().__init__()
        self._seed, self._zero, self._broken = seed, zero, broken

    def __missing__(self, label: str) -> Number:
        self[label] = 0 if ".." in label and self._zero else self._drawn(label)
        return self[label]

    def _drawn(self, label: str) -> Number:
        if self._seed < 2:
            return (Fraction(1, 2), 2)[self._seed] if self._broken else 1 - self._seed
        raw = hashlib.blake2b(f"{self._seed} {label}".encode(), digest_size=4).digest()
        values: tuple[Number, ...] = FRACTIONS if self._broken else INTEGERS
        values = (*values, 0, 0) if self._seed % 3 == 2 else values
        return values[int.from_bytes(raw, "big") % len(values)]

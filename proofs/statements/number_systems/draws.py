"""Small numbers by the label of an entry, at which the two sides of a claim are evaluated exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

Number = int | Fraction
INTEGERS = (1, 2, -1, 3, -2, 5)
FRACTIONS = tuple(Fraction(*pair) for pair in ((1, 2), (-1, 2), (1, 3), (-1, 4), (3, 2), (-3, 2), (2, 1), (7, 1)))

_NAMED, _LARGEST, _HIGHEST = 6, 10**40, 40
_BESIDE: tuple[Number, ...] = (0, 1, Fraction(1, 32), Fraction(-1, 32))
"""How far from a number that is written numbers are tried."""


class Draws(dict[str, Number]):
    """One number for each label that is asked for, the same whenever it is.

    seed: 0 and 1 are all ones and all zeros (of fractions: all halves and all twos); from 2 on the numbers are drawn,
    every third time with zeros among them.
    zero: whether the entries of a block that stands for several (``x_h[3..39]``) are 0.
    broken: whether fractions are drawn, as some functions are defined, or differ, only between the integers.
    among: the numbers that are taken, if these are not to be the usual ones.
    """

    def __init__(self, seed: int, zero: bool, broken: bool = False, among: Sequence[Number] = ()) -> None:
        super().__init__()
        self._seed, self._zero, self._broken, self._among = seed, zero, broken, tuple(among)

    def __missing__(self, label: str) -> Number:
        self[label] = 0 if ".." in label and self._zero else self._drawn(label)
        return self[label]

    def _drawn(self, label: str) -> Number:
        if self._among:  # all pairs of them in turn, for the first two that are asked for, and on
            return self._among[self._seed // len(self._among) ** (len(self) % 2) % len(self._among)]
        if self._seed < 2:
            return (Fraction(1, 2), 2)[self._seed] if self._broken else 1 - self._seed
        raw = hashlib.blake2b(f"{self._seed} {label}".encode(), digest_size=4).digest()
        values: tuple[Number, ...] = FRACTIONS if self._broken else INTEGERS
        values = (*values, 0, 0) if self._seed % 3 == 2 else values
        return values[int.from_bytes(raw, "big") % len(values)]


class Distinct(Draws):
    """Positive numbers of which no two are equal, but by chance."""

    def __init__(self) -> None:
        super().__init__(0, False)

    def _drawn(self, label: str) -> Number:
        raw = hashlib.blake2b(label.encode(), digest_size=3).digest()
        return Fraction(1, 4) + Fraction(int.from_bytes(raw, "big"), 2**23)


def near(nodes: Sequence[Any], zero: bool, most: int) -> list[Draws]:
    """Draws among the numbers that stand in expressions, at which a bracket of theirs may hold, and a little beyond.

    ``[x > 40]`` is 0 at all the usual draws.
    """
    numbers = list(islice(dict.fromkeys(n for node in nodes for n in _numbers(node)), _NAMED))
    if not numbers:
        return []
    found = [Draws(0, zero, among=[n + more]) for more in _BESIDE for n in numbers]
    for more in (0, 1, -1):
        among = [0, *(n + more for n in numbers)]
        found += [Draws(seed, zero, among=among) for seed in range(len(among) ** 2)]
    return found[:most]


def _numbers(node: Any) -> list[Number]:
    """The numbers in an expression, with both signs; not those in its indices."""
    if isinstance(node, int):
        return [node, -node] if 1 < abs(node) < _LARGEST else []
    if not isinstance(node, list) or not node or node[0] in ("entry", "index", "size"):
        return []
    if node[0] == "rational":
        value = Fraction(node[1], node[2])
        return [value, -value] if abs(value) < _LARGEST else []
    if node[0] == "^" and isinstance(node[1], int) and isinstance(node[2], int) and 0 < node[2] <= _HIGHEST:
        return _numbers(node[1] ** node[2]) if abs(node[1]) <= _LARGEST else []
    return [number for child in node for number in _numbers(child)]

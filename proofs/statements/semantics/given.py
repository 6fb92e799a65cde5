"""Constants and buffers whose values the architecture gives: in a claim they are these numbers, and not free."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import lcm
from typing import Any

from dyadic.proofs.checker.intake.graph import Graph

Place = tuple[int, ...]
_LARGEST = 1.8e308


class GivenArray:
    """The entries of one array.

    A number in double precision is the shortest decimal that stands for it, as it is written in a specification;
    one in another precision is exact.
    """

    def __init__(self, array: Any) -> None:
        self._array = array
        self.finite = array.dtype.kind in "biu" or bool((abs(array) < _LARGEST).all())

    def __getitem__(self, place: Place) -> Fraction:
        value = self._array[place].item()
        return Fraction(repr(value)) if str(self._array.dtype) == "float64" else Fraction(value)

    @cached_property
    def uneven(self) -> tuple[bool, ...]:
        """Of each axis, whether entries along it differ."""
        axes = range(self._array.ndim)
        return tuple(bool((self._array != self._array.take([0], axis)).any()) for axis in axes)

    @cached_property
    def weight(self) -> int:
        """Bits of the largest entry over the common denominator, and those of that: a bound as a degree is one."""
        spans = [range(size if uneven else 1) for size, uneven in zip(self._array.shape, self.uneven, strict=True)]
        values = {self[place] for place in product(*spans)}
        below = lcm(*(value.denominator for value in values))
        largest = max((abs(value.numerator) * (below // value.denominator) for value in values), default=0)
        return max(largest.bit_length() - 1, 0) + below.bit_length() - 1


def given_values(graph: Graph, values: Mapping[str, Any]) -> dict[tuple[str, str], GivenArray]:
    """Those of the inputs of a network that are constants; trained parameters stay free, with whatever values."""
    fixed = {name for name, node in graph.inputs.items() if node["role"] in ("constant", "index")}
    return {
        ("x", name): GivenArray(array) for name, array in values.items() if name in fixed and hasattr(array, "dtype")
    }


__all__ = ["GivenArray", "given_values"]

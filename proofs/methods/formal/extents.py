"""Sizes that are variables, as terms of Coq: with them, and not with numbers, a layer is written for all sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SizeTerm:
    """An integer made of sizes: the name of a size, or an operation of Coq's integers and its two parts."""

    head: str
    parts: tuple[Size, ...] = ()

    def __str__(self) -> str:
        return f"({' '.join([self.head, *map(written, self.parts)])})" if self.parts else self.head

    def __add__(self, other: Size) -> Size:
        return self if other == 0 else SizeTerm("Z.add", (self, other))

    def __radd__(self, other: Size) -> Size:
        return self if other == 0 else SizeTerm("Z.add", (other, self))

    def __mul__(self, other: Size) -> Size:
        return self if other == 1 else SizeTerm("Z.mul", (self, other))

    def __rmul__(self, other: Size) -> Size:
        return self if other == 1 else SizeTerm("Z.mul", (other, self))

    def __floordiv__(self, other: Size) -> Size:
        return SizeTerm("Z.div", (self, other))

    def __rfloordiv__(self, other: Size) -> Size:
        return SizeTerm("Z.div", (other, self))

    def __mod__(self, other: Size) -> Size:
        return SizeTerm("Z.modulo", (self, other))

    def __rmod__(self, other: Size) -> Size:
        return SizeTerm("Z.modulo", (other, self))


Size = int | SizeTerm
"""A size: a number, or a term of Coq in which sizes are variables."""
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "Z.add": lambda a, b: a + b,
    "Z.mul": lambda a, b: a * b,
    "Z.div": lambda a, b: a // b,
    "Z.modulo": lambda a, b: a % b,
}
"""Operations of Coq's integers by their names there."""


def written(size: Size) -> str:
    """The integer as it stands in Coq."""
    return str(size) if isinstance(size, SizeTerm) else f"({size})" if size < 0 else str(size)


def natural(size: Size) -> str:
    """The same as a natural number, as the length of a sum."""
    return f"(Z.to_nat {size})" if isinstance(size, SizeTerm) else str(size)


def number(size: Size) -> str:
    """The same as a rational number."""
    return f"({size} # 1)" if isinstance(size, SizeTerm) else f"({size})"


def inverse_power(size: Size, power: int) -> str:
    """1 / size^power as a rational number, for a size other than 0; one that is a variable is positive."""
    if isinstance(size, int):
        return f"(({(1 if size > 0 else -1) ** power}) # {abs(size) ** power})"
    product: Size = size
    for _ in range(power - 1):
        product = product * size
    return f"((1) # (Z.to_pos {product}))"


def is_below(size: Size, bound: int) -> bool:
    """Whether a number is below the bound; a size that is a variable counts as large enough."""
    return isinstance(size, int) and size < bound


def evaluated(size: Any, values: Mapping[str, int]) -> int:
    """The number for values of the size variables."""
    if isinstance(size, int):
        return size
    if not size.parts:
        return values[size.head]
    return OPERATIONS[size.head](*(evaluated(part, values) for part in size.parts))


__all__ = ["OPERATIONS", "Size", "SizeTerm", "evaluated", "inverse_power", "is_below", "natural", "number", "written"]

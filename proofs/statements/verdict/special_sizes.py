"""Sizes at which what is proved for all may say nothing: a denominator can be 0 there, whatever the arrays hold.

A row of one entry is its own mean, so that the deviations are 0, and n - 1 is 0 at n = 1.  An identity that holds
wherever both sides have a value holds there too, and yet a backward pass that divides by such a number returns nan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

_ALONE = 3
"""How many sizes are tried beside the usual ones of the others."""
_MOST, _SMALLEST = 20, 5
"""The largest number of the code that is tried as a size, and how many of them are."""


def special_sizes(
    left: Sequence[str], usual: Mapping[str, int], given: Mapping[str, int], written: set[int]
) -> Iterator[tuple[str, dict[str, int]]]:
    """Which sizes are special, in words, and numbers for all: 1 or what stands in the code for one; equal ones.

    left: the sizes that have no number yet.  usual: numbers for these that are nothing special.  written: the numbers
    in the code.
    """
    tried = sorted({1} | {number for number in written if 1 < number <= _MOST})[:_SMALLEST]
    for name in left[:_ALONE]:
        for number in tried:
            yield f"{name} = {number}", {**given, **usual, name: number}
    if len(left) > 1:
        yield f"{' = '.join(left)} = 2", {**given, **dict.fromkeys(left, 2)}


__all__ = ["special_sizes"]

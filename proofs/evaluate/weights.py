"""Bounds on degree and coefficients of what is evaluated, for the probability that an agreement is one of chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.evaluate.number_rings import Anywhere, Composed

_UNIT, _LONGEST = 16, 4096
"""What a denominator weighs at least; the bits of constants that are computed."""
_POSITION = 31
"""The bits of a position that is not known, which is an index."""


class Share(int):
    """The weight of a quotient of two polynomials, at least the sum of both; ``below`` is the denominator's."""

    below: int

    @staticmethod
    def of(above: int, below: int) -> int:
        if not below:
            return above
        share = Share(2 * (above + below))
        share.below = below
        return share


class Constant(int):
    """The weight of a number that is known."""

    exact: Fraction


def _parts(weight: int) -> tuple[int, int]:
    """Weights of the numerator and the denominator."""
    return (int(weight) // 2 - weight.below, weight.below) if isinstance(weight, Share) else (int(weight), 0)


class Degree(Composed):
    """A bound on the degree of the polynomial that stands there, and on the bits of its coefficients.

    Parameters, inputs, states and function values are free variables.  A number here is a weight w of a polynomial with
    rational coefficients; or a :class:`Share` for the quotient of two.  With M the least common multiple of all
    denominators of constants, w >= D, its degree, 2^w bounds the sum of the absolute values of its coefficients, and
    there is some h <= w / 16 for which M^h makes them integers.  All three add up in a product; in a sum each is that
    of the largest, but for the bits of the number of terms.  :meth:`difference` gives from this the weight of a
    polynomial with integer coefficients that proofs/checker/evaluation/prime_numbers.py speaks of.
    """

    bounding = True

    def __init__(self) -> None:
        self._above, self._below, self._common = 0, 0, 1

    def difference(self, weights: Iterable[int]) -> int:
        """The weight of the difference of any two of them, over one denominator, with integer coefficients."""
        parts = [_parts(weight) for weight in weights]
        above, below = max((over for over, _ in parts), default=0), max((under for _, under in parts), default=0)
        return self._integral(above + below)

    @property
    def deepest(self) -> int:
        """The same of what function values are of."""
        return self._integral(self._above + self._below)

    def _integral(self, weight: int) -> int:
        return weight * (1 - -(self._common - 1).bit_length() // _UNIT) + 1

    def _asked(self, arguments: Sequence[int]) -> None:
        for argument in arguments:
            over, under = _parts(argument)
            self._above, self._below = max(self._above, over), max(self._below, under)

    def number(self, p: int, q: int = 1) -> int:
        if isinstance(p, Anywhere):
            return _POSITION
        return self._constant(Fraction(p, q))

    def _constant(self, exact: Fraction) -> int:
        self._common = math.lcm(self._common, exact.denominator)
        bits = (abs(exact.numerator) - 1).bit_length() if exact else 0
        found = Constant(max(bits, _UNIT if exact.denominator > 1 else 0))
        found.exact = exact
        return found

    def add(self, terms: Sequence[int]) -> int:
        if not terms:
            return 0
        more = (len(terms) - 1).bit_length()
        if Share not in set(map(type, terms)):
            return max(terms) + more
        parts = [_parts(term) for term in terms]
        below = sum(under for _, under in parts)
        return Share.of(max(over - under + below for over, under in parts) + more, below)

    def mul(self, factors: Sequence[int]) -> int:
        types = set(map(type, factors))
        if types == {Constant} and sum(factors) < _LONGEST:
            return self._constant(math.prod((factor.exact for factor in factors), start=Fraction(1)))  # type: ignore[attr-defined]
        if Share not in types:
            return sum(factors)
        parts = [_parts(factor) for factor in factors]
        return Share.of(sum(over for over, _ in parts), sum(under for _, under in parts))

    def dot(self, rows: Sequence[Sequence[int]]) -> int:
        if any(Share in set(map(type, row)) for row in rows):
            return super().dot(rows)
        return max(map(sum, zip(*rows, strict=True))) + (len(rows[0]) - 1).bit_length()

    def power(self, base: int, p: int, q: int = 1) -> int:
        if q != 1:
            self._asked([base])
        elif isinstance(base, Constant) and base.exact and abs(p) * max(base, 1) < _LONGEST:
            return self._constant(base.exact**p)
        over, under = _parts(base) if q == 1 else (1, 0)
        if p < 0:
            over, under, p = under, over, -p
        return Share.of(over * p, under * p)

    def apply(self, name: str, order: int, argument: int) -> int:
        self._asked([argument])
        return 1

    def logsumexp(self, arguments: Sequence[int]) -> int:
        self._asked(arguments)
        return 1

    def largest(self, arguments: Sequence[int]) -> int:
        self._asked(arguments)
        parts = [_parts(argument) for argument in arguments]
        return Share.of(max(over for over, _ in parts), max(under for _, under in parts))

    def argmax(self, arguments: Sequence[int], indices: Sequence[int]) -> Any:
        self._asked(arguments)
        return Anywhere()


__all__ = ["Degree"]

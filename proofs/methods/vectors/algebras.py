"""What the vectors, scalars and matrices of proofs/methods/vectors/matrices.py are made of.

:class:`Residues`: integers modulo a prime, every function an unknown one.  :class:`DegreeAlgebra`: a bound on the
degree and the coefficients of the polynomial that would stand there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from flint import fmpz_mat, nmod, nmod_mat

Value = Any
DRAWN_BITS = 61
"""Values are drawn uniformly from 0 .. 2^61 - 1, a subset of the field (its prime is larger)."""


class Randomness:
    """A stream of independent values: SHAKE-256 of the seed, read in order."""

    def __init__(self, prime: int, seed: int) -> None:
        self._prime, self._seed, self._block = prime, seed, 0

    def vector(self, size: int) -> list[nmod]:
        return [nmod(value, self._prime) for value in self.draw(size)]

    def matrix(self, rows: int, columns: int) -> nmod_mat:
        # By way of fmpz_mat, which reads a list faster.
        return nmod_mat(fmpz_mat(rows, columns, self.draw(rows * columns)), self._prime)

    def draw(self, count: int) -> list[int]:
        self._block += 1
        text = f"{self._seed} {self._block}".encode()
        raw = np.frombuffer(hashlib.shake_256(text).digest(8 * count), dtype="<u8")
        return (raw & np.uint64(2**DRAWN_BITS - 1)).tolist()


class Unknowns:
    """Functions nothing is known of: a value is drawn when a function is first applied to an argument.

    The key is (function, order of the derivative, argument).  It holds no vertex: tanh is the same function at every
    vertex, and with it tanh(a) = tanh(b) wherever a = b.  The order makes a function and its derivative independent of
    each other, so what holds here holds for any pair of them.  logsumexp is keyed by the multiset of its arguments.
    """

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness
        self._known: dict[tuple[str, int], dict[Any, nmod]] = {}

    def apply(self, name: str, order: int, arguments: list[Any]) -> list[nmod]:
        known = self._known.setdefault((name, order), {})
        values = list(map(known.get, arguments))
        if None in values:
            new = [a for a in dict.fromkeys(arguments) if a not in known]
            known.update(zip(new, self._randomness.vector(len(new)), strict=True))
            return [known[a] for a in arguments]
        return values

    @property
    def calls(self) -> list[int]:
        """How many values each function and derivative was given."""
        return [len(table) for table in self._known.values()]


class Algebra(Protocol):
    """What vectors, scalars and matrices are: residues, or bounds on degrees."""

    def constant(self, p: int, q: int) -> Value: ...
    def add(self, terms: Sequence[Value]) -> Value: ...
    def multiply(self, factors: Sequence[Value]) -> Value: ...
    def apply(self, name: str, order: int, argument: Value) -> Value: ...
    def total(self, vector: Value) -> Value: ...
    def logsumexp(self, vector: Value) -> Value: ...
    def spread(self, scalar: Value, like: Value) -> Value: ...
    def product(self, matrix: Value, transpose: bool, vector: Value) -> Value: ...
    def outer(self, left: Value, right: Value) -> Value: ...


class Residues:
    """Scalars as ``flint.nmod``, vectors as lists of them, matrices as ``flint.nmod_mat``.

    keep_transposes: a row times a matrix is several times slower than a matrix times a column; a transposed copy of
    every matrix pays where it is used at every step, and doubles the memory.
    """

    def __init__(self, prime: int, unknowns: Unknowns, keep_transposes: bool) -> None:
        self.prime, self.unknowns = prime, unknowns
        self._transposed: dict[int, nmod_mat] | None = {} if keep_transposes else None

    def constant(self, p: int, q: int) -> nmod:
        return nmod(p, self.prime) / q

    def add(self, terms: Sequence[Value]) -> Value:
        result = terms[0]
        for term in terms[1:]:
            # A matrix or a scalar adds by itself.
            result = [a + b for a, b in zip(result, term, strict=True)] if isinstance(result, list) else result + term
        return result

    def multiply(self, factors: Sequence[Value]) -> Value:
        result = factors[0]
        for value in factors[1:]:
            if isinstance(result, list) and isinstance(value, list):
                result = [a * b for a, b in zip(result, value, strict=True)]
            elif isinstance(result, list) or isinstance(value, list):
                vector, scalar = (result, value) if isinstance(result, list) else (value, result)
                result = [a * scalar for a in vector]
            else:
                result = result * value
        return result

    def apply(self, name: str, order: int, argument: Value) -> Value:
        if isinstance(argument, list):
            return self.unknowns.apply(name, order, list(map(int, argument)))
        return self.unknowns.apply(name, order, [int(argument)])[0]

    def total(self, vector: list[nmod]) -> nmod:
        return sum(vector[1:], vector[0])

    def logsumexp(self, vector: list[nmod]) -> nmod:
        return self.unknowns.apply("logsumexp", 0, [tuple(sorted(map(int, vector)))])[0]

    def spread(self, scalar: nmod, like: list[nmod]) -> list[nmod]:
        return [scalar] * len(like)

    def product(self, matrix: nmod_mat, transpose: bool, vector: list[nmod]) -> list[nmod]:
        p, size = self.prime, len(vector)
        if not transpose:
            return (matrix * nmod_mat(size, 1, vector, p)).entries()
        if self._transposed is None:
            return (nmod_mat(1, size, vector, p) * matrix).entries()
        if id(matrix) not in self._transposed:
            self._transposed[id(matrix)] = matrix.transpose()
        return (self._transposed[id(matrix)] * nmod_mat(size, 1, vector, p)).entries()

    def outer(self, left: list[nmod], right: list[nmod]) -> nmod_mat:
        return nmod_mat(len(left), 1, left, self.prime) * nmod_mat(1, len(right), right, self.prime)


class DegreeAlgebra:
    """A bound on degree and coefficients of every entry, with the function values taken as free.

    A value is a pair (w, d): its entries are polynomials over one integer of at most d bits, each of the weight w,
    which is at least the degree, and at least the bits of the sum of the absolute values of its coefficients
    (proofs/checker/evaluation/prime_numbers.py).  All entries of a vector or matrix have one denominator.
    """

    def __init__(self) -> None:
        self._longest, self._above, self._below = 1, 0, 0

    @property
    def largest_argument(self) -> int:
        """The weight of the difference of any two numbers that a function was applied to."""
        return self._above + self._below + 1

    def vector(self, size: int) -> tuple[int, int]:
        """What is drawn.  All of it has to be drawn before anything is computed."""
        self._longest = max(self._longest, size)
        return 1, 0

    def matrix(self, rows: int, columns: int) -> tuple[int, int]:
        return self.vector(max(rows, columns))

    def constant(self, p: int, q: int) -> tuple[int, int]:
        return (abs(p) - 1).bit_length() if p else 0, (q - 1).bit_length()

    def add(self, terms: Sequence[tuple[int, int]]) -> tuple[int, int]:
        below = sum(d for _, d in terms)
        return max(w + below - d for w, d in terms) + (len(terms) - 1).bit_length(), below

    def multiply(self, factors: Sequence[tuple[int, int]]) -> tuple[int, int]:
        return sum(w for w, _ in factors), sum(d for _, d in factors)

    def apply(self, name: str, order: int, argument: tuple[int, int]) -> tuple[int, int]:
        self._above, self._below = max(self._above, argument[0]), max(self._below, argument[1])
        return 1, 0

    def total(self, vector: tuple[int, int]) -> tuple[int, int]:
        return vector[0] + (self._longest - 1).bit_length(), vector[1]

    def logsumexp(self, vector: tuple[int, int]) -> tuple[int, int]:
        return self.apply("logsumexp", 0, vector)

    def spread(self, scalar: tuple[int, int], like: tuple[int, int]) -> tuple[int, int]:
        return scalar

    def product(self, matrix: tuple[int, int], transpose: bool, vector: tuple[int, int]) -> tuple[int, int]:
        return self.total(self.multiply([matrix, vector]))

    def outer(self, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
        return self.multiply([left, right])

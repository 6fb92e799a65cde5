"""Number systems in which the checker evaluates index equations.

Evaluating one expression in several rings gives several kinds of evidence (bounds for the error are in weights.py):

* :class:`PrimeField`: integers mod a prime, every function an unknown one: identities that hold for all functions;
* :class:`Ball`: rigorous real enclosures (Arb) of the true functions: numbers that differ for certain;
* :class:`Tape`: reverse-mode differentiation over any of the others: backpropagation by another route.

Only python-flint and the standard library are used: nothing here comes from the code that derives.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from operator import mul
from typing import Any, Protocol

from flint import arb

from dyadic.proofs.checker.evaluation.prime_numbers import digest_size
from dyadic.proofs.checker.trust import ARB, BLAKE, called
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS, Undetermined


class Ring(Protocol):
    """What an evaluator needs of a number system."""

    bounding: bool
    """Whether its numbers are bounds, which two forms of one polynomial need not share."""

    def number(self, p: Any, q: int = 1) -> Any:
        """p/q; p: an integer, or, in a ring of bounds, :class:`Anywhere`."""

    def add(self, terms: Sequence[Any]) -> Any: ...
    def mul(self, factors: Sequence[Any]) -> Any: ...
    def dot(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Sum_k Product_r rows[r][k], of one or more rows of equal length, none of them empty."""

    def more(self, total: Any, one: Any, two: Any) -> Any:
        """total + one * two."""

    def power(self, base: Any, p: int, q: int = 1) -> Any:
        """base^(p/q)."""

    def apply(self, name: str, order: int, argument: Any) -> Any: ...
    def logsumexp(self, arguments: Sequence[Any]) -> Any: ...
    def largest(self, arguments: Sequence[Any]) -> Any: ...
    def argmax(self, arguments: Sequence[Any], indices: Sequence[int]) -> int:
        """The index that belongs to the argument that :meth:`largest` takes."""


class Composed:
    """Sums of products made of sums and products, for a ring that has no shorter way."""

    bounding = False

    def dot(self: Any, rows: Sequence[Sequence[Any]]) -> Any:
        return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])

    def more(self: Any, total: Any, one: Any, two: Any) -> Any:
        return self.add([total, self.mul([one, two])])


class PrimeField:
    """Integers modulo a prime; a function value is a pseudo-random residue keyed by function and argument.

    Two evaluations agree on f(a) and f(b) if a = b, and otherwise only by chance, so what holds here holds
    for every choice of functions, up to the chance that is bounded by :func:`.identity_values.trials_of`.
    The largest of some values is one of them, picked pseudo-randomly but the same whenever the values are: what
    holds here holds however ties are broken, and for any other choice function too.  A q-th root is an unknown
    number, the same for equal arguments; that its q-th power is the argument is not used.

    choice: the place of the value that every maximum takes instead (:mod:`.maximum_choices`).
    """

    bounding = False

    def __init__(self, prime: int, seed: int, choice: int | None = None) -> None:
        called(BLAKE)
        self.prime, self.choice = prime, choice
        self.key, self.digest_size = seed.to_bytes(32, "big"), digest_size(prime, 32)
        self.calls = 0
        self._known: dict[object, int] = {}

    def number(self, p: int, q: int = 1) -> int:
        return p % self.prime if q == 1 else p * pow(q, -1, self.prime) % self.prime

    def add(self, terms: Sequence[int]) -> int:
        return sum(terms) % self.prime

    def mul(self, factors: Sequence[int]) -> int:
        if len(factors) == 2:
            return factors[0] * factors[1] % self.prime
        result = 1
        for factor in factors:
            result = result * factor % self.prime
        return result

    def dot(self, rows: Sequence[Sequence[int]]) -> int:
        if len(rows) == 2:
            return sum(map(mul, *rows)) % self.prime
        if len(rows) == 1:
            return sum(rows[0]) % self.prime
        return sum(map(self.mul, zip(*rows, strict=True))) % self.prime

    def more(self, total: int, one: int, two: int) -> int:
        return (total + one * two) % self.prime

    def power(self, base: int, p: int, q: int = 1) -> int:
        if q != 1:
            base = self._unknown(("root", q, base))
        if p < 0 and base % self.prime == 0:
            raise Undetermined("division by zero")
        return pow(base, p, self.prime)

    def apply(self, name: str, order: int, argument: int) -> int:
        return self._unknown(("function", name, order, argument))

    def logsumexp(self, arguments: Sequence[int]) -> int:
        return self._unknown(("logsumexp", *sorted(arguments)))

    def largest(self, arguments: Sequence[int]) -> int:
        return arguments[self._choice(arguments)]

    def argmax(self, arguments: Sequence[int], indices: Sequence[int]) -> int:
        return indices[self._choice(arguments)]

    def _choice(self, arguments: Sequence[int]) -> int:
        taken = self._unknown(("largest", *arguments)) if self.choice is None else self.choice
        return taken % len(arguments)

    def _unknown(self, key: object) -> int:
        if key not in self._known:
            self.calls += 1
            raw = hashlib.blake2b(repr(key).encode(), key=self.key, digest_size=self.digest_size).digest()
            self._known[key] = int.from_bytes(raw, "big") % self.prime
        return self._known[key]


class Anywhere:
    """A position that is not known: it equals every index and lies in every range."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]
    __ge__ = __gt__ = __le__ = __lt__ = __eq__

    def _same(self, other: object) -> Anywhere:
        return self

    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = _same
    __floordiv__ = __mod__ = _same


class Ball(Composed):
    """Real numbers as rigorous enclosures, at the working precision of ``flint.ctx``."""

    def __init__(self) -> None:
        called(ARB)

    def number(self, p: int, q: int = 1) -> arb:
        return arb(p) / q

    def add(self, terms: Sequence[arb]) -> arb:
        return sum(terms, arb(0))

    def mul(self, factors: Sequence[arb]) -> arb:
        result = arb(1)
        for factor in factors:
            result = result * factor
        return result

    def power(self, base: arb, p: int, q: int = 1) -> arb:
        if q != 1:
            return base ** (arb(p) / q)
        found = base**p
        if found.is_finite() or not p:
            return found
        return _multiplied(base, p) if p > 0 else 1 / _multiplied(base, -p)

    def apply(self, name: str, order: int, argument: arb) -> arb:
        if (name, order) not in TRUE_FUNCTIONS:
            raise Undetermined(f"derivative {order} of {name}")
        return TRUE_FUNCTIONS[name, order](argument)

    def logsumexp(self, arguments: Sequence[arb]) -> arb:
        return sum((a.exp() for a in arguments), arb(0)).log()

    def largest(self, arguments: Sequence[arb]) -> arb:
        """An enclosure, also where it is not known which argument is the largest."""
        return functools.reduce(arb.max, arguments)

    def argmax(self, arguments: Sequence[arb], indices: Sequence[int]) -> int:
        best = 0
        for position, value in enumerate(arguments[1:], 1):  # an enclosure is not known to be as large as itself
            if value > arguments[best]:
                best = position
            elif not value <= arguments[best]:
                raise Undetermined("which of two numbers is larger")
        return indices[best]


def _multiplied(base: arb, count: int) -> arb:
    """A power by products: Arb's own has no value for an enclosure whose midpoint is 0."""
    half = _multiplied(base, count // 2) if count > 1 else arb(1)
    return half * half * base if count % 2 else half * half


class TapeNumber:
    """A number on a tape: its value, where it stands, and what it is made of with the derivatives by that.

    No integer is such a number, so that none is read as a place on the tape.
    """

    __slots__ = ("at", "partials", "value")

    def __init__(self, at: int, value: Any, partials: Sequence[tuple[TapeNumber, Any]]) -> None:
        self.at = at
        self.value = value
        self.partials = partials


class TapeSlopes:
    """The derivatives of one number by those on its tape."""

    def __init__(self, slopes: Sequence[Any]) -> None:
        self._slopes = slopes

    def __getitem__(self, number: TapeNumber) -> Any:
        return self._slopes[number.at]


class Tape(Composed):
    """Reverse-mode automatic differentiation over another ring."""

    def __init__(self, base: Ring) -> None:
        self.base = base
        self.numbers: list[TapeNumber] = []

    def variable(self, value: Any, partials: Sequence[tuple[TapeNumber, Any]] = ()) -> TapeNumber:
        """A new number; without partials an independent one."""
        numbers = self.numbers
        found = TapeNumber(len(numbers), value, partials)
        numbers.append(found)
        return found

    def number(self, p: int, q: int = 1) -> TapeNumber:
        return self.variable(self.base.number(p, q))

    def add(self, terms: Sequence[TapeNumber]) -> TapeNumber:
        one = self.base.number(1)
        return self.variable(self.base.add([t.value for t in terms]), [(t, one) for t in terms])

    def mul(self, factors: Sequence[TapeNumber]) -> TapeNumber:
        if len(factors) == 1:
            return factors[0]
        values = [f.value for f in factors]
        if len(factors) == 2:
            return self.variable(self.base.mul(values), ((factors[0], values[1]), (factors[1], values[0])))
        partials = [(f, self.base.mul(values[:k] + values[k + 1 :])) for k, f in enumerate(factors)]
        return self.variable(self.base.mul(values), partials)

    def dot(self, rows: Sequence[Sequence[TapeNumber]]) -> TapeNumber:
        if len(rows) != 2:
            return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])
        one, two = ([number.value for number in row] for row in rows)
        partials = [*zip(rows[0], two, strict=True), *zip(rows[1], one, strict=True)]
        return self.variable(self.base.dot([one, two]), partials)

    def power(self, base: TapeNumber, p: int, q: int = 1) -> TapeNumber:
        if p == 0:
            return self.number(1)
        value = base.value
        slope = self.base.mul([self.base.number(p, q), self.base.power(value, p - q, q)])
        return self.variable(self.base.power(value, p, q), ((base, slope),))

    def apply(self, name: str, order: int, argument: TapeNumber) -> TapeNumber:
        value = argument.value
        return self.variable(
            self.base.apply(name, order, value), ((argument, self.base.apply(name, order + 1, value)),)
        )

    def logsumexp(self, arguments: Sequence[TapeNumber]) -> TapeNumber:
        values = [a.value for a in arguments]
        result = self.base.logsumexp(values)
        minus = self.base.mul([self.base.number(-1), result])
        weights = [self.base.apply("exp", 0, self.base.add([value, minus])) for value in values]
        return self.variable(result, tuple(zip(arguments, weights, strict=True)))

    def largest(self, arguments: Sequence[TapeNumber]) -> TapeNumber:
        """The number itself, so that the whole adjoint goes to the one that is taken."""
        values = [a.value for a in arguments]
        chosen: Any = self.base.argmax(values, range(len(values)))
        if isinstance(chosen, Anywhere):
            one = self.base.number(1)
            return self.variable(self.base.largest(values), [(a, one) for a in arguments])
        return arguments[chosen]

    def argmax(self, arguments: Sequence[TapeNumber], indices: Sequence[int]) -> int:
        return self.base.argmax([a.value for a in arguments], indices)

    def is_finite(self) -> bool:
        """Whether all numbers on the tape and all derivatives are numbers, over :class:`Ball`."""
        slopes = (slope for number in self.numbers for _, slope in number.partials)
        return all(number.is_finite() for number in (*(number.value for number in self.numbers), *slopes))

    def backward(self, output: TapeNumber) -> TapeSlopes:
        """The derivative of one number with respect to every number on the tape."""
        if self.base.bounding:
            return self._bounded(output)
        adjoints = [self.base.number(0)] * len(self.numbers)
        adjoints[output.at] = self.base.number(1)
        zero, more = self.base.number(0), self.base.more
        for number in reversed(self.numbers[: output.at + 1]):
            adjoint = adjoints[number.at]
            if isinstance(adjoint, int) and adjoint == zero:
                continue
            for source, partial in number.partials:
                at = source.at
                adjoints[at] = more(adjoints[at], adjoint, partial)
        return TapeSlopes(adjoints)

    def _bounded(self, output: TapeNumber) -> TapeSlopes:
        """The same for bounds, of which a long sum is less than its terms added one after the other."""
        parts: list[list[Any]] = [[] for _ in self.numbers]
        parts[output.at].append(self.base.number(1))
        adjoints = [self.base.number(0)] * len(self.numbers)
        for number in reversed(self.numbers[: output.at + 1]):
            found = adjoints[number.at] = self.base.add(parts[number.at])
            if parts[number.at]:
                for source, partial in number.partials:
                    parts[source.at].append(self.base.mul([found, partial]))
        return TapeSlopes(adjoints)


__all__ = ["Anywhere", "Ball", "Composed", "PrimeField", "Ring", "Tape", "TapeNumber", "TapeSlopes", "Undetermined"]

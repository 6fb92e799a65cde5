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

    def number(self, p: int, q: int = 1) -> Any: ...
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


class Tape(Composed):
    """Reverse-mode automatic differentiation over another ring: a number is a position on the tape."""

    def __init__(self, base: Ring) -> None:
        self.base = base
        self.values: list[Any] = []
        self._partials: list[Sequence[tuple[int, Any]]] = []

    def variable(self, value: Any, partials: Sequence[tuple[int, Any]] = ()) -> int:
        """A new number; without partials an independent one."""
        self.values.append(value)
        self._partials.append(partials)
        return len(self.values) - 1

    def number(self, p: int, q: int = 1) -> int:
        return self.variable(self.base.number(p, q))

    def add(self, terms: Sequence[int]) -> int:
        one = self.base.number(1)
        return self.variable(self.base.add([self.values[t] for t in terms]), [(t, one) for t in terms])

    def mul(self, factors: Sequence[int]) -> int:
        if len(factors) == 1:
            return factors[0]
        values = [self.values[f] for f in factors]
        if len(factors) == 2:
            return self.variable(self.base.mul(values), ((factors[0], values[1]), (factors[1], values[0])))
        partials = [(f, self.base.mul(values[:k] + values[k + 1 :])) for k, f in enumerate(factors)]
        return self.variable(self.base.mul(values), partials)

    def dot(self, rows: Sequence[Sequence[int]]) -> int:
        if len(rows) != 2:
            return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])
        one, two = ([self.values[position] for position in row] for row in rows)
        partials = [*zip(rows[0], two, strict=True), *zip(rows[1], one, strict=True)]
        return self.variable(self.base.dot([one, two]), partials)

    def power(self, base: int, p: int, q: int = 1) -> int:
        if p == 0:
            return self.number(1)
        value = self.values[base]
        slope = self.base.mul([self.base.number(p, q), self.base.power(value, p - q, q)])
        return self.variable(self.base.power(value, p, q), ((base, slope),))

    def apply(self, name: str, order: int, argument: int) -> int:
        value = self.values[argument]
        return self.variable(
            self.base.apply(name, order, value), ((argument, self.base.apply(name, order + 1, value)),)
        )

    def logsumexp(self, arguments: Sequence[int]) -> int:
        values = [self.values[a] for a in arguments]
        result = self.base.logsumexp(values)
        minus = self.base.mul([self.base.number(-1), result])
        weights = [self.base.apply("exp", 0, self.base.add([value, minus])) for value in values]
        return self.variable(result, tuple(zip(arguments, weights, strict=True)))

    def largest(self, arguments: Sequence[int]) -> int:
        """The number itself, so that the whole adjoint goes to the one that is taken."""
        values = [self.values[a] for a in arguments]
        chosen: Any = self.base.argmax(values, arguments)
        if isinstance(chosen, Anywhere):
            one = self.base.number(1)
            return self.variable(self.base.largest(values), [(a, one) for a in arguments])
        return int(chosen)

    def argmax(self, arguments: Sequence[int], indices: Sequence[int]) -> int:
        return self.base.argmax([self.values[a] for a in arguments], indices)

    def is_finite(self) -> bool:
        """Whether all numbers on the tape and all derivatives are numbers, over :class:`Ball`."""
        slopes = (slope for partials in self._partials for _, slope in partials)
        return all(number.is_finite() for number in (*self.values, *slopes))

    def backward(self, output: int) -> list[Any]:
        """The derivative of one number with respect to every number on the tape."""
        if self.base.bounding:
            return self._bounded(output)
        adjoints = [self.base.number(0)] * len(self.values)
        adjoints[output] = self.base.number(1)
        zero, more = self.base.number(0), self.base.more
        for position in range(output, -1, -1):
            adjoint = adjoints[position]
            if isinstance(adjoint, int) and adjoint == zero:
                continue
            for source, partial in self._partials[position]:
                adjoints[source] = more(adjoints[source], adjoint, partial)
        return adjoints

    def _bounded(self, output: int) -> list[Any]:
        """The same for bounds, of which a long sum is less than its terms added one after the other."""
        parts: list[list[Any]] = [[] for _ in self.values]
        parts[output].append(self.base.number(1))
        adjoints = [self.base.number(0)] * len(self.values)
        for position in range(output, -1, -1):
            adjoints[position] = self.base.add(parts[position])
            if parts[position]:
                for source, partial in self._partials[position]:
                    parts[source].append(self.base.mul([adjoints[position], partial]))
        return adjoints


__all__ = ["Anywhere", "Ball", "Composed", "PrimeField", "Ring", "Tape", "Undetermined"]

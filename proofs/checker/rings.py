"""Number systems in which the checker evaluates index equations.

Evaluating one expression in several rings gives several kinds of evidence:

* :class:`Field`: integers mod a prime, every function an unknown one: identities that hold for all functions;
* :class:`Ball`: rigorous real enclosures (Arb) of the true functions: numbers that differ for certain;
* :class:`Degree`: a bound on the degree of the polynomial that is being evaluated, for the error bound;
* :class:`Tape`: reverse-mode differentiation over any of the others: backpropagation by another route.

Only python-flint and the standard library are used: nothing here comes from the code that derives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

from flint import arb


class Undetermined(Exception):
    """A comparison that the precision at hand cannot decide."""


class Ring(Protocol):
    """What an evaluator needs of a number system."""

    def number(self, p: int, q: int = 1) -> Any: ...
    def add(self, terms: Sequence[Any]) -> Any: ...
    def mul(self, factors: Sequence[Any]) -> Any: ...
    def power(self, base: Any, exponent: int) -> Any: ...
    def apply(self, name: str, order: int, argument: Any) -> Any: ...
    def logsumexp(self, arguments: Sequence[Any]) -> Any: ...


class Field:
    """Integers modulo a prime; a function value is a pseudo-random residue keyed by function and argument.

    Two evaluations agree on f(a) and f(b) if a = b, and otherwise only by chance, so what holds here holds
    for every choice of functions, up to the chance that is bounded by :func:`proofs.checker.identity.error_bound`.
    """

    def __init__(self, prime: int, seed: int) -> None:
        self.prime = prime
        self.key = seed.to_bytes(32, "big")
        self.calls = 0
        self._known: dict[object, int] = {}

    def number(self, p: int, q: int = 1) -> int:
        return p % self.prime if q == 1 else p * pow(q, -1, self.prime) % self.prime

    def add(self, terms: Sequence[int]) -> int:
        return sum(terms) % self.prime

    def mul(self, factors: Sequence[int]) -> int:
        result = 1
        for factor in factors:
            result = result * factor % self.prime
        return result

    def power(self, base: int, exponent: int) -> int:
        return pow(base, exponent, self.prime)

    def apply(self, name: str, order: int, argument: int) -> int:
        return self._unknown((name, order, argument))

    def logsumexp(self, arguments: Sequence[int]) -> int:
        return self._unknown(("logsumexp", *sorted(arguments)))

    def _unknown(self, key: object) -> int:
        if key not in self._known:
            self.calls += 1
            raw = hashlib.blake2b(repr(key).encode(), key=self.key, digest_size=32).digest()
            self._known[key] = int.from_bytes(raw, "big") % self.prime
        return self._known[key]


class Degree:
    """Total degree in the parameters, inputs, states and function values, all taken as free variables."""

    def number(self, p: int, q: int = 1) -> int:
        return 0

    def add(self, terms: Sequence[int]) -> int:
        return max(terms, default=0)

    def mul(self, factors: Sequence[int]) -> int:
        return sum(factors)

    def power(self, base: int, exponent: int) -> int:
        return base * abs(exponent)

    def apply(self, name: str, order: int, argument: int) -> int:
        return 1

    def logsumexp(self, arguments: Sequence[int]) -> int:
        return 1


def _gauss(z: arb) -> arb:
    return (-z * z / 2).exp() / (2 * arb.pi()).sqrt()


def _sigmoid(z: arb) -> arb:
    return 1 / (1 + (-z).exp())


def _sign(z: arb) -> bool:
    """True if z > 0, False if z <= 0; an enclosure that straddles 0 decides nothing."""
    if z > 0:
        return True
    if z <= 0:
        return False
    raise Undetermined


_TRUE_FUNCTIONS: dict[tuple[str, int], Any] = {
    ("tanh", 0): lambda z: z.tanh(),
    ("tanh", 1): lambda z: 1 / z.cosh() ** 2,
    ("sigmoid", 0): _sigmoid,
    ("sigmoid", 1): lambda z: _sigmoid(z) * _sigmoid(-z),
    ("relu", 0): lambda z: z if _sign(z) else arb(0),
    ("relu", 1): lambda z: arb(1) if _sign(z) else arb(0),
    ("softplus", 0): lambda z: (1 + z.exp()).log(),
    ("softplus", 1): _sigmoid,
    ("gelu", 0): lambda z: z * (1 + (z / arb(2).sqrt()).erf()) / 2,
    ("gelu", 1): lambda z: (1 + (z / arb(2).sqrt()).erf()) / 2 + z * _gauss(z),
    ("silu", 0): lambda z: z * _sigmoid(z),
    ("silu", 1): lambda z: _sigmoid(z) + z * _sigmoid(z) * _sigmoid(-z),
    ("identity", 0): lambda z: z,
    ("identity", 1): lambda z: arb(1),
    ("outer", 0): lambda z: z,  # the free function of an abstract cost: in numbers, the identity
    ("outer", 1): lambda z: arb(1),
    ("exp", 0): lambda z: z.exp(),
    ("exp", 1): lambda z: z.exp(),
    ("log", 0): lambda z: z.log(),
    ("log", 1): lambda z: 1 / z,
}


class Ball:
    """Real numbers as rigorous enclosures, at the working precision of ``flint.ctx``."""

    def number(self, p: int, q: int = 1) -> arb:
        return arb(p) / q

    def add(self, terms: Sequence[arb]) -> arb:
        return sum(terms, arb(0))

    def mul(self, factors: Sequence[arb]) -> arb:
        result = arb(1)
        for factor in factors:
            result = result * factor
        return result

    def power(self, base: arb, exponent: int) -> arb:
        return base**exponent

    def apply(self, name: str, order: int, argument: arb) -> arb:
        return _TRUE_FUNCTIONS[name, order](argument)

    def logsumexp(self, arguments: Sequence[arb]) -> arb:
        return sum((a.exp() for a in arguments), arb(0)).log()


class Tape:
    """Reverse-mode automatic differentiation over another ring: a number is a position on the tape."""

    def __init__(self, base: Ring) -> None:
        self.base = base
        self.values: list[Any] = []
        self._partials: list[tuple[tuple[int, Any], ...]] = []

    def variable(self, value: Any, partials: tuple[tuple[int, Any], ...] = ()) -> int:
        self.values.append(value)
        self._partials.append(partials)
        return len(self.values) - 1

    def number(self, p: int, q: int = 1) -> int:
        return self.variable(self.base.number(p, q))

    def add(self, terms: Sequence[int]) -> int:
        one = self.base.number(1)
        return self.variable(self.base.add([self.values[t] for t in terms]), tuple((t, one) for t in terms))

    def mul(self, factors: Sequence[int]) -> int:
        values = [self.values[f] for f in factors]
        partials = tuple((f, self.base.mul(values[:k] + values[k + 1 :])) for k, f in enumerate(factors))
        return self.variable(self.base.mul(values), partials)

    def power(self, base: int, exponent: int) -> int:
        value = self.values[base]
        slope = self.base.mul([self.base.number(exponent), self.base.power(value, exponent - 1)])
        return self.variable(self.base.power(value, exponent), ((base, slope),))

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

    def backward(self, output: int) -> list[Any]:
        """The derivative of one number with respect to every number on the tape."""
        adjoints = [self.base.number(0)] * len(self.values)
        adjoints[output] = self.base.number(1)
        zero = self.base.number(0)
        for position in range(output, -1, -1):
            adjoint = adjoints[position]
            if isinstance(adjoint, int) and adjoint == zero and not isinstance(self.base, Degree):
                continue
            for source, partial in self._partials[position]:
                adjoints[source] = self.base.add([adjoints[source], self.base.mul([adjoint, partial])])
        return adjoints

"""Number systems in which the two sides of a claim are compared, besides those of the checker.

* :class:`Growth`: how large a value's degree and constants can get, for the error bound and against blow-up;
* :class:`Closed`: residues modulo a prime in which the functions keep their algebra (tanh' = 1 - tanh^2, ...);
* :class:`Exact`: rational numbers, and rigorous enclosures where a function leaves them, with what was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import arb

from dyadic.proofs.evaluate.rings import Anywhere, Ball, Undetermined


class Growth:
    """Degrees of a numerator and a denominator in the values drawn; constants count by their number of bits.

    ``deepest``: the largest degree among the arguments of functions.
    """

    def __init__(self) -> None:
        self.deepest = 0

    def number(self, p: int, q: int = 1) -> tuple[int, int]:
        return max(abs(p).bit_length() - 1, 0), q.bit_length() - 1

    def add(self, terms: Sequence[tuple[int, int]]) -> tuple[int, int]:
        below = sum(d for _, d in terms)
        top = max((n + below - d for n, d in terms), default=0)
        return top + (len(terms) - 1).bit_length() if terms else 0, below

    def mul(self, factors: Sequence[tuple[int, int]]) -> tuple[int, int]:
        return sum(n for n, _ in factors), sum(d for _, d in factors)

    def dot(self, rows: Sequence[Sequence[tuple[int, int]]]) -> tuple[int, int]:
        return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])

    def more(self, total: tuple[int, int], one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
        return self.add([total, self.mul([one, two])])

    def power(self, base: tuple[int, int], p: int, q: int = 1) -> tuple[int, int]:
        if q != 1:
            base = self.logsumexp([base])
        n, d = base if p >= 0 else base[::-1]
        return abs(p) * n, abs(p) * d

    def largest(self, arguments: Sequence[tuple[int, int]]) -> tuple[int, int]:
        self.deepest = max(self.deepest, *(n + d for n, d in arguments))
        return max(n for n, _ in arguments), max(d for _, d in arguments)

    def argmax(self, arguments: Sequence[tuple[int, int]], indices: Sequence[int]) -> Any:
        return Anywhere()

    def apply(self, name: str, order: int, argument: tuple[int, int]) -> tuple[int, int]:
        return self.logsumexp([argument])

    def logsumexp(self, arguments: Sequence[tuple[int, int]]) -> tuple[int, int]:
        self.deepest = max(self.deepest, *(n + d for n, d in arguments))
        return 1, 0


@dataclass(frozen=True)
class Residue:
    """A residue with the polynomial it is: coefficients by the residue of the monomial (1 for the constant).

    degree: a bound on the degree of its numerator plus that of its denominator.
    """

    value: int
    form: dict[int, Fraction]
    degree: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Residue) and self.value == other.value

    def __hash__(self) -> int:
        return self.value


_ROOT = 4
"""exp of a monomial is the fourth power of a drawn residue: half and quarter arguments stay in the field."""
_LARGEST_POWER = 64
_LONGEST_FORM = 400


_LOGISTIC = ("tanh", "sigmoid", "softplus", "silu")


class Closed:
    """Residues modulo a prime, with exp(a + b) = exp(a) exp(b) and every function a formula in exp.

    A value that is linear in monomials m_1, m_2, ... has exp(sum c_k m_k) = prod g_k^(4 c_k), with g_k a residue
    drawn for exp(m_k / 4).  tanh, sigmoid, softplus, silu and log-sum-exp are formulas in these; relu(z) is z times
    an unknown step, gelu(z) is z times an unknown distribution function whose derivative is an unknown density.
    Only relations that the true functions have are built in, so an agreement at drawn residues is an identity of
    the true functions (Schwartz-Zippel).  A difference proves nothing: numbers must show it.
    """

    def __init__(self, prime: int, seed: int) -> None:
        self.prime = prime
        self.calls = 0
        self.deepest = 0
        self._key = seed.to_bytes(32, "big")
        self._known: dict[tuple[object, ...], int] = {}
        self._exponentials: dict[int, Residue] = {}

    def drawn(self, value: int) -> Residue:
        """A value drawn: a monomial of its own."""
        return Residue(value, {value: Fraction(1)}, 1)

    def number(self, p: int, q: int = 1) -> Residue:
        weight = abs(p).bit_length() + q.bit_length() - 2 if p else 0
        return Residue(p * pow(q, -1, self.prime) % self.prime, {1: Fraction(p, q)} if p else {}, max(weight, 0))

    def add(self, terms: Sequence[Residue]) -> Residue:
        form: dict[int, Fraction] = {}
        for term in terms:
            for monomial, coefficient in term.form.items():
                form[monomial] = form.get(monomial, Fraction(0)) + coefficient
        form = {monomial: coefficient for monomial, coefficient in form.items() if coefficient}
        return Residue(sum(t.value for t in terms) % self.prime, form, sum(t.degree for t in terms))

    def mul(self, factors: Sequence[Residue]) -> Residue:
        result = self.number(1)
        for factor in factors:
            value = result.value * factor.value % self.prime
            degree = result.degree + factor.degree
            if len(result.form) * len(factor.form) > _LONGEST_FORM:
                result = Residue(value, {value: Fraction(1)}, degree)
                continue
            form: dict[int, Fraction] = {}
            for one, a in result.form.items():
                for two, b in factor.form.items():
                    monomial = one * two % self.prime
                    form[monomial] = form.get(monomial, Fraction(0)) + a * b
            result = Residue(value, {m: c for m, c in form.items() if c}, degree)
        return result

    def dot(self, rows: Sequence[Sequence[Residue]]) -> Residue:
        return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])

    def more(self, total: Residue, one: Residue, two: Residue) -> Residue:
        return self.add([total, self.mul([one, two])])

    def power(self, base: Residue, p: int, q: int = 1) -> Residue:
        if q != 1:
            base = self._unknown("root", base, q)
        if p >= 0:
            return self.mul([base] * p)
        if base.value == 0:
            raise Undetermined("division by zero")
        if set(base.form) == {1}:
            inverse = self.number(base.form[1].denominator, base.form[1].numerator)
        else:
            value = pow(base.value, -1, self.prime)
            inverse = Residue(value, {value: Fraction(1)}, base.degree)
        return self.mul([inverse] * -p)

    def largest(self, arguments: Sequence[Residue]) -> Residue:
        return arguments[self._choice(arguments)]

    def argmax(self, arguments: Sequence[Residue], indices: Sequence[int]) -> int:
        return indices[self._choice(arguments)]

    def _choice(self, arguments: Sequence[Residue]) -> int:
        """As in :class:`dyadic.proofs.evaluate.rings.Field`: one of them, whichever, the same for equal arguments."""
        degree = max(argument.degree for argument in arguments)
        return self._drawn(("largest", *(a.value for a in arguments)), degree) % len(arguments)

    def apply(self, name: str, order: int, argument: Residue) -> Residue:
        one, minus = self.number(1), self.number(-1)
        if name == "identity":
            return one if order else argument
        if name == "exp":
            return self._exp(argument)
        if name == "log":
            return self.power(argument, -1) if order else self._log(argument)
        if name == "relu":
            step = self._unknown("step", argument)
            return step if order else self.mul([argument, step])
        if name == "gelu":
            distribution = self._unknown("distribution", argument)
            density = self._unknown("density", argument)
            if order:
                return self.add([distribution, self.mul([argument, density])])
            return self.mul([argument, distribution])
        if name not in _LOGISTIC or order > 1:
            return self._unknown(name, argument, order)
        odds = self._exp(self.mul([self.number(2), argument]) if name == "tanh" else argument)
        share = self.mul([odds, self.power(self.add([one, odds]), -1)])
        slope = self.mul([share, self.add([one, self.mul([minus, share])])])
        match name, order:
            case "tanh", 0:
                return self.add([self.mul([self.number(2), share]), minus])
            case "tanh", 1:
                return self.mul([self.number(4), slope])
            case "sigmoid", 0:
                return share
            case "sigmoid", 1:
                return slope
            case "softplus", 0:
                return self._log(self.add([one, odds]))
            case "softplus", 1:
                return share
            case "silu", 1:
                return self.add([share, self.mul([argument, slope])])
        return self.mul([argument, share])  # silu

    def logsumexp(self, arguments: Sequence[Residue]) -> Residue:
        return self._log(self.add([self._exp(a) for a in arguments]))

    def _unknown(self, name: str, argument: Residue, order: int = 0) -> Residue:
        return self.drawn(self._drawn((name, order, argument.value), argument.degree))

    def _drawn(self, key: tuple[object, ...], degree: int) -> int:
        if key not in self._known:
            self.calls += 1
            self.deepest = max(self.deepest, degree)
            raw = hashlib.blake2b(repr(key).encode(), key=self._key, digest_size=32).digest()
            self._known[key] = int.from_bytes(raw, "big") % self.prime
        return self._known[key]

    def _log(self, argument: Residue) -> Residue:
        found = self._unknown("log", argument)
        self._exponentials[found.value] = argument
        return found

    def _exp(self, argument: Residue) -> Residue:
        factors = []
        for monomial, coefficient in argument.form.items():
            whole = monomial in self._exponentials
            power = coefficient * (1 if whole else _ROOT)
            if power.denominator != 1 or abs(power) > _LARGEST_POWER:
                return self._unknown("exp", argument)
            root = self._exponentials[monomial] if whole else self._unknown("quarter", self.drawn(monomial))
            factors.append(self.power(root, int(power)))
        return self.mul(factors)


@dataclass(frozen=True)
class Traced:
    """A number, rational if possible, and the labels of the values that it was made from."""

    value: Any
    used: frozenset[str] = frozenset()

    @property
    def zero(self) -> bool:
        return isinstance(self.value, Fraction) and self.value == 0

    def differs(self, other: Traced) -> bool:
        """Whether the two numbers differ for certain."""
        if isinstance(self.value, Fraction) and isinstance(other.value, Fraction):
            return self.value != other.value
        one, two = _ball(self.value), _ball(other.value)
        return bool(one.is_finite() and two.is_finite() and not one.overlaps(two))

    def __str__(self) -> str:
        return str(self.value) if isinstance(self.value, Fraction) else str(self.value.str(15, radius=False)) + "..."


_AT_ZERO: dict[tuple[str, int], Fraction] = {
    ("tanh", 0): Fraction(0), ("tanh", 1): Fraction(1), ("sigmoid", 0): Fraction(1, 2), ("sigmoid", 1): Fraction(1, 4),
    ("softplus", 1): Fraction(1, 2), ("gelu", 0): Fraction(0), ("gelu", 1): Fraction(1, 2), ("silu", 0): Fraction(0),
    ("silu", 1): Fraction(1, 2), ("exp", 0): Fraction(1), ("exp", 1): Fraction(1),
}  # fmt: skip


class Exact:
    """Rational arithmetic; function values that are not rational are enclosures, recorded by name in ``calls``."""

    def __init__(self) -> None:
        self.calls: dict[str, str] = {}
        self._balls = Ball()

    def number(self, p: int, q: int = 1) -> Traced:
        return Traced(Fraction(p, q))

    def add(self, terms: Sequence[Traced]) -> Traced:
        used = frozenset().union(*(term.used for term in terms))
        return Traced(_total([term.value for term in terms]), used)

    def mul(self, factors: Sequence[Traced]) -> Traced:
        for factor in factors:
            if factor.zero:  # nothing else matters
                return factor
        result: Any = Fraction(1)
        for factor in factors:
            result = _product(result, factor.value)
        return Traced(result, frozenset().union(*(factor.used for factor in factors)))

    def dot(self, rows: Sequence[Sequence[Traced]]) -> Traced:
        return self.add([self.mul(factors) for factors in zip(*rows, strict=True)])

    def more(self, total: Traced, one: Traced, two: Traced) -> Traced:
        return self.add([total, self.mul([one, two])])

    def power(self, base: Traced, p: int, q: int = 1) -> Traced:
        if base.zero and p < 0:
            raise Undetermined("division by zero")
        if q == 1:
            return replace(base, value=base.value**p)
        return replace(base, value=self._balls.power(_ball(base.value), p, q))

    def largest(self, arguments: Sequence[Traced]) -> Traced:
        used = frozenset().union(*(a.used for a in arguments))
        return replace(arguments[self.argmax(arguments, range(len(arguments)))], used=used)

    def argmax(self, arguments: Sequence[Traced], indices: Sequence[int]) -> int:
        return self._balls.argmax([_ball(a.value) for a in arguments], indices)

    def apply(self, name: str, order: int, argument: Traced) -> Traced:
        label = f"{name}{chr(39) * order}({argument})"
        used = argument.used | {label}
        value = self._rational(name, order, argument.value)
        if value is None:
            value = self._balls.apply(name, order, _ball(argument.value))
        result = Traced(value, used)
        self.calls.setdefault(label, str(result))
        return result

    def _rational(self, name: str, order: int, value: Any) -> Fraction | None:
        if not isinstance(value, Fraction):
            return None
        if name == "identity":
            return Fraction(1) if order else value
        if name == "relu":
            return (Fraction(1) if order else value) if value > 0 else Fraction(0)
        if name == "log" and order == 1 and value:
            return 1 / value
        if name == "log" and order == 0 and value == 1:
            return Fraction(0)
        return _AT_ZERO.get((name, order)) if value == 0 else None

    def logsumexp(self, arguments: Sequence[Traced]) -> Traced:
        label = f"log-sum-exp({', '.join(str(a) for a in arguments)})"
        used = frozenset({label}).union(*(a.used for a in arguments))
        if len(arguments) == 1:
            return arguments[0]
        result = Traced(self._balls.logsumexp([_ball(a.value) for a in arguments]), used)
        self.calls.setdefault(label, str(result))
        return result


def _ball(value: Any) -> arb:
    return arb(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def _total(values: Sequence[Any]) -> Any:
    if all(isinstance(value, Fraction) for value in values):
        return sum(values, Fraction(0))
    return sum((_ball(value) for value in values), arb(0))


def _product(one: Any, two: Any) -> Any:
    if isinstance(one, Fraction) and isinstance(two, Fraction):
        return one * two
    return _ball(one) * _ball(two)

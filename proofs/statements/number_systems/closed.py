"""Residues modulo a prime in which the functions keep their algebra.

A number has a *value* (atoms.py), which is what is compared, and a *form*: a polynomial over the rationals in
generators, by which arguments are recognised.  Built in are relations of the true functions:

* exp(Sum c m) = Product exp(m / 12)^(12 c) over the monomials m of a form, exp(c log a) = a^c;
* log |a b| = log |a| + log |b|, and exp's inverse; exp(i a) = cos a + i sin a;
* sqrt(a)^2 = a with a formal root; the root of a number by its prime factors, of an exponential by its exponent;
* where a > 0, a = 0, a < 0 are three cases that exclude each other, those of c a (c a number) the same;
* erf is odd.

What a function is in these terms stands in function_facts.py; any other function is unknown.  An agreement at drawn
residues is an identity of the true functions wherever both sides are defined (Schwartz-Zippel).  A difference proves
nothing: numbers must show it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd

from dyadic.proofs.evaluate.number_rings import Composed, Undetermined
from dyadic.proofs.statements.number_systems.atoms import AtomArithmetic, Idempotent, Root, Value, key
from dyadic.proofs.statements.number_systems.function_facts import FACTS
from dyadic.proofs.statements.number_systems.laurent import (
    Form,
    FormGenerator,
    Monomial,
    Residue,
    content,
    primes,
    times,
    total,
)

_ROOT = 12
"""exp of a monomial is the twelfth power of a drawn residue: halves, thirds and quarters of it stay in the field."""
_LARGEST_POWER = 192
_LONGEST_FORM = 400
_LONGEST_SUM = 16
"""A sum of more terms is not recognised in a multiple of itself."""
_MOST_CASES = 4


class Closed(Composed):
    """The ring.  calls: how many function values were drawn; deepest: the largest degree of their arguments."""

    def __init__(self, prime: int, seed: int) -> None:
        self.prime = prime
        self.calls = 0
        self.deepest = 0
        self._key = seed.to_bytes(32, "big")
        self._values = AtomArithmetic(prime)
        self._imaginary = self._values.atom(Root(2, {(): prime - 1}))
        self._known: dict[tuple[object, ...], int] = {}
        self._made: dict[object, Residue] = {}
        self._generators: list[FormGenerator] = []

    # -- arithmetic

    def drawn(self, value: int) -> Residue:
        """A value drawn: a generator of its own."""
        return self._generator({(): value % self.prime}, 1)

    def number(self, p: int, q: int = 1) -> Residue:
        weight = abs(p).bit_length() + q.bit_length() - 2 if p else 0
        residue = p * pow(q, -1, self.prime) % self.prime
        return Residue({(): residue} if residue else {}, {(): Fraction(p, q)} if p else {}, max(weight, 0))

    def add(self, terms: Sequence[Residue]) -> Residue:
        if not terms:
            return self.number(0)
        value: Value = {}
        for term in terms:
            value = self._values.add(value, term.value)
        depth = 1 + max(term.depth for term in terms)
        return Residue(value, lambda: total([term.form for term in terms]), sum(t.degree for t in terms), depth)

    def mul(self, factors: Sequence[Residue]) -> Residue:
        if not factors:
            return self.number(1)
        value: Value = {(): 1}
        for factor in factors:
            value = self._values.mul(value, factor.value)
        degree, depth = sum(f.degree for f in factors), 1 + max(f.depth for f in factors)
        return Residue(value, lambda: self._product([f.form for f in factors], value, degree), degree, depth)

    def _product(self, forms: Sequence[Form], value: Value, degree: int) -> Form:
        """The product of forms; where it is long, that of the value by itself."""
        result: Form = {(): Fraction(1)}
        for form in forms:
            if len(result) * len(form) > _LONGEST_FORM:
                return self._generator(value, degree).form
            terms: Form = {}
            for one, a in result.items():
                for two, b in form.items():
                    monomial = times(one, two)
                    terms[monomial] = terms.get(monomial, Fraction(0)) + a * b
            result = {m: c for m, c in terms.items() if c}
        return result

    def power(self, base: Residue, p: int, q: int = 1) -> Residue:
        common = gcd(p, q)
        p, q = p // common, q // common
        if max(abs(p), q) > _LARGEST_POWER:
            raise Undetermined(f"a power or a root above {_LARGEST_POWER}")
        if q != 1:
            base = self.root(base, q)
        if p >= 0:
            return self.mul([base] * p)
        if not base.value:
            raise Undetermined("division by zero")
        value = self._values.inverse(base.value)
        degree = base.degree * (2 if any(base.value) else 1)
        inverse = Residue(value, lambda: self._inverse_form(base), degree, base.depth + 1)
        return self.mul([inverse] * -p)

    def _inverse_form(self, base: Residue) -> Form:
        form = base.form if len(base.form) == 1 else self._generator(base.value, base.degree, whole=base).form
        return {tuple((g, -e) for g, e in monomial): 1 / coefficient for monomial, coefficient in form.items()}

    def minus(self, one: Residue) -> Residue:
        return self.mul([self.number(-1), one])

    def largest(self, arguments: Sequence[Residue]) -> Residue:
        return arguments[self._choice(arguments)]

    def argmax(self, arguments: Sequence[Residue], indices: Sequence[int]) -> int:
        return indices[self._choice(arguments)]

    def _choice(self, arguments: Sequence[Residue]) -> int:
        """As in ``Field`` of proofs/evaluate/number_rings.py: one of them, whichever, the same for equal arguments."""
        degree = max(argument.degree for argument in arguments)
        return self._draw(("largest", *(key(a.value) for a in arguments)), degree) % len(arguments)

    # -- functions

    def apply(self, name: str, order: int, argument: Residue) -> Residue:
        fact = FACTS.get(name)
        if fact is None or order > 1:
            return self.unknown(name, argument, order)
        return self._by_cases(lambda a: fact(self, order, a), argument, (name, order))

    def logsumexp(self, arguments: Sequence[Residue]) -> Residue:
        return self.log(self.add([self.exp(a) for a in arguments]))

    def unknown(self, name: str, argument: Residue, order: int = 0) -> Residue:
        """A function value of which nothing is known but its argument."""
        return self.drawn(self._draw((name, order, key(argument.value)), argument.degree))

    def constant(self, name: str) -> Residue:
        """A number of which nothing is known, such as pi."""
        return self.drawn(self._draw(("constant", name), 1))

    def exp(self, argument: Residue) -> Residue:
        factors = []
        for monomial, coefficient in argument.form.items():
            base, unit = self._exponential(monomial, coefficient)
            power = coefficient / unit
            if power.denominator != 1:  # of a logarithm
                factors.append(self.power(base, power.numerator, power.denominator))
                continue
            factors.append(self.power(base, int(power)))
        return self.mul(factors)

    def _exponential(self, monomial: Monomial, coefficient: Fraction) -> tuple[Residue, Fraction]:
        """exp(unit * monomial), and the unit."""
        if len(monomial) == 1 and monomial[0][1] == 1:
            argument = self._generators[monomial[0][0]].logarithm
            if argument is not None and coefficient.denominator <= _LARGEST_POWER:
                return argument, Fraction(1)
        unit = Fraction(1, _ROOT if _ROOT % coefficient.denominator == 0 else coefficient.denominator)
        if abs(coefficient / unit) > _LARGEST_POWER:
            unit = abs(coefficient)
        if ("exp", monomial, unit) not in self._made:
            exponent = self._monomial(monomial, unit)
            drawn: Value = {(): self._draw(("exp", unit, key(exponent.value)), exponent.degree)}
            real = not self._values.depends(exponent.value, self._imaginary)
            self._made["exp", monomial, unit] = self._generator(drawn, 1, exponent=exponent if real else None)
        return self._made["exp", monomial, unit], unit

    def rotation(self, argument: Residue) -> tuple[Residue, Residue]:
        """exp(i argument), and i."""
        i = self._generator(self._imaginary, 1)
        return self.exp(self.mul([i, argument])), i

    def log(self, argument: Residue) -> Residue:
        """Its value is that of the sum of the logarithms of the factors' absolute values."""
        if not argument.value:
            raise Undetermined("the logarithm of zero")
        if len(argument.form) == 1 and self._positive(argument):
            return self._log_of_factors(argument)
        found = self._log_of_factors(argument)
        return self._generator(found.value, found.degree, logarithm=argument)

    def _log_of_factors(self, argument: Residue) -> Residue:
        terms, (scale, monomial, rest) = [], self._factored(argument)
        terms += [self.mul([self.number(e), self._log_of_number(p)]) for p, e in primes(abs(scale)).items()]
        if scale < 0:
            terms.append(self.constant("logarithm of -1"))
        for generator, exponent in monomial:
            known = self._generators[generator]
            terms.append(self.mul([self.number(exponent), self._log_of_generator(known)]))
        if rest is not None:
            terms.append(self.unknown("log", rest))
        return self.add(terms)

    def _log_of_generator(self, known: FormGenerator) -> Residue:
        if known.exponent is not None:
            return known.exponent
        if known.root is not None:
            q, argument = known.root
            return self.mul([self.number(1, q), self._log_of_factors(argument)])
        if known.whole is not None:
            return self._log_of_factors(known.whole)
        return self.unknown("log", known.number)

    def _log_of_number(self, number: int) -> Residue:
        if ("log", number) not in self._made:
            value: Value = {(): self._draw(("log", number), 1)}
            self._made["log", number] = self._generator(value, 1, logarithm=self.number(number))
        return self._made["log", number]

    def root(self, argument: Residue, q: int) -> Residue:
        """A positive root of what is taken to be positive."""
        if not argument.value:
            return argument
        return self._by_cases(lambda a: self._root(a, q), argument, ("root", q))

    def _root(self, argument: Residue, q: int) -> Residue:
        scale = content(argument.form)
        factors = []
        if argument.form == {(): scale} or argument.form:
            for prime, exponent in primes(scale).items():
                whole, part = divmod(exponent, q)
                factors.append(self.power(self.number(prime), whole))
                factors += [self._root_of(self.number(prime), q)] * part
        rest = self.mul([argument, self.power(self.number(scale.numerator, scale.denominator), -1)])
        if len(rest.form) == 1:
            (monomial,) = rest.form
            for generator, power in monomial:
                known = self._generators[generator]
                if known.exponent is not None:
                    share = self.mul([self.number(power, q), known.exponent])
                    factors.append(self.exp(share))
                    rest = self.mul([rest, self.power(known.number, -power)])
        return self.mul([*factors, *([] if rest == self.number(1) else [self._root_of(rest, q)])])

    def _root_of(self, argument: Residue, q: int) -> Residue:
        made = ("root", q, key(argument.value))
        if made not in self._made:
            value = self._values.atom(Root(q, argument.value))
            self._made[made] = self._generator(value, max(argument.degree, 1), root=(q, argument))
        return self._made[made]

    def sign(self, argument: Residue) -> tuple[Residue, Residue, Residue]:
        """1 where it is > 0, = 0, < 0, and 0 elsewhere."""
        one, zero = self.number(1), self.number(0)
        if self._positive(argument):
            return one, zero, zero
        if self._positive(self.minus(argument)):
            return zero, zero, one
        if not argument.value:
            return zero, one, zero
        scale = content(argument.form)
        flipped = bool(argument.form) and argument.form[min(argument.form)] < 0
        rest = self.mul([argument, self.power(self.number(scale.numerator, scale.denominator), -1)])
        rest = self.minus(rest) if flipped else rest
        made = key(rest.value)
        if ("above", made) not in self._made:
            count = len(self._values.atoms)
            for name, other in (("above", count + 1), ("equal", count)):
                self._made[name, made] = self._generator(self._values.atom(Idempotent(other)), max(rest.degree, 1))
        above, equal = self._made["above", made], self._made["equal", made]
        below = self.add([one, self.minus(above), self.minus(equal)])
        return (below, equal, above) if flipped else (above, equal, below)

    def halves(self, argument: Residue) -> tuple[Residue, Residue]:
        """The cases > 0 and < 0 as factors of what vanishes where the argument does: their sum is 1."""
        above, equal, below = self.sign(argument)
        return (above, self.add([below, equal])) if not self._flipped(argument) else (self.add([above, equal]), below)

    def _flipped(self, argument: Residue) -> bool:
        return bool(argument.form) and argument.form[min(argument.form)] < 0

    def odd(self, name: str, argument: Residue) -> Residue:
        """A value of an unknown odd function."""
        if not argument.value:
            return argument
        if self._flipped(argument):
            return self.minus(self.unknown(name, self.minus(argument)))
        return self.unknown(name, argument)

    # -- forms

    def _generator(
        self,
        value: Value,
        degree: int,
        exponent: Residue | None = None,
        logarithm: Residue | None = None,
        root: tuple[int, Residue] | None = None,
        whole: Residue | None = None,
    ) -> Residue:
        """The generator of a value, made once."""
        made = ("generator", key(value), logarithm is not None and key(logarithm.value))
        if made not in self._made:
            number = Residue(value, {((len(self._generators), 1),): Fraction(1)}, degree)
            self._generators.append(FormGenerator(number, exponent, logarithm, root, whole))
            self._made[made] = number
        return self._made[made]

    def _monomial(self, monomial: Monomial, scale: Fraction) -> Residue:
        parts = [self.power(self._generators[generator].number, exponent) for generator, exponent in monomial]
        return self.mul([self.number(scale.numerator, scale.denominator), *parts])

    def _positive(self, argument: Residue) -> bool:
        """Whether it is a sum of positive multiples of exponentials."""
        generators = {generator for monomial in argument.form for generator, _ in monomial}
        if any(self._generators[generator].exponent is None for generator in generators):
            return False
        return bool(argument.form) and min(argument.form.values()) > 0

    def _factored(self, argument: Residue) -> tuple[Fraction, Monomial, Residue | None]:
        """A number, a monomial, and a sum of which no monomial can be split off, whose product it is."""
        if len(argument.form) == 1:
            ((monomial, coefficient),) = argument.form.items()
            return coefficient, monomial, None
        if not argument.form or len(argument.form) > _LONGEST_SUM:
            return Fraction(1), (), argument
        best: tuple[list[tuple[Monomial, Fraction]], Monomial, Fraction] | None = None
        for monomial, coefficient in argument.form.items():
            inverse = tuple((g, -e) for g, e in monomial)
            ratios = sorted((times(m, inverse), c / coefficient) for m, c in argument.form.items())
            if best is None or ratios < best[0]:
                best = (ratios, monomial, coefficient)
        assert best is not None
        _, monomial, coefficient = best
        split = self.power(self._monomial(monomial, coefficient), -1)
        return coefficient, monomial, self.mul([argument, split])

    # -- cases

    def _by_cases(self, function: Callable[[Residue], Residue], argument: Residue, name: tuple[str, int]) -> Residue:
        """A function of a number that depends on cases: its value in each of them."""
        cases = self._values.cases(argument.value)
        if not cases:
            return function(argument)
        if len(cases) > _MOST_CASES:
            return self.unknown(name[0], argument, name[1])
        case = self._case(cases[-1])
        other = self.add([self.number(1), self.minus(case)])
        parts = [
            self.mul([factor, self._by_cases(function, self._put(argument, cases[-1], number), name)])
            for factor, number in ((other, 0), (case, 1))
        ]
        return self.add(parts)

    def _case(self, atom: int) -> Residue:
        return self._generator({((atom, 1),): 1}, 1)

    def _put(self, argument: Residue, atom: int, number: int) -> Residue:
        """The argument with 0 or 1 for a case."""
        terms = []
        for monomial, coefficient in argument.form.items():
            factors = [self.number(coefficient.numerator, coefficient.denominator)]
            for generator, exponent in monomial:
                known = self._generators[generator].number
                value = self._values.put(known.value, atom, number)
                if value != known.value:
                    known = (
                        self.number(value.get((), 0))
                        if value in ({}, {(): 1})
                        else self._generator(value, known.degree)
                    )
                factors.append(self.power(known, exponent))
            terms.append(self.mul(factors))
        return self.add(terms)

    def _draw(self, name: tuple[object, ...], degree: int) -> int:
        if name not in self._known:
            self.calls += 1
            self.deepest = max(self.deepest, degree)
            raw = hashlib.blake2b(repr(name).encode(), key=self._key, digest_size=32).digest()
            self._known[name] = int.from_bytes(raw, "big") % self.prime
        return self._known[name]

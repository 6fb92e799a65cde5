"""Residues modulo a prime with their forms: sums, products and quotients, and how a number is split into factors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from dyadic.proofs.evaluate.number_rings import Composed, Undetermined
from dyadic.proofs.statements.number_systems import form_algebra
from dyadic.proofs.statements.number_systems.atoms import AtomArithmetic, Root, Value, key
from dyadic.proofs.statements.number_systems.laurent import Form, FormGenerator, Monomial, Residue, times, total
from dyadic.proofs.statements.number_systems.work import spend

_LONGEST_FORM, _LARGEST_POWER = 400, 192
_LARGEST_OF_ONE = 20_000
"""The largest power of a number that is one generator, or a product of some."""
_MOST_POLES = 4
"""Of how many sums that are divided by the product is formed."""
_DEEPEST = 8
"""How many denominators within denominators are put over one."""


class Quotients(Composed):
    """The part of ``Closed`` that knows no functions.

    calls: how many function values were drawn; deepest: the largest degree of their arguments.
    noting: whether what is evaluated must have a value wherever the claim does; then ``nonzero`` collects what is
    divided by.
    narrowing: whether that decides the signs of what roots and logarithms are taken of.
    longest_sum, longest_product: of how many terms a form is made; a longer one is that of its value by itself.
    shortened: whether there was one.
    """

    longest_sum: int | None = None
    longest_product = _LONGEST_FORM

    def __init__(self, prime: int, seed: int) -> None:
        self.prime = prime
        self.calls = 0
        self.deepest = 0
        self.noting = False
        self.narrowing = True
        self.shortened = False
        self.nonzero: list[Residue] = []
        self._key = seed.to_bytes(32, "big")
        self._values = AtomArithmetic(prime)
        self._imaginary = self._values.atom(Root(2, {(): prime - 1}))
        self._known: dict[tuple[object, ...], int] = {}
        self._made: dict[object, Residue] = {}
        self._split: dict[object, tuple[Fraction, Monomial]] = {}
        self._generators: list[FormGenerator] = []
        self._prime_sums: set[int] = set()
        self.i = self._generator(self._imaginary, 1, real=False)

    # -- arithmetic

    def drawn(self, value: int) -> Residue:
        """A value drawn: a generator of its own."""
        return self._generator({(): value % self.prime}, 1)

    def number(self, p: int, q: int = 1) -> Residue:
        weight = (abs(p) - 1).bit_length() + (q - 1).bit_length() if p else 0
        residue = p * pow(q, -1, self.prime) % self.prime
        return Residue({(): residue} if residue else {}, {(): Fraction(p, q)} if p else {}, weight)

    def rational(self, value: Fraction) -> Residue:
        return self.number(value.numerator, value.denominator)

    def add(self, terms: Sequence[Residue]) -> Residue:
        if not terms:
            return self.number(0)
        spend(len(terms) + 1)
        value: Value = {}
        for term in terms:
            value = self._values.add(value, term.value)
        depth = 1 + max(term.depth for term in terms)
        degree = sum(t.degree for t in terms) + (len(terms) - 1).bit_length()
        return Residue(value, lambda: self._sum([term.form for term in terms], value, degree), degree, depth)

    def _sum(self, forms: Sequence[Form], value: Value, degree: int) -> Form:
        """The sum of forms; where it is long and long ones are not wanted, that of the value by itself."""
        result = total(forms)
        if self.longest_sum is None or len(result) <= self.longest_sum:
            return result
        self.shortened = True
        return self._generator(value, degree, real=self._real(result)).form

    def mul(self, factors: Sequence[Residue]) -> Residue:
        if not factors:
            return self.number(1)
        spend(len(factors) + 1)
        value: Value = {(): 1}
        for factor in factors:
            value = self._values.mul(value, factor.value)
        degree, depth = sum(f.degree for f in factors), 1 + max(f.depth for f in factors)
        found = Residue(value, lambda: self._product([f.form for f in factors], value, degree), degree, depth)
        found.factors = factors
        return found

    def _product(self, forms: Sequence[Form], value: Value, degree: int) -> Form:
        """The product of forms; where it is long, that of the value by itself."""
        result: Form = {(): Fraction(1)}
        for form in forms:
            if len(result) * len(form) > self.longest_product:
                self.shortened = True
                return self._generator(value, degree, real=all(map(self._real, forms))).form
            result = form_algebra.product(result, form)
        return result

    def power(self, base: Residue, p: int, q: int = 1) -> Residue:
        if q != 1 or p >= 0:
            return self._raised(base, p)
        if self.noting and base.value:
            self.nonzero.append(base)
        return self._raised(base, p)

    def _raised(self, base: Residue, p: int) -> Residue:
        """An integer power."""
        pure = list(base.value) == [()] and len(base.form) == 1
        if pure and _LARGEST_POWER < abs(p) <= _LARGEST_OF_ONE:
            ((monomial, coefficient),) = base.form.items()
            if coefficient == 1:
                value: Value = {(): pow(base.value[()], p, self.prime)}
                return Residue(value, {form_algebra.power(monomial, p): coefficient}, base.degree * abs(p) * 2)
        if abs(p) > _LARGEST_POWER:
            raise Undetermined(f"a power above {_LARGEST_POWER}")
        if p >= 0:
            return self.mul([base] * p)
        if not base.value:
            raise Undetermined("division by zero")
        value = self._values.inverse(base.value)
        degree = base.degree * (2 if any(base.value) else 1)
        inverse = Residue(value, lambda: self._inverse_form(base), degree, base.depth + 1)
        return self.mul([inverse] * -p)

    def _inverse_form(self, base: Residue) -> Form:
        form = base.form
        if len(form) > 1:
            form = self._generator(base.value, base.degree, whole=base, real=self._real(form)).form
        return {form_algebra.inverse(monomial): 1 / coefficient for monomial, coefficient in form.items()}

    def minus(self, one: Residue) -> Residue:
        return self.mul([self.number(-1), one])

    # -- unknown values

    def unknown(self, name: str, argument: Residue, order: int = 0) -> Residue:
        """A function value of which nothing is known but its argument."""
        drawn = self._draw((name, order, key(argument.value)), argument.degree)
        return self._generator({(): drawn} if drawn else {}, 1, known=None if order else (name, argument))

    def _draw(self, name: tuple[object, ...], degree: int) -> int:
        if name not in self._known:
            self.calls += 1
            self.deepest = max(self.deepest, degree)
            raw = hashlib.blake2b(_spelled(name).encode(), key=self._key, digest_size=32).digest()
            self._known[name] = int.from_bytes(raw, "big") % self.prime
        return self._known[name]

    # -- generators

    def _generator(self, value: Value, degree: int, logarithm: Residue | None = None, **others: Any) -> Residue:
        """The generator of a value, made once; ``others``: as in :class:`FormGenerator`."""
        made = ("generator", key(value), logarithm is not None and key(logarithm.value))
        if made not in self._made:
            number = Residue(value, {((len(self._generators), 1),): Fraction(1)}, degree)
            self._generators.append(FormGenerator(number, logarithm=logarithm, **others))
            self._made[made] = number
        return self._made[made]

    def _monomial(self, monomial: Monomial, scale: Fraction = Fraction(1)) -> Residue:
        parts = [self._raised(self._generators[generator].number, exponent) for generator, exponent in monomial]
        return self.mul([self.rational(scale), *parts])

    # -- factors

    def split(self, argument: Residue) -> tuple[Fraction, Monomial]:
        """A number and a monomial, in generators that are not split further, whose product the argument is.

        Not for 0.  Equal numbers are split in the same way.
        """
        known = key(argument.value)
        if known not in self._split:
            self._split[known] = self._parts(argument)
        return self._split[known]

    def _parts(self, argument: Residue, depth: int = 0) -> tuple[Fraction, Monomial]:
        form = argument.form
        if not self._real(form) and (argument.real or not self._is_real(argument)):
            return self._sum_parts(argument)
        if len(form) == 1 and self._real(form):
            ((monomial, coefficient),) = form.items()
            return self._together([(coefficient, ()), *map(self._generator_parts, monomial)])
        if len(argument.factors) > 1:
            return self._together([self.split(factor) for factor in argument.factors])
        numerator, below = self._over_one_denominator(argument)
        if numerator is not argument and depth < _DEEPEST:
            parts = [self._parts(numerator, depth + 1), *map(self._generator_parts, below)]
            return self._together(parts)
        for sign in (1, -1):
            root = form_algebra.square_root(form_algebra.scaled(form, Fraction(sign)))
            if root is not None:
                number, monomial = self.split(Residue(*self._valued(root), argument.degree))
                return sign * number * number, form_algebra.power(monomial, 2)
        return self._sum_parts(argument)

    def _together(self, parts: Sequence[tuple[Fraction, Monomial]]) -> tuple[Fraction, Monomial]:
        number, monomial = Fraction(1), Monomial()
        for coefficient, factor in parts:
            number, monomial = number * coefficient, times(monomial, factor)
        return number, monomial

    def _generator_parts(self, pair: tuple[int, int]) -> tuple[Fraction, Monomial]:
        """Of a power of a generator: that of the sum that it stands for, if it stands for one."""
        generator, exponent = pair
        whole = self._generators[generator].whole
        if whole is None or generator in self._prime_sums:
            return Fraction(1), (pair,)
        number, monomial = self.split(whole)
        return number**exponent, form_algebra.power(monomial, exponent)

    def _real(self, form: Form) -> bool:
        """Whether it is made without i."""
        return all(self._generators[generator].real for monomial in form for generator, _ in monomial)

    def _is_real(self, argument: Residue) -> bool:
        """Whether a number is known to be real: by itself or by its factors."""
        return (
            argument.real
            or self._real(argument.form)
            or (len(argument.factors) > 0 and all(map(self._is_real, argument.factors)))
        )

    def _sum_parts(self, argument: Residue) -> tuple[Fraction, Monomial]:
        """Of a sum: what all terms share, and a generator for the rest; of one with i in it only its number."""
        scale, monomial, form = form_algebra.primitive(argument.form)
        if not self._real(argument.form):
            monomial, form = (), form_algebra.scaled(argument.form, 1 / scale)
        outside = self._monomial(form_algebra.inverse(monomial), 1 / scale)
        rest = Residue(self._values.mul(argument.value, outside.value), form, argument.degree)
        ((own, _),) = self._generator(rest.value, rest.degree, whole=rest, real=self._real(form)).form.items()
        self._prime_sums.add(own[0][0])
        return scale, times(monomial, own)

    def _over_one_denominator(self, argument: Residue) -> tuple[Residue, Monomial]:
        """A numerator, and the denominators by which it is divided: generators that stand for sums.

        In the numerator these are written out.
        """
        poles: dict[int, int] = {}
        for generator, exponent in (pair for monomial in argument.form for pair in monomial):
            if self._generators[generator].whole is not None:
                poles[generator] = max(poles.get(generator, 0), -exponent)
        if not poles or len(poles) > _MOST_POLES:
            return argument, ()
        terms = []
        for monomial, coefficient in argument.form.items():
            exponents = dict(monomial)
            kept = tuple(pair for pair in monomial if pair[0] not in poles)
            wholes = [
                whole
                for generator, pole in poles.items()
                if (whole := self._generators[generator].whole) is not None
                for _ in range(pole + exponents.get(generator, 0))
            ]
            terms.append(self.mul([self._monomial(kept, coefficient), *wholes]))
        return self.add(terms), tuple((generator, -pole) for generator, pole in sorted(poles.items()) if pole)

    def _valued(self, form: Form) -> tuple[Value, Form]:
        """The value that a form stands for, and the form."""
        value: Value = {}
        for monomial, coefficient in form.items():
            value = self._values.add(value, self._monomial(monomial, coefficient).value)
        return value, form


def _spelled(name: Any) -> str:
    """A name as text, equal for equal names alone; integers in base 16, in which they may have any length."""
    if isinstance(name, tuple):
        return f"({','.join(map(_spelled, name))})"
    if isinstance(name, Fraction):
        return f"{name.numerator:x}/{name.denominator:x}"
    return f"{name:x}" if isinstance(name, int) else repr(name)

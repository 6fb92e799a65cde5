"""Exponentials, logarithms, rotations and roots of what can be split into factors.

* exp(Sum c m) = Product exp(m / 12)^(12 c) over the monomials m of a form, exp(c log a) = a^c;
* log |a b| = log |a| + log |b|, and exp's inverse; exp(i a) = cos a + i sin a, also of pi and of inverse functions;
* sqrt(a)^2 = a with a formal root, sqrt(a^2 b) = |a| sqrt(b); the root of a number by its prime factors.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.statements.number_systems import form_algebra
from dyadic.proofs.statements.number_systems.atoms import Root, Value, key
from dyadic.proofs.statements.number_systems.largest_values import Maxima
from dyadic.proofs.statements.number_systems.laurent import Form, Monomial, Residue, primes, times, total

_ROOT = 12
"""exp of a monomial is the twelfth power of a drawn residue: halves, thirds and quarters of it stay in the field."""
_LARGEST_POWER, _LARGEST_OF_NUMBER = 192, 20_000
"""Of an exponential of a monomial, and of one of a number."""


class Exponentials(Maxima):
    """The part of ``Closed`` that knows the exponential function and its inverses."""

    def power(self, base: Residue, p: int, q: int = 1) -> Residue:
        common = gcd(p, q)
        p, q = p // common, q // common
        return super().power(base if q == 1 else self.root(base, q), p)

    # -- exponentials

    def exp(self, argument: Residue) -> Residue:
        factors = []
        argument = self._without_denominators(self._without_powers_of_roots(argument))
        for monomial, coefficient in argument.form.items():
            base, unit = self._exponential(monomial, coefficient)
            power = coefficient / unit
            if power.denominator != 1:  # of a logarithm
                root = self._root(base, power.denominator)
                factors.append(self._raised(root, power.numerator))
                continue
            factors.append(self._raised(base, int(power)))
        return self.mul(factors)

    def _without_powers_of_roots(self, argument: Residue) -> Residue:
        """The same number with a form in which the q-th power of a q-th root is what it is the root of."""
        parts = [self._rooted(monomial, coefficient) for monomial, coefficient in argument.form.items()]
        form = total(parts)
        return argument if form == argument.form else Residue(argument.value, form, argument.degree)

    def _rooted(self, monomial: Monomial, coefficient: Fraction) -> Form:
        found: Form = {(): coefficient}
        for generator, exponent in monomial:
            q, base = self._generators[generator].root or (0, self.i)
            whole, rest = divmod(exponent, q) if q else (0, exponent)
            if whole > 0 and len(base.form) > 1:
                whole, rest = 0, exponent
            ((factor, number),) = (self._inverse_form(base) if whole < 0 else base.form if whole else {(): 1}).items()
            factor = form_algebra.power(factor, abs(whole))
            kept: Monomial = ((generator, rest),) if rest else ()
            found = form_algebra.scaled(found, Fraction(number) ** abs(whole), times(factor, kept))
        return found

    def _without_denominators(self, argument: Residue) -> Residue:
        """The same number with a form that is divided by no sum, where the division comes out even."""
        numerator, below = self._over_one_denominator(argument)
        form = numerator.form
        for generator, exponent in below:
            whole = self._generators[generator].whole
            for _ in range(-exponent):
                found = form_algebra.quotient(form, whole.form) if whole is not None else None
                if found is None:
                    return argument
                form = found
        return Residue(argument.value, form, argument.degree)

    def _exponential(self, monomial: Monomial, coefficient: Fraction) -> tuple[Residue, Fraction]:
        """exp(unit * monomial), and the unit."""
        known = self._inverse_of(monomial, coefficient)
        if known is not None:
            return known
        unit = Fraction(1, _ROOT if _ROOT % coefficient.denominator == 0 else coefficient.denominator)
        if abs(coefficient / unit) > (_LARGEST_POWER if monomial else _LARGEST_OF_NUMBER):
            unit = abs(coefficient)
        if ("exp", monomial, unit) not in self._made:
            exponent = self._monomial(monomial, unit)
            drawn: Value = {(): self._draw(("exp", unit, key(exponent.value)), exponent.degree)}
            real = self._real(exponent.form)
            self._made["exp", monomial, unit] = self._generator(
                drawn, 1, exponent=exponent if real else None, power=exponent, real=real
            )
        return self._made["exp", monomial, unit], unit

    def _inverse_of(self, monomial: Monomial, coefficient: Fraction) -> tuple[Residue, Fraction] | None:
        """exp of a logarithm, or of i times a number whose sine and cosine are known."""
        if max(abs(coefficient.numerator), coefficient.denominator) > _LARGEST_POWER:
            return None
        if len(monomial) == 1 and monomial[0][1] == 1:
            argument = self._generators[monomial[0][0]].logarithm
            return None if argument is None else (argument, Fraction(1))
        turned = [g for g, e in monomial if e == 1 and self._generators[g].number is not self.i]
        if len(monomial) == 2 and len(turned) == 1:
            rotation = self._generators[turned[0]].rotation
            if rotation is not None and (coefficient / rotation[1]).denominator == 1:
                return rotation
        return None

    def rotation(self, argument: Residue) -> Residue:
        """exp(i argument)."""
        return self.exp(self.mul([self.i, argument]))

    def turned(self, name: str, argument: Residue, cosine: Residue, sine: Residue) -> Residue:
        """A value of a function whose cosine and sine are known."""
        whole = self.add([cosine, self.mul([self.i, sine])])
        drawn = self._draw((name, 0, key(argument.value)), argument.degree)
        return self._generator({(): drawn}, 1, rotation=(whole, Fraction(1)), known=(name, argument))

    def pi(self) -> Residue:
        """exp(i pi / 12) is (sqrt(6) + sqrt(2)) / 4 + i (sqrt(6) - sqrt(2)) / 4."""
        two, six, quarter = self.root(self.number(2), 2), self.root(self.number(6), 2), self.number(1, 4)
        whole = self.add([six, two, self.mul([self.i, self.add([six, self.minus(two)])])])
        turn = self.mul([quarter, whole]), Fraction(1, 12)
        return self._generator(
            {(): self._draw(("constant", "pi"), 1)}, 1, rotation=turn, positive=True, known=("pi", None)
        )

    # -- logarithms

    def log(self, argument: Residue) -> Residue:
        """Its value is that of the sum of the logarithms of the factors' absolute values."""
        if not argument.value:
            raise Undetermined("the logarithm of zero")
        if self.noting and self.narrowing:
            self.assume(argument, strict=True)
        return self.by_cases(self._log, argument, ("log", 0))

    def _log(self, argument: Residue) -> Residue:
        if not argument.value:
            raise Undetermined("the logarithm of zero")
        number, monomial = self.split(argument)
        terms, rest = [], [pair for pair in monomial if not self._at_least_zero(pair[0])]
        terms += [self._multiple(self._log_of_generator(g), e) for g, e in monomial if self._at_least_zero(g)]
        if not rest and number > 0:
            return self.add([*terms, *self._logs_of_number(number)])
        # The signs of the factors are not known, but that of their product is: exp of the logarithm is that.
        scale = number if rest else Fraction(1)
        product = self._monomial(tuple(rest), scale)
        parts = [self._multiple(self._log_of_generator(g), e) for g, e in rest]
        parts += self._logs_of_number(abs(scale))
        together = self.add(parts)
        return self.add([*terms, self._generator(together.value, together.degree, logarithm=product)])

    def _multiple(self, value: Residue, count: int) -> Residue:
        return self.mul([self.number(count), value])

    def _log_of_generator(self, generator: int) -> Residue:
        """log |generator|."""
        known = self._generators[generator]
        if known.exponent is not None:
            return known.exponent
        if known.root is not None:
            q, argument = known.root
            return self.mul([self.number(1, q), self._log(argument)])
        unknown = self.unknown("log", known.number if known.whole is None else known.whole)
        return self._generator(unknown.value, unknown.degree, logarithm=known.number)

    def _logs_of_number(self, number: Fraction) -> list[Residue]:
        return [self._multiple(self._log_of_prime(p), e) for p, e in primes(number).items()]

    def _log_of_prime(self, number: int) -> Residue:
        if ("log", number) not in self._made:
            value: Value = {(): self._draw(("log", number), 1)}
            self._made["log", number] = self._generator(value, 1, logarithm=self.number(number))
        return self._made["log", number]

    # -- roots

    def root(self, argument: Residue, q: int) -> Residue:
        """A positive root of what is taken to be positive."""
        if not argument.value:
            return argument
        if self.noting and self.narrowing:
            self.assume(argument, strict=False)
        return self.by_cases(lambda a: self._root(a, q), argument, ("root", q))

    def _root(self, argument: Residue, q: int) -> Residue:
        if not argument.value:
            return argument
        if q > 2 and q % 2 == 0:
            half = self._root(argument, 2)
            return self.by_cases(lambda a: self._root(a, q // 2), half, ("root", q // 2))
        number, monomial = self.split(argument)
        factors = self._roots_of_number(abs(number), q)
        odd = [g for g, e in monomial if e % 2 and not self._at_least_zero(g)]
        for generator, exponent in monomial:
            known = self._generators[generator]
            if known.exponent is not None:
                factors.append(self.exp(self.mul([self.number(exponent, q), known.exponent])))
            else:
                # The product is positive: so is its one factor of odd power (up to the number's sign), if there is one.
                alone = self._signed(known.number, number) if odd == [generator] else None
                factors += self._root_of_power(known.number, exponent, q, alone)
        return self.mul(factors if odd or number > 0 else [*factors, self._root_of(self.number(-1), q)])

    def _signed(self, value: Residue, number: Fraction) -> Residue:
        return value if number > 0 else self.minus(value)

    def _root_of_power(self, base: Residue, exponent: int, q: int, positive: Residue | None) -> list[Residue]:
        """The root of |base|^exponent; ``positive``: the absolute value, where that is known."""
        whole, rest = divmod(exponent, q)
        modulus = self.modulus(base) if positive is None else positive
        found = [self._raised(modulus, whole)] if whole else []
        if rest:
            root = self._root_of(positive, q) if positive is not None else self._root_of_modulus(base, q)
            found.append(self._raised(root, rest))
        return found

    def _root_of_modulus(self, factor: Residue, q: int) -> Residue:
        above, below = self.halves(factor)
        parts = [(above, factor), (below, self.minus(factor))]
        return self.add([self.mul([case, self._root_of(of, q)]) for case, of in parts if case.value])

    def _roots_of_number(self, number: Fraction, q: int) -> list[Residue]:
        factors = []
        for prime, exponent in primes(number).items():
            whole, part = divmod(exponent, q)
            factors.append(self._raised(self.number(prime), whole))
            factors += [self._root_of(self.number(prime), q)] * part
        return factors

    def _root_of(self, argument: Residue, q: int) -> Residue:
        made = ("root", q, key(argument.value))
        if made not in self._made:
            value = self._values.atom(Root(q, argument.value))
            self._made[made] = self._generator(value, max(argument.degree, 1), root=(q, argument))
        return self._made[made]

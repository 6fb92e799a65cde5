"""Signs: an argument that may be above, at or below 0 is put into formal cases, and cases are told apart.

A product's sign is that of its factors (quotients.py).  What the claim assumes, and what must be so wherever it has a
value, decides signs and excludes combinations of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import floor

from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.statements.number_systems import constants, form_algebra
from dyadic.proofs.statements.number_systems.atoms import Idempotent, key
from dyadic.proofs.statements.number_systems.inequalities import Inequality, contradictory
from dyadic.proofs.statements.number_systems.laurent import Form, Monomial, Residue, times, total
from dyadic.proofs.statements.number_systems.quotients import Quotients
from dyadic.proofs.statements.number_systems.sums_of_squares import sum_of_squares

MOST_CASES = 6
_MOST_SIGNS = 6
"""A difference that depends on the signs of more arguments is not examined case by case."""
Signs = dict[int, int]
"""1, 0 or -1 for arguments, by the number of the atom that is 1 where the argument is above 0."""


class Cases(Quotients):
    """The part of ``Closed`` that knows signs.

    facts: numbers that are > 0 (strict) or >= 0.  apart: numbers that are 0 nowhere, or all around.
    examined: how many cases were looked at in comparisons.
    enclosed: whether an enclosure of a constant has told something.
    """

    def __init__(self, prime: int, seed: int) -> None:
        super().__init__(prime, seed)
        self.facts: list[tuple[Residue, bool]] = []
        self.apart: list[Residue] = []
        self.examined = 0
        self.enclosed = False
        self._arguments: dict[int, Residue] = {}
        self._weights: dict[object, list[Residue]] = {}

    def assume(self, argument: Residue, strict: bool) -> None:
        """That a number is > 0, or >= 0."""
        if not self._values.cases(argument.value):
            self.facts.append((argument, strict))

    def _sign_of_constant(self, argument: Residue) -> int | None:
        """1 or -1 where it is one for certain."""
        found = constants.sign(self._generators, argument)
        self.enclosed = self.enclosed or found is not None
        return found

    def rounded(self, name: str, argument: Residue) -> Residue | None:
        """floor or round of a constant, which may be an integer or lie halfway; None where it is not certain."""
        twice = self.add([argument, argument])
        nearest = constants.nearest(self._generators, twice)
        self.examined += nearest is not None
        if nearest is not None and self.number(nearest) == twice:
            return self.number(floor(Fraction(nearest, 2)) if name == "floor" else round(Fraction(nearest, 2)))
        found = constants.rounded(self._generators, name, argument)
        self.enclosed = self.enclosed or found is not None
        return None if found is None else self.number(found)

    # -- the sign of one number

    def sign(self, argument: Residue) -> tuple[Residue, Residue, Residue]:
        """1 where it is > 0, = 0, < 0, and 0 elsewhere."""
        one, zero = self.number(1), self.number(0)
        if not argument.value:
            return zero, one, zero
        known = self._sign_of_constant(argument)
        if known is not None:
            return (one, zero, zero) if known > 0 else (zero, zero, one)
        number, monomial = self.split(argument)
        above, below = (one, zero) if number > 0 else (zero, one)
        for generator, exponent in monomial:
            up, equal = self._sign_of(generator)
            down = self.add([one, self.minus(up), self.minus(equal)])
            if exponent % 2 == 0:
                up, down = self.add([up, down]), zero
            above, below = (
                self.add([self.mul([above, up]), self.mul([below, down])]),
                self.add([self.mul([above, down]), self.mul([below, up])]),
            )
        return above, self.add([one, self.minus(above), self.minus(below)]), below

    def halves(self, argument: Residue) -> tuple[Residue, Residue]:
        """The cases > 0 and < 0 as factors of what vanishes where the argument does: their sum is 1."""
        one, zero = self.number(1), self.number(0)
        known = 1 if not argument.value else self._sign_of_constant(argument)
        if known is not None:
            return (one, zero) if known > 0 else (zero, one)
        number, monomial = self.split(argument)
        above = one if number > 0 else zero
        for generator, exponent in monomial:
            if exponent % 2 and not self._at_least_zero(generator):
                up = self._sign_of(generator)[0]
                both = self.mul([above, up])  # above up + (1 - above) (1 - up)
                above = self.add([both, both, one, self.minus(above), self.minus(up)])
        return above, self.add([one, self.minus(above)])

    def modulus(self, argument: Residue) -> Residue:
        """The absolute value."""
        above, below = self.halves(argument)
        return self.mul([argument, self.add([above, self.minus(below)])])

    def _sign_of(self, generator: int) -> tuple[Residue, Residue]:
        """1 where a generator is > 0, and 1 where it is 0."""
        known = self._generators[generator]
        if self._above_zero(generator):
            return self.number(1), self.number(0)
        if known.root is not None:
            equal = self.sign(known.root[1])[1]
            return self.add([self.number(1), self.minus(equal)]), equal
        argument = known.number if known.whole is None else known.whole
        constant = self._sign_of_constant(argument)
        if constant is not None:
            return self.number(int(constant > 0)), self.number(0)
        exponents = self._difference_of_exponents(argument)
        if exponents is not None:  # exp(a) > exp(b) where a > b
            above, equal, _ = self.sign(exponents)
            return above, equal
        found = self._signs_made(argument)
        if any(((generator, 1),) == self.split(one)[1] for one in self.apart if one.value and self._smooth(one)):
            found = found[0], self.number(0)
        for sign in (1, -1) if self._real(argument.form) else ():
            least = sum_of_squares(form_algebra.scaled(argument.form, Fraction(sign)))
            if least is not None:
                equal = self.number(0) if least else found[1]
                return (self.add([self.number(1), self.minus(equal)]) if sign > 0 else self.number(0)), equal
        if self.facts:
            if self._impossible({}, Inequality(self._negative(argument), strict=False)):
                return self.number(1), self.number(0)
            if self._impossible({}, Inequality(argument.form, strict=False)):
                return self.number(0), self.number(0)
        return found

    def _signs_made(self, argument: Residue) -> tuple[Residue, Residue]:
        made = key(argument.value)
        if ("above", made) not in self._made:
            count = len(self._values.atoms)
            for name in ("above", "equal"):
                atom = self._values.atom(Idempotent(count))
                self._made[name, made] = self._generator(atom, max(argument.degree, 1))
            self._arguments[count] = argument
        return self._made["above", made], self._made["equal", made]

    def _difference_of_exponents(self, argument: Residue) -> Residue | None:
        """a - b, where an argument is a positive multiple of exp(a) - exp(b)."""
        above = [monomial for monomial, c in argument.form.items() if c > 0]
        below = [monomial for monomial, c in argument.form.items() if c < 0]
        if len(above) != 1 or len(below) != 1 or sum(argument.form.values(), Fraction(0)):
            return None
        terms = []
        for generator, exponent in times(above[0], form_algebra.inverse(below[0])):
            logarithm = self._generators[generator].exponent
            if logarithm is None:
                return None
            terms.append(self.mul([self.number(exponent), logarithm]))
        return self.add(terms)

    def _negative(self, argument: Residue) -> Form:
        return form_algebra.scaled(argument.form, Fraction(-1))

    def _above_zero(self, generator: int) -> bool:
        """Whether a generator is an exponential or a sum of positive multiples of some and of squares."""
        known = self._generators[generator]
        if known.exponent is not None or known.positive:
            return True
        return known.whole is not None and self.positive(known.whole)

    def _at_least_zero(self, generator: int) -> bool:
        return self._above_zero(generator) or self._generators[generator].root is not None

    def positive(self, argument: Residue) -> bool:
        """Whether it is a sum of positive multiples of products of exponentials, roots and squares, one without 0."""
        if not argument.form or min(argument.form.values()) <= 0 or not self._real(argument.form):
            return False
        found = False
        for monomial in argument.form:
            if not all(e % 2 == 0 or self._at_least_zero(g) for g, e in monomial):
                return False
            found = found or all(self._above_zero(g) for g, _ in monomial)
        return found

    def _flipped(self, argument: Residue) -> bool:
        return bool(argument.form) and argument.form[min(argument.form)] < 0

    def odd(self, function: Callable[[Residue], Residue], argument: Residue) -> Residue:
        """A value of an odd function."""
        if not argument.value:
            return argument
        return self.minus(function(self.minus(argument))) if self._flipped(argument) else function(argument)

    # -- functions of what depends on signs

    def by_cases(self, function: Callable[[Residue], Residue], argument: Residue, name: tuple[str, int]) -> Residue:
        """A function of a number that depends on cases: its value in each of them."""
        cases = self._cases_of(argument)
        if not cases:
            return function(argument)
        if len(cases) > MOST_CASES:
            return self.unknown(name[0], argument, name[1])
        case = self._generator({((cases[-1], 1),): 1}, 1)
        other = self.add([self.number(1), self.minus(case)])
        noting, self.noting = self.noting, False  # what one case needs the others need not
        try:
            parts = [
                self.mul([factor, self.by_cases(function, self._put(argument, cases[-1], number), name)])
                for factor, number in ((other, 0), (case, 1))
            ]
        finally:
            self.noting = noting
        return self.add(parts)

    def _cases_of(self, argument: Residue) -> list[int]:
        """The cases that its value or its form depends on: of several forms of one value each has its case."""
        found = set(self._values.cases(argument.value))
        if self._weights or self._arguments:
            for generator in {generator for monomial in argument.form for generator, _ in monomial}:
                found.update(self._values.cases(self._generators[generator].number.value))
        return sorted(found)

    def _put(self, argument: Residue, atom: int, number: int) -> Residue:
        """The argument with 0 or 1 for a case."""
        value = self._values.put(argument.value, atom, number)
        return Residue(value, lambda: self._put_in(argument.form, atom, number), argument.degree, argument.depth + 1)

    def _put_in(self, form: Form, atom: int, number: int) -> Form:
        generators = {generator for monomial in form for generator, _ in monomial}
        changed: dict[int, Form] = {}
        for generator in generators:
            known = self._generators[generator].number
            value = self._values.put(known.value, atom, number)
            if value in ({}, {(): 1}):
                changed[generator] = {(): Fraction(1)} if value else {}
            elif value != known.value:
                changed[generator] = self._generator(value, known.degree, real=self._generators[generator].real).form
        if not changed:
            return form
        parts = []
        for monomial, coefficient in form.items():
            kept = tuple(pair for pair in monomial if pair[0] not in changed)
            part: Form = {kept: coefficient}
            for generator, exponent in monomial:
                if generator in changed:
                    part = self._with(part, changed[generator], exponent)
            parts.append(part)
        return total(parts)

    def _with(self, part: Form, factor: Form, exponent: int) -> Form:
        """A form times a power of a monomial, or of 0."""
        if not factor:
            if exponent < 0:
                raise Undetermined("division by zero")
            return {}
        ((monomial, _),) = factor.items()
        return form_algebra.scaled(part, Fraction(1), form_algebra.power(monomial, exponent))

    # -- comparison

    def agree(self, left: object, right: object) -> bool:
        """Whether two numbers are equal, in every case that can occur; or two integers."""
        if not isinstance(left, Residue) or not isinstance(right, Residue) or left == right:
            return left == right
        difference = self.add([left, self.minus(right)])
        try:
            return self._vanishes(difference, {})
        except Undetermined:
            return False

    def _vanishes(self, difference: Residue, signs: Signs) -> bool:
        if not difference.value:
            self.examined += 1
            return True
        atoms = [a for a in self._values.cases(difference.value) if a in self._arguments or a - 1 in self._arguments]
        if not atoms:
            zeros = [self._arguments[atom].form for atom, sign in signs.items() if sign == 0]
            self.examined += 1
            zeros += self._roots_of_zero(difference, dict(self._generators_with(signs))) if zeros else []
            return bool(zeros) and not form_algebra.remainder(difference.form, zeros)
        above = atoms[0] if atoms[0] in self._arguments else atoms[0] - 1
        if len(signs) == _MOST_SIGNS:
            return False
        for sign in (1, -1, 0):
            chosen = {**signs, above: sign}
            if self._impossible(chosen):
                continue
            rest = self._put(self._put(difference, above, int(sign == 1)), above + 1, int(sign == 0))
            if not self._vanishes(rest, chosen):
                return False
        return True

    def _roots_of_zero(self, difference: Residue, known: Mapping[int, int]) -> list[Form]:
        """The roots in a number that are 0 because what they are roots of is."""
        generators = {generator for monomial in difference.form for generator, _ in monomial}
        roots = {generator: self._generators[generator].root for generator in sorted(generators)}
        return [
            {((generator, 1),): Fraction(1)}
            for generator, root in roots.items()
            if root is not None and self._sign_in(root[1], known) == 0
        ]

    def _impossible(self, signs: Signs, *further: Inequality) -> bool:
        """Whether the facts exclude it that arguments have these signs."""
        known = dict(self._generators_with(signs))
        if any(self._excluded(fact, known, strict) for fact, strict in self.facts):
            return True
        if any(self._sign_in(argument, known) == 0 for argument in self.nonzero if argument.value):
            return True
        if any(self._at_kink(argument, signs) for argument in self.apart):
            return True
        stated = [*further, *(Inequality(fact.form, strict) for fact, strict in self.facts)]
        for above, sign in signs.items():
            form = self._arguments[above].form
            directions = (1, -1) if sign == 0 else (sign,)
            stated += [Inequality(form_algebra.scaled(form, Fraction(d)), sign != 0) for d in directions]
        monomials = {monomial for item in stated for monomial in item.form if monomial}
        return contradictory([*stated, *self._signs_of_monomials(monomials, known)])

    def _at_kink(self, argument: Residue, signs: Signs) -> bool:
        """Whether a number is 0 where arguments have these signs, though it is not so all around."""
        for above in signs:
            if {above, above + 1} & set(self._values.cases(argument.value)):
                argument = self._put(
                    self._put(argument, above, int(signs[above] == 1)), above + 1, int(signs[above] == 0)
                )
        if not argument.value or not self._smooth(argument):
            return False
        plain = {above: sign for above, sign in signs.items() if self._smooth(self._arguments[above])}
        return self._sign_in(argument, dict(self._generators_with(plain))) == 0

    def _smooth(self, argument: Residue) -> bool:
        """Whether a number is made without cases, so that it is 0 only at single points or everywhere."""
        if self._values.cases(argument.value):
            return False
        generators = {generator for monomial in argument.form for generator, _ in monomial}
        return all(map(self._smooth_generator, generators))

    def _smooth_generator(self, generator: int) -> bool:
        known = self._generators[generator]
        inner = [known.whole, known.logarithm, known.exponent, known.power, known.root and known.root[1]]
        inner += [known.known[1]] if known.known else []
        return not self._values.cases(known.number.value) and all(self._smooth(one) for one in inner if one is not None)

    def _generators_with(self, signs: Signs) -> Iterator[tuple[int, int]]:
        """The sign of every generator that is one of the arguments."""
        for above, sign in signs.items():
            ((monomial, _),) = self._generator(self._arguments[above].value, 1).form.items()
            yield monomial[0][0], sign

    def _sign_in(self, argument: Residue, known: Mapping[int, int]) -> int | None:
        """The sign of a product of numbers whose signs are known; None where one is not."""
        number, monomial = self.split(argument)
        return self._sign_of_monomial(monomial, known, 1 if number > 0 else -1)

    def _sign_of_monomial(self, monomial: Monomial, known: Mapping[int, int], sign: int = 1) -> int | None:
        for generator, exponent in monomial:
            own = 1 if self._above_zero(generator) else known.get(generator)
            if own is None:
                return None
            sign *= own if exponent % 2 else own * own
        return sign

    def _excluded(self, fact: Residue, known: Mapping[int, int], strict: bool) -> bool:
        sign = self._sign_in(fact, known) if fact.value else 0
        return sign is not None and (sign < 0 or (strict and sign == 0))

    def _signs_of_monomials(self, monomials: set[Monomial], known: Mapping[int, int]) -> Iterator[Inequality]:
        for monomial in monomials:
            sign = self._sign_of_monomial(monomial, known)
            if sign is not None:
                for direction in (1, -1) if sign == 0 else (sign,):
                    yield Inequality({monomial: Fraction(direction)}, sign != 0)
            elif self._real({monomial: Fraction(1)}) and all(e % 2 == 0 or self._at_least_zero(g) for g, e in monomial):
                yield Inequality({monomial: Fraction(1)}, strict=False)

"""Rigorous enclosures (Arb) of the numbers of ``Closed`` that are made of constants alone, as sqrt(2) - 1 is.

The form of such a number says how it is made: of rational numbers, i, pi, exponentials, logarithms, roots and a few
function values, each of a number that is made likewise.  What is drawn, or depends on cases, has no enclosure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import acb, arb, ctx

from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS
from dyadic.proofs.statements.number_systems.laurent import FormGenerator, Residue
from dyadic.proofs.statements.number_systems.work import spend

_PRECISIONS = (192, 2048)
_DEEPEST = 40
_VALUES = ("erf", "asin", "acos", "atan", "floor", "round")
"""Functions of which a value that has no formula is enclosed."""
_UNIT, _LARGEST = 20, 2**20
"""Units of work of a generator; the exponential of a larger number is not enclosed."""


class Varies(Exception):
    """It is not made of constants alone, or has no value."""


def sign(generators: Sequence[FormGenerator], argument: Residue) -> int | None:
    """1 or -1 where a constant is above or below 0 for certain."""
    for precision in _PRECISIONS:
        found = enclosure(generators, argument, precision)
        if found is None:
            return None
        if found > 0 or found < 0:
            return 1 if found > 0 else -1
    return None


def enclosure(
    generators: Sequence[FormGenerator], argument: Residue, precision: int, of: Callable[[arb], arb] | None = None
) -> arb | None:
    """An enclosure of a constant that is real, or of a function of it; None for what varies, or has no value."""
    before, ctx.prec = ctx.prec, precision
    try:
        found = _real(_Evaluation(generators).number(argument, 0))
        return found if of is None else of(found)
    except (Varies, Undetermined):
        return None
    finally:
        ctx.prec = before


def _real(value: acb) -> arb:
    """Of a number that is real, though it may be made of some that are not."""
    if not value.is_finite() or not value.imag.contains(0):
        raise Varies
    return value.real


class _Evaluation:
    """Each generator is enclosed once."""

    def __init__(self, generators: Sequence[FormGenerator]) -> None:
        self._generators = generators
        self._known: dict[int, acb] = {0: acb(0, 1)}

    def number(self, argument: Residue, depth: int) -> acb:
        if depth > _DEEPEST:
            raise Varies
        total = acb(0)
        for monomial, coefficient in argument.form.items():
            term = acb(arb(coefficient.numerator) / coefficient.denominator)
            for generator, exponent in monomial:
                if generator not in self._known:
                    spend(_UNIT * max(1, ctx.prec >> 8))
                    self._known[generator] = self._generator(self._generators[generator], depth + 1)
                term = term * self._known[generator] ** exponent
            total += term
        return total

    def _generator(self, one: FormGenerator, depth: int) -> acb:
        if one.power is not None:
            exponent = self.number(one.power, depth)
            if not abs(exponent) < _LARGEST:
                raise Varies
            return exponent.exp()
        if one.root is not None:
            return acb(self._positive(one.root[1], depth).root(one.root[0]))
        if one.logarithm is not None:
            return acb(self._positive(one.logarithm, depth).log())
        if one.whole is not None:
            return self.number(one.whole, depth)
        if one.known is None:
            raise Varies
        name, argument = one.known
        if argument is None:
            return acb(arb.pi())
        if name not in _VALUES:
            raise Varies
        return acb(TRUE_FUNCTIONS[name, 0](_real(self.number(argument, depth))))

    def _positive(self, argument: Residue, depth: int) -> arb:
        found = _real(self.number(argument, depth))
        if not found > 0:
            raise Varies
        return found


def rounded(generators: Sequence[FormGenerator], name: str, argument: Residue) -> int | None:
    """floor or round of a constant, where that is certain."""
    for precision in _PRECISIONS:
        value = enclosure(generators, argument, precision, TRUE_FUNCTIONS[name, 0])
        if value is None:
            return None
        if value.is_exact() and value.is_integer():
            return int(value.unique_fmpz())
    return None


def nearest(generators: Sequence[FormGenerator], argument: Residue) -> int | None:
    """The one integer that a constant may be."""
    found = enclosure(generators, argument, _PRECISIONS[0])
    if found is None:
        return None
    integer = found.unique_fmpz()
    return None if integer is None else int(integer)

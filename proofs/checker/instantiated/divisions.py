"""Division of integer polynomials by numbers, and between which numbers they lie.

The extents of indices that are numbers are known by their level; what is not known has no bounds.  All rules hold for
integers: a polynomial with fractions, or with atoms that are not integers, is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dyadic.proofs.checker.instantiated.polynomials import Atoms, Polynomial

Extents = Sequence[int | None]
WHOLE = ("index", "size", "entry", "quotient", "remainder")


def is_whole(atoms: Atoms, polynomial: Polynomial) -> bool:
    """Whether a polynomial in an index or a bracket is an integer for all values of its atoms."""
    return all(
        isinstance(number, int)
        and all(isinstance(e, int) and e > 0 and atoms.parts(atom)[0] in WHOLE for atom, e in monomial)
        for monomial, number in polynomial.items()
    )


def interval(atoms: Atoms, polynomial: Polynomial, extents: Extents) -> tuple[int, int] | None:
    """Numbers between which the polynomial lies; None if nothing is known."""
    low = high = 0
    for monomial, number in polynomial.items():
        if not isinstance(number, int):
            return None
        one = (1, 1) if not monomial else _of_atom(atoms, *monomial[0], extents) if len(monomial) == 1 else None
        if one is None:
            return None
        ends = (number * one[0], number * one[1])
        low, high = low + min(ends), high + max(ends)
    return low, high


def _of_atom(atoms: Atoms, atom: int, exponent: object, extents: Extents) -> tuple[int, int] | None:
    head, *rest = atoms.parts(atom)
    if exponent != 1:
        return None
    if head == "index" and rest[0] < len(extents):
        extent = extents[rest[0]]
        return None if extent is None else (0, extent - 1)
    divisor = dict(rest[1]).get((), 0) if head in ("quotient", "remainder") and len(rest[1]) == 1 else 0
    if not isinstance(divisor, int) or divisor < 1:
        return None
    if head == "remainder":
        return 0, divisor - 1
    inner = interval(atoms, dict(rest[0]), extents)
    return None if inner is None else (inner[0] // divisor, inner[1] // divisor)


def split(polynomial: Polynomial, divisor: int) -> tuple[Polynomial, Polynomial]:
    """``polynomial = divisor * whole + rest``; in the rest no number is a multiple of the divisor."""
    whole: Polynomial = {}
    rest: Polynomial = {}
    for monomial, number in polynomial.items():
        assert isinstance(number, int)
        if number % divisor == 0:
            whole[monomial] = number // divisor
        elif monomial == ():
            rest[()] = number % divisor
            if number // divisor:
                whole[()] = number // divisor
        else:
            rest[monomial] = number
    return whole, rest


def quotient(atoms: Atoms, top: Polynomial, divisor: int, extents: Extents) -> Polynomial:
    """floor(top / divisor) for an integer polynomial."""
    if divisor == 1:
        return top
    if (value := _constant(atoms, top, divisor, extents)) is not None:
        return {(): value} if value else {}
    if (nested := _alone(atoms, top, "quotient")) is not None:
        return quotient(atoms, nested[0], nested[1] * divisor, extents)
    if (nested := _alone(atoms, top, "remainder")) is not None and nested[1] % divisor == 0:
        inner = quotient(atoms, nested[0], divisor, extents)
        return remainder(atoms, inner, nested[1] // divisor, extents)
    for common, whole, _ in _common(atoms, top, divisor, extents):
        return quotient(atoms, whole, divisor // common, extents)
    whole, rest = split(top, divisor)
    return _added(whole, atoms.atom("quotient", frozenset(rest.items()), frozenset({((), divisor)})), 1)


def remainder(atoms: Atoms, top: Polynomial, divisor: int, extents: Extents) -> Polynomial:
    """top - divisor * floor(top / divisor) for an integer polynomial."""
    if divisor == 1:
        return {}
    if (value := _constant(atoms, top, divisor, extents)) is not None:
        return _added(top, {(): 1}, -divisor * value)
    if (nested := _alone(atoms, top, "remainder")) is not None and nested[1] % divisor == 0:
        return remainder(atoms, nested[0], divisor, extents)
    for common, whole, rest in _common(atoms, top, divisor, extents):
        return _added(rest, remainder(atoms, whole, divisor // common, extents), common)
    _, rest = split(top, divisor)
    return atoms.atom("remainder", frozenset(rest.items()), frozenset({((), divisor)}))


def _constant(atoms: Atoms, top: Polynomial, divisor: int, extents: Extents) -> int | None:
    """The quotient where it is one number for all values of the indices."""
    known = interval(atoms, top, extents)
    return known[0] // divisor if known and known[0] // divisor == known[1] // divisor else None


def _alone(atoms: Atoms, top: Polynomial, head: str) -> tuple[Polynomial, int] | None:
    """What is divided and by which number, where the polynomial is one quotient or remainder and nothing else."""
    if len(top) != 1:
        return None
    ((monomial, number),) = top.items()
    if number != 1 or len(monomial) != 1 or monomial[0][1] != 1:
        return None
    own, *rest = atoms.parts(monomial[0][0])
    if own != head or len(rest[1]) != 1:
        return None
    divisor = dict(rest[1]).get(())
    return (dict(rest[0]), divisor) if isinstance(divisor, int) else None


def _common(
    atoms: Atoms, top: Polynomial, divisor: int, extents: Extents
) -> Iterator[tuple[int, Polynomial, Polynomial]]:
    """``top = g whole + rest`` with 0 <= rest < g and g | divisor, the largest g first."""
    numbers = {abs(number) for number in top.values() if isinstance(number, int)}
    for common in sorted({divisor} | {n for n in numbers if n > 1 and divisor % n == 0}, reverse=True):
        whole, rest = split(top, common)
        known = interval(atoms, rest, extents)
        if whole and known and known[0] >= 0 and known[1] < common:
            yield common, whole, rest


def _added(one: Polynomial, two: Polynomial, factor: int) -> Polynomial:
    """``one + factor * two``."""
    found = dict(one)
    for monomial, number in two.items():
        if value := found.pop(monomial, 0) + factor * number:
            found[monomial] = value
    return found


__all__ = ["Extents", "interval", "is_whole", "quotient", "remainder", "split"]

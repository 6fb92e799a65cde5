"""A normal form of index expressions and brackets, in which quotients and remainders are used up where possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Add, Expr, Integer, Mul, expand

from dyadic.symbolic.expressions import Bracket, Divides, Element, Inside, Quotient, Reduction, Remainder, Same
from dyadic.symbolic.indices.index_bounds import Limits, Ranges, bounds, is_inside, is_outside, never_negative, numeric


def simplify(expression: Expr, ranges: Ranges) -> Expr:
    """An integer expression in normal form; ``ranges`` gives the extents of its indices."""
    if isinstance(expression, Quotient | Remainder):
        numerator, divisor = (simplify(argument, ranges) for argument in expression.args)
        return (_quotient if isinstance(expression, Quotient) else _remainder)(numerator, divisor, ranges)
    if isinstance(expression, Add | Mul):
        parts = expression.func(*(simplify(argument, ranges) for argument in expression.args))
        return _recombine(expand(parts, deep=False))
    if isinstance(expression, Element):
        return Element(expression.name, *(simplify(index, ranges) for index in expression.indices))
    return expression


def simplify_bracket(bracket: Expr, ranges: Ranges) -> Expr:
    """The bracket with simplified arguments; 1 or 0 where it is certain."""
    one, two = (_certain(simplify(argument, ranges), ranges) for argument in bracket.args)
    if isinstance(bracket, Inside):
        if is_inside(one, two, ranges):
            return Integer(1)
        return Integer(0) if is_outside(one, two, ranges) else Inside(one, two)
    if isinstance(bracket, Divides):
        return Divides(one, multiples(two, one)[1])
    limits = bounds(one - two, ranges)
    if limits and (never_negative(limits[0] - 1) or never_negative(-1 - limits[1])):
        return Integer(0)
    return Same(one, two)


def tidy(expression: Expr, ranges: Ranges) -> Expr:
    """The expression without those factors that are brackets and certainly 1, its quotients used up.

    ``ranges`` gives the extents of all indices that stand in it, bound ones too.
    """
    factors = [_tidied(factor, ranges) for factor in Mul.make_args(expression)]
    return Mul(*(f for f in factors if not (isinstance(f, Inside) and is_inside(f.args[0], f.args[1], ranges))))


def _tidied(node: Expr, ranges: Ranges) -> Expr:
    if not node.args or not node.has(Quotient, Remainder):
        return node
    if isinstance(node, Element):
        return simplify(node, ranges)
    if isinstance(node, Bracket):
        return node.func(*(simplify(argument, ranges) for argument in node.args))
    if isinstance(node, Reduction):
        ranges = {**ranges, node.index: node.extent}
    return node.func(*(_tidied(a, ranges) if isinstance(a, Expr) else a for a in node.args))


def divisible(divisor: int, expression: Expr, known: Sequence[tuple[int, Expr]]) -> bool:
    """Whether the divisor divides the expression, given that d divides e for all (d, e) in ``known``."""
    return any(d == divisor and multiples(expand(expression - e), Integer(divisor))[1] == 0 for d, e in known)


def multiples(numerator: Expr, divisor: Expr) -> tuple[Expr, Expr]:
    """``numerator = divisor * whole + rest``, the terms of whole being those that are seen to be divisible."""
    whole, rest = Integer(0), Integer(0)
    for term in Add.make_args(numerator):
        factor, inner = term.as_coeff_Mul()
        if not divisor.is_Integer:
            if divisor in Mul.make_args(term):
                whole += term / divisor
            else:
                rest += term
        elif factor.is_Integer and factor % divisor == 0:
            whole += factor // divisor * inner
        elif inner == 1:
            whole += factor // divisor
            rest += factor % divisor
        else:
            rest += term
    return whole, rest


def _quotient(numerator: Expr, divisor: Expr, ranges: Ranges) -> Expr:
    if not divisor.is_Integer:
        whole, rest = multiples(numerator, divisor)
        return whole if is_inside(rest, divisor, ranges) else whole + Quotient(rest, divisor)
    if divisor == 1:
        return numerator
    if (constant := _constant_quotient(bounds(numerator, ranges), int(divisor))) is not None:
        return Integer(constant)
    if isinstance(numerator, Quotient) and numerator.args[1].is_Integer:
        return _quotient(numerator.args[0], numerator.args[1] * divisor, ranges)
    if isinstance(numerator, Remainder) and numerator.args[1].is_Integer and numerator.args[1] % divisor == 0:
        return _remainder(_quotient(numerator.args[0], divisor, ranges), numerator.args[1] // divisor, ranges)
    for common, multiple, _ in _splits(numerator, int(divisor), ranges):
        # floor((g m + r) / (g e)) = floor(m / e) for 0 <= r < g.
        return _quotient(multiple, divisor // common, ranges)
    whole, rest = _apart(numerator, int(divisor))
    return whole + Quotient(rest, divisor) if whole != 0 else Quotient(numerator, divisor)


def _remainder(numerator: Expr, divisor: Expr, ranges: Ranges) -> Expr:
    if not divisor.is_Integer:
        rest = multiples(numerator, divisor)[1]
        return rest if is_inside(rest, divisor, ranges) else Remainder(rest, divisor)
    if divisor == 1:
        return Integer(0)
    if (constant := _constant_quotient(bounds(numerator, ranges), int(divisor))) is not None:
        return numerator - divisor * constant
    if isinstance(numerator, Remainder) and numerator.args[1].is_Integer and numerator.args[1] % divisor == 0:
        return _remainder(numerator.args[0], divisor, ranges)
    for common, multiple, rest in _splits(numerator, int(divisor), ranges):
        return expand(common * _remainder(multiple, divisor // common, ranges)) + rest
    whole, rest = _apart(numerator, int(divisor))
    return _remainder(rest, divisor, ranges) if whole != 0 else Remainder(numerator, divisor)


def _apart(numerator: Expr, divisor: int) -> tuple[Expr, Expr]:
    """:func:`multiples` that leaves a constant in one piece: floor((j - 1) / 2), not floor((j + 1) / 2) - 1."""
    whole, rest = multiples(numerator, Integer(divisor))
    constant = numerator.as_coeff_Add()[0]
    moved = constant // divisor if constant % divisor else Integer(0)
    return whole - moved, rest + divisor * moved


def _constant_quotient(limits: Limits | None, divisor: int) -> int | None:
    """The quotient where it is one number for all values between the bounds."""
    known = numeric(limits)
    return known[0] // divisor if known and known[0] // divisor == known[1] // divisor else None


def _splits(numerator: Expr, divisor: int, ranges: Ranges) -> Iterator[tuple[int, Expr, Expr]]:
    """``numerator = g * multiple + rest`` with 0 <= rest < g and g | divisor, g from largest to smallest."""
    sizes = {abs(int(term.as_coeff_Mul()[0])) for term in Add.make_args(numerator) if term.as_coeff_Mul()[0].is_Integer}
    for common in sorted({divisor} | {size for size in sizes if size > 1 and divisor % size == 0}, reverse=True):
        multiple, rest = multiples(numerator, Integer(common))
        if multiple != 0 and is_inside(rest, Integer(common), ranges):
            yield common, multiple, rest


def _recombine(expression: Expr) -> Expr:
    """``c m Quotient(e, k m) + c Remainder(Quotient(e, k), m) = c Quotient(e, k)``: a reshape undoes another."""
    terms = expression.as_coefficients_dict()
    for remainder in [term for term in Add.make_args(expression) if _remainder_in(term) is not None]:
        factor, inside = remainder.as_coeff_Mul()
        inner, modulus = inside.args
        base, step = inner.args if isinstance(inner, Quotient) else (inner, Integer(1))
        for shift, quotient in _quotient_of(base, step * modulus):
            number, multiple = (factor * modulus * quotient).as_coeff_Mul()
            if terms.get(multiple, 0) == number:
                return _recombine(
                    expand(expression - remainder - number * multiple + factor * (inner - modulus * shift), deep=False)
                )
    return expression


def _remainder_in(term: Expr) -> Expr | None:
    inner = term.as_coeff_Mul()[1]
    return inner if isinstance(inner, Remainder) else None


def _quotient_of(numerator: Expr, divisor: Expr) -> Iterator[tuple[Expr, Expr]]:
    """``Quotient(numerator, divisor) = shift + quotient`` in the forms in which it may stand in a sum."""
    yield Integer(0), Quotient(numerator, divisor)
    whole, rest = multiples(numerator, divisor)
    if whole != 0:
        yield whole, Quotient(rest, divisor)


def _certain(expression: Expr, ranges: Ranges) -> Expr:
    limits = numeric(bounds(expression, ranges))
    return Integer(limits[0]) if limits and limits[0] == limits[1] else expression

"""Between which values an index expression lies, for all indices in their ranges and all sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from sympy import Add, Expr, Integer, Mul, Symbol

from dyadic.symbolic.expressions import Element, Index, Quotient, Remainder

Ranges = Mapping[Index, Expr]
Bound: TypeAlias = int | Expr
Limits: TypeAlias = tuple[Bound, Bound]


def bounds(expression: Expr, ranges: Ranges) -> Limits | None:
    """The smallest and largest value (not always the tightest), or None if nothing is known.

    Numbers where sizes are numbers, otherwise polynomials in sizes; ``ranges`` gives the extent of each index.
    """
    if expression.is_Integer:
        return int(expression), int(expression)
    if isinstance(expression, Index):
        extent = ranges.get(expression)
        return None if extent is None else (0, _plain(extent) - 1)
    if isinstance(expression, Remainder):
        return _of_remainder(expression, ranges)
    if isinstance(expression, Quotient):
        return _of_quotient(expression, ranges)
    if isinstance(expression, Add):
        parts = [bounds(term, ranges) for term in expression.args]
        known = [part for part in parts if part is not None]
        return (sum(low for low, _ in known), sum(high for _, high in known)) if len(known) == len(parts) else None
    if isinstance(expression, Mul):
        return _of_product(expression.args, ranges)
    return None if expression.has(Index, Element) else (expression, expression)


def numeric(limits: Limits | None) -> tuple[int, int] | None:
    """The bounds if they are numbers."""
    if limits is None or not isinstance(limits[0], int) or not isinstance(limits[1], int):
        return None
    return limits[0], limits[1]


def is_inside(value: Expr, extent: Expr, ranges: Ranges) -> bool:
    """Whether 0 <= value < extent is certain for all indices in their ranges and all sizes."""
    if isinstance(value, Index) and ranges.get(value) == extent:
        return True
    limits = bounds(value, ranges)
    return limits is not None and never_negative(limits[0]) and never_negative(extent - 1 - limits[1])


def is_outside(value: Expr, extent: Expr, ranges: Ranges) -> bool:
    """Whether value < 0 or value >= extent is certain."""
    limits = bounds(value, ranges)
    return limits is not None and (never_negative(-1 - limits[1]) or never_negative(limits[0] - extent))


def never_negative(expression: Bound) -> bool:
    """Whether a polynomial in sizes, all at least 1, is at least 0: its coefficients are, after n = 1 + n'."""
    if isinstance(expression, int) or expression.is_Integer:
        return int(expression) >= 0
    expression = expression.expand()
    symbols = sorted(expression.free_symbols, key=str)
    if any(not isinstance(s, Symbol) or isinstance(s, Index) for s in symbols):
        return False
    if expression.has(Quotient, Remainder, Element):
        return False
    shifted = expression.xreplace({s: s + 1 for s in symbols}).expand()
    return all(term.as_coeff_Mul()[0] >= 0 for term in Add.make_args(shifted))


def _plain(extent: Expr) -> Bound:
    return int(extent) if extent.is_Integer else extent


def _of_remainder(expression: Expr, ranges: Ranges) -> Limits | None:
    numerator, divisor = expression.args
    if divisor.has(Index):
        return None
    limits = numeric(bounds(numerator, ranges))
    if limits and divisor.is_Integer and limits[0] // int(divisor) == limits[1] // int(divisor):
        return limits[0] % int(divisor), limits[1] % int(divisor)
    return 0, _plain(divisor) - 1


def _of_quotient(expression: Expr, ranges: Ranges) -> Limits | None:
    numerator, divisor = expression.args
    limits = bounds(numerator, ranges)
    if limits is None or divisor.has(Index):
        return None
    if (known := numeric(limits)) is not None and divisor.is_Integer:
        return known[0] // int(divisor), known[1] // int(divisor)
    if never_negative(limits[0]):  # 0 <= numerator < divisor * n gives 0 <= quotient < n
        count = (Integer(1) * (limits[1] + 1) / divisor).expand()
        if all(_is_polynomial(term) for term in Add.make_args(count)):
            return 0, count - 1
    return None


def _of_product(factors: Sequence[Expr], ranges: Ranges) -> Limits | None:
    """One factor that varies times sizes of one sign, or factors that all lie between numbers."""
    varying = [f for f in factors if f.has(Index, Quotient, Remainder, Element)]
    scale = Mul(*(f for f in factors if f not in varying))
    if not varying:
        return scale, scale
    parts = [bounds(factor, ranges) for factor in varying]
    if len(parts) == 1 and parts[0] is not None:
        low, high = (_product(scale, bound) for bound in parts[0])
        return (low, high) if never_negative(_plain(scale)) else (high, low) if never_negative(-scale) else None
    corners = numeric((_plain(scale), _plain(scale)))
    for part in parts:
        known = numeric(part)
        if known is None or corners is None:
            return None
        products = [one * two for one in corners for two in known]
        corners = min(products), max(products)
    return corners


def _product(scale: Expr, bound: Bound) -> Bound:
    return int(scale) * bound if scale.is_Integer else (scale * bound).expand()


def _is_polynomial(term: Expr) -> bool:
    """Whether a term is an integer times a product of sizes, without a division."""
    return bool(term.as_coeff_Mul()[0].is_Integer) and not any(
        f.is_Pow and f.exp.is_negative for f in Mul.make_args(term)
    )

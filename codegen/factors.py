"""A product taken apart for targets that compute with whole arrays: its number, its factors, its brackets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sympy import Expr, Mul, Pow, oo

from dyadic.codegen.numpy_guards import Guarded, tame
from dyadic.codegen.numpy_windows import Divisions, ReadAxis
from dyadic.symbolic.expressions import Apply, Bracket, Divides, Element, Index, free_indices, split_guards
from dyadic.symbolic.indices import Ranges, simplify_bracket
from dyadic.symbolic.printing import factor_key


def split_product(node: Expr, ranges: Ranges) -> tuple[Expr, list[Expr], list[Expr]]:
    """The number in front, the other factors, and the brackets that are not certain."""
    guards, rest = split_guards(node)
    guards = [simplify_bracket(guard, ranges) for guard in guards]
    number = Mul(*(f for f in (*Mul.make_args(rest), *guards) if f.is_number))
    factors = [factor for factor in Mul.make_args(rest) if not factor.is_number]
    return number, factors, [guard for guard in guards if isinstance(guard, Bracket)]


def guarded_factors(
    factors: Sequence[Expr], guards: Sequence[Expr], vanishes: Callable[[Expr, Expr], bool]
) -> list[Expr]:
    """The factors in the order of printing, among them the brackets that no factor vanishes outside of.

    vanishes: whether a factor is 0 wherever a bracket is.
    """
    left = [guard for guard in guards if not any(vanishes(factor, guard) for factor in factors)]
    place = next((k for k, f in enumerate(factors) if isinstance(f, Apply) and f.name == "exp"), None)
    if left and place is not None:  # exp(-inf) = 0: the exponential carries the brackets
        lowest = Apply("exp", 0, Guarded(tame(factors[place].argument, guards), -oo, *left))
        return sorted([*(tame(f, guards) for k, f in enumerate(factors) if k != place), lowest], key=factor_key)
    return sorted([*(tame(factor, guards) for factor in factors), *left], key=factor_key)


def vanishes(factor: Expr, guard: Expr, axes_of: Callable[[Element], Sequence[ReadAxis]]) -> bool:
    """Whether a factor is 0 where the bracket is, an entry outside of its tensor being read as 0.

    axes_of: how an entry is read.
    """
    if isinstance(factor, Pow) and factor.exp.is_positive:
        factor = factor.base
    if not isinstance(factor, Element):
        return False
    axes = axes_of(factor)
    loose = {index for axis in axes if axis.map is None for index in axis.index.free_symbols}
    return any(axis.vanishes_unless(guard) and not loose & axis.index.free_symbols for axis in axes)


def pull_out(body: Expr, bound: Sequence[Index]) -> tuple[list[Expr], Expr]:
    """The factors of a summed body that do not use the summed indices, and the product of the others."""
    factors = Mul.make_args(body)
    inner = [f for f in factors if f.is_number or isinstance(f, Bracket) or free_indices(f) & set(bound)]
    outer = [factor for factor in factors if factor not in inner]
    return (outer, Mul(*inner, evaluate=False)) if len(inner) > sum(f.is_number for f in inner) else ([], body)


def divisions(guards: Iterable[Expr]) -> Divisions:
    """What is known to divide what where the brackets hold."""
    return tuple((int(guard.args[0]), guard.args[1]) for guard in guards if isinstance(guard, Divides))


__all__ = ["divisions", "guarded_factors", "pull_out", "split_product", "vanishes"]

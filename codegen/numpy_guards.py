"""Functions that may not be finite where a bracket is 0, made harmless there."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer, Pow

from dyadic.symbolic.expressions import Apply, Bracket, Element, free_indices
from dyadic.symbolic.functions import FUNCTIONS


class Guarded(Expr):
    """``Guarded(argument, harmless, *brackets)``: the argument where the brackets hold, a harmless value elsewhere."""

    is_commutative = True


def tame(node: Expr, guards: Sequence[Expr]) -> Expr:
    """The expression with harmless arguments where the brackets are 0 and a function might not be finite."""
    if not guards or isinstance(node, Element | Bracket | Guarded) or not node.args:
        return node
    parts = [tame(part, guards) if isinstance(part, Expr) else part for part in node.args]
    harmless = FUNCTIONS[node.name].harmless if isinstance(node, Apply) else None
    wild = harmless is not None
    place = 2 if wild else 0
    if wild or (isinstance(node, Pow) and not (node.exp.is_Integer and node.exp.is_positive)):
        free = free_indices(parts[place])
        touching = [guard for guard in guards if free & free_indices(guard)]
        if touching:
            parts[place] = Guarded(parts[place], Integer(1 if harmless is None else harmless), *touching)
    return node.func(*parts)

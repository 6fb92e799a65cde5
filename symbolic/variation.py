"""The variation of a scalar functional, in index notation and for symbolic sizes.

A functional is a list of definitions that ends in a scalar, e.g. one layer's term of the energy:

    z_v[i] = Sum_j W_v[i,j] x_u[j] + b_v[i];   f_v[i] = tanh(z_v[i]);   E_v = Sum_i s_v[i] (f_v[i] - x_v[i])

:func:`gradient` goes through them backwards.  A tensor entry r[e] that occurs in t[i] = body adds

    dE/dr[p]  +=  Sum over i and the bound indices of  dE/dt[i] * (d body / d occurrence) * delta(p, e)

and the delta is solved for as many indices as it determines (:mod:`dyadic.symbolic.inversion`).
The derivative of the functional with respect to an intermediate t is written ``bar t``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Pow, Symbol

from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import (
    Apply,
    Bracket,
    Definition,
    Element,
    Index,
    Reduction,
    Same,
    Tensor,
    all_indices,
    elements,
    fresh_index,
    split_guards,
)
from dyadic.symbolic.inversion import invert
from dyadic.symbolic.tensor_names import Name


@dataclass(frozen=True)
class Occurrence:
    """One place where a tensor entry stands in a body: d body = ... + factor * d entry, summed over ``bound``."""

    entry: Element
    bound: tuple[tuple[Index, Expr], ...]
    factor: Expr


@dataclass(frozen=True)
class Gradient:
    """``intermediates`` first, in order of evaluation, then one definition per tensor asked for."""

    intermediates: tuple[Definition, ...]
    results: dict[Tensor, Definition]


def occurrences(item: Definition) -> list[Occurrence]:
    """Every occurrence of a tensor entry in a definition's body, with its local derivative."""
    found: list[Occurrence] = []

    def visit(node: Expr, factor: Expr, bound: tuple[tuple[Index, Expr], ...]) -> None:
        if isinstance(node, Element):
            found.append(Occurrence(node, bound, factor))
        elif isinstance(node, Add):
            for term in node.args:
                visit(term, factor, bound)
        elif isinstance(node, Mul):
            for position, term in enumerate(node.args):
                rest = Mul(*(other for k, other in enumerate(node.args) if k != position))
                visit(term, factor * rest, bound)
        elif isinstance(node, Pow) and node.exp.is_Rational:
            visit(node.base, factor * node.exp * node.base ** (node.exp - 1), bound)
        elif isinstance(node, Apply):
            visit(node.argument, factor * Apply(node.name, node.order + 1, node.argument), bound)
        elif isinstance(node, Reduction) and node.kind == "sum":
            visit(node.body, factor, (*bound, (node.index, node.extent)))
        elif isinstance(node, Reduction) and node is item.body and node.kind != "argmax":
            guards, inside = split_guards(node.body)
            weight = share(item, inside)
            visit(inside, factor * weight * Mul(*guards), (*bound, (node.index, node.extent)))
        elif not isinstance(node, Bracket | Symbol) and not node.is_number:
            raise UnsupportedEquation(
                f"{item.tensor.name}: no derivative rule for {type(node).__name__}; "
                "a logsumexp or max must be the whole right-hand side of a definition of its own"
            )

    visit(item.body, Integer(1), ())
    return found


def share(item: Definition, inside: Expr) -> Expr:
    """d reduction / d term, for a definition whose right-hand side is a logsumexp or a max of ``inside``.

    d log Sum_k exp(a_k) = Sum_k exp(a_k - log Sum exp) d a_k, and d Max_k a_k = Sum_k [k = arg] d a_k with arg the
    first index at which the maximum is attained: the tensor that :func:`position` defines.
    """
    if item.body.kind == "logsumexp":
        return Apply("exp", 0, inside - item.element)
    return Same(item.body.index, position(item).element)


def position(item: Definition) -> Definition:
    """arg t[i] = ArgMax_k a_k for a definition t[i] = Max_k a_k."""
    body = item.body
    tensor = Tensor(item.tensor.name.choice, item.tensor.shape)
    return Definition(tensor, item.indices, Reduction("argmax", body.index, body.extent, body.body))


def gradient(definitions: Sequence[Definition], wrt: Iterable[Tensor]) -> Gradient:
    """The derivative of the last definition, a scalar, with respect to each tensor of ``wrt``.

    A tensor that the functional does not depend on has no entry in the result.  Raises
    :class:`UnsupportedEquation` where there is no rule.
    """
    functional = definitions[-1]
    if functional.indices:
        raise ValueError("the last definition must be a scalar")
    targets = {tensor.name: tensor for tensor in wrt}
    defined: dict[Name, Tensor] = {}  # the definitions that depend on a target
    for item in definitions:
        if any(entry.name in targets or entry.name in defined for entry in elements(item.body)):
            defined[item.tensor.name] = item.tensor
    pending: dict[Name, list[tuple[tuple[Index, ...], Expr]]] = {}
    intermediates: list[Definition] = []
    positions: list[Definition] = []

    for item in reversed(definitions):
        own = item.tensor.name
        if item is functional:
            weight: Expr = Integer(1)
        elif own in pending:
            adjoint = collect(Tensor(own.adjoint, item.tensor.shape), pending.pop(own))
            weight = adjoint.element.xreplace(dict(zip(adjoint.indices, item.indices, strict=True)))
            if isinstance(adjoint.body, Element):  # bar f = s: no new name for an old thing
                weight = adjoint.body.xreplace(dict(zip(adjoint.indices, item.indices, strict=True)))
            else:
                intermediates.append(adjoint)
        else:
            continue
        if isinstance(item.body, Reduction) and item.body.kind == "max":
            positions.append(position(item))
        for place in occurrences(item):
            name = place.entry.name
            tensor = defined.get(name) or targets.get(name)
            if tensor is not None:
                solved = invert(place.entry, tensor.shape, item.ranges, place.bound, weight * place.factor)
                pending.setdefault(name, []).append(solved)
    results = {
        tensor: collect(Tensor(name.adjoint, tensor.shape), pending[name])
        for name, tensor in targets.items()
        if name in pending
    }
    return Gradient((*positions, *intermediates), results)


def collect(tensor: Tensor, parts: Sequence[tuple[tuple[Index, ...], Expr]]) -> Definition:
    """Add up contributions, each with index names of its own, under the first one's names."""
    indices = parts[0][0]
    terms = [_relabel(expression, dict(zip(own, indices, strict=True)), set(indices)) for own, expression in parts]
    return Definition(tensor, indices, Add(*terms))


def _relabel(expression: Expr, table: dict[Index, Index], taken: set[Index]) -> Expr:
    """Rename free indices; a bound index that stands in the way is given a fresh name first."""
    if all(old == new for old, new in table.items()):
        return expression
    table = {old: new for old, new in table.items() if old != new}
    clash = (taken | set(table.values())) - set(table)
    full: dict[Index, Index] = {}
    used = all_indices(expression) | taken | set(table) | set(table.values())
    for bound in sorted({node.index for node in expression.atoms(Reduction)} & clash, key=str):
        full[bound] = fresh_index(used)
        used.add(full[bound])
    return expression.xreplace({**full, **table})

"""The variation of a scalar functional, in index notation and for symbolic sizes.

A functional is a list of definitions that ends in a scalar, e.g. one layer's term of the energy:

    z_v[i] = Sum_j W_v[i,j] x_u[j] + b_v[i];   f_v[i] = tanh(z_v[i]);   E_v = Sum_i s_v[i] (f_v[i] - x_v[i])

:func:`gradient` goes through them backwards.  A tensor entry r[e] that occurs in t[i] = body adds

    dE/dr[p]  +=  Sum over i and the bound indices of  dE/dt[i] * (d body / d occurrence) * delta(p, e)

and the delta is solved for as many indices as it determines, which turns a scatter into a gather.
The derivative of the functional with respect to an intermediate t is written ``bar t``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Pow

from symbolic.errors import UnsupportedEquation
from symbolic.expressions import (
    Apply,
    Definition,
    Element,
    Index,
    Reduction,
    Tensor,
    all_indices,
    elements,
    fresh_index,
    total,
)


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
        elif isinstance(node, Reduction) and node is item.body:
            # d log Sum_k exp(a_k) = Sum_k exp(a_k - log Sum exp) d a_k; the reduction has a name: use it.
            weight = Apply("exp", 0, node.body - item.element)
            visit(node.body, factor * weight, (*bound, (node.index, node.extent)))
        elif not node.is_number:
            raise UnsupportedEquation(
                f"{item.tensor.kind}_{item.tensor.owner}: no derivative rule for {type(node).__name__}; "
                "a logsumexp must be the whole right-hand side of a definition of its own"
            )

    visit(item.body, Integer(1), ())
    return found


def gradient(definitions: Sequence[Definition], wrt: Iterable[Tensor]) -> Gradient:
    """The derivative of the last definition, a scalar, with respect to each tensor of ``wrt``.

    A tensor that the functional does not depend on has no entry in the result.  Raises
    :class:`UnsupportedEquation` where an entry is indexed by anything but distinct plain indices.
    """
    functional = definitions[-1]
    if functional.indices:
        raise ValueError("the last definition must be a scalar")
    defined = {(item.tensor.kind, item.tensor.owner): item.tensor for item in definitions}
    targets = {(tensor.kind, tensor.owner): tensor for tensor in wrt}
    pending: dict[tuple[str, str], list[tuple[tuple[Index, ...], Expr]]] = {}
    intermediates: list[Definition] = []

    for item in reversed(definitions):
        key = (item.tensor.kind, item.tensor.owner)
        if item is functional:
            weight: Expr = Integer(1)
        elif key in pending:
            adjoint = collect(Tensor(f"bar {key[0]}", key[1], item.tensor.shape), pending.pop(key))
            weight = adjoint.element.xreplace(dict(zip(adjoint.indices, item.indices, strict=True)))
            if isinstance(adjoint.body, Element):  # bar f = s: no new name for an old thing
                weight = adjoint.body.xreplace(dict(zip(adjoint.indices, item.indices, strict=True)))
            else:
                intermediates.append(adjoint)
        else:
            continue
        for place in occurrences(item):
            name = (place.entry.kind, place.entry.owner)
            if name in defined or name in targets:
                pending.setdefault(name, []).append(_pull_back(item, place, weight))
    results = {
        tensor: collect(Tensor(f"bar {key[0]}", key[1], tensor.shape), pending[key])
        for key, tensor in targets.items()
        if key in pending
    }
    return Gradient(tuple(intermediates), results)


def _pull_back(item: Definition, place: Occurrence, weight: Expr) -> tuple[tuple[Index, ...], Expr]:
    """Solve delta(p, e) for the entry's own indices and sum over those that are left."""
    target = plain_indices(place.entry)
    expression = weight * place.factor
    for index, extent in reversed([*item.ranges.items(), *place.bound]):
        if index not in target:
            expression = total(index, extent, expression)
    return target, expression


def plain_indices(entry: Element) -> tuple[Index, ...]:
    """The indices of an entry if they are distinct and plain, which is what the delta can be solved for."""
    if any(not isinstance(index, Index) for index in entry.indices) or len(set(entry.indices)) < len(entry.indices):
        raise UnsupportedEquation(
            f"{entry.kind}_{entry.owner}: only distinct plain indices can be inverted, not {list(entry.indices)}"
        )
    return entry.indices


def collect(tensor: Tensor, parts: Sequence[tuple[tuple[Index, ...], Expr]]) -> Definition:
    """Add up contributions, each with index names of its own, under the first one's names."""
    indices = parts[0][0]
    terms = [_relabel(expression, dict(zip(own, indices, strict=True)), set(indices)) for own, expression in parts]
    return Definition(tensor, indices, Add(*terms))


def _relabel(expression: Expr, table: dict[Index, Index], taken: set[Index]) -> Expr:
    """Rename free indices; a bound index that stands in the way is given a fresh name first."""
    table = {old: new for old, new in table.items() if old != new}
    clash = (taken | set(table.values())) - set(table)
    full: dict[Index, Index] = {}
    used = all_indices(expression) | taken | set(table) | set(table.values())
    for bound in sorted({node.index for node in expression.atoms(Reduction)} & clash, key=str):
        full[bound] = fresh_index(used)
        used.add(full[bound])
    return expression.xreplace({**full, **table})


def jacobian(definitions: Sequence[Definition], wrt: Tensor, target: tuple[Index, ...]) -> Expr:
    """d(last definition)[its indices] / d wrt[target], with Kronecker deltas where an entry is copied.

    ``target`` must not use an index of the definitions.  Used to show the Jacobian of the inference flow;
    the sensitivities come from :func:`gradient`.
    """
    rows: dict[tuple[str, str], tuple[Definition, Expr]] = {}
    row: Expr = Integer(0)
    for item in definitions:
        row = Integer(0)
        for place in occurrences(item):
            name = (place.entry.kind, place.entry.owner)
            if name == (wrt.kind, wrt.owner):
                inner: Expr = Mul(*(KroneckerDelta(p, e) for p, e in zip(target, place.entry.indices, strict=True)))
            elif name in rows:
                source, inner = rows[name]
                inner = _relabel(inner, dict(zip(source.indices, place.entry.indices, strict=True)), set(target))
            else:
                continue
            row += contract(place.factor * inner, place.bound)
        rows[(item.tensor.kind, item.tensor.owner)] = (item, row)
    return row


def contract(expression: Expr, bound: Sequence[tuple[Index, Expr]]) -> Expr:
    """Sum over the bound indices; a Kronecker delta in one of them is used up instead."""
    for index, extent in reversed(bound):
        deltas = [node for node in Mul.make_args(expression) if isinstance(node, KroneckerDelta) and node.has(index)]
        if deltas:
            other = next(argument for argument in deltas[0].args if argument != index)
            expression = Mul(*(node for node in Mul.make_args(expression) if node != deltas[0])).xreplace(
                {index: other}
            )
        else:
            expression = total(index, extent, expression)
    return expression


def reads(expression: Expr, kind: str) -> set[str]:
    """Owners of the tensors of one kind that an expression reads."""
    return {entry.owner for entry in elements(expression) if entry.kind == kind}

"""Derivatives and rates: the quantities that dE/dx_v[i], dC/dW_v[i, j], dz_w[k]/dz_v[j] and dx_v[i]/dt stand for."""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.intake.kinds import adjoint, is_adjoint
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.statements.semantics import quantities
from dyadic.proofs.statements.semantics.vocabulary import FREE, LET, Vocabulary, text_name


def derivative(of: str, entry: Any, position: int, vocabulary: Vocabulary) -> Any:
    """The entry for dE/d(entry), dC/d(entry), which at the solution is total, or that of an energy of one's own."""
    total = vocabulary.solution
    if entry[0] in ("transposed", "part", "subscript"):
        return [entry[0], derivative(of, entry[1], position, vocabulary), *entry[2:]]
    form, kind, owner, indices = entry
    if of not in ("E", "C"):
        if not vocabulary.is_variable(kind, owner):
            raise Unreadable(
                position, f"d{of}/d... is taken with respect to x, s, a parameter or a variable of its own"
            )
        return [form, quantities.by_energy(of, kind), owner, indices]
    if of == "C":
        if not total and kind != "x":
            hint = 'the total derivative is meant where the claim has at = "solution"'
            raise Unreadable(position, f"dC/d... is the cost's own partial derivative, with respect to an x; {hint}")
        if kind in (LET, FREE, "E", "C", "y", "s") or quantities.quantity(kind).sense is not quantities.Sense.TENSOR:
            raise Unreadable(position, "dC/d... is taken with respect to x, a parameter or an intermediate quantity")
        return [form, quantities.by_cost(kind), owner, indices]
    if kind in (LET, FREE, "E", "y") or is_adjoint(kind):
        raise Unreadable(position, "dE/d... is taken with respect to x, s, a parameter or an intermediate quantity")
    return [form, adjoint(kind), owner, indices]


def slope(above: Any, below: Any, position: int, vocabulary: Vocabulary) -> Any:
    """The entry that stands for the derivative of one quantity by another; of whole tensors the whole of them."""
    if not vocabulary.solution:
        problem = 'the derivative of a quantity by another one is meant where the claim has at = "solution"'
        raise Unreadable(position, problem)
    if not {above[0], below[0]} <= {"entry", "whole"}:
        raise Unreadable(
            position, "a derivative with a part, or with what is transposed, is not read: write all indices"
        )
    upper, lower = (above[1], above[2]), (below[1], below[2])
    if not vocabulary.computed(*upper):
        raise Unreadable(
            position, f"{text_name(*upper)} is not computed in the forward pass: it has no such derivative"
        )
    if not (vocabulary.computed(*lower) or vocabulary.varied(*lower)):
        hint = "only by an activation, an intermediate quantity, an input or a parameter"
        raise Unreadable(position, f"nothing is differentiated by {text_name(*lower)}: {hint}")
    key = vocabulary.slope(upper, lower)
    if above[0] == below[0] == "entry":
        return ["entry", *key, [*above[3], *below[3]]]
    if any(entry[0] == "entry" and entry[3] for entry in (above, below)):
        raise Unreadable(position, "either both have indices, or neither")
    return ["whole", *key, position]


def rate(entry: Any, position: int) -> Any:
    """The entry that stands for d(entry)/dt under the saddle-point dynamics."""
    form, kind, owner, *indices = entry
    if form not in ("entry", "whole") or kind not in ("x", "s"):
        raise Unreadable(position, "only x and s move in time")
    return [form, quantities.rate(kind), owner, *indices]

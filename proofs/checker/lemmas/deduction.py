"""A kernel for proofs in natural deduction, and the truth of a formula in a finite model.

A formula is a nested tuple: ("all", VARIABLE, A), ("->", A, B), ("not", A), or an atom ("<" | "<=" | "=", a, b).  A
term is a variable's name, an integer, ("+", a, b), or a function (NAME, a).  Functions are uninterpreted.  Order is
that of the integers.
A proof is one too: ("hyp", NAME); ("assume", NAME, A, p) proves A -> what p proves; ("apply", p, q) is modus ponens;
("any", VARIABLE, p) proves it for all values of a variable that no open assumption speaks of; ("at", p, TERM) puts a
term for a universal variable; ("linear", ATOM, p, ...) concludes an inequality whose negation, added to those that the
p prove, leaves a number below 0 above 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from dyadic.proofs.checker.trust import DEDUCTION, called

Formula = Any
Proof = Any


class Unproved(Exception):
    """A step that its rule does not allow."""


def proves(proof: Proof, hypotheses: Mapping[str, Formula]) -> Formula:
    """The formula that a proof proves from hypotheses.  Raises :class:`Unproved`."""
    called(DEDUCTION)
    match proof:
        case ("hyp", str(name)) if name in hypotheses:
            return hypotheses[name]
        case ("assume", str(name), formula, inner) if name not in hypotheses:
            return "->", formula, proves(inner, {**hypotheses, name: formula})
        case ("apply", one, two):
            match proves(one, hypotheses):
                case ("->", condition, conclusion) if condition == proves(two, hypotheses):
                    return conclusion
        case ("any", str(variable), inner) if not any(variable in free(h) for h in hypotheses.values()):
            return "all", variable, proves(inner, hypotheses)
        case ("at", inner, term):
            match proves(inner, hypotheses):
                case ("all", variable, formula):
                    return substituted(formula, variable, term)
        case ("linear", ("<" | "<=", _, _) as atom, *inner):
            facts = [_not_negative(proves(one, hypotheses)) for one in inner]
            total = _sum([*facts, _not_negative(_opposite(atom))])
            if set(total) <= {()} and total.get((), 0) < 0:
                return atom
    raise Unproved(f"the rule of {proof!r:.60} does not apply")


def free(node: Any) -> set[str]:
    """The variables that are free in a formula or term."""
    match node:
        case str(name):
            return {name}
        case ("all", str(variable), formula):
            return free(formula) - {variable}
        case (_, *children):
            return set(chain.from_iterable(map(free, children)))
    return set()


def substituted(node: Any, variable: str, term: Any) -> Any:
    """A formula or term with a term for a free variable.  Raises :class:`Unproved` where it would be captured."""
    match node:
        case str(name):
            return term if name == variable else name
        case ("all", str(bound), formula):
            if bound == variable or variable not in free(formula):
                return node
            if bound in free(term):
                raise Unproved(f"{bound} would be captured")
            return "all", bound, substituted(formula, variable, term)
        case (head, *children):
            return head, *(substituted(child, variable, term) for child in children)
    return node


def _opposite(atom: Any) -> Any:
    head, one, two = atom
    return "<=" if head == "<" else "<", two, one


def _not_negative(atom: Any) -> dict[Any, int]:
    """Coefficients of what an inequality of integers says is not below 0; () is the constant's place."""
    match atom:
        case ("<=", one, two):
            return _sum([_linear(two), _linear(one, -1)])
        case ("<", one, two):
            return _sum([_linear(two), _linear(one, -1), {(): -1}])
    raise Unproved(f"{atom!r:.60} is no inequality")


def _linear(term: Any, factor: int = 1) -> dict[Any, int]:
    match term:
        case int():
            return {(): factor * term}
        case ("+", one, two):
            return _sum([_linear(one, factor), _linear(two, factor)])
    return {term: factor}


def _sum(parts: Sequence[Mapping[Any, int]]) -> dict[Any, int]:
    total: dict[Any, int] = {}
    for part in parts:
        for key, value in part.items():
            total[key] = total.get(key, 0) + value
    return {key: value for key, value in total.items() if value}


def holds(formula: Formula, model: Mapping[str, Any], domain: Sequence[Any]) -> bool:
    """The truth of a formula where quantifiers run over ``domain``; ``model`` has the functions as mappings."""
    match formula:
        case ("all", variable, inner):
            return all(holds(inner, {**model, variable: value}, domain) for value in domain)
        case ("->", one, two):
            return not holds(one, model, domain) or holds(two, model, domain)
        case ("not", inner):
            return not holds(inner, model, domain)
        case (head, one, two):
            a, b = _value(one, model), _value(two, model)
            return bool(a == b if head == "=" else a < b if head == "<" else a <= b)
    raise TypeError(f"{formula!r:.60} is no formula")


def _value(term: Any, model: Mapping[str, Any]) -> Any:
    match term:
        case int():
            return term
        case ("+", one, two):
            return _value(one, model) + _value(two, model)
        case (function, argument):
            return model[function][_value(argument, model)]
    return model[term]

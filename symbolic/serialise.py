"""Expressions as JSON: nested lists, meant to be read back by code that shares nothing with this project.

number               3, or ["rational", 1, 2], or ["pi"]
size, index          ["size", "n"], ["index", "i"]
tensor entry         ["entry", kind, owner, [index, ...]], kind: a letter, behind "bar " or "arg "
sum, product, power  ["+", a, b, ...], ["*", a, b, ...], ["^", base, exponent]
function             ["apply", name, order of the derivative, argument]
reduction            ["sum", "logsumexp", "max" or "argmax", index name, extent, body]
integer division     ["quotient", e, d], rounded down; ["remainder", e, d]
brackets             ["inside", e, n] = [0 <= e < n];  ["divides", d, e];  ["same", a, b]:  1 or 0
the variable z       ["z"]   (formulas of scalar functions only)
cases                ["piecewise", [">", a, b], value, ["<=", c, d], value, ..., otherwise]  (likewise)
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sympy import Add, Expr, Integer, Mul, Piecewise, Pow, Rational, Symbol, pi
from sympy.core.relational import Relational

from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import (
    Apply,
    Definition,
    Divides,
    Element,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
)
from dyadic.symbolic.functions import FUNCTIONS, Z, by_cases, closed_form
from dyadic.symbolic.tensor_names import Name

Json = Any


def to_json(expression: Expr) -> Json:
    """One expression as nested lists; the order of terms is SymPy's canonical one."""
    match expression:
        case Integer():
            return int(expression)
        case Rational():
            return ["rational", int(expression.p), int(expression.q)]
        case Element():
            return ["entry", *tensor_key(expression.name), [to_json(index) for index in expression.indices]]
        case Apply():
            return ["apply", expression.name, expression.order, to_json(expression.argument)]
        case Reduction():
            return [expression.kind, expression.index.name, to_json(expression.extent), to_json(expression.body)]
        case Quotient() | Remainder() | Inside() | Divides() | Same():
            return [type(expression).__name__.lower(), *map(to_json, expression.args)]
        case Index():
            return ["index", expression.name]
        case Symbol():
            return ["z"] if expression == Z else ["size", expression.name]
        case Add():
            return ["+", *map(to_json, expression.args)]
        case Mul():
            return ["*", *map(to_json, expression.args)]
        case Pow():
            return ["^", to_json(expression.base), to_json(expression.exp)]
        case Piecewise():
            *cases, (otherwise, _) = expression.args
            parts = [part for value, condition in cases for part in (_condition(condition), to_json(value))]
            return ["piecewise", *parts, to_json(otherwise)]
    if expression == pi:
        return ["pi"]
    if not expression.is_finite and expression.is_number:
        raise UnsupportedEquation("an equation divides by 0 at these sizes")
    raise UnsupportedEquation(f"no JSON form for {type(expression).__name__}: {expression}")


def tensor_key(name: Name) -> tuple[str, str]:
    """Kind and owner of a tensor, as a certificate writes them: ("bar z", "v")."""
    return name.kind, str(name.owner)


def _condition(condition: Relational) -> Json:
    return [condition.rel_op, to_json(condition.lhs), to_json(condition.rhs)]


def function_to_json(name: str) -> Json:
    """A scalar function: its definition, its value and derivative as emitted and typeset, and what they assume.

    kinks: points where it is not differentiable, with the value that the derivative is given there.  domain: the open
    interval on which it is differentiable; null for no bound.
    """
    function = FUNCTIONS[name]
    return {
        "definition": to_json(by_cases(name)),
        "value": to_json(closed_form(name, 0)),
        "derivative": to_json(closed_form(name, 1)),
        "kinks": [[to_json(point), to_json(taken)] for point, taken in function.kinks],
        "domain": [None if bound is None else to_json(bound) for bound in function.domain],
    }


def definition_to_json(item: Definition) -> Json:
    """A definition with the shape of the tensor it defines."""
    kind, owner = tensor_key(item.tensor.name)
    return {
        "kind": kind,
        "owner": owner,
        "shape": [to_json(extent) for extent in item.tensor.shape],
        "indices": [index.name for index in item.indices],
        "body": to_json(item.body),
    }


def digest(content: Json) -> str:
    """SHA-256 of the canonical JSON text (sorted keys, no spaces, ASCII)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()

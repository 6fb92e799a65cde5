"""The value of a derived equation at a point, in the sense in which a typeset formula is read (formula_reading)."""

from __future__ import annotations

from fractions import Fraction

from support.formula_reading import PRIME, drawn, inverse, power, reduction
from sympy import Add, Integer, Mul, Piecewise, Pow, Rational, Symbol, pi

from dyadic.symbolic.expressions import (
    Apply,
    Divides,
    Element,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
)
from dyadic.symbolic.printing import COST_OWNERS
from dyadic.symbolic.tensor_names import NameRole, Placeholder

ACCENTS = {NameRole.PLAIN: "", NameRole.ADJOINT: "bar", NameRole.CHOICE: "hat"}
RELATIONS = {"<": "<", ">": ">", "<=": "≤", ">=": "≥"}


def head_of(name, document, kind):
    """How a tensor is named on paper: accent, letter, superscripts."""
    accent = ACCENTS[name.role]
    owner = name.owner.letter if isinstance(name.owner, Placeholder) else str(name.owner)
    said = document.aliases.get(owner, document.notation.plain(owner))
    if name.letter == "x" and name.owner in document.named:
        return accent, said, ()
    glyph = document.notation.glyph(name.letter, "" if isinstance(name.owner, Placeholder) else owner, kind)
    own = () if name.owner in COST_OWNERS else (said,)
    return accent, glyph.base, ((glyph.upper,) if glyph.upper else ()) + own


def value_of(node, scope, name):
    """The value of an expression; scope: of its indices.  name: what a tensor's name is on paper."""

    def value(part):
        return value_of(part, scope, name)

    match node:
        case Element():
            return drawn("entry", name(node.name), *map(value, node.indices))
        case Apply():
            return applied(node.name, node.order, value(node.argument))
        case Quotient():
            return drawn("floor", *map(value, node.args))
        case Remainder():
            return drawn("mod", *map(value, node.args))
        case Inside():
            return drawn("bracket", ("≤", "<"), 0, *map(value, node.args))
        case Divides():
            return drawn("bracket", ("∣",), *map(value, node.args))
        case Same():
            return drawn("bracket", ("=",), *map(value, node.args))
        case Piecewise():
            *cases, (otherwise, _) = node.args
            found = value(otherwise)
            for one, condition in cases:
                found += value(one) * drawn("case", RELATIONS[condition.rel_op], *map(value, condition.args))
            return found % PRIME
        case Reduction():
            return reduction(
                node.kind, value(node.extent), lambda k: value_of(node.body, {**scope, node.index: k}, name)
            )
        case Integer():
            return int(node) % PRIME
        case Rational():
            return int(node.p) * inverse(int(node.q)) % PRIME
        case Symbol():
            return scope[node]
        case Add():
            return sum(map(value, node.args)) % PRIME
        case Mul():
            found = 1
            for part in node.args:
                found = found * value(part) % PRIME
            return found
        case Pow():
            if node.exp == Rational(1, 2):
                return drawn("root", value(node.base))
            if node.exp.is_negative:
                return inverse(value(1 / node))
            return power(value(node.base), Fraction(int(node.exp.p), int(node.exp.q)))
    if node == pi:
        return drawn("pi")
    raise TypeError(type(node))


SLOPES = {
    "log": inverse,
    "sqrt": lambda z: inverse(2 * drawn("root", z)),
    "rsqrt": lambda z: -inverse(2 * power(z, Fraction(3, 2))) % PRIME,
    "sin": lambda z: drawn("function", "cos", 0, z),
    "cos": lambda z: -drawn("function", "sin", 0, z) % PRIME,
}
"""Derivatives that are written as what they are."""


def applied(name, order, argument):
    """Functions that have a notation of their own: roots, and an exponential that is its derivative."""
    if (name, order) == ("sqrt", 0):
        return drawn("root", argument)
    if (name, order) == ("rsqrt", 0):
        return inverse(drawn("root", argument))
    if order == 1 and name in SLOPES:
        return SLOPES[name](argument)
    return drawn("function", name, 0 if name == "exp" else order, argument)

"""Formulas of one variable as rational functions of generators, with a derivation: a differential field.

It has one real variable z on an interval, given by a point of it, or at a point.  The rules are written here, apart
from the table of the deriver: what sigmoid or sinh is in terms of exp, how each elementary function is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy
from sympy import Expr, Piecewise, Rational, Symbol, sqrt

from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Apply
from dyadic.symbolic.functions import Z

PI = Symbol("pi")
KINKS = {"relu": (0,), "step": (0,), "abs": (0,), "sign": (0,), "hard_sigmoid": (-3, 3)}
"""The arguments at which a function changes its case."""


def turns(expression: Expr) -> Iterator[Rational]:
    """The points at which a case of the expression changes; refuses what does not change at rational points."""
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, Apply) and node.name in KINKS:
            for level in KINKS[node.name]:
                yield from _crossing(node.argument - level)
        if isinstance(node, Piecewise):
            for _, condition in node.args[:-1]:
                yield from _crossing(condition.lhs - condition.rhs)


def _crossing(difference: Expr) -> Iterator[Rational]:
    """Where a z + b is 0."""
    difference = sympy.expand(difference)
    if not difference.has(Z):
        return
    slope, offset = difference.coeff(Z, 1), difference.subs(Z, 0)
    if not slope.is_Rational or not offset.is_Rational or slope * Z + offset != difference:
        raise UnsupportedEquation(f"the cases of {difference} > 0 are not those of a z + b > 0")
    yield -offset / slope


class DifferentialField:
    """``sample``: a point of the interval, by which cases are decided.  ``at``: what z is; z itself, or a number."""

    def __init__(self, sample: Rational, at: Expr = Z) -> None:
        self.sample, self.at = sample, at
        self.rules: dict[Symbol, Expr] = {Z: sympy.Integer(1), PI: sympy.Integer(0)}
        self.squares: list[tuple[Symbol, Expr]] = []
        self._known: list[tuple[str, Expr, Symbol]] = []

    # -- reading -------------------------------------------------------------------------------------------------

    def read(self, formula: Expr, sample: Rational | None = None) -> Expr:
        """A formula over the generators; ``sample`` decides its cases instead of the field's own."""
        self.deciding = self.sample if sample is None else sample
        return self._read(formula)

    def _read(self, formula: Expr) -> Expr:
        if formula == Z:
            return self.at
        if formula.is_Rational:
            return formula
        if formula == sympy.pi:
            return PI
        if isinstance(formula, sympy.Add | sympy.Mul):
            return formula.func(*map(self._read, formula.args))
        if isinstance(formula, sympy.Pow) and formula.exp.is_Rational and formula.exp.q <= 2:
            base = self._read(formula.base)
            return (base if formula.exp.is_Integer else self.call("sqrt", base)) ** formula.exp.p
        if isinstance(formula, Piecewise):
            chosen = next(v for v, c in formula.args if c == True or c.subs(Z, self.deciding) == True)  # noqa: E712
            return self._read(chosen)
        if isinstance(formula, Apply) and formula.order == 0 and formula.name in KINKS:
            return self._by_case(formula.name, formula.argument)
        if isinstance(formula, Apply) and formula.order == 0:
            return self.call(formula.name, self._read(formula.argument))
        if isinstance(formula, sympy.Function):
            name = type(formula).__name__
            return self.call({"nearest": "round"}.get(name, name), self._read(formula.args[0]))
        raise UnsupportedEquation(f"no rule for {formula}")

    def _by_case(self, name: str, argument: Expr) -> Expr:
        """A function by cases, by the value of its argument at the deciding point."""
        value = argument.subs(Z, self.deciding)
        if not value.is_Rational:
            raise UnsupportedEquation(f"the case of {name}({argument}) is not decided")
        u = self._read(argument)
        match name:
            case "relu":
                return u if value > 0 else sympy.Integer(0)
            case "step":
                return sympy.Integer(bool(value > 0))
            case "abs":
                return u if value > 0 else -u
            case "sign":
                return sympy.sign(value)
        return sympy.Integer(bool(value >= 3)) if abs(value) >= 3 else u / 6 + Rational(1, 2)  # hard_sigmoid

    def call(self, name: str, u: Expr) -> Expr:
        """A function of a field element."""
        u = self._reduced(u)
        if name in MEANINGS:
            return MEANINGS[name](self, u)
        if not u.free_symbols and (found := _of_number(name, u)) is not None:
            return found
        if name == "exp" and (power := self._power(u)) is not None:
            return power
        for known, argument, generator in self._known:
            if known == name and sympy.cancel(u - argument) == 0:
                return generator
            if known == name == "log" and sympy.cancel(u * argument) == 1:
                return -generator
        return self._generator(name, u)

    def _power(self, u: Expr) -> Expr | None:
        """exp(u) for a whole multiple of a known exponent or logarithm."""
        for known, argument, generator in self._known:
            if known in ("exp", "log"):
                whole = sympy.cancel(u / (argument if known == "exp" else generator))
                if whole.is_Integer:
                    return (generator if known == "exp" else argument) ** whole
        return None

    def _generator(self, name: str, u: Expr) -> Symbol:
        """A generator of its own for name(u), with its rule."""
        if name not in RULES:
            raise UnsupportedEquation(f"no rule for {name}({u})")
        value = Symbol(f"{name}{len(self._known)}")
        self._known.append((name, u, value))
        if name == "sqrt":
            if not u.is_polynomial():
                raise UnsupportedEquation(f"no rule for the root of {u}")
            self.squares.append((value, u))
        self.rules[value] = self.derivation(u) * RULES[name](self, u, value)
        return value

    # -- deriving and comparing ----------------------------------------------------------------------------------

    def derivation(self, value: Expr) -> Expr:
        """The derivation of the field."""
        if value in self.rules:
            return self.rules[value]
        if not value.free_symbols & set(self.rules):
            return sympy.Integer(0)
        if isinstance(value, sympy.Add):
            return sympy.Add(*map(self.derivation, value.args))
        if isinstance(value, sympy.Mul):
            first, rest = value.args[0], sympy.Mul(*value.args[1:])
            return self.derivation(first) * rest + first * self.derivation(rest)
        if isinstance(value, sympy.Pow) and value.exp.is_Integer:
            return value.exp * value.base ** (value.exp - 1) * self.derivation(value.base)
        raise UnsupportedEquation(f"no derivation of {value}")

    def same(self, one: Expr, two: Expr) -> bool:
        """Whether the numerator of the difference is zero."""
        numerator = self._remainder(sympy.fraction(sympy.together(one - two))[0])
        generators = sorted(numerator.free_symbols | {Z}, key=str)
        return bool(sympy.Poly(numerator, *generators, domain="QQ").is_zero)

    def _reduced(self, u: Expr) -> Expr:
        """The same element, one form for many."""
        if not u.free_symbols:
            return u
        above, below = map(self._remainder, sympy.fraction(sympy.together(u)))
        return sympy.cancel(above / below)

    def _remainder(self, polynomial: Expr) -> Expr:
        """The polynomial without squares of square roots."""
        for root, square in reversed(self.squares):
            if polynomial.has(root):
                polynomial = sympy.rem(polynomial, root**2 - square, root)
        return polynomial


def _of_number(name: str, u: Expr) -> Expr | None:
    """The value at a number, where it is a rational number."""
    values = {"exp": sympy.exp, "log": sympy.log, "sqrt": sqrt, "erf": sympy.erf, "sin": sympy.sin, "cos": sympy.cos,
              "asin": sympy.asin, "atan": sympy.atan, "floor": sympy.floor}  # fmt: skip
    found = values[name](u) if name in values and u.is_Rational else None
    return found if found is not None and found.is_Rational else None


def _ratio(field: DifferentialField, u: Expr) -> Expr:
    """exp(2 u), of which tanh(u) is (e - 1) / (e + 1)."""
    return field.call("exp", 2 * u)


Meaning = Callable[[DifferentialField, Expr], Expr]
MEANINGS: dict[str, Meaning] = {
    "expm1": lambda field, u: field.call("exp", u) - 1,
    "log1p": lambda field, u: field.call("log", 1 + u),
    "rsqrt": lambda field, u: 1 / field.call("sqrt", u),
    "tan": lambda field, u: field.call("sin", u) / field.call("cos", u),
    "sinh": lambda field, u: (field.call("exp", u) - field.call("exp", -u)) / 2,
    "cosh": lambda field, u: (field.call("exp", u) + field.call("exp", -u)) / 2,
    "tanh": lambda field, u: (_ratio(field, u) - 1) / (_ratio(field, u) + 1),
    "asinh": lambda field, u: field.call("log", u + field.call("sqrt", u**2 + 1)),
    "acosh": lambda field, u: field.call("log", u + field.call("sqrt", u - 1) * field.call("sqrt", u + 1)),
    "atanh": lambda field, u: (field.call("log", 1 + u) - field.call("log", 1 - u)) / 2,
    "sigmoid": lambda field, u: field.call("exp", u) / (1 + field.call("exp", u)),
    "softplus": lambda field, u: field.call("log", 1 + field.call("exp", u)),
}
"""Functions as formulas in those that have a rule."""


def _arc(field: DifferentialField, u: Expr) -> Expr:
    return 1 / field.call("sqrt", 1 - u**2)


RULES: dict[str, Callable[[DifferentialField, Expr, Symbol], Expr]] = {
    "exp": lambda field, u, value: value,
    "log": lambda field, u, value: 1 / u,
    "sqrt": lambda field, u, value: 1 / (2 * value),
    "erf": lambda field, u, value: 2 / field.call("sqrt", PI) * field.call("exp", -(u**2)),
    "sin": lambda field, u, value: field.call("cos", u),
    "cos": lambda field, u, value: -field.call("sin", u),
    "asin": lambda field, u, value: _arc(field, u),
    "acos": lambda field, u, value: -_arc(field, u),
    "atan": lambda field, u, value: 1 / (1 + u**2),
    "floor": lambda field, u, value: sympy.Integer(0),
    "round": lambda field, u, value: sympy.Integer(0),
    "stop_gradient": lambda field, u, value: sympy.Integer(0),
}
"""The derivative of each elementary function, as a factor of its argument's."""

"""The three constructions of the variational principle, replayed from a certificate's data.

Nothing is differentiated by a library.  An expression is a polynomial over *atoms*: functions of time and their rates,
plain symbols, and an unknown function (E or C), or one of its partial derivatives, at arguments that are polynomials
themselves.  Evaluating a functional with a slope (value + slope * epsilon) at shifted functions of time gives its first
variation by the chain rule; integration by parts then takes the rates off the test functions.  Equality is equality of
polynomials, so what holds here holds for every differentiable E and C.

Expressions are nested lists: an integer, ["rational", p, q], ["symbol", NAME], ["path", NAME] (a function of time),
["rate", NAME] (its derivative), ["+", ...], ["*", ...] and ["function", NAME, ORDERS, ARGUMENTS], where ORDERS says how
often the function is differentiated by each of its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.intake.reading import Rejected, need, shown
from dyadic.proofs.checker.lemmas.free_polynomials import FreePolynomial, add, atom, frozen, multiply, number, scaled

DEEPEST, MOST_NODES, MOST_TERMS, LARGEST = 20, 2_000, 1_000, 2**64
ARGUMENTS = {"E": 2, "C": 1}
"""The unknown functions, with the number of their arguments."""

Dual = tuple[FreePolynomial, FreePolynomial]
Leaf = Callable[[str, str], Dual]
"""What ("symbol", NAME), ("path", NAME) and ("rate", NAME) stand for."""

_X, _S = ["symbol", "x"], ["symbol", "s"]
_MINUS, _HALF = -1, ["rational", 1, 2]


def _energy(x: Any, s: Any, by_x: int = 0, by_s: int = 0) -> Any:
    return ["function", "E", [by_x, by_s], [x, s]]


def _shifted(plus: Any, minus: Any, sign: int) -> Any:
    return ["+", plus, ["*", ["rational", sign, 2], minus]]


FUNCTIONALS: dict[str, Any] = {
    "A": ["+", ["*", ["path", "s"], ["rate", "x"]], ["*", _MINUS, _energy(["path", "x"], ["path", "s"])]],
    "B": [
        "+",
        _energy(_shifted(["path", "x_p"], ["path", "x_m"], 1), _shifted(["path", "s_p"], ["path", "s_m"], 1)),
        ["*", _MINUS, _energy(_shifted(["path", "x_p"], ["path", "x_m"], -1),
                              _shifted(["path", "s_p"], ["path", "s_m"], -1))],
        ["*", _MINUS, ["path", "x_m"], ["rate", "s_p"]],
        ["*", _MINUS, ["path", "s_m"], ["rate", "x_p"]],
    ],
    "C": [
        "+",
        ["*", _S, ["+", ["symbol", "f"], ["*", _MINUS, _X]]],
        ["function", "C", [0], [_shifted(_X, _S, 1)]],
        ["*", _MINUS, ["function", "C", [0], [_shifted(_X, _S, -1)]]],
    ],
}  # fmt: skip
"""The functionals that the claims are about, as their sentences say."""
_MORE: dict[str, tuple[str, ...]] = {
    "A": ("functional",), "B": ("functional",), "C": ("functional", "x", "s", "cost", "leak"), "dyadic": (),
}  # fmt: skip
SIGNS = {"A": -1, "B": 1, "dyadic": 1}
"""ds/dt = SIGN * dE/dx; dx/dt is +dE/ds in all of them."""


def check_variational(data: Any, where: str) -> str:
    """Verify one construction and return a sentence on what was verified.

    data: ``construction`` ("A", "B", "C" or "dyadic"), ``functional`` (not for "dyadic"), ``rate_x`` and ``rate_s``,
    the right-hand sides of dx/dt and ds/dt in the symbols x, s and f; for "C" also the numbers ``x``, ``s`` and the
    coefficients ``cost`` of a polynomial cost, lowest first, at which dx/dt - (f - x) has the value ``leak``.
    Raises :class:`Rejected`, with the field at fault, if any of it does not hold.
    """
    name = need(data, "construction", str, where)
    if name not in ("A", "B", "C", "dyadic"):
        raise Rejected(f"{where}.construction", "is not A, B, C or dyadic")
    fields = {
        "construction",
        "rate_x",
        "rate_s",
        *({"functional"} if name in FUNCTIONALS else ()),
        *_MORE.get(name, ()),
    }
    if set(data) != fields:
        raise Rejected(where, f"does not have the entries {', '.join(sorted(fields))}")
    rates = [_plain(need(data, key, (int, list), where), f"{where}.{key}") for key in ("rate_x", "rate_s")]
    if name in FUNCTIONALS:
        place = f"{where}.functional"
        stated = _read(need(data, "functional", list, where), _free, place)[0]
        if stated != _value(FUNCTIONALS[name], _free, place)[0]:
            raise Rejected(place, f"is not that of construction {name}")
    if name == "C":
        return _leak(data, rates, where)
    for key, rate, wanted in zip(("rate_x", "rate_s"), rates, _gradient(SIGNS[name]), strict=True):
        if rate != wanted:
            raise Rejected(f"{where}.{key}", f"is not what construction {name} states")
    if name == "dyadic":
        return _compartments(where)
    return _stationary(name, where)


# -- polynomials over atoms ------------------------------------------------------------------------------------------


def _applied(function: str, orders: tuple[int, ...], arguments: list[Dual]) -> Dual:
    """F(arguments) with the slope that the chain rule gives."""
    keys = tuple(frozen(value) for value, _ in arguments)
    slopes = []
    for position, (_, slope) in enumerate(arguments):
        more = tuple(order + (place == position) for place, order in enumerate(orders))
        slopes.append(multiply(atom("function", function, more, keys), slope))
    return atom("function", function, orders, keys), add(*slopes)


# -- expressions -----------------------------------------------------------------------------------------------------


def _read(node: Any, leaf: Leaf, where: str) -> Dual:
    """An expression with its slope, once its size is known to be bounded."""
    stack, nodes = [(node, 0)], 0
    while stack:
        item, depth = stack.pop()
        nodes += 1
        if depth > DEEPEST or nodes > MOST_NODES:
            raise Rejected(where, "is nested too deeply or too long")
        if isinstance(item, list):
            stack += [(child, depth + 1) for child in item]
    return _value(node, leaf, where)


def _value(node: Any, leaf: Leaf, where: str) -> Dual:
    found: Dual | None = None
    match node:
        case int() | ["rational", *_]:
            found = number(_rational(node, where)), {}
        case ["symbol" | "path" | "rate" as kind, str(name)]:
            found = leaf(kind, name)
        case ["+", *children] if children:
            parts = [_value(child, leaf, where) for child in children]
            found = add(*(value for value, _ in parts)), add(*(slope for _, slope in parts))
        case ["*", *children] if children:
            found = number(1), {}
            for child in children:
                (value, slope), (more, its) = found, _value(child, leaf, where)
                if len(value) * len(more) > MOST_TERMS:
                    raise Rejected(where, "has too many terms")
                found = multiply(value, more), add(multiply(slope, more), multiply(value, its))
        case ["function", str(name), list(orders), list(arguments)] if ARGUMENTS.get(name) == len(arguments):
            if len(orders) == len(arguments) and all(type(order) is int and 0 <= order <= 2 for order in orders):
                found = _applied(name, tuple(orders), [_value(argument, leaf, where) for argument in arguments])
    if found is None:
        raise Rejected(where, f"{shown(node)} is not an expression")
    if len(found[0]) + len(found[1]) > MOST_TERMS:
        raise Rejected(where, "has too many terms")
    return found


def _free(kind: str, name: str) -> Dual:
    return atom(kind, name), {}


def _plain(node: Any, where: str) -> FreePolynomial:
    def leaf(kind: str, name: str) -> Dual:
        if kind != "symbol" or name not in ("x", "s", "f"):
            raise Rejected(where, f"{shown(name)} is not one of the symbols x, s and f")
        return atom("symbol", name), {}

    return _read(node, leaf, where)[0]


def _gradient(sign: int, x: Any = _X, s: Any = _S) -> tuple[FreePolynomial, FreePolynomial]:
    """(dE/ds, sign dE/dx) at two symbols or functions of time."""
    by_s, by_x = (_value(_energy(x, s, *orders), _free, "")[0] for orders in ((0, 1), (1, 0)))
    return by_s, scaled(by_x, sign)


# -- the constructions -----------------------------------------------------------------------------------------------


def _stationary(name: str, where: str) -> str:
    """The Euler-Lagrange equations are the rates, which the caller has compared with the gradient of E.

    A, by x: dL/dx - d/dt dL/dx' = ds/dt's right-hand side - s'; by s: x' - dx/dt's right-hand side.
    B is varied by the differences x_m and s_m, which are 0 afterwards: the physical limit.
    """
    x, s, varied = {"A": ("x", "s", ("x", "s")), "B": ("x_p", "s_p", ("x_m", "s_m"))}[name]

    def leaf(kind: str, path: str) -> Dual:
        value = {} if name == "B" and path in varied else atom(kind, path)
        return value, atom(f"test {kind}", path) if path in varied else {}

    variation = _value(FUNCTIONALS[name], leaf, where)[1]
    rate_x, rate_s = _gradient(SIGNS[name], ["path", x], ["path", s])
    lag_x, lag_s = (add(rate, scaled(atom("rate", n), -1)) for rate, n in ((rate_x, x), (rate_s, s)))
    wanted = (lag_s, scaled(lag_x, -1)) if name == "A" else (lag_s, lag_x)
    for path, equation in zip(varied, wanted, strict=True):
        if _euler_lagrange(variation, path, where) != equation:
            raise Rejected(where, f"the first variation of construction {name} by {path} is not the stated equation")
    return f"construction {name}: first variation, integration by parts and rates, for every differentiable E"


def _euler_lagrange(variation: FreePolynomial, path: str, where: str) -> FreePolynomial:
    """What stands beside the test function, minus the rate of what stands beside its rate."""
    beside, moved = _beside(variation, ("test path", path)), _beside(variation, ("test rate", path))
    rates = []
    for monomial, coefficient in moved.items():
        for position, one in enumerate(monomial):
            if one[0] != "path":
                raise Rejected(where, "integration by parts would need a second derivative")
            rest = monomial[:position] + monomial[position + 1 :]
            rates.append(multiply({rest: coefficient}, atom("rate", one[1])))
    return add(beside, scaled(add(*rates), -1))


def _beside(variation: FreePolynomial, test: tuple[str, str]) -> FreePolynomial:
    found: FreePolynomial = {}
    for monomial, coefficient in variation.items():
        if test in monomial:  # once: a slope is linear in the test functions
            found[tuple(one for one in monomial if one != test)] = coefficient
    return found


def _leak(data: Any, rates: list[FreePolynomial], where: str) -> str:
    """C: dx/dt is the functional's derivative by s, and differs from f - x at the numbers stated."""
    for key, rate, by in zip(("rate_x", "rate_s"), rates, ("s", "x"), strict=True):

        def leaf(kind: str, name: str, by: str = by) -> Dual:
            return atom(kind, name), number(name == by)

        if _value(FUNCTIONALS["C"], leaf, where)[1] != rate:
            raise Rejected(f"{where}.{key}", f"is not the functional's derivative by {by}")
    numbers = {key: _rational(need(data, key, (int, list), where), f"{where}.{key}") for key in ("x", "s", "leak")}
    cost = [_rational(c, f"{where}.cost") for c in need(data, "cost", list, where)]
    if not cost or cost[0] != 0 or len(cost) > DEEPEST:
        raise Rejected(f"{where}.cost", "does not begin with 0, or is of too high a degree")
    extra = add(rates[0], atom("symbol", "x"), scaled(atom("symbol", "f"), -1))
    value = _number_at(extra, numbers, cost, where)
    if value != numbers["leak"] or value == 0:
        raise Rejected(f"{where}.leak", f"is {numbers['leak']}, the evaluation gives {value}")
    return f"construction C: with the stated cost dx/dt - (f - x) is {value} at x = {numbers['x']}, s = {numbers['s']}"


def _number_at(polynomial: FreePolynomial, numbers: dict[str, Fraction], cost: list[Fraction], where: str) -> Fraction:
    """A polynomial's value where C is the polynomial with the coefficients ``cost``."""
    total = Fraction(0)
    for monomial, coefficient in polynomial.items():
        for one in monomial:
            if one[0] == "symbol" and one[1] in numbers:
                coefficient *= numbers[one[1]]
            elif one[:2] == ("function", "C"):
                slopes = cost
                for _ in range(one[2][0]):
                    slopes = [k * c for k, c in enumerate(slopes)][1:]
                point = _number_at(dict(one[3][0]), numbers, cost, where)
                coefficient *= sum((c * point**k for k, c in enumerate(slopes)), Fraction(0))
            else:
                raise Rejected(where, f"no number is stated for {shown(one)}")
        total += coefficient
    return total


def _rational(node: Any, where: str) -> Fraction:
    p, q = (node[1], node[2]) if isinstance(node, list) and len(node) == 3 and node[0] == "rational" else (node, 1)
    if type(p) is not int or type(q) is not int or abs(p) >= LARGEST or not 0 < q < LARGEST:
        raise Rejected(where, f"{shown(node)} is not a number")
    return Fraction(p, q)


def _compartments(where: str) -> str:
    """With x = (a + b)/2, s = a - b: x' + s'/2 is dE/da and x' - s'/2 is -dE/db, by the chain rule."""
    a, b = ["symbol", "a"], ["symbol", "b"]
    x, s = ["*", _HALF, ["+", a, b]], ["+", a, ["*", _MINUS, b]]
    rate_x, rate_s = _gradient(SIGNS["dyadic"], x, s)
    for sign, by in ((1, "a"), (-1, "b")):

        def leaf(kind: str, name: str, by: str = by) -> Dual:
            return atom(kind, name), number(name == by)

        slope = _value(_energy(x, s), leaf, where)[1]
        if add(rate_x, scaled(rate_s, Fraction(sign, 2))) != scaled(slope, sign):
            raise Rejected(where, f"d{by}/dt is not the ascent or descent stated")
    return "a = x + s/2 ascends and b = x - s/2 descends, by the chain rule, for every differentiable E"

"""Products and powers of expressions, with the numbers among them put together: 1/2 is a number and no operation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from dyadic.proofs.statements.parsing.tokens import CLAIMED, Unreadable

_LONGEST = 10**40
"""Numbers beyond it are not multiplied here: a report writes out what the claim has written."""


def number_node(value: Fraction) -> Any:
    return int(value) if value.denominator == 1 else ["rational", value.numerator, value.denominator]


def as_fraction(node: Any) -> Fraction | None:
    if isinstance(node, int):
        return Fraction(node)
    if isinstance(node, list) and node[0] == "rational":
        return Fraction(node[1], node[2])
    return None


def negated(node: Any) -> Any:
    value = as_fraction(node)
    return ["*", -1, node] if value is None else number_node(-value)


def inverted(node: Any, position: int) -> Any:
    return power_of(node, Fraction(-1), position)


def power_of(node: Any, exponent: Fraction, position: int) -> Any:
    value = as_fraction(node)
    if value == 0 and exponent < 0:
        raise Unreadable(position, "this divides by zero")
    if exponent.denominator != 1 and value is not None and value < 0:
        raise Unreadable(position, "a root of a negative number has no value here: of an odd one write -(8^(1/3))")
    if exponent.denominator != 1:
        return ["^", node, ["rational", exponent.numerator, exponent.denominator]]
    small = value is not None and abs(value) < 1000 and value.denominator < _LONGEST
    if value is not None and (abs(exponent) == 1 or (small and abs(exponent) <= CLAIMED.exponent)):
        return number_node(Fraction(value ** int(exponent)))
    return node if exponent == 1 else ["^", node, int(exponent)]


def product_of(factors: list[Any]) -> Any:
    """Numbers multiplied together, so that 1/2 is the number and not an operation."""
    number, rest = Fraction(1), []
    for factor in factors:
        value = as_fraction(factor)
        product = None if value is None else number * value
        if product is None or max(abs(product.numerator), product.denominator) > _LONGEST**2:
            rest.append(factor)
        else:
            number = product
    if not rest:
        return number_node(number)
    if number != 1:
        rest.insert(0, number_node(number))
    return rest[0] if len(rest) == 1 else ["*", *rest]

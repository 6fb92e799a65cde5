"""From tokens to expressions (the nested lists of :mod:`dyadic.symbolic.serialise`), by recursive descent.

    equation   = sum { relation sum } ["for" condition { "," condition }]
    sum        = ["-" | "+"] product { ("+" | "-") ["-"] product }
    product    = factor { ["*" | "/" | ".*" | "@"] factor } [reduction product]      juxtaposition multiplies
    factor     = atom { "^" exponent | "^T" | "[" indices "]" }      an integer or, in brackets, a quotient of two
    atom       = number | entry | function { "'" } argument | ("max" | name) "(" sum { "," sum } ")" | "(" sum ")"

A quotient is read from left to right: ``1/2 a`` is half of a.  A reduction reaches to the end of its product.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from dyadic.proofs.checker.trust import READERS, called
from dyadic.proofs.evaluate.bodies import factors_of
from dyadic.proofs.statements.parsing.conditional_sums import reduced
from dyadic.proofs.statements.parsing.conditions import index_names, real_relation
from dyadic.proofs.statements.parsing.folded_numbers import inverted, negated, number_node, power_of, product_of
from dyadic.proofs.statements.parsing.tokens import (
    CLAIMED,
    DEEPEST,
    Limits,
    ReductionHead,
    Token,
    Unreadable,
    doubtful_argument,
    quoted,
)


def parse(
    tokens: Sequence[Token], limits: Limits = CLAIMED, inequality: bool = False, arrow: bool = False
) -> list[Any]:
    """The sides of an equation, in order; one side where there is no equals sign.

    inequality: whether a > b may stand in place of an equation; it is read as [a > b] = 1.  arrow: whether an arrow
    may stand for the equals sign, as that of a step does.
    """
    called(READERS)
    if len(tokens) > limits.tokens:
        raise Unreadable(tokens[limits.tokens].position, f"the formula has more than {limits.tokens} symbols")
    return _Parser(tokens, limits.exponent).equation(inequality, arrow)


KRONECKER = "\u2297"
CROSS = "\u00d7"
"""Of two numbers their product; of vectors nothing that is read here."""
_WHOLES = (
    "whole",
    "ones",
    "eye",
    "transposed",
    "derivative",
    "call",
    "product",
    "subscript",
    "part",
    "spelled",
    "number",
)
ARROW = "<-"
_RELATIONS = ("=", "<", "<=", ">", ">=", "!=")


class _Parser:
    def __init__(self, tokens: Sequence[Token], largest: int) -> None:
        self._tokens, self._next, self._depth, self._largest = tokens, 0, 0, largest
        self._bound: list[tuple[str, int]] = []  # indices of sums around what is read, and where these stand
        self._among: set[str] = set()

    def equation(self, inequality: bool, arrow: bool) -> list[Any]:
        sides, signs = [self._sum()], list[str]()
        while self._is(*_RELATIONS, ARROW):
            if self._is(ARROW) and not arrow:
                problem = "an arrow is a step of an update, or a limit: write = here, or the kind update or descent"
                raise Unreadable(self._token.position, problem)
            signs.append("=" if self._is(ARROW) else self._token.value)
            if signs[-1] != "=" and (not inequality or "=" in signs):
                problem = "an inequality stands alone, between numbers: write [a > b] = 1 for it elsewhere"
                raise Unreadable(self._token.position, problem)
            self._next += 1
            sides.append(self._sum())
        if set(signs) > {"="}:
            problem = "equalities and inequalities in one row: write each for itself"
            raise Unreadable(self._tokens[0].position, problem)
        if signs and "=" not in signs:
            sides = [self._holds(sides, signs), 1]
        where = self._token
        if where.kind == "where":
            self._next += 1
            for name in sorted(self._among & index_names(where.value)):
                raise Unreadable(where.position, f"{name} has a range here and is summed over: use two letters")
            if any(map(has_wholes, sides)) and not index_names(where.value) <= index_names(sides):
                raise Unreadable(where.position, "ranges are those of indices: write the tensors with theirs")
            sides = [_where(where.value, side) for side in sides]
        if self._token.kind != "end":
            raise Unreadable(self._token.position, f"{self._here()} does not fit here")
        return sides

    def _holds(self, sides: list[Any], signs: list[str]) -> Any:
        """A row of inequalities as a bracket."""
        sides = [as_number(side) for side in sides]
        brackets = [real_relation(sign, *pair) for sign, pair in zip(signs, pairwise(sides), strict=True)]
        return product_of(brackets)

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _here(self) -> str:
        """What stands here, for a message."""
        return quoted(self._token.value) if isinstance(self._token.value, str) else "what stands here"

    def _is(self, *operators: str) -> bool:
        return self._token.kind == "operator" and self._token.value in operators

    def _take(self, operator: str) -> None:
        if not self._is(operator):
            raise Unreadable(self._token.position, f"expected {operator!r}")
        self._next += 1

    def _sum(self) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(self._token.position, f"the formula is nested more than {DEEPEST} deep")
        terms: list[Any] = []
        while not terms or self._is("+", "-"):
            negative = self._is("-")
            if self._is("+", "-"):
                self._next += 1
                if self._is("-"):  # a - -b
                    negative, self._next = not negative, self._next + 1
            term = self._product()
            terms.append(negated(term) if negative else term)
        self._depth -= 1
        return terms[0] if len(terms) == 1 else ["+", *terms]

    def _product(self) -> Any:
        start, factors = self._token.position, list[tuple[str, Any]]()
        while True:
            operator = ""
            if factors and self._is("*", "/", "\u00b7", ".*", "@", KRONECKER, CROSS):
                operator = self._token.value
                self._next += 1
            elif factors and not self._starts():
                break
            if self._token.kind == "reduction":
                factors.append((operator, self._reduction()))
                break
            if self._token.kind == "number" and self._next and self._tokens[self._next - 1].kind == "number":
                raise Unreadable(self._token.position, "two numbers side by side are doubtful: write 1000, or 2 * 3")
            negative = bool(operator) and self._is("-")
            if negative:
                self._next += 1
            factor = self._factor()
            factors.append((operator, negated(factor) if negative else factor))
        if any(operator in (".*", "@", KRONECKER) or has_wholes(factor) for operator, factor in factors):
            return factors[0][1] if len(factors) == 1 else ["product", start, *map(list, factors)]
        return product_of([inverted(f, self._token.position) if o == "/" else f for o, f in factors])

    def _starts(self) -> bool:
        return self._token.kind in ("number", "atom", "function", "extremum", "call", "reduction") or self._is("(")

    def _goes_on(self) -> bool:
        """Whether a factor, or the product that it is in, goes on with a mark."""
        marked = self._token.kind in ("transposed", "subscript")
        return marked or self._is("^", "*", "/", "\u00b7", ".*", "@", KRONECKER)

    def _reduction(self) -> Any:
        head: ReductionHead = self._token.value
        place = self._token.position
        if head.among:
            self._among.add(head.index)
            if any(name == head.index and at != place for name, at in self._bound):
                raise Unreadable(place, f"{head.index} is bound twice: use two letters, or a bracket")
        self._bound.append((head.index, place))
        self._next += 1
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(self._token.position, f"the formula is nested more than {DEEPEST} deep")
        negative = self._is("-")
        if negative:
            self._next += 1
        body = self._product()
        self._depth -= 1
        self._bound.pop()
        return reduced(head, negated(body) if negative else body)

    def _factor(self) -> Any:
        node = self._atom()
        powers, marks = 0, 0
        while self._is("^") or self._token.kind in ("transposed", "subscript"):
            marks += 1
            if marks > DEEPEST:
                raise Unreadable(self._token.position, f"more than {DEEPEST} marks behind one factor")
            if self._token.kind == "subscript":
                node = ["subscript", node, self._token.position, *self._token.value]
                self._next += 1
                continue
            if self._token.kind == "transposed":
                node = ["transposed", node, self._token.position]
                self._next += 1
                continue
            if powers:
                problem = "a^b^c is doubtful: write (a^b)^c, or the exponent as one number"
                raise Unreadable(self._token.position, problem)
            node, powers = power_of(node, self._exponent(), self._token.position), 1
        return node

    def _exponent(self) -> Fraction:
        self._take("^")
        if not self._is("("):  # what follows an integer is no part of the exponent: x^2/n
            return self._signed_part()
        return self._ratio()

    def _ratio(self) -> Fraction:
        """An integer or a quotient of two, in brackets."""
        self._take("(")
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(self._token.position, f"the formula is nested more than {DEEPEST} deep")
        value = self._signed_part()
        if self._is("/"):
            self._next += 1
            below = self._signed_part()
            if not below:
                raise Unreadable(self._token.position, "this divides by zero")
            value /= below
        self._take(")")
        self._depth -= 1
        return value

    def _signed_part(self) -> Fraction:
        negative = self._is("-")
        if negative:
            self._next += 1
        value = self._ratio() if self._is("(") else self._whole()
        return -value if negative else value

    def _whole(self) -> Fraction:
        """An integer in an exponent, or a decimal number that is a quotient of two."""
        value = self._token.value if self._token.kind == "number" else None
        if value is None or max(value.numerator, value.denominator) > self._largest:
            raise Unreadable(self._token.position, f"an exponent is a number, of integers of at most {self._largest}")
        self._next += 1
        return Fraction(value)

    def _atom(self) -> Any:
        token = self._token
        if token.kind == "number":
            self._next += 1
            return number_node(token.value)
        if token.kind == "atom":
            self._next += 1
            return token.value
        if token.kind == "function":
            self._next += 1
            power = self._exponent() if self._is("^") else Fraction(1)
            if power == -1:
                name = token.value[0]
                problem = f"{name}^(-1) is doubtful: write 1/{name}(...), or the inverse function by its name"
                raise Unreadable(token.position, problem)
            reduces, first = self._token.kind == "reduction", self._token
            bare = not (self._is("(") or reduces)
            argument = self._atom() if bare else self._reduction() if reduces else self._bracket()
            if bare and (self._starts() or self._goes_on()):
                raise doubtful_argument(token.value[0], first.position)
            node = ["apply", *token.value, argument]
            return node if power == 1 else power_of(node, power, token.position)
        if token.kind == "extremum":
            self._next += 1
            return self._extremum(token)
        if token.kind == "call":
            self._next += 1
            return self._call(token)
        if self._is("("):
            return self._bracket()
        raise Unreadable(
            token.position, "a quantity is missing" if token.kind == "end" else f"{self._here()} does not fit here"
        )

    def _extremum(self, token: Token) -> Any:
        """max(a, b) is b + relu(a - b), min(a, b) is a - relu(a - b)."""
        self._take("(")
        found = self._sum()
        if not self._is(","):
            raise Unreadable(self._token.position, f"{token.value} has at least two arguments, between commas")
        while self._is(","):
            self._next += 1
            other = self._sum()
            excess = ["apply", "relu", 0, ["+", found, negated(other)]]
            found = ["+", other, excess] if token.value == "max" else ["+", found, negated(excess)]
        self._take(")")
        return found

    def _call(self, token: Token) -> Any:
        """A function of whole tensors."""
        self._take("(")
        arguments = [self._sum()]
        while self._is(","):
            self._next += 1
            arguments.append(self._sum())
        self._take(")")
        return ["call", token.value, token.position, *arguments]

    def _bracket(self) -> Any:
        self._take("(")
        node = self._sum()
        self._take(")")
        return node


def _where(brackets: list[Any], side: Any) -> Any:
    """A side of an equation that is claimed where brackets are 1."""
    if isinstance(side, int) and side == 0:
        return side
    return ["*", *brackets, *factors_of(side)]


def has_wholes(node: Any) -> bool:
    """Whether an expression holds a tensor as a whole."""
    if not isinstance(node, list) or not node or node[0] == "entry":
        return False
    return node[0] in _WHOLES or any(map(has_wholes, node[1:]))


def as_number(node: Any) -> Any:
    """An expression that may hold whole tensors but is a number."""
    return ["number", node] if has_wholes(node) else node

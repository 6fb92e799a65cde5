"""Printing index expressions: one walk over the tree, one small class per notation.

The tree's own order of terms is SymPy's canonical one; for reading, factors and terms are put in the order in
which people write them (numbers, parameters, adjoints, activations, functions, sums).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sympy import Add, Expr, Integer, Mul, Piecewise, Pow, Rational, Symbol, pi
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from dyadic.symbolic.costs import COST_OWNER
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import (
    Apply,
    Bracket,
    Definition,
    Divides,
    Element,
    Inside,
    Quotient,
    Rate,
    Reduction,
    Remainder,
    Same,
    apart_from_sizes,
)
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.tensor_names import COST, Name, NameRole

WORDS = frozenset({"E", "Sum", "LogSumExp", "Max", "ArgMax", "delta", "for", "mod", *FUNCTIONS})
"""What means something of its own in text, here or where claims are read; no tensor goes by such a name."""
NUMBERED = frozenset("aijpu")
"""Letters that indices of layers have together with a number: ``i_1`` is no entry of a parameter that is called i."""

COST_OWNERS = (COST, COST_OWNER)
"""Whose tensors go by their letter alone: the cost's, in its equation and in a network that has one cost."""

SUM, PRODUCT, POWER, ATOM = range(4)


def readable_alone(name: str) -> bool:
    """Whether a name can stand in a formula without a letter before it: it is no word, no number, and does not start
    with a sign.  ``/block/constant`` behind another factor would divide it."""
    return not (name in WORDS or name.isdigit()) and (name[0].isalnum() or name[0] == "_")


class Printer(ABC):
    """Subclasses say how atoms, products, fractions, powers and sums look; the walk is here.

    named: inputs whose entries are written under their own name: ``W[i, j]`` rather than ``x_W[i, j]``.  They are the
    parameters and constants of a network (``Architecture.own_names``).
    """

    relations: Mapping[str, str] = {relation: relation for relation in ("<", ">", "<=", ">=")}

    def __init__(self, named: Iterable[str] = ()) -> None:
        self.named = frozenset(named)

    def __call__(self, expression: Expr, level: int = SUM) -> str:
        """The expression as text, in brackets where its own level is below the one its surroundings need."""
        text, own = self._visit(expression)
        return text if own >= level else self.brackets(text)

    def equation(self, item: Definition, relation: str = "=") -> str:
        """``left = right``; indices that have the name of a size get another one."""
        item = apart_from_sizes(item)
        return f"{self(item.element)} {relation} {self(item.body)}"

    def _visit(self, node: Expr) -> tuple[str, int]:
        match node:
            case Element():
                return self.entry(node), ATOM
            case Apply():
                return self.function(node.name, node.order, self(node.argument)), ATOM
            case Quotient():
                return self.quotient(self(node.args[0], PRODUCT), self(node.args[1], ATOM)), ATOM
            case Remainder():
                return self.remainder(self(node.args[0], PRODUCT), self(node.args[1], ATOM)), ATOM
            case Inside():
                return self.condition(f"{self.inside(self(node.args[0]), self(node.args[1]))}"), ATOM
            case Divides():
                return self.condition(self.divides(self(node.args[0], ATOM), self(node.args[1]))), ATOM
            case Same():
                return self.condition(f"{self(node.args[0])} = {self(node.args[1])}"), ATOM
            case Piecewise():
                *cases, (otherwise, _) = node.args
                shown = [(self(value), self._comparison(condition)) for value, condition in cases]
                return self.cases(shown, self(otherwise)), ATOM
            case Reduction():
                return self.reduction(node, self(node.body, PRODUCT)), PRODUCT
            case Integer():
                return str(node), ATOM if node >= 0 else SUM
            case Rational():
                return self.rational(node)
            case Rate():
                return self.rate(self.symbol(node.name)), ATOM
            case Symbol():
                return self.symbol(node.name), ATOM
            case AppliedUndef():
                arguments = ", ".join(self(argument) for argument in node.args)
                return self.subscripted(node.func.__name__) + self.brackets(arguments), ATOM
            case Add():
                return self._sum(node), SUM
            case Mul():
                return self._product(node)
            case Pow():
                if node.exp == Rational(1, 2):
                    return self.root(self(node.base)), ATOM
                if node.exp.is_negative:
                    return self.fraction("1", self(1 / node, PRODUCT)), PRODUCT
                return self.power(self.powered(node.base), self.exponent(node.exp)), POWER
        if node == pi:
            return self.symbol("pi"), ATOM
        raise UnsupportedEquation(f"cannot print {type(node).__name__}")

    def _sum(self, node: Add) -> str:
        return joined(self.terms(node))

    def _comparison(self, condition: Relational) -> str:
        return f"{self(condition.lhs)} {self.relations[condition.rel_op]} {self(condition.rhs)}"

    def terms(self, node: Expr) -> list[tuple[str, str]]:
        """The terms of a sum in order, each behind its sign."""
        return [(sign, self(term, PRODUCT)) for sign, term in signed_terms(node)]

    def _product(self, node: Mul) -> tuple[str, int]:
        if node.could_extract_minus_sign() and node.args[0].is_number:
            return "-" + self(-node, PRODUCT), SUM
        return self.above_and_below(*self.factors(node)), PRODUCT

    def above_and_below(self, top: Sequence[Expr], bottom: Sequence[Expr]) -> str:
        """A product of factors above and below a fraction line; no line where there are none below."""
        if not bottom:
            return self.product([self(f, PRODUCT if f is top[-1] else POWER) for f in top])
        upper = self.product([self(f, POWER) for f in top if not isinstance(f, Reduction)]) or "1"
        fraction = self.fraction(upper, self.product([self(f, POWER) for f in bottom]))
        sums = [self(f, PRODUCT) for f in top if isinstance(f, Reduction)]
        return self.product([fraction, *sums])

    def factors(self, node: Mul) -> tuple[list[Expr], list[Expr]]:
        """The factors above the fraction line, in order, and those below it."""
        top = [f for f in node.args if not (isinstance(f, Pow) and f.exp.is_negative)]
        bottom = [1 / f for f in node.args if isinstance(f, Pow) and f.exp.is_negative]
        for number in [f for f in top if isinstance(f, Rational)]:
            top.remove(number)
            over, under = self.ratio(number)
            top, bottom = [*over, *top], [*under, *bottom]
        inverses = {factor: self.inverse(factor) for factor in top}
        bottom += [inverse for inverse in inverses.values() if inverse is not None]
        return sorted((f for f in top if inverses[f] is None), key=self.factor_key), bottom

    def inverse(self, _factor: Expr) -> Expr | None:
        """1 over a factor that is to stand below the fraction line; None for one that stands above it."""
        return None

    def ratio(self, number: Rational) -> tuple[list[Expr], list[Expr]]:
        """A number as factors above and below the fraction line."""
        return [Integer(n) for n in [number.p] if n != 1], [Integer(n) for n in [number.q] if n != 1]

    def rational(self, number: Rational) -> tuple[str, int]:
        """A number that is not whole, with the level of its text."""
        return self.fraction(str(number.p), str(number.q)), PRODUCT if number > 0 else SUM

    def powered(self, base: Expr) -> str:
        """What a power is of."""
        return self(base, ATOM)

    def factor_key(self, node: Expr) -> tuple[int, str, str]:
        """The order of factors in a product (:func:`factor_key`)."""
        if isinstance(node, Element) and node.name.is_plain("x") and node.name.owner in self.named:
            return _PARAMETER, str(node.name.owner), ""
        return factor_key(node)

    def goes_by_own_name(self, name: Name) -> bool:
        """Whether a tensor, or what it is the adjoint of, is an input that is written under its own name."""
        return name.letter == "x" and name.owner in self.named

    @abstractmethod
    def entry(self, node: Element) -> str: ...

    @abstractmethod
    def function(self, name: str, order: int, argument: str) -> str: ...

    @abstractmethod
    def reduction(self, node: Reduction, body: str) -> str: ...

    @abstractmethod
    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        """A value for each condition, and the one that holds where no condition does."""

    @abstractmethod
    def quotient(self, numerator: str, divisor: str) -> str: ...

    @abstractmethod
    def remainder(self, numerator: str, divisor: str) -> str: ...

    @abstractmethod
    def inside(self, value: str, extent: str) -> str: ...

    @abstractmethod
    def divides(self, divisor: str, value: str) -> str: ...

    def condition(self, text: str) -> str:
        return f"[{text}]"

    @abstractmethod
    def symbol(self, name: str) -> str: ...
    @abstractmethod
    def subscripted(self, name: str) -> str: ...

    @abstractmethod
    def rate(self, variable: str) -> str: ...

    @abstractmethod
    def product(self, factors: Sequence[str]) -> str: ...

    @abstractmethod
    def fraction(self, top: str, bottom: str) -> str: ...

    @abstractmethod
    def power(self, base: str, exponent: str) -> str: ...

    def exponent(self, node: Expr) -> str:
        """What stands in the superscript of a power."""
        return self(node)

    @abstractmethod
    def root(self, argument: str) -> str: ...

    @abstractmethod
    def brackets(self, text: str) -> str: ...


_NUMBER, _PARAMETER, _ADJOINT, _VARIABLE, _FUNCTION, _BRACKET, _REDUCTION = range(7)


def factor_key(node: Expr) -> tuple[int, str, str]:
    """The order of factors in a product: numbers, parameters, adjoints, variables, functions, brackets, sums."""
    if isinstance(node, Rate):
        return _NUMBER, "", node.name
    if node.is_number or isinstance(node, Symbol):
        return _NUMBER, str(node), ""
    if isinstance(node, Bracket):
        return _NUMBER, str(node), ""
    if isinstance(node, Element):
        name = node.name
        adjoint = name.role is NameRole.ADJOINT or name.is_plain("s")
        parameter = name.role is NameRole.PLAIN and name.letter[0].isupper()
        group = _ADJOINT if adjoint else _PARAMETER if parameter else _VARIABLE
        return group, name.kind, str(name.owner)
    if isinstance(node, Apply | Pow):
        return _FUNCTION, "", ""
    return (_REDUCTION if isinstance(node, Reduction) else _BRACKET), "", ""


def term_key(node: Expr) -> tuple[bool, int, str]:
    """The order of terms in a sum: positive before negative, sums and products before single entries, then by rates."""
    parts = Mul.make_args(node)
    simple = isinstance(node, Element) or node.is_number
    place = 0 if any(isinstance(part, Reduction) for part in parts) else 1 + simple
    rates = "".join(part.name for part in parts if isinstance(part, Rate))
    return bool(node.could_extract_minus_sign()), place, rates


def whole_term_key(node: Expr) -> tuple[bool, bool, str]:
    """The order of terms in a sum of integers: positive before negative, numbers last."""
    return bool(node.could_extract_minus_sign()), bool(node.is_Integer), str(node)


def signed_terms(node: Expr, key: Callable[[Expr], Any] = term_key) -> list[tuple[str, Expr]]:
    """The terms of a sum in the order in which they are read: their sign, ``+`` or ``-``, and what stands behind it."""
    found = []
    for term in sorted(Add.make_args(node), key=key):
        negative = term.could_extract_minus_sign()
        found.append(("-", -term) if negative else ("+", term))
    return found


def joined(terms: Sequence[tuple[str, str]]) -> str:
    """Terms behind their signs as a sum: at its beginning a minus stands close to its term, and no plus."""
    (sign, first), *others = terms
    return " ".join([f"-{first}" if sign == "-" else first, *(f"{sign} {text}" for sign, text in others)])


def text_name(name: Name) -> str:
    """A tensor's name as plain text: ``W_hidden``, ``zbar_hidden``, ``argm_pool``, ``C``."""
    letters = _accented(name.letter, name.role)
    return letters if name.owner in COST_OWNERS else f"{letters}_{name.owner}"


def _accented(letter: str, role: NameRole) -> str:
    return {NameRole.PLAIN: letter, NameRole.ADJOINT: f"{letter}bar", NameRole.CHOICE: f"arg{letter}"}[role]


class TextPrinter(Printer):
    """Plain text for terminals: ``W_hidden[i, j]``, ``Sum[j<64] ...``, ``tanh'(z)``."""

    def entry(self, node: Element) -> str:
        name = node.name
        text = _accented(str(name.owner), name.role) if self.goes_by_own_name(name) else text_name(name)
        return text + (f"[{', '.join(self(index) for index in node.indices)}]" if node.indices else "")

    def function(self, name: str, order: int, argument: str) -> str:
        return f"{name}{chr(39) * order}({argument})"

    def reduction(self, node: Reduction, body: str) -> str:
        name = {"sum": "Sum", "logsumexp": "LogSumExp", "max": "Max", "argmax": "ArgMax"}[node.kind]
        return f"{name}[{node.index.name}<{self(node.extent)}] {body}"

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        return f"{{{'; '.join(f'{value} if {condition}' for value, condition in cases)}; {otherwise} otherwise}}"

    def quotient(self, numerator: str, divisor: str) -> str:
        return f"floor({numerator} / {divisor})"

    def remainder(self, numerator: str, divisor: str) -> str:
        return f"({numerator} mod {divisor})"

    def inside(self, value: str, extent: str) -> str:
        return f"0 <= {value} < {extent}"

    def divides(self, divisor: str, value: str) -> str:
        return f"{divisor} | {value}"

    def subscripted(self, name: str) -> str:
        return name

    def symbol(self, name: str) -> str:
        return name

    def rate(self, variable: str) -> str:
        return f"d{variable}/dt"

    def product(self, factors: Sequence[str]) -> str:
        return " ".join(factors)

    def fraction(self, top: str, bottom: str) -> str:
        return f"{top}/{bottom if _closed(bottom) else self.brackets(bottom)}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{exponent if exponent.isalnum() else self.brackets(exponent)}"

    def root(self, argument: str) -> str:
        return f"sqrt({argument})"

    def brackets(self, text: str) -> str:
        return f"({text})"


def _closed(text: str) -> bool:
    """Whether a text can stand behind a slash without brackets: no blank or slash outside of brackets of its own."""
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character in " /":
            return False
    return True

"""What the printers of a paper share beyond those of claims: the notation's glyphs, roots, functions' names."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext

from sympy import Add, Expr, Mul, Pow, Rational, S
from sympy.core.function import AppliedUndef

from dyadic.paper.glyphs import Notation
from dyadic.paper.meanings import GREEK
from dyadic.symbolic.expressions import Apply, Definition, Element, Reduction
from dyadic.symbolic.functions import FUNCTIONS, Z, closed_form
from dyadic.symbolic.printing import ATOM, POWER, PRODUCT, SUM
from dyadic.symbolic.tensor_names import Name, Owner, Placeholder
from dyadic.symbolic.typesetting import TypesetPrinter

_LONGEST_FRACTION = 1000


def _decimal(number: Rational) -> tuple[str, int] | None:
    """A number with a large denominator as a decimal one and a power of ten, where those have no more digits."""
    q = int(number.q)
    if q < _LONGEST_FRACTION or (10 ** q.bit_length()) % q:
        return None
    with localcontext(prec=q.bit_length() + 20):
        value = (Decimal(int(number.p)) / q).normalize()
    digits = "".join(map(str, value.as_tuple().digits))
    if len(digits) > len(str(q)):
        return None
    exponent = value.adjusted()
    if exponent >= -_MOST_ZEROS:
        return f"{value:f}", 0
    return f"{digits[0]}.{digits[1:]}".rstrip("."), exponent


def with_known_slopes(line: Definition) -> Definition:
    """The line with the derivatives that every reader knows, of roots and the like, written as what they are."""
    found = {node: _slope(node) for node in line.body.atoms(Apply) if node.order == 1 and node.name in ELEMENTARY}
    return Definition(line.tensor, line.indices, line.body.xreplace(found)) if found else line


def _slope(node: Apply) -> Expr:
    if node.name == "rsqrt":  # a power of a root would carry its exponent beside those under the root
        return -Pow(node.argument, Rational(-3, 2)) / 2
    return closed_form(node.name, 1).xreplace({Z: node.argument})


ELEMENTARY = frozenset({"log", "sqrt", "rsqrt", "sin", "cos"})
"""Functions whose derivatives are written as what they are."""


def _is_large(factor: Expr) -> bool:
    return isinstance(factor.base if isinstance(factor, Pow) else factor, Add | Apply | AppliedUndef)


_FREE = {"outer": "varphi"}
"""The letter of a function that is left open."""

_MOST_ZEROS = 4
"""A decimal number that begins with more of them is written with a power of ten."""


class NotationPrinter(TypesetPrinter):
    """kind: the type of the layer kind whose equations are being printed, which decides what some letters are.

    tall: what brackets look otherwise around.  bracket_marks: a pattern of opening (its group) and closing brackets.
    high: what in a formula makes its brackets higher than a line.
    """

    high: tuple[str, ...]
    dot: str
    """Between a number and a power of ten."""
    slash = "/"
    """Of a fraction in one line."""
    near: Mapping[str, str]
    """What brackets and the signs of sums begin with, and the space that they take behind the sign of a sum."""

    tall: tuple[str, ...] = ()
    bracket_marks = r"(\()|\)"

    def __init__(self, notation: Notation, named: Iterable[str] = (), aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(named, aliases)
        self.notation = notation
        self.kind = ""
        self._fractions: set[str] = set()

    def letter(self, name: Name) -> tuple[str, str]:
        owner = "" if isinstance(name.owner, Placeholder) else name.owner
        glyph = self.notation.glyph(name.letter, owner, self.kind)
        return self.glyph_letter(glyph.base), self.superscript(glyph.upper) if glyph.upper else ""

    def is_wide(self, name: Name) -> bool:
        return self.goes_by_own_name(name) and len(str(name.owner)) > 1

    def glyph_letter(self, base: str) -> str:
        return base if len(base) == 1 else self.greek(base) if base in GREEK else self.italic(base)

    def reduction(self, node: Reduction, body: str) -> str:
        return self.under(super().reduction(node, "").rstrip(), body)

    def under(self, sign: str, body: str) -> str:
        """A sum's sign before its body: a bracket or another sign would stand too close to what is below the sign."""
        space = next((space for start, space in self.near.items() if body.startswith(start)), "")
        return f"{sign}{space} {body}"

    def superscript(self, text: str) -> str:
        return text if len(text) == 1 or not text.isalpha() else self.upright(text)

    def _own_name(self, name: str) -> str:
        return super()._own_name(name if name in self.aliases else self.notation.plain(name))

    def _owner(self, name: Owner) -> str:
        if not isinstance(name, Placeholder) and name not in self.aliases:
            return self.upright(self.notation.plain(name))
        return super()._owner(name)

    def symbol(self, name: str) -> str:
        chosen = self.notation.chosen.get(name)
        if chosen:
            upper = self.script("^", self.superscript(chosen.upper)) if chosen.upper else ""
            return self.glyph_letter(chosen.base) + upper
        return self.greek(name) if name in GREEK else super().symbol(name)

    def function(self, name: str, order: int, argument: str) -> str:
        match name, order:
            case ("rsqrt", 0):
                text = self.fraction("1", self.root(argument))
                self._fractions.add(text)
                return text
            case ("sqrt", 0):
                return self.root(argument)
            case ("exp", _):
                return super().function(name, 0, argument)
        return super().function(name, order, argument)

    def unbracketed(self, text: str) -> str:
        """Without the brackets around all of it: a fraction line and a root bracket by themselves."""
        for inside in ("\0", *self.tall):
            opening, closing = self.brackets(inside).split(inside)
            if text.startswith(opening) and text.endswith(closing):
                inner = text[len(opening) : len(text) - len(closing)]
                return inner if self._balanced(inner) else text
        return text

    def _balanced(self, text: str) -> bool:
        """Whether no bracket is closed that is not opened here."""
        depth = 0
        for found in re.finditer(self.bracket_marks, text):
            depth += 1 if found[1] else -1
            if depth < 0:
                return False
        return True

    def base(self, text: str) -> str:
        """What a power is of: a function that is written as a fraction takes brackets."""
        return self.brackets(text) if text in self._fractions else text

    def operator(self, name: str, primes: str) -> str:
        if name in _FREE:
            return self.greek(_FREE[name]) + primes
        name = FUNCTIONS[name].written or name if name in FUNCTIONS else name
        # Primes belong to the letter: behind a subscript they would be part of it in Typst.
        head, _, rest = name.partition("_")
        return self.roman(head) + primes + (self.script("_", self.upright(rest)) if rest else "")

    def exponent(self, node: Expr) -> str:
        """A fraction with a slash: within a superscript one with a line would be smaller still."""
        if isinstance(node, Rational) and node.q != 1:
            return f"{node.p} {self.slash} {node.q}"
        return self(node)

    def is_high(self, text: str) -> bool:
        return any(part in text for part in self.high)

    def ratio(self, number: Rational) -> tuple[list[Expr], list[Expr]]:
        return ([number], []) if _decimal(number) else super().ratio(number)

    def rational(self, number: Rational) -> tuple[str, int]:
        """A decimal number where that is shorter: 0.044715, 10^-5."""
        found = _decimal(abs(number))
        if not found:
            return super().rational(number)
        mantissa, exponent = found
        power = self.power("10", str(exponent)) if exponent else ""
        text = self.dot.join(filter(None, ["" if mantissa == "1" and power else mantissa, power]))
        return (text, POWER if power else ATOM) if number > 0 else (f"-{text}", SUM)

    def inverse(self, factor: Expr) -> Expr | None:
        """A root stands below the fraction line."""
        base, exponent = (factor.base, factor.exp) if isinstance(factor, Pow) else (factor, S.One)
        if isinstance(base, Apply) and (base.name, base.order) == ("rsqrt", 0) and exponent.is_positive:
            return Pow(Apply("sqrt", 0, base.argument), exponent)
        return None

    def above_and_below(self, top: Sequence[Expr], bottom: Sequence[Expr]) -> str:
        """A number stands as a fraction before a function or a sum: above a fraction line these would be set small."""
        rest = [factor for factor in top if not factor.is_number]
        if not bottom or not all(f.is_number for f in bottom) or not any(map(_is_large, rest)):
            return super().above_and_below(top, bottom)
        coefficient = Mul(*(f for f in top if f.is_number), *(1 / f for f in bottom))
        levels = [POWER] * (len(rest) - 1) + [PRODUCT]
        return self.product([self(coefficient, PRODUCT), *map(self, rest, levels)])

    def powered(self, base: Expr) -> str:
        """A superscript is no power: what has one takes brackets before it is raised."""
        text = super().powered(base)
        raised = isinstance(base, Element) and self.script("^", "\0").partition("\0")[0] in text
        return self.brackets(text) if raised else text

    @abstractmethod
    def sized_brackets(self, text: str) -> tuple[str, str]:
        """Brackets around a text that is set in several rows: each of a size of its own."""

    @abstractmethod
    def greek(self, name: str) -> str: ...

    @abstractmethod
    def roman(self, name: str) -> str:
        """The name of a function, set upright."""

"""Printing index expressions: one walk over the tree, one small class per notation.

The tree's own order of terms is SymPy's canonical one; for reading, factors and terms are put in the order in
which people write them (numbers, parameters, adjoints, activations, functions, sums).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from sympy import Add, Expr, Integer, KroneckerDelta, Mul, Piecewise, Pow, Rational, Symbol, pi
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
    Reduction,
    Remainder,
    Same,
    apart_from_sizes,
)
from dyadic.symbolic.functions import FUNCTIONS

SUM, PRODUCT, POWER, ATOM = range(4)


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
            case KroneckerDelta():
                return self.delta([self(argument) for argument in node.args]), ATOM
            case Integer():
                return str(node), ATOM if node >= 0 else SUM
            case Rational():
                return self.fraction(str(node.p), str(node.q)), PRODUCT if node > 0 else SUM
            case Symbol():
                return self.symbol(node.name), ATOM
            case AppliedUndef():
                arguments = ", ".join(self(argument) for argument in node.args)
                return self.symbol(node.func.__name__) + self.brackets(arguments), ATOM
            case Add():
                return self._sum(node), SUM
            case Mul():
                return self._product(node)
            case Pow():
                if node.exp == Rational(1, 2):
                    return self.root(self(node.base)), ATOM
                if node.exp.is_negative:
                    return self.fraction("1", self(1 / node, PRODUCT)), PRODUCT
                return self.power(self(node.base, ATOM), self(node.exp)), POWER
        if node == pi:
            return self.symbol("pi"), ATOM
        raise UnsupportedEquation(f"cannot print {type(node).__name__}")

    def _sum(self, node: Add) -> str:
        first, *others = self.terms(node)
        return " ".join([first[2:] if first[0] == "+" else f"-{first[2:]}", *others])

    def _comparison(self, condition: Relational) -> str:
        return f"{self(condition.lhs)} {self.relations[condition.rel_op]} {self(condition.rhs)}"

    def terms(self, node: Expr) -> list[str]:
        """The terms of a sum in order, each with its sign: ``+ a``, ``- b``."""
        found = []
        for term in sorted(Add.make_args(node), key=term_key):
            negative = term.could_extract_minus_sign()
            found.append(f"{'-' if negative else '+'} {self(-term if negative else term, PRODUCT)}")
        return found

    def _product(self, node: Mul) -> tuple[str, int]:
        if node.could_extract_minus_sign() and node.args[0].is_number:
            return "-" + self(-node, PRODUCT), SUM
        top = [f for f in node.args if not (isinstance(f, Pow) and f.exp.is_negative)]
        bottom = [1 / f for f in node.args if isinstance(f, Pow) and f.exp.is_negative]
        numbers = [f for f in top if isinstance(f, Rational)]
        for number in numbers:
            top.remove(number)
            if number.p != 1:
                top.insert(0, Integer(number.p))
            if number.q != 1:
                bottom.insert(0, Integer(number.q))
        ordered = sorted(top, key=self.factor_key)
        if not bottom:
            return self.product([self(f, PRODUCT if f is ordered[-1] else POWER) for f in ordered]), PRODUCT
        upper = self.product([self(f, POWER) for f in ordered if not isinstance(f, Reduction)]) or "1"
        fraction = self.fraction(upper, self.product([self(f, POWER) for f in bottom]))
        sums = [self(f, PRODUCT) for f in ordered if isinstance(f, Reduction)]
        return self.product([fraction, *sums]), PRODUCT

    def factor_key(self, node: Expr) -> tuple[int, str, str]:
        """The order of factors in a product (:func:`factor_key`)."""
        if isinstance(node, Element) and node.kind == "x" and node.owner in self.named:
            return _PARAMETER, node.owner, ""
        return factor_key(node)

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
    def delta(self, arguments: Sequence[str]) -> str: ...

    @abstractmethod
    def symbol(self, name: str) -> str: ...

    @abstractmethod
    def product(self, factors: Sequence[str]) -> str: ...

    @abstractmethod
    def fraction(self, top: str, bottom: str) -> str: ...

    @abstractmethod
    def power(self, base: str, exponent: str) -> str: ...

    @abstractmethod
    def root(self, argument: str) -> str: ...

    @abstractmethod
    def brackets(self, text: str) -> str: ...


_NUMBER, _PARAMETER, _ADJOINT, _VARIABLE, _FUNCTION, _BRACKET, _REDUCTION = range(7)


def factor_key(node: Expr) -> tuple[int, str, str]:
    """The order of factors in a product: numbers, parameters, adjoints, variables, functions, brackets, sums."""
    if node.is_number or isinstance(node, Symbol):
        return _NUMBER, str(node), ""
    if isinstance(node, Bracket):
        return _NUMBER, str(node), ""
    if isinstance(node, Element):
        letter = node.kind
        group = (
            _PARAMETER if letter[0].isupper() else _ADJOINT if letter.startswith("bar ") or letter == "s" else _VARIABLE
        )
        return group, letter, node.owner
    if isinstance(node, Apply | Pow):
        return _FUNCTION, "", ""
    return (_REDUCTION if isinstance(node, Reduction) else _BRACKET), "", ""


def term_key(node: Expr) -> tuple[bool, int]:
    """The order of terms in a sum: positive before negative, sums and products before single entries."""
    parts = Mul.make_args(node)
    simple = isinstance(node, Element) or node.is_number
    return bool(node.could_extract_minus_sign()), 0 if any(isinstance(p, Reduction) for p in parts) else 1 + simple


class TextPrinter(Printer):
    """Plain text for terminals: ``W_hidden[i, j]``, ``Sum[j<64] ...``, ``tanh'(z)``."""

    def entry(self, node: Element) -> str:
        kind = f"{node.kind[4:]}bar" if node.kind.startswith("bar ") else node.kind.replace(" ", "")
        if node.owner in self.named and node.kind in ("x", "bar x"):
            name = kind.replace("x", node.owner, 1)
        else:
            name = kind if node.owner == COST_OWNER else f"{kind}_{node.owner}"
        return name + (f"[{', '.join(self(index) for index in node.indices)}]" if node.indices else "")

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

    def delta(self, arguments: Sequence[str]) -> str:
        return f"delta[{', '.join(arguments)}]"

    def symbol(self, name: str) -> str:
        return f"d{name[4:]}/dt" if name.startswith("dot ") else name

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


_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def latex_escape(text: str) -> str:
    """User-given text made safe in LaTeX's text mode."""
    return "".join(_LATEX_SPECIAL.get(character, character) for character in text)


class LatexPrinter(Printer):
    r"""LaTeX (amsmath): ``W^{\text{hidden}}_{i j}``, ``\sum_{j<64}``."""

    relations = {"<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}

    def entry(self, node: Element) -> str:
        accent, _, kind = node.kind.rpartition(" ")
        own = kind == "x" and node.owner in self.named
        letter = self.own_name(node.owner) if own else self.letter(kind)
        if accent:
            short, long = {"bar": ("bar", "overline"), "arg": ("hat", "widehat")}[accent]
            letter = rf"\{short if len(node.owner if own else kind) == 1 else long}{{{letter}}}"
        owner = "" if own or node.owner == COST_OWNER else f"^{{{self.owner(node.owner)}}}"
        plain = all(isinstance(index, Symbol) for index in node.indices)
        indices = (" " if plain else ", ").join(self(index) for index in node.indices)
        return letter + owner + (f"_{{{indices}}}" if indices else "")

    def letter(self, kind: str) -> str:
        """A tensor's letter or letters; digits are no subscript, since its indices are one."""
        return kind if len(kind) == 1 else rf"\mathit{{{latex_escape(kind)}}}"

    def own_name(self, name: str) -> str:
        """The name of a parameter or constant that is an input, as a letter of its own."""
        return name if len(name) == 1 and name.isalpha() else rf"\text{{{latex_escape(name)}}}"

    def owner(self, name: str) -> str:
        """A vertex's name as a superscript; the placeholders v, u, u1, ... of a kind's equation in italics."""
        if name in {"v", "u"} or (name[:1] == "u" and name[1:].isdigit()):
            return self.symbol(name)
        return rf"\text{{{latex_escape(name)}}}"

    def function(self, name: str, order: int, argument: str) -> str:
        known = FUNCTIONS.get(name)
        head = (known.latex if known else None) or rf"\operatorname{{{latex_escape(name)}}}"
        return rf"{head}{chr(39) * order}\left({argument}\right)"

    def reduction(self, node: Reduction, body: str) -> str:
        head = rf"_{{{self.symbol(node.index.name)}<{self(node.extent)}}}"
        operator = {
            "sum": r"\sum", "logsumexp": r"\operatorname*{LSE}", "max": r"\max", "argmax": r"\operatorname*{argmax}"
        }[node.kind]  # fmt: skip
        return rf"{operator}{head} {body}"

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        rows = [rf"{value} \quad \text{{if }} {condition}" for value, condition in cases]
        rows.append(rf"{otherwise} \quad \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"

    def quotient(self, numerator: str, divisor: str) -> str:
        return rf"\lfloor {numerator} / {divisor} \rfloor"

    def remainder(self, numerator: str, divisor: str) -> str:
        return rf"({numerator} \bmod {divisor})"

    def inside(self, value: str, extent: str) -> str:
        return rf"0 \le {value} < {extent}"

    def divides(self, divisor: str, value: str) -> str:
        return rf"{divisor} \mid {value}"

    def condition(self, text: str) -> str:
        return rf"\left[{text}\right]"

    def delta(self, arguments: Sequence[str]) -> str:
        return rf"\delta_{{{' '.join(arguments)}}}"

    def symbol(self, name: str) -> str:
        if name == "pi":
            return r"\pi"
        if name.startswith("dot "):
            return rf"\dot{{{self.symbol(name[4:])}}}"
        if name.endswith("'"):
            return self.symbol(name[:-1]) + "'"
        base, separator, index = name.partition("_")
        if separator and base and index:
            return f"{self.symbol(base)}_{{{index if len(index) == 1 else self.symbol(index)}}}"
        letters = name.rstrip("0123456789")
        digits = name[len(letters) :]
        if len(letters) == 1:
            return f"{letters}_{{{digits}}}" if digits else letters
        return rf"\mathit{{{latex_escape(name)}}}"

    def product(self, factors: Sequence[str]) -> str:
        return r" \, ".join(factors)

    def fraction(self, top: str, bottom: str) -> str:
        return rf"\tfrac{{{top}}}{{{bottom}}}" if (top + bottom).isdigit() else rf"\frac{{{top}}}{{{bottom}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{{{base}}}^{{{exponent}}}"

    def root(self, argument: str) -> str:
        return rf"\sqrt{{{argument}}}"

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

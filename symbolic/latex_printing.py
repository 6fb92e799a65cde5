"""Equations in LaTeX (amsmath)."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from dyadic.symbolic.expressions import Element, Reduction
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.printing import COST_OWNERS, Printer
from dyadic.symbolic.tensor_names import NameRole, Owner, Placeholder

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
        name, own = node.name, self.goes_by_own_name(node.name)
        base = str(name.owner) if own else name.letter
        letter = self.own_name(base) if own else self.letter(base)
        if name.role is not NameRole.PLAIN:
            short, long = {NameRole.ADJOINT: ("bar", "overline"), NameRole.CHOICE: ("hat", "widehat")}[name.role]
            letter = rf"\{short if len(base) == 1 else long}{{{letter}}}"
        owner = "" if own or name.owner in COST_OWNERS else f"^{{{self.owner(name.owner)}}}"
        plain = all(isinstance(index, Symbol) for index in node.indices)
        indices = (" " if plain else ", ").join(self(index) for index in node.indices)
        return letter + owner + (f"_{{{indices}}}" if indices else "")

    def letter(self, kind: str) -> str:
        """A tensor's letter or letters; digits are no subscript, since its indices are one."""
        return kind if len(kind) == 1 else rf"\mathit{{{latex_escape(kind)}}}"

    def own_name(self, name: str) -> str:
        """The name of a parameter or constant that is an input, as a letter of its own."""
        return name if len(name) == 1 and name.isalpha() else rf"\text{{{latex_escape(name)}}}"

    def owner(self, name: Owner) -> str:
        """A vertex's name as a superscript; the placeholders v, u, u1, ... of a kind's equation in italics."""
        if isinstance(name, Placeholder):
            return self.symbol(name.letter)
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

    def symbol(self, name: str) -> str:
        if name == "pi":
            return r"\pi"
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

    def rate(self, variable: str) -> str:
        return rf"\dot{{{variable}}}"

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

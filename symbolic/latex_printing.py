"""Equations in LaTeX (amsmath)."""

from __future__ import annotations

from collections.abc import Sequence

from dyadic.symbolic.functions.scalar import ScalarFunction
from dyadic.symbolic.tensor_names import NameRole
from dyadic.symbolic.typesetting import TypesetPrinter

_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
}  # fmt: skip


def latex_escape(text: str) -> str:
    """User-given text made safe in LaTeX's text mode."""
    return "".join(_LATEX_SPECIAL.get(character, character) for character in text)


class LatexPrinter(TypesetPrinter):
    r"""LaTeX (amsmath): ``W^{\text{hidden}}_{i j}``, ``\sum_{j<64}``."""

    relations = {"<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}

    pi = r"\pi"
    accents = {NameRole.ADJOINT: ("bar", "overline"), NameRole.CHOICE: ("hat", "widehat")}
    reductions = {
        "sum": r"\sum", "logsumexp": r"\operatorname*{LSE}", "max": r"\max", "argmax": r"\operatorname*{argmax}"
    }  # fmt: skip

    def script(self, mark: str, text: str) -> str:
        return f"{mark}{{{text}}}"

    def accent(self, mark: str, text: str) -> str:
        return rf"\{mark}{{{text}}}"

    def italic(self, name: str) -> str:
        return rf"\mathit{{{latex_escape(name)}}}"

    def upright(self, name: str) -> str:
        return rf"\text{{{latex_escape(name)}}}"

    def operator(self, name: str, primes: str) -> str:
        return rf"\operatorname{{{latex_escape(name)}}}" + primes

    def spelling(self, function: ScalarFunction) -> str | None:
        return function.latex

    def below(self, index: str, extent: str) -> str:
        return f"{index}<{extent}"

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

"""Mathematics in LaTeX (amsmath), with the notation of a paper."""

from __future__ import annotations

from dyadic.paper.symbols import NotationPrinter
from dyadic.symbolic.latex_printing import LatexPrinter, latex_escape


class LatexMathPrinter(NotationPrinter, LatexPrinter):
    r"""``W^{\text{Q}, \text{hidden}}_{i j}``: as claims are written, but for the glyphs."""

    def greek(self, name: str) -> str:
        return f"\\{name}"

    def roman(self, name: str) -> str:
        return rf"\operatorname{{{latex_escape(name)}}}"

    tall = (r"\frac",)
    dot = r" \cdot "
    near = dict.fromkeys((r"\left[", r"\left(", "(", r"\biggl(", *LatexPrinter.reductions.values()), r" \,")
    high = (r"\frac", r"\sum", r"\operatorname*", r"\max", r"\begin")

    def brackets(self, text: str) -> str:
        """Brackets that grow stand apart from the name of a function, so that only those grow that have to."""
        return super().brackets(text) if self.is_high(text) else f"({text})"

    def sized_brackets(self, text: str) -> tuple[str, str]:
        return (r"\biggl(", r"\biggr)") if self.is_high(text) else ("(", ")")

    def fraction(self, top: str, bottom: str) -> str:
        return rf"\frac{{{self.unbracketed(top)}}}{{{self.unbracketed(bottom)}}}"

    def rate(self, variable: str) -> str:
        letter, index, rest = variable.partition("_")
        return super().rate(letter) + index + rest

    def power(self, base: str, exponent: str) -> str:
        return super().power(self.base(base), exponent)

"""Mathematics in Typst's notation."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dyadic.paper.symbols import NotationPrinter
from dyadic.symbolic.functions.scalar import ScalarFunction
from dyadic.symbolic.tensor_names import NameRole


def typst_string(text: str) -> str:
    """A Typst string literal: user text that can contain anything."""
    return json.dumps(text, ensure_ascii=False)


_GREEK = {"varepsilon": "epsilon", "varsigma": "sigma.alt", "vartheta": "theta.alt", "varphi": "phi"}


class TypstPrinter(NotationPrinter):
    """``W^("hidden")_(i j)``, ``sum_(j < 64)``."""

    dot, slash = " dot.c ", r"\/"
    high = ("frac(", "sum", "op(", "max", "cases(")
    pi = "pi"
    accents = {NameRole.ADJOINT: ("macron", "overline"), NameRole.CHOICE: ("hat", "hat")}
    reductions = {
        "sum": "sum", "logsumexp": 'op("LSE", limits: #true)', "max": "max", "argmax": 'op("argmax", limits: #true)'
    }  # fmt: skip

    # A space that is written takes the place of the one that Typst puts between two signs.
    near = dict.fromkeys(("[", "(", r"\(", "lr("), " thin") | dict.fromkeys(reductions.values(), " thin thin")

    def script(self, mark: str, text: str) -> str:
        return f"{mark}({text})"

    def accent(self, mark: str, text: str) -> str:
        return f"{mark}({text})"

    def italic(self, name: str) -> str:
        return f"italic({typst_string(name)})"

    def upright(self, name: str) -> str:
        return typst_string(name)

    def greek(self, name: str) -> str:
        return _GREEK.get(name, name)

    def roman(self, name: str) -> str:
        return f"op({typst_string(name)})"

    def spelling(self, function: ScalarFunction) -> str | None:
        return function.typst

    def below(self, index: str, extent: str) -> str:
        return f"{index} < {extent}"

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        rows = [*(f'{value} quad "if" {condition}' for value, condition in cases), f'{otherwise} quad "otherwise"']
        return f"cases({', '.join(rows)})"

    def quotient(self, numerator: str, divisor: str) -> str:
        return f"floor({numerator} \\/ {divisor})"

    def remainder(self, numerator: str, divisor: str) -> str:
        return f"({numerator} mod {divisor})"

    def inside(self, value: str, extent: str) -> str:
        return f"0 <= {value} < {extent}"

    def divides(self, divisor: str, value: str) -> str:
        return f"{divisor} divides {value}"

    def rate(self, variable: str) -> str:
        letter, index, rest = variable.partition("_")  # the dot stands over the letter alone
        return f"dot({letter}){index}{rest}"

    def product(self, factors: Sequence[str]) -> str:
        return " thin ".join(factors)

    def sized_brackets(self, text: str) -> tuple[str, str]:
        return (r"lr(size: #2.4em, \()", r"lr(size: #2.4em, \))") if self.is_high(text) else (r"\(", r"\)")

    def fraction(self, top: str, bottom: str) -> str:
        return f"frac({self.unbracketed(top)}, {self.unbracketed(bottom)})"

    def power(self, base: str, exponent: str) -> str:
        # A class of its own keeps the exponent apart from the scripts of the base.
        base = self.base(base)
        return f'class("normal", {base})^({exponent})' if "_" in base or "^" in base else f"{base}^({exponent})"

    def root(self, argument: str) -> str:
        return f"sqrt({argument})"

    def brackets(self, text: str) -> str:
        return f"({text})"

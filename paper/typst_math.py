"""Mathematics in Typst's notation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from sympy import Symbol

from dyadic.symbolic.expressions import Element, Reduction
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.printing import COST_OWNERS, Printer
from dyadic.symbolic.tensor_names import NameRole, Owner, Placeholder


def typst_string(text: str) -> str:
    """A Typst string literal: user text that can contain anything."""
    return json.dumps(text, ensure_ascii=False)


class TypstPrinter(Printer):
    """``W^"hidden"_(i j)``, ``sum_(j < 64)``; ``aliases`` shortens long names."""

    def __init__(self, aliases: Mapping[str, str] | None = None, named: Iterable[str] = ()) -> None:
        super().__init__(named)
        self.aliases = aliases or {}

    def entry(self, node: Element) -> str:
        name, own = node.name, self.goes_by_own_name(node.name)
        base = str(name.owner) if own else name.letter
        letter = self.own_name(base) if own else self.letter(base)
        if name.role is not NameRole.PLAIN:
            short, long = {NameRole.ADJOINT: ("macron", "overline"), NameRole.CHOICE: ("hat", "hat")}[name.role]
            letter = f"{short if len(base) == 1 else long}({letter})"
        owner = "" if own or name.owner in COST_OWNERS else f"^({self.owner(name.owner)})"
        plain = all(isinstance(index, Symbol) for index in node.indices)
        indices = (" " if plain else ", ").join(self(index) for index in node.indices)
        return letter + owner + (f"_({indices})" if indices else "")

    def letter(self, kind: str) -> str:
        return kind if len(kind) == 1 else f"italic({typst_string(kind)})"

    def own_name(self, name: str) -> str:
        name = self.aliases.get(name, name)
        return name if len(name) == 1 and name.isascii() and name.isalpha() else typst_string(name)

    def owner(self, name: Owner) -> str:
        if isinstance(name, Placeholder):
            return self.symbol(name.letter)
        return typst_string(self.aliases.get(name, name))

    def function(self, name: str, order: int, argument: str) -> str:
        known = FUNCTIONS.get(name)
        head = (known.typst if known else None) or f"op({typst_string(name)})"
        return f"{head}{chr(39) * order}({argument})"

    def reduction(self, node: Reduction, body: str) -> str:
        under = f"_({self.symbol(node.index.name)} < {self(node.extent)})"
        names = {
            "sum": "sum",
            "logsumexp": 'op("LSE", limits: #true)',
            "max": "max",
            "argmax": 'op("argmax", limits: #true)',
        }
        return f"{names[node.kind]}{under} {body}"

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

    def symbol(self, name: str) -> str:
        if name.endswith("'"):
            return self.symbol(name[:-1]) + "'"
        base, separator, index = name.partition("_")
        if separator and base and index:
            return f"{self.symbol(base)}_({index if len(index) == 1 else self.symbol(index)})"
        if name == "pi" or len(name) == 1:
            return name
        letters = name.rstrip("0123456789")
        if len(letters) == 1:
            return f"{letters}_({name[1:]})"
        return f"italic({typst_string(name)})"

    def rate(self, variable: str) -> str:
        return f"dot({variable})"

    def product(self, factors: Sequence[str]) -> str:
        return " thin ".join(factors)

    def fraction(self, top: str, bottom: str) -> str:
        return f"frac({top}, {bottom})"

    def power(self, base: str, exponent: str) -> str:
        # A class of its own keeps the exponent apart from the scripts of the base.
        return f'class("normal", {base})^({exponent})' if "_" in base else f"{base}^({exponent})"

    def root(self, argument: str) -> str:
        return f"sqrt({argument})"

    def brackets(self, text: str) -> str:
        return f"({text})"

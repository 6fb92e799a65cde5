"""The document tree: what an appendix says, before any typesetting language.

Mathematics is held as expressions and printed by each back end with its own printer, so that no equation is
ever converted from one language to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sympy import Expr

from dyadic.symbolic.expressions import Definition

# -- formulas of the general theory ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Subscripted:
    """``base`` with a subscript; ``upper`` a superscript."""

    base: Formula
    index: Formula = ""
    upper: Formula = ""


@dataclass(frozen=True)
class Fraction:
    top: Formula
    bottom: Formula


@dataclass(frozen=True)
class BigSum:
    under: Formula
    body: Formula


@dataclass(frozen=True)
class Words:
    """Upright text inside a formula."""

    text: str


Formula: TypeAlias = "str | Expr | Subscripted | Fraction | BigSum | Words | tuple[Formula, ...]"
"""A string is a symbol (letters, Greek by name) or an operator such as ``=``, ``<-``, ``<``, ``partial``."""

# -- text ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Math:
    formula: Formula


@dataclass(frozen=True)
class Cite:
    key: str


Span = str | Code | Math | Cite


@dataclass(frozen=True)
class Paragraph:
    spans: tuple[Span, ...]
    lead: str = ""


@dataclass(frozen=True)
class Display:
    """A numbered formula of the general theory."""

    formula: Formula


@dataclass(frozen=True)
class EquationBlock:
    """A numbered equation of the network with the intermediates it uses; ``tag`` and ``hash`` identify it.

    gradient: print the left-hand side as dE/dW rather than as the adjoint of W.
    """

    lines: tuple[Definition, ...]
    tag: str = ""
    hash: str = ""
    gradient: bool = False


@dataclass(frozen=True)
class Theorem:
    kind: Literal["Theorem", "Proposition", "Remark", "Proof"]
    body: tuple[Paragraph | Display, ...]
    title: str = ""


@dataclass(frozen=True)
class Table:
    """``widths``: the columns' shares of the line."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True)
class Algorithm:
    title: str
    lines: tuple[tuple[int, tuple[Span, ...]], ...]


Block = Paragraph | Display | EquationBlock | Theorem | Table | Algorithm


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """aliases: what stands for names that are too long for a formula.  named: inputs written under their own name."""

    title: str
    label: str
    sections: tuple[Section, ...]
    aliases: dict[str, str]
    named: frozenset[str]


@dataclass(frozen=True)
class Reference:
    key: str
    text: str
    identifier: str


REFERENCES = (
    Reference(
        "dyadic:scurria",
        "A. E. Scurria. Backpropagation as Physical Relaxation: Exact Gradients in Finite Time. 2026.",
        "arXiv:2602.02281",
    ),
    Reference(
        "dyadic:galley",
        "C. R. Galley. Classical Mechanics of Nonconservative Systems. Physical Review Letters 110, 174301, 2013.",
        "arXiv:1210.2745",
    ),
)

"""The document tree: what an appendix says, before any typesetting language.

Mathematics is held as expressions and printed by each back end with its own printer, so that no equation is
ever converted from one language to another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from sympy import Expr

from dyadic.paper.drawing import Drawing
from dyadic.paper.glyphs import Notation
from dyadic.paper.meanings import Glyph
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
    """The name of an operator, upright in a formula."""

    text: str


@dataclass(frozen=True)
class Bracketed:
    """A formula in brackets as high as it is."""

    formula: Formula


@dataclass(frozen=True)
class Unbroken:
    """What stays on one line of running text."""

    formula: Formula


Formula: TypeAlias = (
    "str | Expr | Glyph | Bracketed | Unbroken | Subscripted | Fraction | BigSum | Words | tuple[Formula, ...]"
)
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


@dataclass(frozen=True)
class Refs:
    """The numbers of formulas, by their keys, behind the words that name what they are; of those that are shown."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class OtherLetters:
    """Characters of a script that not every format has letters of: as they are, or by their numbers in Unicode."""

    text: str

    @property
    def points(self) -> str:
        return " ".join(f"U+{ord(character):04X}" for character in self.text)


Span = str | Code | Math | Cite | Refs | OtherLetters


@dataclass(frozen=True)
class Paragraph:
    """claim: by which the certificate knows what the paragraph states, here and below."""

    spans: tuple[Span, ...]
    lead: str = ""
    claim: str = ""


@dataclass(frozen=True)
class Display:
    """A formula of the general theory; numbered where it has a ``key``, by which :class:`Refs` cites it."""

    formula: Formula
    key: str = ""


@dataclass(frozen=True)
class EquationBlock:
    """An equation of the network, or of a layer kind, behind the intermediates it uses.

    tag: by which it is known in the certificate; it stands where others have a number.
    gradients: of how many lines at the end the left-hand side is printed as dE/dW rather than as the adjoint of W.
    kind: the layer type, for the equations of a kind.
    """

    lines: tuple[Definition, ...]
    tag: str = ""
    gradients: int = 0
    kind: str = ""


@dataclass(frozen=True)
class Theorem:
    kind: Literal["Theorem", "Claim", "Proposition", "Remark", "Proof"]
    body: tuple[Paragraph | Display, ...]
    title: str = ""
    key: str = ""
    claim: str = ""


@dataclass(frozen=True)
class Table:
    """``widths``: the columns' shares of the line.  claims: those of each row, where rows are claims."""

    caption: str
    head: tuple[tuple[Span, ...], ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    widths: tuple[int, ...]
    claims: tuple[tuple[str, ...], ...] = ()


def two_to_a_row(
    pairs: Sequence[tuple[tuple[Span, ...], tuple[Span, ...]]],
) -> tuple[tuple[tuple[Span, ...], ...], ...]:
    """The rows of a table that lists pairs of cells in two columns, one below the other."""
    half = -(-len(pairs) // 2)
    blank: tuple[Span, ...] = ("",)
    left, right = pairs[:half], [*pairs[half:], (blank, blank)][:half]
    return tuple((*one, *two) for one, two in zip(left, right, strict=True))


@dataclass(frozen=True)
class Algorithm:
    title: str
    lines: tuple[tuple[int, tuple[Span, ...]], ...]


@dataclass(frozen=True)
class Picture:
    """settled: of every vertex the steps after which x and s are exact, where the columns of the drawing are steps.

    wide: that it needs the width of a page; it stands at the top of one, if it can be read there.
    """

    drawing: Drawing
    caption: tuple[Span, ...]
    settled: tuple[tuple[str, int, int], ...] = ()
    wide: bool = False


Block = Paragraph | Display | EquationBlock | Theorem | Table | Algorithm | Picture


@dataclass(frozen=True)
class Section:
    """name: by which it is chosen."""

    title: str
    blocks: tuple[Block, ...]
    name: str = ""


@dataclass(frozen=True)
class Document:
    """notation: what everything is called.  aliases: what stands for names that are too long for a formula.

    named: inputs that are written under their own name.
    claims: the certificate's entries, and ``digest`` its hash.  hashes: of the equations, by their tags.
    """

    title: str
    label: str
    sections: tuple[Section, ...]
    notation: Notation
    aliases: dict[str, str]
    named: frozenset[str]
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    digest: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)

    def without(self, names: Collection[str]) -> Document:
        """The document without these sections."""
        return replace(self, sections=tuple(section for section in self.sections if section.name not in names))


@dataclass(frozen=True)
class Reference:
    """journal: where it appeared, with volume and page; empty for a preprint."""

    key: str
    authors: str
    title: str
    year: int
    arxiv: str
    journal: str = ""
    volume: str = ""
    pages: str = ""

    @property
    def text(self) -> str:
        place = f" {self.journal} {self.volume}, {self.pages}," if self.journal else ""
        return f"{self.authors}. {self.title}.{place} {self.year}. arXiv:{self.arxiv}."


REFERENCES = (
    Reference(
        "dyadic:scurria",
        "A. E. Scurria",
        "Backpropagation as Physical Relaxation: Exact Gradients in Finite Time",
        2026,
        "2602.02281",
    ),
    Reference(
        "dyadic:galley",
        "C. R. Galley",
        "Classical Mechanics of Nonconservative Systems",
        2013,
        "1210.2745",
        "Physical Review Letters",
        "110",
        "174301",
    ),
)


def reference_number(key: str) -> int:
    """Which of the references it is, counted from 1."""
    return 1 + [reference.key for reference in REFERENCES].index(key)

"""Mathematics in MathML: a printer of the same tree as for the other formats, and the assembly of what it prints.

What the printer yields is MathML but for three things, which :func:`assemble` settles: scripts stand behind their base
as ``<sub>`` and ``<sup>``, what takes its subscript below itself is ``<big>``, and letters, numbers and operators may
stand bare.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import fromstring

from dyadic.paper.meanings import GREEK
from dyadic.paper.symbols import NotationPrinter
from dyadic.symbolic.expressions import Element
from dyadic.symbolic.functions.scalar import ScalarFunction
from dyadic.symbolic.tensor_names import Name, NameRole, Placeholder

TIMES = '<mo lspace="0.08em" rspace="0.08em">\u2062</mo>'
"""A product without a sign; the characters of invisible operators are those of Unicode."""


_HIGH = ("<mfrac", "<big", "<mtable", "<msqrt")
_STAYS = ' stretchy="false"'


class MathmlPrinter(NotationPrinter):
    tall = ("<big>",)
    dot = "·"
    high = _HIGH
    bracket_marks = r">(\()</mo>|>\)</mo>"
    relations = {"<": "&lt;", ">": "&gt;", "<=": "≤", ">=": "≥"}
    pi = "π"
    accents = {NameRole.ADJOINT: ("¯", "¯"), NameRole.CHOICE: ("^", "^")}
    reductions = {
        "sum": "<big>∑</big>", "logsumexp": "<big>LSE</big>", "max": "<big>max</big>", "argmax": "<big>argmax</big>"
    }  # fmt: skip

    near = dict.fromkeys(
        ("<mrow><mo>", f"<mrow><mo{_STAYS}>", *reductions.values()), '<mspace width="0.17em"></mspace>'
    )

    def entry(self, node: Element) -> str:
        """An entry of a tensor, which says what it is."""
        said = self._said(node.name)
        return f'<mrow data-say="{escape(said)}">{super().entry(node)}</mrow>' if said else super().entry(node)

    def _said(self, name: Name) -> str:
        owner = "" if isinstance(name.owner, Placeholder) else str(name.owner)
        what = (
            "parameter" if self.goes_by_own_name(name) else self.notation.glyph(name.letter, owner, self.kind).meaning
        )
        accent = {NameRole.PLAIN: "", NameRole.ADJOINT: "adjoint of: ", NameRole.CHOICE: "place of: "}[name.role]
        return f"{accent}{what}{f' ({owner})' if owner else ''}" if what else ""

    def script(self, mark: str, text: str) -> str:
        tag = "sup" if mark == "^" else "sub"
        return f"<{tag}>{text}</{tag}>"

    def accent(self, mark: str, text: str) -> str:
        # As an accent it would touch the letter in some fonts.
        return f'<mover accent="false"><mrow>{text}</mrow><mo stretchy="true">{mark}</mo></mover>'

    def italic(self, name: str) -> str:
        return f'<mi class="word">{escape(name)}</mi>'

    def upright(self, name: str) -> str:
        return f"<mtext>{escape(name)}</mtext>"

    def greek(self, name: str) -> str:
        # Capitals stand upright, as in the other formats.
        return f'<mi mathvariant="normal">{GREEK[name]}</mi>' if name[0].isupper() else GREEK[name]

    def roman(self, name: str) -> str:
        return f'<mi mathvariant="normal">{escape(name)}</mi>'

    def spelling(self, function: ScalarFunction) -> str | None:
        return None

    def below(self, index: str, extent: str) -> str:
        return f"{index} &lt; {extent}"

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        rows = [
            *((value, f'<mtext>if</mtext><mspace width="0.25em"></mspace>{said}') for value, said in cases),
            (otherwise, "<mtext>otherwise</mtext>"),
        ]
        inner = "".join(f"<mtr><mtd>{value}</mtd><mtd>{said}</mtd></mtr>" for value, said in rows)
        return f'<mrow><mo>{{</mo><mtable class="cases">{inner}</mtable></mrow>'

    def quotient(self, numerator: str, divisor: str) -> str:
        return f"<mrow><mo{_STAYS}>⌊</mo>{numerator} / {divisor}<mo{_STAYS}>⌋</mo></mrow>"

    def remainder(self, numerator: str, divisor: str) -> str:
        return self.brackets(f"{numerator}<mo>mod</mo>{divisor}")

    def inside(self, value: str, extent: str) -> str:
        return f"0 ≤ {value} &lt; {extent}"

    def divides(self, divisor: str, value: str) -> str:
        return f"{divisor} ∣ {value}"

    def condition(self, text: str) -> str:
        return _bracketed("[", text, "]")

    def rate(self, variable: str) -> str:
        letter, index, rest = variable.partition("<sub>")
        return self.accent("˙", letter) + index + rest

    def product(self, factors: Sequence[str]) -> str:
        return TIMES.join(factors)

    def sized_brackets(self, text: str) -> tuple[str, str]:
        grows = "" if self.is_high(text) else _STAYS
        return f'<mo form="prefix"{grows}>(</mo>', f'<mo form="postfix"{grows}>)</mo>'

    def fraction(self, top: str, bottom: str) -> str:
        return f"<mfrac><mrow>{self.unbracketed(top)}</mrow><mrow>{self.unbracketed(bottom)}</mrow></mfrac>"

    def power(self, base: str, exponent: str) -> str:
        return f"<mrow>{self.base(base)}</mrow><sup>{exponent}</sup>"

    def root(self, argument: str) -> str:
        return f"<msqrt><mrow>{argument}</mrow></msqrt>"

    def brackets(self, text: str) -> str:
        return _bracketed("(", text, ")")


def _bracketed(left: str, text: str, right: str) -> str:
    """Brackets that grow with what is tall; Chromium sets those that may grow wider even where they do not."""
    grows = "" if any(part in text for part in _HIGH) else _STAYS
    return f"<mrow><mo{grows}>{left}</mo>{text}<mo{grows}>{right}</mo></mrow>"


# -- assembly ----------------------------------------------------------------------------------------------------------


@dataclass
class _Item:
    """A base with its scripts; below: that a subscript stands under it."""

    base: str
    below: bool = False
    sub: str = ""
    sup: str = ""

    def __str__(self) -> str:
        match bool(self.sub), bool(self.sup):
            case True, True:
                return f"<msubsup>{self.base}{self.sub}{self.sup}</msubsup>"
            case True, False:
                tag = "munder" if self.below else "msub"
                return f"<{tag}>{self.base}{self.sub}</{tag}>"
            case False, True:
                return f"<msup>{self.base}{self.sup}</msup>"
        return self.base


_LEAVES = frozenset({"mi", "mo", "mn", "mtext"})
_BARE = re.compile(r"\d+(?:\.\d+)?|'+|\S")
_OPENS = re.compile(r"^<mo[ >][^<]*(?<![)\]⌋⟩|])</mo>$")
"""An operator behind which a minus is a sign."""
_AS_BARE = {"/": ' lspace="0" rspace="0"', **dict.fromkeys("()[]|⟨⟩", ' stretchy="false"')}
"""Brackets that stand bare in a formula do not grow with what stands outside of them."""
_OPERATORS = frozenset("=+−←∈∣≤≥<>()[]⌊⌋/,;:·⟨⟩|∂")


def assemble(text: str) -> str:
    """MathML elements from what the printer yields."""
    return "".join(map(str, _items(fromstring(f"<mrow>{text}</mrow>"))))


def _items(node: Node) -> list[_Item]:
    found: list[_Item] = []
    _bare(node.text or "", found)
    for child in node:
        if child.tag in ("sub", "sup"):
            script = _row(_items(child))
            if child.tag == "sub":
                found[-1].sub = script
            else:
                # A prime is a superscript too, and stands first.
                found[-1].sup = _row([_Item(found[-1].sup), _Item(script)]) if found[-1].sup else script
        else:
            found.append(_element(child))
        _bare(child.tail or "", found)
    return found


def _element(node: Node) -> _Item:
    if node.tag == "big":
        space = ' rspace="0.3em"' if len(node.text or "") > 1 else ""
        return _Item(f'<mo movablelimits="false"{space}>{escape(node.text or "")}</mo>', below=True)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attrib.items())
    if node.tag in _LEAVES:
        return _Item(f"<{node.tag}{attributes}>{escape(node.text or '')}</{node.tag}>")
    items = _items(node)
    if node.tag == "mrow" and not attributes:
        return _Item(_row(items))
    return _Item(f"<{node.tag}{attributes}>{''.join(map(str, items))}</{node.tag}>")


def _row(items: Sequence[_Item]) -> str:
    """One element."""
    return str(items[0]) if len(items) == 1 else f"<mrow>{''.join(map(str, items))}</mrow>"


def _bare(text: str, found: list[_Item]) -> None:
    """Letters, numbers and operators that stand bare, behind what is there already."""
    for token in _BARE.findall(text):
        if token[0] == "'":
            found[-1].sup = f'<mo class="prime">{"′" * len(token)}</mo>'
        elif token[0].isdigit():
            found.append(_Item(f"<mn>{token}</mn>"))
        elif token == "-":
            alone = not found or _OPENS.search(found[-1].base)
            found.append(_Item('<mo form="prefix">−</mo>' if alone else "<mo>−</mo>"))
        elif token in _OPERATORS:
            found.append(_Item(f"<mo{_AS_BARE.get(token, '')}>{escape(token)}</mo>"))
        elif token.isalpha():
            found.append(_Item(f"<mi>{token}</mi>"))
        else:
            raise ValueError(f"MathML: {token!r} is no letter, number or operator")

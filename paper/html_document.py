"""The HTML back end: one file that needs nothing else, with the certificate's entries where they are stated."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Any

from dyadic.paper.claims_graph import claims_graph
from dyadic.paper.document import (
    REFERENCES,
    Algorithm,
    Block,
    Display,
    Document,
    EquationBlock,
    Math,
    OtherLetters,
    Paragraph,
    Picture,
    Section,
    Span,
    Table,
    Theorem,
    reference_number,
)
from dyadic.paper.drawing import svg
from dyadic.paper.latex import StandaloneLatex
from dyadic.paper.mathml import MathmlPrinter, assemble
from dyadic.paper.prose import sentence
from dyadic.paper.render import TEMPLATES, Renderer, pieces_of_name
from dyadic.paper.transliteration import plain_name

_PARTIAL = '<mo lspace="0" rspace="0">∂</mo>'
_SYMBOLS = {
    "=": "=", "<-": "←", "in": "∈", "partial": _PARTIAL, "langle": "⟨",
    "rangle": "⟩", "dot": "·", "quad": '<mspace width="1em"/>', "top": "<mo>⊤</mo>", "sum": "<big>∑</big>",
    "<=": "≤", ">=": "≥", "<": "&lt;", ">": "&gt;", "|": '<mo stretchy="false" form="prefix">|</mo>',
    "||": '<mo stretchy="false" form="postfix">|</mo>',
}  # fmt: skip
ROW, CELL = "<row/>", "<cell/>"
_GRAPH = (
    "The claims. Shape: what they are to the theorem. Fill: what became of the proof. Border: dashed where a statement "
    "is about this network's sizes only. A claim leads to its entry."
)


class HtmlRenderer(Renderer):
    symbols = _SYMBOLS
    aligned = CELL
    new_row, times = f'{ROW}{CELL}<mspace width="1em"/>', "<mo>·</mo>"

    def __init__(self, document: Document, place: str = "") -> None:
        """place: what the names of places in this document begin with, where the page has several."""
        super().__init__(document)
        self.place = place
        self.printer = MathmlPrinter(document.notation, document.named, document.aliases)
        self._latex = StandaloneLatex(document)
        self._source = ""
        self._statements = 0

    def render(self) -> str:
        sections = [self._section(number, section) for number, section in enumerate(self.document.sections, 1)]
        return "\n".join([f"<h1>{escape(plain_name(self.document.title))}</h1>", *sections])

    def contents(self) -> str:
        return "".join(
            f'<li><a href="#{self.place}section-{number}">{escape(plain_name(section.title))}</a></li>'
            for number, section in enumerate(self.document.sections, 1)
        )

    def _section(self, number: int, section: Section) -> str:
        title = escape(plain_name(section.title))
        return (
            f'<section id="{self.place}section-{number}"><h2><span class="number">{number}</span> {title}</h2>\n'
            f"{self.blocks(section.blocks)}\n</section>"
        )

    def block(self, block: Block) -> str:
        if isinstance(block, Display | EquationBlock):
            self._source = self._latex.block(block)
        return super().block(block)

    # -- text ----------------------------------------------------------------------------------------------------------

    def text(self, text: str) -> str:
        return escape(plain_name(text))

    def code(self, text: str) -> str:
        return f"<code>{'<wbr>'.join(map(escape, pieces_of_name(plain_name(text))))}</code>"

    def inline(self, formula: str) -> str:
        # In a line of text what belongs below a sum stands beside it.
        beside = assemble(formula).replace('movablelimits="false"', 'movablelimits="true"')
        return f"<math>{beside}</math>"

    def spans(self, spans: Sequence[Span]) -> str:
        """A comma stays with the formula before it."""
        found, rest = "", list(spans)
        for k, span in enumerate(rest):
            following = rest[k + 1] if k + 1 < len(rest) else ""
            if isinstance(span, Math) and isinstance(following, str) and following[:1] in tuple(",.;:)"):
                found += f'<span class="kept">{self.span(span)}{following[0]}</span>'
                rest[k + 1] = following[1:]
            else:
                found += self.span(span)
        return found

    def other_letters(self, span: OtherLetters) -> str:
        """As they are: a browser has letters of every script.  A script may be written from the right."""
        return f'<bdi title="{span.points}">{escape(span.text)}</bdi>'

    def cite(self, key: str) -> str:
        number = reference_number(key)
        return f'<a href="#reference-{number}">[{number}]</a>'

    def ref(self, key: str) -> str:
        return f'<a href="#{self.place}equation-{escape(key)}">{self.numbers[key]}</a>'

    def paragraph(self, block: Paragraph) -> str:
        lead = f"<strong>{self.text(block.lead)}</strong> " if block.lead else ""
        # An entry can be opened, which no paragraph may hold.
        return f'<div class="paragraph">{lead}{self.spans(block.spans)}{self.badge([block.claim], own=True)}</div>'

    # -- formulas ------------------------------------------------------------------------------------------------------

    def words(self, text: str) -> str:
        return f'<mi class="operator">{escape(plain_name(text))}</mi>'

    def group(self, formula: str) -> str:
        return f"<mrow>{formula}</mrow>"

    unbroken = group

    def script(self, mark: str, formula: str) -> str:
        return self.printer.script(mark, formula)

    def partial(self, by: str) -> str:
        return self.printer.fraction(f"{_PARTIAL}E", f"{_PARTIAL}{by}")

    def relation(self, left: str, right: str) -> str:
        return f"{left}{CELL}= {right}"

    def beside(self, factor: str) -> str:
        return self.printer.product(["", factor])

    def display(self, rows: Sequence[str], key: str) -> str:
        number = f'<span class="tag">({self.numbers[key]})</span>' if key else ""
        return self.displayed(rows, number, f"equation-{key}" if key else "")

    def tagged(self, rows: Sequence[str], tag: str) -> str:
        if not tag:
            return self.displayed(rows, "", "")
        digest = self.document.hashes.get(tag, "")
        said = f' title="SHA-256 {digest}"' if digest else ""
        return self.displayed(rows, f'<code class="tag"{said}>{escape(plain_name(tag))}</code>', f"tag-{tag}")

    def displayed(self, rows: Sequence[str], mark: str, place: str) -> str:
        lines = [line.split(CELL) for row in rows for line in row.split(ROW)]
        if len(lines) == 1:
            inner = assemble("".join(lines[0]))
        else:
            cells = ["".join(f"<mtd>{assemble(cell)}</mtd>" for cell in line) for line in lines]
            inner = (
                f'<mtable class="aligned" displaystyle="true">{"".join(f"<mtr>{row}</mtr>" for row in cells)}</mtable>'
            )
        return (
            f'<div class="display"{f" id={chr(34)}{escape(self.place + place)}{chr(34)}" if place else ""}>'
            f'<div class="formula"><math display="block">{inner}</math></div>{mark}'
            f'<button type="button" class="copy" data-latex="{escape(self._source)}" '
            f'aria-label="Copy the LaTeX of this formula">LaTeX</button></div>'
        )

    # -- statements and their verdicts ---------------------------------------------------------------------------------

    def theorem(self, block: Theorem) -> str:
        body, badge = self.blocks(block.body), self.badge([block.claim])
        if block.kind == "Proof":
            return f'<div class="proof"><em>Proof.</em>{badge}\n{body}<div class="end">□</div></div>'
        self._statements += 1
        title = f"{block.kind} {self._statements}"
        return (
            f'<div class="statement"><h3>{title} <span class="title">({self.text(block.title)})</span>{badge}</h3>\n'
            f"{body}</div>"
        )

    def badge(self, names: Sequence[str], own: bool = False) -> str:
        """The verdict on these claims, which opens their entries in the certificate; nothing for claims it lacks.

        own: nor for claims about other layers than this network's own.
        """
        entries = [self.document.claims[name] for name in names if name in self.document.claims]
        entries = [entry for entry in entries if not own or entry["numbers"].get("own", 1)]
        if not entries:
            return ""
        verdicts = [entry["verdict"] for entry in entries]
        verdict = next((v for v in ("refuted", "undecided") if v in verdicts), verdicts[0])
        many = f" ({len(entries)})" if len(entries) > 1 else ""
        inner = "".join(map(self._entry, entries))
        return (
            f'<details class="claim {verdict}"><summary>{verdict}{many}</summary>'
            f'<div class="entries">{inner}</div></details>'
        )

    def _entry(self, claim: Mapping[str, Any]) -> str:
        counterexample = claim["counterexample"]
        rows = {
            "claim": self.code(claim["id"]),
            "statement": self.spans(sentence(claim["statement"])),
            "verdict": escape(claim["verdict"]),
            "method": self.text(claim["method"]),
            "because": self.text(claim["reason"] or ""),
            "under": self.text("; ".join(claim["hypotheses"])),
            "trusts": self.text("; ".join(claim["trusted"])),
            "counterexample": self.code(str(counterexample)) if counterexample else "",
        }
        return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in rows.items() if value)}</dl>"

    # -- tables, algorithms, pictures ----------------------------------------------------------------------------------

    def table(self, block: Table) -> str:
        head = "".join(f'<th scope="col">{self.spans(title)}</th>' for title in block.head)
        places = [f' id="{self._anchor(claims)}"' for claims in block.claims] or [""] * len(block.rows)
        rows = "".join(
            f"<tr{place}>{''.join(f'<td>{cell}</td>' for cell in self._cells(block, number))}</tr>\n"
            for number, place in enumerate(places)
        )
        return (
            f'{self._graph(block)}<div class="scroll"><table><caption>{self.text(block.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _graph(self, block: Table) -> str:
        """The graph of claims above their table."""
        anchors = {name: self._anchor(claims) for claims in block.claims for name in claims}
        drawn = claims_graph([self.document.claims[name] for name in anchors], anchors) if anchors else ""
        return f"<figure>{drawn}<figcaption>{_GRAPH}</figcaption></figure>" if drawn else ""

    def _anchor(self, claims: Sequence[str]) -> str:
        """Where the entries of a row of claims stand."""
        return (
            f"{self.place}claim-{re.sub(r'[^A-Za-z0-9]+', '-', claims[0])}-{sha256(claims[0].encode()).hexdigest()[:6]}"
        )

    def _cells(self, block: Table, number: int) -> list[str]:
        cells = [self.spans(cell) for cell in block.rows[number]]
        if block.claims:
            cells[1] = self.badge(block.claims[number])
        return cells

    def algorithm(self, block: Algorithm) -> str:
        lines = "".join(f'<li class="level-{level}">{self.spans(spans)}</li>' for level, spans in block.lines)
        return f'<div class="algorithm"><h3>{self.text(block.title)}</h3><ol>{lines}</ol></div>'

    def picture(self, block: Picture) -> str:
        drawn, caption = svg(block.drawing), f"<figcaption>{self.spans(block.caption)}</figcaption>"
        if block.wide:
            return f'<figure class="wide"><div class="scroll">{drawn}</div>{caption}</figure>'
        if not block.settled or block.drawing.columns is None:
            return f"<figure>{drawn}{caption}</figure>"
        first, width = block.drawing.columns
        last = max(max(x, s) for _, x, s in block.settled)
        rows = ";".join(f"{x},{s},{escape(plain_name(name))}" for name, x, s in block.settled)
        return (
            f'<figure class="steps" data-first="{first:.3f}" data-width="{width:.3f}" data-settled="{rows}">{drawn}'
            f'<label>step <input type="range" min="0" max="{last}" value="{last}" step="1" '
            f'aria-describedby="{self.place}step-said"> <output>{last}</output></label>'
            f'<p class="step-said" id="{self.place}step-said" role="status"></p>{caption}</figure>'
        )


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def render_html(*documents: Document) -> str:
    """The page: it loads nothing and sends nothing, which its content security policy holds it to."""
    renderers = [HtmlRenderer(document, f"{k}-" if k else "") for k, document in enumerate(documents)]
    bodies = [renderer.render() for renderer in renderers]
    cited = {key for renderer in renderers for key in renderer.cited}
    parts = {
        "title": escape(plain_name(" and ".join(document.title for document in documents))),
        "style": _template("page.css"),
        "font": b64encode((TEMPLATES / "stix-two-math.woff2").read_bytes()).decode("ascii"),
        "script": _template("page.js"),
        "contents": "".join(f"<ol>{renderer.contents()}</ol>" for renderer in renderers),
        "digest": " ".join(f"<code>{escape(document.digest)}</code>" for document in documents),
        "body": "\n".join(bodies),
        "references": "".join(
            f'<p id="reference-{number}">[{number}] {escape(reference.text)}</p>'
            for number, reference in enumerate(REFERENCES, 1)
            if reference.key in cited
        ),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _template("page.html"))

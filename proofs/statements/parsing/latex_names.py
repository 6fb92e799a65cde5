r"""Names in LaTeX: a letter with accents, a layer and indices in its scripts, in either order.

``\bar{z}^{\text{hidden}}_i`` is ``zbar_hidden[i]``; bold letters and arrows over them are letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dyadic.proofs.statements.parsing.latex_source import Cursor, LatexNode, content, is_transpose_sign
from dyadic.proofs.statements.parsing.tokens import Unreadable, quoted
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary
from dyadic.symbolic.latex_printing import latex_escape

ACCENTS = {
    r"\bar": "bar", r"\overline": "bar", r"\dot": "dot", r"\hat": "hat", r"\widehat": "hat", r"\tilde": "tilde",
    r"\widetilde": "tilde",
}  # fmt: skip
FONTS = (
    r"\text", r"\mathrm", r"\mathit", r"\operatorname", r"\operatorname*", r"\mathsf", r"\textrm", r"\mathbf",
    r"\boldsymbol", r"\bm", r"\mathcal", r"\vec", r"\textbf", r"\mathbb",
)  # fmt: skip
_OWNERS = (r"\text", r"\mathrm", r"\textrm", r"\mathit", r"\mathsf")
_GREEK = re.compile(
    r"alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi|psi"
    r"|omega|ell|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega"
)
_FONT = re.compile(r"\\[a-z]+|[{}]")
_FUNCTIONS = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}
_WHOLE_WORDS = {"1": "ones", "I": "I", "tr": "trace"} | {
    w: w for w in ("diag", "trace", "softmax", "sum", "mean", "vec")
}
_WORDS = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", *_FUNCTIONS)


@dataclass(frozen=True)
class LatexName:
    """A name in the text notation, the nodes of its indices (None: it has none), and what follows them."""

    text: str
    indices: Sequence[LatexNode] | None = None
    after: str = ""


class Names:
    """Reads names; ``define``: the first may be one that is not known."""

    def __init__(self, vocabulary: Vocabulary, define: bool) -> None:
        self._vocabulary, self._define = vocabulary, define
        self._owners = {latex_escape(name): name for name in (*vocabulary.graph.parents, *vocabulary.graph.inputs)}
        self._owners |= {latex_escape(name): name for name in vocabulary.graph.costs}

    def read(self, cursor: Cursor) -> LatexName:
        """The name here.  Raises :class:`Unreadable` where there is none."""
        node = cursor.peek()
        accent, stem = self._base(cursor)
        if lettered := self._lettered(cursor, f"{stem}{accent}"):
            return lettered
        if below := self._named_below(cursor, f"{stem}{accent}"):
            return LatexName(f"{stem}{accent}{below}", self._scripts(cursor)[1])
        if f"{stem}{accent}" in self._vocabulary.author.families and (found := self._family(cursor, f"{stem}{accent}")):
            return found
        stem += self._variant(cursor, stem)
        if not accent and stem in self._vocabulary.functions and stem not in self._vocabulary.tensors:
            after = cursor.next
            primes = self._primes(cursor)
            if not self._owner_follows(cursor) or primes:
                return LatexName(stem + "'" * primes)
            cursor.next = after
        stem += self._number_before_owner(cursor)
        owner, indices = self._scripts(cursor)
        return self._named(accent, stem, owner, indices, node.at)

    def _variant(self, cursor: Cursor, stem: str) -> str:
        r"""What stands below the name of a function, or its prime, and belongs to it, as in GELU_{\text{tanh}}."""
        ahead = 1 if cursor.peek().text == "'" else 0
        if stem not in self._vocabulary.functions or cursor.peek(ahead).text != "_":
            return ""
        below = "".join(node.text.strip("{}") for node in content(cursor.peek(ahead + 1)) if node.text not in FONTS)
        if f"{stem}_{below}" not in self._vocabulary.functions:
            return ""
        place = cursor.next + ahead
        cursor.nodes = [*cursor.nodes[:place], *cursor.nodes[place + 2 :]]
        return f"_{below}"

    def _family(self, cursor: Cursor, stem: str) -> LatexName | None:
        """A quantity of the layer in its script, if there is one."""
        start, author = cursor.next, self._vocabulary.author
        name: str | None = None
        indices: Sequence[LatexNode] | None = None
        while cursor.is_at("_", "^"):
            back, mark = cursor.next, cursor.take().text
            inner = content(cursor.argument())
            written = "".join(node.text for node in inner)
            layer = written.removesuffix("T")
            with_sign = mark == "^" and written.endswith((")T", "]T")) and not self._vocabulary.knows("T")
            if with_sign and name is None and author.families[stem].mark == "^" and author.is_layer(layer):  # W^{(l)T}
                sign = LatexNode("symbol", "^", inner[-1].at), inner[-1]
                cursor.nodes = [*cursor.nodes[: cursor.next], *sign, *cursor.nodes[cursor.next :]]
                written = layer
            if mark == author.families[stem].mark and name is None and author.is_layer(written):
                name = author.named(stem, written, self._vocabulary.tensors)
            elif mark == "_" and indices is None:
                indices = inner
            else:
                cursor.next = back
                break
        if name is None:
            cursor.next = start
            return None
        return LatexName(name, indices)

    def _lettered(self, cursor: Cursor, stem: str) -> LatexName | None:
        """A name that goes by the letters of its indices: a_j of one layer, a_k of another one."""
        if not self._vocabulary.author.lettered:
            return None
        if not cursor.is_at("_"):
            return None if self._owner_follows(cursor) else self._own_lettered(cursor, stem, "", [])
        if cursor.peek(2).text == "^" and any(node.text == "(" for node in content(cursor.peek(3))):
            return None  # a layer
        nodes = [node for node in content(cursor.peek(1)) if node.text.strip(", ")]
        written = "".join(node.text for node in nodes)
        name, letters = self._vocabulary.author.lettered.get(f"{stem}_{written}", ("", ()))
        if not name:
            return self._own_lettered(cursor, stem, written, nodes)
        if len(nodes) != len(letters):
            return None
        if name not in self._vocabulary.tensors or sorted(letters) != sorted(written):
            raise Unreadable(cursor.peek().at, f"{name} is no quantity of this network, or has other indices")
        cursor.next += 2
        self._define = False
        return LatexName(name, [nodes[written.index(letter)] for letter in letters])

    def _own_lettered(self, cursor: Cursor, stem: str, written: str, nodes: Sequence[LatexNode]) -> LatexName | None:
        """A quantity of the claim's own with another letter than it is defined with, where letters tell layers."""
        known, author = self._vocabulary, self._vocabulary.author
        others = [letters for letters, name in author.letters_of(stem).items() if known.defined_here(name)]
        is_apart = any(author.apart(other, written) for other in others)
        if not is_apart and len(others) < 2:
            return None
        if self._define and is_apart:
            self._define = False
            cursor.next += 2
            return LatexName(f"{stem}_{written}", nodes)
        problem = f"{stem} is defined with {' and with '.join(others)}, and letters tell layers: write one of these"
        raise Unreadable(cursor.peek().at, problem)

    def _named_below(self, cursor: Cursor, stem: str) -> str:
        r"""What stands below a letter, if the author gave the two a name, as W_{hh} or d_k have; else nothing."""
        below, after = "", 0
        if cursor.is_at("_"):
            below = _FONT.sub("", "".join(node.text for node in content(cursor.peek(1)))).strip()
            below, after = f"_{below}", 2
        squared = cursor.peek(after).text == "^" and cursor.peek(after + 1).text.strip() == "2"
        if squared and f"{stem}{below}2" in self._vocabulary.author.plain:
            below, after = f"{below}2", after + 2
        if not below or f"{stem}{below}" not in self._vocabulary.author.plain:
            return ""
        cursor.next += after
        return below

    def is_quantity(self, word: str, script: LatexNode | None = None) -> bool:
        """Whether a letter is a quantity by itself, or that of the layer that stands in a script above it."""
        owner = None if script is None else self._owner(content(script), subscript=False)[0]
        return word in self._vocabulary.tensors or (owner is not None and f"{word}_{owner}" in self._vocabulary.tensors)

    def _named(
        self, accent: str, stem: str, owner: str | None, indices: Sequence[LatexNode] | None, at: int
    ) -> LatexName:
        known, tail = self._vocabulary.tensors, "" if owner is None else f"_{owner}"
        if accent == "dot":
            return LatexName(f"d{stem}{tail}", indices, "/dt")
        name = f"{stem}{accent}{tail}"
        if accent == "hat" and f"arg{stem}{tail}" in known:
            name = f"arg{stem}{tail}"
        digits = "".join(node.text for node in indices or ())
        if name in known:
            self._define = False
            return LatexName(name, indices)
        if self._define:
            self._define = False
            return LatexName(name, indices)
        if owner is None and not accent and stem in _WHOLE_WORDS and not indices:
            return LatexName(_WHOLE_WORDS[stem])
        if stem == "delta" and not accent and owner is None and indices:
            return LatexName("delta", indices)
        if stem in self._vocabulary.numbers and owner is None and not accent and indices is None:
            return LatexName(stem)
        if stem == "ell" and stem not in self._vocabulary.functions:
            stem = "l"
        plain = owner is None and not accent and (indices is None or digits.isdigit())
        if plain and (stem in self._vocabulary.sizes or re.fullmatch("[a-z]", stem)):
            return LatexName(stem + digits)
        raise Unreadable(at, f"{quoted(name)} is no quantity of this network")

    def _base(self, cursor: Cursor) -> tuple[str, str]:
        """The accent (or nothing) and the letter or word."""
        node = cursor.take()
        if node.text in ACCENTS and node.kind == "command":
            inner = Cursor(content(cursor.argument()), cursor.end)
            accent, stem = self._base(inner)
            while inner.next < len(inner.nodes):  # a number below the letter
                rest = inner.take()
                if rest.text not in "_" and rest.kind != "number" and not rest.text.isdigit():
                    raise Unreadable(rest.at, "one letter under an accent")
                stem += rest.text.strip("_")
            if accent:
                raise Unreadable(node.at, "one accent at a time")
            return ACCENTS[node.text], stem
        if node.kind == "command" and node.text in FONTS:
            return "", self._word(cursor.argument())
        if node.kind == "command" and (node.text[1:] in _WORDS or _GREEK.fullmatch(node.text[1:])):
            return "", _FUNCTIONS.get(node.text[1:], node.text[1:])
        if node.kind == "letter":
            return "", node.text
        raise Unreadable(node.at, f"{quoted(node.text)} is not understood" if node.text else "a quantity is missing")

    def _word(self, node: LatexNode) -> str:
        """The letters of a group, or the Greek letter that it holds."""
        inner, text = content(node), node.text.strip()
        if len(inner) == 1 and inner[0].kind == "command" and text not in self._owners:
            return self._base(Cursor(inner, node.at))[1]
        return self._owners.get(text, text.replace(r"\_", "_"))

    def _primes(self, cursor: Cursor) -> int:
        count = 0
        while True:
            if cursor.is_at("'", r"\prime"):
                cursor.take()
                count += 1
            elif cursor.is_at("^") and [n.text for n in content(cursor.peek(1))] == [r"\prime"]:
                cursor.next += 2
                count += 1
            else:
                return count

    # -- scripts

    def _owner_follows(self, cursor: Cursor) -> bool:
        return cursor.is_at("^") and self._owner(content(cursor.peek(1)), subscript=False)[0] is not None

    def _number_before_owner(self, cursor: Cursor) -> str:
        """A kind such as m2 is printed with its number below: m_{2}^{\\text{pool}}_{i}."""
        if not cursor.is_at("_") or cursor.peek(2).text != "^":
            return ""
        text = cursor.peek(1).text.strip()
        if not text.isdigit() or self._owner(content(cursor.peek(3)), subscript=False)[0] is None:
            return ""
        cursor.next += 2
        return text

    def _scripts(self, cursor: Cursor) -> tuple[str | None, Sequence[LatexNode] | None]:
        """The layer and the nodes of the indices, of which each stands in one script."""
        owner: str | None = None
        indices: Sequence[LatexNode] | None = None
        while cursor.is_at("_", "^"):
            back, mark = cursor.next, cursor.take().text
            inner = content(cursor.argument())
            found, rest = self._owner(inner, subscript=mark == "_")
            if mark == "_" and indices is None:
                owner = found or owner
                indices = rest or indices
            elif mark == "^" and owner is None and found is not None and not rest:
                owner = found
            else:
                cursor.next = back
                break
        return owner, indices

    def _owner(self, found: Sequence[LatexNode], subscript: bool) -> tuple[str | None, Sequence[LatexNode]]:
        """The layer named at the start of a script, and what follows it."""
        if not subscript and is_transpose_sign(found) and "T" not in self._owners:
            return None, ()
        if len(found) > 1 and found[0].text in _OWNERS and found[1].kind == "group":
            rest = found[2:]
            if subscript and found[0].text == r"\mathit" and found[1].text.strip() in self._vocabulary.sizes:
                return None, found  # an index expression that starts with a size
            while rest and rest[0].text == ",":
                rest = rest[1:]
            return self._word(found[1]), rest
        if subscript:
            return None, found
        if len(found) > 2 and found[0].text in ("(", "[") and found[-1].text in (")", "]"):
            inside = "".join(node.text for node in found[1:-1])
            return self._owners.get(inside), ()
        inside = "".join(node.text for node in found)
        return (self._owners.get(inside) if not inside.isdigit() else None), ()

"""The text notation: what ``dyadic derive`` prints, read back.

Names are recognised from the network's own (longest first), so a layer may be called anything.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from dyadic.proofs.statements.parsing.conditions import real_condition
from dyadic.proofs.statements.parsing.differentials import derivative, rate, slope
from dyadic.proofs.statements.parsing.grammar import parse
from dyadic.proofs.statements.parsing.index_ranges import read_reductions
from dyadic.proofs.statements.parsing.index_text import IndexReader, split
from dyadic.proofs.statements.parsing.integer_values import integer_quotient, remainder
from dyadic.proofs.statements.parsing.tokens import CLAIMED, DEEPEST, PI, Limits, Token, Unreadable, quoted, read_number
from dyadic.proofs.statements.semantics.vocabulary import LET, WRITTEN_REDUCTIONS, NamedTensor, Vocabulary

_NUMBER = re.compile(
    r"(?:\d+(?:\.\d+|\.(?!\*)(?=[-+=/),<>\]*\s]|$))?|(?<![\w)\]])\.\d+)(?:[eE][-+]?\d+(?![A-Za-z0-9_]))?"
)
_OPERATOR = re.compile(r"\*\*|<-|:=|\.\*|<=|>=|!=|[-+*/^(),=@<>\u00b7\u00d7\u2212\u2297\u2299\u2264\u2265\u2260]")
_SPELLING = {
    "**": "^", ":=": "=", "\u2212": "-", "\u2299": ".*", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=",
}  # fmt: skip
_SUBSCRIPT = re.compile(r"_?\s*\[")
_TRANSPOSED = re.compile(r"\^\s*(?:T(?![A-Za-z0-9_])|\(\s*T\s*\)|\u22a4)")
_CALL = re.compile(r"(sum|mean|norm|dot|diag|trace|softmax|vec|kron|einsum)\s*(?=\()")
_SPELLED = re.compile(r"""(["'])([A-Za-z]{0,9}(?:,\s*[A-Za-z]{0,9}){0,9}\s*(?:->\s*[A-Za-z]{0,9})?)\1""")
_CONSTANTS = {"ones": ["ones"], "I": ["eye"]}
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_DERIVATIVE = re.compile(r"(?:d\s*|\u2202\s*)([A-Za-z][A-Za-z0-9]*)\s*/\s*(?:d\s*|\u2202\s*)")
_BY = re.compile(r"\s*/\s*[d\u2202]\s*")
_RATE = re.compile(r"\s*/\s*d\s*t\b")
_REDUCTION = re.compile(rf"({'|'.join(WRITTEN_REDUCTIONS)})\s*\[")
_INDEX = re.compile(r"[a-z]\d*(?![A-Za-z0-9_(\[])")
_QUOTIENT = re.compile(r"floor\s*\(")


class TextReader:
    """Tokens of one formula.

    define: a name that is not known may stand first, as the one defined.  context: the text of which it is a part.
    """

    def __init__(
        self, source: str, vocabulary: Vocabulary, define: bool = False, limits: Limits = CLAIMED, context: str = ""
    ) -> None:
        if len(source) > limits.text:
            raise Unreadable(0, f"the formula is longer than {limits.text} characters")
        self._limits = limits
        self._source, self._vocabulary, self._define = source, vocabulary, define
        self._formula, self._whole, self._at, self._depth = source, context or source, 0, 0

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(name) for name in self._vocabulary.tensors}, reverse=True)

    @cached_property
    def _closed(self) -> dict[int, int]:
        """Where each round bracket is closed, of those that are and that stand around a remainder or a quotient."""
        found: dict[int, int] = {}
        opened: list[int] = []
        if "mod" not in self._whole and "floor" not in self._whole:
            return found
        for at, letter in enumerate(self._formula):
            if letter == "(":
                opened.append(at)
            elif letter == ")" and opened:
                found[opened.pop()] = at
        return found

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        while True:
            before = self._at
            while self._source[self._at : self._at + 1].isspace():
                self._at += 1
            if self._at >= len(self._source):
                return [*found, Token("end", None, self._at)]
            broken, last = "\n" in self._source[before : self._at], len(found)
            found += self._some(first=not found)
            if broken and last and _multiplied(found[:last], found[last]):
                raise Unreadable(found[last].position, "a line is no factor of the one before: write * or one line")

    def _some(self, first: bool) -> list[Token]:
        source, start = self._source, self._at
        # A name may start with digits (0.weight).
        if (match := _NUMBER.match(source, start)) and self._tensor(start) is None:
            self._at = match.end()
            return [Token("number", read_number(match[0], start, self._limits.digits), start)]
        if match := _TRANSPOSED.match(source, start):
            self._at = match.end()
            return [Token("transposed", None, start)]
        if token := self._subscript() or self._whole_number():
            return [token]
        if match := _SPELLED.match(source, start):
            self._at = match.end()
            return [Token("atom", ["spelled", match[2]], start)]
        if match := _OPERATOR.match(source, start):
            self._at = match.end()
            if match[0] == "<-" and not source[self._at : self._at + 1].isspace():
                raise Unreadable(start, "a <-b is doubtful: write a <- b, or a < -b")
            return [Token("operator", _SPELLING.get(match[0], match[0]), start)]
        if source[start] == "[":
            return [Token("atom", self._condition(), start)]
        if source[start] == "|":
            return self._modulus()
        if match := _REDUCTION.match(source, start):
            self._at = match.end() - 1
            return self._reductions(WRITTEN_REDUCTIONS[match[1]], start)
        for attempt in (self._derivative, self._rate, self._entry, self._delta, self._function, self._word):
            token = attempt()
            if token is not None:
                return [token]
        if first and self._define and not self._depth and (match := _IDENTIFIER.match(source, start)):
            self._at = match.end()
            return [Token("atom", ["entry", LET, match[0], self._indices(None)], start)]
        word = _IDENTIFIER.match(source, start)
        raise Unreadable(
            start,
            f"{quoted(word[0])} is no quantity of this network"
            if word
            else f"{quoted(source[start])} is not understood",
        )

    def _subscript(self) -> Token | None:
        """The indices of an entry of what stands in brackets: (W x)[i], softmax(x)[i]."""
        start = self._at
        match = _SUBSCRIPT.match(self._source, start)
        if match is None or not (match[0][0] == "_" or self._source[max(start - 1, 0)] == ")"):
            return None
        self._at = match.end() - 1
        inside, offset = self._bracketed("[", "]")
        if re.search(r"[<>=|\u2264\u2265\u2260]", inside):
            self._at = start
            return None
        return Token(
            "subscript", [IndexReader(*part, self._vocabulary).expression() for part in split(inside, offset)], start
        )

    def _whole_number(self) -> Token | None:
        """A remainder, or the integer part of a quotient of integers; None where none stands here."""
        start = self._at
        found = _QUOTIENT.match(self._source, start)
        if found is None and self._source[start] != "(":
            return None
        opening = start if found is None else found.end() - 1
        if self._closed.get(opening, len(self._source)) >= len(self._source):
            return None
        self._at, offset = self._closed[opening] + 1, opening + 1
        inside = self._source[offset : self._at - 1]
        if found is not None:
            node = integer_quotient(self._source[start : self._at], start, self._vocabulary)
        else:
            node = remainder(inside, offset, self._vocabulary, self._part)
        if node is None:
            self._at = start
            return None
        return Token("atom", node, start)

    def _bracketed(self, opening: str, closing: str) -> tuple[str, int]:
        """The text between the bracket here and the one that closes it, and where it starts."""
        depth, start = 0, self._at
        for at in range(start, len(self._source)):
            letter = self._source[at]
            depth += (letter == opening) - (letter == closing)
            if depth == 0:
                self._at = at + 1
                return self._source[start + 1 : at], start + 1
        raise Unreadable(start, "this bracket is not closed")

    def _reductions(self, kind: str, start: int) -> list[Token]:
        inside, offset = self._bracketed("[", "]")
        heads = read_reductions(kind, split(inside, offset), self._vocabulary)
        return [Token("reduction", head, start) for head in heads]

    def _condition(self) -> Any:
        """A bracket: between integers if it can be read so, else between real numbers."""
        inside, offset = self._bracketed("[", "]")
        names = self._names_in(inside, offset)
        if any(map(self._is_real, names)):
            return real_condition(inside, offset, self._part)
        try:
            return IndexReader(inside, offset, self._vocabulary).condition()
        except Unreadable as error:
            if not re.search(r"[\[(.|]|\bpi\b", inside) and not any(name in self._vocabulary.tensors for name in names):
                raise error
        return real_condition(inside, offset, self._part)

    def _names_in(self, inside: str, offset: int) -> list[str]:
        """The names in a part of the source, the longest that are known: of a.b.c not a."""
        found, end = [], 0
        for match in _IDENTIFIER.finditer(inside):
            if match.start() >= end:
                tensor = self._tensor(offset + match.start())
                found.append(match[0] if tensor is None else tensor.name)
                end = match.start() + len(found[-1])
        return found

    def _is_real(self, name: str) -> bool:
        """Whether a name in a condition is that of real numbers, and not that of an index of the formula."""
        tensor = self._vocabulary.tensors.get(name)
        if tensor is None or (tensor.kind, tensor.owner) in self._vocabulary.integers:
            return False
        index = rf"\[[^\[\]<>=|]*\b{re.escape(name)}\b[^\[\]<>=|]*\]|[a-z]\[\s*{re.escape(name)}\s*<"
        return re.search(index, self._whole) is None

    def _conditions(self) -> list[Any]:
        """The ranges of free indices that end an equation: ``for i < 3, 2 <= j < 5``."""
        parts, self._at = split(self._source[self._at :], self._at), len(self._source)
        return [IndexReader(part, at, self._vocabulary).condition() for part, at in parts]

    def _part(self, text: str, offset: int) -> Any:
        """The expression that a part of the formula is."""
        before = self._source, self._at
        self._source, self._at = self._source[: offset + len(text)], offset
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(offset, f"the formula is nested more than {DEEPEST} deep")
        sides = parse(self.tokens(), self._limits)
        self._source, self._at = before
        self._depth -= 1
        if len(sides) != 1:
            raise Unreadable(offset, "an equality does not belong here")
        return sides[0]

    def _modulus(self) -> list[Token]:
        """|a|: bars close up to what is between them, so that it is clear which of them belong together."""
        start = self._at
        end = self._source.find("|", start + 1)
        inside = self._source[start + 1 : end] if end > 0 else ""
        if not inside or inside != inside.strip() or inside.count("(") != inside.count(")"):
            raise Unreadable(start, "an absolute value is written |a|, without spaces inside the bars, or abs(a)")
        self._at = end + 1
        return [Token("atom", ["apply", "abs", 0, self._part(inside, start + 1)], start)]

    def _word(self) -> Token | None:
        """pi, max and min, a size's name, or an index as a number: if it is one elsewhere in the formula."""
        start = self._at
        match = _IDENTIFIER.match(self._source, start)
        if match is None:
            return None
        self._at = match.end()
        if match[0] == "for" and not self._depth:
            return Token("where", self._conditions(), start)
        if match[0] == "pi":
            return Token("atom", PI, start)
        if match[0] in ("max", "min"):
            return Token("extremum", match[0], start)
        if match[0] in self._vocabulary.sizes:
            return Token("atom", ["size", match[0]], start)
        if match[0] in self._vocabulary.numbers:
            value = self._vocabulary.numbers[match[0]]
            return Token(
                "atom", int(value) if value.denominator == 1 else ["rational", *value.as_integer_ratio()], start
            )
        if match[0] in _CONSTANTS:
            return Token("atom", _CONSTANTS[match[0]], start)
        if _CALL.match(self._source, start):
            return Token("call", match[0], start)
        if _INDEX.match(self._source, start) and re.search(
            rf"\[[^\]]*\b{match[0]}\b|\bfor\b.*\b{match[0]}\b", self._whole
        ):
            return Token("atom", ["index", match[0]], start)
        self._at = start
        return None

    def _tensor(self, at: int) -> NamedTensor | None:
        """The longest known name here."""
        for length in self._lengths:
            name = self._source[at : at + length]
            tensor = self._vocabulary.tensors.get(name)
            after = self._source[at + length : at + length + 1]
            if tensor is not None and not (after.isalnum() or after == "_"):
                return tensor
        return None

    def _indices(self, tensor: NamedTensor | None) -> list[Any]:
        """The indices after a name; ``tensor`` None: as many as there are."""
        wanted = None if tensor is None else len(tensor.axes) - sum(isinstance(part, int) for part in tensor.part)
        start = self._at
        if wanted == 0 or self._source[start : start + 1] != "[":
            return []
        inside, offset = self._bracketed("[", "]")
        parts = split(inside, offset)
        named = tensor is not None and tensor.own in self._vocabulary.author.plain  # its rows have names as well
        if wanted is not None and len(parts) != wanted and not (named and len(parts) < wanted):
            raise Unreadable(start, f"{tensor.name if tensor else 'this'} has {wanted} axes, not {len(parts)}")
        if tensor is None or not any(part.strip() == ":" for part, _ in parts):
            return [IndexReader(part, at, self._vocabulary).expression() for part, at in parts]
        whole = [None if part.strip() == ":" else (part, at) for part, at in parts]
        return [part and IndexReader(*part, self._vocabulary).expression() for part in whole]

    def _entry(self) -> Token | None:
        start, tensor = self._at, self._tensor(self._at)
        if tensor is None:
            return None
        self._at += len(tensor.name)
        indices = self._indices(tensor)
        if any(isinstance(part, tuple) for part in tensor.part) and indices:
            raise Unreadable(start, f"{tensor.name} is the name of a part: write it without indices")
        visible = len(tensor.axes) - sum(isinstance(part, int) for part in tensor.part)
        if len(indices) < visible or None in indices:
            whole: list[Any] = ["whole", tensor.kind, tensor.owner, start]
            whole = ["part", whole, tensor.part] if tensor.part else whole
            whole = ["transposed", whole, start] if tensor.transposed else whole
            return Token("atom", ["subscript", whole, start, *indices] if indices else whole, start)
        if tensor.transposed:
            indices.reverse()
        if tensor.part:
            rest = iter(indices)
            first = self._vocabulary.first
            indices = [
                next(rest) if part is None else part + first for part in tensor.part if not isinstance(part, tuple)
            ]
        return Token("atom", ["entry", tensor.kind, tensor.owner, indices], start)

    def _derivative(self) -> Token | None:
        """dE/dx_v[i], dC/dx_v[i]."""
        match = _DERIVATIVE.match(self._source, self._at)
        if match is None or self._tensor(match.end()) is None:
            return None
        of = self._vocabulary.author.plain.get(match[1], match[1])
        if of not in ("E", "C") and of not in self._vocabulary.energies:
            return None
        start, self._at = self._at, match.end()
        token = self._entry()
        assert token is not None
        found = derivative(of, token.value, start, self._vocabulary)
        return Token("atom", found if found[0] == "entry" else ["derivative", found], start)

    def _rate(self) -> Token | None:
        """dx_v[i]/dt, dz_w[k]/dz_v[j]."""
        start = self._at
        if self._source[start] not in "d\u2202" or self._tensor(start) is not None:
            return None
        match = re.compile(r"[d\u2202]\s*").match(self._source, start)
        assert match is not None
        if self._tensor(match.end()) is None:
            return None
        self._at = match.end()
        token = self._entry()
        below = _BY.match(self._source, self._at)
        if token is not None and below is not None and self._tensor(below.end()) is not None:
            self._at = below.end()
            other = self._entry()
            assert other is not None
            return Token("atom", slope(token.value, other.value, start, self._vocabulary), start)
        end = _RATE.match(self._source, self._at)
        if end is None and self._define:  # a new name such as dxhat
            self._at = start
            return None
        if token is None or end is None:
            raise Unreadable(start, "a rate is written dx_NAME[i]/dt")
        self._at = end.end()
        return Token("atom", rate(token.value, start), start)

    def _delta(self) -> Token | None:
        match = re.compile(r"delta\s*(?=\[)").match(self._source, self._at)
        if match is None:
            return None
        start, self._at = self._at, match.end()
        inside, offset = self._bracketed("[", "]")
        parts = split(inside, offset)
        if len(parts) == 1 and self._define:  # an error, as most books write it
            self._at = start
            return None
        if len(parts) != 2:
            raise Unreadable(start, "delta has two indices")
        indices = [IndexReader(part, at, self._vocabulary).expression() for part, at in parts]
        return Token("atom", ["entry", "delta", "", indices], start)

    def _function(self) -> Token | None:
        match = _IDENTIFIER.match(self._source, self._at)
        if match is None or match[0] not in self._vocabulary.functions:
            return None
        start, self._at = self._at, match.end()
        order = 0
        while self._source[self._at : self._at + 1] == "'":
            order += 1
            self._at += 1
        return Token("function", function(self._vocabulary, match[0], order, start), start)


def _multiplied(before: list[Token], token: Token) -> bool:
    """Whether two tokens outside of brackets side by side are factors."""
    brackets = [each.value for each in before if each.kind == "operator"]
    ends = before[-1].kind in ("number", "atom") or before[-1].value == ")"
    starts = token.value == "(" if token.kind == "operator" else True
    return brackets.count("(") == brackets.count(")") and ends and starts


def function(vocabulary: Vocabulary, name: str, order: int, position: int) -> tuple[str, int]:
    if order > 1:
        raise Unreadable(position, "only first derivatives of a function can be written")
    return vocabulary.functions[name], order

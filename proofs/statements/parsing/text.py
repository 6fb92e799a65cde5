"""The text notation: what ``dyadic derive`` prints, read back.

Names are recognised from the network's own (longest first), so a layer may be called anything.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cached_property
from typing import Any

from dyadic.proofs.checker.intake.kinds import adjoint, is_adjoint
from dyadic.proofs.statements.parsing.index_text import IndexReader, split
from dyadic.proofs.statements.parsing.tokens import CLAIMED, Token, Unreadable
from dyadic.proofs.statements.semantics import quantities
from dyadic.proofs.statements.semantics.vocabulary import LET, REDUCTIONS, NamedTensor, Vocabulary

_NUMBER = re.compile(r"\d+(\.\d+)?")
_OPERATOR = re.compile(r"\*\*|<-|[-+*/^()=\u00b7\u2212]")
_SPELLING = {"**": "^", "<-": "=", "\u00b7": "*", "\u2212": "-"}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_DERIVATIVE = re.compile(r"(?:d\s*|\u2202\s*)(E|C)\s*/\s*(?:d\s*|\u2202\s*)")
_RATE = re.compile(r"\s*/\s*d\s*t\b")
_REDUCTION = re.compile(rf"({'|'.join(REDUCTIONS)})\s*\[")
_RANGE = re.compile(r"\s*([a-z][a-z0-9]*)\s*(?:<\s*([A-Za-z0-9_]+))?\s*\Z")


class TextReader:
    """Tokens of one formula.  ``define``: a name that is not known may stand first, as the one defined."""

    def __init__(self, source: str, vocabulary: Vocabulary, define: bool = False) -> None:
        if len(source) > CLAIMED.text:
            raise Unreadable(0, f"the formula is longer than {CLAIMED.text} characters")
        self._source, self._vocabulary, self._define = source, vocabulary, define
        self._at = 0

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(name) for name in self._vocabulary.tensors}, reverse=True)

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        while True:
            while self._source[self._at : self._at + 1].isspace():
                self._at += 1
            if self._at >= len(self._source):
                return [*found, Token("end", None, self._at)]
            found += self._some(first=not found)

    def _some(self, first: bool) -> list[Token]:
        source, start = self._source, self._at
        if match := _NUMBER.match(source, start):
            if len(match[0]) > CLAIMED.digits:
                raise Unreadable(start, f"the number has more than {CLAIMED.digits} digits")
            self._at = match.end()
            return [Token("number", Fraction(match[0]), start)]
        if match := _OPERATOR.match(source, start):
            self._at = match.end()
            return [Token("operator", _SPELLING.get(match[0], match[0]), start)]
        if source[start] == "[":
            inside, offset = self._bracketed("[", "]")
            return [Token("atom", IndexReader(inside, offset, self._vocabulary).condition(), start)]
        if match := _REDUCTION.match(source, start):
            self._at = match.end() - 1
            return self._reductions(REDUCTIONS[match[1]], start)
        for attempt in (self._derivative, self._rate, self._entry, self._delta, self._function):
            token = attempt()
            if token is not None:
                return [token]
        if first and self._define and (match := _IDENTIFIER.match(source, start)):
            self._at = match.end()
            return [Token("atom", ["entry", LET, match[0], self._indices(None)], start)]
        word = _IDENTIFIER.match(source, start)
        raise Unreadable(
            start, f"{word[0]!r} is no quantity of this network" if word else f"{source[start]!r} is not understood"
        )

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
        found = []
        for part, at in split(inside, offset):
            match = _RANGE.match(part)
            if match is None:
                raise Unreadable(at, "a range is written j<64, or j alone")
            found.append(Token("reduction", (kind, match[1], read_range(match[2], at)), start))
        return found

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
        wanted = None if tensor is None else len(tensor.axes)
        start = self._at
        if wanted == 0 or self._source[start : start + 1] != "[":
            if wanted:
                raise Unreadable(
                    start, f"{tensor.name if tensor else 'this'} needs {wanted} indices in square brackets"
                )
            return []
        inside, offset = self._bracketed("[", "]")
        parts = split(inside, offset)
        if wanted is not None and len(parts) != wanted:
            raise Unreadable(start, f"{tensor.name if tensor else 'this'} has {wanted} axes, not {len(parts)}")
        return [IndexReader(part, at, self._vocabulary).expression() for part, at in parts]

    def _entry(self) -> Token | None:
        start, tensor = self._at, self._tensor(self._at)
        if tensor is None:
            return None
        self._at += len(tensor.name)
        return Token("atom", ["entry", tensor.kind, tensor.owner, self._indices(tensor)], start)

    def _derivative(self) -> Token | None:
        """dE/dx_v[i], dC/dx_v[i]."""
        match = _DERIVATIVE.match(self._source, self._at)
        if match is None or self._tensor(match.end()) is None:
            return None
        start, self._at = self._at, match.end()
        token = self._entry()
        assert token is not None
        return Token("atom", derivative(match[1], token.value, start), start)

    def _rate(self) -> Token | None:
        """dx_v[i]/dt."""
        start = self._at
        if self._source[start] != "d" or self._tensor(start) is not None:
            return None
        match = re.compile(r"d\s*").match(self._source, start)
        assert match is not None
        if self._tensor(match.end()) is None:
            return None
        self._at = match.end()
        token = self._entry()
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
        if len(parts) != 2:
            raise Unreadable(start, "delta has two indices")
        indices = [IndexReader(part, at, self._vocabulary).expression() for part, at in parts]
        return Token("atom", ["entry", "delta", "", indices], start)

    def _function(self) -> Token | None:
        match = _WORD.match(self._source, self._at)
        if match is None or match[0] not in self._vocabulary.functions:
            return None
        start, self._at = self._at, match.end()
        order = 0
        while self._source[self._at : self._at + 1] == "'":
            order += 1
            self._at += 1
        return Token("function", function(self._vocabulary, match[0], order, start), start)


def read_range(written: str | None, at: int) -> int | str | None:
    if written is None or not written[0].isdigit():
        return written
    if not written.isdigit() or len(written) > 9:
        raise Unreadable(at, "a range is a number below a thousand million, or a size's name")
    return int(written)


def function(vocabulary: Vocabulary, name: str, order: int, position: int) -> tuple[str, int]:
    if order > 1:
        raise Unreadable(position, "only first derivatives of a function can be written")
    return vocabulary.functions[name], order


def derivative(of: str, entry: Any, position: int) -> Any:
    """The entry that stands for dE/d(entry) or dC/d(entry)."""
    _, kind, owner, indices = entry
    if of == "C":
        if kind != "x":
            raise Unreadable(position, "dC/d... is the cost's own partial derivative, taken with respect to an x")
        return ["entry", quantities.COST_X, owner, indices]
    if kind == LET or is_adjoint(kind) or kind in ("E", "y"):
        raise Unreadable(position, "dE/d... is taken with respect to x, s, a parameter or an intermediate quantity")
    return ["entry", adjoint(kind), owner, indices]


def rate(entry: Any, position: int) -> Any:
    """The entry that stands for d(entry)/dt under the saddle-point dynamics."""
    _, kind, owner, indices = entry
    if kind not in ("x", "s"):
        raise Unreadable(position, "only x and s move in time")
    return ["entry", quantities.rate(kind), owner, indices]

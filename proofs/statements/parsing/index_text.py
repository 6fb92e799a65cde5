"""Index expressions: ``i``, ``2 i + u - 1``, ``floor(p / 3)``, ``(p mod 3)``, and conditions such as ``0 <= e < n``."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from dyadic.proofs.statements.parsing.conditions import between, integer_relation
from dyadic.proofs.statements.parsing.tokens import LONGEST_INDEX, Unreadable
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary

_TOKEN = re.compile(r"\s*(\d+|floor\b|mod\b|[A-Za-z][A-Za-z0-9_]*|<=|>=|!=|[-+*/()<>|=\u2264\u2265\u2260])")
_RELATIONS = {sign: sign for sign in ("<=", "<", ">=", ">", "!=", "|", "=")}
_RELATIONS |= {"\u2264": "<=", "\u2265": ">=", "\u2260": "!="}
_DEEPEST = 8


class IndexReader:
    """Reads integer expressions from text: indices, sizes, and entries of integer tensors (``argmax`` and lookups)."""

    def __init__(self, text: str, offset: int, vocabulary: Vocabulary, depth: int = 0) -> None:
        self._vocabulary, self._depth = vocabulary, depth
        self._integers = vocabulary.integer_names
        self._tokens: list[tuple[Any, int]] = []
        at = 0
        while text[at:].strip():
            at += len(text[at:]) - len(text[at:].lstrip())
            entry = self._entry(text, at, offset)
            if entry is not None:
                self._tokens.append((entry[0], offset + at))
                at = entry[1]
                continue
            match = _TOKEN.match(text, at)
            if match is None:
                raise Unreadable(offset + at, "this is not an index expression")
            self._tokens.append((match[1], offset + match.start(1)))
            at = match.end()
        self._end = offset + len(text)
        self._next = 0

    def _entry(self, text: str, at: int, offset: int) -> tuple[Any, int] | None:
        """An entry of an integer tensor here, and where it ends."""
        for name, (kind, owner) in self._integers:
            if not text.startswith(name, at) or text[at + len(name) : at + len(name) + 1].isalnum():
                continue
            rank, end = len(self._vocabulary.axes(kind, owner)), at + len(name)
            if rank == 0:
                return ["entry", kind, owner, []], end
            if text[end : end + 1] != "[" or self._depth > _DEEPEST:
                continue
            close = closing(text, end)
            parts = split(text[end + 1 : close], offset + end + 1) if close else []
            if len(parts) != rank:
                raise Unreadable(offset + at, f"{name} has {rank} axes")
            inner = [IndexReader(part, to, self._vocabulary, self._depth + 1).expression() for part, to in parts]
            return ["entry", kind, owner, inner], close + 1
        return None

    def expression(self) -> Any:
        """The whole text as one expression."""
        node = self._sum(0)
        if self._next < len(self._tokens):
            word, at = self._tokens[self._next][:2]
            hint = "; write (a mod m)" if word == "mod" else ""
            raise Unreadable(at, f"this does not belong in an index{hint}")
        return node

    def condition(self) -> Any:
        """``a <= e < n``, ``d | e``, ``a = b`` or another relation, or several in a row, as a bracket: 1 or 0."""
        nodes, signs = [self._side()], [self._relation()]
        nodes.append(self._side())
        while self._peek() in _RELATIONS:
            signs.append(self._relation())
            nodes.append(self._side())
        if self._next < len(self._tokens):
            raise Unreadable(self._tokens[self._next][1], "this does not belong in a condition")
        if len(signs) == 2 and set(signs) <= {"<", "<="}:
            return between((signs[0], signs[1]), *nodes)
        found = [integer_relation(sign, *pair) for sign, pair in zip(signs, pairwise(nodes), strict=True)]
        return found[0] if len(found) == 1 else ["*", *found]

    def _side(self) -> Any:
        """One side of a condition, where a product may stand before ``mod`` without brackets around the two."""
        node = self._sum(0)
        if self._peek() != "mod":
            return node
        if isinstance(node, list) and node[0] == "+":
            raise Unreadable(self._tokens[self._next][1], "what mod belongs to is doubtful: write ((i + 1) mod 2)")
        self._take("mod")
        return ["remainder", node, self._atom(0)]

    def _relation(self) -> str:
        return _RELATIONS[self._take(*_RELATIONS)]

    def _peek(self) -> str:
        """The word here; an entry counts as one that starts an atom."""
        word = self._tokens[self._next][0] if self._next < len(self._tokens) else ""
        return word if isinstance(word, str) else "entry"

    def _take(self, *wanted: str) -> str:
        found = self._peek()
        if found not in wanted:
            at = self._tokens[self._next][1] if found else self._end
            raise Unreadable(at, f"expected {' or '.join(wanted)}")
        self._next += 1
        return found

    def _sum(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise Unreadable(self._end, "the index is nested too deeply")
        terms = [self._negative(depth) if self._peek() == "-" else self._product(depth)]
        while self._peek() in ("+", "-"):
            terms.append(self._negative(depth) if self._peek() == "-" else self._plus(depth))
        if all(isinstance(term, int) for term in terms):
            return sum(terms)
        return terms[0] if len(terms) == 1 else ["+", *terms]

    def _plus(self, depth: int) -> Any:
        self._take("+")
        return self._product(depth)

    def _negative(self, depth: int) -> Any:
        self._take("-")
        node = self._product(depth)
        return -node if isinstance(node, int) else ["*", -1, node]

    def _product(self, depth: int) -> Any:
        factors = [self._atom(depth)]
        while self._peek() and (self._peek() in ("*", "(", "floor") or self._peek()[0].isalnum()):
            if self._peek() == "mod":
                break
            if self._peek() == "*":
                self._take("*")
            elif self._peek().isdigit() and isinstance(factors[-1], int):
                raise Unreadable(self._tokens[self._next][1], "two numbers side by side are doubtful")
            factors.append(self._atom(depth))
        return factors[0] if len(factors) == 1 else ["*", *factors]

    def _atom(self, depth: int) -> Any:
        if self._next >= len(self._tokens):
            raise Unreadable(self._end, "an index is missing")
        word, at = self._tokens[self._next]
        self._next += 1
        if not isinstance(word, str):
            return word
        if word.isdigit():
            if len(word) > LONGEST_INDEX:
                raise Unreadable(at, "the number is too long for an index")
            return int(word)
        if word == "floor":
            self._take("(")
            top = self._sum(depth + 1)
            self._take("/")
            node = ["quotient", top, self._atom(depth + 1)]
            self._take(")")
            return node
        if word == "(":
            node = self._sum(depth + 1)
            if self._peek() == "mod":
                self._take("mod")
                node = ["remainder", node, self._atom(depth + 1)]
            self._take(")")
            return node
        number = self._vocabulary.numbers.get(word)
        if number is not None and number.denominator == 1:
            return int(number)
        if word[0].isalpha():
            return ["size" if word in self._vocabulary.sizes else "index", word]
        raise Unreadable(at, f"an index cannot start with {word!r}")


def closing(text: str, start: int) -> int:
    """The position of the square bracket that closes the one at ``start``; 0 if there is none."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "[") - (text[at] == "]")
        if depth == 0:
            return at
    return 0


def split(text: str, offset: int) -> list[tuple[str, int]]:
    """The parts of a list of indices between commas that stand in no bracket, with their positions."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append((text[start:at], offset + start))
            start = at + 1
    return [*parts, (text[start:], offset + start)]
